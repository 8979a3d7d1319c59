"""A search for a sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...examples import call, fall
from ._adapted import AdaptedExercise

RATE = 8000  # of the page's recordings
TOUCHING = 2500  # samples of a recording in which two calls touch


def _score(signal: Tensor, sound: Tensor, padding: int = 0) -> Tensor:
    return F.conv1d(signal[None, None], sound[None, None], padding=padding)[0, 0]


def _picked(
    score: Tensor,
    count: int,
    reach: Callable[[int], tuple[int, int]],
) -> list[int]:
    """The highest scores, each with its neighbourhood blanked out."""
    score, places = score.clone(), []
    for _ in range(count):
        best = int(score.argmax())
        places.append(best)
        low, high = reach(best)
        score[low:high] = -torch.inf
    return places


def _around(sound: Tensor) -> Callable[[int], tuple[int, int]]:
    reach = len(sound) // 2
    return lambda best: (max(best - reach, 0), best + reach + 1)


def find(signal: Tensor, sound: Tensor, count: int) -> list[int]:
    return sorted(_picked(_score(signal, sound), count, _around(sound)))


def _cases(g: torch.Generator) -> Iterator[tuple]:
    rise, drop = call(2000, 0.1, 100, 800), fall(2000, 0.1, 100, 800)
    short = call(2000, 0.07, 900, 200)
    low = call(2000, 0.1, 40, 160)  # next to its peak the score is high as well

    def hidden(n: int, at: list[int], other: list[int], loud=1.0, sound=rise):
        signal = 0.2 * torch.randn(n, generator=g)
        for voice, places in ((sound, at), (sound.flip(0), other)):
            for start in places:
                signal[start : start + len(voice)] += voice
        return loud * signal, sound, len(at)

    yield hidden(3000, [340, 900, 1750, 2410], [620, 1290, 2100])
    yield hidden(3000, [700, 1403, 2600], [300, 1100], sound=drop)
    yield hidden(3000, [333, 1200, 1801, 2500], [750], sound=low)
    yield hidden(3000, [650, 1901], [1200], loud=0.02)
    yield hidden(3001, [411, 1000, 1600, 2777], [1300, 2000], loud=0.02, sound=low)
    yield hidden(3000, [500, 990, 1505, 2300], [1250], loud=40.0)
    yield hidden(2000, [17, 800, 1400], [1100])
    yield hidden(TOUCHING, [600, 800, 1001, 2000], [1400])
    yield hidden(2200, [100, 350, 1000, 1500, 2060], [700], sound=short)


def _listed(answer: Callable) -> Callable:
    """Places may come as a tensor or an array, or one by one out of these."""

    def found(signal: Tensor, sound: Tensor, count: int) -> Any:
        places = answer(signal, sound, count)
        if isinstance(places, (Tensor, np.ndarray)):
            return places.tolist()
        if isinstance(places, (list, tuple)):
            return [p.item() if isinstance(p, np.integer) else p for p in places]
        return places

    return found


def _peak(signal: Tensor) -> float:
    return float(signal.abs().max())


def _behind_only(signal: Tensor, sound: Tensor, count: int) -> list[int]:
    gap = len(sound)
    return sorted(
        _picked(_score(signal, sound), count, lambda best: (best, best + gap))
    )


def _from_the_end(signal: Tensor, sound: Tensor, count: int) -> list[int]:
    """Near the beginning best − reach is negative, and the slice empty."""
    reach = len(sound) // 2
    score = _score(signal, sound)
    return sorted(_picked(score, count, lambda best: (best - reach, best + reach + 1)))


def _local_maxima(signal: Tensor, sound: Tensor, count: int) -> Tensor:
    """Scores relative to the loudness at each place; their local maxima."""
    loudness = _score(signal.square(), torch.ones_like(sound)).sqrt()
    score = _score(signal, sound) / loudness
    reach = len(sound) // 2
    best = F.max_pool1d(score[None], 2 * reach + 1, 1, reach)[0] == score
    return score.where(best, -torch.inf).topk(count).indices.sort().values


FIND = AdaptedExercise(
    name="find",
    right=find,
    cases=_cases,
    adapt=_listed,
    mistakes={
        "you flipped the sound: what you find is the sound played backwards": (
            lambda signal, sound, count: find(signal, sound.flip(0), count)
        ),
        "you give the middle of each call: subtract half of its length": (
            lambda signal, sound, count: [
                start + len(sound) // 2 for start in find(signal, sound, count)
            ]
        ),
        "you give seconds: the places are counted in samples": (
            lambda signal, sound, count: [
                start / RATE for start in find(signal, sound, count)
            ]
        ),
        "you give the end of each call: subtract its length": (
            lambda signal, sound, count: [
                start + len(sound) - 1 for start in find(signal, sound, count)
            ]
        ),
        "you take several samples of one peak: blank out its neighbours": (
            lambda signal, sound, count: sorted(
                _score(signal, sound).topk(count).indices.tolist()
            )
        ),
        "you blank out what comes after a peak only: what comes before is high too": (
            _behind_only
        ),
        "a call near the beginning is found again: best − reach is negative there, "
        "and a slice counts that from the end": _from_the_end,
        "the places come in the order of their scores: sort them": (
            lambda signal, sound, count: _picked(
                _score(signal, sound), count, _around(sound)
            )
        ),
        "the places come in descending order: the first one comes first": (
            lambda signal, sound, count: find(signal, sound, count)[::-1]
        ),
        "a set has no order: give a list": (
            lambda signal, sound, count: set(find(signal, sound, count))
        ),
        "you count samples from 1: the first one is 0": (
            lambda signal, sound, count: [
                start + 1 for start in find(signal, sound, count)
            ]
        ),
        "you subtract half of the length: a score stands where its window begins": (
            lambda signal, sound, count: [
                start - len(sound) // 2 for start in find(signal, sound, count)
            ]
        ),
        "the loudest samples are no calls: correlate with the sound first": (
            lambda signal, sound, count: sorted(
                _picked(signal, count, _around(sound))
            )
        ),
        "you look for four calls, always: count says how many": (
            lambda signal, sound, count: find(signal, sound, 4)
        ),
        "one call is missing: count says how many": (
            lambda signal, sound, count: find(signal, sound, count + 1)[:count - 1]
        ),
    },
    only={
        "right at one loudness only: compare scores with each other, not with a "
        "number": lambda signal, sound, count: 0.2 < _peak(signal) < 20,
        "right for loud recordings only: compare scores with each other, not with a "
        "number": lambda signal, sound, count: _peak(signal) > 0.2,
        "right where calls do not touch only: the next one may begin len(sound) "
        "samples later": lambda signal, sound, count: len(signal) != TOUCHING,
        "right for 200 samples of sound only: take the reach from len(sound)": (
            lambda signal, sound, count: len(sound) == 200
        ),
        "right for four calls only": lambda signal, sound, count: count == 4,
    },
    others=(
        _local_maxima,
        lambda signal, sound, count: sorted(
            _picked(signal.unfold(0, len(sound), 1) @ sound, count, _around(sound))
        ),
    ),
)  # fmt: skip
