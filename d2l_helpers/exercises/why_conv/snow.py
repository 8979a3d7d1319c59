"""The checker of the unscrambled pictures, and small snow to try it on."""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .._values import ValueExercise
from .neighbours import best_four, examine, share_of, true_neighbours, varying

SIDE, IMAGES = 12, 300


@cache
def _snow() -> tuple[Tensor, Tensor]:
    """Shuffled pictures, and the permutation.

    Neighbours agree, some far pixels disagree, some are constant, and all have
    their own mean and spread: each wrong way to choose friends finds others.
    """
    g = torch.Generator().manual_seed(0)
    X = torch.randn(IMAGES, 1, SIDE + 4, SIDE + 4, generator=g)
    X = F.conv2d(X, torch.ones(1, 1, 5, 5) / 5)[:, 0]
    X[:, :, -1] = -X[:, :, 2] + 0.1 * torch.randn(IMAGES, SIDE, generator=g)
    X = X * (15 + 50 * torch.rand(SIDE, SIDE, generator=g))
    X = X + 200 * torch.rand(SIDE, SIDE, generator=g)
    X[:, 0, :5] = 0
    secret = torch.randperm(SIDE * SIDE, generator=g)
    return X.flatten(1)[:, secret], secret


def _chosen(measure=None, came_from=None, share=None, friends=None) -> tuple:
    """An answer, with one of its steps in another way."""
    snow, secret = _snow()
    numbers = varying(snow)
    S = snow[:, numbers]
    if friends is None:
        friends = best_four(measure(S) if measure else torch.corrcoef(S.T))
    places = came_from(secret, numbers) if came_from else secret[numbers]
    value = share_of(friends, places, SIDE)
    if share:
        value = share(true_neighbours(friends, places, SIDE))
    return friends, value, snow, secret


def _answer(change=lambda friends: friends) -> tuple:
    """The right answer, with its friends changed afterwards."""
    friends, *rest = _chosen()
    return change(friends), *rest


def _cosine(S: Tensor) -> Tensor:
    unit = F.normalize(S, dim=0)
    return unit.T @ unit


def _in_the_snow(S: Tensor) -> Tensor:
    numbers = varying(_snow()[0])
    i, j = numbers // SIDE, numbers % SIDE
    return -((i[:, None] - i).abs() + (j[:, None] - j).abs()).float()


def _with_top(places: list[int]) -> tuple:
    """Friends by their place among the strongest; the pixel itself has place 0."""
    R = torch.corrcoef(_snow()[0][:, varying(_snow()[0])].T)
    return _chosen(friends=R.topk(6).indices[:, places])


FRIENDS = ValueExercise(
    name="friends",
    examine=examine,
    wants="friends (four pixel numbers for each pixel that varies), the share of true "
    "neighbours among them, snow and secret",
    count=4,
    right=lambda: [
        _chosen(),
        _answer(lambda friends: friends.flip(1).tolist()),
        _answer(lambda friends: varying(_snow()[0])[friends]),  # columns of the snow
    ],
    mistakes={
        "a pixel is its own friend": lambda: _with_top([0, 1, 2, 3]),
        "you took the weakest correlations": lambda: _chosen(
            lambda S: -torch.corrcoef(S.T)
        ),
        "no absolute value": lambda: _chosen(lambda S: torch.corrcoef(S.T).abs()),
        "you sorted by covariance": lambda: _chosen(lambda S: torch.cov(S.T)),
        "subtract each pixel's mean": lambda: _chosen(_cosine),
        "you took neighbours in the snow": lambda: _chosen(_in_the_snow),
        "you correlated the images": lambda: _answer(
            lambda friends: torch.zeros(IMAGES, 4, dtype=torch.long)
        ),
        "pixels that hardly vary are among yours": lambda: _answer(
            lambda friends: torch.corrcoef(_snow()[0].T).topk(4).indices
        ),
        "some of your friends hardly vary": lambda: _answer(
            lambda friends: (_snow()[0].std(0).argsort()[:4]).expand(len(friends), 4)
        ),
        "pixels vary by 10 grey levels or more": lambda: _answer(
            lambda friends: friends[1:]
        ),
        "friends is a table": lambda: _answer(lambda friends: friends.flatten()),
        "four others for each pixel": lambda: _answer(lambda friends: friends[:, :3]),
        "your friends are no pixel numbers": lambda: _answer(
            lambda friends: friends / 200
        ),
        "the same friend twice": lambda: _answer(
            lambda friends: friends[:, [0, 1, 2, 2]]
        ),
        "the four strongest correlations are right for": lambda: _with_top(
            [1, 2, 3, 5]  # the fifth for the fourth
        ),
        "the share asks for one axis only": lambda: _chosen(
            share=lambda steps: (steps[0] <= 1).float().mean()
        ),
        "near along rows and along columns": lambda: _chosen(
            share=lambda steps: (steps <= 1).any(0).float().mean()
        ),
        "across a corner": lambda: _chosen(
            share=lambda steps: (steps.sum(0) == 1).float().mean()
        ),
        "two steps along one axis": lambda: _chosen(
            share=lambda steps: (steps.sum(0) <= 2).float().mean()
        ),
        "the share is measured in the snow": lambda: _chosen(
            came_from=lambda secret, numbers: numbers
        ),
        "the permutation the wrong way round": lambda: _chosen(
            came_from=lambda secret, numbers: secret.argsort()[numbers]
        ),
        "places in your list for pixels": lambda: _chosen(
            came_from=lambda secret, numbers: secret[: len(numbers)]
        ),
        "per cent came": lambda: _chosen(
            share=lambda steps: 100 * (steps <= 1).all(0).float().mean()
        ),
        "divided by 100 once too often": lambda: _chosen(
            share=lambda steps: (steps <= 1).all(0).float().mean() / 100
        ),
        "divide by four": lambda: _chosen(
            share=lambda steps: (steps <= 1).all(0).sum(1).float().mean()
        ),
        "no neighbours": lambda: _chosen(
            share=lambda steps: (steps > 1).any(0).float().mean()
        ),
        "the share counts pixels": lambda: _chosen(
            share=lambda steps: (steps <= 1).all(0).all(1).float().mean()
        ),
        "the share is one number": lambda: _chosen(
            share=lambda steps: (steps <= 1).all(0)
        ),
        "a text came": lambda: _chosen(share=lambda steps: "79 %"),
        "a mean over nothing": lambda: _chosen(share=lambda steps: float("nan")),
        "no count": lambda: _chosen(share=lambda steps: (steps <= 1).all(0).sum()),
        "the share of true neighbours is too": lambda: _chosen(share=lambda steps: 0.5),
    },
)
