"""Maximum pooling from convolutions and ReLU."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._watched import Watched, calls
from .average import NO_CONVOLUTION

A_MAXIMUM = (
    "a ready-made maximum, a choice or an abs does the work: conv2d and relu are to do "
    "it"
)
PAIR = ((-1.0, 1.0), (1.0, 0.0), (-1.0, 0.0))  # b − a, a, −a
ADD = (1.0, 1.0, -1.0)


def max_by_layers(X):
    K, add = X.new_tensor(PAIR), X.new_tensor(ADD).reshape(1, 3, 1, 1)
    for size in ((1, 2), (2, 1)):
        three = F.conv2d(X, K.reshape(3, 1, *size), stride=size)
        X = F.conv2d(three.relu(), add)
    return X


def _layer_cases(g: torch.Generator) -> Iterator[tuple]:
    yield (torch.tensor([[1.0, 2], [4, 3]])[None, None],)
    yield (torch.tensor([[2.0, 2], [2, 2]])[None, None],)
    yield (torch.tensor([[-3.0, -4], [-1, -2]])[None, None],)
    for n, h, w in ((1, 4, 6), (3, 2, 8), (2, 6, 2)):
        yield (torch.randn(n, 1, h, w, generator=g),)
        yield (torch.rand(n, 1, h, w, generator=g),)
        yield (-torch.rand(n, 1, h, w, generator=g),)
        yield (torch.randint(-2, 2, (n, 1, h, w), generator=g).float(),)


def _twice(pair: Callable[[Tensor, Tensor], Tensor]):
    """The maximum of two, by some rule, along the rows and then the columns."""

    def pooled(X):
        X = pair(X[..., ::2], X[..., 1::2])
        return pair(X[..., ::2, :], X[..., 1::2, :])

    return pooled


def _four_at_once(X):
    cells = F.conv2d(X, torch.eye(4).reshape(4, 1, 2, 2), stride=2)
    a, b, c, d = cells.split(1, 1)
    top, bottom = a + torch.relu(b - a), d + torch.relu(c - d)
    return top + torch.relu(bottom - top)


def _built(answer: Callable) -> str:
    names = calls(answer, torch.rand(1, 1, 4, 6))
    ready = ("max", "where", "sort", "topk", "fmin", "minimum", "amin", "abs")
    if any(word in name for name in names for word in ready):
        return A_MAXIMUM
    return "" if any("conv" in name for name in names) else NO_CONVOLUTION


def _ties(X: Tensor) -> bool:
    cells = F.unfold(X, 2, stride=2).sort(1)[0]
    return bool((cells[:, 1:] == cells[:, :-1]).any())


MAX_BY_LAYERS = Watched(
    name="max_by_layers",
    right=max_by_layers,
    cases=_layer_cases,
    mistakes={
        "you add relu(a − b) to a: it is what b has more, relu(b − a)": _twice(
            lambda a, b: a + torch.relu(a - b)
        ),
        "you add relu(b − a) to b: it belongs to a": _twice(
            lambda a, b: b + torch.relu(b - a)
        ),
        "you subtract: a − relu(a − b) is the minimum": _twice(
            lambda a, b: a - torch.relu(a - b)
        ),
        "a is missing: relu(b − a) is only what b has more": _twice(
            lambda a, b: torch.relu(b - a)
        ),
        "the ReLU loses negative a: send −a through as well, and subtract it": _twice(
            lambda a, b: torch.relu(a) + torch.relu(b - a)
        ),
        "you get |a|: subtract the channel relu(−a)": _twice(
            lambda a, b: a.abs() + torch.relu(b - a)
        ),
        "you pool pairs in a row only: do the same with pairs in a column": (
            lambda X: max_by_layers(X.repeat_interleave(2, -2))
        ),
        "windows overlap: convolve with stride 2 along the pair": (
            lambda X: F.max_pool2d(X, 2, 1)
        ),
        "that is the average": lambda X: F.avg_pool2d(X, 2),
        A_MAXIMUM: lambda X: F.max_pool2d(X, 2),
        NO_CONVOLUTION: _twice(lambda a, b: a + torch.relu(b - a)),
    },
    only={
        "right where no cell is negative only": lambda X: bool((X >= 0).all()),
        "right where no cells tie only": lambda X: not _ties(X),
        "right for one window only: let the convolution slide": (
            lambda X: X.numel() == 4
        ),
    },
    others=(_four_at_once,),
    trial=_built,
)
