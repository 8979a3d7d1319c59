"""tools/set_repository.py: one address, written everywhere, and taken out again."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
URL = "https://github.com/somebody/cnn-chapter"
SET_UP = """\
# On Colab the next line installs the helpers; elsewhere they are already here.
# colab: (no repository address set yet)
import torch

x = "# colab: only a marker at the start of a line counts"
"""


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load("set_repository")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "_config.yml", tmp_path)
    (tmp_path / "CITATION.cff").write_text("cff-version: 1.2.0\ntitle: A chapter\n")
    (tmp_path / "chapters").mkdir()
    code = {
        "cell_type": "code",
        "id": "set-up",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": SET_UP.rstrip("\n").splitlines(keepends=True),
    }
    text = {
        "cell_type": "markdown",
        "id": "t",
        "metadata": {},
        "source": ["# colab: ="],
    }
    notebook = {"cells": [text, code], "metadata": {}, "nbformat": 4}
    notebook["nbformat_minor"] = 5
    page = tmp_path / "chapters" / "one.ipynb"
    page.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    return tmp_path


def contents(root: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in root.rglob("*") if p.is_file()}


def code_of(root: Path) -> str:
    notebook = json.loads((root / "chapters" / "one.ipynb").read_text())
    return "".join(notebook["cells"][1]["source"])


def test_it_writes_the_address_everywhere(project):
    assert tool.main([URL + ".git", "--root", str(project)]) == 0
    config = yaml.safe_load((project / "_config.yml").read_text())
    assert config["repository"] == {"url": URL, "branch": "main"}
    citation = yaml.safe_load((project / "CITATION.cff").read_text())
    assert citation["repository-code"] == URL
    lines = code_of(project).splitlines()
    assert lines[1] == f"# colab: {URL} (main)"
    assert lines[2] == 'if "google.colab" in str(get_ipython()):'
    assert lines[3] == f"    %pip install -q git+{URL}@main"
    assert lines[4] == "import torch"
    assert "# colab: only a marker" in lines[6]
    text = json.loads((project / "chapters" / "one.ipynb").read_text())["cells"][0]
    assert text["source"] == ["# colab: ="]


def test_twice_is_once_and_empty_takes_it_back(project):
    before = contents(project)
    tool.set_repository(project, URL, "main")
    once = contents(project)
    assert tool.set_repository(project, URL + "/", "main") == []
    assert contents(project) == once
    tool.set_repository(project, "https://github.com/another/place", "trunk")
    assert "somebody" not in "".join(contents(project).values())
    tool.set_repository(project, "", "main")
    assert contents(project) == before


@pytest.mark.parametrize(
    ("url", "branch"),
    [
        ("github.com/somebody/chapter", "main"),
        ("https://example.org/somebody/chapter", "main"),
        ("https://github.com/somebody", "main"),
        (URL + "/tree/main", "main"),
        (URL + '"\n  injected: true', "main"),
        (URL, "main; rm -rf ."),
        (URL, ""),
    ],
)
def test_a_bad_address_changes_nothing(project, capsys, url, branch):
    before = contents(project)
    assert tool.main([url, "--branch", branch, "--root", str(project)]) == 1
    assert "expected" in capsys.readouterr().err
    assert contents(project) == before


def test_the_colab_lines_do_nothing_elsewhere(project):
    tool.set_repository(project, URL, "main")
    from IPython.core.inputtransformer2 import TransformerManager

    source = TransformerManager().transform_cell(
        code_of(project).replace("import torch", "done = True")
    )
    ran = []

    class Shell:
        def run_line_magic(self, *call):
            ran.append(call)

    space = {"get_ipython": Shell}
    exec(compile(source, "set-up", "exec"), space)
    assert space["done"]
    assert ran == []

    class ColabShell(Shell):
        def __str__(self):
            return "<google.colab._shell.Shell object>"

    exec(compile(source, "set-up", "exec"), {"get_ipython": ColabShell})
    assert ran == [("pip", f"install -q git+{URL}@main")]


def test_every_real_notebook_has_its_marker():
    notebooks = [*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("appendix/*.ipynb")]
    assert len(notebooks) > 6
    for path in notebooks:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
        assert sum(len(tool.COLAB.findall(source)) for source in code) == 1, path
        assert tool.COLAB.search(code[0]), f"{path}: not in the first code cell"
