"""Convolution as one matrix product with a banded (Toeplitz) matrix per row.

Sliding along a line is a matrix product with a matrix that repeats the kernel's
row down a diagonal band. The matrix holds kw numbers in each column of w and
zeros elsewhere, so the product does w/kw times the arithmetic that is needed; in
return it copies each number of the input kh times only, and the product is large
even where the kernels are few. That pays for small pictures of few channels.

Level 0. Shapes as in `primitives`.
"""

from __future__ import annotations

import torch
from torch import Tensor

Pair = tuple[int, int]


def _diagonals(B: Tensor, kw: int, s: int, d: int) -> Tensor:
    """The band of B (g, kh, c, w, o, ow), a view (g, kh, c, kw, o, ow)."""
    g, kh, c, _, o, ow = B.shape
    *lead, column, channel, one = B.stride()
    return B.as_strided(
        (g, kh, c, kw, o, ow), (*lead, d * column, channel, s * column + one)
    )


def _matrix(K: Tensor, w: int, ow: int, s: int, d: int, g: int) -> Tensor:
    """(g, kh·c·w, o·ow): one row of the output from kh rows of the input."""
    co, c, kh, kw = K.shape
    B = K.new_zeros(g, kh, c, w, co // g, ow)
    band = K.unflatten(0, (g, -1)).permute(0, 3, 2, 4, 1)  # (g, kh, c, kw, o)
    _diagonals(B, kw, s, d).copy_(band[..., None].expand(*band.shape, ow))
    return B.view(g, kh * c * w, co // g * ow)


def _stacked(X: Tensor, kh: int, s: int, d: int, oh: int, g: int) -> Tensor:
    """(n, ci, h, w) → (g, n·oh, kh·c·w): the rows that each output row reads."""
    n, ci, _, w = X.shape
    width = ci // g * w
    lines = X.unflatten(1, (g, -1)).permute(1, 0, 3, 2, 4).contiguous()
    group, picture, row, *_ = lines.stride()  # (g, n, h, c, w)
    rows = lines.as_strided(
        (g, n, oh, kh, width), (group, picture, s * row, d * row, 1)
    )
    return rows.reshape(g, n * oh, kh * width)


def _outputs(G: Tensor, g: int) -> Tensor:
    """(n, co, oh, ow) → (g, n·oh, o·ow)."""
    return G.unflatten(1, (g, -1)).permute(1, 0, 3, 2, 4).flatten(3).flatten(1, 2)


def correlate(X: Tensor, K: Tensor, out: Pair, s: Pair, d: Pair, g: int) -> Tensor:
    """Y (n, co, oh, ow), contiguous."""
    (oh, ow), n = out, len(X)
    rows = _stacked(X, K.shape[2], s[0], d[0], oh, g)
    Y = torch.bmm(rows, _matrix(K, X.shape[3], ow, s[1], d[1], g))
    co = K.shape[0]
    Y = Y.view(g, n, oh, co // g, ow).permute(1, 0, 3, 2, 4)
    return Y.reshape(n, co, oh, ow).contiguous()


def spread(G: Tensor, K: Tensor, size: Pair, s: Pair, d: Pair, g: int) -> Tensor:
    """X (n, ci, h, w) of `size`, contiguous."""
    (h, w), (n, _, oh, ow), (_, c, kh, _) = size, G.shape, K.shape
    rows = torch.bmm(_outputs(G, g), _matrix(K, w, ow, s[1], d[1], g).mT)
    rows = rows.view(g, n, oh, kh, c, w)
    lines = G.new_zeros(g, n, h, c, w)
    for a in range(kh):
        met = slice(a * d[0], a * d[0] + (oh - 1) * s[0] + 1, s[0])
        lines[:, :, met] += rows[:, :, :, a]
    return lines.permute(1, 0, 3, 2, 4).reshape(n, g * c, h, w).contiguous()


def weight_sums(X: Tensor, G: Tensor, kernel: Pair, s: Pair, d: Pair, g: int) -> Tensor:
    """dK (co, c, kh, kw), contiguous."""
    (kh, kw), (_, co, oh, ow) = kernel, G.shape
    dB = torch.bmm(_stacked(X, kh, s[0], d[0], oh, g).mT, _outputs(G, g))
    c, w = X.shape[1] // g, X.shape[3]
    dB = dB.view(g, kh, c, w, co // g, ow)
    # A weight stands once in every column of its band.
    sums = _diagonals(dB, kw, s[1], d[1]).sum(-1)  # (g, kh, c, kw, o)
    return sums.permute(0, 4, 2, 1, 3).reshape(co, c, kh, kw).contiguous()
