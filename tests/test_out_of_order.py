"""A reader who jumps: each section alone after the set-up cell, the last one first.

It runs, or the error is followed by the section of the page to run first.
"""

import re
import runpy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from d2l_helpers import missing

ROOT = Path(__file__).parents[1]
TABLE = runpy.run_path(str(ROOT / "tools" / "make_names.py"))
PAGES = sorted(TABLE["table"]())
HINT = re.compile(
    r"^`(\w+)` is made further up on this page, under “(.+?)”\.", re.MULTILINE
)


def notebook(page):
    (path,) = ROOT.glob(f"*/{page}.ipynb")
    return nbformat.read(path, as_version=4)


def sections(cells):
    """[(headings so far, code cells)]: a new one at each `##` and each exercise."""
    found, headings = [([], [])], []
    for cell in cells:
        if cell.cell_type == "code":
            found[-1][1].append(cell)
            continue
        new = [next(filter(None, h)) for h in TABLE["HEADING"].findall(cell.source)]
        headings = headings + new
        if re.search(r"^## |^:::\{exercise\}", cell.source, re.MULTILINE):
            found.append((headings, []))
    return [(above, code) for above, code in found if code]


@pytest.mark.parametrize("page", PAGES)
def test_each_section_runs_alone_or_says_what_to_run_first(page, tmp_path, monkeypatch):
    monkeypatch.setenv("D2L_SOURCE", "sample")
    monkeypatch.setenv("D2L_OFFLINE", "1")
    source = notebook(page)
    setup, *_ = [cell for cell in source.cells if cell.cell_type == "code"]
    parts = list(reversed(sections(source.cells)))
    assert len(parts) >= 5
    reset = "%reset -f"
    source.cells, starts = [], []
    for _, cells in parts:
        texts = [c.source for c in cells if c is not setup]
        starts.append(len(source.cells) + 2)
        source.cells += map(nbformat.v4.new_code_cell, [reset, setup.source, *texts])
    folder = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(source, timeout=180, resources=folder, kernel_name="narrow")
    client.allow_errors = True
    client.execute()
    whole = 0
    for (above, _), start, end in zip(
        parts, starts, [*(s - 2 for s in starts[1:]), len(source.cells)], strict=True
    ):
        for cell in source.cells[start - 2 : end]:
            errors = [o for o in cell.outputs if o.output_type == "error"]
            if not errors:
                continue
            assert errors[0].ename == "NameError", (above[-1:], errors[0].traceback)
            printed = "".join(o.get("text", "") for o in cell.outputs)
            hint = HINT.search(printed)
            assert hint, (above[-1:], errors[0].evalue, printed)
            assert hint[1] in errors[0].evalue
            assert hint[2] in above, (above[-1:], hint[0])
            break  # what follows lacks what this cell would have made
        else:
            whole += 1
    assert whole >= len(parts) // 3


def test_the_table_of_names_is_fresh():
    assert missing._table() == TABLE["table"](), "run python tools/make_names.py"


def test_only_a_name_of_the_page_gets_a_hint():
    def error(program):
        with pytest.raises(Exception, match=r".") as caught:
            exec(program, {})
        return caught.value

    assert "“One window at a time”" in missing.hint(error("corr2d"), "conv-layer")
    assert missing.hint(error("corr2d"), "lenet") is None
    assert missing.hint(error("no_such_name"), "conv-layer") is None
    unbound = error("def f():\n corr2d; corr2d = 1\nf()")
    assert missing.hint(unbound, "conv-layer") is None
    assert missing.hint(error("1 / 0"), "conv-layer") is None
    assert missing.hint(None, "conv-layer") is None
    with pytest.raises(ValueError, match="there are: speed, channels, conv-layer"):
        missing.begin_page("nowhere")
    missing.begin_page("conv-layer")  # outside Jupyter: nothing happens
