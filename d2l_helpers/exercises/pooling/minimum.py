"""The minimum, by way of the maximum."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._cases import some
from .._watched import Watched, calls
from .windows import windows

NO_MAXIMUM = "another function does the work: F.max_pool2d is to do it"


def min_pool(X, size, stride=None, padding=0):
    return -F.max_pool2d(-X, size, stride, padding)


def _min_cases(g: torch.Generator) -> Iterator[tuple]:
    yield torch.arange(1.0, 10).reshape(1, 1, 3, 3), (2, 2), (1, 1), (0, 0)
    yield torch.ones(1, 1, 3, 3), (3, 3), (1, 1), (1, 1)
    settings = [
        (6, 6, (2, 2), None, (0, 0)), (7, 9, (3, 2), (2, 1), (1, 0)),
        (5, 8, (2, 3), (1, 3), (1, 1)), (8, 6, (4, 2), None, (2, 1)),
        (7, 6, (2, 2), (1, 2), (0, 0)),
    ]  # fmt: skip
    for h, w, size, stride, padding in settings:
        yield torch.randn(2, 3, h, w, generator=g), size, stride, padding
        yield torch.rand(1, 2, h, w, generator=g) + 1, size, stride, padding
        yield -1 - torch.rand(1, 2, h, w, generator=g), size, stride, padding
    yield torch.randn(1, 2, 6, 7, generator=g), 3, 1, 1
    yield torch.randn(1, 1, 5, 7, generator=g), (2, 3), 2, 1
    yield torch.randn(1, 1, 5, 7, generator=g) + 3, 3, (1, 2), (0, 1)
    yield torch.rand(1, 1, 8, 5, generator=g) + 1, 2, None, some(g, 0, 1)


def _both(padding) -> tuple[int, int]:
    return (padding, padding) if isinstance(padding, int) else padding


def _padded(X, padding, value: float) -> Tensor:
    ph, pw = _both(padding)
    return F.pad(X, (pw, pw, ph, ph), value=value)


def _turned(size):
    return size if isinstance(size, int) else size[::-1]


def _pools(answer: Callable) -> str:
    names = calls(answer, torch.rand(1, 1, 6, 6), (2, 2), (2, 2), (0, 0))
    return "" if any("max_pool" in name for name in names) else NO_MAXIMUM


def _by_windows(X, size, stride=None, padding=0):
    size = _both(size)
    stride = size if stride is None else _both(stride)
    return windows(_padded(X, padding, torch.inf), size, stride).amin((-2, -1))


MIN_POOL = Watched(
    name="min_pool",
    right=min_pool,
    cases=_min_cases,
    mistakes={
        "you turn the result only: turn X before pooling as well": (
            lambda X, size, stride, padding: -F.max_pool2d(X, size, stride, padding)
        ),
        "you turn X only: turn the result back": (
            lambda X, size, stride, padding: F.max_pool2d(-X, size, stride, padding)
        ),
        "that is the maximum: turn the hills over first": (
            lambda X, size, stride, padding: F.max_pool2d(X, size, stride, padding)
        ),
        "you take 1/max(1/x): that fails where signs differ, so negate instead": (
            lambda X, size, stride, padding: (
                1 / F.max_pool2d(1 / X, size, stride, padding)
            )
        ),
        "you pad with zeros, which win against positive cells: let max_pool2d pad": (
            lambda X, size, stride, padding: min_pool(
                _padded(X, padding, 0), size, stride
            )
        ),
        "you pad with −∞ before turning, so that the padding wins: it must be +∞": (
            lambda X, size, stride, padding: min_pool(
                _padded(X, padding, -torch.inf), size, stride
            )
        ),
        "the signs get lost: do not take the absolute value of the result": (
            lambda X, size, stride, padding: min_pool(X, size, stride, padding).abs()
        ),
        "you pool |x|: a minimum is the smallest, not the nearest to 0": (
            lambda X, size, stride, padding: min_pool(X.abs(), size, stride, padding)
        ),
        "the padding is left out": (
            lambda X, size, stride, padding: min_pool(X, size, stride)
        ),
        "you step by the window always: a stride that is given goes first": (
            lambda X, size, stride, padding: min_pool(X, size, None, padding)
        ),
        "you step by one cell: the stride is the window unless given": (
            lambda X, size, stride, padding: min_pool(X, size, stride or 1, padding)
        ),
        "rows and columns of the window are swapped: size is (kh, kw)": (
            lambda X, size, stride, padding: min_pool(
                X, _turned(size), stride or size, padding
            )
        ),
        NO_MAXIMUM: _by_windows,
    },
    only={
        "right without padding only": (
            lambda X, size, stride, padding: _both(padding) == (0, 0)
        ),
        "right for pairs only: size, stride and padding may be single numbers": (
            lambda X, size, stride, padding: not isinstance(size, int)
        ),
        "right for square windows only": (
            lambda X, size, stride, padding: len(set(_both(size))) == 1
        ),
    },
    others=(
        lambda X, size, stride, padding: (
            -F.max_pool2d(_padded(-X, padding, -torch.inf), size, stride)
        ),
    ),
    trial=_pools,
)
