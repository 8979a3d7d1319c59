"""Pooling without a walk over the windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._cases import some
from .._watched import Watched, calls

WALKS = (
    "you walk over the windows: loop over the cells of one window, and slice with steps"
)
LIBRARY = "the library pools for you: write it with slices"


def windows(X, size, stride=None) -> Tensor:
    """All windows, (…, oh, ow, kh, kw)."""
    (kh, kw), (sh, sw) = size, stride or size
    return X.unfold(-2, kh, sh).unfold(-2, kw, sw)


def report(W: Tensor, mode: str) -> Tensor:
    return W.amax((-2, -1)) if mode == "max" else W.mean((-2, -1))


def pool2d(X, size, mode="max", stride=None):
    return report(windows(X, size, stride), mode)


def _cases(g: torch.Generator) -> Iterator[tuple]:
    X3 = torch.arange(9.0).reshape(3, 3)
    for mode in ("max", "avg"):
        yield X3, (2, 2), mode, (1, 1)
        yield X3, (2, 2), mode, None
        yield X3 - 9, (2, 2), mode, (1, 1)
    settings = [
        ((6, 6), (2, 2), None), ((6, 9), (2, 3), None), ((2, 4, 6), (2, 2), None),
        ((7, 8), (3, 3), (2, 1)), ((7, 6), (2, 4), (3, 1)), ((8, 6), (2, 3), (2, 3)),
        ((2, 3, 6, 7), (3, 2), (1, 2)), ((3, 8, 5), (2, 3), None),
        ((2, 1, 2, 5, 4), (2, 2), None),
    ]  # fmt: skip
    for shape, size, stride in settings:
        for mode in ("max", "avg"):
            yield torch.randn(shape, generator=g) - 1, size, mode, stride
    for mode in ("max", "avg"):
        size = some(g, 2, 4), some(g, 2, 4)
        stride = some(g, 1, size[0]), some(g, 1, size[1])
        yield torch.randn(2, 9, 7, generator=g), size, mode, stride


def _stacked(X, size, stride):
    """What a loop over the cells of one window collects, (kh·kw, …, oh, ow)."""
    return windows(X, size, stride).flatten(-2).movedim(-1, 0)


def _sticking_out(X, size, mode, stride):
    (kh, kw), (sh, sw) = size, stride or size
    rows = [
        torch.stack([
            report(X[..., i : i + kh, j : j + kw], mode)
            for j in range(0, X.shape[-1], sw)
        ], -1)
        for i in range(0, X.shape[-2], sh)
    ]  # fmt: skip
    return torch.stack(rows, -2)


def _rounded_up(X, size, mode, stride):
    """What `ceil_mode=True` gives: a last window that lacks cells."""
    library = F.max_pool2d if mode == "max" else F.avg_pool2d
    Y = library(X.reshape(-1, 1, *X.shape[-2:]), size, stride, ceil_mode=True)
    return Y.reshape(*X.shape[:-2], *Y.shape[-2:])


def _walking(X, size, mode="max", stride=None):
    Z = pool2d(X, size, mode, stride)
    (kh, kw), (sh, sw) = size, stride or size
    for i in range(Z.shape[-2]):
        for j in range(Z.shape[-1]):
            window = X[..., i * sh : i * sh + kh, j * sw : j * sw + kw]
            Z[..., i, j] = report(window, mode)
    return Z


def _by_library(X, size, mode="max", stride=None):
    library = F.max_pool2d if mode == "max" else F.avg_pool2d
    Y = library(X.reshape(-1, 1, *X.shape[-2:]), size, stride)
    return Y.reshape(*X.shape[:-2], *Y.shape[-2:])


def _trial(answer: Callable) -> str:
    names = calls(answer, torch.rand(24, 24), (2, 2), "max", None)
    if any("pool" in name for name in names):
        return LIBRARY
    return WALKS if len(names) >= 144 else ""  # as many as there are windows


def _ends_in_time(X, size, mode, stride) -> bool:
    """Slices without an end, X[a::s], have the same length for all a."""
    sizes = zip(X.shape[-2:], size, stride or size, strict=True)
    return all(
        len(range(a, n, s)) == (n - k) // s + 1 for n, k, s in sizes for a in range(k)
    )


def _by_slices(X, size, mode="max", stride=None):
    (kh, kw), (sh, sw) = size, stride or size
    bottom, right = X.shape[-2] - kh + 1, X.shape[-1] - kw + 1
    cells = [
        X[..., a : a + bottom : sh, b : b + right : sw]
        for a in range(kh)
        for b in range(kw)
    ]
    if mode == "avg":
        return sum(cells) / len(cells)
    best = cells[0]
    for cell in cells[1:]:
        best = torch.maximum(best, cell)
    return best


POOL2D = Watched(
    name="pool2d",
    right=pool2d,
    cases=_cases,
    mistakes={
        "you step by one cell: the stride is the window unless given": (
            lambda X, size, mode, stride: pool2d(X, size, mode, stride or (1, 1))
        ),
        "you step by the window always: a stride that is given goes first": (
            lambda X, size, mode, stride: pool2d(X, size, mode)
        ),
        "rows and columns of the window are swapped: size is (kh, kw)": (
            lambda X, size, mode, stride: pool2d(X, size[::-1], mode, stride or size)
        ),
        "rows and columns of the stride are swapped: stride is (sh, sw)": (
            lambda X, size, mode, stride: pool2d(X, size, mode, (stride or size)[::-1])
        ),
        "you report one number for all of X: every window has its own": (
            lambda X, size, mode, stride: report(X, mode)[..., None, None].expand_as(
                pool2d(X, size, mode, stride)
            )
        ),
        "the mean runs over the wrong axis: the cells of a window lie on the axis "
        "along which you stacked": lambda X, size, mode, stride: (
            pool2d(X, size, mode, stride)
            if mode == "max"
            else _stacked(X, size, stride).mean(-1)
        ),
        "the last window is missing: there are (h − kh)//sh + 1 in a column": (
            lambda X, size, mode, stride: pool2d(X, size, mode, stride)[..., :-1, :-1]
        ),
        "windows that stick out count for you: leave them out": _sticking_out,
        "you round the number of windows up, as ceil_mode=True does: round down": (
            _rounded_up
        ),
        "you never look at the mode: the average is a maximum too": (
            lambda X, size, mode, stride: pool2d(X, size, "max", stride)
        ),
        "the average is a sum: divide by the number of cells in a window": (
            lambda X, size, mode, stride: (
                pool2d(X, size, mode, stride)
                * (1 if mode == "max" else size[0] * size[1])
            )
        ),
        "the maximum starts from 0: begin with a cell, all of them may be negative": (
            lambda X, size, mode, stride: pool2d(X, size, mode, stride).clamp(
                min=0 if mode == "max" else -torch.inf
            )
        ),
        WALKS: _walking,
        LIBRARY: _by_library,
    },
    only={
        "right for the maximum only": lambda X, size, mode, stride: mode == "max",
        "right for square windows only": (
            lambda X, size, mode, stride: size[0] == size[1]
        ),
        "right for X with two axes only: index from the end, X[..., a::s, b::s]": (
            lambda X, size, mode, stride: X.dim() == 2
        ),
        "right where windows fill X only (elsewhere slices X[a::s] differ in length)": (
            _ends_in_time
        ),
    },
    others=(_by_slices,),
    trial=_trial,
)
