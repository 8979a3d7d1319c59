"""Explorers on a page without a kernel: one script for each page, and one for all.

A cell's output holds ``<div data-explorer="name">`` with a picture and the starting
variables; a page that is no notebook asks for one by the directive ``explorer``. A
page gets the modules of its own explorers only, joined into a classic script,
because modules do not load from file://. Quick checks have a script that all pages
share; what it holds an explorer's script does not bring again.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from d2l_helpers.explorers import CONCEPTS, _bundle, ask, find

from .questions import roomy

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_FOUND = re.compile(r'data-explorer="([a-z]+)"')
QUESTION = "question"


class ExplorerDirective(SphinxDirective):
    """``{explorer} name`` with the constructor's arguments as a JSON object, if any."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in CONCEPTS:
            raise self.error(f"no explorer {name!r}; there are {', '.join(CONCEPTS)}")
        for path in _bundle.STATIC.parent.rglob("*.[pjc]*"):
            self.env.note_dependency(str(path))
        try:
            given = json.loads("\n".join(self.content) or "{}")
            text = find(name)(**given).html()
        except Exception as error:  # whatever the arguments lead to: name the page
            raise self.error(f"explorer {name}: {error}") from None
        return [nodes.raw("", text, format="html")]


class CheckDirective(SphinxDirective):
    """A quick check on a page that is no notebook: the expression of a cell there.

    ``number(…)``, ``choice(…)``, ``myth(…)`` and ``cell(…)`` of `explorers.ask`, with
    the counting functions of `d2l_helpers.shapes` and `recorded` at hand.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        from d2l_helpers import records, shapes  # here: few pages need them

        known = {**vars(shapes), **vars(ask), "recorded": records.recorded}
        try:
            question = eval("\n".join(self.content).strip(), known)
            return [nodes.raw("", question.html(), format="html")]
        except Exception as error:  # whatever it leads to: name the page
            raise self.error(f"check: {error!r}") from None


def on_page(body: str) -> list[str]:
    """The explorers of a page's HTML, each once, in a fixed order.

    Raises:
        ValueError: the page names one that does not exist.
    """
    names = set(_FOUND.findall(body)) - {QUESTION}
    if unknown := names - set(CONCEPTS):
        msg = f"no explorer is called {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    return [name for name in CONCEPTS if name in names]


def write(folder: Path, names: list[str], beside: str = "") -> str:
    """Write the script for these explorers; return its name."""
    name = f"{'-'.join([*names, 'beside'] if beside else names)}.js"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(_bundle.page_script(*names, beside=beside), "utf-8")
    return name


def style() -> str:
    """The rules of all explorers; tokens.css is on every page already."""
    files = _bundle.style_files(*CONCEPTS, QUESTION)
    return "\n".join(f.read_text("utf-8") for f in files if f.name != "tokens.css")


def add(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], *_: Any
) -> None:
    """Give a page that holds explorers what they need."""
    if app.builder.format != "html":
        return
    body = context.get("body") or ""
    asks = f'data-explorer="{QUESTION}"' in body
    folder = Path(app.outdir) / "_static" / "explorers"
    scripts = [write(folder, [QUESTION])] * asks  # which comes first, for all to share
    if names := on_page(body):
        scripts.append(write(folder, names, QUESTION * asks))
    for name in scripts:
        app.add_js_file(f"explorers/{name}", loading_method="defer")
    if asks:
        context["body"] = roomy(body)


def forget_widgets(app: Sphinx, doctree: Any) -> None:
    """Keep the widgets' state out of the page.

    The kernel's record of all widgets holds each front-end module as text; without
    a widget manager nothing on the page reads it, and the HTML twin has the state.
    """
    page = getattr(app.env, "nb_metadata", {}).get(app.env.docname, {})
    page.get("js_files", {}).pop("ipywidgets_state", None)


def connect(app: Sphinx) -> None:
    """Register the directive and the handlers."""
    app.add_directive("explorer", ExplorerDirective)
    app.add_directive("check", CheckDirective)
    app.connect("html-page-context", add)
    app.connect("doctree-read", forget_widgets)
