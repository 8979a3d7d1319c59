"""The mark in "On this page" is at the section that stands at the top."""

from __future__ import annotations

import pytest
from site_fixtures import CONTENT, address, seen, site, visit  # noqa: F401

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
pytestmark = pytest.mark.site

FRAMES = """() => new Promise(requestAnimationFrame)
  .then(() => new Promise(requestAnimationFrame)).then(() => true)"""
MARKED = """() => [...document.querySelectorAll('.page-toc a')].filter(
  link => link.classList.contains('active') || link.hasAttribute('aria-current'))
  .map(link => decodeURIComponent(link.hash.slice(1)))"""
# the last heading that is above the line, found from the headings of the text
READ = """() => [...document.querySelectorAll('article h2, article h3')].filter(
  head => head.getBoundingClientRect().top <= 96).map(
  head => head.closest('section').id).at(-1)"""


def go(page, script: str) -> list[str]:
    """What is marked, a moment after a script moved the page."""
    page.evaluate(script)
    page.wait_for_timeout(150)
    page.evaluate(FRAMES)
    return page.evaluate(MARKED)


@pytest.fixture
def long(visit):
    """A long page, and its explorers at work."""
    page = visit("chapters/lenet.html").page
    page.emulate_media(reduced_motion="reduce")
    yield page
    page.close()


def test_it_follows_up_and_down(long):
    last = long.evaluate("document.querySelector('article').scrollHeight")
    places = [*range(0, last, 3000), *range(last, 0, -1700)]
    met = set()
    for place in places:
        marked = go(long, f"scrollTo({{top: {place}, behavior: 'instant'}})")
        read = long.evaluate(READ)
        assert marked == ([read] if read else []), place
        met.update(marked)
    assert len(met) > 5


def test_at_the_end_it_is_at_the_last_section(long):
    end = "scrollTo({top: document.documentElement.scrollHeight, behavior: 'instant'})"
    assert go(long, end) == ["exercises"]
    assert go(long, "scrollTo({top: 0, behavior: 'instant'})") == []


@pytest.mark.parametrize("name", ["chapters/lenet.html", "appendix/running.html"])
def test_a_jump_marks_where_it_went_and_lets_go(visit, name):
    page = visit(name).page
    page.emulate_media(reduced_motion="reduce")
    links = page.evaluate(
        "[...document.querySelectorAll('.page-toc a')].map(a => a.getAttribute('href'))"
    )
    for link in links:
        click = f"document.querySelector('.page-toc a[href=\"{link}\"]').click()"
        assert go(page, click) == [link[1:]]
    middle = links[len(links) // 2]
    go(page, f"document.querySelector('.page-toc a[href=\"{middle}\"]').click()")
    back = go(page, "scrollBy({top: -150, behavior: 'instant'})")
    assert back == [page.evaluate(READ)] != [middle[1:]]
    page.close()


def test_it_knows_when_the_text_above_grows(long):
    jump = "document.querySelector('.page-toc a[href=\"#summary\"]').click()"
    assert go(long, jump) == ["summary"]
    grow = """() => { document.documentElement.style.overflowAnchor = 'none';
      document.querySelector('article h2').style.paddingTop = '4000px'; }"""
    marked = go(long, grow)
    assert marked == [long.evaluate(READ)] != ["summary"]


@pytest.mark.parametrize("page", CONTENT)
def test_every_entry_has_its_place(seen, page):
    lost = seen(page).page.evaluate(
        """() => [...document.querySelectorAll('#cnn-page-toc a')].filter(
          link => !document.getElementById(decodeURIComponent(link.hash.slice(1))))
          .map(link => link.hash)"""
    )
    assert lost == []
