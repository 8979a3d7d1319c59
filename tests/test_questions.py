"""Quick checks: right answers that are computed, mistakes by name, answers kept."""

from __future__ import annotations

import json
import re

import pytest
import torch
from bs4 import BeautifulSoup
from explorer_fixtures import AXE, AXE_RUN
from site_fixtures import (  # noqa: F401 - fixtures are used by name
    CONTENT,
    NOTEBOOKS,
    address,
    site,
    visit,
)

from d2l_helpers.explorers import _bundle, ask
from d2l_helpers.shapes import conv_output_size

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under

SIZES = {
    "you counted the padding once": lambda n, k, p: n + p - k + 1,
    "you left the kernel out": lambda n, k, p: n + 2 * p,
}


def size(**more):
    text = "`n = {n}`, kernel {k}, padding {p}: how many cells come out?"
    return ask.number(
        "toy/size", text, lambda n, k, p: conv_output_size(n, k, 1, p),
        slips=SIZES, why="{n} + 2·{p} − {k} + 1 = {right}.", unit="cells",
        draws=[{"n": 8, "k": 3, "p": 2}, {"n": 1200, "k": 7, "p": 3}], **more,
    )  # fmt: skip


def named(**more):
    """Four cells with names, as in a table of truths and answers."""
    return ask.cell(
        "toy/named", "Who is most often called coat?", [[90, 12], [7, 80]], (0, 1),
        why="12.", rows=("truth", ["dress", "coat"]),
        columns=("called", ["dress", "coat"]), **more,
    )  # fmt: skip


def toys():
    return [
        size(see="#here"),
        ask.myth("toy/myth", "All pixels count alike.", "myth", why="4, 6 and 9."),
        ask.choice(
            "toy/choice", "Who wins?",
            {"<b>one</b>": "you took the first", "two": ""}, "two", why="2 > 1.",
        ),
        ask.cell(
            "toy/cell", "The largest?", torch.tensor([[0, 1], [7, 3]]), (1, 0),
            slips={"that is the last": (1, 1)}, why="7.",
        ),
        ask.number("toy/shape", "The shape?", [24, 1000], why="As said."),
    ]  # fmt: skip


# Python ----------------------------------------------------------------------------


def test_answers_and_mistakes_are_computed_for_every_draw():
    first, second = size().spec["draws"]
    assert first["right"] == 10
    assert first["slips"] == [
        [8, "you counted the padding once"],
        [12, "you left the kernel out"],
    ]
    assert first["why"] == "8 + 2·2 − 3 + 1 = 10."
    assert second["right"] == 1200
    assert [value for value, _ in second["slips"]] == [1197, 1206]


def clashing(slips, right=4.61, within=0.0, **more):
    return ask.number("t/a", "?", right, why="x", slips=slips, within=within, **more)


def test_mistakes_that_cannot_be_told_apart_stop_the_build():
    with pytest.raises(ValueError, match=r"t/a, draw \{\}: 'a' and 'the right ans"):
        clashing({"a": 4.62}, within=0.011)
    with pytest.raises(ValueError, match=r"'b' and 'a' are both 6\.64"):
        clashing({"a": 6.644, "b": 6.64}, within=0.01)
    with pytest.raises(
        ValueError, match=r"draw \{'n': 2\}: 'a' and 'the right answer'"
    ):
        clashing({"a": lambda n: n * n}, lambda n: n + n, draws=[{"n": 3}, {"n": 2}])
    with pytest.raises(ValueError, match=r"'b' and 'a' are both \[1, 2\]"):
        clashing({"a": [1, 2], "b": [1, 2]}, [1, 3])
    # as far off as a right answer may be, but other digits: they can be told apart
    near = clashing({"a": 33, "b": 38}, 89, within=5)
    assert len(near.spec["draws"][0]["slips"]) == 2
    # what cannot be made in a draw is left out of it
    some = clashing({"a": lambda n: None if n == 2 else n * n}, lambda n: n + n,
                    draws=[{"n": 3}, {"n": 2}])  # fmt: skip
    assert [draw["slips"] for draw in some.spec["draws"]] == [[[9, "a"]], []]


def test_of_a_pool_those_draws_serve_that_tell_all_mistakes_apart():
    def squares(numbers, **more):
        return clashing(
            {"you added": lambda n: n + n}, lambda n: n * n,
            pool=[{"n": n} for n in numbers], **more,
        ).spec["draws"]  # fmt: skip

    rights = [draw["right"] for draw in squares((1, 2, 3, 0, 4, 5, 6, 7))]
    assert rights == [1, 9, 16, 25, 36, 49]
    rights = [draw["right"] for draw in squares(range(3, 20), draws=[{"n": 5}])]
    assert rights == [25, 9, 16, 36, 49, 64, 81]  # seven in all, and none twice
    with pytest.raises(ValueError, match="only 4 draws of 5"):
        squares((2, 2, 3, 4, 5, 6))
    with pytest.raises(ValueError, match=r"draw \{'n': 2\}"):
        squares(range(3, 20), draws=[{"n": 2}])


def test_fresh_draws_are_seeded_and_differ():
    draws = ask.fresh(6, n=range(8, 30), k=(3, 5), keep=lambda n, k: n % k)
    assert draws == ask.fresh(6, n=range(8, 30), k=(3, 5), keep=lambda n, k: n % k)
    assert all(d["n"] % d["k"] for d in draws)
    assert len({tuple(d.values()) for d in draws}) == 6
    with pytest.raises(ValueError, match="only 2 of 3"):
        ask.fresh(3, n=(1, 2))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: ask.number("toy", "?", 1, why="x"), "page/name"),
        (lambda: ask.number("t/a", "?", float("nan"), why="x"), "finite"),
        (lambda: ask.number("t/a", "?", "3", why="x"), "number"),
        (lambda: ask.number("t/a", "?", 3, why=" "), "reason"),
        (lambda: ask.choice("t/a", "?", {"a": "x", "b": ""}, "c", why="x"), "among"),
        (lambda: ask.choice("t/a", "?", {"a": "", "b": ""}, "a", why="x"), "sentence"),
        (lambda: ask.choice("t/a", "?", {"a": "x", "b": "y"}, "a", why="x"), "none"),
        (
            lambda: ask.choice("t/a", "?", {"−1": "x", "-1": ""}, "-1", why="x"),
            "two options say the same",
        ),
        (lambda: ask.myth("t/a", "?", "true", why="x"), "truth"),
        (lambda: ask.cell("t/a", "?", [[1, 2]], (1, 0), why="x"), "lie in a grid"),
        (
            lambda: ask.cell("t/a", "?", [[1]], (0, 0), why="x", slips={"y": (0, 0)}),
            "right cell",
        ),
        (
            lambda: ask.cell(
                "t/a", "?", [[1, 2]], (0, 0), why="x", slips={"y": (0, 1), "z": (0, 1)}
            ),
            "two slips are the same cell",
        ),
        (
            lambda: ask.cell(
                "t/a", "?", [[1, 2]], (0, 0), why="x", rows=("truth", ["a"])
            ),
            "2 columns need as many names",
        ),
    ],
)
def test_what_cannot_be_right_stops_the_build(wrong, message):
    with pytest.raises((ValueError, TypeError), match=message):
        wrong()


def test_an_answer_in_words():
    """As question.js says it."""
    log = ask.number("toy/log", "ln 100?", 4.61, why="x", within=0.01)
    one = ask.number("toy/one", "How many?", 1, why="x", unit="cells")
    many = ask.number("toy/many", "How many?", 1200, why="x", unit="cells")
    told = [ask._told(q.spec, q.spec["draws"][0]) for q in (log, one, many, named())]
    assert told == ["about 4.61.", "1 cell.", "1,200 cells.", "dress, called coat."]


def test_without_a_script_the_answer_is_folded():
    place = BeautifulSoup(toys()[2].html(), "html.parser").div
    assert place["id"] == "check-toy-choice"
    assert [li.get_text() for li in place.find_all("li")] == ["<b>one</b>", "two"]
    assert place.details.p.get_text() == "two. 2 > 1."
    assert "</script" not in place.script.string
    assert BeautifulSoup(size().html(), "html.parser").code.get_text() == "n = 8"


# In the browser ---------------------------------------------------------------------

PAGE = """<!DOCTYPE html><html lang="en" data-theme="light"><meta charset="utf-8">
<title>toys</title><style>{style}
html[data-theme=dark] {{ --pst-color-background: #121212; background: #121212;
  color: #ced6dd;
  --pst-color-text-base: #ced6dd; --pst-color-text-muted: #9ca4af }}</style>
<script>{script}</script><main><h1>{title}</h1>
<div class="cnn cnn-progress"><p>5 quick checks.</p></div>{body}</main></html>"""


class Toys:
    """Two pages with questions, the second without those of the first."""

    def __init__(self, context, folder):
        self.faults = []
        self.page = context.new_page()
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.on(
            "console",
            lambda m: self.faults.append(m.text) if m.type == "error" else None,
        )
        self.folder = folder
        extra = ask.myth("other/claim", "A claim.", "fact", why="It is so.")
        self.write("one", toys())
        self.write("two", [extra])
        self.open("one")

    def write(self, name, questions):
        script = _bundle.page_script("question").replace("</script", "<\\/script")
        body = "".join(q.html() for q in questions)
        text = PAGE.format(
            style=_bundle.style("question"), script=script, body=body, title=name
        )
        self.folder.joinpath(f"{name}.html").write_text(text, encoding="utf-8")

    def open(self, name):
        self.page.goto(self.folder.joinpath(f"{name}.html").as_uri())
        self.page.wait_for_selector(".cnn-quiz .cnn-ask")

    def card(self, name):
        return self.page.locator(f"#check-toy-{name}")

    def answer(self, text, name="size"):
        self.card(name).locator("input").fill(text)
        self.page.keyboard.press("Enter")

    def verdict(self, name="size"):
        return self.card(name).locator(".cnn-quiz-verdict").inner_text()

    def press(self, button, name="size"):
        self.card(name).get_by_role("button", name=button, exact=True).click()

    def progress(self):
        return self.page.locator(".cnn-progress span").first.inner_text()

    def marks(self):
        marks = self.page.locator(".cnn-progress-marks a")
        return [m.inner_text() for m in marks.all()]


@pytest.fixture
def open_toys(chromium, tmp_path):
    contexts = []

    def make(**options):
        context = chromium.new_context(
            viewport={"width": 760, "height": 900}, **options
        )
        contexts.append(context)
        return Toys(context, tmp_path)

    yield make
    for context in contexts:
        context.close()


def test_a_wrong_number_meets_its_mistake_and_then_the_answer(open_toys):
    toy = open_toys()
    toy.answer("8")
    hint = "You said 8: that comes out if you counted the padding once."
    assert toy.verdict() == f"✗ Not quite {hint} Once more?"
    assert toy.progress() == "Quick checks: 0 of 5 right."  # nothing is settled yet
    toy.page.keyboard.type("8")  # over what is selected
    toy.page.keyboard.press("Enter")
    assert f"{hint} It is 10 cells." in toy.verdict()
    assert "8 + 2·2 − 3 + 1 = 10." in toy.verdict()
    assert toy.progress() == "Quick checks: 0 of 5 right, 1 missed."
    # the Enter that commits does not press what gets the focus
    assert toy.page.evaluate("document.activeElement.textContent") == "Try again"
    link = toy.card("size").get_by_role("link", name="See it on this page")
    assert link.count() == 0  # in a notebook there is no such place
    toy.page.evaluate("document.querySelector('h1').id = 'here'")
    toy.press("Try again")
    toy.press("Tell me")
    assert link.get_attribute("href") == "#here"
    toy.press("Try again")
    assert toy.verdict() == ""
    toy.answer("10")
    assert "✓ Right 10 cells." in toy.verdict()
    assert toy.faults == []


def test_a_mistake_without_a_name_is_told_its_side_and_can_be_mended(open_toys):
    toy = open_toys()
    for wrong, side in (("11", "high"), ("9", "low")):
        toy.answer(wrong)
        assert toy.verdict().endswith(
            f"You said {wrong}: that is too {side}. Once more?"
        )
        toy.answer("10")
        assert "✓ Right 10 cells." in toy.verdict()
        assert toy.progress() == "Quick checks: 1 of 5 right."
        toy.press("Try again")
    toy.answer("11")
    toy.press("Tell me")
    assert toy.verdict().startswith("10 cells.")
    toy.press("Try again")
    toy.answer("11")  # the first one again
    assert "It is" not in toy.verdict()
    toy.answer("13")
    assert "You said 13. It is 10 cells." in toy.verdict()
    toy.answer("24 × 9", "shape")
    assert toy.verdict("shape") == "✗ Not quite You said 24 × 9. Once more?"


def test_another_one_draws_other_numbers(open_toys):
    toy = open_toys()
    toy.answer("ten")
    toy.press("Another one")
    assert "n = 1200" in toy.card("size").inner_text()
    toy.answer("1,200")
    assert "✓ Right 1,200 cells." in toy.verdict()
    toy.page.reload()
    assert "n = 1200" in toy.card("size").inner_text()
    assert "✓ Right" in toy.verdict()


def test_a_doubt_is_asked_about_and_is_no_attempt(open_toys):
    toy = open_toys()
    for text, asked in (
        ("", "Type one number first."),
        ("12x", "“12x” is not one number. Type it as in 1,200 or 0.5."),
        ("8–10", "“8–10” is not one number. Type it as in 1,200 or 0.5."),
        ("8/100", "Do you mean 0.08 or 8?"),
    ):
        toy.answer(text)
        assert toy.verdict() == asked
    toy.answer("8")  # only now
    assert toy.verdict().endswith("Once more?")
    assert toy.progress() == "Quick checks: 0 of 5 right."
    toy.answer("2*4")
    assert "You said 8: that comes out if you counted the padding once." in (
        toy.verdict()
    )
    toy.press("Try again")
    toy.answer("2³ + 4 − 2 = 10 cells")
    assert "✓ Right 10 cells." in toy.verdict()
    assert toy.faults == []


@pytest.mark.parametrize("text", ["24 × 1000", "(24, 1,000)", "[24,1000]", "24x1000"])
def test_a_shape_can_be_typed_as_one_writes_it(open_toys, text):
    toy = open_toys()
    toy.answer("24", "shape")
    assert "Type 2 numbers" in toy.verdict("shape")
    toy.answer(text, "shape")
    assert "✓ Right 24 × 1,000." in toy.verdict("shape")


@pytest.mark.parametrize(
    ("right", "more", "wrong", "verdict"),
    [
        (4.61, {"within": 0.01}, "4.5", "You said 4.5. It is about 4.61. x"),
        (1, {"unit": "cells"}, "2", "You said 2. It is 1 cell. x"),
        (2.5, {}, "2.125", "You said 2.125. It is 2.5. x"),
        (20, {"within": 3}, "30.50", "You said 30.5. It is 20. x"),
    ],
)
def test_numbers_are_not_filled_up_with_zeros(open_toys, right, more, wrong, verdict):
    toy = open_toys()
    toy.write("three", [ask.number("toy/size", "How many?", right, why="x", **more)])
    toy.open("three")
    toy.answer(wrong)
    assert "It is" not in toy.verdict()
    toy.answer(wrong)
    assert toy.verdict() == f"✗ Not quite {verdict}"
    toy.press("Try again")
    toy.answer(str(right))
    told = verdict.split("It is ")[1].removeprefix("about ")
    assert toy.verdict() == f"✓ Right {told}"


def test_a_cell_has_names_and_has_to_be_chosen(open_toys):
    toy = open_toys()
    toy.write("three", [named()])
    toy.open("three")
    card = toy.card("named")
    assert "truth ↓" in card.inner_text()
    toy.press("This cell", "named")
    assert toy.verdict("named") == "Choose a cell first."
    card.locator(".cnn-cell").first.focus()  # to pass by is not to choose
    toy.press("This cell", "named")
    assert toy.verdict("named") == "Choose a cell first."
    card.locator(".cnn-cell").first.focus()
    toy.page.keyboard.press("ArrowDown")
    label = toy.page.evaluate("document.activeElement.ariaLabel")
    assert label == "row 1, column 0: coat, called dress: 7"
    toy.press("This cell", "named")
    said = "You said coat, called dress."
    assert toy.verdict("named") == f"✗ Not quite {said} Once more?"
    toy.press("This cell", "named")
    assert f"{said} It is dress, called coat." in toy.verdict("named")
    names = card.locator(".cnn-names-columns span, .cnn-names-rows span")
    tops = [name.bounding_box() for name in names.all()]
    cells = [cell.bounding_box() for cell in card.locator(".cnn-cell").all()]
    middle = lambda box, a, b: box[a] + box[b] / 2  # noqa: E731
    for name, cell in zip(tops[:2], cells[:2], strict=True):
        x = middle(cell, "x", "width")
        assert middle(name, "x", "width") == pytest.approx(x, abs=2)
        assert name["y"] + name["height"] <= cell["y"]
    for name, cell in zip(tops[2:], cells[::2], strict=True):
        y = middle(cell, "y", "height")
        assert middle(name, "y", "height") == pytest.approx(y, abs=2)
        assert name["x"] + name["width"] <= cell["x"]


def test_a_mistake_is_told_where_all_its_printed_digits_agree(open_toys):
    toy = open_toys()
    slips = {"you took base 2": 6.64, "you took base 10": 2}
    log = ask.number("toy/size", "?", 4.61, why="x", within=0.01, slips=slips)
    share = ask.number(
        "toy/share", "What share of them?", 89, why="x", within=5, unit="%",
        slips={"you gave each a third": 33, "that is red alone": 38},
    )  # fmt: skip
    toy.write("three", [log, share])
    toy.open("three")
    for card, text, told in (
        ("size", "log2(100)", "base 2"), ("size", "6,64", "base 2"),
        ("size", "6.6", ""), ("size", "6.65", ""), ("size", "2.01", ""),
        ("size", "lg 100", "base 10"),
        ("share", "33%", "each a third"), ("share", "33", "each a third"),
        ("share", "34", ""), ("share", "36 of 100", ""), ("share", "38", "red alone"),
    ):  # fmt: skip
        toy.answer(text, card)
        verdict = toy.verdict(card)
        assert (told or "that is too ") in verdict, (text, verdict)
        toy.press("Tell me", card)
        toy.press("Try again", card)
    for text in ("0.89", "89%", "91 of 100", "about 85"):
        toy.answer(text, "share")
        assert "✓ Right" in toy.verdict("share"), text
        toy.press("Try again", "share")


def test_choices_by_keyboard_keep_the_focus(open_toys):
    toy = open_toys()
    first = toy.card("choice").get_by_role("button").first
    assert first.inner_text() == "<b>one</b>"
    first.focus()
    toy.page.keyboard.press("Enter")
    told = "That comes out if you took the first. The answer is: two."
    assert f"✗ Not quite {told}" in toy.verdict("choice")
    assert first.evaluate("e => e === document.activeElement")
    toy.page.keyboard.press("Tab")
    toy.page.keyboard.press("Enter")  # an answer is an answer
    assert "✗ Not quite" in toy.verdict("choice")
    toy.press("Myth", "myth")
    assert "✓ Right Myth. 4, 6 and 9." in toy.verdict("myth")


def test_a_cell_by_keys_and_by_click(open_toys):
    toy = open_toys()
    toy.card("cell").locator(".cnn-cell").first.focus()
    for key in ("ArrowDown", "ArrowRight"):
        toy.page.keyboard.press(key)
    toy.press("This cell", "cell")
    assert toy.verdict("cell").endswith("You said [1, 1]: that is the last. Once more?")
    toy.card("cell").locator(".cnn-cell").nth(2).click()
    toy.press("This cell", "cell")
    assert "✓ Right [1, 0]. 7." in toy.verdict("cell")
    toy.press("Try again", "cell")
    toy.press("Tell me", "cell")
    assert toy.verdict("cell") == "[1, 0]. 7."


def test_progress_what_was_missed_and_clearing(open_toys):
    toy = open_toys()
    assert toy.progress() == "Quick checks: 0 of 5 right."
    toy.press("Fact", "myth")
    toy.answer("10")
    toy.press("<b>one</b>", "choice")
    toy.press("Tell me", "cell")
    assert toy.progress() == "Quick checks: 1 of 5 right, 3 missed."
    assert toy.marks() == ["1✓", "2✗", "3✗", "4✗", "5"]
    toy.open("two")  # opens with the last two of what was missed
    fold = toy.page.locator(".cnn-progress-again")
    assert (
        fold.locator("summary").inner_text() == "Before you start: two that you missed"
    )
    fold.locator("summary").click()
    assert (
        fold.locator(".cnn-progress-from").all_inner_texts() == ["Missed on “one”"] * 2
    )
    fold.get_by_role("button", name="two", exact=True).click()
    assert "✓ Right" in fold.inner_text()
    toy.page.reload()  # what was answered now does not come again
    assert "Who wins?" not in toy.page.locator(".cnn-progress-again").inner_text()
    toy.open("one")
    clear = toy.page.get_by_role("button", name="Clear all answers")
    clear.click()
    assert toy.progress() == "Quick checks: 0 of 5 right."
    assert toy.verdict("myth") == ""
    assert json.loads(toy.page.evaluate("localStorage['cnn-answers']")) == {
        "answers": {},
        "missed": {},
    }
    with toy.page.expect_navigation():  # it shows the page anew
        toy.page.get_by_role("button", name="Cleared. Undo").click()
    toy.page.wait_for_selector(".cnn-quiz .cnn-ask")
    assert toy.progress() == "Quick checks: 1 of 5 right, 3 missed."
    assert toy.faults == []


@pytest.mark.parametrize(
    "stored",
    [
        "no JSON", "null", "[]", '{"answers": 3, "missed": {}}',
        ('{"answers": {"toy/size": {"said": "<img src=x onerror=alert(1)>"}},'
        ' "missed": {}}'),
        ('{"answers": {"toy/size": {"said": 1e999, "draw": "x", "ok": 1}},'
        ' "missed": {}}'),
        ('{"answers": {}, "missed": {"a": 1, "b": {"spec": {"draws": [{}]}},'
        ' "__proto__": {"spec": {"draws": 9}}}}'),
        ('{"answers": {}, "missed": {"c": {"title": "<b>x</b>", "spec": {"kind":'
        ' "myth", "id": "c", "options": ["<i>"], "draws": [{"text": "</p><script>",'
        ' "right": 0, "slips": [], "why": ""}]}}}}'),
    ],
)  # fmt: skip
def test_a_damaged_memory_harms_nothing(open_toys, stored):
    toy = open_toys()
    toy.page.evaluate("s => { localStorage['cnn-answers'] = s; }", stored)
    toy.page.reload()
    toy.page.wait_for_selector(".cnn-quiz .cnn-ask")
    toy.answer("10")
    assert "✓ Right" in toy.verdict()
    assert toy.page.locator("img, main b b, main script script").count() == 0
    assert toy.faults == []


def test_a_browser_that_forbids_storage(open_toys):
    toy = open_toys()
    toy.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw Error('no'); }})"
    )
    toy.page.reload()
    toy.answer("8")
    assert "you counted the padding once" in toy.verdict()
    assert toy.faults == []


def test_for_axe_and_on_a_phone(open_toys):
    toy = open_toys()
    toy.page.set_viewport_size({"width": 320, "height": 800})
    toy.page.evaluate(AXE.read_text(encoding="utf-8"))
    for answered in (False, True):
        if answered:
            toy.answer("8")
            toy.press("<b>one</b>", "choice")
            toy.press("Myth", "myth")
        for scheme in ("light", "dark"):
            toy.page.evaluate(
                "s => { document.documentElement.dataset.theme = s; }", scheme
            )
            found = toy.page.evaluate(AXE_RUN)["violations"]
            assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found] == []
    assert toy.page.evaluate("document.documentElement.scrollWidth") == 320


# On the built pages -------------------------------------------------------------------


def questions_of(site, page):
    soup = BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")
    places = soup.select("[data-explorer=question]")
    return soup, [json.loads(p.script.string)["spec"] for p in places]


@pytest.mark.site
def test_every_section_asks_and_no_question_twice(site):
    names = []
    for page in CONTENT:
        soup, specs = questions_of(site, page)
        if page in NOTEBOOKS:
            assert len(specs) >= 6, page
            assert sum(len(spec["draws"]) > 1 for spec in specs) >= 1, page
            assert sum(spec["kind"] == "myth" for spec in specs) >= 2, page
        for spec in specs:
            assert spec["id"].split("/")[0] == re.split(r"[/.]", page)[-2]
            names.append(spec["id"])
            if see := spec.get("see"):
                assert soup.find(id=see[1:]), f"{spec['id']}: no {see} on {page}"
        assert bool(specs) == bool(soup.select_one("h1 + .cnn-progress"))
    assert len(names) == len(set(names))


@pytest.mark.site
def test_a_page_keeps_an_answer_and_shows_it(site, visit):
    _, specs = questions_of(site, NOTEBOOKS[2])
    asked = next(s for s in specs if s["id"] == "padding-and-strides/size")
    wrong, sentence = asked["draws"][0]["slips"][0]
    assert sentence == "you counted the padding once"
    sentence = f"that comes out if {sentence}"
    shown = visit(NOTEBOOKS[2])
    page = shown.page
    card = page.locator("#check-padding-and-strides-size")
    card.locator("input").fill(str(wrong))
    page.keyboard.press("Enter")
    assert sentence in card.inner_text()
    assert "missed" not in page.locator(".cnn-progress").inner_text()
    page.keyboard.press("Enter")  # said twice, it is settled
    assert sentence in card.inner_text()
    assert "0 of" in page.locator(".cnn-progress").inner_text()
    assert "1 missed" in page.locator(".cnn-progress").inner_text()
    page.goto(f"{shown.home}{NOTEBOOKS[3]}")
    assert "one that you missed" in page.locator(".cnn-progress").inner_text()
    assert shown.faults == []
