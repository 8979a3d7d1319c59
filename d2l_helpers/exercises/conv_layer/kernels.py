"""Kernels made by hand: two diagonals, and differences of any order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ...correlation import corr2d
from .._exercise import FunctionExercise
from .._forms import floats
from .._values import ValueExercise

FALLING = [[0.0, -1.0], [1.0, 0.0]]
RISING = [[1.0, 0.0], [0.0, -1.0]]


def _pictures() -> dict[str, tuple[Tensor, Tensor]]:
    """For each kernel: what it must be silent on, and the step that it answers."""
    i, j = torch.meshgrid(torch.arange(6), torch.arange(9), indexing="ij")
    values = torch.tensor([3.0, -1, 4, 1, -5, 9, 2, -6, 5, 3, -5, 8, 9, 7, -9])
    return {
        "falling": (values[i + j], (i >= j).float()),
        "rising": (values[i - j + 8], (i + j <= 6).float()),
    }


def _examine_diagonals(falling: Tensor, rising: Tensor) -> str | None:
    kernels = {"falling": falling, "rising": rising}
    for name, K in kernels.items():
        if K.shape != (2, 2):
            return f"{name} is to be 2×2, {'×'.join(map(str, K.shape))} came"
        if not K.any():
            return f"{name} holds zeros only so far"
        if not torch.isin(K, torch.tensor([0.0, 1, -1])).all():
            return f"the weights are 0, 1 and −1: {name} has others"
        if K.sum() != 0:
            return (
                f"{name} answers on flat ground: weights that compare two sides "
                "sum to 0"
            )
    pictures = _pictures()
    silent = {
        (name, other): not corr2d(pictures[other][0], K.float()).any()
        for name, K in kernels.items()
        for other in kernels
    }
    if silent["falling", "rising"] and silent["rising", "falling"]:
        return "the two are swapped: each is silent along the other's diagonals"
    for name, K in kernels.items():
        step = pictures[name][1]
        if not silent[name, name]:
            other = "rising" if name == "falling" else "falling"
            return (
                f"{name} is not silent on pictures that are constant along the "
                f"{other} diagonals: two cells of the window are equal there"
            )
        if (corr2d(step, K.float()) < 0).any():
            side = "lower" if name == "falling" else "upper"
            return f"{name} has the wrong sign: positive where the {side} left is lit"
    return None


def _pair(falling=FALLING, rising=RISING) -> Callable[[], tuple]:
    return lambda: (torch.tensor(falling), torch.tensor(rising))


DIAGONALS = ValueExercise(
    name="diagonals",
    examine=_examine_diagonals,
    wants="two 2×2 tensors, diagonals(falling, rising)",
    count=2,
    right=lambda: [_pair()(), tuple(K.int() for K in _pair()())],
    mistakes={
        "the two are swapped": _pair(RISING, FALLING),
        "falling has the wrong sign": _pair([[0.0, 1.0], [-1.0, 0.0]]),
        "rising has the wrong sign: positive where the upper left is lit": _pair(
            rising=[[-1.0, 0.0], [0.0, 1.0]]
        ),
        "rising is to be 2×2, 3×3 came": _pair(
            rising=[[1.0, 0, 0], [0, 0, 0], [0, 0, -1.0]]
        ),
        "falling holds zeros only so far": _pair([[0.0, 0.0], [0.0, 0.0]]),
        "falling answers on flat ground": _pair([[0.0, 1.0], [1.0, 0.0]]),
        "the weights are 0, 1 and −1": _pair([[0.0, -0.5], [0.5, 0.0]]),
        "falling is not silent": _pair([[1.0, -1.0], [1.0, -1.0]]),
    },
)


def difference(d: int) -> Tensor:
    weights = [(-1.0) ** k * math.comb(d, k) for k in range(d + 1)]
    return torch.tensor([weights])


def _repeated(d: int) -> Tensor:
    K = torch.ones(1, 1)
    for _ in range(d):
        K = F.pad(K, (0, 1)) - F.pad(K, (1, 0))
    return K


def _cases(g: torch.Generator) -> Iterator[tuple]:
    yield from ((d,) for d in (2, 3, 1, 0, 4, 5, 8))


def _ends(d: int) -> Tensor:
    K = torch.zeros(1, d + 1)
    K[0, 0] = 1
    K[0, d] -= 1 if d else 0
    return K


DIFFERENCE = FunctionExercise(
    name="difference",
    right=difference,
    cases=_cases,
    mistakes={
        "d weights came: order d takes d + 1": lambda d: difference(max(d - 1, 0)),
        "you applied [1, −1] once too often": lambda d: difference(d + 1),
        "the signs are missing: they alternate, beginning with +": (
            lambda d: difference(d).abs()
        ),
        "the signs alternate, but the sizes are those of Pascal's triangle": (
            lambda d: difference(d).sign()
        ),
        "odd orders have the wrong sign: [1, −1] is left minus right": (
            lambda d: (-1.0) ** d * difference(d)
        ),
        "every sign is turned round: the first weight is +1": lambda d: -difference(d),
        "you took one difference over d cells: apply [1, −1] d times": _ends,
        "you took each weight to the power d: the kernels are convolved": (
            lambda d: difference(1) ** d
        ),
        "you multiplied [1, −1] by d: apply it d times": lambda d: d * difference(1),
        "the weights are scaled: the first one is 1": (
            lambda d: difference(d) / 2.0**d
        ),
        "the shape is (1, d + 1), a row with two axes": lambda d: difference(d)[0],
        "a column came: the difference goes along the row": lambda d: difference(d).T,
        "floats are asked for": lambda d: difference(d).to(float if d else int),
        "a tensor is asked for: torch.from_numpy makes one": (
            lambda d: difference(d).numpy()
        ),
    },
    only={
        "right from order 1 on only: order 0 is the kernel [1]": lambda d: d >= 1,
        "right up to order 2 only: repeat the same step": lambda d: d <= 2,
    },
    others=(_repeated, lambda d: _repeated(d).double()),
    form=(floats,),
)
