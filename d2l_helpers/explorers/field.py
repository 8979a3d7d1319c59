"""How far a stack of layers sees: its receptive field, in theory and in effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from .. import shapes
from ._base import Explorer
from ._picture import HAIR, MUTED, ROLES, Picture
from ._state import Choice, Grid, Whole, to_array

LAYERS, PITCH = 7, 15.0
# least and most of kernel, stride, padding, dilation
LIMITS = ((1, 7), (1, 4), (0, 6), (1, 4))
LEFT_OUT = (3, 1, 0, 1)  # the kernel is never left out


class Stack(Grid):
    """Layers as rows (kernel, stride, padding, dilation), padding per side.

    A layer may leave out what comes last, as in `d2l.receptive_fields`: (3,) is a
    3×3 kernel with stride 1, padding 0 and dilation 1.
    """

    def __init__(self, default: Any) -> None:
        super().__init__(default, (1, LAYERS), (4, 4), 7)

    @staticmethod
    def _locked(array: np.ndarray) -> np.ndarray:
        array = array.astype(np.int64)
        array.setflags(write=False)
        return array

    def validate(self, obj: Any, value: Any) -> np.ndarray:
        if hasattr(value, "tolist"):
            value = value.tolist()
        if not isinstance(value, Sequence) or isinstance(value, str):
            self.error(obj, value)
        rows = [self._row(layer) for layer in value]
        if not 1 <= len(rows) <= LAYERS:
            msg = f"{self.name} must hold 1 to {LAYERS} layers, got {len(rows)}"
            raise traitlets.TraitError(msg)
        return super().validate(obj, rows)

    def _row(self, layer: Any) -> list[float]:
        numbers = to_array(layer, self.name)
        if numbers.ndim != 1 or not 1 <= len(numbers) <= 4:
            msg = f"a layer is (k, s, p, d), or the first of these, got {layer!r}"
            raise traitlets.TraitError(msg)
        row = [*numbers.tolist(), *LEFT_OUT[len(numbers) :]]
        for what, number, (low, high) in zip("kspd", row, LIMITS, strict=True):
            if number != int(number) or not low <= number <= high:
                msg = f"{what} must be a whole number from {low} to {high}, got {layer}"
                raise traitlets.TraitError(msg)
        return row


class Field(Explorer):
    """A stack of layers from the side, and what one of its units sees.

    Args:
        layers: 1 to 7 layers from the input on, each (kernel, stride, padding,
            dilation) as in `d2l.receptive_fields`: kernels to 7, strides and
            dilations to 4, padding to 6 per side. The picture leaves padding out.
        layer: the layer of the unit that is looked at, from 1; unit: which unit.
        view: "theoretical" (all that can be seen) or "effective" (how much counts).
        question: number of the question that is asked; 0 is none.

    Raises:
        traitlets.TraitError: not such layers, or out of range.
    """

    concept = "field"
    layers = Stack([(3, 1, 0, 1)] * 3)
    layer = Whole(1, LAYERS, 3)
    unit = Whole(0, 599, 4)
    view = Choice("theoretical", "effective")
    question = Whole(0, 999, 0)

    def __init__(self, layers: Any = None, **options: Any) -> None:
        given = {"layers": layers, **options}
        super().__init__(**{k: v for k, v in given.items() if v is not None})
        if "layer" not in given:
            self.layer = len(self.layers)
        if "unit" not in given:
            layer = min(self.layer, len(self.layers))
            self.unit = min(599, (self._shown()[0][layer] - 1) // 2)

    @property
    def fields(self) -> list[shapes.Field]:
        """Size, jump and start of the field after each layer, the first one first."""
        return shapes.receptive_fields(self.layers.tolist())

    def _shown(self) -> tuple[list[int], int]:
        """How many units of each level the page draws, and the width of its input."""
        fields = [shapes.Field(1, 1, 0), *self.fields]
        size, jump, _ = fields[-1]
        wish = 2 * ((-(-(17 - size) // jump) + 1) // 2) + 1
        tops = 1 if size > 100 else min(9, max(3, wish))
        width = size + (tops - 1) * jump
        return [(width - f.size) // f.jump + 1 for f in fields], width

    def _cone(self, layer: int, unit: int) -> list[list[int]]:
        """The units that one unit of a layer depends on, the input's first."""
        rows = [[unit]]
        for k, s, _, d in reversed(self.layers[:layer].tolist()):
            taps = {o * s + a * d for o in rows[0] for a in range(k)}
            rows.insert(0, sorted(taps))
        return rows

    def _place(self) -> tuple[int, int]:
        """Layer and unit, within the stack."""
        layer = min(self.layer, len(self.layers))
        return layer, min(self.unit, self._shown()[0][layer] - 1)

    def picture(self) -> Picture:
        picture = Picture()
        units, width = self._shown()
        layer, unit = self._place()
        fields = [shapes.Field(1, 1, 0), *self.fields]
        if width > 80:  # bars instead of dots
            sizes = np.array([[f.size for f in fields]], float)
            return picture.grid("Field after each layer", sizes, "output", pitch=52)
        cone = [set(row) for row in self._cone(layer, unit)]
        span = width * PITCH
        picture._head("Stack", f"from the side, {width} input cells", "output", span)
        top = len(fields) - 1

        def place(level: int, n: int) -> tuple[float, float]:
            size, jump, _ = fields[level]
            x = picture.x + ((size - 1) / 2 + n * jump + 0.5) * PITCH
            return x, picture.TOP + 14 + (top - level) * 34

        for level, (k, s, _, d) in enumerate(self.layers[:layer].tolist()):
            for n in cone[level + 1]:
                x, y = place(level + 1, n)
                for below, foot in (place(level, n * s + a * d) for a in range(k)):
                    picture.parts.append(
                        f"<line x1='{x:.1f}' y1='{y}' x2='{below:.1f}' y2='{foot}' "
                        f"stroke='{ROLES['kernel'][0]}' opacity='0.5'/>"
                    )
        for level, field in enumerate(fields):
            role = ROLES["output" if level else "input"]
            for n in range(units[level]):
                x, y = place(level, n)
                lit = level <= layer and n in cone[level]
                solid = level in (0, layer)
                fill = role[0] if lit and solid else role[1] if lit else "#fff"
                picture.parts.append(
                    f"<circle cx='{x:.1f}' cy='{y}' r='5.5' fill='{fill}' "
                    f"stroke='{role[0] if lit else HAIR}' stroke-width='1.2'/>"
                )
            words = f"field {field.size}" if level else "input"
            picture.parts.append(
                f"<text x='{picture.x + span + 8}' y='{y + 4}' font-size='12' "
                f"fill='{MUTED}' font-family='DejaVu Sans, sans-serif'>{words}</text>"
            )
        picture._advance(span + 70, 34 * top + 30, "", "")
        return picture

    def sentence(self) -> str:
        layer, unit = self._place()
        names = []
        for k, s, _, d in self.layers.tolist():
            extra = [f"stride {s}"] * (s > 1) + [f"dilation {d}"] * (d > 1)
            names.append(f"{k}×{k}" + " with " * bool(extra) + " and ".join(extra))
        field = self.fields[layer - 1]
        read = len(self._cone(layer, unit)[0]) if self._shown()[1] <= 600 else 0
        holes = f" It reads {read} of them." if 0 < read < field.size else ""
        return (
            f"A stack of {len(names)} layers from the side: {', '.join(names)}. A unit "
            f"of layer {layer} sees {field.size} input cells in a row, and its "
            f"neighbour's field begins {field.jump} further on.{holes}"
        )
