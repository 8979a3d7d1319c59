"""Padding modes, and how often each pixel is used."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ... import shapes
from .._cases import some
from .._exercise import FunctionExercise
from .._forms import tensor
from ._guarded import GuardedExercise


def pad(X: Tensor, p: int, mode: str) -> Tensor:
    if mode == "reflect" and p >= min(X.shape):
        msg = f"reflection by {p} needs more than {min(X.shape)} cells"
        raise ValueError(msg)
    if mode == "circular" and p > min(X.shape):  # F.pad goes round once only
        rows, columns = (torch.arange(-p, n + p) % n for n in X.shape)
        return X[rows][:, columns]
    return F.pad(X[None, None], (p, p, p, p), mode=mode)[0, 0]


def _pad_cases(g: torch.Generator) -> Iterator[tuple]:
    X = torch.arange(9.0).reshape(3, 3)
    for mode in ("reflect", "replicate", "circular"):
        yield X, 1, mode
    for shape in ((4, 7), (5, 4), (6, 6)):
        for mode in ("reflect", "replicate", "circular"):
            yield torch.randn(shape, generator=g), some(g, 0, 3), mode
    yield torch.randn(3, 6, generator=g), 3, "reflect"  # too few rows
    yield torch.randn(6, 3, generator=g), 4, "reflect"  # too few columns
    yield torch.randn(3, 6, generator=g), 2, "reflect"  # just enough
    yield torch.randn(4, 5, generator=g), 0, "reflect"
    yield torch.randn(1, 4, generator=g), 2, "replicate"
    yield torch.randn(3, 5, generator=g), 3, "circular"
    yield torch.randn(2, 5, generator=g), 4, "replicate"


def _by_index(index):
    def padded(X: Tensor, p: int, mode: str) -> Tensor:
        pad(X, p, mode)  # refuses what cannot be done
        h, w = X.shape
        rows = [index(i, h, mode) for i in range(-p, h + p)]
        columns = [index(j, w, mode) for j in range(-p, w + p)]
        return X[rows][:, columns]

    return padded


def _place(i: int, n: int, mode: str) -> int:
    if mode == "circular":
        return i % n
    if mode == "replicate":
        return min(max(i, 0), n - 1)
    return n - 1 - abs(n - 1 - abs(i))


def _symmetric(i: int, n: int, mode: str) -> int:
    """The border cell repeated in the mirror."""
    if mode != "reflect":
        return _place(i, n, mode)
    return -1 - i if i < 0 else 2 * n - 1 - i if i >= n else i


def _sides(i: int, n: int, mode: str) -> int:
    """Replicate from the wrong side."""
    if mode == "replicate" and not 0 <= i < n:
        return n - 1 if i < 0 else 0
    return _place(i, n, mode)


def _black_corners(X: Tensor, p: int, mode: str) -> Tensor:
    Y = pad(X, p, mode)
    h, w = X.shape
    inside = torch.zeros(Y.shape, dtype=torch.bool)
    inside[p : p + h] = True
    inside[:, p : p + w] = True
    return Y * inside


def _unrefused(X: Tensor, p: int, mode: str) -> Tensor:
    rows, columns = (
        [_place(i, n, mode) % n for i in range(-p, n + p)] for n in X.shape
    )
    return X[rows][:, columns]


def _changed(**modes: str):
    """One mode does what another should."""

    def padded(X: Tensor, p: int, mode: str) -> Tensor:
        return pad(X, p, modes.get(mode, mode))

    return padded


def _few(X: Tensor, p: int, mode: str) -> bool:
    """Too few cells for the mirror."""
    return mode == "reflect" and p >= min(X.shape)


def _other_error(X: Tensor, p: int, mode: str) -> Tensor:
    if _few(X, p, mode):
        raise RuntimeError("padding size should be less")
    return pad(X, p, mode)


def _strict(X: Tensor, p: int, mode: str) -> Tensor:
    if mode == "reflect" and p >= min(X.shape) - 1:
        raise ValueError
    return pad(X, p, mode)


PAD = GuardedExercise(
    name="pad",
    right=pad,
    cases=_pad_cases,
    mistakes={
        "reflect repeats the border cell: the mirror stands on it, not behind": (
            _by_index(_symmetric)
        ),
        "replicate takes the border of the other side": _by_index(_sides),
        "the corners are empty: pad the columns of the padded rows": _black_corners,
        "rows only: the columns want padding too": lambda X, p, mode: pad(X, p, mode)[
            :, p : p + X.shape[1]
        ],
        "zeros stand outside: every mode takes cells of the picture": (
            lambda X, p, mode: (
                F.pad(X, (p, p, p, p)) * (pad(X, p, mode) == pad(X, p, mode))
            )
        ),
        "reflect and replicate are swapped": _changed(
            reflect="replicate", replicate="reflect"
        ),
        "reflect and circular are swapped": _changed(
            reflect="circular", circular="reflect"
        ),
        "replicate and circular are swapped": _changed(
            replicate="circular", circular="replicate"
        ),
        "every mode repeats the border cell for you": _changed(
            reflect="replicate", circular="replicate"
        ),
        "where the picture has too few cells another error comes: it has to be a "
        "ValueError": _other_error,
        "you refuse too much: p + 1 cells are enough for a mirror": _strict,
        "it goes on where the picture has too few cells: raise a ValueError": (
            _unrefused
        ),
    },
    only={
        "right for square pictures only": lambda X, p, mode: X.shape[0] == X.shape[1],
        "right for one row of padding only": lambda X, p, mode: p <= 1,
        "right where the picture has enough cells only: else raise a ValueError": (
            lambda X, p, mode: not _few(X, p, mode)
        ),
    },
    others=(_by_index(_place),),
    plain=lambda X, p, mode: p < min(X.shape),
)


def _axis(n: int, k: int, p: int) -> Tensor:
    return torch.tensor(shapes.use_counts(n, k, padding=p))


def use_map(h: int, w: int, k: int, p: int) -> Tensor:
    return _axis(h, k, p)[:, None] * _axis(w, k, p)


def _use_cases(g: torch.Generator) -> Iterator[tuple]:
    yield from [(5, 5, 3, 1), (5, 5, 3, 2), (28, 28, 5, 0), (6, 9, 4, 1), (6, 6, 3, 4)]
    # fewer windows than cells in a window: both ends limit the same cells
    yield from [(3, 3, 3, 0), (5, 8, 5, 0), (4, 6, 4, 1), (9, 4, 4, 0), (2, 3, 4, 1)]
    for _ in range(15):
        k = some(g, 1, 6)
        yield some(g, 6, 12), some(g, 6, 12), k, some(g, 0, 6)


def _clipped(low: bool, high: bool):
    def counts(h: int, w: int, k: int, p: int) -> Tensor:
        def axis(n: int) -> Tensor:
            place = torch.arange(n) + p
            first = place - k + 1
            last = place.clone()
            first = first.clamp(min=0) if low else first
            last = last.clamp(max=n + 2 * p - k) if high else last
            return last - first + 1

        return axis(h)[:, None] * axis(w)

    return counts


def _by_gradient(h: int, w: int, k: int, p: int) -> Tensor:
    X = torch.zeros(1, 1, h, w, requires_grad=True)
    F.conv2d(X, torch.ones(1, 1, k, k), padding=p).sum().backward()
    return X.grad[0, 0].int()


USE_MAP = FunctionExercise(
    name="use_map",
    right=use_map,
    cases=_use_cases,
    mistakes={
        "the padding is left out": lambda h, w, k, p: use_map(h, w, k, 0),
        "one is missing along each axis: from first to last, both included": (
            lambda h, w, k, p: (_axis(h, k, p) - 1)[:, None] * (_axis(w, k, p) - 1)
        ),
        "rows and columns are swapped: the map is (h, w)": (
            lambda h, w, k, p: use_map(w, h, k, p)
        ),
        "a list came: give a tensor of shape (h, w)": (
            lambda h, w, k, p: use_map(h, w, k, p).tolist()
        ),
        "columns only: multiply by the counts of the rows": (
            lambda h, w, k, p: _axis(w, k, p).expand(h, w)
        ),
        "you added the counts of row and column: windows are pairs, so multiply": (
            lambda h, w, k, p: _axis(h, k, p)[:, None] + _axis(w, k, p)
        ),
        "the first window cannot start before place 0": _clipped(False, True),
        "the last window ends at the other border: clip there too": _clipped(
            True, False
        ),
        "every pixel counts k² for you: near the border there are fewer windows": (
            _clipped(False, False)
        ),
        "one axis only: multiply by the counts of the columns": (
            lambda h, w, k, p: _axis(h, k, p)[:, None].expand(h, w)
        ),
    },
    only={
        "right for square pictures only": lambda h, w, k, p: h == w,
        "right for odd kernels only": lambda h, w, k, p: k % 2 == 1,
        "right up to padding k − 1 only": lambda h, w, k, p: p <= k - 1,
    },
    form=(tensor,),
    others=(_by_gradient, lambda h, w, k, p: _by_gradient(h, w, k, p).float()),
)
