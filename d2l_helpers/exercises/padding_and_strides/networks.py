"""Two networks that differ in their stride only."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from ...summary import layer_table
from .._exercise import ValueExercise


def _network(
    s: int, padding: int = 1, second: int | None = None, widths=(8, 16), relu=True
) -> nn.Module:
    layers: list[nn.Module] = []
    ci = 1
    for co, stride in zip(widths, (s, s if second is None else second), strict=True):
        layers.append(nn.Conv2d(ci, co, 3, stride, padding))
        layers += [nn.ReLU()] * relu
        ci = co
    body = nn.Sequential(*layers, nn.Flatten())
    features = body(torch.zeros(1, 1, 28, 28)).shape[1]
    return nn.Sequential(*body, nn.Linear(features, 10))


def _affine(net: nn.Module) -> bool:
    """Whether a network with ReLUs of no module of their own has none at all."""
    X = torch.randn(2, 1, 28, 28)
    with torch.no_grad():
        bend = net(X) + net(-X) - 2 * net(0 * X)
    return bool(bend.abs().max() < 1e-4)


def _examine(build: Callable[[int], nn.Module]) -> str | None:
    tables = {s: layer_table(build(s), (1, 1, 28, 28)) for s in (1, 2)}
    kinds = {
        s: [type(m) for m in build(s).modules() if not list(m.children())]
        for s in (1, 2)
    }
    for s, table in tables.items():
        convolutions = [r for r in table.rows if len(r.shape) == 4 and r.parameters]
        if len(convolutions) != 2:
            return f"two convolutions are wanted, {len(convolutions)} came"
        if [r.shape[1] for r in convolutions] != [8, 16]:
            return "the channels are 8 and 16"
        sides = [r.shape[-1] for r in convolutions]
        if s == 1 and sides != [28, 28]:
            return "padding 1 is missing: at stride 1 the maps keep 28×28 cells"
        if s == 2 and sides != [14, 7]:
            return f"both layers have stride 2: 14 and 7 cells, not {sides}"
        if kinds[s].count(nn.ReLU) < 2 and _affine(build(s)):
            return "a ReLU is missing: two linear layers are one"
        if build(s)(torch.randn(3, 1, 28, 28)).sum(1).sub(1).abs().max() < 1e-4:
            return "the last layer gives scores: the softmax belongs to the loss"
        if table.rows[-1].shape != (1, 10):
            return "the last layer gives ten scores"
    return None


NETWORKS = ValueExercise(
    name="build",
    examine=_examine,
    wants="the function build(s) that makes the network with stride s",
    right=lambda: [
        (_network,),
        (lambda s: nn.Sequential(
            nn.Conv2d(1, 8, (3, 3), (s, s), "same" if s == 1 else 1), nn.ReLU(),
            nn.Conv2d(8, 16, 3, s, 1), nn.ReLU(), nn.Flatten(),
            nn.Linear(16 * (49 if s == 2 else 784), 10)),),
    ],
    mistakes={
        "padding 1 is missing": lambda: (lambda s: _network(s, padding=0),),
        "both layers have stride 2": lambda: (lambda s: _network(s, second=1),),
        "the channels are 8 and 16": lambda: (lambda s: _network(s, widths=(16, 8)),),
        "a ReLU is missing": lambda: (lambda s: _network(s, relu=False),),
        "the last layer gives scores": lambda: (
            lambda s: nn.Sequential(*_network(s), nn.Softmax(1)),
        ),
        "two convolutions are wanted": lambda: (
            lambda s: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
        ),
    },
)  # fmt: skip
