"""The browser that the site's tests drive: ``python tests/browser.py`` names it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_browser() -> str:
    """Return the path of a Chromium: D2L_BROWSER, the system's, playwright's own.

    Raises:
        FileNotFoundError: there is none.
    """
    if named := os.environ.get("D2L_BROWSER"):
        if path := shutil.which(named):
            return path
        msg = f"D2L_BROWSER names {named!r}, which cannot be run"
        raise FileNotFoundError(msg)
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).is_file():
        return own
    msg = "no chromium or google-chrome found; tools/setup_browser.sh installs one"
    raise FileNotFoundError(msg)


if __name__ == "__main__":
    try:
        print(find_browser())
    except FileNotFoundError as error:
        sys.exit(str(error))
