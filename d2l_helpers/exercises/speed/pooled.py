"""A convolution and the average behind it as one convolution."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F

from .._exercise import FunctionExercise
from .._forms import same_dtype


def pooled_kernel(K, p):
    kh, kw = K.shape[-2:]
    W = K.new_zeros(*K.shape[:2], kh + p - 1, kw + p - 1)
    for a in range(p):
        for b in range(p):
            W[..., a : a + kh, b : b + kw] += K
    return W / p**2


def _cases(g: torch.Generator) -> Iterator[tuple]:
    yield torch.tensor([[[[1.0, 2], [3, 4]]]]), 2
    yield torch.tensor([[[[1.0, -1]]]]), 3
    for co, ci, kh, kw, p in ((1, 1, 3, 3, 2), (2, 3, 5, 5, 2), (3, 1, 2, 4, 3),
                              (4, 2, 1, 1, 4), (1, 2, 3, 3, 1)):  # fmt: skip
        yield torch.randn(co, ci, kh, kw, generator=g), p
    yield torch.randn(2, 1, 3, 2, generator=g, dtype=torch.double), 2


def _by_convolution(K, p):
    """Each slice, padded on all sides, averaged at stride 1."""
    return F.avg_pool2d(F.pad(K, (p - 1,) * 4), p, stride=1)


def _spread(K, p):
    return K.repeat_interleave(p, -2).repeat_interleave(p, -1) / p**2


POOLED_KERNEL = FunctionExercise(
    name="pooled_kernel",
    right=pooled_kernel,
    cases=_cases,
    mistakes={
        "that is the sum of the p² outputs: the average divides": (
            lambda K, p: pooled_kernel(K, p) * p**2
        ),
        "p×p outputs are averaged: divide by p², not by p": (
            lambda K, p: pooled_kernel(K, p) * p
        ),
        "you flipped the kernel": lambda K, p: pooled_kernel(K.flip(-2, -1), p),
        "you averaged the kernel itself: the copies of it must be moved, and add up": (
            lambda K, p: F.avg_pool2d(K, p)
        ),
        "you made each weight a block of p×p: the whole kernel is what moves": _spread,
        "the copies move along the rows only: they move down as well": (
            lambda K, p: F.pad(
                F.avg_pool2d(F.pad(K, (p - 1,) * 2), (1, p), 1), (0, 0, 0, p - 1)
            )
        ),
        "p copies move along the diagonal: all p² places of the window count": (
            lambda K, p: sum(
                F.pad(K, (a, p - 1 - a, a, p - 1 - a)) for a in range(p)
            ) / p
        ),
        "a side has one cell too many: the first copy is not moved": (
            lambda K, p: F.pad(pooled_kernel(K, p), (0, 1, 0, 1))
        ),
        "the output channels are added up: each keeps a kernel of its own": (
            lambda K, p: pooled_kernel(K, p).sum(0, keepdim=True)
        ),
    },
    only={
        "right for p = 2 only": lambda K, p: p == 2,
        "right for square kernels only": lambda K, p: K.shape[-1] == K.shape[-2],
        "right for one channel only": lambda K, p: K.shape[0] == K.shape[1] == 1,
    },
    others=(_by_convolution,),
    form=(same_dtype,),
    any_device=True,
)  # fmt: skip
