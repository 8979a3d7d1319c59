"""A convolution as a matrix product, in two ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._cases import some
from .._exercise import FunctionExercise


def _laid_out(K: Tensor, h: int, w: int) -> Tensor:
    """For each place of the window, the picture that holds the kernel there."""
    kh, kw = K.shape
    T = K.new_zeros(h - kh + 1, w - kw + 1, h, w)
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            T[i, j, i : i + kh, j : j + kw] = K
    return T


def toeplitz(K: Tensor, h: int, w: int) -> Tensor:
    return _laid_out(K, h, w).flatten(2).flatten(0, 1)


def _toeplitz_cases(g: torch.Generator) -> Iterator[tuple]:
    yield torch.arange(4.0).reshape(2, 2), 3, 3
    yield torch.randn(2, 3, generator=g), 5, 5
    yield torch.randn(2, 2, generator=g), 4, 6
    yield torch.randn(3, 2, generator=g), 5, 8
    yield torch.randn(1, 3, generator=g), 6, 4
    yield torch.randn(3, 4, generator=g), 3, 4
    yield torch.randn(1, 1, generator=g), 3, 5
    for _ in range(4):
        K = torch.randn(some(g, 1, 3), some(g, 1, 3), generator=g)
        yield K, some(g, 4, 7), some(g, 4, 7)


def _by_columns(*axes: int) -> Callable:
    def matrix(K: Tensor, h: int, w: int) -> Tensor:
        return _laid_out(K, h, w).permute(axes).flatten(2).flatten(0, 1)

    return matrix


def _strip(K: Tensor, w: int) -> Tensor:
    """The flattened kernel, its rows w cells apart."""
    return F.pad(K, (0, w - K.shape[1])).flatten()[: w * (len(K) - 1) + K.shape[1]]


def _at(K: Tensor, h: int, w: int, starts: list[int], strip: Tensor) -> Tensor:
    T = K.new_zeros(len(starts), h * w)
    for row, start in zip(T, starts, strict=True):
        row[start : start + len(strip)] = strip
    return T


def _starts(K: Tensor, h: int, w: int, step: int) -> list[int]:
    kh, kw = K.shape
    return [i * step + j for i in range(h - kh + 1) for j in range(w - kw + 1)]


def _no_jump(K: Tensor, h: int, w: int) -> Tensor:
    return _at(K, h, w, _starts(K, h, w, w - K.shape[1] + 1), _strip(K, w))


def _all_starts(K: Tensor, h: int, w: int) -> Tensor:
    strip = _strip(K, w)
    return _at(K, h, w, list(range(h * w - len(strip) + 1)), strip)


def _sticking_out(K: Tensor, h: int, w: int) -> Tensor:
    """One row for each pixel, as if the picture had zeros below and to the right."""
    kh, kw = K.shape
    T = _laid_out(K, h + kh - 1, w + kw - 1)[..., :h, :w]
    return T.flatten(2).flatten(0, 1)


def _no_gaps(K: Tensor, h: int, w: int) -> Tensor:
    return _at(K, h, w, _starts(K, h, w, w), K.flatten())


TOEPLITZ = FunctionExercise(
    name="toeplitz",
    right=toeplitz,
    cases=_toeplitz_cases,
    mistakes={
        "you flipped the kernel: it lies in the matrix as it is": (
            lambda K, h, w: toeplitz(K.flip(0, 1), h, w)
        ),
        "this is the transpose: one row for each cell of the answer": (
            lambda K, h, w: toeplitz(K, h, w).T
        ),
        "the kernel is transposed": lambda K, h, w: toeplitz(K.T, h, w),
        "the picture is flattened column by column: flatten goes along rows": (
            _by_columns(0, 1, 3, 2)
        ),
        "the answer is flattened column by column: flatten goes along rows": (
            _by_columns(1, 0, 2, 3)
        ),
        "picture and answer are flattened column by column": _by_columns(1, 0, 3, 2),
        "the window wraps at the end of a row: in row i it starts at cell i·w": (
            _no_jump
        ),
        "windows that run over the end of a row are in: w − kw + 1 fit in a row": (
            _all_starts
        ),
        "the kernel's rows lie side by side: in the flat picture they are w apart": (
            _no_gaps
        ),
        "there are four axes yet: reshape to a row for each cell of the answer and a "
        "column for each pixel": _laid_out,
        "there are three axes yet: the answer is flattened, the picture is not": (
            lambda K, h, w: _laid_out(K, h, w).flatten(0, 1)
        ),
        "there are three axes yet: the picture is flattened, the answer is not": (
            lambda K, h, w: _laid_out(K, h, w).flatten(2)
        ),
        "windows that stick out are in: n − k + 1 fit along an axis": _sticking_out,
        "height and width of the picture are swapped": (
            lambda K, h, w: toeplitz(K, w, h)
        ),
    },
    only={
        "right for square pictures only": lambda K, h, w: h == w,
        "right for square kernels only": lambda K, h, w: K.shape[0] == K.shape[1],
    },
    others=(
        lambda K, h, w: _at(K, h, w, _starts(K, h, w, w), _strip(K, w)),
        # its rows are what the layer's gradient says
        lambda K, h, w: torch.autograd.functional.jacobian(
            lambda x: F.conv2d(x.view(1, 1, h, w), K[None, None]).flatten(),
            torch.zeros(h * w),
        ),
    ),
)


def _blocks(X: Tensor, kh: int, kw: int, sh: int = 1, sw: int = 1) -> Tensor:
    return X.unfold(0, kh, sh).unfold(1, kw, sw)  # (oh, ow, kh, kw)


def im2col(X: Tensor, kh: int, kw: int) -> Tensor:
    return _blocks(X, kh, kw).reshape(-1, kh * kw)


def _window_cases(g: torch.Generator) -> Iterator[tuple]:
    yield torch.arange(9.0).reshape(3, 3), 2, 2
    yield torch.randn(5, 5, generator=g), 2, 3
    yield torch.randn(4, 6, generator=g), 2, 2
    yield torch.randn(5, 8, generator=g), 3, 2
    yield torch.randn(6, 4, generator=g), 1, 3
    yield torch.randn(3, 4, generator=g), 3, 4
    yield torch.randn(3, 5, generator=g), 1, 1
    for _ in range(4):
        X = torch.randn(some(g, 4, 7), some(g, 4, 7), generator=g)
        yield X, some(g, 1, 4), some(g, 1, 4)


def _padded(X: Tensor, kh: int, kw: int) -> Tensor:
    return im2col(F.pad(X, (0, kw - 1, 0, kh - 1)), kh, kw)


IM2COL = FunctionExercise(
    name="im2col",
    right=im2col,
    cases=_window_cases,
    mistakes={
        "the windows are columns: here each one is a row": (
            lambda X, kh, kw: im2col(X, kh, kw).T
        ),
        "the windows are flattened column by column: a kernel is flattened by rows": (
            lambda X, kh, kw: _blocks(X, kh, kw).mT.reshape(-1, kh * kw)
        ),
        "the windows come column by column: the answer is read along its rows": (
            lambda X, kh, kw: _blocks(X, kh, kw).transpose(0, 1).reshape(-1, kh * kw)
        ),
        "the windows are flipped: that makes a strict convolution": (
            lambda X, kh, kw: im2col(X, kh, kw).flip(1)
        ),
        "the windows do not overlap: they move by one cell": (
            lambda X, kh, kw: _blocks(X, kh, kw, kh, kw).reshape(-1, kh * kw)
        ),
        "there are four axes yet: reshape to a row for each window": _blocks,
        "there are three axes yet: the windows are flattened, their places are not": (
            lambda X, kh, kw: _blocks(X, kh, kw).flatten(2)
        ),
        "there are three axes yet: the places are in one list, the windows are not "
        "flattened": lambda X, kh, kw: _blocks(X, kh, kw).flatten(0, 1),
        "windows that stick out are in: n − k + 1 fit": _padded,
        "height and width of the window are swapped": (
            lambda X, kh, kw: im2col(X, kw, kh)
        ),
        "the last row and column of windows are missing: n − k + 1 fit": (
            lambda X, kh, kw: _blocks(X, kh, kw)[:-1, :-1].reshape(-1, kh * kw)
        ),
    },
    only={
        "right for square pictures only": (
            lambda X, kh, kw: X.shape[0] == X.shape[1]
        ),
        "right for square windows only": lambda X, kh, kw: kh == kw,
    },
    others=(
        lambda X, kh, kw: F.unfold(X[None, None], (kh, kw))[0].T,
        lambda X, kh, kw: torch.stack([
            X[i : i + kh, j : j + kw].flatten()
            for i in range(X.shape[0] - kh + 1)
            for j in range(X.shape[1] - kw + 1)
        ]),
    ),
)  # fmt: skip
