"""Check that the notebooks are stored clean: ``python tools/check_notebooks.py``.

A clean notebook is valid nbformat 4.5. Its cells have ids that somebody chose, so that
a link to a cell stays; none is empty, and none carries what an editor left behind. Only
cells tagged ``keep_output`` hold an output, and that is text.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
# What the book reads; all else is an editor's own affair.
NOTEBOOK = {"kernelspec", "language_info"}
LANGUAGE = {"name", "file_extension", "nbconvert_exporter"}
CELL = {"tags", "mystnb", "jupyter"}
ID = re.compile(r"[a-z][a-z0-9-]*")
DRAWN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?")  # by an editor
PICTURES = ("image/", "application/pdf")


def problems(path: Path) -> list[str]:
    """Return one line for everything that is wrong with the notebook at ``path``."""
    try:
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
    except (nbformat.ValidationError, nbformat.reader.NotJSONError) as error:
        return [f"{path}: not a valid notebook: {str(error).splitlines()[0]}"]
    found = []
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        found.append(f"{path}: older than nbformat 4.5, so cells have no ids")
    ids = [cell.get("id") for cell in notebook.cells]
    if None in ids or len(set(ids)) < len(ids):
        found.append(f"{path}: a cell has no id, or two share one")
    extra = notebook.metadata.keys() - NOTEBOOK
    extra |= notebook.metadata.get("language_info", {}).keys() - LANGUAGE
    if extra:
        found.append(
            f"{path}: metadata of no use to the book: {', '.join(sorted(extra))}"
        )
    for index, cell in enumerate(notebook.cells):
        found += [f"{path}: cell {index}: {fault}" for fault in shape(cell)]
        if cell.cell_type == "code":
            found += [f"{path}: cell {index}: {fault}" for fault in faults(cell)]
    return found


def shape(cell: nbformat.NotebookNode) -> list[str]:
    """Return what is wrong with one cell's source, id and metadata."""
    found = []
    if not cell.source.strip():
        found.append("empty")
    name = cell.get("id", "none")
    if not ID.fullmatch(name) or DRAWN.fullmatch(name):
        found.append(f"its id, {name}, should be words: links and tests name it")
    if extra := cell.metadata.keys() - CELL:
        found.append(f"metadata of no use to the book: {', '.join(sorted(extra))}")
    return found


def faults(cell: nbformat.NotebookNode) -> list[str]:
    """Return what is wrong with one code cell's stored state."""
    kept = "keep_output" in cell.metadata.get("tags", [])
    if not kept:
        stored = bool(cell.outputs) or cell.execution_count is not None
        return ["stored output or count; run nbstripout on it"] if stored else []
    if not cell.outputs:
        return ["tagged keep_output, but holds no output"]
    found = []
    for output in cell.outputs:
        if output.output_type == "execute_result" and output.execution_count is None:
            found.append("a kept result needs its execution count")
    kinds = [kind for output in cell.outputs for kind in output.get("data", {})]
    if any(kind.startswith(PICTURES) for kind in kinds):
        found.append("a kept output must not be a picture")
    return found


def main(paths: list[str]) -> int:
    """Check the given notebooks, or all of the book; return the exit status."""
    notebooks = [Path(p) for p in paths]
    for folder in ("appendix", "chapters") if not paths else ():
        notebooks += sorted((ROOT / folder).glob("*.ipynb"))
    found = [line for path in notebooks for line in problems(path)]
    print("\n".join(found) or f"{len(notebooks)} notebooks are stored clean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
