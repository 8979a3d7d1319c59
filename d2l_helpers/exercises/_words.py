"""Values in words: what a verdict shows of an answer, whatever it is."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

KINDS = {
    type(None): "None", list: "a list", tuple: "a tuple", dict: "a dictionary",
    set: "a set", str: "a text", bool: "a bool", (int, float): "a number",
    complex: "a complex number", torch.nn.Module: "a network",
}  # fmt: skip

_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 60
_short.maxlist = _short.maxtuple = 9


def show(value: Any) -> str:
    """A value in a few words: small ones whole, large ones by their shape."""
    try:
        return _shown(value)
    except Exception:  # a __repr__ may do anything
        return kind(value)


def _shown(value: Any) -> str:
    if isinstance(value, Tensor):
        small = value.layout == torch.strided and not (
            value.is_meta or value.is_nested or value.is_quantized
        )
        if small and value.numel() <= 12 and value.dim() <= 2:
            return str(_nested(value.detach().tolist()))
        return kind(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        parts = [show(part) for part in value[:9]] + ["…"] * (len(value) > 9)
        if len(text := ", ".join(parts)) <= 200:
            ends = "[]" if isinstance(value, list) else "()"
            return f"{ends[0]}{text}{ends[1]}"
        return kind(value)
    if isinstance(value, (torch.nn.Module, np.ndarray)) and len(repr(value)) > 60:
        return kind(value)
    return _short.repr(value)


def _nested(value: Any) -> Any:
    """Rounded, and whole numbers without their point."""
    if isinstance(value, list):
        return [_nested(part) for part in value]
    if not isinstance(value, float):
        return value
    small = abs(value) < 0.1
    value = float(f"{value:.3g}") + 0.0 if small else round(value, 3)
    return int(value) if value.is_integer() else value


def kind(value: Any) -> str:
    """What kind of value it is: "a tensor of shape (2, 3)", "a list of 4"."""
    if isinstance(value, Tensor):
        if value.is_nested:
            return "a nested tensor"
        words = [
            word
            for word, true in (
                ("complex", value.is_complex()),
                ("quantized", value.is_quantized),
                ("sparse", value.layout != torch.strided),
            )
            if true
        ]
        where = " on the meta device" if value.is_meta else ""
        what = " ".join(["a", *words, "tensor"])
        return f"{what} of shape {tuple(value.shape)}{where}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    for kinds, word in KINDS.items():
        if isinstance(value, kinds):
            counted = type(value) in (list, tuple, set, dict)
            return f"{word} of {len(value)}" if counted else word
    name = type(value).__name__
    return f"{'an' if name[:1] in 'aeioAEIO' else 'a'} {name}"


def came(values: Sequence) -> str:
    """What was handed in: "a list of 2 and an array of shape (3,) came"."""
    kinds = [kind(value) for value in values]
    whole = f": {show(values[0])}" if len(values) == 1 else ""
    whole = whole if whole != f": {kinds[0]}" else ""
    return f"{', '.join(kinds[:-1])}{' and ' * (len(kinds) > 1)}{kinds[-1]} came{whole}"
