"""Equal, and equal to the last bit."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ...correlation import corr2d_loop
from .._exercise import FunctionExercise


def _both(X: Tensor, K: Tensor) -> tuple[Tensor, Tensor]:
    return corr2d_loop(X, K), F.conv2d(X[None, None], K[None, None])[0, 0]


def _equal(X: Tensor, K: Tensor) -> Tensor:
    loop, library = _both(X, K)
    return loop == library


def same_bits(X: Tensor, K: Tensor) -> float:
    return _equal(X, K).double().mean().item()


def _cases(g: torch.Generator) -> Iterator[tuple]:
    for (h, w), kernel in (((12, 15), (5, 4)), ((9, 20), (3, 6)), ((14, 11), (4, 4))):
        X = torch.randn(h, w, generator=g)
        X[:, : w // 2] = X[:, : w // 2].round()
        X[:, : w // 3] = 0  # nothing to round there: some cells always agree
        yield X, torch.randn(kernel, generator=g)
    X, K = torch.randn(8, 9, generator=g), torch.randn(3, 2, generator=g)
    yield (8 * X).round(), (8 * K).round()
    # what is left of large numbers that cancel is not even close
    yield (
        1e4 + torch.randn(9, 8, generator=g),
        torch.tensor([[1.0, -2, 1], [0.3, -0.3, 0]]),
    )


SAME_BITS = FunctionExercise(
    name="same_bits",
    right=same_bits,
    cases=_cases,
    mistakes={
        "you gave the share of cells that differ": (
            lambda X, K: 1 - same_bits(X, K)
        ),
        "you counted the cells: divide by their number": (
            lambda X, K: _equal(X, K).sum().item()
        ),
        "you counted the cells that differ: the share of equal ones is wanted": (
            lambda X, K: (~_equal(X, K)).sum().item()
        ),
        "you gave per cent: a share lies between 0 and 1": (
            lambda X, K: 100 * same_bits(X, K)
        ),
        "you divided by the pixels of X: the output has fewer cells": (
            lambda X, K: _equal(X, K).sum().item() / X.numel()
        ),
        "you forgave the rounding: == asks for the last bit, isclose does not": (
            lambda X, K: torch.isclose(*_both(X, K)).double().mean().item()
        ),
        "you asked whether all cells agree: the share that does is wanted": (
            lambda X, K: torch.equal(*_both(X, K))
        ),
        "you kept the cells apart: take the mean": _equal,
    },
    only={
        "right for whole numbers only": lambda X, K: bool((X.round() == X).all()),
    },
    others=(
        lambda X, K: _equal(X, K).float().mean(),
        lambda X, K: _equal(X, K).sum() / _equal(X, K).numel(),
    ),
)  # fmt: skip
