"""Buttons that need the repository's address, and none while it is unset.

_config.yml holds the address in one place, ``repository: url:``. Set, it brings
Colab, Binder, source, "suggest edit" and "open issue" to every page they fit; empty, no
page links to an address that does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

BUTTONS = ("use_repository_button", "use_edit_page_button", "use_issues_button")
LAUNCH = {
    "colab_url": "https://colab.research.google.com",
    "binderhub_url": "https://mybinder.org",
    "notebook_interface": "jupyterlab",
}


def configure(app: Sphinx, config: Config) -> None:
    """Turn the buttons on or off, by whether there is an address."""
    options = config.html_theme_options
    known = bool(options.get("repository_url"))
    for button in BUTTONS:
        options[button] = known
    options["launch_buttons"] = dict(LAUNCH) if known else {}
    if not known:
        options.pop("repository_url", None)


def connect(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("config-inited", configure)
