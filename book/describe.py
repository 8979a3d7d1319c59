"""What a search engine shows of a page: its opening sentences as its description.

The text is the page's own first paragraph, so that nobody writes it twice. The pages
that are no text, search and index, say what they are for.
"""

from __future__ import annotations

import html
import re

from bs4 import BeautifulSoup

LONGEST = 160  # characters; search engines cut what is longer
_META = '<meta name="description"'
# the theme's; Sphinx has written one already
_VIEWPORT = re.compile(r'<meta name="viewport" content="[^"]*initial-scale=1" ?/>')
ENOUGH = 40_000  # characters of an article, within which its first paragraph ends
OTHERS = {
    "search": "Search the chapter on convolutional neural networks.",
    "genindex": "Index of the terms of the chapter on convolutional neural networks.",
}


def shortened(text: str) -> str:
    """The first sentences of a text that fit into a description."""
    text = re.sub(r"\s+", " ", text).strip()
    if len(text) <= LONGEST:
        return text
    whole = [m.end(1) for m in re.finditer(r"([.?!])\s", text[: LONGEST + 1])]
    if whole and whole[-1] >= LONGEST // 3:
        return text[: whole[-1]]
    return text[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def opening(text: str) -> str:
    """A page's first paragraph, as plain text."""
    start = text.find('<article class="bd-article"')
    body = BeautifulSoup(text[start : start + ENOUGH], "html.parser")
    for paragraph in body.find_all("p"):
        if paragraph.find_parent(["figure", "details"]) or paragraph.find_parent(
            class_=["cnn", "admonition", "cell"]
        ):
            continue
        for formula in paragraph.select(".math"):
            formula.string = formula.get_text().strip("\\()[] ")
        if words := paragraph.get_text():
            return words
    return ""


def described(text: str, name: str) -> str:
    """The HTML of the page ``name`` with a description, and with one viewport."""
    text = _VIEWPORT.sub("", text)
    if _META in text:
        return text
    words = OTHERS.get(name) or opening(text)
    tag = f'{_META} content="{html.escape(shortened(words))}">'
    return text.replace("<title>", f"{tag}\n    <title>", 1)
