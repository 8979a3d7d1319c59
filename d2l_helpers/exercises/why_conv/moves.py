"""Moving a picture."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._cases import some
from .._exercise import FunctionExercise
from .._forms import SHARED, fresh


def _moved(X: Tensor, di: int, dj: int) -> tuple[Tensor, Tensor, Tensor]:
    """Rows and columns that come to each place, and whether they are inside."""
    rows, columns = (
        torch.arange(n, device=X.device) - d
        for n, d in zip(X.shape, (di, dj), strict=True)
    )
    h, w = X.shape
    known = (rows >= 0) & (rows < h), (columns >= 0) & (columns < w)
    return rows, columns, known[0][:, None] & known[1]


def shift(X: Tensor, di: int, dj: int) -> Tensor:
    rows, columns, inside = _moved(X, di, dj)
    h, w = X.shape
    return X[rows.clamp(0, h - 1)][:, columns.clamp(0, w - 1)] * inside


def _shift_cases(g: torch.Generator) -> Iterator[tuple]:
    X = torch.arange(1.0, 10).reshape(3, 3)
    yield from [(X, 1, 0), (X, 0, -1), (X, 0, 0)]
    for di, dj in ((2, 1), (-1, 3), (1, -2), (-2, -1), (-3, 0), (0, 2)):
        yield torch.randn(5, 7, generator=g), di, dj
    # the whole picture has left
    for di, dj in ((5, 0), (-6, 1), (1, 6), (2, -7)):
        yield torch.randn(4, 5, generator=g), di, dj
    for _ in range(6):
        yield torch.randn(6, 4, generator=g), some(g, -3, 3), some(g, -3, 3)


def _repeated(X: Tensor, di: int, dj: int) -> Tensor:
    rows, columns, _ = _moved(X, di, dj)
    h, w = X.shape
    return X[rows.clamp(0, h - 1)][:, columns.clamp(0, w - 1)]


def _rolled(X: Tensor, di: int, dj: int) -> Tensor:
    return X.roll((di, dj), (0, 1))


def _wrong_zeros(X: Tensor, di: int, dj: int) -> Tensor:
    """Rolled, then emptied at the other end."""
    _, _, inside = _moved(X, -di, -dj)
    return _rolled(X, di, dj) * inside


def _one_limit(X: Tensor, di: int, dj: int, stops: bool = True) -> Tensor:
    """By cell with X[i − di, j − dj], but Python counts negative places from the end.

    Further out than the picture is large Python stops, unless the error is caught.
    """
    h, w = X.shape
    if stops and (di > h or dj > w):
        raise IndexError
    rows, columns, _ = _moved(X, di, dj)
    kept = ((rows < h) & (rows >= -h))[:, None] & (columns < w) & (columns >= -w)
    return _rolled(X, di, dj) * kept


def _over_old(X: Tensor, di: int, dj: int) -> Tensor:
    """Written into a copy of the picture."""
    _, _, inside = _moved(X, di, dj)
    return torch.where(inside, shift(X, di, dj), X)


def _cut(X: Tensor, di: int, dj: int) -> Tensor:
    (h, w), di, dj = X.shape, max(di, -X.shape[0]), max(dj, -X.shape[1])
    return X[max(-di, 0) : max(h - di, 0), max(-dj, 0) : max(w - dj, 0)][:h, :w]


def _grown(X: Tensor, di: int, dj: int) -> Tensor:
    return F.pad(X, (max(dj, 0), max(-dj, 0), max(di, 0), max(-di, 0)))


def _by_cell(X: Tensor, di: int, dj: int) -> Tensor:
    h, w = X.shape
    Y = torch.zeros_like(X)
    for i in range(max(di, 0), min(h, h + di)):
        for j in range(max(dj, 0), min(w, w + dj)):
            Y[i, j] = X[i - di, j - dj]
    return Y


def _by_window(X: Tensor, di: int, dj: int) -> Tensor:
    """A window moved the other way over the picture with zeros around it."""
    h, w = X.shape
    p = max(h, w)
    di, dj = max(-h, min(di, h)), max(-w, min(dj, w))
    wide = F.pad(X, (p, p, p, p))
    return wide[p - di : p - di + h, p - dj : p - dj + w].clone()


SHIFT = FunctionExercise(
    name="shift",
    right=shift,
    cases=_shift_cases,
    mistakes={
        "it goes the wrong way: positive numbers mean down and to the right": (
            lambda X, di, dj: shift(X, -di, -dj)
        ),
        "di goes the wrong way: positive means down": (
            lambda X, di, dj: shift(X, -di, dj)
        ),
        "dj goes the wrong way: positive means to the right": (
            lambda X, di, dj: shift(X, di, -dj)
        ),
        "rows and columns are swapped: di moves along the first axis": (
            lambda X, di, dj: shift(X, dj, di)
        ),
        "you rolled the picture: what leaves at one side must not come back at the "
        "other": _rolled,
        "the zeros stand at the wrong side: after a roll, empty what came round": (
            _wrong_zeros
        ),
        "negative places count from the end: let zeros in where i − di or j − dj is "
        "below 0": _one_limit,
        "negative places count from the end and raise no IndexError: ask whether "
        "i − di and j − dj are below 0": lambda X, di, dj: _one_limit(X, di, dj, False),
        "what stood there before is still there: start from zeros": _over_old,
        "with di or dj 0 nothing is left: `Y[0:]` is the whole picture": (
            lambda X, di, dj: shift(X, di, dj) * (di != 0 and dj != 0)
        ),
        "the border is repeated where zeros should come in": _repeated,
        "moves by negative numbers are lost: they go up and to the left": (
            lambda X, di, dj: shift(X, max(di, 0), max(dj, 0))
        ),
        "you forgot the sign: negative numbers go up and to the left": (
            lambda X, di, dj: shift(X, abs(di), abs(dj))
        ),
        "rows only: dj must move the columns": lambda X, di, dj: shift(X, di, 0),
        "columns only: di must move the rows": lambda X, di, dj: shift(X, 0, dj),
        SHARED: lambda X, di, dj: shift(X, di, dj) if di or dj else X,
        "the picture has shrunk: put what is left into zeros of its first shape": _cut,
        "the picture has grown: what leaves it must be cut off": _grown,
    },
    only={
        "right for moves by positive numbers only": (
            lambda X, di, dj: di >= 0 and dj >= 0
        ),
        "right for moves by positive numbers, none beyond the picture, only": (
            lambda X, di, dj: 0 <= di < X.shape[0] and 0 <= dj < X.shape[1]
        ),
        "right unless di or dj is 0 (a slice `X[:-0]` is empty, `X[: h - di]` not)": (
            lambda X, di, dj: di != 0 and dj != 0
        ),
        "right unless di is 0 (a slice `X[:-0]` is empty, `X[: h - di]` not)": (
            lambda X, di, dj: di != 0
        ),
        "right unless dj is 0 (a slice `X[:, :-0]` is empty, `X[:, : w - dj]` not)": (
            lambda X, di, dj: dj != 0
        ),
        "right for moves by positive numbers only, and not by 0 (`X[:-0]` is empty)": (
            lambda X, di, dj: di > 0 and dj > 0
        ),
        "right for moves along one axis only": lambda X, di, dj: 0 in (di, dj),
        "right for square pictures only": lambda X, di, dj: X.shape[0] == X.shape[1],
        "right unless the whole picture leaves: zeros are left then": (
            lambda X, di, dj: abs(di) < X.shape[0] and abs(dj) < X.shape[1]
        ),
    },
    others=(_by_cell, _by_window),
    form=(fresh,),
    any_device=True,
)
