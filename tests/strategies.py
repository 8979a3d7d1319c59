"""Random layer settings that fit, and random tensors for them."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import torch
from hypothesis import strategies as st

seeds = st.integers(0, 2**31 - 1)


def randn(*shape: int, seed: int, dtype=torch.float64) -> torch.Tensor:
    """Standard normal numbers that depend on the seed alone."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


@dataclass(frozen=True)
class ConvCase:
    """Shapes and settings of one convolution whose kernel fits."""

    x: tuple[int, int, int, int]
    k: tuple[int, int, int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int
    seed: int

    def tensors(self, dtype=torch.float64):
        X = randn(*self.x, seed=self.seed, dtype=dtype)
        K = randn(*self.k, seed=self.seed + 1, dtype=dtype)
        bias = randn(self.k[0], seed=self.seed + 2, dtype=dtype)
        return X, K, bias

    @property
    def settings(self):
        return self.stride, self.padding, self.dilation, self.groups


def pairs(low: int, high: int):
    return st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def conv_cases(draw, max_batch: int = 3):
    groups = draw(st.integers(1, 3))
    ci = groups * draw(st.integers(1, 2))
    co = groups * draw(st.integers(1, 2))
    kernel, dilation = draw(pairs(1, 4)), draw(pairs(1, 3))
    stride, padding = draw(pairs(1, 4)), draw(pairs(0, 3))
    # The smallest input that the kernel fits into, and some more.
    size = []
    for k, d, p in zip(kernel, dilation, padding, strict=True):
        least = max(1, d * (k - 1) + 1 - 2 * p)
        size.append(least + draw(st.integers(0, 6)))
    assert gcd(groups, ci) == groups
    n = draw(st.integers(0, max_batch))
    return ConvCase(
        (n, ci, *size),
        (co, ci // groups, *kernel),
        stride,
        padding,
        dilation,
        groups,
        draw(seeds),
    )
