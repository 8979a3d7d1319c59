"""A strict Content-Security-Policy on every page, and no page that breaks it.

Pages may load what lies beside them and nothing else; of scripts and styles inside a
page only those run whose SHA-256 the page itself names. The theme's and MathJax's
``style`` attributes become classes and its ``onclick`` an ordinary listener, because
nothing short of ``unsafe-inline`` would let them through.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

RULES = {
    "default-src": "'self'",
    # the theme's style sheets and stills of explorers hold pictures as text
    "img-src": "'self' data:",
    "script-src": "'self'",
    "style-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
DOES = {"window.print()": "print", "toggleFullScreen()": "full-screen"}
# What the theme's buttons say in `onclick`, and what it forgets of folded code.
SCRIPT = """
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-does]");
  if (button?.dataset.does === "print") print();
  if (button?.dataset.does === "full-screen") toggleFullScreen();
});
// What was folded could not be measured: let the theme see which code scrolls.
document.addEventListener("toggle", () => dispatchEvent(new Event("resize")), true);
"""
_SCRIPT = re.compile(r"(<script\b[^>]*>.*?</script>)", re.DOTALL)
_DATA = re.compile(r'\btype="application/json"|\bsrc="')
_INLINE = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_STYLED = re.compile(r'<[a-zA-Z][^<>]*?\sstyle="[^"]*"[^<>]*>')
_STYLE = re.compile(r'\sstyle="([^"]*)"')
_CLASS = re.compile(r'\sclass="([^"]*)"')
_HANDLER = re.compile(r'(<[a-zA-Z][^<>]*?\s)(on[a-z]+)="([^"]*)"')
_CHARSET = re.compile(r'<meta charset="utf-8" ?/?>\n?')


def outside_scripts(text: str, change: Callable[[str], str]) -> str:
    """A page's HTML with ``change`` made in all of it that is no script."""
    parts = _SCRIPT.split(text)
    return "".join(p if n % 2 else change(p) for n, p in enumerate(parts))


def classed(text: str, styles: dict[str, str]) -> str:
    """A page's HTML with a class for each ``style``, which ``styles`` then knows."""

    def tag(found: re.Match[str]) -> str:
        whole = found[0]
        style = html.unescape(_STYLE.search(whole)[1]).strip().rstrip(";")
        name = "s-" + hashlib.sha256(style.encode()).hexdigest()[:8]
        styles[name] = style
        whole = _STYLE.sub("", whole, count=1)
        if _CLASS.search(whole):
            return _CLASS.sub(rf' class="\1 {name}"', whole, count=1)
        return re.sub(r"^<[\w-]+", rf'\g<0> class="{name}"', whole)

    return outside_scripts(text, lambda part: _STYLED.sub(tag, part))


def sheet(styles: dict[str, str]) -> str:
    """The rules for `classed`; thrice the class, to weigh more than other rules."""
    return "\n".join(f"{f'.{n}' * 3}{{{style}}}" for n, style in sorted(styles.items()))


def without_handlers(text: str) -> str:
    """A page's HTML whose buttons say what they do in ``data-does``.

    Raises:
        ValueError: a handler that `SCRIPT` does not know.
    """

    def handler(found: re.Match[str]) -> str:
        before, event, does = found.groups()
        if event != "onclick" or does not in DOES:
            raise ValueError(f"book/policy.py does not know {event}={does!r}")
        return f'{before}data-does="{DOES[does]}"'

    return outside_scripts(text, lambda part: _HANDLER.sub(handler, part))


def sealed(text: str) -> str:
    """A page's HTML with the policy before everything that it is about."""
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, attributes, inside in _INLINE.findall(text):
        if kind == "script" and _DATA.search(attributes):
            continue
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        if (source := f"'sha256-{digest}'") not in hashes[kind]:
            hashes[kind].append(source)
    rules = [
        " ".join([name, sources, *hashes.get(name.removesuffix("-src"), [])])
        for name, sources in RULES.items()
    ]
    policy = (
        f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">\n'
    )
    new, count = _CHARSET.subn(lambda found: found[0] + policy, text, count=1)
    if not count:
        raise ValueError("a page without <meta charset>, after which its policy stands")
    return new
