"""Two convolutions in a row as one."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._exercise import FunctionExercise


def _kernel(K1: Tensor, K2: Tensor) -> Tensor:
    """Σ over the middle channels of the strict convolution K1 * K2."""
    four = F.conv_transpose2d(K1.transpose(0, 1), K2.transpose(0, 1))
    return four.transpose(0, 1)


def _bias(b1: Tensor, K2: Tensor, b2: Tensor) -> Tensor:
    return b2 + K2.sum((2, 3)) @ b1


def merge(K1: Tensor, b1: Tensor, K2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor]:
    return _kernel(K1, K2), _bias(b1, K2, b2)


def _cases(g: torch.Generator) -> Iterator[tuple]:
    for (ci, cm, co), k, m in (
        ((3, 4, 2), (3, 2), (1, 5)), ((1, 1, 1), (2, 2), (2, 2)),
        ((2, 3, 3), (3, 3), (3, 3)), ((3, 3, 2), (2, 2), (3, 3)),
        ((2, 1, 3), (2, 3), (3, 2)), ((1, 4, 1), (3, 3), (2, 2)),
        ((2, 2, 2), (3, 1), (2, 4)), ((1, 1, 1), (2, 3), (3, 1)),
    ):  # fmt: skip
        yield (
            torch.randn(cm, ci, *k, generator=g), torch.randn(cm, generator=g),
            torch.randn(co, cm, *m, generator=g), torch.randn(co, generator=g),
        )  # fmt: skip


def _other(kernel=_kernel, bias=_bias):
    """A merger, the kernel or the bias of which may be wrong."""

    def wrong(K1, b1, K2, b2):
        return kernel(K1, K2), bias(b1, K2, b2)

    return wrong


def _kernels_swapped(K1, b1, K2, b2):
    """Copies of K2 for copies of K1, in an array of the right size."""
    K = _kernel(K2, K1)
    if K.shape[:2] != (len(K2), K1.shape[1]):
        raise RuntimeError("the shapes do not fit")
    return K, _bias(b1, K2, b2)


def _turned(K: Tensor) -> Tensor:
    return K.flip(2, 3)


def _kronecker(K1: Tensor, K2: Tensor) -> Tensor:
    K = torch.einsum("omab,mcxy->ocaxby", K2, K1)
    co, ci, lh, kh, lw, kw = K.shape
    return K.reshape(co, ci, lh * kh, lw * kw)


def _unsummed(K1: Tensor, K2: Tensor) -> Tensor:
    pairs = range(len(K1))
    return torch.stack([_kernel(K1[m : m + 1], K2[:, m : m + 1]) for m in pairs], 1)


def _by_dot(K1: Tensor, b1: Tensor, K2: Tensor, b2: Tensor):
    """What the two layers show of a dot in every channel, turned back."""
    (_, ci, kh, kw), (_, _, lh, lw) = K1.shape, K2.shape
    h, w = kh + lh - 2, kw + lw - 2
    dots = torch.eye(ci, dtype=K1.dtype)[:, :, None, None].to(K1.device)
    both = F.conv2d(F.conv2d(F.pad(dots, (w, w, h, h)), K1), K2)
    grey = K1.new_zeros(1, ci, h + 1, w + 1)
    bias = F.conv2d(F.conv2d(grey, K1, b1), K2, b2).flatten()
    return _turned(both.transpose(0, 1)), bias


MERGE = FunctionExercise(
    name="merge",
    right=merge,
    cases=_cases,
    mistakes={
        "you correlated the kernels: one of them must be flipped for that": _other(
            lambda K1, K2: _kernel(K1, _turned(K2))
        ),
        "the copies of K1 are flipped: shift them by (a, b), as they are": _other(
            lambda K1, K2: _kernel(_turned(K1), K2)
        ),
        "you took what a dot shows: that is the kernel turned by 180°": _other(
            lambda K1, K2: _turned(_kernel(K1, K2))
        ),
        "you multiplied the sizes: they add up to k₁ + k₂ − 1": _other(_kronecker),
        "the middle channels are not summed": _other(_unsummed),
        "only the first middle channel counts: sum over all": _other(
            lambda K1, K2: _kernel(K1[:1], K2[:, :1])
        ),
        "you averaged over the middle channels: they are summed": _other(
            lambda K1, K2: _kernel(K1, K2) / len(K1)
        ),
        "the channels are in the wrong order: the kernel is (co, ci, …)": _other(
            lambda K1, K2: _kernel(K1, K2).transpose(0, 1)
        ),
        "you mixed by the columns of K2: its axes are (co, cm)": _other(
            lambda K1, K2: _kernel(K1, K2.transpose(0, 1))
        ),
        "the layers are swapped: K1 reads the picture, K2 what K1 made": (
            lambda K1, b1, K2, b2: merge(K2, b2, K1, b1)
        ),
        "the kernels are swapped: K1 reads the picture, K2 what K1 made": (
            _kernels_swapped
        ),
        "the biases are swapped: the first goes through K2, the second is added": (
            lambda K1, b1, K2, b2: (_kernel(K1, K2), _bias(b2, K1, b1))
        ),
        "the kernel alone came: give the pair (K, b)": (
            lambda K1, b1, K2, b2: _kernel(K1, K2)
        ),
        "the bias stands first: give the pair (K, b)": (
            lambda K1, b1, K2, b2: merge(K1, b1, K2, b2)[::-1]
        ),
        "there is no bias: it is b2 and what K2 makes of b1": (
            lambda K1, b1, K2, b2: (_kernel(K1, K2), None)
        ),
        "both biases are forgotten: it is b2 and what K2 makes of b1": _other(
            bias=lambda b1, K2, b2: torch.zeros_like(b2)
        ),
        "the first bias is dropped: the second layer passes it on": _other(
            bias=lambda b1, K2, b2: b2
        ),
        "the second bias is dropped": _other(
            bias=lambda b1, K2, b2: K2.sum((2, 3)) @ b1
        ),
        "you added the biases as they are: the first goes through K2": _other(
            bias=lambda b1, K2, b2: b1 + b2
        ),
        "the first bias meets one cell of K2: it meets all, so sum them": _other(
            bias=lambda b1, K2, b2: b2 + K2[:, :, 0, 0] @ b1
        ),
        "the first bias meets the mean of K2's cells: it meets their sum": _other(
            bias=lambda b1, K2, b2: b2 + K2.mean((2, 3)) @ b1
        ),
    },
    only={
        "right for square kernels only": lambda K1, b1, K2, b2: (
            K1.shape[2] == K1.shape[3] and K2.shape[2] == K2.shape[3]
        ),
        "right for one channel only": lambda K1, b1, K2, b2: (
            K1.shape[1] == len(K1) == len(K2) == 1
        ),
        "right for one middle channel only": lambda K1, b1, K2, b2: len(K1) == 1,
        "right for kernels of one size only": lambda K1, b1, K2, b2: (
            K1.shape[2:] == K2.shape[2:]
        ),
    },
    others=(_by_dot, lambda *case: list(merge(*case))),
    any_device=True,
)
