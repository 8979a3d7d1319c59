"""Cross-correlation as this chapter teaches it: the definition and the fast form.

Level 2. Arrays of one picture without a batch axis; `convolution.conv2d` is the
batched, strided, padded operation.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from d2l_helpers.primitives import correlate, taps
from d2l_helpers.shapes import conv_output_size
from d2l_helpers.validation import check_pair, check_tensor

_ONE = (1, 1)
# Products, output cells times kernel cells. Up to _FEW the calls decide and not the
# work; up to _MOST all windows fit into memory side by side.
_FEW, _MOST = 2**15, 2**23
_MANY_TAPS = 49  # kernel cells; with more of them passes over the picture are slower


def _check_2d(X: Tensor, K: Tensor) -> tuple[int, int]:
    check_tensor(X, "X", 2, "(h, w)")
    check_tensor(K, "K", 2, "(kh, kw)")
    check_pair(X, "X", K, "K")
    return _valid_size(X, K)


def _valid_size(X: Tensor, K: Tensor) -> tuple[int, int]:
    (h, w), (kh, kw) = X.shape[-2:], K.shape[-2:]
    if 1 <= kh <= h and 1 <= kw <= w:
        return h - kh + 1, w - kw + 1
    return conv_output_size(h, kh), conv_output_size(w, kw)  # says what does not fit


def corr2d_loop(X: Tensor, K: Tensor) -> Tensor:
    """The definition of 2-D cross-correlation, one window at a time.

    X: (h, w), K: (kh, kw), of one floating dtype and device. Returns
    (h−kh+1, w−kw+1) with Y[i,j] = Σ_a Σ_b K[a,b] X[i+a, j+b]. Differentiable,
    and slow on purpose: `corr2d` computes the same. Raises as `corr2d` does.
    """
    oh, ow = _check_2d(X, K)
    kh, kw = K.shape
    rows = [
        torch.stack([(X[i : i + kh, j : j + kw] * K).sum() for j in range(ow)])
        for i in range(oh)
    ]
    return torch.stack(rows)


def _shift_and_add(X: Tensor, K: Tensor, out: tuple[int, int]) -> Tensor:
    """One pass over the picture per kernel cell: kh·kw whole-array products."""
    Y = X.new_zeros(out)
    # plain numbers multiply faster than tensors; a GPU would have to be waited for
    weights = K.tolist() if K.device.type == "cpu" else None
    for a, b, cells in taps(X, tuple(K.shape), _ONE, _ONE, out):
        if weights is None:
            Y.addcmul_(cells, K[a, b])
        else:
            Y.add_(cells, alpha=weights[a][b])
    return Y


def _all_windows(X: Tensor, K: Tensor, out: tuple[int, int]) -> Tensor:
    """All windows side by side, times the kernel: a matrix product for the many."""
    windows = X.as_strided((*out, *K.shape), X.stride() * 2)  # overlapping views
    if out[0] * out[1] * K.numel() <= _FEW:  # a product would wake its threads
        return (windows * K).sum((2, 3))
    return torch.mv(windows.reshape(-1, K.numel()), K.reshape(-1)).view(out)


def _form(K: Tensor, out: tuple[int, int]) -> Callable[..., Tensor]:
    """The faster of the two for these sizes; the gradient by K has a large kernel."""
    products = out[0] * out[1] * K.numel()
    most = _MOST if K.numel() > _MANY_TAPS else _FEW
    return _all_windows if products <= most else _shift_and_add


def corr2d(X: Tensor, K: Tensor) -> Tensor:
    """2-D cross-correlation of one picture with one kernel.

    X: (h, w), K: (kh, kw), of one floating dtype and device. Returns
    (h−kh+1, w−kw+1) with Y[i,j] = Σ_a Σ_b K[a,b] X[i+a, j+b]; the kernel is not
    flipped. Differentiable; inputs are never changed. Half-precision inputs are
    summed in float32 and rounded once.

    Raises TypeError for non-tensors and dtypes that are not floating or differ;
    ValueError for other numbers of axes, two devices, or a kernel larger than X.
    """
    out = _check_2d(X, K)
    if torch.is_grad_enabled() and (X.requires_grad or K.requires_grad):
        return correlate(X[None, None], K[None, None], _ONE, _ONE, 1)[0, 0]
    form = _form(K, out)
    if X.dtype in (torch.float16, torch.bfloat16):
        return form(X.float(), K.float(), out).to(X.dtype)
    return form(X, K, out)


def corr2d_backward(X: Tensor, K: Tensor, G: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of `corr2d`, written out as two more correlations.

    G: (h−kh+1, w−kw+1) is the gradient of the loss by the output. Returns the
    gradient by X, the *full convolution* of G with K (the kernel flipped, G
    padded by k−1), and the gradient by K, the correlation of X with G. Raises
    as `corr2d` does, and ValueError if G does not have the output's shape.
    """
    out = _check_2d(X, K)
    check_tensor(G, "G", 2, "(h−kh+1, w−kw+1)")
    check_pair(X, "X", G, "G")
    if tuple(G.shape) != out:
        raise ValueError(f"G must have the output's shape {out}, got {tuple(G.shape)}")
    kh, kw = K.shape
    padded = torch.nn.functional.pad(G, (kw - 1, kw - 1, kh - 1, kh - 1))
    return corr2d(padded, K.flip(0, 1)), corr2d(X, G)


def _check_channels(X: Tensor, K: Tensor, k_ndim: int, k_layout: str) -> None:
    check_tensor(X, "X", 3, "(ci, h, w)")
    check_tensor(K, "K", k_ndim, k_layout)
    check_pair(X, "X", K, "K")
    if X.shape[0] != K.shape[-3]:
        raise ValueError(
            f"K needs one slice per channel of X: X has {X.shape[0]} channels "
            f"(shape {tuple(X.shape)}), K has {K.shape[-3]} slices "
            f"(shape {tuple(K.shape)})"
        )
    _valid_size(X, K)


def corr2d_multi_in(X: Tensor, K: Tensor) -> Tensor:
    """Correlate each channel with its own slice of the kernel and add up.

    X: (ci, h, w), K: (ci, kh, kw) → (h−kh+1, w−kw+1). Differentiable. Raises as
    `corr2d` does, and ValueError where the numbers of channels differ.
    """
    _check_channels(X, K, 3, "(ci, kh, kw)")
    return correlate(X[None], K[None], _ONE, _ONE, 1)[0, 0]


def corr2d_multi_in_out(X: Tensor, K: Tensor) -> Tensor:
    """One output channel per kernel; each kernel reads all input channels.

    X: (ci, h, w), K: (co, ci, kh, kw) → (co, h−kh+1, w−kw+1). Differentiable.
    Raises as `corr2d_multi_in` does.
    """
    _check_channels(X, K, 4, "(co, ci, kh, kw)")
    return correlate(X[None], K, _ONE, _ONE, 1)[0]


def corr2d_multi_in_out_1x1(X: Tensor, K: Tensor) -> Tensor:
    """A 1×1 convolution as the matrix product that it is.

    X: (ci, h, w), K: (co, ci, 1, 1) → (co, h, w): at every pixel the same dense
    layer without bias, from ci to co numbers. Differentiable. Raises as
    `corr2d_multi_in` does, and ValueError for a kernel that is not 1×1.
    """
    _check_channels(X, K, 4, "(co, ci, 1, 1)")
    if K.shape[2:] != (1, 1):
        raise ValueError(f"K must be 1×1, got {K.shape[2]}×{K.shape[3]}")
    co, ci = K.shape[:2]
    return (K.reshape(co, ci) @ X.reshape(ci, -1)).reshape(co, *X.shape[1:])
