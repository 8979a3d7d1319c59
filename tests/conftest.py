"""Set-up shared by all tests; what notebooks share too is in ../conftest.py."""

import signal

import hypothesis
import pytest

# A job in the background is started with Ctrl-C ignored, and so are its children.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A shared machine makes timings of single cases meaningless; derandomised runs
# make a red test red again on the next machine.
hypothesis.settings.register_profile(
    "chapter", deadline=None, max_examples=50, derandomize=True
)
hypothesis.settings.load_profile("chapter")


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests of a process: playwright allows no second driver."""
    from browser import FLAGS, find_browser
    from playwright.sync_api import sync_playwright

    path = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()
