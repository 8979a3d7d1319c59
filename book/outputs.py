"""What cells print, made fit for a page.

What a solution prints is folded in a notebook (d2l_helpers/folding.py); here the
whole solution is, so that it comes as any printed text. Sentences longer than the page
is wide may wrap, tables may not.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

WRAPS = "cnn-wraps"
FOLD = re.compile(
    r'<details class="cnn-printed">.*?<pre>(.*)</pre></details>', re.DOTALL
)


def is_prose(text: str) -> bool:
    """Whether a printed text has no columns, which two blanks in a row make."""
    return "  " not in text


def tidy(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Sphinx's doctree-resolved: the outputs of one page."""
    for cell in list(doctree.findall(nodes.container)):
        if "cell_output" not in cell["classes"]:
            continue
        for fold in list(cell.findall(nodes.raw)):
            if found := FOLD.fullmatch(fold.astext()):
                text = unescape(found[1])
                classes = ["output", "stream"]
                fold.replace_self(
                    nodes.literal_block(text, text, language="none", classes=classes)
                )
        for block in cell.findall(nodes.literal_block):
            if is_prose(block.astext()):
                block["classes"].append(WRAPS)


def connect(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("doctree-resolved", tidy)
