"""Things to move: each explorer runs live in a kernel and, the same, on the site.

``Correlate(X, K)`` as a cell's last line shows it. In a kernel ``e.K = ...`` moves
the page, and moving the page changes ``e.K``; `observe` works as for any widget.
A module is loaded when its class is first asked for.
"""

from __future__ import annotations

from importlib import import_module

# concept → class; the concept names the module here and the one in static/
CONCEPTS = {
    "weights": "Weights",
    "shuffle": "Shuffle",
    "correlate": "Correlate",
    "filter": "Filter",
    "learn": "Learn",
    "gradients": "Gradients",
    "geometry": "Geometry",
    "field": "Field",
    "stamp": "Stamp",
    "channels": "Channels",
    "pooling": "Pooling",
    "lenet": "LeNetInside",
    "clinic": "Clinic",
}
_HOME = {name: concept for concept, name in CONCEPTS.items()}

__all__ = sorted(_HOME)  # noqa: PLE0605 - a list


def find(concept: str) -> type:
    """The class of a concept: ``find("correlate")``."""
    return getattr(import_module(f"{__name__}.{concept}"), CONCEPTS[concept])


def __getattr__(name: str):
    if name == "ask":  # quick checks: not to move, but to answer
        return import_module(f"{__name__}.ask")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return find(_HOME[name])


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
