"""Code on a page without tags that no colour needs.

Pygments puts every name, comma and space into a tag of its own, five thousand on a
page. Names and punctuation have one colour, which the block of code can have itself;
operators, a third of what is left, take it too; neighbours of one colour share a tag.
"""

from __future__ import annotations

import re

_RULE = re.compile(
    r'html\[data-theme="(\w+)"\] \.highlight \.(\w+)\s*\{\s*color:\s*(#\w+);?\s*\}'
)
_BLOCK = re.compile(
    r'(<div class="highlight-ipython3 notranslate"><div class="highlight"><pre>)'
    r"(.*?)(</pre>)",
    re.DOTALL,
)
_PIECE = re.compile(r'<span class="(\w+)">([^<]*)</span>')
NAME = "n"  # Pygments' class for an ordinary name
BLANK, OPERATOR = "w", "o"
_NEIGHBOURS = re.compile(r'<span class="(\w+)">([^<]*)</span><span class="\1">')


def colours(sheet: str) -> dict[str, dict[str, str]]:
    """Theme → class of a piece of code → its colour, from Pygments' style sheet."""
    found: dict[str, dict[str, str]] = {}
    for theme, piece, colour in _RULE.findall(sheet):
        found.setdefault(theme, {})[piece] = colour.lower()
    return found


def plain(sheet: str) -> set[str]:
    """The classes that look like an ordinary name in every theme, blanks among them."""
    themes = colours(sheet).values()
    names = {name for theme in themes for name in theme}
    same = {n for n in names if all(t.get(n) == t.get(NAME) for t in themes)}
    return same | {BLANK, OPERATOR}


def style(sheet: str) -> str:
    """Rules that give a cell's code the colour of its names."""
    return "\n".join(
        f'html[data-theme="{theme}"] .highlight-ipython3 pre{{color:{of[NAME]}}}'
        for theme, of in colours(sheet).items()
        if NAME in of
    )


def untagged(text: str, unneeded: set[str]) -> str:
    """A page's HTML whose cells have no tags of these classes."""

    def piece(found: re.Match[str]) -> str:
        return found[2] if found[1] in unneeded else found[0]

    def block(found: re.Match[str]) -> str:
        inside = _PIECE.sub(piece, found[2])
        count = 1
        while count:
            inside, count = _NEIGHBOURS.subn(r'<span class="\1">\2', inside)
        return found[1] + inside + found[3]

    return _BLOCK.sub(block, text)
