"""Units that never speak, and the network without them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from ...models import LeNet
from ...pretrained import pretrained_lenet
from .._exercise import FunctionExercise, ValueExercise
from .probes import ITSELF, Net, leaves, sample, seeded, settle


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


def _hush(layer: nn.Module, places: list[int]) -> None:
    """Biases so low that these units stay silent."""
    with torch.no_grad():
        layer.bias[places] = -50.0


def _dead_cases(g: torch.Generator) -> Iterator[tuple]:
    given = torch.tensor([[1.0, -1.0, -2.0], [-3.0, 2.0, -1.0]])
    yield Net(nn.Identity(), nn.ReLU()), given
    yield Net(nn.ReLU()), torch.tensor([[0.0, -1.0, 2.0], [0.0, 5.0, 0.0]])
    for n, size in ((6, 8), (3, 6)):
        dense = nn.Linear(4, size), nn.ReLU(), nn.Linear(size, 5), nn.ReLU()
        net = settle(Net(*dense, nn.Linear(5, 2)), g, 1.0)
        _hush(net[0], [1, 3])
        yield net, torch.randn(n, 4, generator=g)
    net = Net(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(18, 7), nn.ReLU(), nn.Linear(7, 4),
    )  # fmt: skip
    settle(net, g, 1.0)
    _hush(net[0], [2])
    _hush(net[4], [0])
    yield net, torch.randn(4, 1, 6, 9, generator=g)


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


def _without(
    net,
    X,
    living: Callable = lambda Y: (Y > 0).any(0),
    *,
    first: bool = True,
    second: bool = True,
    columns: bool = True,
    copied: bool = True,
    inside: bool = False,
) -> nn.Module:
    outputs = []
    with torch.no_grad():
        for layer in net:
            X = layer(X)
            outputs.append(X)
    keeps = [living(outputs[n]) for n in (9, 11)]
    keeps = [
        k if on else k | True for k, on in zip(keeps, (first, second), strict=True)
    ]
    small, inputs = list(net), slice(None)
    for n, keep in (8, keeps[0]), (10, keeps[1]), (12, slice(None)):
        W, b = net[n].weight.detach()[keep][:, inputs], net[n].bias.detach()[keep]
        small[n] = nn.Linear(W.shape[1], W.shape[0])
        if copied:
            small[n].weight.data, small[n].bias.data = W, b
        if inside:
            net[n] = small[n]
        inputs = keep if columns else slice(None)
    return nn.Sequential(*small)


def _masked(net, X):
    """Dead units are set to zero and stay."""
    whole = copy.deepcopy(net)
    living = _without(net, X)
    with torch.no_grad():
        for n in (8, 10):
            rows = {tuple(row.tolist()) for row in living[n].weight[:, :1]}
            for row, w in enumerate(net[n].weight[:, :1]):
                if tuple(w.tolist()) not in rows:
                    whole[n].weight[row] = 0
                    whole[n].bias[row] = 0
    return whole


def _smaller(net, X):
    """The original's layers cut in a copy."""
    small = copy.deepcopy(net).eval()
    with torch.no_grad():
        first = net[:10](X).amax(0) > 0
        second = net[:12](X).amax(0) > 0
    for n, rows, columns in ((8, first, None), (10, second, first), (12, None, second)):
        W, b = small[n].weight.data, small[n].bias.data
        W, b = (W, b) if rows is None else (W[rows], b[rows])
        W = W if columns is None else W[:, columns]
        small[n].weight, small[n].bias = nn.Parameter(W), nn.Parameter(b)
        small[n].out_features, small[n].in_features = W.shape
    return small


def _lenets() -> Iterator[tuple[nn.Sequential, Tensor, Tensor]]:
    """Network, pictures that decide, other pictures."""
    pictures = sample()[0][:400][0]
    yield pretrained_lenet(0).net, pictures[:200], pictures[200:]
    g = torch.Generator().manual_seed(0)
    for places in (([0, 7, 119], [83]), ([5], [])):
        net = settle(LeNet.modern().net, g, 0.1)
        with torch.no_grad():
            net[8].bias += 0.5
            net[10].bias += 20 * (not places[1])  # all of the second speak
        _hush(net[8], places[0])
        _hush(net[10], places[1])
        yield net, pictures[:100], pictures[200:]


def _examine(without: Callable[[nn.Module, Tensor], nn.Module]) -> str | None:
    if not callable(without):
        return ITSELF
    with seeded():
        for net, X, others in _lenets():
            right = _without(net, X)
            kept = copy.deepcopy(net)
            mistake = _judge(without(net, X.clone()).cpu(), right, X, others)
            old, new = kept.state_dict(), net.state_dict()
            if any(old[k].shape != new[k].shape or not old[k].equal(new[k])
                   for k in old):  # fmt: skip
                return "`net` itself is changed: build another network"
            if mistake:
                return mistake
    return None


def _judge(small: nn.Module, right: nn.Module, X: Tensor, others: Tensor) -> str | None:
    sizes = [len(m.weight) for m in leaves(small) if isinstance(m, nn.Linear)]
    first, second, last = (len(right[n].weight) for n in (8, 10, 12))
    if len(sizes) != 3 or sizes[2] != last:
        return f"three dense layers are wanted, the last one with {last} outputs"
    if sizes == [120, 84, last] != [first, second, last]:
        return "nothing is removed: units that are set to zero still have weights"
    if sizes[:2] == [120 - first, 84 - second]:
        return "you removed the living units and kept the dead"
    if sizes[0] < first or sizes[1] < second:
        return "you removed units that speak for some of the pictures"
    if sizes[0] > first:
        return "the layer of 120 units keeps dead ones"
    if sizes[1] > second:
        return "the layer of 84 units keeps dead ones"
    with torch.no_grad():
        try:
            Y = small(X)
        except RuntimeError:
            return "the next layer still reads units that are gone: cut its columns too"
        if not torch.allclose(Y, right(X), 1e-3, 1e-3):
            return "it gives other scores: the kept weights and biases must be the old"
        if not torch.allclose(small(others), right(others), 1e-3, 1e-3):
            return "on other pictures it gives scores that it should not"
    return None


def _cut(**other) -> tuple[Callable]:
    return (lambda net, X: _without(net, X, **other),)


WITHOUT = ValueExercise(
    name="without",
    examine=_examine,
    wants="the function without(net, X), which returns the smaller network",
    right=lambda: [_cut(), (_smaller,)],
    mistakes={
        "nothing is removed": lambda: (_masked,),
        "you removed the living units": lambda: _cut(living=lambda Y: (Y == 0).all(0)),
        "you removed units that speak for some": lambda: _cut(
            living=lambda Y: (Y > 0).float().mean(0) > 0.5
        ),
        "the layer of 120 units keeps dead ones": lambda: _cut(first=False),
        "the layer of 84 units keeps dead ones": lambda: _cut(second=False),
        "the next layer still reads units that are gone": lambda: _cut(columns=False),
        "it gives other scores": lambda: _cut(copied=False),
        "`net` itself is changed": lambda: _cut(inside=True),
    },
)
