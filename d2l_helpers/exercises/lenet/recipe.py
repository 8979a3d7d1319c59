"""A modern recipe for the old shapes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR

from ...batches import Batches
from ...models import FASHION_MEAN, FASHION_STD, LeNet, Normalize, init_cnn, init_relu
from .._exercise import ValueExercise
from .probes import ITSELF, leaves, sample, seeded

STEPS = 30  # at a rate of 0.01 enough to leave ln 10 = 2.303, unless sigmoids hold it


def modern(
    lr: float,
    seed: int,
    net: Callable[[], nn.Module] = lambda: LeNet.modern().net,
    peak: float | None = None,
    length: int | None = None,
    held: Callable[[list], list] = lambda weights: weights,
) -> tuple:
    with seeded(seed):
        made = net()

    def optimiser(weights, steps):
        adam = torch.optim.AdamW(held(list(weights)), lr, weight_decay=0.01)
        return adam, OneCycleLR(adam, peak or lr, length or steps)

    return made, optimiser


def _plain(lr: float, seed: int) -> tuple:
    """Tanh and momentum, a rate that stays."""
    with seeded(seed):
        layers = [nn.Tanh() if isinstance(m, nn.Sigmoid) else m for m in LeNet().net]
        net = nn.Sequential(Normalize(FASHION_MEAN, FASHION_STD), *layers)
        net.apply(init_cnn)
    return net, lambda weights, steps: torch.optim.SGD(weights, lr, momentum=0.9)


class _Shaky(nn.Module):
    """Noise on every picture, in the test too."""

    def forward(self, X: Tensor) -> Tensor:
        return X + 0.1 * torch.rand_like(X)


def _train(net: nn.Module, optimiser: Callable, lr: float, steps: int) -> str | None:
    """A short training, with an eye on the rate."""
    made = optimiser(net.parameters(), steps)
    optimizer, schedule = made if isinstance(made, tuple) else (made, None)
    groups = optimizer.param_groups
    if {id(w) for g in groups for w in g["params"]} != {
        id(w) for w in net.parameters()
    }:
        return "the optimiser holds other weights than those that it is given"
    rates, losses = [], []
    batches = Batches(sample()[0], 64, shuffle=True)
    for X, y in islice(batches, steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(X), y)
        loss.backward()
        rates.append(groups[0]["lr"])
        losses.append(loss.item())
        optimizer.step()
        if schedule is not None:
            try:
                schedule.step()
            except ValueError:
                return "the schedule is shorter than the training: give it `steps`"
    if abs(max(rates) / lr - 1) > 0.1:
        return (
            f"the rate rises to {max(rates):.2g} within `steps` steps, and `lr`, "
            f"its peak, is {lr:g}"
        )
    last = sum(losses[-5:]) / 5
    if steps >= STEPS and not last < 2.0:
        return (
            f"after {steps} steps the loss is {last:.2f}, near ln 10: mend the "
            "plateau first, with tanh or ReLU"
        )
    return None


def _equal(one: nn.Module, two: nn.Module) -> bool:
    pairs = zip(one.parameters(), two.parameters(), strict=True)
    return all(torch.equal(v, w) for v, w in pairs)


def _examine(answer: Callable[[float, int], tuple]) -> str | None:
    if not callable(answer):
        return ITSELF
    with seeded():
        (net, optimiser), (again, _), (other, _) = (
            answer(0.01, seed) for seed in (1, 1, 2)
        )
        net, again, other = net.cpu(), again.cpu(), other.cpu()
        if any(isinstance(m, (nn.Softmax, nn.LogSoftmax)) for m in leaves(net)):
            return "a softmax stands in the network: the loss brings its own"
        count = sum(w.numel() for w in net.parameters())
        if count != 61_706:
            return f"the network has {count:,} parameters, not 61,706"
        if not _equal(net, again):
            return "the same seed gives other weights: seed before you build"
        if _equal(net, other):
            return "another seed gives the same weights: use `seed`"
        X = sample()[1][:50][0]
        net.eval()
        with torch.no_grad():
            if net(X).shape != (50, 10):
                return "the network gives ten scores for each picture"
            if not torch.equal(net(X), net(X)):
                return (
                    "two looks at the same pictures differ: what is random belongs "
                    "to training, not to the test"
                )
        if mistake := _train(net.train(), optimiser, 0.01, STEPS):
            return mistake
        net, optimiser = answer(0.001, 0)
        return _train(net.cpu().train(), optimiser, 0.001, 10)


def _net(**other) -> tuple[Callable]:
    return (lambda lr, seed: modern(lr, seed, **other),)


def _wider() -> nn.Module:
    net = LeNet.modern().net
    return nn.Sequential(*net[:2], nn.BatchNorm2d(6), *net[2:])


MODERN = ValueExercise(
    name="modern",
    examine=_examine,
    wants="the function modern(lr, seed), which returns a network and the function "
    "that makes its optimiser",
    right=lambda: [(modern,), (_plain,)],
    mistakes={
        "parameters, not 61,706": lambda: _net(net=_wider),
        "mend the plateau first": lambda: _net(
            net=lambda: LeNet().net.apply(init_relu)
        ),
        "a softmax stands in the network": lambda: _net(
            net=lambda: nn.Sequential(LeNet.modern().net, nn.Softmax(1))
        ),
        "the same seed gives other weights": lambda: (
            lambda lr, seed: (LeNet.modern().net, modern(lr, seed)[1]),
        ),
        "another seed gives the same weights": lambda: (
            lambda lr, seed: modern(lr, 0),
        ),
        "what is random belongs to training": lambda: _net(
            net=lambda: nn.Sequential(_Shaky(), LeNet.modern().net)
        ),
        "the schedule is shorter than the training": lambda: _net(length=15),
        "within `steps` steps": lambda: _net(length=5000),
        "its peak, is 0.001": lambda: (
            lambda lr, seed: (modern(lr, seed)[0], modern(0.01, seed)[1]),
        ),
        "the optimiser holds other weights": lambda: _net(
            held=lambda weights: list(LeNet.modern().parameters())
        ),
    },
)  # fmt: skip
