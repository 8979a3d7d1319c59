"""Pooling from scratch: maximum, average, and blur before subsampling.

Level 2. Every form walks over the window's cells, not over the windows: one
whole-array operation per cell.
"""

from __future__ import annotations

from math import comb

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

from d2l_helpers.convolution import pad2d
from d2l_helpers.primitives import taps
from d2l_helpers.shapes import conv_output_size
from d2l_helpers.validation import as_int, as_tuple, check_choice, check_tensor

_LAYOUT = "(h, w), (c, h, w) or (n, c, h, w)"
_STEP = (1, 1)


class _Max(Function):
    """Maximum over windows; the gradient goes to each window's first maximum."""

    @staticmethod
    def forward(ctx, X, size, stride, out):
        Y = None
        for _, _, cells in taps(X, size, stride, _STEP, out):
            Y = cells.clone() if Y is None else torch.maximum(Y, cells, out=Y)
        ctx.save_for_backward(X, Y)
        ctx.args = size, stride, out
        return Y

    @staticmethod
    def backward(ctx, G):
        (X, Y), (size, stride, out) = ctx.saved_tensors, ctx.args
        dX = torch.zeros_like(X, memory_format=torch.contiguous_format)
        open_ = torch.ones_like(Y, dtype=torch.bool)
        winners = taps(X, size, stride, _STEP, out)
        targets = taps(dX, size, stride, _STEP, out)
        for (_, _, cells), (_, _, target) in zip(winners, targets, strict=True):
            wins = open_ & ((cells == Y) | cells.isnan())
            target += G * wins
            open_ = open_ & ~wins
        return dX, None, None, None


class _WeightedSum(Function):
    """Σ_a Σ_b w[a][b] X[…, s·i+a, s·j+b] with fixed weights, per channel."""

    @staticmethod
    def forward(ctx, X, weights, stride, out):
        ctx.args = weights, stride, out, X.shape
        size = len(weights), len(weights[0])
        Y = X.new_zeros(*X.shape[:-2], *out)
        for a, b, cells in taps(X, size, stride, _STEP, out):
            Y.add_(cells, alpha=weights[a][b])
        return Y

    @staticmethod
    def backward(ctx, G):
        weights, stride, out, shape = ctx.args
        dX = G.new_zeros(shape)
        for a, b, cells in taps(
            dX, (len(weights), len(weights[0])), stride, _STEP, out
        ):
            cells += G * weights[a][b]
        return dX, None, None, None


def _output_size(X: Tensor, size, stride, padding) -> tuple[int, int]:
    h, w = X.shape[-2:]
    return (
        conv_output_size(h, size[0], stride[0], padding[0]),
        conv_output_size(w, size[1], stride[1], padding[1]),
    )


def pool2d(
    X: Tensor,
    pool_size,
    mode: str = "max",
    stride=None,
    padding=0,
    count_include_pad: bool = True,
) -> Tensor:
    """Maximum or average over windows, channel by channel.

    X: (h, w), (c, h, w) or (n, c, h, w), any floating dtype and device.
    `pool_size`, `stride` and `padding` (cells per side) are integers or pairs;
    the stride is the window's size unless given, as in PyTorch. Returns
    (…, oh, ow) with oh = ⌊(h + 2p − k)/s⌋ + 1. "max" pads with −∞; "avg" pads
    with zeros, which are averaged in unless `count_include_pad=False`. Of equal
    maxima the first in reading order takes the gradient.

    Raises TypeError for a non-tensor or a dtype that is not floating; ValueError
    for shapes and settings that do not fit, or padding over half the window
    (some window would hold padding alone).
    """
    check_tensor(X, "X", (2, 3, 4), _LAYOUT)
    check_choice(mode, "mode", ("max", "avg"))
    size = as_tuple(pool_size, "pool_size", 1)
    stride = size if stride is None else as_tuple(stride, "stride", 1)
    padding = as_tuple(padding, "padding", 0)
    if any(2 * p > k for p, k in zip(padding, size, strict=True)):
        raise ValueError(
            f"padding must be at most half the window, got padding {padding} "
            f"for pool_size {size}"
        )
    out = _output_size(X, size, stride, padding)
    (kh, kw), (ph, pw) = size, padding
    value = float("-inf") if mode == "max" else 0.0
    padded = F.pad(X, (pw, pw, ph, ph), value=value) if ph or pw else X
    if mode == "max":
        return _Max.apply(padded, size, stride, out)
    half = X.dtype in (torch.float16, torch.bfloat16)
    weights = [[1 / (kh * kw)] * kw] * kh
    Y = _WeightedSum.apply(padded.float() if half else padded, weights, stride, out)
    if not count_include_pad and (ph or pw):
        ones = F.pad(Y.new_ones(X.shape[-2:]), (pw, pw, ph, ph))
        Y = Y / _WeightedSum.apply(ones, weights, stride, out)
    return Y.to(X.dtype)


def blur_pool2d(
    X: Tensor, filter_size: int = 3, stride=2, padding_mode: str = "reflect"
) -> Tensor:
    """Blur with a binomial filter, then keep every `stride`-th row and column.

    X: (…, h, w) as in `pool2d`. The filter is the outer product of binomial
    weights, [1, 2, 1]/4 for `filter_size` 3; "same" padding keeps the size, so
    the result has ⌈h/s⌉ rows. Zhang, "Making convolutional networks
    shift-invariant again" (2019). Differentiable. Raises as `pool2d` does, and
    ValueError where the padding does not fit the input.
    """
    check_tensor(X, "X", (2, 3, 4), _LAYOUT)
    k = as_int(filter_size, "filter_size", 1)
    stride = as_tuple(stride, "stride", 1)
    row = [comb(k - 1, a) / 2 ** (k - 1) for a in range(k)]
    before, after = (k - 1) // 2, k // 2
    padded = pad2d(X, (before, after, before, after), padding_mode)
    out = _output_size(padded, (k, k), stride, (0, 0))
    weights = [[u * v for v in row] for u in row]
    return _WeightedSum.apply(padded, weights, stride, out)
