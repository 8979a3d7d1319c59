"""Four ways to halve a picture, before and after it moves by a pixel."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from ._base import Explorer, encoded
from ._picture import Picture, to_bytes
from ._state import Choice, Whole, to_array

MARGIN = 4  # blank pixels around the picture
MOST = 3  # pixels of shift, so that nothing is cut off
SIDE = 32  # of a picture, at most
PICTURES = 8  # at most
SAME = 1e-6  # numbers closer than this count as equal
NAMES = {
    "strided": "every second pixel",
    "max": "maximum 2/2",
    "average": "average 2/2",
    "blurred": "maximum 2/1, blur 3/2",
}


def _shrink(X: np.ndarray, kind: str) -> np.ndarray:
    """X (h, w), both even, with half the rows and columns."""
    if kind == "strided":
        return X[::2, ::2]
    if kind != "blurred":
        blocks = X.reshape(X.shape[0] // 2, 2, X.shape[1] // 2, 2)
        return blocks.max((1, 3)) if kind == "max" else blocks.mean((1, 3))
    pairs = np.maximum(X[:-1], X[1:])
    top = np.pad(np.maximum(pairs[:, :-1], pairs[:, 1:]), 1)
    rows = (top[:-2] + 2 * top[1:-1] + top[2:])[::2] / 4
    return (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:])[:, ::2] / 4


class Pooling(Explorer):
    """A picture moves over the grid of pooling windows; which cells change?

    Args:
        pictures: name → picture (h, w) with values from 0 to 1, all of one size,
            both sides even and at most 32; one to eight of them. They are kept
            as 256 grey levels.
        which: the picture that is shown, from 0.
        kind: "max" (2/2), "strided" (every second pixel), "average" (2/2) or
            "blurred" (maximum 2/1, then blur 3/2).
        dx, dy: pixels to the right and down, −3 to 3.
        row, column: the chosen cell of the map.
        view: "map" or "change".
        against: compare with the map before the shift ("still"), or with the
            best of its moves by whole cells ("moved").

    Raises:
        traitlets.TraitError: pictures that are no numbers, of unequal, odd or
            too large sizes, or outside 0 to 1; settings out of range.
    """

    concept = "pooling"
    which = Whole(0, PICTURES - 1, 0)
    kind = Choice("strided", "max", "average", "blurred", default="max")
    dx = Whole(-MOST, MOST, 0)
    dy = Whole(-MOST, MOST, 0)
    row = Whole(0, SIDE // 2 + MARGIN - 1, 8)
    column = Whole(0, SIDE // 2 + MARGIN - 1, 8)
    view = Choice("map", "change")
    against = Choice("still", "moved")

    def __init__(self, pictures: Mapping[str, Any], **options: Any) -> None:
        levels = {str(name): self._levels(v, str(name)) for name, v in pictures.items()}
        shapes = {array.shape for array in levels.values()}
        if len(shapes) != 1 or len(levels) > PICTURES:
            msg = f"1 to {PICTURES} pictures of one size, got sizes {sorted(shapes)}"
            raise traitlets.TraitError(msg)
        data = {
            "names": list(levels),
            "size": list(shapes.pop()),
            "pictures": [encoded(array, "u1") for array in levels.values()],
        }
        super().__init__(data=data, **options)

    @staticmethod
    def _levels(values: Any, name: str) -> np.ndarray:
        """A picture as grey levels, uint8."""
        array = to_array(values, name)
        sides = array.ndim == 2 and all(
            2 <= n <= SIDE and n % 2 == 0 for n in array.shape
        )
        if not sides or array.min() < 0 or array.max() > 1:
            msg = (
                f"{name} must be a picture (h, w) with values from 0 to 1, both "
                f"sides even and at most {SIDE}, got shape {array.shape}"
            )
            raise traitlets.TraitError(msg)
        return to_bytes(array)

    @classmethod
    def example(cls) -> Pooling:
        from d2l_helpers.examples import boot, dot, plaid

        return cls({"boot": boot(), "plaid": plaid(), "dot": dot(28, 13, 13)})

    def _canvas(self, dy: int, dx: int) -> np.ndarray:
        which = min(self.which, len(self.data["names"]) - 1)
        raw = base64.b64decode(self.data["pictures"][which])
        levels = np.frombuffer(raw, np.uint8).reshape(self.data["size"])
        top, left = MARGIN + dy, MARGIN + dx
        sides = ((top, 2 * MARGIN - top), (left, 2 * MARGIN - left))
        return np.pad(levels / 255, sides)

    @property
    def X(self) -> np.ndarray:
        """The picture on its canvas, 8 rows and columns larger, moved; float64."""
        return self._canvas(self.dy, self.dx)

    @property
    def before(self) -> np.ndarray:
        """The map of the picture that has not moved."""
        return _shrink(self._canvas(0, 0), self.kind)

    @property
    def Z(self) -> np.ndarray:
        """The map of the moved picture; the canvas is blank beyond its border."""
        return _shrink(self.X, self.kind)

    @property
    def flicker(self) -> tuple[int, int]:
        """How many cells the shift changes, of those not blank before or after."""
        before, after = self.before, self.Z
        seen = (before != 0) | (after != 0)
        return int((np.abs(after - before) > SAME).sum()), int(seen.sum())

    def cell(self) -> tuple[int, int]:
        """The chosen cell, within the map."""
        rows, cols = self.Z.shape
        return min(self.row, rows - 1), min(self.column, cols - 1)

    def _way(self) -> str:
        """The shift in words; "" for none."""
        parts = [
            f"{abs(n)} pixel{'s' * (abs(n) > 1)} {less if n < 0 else more}"
            for n, less, more in ((self.dy, "up", "down"), (self.dx, "left", "right"))
            if n
        ]
        return " and ".join(parts)

    def picture(self) -> Picture:
        picture = Picture().image("Picture", to_bytes(self.X), "input").sign("→")
        picture.image(NAMES[self.kind], to_bytes(self.Z), "output")
        if self._way():
            difference = to_bytes(np.abs(self.Z - self.before))
            picture.image("size of change", difference, "gradient")
        return picture

    def sentence(self) -> str:
        name = self.data["names"][min(self.which, len(self.data["names"]) - 1)]
        h, w = self.Z.shape
        start = f"The picture {name}, halved to {h} × {w} cells by {NAMES[self.kind]}"
        changed, cells = self.flicker
        if not self._way():
            return f"{start}, before it moves: {cells} cells are not blank."
        return f"{start}, {self._way()}: {changed} of {cells} cells change."
