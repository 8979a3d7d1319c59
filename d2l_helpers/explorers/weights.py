"""A layer from picture to picture as one matrix, before and after the two wishes."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from ._base import Explorer, encoded
from ._picture import Picture, diverging, number
from ._state import Choice, Flag, Whole, to_array

N = 6
CELLS, OFFSETS = N * N, 2 * N - 1
LIMIT = 3.0  # ends of the colour map
# lit cells of each pattern, from its upper left corner
PATTERNS = {"dot": [(0, 0)], "hook": [(0, 0), (1, 0), (1, 1)]}


def offsets() -> tuple[np.ndarray, np.ndarray]:
    """For each entry of the matrix, rows down and columns right: (36, 36), int."""
    i, j = np.divmod(np.arange(CELLS), N)
    return i[None, :] - i[:, None], j[None, :] - j[:, None]


class Weights(Explorer):
    """The 36×36 weight matrix of a dense layer from 6×6 to 6×6 pixels.

    Two wishes are granted or not: the same everywhere (`tied`) and near first
    (`near`). The reader moves a pattern and sees whether the response moves along.

    Args:
        free: (36, 36), one weight for each pair of an output and an input place.
        V: (11, 11), one weight for each offset from −5 to 5; offset 0 is at index 5.
            Both are drawn from `seed` where they are not given, and are kept as
            float32.
        seed: of NumPy's generator.
        tied: every unit has the same weights, V.
        near: the radius Δ beyond which weights are zero, 1 or 2; 0 for no limit.
        pattern: "dot" or "hook", lit cells of value 1.
        row, column: the pattern's upper left corner; it stays within the input.
        unit, pixel: the chosen entry of W, 6·row + column of its output and input.
        counts: "ask" for each count before it is shown, or "show" all.

    Raises:
        traitlets.TraitError: weights of another shape, or not finite.
    """

    concept = "weights"
    tied = Flag()
    near = Whole(0, 2, 0)
    pattern = Choice("dot", "hook")
    row = Whole(0, N - 1, 2)
    column = Whole(0, N - 1, 2)
    unit = Whole(0, CELLS - 1, 15)
    pixel = Whole(0, CELLS - 1, 14)
    counts = Choice("ask", "show")

    def __init__(
        self, free: Any = None, V: Any = None, *, seed: int = 0, **options: Any
    ) -> None:
        draw = np.random.default_rng(seed).standard_normal
        shapes = {"free": (CELLS, CELLS), "V": (OFFSETS, OFFSETS)}
        given = {}
        for (name, shape), values in zip(shapes.items(), (free, V), strict=True):
            array = draw(shape) if values is None else to_array(values, name)
            if array.shape != shape:
                msg = f"{name} must have the shape {shape}, got {array.shape}"
                raise traitlets.TraitError(msg)
            given[name] = array.astype(np.float32)
        self._free, self._V = (a.astype(np.float64) for a in given.values())
        data = {
            "free": encoded(given["free"], "<f4"),
            "tied": encoded(given["V"], "<f4"),
        }
        super().__init__(data=data, **options)

    @property
    def W(self) -> np.ndarray:
        """The weight matrix as the wishes leave it: (36, 36), float64.

        Row 6·i + j belongs to output [i, j], column 6·k + l to input [k, l].
        """
        a, b = offsets()
        W = self._V[a + N - 1, b + N - 1] if self.tied else self._free
        near = (abs(a) <= self.near) & (abs(b) <= self.near)
        return np.where(near, W, 0.0) if self.near else W.copy()

    @property
    def X(self) -> np.ndarray:
        """The input with its pattern: (6, 6), zeros and ones, float64."""
        X = np.zeros((N, N))
        i, j = self.place()
        for a, b in PATTERNS[self.pattern]:
            X[i + a, j + b] = 1
        return X

    @property
    def H(self) -> np.ndarray:
        """The response W x: (6, 6), float64."""
        return (self.W @ self.X.ravel()).reshape(N, N)

    @property
    def count(self) -> int:
        """How many different weights are left."""
        return weights_left(N, tied=self.tied, near=self.near)

    def place(self) -> tuple[int, int]:
        """The nearest place where the whole pattern fits."""
        down, right = np.max(PATTERNS[self.pattern], axis=0).tolist()
        return min(self.row, N - 1 - down), min(self.column, N - 1 - right)

    def picture(self) -> Picture:
        return (
            Picture()
            .image("Weights W", diverging(self.W, LIMIT), "kernel", size=252)
            .sign("×")
            .image("Input X", (255 * self.X).astype(np.uint8), "input", size=144)
            .sign("=")
            .image("Response H", diverging(self.H, LIMIT), "output", size=144)
        )

    def sentence(self) -> str:
        kind = "the same everywhere" if self.tied else "free"
        near = f", zero beyond a radius of {self.near}" if self.near else ""
        return (
            f"A layer from 6 × 6 to 6 × 6 pixels as a 36 × 36 matrix. Its weights are "
            f"{kind}{near}: {self.count:,} different ones. A {self.pattern} at "
            f"{list(self.place())} gives a response from {number(self.H.min())} to "
            f"{number(self.H.max())}."
        )


def weights_left(n: int, *, tied: bool, near: int = 0) -> int:
    """Different weights of a layer from n×n to n×n pixels, without biases.

    near: the radius beyond which weights are zero; 0 for no limit.
    """
    if tied:
        return (2 * (near or n - 1) + 1) ** 2
    if not near:
        return n**4
    # along one axis: 2Δ + 1 for each of n places, less what sticks out
    return (n * (2 * near + 1) - near * (near + 1)) ** 2
