"""A 1×1 convolution of a batch as a matrix product."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ... import convolution
from .._exercise import FunctionExercise
from ._watch import PRODUCTS, borrowed, watched


def conv1x1(X: Tensor, K: Tensor, b: Tensor) -> Tensor:
    return F.conv2d(X, K, b)


def _cases(g: torch.Generator) -> Iterator[tuple]:
    for (n, ci, h, w), co in (
        ((2, 3, 4, 5), 2), ((3, 2, 4, 4), 2), ((1, 3, 2, 3), 4), ((2, 4, 3, 6), 4),
        ((4, 2, 5, 3), 3), ((1, 5, 3, 3), 1), ((3, 3, 1, 4), 5),
        ((2, 1, 3, 2), 3), ((2, 3, 1, 1), 2),
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


BORROWED = {
    "torch": "you call PyTorch's convolution: write it as a matrix product",
    "d2l": "you call a convolution of d2l: write it as a matrix product",
}
LOOP = "you loop: one matrix product serves for all pictures, pixels and channels"
SEVERAL = "there are several matrix products in it: one serves for all channels"
NO_PRODUCT = "there is no matrix product in it: @ multiplies and sums in one"


class _OneProduct(FunctionExercise):
    """Right numbers are not enough: one matrix product, and no loop."""

    def _general(self, answer: Callable, cases: list[tuple]) -> str:
        if general := super()._general(answer, cases):
            return general
        seen = [watched(answer, case) for case in cases]
        if whose := borrowed(seen[0]):
            return BORROWED[whose]
        products = {sum(w.torch[name] for name in PRODUCTS) for w in seen}
        if products == {0}:
            return NO_PRODUCT
        if len(products) == 1 != max(products):
            return SEVERAL
        # in a loop the number of calls depends on the sizes
        same = len({w.torch.total() for w in seen}) == 1
        return "" if same and products == {1} else LOOP


def _matrix(X: Tensor, K: Tensor, b: Tensor) -> Tensor:
    n, _, h, w = X.shape
    return (K[:, :, 0, 0] @ X.flatten(2) + b[:, None]).reshape(n, len(K), h, w)


def _by_pictures(X: Tensor, K: Tensor, b: Tensor) -> Tensor:
    maps = [K[:, :, 0, 0] @ x.flatten(1) + b[:, None] for x in X]
    return torch.stack(maps).reshape(len(X), len(K), *X.shape[2:])


def _by_broadcast(X: Tensor, K: Tensor, b: Tensor) -> Tensor:
    return (X[:, None] * K).sum(2) + b[:, None, None]


CONV1X1 = _OneProduct(
    name="conv1x1",
    right=_matrix,
    cases=_cases,
    mistakes={
        BORROWED["torch"]: conv1x1,
        BORROWED["d2l"]: convolution.conv2d,
        LOOP: _by_pictures,
        NO_PRODUCT: _by_broadcast,
        SEVERAL: lambda X, K, b: torch.cat(
            [_matrix(X, K[:1], b[:1]), _matrix(X, K[1:], b[1:])], 1
        ),
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
        "right where co and ci are larger than 1 only (squeeze drops all axes of "
        "length 1, K[:, :, 0, 0] does not)": lambda X, K, b: min(K.shape[:2]) > 1,
        "right for as many outputs as inputs only": lambda X, K, b: (
            len(K) == X.shape[1]
        ),
    },
    others=(
        _cut(False, False),
        _mixed(False, False),
        lambda X, K, b: (
            torch.einsum("oc,nchw->nohw", K[..., 0, 0], X) + b[:, None, None]
        ),
    ),
)
