"""Cells that no window reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch

from ... import shapes
from .._cases import some
from .._exercise import FunctionExercise


def _reads(n: int, k: int, s: int, p: int, end: int | None = None) -> set[int]:
    """Cells of the padded strip under windows that start before `end`."""
    last = n + 2 * p - k + 1 if end is None else end
    return {start + a for start in range(0, last, s) for a in range(k)}


def never_read(n: int, k: int, s: int = 1, p: int = 0) -> list[int]:
    read = _reads(n, k, s, p)
    return [i for i in range(n) if i + p not in read]


def _never_cases(g: torch.Generator) -> Iterator[tuple]:
    yield from [(28, 3, 2, 0), (28, 3, 2, 1), (10, 2, 4, 1), (28, 1, 2, 0)]
    yield from [(9, 3, 2, 1), (9, 3, 3, 0), (12, 5, 4, 0), (11, 2, 5, 2), (8, 3, 1, 1)]
    for _ in range(15):
        k = some(g, 1, 5)
        yield some(g, 6, 16), k, some(g, 1, 6), some(g, 0, 2)


def _left_over(reads: Callable[..., set[int]]):
    """What is left when the windows are laid in another way."""

    def cells(n: int, k: int, s: int = 1, p: int = 0) -> list[int]:
        return [i for i in range(n) if i + p not in reads(n, k, s, p)]

    return cells


def _outside(n: int, k: int, s: int = 1, p: int = 0) -> list[int]:
    """Of the whole padded strip."""
    return sorted(set(range(n + 2 * p)) - _reads(n, k, s, p))


def _behind_only(n: int, k: int, s: int = 1, p: int = 0) -> list[int]:
    end = max(_reads(n, k, s, p))
    return [i for i in never_read(n, k, s, p) if i + p > end]


def _gaps_only(n: int, k: int, s: int = 1, p: int = 0) -> list[int]:
    end = max(_reads(n, k, s, p))
    return [i for i in never_read(n, k, s, p) if i + p < end]


def _by_counts(n: int, k: int, s: int = 1, p: int = 0) -> torch.Tensor:
    counts = torch.tensor(shapes.use_counts(n, k, s, p))
    return (counts == 0).nonzero().flatten()


NEVER_READ = FunctionExercise(
    name="never_read",
    right=never_read,
    cases=_never_cases,
    mistakes={
        "the padding is left out": lambda n, k, s=1, p=0: never_read(n, k, s),
        "you number the cells of the padded strip: take p away": (
            lambda n, k, s=1, p=0: [i + p for i in never_read(n, k, s, p)]
        ),
        "cells of the padding are on your list, and its numbers are the strip's: "
        "take p away and keep 0 to n − 1": _outside,
        "cells of the padding are on your list: keep 0 to n − 1": (
            lambda n, k, s=1, p=0: [i - p for i in _outside(n, k, s, p)]
        ),
        "you padded one side: zeros come on both": _left_over(
            lambda n, k, s, p: _reads(n, k, s, p, n + p - k + 1)
        ),
        "you forgot the gaps between windows: a stride may be larger than the kernel": (
            _behind_only
        ),
        "you forgot the cells behind the last window": _gaps_only,
        "your last window sticks out: it must end inside the padded strip": _left_over(
            lambda n, k, s, p: _reads(n, k, s, p, n + 2 * p)
        ),
        "the last window is missing: it may start at n + 2p − k": _left_over(
            lambda n, k, s, p: _reads(n, k, s, p, n + 2 * p - k)
        ),
        "a window reads k cells, not only the one it starts at": _left_over(
            lambda n, k, s, p: set(range(0, n + 2 * p - k + 1, s))
        ),
        "these are the cells that are read: give the others": (
            lambda n, k, s=1, p=0: sorted(set(range(n)) - {*never_read(n, k, s, p)})
        ),
        "you gave their number: a list of the cells is wanted": (
            lambda n, k, s=1, p=0: len(never_read(n, k, s, p))
        ),
        "you gave a set: a list in ascending order is wanted": (
            lambda n, k, s=1, p=0: {*never_read(n, k, s, p)}
        ),
        "your list runs backwards: the smallest number comes first": (
            lambda n, k, s=1, p=0: never_read(n, k, s, p)[::-1]
        ),
        "you count from 1: the first cell is 0": (
            lambda n, k, s=1, p=0: [i + 1 for i in never_read(n, k, s, p)]
        ),
    },
    only={
        "right without padding only": lambda n, k, s, p: p == 0,
        "right for strides up to the kernel only": lambda n, k, s, p: s <= k,
        "right where something is lost only: else the list is empty": (
            lambda n, k, s, p: shapes.unread(n, k, s, p) > 0
        ),
    },
    others=(_by_counts, lambda *case: tuple(never_read(*case))),
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
        "columns only: rows are lost as well": (
            lambda h, w, k, s=1, p=0: shapes.unread(w, k, s, p) * h
        ),
        "you counted the pixels that are read: subtract them from h·w": (
            lambda h, w, k, s=1, p=0: h * w - lost(h, w, k, s, p)
        ),
        "you counted the windows: the pixels that none of them reads are wanted": (
            lambda h, w, k, s=1, p=0: math.prod(
                shapes.conv_output_size(n, k, s, p) for n in (h, w)
            )
        ),
        "you added rows to columns: a lost row has w pixels": (
            lambda h, w, k, s=1, p=0: sum(shapes.unread(n, k, s, p) for n in (h, w))
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
