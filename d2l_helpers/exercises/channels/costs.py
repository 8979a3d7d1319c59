"""The bill for a layer: parameters and multiply–adds."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import nn

from ... import shapes
from ...summary import layer_table
from .._cases import some
from ._pairs import PairExercise, containers


def _bill(
    side=lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s + 1,
    slices=lambda ci, groups: ci // groups,
    outputs=lambda co, groups: co,
    area=lambda kernel, dilation: kernel[0] * kernel[1],
    biases=lambda co, slices: co,
    total=lambda weights, biases, places: (weights + biases, weights * places),
    pair=lambda two: tuple(two),
):
    """A bill, one step of which may be wrong."""

    def bill(ci, co, size, kernel, stride, padding, dilation, groups):
        settings = zip(size, kernel, pair(stride), padding, dilation, strict=True)
        rows, columns = (side(*axis) for axis in settings)
        each = slices(ci, groups)
        weights = outputs(co, groups) * each * area(kernel, dilation)
        return total(weights, biases(co, each), rows * columns)

    return bill


def _bill_cases(g: torch.Generator) -> Iterator[tuple]:
    one, three = (1, 1), (3, 3)
    yield 3, 8, (28, 28), three, one, one, one, 1
    yield 8, 8, (28, 28), three, (2, 2), one, one, 1
    yield 4, 6, (9, 12), (3, 2), (2, 1), (0, 0), one, 2
    yield 4, 8, (10, 13), three, one, (0, 0), (2, 1), 1
    yield 6, 3, (12, 9), (2, 5), (1, 3), (1, 2), one, 3
    for _ in range(15):
        k, s, d = torch.randint(1, 4, (3, 2), generator=g).tolist()
        groups, size = some(g, 1, 3), (some(g, 7, 15), some(g, 7, 15))
        p = some(g, 0, 2), some(g, 0, 2)
        ci, co = groups * some(g, 1, 3), groups * some(g, 1, 4)
        yield ci, co, size, tuple(k), tuple(s), p, tuple(d), groups


def _by_table(ci, co, size, kernel, stride, padding, dilation, groups):
    layer = nn.Conv2d(ci, co, kernel, stride, padding, dilation, groups)
    table = layer_table(layer, (1, ci, *size))
    return [table.parameters, table.macs]


def _by_shapes(ci, co, size, kernel, stride, padding, dilation, groups):
    axes = zip(size, kernel, stride, padding, dilation, strict=True)
    out = tuple(shapes.conv_output_size(*axis) for axis in axes)
    weights = shapes.conv_parameters(ci, co, kernel, groups)
    return weights, shapes.conv_macs(ci, co, kernel, out, groups)


PAIR = "parameters, multiply–adds"

BILL = PairExercise(
    name="bill",
    pair=PAIR,
    right=_bill(),
    cases=_bill_cases,
    mistakes={
        "you counted operations: a multiply–add is one, not two": _bill(
            total=lambda weights, biases, places: (
                weights + biases,
                2 * weights * places,
            )
        ),
        "you took the padding for the total of both sides: it is per side": _bill(
            side=lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1
        ),
        "you rounded up: a window that sticks out does not count": _bill(
            side=lambda n, k, s, p, d: -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1
        ),
        "the groups are left out: an output reads ci/groups channels": _bill(
            slices=lambda ci, groups: ci
        ),
        "you divided ci and co by the groups: every output has its kernel": _bill(
            outputs=lambda co, groups: co // groups
        ),
        "you counted input pixels: the work is done at the output's places": _bill(
            side=lambda n, k, s, p, d: n
        ),
        "you left the dilation out: the kernel spans d(k − 1) + 1 cells": _bill(
            side=lambda n, k, s, p, d: (n + 2 * p - k) // s + 1
        ),
        "dilation adds no weights: the kernel holds kh·kw numbers a slice": _bill(
            area=lambda kernel, dilation: math.prod(
                d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)
            )
        ),
        "the window at place 0 is missing: add one after the division": _bill(
            side=lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s
        ),
        "the stride of the rows serves for the columns too: it is a pair": _bill(
            pair=lambda two: (two[0], two[0])
        ),
        "the biases are missing among the parameters: one per output": _bill(
            biases=lambda co, slices: 0
        ),
        "you added a bias for every slice: one per output is enough": _bill(
            biases=lambda co, slices: co * slices
        ),
        "adding the bias is no multiply–add: weights times places": _bill(
            total=lambda weights, biases, places: (
                weights + biases,
                (weights + biases) * places,
            )
        ),
        "you squared the kernel's height: its width may differ": _bill(
            area=lambda kernel, dilation: kernel[0] ** 2
        ),
        "the two numbers are swapped: parameters first": _bill(
            total=lambda weights, biases, places: (weights * places, weights + biases)
        ),
        **{
            text: wrong
            for text, wrong in containers(_bill(), PAIR).items()
            if "range" not in text
        },
    },
    only={
        "right for one group only": lambda *case: case[7] == 1,
        "right for stride 1 only": lambda *case: case[4] == (1, 1),
        "right without dilation only": lambda *case: case[6] == (1, 1),
        "right without padding only": lambda *case: case[5] == (0, 0),
        "right for square pictures only": lambda *case: case[2][0] == case[2][1],
    },
    others=(_by_table, _by_shapes),
)
