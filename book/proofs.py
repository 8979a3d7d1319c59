"""Numbers that prove themselves: each links to the code on the page that shows it.

A number of three digits or more, with decimals or in per cent, is looked up in the
cells of its section (of its exercise), what they say and what they print. It becomes a
link to the nearest one that has it, and the cell lists the numbers that it shows, each
a link back. Cells further away count only for numbers of so many digits that chance is
no explanation. The rest stays plain: `tests/test_proofs.py` asks that a cell of the
page has it all the same, or that a reason is given.
"""

from __future__ import annotations

import re
from bisect import bisect
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup, NavigableString

if TYPE_CHECKING:
    from bs4 import Tag
    from sphinx.application import Sphinx

NUMBER = re.compile(
    r"(?<![\w.,/^−-])\d+(?:,\d{3})*(?:\.\d+)?(?:[ \u00a0\u202f]?%)?(?![\w²°])"
)
_IN_CODE = re.compile(r"(?<![\w.])\d[\d_,]*(?:\.\d+)?(?:e-?\d+)?")
# text that says no result: titles, formulas, code, sources, quotations from elsewhere
_SKIP = "a, code, pre, .math, h1, h2, h3, h4, figcaption, .cell, .admonition-title, "
_SKIP += "[data-explorer], .cnn-progress, summary"


def plain(text: str) -> tuple[float, int, bool]:
    """A written number as value, decimals, and whether it is in per cent."""
    digits = re.sub(r"[^\d.]", "", text).rstrip(".")
    return float(digits), len(digits.partition(".")[2]), "%" in text


def notable(text: str) -> bool:
    """Whether a number says a result; small whole ones are everywhere."""
    _, decimals, per_cent = plain(text)
    return per_cent or decimals > 0 or len(re.sub(r"\D", "", text)) >= 3


def telling(text: str) -> bool:
    """Whether a number has so many digits that it is found elsewhere by no accident."""
    digits = re.sub(r"\D", "", text).strip("0")
    return len(digits) >= (3 if plain(text)[1] else 4)


def values_of(cell: Tag) -> list[float]:
    """All numbers that a cell's code and printed text hold."""
    found = []
    for block in cell.select("pre"):
        for token in _IN_CODE.findall(block.get_text()):
            digits = token.replace("_", "").replace(",", "").rstrip(".")
            found.append(float(digits))
    return found


def shows(values: list[float], text: str) -> bool:
    """Whether a written number is among the values, or one of them rounded."""
    value, decimals, per_cent = plain(text)
    for v in values:
        if v == value or (decimals and round(v, decimals) == value):
            return True
        if per_cent and round(100 * v, decimals) == value:
            return True
    return False


def linked(body: str) -> str:
    """A page's body with links from numbers to cells, and back."""
    page = BeautifulSoup(body, "html.parser")
    order = {id(tag): n for n, tag in enumerate(page.find_all(True))}
    cells = [c for c in page.select("div.cell") if not c.select("[data-explorer]")]
    known = [(order[id(c)], c, values) for c in cells if (values := values_of(c))]
    borders = [order[id(tag)] for tag in page.select("h2, div.exercise, div.solution")]
    if not known:
        return body
    backs: dict[int, list[tuple[str, str]]] = {}
    skipped = {id(tag) for tag in page.select(_SKIP)}
    count = 0
    for text in [t for p in page.select("p, li, td") for t in p.find_all(string=True)]:
        if type(text) is not NavigableString or text.parent is None:
            continue
        if any(id(parent) in skipped for parent in text.parents):
            continue
        here = order[id(text.find_parent(["p", "li", "td"]))]
        parts, end = [], 0
        for match in NUMBER.finditer(text):
            has = [k for k in known if notable(match[0]) and shows(k[2], match[0])]
            zone = bisect(borders, here)
            near = [k for k in has if bisect(borders, k[0]) == zone]
            if not near and telling(match[0]):
                near = has
            if not near:
                continue
            place, cell, _ = min(near, key=lambda k: abs(k[0] - here))
            count += 1
            cell["id"] = cell.get("id") or f"code-{place}"
            link = page.new_tag("a", href=f"#{cell['id']}", id=f"number-{count}")
            link["class"] = "cnn-proof"
            link.string = match[0]
            parts += [text[end : match.start()], link]
            end = match.end()
            backs.setdefault(id(cell), []).append((match[0], link["id"]))
        if parts:
            text.replace_with(*parts, text[end:])
    for cell in cells:
        if rows := backs.get(id(cell)):
            cell.append(_backlinks(page, rows))
    return page.decode(formatter="minimal")


def _backlinks(page: BeautifulSoup, rows: list[tuple[str, str]]) -> Tag:
    """A line under a cell: "In the text: 64, 90"."""
    line = page.new_tag("p")
    line["class"] = "cnn-proofs"
    line.append("In the text: ")
    for n, (number, target) in enumerate(rows):
        if n:
            line.append(", ")
        link = page.new_tag("a", href=f"#{target}")
        link.string = number
        line.append(link)
    return line


def add(app: Sphinx, page: str, _t: str, context: dict[str, Any], *_: Any) -> None:
    """Link the numbers of a notebook's page."""
    if app.builder.format == "html" and page.startswith("chapters/"):
        context["body"] = linked(context.get("body") or "")


def connect(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("html-page-context", add, priority=400)
