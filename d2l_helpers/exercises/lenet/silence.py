"""Units that never speak."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from .._exercise import FunctionExercise
from .probes import Net, settle


def _silent(
    mask: Callable[[Tensor, Tensor], Tensor] = lambda Z, Y: (Y == 0).all(0),
    kinds: type | tuple = nn.ReLU,
) -> Callable:
    """mask(before, after) for every layer of these kinds."""

    @torch.no_grad()
    def dead(net, X):
        masks = []
        for layer in net:
            Z, X = X, layer(X)
            if isinstance(layer, kinds):
                masks.append(mask(Z, X))
        return masks

    return dead


def _by_hooks(net, X):
    masks, hooks = [], []
    for layer in net:
        if isinstance(layer, nn.ReLU):
            hooks.append(
                layer.register_forward_hook(
                    lambda layer, Z, Y: masks.append(Y.amax(0) <= 0)
                )
            )
    net(X)
    for hook in hooks:
        hook.remove()
    return tuple(masks)


def hush(layer: nn.Module, places: list[int]) -> None:
    """Biases so low that these units stay silent."""
    with torch.no_grad():
        layer.bias[places] = -50.0


def _dead_cases(g: torch.Generator) -> Iterator[tuple]:
    given = torch.tensor([[1.0, -1.0, -2.0], [-3.0, 2.0, -1.0]])
    yield Net(nn.Identity(), nn.ReLU()).eval(), given
    yield Net(nn.ReLU()).eval(), torch.tensor([[0.0, -1.0, 2.0], [0.0, 5.0, 0.0]])
    seldom = -torch.rand(300, 4, generator=g) - 1
    seldom[7, 1], seldom[290, 2] = 3.0, 5.0  # two units speak, each for one picture
    yield Net(nn.ReLU()).eval(), seldom
    softly = -torch.rand(6, 5, generator=g) - 1
    softly[:, 2], softly[3, 4] = 1e-12, 1e-12
    yield Net(nn.ReLU()).eval(), softly
    for n, size in ((6, 8), (3, 6)):
        dense = nn.Linear(4, size), nn.ReLU(), nn.Linear(size, 5), nn.ReLU()
        net = settle(Net(*dense, nn.Linear(5, 2)), g, 1.0)
        hush(net[0], [1, 3])
        yield net.eval(), torch.randn(n, 4, generator=g)
    net = Net(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(18, 7), nn.ReLU(), nn.Linear(7, 4),
    )  # fmt: skip
    settle(net, g, 1.0)
    hush(net[0], [2])
    hush(net[4], [0])
    yield net.eval(), torch.randn(4, 1, 6, 9, generator=g)


def _whole_maps(Z: Tensor, Y: Tensor) -> Tensor:
    silent = (Y == 0).all(0)
    return silent.flatten(1).all(1) if silent.dim() > 1 else silent


DEAD = FunctionExercise(
    name="dead",
    right=_silent(),
    cases=_dead_cases,
    mistakes={
        "you ask whether a unit is zero on some picture: dead is zero on all": _silent(
            lambda Z, Y: (Y == 0).any(0)
        ),
        "you asked which pictures silence all units: the pictures are axis 0": _silent(
            lambda Z, Y: (Y == 0).flatten(1).all(1)
        ),
        "all(1) runs over the units, or the maps: the pictures are axis 0": _silent(
            lambda Z, Y: (Y == 0).all(1)
        ),
        "a unit that speaks softly counts as dead: compare with 0 itself": _silent(
            lambda Z, Y: (Y < 1e-6).all(0)
        ),
        "a unit that seldom speaks counts as dead: zero on 299 of 300 pictures is "
        "not zero on all": _silent(lambda Z, Y: (Y == 0).float().mean(0) > 0.99),
        "a unit that is zero on most pictures counts as dead: it must be on all": (
            _silent(lambda Z, Y: (Y == 0).float().mean(0) > 0.5)
        ),
        "one answer for a whole ReLU: a mask has one for every unit, all(0)": _silent(
            lambda Z, Y: (Y == 0).all()
        ),
        "the mean over the pictures is compared with a limit: one picture can wake "
        "a unit": _silent(lambda Z, Y: Y.mean(0) < 0.1),
        "you marked the living units: turn the mask round": _silent(
            lambda Z, Y: (Y != 0).any(0)
        ),
        "these are counts: a mask for every ReLU was asked for": _silent(
            lambda Z, Y: (Y == 0).all(0).sum()
        ),
        "you call a unit dead whose input is negative on average: one picture can "
        "wake it": _silent(lambda Z, Y: Z.mean(0) < 0),
        "the input counts as dead only below zero: at zero ReLU is silent too": _silent(
            lambda Z, Y: (Z < 0).all(0)
        ),
        "the masks are lists: a tensor of True and False for every ReLU": (
            lambda net, X: [mask.tolist() for mask in _silent()(net, X)]
        ),
        "the masks are joined into one: a list with one for every ReLU was asked for": (
            lambda net, X: torch.cat([mask.flatten() for mask in _silent()(net, X)])
        ),
        "these are places of dead units: a mask is True or False for every unit": (
            _silent(lambda Z, Y: (Y == 0).all(0).nonzero())
        ),
        "a mask for every layer: only those of the ReLUs were asked for": _silent(
            kinds=nn.Module
        ),
        "only the last ReLU has a mask": lambda net, X: _silent()(net, X)[-1:],
        "one value for a whole map: every cell of a map is a unit": _silent(
            _whole_maps
        ),
        "you looked at the first picture only": _silent(lambda Z, Y: Y[0] == 0),
    },
    only={
        "right for dense layers only": lambda net, X: X.dim() == 2,
    },
    others=(_silent(lambda Z, Y: (Z <= 0).all(0)), _by_hooks),
)  # fmt: skip
