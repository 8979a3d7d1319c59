"""Output sizes along one axis."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from ... import shapes
from .._cases import some
from .._forms import whole
from ._guarded import GuardedExercise


def size(n: int, k: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    return shapes.conv_output_size(n, k, s, p, d)


def _size_cases(g: torch.Generator) -> Iterator[tuple]:
    yield from [(8, 3, 1, 1, 1), (10, 5, 4, 2, 1), (28, 5, 2, 2, 1), (9, 3, 2, 1, 2)]
    yield from [(4, 3, 1, 0, 3), (2, 5, 1, 1, 1)]  # no window fits
    yield from [(5, 3, 2, 0, 2), (3, 5, 1, 1, 1)]  # one fits exactly
    yield from [(4, 5, 1, 1, 1), (7, 3, 2, 2, 3)]  # none without padding; for d·k
    for _ in range(20):
        k, d = some(g, 1, 6), some(g, 1, 3)
        yield some(g, d * (k - 1) + 1, 30), k, some(g, 1, 5), some(g, 0, 4), d


def _bare(n: int, k: int, s: int, p: int, d: int) -> int:
    """The formula without a look at whether a window fits."""
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def _with(guard, error=ValueError):
    """The right number, refused where `guard(n, k, p, d)` says so."""

    def guarded(n: int, k: int, s: int = 1, p: int = 0, d: int = 1) -> int:
        if guard(n, k, p, d):
            raise error("no window fits")
        return _bare(n, k, s, p, d)

    return guarded


def _span(k: int, d: int) -> int:
    return d * (k - 1) + 1


def _too_wide(n: int, k: int, p: int, d: int) -> bool:
    return n + 2 * p < _span(k, d)


def _by_layer(n: int, k: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    if _too_wide(n, k, p, d):
        raise ValueError("no window fits")
    return nn.Conv1d(1, 1, k, s, p, d)(torch.zeros(1, 1, n)).shape[-1]


_NUMBERS = {
    "you counted the padding once: it lies on both sides": (
        lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1
    ),
    "the padding is left out: the strip has n + 2p cells": (
        lambda n, k, s, p, d: (n - d * (k - 1) - 1) // s + 1
    ),
    "you rounded up: a window that sticks out does not count": (
        lambda n, k, s, p, d: -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1
    ),
    "you left the dilation out: the kernel spans d(k − 1) + 1 cells": (
        lambda n, k, s, p, d: (n + 2 * p - k) // s + 1
    ),
    "the kernel spans d(k − 1) + 1 cells, not d·k: behind the last one is no gap": (
        lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1
    ),
    "the window at place 0 is missing: add one after the division": (
        lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s
    ),
    "you added one before dividing": (
        lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s
    ),
    "you divided without the floor: sizes are whole numbers": (
        lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1
    ),
    "you divided the kernel alone: n + 2p belongs into the brackets": (
        lambda n, k, s, p, d: n + 2 * p - _span(k, d) // s + 1
    ),
}
_REFUSALS = {
    "an int is asked for": lambda n, k, s=1, p=0, d=1: float(size(n, k, s, p, d)),
    "it gives a size where no window fits: raise a ValueError": _bare,
    "the guard leaves the dilation out: the kernel spans d(k − 1) + 1 cells": _with(
        lambda n, k, p, d: n + 2 * p < k
    ),
    "the guard takes d·k for the kernel's span: it is d(k − 1) + 1": _with(
        lambda n, k, p, d: n + 2 * p < d * k
    ),
    "the guard leaves the padding out: the strip has n + 2p cells": _with(
        lambda n, k, p, d: n < _span(k, d)
    ),
    "the guard counts the padding once: it lies on both sides": _with(
        lambda n, k, p, d: n + p < _span(k, d)
    ),
    "the guard compares n with k: padding and dilation count as well": _with(
        lambda n, k, p, d: n < k
    ),
    "you refuse a window that fits exactly: that is one window": _with(
        lambda n, k, p, d: n + 2 * p <= _span(k, d)
    ),
    "where no window fits another error comes: it has to be a ValueError": _with(
        _too_wide, AssertionError
    ),
}

SIZE = GuardedExercise(
    name="size",
    right=size,
    cases=_size_cases,
    mistakes=_NUMBERS | _REFUSALS,
    only={
        "right for stride 1 only": lambda n, k, s, p, d: s == 1,
        "right without dilation only": lambda n, k, s, p, d: d == 1,
        "a value comes back where no window fits: raise a ValueError": (
            lambda n, k, s, p, d: not _too_wide(n, k, p, d)
        ),
    },
    others=(
        _with(_too_wide),
        lambda n, k, s=1, p=0, d=1: (
            len(range(0, n + 2 * p - d * (k - 1), s)) or size(n, k, s, p, d)
        ),
        _by_layer,
    ),
    form=(whole,),
    # here not even a span of d·k over n cells sticks out
    plain=lambda n, k, s, p, d: n >= d * k,
)
