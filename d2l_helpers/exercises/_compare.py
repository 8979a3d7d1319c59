"""Are two answers the same, and if not, how do they differ?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

RTOL, ATOL = 1e-4, 1e-5
KINDS = {
    torch.Tensor: "a tensor", np.ndarray: "an array", type(None): "None",
    list: "a list", tuple: "a tuple", dict: "a dictionary", set: "a set",
    str: "a text", bool: "a bool", (int, float, np.number): "a number",
}  # fmt: skip


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
            rounded = [_short(v) for v in value.detach().flatten().tolist()]
            exact = torch.tensor(rounded, dtype=torch.float64)
            numbers = exact.reshape(value.shape).tolist()
            return str(numbers).replace(".0,", ",").replace(".0]", "]")
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, float):
        return f"{value:.4g}"
    parts = value if isinstance(value, (tuple, list)) else ()
    if any(isinstance(part, torch.Tensor) for part in parts):
        return f"({', '.join(map(show, parts))})"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def came(values: Sequence) -> str:
    """What was handed in, by its kinds: "a list and an array came"."""
    kinds = [
        next((name for kind, name in KINDS.items() if isinstance(value, kind)), "")
        or f"an object of type {type(value).__name__}"
        for value in values
    ]
    whole = f": {show(values[0])}" if len(values) == 1 else ""
    return f"{', '.join(kinds[:-1])}{' and ' * (len(kinds) > 1)}{kinds[-1]} came{whole}"


def in_form(given: Sequence, right: Sequence) -> str:
    """What is wrong with the form of all answers alike; "" for nothing."""
    pairs = [(alike(g, r), r) for g, r in zip(given, right, strict=True)]
    if not all(isinstance(r, torch.Tensor) for _, r in pairs):
        return ""
    kinds = {type(g) for g, _ in pairs}
    if kinds <= {list, tuple, float, int, str, dict}:
        return f"a tensor is wanted, {came([pairs[0][0]]).split(':')[0]}"
    if all(
        isinstance(g, torch.Tensor)
        and g.numel() == r.numel()
        and same(g.reshape(r.shape), r)
        for g, r in pairs
    ):
        return "the numbers are right, but their shape is not"
    return ""


def has_callable(value: Any) -> bool:
    """Is it a function or a network, or does it hold one?"""
    if isinstance(value, dict):
        value = tuple(value.values())
    return callable(value) or (
        isinstance(value, (list, tuple)) and any(map(has_callable, value))
    )


def floating(value: Any) -> bool:
    """Is it a tensor that a gradient can come back to?"""
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _short(value: float) -> float:
    return float(f"{value:.3g}") + 0.0 if abs(value) < 0.1 else round(value, 3)


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
