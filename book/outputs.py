"""What cells print, made fit for a page.

What a solution prints is folded in a notebook; here the whole solution is, so that one
fold is enough. Sentences longer than the page is wide may wrap, tables may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

WRAPS = "cnn-wraps"
FOLD = '<details class="cnn-printed">'  # d2l_helpers/folding.py


def is_prose(text: str) -> bool:
    """Whether a printed text has no columns, which two blanks in a row make."""
    return "  " not in text


def tidy(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Sphinx's doctree-resolved: the outputs of one page."""
    for cell in list(doctree.findall(nodes.container)):
        if "cell_output" not in cell["classes"]:
            continue
        for block in list(cell.findall(nodes.literal_block)):
            if is_prose(block.astext()):
                block["classes"].append(WRAPS)
        for fold in list(cell.findall(nodes.raw)):
            if fold.astext().startswith(FOLD):
                text = fold.astext().replace(FOLD, FOLD[:-1] + " open>", 1)
                fold.replace_self(nodes.raw("", text, format="html"))


def connect(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("doctree-resolved", tidy)
