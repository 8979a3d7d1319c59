"""How fast a kernel is learnt, and in which direction slowly."""

from __future__ import annotations

import math
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from ...examples import boot
from .._values import ValueExercise

DIVERGED = "the run has diverged; take 95 % of the largest stable rate"


@cache
def _bowl() -> tuple[Tensor, Tensor, int]:
    """Curvatures, ascending, their directions as columns, number of windows."""
    windows = F.unfold(boot()[None, None], 3)[0].T.double()
    return *torch.linalg.eigh(2 * windows.T @ windows), len(windows)


def _limit() -> float:
    return float(2 / _bowl()[0][-1])


def _left(steps: int = 1000, seed: int = 1, rate: float = 0.95) -> Tensor:
    """The error after gradient descent from random weights."""
    curvatures, directions, _ = _bowl()
    g = torch.Generator().manual_seed(seed)
    error = 0.3 * torch.randn(9, generator=g).double() - 1 / 9
    shrunk = (1 - rate * _limit() * curvatures) ** steps
    return directions @ (shrunk * (directions.T @ error))


def _examine_limit(limit: float) -> str | None:
    if not math.isfinite(limit):
        return f"limit is {limit}: it is 2 over the largest curvature"
    if limit <= 0:
        return "a rate is positive"
    curvatures, _, n = _bowl()
    share = limit / _limit()
    slips = {
        0.5: "half of the largest rate: below 2 over the curvature |1 − ηc| is < 1",
        2.0: "twice the largest rate: the second derivative of a square has a factor 2",
        0.95: "the rate of the run, not the limit: take the 95 % away",
        n: "the rate for the mean loss: this bowl adds up all windows",
        float(curvatures[-1] / curvatures[0]): (
            "the flattest direction's limit: the steepest one diverges first"
        ),
        float(curvatures[-1] / curvatures.mean()): (
            "the limit for the mean curvature: the steepest direction diverges first"
        ),
        float(curvatures[-1]) / _limit(): (
            "the largest curvature itself: the limit is 2 over it"
        ),
    }
    for size, what in {1.0: None, **slips}.items():
        if math.isclose(share, size, rel_tol=0.01):
            return what and f"this is {what}"
    return f"the rate is too {'low' if share < 1 else 'high'}: 2 over the curvature"


def _examine(limit: float, left: Tensor) -> str | None:
    if said := _examine_limit(float(limit)):
        return said
    left = torch.as_tensor(left).detach().double().flatten()
    if left.shape != (9,):
        return f"a direction has nine numbers, {len(left)} came"
    size = left.norm()
    if not size.isfinite():
        return f"left holds {'nan' if left.isnan().any() else 'inf'}: {DIVERGED}"
    if size == 0:
        return "nothing is left: a direction is not zero"
    left = left / size
    _, directions, _ = _bowl()
    shares = (left @ directions) ** 2
    # which of the two slowest one wins depends on the start
    if shares[:2].sum() > 0.9:
        return None
    if torch.allclose(left.abs(), directions[0].abs(), atol=1e-3):
        return "you took a row of the eigenvectors: each one is a column"
    if shares[-1] > 0.9 and size > 100:
        return f"the numbers of left are huge: {DIVERGED}"
    if shares[-1] > 0.9:
        return (
            "all nine numbers are nearly alike: this is the fastest direction, or the "
            "kernel itself, from which 1/9 is to be subtracted"
        )
    return (
        "after 1,000 steps little is left in this direction: a step multiplies the "
        "error along it by 1 − ηc, and the smallest curvature c lasts longest"
    )


SLOWEST = ValueExercise(
    name="slowest",
    examine=_examine,
    wants="the rate and the nine numbers of the error, slowest(limit, left)",
    count=2,
    right=lambda: [
        (_limit(), _bowl()[1][:, 0]),
        (torch.tensor(_limit()), -3 * _bowl()[1][:, 0].float().view(3, 3)),
        *((_limit(), _left(seed=seed)) for seed in range(8)),
    ],
    mistakes={
        "this is half of the largest rate": lambda: (_limit() / 2, _left()),
        "this is twice the largest rate": lambda: (_limit() * 2, _left()),
        "this is the rate of the run": lambda: (_limit() * 0.95, _left()),
        "this is the rate for the mean loss": lambda: (_limit() * 676, _left()),
        "this is the flattest direction's limit": lambda: (
            2 / _bowl()[0][0],
            _left(),
        ),
        "this is the limit for the mean curvature": lambda: (
            2 / _bowl()[0].mean(),
            _left(),
        ),
        "this is the largest curvature itself": lambda: (_bowl()[0][-1], _left()),
        "the rate is too high": lambda: (0.03, _left()),
        "you took a row of the eigenvectors": lambda: (_limit(), _bowl()[1][0]),
        "this is the fastest direction": lambda: (_limit(), _bowl()[1][:, -1]),
        "from which 1/9 is to be subtracted": lambda: (_limit(), _left() + 1 / 9),
        "little is left in this direction": lambda: (_limit(), _left(steps=3)),
        "nine numbers": lambda: (_limit(), _left()[:3]),
        "left holds nan: the run has diverged": lambda: (
            _limit(),
            _left() * torch.nan,
        ),
        "left holds inf: the run has diverged": lambda: (
            _limit(),
            _left() * torch.inf,
        ),
        "the numbers of left are huge": lambda: (_limit(), _left(rate=1.05)),
        "limit is nan": lambda: (math.nan, _left()),
        "a rate is positive": lambda: (-_limit(), _left()),
    },
)
