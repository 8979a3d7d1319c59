"""The gradient of maximum pooling, by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._exercise import FunctionExercise
from .windows import windows


def max_backward(X, G, size, stride):
    X = X.detach().requires_grad_()
    with torch.enable_grad():
        Y = F.max_pool2d(X[None], size, stride)[0]
    return torch.autograd.grad(Y, X, G)[0]


def _cases(g: torch.Generator) -> Iterator[tuple]:
    X3 = torch.arange(9.0).reshape(3, 3)
    yield X3, torch.ones(2, 2), (2, 2), (1, 1)
    yield torch.zeros(2, 2), torch.tensor([[3.0]]), (2, 2), (2, 2)
    yield torch.tensor([[5.0, 5, 0], [2, 1, 0]]), torch.ones(1, 2), (2, 2), (1, 1)
    for h, w, size, stride in (
        (4, 6, (2, 2), (2, 2)), (4, 5, (2, 2), (1, 1)), (6, 7, (3, 2), (2, 1)),
        (5, 9, (2, 3), (3, 4)), (6, 6, (2, 3), (2, 3)), (5, 6, (3, 3), (2, 3)),
    ):  # fmt: skip
        for X in (
            torch.randn(h, w, generator=g),
            torch.randint(0, 2, (h, w), generator=g).float(),
        ):
            G = torch.randn(windows(X, size, stride).shape[:2], generator=g)
            yield X, G, size, stride


def _winner(window: Tensor) -> tuple[int, int]:
    first = int((window == window.max()).flatten().int().argmax())
    return divmod(first, window.shape[1])


Rule = Callable[[Tensor, Tensor, Tensor], None]


def _walk(rule: Rule, steps: bool = True):
    """A walk over the windows; rule(gradient's window, X's window, upstream)."""

    def backward(X, G, size, stride):
        (kh, kw), (sh, sw) = size, stride if steps else (1, 1)
        dX = torch.zeros_like(X)
        for i in range(G.shape[0]):
            for j in range(G.shape[1]):
                at = slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
                rule(dX[at], X[at], G[i, j])
        return dX

    return backward


def _first(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    d[_winner(window)] += upstream


def _lost(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    d[_winner(window)] = upstream


def _each(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    d += upstream * (window == window.max())


def _shared(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    wins = window == window.max()
    d += upstream * wins / wins.sum()


def _last(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    i, j = _winner(window.flip(0, 1))
    d[-1 - i, -1 - j] += upstream


def _by_columns(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    d[_winner(window.T)[::-1]] += upstream


def _wrong_height(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    """Within the window: a row that it does not have is an error."""
    place = int((window == window.max()).flatten().int().argmax())
    d[divmod(place, len(window))] += upstream


def _exchanged(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    place = int((window == window.max()).flatten().int().argmax())
    d[divmod(place, len(window))[::-1]] += upstream


def _sideways(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    d[_winner(window)[::-1]] += upstream


def _average(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    d += upstream / window.numel()


def _one(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    d[_winner(window)] += 1


def _value(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    d[_winner(window)] += upstream * window.max()


def _corner(d: Tensor, window: Tensor, upstream: Tensor) -> None:
    d[0, 0] += upstream


def _wrong_width(X, G, size, stride):
    """The flat place of the winner, taken apart by the window's height."""
    (kh, _), (sh, sw) = size, stride
    dX = torch.zeros_like(X)
    W = windows(X, size, stride).flatten(-2)
    for i in range(G.shape[0]):
        for j in range(G.shape[1]):
            cell = W[i, j]
            a, b = divmod(int((cell == cell.max()).int().argmax()), kh)
            dX[i * sh + a, j * sw + b] += G[i, j]
    return dX


def _apart(X, G, size, stride) -> bool:
    return all(s >= k for s, k in zip(stride, size, strict=True))


def _no_ties(X, G, size, stride) -> bool:
    W = windows(X, size, stride).flatten(-2)
    return bool(((W.amax(-1, keepdim=True) == W).sum(-1) == 1).all())


MAX_BACKWARD = FunctionExercise(
    name="max_backward",
    right=max_backward,
    cases=_cases,
    mistakes={
        "every tied cell gets it all: give it to the first in reading order": (
            _walk(_each)
        ),
        "tied cells share: that is amax's rule, here the first gets it all": (
            _walk(_shared)
        ),
        "the last of the tied cells gets it: take the first in reading order": (
            _walk(_last)
        ),
        "you read down the columns: reading order goes along the rows": (
            _walk(_by_columns)
        ),
        "overlapping windows overwrite each other: add, with +=": _walk(_lost),
        "you spread it evenly: that is the average's gradient": _walk(_average),
        "the windows step by one cell: window (i, j) begins at (i·sh, j·sw)": (
            _walk(_first, steps=False)
        ),
        "the upstream G is left out: a winner gets G[i, j], not 1": _walk(_one),
        "you multiply by the maximum: its derivative is 1": _walk(_value),
        "the first cell of the window gets it: find the winner": _walk(_corner),
        "a flat place in the window is row·kw + column: divide by kw, not by kh": (
            _wrong_width
        ),
        "divmod by kh finds rows that the window does not have: divide the flat "
        "place by kw": _walk(_wrong_height),
        "the winner's row and column are exchanged: divmod by kw gives the row first": (
            _walk(_sideways)
        ),
        "divmod gives (row, column) when it divides by kw: you divide by kh, and "
        "read (column, row)": _walk(_exchanged),
    },
    only={
        "right where windows do not overlap only": _apart,
        "right where no cells tie only": _no_ties,
        "right for square windows only": lambda X, G, size, stride: size[0] == size[1],
    },
    others=(_walk(_first),),
)
