"""One convolution as a GPU does it: a product of matrices that is never written out.

Each program computes a tile of the output, 128 places by up to 128 maps, and fetches
the pieces of input and kernel that it needs, cell by cell of the kernel ("implicit
GEMM": Chetlur et al. 2014, cuDNN). im2col would write every piece to memory first.
Needs Triton, which PyTorch with CUDA brings; nothing else of this package does.

Level 2: imports `validation` and `shapes`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from d2l_helpers.shapes import conv_output_size
from d2l_helpers.validation import as_tuple, check_pair, check_tensor

try:
    import triton
    import triton.language as tl
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "conv2d_tiles needs Triton, which PyTorch for CUDA brings on Linux; "
        "`pip install triton` adds it elsewhere"
    ) from error


@triton.jit
def _tile(
    X, K, Y, n, ci, h, w, co, oh, ow, sh, sw, ph, pw,
    xn, xc, xh, xw, ko, kc, ka, kb, yn, yc, yh, yw,  # steps in memory along the axes
    KH: tl.constexpr, KW: tl.constexpr, PRECISION: tl.constexpr,
    PLACES: tl.constexpr, MAPS: tl.constexpr, DEEP: tl.constexpr,
):  # fmt: skip
    place = tl.program_id(0) * PLACES + tl.arange(0, PLACES)
    out = tl.program_id(1) * MAPS + tl.arange(0, MAPS)
    image, row, column = place // (oh * ow), place // ow % oh, place % ow
    image_at = image.to(tl.int64)  # a large batch has more than 2³¹ numbers
    total = tl.zeros((PLACES, MAPS), dtype=tl.float32)
    for a in range(KH):
        for b in range(KW):
            i, j = row * sh + a - ph, column * sw + b - pw
            there = (image < n) & (i >= 0) & (i < h) & (j >= 0) & (j < w)
            from_x = X + image_at * xn + i * xh + j * xw
            for first in range(0, ci, DEEP):
                c = first + tl.arange(0, DEEP)
                x = tl.load(
                    from_x[:, None] + c[None, :] * xc,
                    mask=there[:, None] & (c < ci)[None, :],
                    other=0.0,
                )
                k = tl.load(
                    K + out[None, :] * ko + c[:, None] * kc + a * ka + b * kb,
                    mask=(out < co)[None, :] & (c < ci)[:, None],
                    other=0.0,
                )
                total = tl.dot(x, k, total, input_precision=PRECISION)
    at = Y + (image_at * yn + row * yh + column * yw)[:, None] + out[None, :] * yc
    tl.store(at, total.to(Y.dtype.element_ty),
             mask=(image < n)[:, None] & (out < co)[None, :])  # fmt: skip


def conv2d_tiles(X: Tensor, K: Tensor, stride=1, padding=0) -> Tensor:
    """`conv2d(X, K, None, stride, padding)` by one GPU kernel, forward only.

    X: (n, ci, h, w), float32, float16 or bfloat16, on a CUDA device (or anywhere, with
    TRITON_INTERPRET=1 set before the import, slowly). K: (co, ci, kh, kw), the same
    dtype and device. Sums are float32; products of float32 numbers are rounded to TF32
    where `torch.backends.cudnn.allow_tf32` says so. Fastest with the channels side by
    side in memory (`torch.channels_last`), which is also how Y, (n, co, oh, ow), comes.

    Raises TypeError and ValueError as `conv2d` does, ValueError for another device, and
    ValueError where a gradient would be lost.
    """
    check_tensor(X, "X", 4, "(n, ci, h, w)")
    check_tensor(K, "K", 4, "(co, ci, kh, kw)")
    check_pair(X, "X", K, "K")
    if X.dtype not in (torch.float32, torch.float16, torch.bfloat16):
        raise TypeError(f"tiles are summed in float32, so X cannot be {X.dtype}")
    if X.shape[1] != K.shape[1]:
        raise ValueError(f"X has {X.shape[1]} channels, but K has {K.shape[1]}")
    if not (X.is_cuda or triton.knobs.runtime.interpret):
        raise ValueError(f"Triton's kernels run on a CUDA device, X is on {X.device}")
    if torch.is_grad_enabled() and (X.requires_grad or K.requires_grad):
        raise ValueError("no gradient is computed here: call it under torch.no_grad()")
    (sh, sw), (ph, pw) = as_tuple(stride, "stride", 1), as_tuple(padding, "padding", 0)
    (n, ci, h, w), (co, _, kh, kw) = X.shape, K.shape
    oh, ow = conv_output_size(h, kh, sh, ph), conv_output_size(w, kw, sw, pw)
    Y = X.new_empty(n, co, oh, ow).to(memory_format=torch.channels_last)
    if not Y.numel() or not ci:
        return Y.zero_()
    places, maps = 128, min(128, max(16, triton.next_power_of_2(co)))
    deep = min(32, max(16, triton.next_power_of_2(ci)))  # 64 was slower: TF32, bf16
    exact = X.dtype == torch.float32 and not torch.backends.cudnn.allow_tf32
    _tile[triton.cdiv(n * oh * ow, places), triton.cdiv(co, maps)](
        X, K, Y, n, ci, h, w, co, oh, ow, sh, sw, ph, pw,
        *X.stride(), *K.stride(), *Y.stride(),
        KH=kh, KW=kw, PRECISION="ieee" if exact else "tf32",
        PLACES=places, MAPS=maps, DEEP=deep, num_warps=8, num_stages=3,
    )  # fmt: skip
    return Y
