"""The built site in a real browser: whole, quiet, readable, and on its own."""

from __future__ import annotations

import functools
import json
import platform
import re
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from axe import ADD_STYLE, AXE, AXE_CONTRAST, AXE_RULES, NO_FADE, told
from bs4 import BeautifulSoup
from site_fixtures import (  # noqa: F401 - fixtures are used by name
    CONTENT,
    NOTEBOOKS,
    PAGES,
    SHOWN,
    address,
    seen,
    site,
    visit,
)

from d2l_helpers import FashionMNIST
from d2l_helpers.filespecs import FULL, SAMPLE
from d2l_helpers.records import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
pytestmark = pytest.mark.site

NEXT_FRAMES = """() => new Promise(requestAnimationFrame)
  .then(() => new Promise(requestAnimationFrame)).then(() => true)"""


@functools.cache
def soup_of(site: Path, page: str) -> BeautifulSoup:
    """A page, parsed once for all tests; nobody changes it."""
    return BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")


def article_of(site: Path, page: str) -> BeautifulSoup:
    article = soup_of(site, page).select_one("article.bd-article")
    assert article is not None, f"{page} has no article"
    return article


# Read as files ------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(site, page):
    broken = []
    for tag in soup_of(site, page).find_all(href=True) + soup_of(site, page).find_all(
        src=True
    ):
        target = tag.get("href", tag.get("src"))
        parts = urlsplit(target)
        if parts.scheme in ("https", "mailto", "data"):
            continue
        if parts.scheme or parts.netloc or not target:
            broken.append(f"{target!r} in {str(tag)[:80]}")
            continue
        path = unquote(parts.path)
        file = ((site / page).parent / path).resolve() if path else site / page
        if not file.is_file() or not file.is_relative_to(site.resolve()):
            broken.append(target)
        elif parts.fragment and file.suffix == ".html":
            name = unquote(parts.fragment)
            other = soup_of(site, file.relative_to(site.resolve()).as_posix())
            if other.find(id=name) is None and other.find(attrs={"name": name}) is None:
                broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_itself(site, page):
    soup = soup_of(site, page)
    assert soup.html["lang"] == "en"
    assert len(soup.title.get_text(strip=True)) > 5
    assert len(soup.find_all("h1")) == 1


@pytest.mark.parametrize("page", PAGES)
def test_no_button_or_link_is_empty(site, page):
    for link in soup_of(site, page).find_all("a"):
        assert link.get("href"), f"no address: {link}"
        name = link.get_text(strip=True) or link.get("title") or link.get("aria-label")
        picture = link.find("img", alt=True)
        assert name or picture, f"no name: {link}"


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_is_told_in_words(site, page):
    soup = soup_of(site, page)
    for image in soup.find_all("img"):
        alt = image.get("alt", "").strip()
        assert alt, f"no alternative text: {image}"
        assert not re.search(r"\.(png|svg|jpe?g|gif)$", alt), f"a file name: {alt}"
        if image.find_parent("article"):
            sentence = len(alt) >= 40 and alt[-1] in ".?" and " " in alt
            assert sentence, f"not a sentence of 40 characters: {alt!r}"


@pytest.mark.parametrize("page", CONTENT)
def test_figures_are_numbered_and_captioned(site, page):
    article = article_of(site, page)
    for figure in article.find_all("figure"):
        caption = figure.find("figcaption")
        assert caption is not None, f"no caption: {str(figure)[:120]}"
        number = caption.select_one(".caption-number")
        assert number is not None, f"no number: {caption}"
        assert re.match(r"Figure \d", number.get_text()), number
        assert len(caption.select_one(".caption-text").get_text(strip=True)) > 20
    for image in article.select("div.cell_output img"):
        if still := image.find_parent("div", attrs={"data-explorer": True}):
            # where no script runs, an explorer is its picture over its sentence
            assert still.select_one("p.cnn-still").get_text().startswith(image["alt"])
            continue
        assert image.find_parent("figure"), f"a picture without a caption: {image}"


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_the_notebook_can_be_downloaded(site, page):
    link = soup_of(site, page).select_one("a.btn-download-source-button")
    file = (site / page).parent / unquote(link["href"])
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    assert any(cell["cell_type"] == "code" for cell in cells)


def test_of_mathjax_only_the_fonts_are_there(site):
    folder = site / "_static" / "mathjax"
    assert {path.suffix for path in folder.rglob("*")} == {".woff"}
    sheet = (site / "_static" / "site.css").read_text(encoding="utf-8")
    asked = set(re.findall(r'url\("mathjax/([^"]+)"\)', sheet))
    assert asked <= {path.name for path in folder.iterdir()}
    assert not any("MathJax.js" in p.read_text("utf-8") for p in site.glob("*.html"))


@pytest.mark.parametrize("page", CONTENT)
def test_a_formula_is_there_to_be_heard_too(site, page):
    for formula in article_of(site, page).select(".math"):
        (seen,) = formula.select("mjx-math")
        assert seen["aria-hidden"] == "true"
        assert formula.select_one("mjx-assistive-mml math").get_text(strip=True)


# In the browser -----------------------------------------------------------------


def test_the_last_page_says_with_what_the_copy_was_made(site):
    page = article_of(site, CONTENT[-1])
    versions, data, runs = (
        [[cell.get_text() for cell in row.find_all("td")] for row in table("tr")]
        for table in page.find_all("table")
    )
    assert ["torch", version("torch")] in versions
    assert ["Python", platform.python_version()] in versions
    full = FashionMNIST().full
    rows = [[s.name, f"{s.shape[0]:,}", s.sha256] for s in (FULL if full else SAMPLE)]
    assert data[1:] == rows
    names = {p.removesuffix(".html") for p in CONTENT if p.startswith("chapters/")}
    assert names < {row[0] for row in runs[1:]}
    assert all(float(row[3]) > 0 for row in runs[1:])
    names = sorted(path.stem for path in FOLDER.glob("*.json"))
    assert [term.get_text() for term in page.select("dl dt")] == names
    assert all("torch 2" in told.get_text() for told in page.select("dl dd"))


@pytest.mark.parametrize("page", SHOWN)
def test_asks_no_other_host_and_complains_of_nothing(seen, page):
    assert seen(page).faults == []


@pytest.mark.parametrize("page", SHOWN)
def test_works_without_a_server(visit, site, page):
    shown = visit(page, home=f"file://{site}/")
    assert shown.faults == []
    shown.page.close()


def test_the_front_door_leads_to_the_opening_page(chromium, address):
    page = chromium.new_page()
    page.goto(address)
    page.wait_for_url(f"{address}{CONTENT[0]}", timeout=10_000)
    page.close()


@pytest.mark.parametrize("page", CONTENT)
def test_formulas_are_set(seen, site, page):
    written = len(article_of(site, page).select(".math"))
    shown = seen(page).page
    assert shown.locator("article .math mjx-container").count() == written
    assert "\\(" not in shown.locator("article").inner_text()
    fonts = shown.evaluate(
        """() => [...document.fonts].filter(font => font.status === 'loaded')
          .map(font => font.family.replaceAll('"', ''))"""
    )
    assert not written or "MJXTEX-I" in fonts or "MJXTEX" in fonts


def test_formulas_need_no_script(chromium, address):
    page = chromium.new_page(java_script_enabled=False)
    page.goto(f"{address}{NOTEBOOKS[0]}", wait_until="networkidle")
    assert page.evaluate("""() => {
      const sum = document.querySelector('article div.math mjx-munder mjx-mo');
      const font = getComputedStyle(sum.firstElementChild, '::before').fontFamily;
      return font.includes('MJXTEX-S2') && sum.getBoundingClientRect().width > 15;
    }""")
    page.close()


@pytest.mark.parametrize("page", SHOWN)
def test_no_sideways_scrolling(seen, page):
    shown = seen(page).page
    for width in (1280, 360, 320):
        shown.set_viewport_size({"width": width, "height": 900})
        assert shown.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_a_long_formula_can_be_read_from_its_start(seen, page):
    shown = seen(page).page
    shown.set_viewport_size({"width": 320, "height": 900})
    cut = shown.evaluate(
        """() => [...document.querySelectorAll('article div.math')].filter(box => {
          const start = box.querySelector('mjx-math').getBoundingClientRect().left;
          return start < box.getBoundingClientRect().left - 1;
        }).map(box => box.textContent)"""
    )
    assert cut == []


@pytest.mark.parametrize("page", SHOWN)
def test_accessible(seen, page):
    """axe-core: all its rules once, and contrast in both themes."""
    shown = seen(page).page
    shown.evaluate(AXE.read_text(encoding="utf-8"))
    shown.evaluate(ADD_STYLE, NO_FADE)
    results = [shown.evaluate(AXE_RULES)]
    for scheme in ("light", "dark"):
        shown.emulate_media(color_scheme=scheme)
        shown.wait_for_selector(f"html[data-theme={scheme}]", timeout=20_000)
        shown.evaluate(NEXT_FRAMES)
        results.append(shown.evaluate(AXE_CONTRAST))
    found = [line for result in results for line in told(result)]
    assert found == []


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_a_word(visit, site, scheme):
    home = f"file://{site}/" if scheme == "file" else ""
    shown = visit("search.html?q=convolution", home=home)
    shown.page.wait_for_selector("#search-results li a", timeout=10_000)
    links = shown.page.locator("#search-results li a")
    assert any("chapters/" in link.get_attribute("href") for link in links.all())
    assert shown.faults == []


def test_search_field_opens_from_any_page(visit):
    page = visit(NOTEBOOKS[0]).page
    page.locator(".search-button-field:visible").first.click()
    field = page.locator("#pst-search-dialog input[type=search]")
    field.fill("kernel")
    field.press("Enter")
    page.wait_for_selector("#search-results li a", timeout=10_000)
    assert "search.html?q=kernel" in page.url


def test_the_switch_goes_through_both_themes_and_is_remembered(visit):
    page = visit(CONTENT[0]).page
    seen = {}
    for _ in range(3):  # auto, light, dark in some order
        page.locator(".theme-switch-button:visible").first.click()
        theme = page.locator("html").get_attribute("data-theme")
        seen[theme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        mode = page.locator("html").get_attribute("data-mode")
        if mode == "dark":
            page.reload()
            assert page.locator("html").get_attribute("data-theme") == "dark"
    assert set(seen) == {"light", "dark"}
    assert seen["light"] != seen["dark"]


def test_the_keyboard_focus_is_seen(visit):
    page = visit(NOTEBOOKS[0]).page
    page.keyboard.press("Tab")  # from here on focus counts as the keyboard's
    for kind in ("article p a.reference", ".bd-links a", ".theme-switch-button"):
        style = page.evaluate(
            """kind => {
              const found = document.querySelector(kind);
              found.focus();
              const look = getComputedStyle(found);
              const text = getComputedStyle(document.body).color;
              return [look.outlineStyle, look.outlineWidth, look.outlineColor === text];
            }""",
            kind,
        )
        assert style == ["solid", "3px", True], kind
