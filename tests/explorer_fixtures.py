"""What the tests of the explorers share: a page with one explorer, and its parts."""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import preview_explorer  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page

AXE = files("axe_playwright_python").joinpath("axe.min.js")
AXE_RUN = """() => axe.run(document, {preload: false,
  rules: {'label-content-name-mismatch': {enabled: true}}})"""

# scrollWidth will not do: it leaves out what sticks out on the left
WIDER = """() => [...document.querySelectorAll('.cnn-cell')].filter((cell) => {
  const text = document.createRange();
  text.selectNodeContents(cell);
  const [a, b] = [text.getBoundingClientRect(), cell.getBoundingClientRect()];
  return cell.checkVisibility() && (a.left < b.left + 0.5 || a.right > b.right - 0.5);
}).map((cell) => cell.textContent)"""


def parse(text: str) -> float | None:
    """A number as the explorers print it; None for "·", "?" and empty cells."""
    try:
        return float(text.replace("\N{MINUS SIGN}", "-").replace(",", ""))
    except ValueError:
        return None


@dataclass
class Shown:
    """An explorer on a page of its own, with everything that it complained about."""

    page: Page
    faults: list[str]

    @property
    def card(self) -> Locator:
        return self.page.locator(".cnn-card")

    def panel(self, name: str) -> Locator:
        """The grid or map called ``name``."""
        title = self.page.locator(".cnn-head b", has_text=name)
        exact = self.page.locator(".cnn-panel").filter(has=title)
        return exact.first

    def grid(self, name: str) -> list[list[float | None]]:
        """The numbers of a grid, as they are printed."""
        rows = self.panel(name).locator(".cnn-row")
        script = "rows => rows.map(r => [...r.children].map(c => c.textContent))"
        return [[parse(t) for t in row] for row in rows.evaluate_all(script)]

    def cell(self, name: str, i: int, j: int) -> Locator:
        return self.panel(name).locator(f".cnn-cell[data-i='{i}'][data-j='{j}']")

    def button(self, text: str) -> Locator:
        return self.card.get_by_role("button", name=text, exact=True)

    def slider(self, label: str) -> Locator:
        return self.card.get_by_label(label, exact=False).and_(
            self.page.locator("input[type=range]")
        )

    def slide(self, label: str, value: float) -> None:
        """Move a slider as its input event does."""
        self.slider(label).evaluate(
            "(el, v) => { el.value = v; el.dispatchEvent(new Event('input',"
            " {bubbles: true})); }",
            str(value),
        )

    def line(self) -> str:
        """The text line: title and text."""
        return self.page.locator(".cnn-line").inner_text()

    def key(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def cut(self) -> list[str]:
        """The numbers that are wider than their cells."""
        return self.page.evaluate(WIDER)

    def focused(self) -> str:
        """What has the focus, within the card: its text; "" for nothing there."""
        return self.page.evaluate(
            "() => { const at = document.activeElement;"
            " return at.closest('.cnn-card') ? at.ariaLabel ?? at.textContent : ''; }"
        )

    def axe(self) -> list[str]:
        """What axe-core finds on the page."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(AXE_RUN)["violations"]
        return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]

    def scheme(self, name: str) -> None:
        self.page.evaluate(
            "name => document.documentElement.dataset.theme = name", name
        )


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Shown]]:
    """``show(explorer)`` opens it on a page from disk; at the end no fault is left.

    width: of the page; state: variables to start from instead, unchecked;
    link: variables in the address, unchecked; faulty: complaints are expected.
    """
    opened = []

    def open_page(
        explorer: Any,
        *,
        width: int = 1280,
        state: dict | None = None,
        link: Any = None,
        faulty: bool = False,
        reduced_motion: bool = False,
    ) -> Shown:
        body = preview_explorer.whole_page(explorer.concept, explorer.html())
        if state is not None:
            values = {**explorer.state(), **state}
            new = json.dumps(values).replace("<", "\\u003c")
            start = body.index('<script type="application/json">') + 32
            body = body[:start] + new + body[body.index("</script>", start) :]
        path = tmp_path / f"{len(opened)}.html"
        path.write_text(body, encoding="utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            reduced_motion="reduce" if reduced_motion else "no-preference",
        )
        page, faults = context.new_page(), []
        page.on("pageerror", lambda e: faults.append(f"threw {e}"))
        page.on(
            "console",
            lambda m: faults.append(m.text) if m.type in ("error", "warning") else None,
        )
        address = path.as_uri()
        if link is not None:
            address += f"#explorer:{explorer.concept}:{packed(link)}"
        page.on(
            "request",
            lambda r: (
                faults.append(f"asked for {r.url}")
                if not r.url.startswith(("file:", "data:", "blob:"))
                else None
            ),
        )
        page.goto(address)
        if not faulty:
            page.wait_for_selector("[data-state=live]", timeout=5000)
        shown = Shown(page, faults)
        opened.append((context, shown, faulty))
        return shown

    yield open_page
    for context, shown, faulty in opened:
        context.close()
        assert faulty or shown.faults == []


def packed(value: Any) -> str:
    """Variables as a link carries them."""
    raw = json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
