"""Channels: slices and their sum by hand, a 1×1 kernel as a mixer, a layer's bill."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

import numpy as np
import traitlets

from ._base import Explorer, encoded
from ._photo import LARGEST, shuffled_order, small_photo
from ._picture import Picture, number
from ._state import Block, Choice, Flag, Grid, NumberList, Whole, to_array

SIDE = 5
MODES = ("sum", "mix", "cost")
GREY = (0.299, 0.587, 0.114)
COLOURS = ("red", "green", "blue")


class Bill(NamedTuple):
    """What a layer costs; `parameters` has the biases, `operations` is 2 · `macs`."""

    weights: int
    parameters: int
    macs: int
    operations: int
    outputs: int


class _Kernels(Block):
    """(co, ci, kh, kw); a single kernel (ci, kh, kw) is a bank of one."""

    def validate(self, obj: Any, value: Any) -> np.ndarray:
        array = to_array(value, self.name)
        return super().validate(obj, array[None] if array.ndim == 3 else array)


class Channels(Explorer):
    """Channels in three pictures; the call says which one.

    ``Channels(X, K)`` (mode "sum"): each slice is correlated with its own channel,
    the parts are added, then one bias; the reader fills in the sum.
    ``Channels(photo=coffee)`` (mode "mix"): a 1×1 kernel mixes the colours of a
    photograph. ``Channels(mode="cost")``: weights, multiply–adds, operations of any
    layer.

    Args:
        X: (ci, h, w), 1 to 3 channels of 1 to 5 rows and columns.
        K: (co, ci, kh, kw) or (ci, kh, kw), 1 to 3 kernels, no larger than X.
        bias: one number per kernel; what is left out is 0.
        photo: (3, h, w) or (h, w, 3), floats from 0 to 1 or whole numbers to 255;
            averaged in blocks until it has at most 100 × 150 pixels.
        mode: "sum", "mix" or "cost"; cannot change later, nor can ci, co or photo.
        out: the output channel on the stage.
        row, column: the window's place, or the pixel in the (smaller) photograph.
        shown: "predict" (numbers are asked for), "step" or "all".
        swapped, transposed: show what a program with that bug computes.
        outputs: "one" (weights ``w``) or "three" (the 3×3 ``matrix``).
        scattered: the photograph's pixels in another order.
        ci, co, k, side, groups: the layer of the bill, with side × side outputs.

    Raises:
        traitlets.TraitError: not finite numbers, shapes or sizes that do not fit.
    """

    concept = "channels"
    X = Block(
        np.arange(9.0).reshape(3, 3) + np.arange(2)[:, None, None],
        ((1, 3), (1, SIDE), (1, SIDE)),
        99,
    )
    K = _Kernels(
        np.arange(4.0).reshape(2, 2) + np.arange(2)[None, :, None, None],
        ((1, 3), (1, 3), (1, SIDE), (1, SIDE)),
        99,
    )
    bias = NumberList([0.0], (1, 3), -99, 99)
    out = Whole(0, 2, 0)
    swapped = Flag()
    transposed = Flag()
    row = Whole(0, LARGEST[0] - 1, 0)
    column = Whole(0, LARGEST[1] - 1, 0)
    shown = Choice("predict", "step", "all")
    outputs = Choice("one", "three")
    w = NumberList(GREY, (3, 3), -2, 2)
    matrix = Grid([[0, 0, 1], [0, 1, 0], [1, 0, 0]], (3, 3), (3, 3), 9)
    scattered = Flag()
    ci = Whole(1, 512, 6)
    co = Whole(1, 512, 16)
    k = Whole(1, 11, 5)
    side = Whole(1, 512, 10)
    groups = Whole(1, 512, 1)

    def __init__(
        self,
        X: Any = None,
        K: Any = None,
        *,
        mode: str | None = None,
        photo: Any = None,
        **options: Any,
    ) -> None:
        mode = mode or ("sum" if photo is None else "mix")
        if mode not in MODES:
            raise traitlets.TraitError(f"mode must be one of {MODES}, got {mode!r}")
        if (mode == "mix") != (photo is not None):
            raise traitlets.TraitError('mode "mix", and no other, needs a photo')
        data: dict[str, Any] = {"mode": mode}
        if photo is not None:
            pixels = small_photo(photo)
            rows, cols = pixels.shape[:2]
            data |= {"rows": rows, "cols": cols, "photo": encoded(pixels, "<u1")}
            # where the pixel of the page's picture lies in any other
            options = {"row": 7 * rows // 8, "column": 5 * cols // 6, **options}
        given = {"X": X, "K": K, "data": data, **options}
        super().__init__(**{k: v for k, v in given.items() if v is not None})
        self._built = self.K.shape[:2]

    @traitlets.validate("X", "K")
    def _fits(self, proposal: Any) -> np.ndarray:
        new = {proposal["trait"].name: proposal["value"]}
        X, K = new.get("X", self.X), new.get("K", self.K)
        if X.shape[0] != K.shape[1]:
            msg = f"K of shape {K.shape} needs {K.shape[1]} channels, X is {X.shape}"
            raise traitlets.TraitError(msg)
        if any(k > x for k, x in zip(K.shape[2:], X.shape[1:], strict=True)):
            msg = f"a kernel of shape {K.shape} does not fit into X of shape {X.shape}"
            raise traitlets.TraitError(msg)
        if getattr(self, "_built", K.shape[:2]) != K.shape[:2]:
            msg = "the numbers of channels stay: make a new explorer for others"
            raise traitlets.TraitError(msg)
        return proposal["value"]

    @property
    def mode(self) -> str:
        """One of "sum", "mix" and "cost"."""
        return self.data["mode"]

    # mode "sum"

    @property
    def parts(self) -> np.ndarray:
        """What each slice makes of its channel, (co, ci, h', w'), float64."""
        shape = self.K.shape[2:]
        windows = np.lib.stride_tricks.sliding_window_view(self.X, shape, (1, 2))
        return np.einsum("cijab,ocab->ocij", windows, self.K)

    @property
    def Y(self) -> np.ndarray:
        """The layer's output with bias, (co, h', w'), float64, whatever bug is on."""
        bias = np.zeros(len(self.K))
        given = self.bias[: len(bias)]
        bias[: len(given)] = given
        return self.parts.sum(1) + bias[:, None, None]

    # mode "mix"

    @property
    def pixels(self) -> np.ndarray:
        """The photograph as shown, (rows, columns, 3), uint8; scattered if so."""
        if self.mode != "mix":
            raise AttributeError("only Channels(photo=…) has pixels")
        raw = np.frombuffer(base64.b64decode(self.data["photo"]), np.uint8)
        if self.scattered:
            raw = raw.reshape(-1, 3)[shuffled_order(len(raw) // 3)]
        return raw.reshape(self.data["rows"], self.data["cols"], 3).copy()

    @property
    def W(self) -> np.ndarray:
        """The 1×1 kernels in use, (1, 3) or (3, 3)."""
        return self.w[None] if self.outputs == "one" else self.matrix

    @property
    def mixed(self) -> np.ndarray:
        """The mixed picture, (1 or 3, rows, columns), float64, scale 0 to 255."""
        return np.einsum("oc,ijc->oij", self.W, self.pixels.astype(float))

    # mode "cost"

    @property
    def bill(self) -> Bill:
        """The layer's costs. Raises ValueError where groups do not divide channels."""
        if self.ci % self.groups or self.co % self.groups:
            msg = f"{self.groups} groups do not divide {self.ci} and {self.co} channels"
            raise ValueError(msg)
        weights = self.co * (self.ci // self.groups) * self.k**2
        macs, outputs = self.side**2 * weights, self.co * self.side**2
        return Bill(weights, weights + self.co, macs, 2 * macs, outputs)

    # what is seen without a script

    def place(self) -> tuple[int, int]:
        """The window's place within the output, or the pixel within the photograph."""
        rows, cols = self.Y.shape[1:]
        if self.mode == "mix":
            rows, cols = self.data["rows"], self.data["cols"]
        return min(self.row, rows - 1), min(self.column, cols - 1)

    def picture(self) -> Picture:
        return getattr(self, f"_picture_{self.mode}")()

    def sentence(self) -> str:
        return getattr(self, f"_sentence_{self.mode}")()

    def _picture_sum(self) -> Picture:
        o, (i, j) = min(self.out, len(self.K) - 1), self.place()
        hidden = np.full(self.Y.shape[1:], self.shown != "all")
        lines = []
        for c, (x, kernel) in enumerate(zip(self.X, self.K[o], strict=True)):
            line = Picture().grid(f"X[{c}]", x, window=(i, j, *kernel.shape)).sign("⋆")
            line.grid(f"K[{o}, {c}]", kernel, "kernel").sign("=")
            part = self.parts[o, c]
            lines.append(line.grid(f"part {c}", part, "output", hidden=hidden))
        lines[-1].sign("Σ").grid(
            f"Y[{o}]", self.Y[o], "output", current=(i, j), hidden=hidden
        )
        for line in lines[1:]:
            lines[0].below(line)
        return lines[0]

    def _sentence_sum(self) -> str:
        o, (i, j) = min(self.out, len(self.K) - 1), self.place()
        kh, kw = self.K.shape[2:]
        sums = [
            " + ".join(
                f"{number(a)}×{number(b)}"
                for a, b in zip(x[i : i + kh, j : j + kw].flat, k.flat, strict=True)
            )
            for x, k in zip(self.X, self.K[o], strict=True)
        ]
        value = (
            number(self.Y[o, i, j]) if self.shown == "all" else "a number to fill in"
        )
        terms = " + ".join(f"({s})" for s in sums)
        bias = self.bias[o] if o < len(self.bias) else 0
        return (
            f"Each slice of a kernel meets its own channel, and the parts are added. "
            f"At [{i}, {j}]: {terms}{f' + {number(bias)}' if bias else ''} = {value}."
        )

    def _picture_mix(self) -> Picture:
        mixed = np.clip(np.round(self.mixed), 0, 255).astype(np.uint8)
        shown = mixed[0] if len(mixed) == 1 else np.moveaxis(mixed, 0, -1)
        picture = Picture().image("Photograph", self.pixels, size=300).sign("→")
        return picture.image("Mixed", shown, "output", size=300)

    def _sentence_mix(self) -> str:
        i, j = self.place()
        x = [int(v) for v in self.pixels[i, j]]
        names = ", ".join(f"{c} {v}" for c, v in zip(COLOURS, x, strict=True))
        sums = "; ".join(
            " + ".join(f"{number(a, 3)}×{v}" for a, v in zip(row, x, strict=True))
            for row in self.W
        )
        return (
            f"A photograph and what a 1×1 kernel makes of it: at every pixel the same "
            f"weighted sum of its three colours. At [{i}, {j}], {names}, it is {sums}."
        )

    def _layer(self) -> str:
        groups = f", {self.groups} groups" if self.groups > 1 else ""
        return f"{self.ci} → {self.co} channels, {self.k}×{self.k}{groups}"

    def _picture_cost(self) -> Picture:
        possible = not (self.ci % self.groups or self.co % self.groups)
        share = 1 / self.groups if possible else 0
        return Picture().bars(
            [
                (f"{self._layer()}: weights, against one group", share, "kernel"),
                ("multiply–adds and operations, against one group", share, "ink"),
                (f"numbers put out: {self.co * self.side**2:,}", 1.0, "output"),
            ]
        )

    def _sentence_cost(self) -> str:
        if self.ci % self.groups or self.co % self.groups:
            return f"{self._layer()}: there is no such layer, groups must divide both."
        places = f"{self.side} × {self.side} places"
        if self.shown == "predict":
            return f"{self._layer()}, {places}: how many weights, how much work?"
        b = self.bill
        return (
            f"{self._layer()}, {places}: {b.parameters:,} weights and biases, "
            f"{b.macs:,} multiply–adds, {b.operations:,} operations, "
            f"{b.outputs:,} numbers put out."
        )

    @classmethod
    def example(cls) -> Channels:
        """The sum that the page works out by hand, with its three kernels."""
        from d2l_helpers import examples

        X, K = examples.X3().numpy(), examples.K2().numpy()
        X, K = np.stack([X, X + 1]), np.stack([K, K + 1])
        return cls(X, np.stack([K, K + 1, K + 2]))
