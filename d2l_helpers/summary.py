"""What a model does to a shape, layer by layer: `layer_table`, `layer_summary`.

Level 7: prints what `tracing` collects.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from d2l_helpers.tracing import UNKNOWN, Row, trace


def _cells(row: Row) -> tuple[str, ...]:
    used = f"{row.shared:,} shared" if row.shared else ""
    new = f"{row.parameters:,}" if row.parameters or not used else ""
    work = row.macs if isinstance(row.macs, str) else f"{row.macs:,}"
    lost = row.unread
    if lost != UNKNOWN:
        names = ("slice", "row", "column") if len(lost) > 1 else ("cell",)
        lost = ", ".join(
            f"{count} {name}{'s' * (count > 1)}"
            for count, name in zip(lost, names[-len(lost) :], strict=False)
            if count
        )
    return (
        row.layer,
        "×".join(map(str, row.shape)),
        " + ".join(filter(None, (new, used))),
        work,
        "all" if row.field is None else str(row.field),
        lost,
    )


@dataclass(frozen=True)
class LayerTable:
    """The rows of a model, printable as text and shown as a table in a notebook."""

    rows: tuple[Row, ...]
    input_shape: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """The model's parameters, each counted once."""
        return sum(row.parameters for row in self.rows)

    @property
    def macs(self) -> int:
        """The multiply–adds that are known; all of them if `complete`."""
        return sum(row.macs for row in self.rows if row.macs != UNKNOWN)

    @property
    def complete(self) -> bool:
        """Whether the multiply–adds of every row are known."""
        return all(row.macs != UNKNOWN for row in self.rows)

    def __str__(self) -> str:
        shape = "×".join(map(str, self.input_shape))
        work = f"{'' if self.complete else 'at least '}{self.macs:,}"
        cells = [
            ("layer", "output", "parameters", "multiply–adds", "field", "unread"),
            ("(input)", shape, "", "", "1", ""),
            *map(_cells, self.rows),
            ("total", "", f"{self.parameters:,}", work, "", ""),
        ]
        widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
        right = (False, False, True, True, True, False)
        lines = (
            "  ".join(
                cell.rjust(width) if r else cell.ljust(width)
                for cell, width, r in zip(row, widths, right, strict=True)
            ).rstrip()
            for row in cells
        )
        return "\n".join(lines)

    __repr__ = __str__


def _input(model: nn.Module, shape: tuple[int, ...] | Tensor) -> Tensor:
    if isinstance(shape, Tensor):
        return shape.detach().clone()  # which the model may write into
    weights = list(model.parameters())
    kind = next((p for p in weights if p.is_floating_point()), torch.empty(0))
    return torch.zeros(shape, device=kind.device, dtype=kind.dtype)


def layer_table(model: nn.Module, shape: tuple[int, ...] | Tensor) -> LayerTable:
    """Shape, parameters, multiply–adds, receptive field and unread cells per layer.

    Runs zeros of `shape` (n, c, h, w), or (n, c, l), (n, c, d, h, w), (n, features),
    through `model` on the model's device; a model that reads integers takes the
    input itself instead of its shape. One row per call of a layer, in the order
    of the calls; what a module computes or holds beside its layers is a row
    "(own)". The total is the model's own number of parameters, each once.

    Multiply–adds are counted for convolutions, dense layers and matrix products,
    those with padding too; all else counts as none. The receptive field is the
    larger of the axes, borders left out of account, and "all" from a layer on that
    reads the whole input (a dense layer, a global pool). What a layer that is not
    known here costs and sees is "?", and so is the field of what follows it.

    The model is left as it was: modes, buffers and random numbers; a lazy layer
    takes its shape, as in any first call.

    Raises ValueError for a shape that the model cannot take, TypeError for a
    `model` that is no module.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")
    size = tuple(shape.shape) if isinstance(shape, Tensor) else shape
    given = ""
    try:
        X = _input(model, shape)
        given = f" of {X.dtype}"
        rows = trace(model, X)
    except Exception as error:
        raise ValueError(
            f"the model cannot take the shape {size}{given}: {error}"
        ) from error
    return LayerTable(tuple(rows), tuple(size))


def layer_summary(model: nn.Module, shape: tuple[int, ...] | Tensor) -> None:
    """Print each layer's name and output shape, one line a layer."""
    for row in layer_table(model, shape).rows:
        print(f"{row.layer:12} output shape: {row.shape}")
