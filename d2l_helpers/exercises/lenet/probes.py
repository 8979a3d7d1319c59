"""Networks and pictures to try answers on, and what they are asked about."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from ...batches import Images
from ...data import to_images
from ...sources import load_sample
from .._compare import difference
from .._exercise import agrees
from .._patience import Patience
from .._run import Raised, run
from .._timebox import OutOfTime
from .._values import ValueExercise
from .._verdict import Finding
from .._words import kind

ITSELF = "give the function itself, without calling it"
LIST = "a list with a number for each layer is wanted"
NOTHING = "it returns None: a return is missing"


class Said(Exception):  # noqa: N818 - no error: its message is the verdict
    """Ends an examination from any depth, with a verdict."""


def spoken(examine: Callable[..., str | None]) -> Callable[..., str | None]:
    """An examination that may end by `Said`."""

    @wraps(examine)
    def examined(*answers: Any) -> str | None:
        try:
            return examine(*answers)
        except Said as said:
            return str(said)

    return examined


def demand(value: Any, kinds: type | tuple, wanted: str) -> Any:
    """The value, if it is of this kind; else `Said` tells what came instead."""
    if value is None:
        raise Said(NOTHING)
    if not isinstance(value, kinds):
        raise Said(f"{wanted} is wanted, {kind(value)} came")
    return value


def called(function: Callable, *arguments: Any) -> Any:
    """What the reader's function gives; `Said` if it stops with an error."""
    try:
        return function(*arguments)
    except Exception as error:
        raise Said(f"it stops with an error, {Raised(error)!r}") from error


class Net(nn.Sequential):
    """A stack, called by the number of its layers."""

    def __repr__(self) -> str:
        return f"a network of {len(self)} layers"


def settle(net: nn.Module, g: torch.Generator, scale: float = 0.5) -> nn.Module:
    """Weights and biases from this generator, so that a case is always the same."""
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(scale * torch.randn(weight.shape, generator=g))
    return net


def leaves(module: nn.Module) -> list[nn.Module]:
    """The layers in their order; one that is used twice is there twice."""
    below = list(module._modules.values())
    return [leaf for m in below for leaf in leaves(m)] if below else [module]


@cache
def sample() -> tuple[Images, Images]:
    """Training and test part of the embedded garments, without a word printed."""
    arrays = load_sample().arrays
    return to_images(*arrays[:2]), to_images(*arrays[2:])


@contextlib.contextmanager
def seeded(seed: int = 0) -> Iterator[None]:
    """The reader's own random numbers go on as if nothing had been drawn."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def observed(
    name: str,
    wants: str,
    right: Callable,
    cases: Callable[[], list[tuple]],
    observe: Callable[..., tuple[Any, str | None]],
    mistakes: Mapping[str, Callable],
    others: tuple[Callable, ...] = (),
    either: tuple[Callable, ...] = (),
) -> ValueExercise:
    """A function is judged by its values, and by what it does to its network.

    What agrees with one of `either` in all cases is as right as what `right` gives.

    `observe(answer, *case)` gives the values and a complaint, or None. A complaint
    counts where the values are right: the mistake behind wrong ones goes first.
    """

    def look(answer: Callable) -> Iterator[Any]:
        torch.manual_seed(0)  # the same dropout for every answer
        for case in cases():
            yield run(observe, (answer, *case))

    def values(looks) -> Iterator[Any]:
        return (found if isinstance(found, Raised) else found[0] for found in looks)

    def examine(answer: Any) -> Finding | str | None:
        if not callable(answer):
            return ITSELF
        with seeded():
            return compared(answer)

    def compared(answer: Callable) -> Finding | str | None:
        looks = []
        for found in look(answer):
            if isinstance(found, Raised) and isinstance(found.error, OutOfTime):
                return Patience.SLOW
            if isinstance(found, Raised) and isinstance(found.error, Said):
                return str(found.error)
            looks.append(found)
        given = list(values(looks))

        def alike(other: Callable) -> bool:
            made = values(look(other))
            return all(agrees(g, m) for g, m in zip(given, made, strict=True))

        if alike(right) or any(map(alike, either)):
            return next((complaint for _, complaint in looks if complaint), None)
        wanted = list(values(look(right)))
        hits = [agrees(g, w) for g, w in zip(given, wanted, strict=True)]
        miss = hits.index(False)
        if isinstance(given[miss], Raised):
            detail = f"case {miss + 1}: it stopped with {given[miss]!r}"
        else:
            detail = f"case {miss + 1}: {difference(given[miss], wanted[miss])}"
        for sentence, wrong in mistakes.items():
            if alike(wrong):
                return Finding(sentence, detail, inferred=True)
        return Finding(f"right in {sum(hits)} of {len(hits)} hidden cases", detail)

    return ValueExercise(
        name=name,
        examine=examine,
        wants=wants,
        right=lambda: [(answer,) for answer in (right, *others, *either)],
        mistakes={s: (lambda wrong=wrong: (wrong,)) for s, wrong in mistakes.items()},
    )


def numbers(values: Any) -> list[float]:
    """A list of numbers, which may have come as tensors; `Said` for anything else."""
    if values is None:
        raise Said(NOTHING)
    try:
        items = None if isinstance(values, (str, dict)) else list(islice(values, 1000))
    except Exception:  # nothing to go through
        items = None
    if items is None:
        raise Said(f"{LIST}, {kind(values)} came")
    return [_number(item) for item in items]


def _number(item: Any) -> float:
    try:
        return float(item.detach() if isinstance(item, Tensor) else item)
    except Exception as error:
        raise Said(f"{LIST}, {kind(item)} stands in what came") from error
