"""A 1×1 convolution of a batch as a matrix product."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._exercise import FunctionExercise


def conv1x1(X: Tensor, K: Tensor, b: Tensor) -> Tensor:
    return F.conv2d(X, K, b)


def _cases(g: torch.Generator) -> Iterator[tuple]:
    for (n, ci, h, w), co in (
        ((2, 3, 4, 5), 2), ((3, 2, 4, 4), 2), ((1, 3, 2, 3), 4), ((2, 4, 3, 6), 4),
        ((4, 2, 5, 3), 3), ((1, 5, 3, 3), 1), ((3, 3, 1, 4), 5),
    ):  # fmt: skip
        X, K = torch.randn(n, ci, h, w, generator=g), torch.randn(co, ci, generator=g)
        yield X, K[:, :, None, None], torch.randn(co, generator=g)


def _last(X: Tensor) -> Tensor:
    return X.movedim(1, -1)


def _cut(inside: bool, outside: bool):
    """A dense layer on (pixels, channels), with reshape for movedim on the way."""

    def wrong(X: Tensor, K: Tensor, b: Tensor) -> Tensor:
        n, ci, h, w = X.shape
        rows = X.reshape(n, h, w, ci) if inside else _last(X)
        Y = F.linear(rows, K.flatten(1), b)
        return Y.reshape(n, -1, h, w) if outside else Y.movedim(-1, 1)

    return wrong


def _mixed(before: bool, after: bool):
    """All pixels of the batch in one matrix (ci, n·h·w), batch and channels mixed."""

    def wrong(X: Tensor, K: Tensor, b: Tensor) -> Tensor:
        n, ci, h, w = X.shape
        columns = X if before else X.transpose(0, 1)
        Y = K.flatten(1) @ columns.reshape(ci, -1) + b[:, None]
        if after:
            return Y.reshape(n, -1, h, w)
        return Y.reshape(-1, n, h, w).transpose(0, 1)

    return wrong


def _sideways(X: Tensor, K: Tensor, b: Tensor) -> Tensor:
    Y = conv1x1(X, K, b)
    n, co, h, w = Y.shape
    return Y.reshape(n, co, w, h)


CONV1X1 = FunctionExercise(
    name="conv1x1",
    right=conv1x1,
    cases=_cases,
    mistakes={
        "you reshaped the pixels into rows of ci numbers: that cuts anew and moves "
        "no axis": _cut(True, False),
        "you reshaped the answer from (n, h, w, co): move the channel axis back": (
            _cut(False, True)
        ),
        "you reshaped on the way in and out: move the channel axis instead": (
            _cut(True, True)
        ),
        "the pictures of the batch are mixed up: X.reshape(ci, −1) does not move the "
        "batch axis": _mixed(True, True),
        "the batch is mixed up on the way in: move its axis behind the channels": (
            _mixed(True, False)
        ),
        "the batch is mixed up on the way out: move its axis to the front again": (
            _mixed(False, True)
        ),
        "the channels come before the batch: the answer is (n, co, h, w)": (
            lambda X, K, b: conv1x1(X, K, b).transpose(0, 1)
        ),
        "the channels come last: the answer is (n, co, h, w)": (
            lambda X, K, b: _last(conv1x1(X, K, b))
        ),
        "the matrix is transposed: K is (co, ci)": (
            lambda X, K, b: conv1x1(X, K.transpose(0, 1), b)
        ),
        "the batch is dropped: answer for all pictures": (
            lambda X, K, b: conv1x1(X, K, b)[:1]
        ),
        "the pixels are still in one row: give h and w back": (
            lambda X, K, b: conv1x1(X, K, b).flatten(2)
        ),
        "h and w are swapped: the rows come first": _sideways,
        "you added a ReLU: a convolution has none": (
            lambda X, K, b: conv1x1(X, K, b).relu()
        ),
        "the bias is left out": lambda X, K, b: F.conv2d(X, K),
        "you added the bias once per input channel: once is enough": (
            lambda X, K, b: F.conv2d(X, K, X.shape[1] * b)
        ),
        "you added b along the columns: it belongs to the channels": (
            lambda X, K, b: F.conv2d(X, K) + b
        ),
    },
    only={
        "right for square pictures only": lambda X, K, b: X.shape[2] == X.shape[3],
        "right for a batch of one only": lambda X, K, b: len(X) == 1,
        "an axis of length 1 is lost: squeeze takes that of co or ci as well, so use "
        "K[:, :, 0, 0]": lambda X, K, b: min(K.shape[:2]) > 1,
        "right for as many outputs as inputs only": lambda X, K, b: (
            len(K) == X.shape[1]
        ),
    },
    others=(_cut(False, False), _mixed(False, False)),
    differentiable=True,
)
