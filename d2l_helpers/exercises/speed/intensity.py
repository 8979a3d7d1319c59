"""Operations for each byte that a layer has to move."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from .._cases import some
from .._exercise import FunctionExercise


def _parts(n, ci, co, k, h, w):
    """Operations, and the numbers of input, kernels and output."""
    oh, ow = h - k + 1, w - k + 1
    out = n * co * oh * ow
    return 2 * out * ci * k * k, n * ci * h * w, co * ci * k * k, out


def intensity(n, ci, co, k, h, w):
    operations, *moved = _parts(n, ci, co, k, h, w)
    return operations / (4 * sum(moved))


def _cases(g: torch.Generator) -> Iterator[tuple]:
    yield from [(1, 1, 1, 5, 512, 512), (16, 16, 32, 5, 28, 28), (1, 1, 1, 1, 1, 1)]
    yield from [(64, 400, 120, 1, 1, 1), (1, 1, 6, 5, 32, 32)]
    for _ in range(9):
        k = some(g, 1, 5)
        n, ci, co = (some(g, 1, 9) for _ in range(3))
        yield n, ci, co, k, k + some(g, 0, 9), k + some(g, 0, 9)
    yield 3, 2, 4, 3, 7, 11


def _counted(n, ci, co, k, h, w):
    """The same, added up place by place."""
    operations = moved = 0
    for _ in range(n):
        moved += ci * h * w
        for _ in range(h - k + 1):
            operations += (w - k + 1) * co * ci * k * k * 2
            moved += (w - k + 1) * co
    return operations / (4 * (moved + co * ci * k**2))


def _with(wrong):
    """An answer that goes wrong where the parts come together."""
    return lambda n, ci, co, k, h, w: wrong(n, ci, *_parts(n, ci, co, k, h, w))


def _same_size(n, ci, co, k, h, w):
    out = n * co * h * w
    return 2 * out * ci * k**2 / (4 * (n * ci * h * w + co * ci * k**2 + out))


INTENSITY = FunctionExercise(
    name="intensity",
    right=intensity,
    cases=_cases,
    mistakes={
        "a multiplication and an addition are two operations": (
            _with(lambda n, ci, ops, x, k, y: ops / 2 / (4 * (x + k + y)))
        ),
        "you divide by numbers: each of them has four bytes": (
            _with(lambda n, ci, ops, x, k, y: ops / (x + k + y))
        ),
        "that is bytes for each operation: turn the fraction round": (
            _with(lambda n, ci, ops, x, k, y: 4 * (x + k + y) / ops)
        ),
        "the output is not counted: it has to be written": (
            _with(lambda n, ci, ops, x, k, y: ops / (4 * (x + k)))
        ),
        "the kernels are not counted: they have to be read": (
            _with(lambda n, ci, ops, x, k, y: ops / (4 * (x + y)))
        ),
        "only the input's bytes are counted": (
            _with(lambda n, ci, ops, x, k, y: ops / (4 * x))
        ),
        "the kernels are read once for the batch, not once for each image": (
            _with(lambda n, ci, ops, x, k, y: ops / (4 * (x + n * k + y)))
        ),
        "the sum runs over the input channels too": (
            _with(lambda n, ci, ops, x, k, y: ops / ci / (4 * (x + k + y)))
        ),
        "without padding the output is smaller than the input": _same_size,
        "the arithmetic is that of one image, the bytes are those of all": (
            _with(lambda n, ci, ops, x, k, y: ops / n / (4 * (x + k + y)))
        ),
    },
    only={
        "right for one image only": lambda n, ci, co, k, h, w: n == 1,
        "right for square pictures only": lambda n, ci, co, k, h, w: h == w,
        "right for one channel in only": lambda n, ci, co, k, h, w: ci == 1,
    },
    others=(_counted,),
)
