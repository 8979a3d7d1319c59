"""Groups as blocks of an ordinary kernel."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from .._exercise import FunctionExercise


def _block(K: Tensor, groups: int, out, into, what=None) -> Tensor:
    """Put `what(g)` at rows out(g), columns into(g), each a slice."""
    co, slices, kh, kw = K.shape
    each = co // groups
    D = K.new_zeros(co, groups * slices, kh, kw)
    for g in range(groups):
        block = K[g * each : (g + 1) * each] if what is None else what(g, each)
        D[out(g, each, slices), into(g, each, slices)] = block
    return D


def _rows(g: int, each: int, slices: int) -> slice:
    return slice(g * each, (g + 1) * each)


def _columns(g: int, each: int, slices: int) -> slice:
    return slice(g * slices, (g + 1) * slices)


def dense_kernel(K: Tensor, groups: int) -> Tensor:
    return _block(K, groups, _rows, _columns)


def _placed(out=_rows, into=_columns, what=None):
    """Blocks, whose place or content may be wrong."""

    def placed(K: Tensor, groups: int) -> Tensor:
        content = None if what is None else (lambda g, each: what(K, g, each))
        return _block(K, groups, out, into, content)

    return placed


def _cases(g: torch.Generator) -> Iterator[tuple]:
    for groups, slices, each, kernel in (
        (4, 2, 3, (3, 1)), (1, 3, 2, (3, 3)), (3, 1, 1, (2, 2)), (2, 5, 1, (1, 4)),
        (2, 3, 3, (2, 3)), (3, 2, 2, (1, 1)), (2, 1, 4, (2, 1)), (5, 1, 2, (1, 2)),
    ):  # fmt: skip
        yield torch.randn(groups * each, slices, *kernel, generator=g), groups


def _mirrored(K: Tensor, groups: int) -> Tensor:
    """The blocks along the other diagonal."""
    return _placed(into=lambda g, each, slices: _columns(groups - 1 - g, each, slices))(
        K, groups
    )


def _dealt_in(K: Tensor, groups: int) -> Tensor:
    return _placed(into=lambda g, each, slices: slice(g, None, groups))(K, groups)


def _dealt_out(K: Tensor, groups: int) -> Tensor:
    """Output o in group o % groups."""
    D = K.new_zeros(len(K), groups * K.shape[1], *K.shape[2:])
    for o, kernel in enumerate(K):
        D[o, _columns(o % groups, 0, K.shape[1])] = kernel
    return D


def _by_output(K: Tensor, groups: int) -> Tensor:
    co, slices = K.shape[:2]
    parts = []
    for o in range(co):
        g = o * groups // co
        before = K.new_zeros(g * slices, *K.shape[2:])
        after = K.new_zeros((groups - 1 - g) * slices, *K.shape[2:])
        parts.append(torch.cat([before, K[o], after]))
    return torch.stack(parts)


def _masked(K: Tensor, groups: int) -> Tensor:
    co, slices = K.shape[:2]
    one = torch.ones(co // groups, slices, device=K.device)
    mask = torch.block_diag(*[one] * groups)[:, :, None, None]
    return K.repeat(1, groups, 1, 1) * mask


def _as_wide_as_high(K: Tensor, groups: int) -> Tensor:
    """(co, co, …) for (co, ci, …), with the blocks where they belong."""
    D = dense_kernel(K, groups)
    extra = K.new_zeros(len(K), max(0, len(K) - D.shape[1]), *K.shape[2:])
    return torch.cat([D, extra], 1)[:, : len(K)]


def _squares(of_inputs: bool):
    """Blocks as high as wide: ci/g on both sides, or co/g."""

    def squares(K: Tensor, groups: int) -> Tensor:
        co, slices, kh, kw = K.shape
        side = slices if of_inputs else co // groups
        D = K.new_zeros(co, groups * slices, kh, kw)
        for g in range(groups):
            block = slice(g * side, (g + 1) * side)
            D[block, block] = K[block]
        return D

    return squares


DENSE_KERNEL = FunctionExercise(
    name="dense_kernel",
    right=dense_kernel,
    cases=_cases,
    mistakes={
        "the blocks are transposed: outputs are rows": _placed(
            what=lambda K, g, each: K[g * each : (g + 1) * each].transpose(0, 1)
        ),
        "you step over the inputs by co/g: a group has ci/g of them": _placed(
            into=lambda g, each, slices: slice(g * each, g * each + slices)
        ),
        "you step over the outputs by ci/g: a group has co/g of them": _placed(
            out=lambda g, each, slices: slice(g * slices, g * slices + each)
        ),
        "you step by one for each group: step by the group's size": _placed(
            out=lambda g, each, slices: slice(g, g + each),
            into=lambda g, each, slices: slice(g, g + slices),
        ),
        "your blocks are squares of ci/g: a block is co/g outputs high": _squares(True),
        "your blocks are squares of co/g: a block is ci/g inputs wide": _squares(False),
        "there are as many inputs as outputs for you: ci is groups times K.shape[1]": (
            _as_wide_as_high
        ),
        "the inputs are dealt out in turn: a group's inputs are neighbours": _dealt_in,
        "the outputs are dealt out in turn: a group's outputs are neighbours": (
            _dealt_out
        ),
        "all blocks stand in the first columns: group g starts at g·ci/g": _placed(
            into=lambda g, each, slices: slice(slices)
        ),
        "the blocks run along the other diagonal": _mirrored,
        "you shared one block: each group has its own kernels": _placed(
            what=lambda K, g, each: K[:each]
        ),
        "you repeated the slices for every group: outside the blocks are zeros": (
            lambda K, groups: K.repeat(1, groups, 1, 1)
        ),
        "the kernel is as before: it wants (co, ci, kh, kw)": (
            lambda K, groups: K.clone()
        ),
        "you put the inputs first: it wants (co, ci, kh, kw)": (
            lambda K, groups: dense_kernel(K, groups).transpose(0, 1)
        ),
    },
    only={
        "right for as many outputs as inputs only": lambda K, groups: (
            len(K) == groups * K.shape[1]
        ),
        "right for one group only": lambda K, groups: groups == 1,
        "right for one input per group only": lambda K, groups: K.shape[1] == 1,
        "right for one output per group only": lambda K, groups: len(K) == groups,
    },
    others=(_by_output, _masked),
    any_device=True,
)
