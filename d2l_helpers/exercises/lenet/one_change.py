"""The classic network with one change."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn

from ...models import FASHION_MEAN, FASHION_STD, LeNet, Normalize, init_relu
from .._values import ValueExercise
from .probes import ITSELF, called, demand, leaves, sample, seeded, spoken

NAMES = ("max pooling", "normalised input", "gain 4", "ReLU", "tanh")
WEIGHTED = (nn.Conv2d, nn.Linear)


def changed(name: str) -> nn.Sequential:
    with seeded():
        return _change(LeNet().net, name)


def _change(net: nn.Sequential, name: str) -> nn.Sequential:
    swaps = {
        "max pooling": (nn.AvgPool2d, lambda: nn.MaxPool2d(2)),
        "ReLU": (nn.Sigmoid, nn.ReLU),
        "tanh": (nn.Sigmoid, nn.Tanh),
    }
    kind, new = swaps.get(name, ((), None))
    layers = [new() if isinstance(m, kind) else m for m in net]
    if name == "normalised input":
        layers.insert(0, Normalize(FASHION_MEAN, FASHION_STD))
    if name == "gain 4":
        _louder(layers)
    return nn.Sequential(*layers)


def _louder(layers: list[nn.Module], kinds: type | tuple = WEIGHTED) -> None:
    with torch.no_grad():
        for layer in layers:
            if isinstance(layer, kinds):
                layer.weight *= 4


def _gains(layers: list[nn.Module]) -> list[float]:
    """Each layer's weights, measured by Xavier's."""
    gains = []
    for layer in layers:
        if isinstance(layer, WEIGHTED):
            cells = layer.weight[0, 0].numel()
            ends = (layer.weight.shape[0] + layer.weight.shape[1]) * cells
            gains.append(layer.weight.std().item() / (2 / ends) ** 0.5)
    return gains


def _first_input(net: nn.Module, layers: list[nn.Module], X: Tensor) -> Tensor:
    """What the first convolution gets to read."""
    seen: list[Tensor] = []
    first = next(m for m in layers if isinstance(m, WEIGHTED))
    hook = first.register_forward_pre_hook(lambda m, inputs: seen.append(inputs[0]))
    try:
        with torch.no_grad():
            called(net, X)
    finally:
        hook.remove()
    return seen[0]


def _found(net: nn.Module, name: str) -> tuple[set[str], str | None]:
    """The changes that the network has, and what is half done."""
    layers = leaves(net)
    changes: set[str] = set()
    pools = [type(m) for m in layers if isinstance(m, (nn.AvgPool2d, nn.MaxPool2d))]
    kinds = (nn.Sigmoid, nn.ReLU, nn.Tanh)
    squashes = [type(m) for m in layers if isinstance(m, kinds)]
    if (len(pools), len(squashes)) != (2, 4):
        return changes, f"{name!r}: four activations and two poolings are to stay"
    if len(set(squashes)) > 1:
        return changes, f"{name!r} replaces some of the sigmoids: there are four"
    if len(set(pools)) > 1:
        return changes, f"{name!r} replaces one of the poolings: there are two"
    words = {nn.ReLU: "ReLU", nn.Tanh: "tanh", nn.MaxPool2d: "max pooling"}
    changes |= {words[kind] for kind in {*squashes, *pools} if kind in words}
    X = sample()[0][:500][0]
    Z = _first_input(net, layers, X)
    mean, std = float(Z.mean()), float(Z.std())
    if abs(mean) < 0.1 and abs(std - 1) < 0.1:
        changes.add("normalised input")
    elif not torch.allclose(Z, X, atol=1e-3):
        return changes, (
            f"{name!r}: the input has mean {mean:.2f} and deviation {std:.2f}; "
            "take the mean off, then divide by the deviation"
        )
    gains = _gains(layers)
    loud = [abs(gain - 4) < 0.6 for gain in gains]
    if all(loud):
        changes.add("gain 4")
    elif any(loud):
        return changes, f"{name!r}: some weights have gain 4, all are to have it"
    elif any(abs(gain - 1) > 0.15 for gain in gains):
        return changes, (
            f"{name!r}: the weights are not Xavier's, and another start is a change too"
        )
    return changes, None


def _judge(net: nn.Module, name: str) -> str | None:
    if not isinstance(leaves(net)[-1], nn.Linear):
        return f"{name!r}: the network ends with scores, without a softmax"
    if sum(w.numel() for w in net.parameters()) != 61_706:
        return f"{name!r}: the network has other weights than the classic 61,706"
    changes, mistake = _found(net, name)
    if mistake:
        return mistake
    if not changes:
        return f"{name!r} changes nothing"
    if more := changes - {name}:
        also = " as well: one change at a time" if name in changes else ""
        return f"{name!r} brings {', '.join(sorted(more))}{also}"
    return None


def _network(answer: Callable, name: str) -> nn.Module:
    return demand(called(answer, name), nn.Module, "a network").cpu()


@spoken
def _examine(answer: Callable[[str], nn.Module]) -> str | None:
    if isinstance(answer, nn.Module) or not callable(answer):
        return ITSELF
    with seeded():
        for name in NAMES:
            net, again = _network(answer, name), _network(answer, name)
            if net is again:
                return (
                    "a new network is asked for in every call, and it is the same one"
                )
            if mistake := _judge(net, name):
                return mistake
            pairs = zip(net.parameters(), again.parameters(), strict=True)
            if not all(torch.equal(v, w) for v, w in pairs):
                return (
                    "every call starts from other weights: seed first, or the start "
                    "changes as well"
                )
    return None


def _as_module(name: str) -> nn.Module:
    """The whole classifier, its weights drawn anew for gain 4."""
    with seeded(3):
        model = LeNet()
        model.net = _change(model.net, name if name != "gain 4" else "")
        if name == "gain 4":
            for m in model.net:
                if isinstance(m, WEIGHTED):
                    nn.init.xavier_uniform_(m.weight, gain=4)
    return model


def _two(name: str) -> nn.Module:
    return _change(changed(name), "max pooling")


def _half(name: str) -> nn.Module:
    net = changed(name)
    if name == "ReLU":
        net[1] = nn.Sigmoid()
    return net


def _mean_only(name: str) -> nn.Module:
    net = changed(name)
    if name == "normalised input":
        net[0] = Normalize(FASHION_MEAN, 1.0)
    return net


def _loud_maps(name: str) -> nn.Module:
    if name != "gain 4":
        return changed(name)
    net = changed("")
    _louder(list(net), nn.Conv2d)
    return net


def _kaiming(name: str) -> nn.Module:
    net = changed(name)
    return net.apply(init_relu) if name == "ReLU" else net


CHANGED = ValueExercise(
    name="changed",
    examine=_examine,
    wants="the function changed(name), which returns a network; the names are "
    + ", ".join(repr(name) for name in NAMES),
    right=lambda: [(changed,), (_as_module,)],
    mistakes={
        "as well: one change at a time": lambda: (_two,),
        "'max pooling' changes nothing": lambda: (lambda name: changed(""),),
        "'max pooling' brings tanh": lambda: (lambda name: changed("tanh"),),
        "'ReLU' replaces some of the sigmoids": lambda: (_half,),
        "take the mean off, then divide by the deviation": lambda: (_mean_only,),
        "'gain 4': some weights have gain 4": lambda: (_loud_maps,),
        "another start is a change too": lambda: (_kaiming,),
        "every call starts from other weights": lambda: (
            lambda name: _change(LeNet().net, name),
        ),
        "a new network is asked for in every call": lambda: (cache(changed),),
        "it returns None": lambda: (lambda name: None,),
        "a network is wanted, a list of 12 came": lambda: (
            lambda name: list(changed(name)),
        ),
        "it stops with an error, KeyError": lambda: (lambda name: {}[name],),
        "the network ends with scores": lambda: (
            lambda name: nn.Sequential(*changed(name), nn.Softmax(1)),
        ),
    },
)  # fmt: skip
