"""The explorers on the built pages: there, alive, alone with themselves, light."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from site_fixtures import (  # noqa: F401 - fixtures are used by name
    NOTEBOOKS,
    START_EXPLORERS,
    address,
    seen,
    site,
    visit,
)

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
pytestmark = pytest.mark.site

EXPECTED = {
    "intro.html": ["filter"],
    "chapters/why-conv.html": ["shuffle", "weights"],
    "chapters/conv-layer.html": ["correlate", "filter", "learn", "gradients"],
    "chapters/padding-and-strides.html": ["geometry", "field", "stamp"],
    "chapters/channels.html": ["channels", "channels", "channels"],
    "chapters/pooling.html": ["pooling", "gradients"],
    "chapters/lenet.html": ["clinic", "lenet"],
}
PLACES = "[...document.querySelectorAll('[data-explorer]')]"


def states(page) -> list[str]:
    return page.evaluate(f"{PLACES}.map(p => p.dataset.state)")


@pytest.mark.parametrize("page", EXPECTED)
def test_the_page_has_its_explorers_and_they_start(seen, page):
    shown = seen(page)
    names = shown.page.evaluate(f"{PLACES}.map(p => p.dataset.explorer)")
    found = sorted(name for name in names if name != "question")
    assert found == sorted(EXPECTED[page])
    assert set(states(shown.page)) == {"live"}
    assert shown.faults == []


@pytest.mark.parametrize("page", EXPECTED)
def test_they_start_from_disk_too(visit, site, page):
    shown = visit(page, home=f"{site.as_uri()}/")
    assert set(states(shown.page)) == {"live"}
    assert shown.faults == []


def test_nothing_runs_before_a_reader_comes_near(chromium, address):
    page = chromium.new_page(viewport={"width": 1280, "height": 700})
    page.goto(f"{address}chapters/conv-layer.html", wait_until="load")
    page.wait_for_timeout(300)
    found = states(page)
    page.close()
    assert "waiting" in found[1:]


@pytest.mark.parametrize("page", EXPECTED)
def test_scripts_and_states_are_light(site, page):
    text = (site / page).read_text(encoding="utf-8")
    scripts = re.findall(r'src="[^"]*/(explorers/[^"?]+\.js)', text)
    assert len(scripts) == 2  # its explorers', and the one that asks questions
    parts = [gzip.compress((site / "_static" / s).read_bytes()) for s in scripts]
    assert max(map(len, parts)) < 40_000
    blocks = re.findall(
        r'<script type="application/json">(.*?)</script>', text, re.DOTALL
    )
    questions = text.count('data-explorer="question"')
    assert len(blocks) == len(EXPECTED[page]) + questions
    assert all(json.loads(block) for block in blocks)
    assert len(gzip.compress("".join(blocks).encode())) < 200_000
    assert "widget-state" not in text


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("page", EXPECTED)
def test_the_place_is_kept_so_that_nothing_jumps(chromium, address, page, width):
    """The reserved height is the card's, within a few lines of text."""
    tab = chromium.new_page(viewport={"width": width, "height": 800})
    tab.goto(f"{address}{page}", wait_until="load")
    heights = f"{PLACES}.map(p => p.getBoundingClientRect().height)"
    before = tab.evaluate(heights)
    tab.evaluate(START_EXPLORERS)
    after = tab.evaluate(heights)
    tab.close()
    off = [b - a for a, b in zip(before, after, strict=True)]
    assert max(map(abs, off)) <= 120, list(zip(before, after, strict=True))


def test_the_photographs_task_is_set_on_the_opening_page_alone(seen):
    for page, set_there in (("intro.html", True), ("chapters/conv-layer.html", False)):
        task = seen(page).page.locator("[data-explorer=filter] .cnn-task")
        assert ("grain of the wood" in task.inner_text()) is set_there


def test_a_link_to_a_state_opens_it(visit):
    link = "eyJzaG93biI6ImFsbCIsImZsaXAiOnRydWV9"  # {"shown":"all","flip":true}
    shown = visit(f"chapters/conv-layer.html#explorer:correlate:{link}")
    card = shown.page.locator("#explorer-correlate")
    card.locator(".cnn-card").wait_for()
    output = card.locator(".cnn-panel", has_text="Output").locator(".cnn-cell")
    assert output.all_inner_texts() == ["5", "11", "23", "29"]
    assert shown.faults == []


def test_going_back_brings_back_what_was_moved(visit):
    shown = visit("chapters/conv-layer.html")
    page = shown.page
    button = page.locator("#explorer-correlate").get_by_role(
        "button", name="Show all", exact=True
    )
    button.click()
    page.goto(f"{shown.home}chapters/{NOTEBOOKS[0].split('/')[1]}")
    page.go_back()
    page.evaluate(START_EXPLORERS)
    assert button.get_attribute("aria-pressed") == "true"


def test_no_script_means_a_picture_and_its_sentence(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}chapters/conv-layer.html")
    for picture in page.locator(".cnn-still-picture").all():
        assert picture.is_visible()
        assert len(picture.get_attribute("alt")) > 40
    assert not page.locator(".cnn-untrusted").first.is_visible()
    context.close()
