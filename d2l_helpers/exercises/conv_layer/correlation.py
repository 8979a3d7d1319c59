"""Correlation, one pass per weight."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._cases import some
from .._exercise import FunctionExercise


def correlate(X: Tensor, K: Tensor, bias=0.0) -> Tensor:
    (h, w), (kh, kw) = X.shape, K.shape
    Y = bias
    for a in range(kh):
        for b in range(kw):
            Y = Y + K[a, b] * X[a : a + h - kh + 1, b : b + w - kw + 1]
    return Y


def _cases(g: torch.Generator) -> Iterator[tuple]:
    def noise(h: int, w: int) -> Tensor:
        return torch.randn(h, w, generator=g)

    # whole numbers first: then a gradient can come back through the kernel only
    yield torch.arange(9).reshape(3, 3), torch.arange(4.0).reshape(2, 2), 0.0
    yield torch.tensor([[1, 2, 4], [-3, 0, 5]]), torch.tensor([[0.5, 0.25]]), 0.0
    yield noise(5, 5), noise(2, 2), 0.0
    yield noise(5, 5), noise(2, 3), -0.75
    yield noise(5, 8), noise(3, 3), 1.5
    yield noise(6, 4), noise(3, 2), torch.tensor([0.5])
    yield noise(7, 6), noise(1, 4), torch.tensor([-2.0])
    yield noise(4, 3), noise(4, 3), torch.tensor(0.25)
    yield noise(3, 5), noise(1, 1), 2
    for _ in range(6):
        shapes = (some(g, 4, 9), some(g, 4, 9)), (some(g, 1, 4), some(g, 1, 4))
        yield noise(*shapes[0]), noise(*shapes[1]), some(g, -8, 8) / 4
    yield noise(6, 7), noise(2, 3), torch.tensor([1.25])  # gradients come back to all


def _windows(X: Tensor, K: Tensor, bias=0.0) -> Tensor:
    """The definition, window by window."""
    (h, w), (kh, kw) = X.shape, K.shape
    rows = [
        torch.stack([
            (X[i : i + kh, j : j + kw] * K).sum() for j in range(w - kw + 1)
        ])
        for i in range(h - kh + 1)
    ]  # fmt: skip
    return torch.stack(rows) + bias


def _rolled(X: Tensor, K: Tensor, bias=0.0) -> Tensor:
    Y = bias
    for a in range(K.shape[0]):
        for b in range(K.shape[1]):
            Y = Y + K[a, b] * X.roll((-a, -b), (0, 1))
    return Y


def _filled_up(X: Tensor, K: Tensor, bias=0.0) -> Tensor:
    kh, kw = K.shape
    return correlate(F.pad(X, (0, kw - 1, 0, kh - 1)), K, bias)


def _every_pass(X: Tensor, K: Tensor, bias=0.0) -> Tensor:
    return correlate(X, K, bias * K.numel())


CORRELATE = FunctionExercise(
    name="correlate",
    right=correlate,
    cases=_cases,
    mistakes={
        "you flipped the kernel: weight [a, b] meets the copy that starts at [a, b]": (
            lambda X, K, bias=0.0: correlate(X, K.flip(0, 1), bias)
        ),
        "the kernel is transposed: the first index of a weight counts rows": (
            lambda X, K, bias=0.0: correlate(X, K.T, bias)
        ),
        "you flipped the rows of the kernel: weight [a, b] meets the copy that starts "
        "at [a, b]": lambda X, K, bias=0.0: correlate(X, K.flip(0), bias),
        "you flipped the columns of the kernel: weight [a, b] meets the copy that "
        "starts at [a, b]": lambda X, K, bias=0.0: correlate(X, K.flip(1), bias),
        "the copies wrap round: cut out n − k + 1 rows and columns instead": _rolled,
        "the answer is as large as the picture: leave out windows that stick out": (
            _filled_up
        ),
        "the last row and column are missing: a window has n − k + 1 places": (
            lambda X, K, bias=0.0: correlate(X, K, bias)[:-1, :-1]
        ),
        "the last row is missing: a window has n − k + 1 places": (
            lambda X, K, bias=0.0: correlate(X, K, bias)[:-1]
        ),
        "the last column is missing: a window has n − k + 1 places": (
            lambda X, K, bias=0.0: correlate(X, K, bias)[:, :-1]
        ),
        "you put zeros around the picture: the window stays inside": (
            lambda X, K, bias=0.0: correlate(F.pad(X, (1, 1, 1, 1)), K, bias)
        ),
        "the fractions are lost where X holds integers: let K choose the dtype": (
            lambda X, K, bias=0.0: correlate(X, K, bias).to(X.dtype)
        ),
        "the bias is left out: add it to every cell": (
            lambda X, K, bias=0.0: correlate(X, K)
        ),
        "you subtracted the bias: add it": (
            lambda X, K, bias=0.0: correlate(X, K, -bias)
        ),
        "you added the bias in every pass: once is enough": _every_pass,
        "you took the mean of the window: the products are added up": (
            lambda X, K, bias=0.0: correlate(X, K / K.numel(), bias)
        ),
    },
    only={
        "right for square pictures only": lambda X, K, bias: X.shape[0] == X.shape[1],
        "right for square kernels only": lambda X, K, bias: K.shape[0] == K.shape[1],
        "right where X holds fractions only: it may hold integers, and K fractions": (
            lambda X, K, bias: X.is_floating_point()
        ),
        "right where the bias is a tensor only: it may be a number": (
            lambda X, K, bias: isinstance(bias, Tensor)
        ),
        "right where the bias is a number only: it may be a tensor, which Y += … does "
        "not widen and Y = Y + … does": (
            lambda X, K, bias: not isinstance(bias, Tensor)
        ),
    },
    others=(
        _windows,
        lambda X, K, bias=0.0: (
            F.conv2d(X[None, None].to(K), K[None, None])[0, 0] + bias
        ),
    ),
    differentiable=True,
    any_device=True,
)
