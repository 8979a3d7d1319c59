"""Any small kernel over a picture: photograph, garments, or the reader's drawing."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ._base import Explorer, encoded
from ._picture import Picture, number, to_bytes
from ._state import Choice, Flag, Grid, NumberList, Whole, to_array

ASSETS = Path(__file__).parent.parent / "assets"
SIDE = 28
NAMES = {
    "coffee": "a photograph of a cup of coffee",
    "boot": "an ankle boot",
    "plaid": "a checked shirt",
    "drawing": "a drawing",
}


@functools.cache
def pictures() -> dict[str, np.ndarray]:
    """Grey levels, uint8: coffee (100, 150), boot and plaid (28, 28).

    The photograph is the mean of its channels, then of 2×2 pixels.
    """
    found = {}
    for name in ("coffee", "boot", "plaid"):
        with Image.open(ASSETS / f"{name}.png") as image:
            pixels = np.asarray(image, dtype=np.float64)
        if pixels.ndim == 3:
            h, w = pixels.shape[:2]
            pixels = pixels.reshape(h // 2, 2, w // 2, 2, 3).mean((1, 3, 4))
        found[name] = np.round(pixels).astype(np.uint8)
    return found


def cross() -> np.ndarray:
    """What the drawing starts with: an upright cross, 28·28 numbers."""
    page = np.zeros((SIDE, SIDE))
    page[4:24, 12:16] = page[12:16, 4:24] = 1
    return page.ravel()


class Filter(Explorer):
    """A kernel K slides over a picture X, live: Y = X ⋆ kernel.

    Args:
        K: weights, 1 to 5 rows and columns; lists, arrays or tensors.
        source: the picture: "coffee", "boot", "plaid" or "drawing".
        drawing: 28×28 numbers from 0 to 1, or the same as one list of 784.
        normed: divide the weights by their sum (where that is not 0).
        view: how Y is shown: "picture" (grey, cut to 0…1), "signed" or "size".
        row, column: the pixel of Y that is written out.
        task: set the reader the task to smooth the photograph's grain and keep its
            rim; the page says when it is met.

    Raises:
        traitlets.TraitError: not finite numbers, too large, or another shape.
    """

    concept = "filter"
    K = Grid([[0, 0, 0], [0, 1, 0], [0, 0, 0]], (1, 5), (1, 5), 999)
    normed = Flag()
    source = Choice("coffee", "boot", "plaid", "drawing")
    drawing = NumberList(cross(), (SIDE * SIDE, SIDE * SIDE), 0, 1)
    view = Choice("picture", "signed", "size")
    row = Whole(0, 99, 48)
    column = Whole(0, 149, 74)

    def __init__(self, K: Any = None, *, task: bool = False, **options: Any) -> None:
        if K is not None:
            options["K"] = K
        if "drawing" in options:
            options["drawing"] = to_array(options["drawing"], "drawing").ravel()
        if options.get("source", "coffee") != "coffee":
            options = {"row": 13, "column": 13, **options}
        super().__init__(**options)
        self.data = {
            name: {"rows": len(p), "cols": len(p[0]), "pixels": encoded(p, "u1")}
            for name, p in pictures().items()
        }
        if task:
            self.data = {**self.data, "task": True}

    @classmethod
    def example(cls) -> Filter:
        """With the task of the opening page."""
        return cls(task=True)

    @property
    def X(self) -> np.ndarray:
        """The picture, (h, w), float64 from 0 to 1."""
        if self.source == "drawing":
            return self.drawing.reshape(SIDE, SIDE)
        return pictures()[self.source] / 255

    @property
    def kernel(self) -> np.ndarray:
        """K, divided by its sum where `normed` asks for it and the sum is not 0."""
        total = self.K.sum()
        return self.K / total if self.normed and abs(total) > 1e-9 else self.K.copy()

    @property
    def Y(self) -> np.ndarray:
        """The output, (h − kh + 1, w − kw + 1), float64, not cut to 0…1."""
        windows = np.lib.stride_tricks.sliding_window_view(self.X, self.K.shape)
        return np.einsum("ijab,ab->ij", windows, self.kernel)

    def picture(self) -> Picture:
        shown, largest = self.Y, np.abs(self.Y).max() or 1
        if self.view == "signed":
            shown = 0.5 + shown / (2 * largest)
        elif self.view == "size":
            shown = np.abs(shown) / largest
        wide = 240 if self.source == "coffee" else 160
        return (
            Picture()
            .image("Picture", to_bytes(self.X), "input", size=wide)
            .sign("⋆")
            .grid("Kernel", self.K, "kernel")
            .sign("=")
            .image("Output", to_bytes(shown), "output", size=wide)
        )

    def sentence(self) -> str:
        (h, w), (kh, kw), Y = self.X.shape, self.K.shape, self.Y
        divided = ", divided by it" if self.normed and self.K.sum() else ""
        return (
            f"A {kh} × {kw} kernel slides over {NAMES[self.source]} of {h} × {w} "
            f"pixels. Its weights sum to {number(self.K.sum())}{divided}; the output, "
            f"{Y.shape[0]} × {Y.shape[1]}, lies between {number(Y.min())} and "
            f"{number(Y.max())}, with a mean of {number(Y.mean())}."
        )
