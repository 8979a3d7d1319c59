"""Checkers for the exercises: ``d2l.check.pool2d(pool2d)`` names the mistake.

Each page's exercises are in the module of its name. A checker tries the answer on
hidden cases, says "right", or what came, what was wanted, and which mistake agrees
with that. It never raises because of an answer, and never runs longer than a minute.
"""

from __future__ import annotations

import difflib
from importlib import import_module

from ._checker import Checker
from ._verdict import LAST

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
    """Checkers for the exercises, one for each, as attributes.

    ``d2l.check.size(size)`` tries the function ``size`` on hidden cases and gives a
    verdict. ``dir(d2l.check)`` lists all names, ``help(d2l.check.size)`` says what
    one of them wants, and ``d2l.check.report()`` gives the last verdicts in lines.
    """

    def __init__(self) -> None:
        self._all: dict = {}

    def _load(self) -> dict:
        if not self._all:
            for page in PAGES:
                for exercise in import_module(f"{__name__}.{page}").EXERCISES:
                    if exercise.name in self._all:
                        msg = f"two exercises are called {exercise.name!r}"
                        raise ValueError(msg)
                    self._all[exercise.name] = Checker(exercise)
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

    def __repr__(self) -> str:
        number = f"{len(self._load())} checkers, listed by dir(d2l.check)"
        return f"<d2l.check: {number}; call one as d2l.check.size(your_function)>"

    def __dir__(self) -> list[str]:
        return sorted(self._load())


check = Checkers()
