"""Convolution as kh matrix products over pictures unrolled along their rows.

`im2col` writes every window as a row of a matrix, so each number of the input is
copied kh·kw times. Here it is copied kw times: windows are unrolled along the
width only, and one below the other they need no copy, because the rows of the
picture that kernel row `a` meets lie one after the other. One product per kernel
row, added up, is the convolution.

Chellapilla, Puri and Simard, "High performance convolutional neural networks for
document processing" (2006), for im2col. Level 0. Shapes as in `primitives`.
"""

from __future__ import annotations

import torch
from torch import Tensor

Pair = tuple[int, int]


def _unroll(X: Tensor, kw: int, s: int, d: int, ow: int, g: int) -> Tensor:
    """(n, ci, h, w) → (g, h, n·ow, kw·c): per row of the picture its windows."""
    n, ci, h, _ = X.shape
    c = ci // g
    lines = X.unflatten(1, (g, c)).permute(1, 3, 0, 4, 2).contiguous()
    *lead, step, one = lines.stride()  # (g, h, n, w, c)
    windows = lines.as_strided((g, h, n, ow, kw, c), (*lead, s * step, d * step, one))
    return windows.reshape(g, h, n * ow, kw * c)


def _met(U: Tensor, a: int, s: int, d: int, oh: int) -> Tensor:
    """The rows of U that kernel row `a` meets: (g, oh, …), a view."""
    return U[:, a * d : a * d + (oh - 1) * s + 1 : s]


def _matrices(K: Tensor, g: int) -> Tensor:
    """(co, c, kh, kw) → (kh, g, kw·c, o), o = co/g."""
    return K.unflatten(0, (g, -1)).permute(3, 0, 4, 2, 1).flatten(2, 3)


def _outputs(G: Tensor, g: int) -> Tensor:
    """(n, co, oh, ow) → (g, oh·n·ow, o)."""
    return G.unflatten(1, (g, -1)).permute(1, 3, 0, 4, 2).flatten(1, 3)


def correlate(X: Tensor, K: Tensor, out: Pair, s: Pair, d: Pair, g: int) -> Tensor:
    """Y (n, co, oh, ow), contiguous."""
    (oh, ow), n, co = out, len(X), len(K)
    U = _unroll(X, K.shape[3], s[1], d[1], ow, g)
    M = _matrices(K, g)
    Y = torch.bmm(_met(U, 0, s[0], d[0], oh).flatten(1, 2), M[0])
    for a in range(1, len(M)):
        Y.baddbmm_(_met(U, a, s[0], d[0], oh).flatten(1, 2), M[a])
    Y = Y.view(g, oh, n, ow, co // g).permute(2, 0, 4, 1, 3)
    return Y.reshape(n, co, oh, ow).contiguous()


def spread(G: Tensor, K: Tensor, size: Pair, s: Pair, d: Pair, g: int) -> Tensor:
    """X (n, ci, h, w) of `size`, contiguous."""
    (h, w), (n, _, oh, ow), (_, c, _, kw) = size, G.shape, K.shape
    Gm, M = _outputs(G, g), _matrices(K, g).mT
    U = G.new_zeros(g, h, n * ow, kw * c)
    for a in range(len(M)):
        products = torch.bmm(Gm, M[a]).view(g, oh, n * ow, kw * c)
        _met(U, a, s[0], d[0], oh).add_(products)
    U = U.view(g, h, n, ow, kw, c)
    lines = G.new_zeros(g, h, n, w, c)
    for b in range(kw):
        columns = slice(b * d[1], b * d[1] + (ow - 1) * s[1] + 1, s[1])
        lines[:, :, :, columns] += U[..., b, :]
    return lines.permute(2, 0, 4, 1, 3).reshape(n, g * c, h, w).contiguous()


def weight_sums(X: Tensor, G: Tensor, kernel: Pair, s: Pair, d: Pair, g: int) -> Tensor:
    """dK (co, c, kh, kw), contiguous."""
    (kh, kw), (_, co, oh, ow), c = kernel, G.shape, X.shape[1] // g
    U, Gm = _unroll(X, kw, s[1], d[1], ow, g), _outputs(G, g)
    sums = [
        torch.bmm(_met(U, a, s[0], d[0], oh).flatten(1, 2).mT, Gm) for a in range(kh)
    ]
    dM = torch.stack(sums).view(kh, g, kw, c, co // g)
    return dM.permute(1, 4, 3, 0, 2).reshape(co, c, kh, kw).contiguous()
