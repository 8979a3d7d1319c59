"""Two networks that differ in their stride only."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._values import ValueExercise

CLASSES = 10


class _Call(NamedTuple):
    """A layer with weights, what it got, and what it gave."""

    layer: nn.Module
    into: Tensor
    out: Tensor


def _calls(net: nn.Module, X: Tensor) -> tuple[list[_Call], Tensor]:
    """All calls of layers with weights, in their order, and the answer."""
    calls: list[_Call] = []

    def note(layer: nn.Module, inputs: tuple, out: Tensor) -> None:
        # a ReLU may write in place
        calls.append(_Call(layer, inputs[0].clone(), out.clone()))

    net(X)  # lazy layers find their sizes
    leaves = [m for m in net.modules() if not list(m.children())]
    weighty = [m for m in leaves if list(m.parameters())]
    hooks = [layer.register_forward_hook(note) for layer in weighty]
    try:
        return calls, net(X)
    finally:
        for hook in hooks:
            hook.remove()


def _wrong_layers(s: int, convolutions: list[nn.Conv2d], sides: list[int]) -> str:
    if len(convolutions) != 2:
        return f"two convolutions are wanted, {len(convolutions)} came"
    if [layer.out_channels for layer in convolutions] != [8, 16]:
        return "the channels are 8 and 16"
    if any(layer.kernel_size != (3, 3) for layer in convolutions):
        return "the kernels are 3×3"
    if s == 1 and sides != [28, 28]:
        return "padding 1 is missing: at stride 1 the maps keep 28×28 cells"
    if s == 2 and sides != [14, 7]:
        return f"both layers have stride 2: 14 and 7 cells, not {sides}"
    return ""


def _wrong_end(dense: list[_Call], answer: Tensor) -> str:
    if len(dense) != 1:
        return f"one dense layer is wanted, {len(dense)} came"
    scores = dense[0].out
    if scores.shape[1:] != (CLASSES,):
        return "the last layer gives ten scores"
    if answer.shape == scores.shape and torch.equal(answer, scores):
        return ""
    if answer.shape == scores.shape:
        if torch.equal(answer, scores.relu()):
            return "a ReLU stands at the end: it wipes out negative scores"
        softmax = scores.softmax(1)
        if any(torch.allclose(answer, A) for A in (softmax, softmax.log())):
            return "the last layer gives scores: the softmax belongs to the loss"
    return "something stands behind the dense layer: it is the last one"


@torch.no_grad()
def _examine(build: Callable[[int], nn.Module]) -> str | None:
    X = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for s in (1, 2):
        calls, answer = _calls(build(s), X)
        maps = [call for call in calls if isinstance(call.layer, nn.Conv2d)]
        dense = [call for call in calls if isinstance(call.layer, nn.Linear)]
        sides = [call.out.shape[-1] for call in maps]
        if wrong := _wrong_layers(s, [call.layer for call in maps], sides):
            return wrong
        if len(calls) != len(maps) + len(dense):
            return "there is another layer with weights: two kinds are enough"
        if wrong := _wrong_end(dense, answer):
            return wrong
        for before, after in zip(maps, [maps[1], dense[0]], strict=True):
            if before.out.numel() != after.into.numel():
                return "between the layers the maps change their size"
            out, into = before.out.flatten(1), after.into.flatten(1)
            if torch.equal(into, out):
                return "a ReLU is missing: two linear layers are one"
            if not torch.equal(into, F.relu(out)):
                return "between the layers stands something else than a ReLU"
    return None


def _network(
    s: int, padding: int = 1, second: int | None = None, widths=(8, 16), kernel=3,
    bends=(nn.ReLU, nn.ReLU), end=(),
) -> nn.Module:  # fmt: skip
    layers: list[nn.Module] = []
    ci, strides = 1, (s, s if second is None else second)
    for co, stride, bend in zip(widths, strides, bends, strict=True):
        layers += [nn.Conv2d(ci, co, kernel, stride, padding), bend()]
        ci = co
    body = nn.Sequential(*layers, nn.Flatten())
    features = body(torch.zeros(1, 1, 28, 28)).shape[1]
    return nn.Sequential(*body, nn.Linear(features, CLASSES), *(e() for e in end))


class _ByCalls(nn.Module):
    """Without modules for the ReLUs."""

    def __init__(self, s: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 8, 3, s, 1)
        self.second = nn.Conv2d(8, 16, 3, s, 1)
        self.last = nn.LazyLinear(CLASSES)

    def forward(self, X: Tensor) -> Tensor:
        return self.last(F.relu(self.second(F.relu(self.first(X)))).flatten(1))


def _made(**settings) -> Callable[[], tuple]:
    """An answer: networks with other settings."""
    return lambda: (lambda s: _network(s, **settings),)


def _pool() -> nn.Module:
    return nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))


NETWORKS = ValueExercise(
    name="build",
    examine=_examine,
    wants="the function build(s) that makes the network with stride s",
    right=lambda: [
        (_network,),
        (_ByCalls,),
        (lambda s: nn.Sequential(
            nn.Conv2d(1, 8, (3, 3), (s, s), "same" if s == 1 else 1),
            nn.ReLU(inplace=True), nn.Conv2d(8, 16, 3, s, 1), nn.ReLU(inplace=True),
            nn.Flatten(), nn.Linear(16 * (49 if s == 2 else 784), 10)),),
    ],
    mistakes={
        "padding 1 is missing": _made(padding=0),
        "both layers have stride 2": _made(second=1),
        "the channels are 8 and 16": _made(widths=(16, 8)),
        "the kernels are 3×3": _made(kernel=5, padding=2),
        "a ReLU is missing": _made(bends=(nn.ReLU, nn.Identity)),
        "stands something else than a ReLU": _made(bends=(nn.Tanh, nn.ReLU)),
        "the maps change their size": _made(bends=(nn.ReLU, _pool)),
        "another layer with weights": _made(
            bends=(lambda: nn.Sequential(nn.BatchNorm2d(8), nn.ReLU()), nn.ReLU)
        ),
        "a ReLU stands at the end": _made(end=(nn.ReLU,)),
        "the last layer gives scores": _made(end=(lambda: nn.Softmax(1),)),
        "something stands behind the dense layer": _made(end=(nn.Tanh,)),
        "one dense layer is wanted": _made(end=(nn.ReLU, lambda: nn.Linear(10, 10))),
        "the last layer gives ten scores": lambda: (
            lambda s: nn.Sequential(*_network(s)[:-1], nn.LazyLinear(9)),
        ),
        "two convolutions are wanted": lambda: (
            lambda s: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
        ),
    },
)  # fmt: skip
