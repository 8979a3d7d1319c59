"""Who belongs next to whom, read off shuffled pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

VARIES = 10  # grey levels
BEST = 4
NOBODY = -math.inf  # in the place of a pixel's agreement with itself


def varying(snow: Tensor) -> Tensor:
    """Numbers of the pixels that vary."""
    return (snow.std(0) >= VARIES).nonzero().flatten()


def best_four(agreement: Tensor) -> Tensor:
    return agreement.fill_diagonal_(NOBODY).topk(BEST).indices


def true_neighbours(friends: Tensor, came_from: Tensor, side: int) -> Tensor:
    """Steps between the pixels of each pair, along rows and along columns."""
    i, j = came_from // side, came_from % side
    return torch.stack([(at[:, None] - at[friends]).abs() for at in (i, j)])


def share_of(friends: Tensor, came_from: Tensor, side: int) -> float:
    steps = true_neighbours(friends, came_from, side)
    return (steps <= 1).all(0).float().mean().item()


def _shape(friends: Tensor, snow: Tensor) -> str | None:
    images, pixels = snow.shape
    count = len(varying(snow))
    if friends.dim() != 2:
        return f"friends is a table: {count} pixels that vary, four others for each"
    rows, columns = friends.shape
    if rows == images != count:
        return "you correlated the images: corrcoef wants a row for each pixel, so .T"
    if rows == pixels != count:
        return (
            "pixels that hardly vary are among yours: leave them out before you "
            "correlate, a constant one gives nan"
        )
    if rows != count:
        return f"{count} pixels vary by 10 grey levels or more, not {rows}"
    if columns != BEST:
        return f"four others for each pixel are wanted, {columns} came"
    return None


def _counted(friends: Tensor, numbers: Tensor, pixels: int) -> Tensor | str:
    """Friends as places in the list of pixels that vary; columns of the snow do too."""
    if friends.is_floating_point() or friends.min() < 0 or friends.max() >= pixels:
        return "your friends are no pixel numbers: topk gives values and indices"
    if friends.max() < len(numbers):
        return friends
    place = torch.full((pixels,), -1)
    place[numbers] = torch.arange(len(numbers))
    if (place[friends] < 0).any():
        return "some of your friends hardly vary: leave those pixels out on both sides"
    return place[friends]


def _agreements(S: Tensor, numbers: Tensor, side: int) -> dict[str, Tensor]:
    """What a reader may have sorted by, other than correlation."""
    R = torch.corrcoef(S.T)
    unit = F.normalize(S, dim=0)
    far = true_neighbours(torch.arange(len(numbers)), numbers, side).sum(0)
    return {
        "you took the weakest correlations: the largest are wanted": -R,
        "you took strong negative correlations as well: neighbours agree, so no "
        "absolute value": R.abs(),
        "you sorted by covariance, which pixels that vary much win: divide by the "
        "standard deviations": torch.cov(S.T),
        "you sorted by products of grey values: subtract each pixel's mean first": (
            unit.T @ unit
        ),
        "you took neighbours in the snow: there they mean nothing, ask the "
        "correlations": -far.float(),
    }


def _wrong_friends(friends: Tensor, S: Tensor, numbers: Tensor, side: int):
    own = torch.arange(len(friends))[:, None]
    if (friends == own).any():
        return (
            "a pixel is its own friend: its correlation with itself is 1, so put "
            "−1 on the diagonal"
        )
    if (friends.sort().values.diff() == 0).any():
        return "a pixel has the same friend twice"

    def are_best(agreement: Tensor) -> Tensor:
        """By values: two friends who agree equally well may change places."""
        best = agreement.fill_diagonal_(NOBODY).topk(BEST).values
        mine = agreement.gather(1, friends).sort(descending=True).values
        return torch.isclose(mine, best, rtol=1e-4, atol=1e-4).all(1)

    hits = are_best(torch.corrcoef(S.T))
    if hits.all():
        return None
    for sentence, agreement in _agreements(S, numbers, side).items():
        if are_best(agreement).all():
            return f"this agrees with: {sentence}"
    part = f"{int(hits.sum())} of {len(hits)}"
    return f"the four strongest correlations are right for {part} pixels"


def _shares(
    friends: Tensor, numbers: Tensor, secret: Tensor, side: int
) -> Iterator[tuple[float, str]]:
    """Shares that answer another question."""
    steps = true_neighbours(friends, secret[numbers], side)
    near, far = steps <= 1, steps.sum(0)
    one_axis = "the share asks for one axis only: near along rows and along columns"
    for pairs in (near[0], near[1], near.any(0)):
        yield pairs.float().mean().item(), one_axis
    for pixels in (near.all(0).all(1), near.all(0).any(1)):
        yield (
            pixels.float().mean().item(),
            "the share counts pixels: pairs are asked for, four for each pixel",
        )
    yield (
        (far == 1).float().mean().item(),
        "the share leaves out the neighbours across a corner: they count here",
    )
    yield (
        (far <= 2).float().mean().item(),
        "the share takes two steps along one axis for near: one along each is",
    )
    yield (
        share_of(friends, numbers, side),
        "the share is measured in the snow: secret says where a pixel came from",
    )
    yield (
        share_of(friends, secret.argsort()[numbers], side),
        (
            "the share uses the permutation the wrong way round: pixel m of the snow "
            "came from secret[m]"
        ),
    )
    yield (
        share_of(friends, secret[: len(numbers)], side),
        (
            "the share takes places in your list for pixels of the snow: choose the "
            "same ones from secret first"
        ),
    )


def _number(share: Any) -> float | str:
    if isinstance(share, str):
        return "the share is a number from 0 to 1, and a text came"
    share = torch.as_tensor(share, dtype=torch.float64)
    if share.numel() != 1:
        return f"the share is one number, the mean of all pairs; {share.numel()} came"
    return share.item()


def _wrong_share(share: float, friends: Tensor, numbers, secret, side: int):
    came_from = secret[numbers]
    right = share_of(friends, came_from, side)
    if abs(share - right) < 0.005:  # rounded to per cent will do
        return None
    if not math.isfinite(share):
        return f"the share is {share}: a mean over nothing is no number"
    if abs(share / 100 - right) < 0.005:
        return "the share is asked as a part of 1, from 0 to 1: per cent came"
    if abs(share * 100 - right) < 0.005:
        return "the share is a part of 1 and divided by 100 once too often"
    if abs(share / BEST - right) < 0.005:
        return "these are true neighbours for each pixel: divide by four, the pairs"
    if share > 1 or share < 0:
        return "the share is a part of 1, from 0 to 1: no count"
    if abs(1 - share - right) < 0.005:
        return "this is the share of the pairs that are no neighbours"
    gap, sentence = min(
        (abs(share - other), sentence)
        for other, sentence in _shares(friends, numbers, secret, side)
    )
    if gap < 0.002:
        return sentence
    return f"the share of true neighbours is too {'low' if share < right else 'high'}"


def examine(friends: Any, share: Any, snow: Tensor, secret: Tensor) -> str | None:
    friends, secret = torch.as_tensor(friends).cpu(), secret.cpu()
    snow = snow.detach().cpu().float()
    _, pixels = snow.shape
    side, numbers = math.isqrt(pixels), varying(snow)
    if wrong := _shape(friends, snow):
        return wrong
    friends = _counted(friends, numbers, pixels)
    if isinstance(friends, str):
        return friends
    if wrong := _wrong_friends(friends, snow[:, numbers], numbers, side):
        return wrong
    if isinstance(share := _number(share), str):
        return share
    return _wrong_share(share, friends, numbers, secret, side)
