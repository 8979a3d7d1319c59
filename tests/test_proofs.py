"""Every number of the text leads to code on its page that shows it."""

from __future__ import annotations

import functools
import re
from bisect import bisect
from math import ceil, comb, cos, log, pi

import pytest
from bs4 import BeautifulSoup
from site_fixtures import NOTEBOOKS, address, seen, site, visit  # noqa: F401

from book.proofs import (
    LABEL,
    NUMBER,
    ROUNDED,
    TITLE,
    TOLD,
    WRITTEN,
    linked,
    notable,
    plain,
    rank,
    shows,
    telling,
    values_of,
    worst,
)
from d2l_helpers import recorded

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under

RATES = recorded("modern_rate")["results"]


def mean(runs, *path):
    """Mean over seeds of a recorded figure."""
    values = []
    for run in runs:
        for key in path:
            run = run[key]
        values.append(run)
    return sum(values) / len(values)


CLASSIC = recorded("lenet_classic")["results"]
MODERN = recorded("lenet_modern")["results"]
CLINIC = recorded("clinic")["results"]
PLAIN = recorded("sample_efficiency")["results"]["plain"]
# What no cell of the page shows: the number, computed here, or why it may stand there.
WITHOUT = {
    "why-conv": {
        "0.001": "a setting of the recorded runs",
        "0.77": mean(PLAIN["LeNet"]["500"] + PLAIN["MLP"]["500"], 0),
    },
    "conv-layer": {
        "3,200": "a setting of the sound",
        "101": 100 + 1,
        "0.8": 60 * 0.03 - 1,
        "4 %": 21**2 / 101**2,
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
        "20 %": 1 - (1 + 2 * cos(pi / 4)) / 3,
        "27 %": 1 - cos(pi / 8) ** 4,
        "484": 22**2,
        "800": 4_000 - 3_200,
        "169": 13**2,
    },
    "channels": {
        "416": 16 * (25 + 1),
        "1.6": 4 * 409_600 / 1e6,
        "53.7": 2 * 256**2 * 25 * 128**2 / 1e9,
        "33.6": 4 * 128 * 256**2 / 1e6,
        "25,690,112": 4 * 32 * 64 * 56**2,
        "16,777,216": 2**24,
        "147,456": 4 * 64 * 64 * 9,
    },
    "pooling": {"1.4": "from the paper that is cited", "3 %": 3_528 / 117_600},
    "lenet": {
        "256": "a setting of the MLP",
        "1.175": "from the paper of 1998",
        "2.303": log(10),
        "3,910": 10 * ceil(50_000 / 128),
        "456": 6 * (3 * 25 + 1),
        "576": 16 * 6**2,
        "69,240": 120 * (576 + 1),
        "250": "a setting of the exercise",
        "0.100": mean(CLASSIC, "val_acc", 0),
        "0.10": mean(CLASSIC, "val_acc", 0),
        "0.14": mean(CLASSIC, "val_acc", 1),
        "0.29": mean(CLASSIC, "val_acc", 2),
        "0.74": mean(CLASSIC, "val_acc", 9),
        "0.85": mean(MODERN, "val_acc", 0),
        "0.91": mean(MODERN, "val_acc", 9),
        "0.96": mean(MODERN, "recall", 9),
        "4,690": 10 * ceil(60_000 / 128),
        "1,250": "one of the steps at which the recorded run was read",
        "2.3": log(10),
        "2.5": min(run[0]["loss"][0] for run in CLINIC),
        "2.6": max(run[0]["loss"][0] for run in CLINIC),
        "0.12": min(max(run[-1]["saturated"]) for run in CLINIC),
        "0.1": "the rate of the classic recipe",
        "0.003": "the centre of the recorded search",
        "0.05": "the centre of the recorded search",
        "0.95": "PyTorch's default",
        "0.98": "an example",
        "0.90": "the aim of an exercise",
        "7 %": "a limit of an exercise",
        "0.002": "a rate of the recorded choice",
        "0.005": "a rate of the recorded choice",
        "0.02": "a rate of the recorded choice",
        "0.910": RATES["0.01"],
        "0.901": RATES["0.002"],
        "0.904": RATES["0.005"],
        "0.906": RATES["0.02"],
    },
}


@functools.cache
def page_of(site, page) -> BeautifulSoup:
    text = (site / page).read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser").select_one("article.bd-article")


def printed(text):
    """The values of a cell that prints a text."""
    cell = f'<div class="cell"><div class="cell_output"><pre>{text}</pre></div></div>'
    return values_of(BeautifulSoup(cell, "html.parser"))


def coded(text):
    """The values of a cell of code."""
    return values_of(BeautifulSoup(f"<div><pre>{text}</pre></div>", "html.parser"))


def name_of(page: str) -> str:
    return page.split("/")[1].removesuffix(".html")


def prose(article):
    """(place, text) of paragraphs, items, cells of tables, captions and descriptions.

    Without code and links to other places.
    """
    for place in article.select("p, li, td, figcaption .caption-text, img[alt]"):
        if place.find_parent(attrs={"data-explorer": True}):
            continue
        if place.name == "img":
            yield place, place["alt"]
        elif place.name == "span":
            yield place, place.get_text()
        elif not place.find_parent(["figcaption"]) and not place.find_parent(
            class_="cell"
        ):
            for text in place.find_all(string=True):
                inside = text.find_parent(["p", "li", "td"]) is place
                link = text.find_parent("a", class_=lambda c: c != "cnn-proof")
                skip = text.find_parent(["code", "summary"]) or text.find_parent(
                    class_=["math", "admonition-title", "cnn-progress"]
                )
                if inside and not skip and not link:
                    yield place, str(text)


@pytest.mark.site
@pytest.mark.parametrize("page", NOTEBOOKS)
def test_every_number_is_shown_by_what_is_the_same_everywhere(site, page):
    """By code that asserts or says it, or by an output that the notebook keeps.

    What other cells print, a training or a clock may have yielded. A fraction or a
    share of few digits must stand in the same section, since chance would find one.
    """
    reasons = WITHOUT[name_of(page)]
    article = page_of(site, page)
    order = {id(tag): n for n, tag in enumerate(article.find_all(True))}
    borders = [order[id(tag)] for tag in article.select("h2, div.exercise")]

    def zone(tag):
        return bisect(borders, order[id(tag)])

    cells = [c for c in article.select("div.cell") if not c.select("[data-explorer]")]
    values = [(zone(c), v) for c in cells for v in values_of(c, lasting=True)]
    bare = {}
    for place, text in prose(article):
        for match in NUMBER.finditer(text):
            number = match[0].strip()
            anywhere = telling(number) or number.replace(",", "").isdigit()
            near = [v for at, v in values if anywhere or at == zone(place)]
            if notable(number) and not shows(near, number):
                bare[number] = text[max(0, match.start() - 40) : match.end() + 20]
    assert set(bare) - set(reasons) == set(), {
        n: t for n, t in bare.items() if n not in reasons
    }
    written = [text for _, text in prose(article)]
    for number, reason in reasons.items():
        assert any(number in text for text in written), f"{number} stands nowhere"
        assert number in bare, f"{number}: a reason that nothing needs"
        computed = printed(f"{reason:.12f}") if not isinstance(reason, str) else []
        assert isinstance(reason, str) or shows(computed, number), number


@pytest.mark.site
@pytest.mark.parametrize("page", NOTEBOOKS)
def test_links_lead_to_code_that_shows_the_number_and_back(site, page):
    article = page_of(site, page)
    links = article.select("a.cnn-proof")
    assert len(links) >= 5
    first = {}
    for link in links:
        cell, number = article.find(id=link["href"][1:]), link.get_text()
        assert rank(values_of(cell), number) <= worst(number), link
        assert link["title"] == TITLE
        first.setdefault((cell["id"], number), link["id"])
    for cell in article.select("div.cell"):
        mine = {n: at for (name, n), at in first.items() if name == cell.get("id")}
        lines = cell.select(".cnn-proofs")
        assert len(lines) == bool(mine)
        for line in lines:
            assert line.get_text() == LABEL + ", ".join(mine)
            assert [a["href"] for a in line.select("a")] == [
                f"#{m}" for m in mine.values()
            ]


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
    assert not any(notable(year) for year in ("1998", "2026"))
    assert notable("1,998")
    assert shows(printed("0.4249"), "0.42")
    assert shows(printed("0.4249"), "42 %")
    assert not shows(printed("0.4249"), "0.43")
    assert not shows(printed("120.4"), "120")


@pytest.mark.parametrize(
    ("values", "number", "way"),
    [
        (printed("4.2% of the weights"), "4 %", TOLD),
        (printed("share 0.04"), "4 %", TOLD),
        (printed("spread 0.0390"), "4 %", ROUNDED),
        (printed("4 of them, 100%"), "4 %", None),
        (printed("100%"), "100", None),
        (coded("pool = 4 + 1  # 4 %"), "4 %", None),
        (coded("n = 1"), "100 %", None),
        (coded("rate = 0.04"), "4 %", WRITTEN),
        (coded("assert share == 0.04"), "4 %", TOLD),
        (coded("assert abs(share - 0.04) < 0.01"), "4 %", TOLD),
        (coded("assert best > 0.9"), "0.9", ROUNDED),
        (printed("accuracy 0.100"), "0.1", ROUNDED),
        (printed("left 4.5e-06"), "0.0000045", TOLD),
        (coded("%matplotlib inline\nassert n == 61_706"), "61,706", TOLD),
        (coded("n = 61_706 +"), "61,706", WRITTEN),
    ],
)
def test_how_a_cell_shows_a_number(values, number, way):
    assert rank(values, number) == way


def test_few_digits_must_be_told():
    assert [worst(n) for n in ("0.9", "4 %", "2,000")] == [TOLD] * 3
    assert [worst(n) for n in ("0.90", "42 %", "250")] == [ROUNDED] * 3
    assert [worst(n) for n in ("0.901", "30.6 %", "1,296")] == [WRITTEN] * 3


def test_what_a_cell_prints_comes_before_what_another_says():
    said = '<div class="cell"><pre>draw(1_296, lr=0.9)</pre></div>'
    told = '<div class="cell"><div class="cell_output"><pre>1296</pre></div></div>'
    page = BeautifulSoup(
        linked(f"{told}{said}<p>1,296, 0.9, in 1998</p>"), "html.parser"
    )
    (link,) = page.select("a.cnn-proof")
    assert link.get_text() == "1,296"
    assert link["href"] == f"#{page.select('div.cell')[0]['id']}"


def test_a_number_stands_once_below_its_cell():
    cell = '<div class="cell"><pre>assert n == 61_706</pre></div>'
    page = BeautifulSoup(linked(f"{cell}<p>61,706</p><p>61,706</p>"), "html.parser")
    first, again = page.select("p > a.cnn-proof")
    assert first["href"] == again["href"]
    (line,) = page.select(".cnn-proofs")
    assert line.get_text() == f"{LABEL}61,706"
    assert line.a["href"] == f"#{first['id']}"


def test_the_nearest_cell_is_linked_and_code_is_left_alone():
    cell = '<div class="cell"><pre>assert n == {}</pre></div>'
    body = f"{cell.format('61_706')}<p>far</p><p>It has 61,706 <code>61,706</code>.</p>"
    body += f"{cell.format('61_706 == 120')}<p>And 999.</p><h2>Else</h2><p>120, far</p>"
    page = BeautifulSoup(linked(body), "html.parser")
    (link,) = page.select("a.cnn-proof")
    first, second = page.select("div.cell")
    assert link["href"] == f"#{second['id']}"
    assert f"{LABEL}61,706" in second.get_text()
    assert not first.get("id")
    assert re.search("And 999", str(page))
    assert "120, far" in str(page)  # 120 can stand in another section by accident
    assert linked("<p>No code, 999.</p>") == "<p>No code, 999.</p>"
