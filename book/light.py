"""Light pages: what the theme sends along and no reader needs, taken out at the end.

Once all pages are written: one style sheet and one script of the theme for the whole
site, both kept by the browser from page to page; no search index outside the search
page; icons drawn in the page; light pictures; code without tags that no colour needs;
a description for search engines. `benchmarks/pages.py` measures what that gives,
tests/test_site_weight.py holds it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from . import (
    code,
    contents,
    describe,
    explorers,
    icons,
    mathjax,
    pictures,
    policy,
    scripts,
    styles,
)
from .accessibility import pages

if TYPE_CHECKING:
    from sphinx.application import Sphinx

STYLE, SCRIPT = "site.css", "site.js"
THEME = ("styles/theme.css", "styles/pydata-sphinx-theme.css")
# The chapter's own, in which every rule is wanted, stay as they are.
TOKENS, OWN = "tokens.css", "book.css"
PYGMENTS = "pygments.css"
_LINK = re.compile(r'[ \t]*<link\b[^>]*rel="stylesheet"[^>]*>\n?')


def style_sheet(app: Sphinx, texts: list[str], script: str) -> str:
    """The text of the site's style sheet, in the order that its parts had."""
    static = Path(app.outdir) / "_static"
    names = [*THEME]
    for sheet in scripts.every_page(app, "css"):
        if sheet.filename:
            names.append(str(sheet.filename).removeprefix("_static/"))
    known = styles.words(texts, [script])
    theme = [n for n in names if n not in {TOKENS, OWN}]
    pygments = styles.read(static, PYGMENTS)
    return "\n".join(
        [
            icons.style(icons.theme_script()),
            styles.trimmed("".join(styles.read(static, n) for n in theme), known),
            code.style(pygments),
            styles.read(static, TOKENS),
            explorers.style(),
            styles.read(static, OWN),
        ]
    )


def head(text: str, style: str, script: str, up: str) -> str:
    """A page's HTML that asks for these two files, and no more than it needs."""
    text = _LINK.sub("", text)
    text = scripts.without(text)
    ours = (
        f'<link rel="stylesheet" href="{up}_static/{STYLE}?v={style}">\n'
        f'<script defer src="{up}_static/{SCRIPT}?v={script}"></script>\n'
    )
    return text.replace("</title>\n", f"</title>\n{ours}", 1)


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite the finished site; what is light already stays as it is."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    found = [page for page in pages(site) if page.name != "index.html"]
    texts = [describe.described(p.read_text("utf-8"), p.stem) for p in found]
    with mathjax.Typesetter() as formulas:
        texts = [formulas.page(text) for text in texts]
        formula_style = formulas.style()
    mathjax.copy_fonts(app)
    rules: dict[str, str] = {}
    texts = [policy.classed(policy.without_handlers(text), rules) for text in texts]
    texts = [icons.drawn(text, icons.theme_script()) for text in texts]
    script = scripts.joined(app, texts) + policy.SCRIPT + contents.SCRIPT
    ours = "".join(p.read_text("utf-8") for p in static.glob("explorers/*.js"))
    sheet = style_sheet(app, texts, script + ours)
    sheet += formula_style + policy.sheet(rules)
    (static / SCRIPT).write_text(script, "utf-8")
    (static / STYLE).write_text(sheet, "utf-8")
    unneeded = code.plain(styles.read(static, PYGMENTS))
    for page, text in zip(found, texts, strict=True):
        up = "../" * (len(page.relative_to(site).parts) - 1)
        new = head(text, version(sheet), version(script), up)
        new = code.untagged(pictures.lightened(new, site, page), unneeded)
        page.write_text(policy.sealed(new), "utf-8")
    front = site / "index.html"
    front.write_text(policy.sealed(front.read_text("utf-8")), "utf-8")
    scripts.forget(static)
    pictures.forget(site)


def version(text: str) -> str:
    """A short name for a file's contents, so that no browser keeps an old one."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def connect(app: Sphinx) -> None:
    """Register the handler: after the mended pages, before the book is stamped."""
    app.connect("build-finished", lighten, priority=600)
