"""The numbers of a quick check: plain ones, and mistakes that can be told apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any, what: str) -> float | int | list:
    """A plain number, or a list of them for a shape.

    Raises:
        TypeError: ``value`` is no number.
        ValueError: it is not finite.
    """
    if isinstance(value, (list, tuple)):
        return [plain(v, what) for v in value]
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        msg = f"{what} must be a number, got {value!r}"
        raise TypeError(msg)
    if not math.isfinite(value):
        msg = f"{what} must be finite, got {value}"
        raise ValueError(msg)
    return int(value) if float(value).is_integer() else value


def _close(a: Any, b: Any, within: float) -> bool:
    """Does one answer serve for both?"""
    if isinstance(a, list) or isinstance(b, list):
        pairs = zip(a, b, strict=True)
        return len(a) == len(b) and all(_close(x, y, within) for x, y in pairs)
    return abs(a - b) <= within + 1e-9 * abs(b)


def _printed(value: Any, like: Any) -> Any:
    """A number to as many places as another one has."""
    if isinstance(value, list):
        return [_printed(v, w) for v, w in zip(value, like, strict=True)]
    return round(value, len(f"{like}".partition(".")[2]))


def told_apart(
    slips: Mapping[str, Any], draw: dict[str, Any], right: Any, within: float
) -> tuple[list[list], str]:
    """What each mistake gives in a draw, as [number, sentence]; and what clashes.

    A mistake is a number or a function of the draw's values, None where it cannot be
    made. It clashes where the page could not tell it from the right answer, which may
    be off by ``within``, or from another mistake, of which all printed digits count.
    "" if none does.
    """
    found: list[list] = []
    for sentence, given in slips.items():
        value = given(**draw) if callable(given) else given
        if value is None:
            continue
        number = plain(value, sentence)
        others = [
            s
            for v, s in found
            if _close(v, number, within)
            and (_printed(v, number) == number or _printed(number, v) == v)
        ]
        if _close(number, right, within):
            others = ["the right answer"]
        if others:
            return found, f"{sentence!r} and {others[0]!r} are both {number}"
        found.append([number, sentence])
    return found, ""
