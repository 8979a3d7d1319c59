"""Are two answers the same, and if not, how do they differ?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

RTOL, ATOL = 1e-4, 1e-5


def same(given: Any, right: Any) -> bool:
    """Equal up to rounding: tensors, numbers, text, and sequences of these."""
    given = alike(given, right)
    if isinstance(right, torch.Tensor):
        if not isinstance(given, torch.Tensor) or given.shape != right.shape:
            return False
        given, right = (A.detach().cpu().double() for A in (given, right))
        return torch.allclose(given, right, RTOL, ATOL, equal_nan=True)
    if isinstance(right, (list, tuple)):
        return (
            isinstance(given, (list, tuple))
            and len(given) == len(right)
            and all(same(g, r) for g, r in zip(given, right, strict=True))
        )
    if isinstance(given, torch.Tensor) and given.numel() == 1:
        given = given.item()
    if isinstance(right, bool) or isinstance(given, bool):
        return given is right
    if isinstance(right, (int, float)):
        number = isinstance(given, (int, float))
        return number and (
            math.isclose(given, right, rel_tol=RTOL, abs_tol=ATOL)
            or (math.isnan(given) and math.isnan(right))
        )
    return type(given) is type(right) and given == right


def alike(given: Any, right: Any) -> Any:
    """NumPy's numbers and arrays, and tensors for lists, as what ``right`` is."""
    if isinstance(given, np.generic):
        given = given.item()
    if isinstance(right, torch.Tensor) and isinstance(given, np.ndarray):
        return torch.from_numpy(given) if given.dtype.kind in "bifu" else given
    if isinstance(right, (list, tuple)) and isinstance(
        given, (np.ndarray, torch.Tensor)
    ):
        whole = all(isinstance(r, (int, float)) for r in right)
        return given.tolist() if whole and given.ndim == 1 else given
    return given


def show(value: Any) -> str:
    """A value in a few words: small ones whole, large ones by their shape."""
    if isinstance(value, torch.Tensor):
        if value.numel() <= 12 and value.dim() <= 2:
            rounded = [round(v, 3) for v in value.detach().flatten().tolist()]
            exact = torch.tensor(rounded, dtype=torch.float64)
            numbers = exact.reshape(value.shape).tolist()
            return str(numbers).replace(".0,", ",").replace(".0]", "]")
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def difference(given: Any, right: Any) -> str:
    """One sentence on how ``given`` misses ``right``, without giving it away."""
    given = alike(given, right)
    if isinstance(right, torch.Tensor):
        if not isinstance(given, torch.Tensor):
            return f"a tensor is wanted, {_kind(given)} came"
        if given.shape != right.shape:
            return f"the shape is {tuple(given.shape)}, not {tuple(right.shape)}"
        wrong = ~torch.isclose(
            given.detach().cpu().double(), right.detach().cpu().double(), RTOL, ATOL
        )
        if same(-given if given.dtype != torch.bool else ~given, right):
            return "every sign is turned round"
        return f"{int(wrong.sum())} of {right.numel()} values are wrong"
    if isinstance(right, (list, tuple)):
        if not isinstance(given, (list, tuple)):
            return f"{len(right)} value(s) are wanted, {_kind(given)} came"
        if len(given) != len(right):
            return f"{len(right)} value(s) are wanted, {len(given)} came"
        pairs = enumerate(zip(given, right, strict=True))
        place, (g, r) = next((n, p) for n, p in pairs if not same(*p))
        return f"value {place}: {difference(g, r)}"
    if isinstance(right, (int, float)) and not isinstance(right, bool):
        if isinstance(given, torch.Tensor) and given.numel() == 1:
            given = given.item()
        if isinstance(given, (int, float)) and not isinstance(given, bool):
            return f"{show(given)} is too {'low' if given < right else 'high'}"
        return f"a number is wanted, {_kind(given)} came"
    return f"{show(given)} is not it"


def _kind(value: Any) -> str:
    if value is None:
        return "None (is a return missing?)"
    return f"{type(value).__name__}"
