"""A modern recipe for the old shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LinearLR,
    OneCycleLR,
    ReduceLROnPlateau,
)

from ...batches import Batches
from ...models import FASHION_MEAN, FASHION_STD, LeNet, Normalize, init_cnn, init_relu
from .._values import ValueExercise
from .._verdict import Finding
from .probes import ITSELF, Said, called, demand, leaves, sample, seeded, spoken

NO_FUNCTION = "the second value is no function: it makes the optimiser"
LOW = 0.1  # "almost nothing", as a part of the rate
BATCH = 64
# With AdamW, ReLU and tanh name 71 to 79 % after one pass, sigmoids 47 to 59 %
ENOUGH = 0.65


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


def _by_cosine(lr: float, seed: int) -> list:
    """Tanh, and a rate that falls all the time."""
    with seeded(seed):
        layers = [nn.Tanh() if isinstance(m, nn.Sigmoid) else m for m in LeNet().net]
        net = nn.Sequential(Normalize(FASHION_MEAN, FASHION_STD), *layers)
        net.apply(init_cnn)

    def optimiser(weights, steps):
        adam = torch.optim.AdamW(weights, lr)
        return [adam, CosineAnnealingLR(adam, steps)]

    return [net, optimiser]


class _Shaky(nn.Module):
    """Noise on every picture, in the test too."""

    def forward(self, X: Tensor) -> Tensor:
        return X + 0.1 * torch.rand_like(X)


def _pair(answer: Callable, lr: float, seed: int) -> tuple[nn.Module, Callable]:
    wanted = "a pair, (network, optimiser function),"
    made = demand(called(answer, lr, seed), (tuple, list), wanted)
    if len(made) != 2:
        raise Said(f"{wanted} is wanted, {len(made)} values came")
    net, optimiser = made
    if isinstance(optimiser, nn.Module):
        raise Said("the pair is turned round: the network comes first")
    if isinstance(optimiser, Optimizer):
        raise Said(
            "the second value is an optimiser: return the function that makes one "
            "from (weights, steps)"
        )
    if not callable(optimiser):
        raise Said(NO_FUNCTION)
    return demand(net, nn.Module, "a network in the first place").cpu(), optimiser


def _made(optimiser: Callable, net: nn.Module, steps: int) -> tuple:
    """The optimiser and its schedule."""
    made = called(optimiser, net.parameters(), steps)
    if made is None:
        raise Said("the inner function returns None: a return is missing")
    if isinstance(made, Optimizer):
        return made, None
    pair = isinstance(made, (tuple, list)) and len(made) == 2
    if not pair or not isinstance(made[0], Optimizer) or not hasattr(made[1], "step"):
        raise Said("the inner function is to return a pair, (optimiser, schedule)")
    return tuple(made)


def _rates(optimizer: Optimizer, schedule: Any, steps: int) -> list[float]:
    """The rate before each of `steps` steps, and after the last one; no training."""
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps):
        called(optimizer.step)
        try:
            if schedule is not None:
                schedule.step()
        except ValueError as error:
            sentence = "the schedule is shorter than the training: give it `steps`"
            raise Said(sentence) from error
        except TypeError as error:  # as ReduceLROnPlateau, which wants a loss
            sentence = "the schedule's step() must do without arguments"
            raise Said(sentence) from error
        rates.append(optimizer.param_groups[0]["lr"])
    return [float(rate) for rate in rates]


def _wrong_rates(net: nn.Module, optimiser: Callable, lr: float, steps: int) -> str:
    """What is wrong with the optimiser and its schedule; "" for nothing."""
    optimizer, schedule = _made(optimiser, net, steps)
    held = {id(w) for group in optimizer.param_groups for w in group["params"]}
    if held != {id(w) for w in net.parameters()}:
        return "the optimiser holds other weights than those that it is given"
    rates = _rates(optimizer, schedule, steps)
    if abs(max(rates) / lr - 1) > 0.1:
        return (
            f"the highest rate within {steps} steps is {max(rates):.2g}, and `lr`, "
            f"which it is to be, is {lr:g}"
        )
    if rates[-1] > LOW * lr:
        return (
            f"the rate is still {rates[-1]:.2g} after {steps} steps: the schedule is "
            f"to bring it below a tenth of {lr:g}"
        )
    return ""


def _share_named(net: nn.Module, optimiser: Callable) -> float:
    """Of the held-out pictures, after one pass over the sample."""
    batches = Batches(sample()[0], BATCH, shuffle=True)
    optimizer, schedule = _made(optimiser, net.train(), len(batches))
    for X, y in batches:
        optimizer.zero_grad()
        F.cross_entropy(called(net, X), y).backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
    X, y = sample()[1][:]
    with torch.no_grad():
        return (net.eval()(X).argmax(1) == y).double().mean().item()


def _equal(one: nn.Module, two: nn.Module) -> bool:
    pairs = zip(one.parameters(), two.parameters(), strict=True)
    return all(torch.equal(v, w) for v, w in pairs)


@spoken
def _examine(answer: Callable[[float, int], tuple]) -> Finding | str | None:
    if not callable(answer):
        return ITSELF
    with seeded():
        (net, optimiser), (again, _), (other, _) = (
            _pair(answer, 0.01, seed) for seed in (1, 1, 2)
        )
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
            if called(net, X).shape != (50, 10):
                return "the network gives ten scores for each picture"
            if not torch.equal(net(X), net(X)):
                return (
                    "two looks at the same pictures differ: what is random belongs "
                    "to training, not to the test"
                )
        steps = -(-len(sample()[0]) // BATCH)
        small, other_rate = _pair(answer, 0.001, 0)
        said = _wrong_rates(net, optimiser, 0.01, steps)
        if said := said or _wrong_rates(small, other_rate, 0.001, 10):
            return said
        share = _share_named(*_pair(answer, 0.01, 1))
        if share < ENOUGH:
            return Finding(
                f"it learns too slowly: {ENOUGH:.0%} are asked for after one pass",
                f"after one pass over {len(sample()[0]):,} pictures, at the rate 0.01, "
                f"it names {share:.0%} of {len(sample()[1]):,} others",
            )
    return None


def _net(**other) -> tuple[Callable]:
    return (lambda lr, seed: modern(lr, seed, **other),)


def _other(optimiser: Callable) -> tuple[Callable]:
    """The network as it should be, with optimiser(lr, weights, steps)."""
    return (
        lambda lr, seed: (modern(lr, seed)[0], lambda *given: optimiser(lr, *given)),
    )


def _rising(lr: float, weights, steps: int) -> tuple:
    adam = torch.optim.AdamW(weights, lr)
    return adam, LinearLR(adam, 0.1, 1.0, steps // 2)


def _waiting(lr: float, weights, steps: int) -> tuple:
    adam = torch.optim.AdamW(weights, lr)
    return adam, ReduceLROnPlateau(adam)


def _wider() -> nn.Module:
    net = LeNet.modern().net
    return nn.Sequential(*net[:2], nn.BatchNorm2d(6), *net[2:])


MODERN = ValueExercise(
    name="modern",
    examine=_examine,
    wants="the function modern(lr, seed), which returns a network and the function "
    "that makes its optimiser",
    right=lambda: [(modern,), (_by_cosine,)],
    mistakes={
        "parameters, not 61,706": lambda: _net(net=_wider),
        "it learns too slowly": lambda: _net(
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
        "the highest rate within 79 steps is": lambda: _net(length=5000),
        "which it is to be, is 0.001": lambda: (
            lambda lr, seed: (modern(lr, seed)[0], modern(0.01, seed)[1]),
        ),
        "the rate is still 0.01 after 79 steps": lambda: _other(
            lambda lr, weights, steps: torch.optim.AdamW(weights, lr)
        ),
        "below a tenth": lambda: _other(_rising),
        "step() must do without arguments": lambda: _other(_waiting),
        "it returns None": lambda: (lambda lr, seed: None,),
        "is wanted, a network came": lambda: (lambda lr, seed: modern(lr, seed)[0],),
        "the pair is turned round": lambda: (lambda lr, seed: modern(lr, seed)[::-1],),
        "the second value is an optimiser": lambda: (
            lambda lr, seed: (net := modern(lr, seed)[0], torch.optim.AdamW(
                net.parameters(), lr)),
        ),
        NO_FUNCTION: lambda: (lambda lr, seed: (modern(lr, seed)[0], lr),),
        "the inner function returns None": lambda: _other(lambda *given: None),
        "is to return a pair, (optimiser, schedule)": lambda: _other(lambda *given: []),
        "the optimiser holds other weights": lambda: _net(
            held=lambda weights: list(LeNet.modern().parameters())
        ),
    },
)  # fmt: skip
