"""How many weights the wishes leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from .._cases import some
from .._exercise import FunctionExercise


def _reach(n: int, delta: int | None) -> int:
    return n - 1 if delta is None else min(delta, n - 1)


def _axis(n: int, reach: int) -> int:
    """Pairs of an output and an input place along one axis, within reach."""
    return sum(min(i + reach, n - 1) - max(i - reach, 0) + 1 for i in range(n))


def weights_of(n: int, delta: int | None = None, tied: bool = True) -> int:
    reach = _reach(n, delta)
    return (2 * reach + 1) ** 2 if tied else _axis(n, reach) ** 2


def _cases(g: torch.Generator) -> Iterator[tuple]:
    # small n: a reader may list all n⁴ pairs
    yield from [(6, None, True), (6, None, False), (6, 1, True), (6, 1, False)]
    yield from [(5, 0, True), (5, 0, False), (3, 7, True), (3, 7, False)]
    yield from [(3, 7, False), (2, 5, False), (4, 3, True), (4, 3, False)]
    yield from [(1, None, True), (8, 4, False), (9, 2, True), (7, 3, False)]
    for _ in range(8):
        yield some(g, 3, 10), some(g, 1, 4), bool(some(g, 0, 1))


def _tied(count: Callable[[int, int | None], int]) -> Callable:
    """A mistake in the tied counts only."""
    return lambda n, delta=None, tied=True: (
        count(n, delta) if tied else weights_of(n, delta, False)
    )


def _free(count: Callable[[int, int | None], int]) -> Callable:
    """A mistake in the counts without the first wish only."""
    return lambda n, delta=None, tied=True: (
        weights_of(n, delta) if tied else count(n, delta)
    )


def _page(window: Callable[[int], int], free: Callable) -> Callable:
    """By cases, as the page counts; the window is not cut at the picture's size."""

    def count(n, delta=None, tied=True):
        if not tied:
            return free(n, delta)
        return (2 * n - 1) ** 2 if delta is None else window(delta)

    return count


def _right_window(delta: int) -> int:
    return (2 * delta + 1) ** 2


def _small_window(delta: int) -> int:
    return 4 * delta**2


def _all_pairs(n: int, delta: int | None) -> int:
    return n**4


def _whole(n: int, delta: int | None) -> int:
    """Every unit with a whole window, without limit with all offsets."""
    return n * n * (2 * _reach(n, delta) + 1) ** 2


def _border_free(n: int, delta: int | None) -> int:
    """One window for the units that see a whole one; the others have their own."""
    whole = (2 * _reach(n, delta) + 1) ** 2
    inner = max(n - 2 * _reach(n, delta), 0) ** 2
    return weights_of(n, delta, False) - inner * whole + (whole if inner else 0)


def _zero_is_none(n, delta=None, tied=True):
    return weights_of(n, delta or None, tied)


def _side_for_radius(n, delta=None, tied=True):
    """The window Δ cells wide, as far as whole cells allow."""
    return weights_of(n, None if delta is None else (delta - 1) // 2, tied)


def _unclipped(n, delta=None, tied=True):
    if delta is None:
        return weights_of(n, None, tied)
    return (2 * delta + 1) ** 2 * (1 if tied else n * n)


def _listed(n, delta=None, tied=True):
    """All pairs of places, one by one."""
    reach = n if delta is None else delta
    cells = [(i, j) for i in range(n) for j in range(n)]
    names = [
        (k - i, m - j) if tied else (i, j, k, m)
        for i, j in cells
        for k, m in cells
        if max(abs(k - i), abs(m - j)) <= reach
    ]
    return len(set(names))


def _mask(n, delta=None, tied=True):
    """The same by tensors, along one axis, squared."""
    at = torch.arange(n)
    offsets = at[None, :] - at[:, None]
    kept = offsets[offsets.abs() <= (n if delta is None else delta)]
    return (kept.unique() if tied else kept).numel() ** 2


WEIGHTS_OF = FunctionExercise(
    name="weights_of",
    right=weights_of,
    cases=_cases,
    mistakes={
        "a window of radius Δ has (2Δ + 1)² cells, not 4Δ²: count the middle too": (
            _page(_small_window, lambda n, delta: weights_of(n, delta, False))
        ),
        "not 4Δ² but (2Δ + 1)², and near without tied is not n⁴": (
            _page(_small_window, _all_pairs)
        ),
        "not 4Δ² but (2Δ + 1)², tied or not; at the border the windows stick out": (
            _page(
                _small_window,
                lambda n, delta: n**4 if delta is None else n * n * 4 * delta**2,
            )
        ),
        "you took the page's count_weights: there not tied is n⁴, limited or not, and "
        "a window may be larger than the picture": _page(_right_window, _all_pairs),
        "with no limit a tied layer has (2n − 1)² weights, not n²: offsets run from "
        "−(n − 1) to n − 1": _tied(
            lambda n, delta: n * n if delta is None else weights_of(n, delta)
        ),
        "the window of the border units sticks out: weights that would look outside "
        "do not exist": _free(
            lambda n, delta: (
                n * n * (2 * _reach(n, delta) + 1) ** 2
                if delta is not None and delta < n
                else weights_of(n, delta, False)
            )
        ),
        "no weight looks outside the picture, also where you cut the window at n − 1: "
        "at the border it sticks out": _free(
            lambda n, delta: (
                weights_of(n, delta, False) if delta is None else _whole(n, delta)
            )
        ),
        "near but not tied is not n⁴: a layer may have the second wish alone": (
            _free(_all_pairs)
        ),
        "not tied and not limited is n⁴: a unit sees n² pixels, not (2n − 1)²": (
            _free(_whole)
        ),
        "your units all have the whole window: what would look outside the picture "
        "does not exist": _page(
            _right_window,
            lambda n, delta: (
                _whole(n, None) if delta is None else n * n * _right_window(delta)
            ),
        ),
        "you counted the units whose whole window is inside: those at the border "
        "have weights too, only fewer": _free(
            lambda n, delta: (
                weights_of(n, delta, False)
                if delta is None
                else (max(n - 2 * delta, 0) * (2 * delta + 1)) ** 2
            )
        ),
        "your border units have weights of their own: tied, they share those of the "
        "window that are inside the picture": _tied(
            lambda n, delta: weights_of(n) if delta is None else _border_free(n, delta)
        ),
        "your border units have weights of their own, and with no limit all units "
        "are such: tied weights are shared by every place": _tied(_border_free),
        "you counted the offsets to one side: they go to both": _tied(
            lambda n, delta: (_reach(n, delta) + 1) ** 2
        ),
        "you counted 2n offsets along an axis: from −(n − 1) to n − 1 there are "
        "2n − 1": _tied(
            lambda n, delta: 4 * n * n if delta is None else weights_of(n, delta)
        ),
        "you counted 2n + 1 offsets along an axis: from −(n − 1) to n − 1 there are "
        "2n − 1": _tied(
            lambda n, delta: (2 * n + 1) ** 2 if delta is None else weights_of(n, delta)
        ),
        "the longest offset is n − 1, not n": _tied(
            lambda n, delta: (
                weights_of(n) if delta is None else _right_window(min(delta, n))
            )
        ),
        "one axis only: a picture has two, so square it": (
            lambda n, delta=None, tied=True: int(weights_of(n, delta, tied) ** 0.5)
        ),
        "you counted the biases too: leave them out": (
            lambda n, delta=None, tied=True: (
                weights_of(n, delta, tied) + (1 if tied else n * n)
            )
        ),
        "you added a bias for every unit: they are not counted here": (
            lambda n, delta=None, tied=True: weights_of(n, delta, tied) + n * n
        ),
        "you took delta = 0 for no limit: ask whether it `is None`": _zero_is_none,
        "delta is a radius, not the side of the window: the side is 2Δ + 1": (
            _side_for_radius
        ),
        "you forgot that no offset is longer than n − 1, and that windows stick out "
        "at the border": _unclipped,
        "delta may be larger than the picture: no offset is longer than n − 1": _tied(
            lambda n, delta: _unclipped(n, delta)
        ),
        "tied and not tied are the wrong way round": (
            lambda n, delta=None, tied=True: weights_of(n, delta, not tied)
        ),
    },
    only={
        "right for tied weights only": lambda n, delta, tied: tied,
        "right for weights that are not tied only": lambda n, delta, tied: not tied,
        "right for a radius inside the picture only": (
            lambda n, delta, tied: delta is None or delta < n
        ),
        "right, if not tied, for a radius inside the picture only": (
            lambda n, delta, tied: tied or delta is None or delta < n
        ),
        "right with a limit only": lambda n, delta, tied: delta is not None,
        "right with no limit only": lambda n, delta, tied: delta is None,
    },
    others=(_listed, _mask),
)
