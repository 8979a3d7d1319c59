"""What the tests of the site share: its pages, a server, a browser."""

from __future__ import annotations

import functools
import os
import threading
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
SITE = Path(os.environ.get("BOOK_SITE") or ROOT / "_build" / "html")


def toc_pages() -> list[str]:
    """The pages that _toc.yml promises, so that a lost page is a failure."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [c["file"] for part in toc["parts"] for c in part["chapters"]]
    return [f"{name}.html" for name in [toc["root"], *chapters]]


CONTENT = toc_pages()
PAGES = ["index.html", *CONTENT, "search.html", "genindex.html"]
WIDE = {"width": 1280, "height": 900}
# index.html leads on at once, so a browser has nothing to look at there
SHOWN = [*CONTENT, "search.html", "genindex.html"]
NOTEBOOKS = [p for p in CONTENT if p.startswith("chapters/")]


# An explorer starts when a reader comes near it.
START_EXPLORERS = """async () => {
  for (const place of document.querySelectorAll('[data-explorer]')) {
    place.scrollIntoView({behavior: 'instant'});
    for (let n = 0; n < 100 && !/live|failed/.test(place.dataset.state); n++) {
      await new Promise(done => setTimeout(done, 20));
    }
  }
  scrollTo({top: 0, behavior: 'instant'});
}"""


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site. Not built is a failure, not a reason to skip."""
    missing = [page for page in PAGES if not (SITE / page).is_file()]
    if missing:
        pytest.fail(f"not built: {', '.join(missing)}; run make book", pytrace=False)
    return SITE


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # a page asks for all of its pictures at once


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The site over http, on the loopback interface only."""
    handler = functools.partial(_Quiet, directory=str(site))
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Visit:
    """An open page and everything it complained about or asked for."""

    page: Page
    home: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda e: self.faults.append(f"threw {e}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)
        self.page.on("requestfailed", self._failed)

    def _console(self, message: object) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")

    def _request(self, request: object) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.faults.append(f"asked another host for {request.url}")

    def _failed(self, request: object) -> None:
        # a picture that is near no more, the browser may give up by itself
        given_up = request.failure == "net::ERR_ABORTED"
        if not (given_up and request.resource_type == "image"):
            self.faults.append(f"could not load {request.url}: {request.failure}")

    def _response(self, response: object) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status} for {response.url}")

    def open(self, page: str) -> Visit:
        """Go to a page; wait until scripts, fonts and all explorers are done."""
        self.page.goto(self.home + page, wait_until="load")
        self.page.evaluate("() => document.fonts.ready.then(() => true)")
        self.page.evaluate(START_EXPLORERS)
        return self


@pytest.fixture(scope="session")
def visit(chromium: Browser, address: str) -> Iterator[Callable[..., Visit]]:
    """Open pages: ``visit(page)``, or ``visit(page, home="file://…/")``."""
    contexts = []

    def open_page(page: str, home: str = "") -> Visit:
        context = chromium.new_context(viewport=WIDE, color_scheme="light")
        contexts.append(context)
        return Visit(context.new_page(), home or address).open(page)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def seen(visit: Callable[..., Visit]) -> Callable[[str], Visit]:
    """``seen(page)``: the page as loaded over http, once for all tests that look.

    It comes back 1280 pixels wide and light, whatever the test before did.
    """
    once = functools.cache(visit)

    def reset(page: str) -> Visit:
        shown = once(page)
        shown.page.set_viewport_size(WIDE)
        shown.page.emulate_media(color_scheme="light")
        return shown

    return reset
