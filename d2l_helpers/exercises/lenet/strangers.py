"""A rule that refuses what is no garment."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from ...devices import try_gpu
from ...pretrained import pretrained_lenet
from .._run import Raised
from .._values import ValueExercise
from .._words import kind
from .probes import (
    ITSELF,
    NOTHING,
    Said,
    called,
    sample,
    seeded,
    spoken,
)

MANY = 0.09  # the 7 % of the exercise, and what chance adds to 1,000 garments


@cache
def _pictures() -> dict[str, Tensor]:
    g = torch.Generator().manual_seed(0)
    garments = sample()[1][:][0]  # from the test set: not trained on
    some, shape = garments[:200], (200, 1, 28, 28)
    order = torch.randperm(784, generator=g)
    return {
        "garments": garments,
        "uniform noise": torch.rand(shape, generator=g),
        "black-and-white noise": (torch.rand(shape, generator=g) < 0.5).float(),
        "bell-shaped noise": (
            0.5 + 0.3 * torch.randn(shape, generator=g)
        ).clamp(0, 1),
        "shuffled garments": some.flatten(1)[:, order].view(shape),
        "the white card": torch.ones(1, 1, 28, 28),
    }  # fmt: skip


def _answers(refuse: Callable, X: Tensor) -> Tensor:
    with torch.no_grad():
        try:
            found = refuse(X.clone())
        except RuntimeError:  # a rule whose network is on the GPU
            found = called(refuse, X.to(try_gpu()))
        except Exception as error:
            raise Said(f"it stops with an error, {Raised(error)!r}") from error
    if found is None:
        raise Said(NOTHING)
    try:
        return torch.as_tensor(found).cpu()
    except Exception as error:
        sentence = f"one answer for each picture is wanted, {kind(found)} came"
        raise Said(sentence) from error


@spoken
def _examine(refuse: Callable[[Tensor], Tensor]) -> str | None:
    if not callable(refuse):
        return ITSELF
    with seeded():
        pictures = _pictures()
        first = _answers(refuse, pictures["uniform noise"])
        if first.shape != (200,):
            return (
                f"for 200 pictures the answers have the shape {tuple(first.shape)}: "
                "one for each picture"
            )
        if first.dtype != torch.bool:
            bits = [_answers(refuse, X) for X in pictures.values()]
            if all(((b == 0) | (b == 1)).all() for b in bits):
                return "the answers are 0 and 1 as numbers: leave them True and False"
            return "the answers are numbers: compare them with a limit, True or False"
        single = _answers(refuse, pictures["the white card"])
        if single.shape != (1,):
            return (
                f"for a batch of one picture the answers have the shape "
                f"{tuple(single.shape)}: one for each picture"
            )
        share = {k: float(_answers(refuse, X).float().mean())
                 for k, X in pictures.items()}  # fmt: skip
        alone = _answers(refuse, pictures["garments"][:40])
        mixed = torch.cat([pictures["garments"][:40], pictures["uniform noise"]])
        if (_answers(refuse, mixed)[:40] != alone).float().mean() > 0.02:
            return (
                "a picture's answer depends on its batch: fix the limits beforehand, "
                "on garments"
            )
    garments, noise = share.pop("garments"), share["uniform noise"]
    if garments > 0.5 and noise < 0.5:
        return "the answers are turned round: True is for what is refused"
    if garments > MANY:
        return (
            f"{garments:.0%} of garments that it has not seen are refused: choose "
            "the limits on garments held out"
        )
    if not any(share.values()):
        return "nothing is refused"
    if noise < 0.5 and not share["the white card"]:
        return (
            f"{1 - noise:.0%} of uniform noise passes, and the white card: a "
            "network may be sure of both, look at the picture too"
        )
    for name, part in share.items():
        if part < 0.5:
            return f"some odd pictures are refused, but of {name} {1 - part:.0%} pass"
    return None


def _doubt(X: Tensor) -> Tensor:
    return 1 - pretrained_lenet(0)(X).softmax(1).amax(1)


@cache
def _directions() -> tuple[Tensor, Tensor]:
    X = sample()[0][:2000][0].flatten(1)
    return X.mean(0), torch.linalg.svd(X - X.mean(0), full_matrices=False).Vh[:40]


def _strange(X: Tensor) -> Tensor:
    """Length of what forty directions among garments cannot express."""
    centre, V = _directions()
    D = X.flatten(1) - centre
    return (D - D @ V.T @ V).norm(dim=1)


@cache
def _near() -> Tensor:
    return sample()[0][:2000][0].flatten(1)


def _far(X: Tensor) -> Tensor:
    """Distance from the nearest of 2,000 garments."""
    return torch.cdist(X.flatten(1), _near()).amin(1)


def _rule(*measures: Callable, share: float = 0.975) -> Callable:
    """Each measure with its limit, from garments that nothing was fitted to."""

    @cache
    def limits() -> list[Tensor]:
        tune = sample()[0][2000:4000][0]
        return [f(tune).quantile(share) for f in measures]

    def refuse(X: Tensor) -> Tensor:
        with torch.no_grad():
            pairs = zip(measures, limits(), strict=True)
            return torch.stack([f(X) > limit for f, limit in pairs]).any(0)

    return refuse


def _by_batch(X: Tensor) -> Tensor:
    values = _strange(X)
    return values > values.quantile(0.95)


def _one_kind(X: Tensor) -> Tensor:
    """Uniform noise has few black pixels and a mean of ½."""
    dark = (X < 0.01).float().mean((1, 2, 3))
    return (dark < 0.05) & ((X.mean((1, 2, 3)) - 0.5).abs() < 0.05)


REFUSE = ValueExercise(
    name="refuse",
    examine=_examine,
    wants="the function refuse(X): True or False for each picture (n, 1, 28, 28)",
    right=lambda: [(_rule(_doubt, _strange),), (_rule(_far, _doubt),)],
    mistakes={
        "network may be sure of both": lambda: (_rule(_doubt, share=0.95),),
        "some odd pictures are refused": lambda: (_one_kind,),
        "of garments that it has not seen are refused": lambda: (
            _rule(_strange, share=0.8),
        ),
        "a picture's answer depends on its batch": lambda: (_by_batch,),
        "the answers are turned round": lambda: (
            lambda X: ~_rule(_doubt, _strange)(X),
        ),
        "the answers are numbers": lambda: (_strange,),
        "the answers are 0 and 1 as numbers": lambda: (
            lambda X: _rule(_doubt, _strange)(X).float(),
        ),
        "it returns None": lambda: (lambda X: None,),
        "one answer for each picture is wanted, a dictionary of 1 came": lambda: (
            lambda X: {"refused": _rule(_strange)(X)},
        ),
        "one for each picture": lambda: (
            lambda X: _rule(_strange)(X).any(),
        ),
        "for a batch of one picture": lambda: (
            lambda X: _rule(_doubt, _strange)(X).squeeze(),
        ),
        "nothing is refused": lambda: (
            lambda X: torch.zeros(len(X), dtype=torch.bool),
        ),
    },
)  # fmt: skip
