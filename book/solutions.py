"""A book without solutions: ``hide_solutions: true`` in _config.yml, nothing else.

sphinx-exercise drops its `solution` directives. Here go the folds of a notebook that
hold solutions on paper, its folded cells with worked ones, and the text after these up
to the next exercise, of which the line "Teaches: …" stays; from the notebooks that can
be downloaded too.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PROMPT = "Show the solution"
_TEACHES = re.compile(r"\*(Teaches: .+?)\*", re.DOTALL)
_SOLUTION = re.compile(
    r'<details class="hint">\n<summary>Solution</summary>.*?\n</details>(?:\n|$)',
    re.DOTALL,
)


def is_solution(cell: dict) -> bool:
    """Whether a notebook's cell is a worked solution."""
    return cell["metadata"].get("mystnb", {}).get("code_prompt_show") == PROMPT


def without(notebook: dict) -> dict:
    """A notebook, as JSON, without its solutions."""
    cells, after = [], False
    for cell in notebook["cells"]:
        if is_solution(cell):
            after = True
            continue
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            source = _SOLUTION.sub(lambda found: _teaches(found[0]), source)
            if after:
                text, exercise = _until_exercise(source)
                source = _teaches(text) + exercise
            after = False
        if source.strip():
            cells.append({**cell, "source": source.splitlines(keepends=True)})
    return {**notebook, "cells": cells}


def _teaches(text: str) -> str:
    """What of a solution's text stays."""
    found = _TEACHES.search(text)
    return f"*{found[1]}*\n\n" if found else ""


def _until_exercise(source: str) -> tuple[str, str]:
    """The text on a solution, and what comes after it."""
    at = source.find(":::{exercise}")
    return (source, "") if at < 0 else (source[:at], source[at:])


def rewrite(app: Sphinx, docname: str, source: list[str]) -> None:
    """Sphinx's source-read: a notebook arrives here as JSON text."""
    if not app.config.hide_solutions:
        return
    if Path(app.env.doc2path(docname)).suffix == ".ipynb":
        source[0] = json.dumps(without(json.loads(source[0])))


def downloads(app: Sphinx, error: Any) -> None:
    """The notebooks that the site offers are the ones that it shows."""
    if error or not app.config.hide_solutions or app.builder.format != "html":
        return
    for path in Path(app.outdir, "_sources").rglob("*.ipynb"):
        notebook = without(json.loads(path.read_text("utf-8")))
        path.write_text(json.dumps(notebook, indent=1), "utf-8")


def connect(app: Sphinx) -> None:
    """Register the handlers; the setting is sphinx-exercise's own."""
    app.connect("source-read", rewrite)
    app.connect("build-finished", downloads)
