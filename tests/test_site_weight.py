"""Pages are light: bytes over the wire, nothing that holds up the text, no jumps."""

import re
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from site_fixtures import CONTENT, SHOWN, site  # noqa: F401 - a fixture by name

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.site

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
FIRST, AFTER = 1_000_000, 250_000  # bytes of a first visit, and after another page
# Pages with photographs, or with ten networks' figures, weigh more.
HEAVY = {"chapters/conv-layer.html": 320_000, "chapters/lenet.html": 272_000}
MEASURED = ["intro.html", "chapters/conv-layer.html", "chapters/why-conv.html",
            "chapters/lenet.html", "appendix/quiz.html", "search.html"]  # fmt: skip
SHIFT = 0.05  # cumulative; 0.1 is what Lighthouse calls good


@pytest.fixture(scope="module")
def pages():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import pages
    finally:
        sys.path.pop(0)
    return pages


@pytest.fixture(scope="module")
def home(pages, site):
    """The site as a host like GitHub Pages serves it."""
    with pages.served(site) as address:
        yield address


@pytest.mark.parametrize("page", MEASURED)
def test_a_visit_costs_few_bytes(pages, home, chromium, page):
    first, after = pages.visits(chromium, home, page, "appendix/summary.html")
    assert 20_000 < first.bytes <= FIRST
    assert after.bytes <= HEAVY.get(page, AFTER)
    assert after.bytes < first.bytes


@pytest.mark.parametrize("page", MEASURED)
def test_nothing_jumps(pages, home, chromium, page):
    for width, moved in pages.shifts(chromium, home, page).items():
        assert moved <= SHIFT, width


@pytest.mark.parametrize("page", SHOWN)
def test_no_script_holds_up_the_text(site, page):
    soup = BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")
    scripts = soup.find_all("script", src=True)
    assert scripts
    for script in scripts:
        assert script.has_attr("defer") or script.has_attr("async"), script["src"]
    assert not soup.select('script[src*="fontawesome"], i[class*="fa-"]')


@pytest.mark.parametrize("page", SHOWN)
def test_a_search_engine_is_told_what_a_page_says(site, page):
    soup = BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")
    (described,) = soup.find_all("meta", attrs={"name": "description"})
    assert 20 <= len(described["content"]) <= 160
    assert len(soup.find_all("meta", attrs={"name": "viewport"})) == 1


def test_descriptions_tell_pages_apart(site):
    texts = [(site / page).read_text(encoding="utf-8") for page in CONTENT]
    found = [
        re.search(r'<meta name="description" content="([^"]*)"', t)[1] for t in texts
    ]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("page", CONTENT)
def test_pictures_come_when_they_are_near_and_say_how_large_they_are(site, page):
    soup = BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")
    for picture in soup.select("article img"):
        if "_images/" in picture["src"]:
            assert picture["loading"] == "lazy"
            assert not picture["src"].endswith(".png")
            assert picture.get("width") or "width" in picture.get("style", "")
