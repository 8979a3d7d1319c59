"""Where windows stand: sizes, padding, stride and dilation, and who is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from ..shapes import conv_output_size, span
from ._base import Explorer
from ._picture import Picture, to_bytes
from ._state import Choice, NumberList, Whole, to_array

NUMBERED = 12  # larger inputs are drawn as a map of grey levels


class Pair(NumberList):
    """Two whole numbers, for rows and columns; one number stands for both."""

    def __init__(self, default: int, low: int, high: int) -> None:
        super().__init__([default, default], (2, 2), low, high)

    @staticmethod
    def _locked(array: np.ndarray) -> np.ndarray:
        array = array.astype(np.int64)
        array.setflags(write=False)
        return array

    def validate(self, obj: Any, value: Any) -> np.ndarray:
        numbers = to_array(value, self.name)
        plain = hasattr(value, "detach") or np.asarray(value).dtype.kind in "iuf"
        if not plain or (numbers != np.floor(numbers)).any():
            msg = f"{self.name} must be one or two whole numbers, got {value!r}"
            raise traitlets.TraitError(msg)
        pair = np.repeat(numbers, 2) if numbers.ndim == 0 else numbers
        return super().validate(obj, pair)


class Geometry(Explorer):
    """The geometry of one layer on a picture: sizes, uses, what is never read.

    Args:
        n: input cells, 1 to 28; one number, or a pair (rows, columns), as all five.
        k: kernel cells, 1 to 7.
        p: padding per side, 0 to 6.
        s: stride, 1 to 6.
        d: dilation, 1 to 4.
        mode: "zeros", "reflect", "replicate" or "circular".
        cells: what the cells print, "uses" or "numbers".
        about: point at a "window" or at a "pixel".
        row, column: the window's place, an index into the output.
        pixel: the pixel that is pointed at, (row, column).
        axis: the sliders move "both" axes, "rows" or "columns".
        question: number of the question that is asked; 0 is none.

    Raises:
        traitlets.TraitError: not whole numbers, or out of range. Settings under
            which no window fits are allowed: the page says why.
    """

    concept = "geometry"
    n = Pair(5, 1, 28)
    k = Pair(3, 1, 7)
    p = Pair(0, 0, 6)
    s = Pair(1, 1, 6)
    d = Pair(1, 1, 4)
    mode = Choice("zeros", "reflect", "replicate", "circular")
    axis = Choice("both", "rows", "columns")
    cells = Choice("uses", "numbers")
    about = Choice("window", "pixel")
    row = Whole(0, 39, 0)
    column = Whole(0, 39, 0)
    pixel = Pair(0, 0, 27)
    question = Whole(0, 999, 0)

    def __init__(self, n: Any = None, k: Any = None, **options: Any) -> None:
        given = {"n": n, "k": k, **options}
        super().__init__(**{name: v for name, v in given.items() if v is not None})
        if "axis" not in given and not self._alike():
            self.axis = "rows"

    def _alike(self) -> bool:
        return all(len(set(getattr(self, name).tolist())) == 1 for name in "nkpsd")

    def _numbers(self, axis: int) -> tuple[int, int, int, int, int]:
        """n, k, s, p, d of an axis, in the order of `d2l.conv_output_size`."""
        return tuple(int(getattr(self, name)[axis]) for name in "nkspd")

    @property
    def output_size(self) -> tuple[int, int]:
        """Rows and columns of the output.

        Raises:
            ValueError: no window fits, or too little to mirror or to wrap.
        """
        self._sources(0), self._sources(1)
        return conv_output_size(*self._numbers(0)), conv_output_size(*self._numbers(1))

    def _sources(self, axis: int) -> np.ndarray:
        """Whose copy each cell of the padded axis is; −1 for a zero."""
        n, _, _, p, _ = self._numbers(axis)
        most = {"reflect": n - 1, "circular": n}.get(self.mode, p)
        if p > most:
            msg = f"{self.mode} padding of {p} copies at most {most} of {n} cells"
            raise ValueError(msg)
        i = np.arange(-p, n + p)
        if self.mode == "zeros":
            return np.where((i < 0) | (i >= n), -1, i)
        if self.mode == "reflect":
            return n - 1 - np.abs(n - 1 - np.abs(i))
        return np.clip(i, 0, n - 1) if self.mode == "replicate" else i % n

    def _reads(self, axis: int) -> np.ndarray:
        """The cell that each window reads at each tap, (windows, k); −1 is a zero."""
        n, k, s, p, d = self._numbers(axis)
        windows = np.arange(conv_output_size(n, k, s, p, d))[:, None] * s
        return self._sources(axis)[windows + np.arange(k) * d]

    @property
    def uses(self) -> np.ndarray:
        """How many windows read each pixel, (rows, columns), int64.

        Where padding copies pixels, a copy's use counts as its pixel's.

        Raises:
            ValueError: as `output_size`.
        """
        rows, columns = (
            np.bincount(cells[cells >= 0], minlength=int(self.n[axis]))
            for axis, cells in enumerate((self._reads(0), self._reads(1)))
        )
        return np.outer(rows, columns)

    @property
    def unread(self) -> int:
        """How many pixels no window reads.

        Raises:
            ValueError: as `output_size`.
        """
        return int((self.uses == 0).sum())

    def picture(self) -> Picture:
        picture = Picture()
        try:
            rows, columns = self.output_size
        except ValueError:
            return picture.grid("Input", np.zeros(tuple(self.n)), "input")
        i, j = min(self.row, rows - 1), min(self.column, columns - 1)
        uses = self.uses
        if max(*uses.shape, rows, columns) > NUMBERED:
            grey = to_bytes(uses / max(1, uses.max()))
            return picture.image("Uses of each pixel", grey, "input")
        corner = [
            place * int(self.s[axis]) - int(self.p[axis])
            for axis, place in enumerate((i, j))
        ]
        size = [span(int(self.k[axis]), int(self.d[axis])) for axis in (0, 1)]
        inside = all(
            at >= 0 and at + wide <= n
            for at, wide, n in zip(corner, size, self.n, strict=True)
        )
        window = (*corner, *size) if inside else None
        under = np.outer(*((self._reads(axis) >= 0).sum(1) for axis in (0, 1)))
        return (
            picture.grid("Uses", uses, "input", window=window)
            .sign("→")
            .grid("Output", under, "output", current=(i, j))
        )

    def sentence(self) -> str:
        def told(name: str) -> str:
            a, b = getattr(self, name).tolist()
            return f"{a}" if a == b else f"({a}, {b})"

        n, m = self.n.tolist()
        setting = (
            f"Picture of {n} × {m}, kernel {told('k')}, padding {told('p')} per side "
            f"({self.mode}), stride {told('s')}, dilation {told('d')}"
        )
        try:
            rows, columns = self.output_size
        except ValueError as error:
            return f"{setting}: {error}."
        uses = self.uses
        lost = f" {self.unread} pixels are never read." if self.unread else ""
        return (
            f"{setting}: the output is {rows} × {columns}, and each pixel is read "
            f"{uses.min()} to {uses.max()} times.{lost}"
        )
