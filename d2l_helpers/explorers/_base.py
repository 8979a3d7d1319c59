"""What all explorers share: one front-end module, live in a kernel and on a page.

A subclass names its ``concept`` (the module ``static/<concept>.js``), declares
its variables with the traits of `_state`, draws its first state (`picture`) and
says what it shows (`sentence`). In a kernel anywidget keeps the variables equal
on both sides. The cell's output also carries a ``text/html`` twin: a picture and
the variables as JSON, which the site's script turns into the same explorer.
"""

from __future__ import annotations

import base64
import html
import json
from typing import Any, ClassVar

import anywidget
import numpy as np
import traitlets

from . import _bundle
from ._picture import Picture, svg_uri


def encoded(values: Any, dtype: str) -> str:
    """Base64 of an array's bytes, little-endian: what ``data`` carries."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().double().numpy()
    array = np.ascontiguousarray(np.asarray(values), dtype=np.dtype(dtype))
    return base64.b64encode(array.tobytes()).decode("ascii")


def with_twin(widget: Any, bundle: Any) -> Any:
    """A widget's MIME bundle, and ``widget.html()`` for a page without a kernel."""
    if bundle is None:  # no widget manager: the twin alone
        return {"text/plain": repr(widget), "text/html": widget.html()}
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    return {**data, "text/html": widget.html()}, metadata


def script_json(value: Any) -> str:
    """JSON that no string in it can end the script element of."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028")


class Explorer(anywidget.AnyWidget):
    """The base of all explorers; see the module's text."""

    concept: ClassVar[str] = ""
    # What the page needs and nobody changes: pictures, weights, recorded runs.
    data = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "concept" in cls.__dict__:  # not the copies that add_traits makes
            cls._esm = _bundle.widget_module(cls.concept)
            cls._css = _bundle.style(cls.concept)
        super().__init_subclass__(**kwargs)

    @classmethod
    def rules(cls) -> dict[str, dict]:
        """The limits of each variable, as in the front-end module's ``schema``."""
        return {name: cls.class_traits()[name].rule() for name in cls.variables()}

    @classmethod
    def variables(cls) -> list[str]:
        """The names of the variables that Python and the page share."""
        return list(cls.class_traits(variable=True))

    @classmethod
    def example(cls) -> Explorer:
        """One to look at and to test, where no notebook passes it anything."""
        return cls()

    def state(self) -> dict[str, Any]:
        """Everything that the page needs to start, as plain JSON values."""
        values: dict[str, Any] = {}
        for name in self.variables():
            value = getattr(self, name)
            values[name] = value.tolist() if isinstance(value, np.ndarray) else value
        return {**values, "data": self.data}

    def picture(self) -> Picture:
        """The first state, drawn without a browser."""
        raise NotImplementedError

    def sentence(self) -> str:
        """One or two sentences: what the picture shows. Also its alt text."""
        raise NotImplementedError

    def html(self) -> str:
        """The twin for a page without a kernel: picture, sentence and variables."""
        sentence = html.escape(self.sentence(), quote=True)
        state = script_json(self.state())
        return (
            f'<div class="cnn cnn-explorer" data-explorer="{self.concept}">'
            f'<img class="cnn-still-picture" src="{svg_uri(self.picture().svg())}" '
            f'alt="{sentence}">'
            f'<p class="cnn-still">{sentence} <span class="cnn-untrusted">Run this '
            "cell to start the explorer.</span></p>"
            f'<script type="application/json">{state}</script></div>'
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_twin(self, super()._repr_mimebundle_(**kwargs))
