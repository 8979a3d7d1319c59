"""What cells print, made fit for a page.

The dots of an exercise's stub, ``...  # your code``, are a value that a notebook
prints as "Ellipsis"; here they print nothing. Sentences longer than the page is wide
may wrap, tables may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

WRAPS = "cnn-wraps"


def is_prose(text: str) -> bool:
    """Whether a printed text has no columns, which two blanks in a row make."""
    return "  " not in text


def tidy(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Sphinx's doctree-resolved: the outputs of one page."""
    for cell in list(doctree.findall(nodes.container)):
        if "cell_output" not in cell["classes"]:
            continue
        for block in list(cell.findall(nodes.literal_block)):
            if block.astext().strip() == "Ellipsis":
                block.parent.remove(block)
            elif is_prose(block.astext()):
                block["classes"].append(WRAPS)
        if not cell.children:
            cell.parent.remove(cell)


def connect(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("doctree-resolved", tidy)
