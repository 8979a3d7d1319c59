"""The theme's icons, drawn in the page: its script for them weighs half a megabyte.

Font Awesome's script holds two thousand icons and swaps each ``<i class="fa-…">`` for
a drawing once the page stands, which moves what is beside it. Here the same drawings
are put in when the site is built, and the script stays behind.
"""

from __future__ import annotations

import functools
import re
from importlib.util import find_spec
from pathlib import Path

_PLACE = re.compile(
    r'<(i|span) class="((?:fa|fas|far|fab|[\w-]+ fa-)[^"]*)"([^>]*)></\1>'
)
# class → the name under which the script registers the set of icons
_SETS = {
    **dict.fromkeys(("fa", "fas", "fa-solid"), "fas"),
    **dict.fromkeys(("far", "fa-regular"), "far"),
    **dict.fromkeys(("fab", "fa-brands"), "fab"),
}
_SIZE = {"lg", "sm", "xs", "xl", "2x", "fw"}
# the theme's own credit, which the licence of the drawings (CC BY 4.0) asks for
CREDIT = "<!-- Icons: Font Awesome Free, https://fontawesome.com, CC BY 4.0 -->"


@functools.cache
def theme_script() -> str:
    """The text of the theme's script.

    Raises:
        FileNotFoundError: the installed theme has none, or elsewhere.
    """
    spec = find_spec("pydata_sphinx_theme")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the theme is missing: pip install jupyter-book")
    static = Path(spec.origin).parent / "theme" / "pydata_sphinx_theme" / "static"
    return (static / "scripts" / "fontawesome.js").read_text("utf-8")


@functools.cache
def icons(script: str) -> dict[str, dict[str, tuple[str, str, str]]]:
    """Set → icon → (width, height, path), read from the text of the theme's script."""
    found = {}
    start = 0
    for end in re.finditer(r'\w\("(fa[srb])",p\),\w\("fa-', script):
        part = script[start : end.start()]
        start = end.end()
        pattern = r'"?([\w-]+)"?:\[(\d+),(\d+),\[([^\]]*)\],"[0-9a-f]+","([^"]+)"\]'
        found[end[1]] = drawings = {}
        for name, width, height, others, path in re.findall(pattern, part):
            drawings[name] = (width, height, path)
            for other in re.findall(r'"([\w-]+)"', others):
                drawings.setdefault(other, (width, height, path))
    return found


def drawn(text: str, script: str) -> str:
    """A page's HTML with every icon that the script knows as a drawing."""
    known = icons(script)

    def drawing(place: re.Match[str]) -> str:
        names = place[2].split()
        of = next((_SETS[n] for n in names if n in _SETS), "fas")
        for name in (n[3:] for n in names if n.startswith("fa-")):
            if name not in _SIZE and name in known.get(of, {}):
                width, height, path = known[of][name]
                kept = [n for n in names if n not in _SETS]
                classes = " ".join(["svg-inline--fa", *kept])
                hidden = "" if "aria-hidden" in place[3] else ' aria-hidden="true"'
                return (
                    f'<svg class="{classes}"{place[3]}{hidden} focusable="false"'
                    f' viewBox="0 0 {width} {height}">'
                    f'<path fill="currentColor" d="{path}"></path></svg>'
                )
        return place[0]

    new = _PLACE.sub(drawing, text)
    if new != text and CREDIT not in new:
        new = new.replace("<body", f"{CREDIT}\n<body", 1)
    return new


def style(script: str) -> str:
    """The rules that the script would put into a page for its drawings."""
    # those for an icon alone, not the ones inside of others
    rules = re.findall(r"(?<=\})\.svg-inline--fa(?:\.fa-[\w-]+)?\{[^}]*\}", script)
    return "".join(dict.fromkeys(rules))
