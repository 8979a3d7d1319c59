"""Figures that are larger than a phone can be opened alone."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from PIL import Image
from site_fixtures import CONTENT, NOTEBOOKS, address, seen, site, visit  # noqa: F401

from book.pictures import FOLDER, lightened

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under


def test_a_wide_figure_gets_a_link_and_keeps_its_words(tmp_path):
    (tmp_path / FOLDER).mkdir()
    for name, width in (("wide", 700), ("small", 300)):
        Image.new("RGB", (width, 50)).save(tmp_path / FOLDER / f"{name}.png")
    text = "".join(
        f'{before}<img alt="{name}" src="../{FOLDER}/{name}.png" />{after}'
        for name in ("wide", "small")
        for before, after in (("<p>", "</p>"), ('<figure id="a">\n', "</figure>"))
    )
    page = tmp_path / "chapters" / "page.html"
    page.parent.mkdir()
    soup = BeautifulSoup(lightened(text, tmp_path, page), "html.parser")
    (link,) = soup.select("a")
    assert link.parent.name == "figure"
    assert link.get_text() == "Open the figure in full size"
    picture = link.find_previous_sibling("img")
    assert (picture["alt"], picture["width"]) == ("wide", "700")
    assert link["href"] == picture["src"] == f"../{FOLDER}/wide.webp"


@pytest.mark.site
@pytest.mark.parametrize("page", CONTENT)
def test_every_figure_of_the_site_that_is_wide_has_its_link(site, page):
    soup = BeautifulSoup((site / page).read_text("utf-8"), "html.parser")
    for picture in soup.select("article figure > img[width]"):
        wide = int(re.match(r"\d+", picture["width"])[0]) > 320
        links = picture.find_parent("figure").select("a.cnn-full")
        assert [a["href"] for a in links] == [picture["src"]] * wide


@pytest.mark.site
def test_on_a_phone_the_picture_and_a_line_below_it_are_the_link(seen):
    shown = seen(NOTEBOOKS[-1]).page
    link = shown.locator("figure .cnn-full").first
    assert not link.is_visible()
    shown.set_viewport_size({"width": 360, "height": 900})
    assert link.is_visible()
    link.scroll_into_view_if_needed()
    places = link.evaluate(
        """link => {
          const figure = link.closest('figure'), over = link.getBoundingClientRect();
          const picture = figure.querySelector('img').getBoundingClientRect();
          const caption = figure.querySelector('figcaption').getBoundingClientRect();
          const hit = document.elementFromPoint(
            picture.left + picture.width / 2, picture.top + picture.height / 2);
          return [hit === link, over.top <= picture.top,
                  over.bottom >= picture.bottom + 24, caption.top >= over.bottom - 1,
                  picture.width <= over.width + 1];
        }"""
    )
    assert places == [True] * 5
    link.focus()
    shown.keyboard.press("Tab")
    shown.keyboard.press("Shift+Tab")
    assert link.evaluate("e => e.matches(':focus-visible')")
