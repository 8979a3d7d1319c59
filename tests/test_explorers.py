"""What holds for every explorer: limits, the twin for the page, sizes, the joiner.

A new explorer needs no new test here: the list is `explorers.CONCEPTS`.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from explorer_fixtures import show  # noqa: F401 - fixtures
from traitlets import TraitError

from d2l_helpers import explorers
from d2l_helpers.explorers import CONCEPTS, Correlate, _bundle, _state, find
from d2l_helpers.explorers._base import Explorer

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
FOLDER = Path(explorers.__file__).parent
MODULES = sorted(FOLDER.joinpath("static").glob("*.js"))


# All explorers -------------------------------------------------------------------


def test_every_module_is_in_the_list():
    python = {p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("_")}
    assert python == {*CONCEPTS, "ask"}
    assert {p.stem for p in MODULES} >= set(CONCEPTS)
    assert set(explorers.__all__) == set(CONCEPTS.values())
    with pytest.raises(AttributeError, match="Correlation"):
        explorers.Correlation  # noqa: B018


def test_the_page_holds_the_same_limits_as_python(chromium):
    """Both sides check: they must agree, for every explorer there is."""
    page = chromium.new_page()
    for concept in CONCEPTS:
        parts = _bundle.widget_module(concept).replace("export default ", "return ")
        schema = page.evaluate(f"() => {{ {parts} }}".replace(".default;", ".schema;"))
        assert schema == find(concept).rules(), concept
    page.close()


@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_twin_holds_picture_sentence_and_state(concept):
    explorer = find(concept).example()
    place = BeautifulSoup(explorer.html(), "html.parser").div
    assert place["data-explorer"] == concept
    sentence = place.img["alt"]
    assert sentence == explorer.sentence()
    assert len(sentence) >= 40
    assert sentence.endswith(".")
    assert place.p.get_text().startswith(sentence)
    assert "Run this cell" in place.p.get_text()
    state = json.loads(place.script.string)
    assert set(state) == {*explorer.variables(), "data"}
    assert state == json.loads(json.dumps(explorer.state()))
    bundle = explorer._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/html"] == explorer.html()
    assert "Args:" in find(concept).__doc__


@pytest.mark.parametrize("concept", CONCEPTS)
def test_without_scripts_the_picture_is_there(chromium, concept, tmp_path):
    body = f"<main>{find(concept).example().html()}</main>"
    path = tmp_path / "page.html"
    path.write_text(f"<!DOCTYPE html><html lang=en><title>x</title>{body}")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    box = page.locator(".cnn-still-picture").bounding_box()
    assert box["width"] > 100
    assert box["height"] > 60
    assert page.get_by_text("Run this cell to start the explorer.").is_visible()
    context.close()


@pytest.mark.parametrize("concept", CONCEPTS)
def test_two_of_a_kind_are_independent_and_print_shows_pictures(show, concept):
    explorer = find(concept).example()
    twice = explorer.html()
    explorer.html = lambda: twice + twice  # type: ignore[method-assign]
    shown = show(explorer)
    for place in shown.page.locator("[data-explorer]").all():
        place.scroll_into_view_if_needed()
    shown.page.wait_for_function(
        "() => document.querySelectorAll('[data-state=live]').length === 2"
    )
    ids = shown.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    shown.page.emulate_media(media="print")
    assert shown.page.locator(".cnn-still-picture").first.is_visible()
    assert not shown.page.locator(".cnn-card").first.is_visible()


@pytest.mark.parametrize("concept", CONCEPTS)
def test_at_320_pixels_nothing_scrolls_sideways(show, concept):
    shown = show(find(concept).example(), width=320)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 320
    small = shown.page.evaluate(
        """() => [...document.querySelectorAll('.cnn-card :is(button, input, select)')]
          .filter(e => e.offsetParent)
          .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
          .filter(([, r]) => r.width < 24 || r.height < 24).map(([t]) => t)"""
    )
    assert small == []
    outside = shown.page.evaluate(
        """() => { const card = document.querySelector('.cnn-card');
          const edge = card.getBoundingClientRect().right + 0.5;
          return [...card.querySelectorAll('button, input, select, output, p, canvas')]
            .filter(e => e.offsetParent && e.getBoundingClientRect().right > edge)
            .map(e => e.outerHTML.slice(0, 80)); }"""
    )
    assert outside == []


@pytest.mark.parametrize("concept", CONCEPTS)
def test_forced_colours_leave_every_control_an_outline(show, concept):
    """A system's own colours take backgrounds away; edges and words must do."""
    page = show(find(concept).example()).page
    page.emulate_media(forced_colors="active")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    bare = page.evaluate(
        """() => { const edge = (e) => { const s = getComputedStyle(e);
            return parseFloat(s.borderTopWidth) > 0 || s.outlineStyle !== 'none'
              || s.textDecorationLine.includes('underline'); };
          return [...document.querySelectorAll('.cnn-card :is(button, input, select)')]
            .filter(e => e.offsetParent && !/range|checkbox|radio/.test(e.type))
            .filter(e => ![e, ...e.querySelectorAll('*')].some(edge))
            .map(e => e.outerHTML.slice(0, 300)); }"""
    )
    assert bare == []
    dots = page.evaluate(
        """() => [...document.querySelectorAll('.cnn-knob')].map(e =>
          [getComputedStyle(e).backgroundColor,
           getComputedStyle(e, '::after').backgroundColor])"""
    )
    assert all(knob != dot for knob, dot in dots)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_keyboard_reaches_every_control_and_leaves_again(show, concept):
    shown = show(find(concept).example())
    shown.page.evaluate(
        "() => document.body.append(Object.assign(document.createElement('button'),"
        " {id: 'after', textContent: 'after'}))"
    )
    visible = (
        "() => { const s = getComputedStyle(document.activeElement);"
        " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; }"
    )
    stops = 0
    while stops < 90:
        shown.key("Tab")
        if shown.page.evaluate("document.activeElement.id") == "after":
            break
        stops += 1
        html = shown.page.evaluate("document.activeElement.outerHTML.slice(0, 90)")
        assert shown.page.evaluate(visible), f"focus not visible on {html}"
    assert 3 <= stops < 80


@pytest.mark.parametrize("concept", CONCEPTS)
def test_an_answer_by_key_keeps_the_focus_in_the_card(show, concept):
    """What was pressed is disabled then, and would drop the focus."""
    shown = show(find(concept).example())
    asked = shown.card.locator(".cnn-guess-row :is(input, button), .cnn-ch-sheet input")
    for opener in ("Mirror it", "Ask me a size", "Ask me the next layer"):
        if not asked.locator("visible=true").count() and shown.button(opener).count():
            shown.button(opener).click()
    if not asked.locator("visible=true").count():
        assert concept == "filter"
        return
    asked.locator("visible=true").first.focus()
    if shown.page.evaluate("document.activeElement.tagName") == "INPUT":
        shown.page.keyboard.type("3")
    shown.key("Enter")
    shown.page.wait_for_timeout(50)  # the browser looks at what is focused once a frame
    assert shown.focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_main_action_does_not_look_switched_on(show, scheme):
    shown = show(Correlate())
    shown.scheme(scheme)
    look = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).boxShadow]"
    step, ask, back = (
        shown.button(name).evaluate(look) for name in ("Step", "Ask me", "Step back")
    )
    assert shown.button("Ask me").get_attribute("aria-pressed") == "true"
    assert step[0] == back[0] != ask[0]
    assert step[1] != back[1]


def test_nothing_heavy_is_imported():
    code = (
        "import sys\nfrom d2l_helpers.explorers import CONCEPTS, find\n"
        "for c in CONCEPTS: find(c)\n"
        "print(sorted({'torch', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_scripts_keep_to_the_house_rules(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    for word in ("innerHTML", "outerHTML", "eval(", "new Function", "insertAdjacent"):
        assert word not in text, word
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)


# The joiner ----------------------------------------------------------------------


def modules(monkeypatch, tmp_path, **texts):
    for name, text in texts.items():
        tmp_path.joinpath(f"{name}.js").write_text(text, encoding="utf-8")
    monkeypatch.setattr(_bundle, "STATIC", tmp_path)
    _bundle._source.cache_clear()


@pytest.fixture(autouse=True)
def _fresh_sources():
    yield
    _bundle._source.cache_clear()


def test_modules_come_after_what_they_need(monkeypatch, tmp_path):
    modules(
        monkeypatch,
        tmp_path,
        a='import { b } from "./b.js";\nimport { c as see } from "./c.js";\n',
        b='import { c } from "./c.js";\nexport const b = c;\n',
        c="export const c = 1;\n",
    )
    assert _bundle.order("a") == ["c", "b", "a"]
    assert "c: see" in _bundle.widget_module("a")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"a": 'import { b } from "./b.js";\n'}, "no explorer module 'b'"),
        ({"a": 'import b from "./b.js";\n', "b": ""}, "cannot join"),
        ({"a": "export let x = 1;\n"}, "cannot join"),
        (
            {
                "a": 'import { b } from "./b.js";\n',
                "b": 'import { a } from "./a.js";\n',
            },
            "a → b → a",
        ),
    ],
)
def test_what_cannot_be_joined_is_said(monkeypatch, tmp_path, texts, message):
    modules(monkeypatch, tmp_path, **texts)
    with pytest.raises(_bundle.BundleError, match=re.escape(message)):
        _bundle.widget_module("a")


# Variables -----------------------------------------------------------------------


class Toy(Explorer):
    """One variable of each kind."""

    n = _state.Whole(1, 9, 3)
    x = _state.Real(-1, 1, 0.5)
    on = _state.Flag()
    kind = _state.Choice("a", "b")
    G = _state.Grid([[1.0, 2.0]], (1, 3), (1, 3), 10)
    v = _state.NumberList([0.5], (1, 4), 0, 1)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("n", 0), ("n", 10), ("n", 2.5), ("n", True), ("n", "3"), ("n", float("nan")),
        ("x", 2), ("x", float("inf")), ("x", "much"), ("x", [1, 2]),
        ("on", 1), ("on", "yes"), ("kind", "c"), ("kind", None),
        ("G", [1, 2]), ("G", [[1, 2], [3]]), ("G", [[11]]), ("G", [[float("nan")]]),
        ("G", np.zeros((4, 1))), ("G", "<b>"), ("G", None), ("G", torch.zeros(0, 2)),
        ("v", []), ("v", [2]), ("v", [[0.5]]), ("v", [0, 0, 0, 0, 0]), ("v", [-0.1]),
    ],
)  # fmt: skip
def test_bad_values_are_refused_and_nothing_changes(name, bad):
    toy = Toy()
    before, heard = toy.state(), []
    toy.observe(heard.append)
    with pytest.raises(TraitError):
        setattr(toy, name, bad)
    assert toy.state() == before
    assert heard == []


@pytest.mark.parametrize("kind", [torch.float16, torch.int64, torch.bool])
def test_tensors_go_in_as_tensors(kind):
    toy = Toy()
    toy.G = torch.tensor([[1, 0], [1, 1]]).to(kind)
    assert toy.G.tolist() == [[1, 0], [1, 1]]
    toy.x = torch.tensor(0.25, requires_grad=True)
    assert toy.x == 0.25


def test_an_array_is_copied_and_locked_and_heard_once():
    toy, heard, mine = Toy(), [], np.ones((2, 2))
    toy.observe(heard.append, "G")
    toy.G = mine
    toy.G = np.ones((2, 2))  # the same: nothing to hear
    mine[0, 0] = 5
    assert toy.G.tolist() == [[1, 1], [1, 1]]
    assert len(heard) == 1
    with pytest.raises(ValueError, match="read-only"):
        toy.G[0, 0] = 2
    assert not np.shares_memory(Toy().G, toy.G)


def test_text_in_the_state_cannot_end_its_script():
    explorer = Correlate()
    explorer.data = {"name": "</script><script>alert(1)</script>\u2028"}
    place = BeautifulSoup(explorer.html(), "html.parser").find_all("script")
    assert len(place) == 1
    assert json.loads(place[0].string)["data"] == explorer.data


# Sizes ---------------------------------------------------------------------------


def test_scripts_are_small():
    for concept in CONCEPTS:
        script = _bundle.page_script(concept).encode()
        assert len(gzip.compress(script)) < 40_000, concept


ASKING = (
    *("weights", "shuffle", "correlate", "gradients"),
    *("stamp", "channels", "pooling"),
)


@pytest.mark.parametrize("concept", ASKING)
def test_reset_asks_again_what_was_answered(show, concept):
    shown = show(find(concept).example())
    skip = shown.button("Skip")
    question = shown.card.locator(".cnn-question").first.inner_text()
    skip.click()
    assert not skip.is_visible() or skip.is_disabled()
    shown.button("Reset").click()
    assert skip.is_visible()
    assert skip.is_enabled()
    assert shown.card.locator(".cnn-question").first.inner_text() == question
    assert not shown.card.locator(".cnn-verdict").first.inner_text()


def test_a_script_takes_from_the_one_beside_it_what_that_holds():
    alone = _bundle.page_script("filter")
    beside = _bundle.page_script("filter", beside="question")
    both = set(_bundle.order("filter")) & set(_bundle.order("question", "host"))
    assert {"dom", "numbers"} <= both
    for name in _bundle.order("filter"):
        assert _bundle._wrapped(name) in alone
        assert (_bundle._wrapped(name) in beside) == (name not in both), name
    assert "cnnModules ??= {" in _bundle.page_script("question")


def test_a_remark_goes_and_a_text_that_looks_like_one_stays(monkeypatch):
    text = 'const a = "x // y"; // gone\n  const b = `http://z`;\nexport const c = 1;\n'
    monkeypatch.setattr(_bundle, "_source", lambda name: text)
    made = _bundle._wrapped("toy")
    assert 'const a = "x // y";\nconst b = `http://z`;\nconst c = 1;' in made
