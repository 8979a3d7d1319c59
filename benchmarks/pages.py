"""What a page costs a reader: `python benchmarks/pages.py [PAGE …] [--runs N]`.

The built site is served as GitHub Pages serves it (text packed by gzip, ten minutes
in the cache), to a real Chromium. A row for each page: bytes over the wire and
requests, on a first visit and after another page of the site; the time from
navigation until its first explorer can be used; how far its layout shifts (CLS) at
two widths; and, where `lighthouse` is on the PATH, its four scores on a phone and on
a desktop.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
TEXT = (".html", ".css", ".js", ".json", ".svg", ".xml", ".txt", ".ipynb")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
WIDTHS = {1280: 900, 360: 740}  # pixels

# Kept from the first moment on: every shift, and when an explorer came alive.
WATCH = """(() => {
  const kept = window.pageCost = {shifts: [], live: null};
  new PerformanceObserver((list) => {
    for (const e of list.getEntries())
      if (!e.hadRecentInput) kept.shifts.push([e.startTime, e.value]);
  }).observe({type: 'layout-shift', buffered: true});
  const look = () => {
    const one = '[data-explorer]:not([data-explorer=question])';
    const place = document.querySelector(one);
    if (place?.dataset.state === 'live') { kept.live = performance.now(); return; }
    if (window.seekExplorer) place?.scrollIntoView({behavior: 'instant'});
    setTimeout(look, 5);
  };
  look();
})()"""
# A reader's way down the page, a screen at a time, and back up.
READ = """async () => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight * 0.8) {
    scrollTo({top: y, behavior: 'instant'});
    await pause(60);
  }
  scrollTo({top: 0, behavior: 'instant'});
  await pause(60);
}"""
SETTLED = "() => document.fonts.ready.then(() => true)"


class PagesHandler(SimpleHTTPRequestHandler):
    """Files as GitHub Pages sends them: text packed, everything kept ten minutes."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()

    def send_head(self) -> BytesIO | object:
        path = Path(self.translate_path(self.path))
        wants = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (wants and path.suffix in TEXT and path.is_file()):
            return super().send_head()
        body = packed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        self.end_headers()
        return BytesIO(body)


class PagesServer(ThreadingHTTPServer):
    request_queue_size = 128  # a page asks for all of its pictures at once


@functools.cache
def packed(path: Path, _changed: int) -> bytes:
    """A file's bytes as they travel."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The site's address while it is served, on the loopback interface only."""
    handler = functools.partial(PagesHandler, directory=str(site))
    server = PagesServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Cost:
    """What one visit cost: bytes over the wire with headers, and requests."""

    bytes: int = 0
    requests: int = 0
    blocking: tuple[str, ...] = ()


def cls(shifts: list[tuple[float, float]]) -> float:
    """Cumulative layout shift: the worst session of shifts.

    Sessions end after a second's rest or five seconds, https://web.dev/articles/cls.
    Times are in milliseconds.
    """
    worst = total = 0.0
    start = last = -1e9
    for time, value in shifts:
        if time - last > 1000 or time - start > 5000:
            start, total = time, 0.0
        last, total = time, total + value
        worst = max(worst, total)
    return worst


def load(context: BrowserContext, url: str, *, read: bool = True) -> tuple[Page, Cost]:
    """Open a page in a new tab, read it to its end; the tab and what it cost."""
    page = context.new_page()
    page.add_init_script(WATCH)
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    cost = Cost()

    def finished(event: dict) -> None:
        cost.bytes += int(event["encodedDataLength"])
        cost.requests += event["encodedDataLength"] > 0

    wire.on("Network.loadingFinished", finished)
    page.goto(url, wait_until="load")
    page.evaluate(SETTLED)
    if read:
        page.evaluate(READ)
    page.wait_for_load_state("networkidle")
    return page, cost


def shift(page: Page) -> float:
    """The layout shift of a page that `load` opened, so far."""
    return cls(page.evaluate("window.pageCost.shifts"))


def visits(browser: Browser, home: str, name: str, before: str) -> tuple[Cost, Cost]:
    """The cost of a page on a first visit, and after another page of the site."""
    found = []
    for earlier in (None, before):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        if earlier:
            load(context, home + earlier)
        found.append(load(context, home + name)[1])
        context.close()
    return found[0], found[1]


def shifts(browser: Browser, home: str, name: str) -> dict[int, float]:
    """Layout shift while loading and reading, for each width in pixels."""
    found = {}
    for width, height in WIDTHS.items():
        context = browser.new_context(viewport={"width": width, "height": height})
        found[width] = shift(load(context, home + name)[0])
        context.close()
    return found


def first_use(browser: Browser, home: str, name: str) -> float | None:
    """Milliseconds from navigation until the first explorer is live; None for none."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(f"window.seekExplorer = true; {WATCH}")
    page.goto(home + name, wait_until="load")
    one = "[data-explorer]:not([data-explorer=question])"
    time = None
    if page.locator(one).count():
        page.wait_for_function("window.pageCost.live !== null")
        time = page.evaluate("window.pageCost.live")
    context.close()
    return time


def lighthouse(url: str, browser: str, runs: int, *, desktop: bool) -> dict:
    """Lighthouse's report on a page: of ``runs`` runs the one that performs best."""
    sys.path.insert(0, str(ROOT / "tests"))
    from browser import FLAGS

    flags = " ".join(["--headless", *FLAGS])
    command = ["lighthouse", url, "--quiet", "--output=json", f"--chrome-flags={flags}"]
    if desktop:
        command.append("--preset=desktop")
    reports = []
    for _ in range(runs):
        done = subprocess.run(
            command,
            env={**os.environ, "CHROME_PATH": browser},
            capture_output=True,
            check=True,
        )
        reports.append(json.loads(done.stdout))
    return max(reports, key=lambda r: r["categories"]["performance"]["score"] or 0)


def scores(report: dict) -> str:
    """The four scores of a report, out of 100."""
    found = [report["categories"][name]["score"] for name in CATEGORIES]
    return "/".join("–" if s is None else f"{100 * s:.0f}" for s in found)


def row(browser: Browser, home: str, name: str) -> str:
    """A page's line of the table, without Lighthouse."""
    before = "intro.html" if name != "intro.html" else "appendix/summary.html"
    first, after = visits(browser, home, name, before)
    moved = shifts(browser, home, name)
    use = first_use(browser, home, name)
    return (
        f"{name:36} {first.bytes / 1000:8.0f} {first.requests:4} "
        f"{after.bytes / 1000:8.0f} {after.requests:4} "
        f"{'–' if use is None else f'{use:.0f}':>7} "
        + " ".join(f"{value:8.4f}" for value in moved.values())
    )


def site_pages() -> list[str]:
    """The pages of the built site, but not the one that only leads on."""
    found = (p.relative_to(SITE) for p in sorted(SITE.rglob("*.html")))
    kept = [p.as_posix() for p in found if p.parts[0] not in {"_static", "_sources"}]
    return [name for name in kept if name != "index.html"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="such as intro.html")
    parser.add_argument("--runs", type=int, default=3, help="of Lighthouse, a page")
    given = parser.parse_args()
    names = given.pages or site_pages()
    if missing := [n for n in names if not (SITE / n).is_file()] or not names:
        sys.exit(f"not built: {missing or SITE}; run make book")
    sys.path.insert(0, str(ROOT / "tests"))
    from browser import FLAGS, find_browser
    from playwright.sync_api import sync_playwright

    path = find_browser()
    with served(SITE) as home:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            print("kB over the wire and requests, on the first visit and after another")
            print("page; ms until the first explorer is usable; layout shift by width")
            print(f"{'page':36}    first  req    after  req     use     1280      360")
            for name in names:
                print(row(browser, home, name), flush=True)
            browser.close()
        if shutil.which("lighthouse") is None:
            print("no Lighthouse scores: `lighthouse` is not on the PATH")
            return
        print(f"\nLighthouse, the best of {given.runs} runs: {', '.join(CATEGORIES)}")
        print(f"{'page':36} {'phone':>16} {'desktop':>16}")
        for name in names:
            both = [
                scores(lighthouse(home + name, path, given.runs, desktop=desktop))
                for desktop in (False, True)
            ]
            print(f"{name:36} {both[0]:>16} {both[1]:>16}", flush=True)


if __name__ == "__main__":
    main()
