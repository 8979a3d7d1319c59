"""What cells print on the site: nothing folded twice, nothing cut."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from site_fixtures import CONTENT, NOTEBOOKS, address, seen, site, visit  # noqa: F401

from book.outputs import WRAPS, is_prose, tidy
from d2l_helpers.folding import fold

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
CUT = """() => [...document.querySelectorAll('.output pre')]
  .filter(block => block.checkVisibility() && block.scrollWidth > block.clientWidth)
  .map(block => [block.closest('.output').classList.contains('cnn-wraps'),
                 block.textContent, getComputedStyle(block).backgroundImage])"""


def page_of(*outputs: nodes.Node) -> tuple[nodes.Element, nodes.container]:
    page, cell = nodes.container(), nodes.container(classes=["cell_output"])
    cell.extend(outputs)
    page.append(cell)
    tidy(None, page, "")
    return page, cell


def block(text: str) -> nodes.literal_block:
    return nodes.literal_block(text, text)


def test_what_a_solution_prints_is_printed_text_here():
    html = fold("a < b &  c\n")["text/html"]
    _, cell = page_of(nodes.raw("", html, format="html"))
    (printed,) = cell.children
    assert isinstance(printed, nodes.literal_block)
    assert printed.astext() == "a < b &  c\n"
    assert WRAPS not in printed["classes"]
    other = nodes.raw("", "<details><pre>x</pre></details>", format="html")
    assert page_of(other)[1].children == [other]


def test_sentences_wrap_and_columns_do_not():
    assert is_prose("in 3 of 4 runs\nin the rest")
    assert not is_prose("average   3\nmaximum   4")
    _, cell = page_of(block("a sentence"), block("a  table"))
    assert [WRAPS in b["classes"] for b in cell.children] == [True, False]


@pytest.mark.site
@pytest.mark.parametrize("page", CONTENT)
def test_no_output_is_dots_or_folded(site, page):
    soup = BeautifulSoup((site / page).read_text("utf-8"), "html.parser")
    assert not [p for p in soup.select(".output pre") if p.get_text() == "Ellipsis\n"]
    assert not soup.select("details.cnn-printed")


@pytest.mark.site
@pytest.mark.parametrize("page", CONTENT)
@pytest.mark.parametrize("width", [1280, 360])
def test_only_columns_are_cut_and_show_it(seen, page, width):
    shown = seen(page).page
    shown.set_viewport_size({"width": width, "height": 900})
    shown.wait_for_timeout(500)  # the theme measures what scrolls after 0.3 s
    for wraps, text, shadow in shown.evaluate(CUT):
        assert not wraps, text
        assert "linear-gradient" in shadow, text


@pytest.mark.site
def test_a_table_that_scrolls_shows_it(seen):
    shown = seen("chapters/lenet.html").page
    table = shown.locator(".pst-scrollable-table-container").first
    look = "e => getComputedStyle(e).backgroundImage"
    # the theme measures a moment after the window has changed
    shown.wait_for_selector(".pst-scrollable-table-container[tabindex='-1']")
    assert table.evaluate(look) == "none"
    shown.set_viewport_size({"width": 360, "height": 900})
    shown.wait_for_selector(".pst-scrollable-table-container[tabindex='0']")
    assert table.evaluate("e => e.scrollWidth > e.clientWidth")
    assert table.evaluate(look).count("linear-gradient") == 4
    rows = "e => getComputedStyle(e.querySelector('tbody tr')).backgroundColor"
    assert "/ 0.06" in table.evaluate(rows)  # what lies below shows through


@pytest.mark.site
def test_players_stand_on_the_page_in_the_dark_too(seen):
    page = next(p for p in NOTEBOOKS if "conv-layer" in p)
    shown = seen(page).page
    shown.emulate_media(color_scheme="dark")
    shown.wait_for_selector("html[data-theme=dark]")
    below = "player => getComputedStyle(player.closest('.output')).backgroundColor"
    assert shown.locator("audio").first.evaluate(below) == "rgba(0, 0, 0, 0)"
