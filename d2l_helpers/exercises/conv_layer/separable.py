"""Kernels that are a column times a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .._cases import some
from ._adapted import AdaptedExercise


def _worst(K: Tensor, column: Tensor, row: Tensor) -> Tensor:
    return (column @ row - K).abs().max()


def _near(K: Tensor, column: Tensor, row: Tensor, tol: float) -> bool:
    return bool(_worst(K, column, row) <= tol * K.abs().max())


def _best(K: Tensor) -> tuple[Tensor, Tensor]:
    U, S, V = torch.linalg.svd(K, full_matrices=False)
    return U[:, :1] * S[0], V[:1]


def _factors(K: Tensor, tol: float = 1e-5) -> tuple[Tensor, Tensor] | None:
    column, row = _best(K)
    return (column, row) if _near(K, column, row, tol) else None


def _pair(given: Any, K: Tensor) -> list[Tensor] | None:
    """Two tensors, or None for anything else."""
    if not (isinstance(given, (tuple, list)) and len(given) == 2):
        return None
    if not all(isinstance(A, (Tensor, np.ndarray)) for A in given):
        return None
    pair = [torch.as_tensor(A).detach().to(K) for A in given]
    return pair if all(A.numel() for A in pair) else None


def _one_scale(answer: Callable) -> Callable:
    """Factors are free up to a number, and within tol: bring them into one form.

    So are those that have one axis, or change places: it is still one mistake.
    Where no pair is right all pairs are wrong alike.
    """

    def scaled(K: Tensor, tol: float = 1e-5) -> Any:
        given = answer(K, tol)
        if (pair := _pair(given, K)) is None:
            return given
        column, row = _best(K)
        hopeless = not _near(K, column, row, tol)
        for form in ((column, row), (column[:, 0], row[0])):
            for order in (1, -1):
                if [A.shape for A in form[::order]] != [A.shape for A in pair]:
                    continue
                mine = [A.flatten() for A in pair[::order]]
                if hopeless or _near(K, mine[0][:, None], mine[1][None], tol):
                    return form[::order]
        sizes = pair[1].flatten().abs()
        # the first of those that rounding alone tells apart
        largest = pair[1].flatten()[(sizes > 0.999 * sizes.max()).nonzero()[:1, 0]]
        return pair[0] * largest, pair[1] / largest

    return scaled


def _cases(g: torch.Generator) -> Iterator[tuple]:
    def product(h: int, w: int) -> Tensor:
        return torch.randn(h, 1, generator=g) @ torch.randn(1, w, generator=g)

    bell = torch.tensor([[1.0, 4, 6, 4, 1]]) / 16
    sobel = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    sharpen = torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    yield sobel, 1e-5
    yield sharpen, 1e-5
    yield torch.full((3, 3), 1 / 9), 1e-5
    yield torch.arange(4.0).reshape(2, 2), 1e-5
    yield bell.T @ bell, 1e-5
    yield bell.T @ bell + 0.01 * torch.eye(5), 1e-5
    yield bell.T @ bell + 0.0001 * torch.eye(5), 0.05  # 0.0001 is 1/1,000 here
    corner = torch.zeros(5, 5)
    corner[0, 0] = 1
    # a small weight that is off by much of itself, and by little of the largest one
    for off in (0.001, 0.003):
        yield bell.T @ bell + off * corner, 0.05
    for off in (0.02, -0.02):  # too much at one weight only, on either side
        yield bell.T @ bell + off * corner, 0.05
    yield sobel * (1 + 1e-7 * torch.randn(3, 3, generator=g)), 1e-5
    yield product(4, 2), 1e-5
    yield product(2, 5) + 0.3 * torch.randn(2, 5, generator=g), 1e-5
    yield torch.ones(1, 1), 1e-5
    yield torch.tensor([[-2.5]]), 1e-5
    yield torch.tensor([[0.0, 0, 0], [0, 3, 0], [0, -1.5, 0]]), 1e-5
    yield 1e-7 * sharpen, 1e-5  # small weights may be far from a product
    yield 3e4 * product(3, 5), 1e-5  # and large ones are rounded
    for n in (2, 3, 4):
        yield product(n, some(g, 2, 5)), 1e-4
        yield torch.randn(n, n + 1, generator=g), 1e-3


def _if(separable: Callable[[Tensor, float], Any], factors=_best) -> Callable:
    """Another test, or other factors; a test of None is the right one."""

    def wrong(K: Tensor, tol: float = 1e-5) -> tuple | None:
        right = _factors(K, tol) is not None
        return factors(K) if (separable(K, tol) if separable else right) else None

    return _one_scale(wrong)


def _checked(factors: Callable) -> Callable:
    """Wrong factors, and None where their product is not K."""

    def wrong(K: Tensor, tol: float = 1e-5) -> tuple | None:
        given = factors(K)
        return given if _near(K, *given, tol) else None

    return _one_scale(wrong)


def _cross(K: Tensor) -> tuple[Tensor, Tensor]:
    """The row and the column of the largest weight."""
    i, j = divmod(int(K.abs().argmax()), K.shape[1])
    return K[:, j : j + 1] / K[i, j], K[i : i + 1]


def _cross_factors(K: Tensor, tol: float = 1e-5) -> list | None:
    column, row = _cross(K)
    return [column, row] if _near(K, column, row, tol) else None


def _close(K: Tensor, **tolerances: float) -> bool:
    return torch.allclose(_off(K) + K, K, **tolerances)


def _off(K: Tensor) -> Tensor:
    column, row = _best(K)
    return column @ row - K


def _or_stop(K: Tensor, tol: float = 1e-5) -> tuple:
    if (given := _factors(K, tol)) is None:
        raise ValueError("no factors")
    return given


def _where(test: Callable[[Tensor, float], bool]) -> Callable:
    """An answer that goes wrong elsewhere gives None there, which may be right."""
    return lambda K, tol: _factors(K, tol) is None or bool(test(K, tol))


FACTORS = AdaptedExercise(
    name="factors",
    wants="the function factors(K, tol=1e-5)",
    right=_one_scale(_factors),
    cases=_cases,
    adapt=_one_scale,
    mistakes={
        "the sum decides for you: kernels of sum 0 can be separable, others need not": (
            _if(lambda K, tol: K.sum().abs() > tol)
        ),
        "kernels of sum 0 are separable for you: the sum says nothing": (
            _if(lambda K, tol: K.sum().abs() <= tol)
        ),
        "you allow no rounding: compare up to tol times the largest weight": (
            _if(lambda K, tol: (_best(K)[0] @ _best(K)[1] == K).all())
        ),
        "tol is left out: matrix_rank and allclose have tolerances of their own": (
            _if(lambda K, tol: torch.linalg.matrix_rank(K) == 1)
        ),
        "tol counts for you as it is: it is relative to the largest weight": (
            _if(lambda K, tol: _worst(K, *_best(K)) <= tol)
        ),
        "allclose has a tolerance of its own: give it rtol=0 and atol=tol times the "
        "largest weight": _if(lambda K, tol: _close(K, atol=tol)),
        "rtol compares each weight with itself, and leaves a weight of 0 no room: tol "
        "is relative to the largest one": _if(lambda K, tol: _close(K, rtol=tol)),
        "you compare with a fixed number: tol is given, and relative to the largest "
        "weight": _if(lambda K, tol: _worst(K, *_best(K)) <= 1e-5),
        "matrix_rank's tol is absolute: its rtol is relative": (
            _if(lambda K, tol: torch.linalg.matrix_rank(K, atol=tol) == 1)
        ),
        "the largest weight may be negative: take K.abs().max()": _if(
            lambda K, tol: _worst(K, *_best(K)) <= tol * K.max()
        ),
        "tol is relative to the largest weight, not to the mean one": _if(
            lambda K, tol: _worst(K, *_best(K)) <= tol * K.abs().mean()
        ),
        "a deviation may be negative: take its size before the largest": _if(
            lambda K, tol: _off(K).max() <= tol * K.abs().max()
        ),
        "the largest deviation counts, not the mean": _if(
            lambda K, tol: _off(K).abs().mean() <= tol * K.abs().max()
        ),
        "every kernel is separable for you: give None where the product is not K": (
            _if(lambda K, tol: True)
        ),
        "the singular value is left out, so the product is not K": _checked(
            lambda K: tuple(A / A.norm() for A in _best(K))
        ),
        "you took a column of V: linalg.svd transposes it already, so take its "
        "first row": _checked(lambda K: (_best(K)[0], torch.linalg.svd(K)[2][:, :1].T)),
        "the factors are swapped: the column (kh, 1) comes first": _if(
            None, lambda K: _best(K)[::-1]
        ),
        "the product is not K: multiply one factor by the singular value": _if(
            None, lambda K: tuple(A / A.norm() for A in _best(K))
        ),
        "the singular value is in both factors": _if(
            None, lambda K: (_best(K)[0], _best(K)[0].norm() * _best(K)[1])
        ),
        "the factors have one axis: keep two, (kh, 1) and (1, kw)": _if(
            None, lambda K: (_best(K)[0][:, 0], _best(K)[1][0])
        ),
        "the factors have one axis, and are swapped: a column (kh, 1) comes first, "
        "then a row (1, kw)": _if(None, lambda K: (_best(K)[1][0], _best(K)[0][:, 0])),
        "give None alone where there are no factors, not a pair of it": (
            lambda K, tol=1e-5: _factors(K, tol) or (None, None)
        ),
        "it stops where there are no factors: give None": _or_stop,
        "give None where there are no factors, not False": (
            lambda K, tol=1e-5: _factors(K, tol) or False
        ),
        "the product is the transpose of K": _if(
            None, lambda K: (_best(K)[1].T, _best(K)[0].T)
        ),
    },
    only={
        "right for square kernels only": _where(
            lambda K, tol: K.shape[0] == K.shape[1]
        ),
        "right from 2×2 on only: one number is a product too": _where(
            lambda K, tol: K.numel() > 1
        ),
        "right where the first weight is not 0 only: take a row and a column that "
        "cross at a weight that is": _where(lambda K, tol: K[0, 0] != 0),
        "right for the usual tol only: use the one that is given": _where(
            lambda K, tol: tol == 1e-5
        ),
    },
    others=(_cross_factors, _factors),
)
