"""WCAG 2.2 in use: enlarged, spaced, by keyboard, with everything open."""

from __future__ import annotations

import pytest
from axe import ADD_STYLE, AXE, AXE_ALL, NO_FADE, told
from site_fixtures import (  # noqa: F401 - fixtures are used by name
    CONTENT,
    NOTEBOOKS,
    SHOWN,
    START_EXPLORERS,
    WIDE,
    address,
    site,
    visit,
)

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
pytestmark = pytest.mark.site

OPEN_ALL = """() => {
  for (const fold of document.querySelectorAll('details')) fold.open = true;
  for (const button of document.querySelectorAll('button.toggle-button-hidden'))
    button.click();
}"""
# A reader's first steps in each explorer and each quick check of a page.
USE_ALL = """async () => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  for (const place of document.querySelectorAll('[data-state=live]')) {
    place.querySelector('input[type=radio]')?.click();
    const field = place.querySelector('input[type=text], input[type=number]');
    if (field) {
      field.value = '3';
      field.dispatchEvent(new Event('input', {bubbles: true}));
      field.dispatchEvent(new Event('change', {bubbles: true}));
    }
    const check = [...place.querySelectorAll('button')]
      .find((b) => /^(check|show all|forward|next|step)/i.test(b.textContent));
    check?.click();
    await pause(20);
  }
  await pause(600);  // the theme looks again at what scrolls
}"""
# WCAG 1.4.12: what a reader may set without losing anything
SPACING = """* {
  letter-spacing: 0.12em !important; line-height: 1.5 !important;
  word-spacing: 0.16em !important;
}
p { margin-bottom: 2em !important; }"""
# Text that is cut off by its own box: no scrolling inside, and more than fits.
CUT = """() => [...document.querySelectorAll(
    'article p, article li, article button, article label, article td, article a,'
    + '.bd-sidebar a, .cnn-line, .cnn-title, .cnn-task')].filter((box) => {
  if (!box.checkVisibility() || box.closest('.cnn-unseen')) return false;
  const look = getComputedStyle(box);
  const hides = (v) => v === 'hidden' || v === 'clip';
  return (hides(look.overflowX) && box.scrollWidth > box.clientWidth + 2)
    || (hides(look.overflowY) && box.scrollHeight > box.clientHeight + 2);
}).map((box) => `${box.tagName}.${box.className}: ${box.textContent.slice(0, 60)}`)"""
# What has the focus, and whether a reader sees it.
FOCUS = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return {kind: 'page'};
  const box = it.getBoundingClientRect();
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2);
  const spots = [box.top + 3, box.top + box.height / 2, box.bottom - 3]
    .filter((y) => y > 0 && y < innerHeight);
  const seen = spots.some((y) => {
    const top = document.elementFromPoint(x, y);
    return top && (it.contains(top) || top.contains(it));
  });
  return {kind: it.tagName, seen,
    name: (it.getAttribute('aria-label') || it.textContent || it.name || it.id)
      .trim().slice(0, 40),
    path: [...document.querySelectorAll('*')].indexOf(it)};
}"""


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("page", [CONTENT[0], *NOTEBOOKS])
def test_axe_finds_nothing_with_all_open_and_in_use(visit, page, width):
    shown = visit(page)
    tab = shown.page
    tab.set_viewport_size({"width": width, "height": 900})
    tab.evaluate(OPEN_ALL)
    tab.evaluate(USE_ALL)
    tab.evaluate(ADD_STYLE, NO_FADE)
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_selector(f"html[data-theme={scheme}]", timeout=20_000)
        found += [f"{scheme}: {line}" for line in told(tab.evaluate(AXE_ALL))]
    assert found == []
    assert shown.faults == []
    tab.context.close()


@pytest.mark.parametrize("page", SHOWN)
def test_four_times_as_large_needs_no_sideways_scrolling(visit, page):
    """320 CSS pixels at four device pixels each: 1280 pixels, enlarged to 400 %."""
    tab = visit(page).page
    tab.set_viewport_size({"width": 320, "height": 256})
    tab.evaluate(OPEN_ALL)
    tab.evaluate(START_EXPLORERS)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    assert tab.evaluate(CUT) == []
    tab.context.close()


@pytest.mark.parametrize("page", CONTENT)
def test_text_may_be_spaced_wider(visit, page):
    tab = visit(page).page
    tab.evaluate(ADD_STYLE, SPACING)
    tab.evaluate(START_EXPLORERS)
    assert tab.evaluate("document.documentElement.scrollWidth") <= WIDE["width"]
    assert tab.evaluate(CUT) == []
    tab.context.close()


@pytest.mark.parametrize("page", SHOWN)
def test_the_tab_key_passes_through_the_page_and_out(visit, page):
    """Every stop can be seen, none holds the reader, and the way back is the same."""
    tab = visit(page).page
    tab.set_viewport_size({"width": 1000, "height": 700})
    tab.evaluate(ADD_STYLE, f"{NO_FADE} html {{ scroll-behavior: auto }}")
    stops, hidden = [], []
    for _ in range(700):
        tab.keyboard.press("Tab")
        at = tab.evaluate(FOCUS)
        if at["kind"] == "page" or (stops and at["path"] == stops[0]):
            break
        if stops and at["path"] == stops[-1] and at["kind"] == "AUDIO":
            continue  # the browser's own buttons inside of it
        assert at["path"] not in stops, f"back at {at}"
        stops.append(at["path"])
        if not at["seen"]:
            hidden.append(f"{at['kind']}: {at['name']}")
    else:
        pytest.fail("no way out")
    assert hidden == []
    assert len(stops) > 8
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate(FOCUS)["path"] == stops[-1]
    tab.context.close()


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_each_explorer_tells_its_story_without_its_picture(visit, page):
    """The accessibility tree: a named group, its task, its sentence, named controls."""
    tab = visit(page).page
    kind = "[data-explorer]:not([data-explorer=question])"
    for place in tab.locator(kind).all():
        card = place.locator(".cnn-card").first
        tree = card.aria_snapshot()
        title = card.locator(".cnn-title").inner_text()
        lines = tree.splitlines()
        assert title in lines[0], lines[0]
        assert lines[0].lstrip("- '").startswith("group ")
        for part in (".cnn-task", ".cnn-line strong"):
            words = card.locator(part).first.inner_text().split()[:3]
            assert " ".join(words) in tree, (title, words)
        for line in lines:
            role, _, rest = line.strip().lstrip("- '").partition(" ")
            bare = role.rstrip(":")
            if bare in ("button", "slider", "textbox", "radio", "checkbox", "img"):
                assert rest.startswith('"'), f"{title}: {line.strip()} has no name"
            if bare in ("application", "grid", "combobox", "spinbutton", "radiogroup"):
                assert rest.startswith('"'), f"{title}: {line.strip()} has no name"
        assert len(lines) > 12
    tab.context.close()
