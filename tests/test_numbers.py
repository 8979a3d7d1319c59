"""A number as people write it: what is read, what is asked about, what is never run."""

from __future__ import annotations

import json

import pytest
from explorer_fixtures import show  # noqa: F401 - a fixture by name

from d2l_helpers.explorers import Correlate, _bundle, find

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under

ONE = """([text, known]) => {
  const { right, within = 0, slips = [], ...rest } = known;
  const rank = right === undefined ? undefined : numbers.rankBy(right, within, slips);
  return numbers.readNumber(text, { ...rest, rank });
}"""


@pytest.fixture(scope="module")
def page(chromium):
    """A blank page with the module `numbers`; a strict policy forbids to run text."""
    script = _bundle._wrapped("dom") + _bundle._wrapped("numbers")
    policy = (
        "<meta http-equiv=Content-Security-Policy content=\"script-src 'nonce-n'\">"
    )
    page = chromium.new_page()
    page.set_content(
        f"<!doctype html><title>x</title>{policy}"
        f"<script nonce=n>{script}\nwindow.numbers = $numbers;</script>"
    )
    yield page
    page.close()


def read(page, text, **known):
    """The number in a text, or the sentence that asks."""
    found = page.evaluate(ONE, [text, known])
    return found.get("value", found.get("ask"))


NUMBERS = {
    "49": 49, "49.": 49, "+49": 49, "49.0": 49, "49,0": 49, " 49 ": 49, "(49)": 49,
    "49!": 49, "= 49": 49, "~49": 49, "≈ 4.6": 4.6, "about 49": 49, "n = 49": 49,
    "I think it is 49": 49, "49, probably": 49, "It’s 49": 49, '"49"': 49, "'49'": 49,
    "approx. 49": 49, "negative 3": -3, "tensor(49.)": 49, "４９": 49, "4.9e1": 49,
    "27th": 27,
    "4,61": 4.61, ".5": 0.5, ",5": 0.5, "0,500": 0.5, "−3": -3, "- 3": -3, "–3": -3,
    "1 521": 1521, "1\u00a0521": 1521, "1\u202f521": 1521, "1\u2009521": 1521,
    "1’521": 1521, "1'521": 1521, "1_521": 1521, "1,521.0": 1521, "1.521,0": 1521,
    "1,521,000": 1521000, "1.521.000": 1521000, "1 521 000,5": 1521000.5,
    "1,52,100": 152100,
    "722/2": 361, "½": 0.5, "3½": 3.5, "3 1/4": 3.25, "1⁄4": 0.25, "half": 0.5,
    "19*19": 361, "19×19": 361, "19·19": 361, "19 x 19": 361, "19x19": 361,
    "7 + 8 = 15": 15, "28 - 24": 4, "2·(3 + 4)": 14, "6 times 7": 42, "5 minus 3": 2,
    "39²": 1521, "39^2": 1521, "39**2": 1521, "39 squared": 1521, "10⁻³": 0.001,
    "10^12": 1e12, "10¹²": 1e12, "1e12": 1e12, "1 · 10^6": 1e6, "2^24": 2**24,
    "10^-3": 0.001, "2^-1": 0.5, "√2": 2**0.5, "sqrt 2": 2**0.5, "log2(8)": 3,
    "log₂ 8": 3, "lg 100": 2, "ln 1": 0, "-ln(1/1)": 0, "ln 100 ≈ 4.61": 4.61,
    "six": 6, "forty-nine": 49, "one hundred and twenty-one": 121, "none": 0,
    "two thousand and forty-eight": 2048, "a hundred": 100, "1 million": 1e6,
    "1.5k": 1500, "4M": 4e6, "3/4 million": 750000,
}  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_as_people_write_it(page, text):
    assert read(page, text) == pytest.approx(NUMBERS[text], rel=1e-12, abs=0)


NOT_ONE = [
    "n", "2n", "2n - 1", "3x - 2", "12x", "x", "2a", "2i", "2 k", "1'5", "2–3",
    "2-3", "2 to 3", "49 or 50", "49 and 50", "6, 3", "12 34", "six three",
    "3:4", "2k", "> 49", "less than 49",
    "49±1", "at least 49", "not 49", "7 + 8 = 16", "1.2.3", "1,2,3", "1,521.00.0",
    "1..2", "--3", "(19)(19)", "(19", "19)", "*", "²", "1/0", "9^9^9", "1e400", "∞",
    "NaN", "Infinity", "0x31", "0b11", "$49", "٤٩", "49 apples", "__proto__",
    "constructor", "valueOf", "alert(1)", "<img src=x>", "`1`", "1;2", "9" * 10_000,
    "(" * 10_000, "a" * 10_000, "1" + " " * 10_000 + "x",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_ONE, ids=lambda text: text[:20])
def test_what_is_not_one_number_is_asked_about(page, text):
    said = read(page, text)
    assert isinstance(said, str), said
    assert said.endswith("is not one number. Type it as in 1,200 or 0.5.")
    assert len(said) < 90


@pytest.mark.parametrize("text", ["", " ", "?", "...", "\n"])
def test_nothing_is_asked_for(page, text):
    assert read(page, text) == "Type one number first."


@pytest.mark.parametrize("text", ["1,521", "1.521"])
def test_a_mark_before_three_digits_means_two_things(page, text):
    doubt = "Do you mean 1,521 or 1.521?"
    assert read(page, text) == doubt
    assert read(page, text, right=1521) == 1521
    assert read(page, text, right=1.521) == 1.521
    assert read(page, text, right=1.5, within=0.1) == 1.521
    assert read(page, text, right=1600) == 1521  # the other one is far off
    assert read(page, text, right=120) == doubt
    assert read(page, text, right=2) == 1.521
    assert read(page, text, right=49) == doubt  # both are
    assert read(page, text, right=9e6, slips=[1521]) == 1521
    assert read(page, text, right=2, slips=[1521]) == doubt


def test_a_logarithm_means_two_things(page):
    assert read(page, "log(10)") == "Do you mean 2.3026 or 1?"
    assert read(page, "log(10)", right=2.3, within=0.01) == pytest.approx(2.302585)
    assert read(page, "log 100", right=2) == 2


@pytest.mark.parametrize(
    "text", ["9", "9%", "9 %", "9 per cent", "0.09", "9/100", "9 of 100", "9 in 100",
             "9 out of 100", "18/200", "9 images", "nine"],
)  # fmt: skip
@pytest.mark.parametrize("unit", ["%", "of 100"])
def test_a_share_of_a_hundred(page, text, unit):
    known = {"unit": unit, "words": "how many images"}
    assert read(page, text, right=9, within=3, **known) == 9
    assert read(page, "14%", right=9, **known) == 14
    assert read(page, "0.2", right=9, **known) == "Do you mean 20 or 0.2?"
    assert read(page, "1/5", right=9, **known) == "Do you mean 20 or 0.2?"


def test_a_share_of_one(page):
    for text in ("89%", "89 percent", "89/100", "0.89", "0,89", "89 of 100"):
        assert read(page, text, right=0.89) == 0.89
    assert read(page, "88%", right=0.89) == "Do you mean 0.88 or 88?"


def test_of_how_many_tells_how_many(page):
    known = {"unit": "cells", "right": 64}
    assert read(page, "64 of 90", **known) == 64
    assert read(page, "64/90 cells", **known) == 64
    assert read(page, "63 of 90", **known) == "Do you mean 0.7 or 63?"
    assert read(page, "63/90", **known) == "Do you mean 0.7 or 63?"
    assert read(page, "63/90", right=64) == 0.7  # nothing is counted


def test_the_unit_may_stand_behind(page):
    for text in ("361 weights", "361weights", "361 weight.", "19² weights"):
        assert read(page, text, unit="weights") == 361
    for text in ("100 times", "10 times 10 times"):
        assert read(page, text, unit="times") == 100
    for text in ("40", "40 billion", "40billion", "4e10", "40 000 000 000"):
        assert read(page, text, unit="billion", right=40) == 40
    assert read(page, "column 27", words="which column is") == 27
    for text in ("2 n", "2 i"):  # may be a factor
        assert "not one number" in read(page, text, words="how many n is")


def test_a_range_or_a_ratio_counts_where_it_is_right(page):
    assert read(page, "2-3", right=-1) == -1
    assert read(page, "3:4", right=0.75) == 0.75
    assert read(page, "2k", right=2000) == 2000


SHAPES = [
    "(6, 3, 3)", "6x3x3", "6×3×3", "6 by 3 by 3", "6,3,3", "6 3 3", "[6, 3, 3]",
    "6*3*3", "six by three by three", "6 channels, 3 × 3", "torch.Size([6, 3, 3])",
    "（6，3，3）", "6 · 3 · 3", "6;3;3", "6 X 3 X 3", "6, 3x3",
]  # fmt: skip


@pytest.mark.parametrize("text", SHAPES)
def test_a_shape_as_people_write_it(page, text):
    call = "text => numbers.readNumbers(text, 3)"
    assert page.evaluate(call, text) == {"value": [6, 3, 3]}


@pytest.mark.parametrize("text", ["24 × 1,000", "(24, 1,000)", "[24,1000]", "24x1 000"])
def test_sizes_are_whole(page, text):
    call = "text => numbers.readNumbers(text, 2)"
    assert page.evaluate(call, text) == {"value": [24, 1000]}


@pytest.mark.parametrize(
    "text", ["", "?", "6", "6, 3", "6, 3, 3, 3", "6 × 3 × 3 = 54", "6 × 3²", "6, n, n",
             "6 × 3 × 2.5", "6 × 3 × 1/0", "(" * 9_999, "1, " * 9_999],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_what_is_no_shape_is_asked_about(page, text):
    call = "text => numbers.readNumbers(text, 3)"
    asked = {"ask": "Type 3 numbers, as in 14 × 14 × 14."}
    assert page.evaluate(call, text) == asked


def test_a_number_in_words(page):
    values = [1521, -1521, -0.25, 4.605170186, 2.5, 0.09, 1e6, 0]
    words = [page.evaluate("v => numbers.inWords(v)", v) for v in values]
    assert words == [
        "1,521", "−1,521", "−0.25", "4.6052", "2.5", "0.09", "1,000,000", "0",
    ]  # fmt: skip


# The explorers' own fields ----------------------------------------------------------


def test_a_prediction_reads_the_same_numbers(show):
    shown = show(find("field").example())
    field = shown.page.locator(".cnn-guess-field")
    if not field.is_visible():
        shown.button("Ask me the next layer").click()
    for text in ("2–3", "many"):
        field.fill(text)
        shown.key("Enter")
        assert "is not one number" in shown.page.locator(".cnn-verdict").inner_text()
        assert field.is_enabled()
    field.fill("1 000")
    shown.key("Enter")
    assert "too high" in shown.page.locator(".cnn-verdict").inner_text()


def test_a_cell_reads_the_same_numbers(show):
    shown = show(Correlate(shown="all"))
    for text, value in (("1½", 1.5), ("2^3", 8), ("1,500", 1.5)):  # at most ±999
        shown.cell("Kernel", 0, 0).focus()
        shown.key("Enter")
        shown.page.keyboard.type(text)
        shown.key("Enter")
        assert json.dumps(shown.grid("Kernel")[0][0]) == json.dumps(float(value))
