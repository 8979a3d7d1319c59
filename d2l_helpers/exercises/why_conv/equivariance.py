"""Which functions move along with a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .._exercise import FunctionExercise


@dataclass(frozen=True)
class Layer:
    """A function that a verdict can call by its name."""

    name: str
    f: Callable[[Tensor], Tensor]

    def __call__(self, X: Tensor) -> Tensor:
        return self.f(X)

    def __repr__(self) -> str:
        return self.name


def _right(X: Tensor) -> Tensor:
    return X.roll(1, -1)


def _gap(f, X: Tensor, T=_right) -> Tensor:
    return f(T(X)) - T(f(X))


def commutator(f: Callable, X: Tensor) -> float:
    return _gap(f, X).abs().max().item()


def _correlation(K: Tensor, mode: str) -> Callable:
    def layer(X: Tensor) -> Tensor:
        return F.conv2d(F.pad(X[None, None], (1, 1, 1, 1), mode=mode), K)[0, 0]

    return layer


def _dense(W: Tensor) -> Callable:
    return lambda X: (W @ X.flatten()).view(X.shape)


def _commutator_cases(g: torch.Generator) -> Iterator[tuple]:
    def noise(*shape: int) -> Tensor:
        return torch.randn(shape, generator=g)

    K = noise(1, 1, 3, 3)
    functions = {
        "a dense layer": _dense(noise(48, 48)),
        "a correlation that wraps round": _correlation(K, "circular"),
        "ReLU": torch.relu,
        "divide by the maximum": lambda X: X / X.max(),
        "subtract the row number": lambda X: X - torch.arange(X.shape[0])[:, None],
        "subtract the column number": lambda X: X - torch.arange(X.shape[1]),
        "a correlation with zeros outside": _correlation(K, "constant"),
        "multiply by the column number": lambda X: X * torch.arange(X.shape[1]),
    }
    for name, f in functions.items():
        yield Layer(name, f), noise(6, 8)
    yield Layer("a dense layer", _dense(noise(36, 36))), noise(6, 6)
    yield Layer("ReLU", torch.relu), noise(5, 5)
    # every difference is the same one, and negative
    X = noise(4, 7)
    X[0, 0], X[0, -1] = -2, 1
    yield Layer("subtract the corner pixel", lambda X: X - X[0, 0]), X
    # the one column that counts stands in the middle, so no border is special
    middle = torch.eye(7)[3]
    yield Layer("minus 5 in column 3", lambda X: X - 5 * middle), noise(4, 7)


def _by_columns(f: Callable, X: Tensor) -> Tensor:
    """By place numbers; a tensor of one number is a number too."""
    at = [X.shape[-1] - 1, *range(X.shape[-1] - 1)]
    return max((f(X[:, at]) - f(X)[:, at]).abs().flatten())


def _zero_filled(X: Tensor) -> Tensor:
    return F.pad(X, (1, 0))[..., :-1]


COMMUTATOR = FunctionExercise(
    name="commutator",
    right=commutator,
    cases=_commutator_cases,
    mistakes={
        "you forgot the absolute value: the largest difference may be negative": (
            lambda f, X: _gap(f, X).max().item()
        ),
        "you take the absolute value too late: first of every difference, then the "
        "largest": lambda f, X: _gap(f, X).max().abs().item(),
        "you take the mean of the differences: the largest one is wanted": (
            lambda f, X: _gap(f, X).abs().mean().item()
        ),
        "you take the sum of the differences: the largest one is wanted": (
            lambda f, X: _gap(f, X).abs().sum().item()
        ),
        "you take the norm of the differences: the largest one is wanted": (
            lambda f, X: _gap(f, X).norm().item()
        ),
        "you take the smallest difference: the largest one is wanted": (
            lambda f, X: _gap(f, X).abs().min().item()
        ),
        "you take the root of the mean square: the largest difference is wanted": (
            lambda f, X: _gap(f, X).square().mean().sqrt().item()
        ),
        "you squared the differences: their absolute value is wanted": (
            lambda f, X: _gap(f, X).square().max().item()
        ),
        "the answer is not moved: f(TX) − f(X) asks whether f is invariant": (
            lambda f, X: (f(_right(X)) - f(X)).abs().max().item()
        ),
        "the picture is not moved: compare T f(X) with f(TX)": (
            lambda f, X: (f(X) - _right(f(X))).abs().max().item()
        ),
        "you added where the difference is wanted": (
            lambda f, X: (f(_right(X)) + _right(f(X))).abs().max().item()
        ),
        "your T moves rows: columns are the last axis": (
            lambda f, X: _gap(f, X, lambda X: X.roll(1, 0)).abs().max().item()
        ),
        "your T has no axis: `X.roll(1)` moves the flattened list, and the end of a "
        "row comes into the next": (
            lambda f, X: _gap(f, X, lambda X: X.roll(1)).abs().max().item()
        ),
        "your T moves to the left: one column to the right is wanted": (
            lambda f, X: _gap(f, X, lambda X: X.roll(-1, -1)).abs().max().item()
        ),
        "your T lets zeros in: it should wrap round": (
            lambda f, X: _gap(f, X, _zero_filled).abs().max().item()
        ),
        "you left out the border columns: T wraps round, so they count": (
            lambda f, X: _gap(f, X)[:, 1:-1].abs().max().item()
        ),
        "you left out the first column: T wraps round, so it counts": (
            lambda f, X: _gap(f, X)[:, 1:].abs().max().item()
        ),
        "you compare the largest values: subtract place by place, then take the "
        "largest": lambda f, X: abs(f(_right(X)).max() - _right(f(X)).max()),
        "you return all differences: the largest one is wanted": (
            lambda f, X: _gap(f, X).abs()
        ),
        "whether the two are close is not enough: say how large the largest difference "
        "is": lambda f, X: torch.allclose(f(_right(X)), _right(f(X)), atol=1e-5),
        "a yes or no is not enough: say how large the largest difference is": (
            lambda f, X: commutator(f, X) > 1e-5
        ),
    },
    only={
        "right for functions that move along only": (
            lambda f, X: commutator(f, X) < 1e-5
        ),
        "right for square pictures only": lambda f, X: X.shape[0] == X.shape[1],
    },
    others=(_by_columns, lambda f, X: float(_gap(f, X).abs().amax())),
)
