"""Average pooling as a convolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._cases import some
from .._watched import Watched, calls
from .windows import windows

A_POOL = "the library pools for you: F.conv2d is to do all of the work"
NO_CONVOLUTION = "no convolution does the work: F.conv2d is to do it"


def _shares(X: Tensor, size) -> Tensor:
    """One kernel per channel, (c, 1, kh, kw)."""
    kh, kw = size
    return X.new_full((X.shape[1], 1, kh, kw), 1 / (kh * kw))


def average(X, size, stride=None, padding=(0, 0), counted=True):
    K = _shares(X, size)
    pictures = X if counted else torch.cat([X, torch.ones_like(X)])
    Y = F.conv2d(pictures, K, None, stride or size, padding, 1, X.shape[1])
    return Y if counted else Y[: len(X)] / Y[len(X) :]


def _average_cases(g: torch.Generator) -> Iterator[tuple]:
    X3 = torch.arange(9.0).reshape(1, 1, 3, 3)
    yield X3, (2, 2), (1, 1), (0, 0), True
    yield X3 + 1, (3, 3), (1, 1), (1, 1), False
    # black pixels inside the picture are no border
    yield X3.clamp(min=5) - 5, (3, 3), (1, 1), (1, 1), False
    yield torch.randn(2, 2, 6, 5, generator=g).relu(), (2, 3), None, (1, 1), False
    settings = [
        (1, 6, 6, (2, 2), None, (0, 0)), (3, 6, 6, (2, 2), None, (0, 0)),
        (1, 7, 9, (2, 3), (1, 2), (1, 1)), (3, 9, 7, (3, 2), (2, 1), (1, 0)),
        (2, 8, 5, (2, 3), None, (0, 1)), (2, 7, 7, (3, 3), (2, 2), (1, 1)),
    ]  # fmt: skip
    for c, h, w, size, stride, padding in settings:
        for counted in (True, False):
            X = torch.randn(2, c, h, w, generator=g) + 1
            yield X, size, stride, padding, counted
    size = some(g, 2, 4), some(g, 2, 4)
    yield torch.randn(1, 4, 8, 9, generator=g), size, (1, 3), (1, 1), True


def _kernel(make: Callable[[Tensor, Tensor], Tensor]):
    """Other kernels, make(X, shares); the groups follow from their shape."""

    def averaged(X, size, stride, padding, counted):
        K = make(X, _shares(X, size))
        groups = X.shape[1] // K.shape[1]
        pictures = X if counted else torch.cat([X, torch.ones_like(X)])
        Y = F.conv2d(pictures, K, None, stride or size, padding, 1, groups)
        return Y if counted else Y[: len(X)] / Y[len(X) :]

    return averaged


def _folded(X, size, stride=None, padding=(0, 0), counted=True):
    """Channels as pictures, and the number of cells counted."""
    n, c, h, w = X.shape
    K = X.new_ones(1, 1, *size)
    settings = {"stride": stride or size, "padding": padding}
    sums = F.conv2d(X.reshape(n * c, 1, h, w), K, **settings)
    cells = F.conv2d(X.new_ones(1, 1, h, w), K, **settings)
    if counted:
        cells = size[0] * size[1]
    return (sums / cells).reshape(n, c, *sums.shape[-2:])


def _added(mean: bool) -> Callable:
    """Every map of the result is the sum, or the mean, of all the channels'."""

    def averaged(X, size, stride, padding, counted):
        Y = average(X, size, stride, padding, counted)
        every = Y.mean(1, keepdim=True) if mean else Y.sum(1, keepdim=True)
        return every.expand_as(Y)

    return averaged


def _by_content(X, size, stride, padding, counted):
    """The cells counted are those that are not black."""
    K = _shares(X, size)
    pictures = X if counted else torch.cat([X, (X != 0).to(X.dtype)])
    Y = F.conv2d(pictures, K, None, stride or size, padding, 1, X.shape[1])
    return Y if counted else Y[: len(X)] / Y[len(X) :]


def _by_windows(X, size, stride, padding, counted):
    stride, (ph, pw) = stride or size, padding
    cells = [
        windows(F.pad(A, (pw, pw, ph, ph)), size, stride).sum((-2, -1))
        for A in (X, torch.ones_like(X))
    ]
    return cells[0] / (size[0] * size[1] if counted else cells[1])


def _convolves(answer: Callable) -> str:
    for counted in (True, False):
        case = torch.rand(1, 2, 6, 6), (2, 2), (2, 2), (0, 0), counted
        names = calls(answer, *case)
        if any("pool" in name for name in names):
            return A_POOL
        if not any("conv" in name for name in names):
            return NO_CONVOLUTION
    return ""


AVERAGE = Watched(
    name="average",
    right=average,
    cases=_average_cases,
    mistakes={
        "you add up without dividing: each cell of the kernel is 1/(kh·kw)": (
            _kernel(lambda X, shares: torch.ones_like(shares))
        ),
        "the channels mix: one kernel (1, kh, kw) per channel, with groups=c": (
            _kernel(lambda X, shares: shares.repeat(1, X.shape[1], 1, 1))
        ),
        "all channels are added up: groups=c keeps them apart": _added(mean=False),
        "each map is the mean of all the channels: groups=c keeps them apart": (
            _added(mean=True)
        ),
        "one map comes out of all channels: as many must come out as went in": (
            _kernel(lambda X, shares: shares.transpose(0, 1))
        ),
        "one map comes out, the mean of all channels: as many come out as went in": (
            _kernel(lambda X, shares: shares.transpose(0, 1) / X.shape[1])
        ),
        "you step by one cell: the stride is the window unless given": (
            lambda X, size, stride, padding, counted: average(
                X, size, stride or (1, 1), padding, counted
            )
        ),
        "you step by the window always: a stride that is given goes first": (
            lambda X, size, stride, padding, counted: average(
                X, size, None, padding, counted
            )
        ),
        "rows and columns of the window are swapped: size is (kh, kw)": (
            lambda X, size, stride, padding, counted: average(
                X, size[::-1], stride or size, padding, counted
            )
        ),
        "rows and columns of the padding are swapped: padding is (ph, pw)": (
            lambda X, size, stride, padding, counted: average(
                X, size, stride, padding[::-1], counted
            )
        ),
        "the padding is left out": lambda X, size, stride, padding, counted: average(
            X, size, stride, (0, 0), counted
        ),
        "the zeros of the border count always: with counted=False divide by the mean "
        "of a picture of ones": lambda X, size, stride, padding, counted: average(
            X, size, stride, padding
        ),
        "the zeros of the border never count: with counted=True divide by kh·kw": (
            lambda X, size, stride, padding, counted: average(
                X, size, stride, padding, False
            )
        ),
        "black pixels are left out as well: what does not count is the border, so "
        "convolve a picture of ones, not X != 0": _by_content,
        "counted is turned round: with counted=True the zeros belong to the mean": (
            lambda X, size, stride, padding, counted: average(
                X, size, stride, padding, not counted
            )
        ),
        A_POOL: lambda X, size, stride, padding, counted: (
            average(X, size, stride, padding)
            if counted
            else F.avg_pool2d(X, size, stride, padding, False, False)
        ),
        NO_CONVOLUTION: _by_windows,
    },
    only={
        "right for one channel only": lambda X, *_: X.shape[1] == 1,
        "right for square windows only": lambda X, size, *_: size[0] == size[1],
        "right with counted=True only: else divide by the mean of a picture of ones": (
            lambda X, size, stride, padding, counted: counted
        ),
        "right without padding only": (
            lambda X, size, stride, padding, counted: padding == (0, 0)
        ),
    },
    others=(_folded,),
    trial=_convolves,
)
