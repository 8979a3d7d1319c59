"""Traits of an explorer's variables: checked on the way in, plain JSON on the way out.

Each says its limits by `rule()`, in the words of ``static/store.js``, where the
page holds the same limits; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets


def to_array(value: Any, what: str) -> np.ndarray:
    """Numbers of any kind (lists, arrays, tensors on any device) as float64.

    Raises:
        traitlets.TraitError: not numbers, or not finite.
    """
    if hasattr(value, "detach"):  # a tensor; torch itself is not needed here
        value = value.detach().cpu().double().numpy()
    try:
        out = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        msg = f"{what} must be numbers, got {type(value).__name__}: {error}"
        raise traitlets.TraitError(msg) from None
    if not np.isfinite(out).all():
        msg = f"{what} must be finite, got {out[~np.isfinite(out)][:3]}"
        raise traitlets.TraitError(msg)
    return out


class Whole(traitlets.Int):
    """A whole number from ``low`` to ``high``."""

    def __init__(self, low: int, high: int, default: int) -> None:
        super().__init__(default, min=low, max=high)
        self.tag(sync=True, variable=True)

    def validate(self, obj: Any, value: Any) -> int:
        if isinstance(value, bool):
            self.error(obj, value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # the page knows one kind of number
        return super().validate(obj, value)

    def rule(self) -> dict:
        return {"kind": "whole", "low": self.min, "high": self.max}


class Real(traitlets.CFloat):
    """A number from ``low`` to ``high``."""

    def __init__(self, low: float, high: float, default: float) -> None:
        super().__init__(default, min=low, max=high)
        self.tag(sync=True, variable=True)

    def validate(self, obj: Any, value: Any) -> float:
        array = to_array(value, self.name)
        if array.size != 1:
            msg = f"{self.name} must be one number, got shape {array.shape}"
            raise traitlets.TraitError(msg)
        return super().validate(obj, array.item())

    def rule(self) -> dict:
        return {"kind": "real", "low": self.min, "high": self.max}


class Flag(traitlets.Bool):
    """On or off."""

    def __init__(self, default: bool = False) -> None:
        super().__init__(default)
        self.tag(sync=True, variable=True)

    def validate(self, obj: Any, value: Any) -> bool:
        if not isinstance(value, bool):  # 0 and 1 too: the page would refuse them
            self.error(obj, value)
        return value

    def rule(self) -> dict:
        return {"kind": "flag"}


class Choice(traitlets.Enum):
    """One of a few words; the first, unless said otherwise, is where it starts."""

    def __init__(self, *options: str, default: str | None = None) -> None:
        super().__init__(options, default_value=default or options[0])
        self.tag(sync=True, variable=True)

    def rule(self) -> dict:
        return {"kind": "choice", "options": list(self.values)}


class Numbers(traitlets.TraitType):
    """An array of float64, as a nested list on the wire.

    Takes lists, NumPy arrays and tensors, and copies them; gives a NumPy array
    that cannot be written to, so that a change always goes through the trait.
    """

    def __init__(self, default: Any, limit: float = 1e6) -> None:
        self.limit = limit
        super().__init__(self._locked(np.array(default, dtype=np.float64)))
        self.tag(
            sync=True,
            variable=True,
            to_json=lambda value, _: value.tolist(),
            from_json=lambda value, _: value,
        )

    @staticmethod
    def _locked(array: np.ndarray) -> np.ndarray:
        array.setflags(write=False)
        return array

    def set(self, obj: Any, value: Any) -> None:
        """As for other traits, without asking an array for its truth."""
        new = self._validate(obj, value)
        old = obj._trait_values.get(self.name, self.default_value)
        obj._trait_values[self.name] = new
        if not np.array_equal(old, new):
            obj._notify_trait(self.name, old, new)

    def validate(self, obj: Any, value: Any) -> np.ndarray:
        array = to_array(value, self.name)
        self.check_shape(array.shape)
        if array.size and np.abs(array).max() > self.limit:
            msg = f"{self.name} must lie within ±{self.limit:g}"
            raise traitlets.TraitError(msg)
        return self._locked(array)

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Raise TraitError for a shape that the explorer cannot show."""


class Grid(Numbers):
    """A 2-D array with ``rows`` and ``cols`` each given as (least, most)."""

    def __init__(
        self,
        default: Any,
        rows: tuple[int, int],
        cols: tuple[int, int],
        limit: float = 1e6,
    ) -> None:
        self.rows, self.cols = rows, cols
        super().__init__(default, limit)

    def check_shape(self, shape: tuple[int, ...]) -> None:
        fits = len(shape) == 2 and all(
            least <= n <= most
            for n, (least, most) in zip(shape, (self.rows, self.cols), strict=True)
        )
        if not fits:
            msg = (
                f"{self.name} must have {self.rows[0]} to {self.rows[1]} rows and "
                f"{self.cols[0]} to {self.cols[1]} columns, got shape {shape}"
            )
            raise traitlets.TraitError(msg)

    def rule(self) -> dict:
        sides = {"rows": list(self.rows), "cols": list(self.cols)}
        return {"kind": "grid", **sides, "limit": self.limit}


class Block(Numbers):
    """An array with several axes; ``sides`` gives each as (least, most)."""

    def __init__(
        self, default: Any, sides: Sequence[tuple[int, int]], limit: float = 1e6
    ) -> None:
        self.sides = tuple(sides)
        super().__init__(default, limit)

    def check_shape(self, shape: tuple[int, ...]) -> None:
        fits = len(shape) == len(self.sides) and all(
            least <= n <= most
            for n, (least, most) in zip(shape, self.sides, strict=True)
        )
        if not fits:
            sides = ", ".join(f"{least} to {most}" for least, most in self.sides)
            msg = f"{self.name} must have the shape ({sides}), got {shape}"
            raise traitlets.TraitError(msg)

    def rule(self) -> dict:
        sides = [list(side) for side in self.sides]
        return {"kind": "block", "sides": sides, "limit": self.limit}


class NumberList(Numbers):
    """A list of ``count`` = (least, most) numbers from ``low`` to ``high``."""

    def __init__(
        self, default: Sequence[float], count: tuple[int, int], low: float, high: float
    ) -> None:
        self.count, self.low, self.high = count, low, high
        super().__init__(default, max(abs(low), abs(high)))

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 1 or not self.count[0] <= shape[0] <= self.count[1]:
            msg = (
                f"{self.name} must hold {self.count[0]} to {self.count[1]} numbers, "
                f"got shape {shape}"
            )
            raise traitlets.TraitError(msg)

    def validate(self, obj: Any, value: Any) -> np.ndarray:
        array = super().validate(obj, value)
        if array.size and not (self.low <= array.min() <= array.max() <= self.high):
            msg = f"{self.name} must lie from {self.low:g} to {self.high:g}"
            raise traitlets.TraitError(msg)
        return array

    def rule(self) -> dict:
        count = list(self.count)
        return {"kind": "list", "count": count, "low": self.low, "high": self.high}
