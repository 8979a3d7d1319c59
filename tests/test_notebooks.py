"""The notebooks as files and as programs.

Every cell of every notebook runs under nbval, which `pytest` does on its own
(see pyproject.toml). Here: how they are written, that a changed number in a
stored output is noticed, and that they run twice, elsewhere, without the data.
"""

import ast
import copy
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NAMES = runpy.run_path(str(ROOT / "tools" / "make_names.py"))["made_and_needed"]
PAGES = [
    "why-conv",
    "conv-layer",
    "padding-and-strides",
    "channels",
    "pooling",
    "lenet",
]


def read(page):
    (path,) = ROOT.glob(f"*/{page}.ipynb")
    return nbformat.read(path, as_version=4)


def code_cells(page):
    return [cell for cell in read(page).cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def test_these_are_all_the_notebooks_and_they_are_in_order():
    assert {p.stem for p in (ROOT / "chapters").glob("*.ipynb")} == set(PAGES)
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert re.findall(r"chapters/([\w-]+)", toc) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_cells_are_short_and_imports_come_first(page):
    first, *others = code_cells(page)
    assert "import d2l_helpers as d2l" in first.source
    assert "# colab:" in first.source or "google.colab" in first.source
    for cell in others:
        lines = cell.source.splitlines()
        assert len(lines) <= 25, cell.id
        assert max(map(len, lines)) <= 79, cell.id
        assert not re.search(r"^\s*(import|from) ", cell.source, re.MULTILINE), cell.id
    text = "\n".join(cell.source for cell in (first, *others))
    assert "sys.path" not in text
    assert "assert" in text


@pytest.mark.parametrize("page", [*PAGES, "speed"])
def test_a_quick_check_makes_names_of_its_own_only(page):
    """So that it overwrites nothing of the page, and no page's name is lost by it."""
    checks = [cell for cell in code_cells(page) if cell.id.startswith("ask-")]
    assert len(checks) >= 6
    for cell in checks:
        made, _ = NAMES(cell.source)
        assert all(name.startswith(("ask_", "_")) for name in made), (cell.id, made)
    own = {name for cell in checks for name in NAMES(cell.source)[0]} - {"_"}
    for cell in code_cells(page):
        if cell not in checks:
            assert not own & NAMES(cell.source)[1], cell.id


@pytest.mark.parametrize("page", [*PAGES, "speed"])
def test_no_stub_prints_its_dots(page):
    for cell in code_cells(page):
        for line in ast.parse(cell.source).body:
            assert ast.unparse(line) != "...", cell.id


@pytest.mark.parametrize("page", [*PAGES, "speed"])
def test_what_a_reader_is_told_to_use_keeps_its_meaning(page):
    """The explorers that a page names, and what a stub's check takes from the page."""
    makers = {}
    for cell in code_cells(page):
        for name in NAMES(cell.source)[0]:
            makers.setdefault(name, []).append(cell)
    for cell in code_cells(page):
        for name in re.findall(r"^(\w+) = explorers\.", cell.source, re.MULTILINE):
            assert makers[name] == [cell], (name, cell.id)
        called = re.findall(r"# then: d2l\.check\.\w+\((.*?)\)", cell.source)
        given = set(re.findall(r"\w\w+", " ".join(called))) & set(makers)
        for name in given - NAMES(cell.source)[0]:
            outside = [c for c in makers[name] if "hide-cell" not in tags(c)]
            assert len(outside) <= 1, (name, cell.id)


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_has_a_caption_and_alt_text(page):
    names = []
    for cell in code_cells(page):
        drawing = r"show_images\(|subplots\(|subplot_mosaic\(|plt\.figure\("
        draws = re.search(drawing, cell.source)
        figure = cell.metadata.get("mystnb", {}).get("figure")
        assert bool(draws) == bool(figure), cell.id
        if not figure:
            continue
        names.append(figure["name"])
        caption, alt = figure["caption"], cell.metadata.mystnb.image.alt
        assert len(alt) >= 40, cell.id
        assert alt.endswith("."), cell.id
        assert alt != caption
        assert caption.split(". ")[0]
        assert caption.rstrip().endswith("."), cell.id
    assert len(names) == len(set(names)) >= 5


@pytest.mark.parametrize("page", PAGES)
def test_the_page_opens_with_a_puzzle_and_hands_on_a_question(page):
    texts = [c.source for c in read(page).cells if c.cell_type == "markdown"]
    assert re.match(r"# .+\n\n\*\*.+\?", texts[0])
    (summary,) = [text for text in texts if "## Summary" in text]
    assert len(re.findall(r"^- ", summary.split("## Summary")[1], re.MULTILINE)) == 5
    assert "three wishes" in summary
    last = summary.rsplit("\n\n", 1)[-1]
    assert "?" in last
    after = texts[texts.index(summary) + 1 :]
    assert after[0].startswith("## Exercises")
    following = [*PAGES[PAGES.index(page) + 1 :], "why-conv"][0]
    assert f"({following}.ipynb)" in last


ROLES = re.compile(r"\{([\w:]+)\}`")
DIRECTIVES = re.compile(r"^(?::::+|```)\{([\w-]+)\}", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_the_text_can_be_read_in_jupyter_too(page):
    """Links are plain Markdown there; only citations need the built site."""
    text = "\n\n".join(c.source for c in read(page).cells if c.cell_type == "markdown")
    assert set(ROLES.findall(text)) <= {"cite"}
    assert set(DIRECTIVES.findall(text)) <= {"exercise"}


@pytest.mark.parametrize("page", [*PAGES, "speed"])
def test_every_exercise_has_its_solution(page):
    """On paper as a fold, in code as a stub and folded cells that assert.

    What is said about a solution in code is folded as well.
    """
    cells = read(page).cells
    labels, worked = [], 0
    for k, cell in enumerate(cells):
        if cell.cell_type != "markdown":
            continue
        found = re.findall(r":::\{exercise\} .+\n:label: (\S+)\n", cell.source)
        paper = cell.source.count("<summary>Solution</summary>")
        assert paper <= len(found), cell.id
        labels += found
        worked += paper
        for _ in range(len(found) - paper):  # a stub, then the solution
            stub, solution = cells[k + 1], cells[k + 2]
            assert "..." in stub.source or "# your" in stub.source, stub.id
            assert "hide-cell" in solution.metadata.tags, solution.id
            assert solution.metadata.jupyter.source_hidden, solution.id
            folded = [c for c in cells[k + 2 : k + 4] if c.cell_type == "code"]
            assert any("assert d2l.check." in c.source for c in folded), solution.id
            assert "# then: d2l.check." in stub.source, stub.id
            after = next(c for c in cells[k + 2 :] if c.cell_type == "markdown")
            remark = '<details class="hint">\n<summary>About the solution</summary>'
            assert after.source.startswith(remark), after.id
            worked += 1
    assert len(labels) == len(set(labels)) == worked >= (3 if page == "speed" else 6)
    assert all(label.startswith(f"{page}-") for label in labels)
    text = "".join(c.source for c in cells)
    for part in ("*Teaches: ", "<summary>Hint 1<", "<summary>Hint 2<"):
        assert text.count(part) == len(labels), part


def nbval(folder, notebook):
    """Exit status and text of nbval on a notebook."""
    path = folder / "page.ipynb"
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, "--rootdir", str(folder), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    return done.returncode, done.stdout


def test_a_changed_number_in_a_stored_output_is_noticed(tmp_path):
    notebook = read("conv-layer")
    kept = [
        i
        for i, cell in enumerate(notebook.cells)
        if "keep_output" in cell.metadata.get("tags", [])
    ]
    notebook.cells = notebook.cells[: kept[0] + 1]
    status, text = nbval(tmp_path, notebook)
    assert status == 0, text
    changed = copy.deepcopy(notebook)
    stored = changed.cells[-1].outputs[0]
    assert "43" in stored.text
    stored.text = stored.text.replace("43", "44")
    status, text = nbval(tmp_path, changed)
    assert status == 1
    assert "1 failed" in text


MEASURE = """
from pathlib import Path
status = Path("/proc/self/status").read_text().splitlines()
status = dict(line.split(":", 1) for line in status)
print(int(status["VmHWM"].split()[0]))
"""


def exercises(cells):
    """The code cells of each exercise, the last exercise first."""
    found, begun = [], False
    for cell in cells:
        begun |= cell.source.startswith("## Exercises")
        if cell.cell_type == "markdown":
            found.append([])
        elif begun:
            found[-1].append(cell)
    return [group for group in reversed(found) if group]


def asked(cell):
    """The question that a cell shows."""
    (html,) = [o.data["text/html"] for o in cell.outputs if "data" in o]
    return re.search(r'<script type="application/json">(.*?)</script>', html)[1]


@pytest.mark.parametrize("page", PAGES)
def test_runs_twice_in_one_kernel_elsewhere_without_data_or_network(
    page, tmp_path, monkeypatch
):
    """As an ordinary reader of a borrowed machine: the embedded sample serves, no
    file is left behind, and the kernel has two GiB, no display and no patience with
    warnings (see kernels/narrow). A quick check that is run again at the end, when
    the whole page has run, asks the same; and every exercise can be run again, too.
    """
    monkeypatch.setenv("D2L_SOURCE", "sample")
    monkeypatch.setenv("D2L_OFFLINE", "1")
    monkeypatch.setenv("DISPLAY", ":77")  # the kernel must not believe it
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    notebook = read(page)
    again = copy.deepcopy(notebook.cells)
    for cell in again:
        cell.id = f"{cell.id}-again"
    checks = [cell for cell in again if cell.id.startswith("ask-")]
    later, groups = copy.deepcopy((checks, exercises(again)))
    assert len(groups) >= 5
    once_more = [*later, *(cell for group in groups for cell in group)]
    for cell in once_more:
        cell.id = f"{cell.id}-later"
    notebook.cells += [*again, *once_more, nbformat.v4.new_code_cell(MEASURE)]
    folder = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(
        notebook, timeout=180, resources=folder, kernel_name="narrow"
    )
    client.execute()
    assert not list(tmp_path.iterdir())
    assert len(checks) >= 6
    for first, last in zip(checks, later, strict=True):
        assert asked(last) == asked(first), first.id
    (peak,) = notebook.cells[-1].outputs
    assert 100_000 < int(peak.text) < 1_500_000  # kB, where two GiB are allowed


def test_the_narrow_kernel_is_narrow(tmp_path):
    """The memory it lacks cannot be had, and a warning ends a cell."""
    cells = {
        "memory": "x = bytearray(3 << 30)",
        "tensor": "import torch; torch.ones(3 << 28)",
        "warning": "import warnings; warnings.warn('look out')",
        "display": "import os; print(os.environ['DISPLAY'])",
        "fine": "import torch; x = torch.ones(1 << 26)",
    }
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells.values()]
    )
    client = NotebookClient(notebook, timeout=60, kernel_name="narrow")
    client.allow_errors = True
    client.execute()
    names = [c.outputs[0].ename if c.outputs else None for c in notebook.cells]
    assert names == ["MemoryError", "RuntimeError", "UserWarning", "KeyError", None]
