"""A worked solution prints into a fold, so that Run All gives no answer away. Level 0.

A front end that hides a cell's code shows what it prints all the same. So the printed
text of a cell that hands its function to a checker, ``assert d2l.check.name(…)``, comes
as an HTML fold, closed until it is opened, in every front end.
"""

from __future__ import annotations

import io
import sys
from html import escape
from typing import Any, TextIO

MARK = "assert d2l.check."
SUMMARY = "What the solution prints"


def fold(text: str) -> dict[str, str]:
    """Printed text as outputs: folded for a front end that shows HTML, plain else."""
    inside = f"<summary>{SUMMARY}</summary><pre>{escape(text)}</pre>"
    html = f'<details class="cnn-printed">{inside}</details>'
    return {"text/html": html, "text/plain": text}


class Folding:
    """Handlers for IPython's ``pre_run_cell`` and ``post_run_cell``."""

    stdout: TextIO | None = None  # the kernel's, while a solution runs

    def pre_run_cell(self, info: Any) -> None:
        """Begin to collect what a solution prints."""
        if MARK in (info.raw_cell or ""):
            self.stdout, sys.stdout = sys.stdout, io.StringIO()

    def post_run_cell(self, result: Any) -> None:
        """Show it: folded, or plainly where the cell failed."""
        if self.stdout is None:
            return
        text = sys.stdout.getvalue()
        sys.stdout, self.stdout = self.stdout, None
        if getattr(result, "success", False) and text:
            from IPython.display import display

            display(fold(text), raw=True)
        else:
            print(text, end="")
