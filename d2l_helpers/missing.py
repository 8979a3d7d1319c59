"""A cell that was run before one that it needs: say which. Level 0: no torch.

A page's sections build on each other, and a reader may jump. Python then says that
a name is not defined; this adds where on the page it is made.
`tools/make_names.py` writes the table of names.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

from d2l_helpers.folding import Folding

TABLE = Path(__file__).with_name("assets") / "names.json"


@functools.cache
def _table() -> dict[str, dict[str, str]]:
    return json.loads(TABLE.read_text(encoding="utf-8"))


def hint(error: BaseException | None, page: str) -> str | None:
    """What to run first, where `error` is a NameError that running it would mend."""
    name = getattr(error, "name", None)
    if not isinstance(error, NameError) or isinstance(error, UnboundLocalError):
        return None
    section = _table()[page].get(name)
    if section is None:
        return None
    return (
        f"`{name}` is made further up on this page, under “{section}”. Run the cells "
        "above this one first (in JupyterLab: Run ▸ Run All Above Selected Cell; "
        "in Colab: Runtime ▸ Run before)."
    )


class _Listener:
    """Prints the hint after a cell that failed. One for each kernel."""

    page = ""

    def post_run_cell(self, result: Any) -> None:
        line = hint(getattr(result, "error_in_exec", None), self.page)
        if line is not None:
            print(line)


_listener = _Listener()


def begin_page(page: str) -> None:
    """From here on, a missing name is followed by the section that makes it.

    And what a worked solution prints comes folded (`folding`).

    `page` is a notebook's file name without its ending. Outside Jupyter nothing
    happens. Raises ValueError for a page that does not exist.
    """
    if page not in _table():
        raise ValueError(f"no page {page!r}; there are: {', '.join(_table())}")
    # no import: without IPython in the process this cannot be a notebook
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return
    if not _listener.page:
        folding = Folding()
        shell.events.register("pre_run_cell", folding.pre_run_cell)
        shell.events.register("post_run_cell", folding.post_run_cell)
        shell.events.register("post_run_cell", _listener.post_run_cell)
    _listener.page = page
