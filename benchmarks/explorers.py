"""How fast the explorers answer: `python benchmarks/explorers.py [NAME …]`.

In a real Chromium: the script time of each input event (a slider's step, a key in
a grid or map, a click on a choice), from dispatch until all drawing calls are
done; then the sizes of script and state, and, where the site is built, the time
from navigation until the first explorer of a page can be used.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]
from browser import FLAGS, find_browser  # noqa: E402
from preview_explorer import whole_page  # noqa: E402

from d2l_helpers.explorers import CONCEPTS, _bundle, find  # noqa: E402

ROUNDS = 12
EVENTS = """rounds => {
  const times = [];
  const timed = (el, event) => {
    const start = performance.now();
    el.dispatchEvent(event);
    times.push(performance.now() - start);
  };
  const card = document.querySelector('.cnn-card');
  const shown = (el) => el.offsetParent && !el.disabled;
  for (let round = 0; round < rounds; round++) {
    for (const el of [...card.querySelectorAll('input[type=range]')].filter(shown)) {
      const [low, high, step] = [el.min, el.max, el.step || 1].map(Number);
      const half = low + Math.round((high - low) / step / 2) * step;
      for (const value of [half, low, high, half]) {
        el.value = value;
        timed(el, new Event('input', {bubbles: true}));
      }
    }
    const stops = card.querySelectorAll(':is(.cnn-cell, .cnn-mapbox)[tabindex="0"]');
    for (const el of stops) {
      if (!shown(el)) continue;
      for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp']) {
        timed(el, new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
      }
    }
    const choices = card.querySelectorAll('.cnn-segment, .cnn-toggle');
    for (const el of [...choices].filter(shown)) {
      timed(el, new MouseEvent('click', {bubbles: true}));
    }
  }
  return times;
}"""


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure(page: Page, concept: str, folder: Path) -> str:
    """One row of the table."""
    explorer = find(concept).example()
    path = folder / f"{concept}.html"
    path.write_text(whole_page(concept, explorer.html()), encoding="utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector("[data-state=live]")
    page.evaluate(EVENTS, 2)  # warm
    times = page.evaluate(EVENTS, ROUNDS)
    script = len(gzip.compress(_bundle.page_script(concept).encode()))
    state = len(gzip.compress(json.dumps(explorer.state()).encode()))
    return (
        f"{concept:10} {len(times):6} {statistics.median(times):8.2f} "
        f"{percentile(times, 0.95):8.2f} {max(times):8.2f} "
        f"{script / 1000:10.1f} {state / 1000:9.1f}"
    )


def first_use(page: Page, path: Path) -> float:
    """Milliseconds from navigation until the page's first explorer is live."""
    page.goto("about:blank")
    page.goto(path.as_uri(), wait_until="commit")
    page.wait_for_selector("[data-explorer]", state="attached")
    return page.evaluate(
        """() => new Promise(done => {
          const place = document.querySelector('[data-explorer]');
          place.scrollIntoView();
          const look = () => place.dataset.state === 'live'
            ? done(performance.now()) : setTimeout(look, 5);
          look();
        })"""
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CONCEPTS))
    names = parser.parse_args().names or list(CONCEPTS)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=list(FLAGS)
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        print("script time per input event, ms; sizes in kB, gzip")
        print("explorer   events   median     95 %      max     script     state")
        for name in names:
            print(measure(page, name, Path(folder)), flush=True)
        for path in sorted((ROOT / "_build" / "html").rglob("*.html")):
            if "_static" in path.parts or "data-explorer=" not in path.read_text(
                "utf-8"
            ):
                continue
            times = [first_use(page, path) for _ in range(5)]
            middle = statistics.median(times)
            print(f"{path.stem}: first explorer usable after {middle:.0f} ms")
        browser.close()


if __name__ == "__main__":
    main()
