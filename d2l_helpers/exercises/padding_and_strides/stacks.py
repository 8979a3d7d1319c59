"""Stacks of layers: their field, and from 28 cells to 7."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from ...summary import layer_table
from .._exercise import FunctionExercise
from .._values import ValueExercise


def receptive(layers):
    field = jump = 1
    for k, s, d in layers:
        field += (k - 1) * d * jump
        jump *= s
    return field, jump


def _stacks(g: torch.Generator) -> Iterator[tuple]:
    yield ([(3, 1, 1)] * 3,)
    yield ([(3, 2, 1), (5, 1, 1)],)
    yield ([(5, 1, 1), (3, 2, 1)],)
    yield ([(3, 1, 1), (3, 1, 2), (3, 1, 4)],)
    yield ([(3, 1, 2), (2, 1, 1)],)
    yield ([],)
    for _ in range(15):
        rows = torch.randint(1, 5, (4, 3), generator=g).tolist()
        yield ([tuple(row) for row in rows],)


def _field(step):
    """A field by another rule; step(field, jump, k, s, d) gives both."""

    def walk(layers):
        field = jump = 1
        for k, s, d in layers:
            field, jump = step(field, jump, k, s, d)
        return field, jump

    return walk


def _backwards(layers):
    """From the output to the input: the field of a field."""
    field = jump = 1
    for k, s, d in reversed(layers):
        field = (field - 1) * s + (k - 1) * d + 1
        jump *= s
    return field, jump


RECEPTIVE = FunctionExercise(
    name="receptive",
    right=receptive,
    cases=_stacks,
    mistakes={
        "you add k: a window of k cells widens the field by k − 1": _field(
            lambda r, j, k, s, d: (r + k * d * j, j * s)
        ),
        "you updated the jump first: a stride widens only the layers behind it": _field(
            lambda r, j, k, s, d: (r + (k - 1) * d * j * s, j * s)
        ),
        "you forgot the jump: later cells stand further apart": _field(
            lambda r, j, k, s, d: (r + (k - 1) * d, j * s)
        ),
        "you left the dilation out": _field(
            lambda r, j, k, s, d: (r + (k - 1) * j, j * s)
        ),
        "you took the stride for the dilation: a layer is (kernel, stride, dilation)": (
            lambda layers: receptive([(k, d, s) for k, s, d in layers])
        ),
        "you took the stride for the kernel: a layer is (kernel, stride, dilation)": (
            lambda layers: receptive([(s, k, d) for k, s, d in layers])
        ),
        "the two numbers are swapped: the field comes first": lambda layers: receptive(
            layers
        )[::-1],
        "the field alone came: give the pair (field, jump)": lambda layers: receptive(
            layers
        )[0],
        "the jump is the product of the strides, not their sum": _field(
            lambda r, j, k, s, d: (r + (k - 1) * d * j, j + s - 1)
        ),
        "the layers are swapped: the first of the list stands at the input": (
            lambda layers: receptive(layers[::-1])
        ),
        "the layers are swapped, and the jump was updated first": lambda layers: _field(
            lambda r, j, k, s, d: (r + (k - 1) * d * j * s, j * s)
        )(layers[::-1]),
        "your field does not shrink by one before a stride widens it": lambda layers: (
            _field(lambda r, j, k, s, d: (r * s + (k - 1) * d, j * s))(layers[::-1])
        ),
        "the dilation makes later cells stand further apart for you: only strides do": (
            _field(lambda r, j, k, s, d: (r + (k - 1) * d * j, j * s * d))
        ),
    },
    only={
        "right for stride 1 only": lambda layers: all(s == 1 for _, s, _ in layers),
    },
    others=(_backwards, lambda layers: list(_backwards(layers))),
)


NAMES = (
    "one layer, no overlap",
    "3×3 only",
    "one layer, stride 1",
    "stride 1, few weights",
)


def _examine_stacks(stacks: dict) -> str | None:
    if missing := [name for name in NAMES if not stacks.get(name)]:
        return f"no layers for {missing[0]!r} yet"
    tables = {}
    for name in NAMES:
        for layer in stacks[name]:
            channels = (
                getattr(layer, "in_channels", 0),
                getattr(layer, "out_channels", 0),
            )
            if not isinstance(layer, nn.Conv2d) or channels != (1, 1):
                return f"{name!r} holds another layer than nn.Conv2d(1, 1, …)"
        table = layer_table(nn.Sequential(*stacks[name]), (1, 1, 28, 28))
        shape = table.rows[-1].shape
        if shape != (1, 1, 7, 7):
            return f"{name!r} ends with {shape[-2]}×{shape[-1]} cells, not 7×7"
        if any(row.unread != (0, 0) for row in table.rows):
            return f"{name!r} never reads some of its pixels"
        tables[name] = table
    tiles, threes, wide, few = (stacks[name] for name in NAMES)
    if len(tiles) != 1 or tiles[0].stride[0] < tiles[0].kernel_size[0]:
        return "windows overlap in 'one layer, no overlap'"
    if any(layer.kernel_size != (3, 3) for layer in threes):
        return "'3×3 only' has a kernel of another size"
    if len(wide) != 1 or wide[0].stride != (1, 1):
        return "'one layer, stride 1' is one layer whose stride is 1"
    if len(few) < 2 or any(layer.stride != (1, 1) for layer in few):
        return "'stride 1, few weights' needs several layers, each of stride 1"
    fields = [tables[name].rows[-1].field for name in NAMES[2:]]
    if fields[0] != fields[1]:
        return f"the last two stacks see {fields[0]} and {fields[1]} cells"
    weights = [tables[name].parameters for name in NAMES[2:]]
    if 8 * weights[1] >= weights[0]:
        return f"{weights[1]} numbers, biases counted, are no eighth of {weights[0]}"
    return None


def _stacked(**other: list) -> tuple[dict]:
    def layer(k: int, **more: int) -> nn.Module:
        return nn.Conv2d(1, 1, k, **more)

    right = {
        NAMES[0]: [layer(4, stride=4)],
        NAMES[1]: [layer(3, stride=2, padding=1) for _ in range(2)],
        NAMES[2]: [layer(22)],
        NAMES[3]: [layer(4, dilation=d) for d in (1, 2, 4)],
    }
    places = dict(zip(("tiles", "threes", "wide", "few"), NAMES, strict=True))
    return ({**right, **{places[key]: value for key, value in other.items()}},)


STACKS = ValueExercise(
    name="stacks",
    examine=_examine_stacks,
    wants="the dictionary of four lists of layers",
    right=lambda: [
        _stacked(),
        _stacked(few=[nn.Conv2d(1, 1, 2, dilation=d) for d in (1, 2, 4, 7, 7)]),
    ],
    mistakes={
        "no layers for '3×3 only' yet": lambda: _stacked(threes=[]),
        "'one layer, no overlap' ends with": lambda: _stacked(
            tiles=[nn.Conv2d(1, 1, 3, stride=3)]
        ),
        "windows overlap": lambda: _stacked(
            tiles=[nn.Conv2d(1, 1, 5, stride=4, padding=1)]
        ),
        "'3×3 only' has a kernel of another size": lambda: _stacked(
            threes=[nn.Conv2d(1, 1, 4, stride=4)]
        ),
        "'one layer, stride 1' is one layer": lambda: _stacked(
            wide=[nn.Conv2d(1, 1, 4, stride=4)]
        ),
        "the last two stacks see": lambda: _stacked(
            few=[nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 22)]
        ),
        "numbers, biases counted, are no eighth of": lambda: _stacked(
            few=[nn.Conv2d(1, 1, 8) for _ in range(3)]
        ),
    },
)
