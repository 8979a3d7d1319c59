"""What maximum pooling costs, and a quick one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._cases import some
from .._exercise import FunctionExercise
from .._watched import Watched, calls

LIBRARY = "the library pools for you: take torch.maximum of slices"


def comparisons(c, oh, ow, k):
    return c * oh * ow * (k * k - 1)


def _count_cases(g: torch.Generator) -> Iterator[tuple]:
    yield from [(6, 14, 14, 2), (1, 1, 1, 3), (16, 5, 7, 2), (3, 9, 4, 1)]
    for _ in range(12):
        yield some(g, 1, 9), some(g, 2, 12), some(g, 2, 12), some(g, 1, 6)
    yield 2, 6, 6, 3


def _tournament(c, oh, ow, k):
    """The winners of k rows, and the winner of those."""
    return sum(k * (k - 1) + (k - 1) for _ in range(c * oh * ow))


COMPARISONS = FunctionExercise(
    name="comparisons",
    right=comparisons,
    cases=_count_cases,
    mistakes={
        "you count every cell: the winner of k² cells is known after k² − 1": (
            lambda c, oh, ow, k: c * oh * ow * k * k
        ),
        "you count one row of the window: it has k² cells": (
            lambda c, oh, ow, k: c * oh * ow * (k - 1)
        ),
        "you multiply (k − 1) by itself: it is k² − 1, not (k − 1)²": (
            lambda c, oh, ow, k: c * oh * ow * (k - 1) ** 2
        ),
        "you count one row and one column: every row of the window has its winner": (
            lambda c, oh, ow, k: c * oh * ow * 2 * (k - 1)
        ),
        "you compare every pair: a loser need not be compared again": (
            lambda c, oh, ow, k: c * oh * ow * k * k * (k * k - 1) // 2
        ),
        "the channels are left out: each map is pooled by itself": (
            lambda c, oh, ow, k: oh * ow * (k * k - 1)
        ),
        "the channels count twice: pooling does not add over channels": (
            lambda c, oh, ow, k: c * c * oh * ow * (k * k - 1)
        ),
        "that is one window: there are c·oh·ow": lambda c, oh, ow, k: k * k - 1,
        "you count a window for each input cell: oh and ow count the windows already": (
            lambda c, oh, ow, k: c * oh * k * ow * k * (k * k - 1)
        ),
    },
    only={
        "right for windows of 2×2 only": lambda c, oh, ow, k: k == 2,
        "right for square maps only": lambda c, oh, ow, k: oh == ow,
    },
    others=(_tournament,),
)


def quick_max(X):
    oh, ow = X.shape[-2] // 2, X.shape[-1] // 2
    rows = torch.maximum(X[..., : 2 * oh : 2, :], X[..., 1::2, :])
    return torch.maximum(rows[..., : 2 * ow : 2], rows[..., 1::2])


def _quick_cases(g: torch.Generator) -> Iterator[tuple]:
    yield (torch.tensor([[1.0, 2], [3, 0]])[None, None],)
    yield (-torch.arange(16.0).reshape(1, 1, 4, 4),)
    for shape in ((2, 3, 4, 8), (1, 2, 7, 10), (3, 1, 6, 5), (2, 2, 9, 3)):
        yield (torch.randn(shape, generator=g),)
        yield (torch.randn(shape, generator=g) - 3,)
    for shape in ((4, 6), (3, 5, 4), (2, 1, 2, 3, 6)):
        yield (torch.randn(shape, generator=g),)


def _even(X: Tensor) -> Tensor:
    return X[..., : X.shape[-2] // 2 * 2, : X.shape[-1] // 2 * 2]


def _halves(X):
    X = _even(X)
    return torch.maximum(*torch.maximum(*X.chunk(2, -2)).chunk(2, -1))


def _trial(answer: Callable) -> str:
    names = calls(answer, torch.rand(1, 1, 6, 6))
    return LIBRARY if any("pool" in name for name in names) else ""


def _four(X):
    X = _even(X)
    top, bottom = X[..., ::2, :], X[..., 1::2, :]
    best = top[..., ::2]
    for cells in (top[..., 1::2], bottom[..., ::2], bottom[..., 1::2]):
        best = torch.maximum(best, cells)
    return best


QUICK_MAX = Watched(
    name="quick_max",
    right=quick_max,
    cases=_quick_cases,
    mistakes={
        "the columns are missing: take the larger of neighbours in a row as well": (
            lambda X: torch.maximum(_even(X)[..., ::2, :], _even(X)[..., 1::2, :])
        ),
        "the rows are missing: take the larger of neighbours in a column as well": (
            lambda X: torch.maximum(_even(X)[..., ::2], _even(X)[..., 1::2])
        ),
        "you compare the halves of the picture: neighbours are X[::2] and X[1::2]": (
            _halves
        ),
        "windows overlap: slice with a step of 2": lambda X: F.max_pool2d(X, 2, 1),
        "you compare along the diagonal only: a window has four cells": (
            lambda X: torch.maximum(_even(X)[..., ::2, ::2], _even(X)[..., 1::2, 1::2])
        ),
        "that is the minimum": lambda X: -quick_max(-X),
        "nothing is compared: you keep every second cell": (
            lambda X: _even(X)[..., ::2, ::2]
        ),
        "what remains at the border makes windows for you: leave it out": (
            lambda X: F.max_pool2d(X, 2, ceil_mode=True)
        ),
        LIBRARY: lambda X: F.max_pool2d(X, 2),
    },
    only={
        "right for even sides only: cut off what remains": (
            lambda X: X.shape[-2] % 2 == X.shape[-1] % 2 == 0
        ),
        "right for square pictures only": lambda X: X.shape[-2] == X.shape[-1],
    },
    others=(_four,),
    trial=_trial,
)
