"""The explorers in a real JupyterLab: a change on either side arrives on the other.

One notebook shows every explorer. A second client of the same kernel stands for
a reader who types into another cell.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import nbformat
import pytest
from jupyter_client import BlockingKernelClient
from nbformat import v4

from d2l_helpers.explorers import CONCEPTS, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

START = (
    "from d2l_helpers import explorers\n"
    "shown = {c: explorers.find(c).example() for c in explorers.CONCEPTS}"
)

QUESTION = 'explorers.ask.myth("toy/claim", "All is well.", "fact", why="It is.")'


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Lab:
    """A JupyterLab server, its page in a browser, and a client of the kernel."""

    def __init__(self, page: Page, client: BlockingKernelClient) -> None:
        self.page, self.client = page, client

    def ask(self, expression: str) -> object:
        """The value of an expression in the kernel, through JSON."""
        lines: list[str] = []

        def hear(message: dict) -> None:
            if message["msg_type"] == "stream":
                lines.append(message["content"]["text"])

        code = f"import json; print(json.dumps({expression}))"
        reply = self.client.execute_interactive(code, timeout=60, output_hook=hear)
        assert reply["content"]["status"] == "ok", reply["content"]
        return json.loads("".join(lines))

    def becomes(
        self, expression: str, value: object, act: Callable[[], None] = lambda: None
    ) -> None:
        """Wait until the kernel has heard what the page did by `act`.

        On a busy machine the page may act before it has heard the kernel's last
        word, which then comes after; so `act` is done again every second.
        """
        for k in range(120):
            if k % 20 == 0:
                act()
            now = self.ask(expression)
            if now == value:
                return
            self.page.wait_for_timeout(50)
        assert now == value

    def run(self, code: str) -> None:
        reply = self.client.execute_interactive(
            code, timeout=60, output_hook=lambda _: None
        )
        assert reply["content"]["status"] == "ok", reply["content"]

    def card(self, concept: str) -> Locator:
        """The explorer's card, scrolled into view (JupyterLab draws what is near)."""
        place = list(CONCEPTS).index(concept)
        card = self.page.locator(".jp-Notebook .jp-CodeCell").nth(place + 1)
        card.scroll_into_view_if_needed()
        found = card.locator(".cnn-card")
        found.wait_for(timeout=20_000)
        return found


def look(card: Locator) -> str:
    """All that a card shows: words, values, pixels."""
    return card.evaluate(
        """card => [card.innerText,
          ...[...card.querySelectorAll('input')].map(i => i.value),
          ...[...card.querySelectorAll('[aria-checked],[aria-pressed]')].map(
            b => `${b.ariaChecked}${b.ariaPressed}`),
          ...[...card.querySelectorAll('canvas')].map(c => c.toDataURL()),
          ...[...card.querySelectorAll('svg')].map(s => s.innerHTML)].join('|')"""
    )


def started(url: str, server: subprocess.Popen) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{url}/api/status", timeout=2)
        except OSError:
            assert server.poll() is None, "JupyterLab ended"
            time.sleep(0.25)
        else:
            return
    pytest.fail("JupyterLab did not start")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Lab]:
    """JupyterLab with one notebook, all of whose cells have run."""
    home: Path = tmp_path_factory.mktemp("lab")
    cells = [v4.new_code_cell(START)]
    cells += [v4.new_code_cell(f"shown[{c!r}]") for c in CONCEPTS]
    cells.append(v4.new_code_cell(QUESTION))
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), home / "all.ipynb"
    )
    port = free_port()
    folders = ("RUNTIME", "CONFIG", "DATA")
    here = {f"JUPYTER_{f}_DIR": str(home / f.lower()) for f in folders}
    environment = {**os.environ, **here, "D2L_SOURCE": "sample"}
    environment["JUPYTER_PATH"] = str(sys.prefix) + "/share/jupyter"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.root_dir={home}", "--IdentityProvider.token="]
    never = "jupyterlab.NeverCheckForUpdate"
    command += [f"--LabApp.check_for_updates_class={never}", "--LabApp.news_url="]
    log = (home / "log").open("w")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    client = BlockingKernelClient()
    try:
        started(url, server)
        page = chromium.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{url}/lab/tree/all.ipynb")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=60_000)
        session = idle_session(url)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        page.locator(".cnn-card").first.wait_for(timeout=60_000)
        kernel = session["kernel"]["id"]
        client.load_connection_file(str(home / f"runtime/kernel-{kernel}.json"))
        client.start_channels()
        client.wait_for_ready(timeout=60)
        yield Lab(page, client)
        client.stop_channels()
        page.close()
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


def idle_session(url: str) -> dict:
    """The notebook's session, once its kernel waits for work."""
    for _ in range(240):
        with urllib.request.urlopen(f"{url}/api/sessions", timeout=5) as answer:
            sessions = json.load(answer)
        if sessions:
            kernel = sessions[0]["kernel"]
            if kernel["execution_state"] == "idle" and kernel["connections"]:
                return sessions[0]
        time.sleep(0.25)
    pytest.fail("the kernel did not become idle")


def another(rule: dict, now: object) -> object:
    """A value that the rule allows and that differs from `now`."""
    kind = rule["kind"]
    if kind == "flag":
        return not now
    if kind == "choice":
        return next(o for o in rule["options"] if o != now)
    if kind in ("whole", "real"):
        low, high = rule["low"], rule["high"]
        half = (low + high) / 2
        options = (now + 1, now - 1, low, high, half)
        return next(v for v in options if low <= v <= high and v != now)
    if kind == "list":
        low, high = rule["low"], rule["high"]
        return [high if v != high else low for v in now]
    return one_more(now)


def one_more(value: object) -> object:
    """Every number of nested lists plus one."""
    return [one_more(v) for v in value] if isinstance(value, list) else value + 1


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_change_on_either_side_arrives_on_the_other(lab, concept):
    card = lab.card(concept)
    rules = find(concept).rules()
    before, shown = look(card), f"shown[{concept!r}]"
    start = lab.ask(f"{shown}.state() | dict(data=0)")
    moved = []
    for name, rule in rules.items():
        lab.run(f"{shown}.{name} = {another(rule, start[name])!r}")
        lab.page.wait_for_timeout(80)
        if look(card) != before:
            moved.append(name)
        # and back, by the page: Reset sets the variables, and the kernel hears it
        reset = card.get_by_role("button", name="Reset", exact=True)
        lab.becomes(f"{shown}.state() | dict(data=0)", start, reset.click)
    assert moved, "no variable moved the page"


def test_the_arrows_belong_to_the_explorer(lab):
    card = lab.card("correlate")
    chosen = lab.page.locator(".jp-Notebook .jp-mod-active").count()
    card.locator(".cnn-panel", has_text="Output").locator(".cnn-cell").first.click()
    for key in ("ArrowRight", "ArrowDown"):
        lab.page.keyboard.press(key)
    lab.becomes("[shown['correlate'].row, shown['correlate'].column]", [1, 1])
    assert lab.page.locator(".jp-Notebook .jp-mod-active").count() == chosen
    assert re.search(r"Output \[1, 1\]", card.inner_text())


def test_an_observer_hears_the_page(lab):
    lab.run("heard = []; shown['correlate'].observe(heard.append, 'K')")
    card = lab.card("correlate")
    card.locator(".cnn-panel", has_text="Kernel").locator(".cnn-cell").first.focus()
    for key in ("Enter", "7", "Enter"):
        lab.page.keyboard.press(key)
    lab.becomes("shown['correlate'].K.tolist()", [[7, 1], [2, 3]])
    assert lab.ask("len(heard)") == 1
    assert lab.ask("shown['correlate'].Y.tolist()") == [[19, 32], [58, 71]]


def test_a_quick_check_answers_in_a_notebook_too(lab):
    cell = lab.page.locator(".jp-Notebook .jp-CodeCell").nth(len(CONCEPTS) + 1)
    cell.scroll_into_view_if_needed()
    cell.get_by_role("button", name="Myth", exact=True).click(timeout=20_000)
    assert "✗ Not quite" in cell.inner_text()
    assert "The answer is: Fact. It is." in cell.inner_text()
