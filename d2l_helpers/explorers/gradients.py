"""Backwards through a correlation or a pooling, term by term, and by nudging."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from ._base import Explorer
from ._picture import Picture, number
from ._state import Choice, Grid, Whole

SIDE = 6
WINDOW = 2  # side of a pooling window


class Gradients(Explorer):
    """Where a gradient G of the output goes: to the input and to the kernel.

    Args:
        X: input, 2 to 6 rows and columns; lists, arrays or tensors.
        K: kernel, 1 to 3 rows and columns, no larger than X.
        G: gradient of the output, cut or filled up with zeros to its shape;
            ones by default.
        op: "correlation", "convolution" (strict), "max" or "average" (2×2).
        stride: 1 or 2, of the kernel or of the pooling window.
        of: whose sum is written: "K", "X", or "Y" for what one output sends.
        row, column: the chosen number, an index into K, X or Y.
        shown: "ask" (each number is asked for before it shows) or "all".

    Raises:
        traitlets.TraitError: not finite numbers, too large, or K larger than X.
    """

    concept = "gradients"
    X = Grid(np.arange(9).reshape(3, 3), (2, SIDE), (2, SIDE), 99)
    K = Grid(np.arange(4).reshape(2, 2), (1, 3), (1, 3), 99)
    G = Grid(np.ones((2, 2)), (1, SIDE), (1, SIDE), 99)
    op = Choice("correlation", "convolution", "max", "average")
    stride = Whole(1, 2, 1)
    of = Choice("K", "X", "Y")
    row = Whole(0, SIDE - 1, 0)
    column = Whole(0, SIDE - 1, 0)
    shown = Choice("ask", "all")

    def __init__(
        self, X: Any = None, K: Any = None, G: Any = None, **options: Any
    ) -> None:
        given = {"X": X, "K": K, "G": G, **options}
        super().__init__(**{k: v for k, v in given.items() if v is not None})
        if G is None:
            self.G = np.ones(self.Y.shape)

    @traitlets.validate("X", "K")
    def _fits(self, proposal: Any) -> np.ndarray:
        new = {proposal["trait"].name: proposal["value"]}
        X, K = new.get("X", self.X), new.get("K", self.K)
        if any(k > x for k, x in zip(K.shape, X.shape, strict=True)):
            msg = f"a kernel of shape {K.shape} does not fit into X of shape {X.shape}"
            raise traitlets.TraitError(msg)
        return proposal["value"]

    @property
    def pools(self) -> bool:
        """Is the operation a pooling, without a kernel?"""
        return self.op in ("max", "average")

    def _weights(self) -> np.ndarray:
        """What lies on a window, as it lies there; a mean for both poolings."""
        if self.pools:
            return np.full((WINDOW, WINDOW), 1 / WINDOW**2)
        return self.K[::-1, ::-1] if self.op == "convolution" else self.K

    def _windows(self) -> np.ndarray:
        """Every window of X, (rows, columns, kh, kw)."""
        shape = self._weights().shape
        every = np.lib.stride_tricks.sliding_window_view(self.X, shape)
        return every[:: self.stride, :: self.stride]

    @property
    def Y(self) -> np.ndarray:
        """The output, float64."""
        windows = self._windows()
        if self.op == "max":
            return windows.max((2, 3))
        return np.einsum("ijab,ab->ij", windows, self._weights())

    @property
    def upstream(self) -> np.ndarray:
        """G in the output's shape: cut, or filled up with zeros."""
        out = np.zeros(self.Y.shape)
        rows, cols = np.minimum(out.shape, self.G.shape)
        out[:rows, :cols] = self.G[:rows, :cols]
        return out

    @property
    def dX(self) -> np.ndarray:
        """∂L/∂X for L = ΣG·Y; a maximum gives all to the first of equals."""
        out, windows, weights = np.zeros(self.X.shape), self._windows(), self._weights()
        kh, kw = weights.shape
        for (i, j), g in np.ndenumerate(self.upstream):
            share = weights
            if self.op == "max":
                share = np.zeros(weights.shape)
                share.flat[windows[i, j].argmax()] = 1
            u, v = self.stride * i, self.stride * j
            out[u : u + kh, v : v + kw] += g * share
        return out

    @property
    def dK(self) -> np.ndarray:
        """∂L/∂K; zeros for a pooling, which has no kernel."""
        if self.pools:
            return np.zeros(self.K.shape)
        out = np.einsum("ij,ijab->ab", self.upstream, self._windows())
        return out[::-1, ::-1] if self.op == "convolution" else out

    @property
    def db(self) -> float:
        """∂L/∂b of a bias that is added to every output: ΣG; 0 for a pooling."""
        return 0.0 if self.pools else float(self.upstream.sum())

    def chosen(self) -> tuple[str, int, int]:
        """What is chosen, within the shapes that there are."""
        of = self.of
        if (of == "Y" and self.shown == "ask") or (of == "K" and self.pools):
            of = "X" if self.pools else "K"
        rows, cols = {"K": self.K, "X": self.X, "Y": self.Y}[of].shape
        return of, min(self.row, rows - 1), min(self.column, cols - 1)

    def picture(self) -> Picture:
        asked = self.shown == "ask"
        picture = Picture().grid("X", self.X, "input")
        if not self.pools:
            sign = "∗" if self.op == "convolution" else "⋆"
            picture.sign(sign).grid("K", self.K, "kernel")
        picture.sign("→" if self.pools else "=").grid("Y", self.Y, "output")
        picture.grid("G", self.upstream, "gradient").sign("→")
        for name, values in (("∂L/∂K", self.dK), ("∂L/∂X", self.dX)):
            if name == "∂L/∂X" or not self.pools:
                hidden = np.full(values.shape, asked)
                picture.grid(name, values, "gradient", hidden=hidden)
        return picture

    def sentence(self) -> str:
        h, w = self.X.shape
        name = {"max": "2 × 2 maximum", "average": "2 × 2 average"}.get(
            self.op, f"{self.op} with a {self.K.shape[0]} × {self.K.shape[1]} kernel"
        )
        of, i, j = self.chosen()
        start = f"The gradient of a {name} of a {h} × {w} input, stride {self.stride}. "
        if of == "Y":
            g = number(self.upstream[i, j])
            return f"{start}Output [{i}, {j}] sends back {g} through its window."
        value = (self.dK if of == "K" else self.dX)[i, j]
        known = "a number to predict" if self.shown == "ask" else number(value)
        return f"{start}Of all that was sent back ∂L/∂{of}[{i}, {j}] collects {known}."
