"""tools/check_notebooks.py: how notebooks are stored."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
check = runpy.run_path(str(ROOT / "tools" / "check_notebooks.py"))


def notebook_with(**changes):
    changes = {"source": "print(2)", "id": "one", **changes}
    cell = nbformat.v4.new_code_cell(**changes)
    return nbformat.from_dict(nbformat.v4.new_notebook(cells=[cell]))


STREAM = {"output_type": "stream", "name": "stdout", "text": "2\n"}
PICTURE = {"output_type": "display_data", "metadata": {}, "data": {"image/png": ""}}
KEEP = {"tags": ["keep_output"]}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, ""),
        ({"outputs": [STREAM], "metadata": KEEP}, ""),
        ({"outputs": [STREAM]}, "run nbstripout"),
        ({"execution_count": 3}, "run nbstripout"),
        ({"metadata": KEEP}, "holds no output"),
        ({"outputs": [PICTURE], "metadata": KEEP}, "not be a picture"),
        ({"source": " \n"}, "cell 0: empty"),
        ({"id": "d3adbeef"}, "its id, d3adbeef, should be words"),
        ({"id": "d3adbeef-0123-4567-89ab-0123456789ab"}, "should be words"),
        ({"id": "Cell_1"}, "should be words"),
        ({"id": "added-later"}, ""),
        ({"metadata": {"collapsed": True}}, "of no use to the book: collapsed"),
    ],
)
def test_what_is_stored_amiss_is_found(tmp_path, capsys, changes, fault):
    path = tmp_path / "one.ipynb"
    nbformat.write(notebook_with(**changes), path)
    assert check["main"]([str(path)]) == (1 if fault else 0)
    assert fault in capsys.readouterr().out


def test_cells_without_an_id_are_found(tmp_path):
    path = tmp_path / "one.ipynb"
    notebook = notebook_with()
    del notebook.cells[0]["id"]
    path.write_text(json.dumps({**notebook, "nbformat_minor": 4}))
    assert any("no ids" in line for line in check["problems"](path))
    path.write_text("<html>not a notebook</html>")
    assert any("not a valid notebook" in line for line in check["problems"](path))


def test_metadata_of_editors_is_found(tmp_path):
    path = tmp_path / "one.ipynb"
    notebook = notebook_with()
    notebook.metadata = {"colab": {}, "language_info": {"name": "python", "x": 1}}
    nbformat.write(notebook, path)
    (line,) = check["problems"](path)
    assert line.endswith("of no use to the book: colab, x")
