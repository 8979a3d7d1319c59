"""What a model does to a shape, layer by layer: `layer_table`, `layer_summary`.

Level 3: reads models of `nn` layers and of this package's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn

from d2l_helpers.layers import Conv2D, Pool2D
from d2l_helpers.shapes import Field, conv_macs, receptive_fields, same_padding, unread
from d2l_helpers.validation import as_tuple

_CONV, _POOL = (nn.Conv2d, Conv2D), (nn.MaxPool2d, nn.AvgPool2d, Pool2D)


@dataclass(frozen=True)
class Row:
    """One layer: its output shape for one batch, its cost and what it sees."""

    layer: str
    shape: tuple[int, ...]
    parameters: int
    macs: int  # multiply–adds for the whole batch
    field: int | None  # side of the receptive field; None once all pixels are seen
    unread: tuple[int, int]  # input rows and columns that no window reads


@dataclass(frozen=True)
class LayerTable:
    """The rows of a model, printable as text and shown as a table in a notebook."""

    rows: tuple[Row, ...]
    input_shape: tuple[int, ...]

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in self.rows)

    @property
    def macs(self) -> int:
        return sum(row.macs for row in self.rows)

    def _cells(self) -> list[tuple[str, ...]]:
        shape = "×".join(map(str, self.input_shape))
        cells = [("layer", "output", "parameters", "multiply–adds", "field", "unread")]
        cells.append(("(input)", shape, "", "", "1", ""))
        for row in self.rows:
            lost = ", ".join(
                f"{count} {axis}{'s' * (count > 1)}"
                for count, axis in zip(row.unread, ("row", "column"), strict=True)
                if count
            )
            field = "all" if row.field is None else str(row.field)
            cells.append(
                (
                    row.layer,
                    "×".join(map(str, row.shape)),
                    f"{row.parameters:,}",
                    f"{row.macs:,}",
                    field,
                    lost,
                )
            )
        cells.append(("total", "", f"{self.parameters:,}", f"{self.macs:,}", "", ""))
        return cells

    def __str__(self) -> str:
        cells = self._cells()
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


def _leaves(model: nn.Module) -> Iterator[nn.Module]:
    for module in model.modules():
        if not list(module.children()):
            yield module


def _pair(value) -> tuple[int, int]:
    return as_tuple(value, "setting", 0)


def _geometry(layer: nn.Module) -> list[tuple[int, int, int, int]] | None:
    """Per axis (k, s, p, d) of a layer with windows, else None."""
    if isinstance(layer, _CONV):
        k, s, d = map(_pair, (layer.kernel_size, layer.stride, layer.dilation))
        if layer.padding == "same":
            p = tuple(same_padding(*kd)[0] for kd in zip(k, d, strict=True))
        else:
            p = (0, 0) if layer.padding == "valid" else _pair(layer.padding)
    elif isinstance(layer, _POOL):
        size = layer.pool_size if isinstance(layer, Pool2D) else layer.kernel_size
        k, s, p = map(_pair, (size, layer.stride, layer.padding))
        d = _pair(getattr(layer, "dilation", 1))
    else:
        return None
    return list(zip(k, s, p, d, strict=True))


def _macs(layer: nn.Module, Y: Tensor) -> int:
    if isinstance(layer, _CONV):
        size = _pair(layer.kernel_size)
        args = layer.in_channels, layer.out_channels, size, tuple(Y.shape[2:])
        return len(Y) * conv_macs(*args, layer.groups)
    if isinstance(layer, nn.Linear):
        return prod(Y.shape[:-1]) * layer.in_features * layer.out_features
    return 0


@torch.no_grad()
def layer_table(model: nn.Module, shape: tuple[int, ...]) -> LayerTable:
    """Shape, parameters, multiply–adds, receptive field and unread rows per layer.

    Runs zeros of `shape` (n, c, h, w) through `model` on the model's device,
    reading each layer that has no children in the order in which it is called.
    Multiply–adds are counted for convolutions and dense layers. The receptive
    field is the larger of the two axes; it is "all" from a dense layer on. Exact
    for stacks; for branches the field is that of the order of the calls.

    Raises ValueError for a shape that the model cannot take.
    """
    rows: list[Row] = []
    axes: tuple[list, list] = ([], [])
    dense = False

    def record(layer: nn.Module, inputs, Y: Tensor) -> None:
        nonlocal dense
        geometry, lost = _geometry(layer), (0, 0)
        if geometry and not dense:
            for axis, setting in zip(axes, geometry, strict=True):
                axis.append(setting)
            sizes = inputs[0].shape[-2:]
            pairs = zip(sizes, geometry, strict=True)
            lost = tuple(unread(n, *setting) for n, setting in pairs)
        dense = dense or isinstance(layer, (nn.Linear, nn.AdaptiveAvgPool2d))
        fields = (receptive_fields(axis) or [Field(1, 1, 0)] for axis in axes)
        field = None if dense else max(f[-1].size for f in fields)
        count = sum(p.numel() for p in layer.parameters())
        name = type(layer).__name__
        rows.append(Row(name, tuple(Y.shape), count, _macs(layer, Y), field, lost))

    hooks = [layer.register_forward_hook(record) for layer in _leaves(model)]
    first = next(model.parameters(), torch.empty(0))
    training = model.training
    try:
        model.eval()(torch.zeros(shape, device=first.device, dtype=first.dtype))
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"the model cannot take the shape {tuple(shape)}: {error}"
        ) from error
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    return LayerTable(tuple(rows), tuple(shape))


def layer_summary(model: nn.Module, shape: tuple[int, ...]) -> None:
    """Print each layer's name and output shape, one line a layer."""
    for row in layer_table(model, shape).rows:
        print(f"{row.layer:12} output shape: {row.shape}")
