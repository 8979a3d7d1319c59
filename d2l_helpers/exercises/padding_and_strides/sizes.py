"""Output sizes, and cells that no window reads."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import nn

from ... import shapes
from .._cases import some
from .._exercise import FunctionExercise


def size(n: int, k: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    return shapes.conv_output_size(n, k, s, p, d)


def _size_cases(g: torch.Generator) -> Iterator[tuple]:
    yield from [(8, 3, 1, 1, 1), (10, 5, 4, 2, 1), (28, 5, 2, 2, 1), (9, 3, 2, 1, 2)]
    yield from [(4, 3, 1, 0, 3), (2, 5, 1, 1, 1)]  # no window fits
    yield from [(5, 3, 2, 0, 2), (3, 5, 1, 1, 1)]  # one fits exactly
    for _ in range(20):
        k, d = some(g, 1, 6), some(g, 1, 3)
        yield some(g, d * (k - 1) + 1, 30), k, some(g, 1, 5), some(g, 0, 4), d


def _bare(n: int, k: int, s: int, p: int, d: int) -> int:
    """The formula without a look at whether a window fits."""
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def _fits(wrong):
    """A mistake in the number only: it refuses what does not fit, as it should."""

    def refusing(n: int, k: int, s: int = 1, p: int = 0, d: int = 1):
        size(n, k, s, p, d)
        return wrong(n, k, s, p, d)

    return refusing


SIZE = FunctionExercise(
    name="size",
    right=size,
    cases=_size_cases,
    mistakes={
        "you counted the padding once: it lies on both sides": _fits(
            lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1
        ),
        "you rounded up: a window that sticks out does not count": _fits(
            lambda n, k, s, p, d: -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1
        ),
        "you left the dilation out: the kernel spans d(k − 1) + 1 cells": _fits(
            lambda n, k, s, p, d: (n + 2 * p - k) // s + 1
        ),
        "the window at place 0 is missing: add one after the division": _fits(
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s
        ),
        "you added one before dividing": _fits(
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s
        ),
        "you divided without the floor: sizes are whole numbers": _fits(
            lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1
        ),
        "it gives a size where no window fits: raise a ValueError": _bare,
    },
    only={
        "right for stride 1 only": lambda n, k, s, p, d: s == 1,
        "right without dilation only": lambda n, k, s, p, d: d == 1,
    },
    others=(
        _fits(lambda n, k, s, p, d: len(range(0, n + 2 * p - d * (k - 1), s))),
        _fits(
            lambda n, k, s, p, d: nn.Conv1d(1, 1, k, s, p, d)(
                torch.zeros(1, 1, n)
            ).shape[-1]
        ),
    ),
)


def lost(h: int, w: int, k: int, s: int = 1, p: int = 0) -> int:
    rows, columns = (n - shapes.unread(n, k, s, p) for n in (h, w))
    return h * w - rows * columns


def _lost_cases(g: torch.Generator) -> Iterator[tuple]:
    yield from [(28, 28, 3, 2, 0), (28, 28, 3, 2, 1), (28, 28, 1, 2, 0)]
    yield from [(10, 10, 2, 4, 1), (9, 13, 3, 1, 0), (6, 8, 3, 2, 0), (8, 6, 3, 2, 0)]
    for _ in range(20):
        k = some(g, 1, 5)
        yield some(g, 6, 20), some(g, 6, 20), k, some(g, 1, 6), some(g, 0, 2)


def _behind(n: int, k: int, s: int, p: int) -> int:
    """What the floor cuts off, in the padded strip."""
    return (n + 2 * p - k) % s


def _seen(n: int, k: int, s: int, p: int) -> int:
    return n - shapes.unread(n, k, s, p)


LOST = FunctionExercise(
    name="lost",
    right=lost,
    cases=_lost_cases,
    mistakes={
        "you counted the padding among the lost cells": lambda h, w, k, s=1, p=0: (
            h * w - (h - _behind(h, k, s, p)) * (w - _behind(w, k, s, p))
        ),
        "the padding is left out": lambda h, w, k, s=1, p=0: lost(h, w, k, s),
        "you forgot the gaps between windows: a stride may be larger than the kernel": (
            lambda h, w, k, s=1, p=0: (
                h * w - math.prod(n - max(0, _behind(n, k, s, p) - p) for n in (h, w))
            )
        ),
        "you multiplied lost rows by lost columns: multiply the read ones": (
            lambda h, w, k, s=1, p=0: (
                shapes.unread(h, k, s, p) * shapes.unread(w, k, s, p)
            )
        ),
        "rows only: columns are lost as well": (
            lambda h, w, k, s=1, p=0: shapes.unread(h, k, s, p) * w
        ),
        "where lost rows and lost columns cross you count twice": (
            lambda h, w, k, s=1, p=0: (
                shapes.unread(h, k, s, p) * w + shapes.unread(w, k, s, p) * h
            )
        ),
    },
    only={"right for square pictures only": lambda h, w, k, s, p: h == w},
    others=(lambda h, w, k, s=1, p=0: h * w - _seen(h, k, s, p) * _seen(w, k, s, p),),
)
