"""Correlation by hand: input, kernel, window, and the sum term by term."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from ._base import Explorer
from ._picture import Picture, number
from ._state import Choice, Flag, Grid, Whole

SIDE = 9


class Correlate(Explorer):
    """A kernel K slides over an input X; the reader predicts, then sees, Y.

    Args:
        X: input, 1 to 9 rows and columns; lists, arrays or tensors.
        K: kernel, no larger than X.
        row, column: the window's place, an index into Y.
        flip: strict convolution, with the kernel turned by 180°.
        shown: "all", "predict" (each value is asked for) or "step".

    Raises:
        traitlets.TraitError: not finite numbers, too large, or K larger than X.
    """

    concept = "correlate"
    X = Grid(np.arange(9).reshape(3, 3), (1, SIDE), (1, SIDE), 999)
    K = Grid(np.arange(4).reshape(2, 2), (1, SIDE), (1, SIDE), 999)
    row = Whole(0, SIDE - 1, 0)
    column = Whole(0, SIDE - 1, 0)
    flip = Flag()
    shown = Choice("predict", "step", "all")

    def __init__(self, X: Any = None, K: Any = None, **options: Any) -> None:
        given = {"X": X, "K": K, **options}
        super().__init__(**{k: v for k, v in given.items() if v is not None})

    @traitlets.validate("X", "K")
    def _fits(self, proposal: Any) -> np.ndarray:
        new = {proposal["trait"].name: proposal["value"]}
        X, K = new.get("X", self.X), new.get("K", self.K)
        if any(k > x for k, x in zip(K.shape, X.shape, strict=True)):
            msg = f"a kernel of shape {K.shape} does not fit into X of shape {X.shape}"
            raise traitlets.TraitError(msg)
        return proposal["value"]

    @property
    def Y(self) -> np.ndarray:
        """The output, (h − kh + 1, w − kw + 1), float64."""
        K = self.K[::-1, ::-1] if self.flip else self.K
        windows = np.lib.stride_tricks.sliding_window_view(self.X, K.shape)
        return np.einsum("ijab,ab->ij", windows, K)

    def place(self) -> tuple[int, int]:
        """The window's place, within Y."""
        rows, cols = self.Y.shape
        return min(self.row, rows - 1), min(self.column, cols - 1)

    def picture(self) -> Picture:
        i, j = self.place()
        hidden = np.full(self.Y.shape, self.shown != "all")
        if self.shown == "step":
            hidden.flat[: i * self.Y.shape[1] + j + 1] = False
        return (
            Picture()
            .grid("Input", self.X, "input", window=(i, j, *self.K.shape))
            .sign("∗" if self.flip else "⋆")
            .grid("Kernel", self.K, "kernel")
            .sign("=")
            .grid("Output", self.Y, "output", current=(i, j), hidden=hidden)
        )

    def sentence(self) -> str:
        (h, w), (kh, kw) = self.X.shape, self.K.shape
        i, j = self.place()
        K = self.K[::-1, ::-1] if self.flip else self.K
        terms = [
            f"{number(x)}×{number(k)}"
            for x, k in zip(self.X[i : i + kh, j : j + kw].flat, K.flat, strict=True)
        ]
        name = "Strict convolution" if self.flip else "Correlation"
        total = (
            "a number to predict" if self.shown == "predict" else number(self.Y[i, j])
        )
        return (
            f"{name} of a {h} × {w} input with a {kh} × {kw} kernel. The window "
            f"stands at [{i}, {j}]: {' + '.join(terms)} = {total}."
        )
