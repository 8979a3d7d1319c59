"""The three bilinear maps behind every convolution, and their gradients.

Correlation is a sum of products of three arrays, input X, kernel K and an
upstream gradient G:

    L = Σ G[n,o,i,j] · K[o,c,a,b] · X[n,c, s·i + d·a, s·j + d·b]

Leave one of the three out and what remains computes the other two's partner:

    correlate      without G    the output Y
    spread         without X    the gradient of X (and transposed convolution)
    weight_sums    without K    the gradient of K

So each is the backward pass of the other two, and all can be differentiated as
often as one likes. Level 1. Shapes: X (n, ci, h, w), K (co, ci/g, kh, kw),
G and Y (n, co, oh, ow); s, d and sizes are pairs. Callers validate.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import torch
from torch import Tensor
from torch.autograd import Function

from d2l_helpers import bands, columns

Pair = tuple[int, int]


def taps(
    X: Tensor, kernel: Pair, stride: Pair, dilation: Pair, out: Pair
) -> Iterator[tuple[int, int, Tensor]]:
    """For each kernel cell (a, b) the view (…, oh, ow) of X that it multiplies."""
    (kh, kw), (sh, sw), (dh, dw), (oh, ow) = kernel, stride, dilation, out
    for a in range(kh):
        rows = slice(a * dh, a * dh + (oh - 1) * sh + 1, sh)
        for b in range(kw):
            cols = slice(b * dw, b * dw + (ow - 1) * sw + 1, sw)
            yield a, b, X[..., rows, cols]


def _form(c: int, w: int, kw: int) -> ModuleType:
    """The faster form: `bands` for short lines of few channels, else `columns`.

    Measured on two cores, forward and backward: `python benchmarks/forms.py`.
    """
    return bands if c * w <= 200 and w <= 16 * kw else columns


def _autocast(*tensors: Tensor) -> list[Tensor]:
    """As PyTorch's own convolution does: lowered where autocast is on, but not doubles.

    Cast before the Function, so that its backward pass meets one dtype.
    """
    kind = tensors[0].device.type
    if not torch.is_autocast_enabled(kind):
        return list(tensors)
    low = torch.get_autocast_dtype(kind)
    return [t if t.dtype == torch.float64 else t.to(low) for t in tensors]


class _Correlate(Function):
    @staticmethod
    def forward(ctx, X, K, s, d, g):
        ctx.save_for_backward(X, K)
        ctx.args = s, d, g
        (kh, kw), (h, w) = K.shape[2:], X.shape[2:]
        out = (
            (h - d[0] * (kh - 1) - 1) // s[0] + 1,
            (w - d[1] * (kw - 1) - 1) // s[1] + 1,
        )
        return _form(K.shape[1], w, kw).correlate(X, K, out, s, d, g)

    @staticmethod
    def backward(ctx, G):
        (X, K), (s, d, g) = ctx.saved_tensors, ctx.args
        want_x, want_k, *_ = ctx.needs_input_grad
        dX = spread(G, K, tuple(X.shape[2:]), s, d, g) if want_x else None
        dK = weight_sums(X, G, tuple(K.shape[2:]), s, d, g) if want_k else None
        return dX, dK, None, None, None


class _Spread(Function):
    @staticmethod
    def forward(ctx, G, K, size, s, d, g):
        ctx.save_for_backward(G, K)
        ctx.args = s, d, g
        return _form(K.shape[1], size[1], K.shape[3]).spread(G, K, size, s, d, g)

    @staticmethod
    def backward(ctx, dX):
        (G, K), (s, d, g) = ctx.saved_tensors, ctx.args
        want_g, want_k, *_ = ctx.needs_input_grad
        oh, ow = G.shape[2:]
        dG = correlate(dX, K, s, d, g)[..., :oh, :ow] if want_g else None
        dK = weight_sums(dX, G, tuple(K.shape[2:]), s, d, g) if want_k else None
        return dG, dK, None, None, None, None


class _WeightSums(Function):
    @staticmethod
    def forward(ctx, X, G, kernel, s, d, g):
        ctx.save_for_backward(X, G)
        ctx.args = s, d, g
        form = _form(X.shape[1] // g, X.shape[3], kernel[1])
        return form.weight_sums(X, G, kernel, s, d, g)

    @staticmethod
    def backward(ctx, dK):
        (X, G), (s, d, g) = ctx.saved_tensors, ctx.args
        want_x, want_g, *_ = ctx.needs_input_grad
        oh, ow = G.shape[2:]
        dX = spread(G, dK, tuple(X.shape[2:]), s, d, g) if want_x else None
        dG = correlate(X, dK, s, d, g)[..., :oh, :ow] if want_g else None
        return dX, dG, None, None, None, None


def correlate(X: Tensor, K: Tensor, s: Pair, d: Pair, g: int) -> Tensor:
    """Y[n,o,i,j] = Σ_c Σ_a Σ_b K[o,c,a,b] X[n,c, s·i + d·a, s·j + d·b]."""
    return _Correlate.apply(*_autocast(X, K), s, d, g)


def spread(G: Tensor, K: Tensor, size: Pair, s: Pair, d: Pair, g: int) -> Tensor:
    """Stamp K, times G, on an array of `size`: ∂L/∂X for the output gradient G."""
    return _Spread.apply(*_autocast(G, K), size, s, d, g)


def weight_sums(X: Tensor, G: Tensor, kernel: Pair, s: Pair, d: Pair, g: int) -> Tensor:
    """∂L/∂K for the output gradient G: for each weight, the sum over its uses."""
    return _WeightSums.apply(*_autocast(X, G), kernel, s, d, g)
