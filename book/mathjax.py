"""Formulas without another host: MathJax is copied into the site.

The package sphinx-mathjax-offline carries all of MathJax 3.2 (24 MB). A page
needs one component script and the fonts, under 2 MB.
"""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

# "full": every TeX extension inside, so that none is fetched later
COMPONENT = "tex-chtml-full.js"
FONTS = Path("output/chtml/fonts/woff-v2")
# The page's formulas a few at a time, so that it answers in between.
_CONFIG = re.compile(r"<script>window\.MathJax = (\{.*?\})</script>")
STEPS = """MathJax.startup = { async pageReady() {
  const kind = ".math, .output_area";
  const all = [...document.querySelectorAll(kind)]
    .filter((place) => !place.parentElement.closest(kind));
  while (all.length) {
    await MathJax.typesetPromise(all.splice(0, 4));
    await new Promise((done) => setTimeout(done));
  }
} };"""


def source() -> Path:
    """Return the folder of the installed MathJax.

    Raises:
        FileNotFoundError: sphinx-mathjax-offline is not installed.
    """
    spec = find_spec("sphinx-mathjax-offline")  # the name has hyphens: no import
    if spec is None or spec.origin is None:
        msg = "MathJax is missing: pip install sphinx-mathjax-offline"
        raise FileNotFoundError(msg)
    return Path(spec.origin).parent / "static" / "mathjax"


def configure(app: Sphinx, config: Config) -> None:
    """Point the pages at the copy and switch off what would load more."""
    config.mathjax_path = f"mathjax/{COMPONENT}"
    # in its own time: nothing on the page waits for it
    config.mathjax_options = {"async": "async"}
    # The menu's extras (speech, explorer) would be fetched and are not copied.
    config.mathjax3_config = {
        "options": {
            "enableMenu": False,
            "processHtmlClass": "tex2jax_process|mathjax_process|math|output_area",
        }
    }


def stepwise(text: str) -> str:
    """A page's HTML whose formulas are set in steps; JSON cannot say so."""
    return _CONFIG.sub(rf"<script>window.MathJax = \1; {STEPS}</script>", text)


def copy(app: Sphinx, exception: Exception | None) -> None:
    """Copy the script and the fonts into the built site."""
    if exception is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "mathjax"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source() / COMPONENT, target / COMPONENT)
    shutil.copytree(source() / FONTS, target / FONTS, dirs_exist_ok=True)


def connect(app: Sphinx) -> None:
    """Register the two handlers."""
    app.connect("config-inited", configure)
    app.connect("build-finished", copy)
