"""A pair of windows that shows that the maximum is not linear."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .._values import ValueExercise


def _examine(u: Any, v: Any) -> str | None:
    for name, tensor in (("u", u), ("v", v)):
        if not isinstance(tensor, Tensor):
            return f"{name} is not a tensor: write torch.tensor([[…, …], […, …]])"
    if u.shape != v.shape:
        return "the shapes of u and v differ: they are added cell by cell"
    if u.numel() != 4 or u.shape[-2:] != (2, 2):
        return f"u and v are one window each, 2×2, not of shape {tuple(u.shape)}"
    u, v = u.detach().cpu().double().flatten(), v.detach().cpu().double().flatten()
    if not (u.isfinite().all() and v.isfinite().all()):
        return "a cell is infinite or not a number: nothing can be compared then"
    for name, tensor in (("u", u), ("v", v)):
        if not tensor.any():
            return f"{name} is all zero: adding nothing refutes nothing"
    together, apart = (u + v).max(), u.max() + v.max()
    scale = max(u.abs().max(), v.abs().max())
    if apart - together > 1e-6 * scale:
        return None
    for name, tensor in (("u", u), ("v", v)):
        if tensor.max() == tensor.min():
            return f"{name} is constant: each of its cells wins, so both sides agree"
    if torch.allclose(u * v.abs().max(), v * u.abs().max()):
        return (
            "one is a positive multiple of the other: that test the maximum passes, "
            "as the winner stays"
        )
    return (
        f"both sides are {together:.4g}: one cell wins in u and in v, let the winners "
        "differ"
    )


def _pair(u: list, v: list) -> tuple[Tensor, Tensor]:
    return torch.tensor(u), torch.tensor(v)


CORNER = [[1.0, 0.0], [0.0, 0.0]]

NOT_LINEAR = ValueExercise(
    name="not_linear",
    examine=_examine,
    wants="two 2×2 tensors, u and v",
    count=2,
    right=lambda: [
        _pair(CORNER, [[0.0, 0.0], [0.0, 1.0]]),
        _pair([[3, -1], [2, 0]], [[-3, 1], [-2, 0]]),  # whole numbers, v = −u
        _pair([[[[5.0, -1.0], [0.0, 2.0]]]], [[[[-1.0, 4.0], [0.0, 2.0]]]]),
    ],
    mistakes={
        "is not a tensor": lambda: (CORNER, CORNER),
        "the shapes of u and v differ": lambda: _pair(CORNER, [[1.0, 0.0]]),
        "one window each, 2×2": lambda: _pair([[1.0, 0.0]], [[0.0, 1.0]]),
        "infinite or not a number": lambda: _pair(
            CORNER, [[0.0, float("nan")], [0.0, 0.0]]
        ),
        "v is all zero": lambda: _pair(CORNER, [[0.0, 0.0], [0.0, 0.0]]),
        "v is constant": lambda: _pair(CORNER, [[2.0, 2.0], [2.0, 2.0]]),
        "one is a positive multiple of the other": lambda: _pair(
            [[1.0, -2.0], [0.0, 3.0]], [[3.0, -6.0], [0.0, 9.0]]
        ),
        "one cell wins in u and in v": lambda: _pair(
            [[5.0, 1.0], [-2.0, 3.0]], [[1.0, 0.0], [0.0, -4.0]]
        ),
    },
)
