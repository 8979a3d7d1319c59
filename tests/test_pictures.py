"""Figures are light, and those that are larger than a phone can be opened alone."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image, ImageDraw
from site_fixtures import CONTENT, NOTEBOOKS, address, seen, site, visit  # noqa: F401

import d2l_helpers as d2l
from book.pictures import FOLDER, LARGE, UNSEEN, lightened, webp

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under


def packed(image):
    """A picture's bytes as the site keeps them, and the picture that they hold."""
    file = BytesIO()
    image.save(file, "PNG")
    data = webp(file.getvalue())
    shown = Image.open(BytesIO(data))
    assert shown.format == "WEBP"
    return len(data), shown


def off(a, b):
    """By how many grey levels a pixel differs, on average."""
    return np.abs(np.asarray(a).astype(float) - np.asarray(b)).mean()


def plotted(size=(700, 300)):
    """Smooth lines, as a plot has them: few hues, many shades at the edges."""
    large = Image.new("RGB", (4 * size[0], 4 * size[1]), "white")
    draw = ImageDraw.Draw(large)
    x = np.linspace(0, 1, 200)
    for n, colour in enumerate(("#0b4cd8", "#d06000", "#109a96", "#501a5f")):
        y = 0.5 + 0.4 * np.sin(5 * (n + 1) * x + n)
        line = [(a * large.width, b * large.height) for a, b in zip(x, y, strict=True)]
        draw.line(line, fill=colour, width=8)
    return large.resize(size, Image.Resampling.LANCZOS)


def test_a_plot_keeps_few_colours_and_looks_the_same():
    image = plotted()
    size, shown = packed(image)
    assert off(image, shown) <= UNSEEN
    assert len(image.getcolors(2**24)) > 256 >= len(shown.getcolors(2**24))
    file = BytesIO()
    image.save(file, "WEBP", lossless=True, quality=100, method=6)
    assert size < 0.75 * len(file.getvalue())


def test_what_no_palette_holds_keeps_its_pixels():
    rows, columns = np.mgrid[:64, :64].astype(np.uint8)
    image = Image.fromarray(np.stack([3 * rows, 3 * columns, rows ^ columns], 2))
    _, shown = packed(image)
    assert off(image, shown) == 0
    clear = plotted((200, 100)).convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    assert off(clear, packed(clear)[1].convert("RGBA")) == 0


def test_a_photograph_becomes_smaller_and_is_close():
    pixels = (255 * d2l.coffee().permute(1, 2, 0)).round().byte().numpy()
    image = Image.fromarray(pixels)
    size, shown = packed(image)
    assert size < LARGE
    assert 0 < off(image, shown) < 5  # of 255


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
