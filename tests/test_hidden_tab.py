"""What plays stops in a hidden tab, and does not go on by itself.

Playwright keeps every page "visible", and no browser without a window lets it be
otherwise; so this drives one over its own protocol, with two real tabs.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import websocket
from browser import FLAGS, find_browser
from site_fixtures import site  # noqa: F401 - a fixture, used by name

pytestmark = pytest.mark.site


class Browser:
    """A browser with one tab open on `address`; `tab` answers for that tab."""

    def __init__(self, profile: Path, address: str):
        command = [find_browser(), "--headless=new", *FLAGS, address]
        command += ["--remote-debugging-port=0", f"--user-data-dir={profile}"]
        command += ["--window-size=1280,900", "--remote-allow-origins=*"]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        said = iter(self.process.stderr.readline, "")
        port = next(filter(None, (re.search(r"ws://[^:]+:(\d+)/", x) for x in said)))[1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            (self.target,) = [t for t in json.load(answer) if t["type"] == "page"]
        self.socket = websocket.create_connection(
            self.target["webSocketDebuggerUrl"], timeout=30
        )
        self.counter = itertools.count(1)

    def call(self, method: str, **parameters: object) -> dict:
        number = next(self.counter)
        message = {"id": number, "method": method, "params": parameters}
        self.socket.send(json.dumps(message))
        while (answer := json.loads(self.socket.recv())).get("id") != number:
            pass
        return answer["result"]

    def tab(self, expression: str) -> object:
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, expression: str, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not self.tab(expression):
            assert time.monotonic() < end, expression
            time.sleep(0.1)

    def close(self) -> None:
        self.socket.close()
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


@pytest.fixture
def browser(tmp_path, site):  # noqa: F811
    page = (site / "chapters" / "conv-layer.html").as_uri()
    started = Browser(tmp_path, page)
    yield started
    started.close()


@pytest.mark.parametrize("name", ["correlate", "learn"])
def test_it_pauses_in_a_hidden_tab_and_waits_to_be_asked(browser, name):
    explorer = f"document.querySelector('[data-explorer={name}]')"
    play = f"{explorer}.querySelector('.cnn-play')"
    text = f"{explorer}.querySelector('.cnn-line').textContent"
    browser.wait(f"document.readyState === 'complete' && {explorer} !== null")
    browser.tab(f"{explorer}.scrollIntoView({{block: 'center'}})")
    browser.wait(f"{play} !== null && !{play}.hidden")
    browser.tab(f"{play}.click()")
    assert browser.tab(f"{play}.textContent") == "Pause"
    before = browser.tab(text)
    browser.wait(f"{text} !== {json.dumps(before)}")  # it plays
    assert browser.tab(f"{play}.textContent") == "Pause"

    other = browser.call("Target.createTarget", url="about:blank")["targetId"]
    browser.wait("document.visibilityState === 'hidden'")
    assert browser.tab(f"{play}.textContent") == "Play"
    assert browser.tab(f"{play}.getAttribute('aria-pressed')") == "false"
    left = browser.tab(text)
    time.sleep(1.5)  # three steps, did it play
    assert browser.tab(text) == left

    browser.call("Target.activateTarget", targetId=browser.target["id"])
    browser.wait("document.visibilityState === 'visible'")
    time.sleep(1.2)
    assert browser.tab(text) == left
    browser.tab(f"{play}.click()")  # and goes on where it was
    browser.wait(f"{text} !== {json.dumps(left)}")
    browser.call("Target.closeTarget", targetId=other)
