"""One script for the whole site, loaded beside the text and not before it.

Sphinx, the theme and four extensions bring a dozen, most of which stop the page while
they load; and each page loads the search index, which only the search page reads. They
are joined in their order: classic scripts share their names, one file or many.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

BEFORE = ("scripts/bootstrap.js", "scripts/pydata-sphinx-theme.js")
SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")
TABS = "design-tabs.js"
# the theme's, which are in the joined files or stand for nothing on these pages
UNUSED = (
    "scripts/*.map",
    "styles/*.map",
    "scripts/fontawesome.js",
    "vendor/fontawesome/webfonts/*.ttf",
    "*webpack-macros.html",
)
# From disk no script may read another page, which the found ones would be quoted from.
FROM_DISK = """
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
"""
# What stays a tag of its own: an address with a colon leads elsewhere.
_OURS = r"explorers/|site\.js"
_TAG = re.compile(
    rf'[ \t]*<script\b[^>]*\bsrc="(?![^"]*(?:{_OURS}))[^":]*"[^>]*>\s*</script>\n?'
)
_SITE = re.compile(
    r'[ \t]*<script\b[^>]*\bsrc="[^"]*_static/site\.js[^>]*></script>\n?'
)
_PRELOAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')
_PAGENAME = re.compile(r"[ \t]*<script>DOCUMENTATION_OPTIONS[^<]*</script>\n?")
# The colours are known before the first line is drawn, not once all scripts are there.
_THEME = re.compile(r'dataset\.theme = localStorage\.getItem\("theme"\) \|\| "auto";')
THEME = (
    'dataset.theme = { light: "light", dark: "dark" }'
    "[document.documentElement.dataset.mode]"
    ' || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");'
)


def every_page(app: Sphinx, kind: str) -> list:
    """The style sheets ("css") or scripts ("js") of every page, in their order.

    A page's own are in the builder's list too, after the page is written.
    """
    builder = app.builder
    found = getattr(builder, f"_orig_{kind}_files", getattr(builder, f"_{kind}_files"))
    return sorted(dict.fromkeys(found), key=lambda file: file.priority)


def joined(app: Sphinx, texts: list[str]) -> str:
    """The text of the site's script, in the order that its parts had."""
    static = Path(app.outdir) / "_static"
    tabs = any('class="sd-tab-set' in text for text in texts)
    parts = []
    for script in every_page(app, "js"):
        name = str(script.filename or "").removeprefix("_static/")
        if name and (name != TABS or tabs):  # settings stay in the page
            parts.append((static / name).read_text("utf-8"))
    parts += [(static / name).read_text("utf-8") for name in BEFORE]
    # an empty statement first: "use strict" in one part is for none
    text = "\n;".join(["", *parts, FROM_DISK])
    return re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)


def without(text: str) -> str:
    """A page's HTML without the scripts that the joined one replaces."""
    search = re.search(r'<div id="search-results">', text) is not None
    text = _PRELOAD.sub("", _PAGENAME.sub("", _SITE.sub("", text)))

    def tag(found: re.Match[str]) -> str:
        if search and any(name in found[0] for name in SEARCH):
            return re.sub(r"<script (?:defer )?", "<script defer ", found[0])
        return ""

    text = _TAG.sub(tag, text)
    return _THEME.sub(lambda _: THEME, text)


def forget(static: Path) -> None:
    """Remove what no page asks for any more."""
    for pattern in UNUSED:
        for path in static.glob(pattern):
            path.unlink()
