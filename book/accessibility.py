"""Small edits to finished pages, where the theme's HTML fails a check.

Each edit names the axe-core rule, or the reason, that it is for. They are plain
text replacements on what the pinned theme writes; tests/test_site.py runs
axe-core on every page and goes red when one no longer applies.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

EDITS = (
    # colour-contrast, where no script picks a theme: "auto" has half the rules of dark
    (' data-theme="auto">', ' data-theme="light">'),
    # label-content-name-mismatch: the button reads "Search Ctrl+K"
    (
        (
            'search-button-field search-button__button pst-js-only" title="Search"'
            ' aria-label="Search"'
        ),
        'search-button-field search-button__button pst-js-only" title="Search"',
    ),
    # label-content-name-mismatch: the icons' titles count as the button's text
    ('data-mode="light" title="Light"', 'data-mode="light" aria-hidden="true"'),
    ('data-mode="dark"  title="Dark"', 'data-mode="dark" aria-hidden="true"'),
    (
        'data-mode="auto"  title="System Settings"',
        'data-mode="auto" aria-hidden="true"',
    ),
    # region: the logo and the title lie outside every landmark
    (
        '<div class="sidebar-primary-items__start sidebar-primary__section">',
        (
            '<div class="sidebar-primary-items__start sidebar-primary__section"'
            ' role="region" aria-label="Chapter">'
        ),
    ),
    # scrollable-region-focusable: a long formula scrolls inside itself
    (
        '<div class="math notranslate nohighlight"',
        (
            '<div tabindex="0" role="group" aria-label="Formula"'
            ' class="math notranslate nohighlight"'
        ),
    ),
    # label-content-name-mismatch: the summary's own words name it
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    # duplicate-id: sphinx-exercise gives all of a page's boxes one id
    ('<section id="exercise-content">', '<section class="exercise-content">'),
    ('<section id="solution-content">', '<section class="solution-content">'),
    # the theme's mark in "On this page" is wrong; book/contents.py has another
    ('id="pst-page-toc-nav"', 'id="cnn-page-toc"'),
    # aria-deprecated-role, aria-required-children: the list of references
    ('role="doc-biblioentry"', 'role="listitem"'),
)
# page-has-heading-one, and outlines: the title that only print shows is a second h1
PRINT_TITLE = ('<div id="jb-print-docs-body" class="onlyprint">\n    <h1>', "</h1>")

REDIRECT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={page}">
<link rel="canonical" href="{page}">
</head>
<body>
<main>
<h1>{title}</h1>
<p>The chapter starts at <a href="{page}">its opening page</a>.</p>
</main>
</body>
</html>
"""


def mend(text: str) -> str:
    """Return one page's HTML with every edit made."""
    for old, new in EDITS:
        text = text.replace(old, new)
    start, end = PRINT_TITLE
    before, found, after = text.partition(start)
    if found:
        title, _, rest = after.partition(end)
        opening = start.replace("<h1>", '<p class="h1">')
        text = f"{before}{opening}{title}</p>{rest}"
    return text


def pages(site: Path) -> Iterator[Path]:
    """Yield the HTML pages of the built site."""
    for path in sorted(site.rglob("*.html")):
        if path.relative_to(site).parts[0] not in {"_static", "_sources"}:
            yield path


def mend_site(app: Sphinx, exception: Exception | None) -> None:
    """Edit all pages in place, and write an index.html that is a whole page."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    # The stock redirect has no title and no language; ours is there first.
    page = html.escape(f"{app.config.root_doc}.html")
    title = html.escape(app.config.html_title)
    (site / "index.html").write_text(REDIRECT.format(title=title, page=page), "utf-8")
    for path in pages(site):
        old = path.read_text(encoding="utf-8")
        new = mend(old)
        if new != old:
            path.write_text(new, encoding="utf-8")


def connect(app: Sphinx) -> None:
    """Register the handler, before the one that writes the stock redirect."""
    app.connect("build-finished", mend_site, priority=100)
