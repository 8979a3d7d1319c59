"""The network without the units that never speak."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from ...models import LeNet
from ...pretrained import pretrained_lenet
from .._values import ValueExercise
from .probes import ITSELF, called, demand, leaves, sample, seeded, settle, spoken
from .silence import hush


def _without(
    net,
    X,
    living: Callable = lambda Y: (Y > 0).any(0),
    *,
    first: bool = True,
    second: bool = True,
    columns: bool = True,
    copied: bool = True,
    biases: bool = True,
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
            small[n].weight.data = W
        if copied and biases:
            small[n].bias.data = b
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


def _other_pooling(net, X):
    layers = list(_without(net, X))
    layers[3] = nn.AvgPool2d(2)
    return nn.Sequential(*layers)


def _counted(net, X):
    """The first units, as many as are alive."""
    n = len(_without(net, X)[8].weight)
    small = copy.deepcopy(_without(net, X))
    small[8].weight.data = net[8].weight.detach()[:n].clone()
    return small


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
            net[8].weight[50], net[8].bias[50] = 0, 1e-6  # speaks, but softly
        hush(net[8], places[0])
        hush(net[10], places[1])
        yield net, pictures[:100], pictures[200:]


@spoken
def _examine(without: Callable[[nn.Module, Tensor], nn.Module]) -> str | None:
    if not callable(without):
        return ITSELF
    with seeded():
        for net, X, others in _lenets():
            right = _without(net, X)
            before = copy.deepcopy(net.state_dict())
            made = called(without, net, X.clone())
            after = net.state_dict()
            if [(k, v.shape) for k, v in before.items()] != [
                (k, v.shape) for k, v in after.items()
            ] or not all(v.equal(after[k].cpu()) for k, v in before.items()):
                return "`net` itself is changed: build another network"
            small = demand(made, nn.Module, "a network").cpu()
            if mistake := _judge(small, right, net, X, others):
                return mistake
    return None


def _judge(
    small: nn.Module, right: nn.Module, net: nn.Module, X: Tensor, others: Tensor
) -> str | None:
    dense = [m for m in leaves(small) if isinstance(m, nn.Linear)]
    sizes = [len(m.weight) for m in dense]
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
    reads = [m.weight.shape[1] for m in dense]
    if reads[1:] != sizes[:2]:
        return "the next layer still reads units that are gone: cut its columns too"
    with torch.no_grad():
        scores = called(small, X)
        if not torch.allclose(scores, right(X), 1e-3, 1e-3):
            return _other_scores(dense, right, net)
        if not torch.allclose(small(others), right(others), 1e-3, 1e-3):
            return "on other pictures it gives scores that it should not"
    return None


def _other_scores(dense: list[nn.Module], right: nn.Module, net: nn.Module) -> str:
    """The sizes are right: is it the weights, the biases, or the choice of units?"""
    pairs = [(m, right[n]) for m, n in zip(dense, (8, 10, 12), strict=True)]
    if not dense[0].weight.equal(right[8].weight):
        rows = (dense[0].weight[:, None] == net[8].weight).all(2).any(1)
        if rows.all():
            return "as many units as are silent are removed, but other ones"
    if not all(m.weight.equal(r.weight) for m, r in pairs):
        return "it gives other scores: the kept units' weights must be the old"
    if not all(m.bias is not None and m.bias.equal(r.bias) for m, r in pairs):
        return "it gives other scores: the kept units' biases must be the old"
    return "it gives other scores, with the right dense layers: keep the other layers"


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
        "the kept units' weights must be the old": lambda: _cut(copied=False),
        "the kept units' biases must be the old": lambda: _cut(biases=False),
        "with the right dense layers": lambda: (_other_pooling,),
        "as many units as are silent are removed, but other ones": lambda: (_counted,),
        "it returns None": lambda: (lambda net, X: None,),
        "a network is wanted, a list of 13 came": lambda: (
            lambda net, X: list(_without(net, X)),
        ),
        "it stops with an error, IndexError": lambda: (lambda net, X: net[99],),
        "`net` itself is changed": lambda: _cut(inside=True),
    },
)
