"""What a right value may still lack: its kind, its dtype, memory of its own."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import torch

SHARED = "it shares its memory with the input: a new one is asked for"


def whole(value: Any, case: tuple) -> str:
    """An `int`, NumPy's included."""
    right = isinstance(value, Integral) and not isinstance(value, bool)
    return "" if right else "an int is asked for"


def tensor(value: Any, case: tuple) -> str:
    """A tensor, not an array."""
    right = isinstance(value, torch.Tensor)
    return "" if right else "a tensor is asked for: torch.from_numpy makes one"


def floats(value: Any, case: tuple) -> str:
    """A tensor that can hold fractions."""
    said = tensor(value, case)
    return said or ("" if value.is_floating_point() else "floats are asked for")


def same_dtype(value: Any, case: tuple) -> str:
    """The dtype of the first argument."""
    if said := tensor(value, case):
        return said
    mine, wanted = value.dtype, case[0].dtype
    return "" if mine == wanted else f"its dtype is {mine}, and the input's {wanted}"


def shared(value: torch.Tensor, other: torch.Tensor) -> bool:
    """Do two tensors lie in the same memory?"""
    places = {T.untyped_storage().data_ptr() for T in (value, other)}
    return len(places) == 1


def fresh(value: Any, case: tuple) -> str:
    """Memory of its own."""
    inputs = [a for a in case if isinstance(a, torch.Tensor)]
    dense = isinstance(value, torch.Tensor) and value.layout == torch.strided
    return SHARED if dense and any(shared(value, a) for a in inputs) else ""
