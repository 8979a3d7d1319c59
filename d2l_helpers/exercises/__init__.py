"""Checkers for the exercises: ``d2l.check.pool2d(pool2d)`` names the mistake.

Each page's exercises are in the module of its name. A checker tries the answer on
hidden cases, says "right", or which mistake gives such values. It never raises
because of an answer, and never runs longer than its time limit.
"""

from __future__ import annotations

import difflib
from importlib import import_module

from ._exercise import LAST

PAGES = (
    "why_conv",
    "conv_layer",
    "padding_and_strides",
    "channels",
    "pooling",
    "lenet",
    "speed",
)


class Checkers:
    """All checkers as attributes; `dir(check)` lists them."""

    def __init__(self) -> None:
        self._all: dict = {}

    def _load(self) -> dict:
        if not self._all:
            for page in PAGES:
                for exercise in import_module(f"{__name__}.{page}").EXERCISES:
                    if exercise.name in self._all:
                        msg = f"two exercises are called {exercise.name!r}"
                        raise ValueError(msg)
                    self._all[exercise.name] = exercise
        return self._all

    def report(self) -> str:
        """The last verdict of every checker that was used, tab-separated lines."""
        rows = [
            (name, "right" if verdict else "wrong", verdict.mistake)
            for name, verdict in sorted(LAST.items())
        ]
        return "\n".join("\t".join(row) for row in [("exercise", "", "mistake"), *rows])

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._load()
        if name not in found:
            near = difflib.get_close_matches(name, found, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise AttributeError(f"there is no checker {name!r}{hint}")
        return found[name]

    def __dir__(self) -> list[str]:
        return sorted(self._load())


check = Checkers()
