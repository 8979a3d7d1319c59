"""The way back: its work, and what the forward pass must keep for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from .._exercise import FunctionExercise
from .._values import ValueExercise

N, C, SIDE = 32, 64, 56
FORWARD = N * SIDE**2 * C * C * 9
INPUT, WEIGHTS = 4 * N * C * SIDE**2, 4 * C * C * 9  # bytes


def _examine(forward: float, backward: float, keeps: float) -> str | None:
    ahead = {
        FORWARD // N: "forward is for one picture: the batch has 32",
        2 * FORWARD: "forward counts operations: a multiply–add is one, not two",
        FORWARD // C: "forward leaves the sum over 64 channels out",
        FORWARD // 9: "forward leaves the nine cells of the kernel out",
        N * 54**2 * C * C * 9: "padding 1 keeps 56×56 places: forward has 54×54",
    }
    back = {
        FORWARD: "you forgot the weight gradient: backward has two products of "
        "forward's size",
        3 * FORWARD: "backward counts the way there again: it has two products",
        4 * FORWARD: "backward counts operations: a multiply–add is one, not two",
    }
    memory = {
        (INPUT + WEIGHTS) // 4: "keeps counts numbers: a float32 has four bytes",
        2 * (INPUT + WEIGHTS): "keeps has eight bytes a number: float32 has four",
        INPUT: "keeps leaves the weights out: the input's gradient needs them",
        WEIGHTS: "keeps leaves the input out: the weights' gradient needs it",
        2 * INPUT + WEIGHTS: "keeps counts the output: no gradient of the layer "
        "needs it",
        2 * INPUT: "keeps counts the output, where the weights should be",
        INPUT // N + WEIGHTS: "you counted activations once: every picture of the "
        "batch is kept",
    }
    for name, given, right, wrong in (
        ("forward", forward, FORWARD, ahead),
        ("backward", backward, 2 * FORWARD, back),
        ("keeps", keeps, INPUT + WEIGHTS, memory),
    ):
        number = float(given)
        if number != right:
            size = "low" if number < right else "high"
            return wrong.get(number, f"{name} is too {size}")
    return None


def _numbers(forward=FORWARD, backward=2 * FORWARD, keeps=INPUT + WEIGHTS):
    return forward, backward, keeps


WAY_BACK = ValueExercise(
    name="way_back",
    examine=_examine,
    wants="three numbers: forward, backward, keeps",
    count=3,
    right=lambda: [_numbers(), tuple(float(n) for n in _numbers())],
    mistakes={
        "forward is for one picture": lambda: _numbers(forward=FORWARD // N),
        "forward counts operations": lambda: _numbers(forward=2 * FORWARD),
        "forward leaves the sum over 64": lambda: _numbers(forward=FORWARD // C),
        "forward leaves the nine cells": lambda: _numbers(forward=FORWARD // 9),
        "padding 1 keeps 56×56": lambda: _numbers(forward=N * 54**2 * C * C * 9),
        "you forgot the weight gradient": lambda: _numbers(backward=FORWARD),
        "backward counts the way there": lambda: _numbers(backward=3 * FORWARD),
        "backward counts operations": lambda: _numbers(backward=4 * FORWARD),
        "keeps counts numbers": lambda: _numbers(keeps=(INPUT + WEIGHTS) // 4),
        "keeps has eight bytes": lambda: _numbers(keeps=2 * (INPUT + WEIGHTS)),
        "keeps leaves the weights out": lambda: _numbers(keeps=INPUT),
        "keeps leaves the input out": lambda: _numbers(keeps=WEIGHTS),
        "keeps counts the output: no": lambda: _numbers(keeps=2 * INPUT + WEIGHTS),
        "keeps counts the output, where": lambda: _numbers(keeps=2 * INPUT),
        "you counted activations once": lambda: _numbers(keeps=INPUT // N + WEIGHTS),
        "keeps is too high": lambda: _numbers(keeps=INPUT + WEIGHTS + 256),
    },
)


def _kept(count: Callable[..., int]) -> Callable:
    """`count` gets the tensors that were put aside, then layer, input, answer."""

    def kept(layer: nn.Module, X: Tensor) -> int:
        aside: list[Tensor] = []

        def pack(T: Tensor) -> Tensor:
            aside.append(T)
            return T

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda T: T):
            Y = layer(X)
        return count(aside, layer, X, Y)

    return kept


def _bytes(tensors) -> int:
    return sum(T.numel() * T.element_size() for T in tensors)


def _once(aside: list[Tensor]) -> list[Tensor]:
    return list({T.data_ptr(): T for T in aside}.values())


class Layer(nn.Sequential):
    """Several, called by a name."""

    def __init__(self, name: str, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.name = name

    def __repr__(self) -> str:
        return self.name


def _kept_cases(g: torch.Generator) -> Iterator[tuple]:
    X = torch.randn(2, 3, 6, 5, generator=g)
    wants = X.clone().requires_grad_()
    plain = nn.Conv2d(3, 4, 3, padding=1, bias=False)
    yield plain, wants
    yield nn.Conv2d(3, 2, (2, 3)), X
    yield nn.Conv2d(3, 4, 3, dtype=torch.double), X.double().requires_grad_()
    yield nn.Conv2d(3, 5, 1), wants
    alike = [nn.Conv2d(3, 3, 3, padding=1, bias=False) for _ in range(2)]
    yield Layer("three layers", plain, nn.ReLU(), nn.Conv2d(4, 2, 3)), wants
    yield Layer("two equal layers", *alike), wants
    yield Layer("two layers", alike[0], nn.Conv2d(3, 12, (1, 5))), X


_RIGHT = _kept(lambda aside, layer, X, Y: _bytes(_once(aside)))
_WRONG = {
    "numel() counts numbers, not bytes: multiply by element_size()": _kept(
        lambda aside, layer, X, Y: sum(T.numel() for T in _once(aside))
    ),
    "four bytes a number is right for float32 only: ask element_size()": _kept(
        lambda aside, layer, X, Y: 4 * sum(T.numel() for T in _once(aside))
    ),
    "you counted the tensors: their bytes are wanted": _kept(
        lambda aside, layer, X, Y: len(_once(aside))
    ),
    "a tensor that is put aside twice is one tensor: know it by its data_ptr()": (
        _kept(lambda aside, layer, X, Y: _bytes(aside))
    ),
    "only the last tensor counts: add up": _kept(
        lambda aside, layer, X, Y: _bytes(aside[-1:])
    ),
    "only the first tensor counts: add up": _kept(
        lambda aside, layer, X, Y: _bytes(aside[:1])
    ),
    "tensors of one shape are one for you: know a tensor by its data_ptr()": _kept(
        lambda aside, layer, X, Y: _bytes({T.shape: T for T in aside}.values())
    ),
    "tensors of one size are one for you: know a tensor by its data_ptr()": _kept(
        lambda aside, layer, X, Y: _bytes({T.numel(): T for T in aside}.values())
    ),
    "you counted the output too: only what pack is called with is kept": _kept(
        lambda aside, layer, X, Y: _bytes(_once(aside)) + _bytes([Y])
    ),
    "you added input and parameters up: not all are kept, ask the hook": _kept(
        lambda aside, layer, X, Y: _bytes([X, *layer.parameters()])
    ),
}


def _by_storage(layer: nn.Module, X: Tensor) -> float:
    seen = {}

    def pack(T: Tensor) -> Tensor:
        seen[T.untyped_storage().data_ptr()] = T.nbytes
        return T

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda T: T):
        layer(X).sum()
    return float(sum(seen.values()))


KEPT = FunctionExercise(
    name="kept",
    right=_RIGHT,
    cases=_kept_cases,
    mistakes=_WRONG,
    only={
        "right for a single layer only: ask the hook, not the layer": (
            lambda layer, X: not isinstance(layer, Layer)
        ),
        "right where the input wants a gradient only": (
            lambda layer, X: X.requires_grad
        ),
    },
    others=(_by_storage,),
)
