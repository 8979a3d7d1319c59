"""Numbers that prove themselves: each links to the code on the page that shows it.

A number of three digits or more, with decimals or in per cent, is looked up in the
cells of its section (of its exercise): in what they print and assert first, then in the
rest of their code. It becomes a link to the nearest one that has it, and the cell lists
the numbers that it shows, each a link back to its first place. Cells further away count
only for numbers of so many digits that chance is no explanation; and of the shorter
ones, two digits must be printed or asserted, one must be so as it stands. The rest
stays plain: `tests/test_proofs.py` asks that a cell of the page has it all the same, or
that a reason is given.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect
from typing import TYPE_CHECKING, Any, NamedTuple

from bs4 import BeautifulSoup, NavigableString

if TYPE_CHECKING:
    from bs4 import Tag
    from sphinx.application import Sphinx

NUMBER = re.compile(
    r"(?<![\w.,/^−-])\d+(?:,\d{3})*(?:\.\d+)?(?:[ \u00a0\u202f]?%)?(?![\w²°])"
)
_IN_CODE = re.compile(r"(?<![\w.])\d[\d_,]*(?:\.\d+)?(?:e-?\d+)?(?:[ \u00a0\u202f]?%)?")
_YEAR = re.compile(r"(?:19|20)\d\d")
TITLE = "Goes to the cell that shows this number"
LABEL = "Numbers in the text that this cell shows: "
# How a cell shows a number, the best first: it prints it or asserts that something
# equals it; it prints more digits or asserts a bound; it says it elsewhere in its code.
TOLD, ROUNDED, WRITTEN = range(3)
# text that says no result: titles, formulas, code, sources, quotations from elsewhere
_SKIP = "a, code, pre, .math, h1, h2, h3, h4, figcaption, .cell, .admonition-title, "
_SKIP += "[data-explorer], .cnn-progress, summary"


def plain(text: str) -> tuple[float, int, bool]:
    """A written number as value, decimals, and whether it is in per cent."""
    digits = re.sub(r"[^\d.]", "", text).rstrip(".")
    return float(digits), len(digits.partition(".")[2]), "%" in text


def notable(text: str) -> bool:
    """Whether a number says a result; years and small whole ones are everywhere."""
    _, decimals, per_cent = plain(text)
    if _YEAR.fullmatch(text):
        return False
    return per_cent or decimals > 0 or len(re.sub(r"\D", "", text)) >= 3


def telling(text: str) -> bool:
    """Whether a number has so many digits that it is found elsewhere by no accident."""
    digits = re.sub(r"\D", "", text).strip("0")
    return len(digits) >= (3 if plain(text)[1] else 4)


def worst(text: str) -> int:
    """In which way a cell must show a number at least: few digits prove little."""
    digits = re.sub(r"\D", "", text).lstrip("0")  # 0.9, 4 %, 2,000: one; 0.90: two
    count = len(digits if plain(text)[1] else digits.rstrip("0"))
    return (TOLD, TOLD, ROUNDED, WRITTEN)[min(count, 3)]


class Value(NamedTuple):
    """A number that a cell holds, and how."""

    value: float
    decimals: int
    per_cent: bool
    way: int


def values_of(cell: Tag, lasting: bool = False) -> list[Value]:
    """All numbers that a cell's code and printed text hold.

    With ``lasting``, of the printed text only what is the same on every machine: the
    outputs that the notebook keeps.
    """
    found = []
    for block in cell.select("pre"):
        text = block.get_text()
        if block.find_parent(class_="cell_output"):
            if not lasting or "tag_keep_output" in cell["class"]:
                found += _numbers(text, TOLD)
        else:
            found += _numbers(text, WRITTEN) + _asserted(text)
    return found


def _numbers(text: str, way: int) -> list[Value]:
    found = []
    for token in _IN_CODE.findall(text):
        per_cent = token.endswith("%") and way == TOLD  # in code it is the remainder
        number = re.sub(r"[^\d.e-]", "", token).rstrip(".")
        mantissa, _, exponent = number.partition("e")
        decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
        found.append(Value(float(number), decimals, per_cent, way))
    return found


def _asserted(code: str) -> list[Value]:
    """The numbers in what a cell asserts: equal to something, or ``abs(x - 0.3)``."""
    try:
        tree = ast.parse(re.sub(r"^[%!].*$", "", code, flags=re.MULTILINE))
    except SyntaxError:
        return []
    found = []
    for claim in [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]:
        found += _numbers(ast.get_source_segment(code, claim) or "", ROUNDED)
        for node in ast.walk(claim):
            compared = isinstance(node, ast.Compare) and isinstance(
                node.ops[-1], ast.Eq
            )
            if compared or (isinstance(node, ast.Call) and _name(node) == "abs"):
                found += _numbers(ast.get_source_segment(code, node) or "", TOLD)
    return found


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def rank(values: list[Value], text: str) -> int | None:
    """The best way in which the values show a written number, or None.

    Per cent is shown by per cent or by a fraction with decimals: a 4 in the code is
    not 4 %.
    """
    value, decimals, per_cent = plain(text)
    ways = []
    for v in values:
        if v.per_cent > per_cent or (per_cent and not v.per_cent and v.decimals <= 0):
            continue
        fraction = per_cent and not v.per_cent
        shown, digits = (100 * v.value, v.decimals - 2) if fraction else v[:2]
        same = abs(shown - value) < 1e-9 * value
        if same or ((per_cent or decimals > 0) and round(shown, decimals) == value):
            # a printed 4.2% is 4 % by no accident; a printed 0.100 is no rate of 0.1
            exact = v.per_cent or (same and (digits <= decimals or decimals == 0))
            ways.append(max(v.way, TOLD if exact else ROUNDED))
    return min(ways, default=None)


def shows(values: list[Value], text: str) -> bool:
    """Whether a written number is among the values, or one of them rounded."""
    return rank(values, text) is not None


def linked(body: str) -> str:
    """A page's body with links from numbers to cells, and back."""
    page = BeautifulSoup(body, "html.parser")
    order = {id(tag): n for n, tag in enumerate(page.find_all(True))}
    cells = [c for c in page.select("div.cell") if not c.select("[data-explorer]")]
    known = [(order[id(c)], c, values) for c in cells if (values := values_of(c))]
    borders = [order[id(tag)] for tag in page.select("h2, div.exercise")]
    if not known:
        return body
    backs: dict[int, dict[str, str]] = {}
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
            if not notable(match[0]):
                continue
            ranks = [(rank(values, match[0]), *k) for *k, values in known]
            least = worst(match[0])
            has = [k for k in ranks if k[0] is not None and k[0] <= least]
            zone = bisect(borders, here)
            near = [k for k in has if bisect(borders, k[1]) == zone]
            if not near and telling(match[0]):
                near = has
            if not near:
                continue
            _, place, cell = min(near, key=lambda k: (k[0], abs(k[1] - here)))
            count += 1
            cell["id"] = cell.get("id") or f"code-{place}"
            link = page.new_tag("a", href=f"#{cell['id']}", id=f"number-{count}")
            link["class"] = "cnn-proof"
            link["title"] = TITLE
            link.string = match[0]
            parts += [text[end : match.start()], link]
            end = match.end()
            backs.setdefault(id(cell), {}).setdefault(match[0], link["id"])
        if parts:
            text.replace_with(*parts, text[end:])
    for cell in cells:
        if rows := backs.get(id(cell)):
            cell.append(_backlinks(page, rows))
    return page.decode(formatter="minimal")


def _backlinks(page: BeautifulSoup, first: dict[str, str]) -> Tag:
    """A line under a cell: "Numbers in the text that this cell shows: 64, 90"."""
    line = page.new_tag("p")
    line["class"] = "cnn-proofs"
    line.append(LABEL)
    for n, (number, target) in enumerate(first.items()):
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
