"""With what this copy of the book was made: ``{colophon}`` in a page, and a last line.

The notebooks are run by the Python that builds, so its packages are theirs.
"""

from __future__ import annotations

import contextlib
import io
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from d2l_helpers.records import FOLDER, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docutils import nodes
    from sphinx.application import Sphinx

PACKAGES = (
    *("torch", "numpy", "matplotlib", "anywidget", "ipywidgets"),
    *("jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme"),
)


def versions() -> dict[str, str]:
    """Python, and the packages that can change what a page shows."""
    found = {"Python": platform.python_version()}
    return found | {name: version(name) for name in PACKAGES}


def data() -> list[tuple[str, int, str]]:
    """Name, number of entries and SHA-256 of each data file the pages were run with."""
    from d2l_helpers import FashionMNIST
    from d2l_helpers.filespecs import FULL, SAMPLE

    with contextlib.redirect_stdout(io.StringIO()):
        full = FashionMNIST().full  # reading compares the sums
    return [(f.name, f.shape[0], f.sha256) for f in (FULL if full else SAMPLE)]


def records() -> Iterator[tuple[str, dict]]:
    """Name and contents of each recorded run."""
    for path in sorted(FOLDER.glob("*.json")):
        yield path.stem, recorded(path.stem)


class Colophon(SphinxDirective):
    """Tables: versions, the data with their sums. Or, for "runs", the recorded ones."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        if self.arguments == ["runs"]:
            lines = []
            for name, run in records():
                made = f"{run['machine']}; torch {run['versions']['torch']}"
                lines += [f"`{name}`", f": {run['chosen']} {made}.", ""]
            return self.parse_text_to_nodes("\n".join(lines))
        lines = ["| Package | Version |", "|---|---|"]
        lines += [f"| {name} | {number} |" for name, number in versions().items()]
        lines += [
            "",
            "| Data file | Entries | SHA-256 of its contents |",
            "|---|---|---|",
        ]
        lines += [f"| `{name}` | {n:,} | `{sha}` |" for name, n, sha in data()]
        return self.parse_text_to_nodes("\n".join(lines))


def say(app: Sphinx, error: Exception | None) -> None:
    """One line at the end of the build."""
    if error is None:
        made = ", ".join(f"{name} {number}" for name, number in versions().items())
        logging.getLogger(__name__).info("made with %s", made)


def connect(app: Sphinx) -> None:
    """Register directive and handler."""
    app.add_directive("colophon", Colophon)
    app.connect("build-finished", say)
