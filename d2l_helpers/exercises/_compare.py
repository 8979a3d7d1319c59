"""Are two answers the same, and if not, how do they differ?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ._words import kind, show

RTOL, ATOL = 1e-4, 1e-5


def dense(value: Any) -> Any:
    """NumPy's numbers and arrays, and sparse tensors, as what they hold."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "bifu":
        return torch.from_numpy(value.copy())  # a view may run backwards
    if readable(value) and value.layout != torch.strided:
        return value.detach().to_dense()
    return value


def readable(value: Any) -> bool:
    """A tensor of real numbers that can be looked at."""
    return isinstance(value, Tensor) and not (
        value.is_meta or value.is_nested or value.is_quantized or value.is_complex()
    )


def _number(value: Any) -> Any:
    """A tensor or an array that holds one number, as this number."""
    value = dense(value)
    return value.item() if readable(value) and value.numel() == 1 else value


def _listed(value: Any, right: Sequence) -> Any:
    """A tensor or an array in the place of a list of numbers."""
    whole = all(isinstance(r, (int, float)) for r in right)
    value = dense(value) if isinstance(value, (Tensor, np.ndarray)) else value
    flat = whole and readable(value) and value.dim() == 1
    return value.tolist() if flat else value


def same(given: Any, right: Any) -> bool:
    """Equal up to rounding: tensors, numbers, text, and sequences of these."""
    if isinstance(right, Tensor):
        given = dense(given)
        if not readable(given) or given.shape != right.shape:
            return False
        if right.dtype == torch.bool != given.dtype:
            return False
        given, right = (A.detach().cpu().double() for A in (given, right))
        return torch.allclose(given, right, RTOL, ATOL, equal_nan=True)
    if isinstance(right, (list, tuple)):
        given = _listed(given, right)
        return (
            isinstance(given, (list, tuple))
            and len(given) == len(right)
            and all(same(g, r) for g, r in zip(given, right, strict=True))
        )
    if isinstance(right, torch.nn.Module):
        return type(given) is type(right) and _state(given) == _state(right)
    given = _number(given)
    if isinstance(right, bool) or isinstance(given, bool):
        return given is right
    if isinstance(right, (int, float)):
        return isinstance(given, Real) and (
            math.isclose(given, right, rel_tol=RTOL, abs_tol=ATOL)
            or (math.isnan(given) and math.isnan(right))
        )
    return type(given) is type(right) and bool(given == right)


def _state(net: torch.nn.Module) -> list:
    """Names and weights, to be compared; of its mode a statement says more."""
    return [(name, T.tolist()) for name, T in net.state_dict().items()]


def difference(given: Any, right: Any) -> str:
    """What came and what was wanted, in one sentence: kind, shape, then numbers."""
    if isinstance(right, Tensor):
        return _between_tensors(given, right)
    if isinstance(right, (list, tuple)):
        given = _listed(given, right)
        if not isinstance(given, (list, tuple)):
            return f"{_what(given)} came, {show(right)} is wanted"
        if len(given) != len(right):
            numbers = f"{len(given)} where {len(right)} are wanted"
            return f"{show(given)} came, {numbers}"
        if all(isinstance(r, (int, float)) for r in right):
            return f"{show(given)} came, {show(right)} is wanted"
        pairs = enumerate(zip(given, right, strict=True))
        place, (g, r) = next((n, p) for n, p in pairs if not same(*p))
        return f"value {place}: {difference(g, r)}"
    return f"{_what(given)} came, {show(right)} is wanted"


def _what(value: Any) -> str:
    if value is None:
        return "None (is a return missing?)"
    plain = isinstance(value, (bool, int, float, np.generic))
    return show(value) if plain else kind(value)


def _between_tensors(given: Any, right: Tensor) -> str:
    wanted = f"a tensor of shape {tuple(right.shape)} is wanted"
    given = dense(given)
    if not readable(given):
        return f"{_what(given)} came, {wanted}"
    if given.shape != right.shape:
        return f"a tensor of shape {tuple(given.shape)} came, {wanted}"
    if right.dtype == torch.bool != given.dtype:
        return "numbers came, True and False are wanted"
    if right.numel() <= 9 and right.dim() <= 2:
        return f"{show(given)} came, {show(right)} is wanted"
    mine, right = (A.detach().cpu().double() for A in (given, right))
    wrong = ~torch.isclose(mine, right, RTOL, ATOL, equal_nan=True)
    place = tuple(wrong.nonzero()[0].tolist())
    g, r = (show(A[place].item()) for A in (mine, right))
    return (
        f"{int(wrong.sum())} of {right.numel()} values are wrong, the first at "
        f"{list(place)}: {g} came, {r} is wanted"
    )


def in_form(given: Sequence, right: Sequence) -> str:
    """What is wrong with the form of all answers alike; "" for nothing."""
    if not all(isinstance(r, Tensor) for r in right):
        return ""
    given = [dense(g) for g in given]
    if not any(isinstance(g, Tensor) for g in given):
        kinds = {type(g) for g in given}
        return "a tensor is wanted" if len(kinds) == 1 else ""
    if all(readable(g) and g.numel() == r.numel() and same(g.reshape(r.shape), r)
           for g, r in zip(given, right, strict=True)):  # fmt: skip
        return "the numbers are right, but their shape is not"
    if all(isinstance(g, Tensor) and g.is_complex() for g in given):
        return "complex numbers came: take their real part"
    return ""


def floating(value: Any) -> bool:
    """Is it a tensor that a gradient can come back to?"""
    return isinstance(value, Tensor) and value.is_floating_point()
