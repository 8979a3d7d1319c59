"""Formulas set when the site is built: pages bring no MathJax, only its fonts.

MathJax (from the package sphinx-mathjax-offline) runs here in V8 (mini-racer). A page
then holds finished formulas, and MathML for screen readers: they stand there without a
script, at once, and nothing moves when they come.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from py_mini_racer import MiniRacer
from sphinx.ext.mathjax import html_visit_displaymath, html_visit_math

if TYPE_CHECKING:
    from typing import Self

    from sphinx.application import Sphinx
    from sphinx.config import Config

FONTS = Path("output/chtml/fonts/woff-v2")
# What the components ask for, in files of the package; "full": every TeX extension.
PARTS = (
    "core.js",
    "input/tex-full.js",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "adaptors/liteDOM.js",
    "a11y/assistive-mml.js",
)
START = """
globalThis.MathJax = {
  loader: {
    paths: {mathjax: ""},
    require: (name) => (0, eval)(parts[name]),
    load: ["input/tex-full", "output/chtml", "adaptors/liteDOM", "a11y/assistive-mml"],
  },
  startup: {typeset: false},
  chtml: {fontURL: "mathjax"},
  tex: {
    packages: {"[-]": ["noundefined", "noerrors"]},  // mistakes are mistakes
    formatError: (_, error) => { throw new Error(error.message); },
  },
};
function typeset(tex, display) {
  return MathJax.startup.adaptor.outerHTML(MathJax.tex2chtml(tex, {display}));
}
"""
_FORMULA = re.compile(
    r'(<(?P<tag>span|div)\b[^>]*class="math notranslate nohighlight"[^>]*>'
    r'(?:\s*<span class="eqno">.*?</a></span>)?)(?P<tex>[^<]*)(</(?P=tag)>)'
    r"(?P<after>[.,;:?!)]*)",
    re.DOTALL,
)
_DELIMITERS = re.compile(r"\\([\[(])(.*)\\[\])]", re.DOTALL)


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


class Typesetter:
    """MathJax in a JavaScript engine: ``with Typesetter() as formulas``."""

    def __init__(self) -> None:
        root = source()
        parts = {f"/{name}": (root / name).read_text("utf-8") for name in PARTS}
        self._engine = MiniRacer()
        self._engine.eval(f"const parts = {json.dumps(parts)};{START}")
        self._engine.eval((root / "startup.js").read_text("utf-8"))
        self._engine.eval("MathJax.startup.promise.then(() => true)").get(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.close()  # left to the interpreter's end, its threads may hang

    def typeset(self, tex: str, *, display: bool = False) -> str:
        """The HTML of one formula.

        Raises:
            ValueError: MathJax cannot read it; the message has its reason.
        """
        try:
            return self._engine.call("typeset", tex, display)
        except Exception as error:  # the engine's kinds are its own affair
            reason = str(error).partition("\n")[0].rpartition("Error: ")[2]
            raise ValueError(f"{reason} in the formula {tex!r}") from None

    def page(self, text: str) -> str:
        """A page's HTML with all of its formulas set.

        Raises:
            ValueError: see `typeset`.
        """

        def one(found: re.Match[str]) -> str:
            tex = html.unescape(found["tex"]).strip()
            parted = _DELIMITERS.fullmatch(tex)
            display = found["tag"] == "div"
            formula = self.typeset(parted[2] if parted else tex, display=display)
            whole = f"{found[1]}{formula}{found[4]}{found['after']}"
            if display or not found["after"]:
                return whole
            return f'<span class="cnn-together">{whole}</span>'  # no line ends between

        return _FORMULA.sub(one, text)

    def style(self) -> str:
        """The rules for what has been set so far, fonts in the folder ``mathjax``."""
        css = "MathJax.startup.adaptor.textContent(MathJax.chtmlStylesheet())"
        # a formula is first drawn in another font rather than not at all
        return re.sub(
            r"(@font-face[^{]*\{)", r"\1\n  font-display: swap;", self._engine.eval(css)
        )


def configure(app: Sphinx, config: Config) -> None:
    """Write formulas as TeX into the pages, and no script beside them."""
    config.html_math_renderer = "typeset"


def copy_fonts(app: Sphinx) -> None:
    """Copy the fonts into the built site."""
    target = Path(app.outdir) / "_static" / "mathjax"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source() / FONTS, target)


def connect(app: Sphinx) -> None:
    """Register the renderer; `light` sets the formulas of finished pages."""
    app.add_html_math_renderer(
        "typeset", (html_visit_math, None), (html_visit_displaymath, None)
    )
    app.connect("config-inited", configure)
