"""Pooling between the mean and the maximum."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._exercise import FunctionExercise
from .windows import windows


def _flat(X, size) -> Tensor:
    """Windows in steps of themselves, (n, c, oh, ow, kh·kw)."""
    return windows(X, size).flatten(-2)


def soft_pool(X, size, T):
    W = _flat(X, size)
    return ((W / T).softmax(-1) * W).sum(-1)


def _overlapping(X, size, T):
    W = windows(X, size, (1, 1)).flatten(-2)
    return ((W / T).softmax(-1) * W).sum(-1)


def _soft_cases(g: torch.Generator) -> Iterator[tuple]:
    window = torch.tensor([[0.0, 1], [3, 4]])[None, None]
    for T in (1.0, 2.0, 0.5, 50.0):
        yield window, (2, 2), T
    settings = [
        ((1, 1, 4, 6), (2, 2)), ((2, 1, 5, 7), (2, 2)), ((2, 3, 4, 6), (2, 3)),
        ((1, 2, 7, 8), (3, 2)), ((1, 3, 6, 4), (2, 2)), ((2, 1, 6, 5), (3, 1)),
    ]  # fmt: skip
    for n, (shape, size) in enumerate(settings):
        yield torch.randn(shape, generator=g), size, (0.5, 1.5, 3.0)[n % 3]
    yield window + 1000, (2, 2), 1.0
    yield window - 1000, (2, 2), 1.0
    yield torch.randn(1, 2, 4, 6, generator=g) * 100, (2, 3), 0.1


def _normalised(powers: Tensor) -> Tensor:
    return powers / powers.sum(-1, keepdim=True)


def _weighted(weights: Callable[[Tensor, float], Tensor]):
    """Windows with weights by another rule."""

    def pooled(X, size, T):
        W = _flat(X, size)
        return (weights(W, T) * W).sum(-1)

    return pooled


def _weighted_rows(X, size, T):
    W = windows(X, size)
    return ((W / T).softmax(-1) * W).sum((-2, -1))


def _over_map(X, size, T):
    whole = (X / T).flatten(2).softmax(-1).reshape(X.shape)
    return (_flat(whole, size) * _flat(X, size)).sum(-1)


def _channels_mixed(X, size, T):
    n, c, _, _ = X.shape
    columns = F.unfold(X, size, stride=size)  # (n, c·kh·kw, windows)
    weighted = (columns / T).softmax(1) * columns
    out = windows(X, size).shape[2:4]
    return weighted.reshape(n, c, -1, *out).sum(2)


def _by_hand(X, size, T):
    W = _flat(X, size)
    powers = ((W - W.amax(-1, keepdim=True)) / T).exp()
    return (powers * W).sum(-1) / powers.sum(-1)


def _in_place(X, size, T):
    """Each cell's weight, where the cell was."""
    W = windows(X, size)
    weights = (W.flatten(-2) / T).softmax(-1).reshape(W.shape)
    n, c, oh, ow, kh, kw = W.shape
    return weights.transpose(3, 4).reshape(n, c, oh * kh, ow * kw)


def _near(X, size, T) -> bool:
    """Does every window have a cell that is not far below the largest of all?"""
    best = _flat(X, size).amax(-1) / T
    return bool((X.max() / T - best < 80).all())  # exp(−80) is still a number


def _fills(X, size, T) -> bool:
    return all(n % k == 0 for n, k in zip(X.shape[2:], size, strict=True))


SOFT_POOL = FunctionExercise(
    name="soft_pool",
    right=soft_pool,
    cases=_soft_cases,
    mistakes={
        "you normalise over the whole map: the weights of one window sum to 1": (
            _over_map
        ),
        "the softmax runs over the windows: it belongs on the axis of their cells": (
            _weighted(lambda W, T: (W / T).flatten(2, 3).softmax(2).reshape(W.shape))
        ),
        "the softmax runs over one row of the window: flatten its two axes first": (
            _weighted_rows
        ),
        "the channels share one softmax: unfold each by itself": _channels_mixed,
        "powers overflow: subtract the largest cell first, as softmax does": _weighted(
            lambda W, T: _normalised((W / T).exp())
        ),
        "you subtract a mean, which leaves large powers: subtract each window's "
        "largest cell": _weighted(
            lambda W, T: _normalised(((W - W.mean(-1, keepdim=True)) / T).exp())
        ),
        "the weights do not sum to 1: divide by the sum of the powers": _weighted(
            lambda W, T: (W / T).exp()
        ),
        "you multiply by T: a high temperature makes weights equal, so divide": (
            lambda X, size, T: soft_pool(X, size, 1 / T)
        ),
        "the temperature is left out": lambda X, size, T: soft_pool(X, size, 1.0),
        "you return the weights: multiply by the cells and add up": (
            lambda X, size, T: (_flat(X, size) / T).softmax(-1)
        ),
        "you return the weights, window by window: multiply by the cells and add up": (
            lambda X, size, T: (
                (_flat(X, size) / T).softmax(-1).reshape(windows(X, size).shape)
            )
        ),
        "you return a picture of weights: multiply by the cells and add up": _in_place,
        "you return the largest weight: multiply all of them by their cells": (
            lambda X, size, T: (_flat(X, size) / T).softmax(-1).amax(-1)
        ),
        "these are sums of powers, without values: weigh the cells by them, and "
        "divide by this sum": lambda X, size, T: (_flat(X, size) / T).exp().sum(-1),
        "the weights alone add up to 1: multiply by the cells first": (
            lambda X, size, T: (_flat(X, size) / T).softmax(-1).sum(-1)
        ),
        "you weigh x/T instead of x: the temperature belongs in the weights only": (
            lambda X, size, T: soft_pool(X / T, size, 1.0)
        ),
        "you take the mean of the weighted cells: the weights sum to 1, so add up": (
            lambda X, size, T: soft_pool(X, size, T) / (size[0] * size[1])
        ),
        "the sign is turned: that leads to the minimum": (
            lambda X, size, T: soft_pool(X, size, -T)
        ),
        "that is T·log Σ exp(x/T), another soft maximum: take a weighted mean": (
            lambda X, size, T: T * (_flat(X, size) / T).logsumexp(-1)
        ),
        "windows overlap: the stride is the window": _overlapping,
    },
    only={
        "right for square windows only": lambda X, size, T: size[0] == size[1],
        "right for one channel only": lambda X, size, T: X.shape[1] == 1,
        "right where no window lies far below the largest cell only (one shift for all "
        "of X lets its powers vanish, each window's own largest does not)": _near,
        "right where windows fill X only: leave out what remains": _fills,
    },
    others=(_by_hand,),
)
