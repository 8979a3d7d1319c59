"""Every number of the text leads to code on its page that shows it."""

from __future__ import annotations

import functools
import re
from math import ceil, comb, log

import pytest
from bs4 import BeautifulSoup
from site_fixtures import NOTEBOOKS, address, seen, site, visit  # noqa: F401

from book.proofs import NUMBER, linked, notable, plain, shows, values_of
from d2l_helpers import recorded

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under

RATES = recorded("modern_rate")["results"]
# What no cell of the page shows: the number, computed here, or why it may stand there.
WITHOUT = {
    "why-conv": {"1989": "a year"},
    "conv-layer": {
        "3,200": "a setting of the sound",
        "101": 100 + 1,
        "93 %": sum(comb(100, k) for k in range(40, 61)) ** 2 / 4**100,
    },
    "padding-and-strides": {
        "400": "a setting of the sound",
        "3,200": "a setting of the sound",
        "256": 16**2,
        "1,333": round(4000 / 3),
        "13.8": 1_085_056 / 78_400,
        "13.9": (80 + 1_168 + 125_450) / (80 + 1_168 + 7_850),
        "12,544": 16 * 28**2,
        "18,816": (8 + 16) * 28**2,
        "2,352": 8 * 14**2 + 16 * 7**2,
        "94 %": 13 * 78_400 / 1_085_056,
        "484": 22**2,
    },
    "channels": {
        "416": 16 * (25 + 1),
        "1.6": 4 * 409_600 / 1e6,
        "53.7": 2 * 256**2 * 25 * 128**2 / 1e9,
        "33.6": 4 * 128 * 256**2 / 1e6,
        "25,690,112": 4 * 32 * 64 * 56**2,
        "16,777,216": 2**24,
    },
    "pooling": {"1.4": "from the paper that is cited"},
    "lenet": {
        "256": "a setting of the MLP",
        "1.175": "from the paper of 1998",
        "2.303": log(10),
        "3,910": 10 * ceil(50_000 / 128),
        "456": 6 * (3 * 25 + 1),
        "576": 16 * 6**2,
        "69,240": 120 * (576 + 1),
        "250": "a setting of the exercise",
        "0.63": "a run of the solution with another of its five choices",
        "0.71": "a run of the solution with another of its five choices",
        "0.901": RATES["0.002"],
        "0.904": RATES["0.005"],
        "0.906": RATES["0.02"],
    },
}


@functools.cache
def page_of(site, page) -> BeautifulSoup:
    text = (site / page).read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser").select_one("article.bd-article")


def name_of(page: str) -> str:
    return page.split("/")[1].removesuffix(".html")


def prose(article):
    """The text of paragraphs, items and cells of tables, without code and links."""
    for place in article.select("p, li, td"):
        if place.find_parent(["figcaption"]) or place.find_parent(class_="cell"):
            continue
        if place.find_parent(attrs={"data-explorer": True}):
            continue
        for text in place.find_all(string=True):
            inside = text.find_parent(["p", "li", "td"]) is place
            skip = text.find_parent(["a", "code", "summary"]) or text.find_parent(
                class_=["math", "admonition-title", "cnn-progress"]
            )
            if inside and not skip:
                yield str(text)


@pytest.mark.site
@pytest.mark.parametrize("page", NOTEBOOKS)
def test_every_number_is_shown_by_a_cell_or_has_a_reason(site, page):
    reasons = WITHOUT[name_of(page)]
    article = page_of(site, page)
    cells = [c for c in article.select("div.cell") if not c.select("[data-explorer]")]
    values = [v for cell in cells for v in values_of(cell)]
    bare = {
        match[0].strip(): text[max(0, match.start() - 40) : match.end() + 20]
        for text in prose(article)
        for match in NUMBER.finditer(text)
        if notable(match[0]) and not shows(values, match[0])
    }
    assert set(bare) - set(reasons) == set(), {
        n: t for n, t in bare.items() if n not in reasons
    }
    written = article.get_text()
    for number, reason in reasons.items():
        # a time that a cell happens to print may show it too
        assert number in written, "a reason that nothing needs"
        assert isinstance(reason, str) or shows([float(reason)], number), number


@pytest.mark.site
@pytest.mark.parametrize("page", NOTEBOOKS)
def test_links_lead_to_code_that_shows_the_number_and_back(site, page):
    article = page_of(site, page)
    links = article.select("a.cnn-proof")
    assert len(links) >= 10
    for link in links:
        cell = article.find(id=link["href"][1:])
        assert shows(values_of(cell), link.get_text()), link
        back = cell.select_one(f".cnn-proofs a[href='#{link['id']}']")
        assert back.get_text() == link.get_text()


@pytest.mark.site
def test_a_number_can_be_followed_and_left_again(seen):
    page = seen(NOTEBOOKS[0]).page
    link = page.locator("a.cnn-proof").first
    link.focus()
    page.keyboard.press("Enter")
    cell = page.locator(":target")
    assert cell.evaluate("e => e.classList.contains('cell')")
    cell.locator(".cnn-proofs a").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("a.cnn-proof:target").count() == 1


def test_numbers_are_read_as_they_are_written():
    assert plain("3,996,001") == (3996001, 0, False)
    assert plain("30.6 %") == (30.6, 1, True)
    found = NUMBER.findall("In 61,706 of 1.5, 42 % and v2, x3, 10², 3×3, −0.5 or 180°.")
    assert [text for text in found if notable(text)] == ["61,706", "1.5", "42 %"]
    assert [notable(t) for t in ("12", "120", "1.5", "4 %")] == [
        False,
        True,
        True,
        True,
    ]
    assert shows([0.4249], "0.42")
    assert shows([0.4249], "42 %")
    assert not shows([0.4249], "0.43")
    assert not shows([120.4], "120")


def test_the_nearest_cell_is_linked_and_code_is_left_alone():
    cell = '<div class="cell"><pre>assert n == {}</pre></div>'
    body = f"{cell.format('61_706')}<p>far</p><p>It has 61,706 <code>61,706</code>.</p>"
    body += f"{cell.format('61_706 == 120')}<p>And 999.</p><h2>Else</h2><p>120, far</p>"
    page = BeautifulSoup(linked(body), "html.parser")
    (link,) = page.select("a.cnn-proof")
    first, second = page.select("div.cell")
    assert link["href"] == f"#{second['id']}"
    assert "In the text: 61,706" in second.get_text()
    assert not first.get("id")
    assert re.search("And 999", str(page))
    assert "120, far" in str(page)  # 120 can stand in another section by accident
    assert linked("<p>No code, 999.</p>") == "<p>No code, 999.</p>"
