"""The transposed convolution: each input cell stamps the kernel into the output."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from ..shapes import conv_transpose_output_size
from ._base import Explorer
from ._picture import Picture, number
from ._state import Choice, Grid, Whole

SIDE, KERNEL, STRIDE, PADDING = 3, 4, 3, 3
FITTING = ("X", "K", "stride", "padding")  # have to leave some output


class Stamp(Explorer):
    """A transposed convolution, stamp by stamp; the reader predicts where they overlap.

    Args:
        X: input, 1 to 3 rows and columns; lists, arrays or tensors.
        K: kernel, 1 to 4 rows and columns.
        stride: output cells between neighbouring stamps, 1 to 3.
        padding: rows and columns that are cut off on each side, 0 to 3.
        at: the last stamp that is down, counted in X's reading order.
        row, column: an output cell that is looked at.
        about: the line below is about the last "stamp" or about the "cell".
        shown: "ask" (each value is asked for), "step" or "all".
        cells: the output prints "sums" or how many "stamps" land on a cell.

    Raises:
        traitlets.TraitError: not finite numbers, too large, or a padding that leaves
            no output.
    """

    concept = "stamp"
    X = Grid(np.arange(4).reshape(2, 2), (1, SIDE), (1, SIDE), 999)
    K = Grid(np.arange(4).reshape(2, 2), (1, KERNEL), (1, KERNEL), 999)
    stride = Whole(1, STRIDE, 1)
    padding = Whole(0, PADDING, 0)
    at = Whole(0, SIDE * SIDE - 1, 0)
    row = Whole(0, 9, 1)
    column = Whole(0, 9, 1)
    about = Choice("cell", "stamp")
    shown = Choice("ask", "step", "all")
    cells = Choice("sums", "stamps")

    def __init__(self, X: Any = None, K: Any = None, **options: Any) -> None:
        given = {"X": X, "K": K, **options}
        super().__init__(**{k: v for k, v in given.items() if v is not None})

    @traitlets.validate(*FITTING)
    def _fits(self, proposal: Any) -> Any:
        new = {proposal["trait"].name: proposal["value"]}
        X, K, s, p = (new.get(n, getattr(self, n)) for n in FITTING)
        try:
            for n, k in zip(X.shape, K.shape, strict=True):
                conv_transpose_output_size(n, k, s, p)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None
        return proposal["value"]

    def _stamped(self, X: np.ndarray, K: np.ndarray) -> np.ndarray:
        """The sum of all stamps, before anything is cut off."""
        (h, w), (kh, kw), s = X.shape, K.shape, self.stride
        out = np.zeros(((h - 1) * s + kh, (w - 1) * s + kw))
        for (i, j), value in np.ndenumerate(X):
            out[i * s : i * s + kh, j * s : j * s + kw] += value * K
        return out

    def _cut(self, full: np.ndarray) -> np.ndarray:
        p = self.padding
        return full[p : full.shape[0] - p, p : full.shape[1] - p]

    @property
    def Y(self) -> np.ndarray:
        """The output, ((h − 1)s + kh − 2p, (w − 1)s + kw − 2p), float64."""
        return self._cut(self._stamped(self.X, self.K))

    @property
    def stamps(self) -> np.ndarray:
        """How many stamps land on each output cell, int64, of Y's shape."""
        counts = self._stamped(np.ones_like(self.X), np.ones_like(self.K))
        return self._cut(counts).astype(np.int64)

    def place(self) -> tuple[int, int]:
        """The cell that is looked at, within Y."""
        rows, cols = self.Y.shape
        return min(self.row, rows - 1), min(self.column, cols - 1)

    def picture(self) -> Picture:
        counts = self.cells == "stamps"
        hidden = np.full(self.Y.shape, not counts and self.shown != "all")
        return (
            Picture()
            .grid("Input", self.X, "input")
            .sign("stamps")
            .grid("Kernel", self.K, "kernel")
            .sign("→")
            .grid(
                "Stamps" if counts else "Output",
                self.stamps if counts else self.Y,
                "output",
                current=self.place(),
                hidden=hidden,
            )
        )

    def sentence(self) -> str:
        (h, w), (kh, kw) = self.X.shape, self.K.shape
        rows, cols = self.Y.shape
        i, j = self.place()
        asked = self.shown != "all"
        value = "a number to predict" if asked else number(self.Y[i, j])
        landed = int(self.stamps[i, j])
        return (
            f"A transposed convolution: each cell of a {h} × {w} input stamps a "
            f"{kh} × {kw} kernel, times its value, into the output, {self.stride} "
            f"cell{'s' * (self.stride > 1)} apart. The output is {rows} × {cols}; at "
            f"[{i}, {j}] {landed} stamp{'s' * (landed != 1)} "
            f"add{'s' * (landed == 1)} up to {value}."
        )
