"""Arithmetic on layers: output sizes, receptive fields, weights and work.

Level 0: plain Python integers, no torch. Padding is counted **per side**, as
PyTorch does. Sizes follow Dumoulin and Visin, "A guide to convolution
arithmetic for deep learning" (2016), sections 2 and 4; receptive fields follow
Araujo, Norris and Sim, "Computing receptive fields of convolutional neural
networks" (2019).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import NamedTuple


def span(kernel_size: int, dilation: int = 1) -> int:
    """Input cells from the first tap of a dilated kernel to its last: d(k−1)+1."""
    return dilation * (kernel_size - 1) + 1


def _check(n: int, k: int, s: int, p: int, d: int) -> None:
    for name, value, least in (
        ("the input size n", n, 0),
        ("the kernel size k", k, 1),
        ("the stride s", s, 1),
        ("the padding p", p, 0),
        ("the dilation d", d, 1),
    ):
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise TypeError(f"{name} must be an integer, got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


def conv_output_size(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Output cells along one axis: ⌊(n + 2p − d(k−1) − 1)/s⌋ + 1.

    The same formula serves convolution and pooling. Raises TypeError for
    anything but integers and ValueError, with the numbers, for sizes out of
    range or a kernel that does not fit into the padded input.
    """
    k, s, p, d = kernel_size, stride, padding, dilation
    _check(n, k, s, p, d)
    if span(k, d) > n + 2 * p:
        raise ValueError(
            f"a kernel of {k} with dilation {d} spans {span(k, d)} cells and does "
            f"not fit into {n} + 2·{p} = {n + 2 * p}: the output size "
            f"⌊(n + 2p − d(k−1) − 1)/s⌋ + 1 would be below 1"
        )
    return (n + 2 * p - span(k, d)) // s + 1


def conv_transpose_output_size(
    n: int,
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    dilation: int = 1,
) -> int:
    """Output cells of a transposed convolution: (n−1)s − 2p + d(k−1) + 1 + extra.

    `output_padding` says which of the s input sizes that a strided convolution
    maps to the same output is meant; it must be below the stride or the
    dilation. Raises TypeError and ValueError as `conv_output_size` does.
    """
    k, s, p, d = kernel_size, stride, padding, dilation
    _check(n, k, s, p, d)
    if not 0 <= output_padding < max(s, d):
        raise ValueError(
            f"output_padding must be at least 0 and below the stride or the "
            f"dilation, got {output_padding} with stride {s} and dilation {d}"
        )
    size = (n - 1) * s - 2 * p + span(k, d) + output_padding
    if size < 1:
        raise ValueError(
            f"(n−1)s − 2p + d(k−1) + 1 + output_padding = ({n}−1)·{s} − 2·{p} + "
            f"{span(k, d)} + {output_padding} = {size}: nothing is left"
        )
    return size


def same_padding(kernel_size: int, dilation: int = 1) -> tuple[int, int]:
    """Cells to add before and after an axis so that stride 1 keeps its size.

    An even kernel needs an odd total; the extra cell goes after, as in PyTorch.
    """
    total = span(kernel_size, dilation) - 1
    return total // 2, total - total // 2


def use_counts(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> list[int]:
    """How many windows read each of the `n` cells of one axis (zero padding).

    On a grid the count of pixel [i, j] is the product of its axes' counts.
    """
    outputs = conv_output_size(n, kernel_size, stride, padding, dilation)
    counts = [0] * n
    for o in range(outputs):
        for a in range(kernel_size):
            i = o * stride + a * dilation - padding
            if 0 <= i < n:
                counts[i] += 1
    return counts


def unread(
    n: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """How many of the `n` cells of one axis no window ever reads.

    These are the cells left over at the end, and the gaps between windows when
    the stride is larger than the kernel.
    """
    return use_counts(n, kernel_size, stride, padding, dilation).count(0)


class Field(NamedTuple):
    """Receptive field of one unit along one axis, in input cells."""

    size: int  # side of the field
    jump: int  # input cells between neighbouring units
    start: float  # first input cell read by unit 0 (negative: padding)


def receptive_fields(layers: Iterable[Sequence[int]]) -> list[Field]:
    """The receptive field after each layer of a stack, along one axis.

    `layers` holds (kernel_size, stride, padding, dilation) from the input on;
    what is left out at the end is 1, 0 and 1. r ← r + (k−1)·d·j and j ← j·s,
    from r = j = 1.
    """
    field, fields = Field(1, 1, 0), []
    for layer in layers:
        k, s, p, d = (*layer, *(1, 0, 1)[len(layer) - 1 :])
        _check(0, k, s, p, d)
        field = Field(
            field.size + (k - 1) * d * field.jump,
            field.jump * s,
            field.start - p * field.jump,
        )
        fields.append(field)
    return fields


def receptive_field(layers: Iterable[Sequence[int]]) -> int:
    """The side of the last unit's receptive field; see `receptive_fields`."""
    fields = receptive_fields(layers)
    return fields[-1].size if fields else 1


def conv_parameters(
    in_channels: int,
    out_channels: int,
    kernel_size: tuple[int, ...],
    groups: int = 1,
    bias: bool = True,
) -> int:
    """Weights and biases of a convolution: co·(ci/g)·kh·kw (+ co), of any axes."""
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups={groups} must divide in_channels={in_channels} and "
            f"out_channels={out_channels}"
        )
    weights = out_channels * (in_channels // groups) * prod(kernel_size)
    return weights + bias * out_channels


def conv_macs(
    in_channels: int,
    out_channels: int,
    kernel_size: tuple[int, ...],
    output_size: tuple[int, ...],
    groups: int = 1,
) -> int:
    """Multiply–adds of a convolution for one example: one a weight a place.

    An operation count ("FLOPs") is twice this. Products with padding count.
    """
    weights = conv_parameters(in_channels, out_channels, kernel_size, groups, False)
    return prod(output_size) * weights
