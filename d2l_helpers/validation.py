"""Checks that every public function makes, each with a message that helps.

Level 0: imports torch only, nothing else of this package.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import torch


def as_int(value: Any, name: str, minimum: int) -> int:
    """`value` as a Python int of at least `minimum`.

    Raises TypeError for anything that is not a whole number (a bool and a
    float are refused, NumPy integers are not), ValueError if it is too small.
    """
    if isinstance(value, bool):
        raise TypeError(f"{name} must be an integer, got the bool {value}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} must be an integer, got {value!r} ({type(value).__name__})"
        ) from None
    if number < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {number}")
    return number


def as_tuple(value: Any, name: str, minimum: int, dims: int = 2) -> tuple[int, ...]:
    """One integer, or one per spatial axis, as a tuple of `dims` integers.

    `as_tuple(3, "stride", 1)` and `as_tuple((3, 3), "stride", 1)` are both
    `(3, 3)`. Raises TypeError or ValueError as `as_int` does, and ValueError
    for a sequence of another length.
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        return (as_int(value, name, minimum),) * dims
    if len(value) != dims:
        raise ValueError(
            f"{name} must be one integer or {dims} of them "
            f"(one per spatial axis), got {tuple(value)!r}"
        )
    return tuple(as_int(v, f"{name}[{i}]", minimum) for i, v in enumerate(value))


def check_tensor(
    x: Any, name: str, ndim: int | tuple[int, ...], layout: str
) -> torch.Tensor:
    """`x`, if it is a floating-point tensor with one of the allowed `ndim`.

    `layout` describes what the axes mean ("(h, w)") and is quoted in the
    message. Raises TypeError for a non-tensor or a dtype that is not floating,
    ValueError for the number of axes.
    """
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(x).__name__}")
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if x.ndim not in allowed:
        raise ValueError(
            f"{name} must have the axes {layout}, got {x.ndim} axes: "
            f"shape {tuple(x.shape)}"
        )
    if not x.is_floating_point():
        raise TypeError(
            f"{name} must hold floating-point numbers, got {x.dtype}; "
            f"convert it with {name}.float()"
        )
    return x


def check_pair(X: torch.Tensor, x_name: str, K: torch.Tensor, k_name: str) -> None:
    """Two tensors that are multiplied must share their dtype and device.

    Raises TypeError for different dtypes, ValueError for different devices.
    """
    if X.dtype != K.dtype:
        raise TypeError(
            f"{x_name} and {k_name} must have the same dtype, "
            f"got {X.dtype} and {K.dtype}"
        )
    if X.device != K.device:
        raise ValueError(
            f"{x_name} and {k_name} must be on the same device, "
            f"got {X.device} and {K.device}"
        )


def check_choice(value: Any, name: str, choices: Sequence[str]) -> str:
    """`value`, if it is one of `choices`; raises ValueError that lists them."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")
    return value
