"""2-D, 1-D and transposed convolution from scratch, with PyTorch's meanings.

What deep learning calls convolution is cross-correlation: the kernel is not
flipped. Level 2: validation and sizes here, the sums in `primitives`.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from d2l_helpers.primitives import correlate, spread, weight_sums
from d2l_helpers.shapes import (
    conv_output_size,
    conv_transpose_output_size,
    same_padding,
)
from d2l_helpers.validation import (
    as_int,
    as_tuple,
    check_choice,
    check_pair,
    check_tensor,
)

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")
_LAYOUT = "(n, c, h, w)"


def pad2d(X: Tensor, padding, mode: str = "zeros") -> Tensor:
    """X (…, h, w) with rows and columns added around it.

    `padding` is one integer, (rows, columns) per side, or (top, bottom, left,
    right). `mode`: zeros; reflect (mirror, the edge itself not repeated);
    replicate (the edge repeated); circular (the other side). Raises ValueError
    for negative padding, an unknown mode, or more reflected or wrapped cells
    than there are: reflect needs p < n, circular p ≤ n.
    """
    check_choice(mode, "padding_mode", PADDING_MODES)
    if isinstance(padding, (tuple, list)) and len(padding) == 4:
        top, bottom, left, right = as_tuple(padding, "padding", 0, dims=4)
    else:
        top, left = as_tuple(padding, "padding", 0)
        bottom, right = top, left
    h, w = X.shape[-2:]
    for p, n, axis in ((max(top, bottom), h, "rows"), (max(left, right), w, "columns")):
        if (mode == "reflect" and p >= n > 0) or (mode == "circular" and p > n):
            raise ValueError(
                f"{mode} padding of {p} {axis} needs an input of more than "
                f"{p if mode == 'reflect' else p - 1} {axis}, got {n}"
            )
    if not (top or bottom or left or right):
        return X
    if mode == "zeros":
        return F.pad(X, (left, right, top, bottom))
    flat = X.reshape(-1, 1, h, w)
    flat = F.pad(flat, (left, right, top, bottom), mode=mode)
    return flat.reshape(*X.shape[:-2], *flat.shape[-2:])


def _check_groups(groups, ci: int, co: int, k_channels: int) -> int:
    groups = as_int(groups, "groups", 1)
    if ci % groups or co % groups:
        raise ValueError(
            f"groups={groups} must divide the {ci} input channels and the {co} "
            f"output channels"
        )
    if k_channels != ci // groups:
        raise ValueError(
            f"X has {ci} channels, so with groups={groups} each kernel needs "
            f"{ci}/{groups} = {ci // groups} input channels, but K has {k_channels}"
        )
    return groups


def _check_bias(bias: Tensor | None, K: Tensor, co: int) -> None:
    if bias is None:
        return
    check_tensor(bias, "bias", 1, "(co,)")
    check_pair(K, "K", bias, "bias")
    if len(bias) != co:
        raise ValueError(
            f"bias needs one number per output channel: {co}, got {len(bias)}"
        )


def _padding(padding, K: Tensor, stride, dilation) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) for an integer, a pair, "same" or "valid"."""
    if isinstance(padding, str):
        check_choice(padding, "padding", ("same", "valid"))
        if padding == "valid":
            return 0, 0, 0, 0
        if stride != (1, 1):
            raise ValueError(f'padding="same" needs stride 1, got stride {stride}')
        rows = same_padding(K.shape[2], dilation[0])
        return *rows, *same_padding(K.shape[3], dilation[1])
    ph, pw = as_tuple(padding, "padding", 0)
    return ph, ph, pw, pw


def conv2d(
    X: Tensor,
    K: Tensor,
    bias: Tensor | None = None,
    stride=1,
    padding=0,
    dilation=1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Tensor:
    """Correlate a batch of many-channel pictures with a bank of kernels.

    X: (n, ci, h, w), any floating dtype and device. K: (co, ci/groups, kh, kw),
    the same dtype and device. bias: (co,). `stride`, `padding` (cells per side)
    and `dilation` are integers or pairs (rows, columns); `padding` may also be
    "valid" or "same" (stride 1). `padding_mode`: zeros, reflect, replicate,
    circular. Returns (n, co, oh, ow) with oh = ⌊(h + 2p − d(kh−1) − 1)/s⌋ + 1.
    Differentiable any number of times; inputs are never changed.

    Raises TypeError for non-tensors, dtypes that are not floating or differ;
    ValueError for shapes, devices and settings that do not fit, with the numbers.
    """
    check_tensor(X, "X", 4, _LAYOUT)
    check_tensor(K, "K", 4, "(co, ci/groups, kh, kw)")
    check_pair(X, "X", K, "K")
    groups = _check_groups(groups, X.shape[1], K.shape[0], K.shape[1])
    _check_bias(bias, K, K.shape[0])
    stride, dilation = as_tuple(stride, "stride", 1), as_tuple(dilation, "dilation", 1)
    X = pad2d(X, _padding(padding, K, stride, dilation), padding_mode)
    for n, k, s, d in zip(X.shape[2:], K.shape[2:], stride, dilation, strict=True):
        conv_output_size(n, k, s, 0, d)  # raises, with the formula, if too large
    Y = correlate(X, K, stride, dilation, groups)
    return Y if bias is None else Y + bias.to(Y.dtype)[:, None, None]


def conv2d_backward(
    G: Tensor, X: Tensor, K: Tensor, stride=1, padding=0, dilation=1, groups: int = 1
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of `conv2d` (zero padding), written out.

    G: (n, co, oh, ow), the gradient of the loss by the output. Returns the
    gradients by X, by K and by the bias: the kernel stamped on the input, a
    correlation of input and gradient, and a sum. Raises as `conv2d` does, and
    ValueError if G does not have the output's shape.
    """
    check_tensor(X, "X", 4, _LAYOUT)
    check_tensor(K, "K", 4, "(co, ci/groups, kh, kw)")
    check_tensor(G, "G", 4, "(n, co, oh, ow)")
    check_pair(X, "X", K, "K")
    check_pair(X, "X", G, "G")
    groups = _check_groups(groups, X.shape[1], K.shape[0], K.shape[1])
    s, d = as_tuple(stride, "stride", 1), as_tuple(dilation, "dilation", 1)
    top, bottom, left, right = _padding(padding, K, s, d)
    padded = pad2d(X, (top, bottom, left, right))
    out = [
        conv_output_size(n, k, s_, 0, d_)
        for n, k, s_, d_ in zip(padded.shape[2:], K.shape[2:], s, d, strict=True)
    ]
    if tuple(G.shape) != (len(X), len(K), *out):
        raise ValueError(
            f"G must have the output's shape {(len(X), len(K), *out)}, "
            f"got {tuple(G.shape)}"
        )
    h, w = padded.shape[2:]
    dX = spread(G, K, (h, w), s, d, groups)[..., top : h - bottom, left : w - right]
    dK = weight_sums(padded, G, tuple(K.shape[2:]), s, d, groups)
    return dX, dK, G.sum((0, 2, 3))


def conv1d(
    X: Tensor,
    K: Tensor,
    bias: Tensor | None = None,
    stride: int = 1,
    padding=0,
    dilation: int = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Tensor:
    """`conv2d` along one axis: X (n, ci, t), K (co, ci/groups, k) → (n, co, t').

    A signal is treated as a picture of one row. Arguments and errors as for
    `conv2d`, with integers in place of pairs.
    """
    check_tensor(X, "X", 3, "(n, c, t)")
    check_tensor(K, "K", 3, "(co, ci/groups, k)")
    stride = (1, as_int(stride, "stride", 1))
    dilation = (1, as_int(dilation, "dilation", 1))
    if not isinstance(padding, str):
        padding = (0, as_int(padding, "padding", 0))
    Y = conv2d(
        X[:, :, None],
        K[:, :, None],
        bias,
        stride,
        padding,
        dilation,
        groups,
        padding_mode,
    )
    return Y[:, :, 0]


def conv_transpose2d(
    X: Tensor,
    K: Tensor,
    bias: Tensor | None = None,
    stride=1,
    padding=0,
    output_padding=0,
    groups: int = 1,
    dilation=1,
) -> Tensor:
    """Transposed convolution: every input cell stamps K, scaled by its value.

    X: (n, ci, h, w); K: (ci, co/groups, kh, kw); bias: (co,). Returns
    (n, co, oh, ow) with oh = (h−1)s − 2p + d(kh−1) + 1 + output_padding. It is
    the gradient of `conv2d` by its input: it undoes the shape, not the values.
    Raises as `conv2d` does.
    """
    check_tensor(X, "X", 4, _LAYOUT)
    check_tensor(K, "K", 4, "(ci, co/groups, kh, kw)")
    check_pair(X, "X", K, "K")
    groups = as_int(groups, "groups", 1)
    if X.shape[1] != K.shape[0] or X.shape[1] % groups:
        raise ValueError(
            f"X has {X.shape[1]} channels: K's first axis must have as many, got "
            f"{K.shape[0]}, and groups={groups} must divide them"
        )
    _check_bias(bias, K, K.shape[1] * groups)
    s, d = as_tuple(stride, "stride", 1), as_tuple(dilation, "dilation", 1)
    (ph, pw), extra = (
        as_tuple(padding, "padding", 0),
        as_tuple(output_padding, "output_padding", 0),
    )
    oh, ow = (
        conv_transpose_output_size(*args)
        for args in zip(X.shape[2:], K.shape[2:], s, (ph, pw), extra, d, strict=True)
    )
    Y = spread(X, K, (oh + 2 * ph, ow + 2 * pw), s, d, groups)
    Y = Y[..., ph : ph + oh, pw : pw + ow]
    return Y if bias is None else Y + bias.to(Y.dtype)[:, None, None]
