"""Correlation with a stride and padding, and the way up again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from .._cases import some
from .._exercise import FunctionExercise
from .._forms import tensor
from .._run import run


def strided(X, K, stride=(1, 1), padding=(0, 0)):
    return F.conv2d(X[None, None], K[None, None], None, stride, padding)[0, 0]


def _strided_cases(g: torch.Generator) -> Iterator[tuple]:
    yield (
        torch.arange(9.0).reshape(3, 3),
        torch.arange(4.0).reshape(2, 2),
        (2, 2),
        (1, 1),
    )
    for square in (True, True, False, False, False, False, False, False):
        kernel = torch.randint(1, 4, (2,), generator=g).tolist()
        stride = torch.randint(1, 4, (2,), generator=g).tolist()
        padding = torch.randint(0, 3, (2,), generator=g).tolist()
        if square:
            kernel, padding = [kernel[0]] * 2, [padding[0]] * 2
            stride = [stride[0]] * 2
        shape = (7, 7) if square else (7, 10)
        yield (
            torch.randn(shape, generator=g), torch.randn(kernel, generator=g),
            tuple(stride), tuple(padding),
        )  # fmt: skip
    for _ in range(3):
        K = torch.randn(2, 3, generator=g)
        yield torch.randn(6, 9, generator=g), K, (1, 1), (0, some(g, 0, 1))


def _thin_input(X, K, stride=(1, 1), padding=(0, 0)):
    return strided(X[:: stride[0], :: stride[1]], K, (1, 1), padding)


def _one_sided(X, K, stride=(1, 1), padding=(0, 0)):
    return strided(F.pad(X, (padding[1], 0, padding[0], 0)), K, stride)


def _flipped(X, K, stride=(1, 1), padding=(0, 0)):
    return strided(X, K.flip(0, 1), stride, padding)


def _loop(X, K, stride=(1, 1), padding=(0, 0)):
    X = F.pad(X, (padding[1], padding[1], padding[0], padding[0]))
    kh, kw = K.shape
    rows = [
        torch.stack([
            (X[i : i + kh, j : j + kw] * K).sum()
            for j in range(0, X.shape[1] - kw + 1, stride[1])
        ])
        for i in range(0, X.shape[0] - kh + 1, stride[0])
    ]  # fmt: skip
    return torch.stack(rows)


THROWN = "you compute every cell and throw most away: go over the kept ones only"


class _Shapes(TorchFunctionMode):
    """Notes the shape of all that is computed; a view computes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[int, ...]] = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor) and not result._is_view():
            self.seen.add(tuple(result.shape[-2:]))
        return result


class _KeptOnly(FunctionExercise):
    """Right numbers are not enough: the others must not be computed."""

    def _general(self, answer: Callable, cases: list[tuple]) -> str:
        if general := super()._general(answer, cases):
            return general
        X, K = torch.ones(11, 13), torch.ones(3, 4)
        with _Shapes() as shapes:
            run(answer, (X, K, (2, 3), (1, 2)))
        every = 11 + 2 - 3 + 1, 13 + 4 - 4 + 1
        return THROWN if every in shapes.seen else ""


STRIDED = _KeptOnly(
    name="strided",
    right=strided,
    cases=_strided_cases,
    mistakes={
        THROWN: lambda X, K, s=(1, 1), p=(0, 0): strided(X, K, (1, 1), p)[
            :: s[0], :: s[1]
        ],
        "the stride thins out the picture: it moves the window, inside which all "
        "cells count": _thin_input,
        "you padded one side: zeros come on both": _one_sided,
        "padding of rows and columns is swapped: F.pad begins with the last axis": (
            lambda X, K, s=(1, 1), p=(0, 0): strided(X, K, s, p[::-1])
        ),
        "rows and columns of the stride are swapped": (
            lambda X, K, s=(1, 1), p=(0, 0): strided(X, K, s[::-1], p)
        ),
        "rows and columns are swapped, of the stride and of the padding": (
            lambda X, K, s=(1, 1), p=(0, 0): strided(X, K, s[::-1], p[::-1])
        ),
        "you flipped the kernel: correlation lays it down as it is": _flipped,
        "the kernel is transposed": (
            lambda X, K, s=(1, 1), p=(0, 0): strided(X, K.T, s, p)
        ),
        "the padding is left out": lambda X, K, s=(1, 1), p=(0, 0): strided(X, K, s),
    },
    only={
        "right for stride 1 only": lambda X, K, s, p: tuple(s) == (1, 1),
        "right for square pictures and kernels only": (
            lambda X, K, s, p: X.shape[0] == X.shape[1]
        ),
    },
    others=(_loop,),
    differentiable=True,
    form=(tensor,),
    any_device=True,
)


def by_zeros(X, K, s, p=0):
    four = X[None, None], K[None, None]
    return F.conv_transpose2d(*four, stride=s, padding=p)[0, 0]


def _up_cases(g: torch.Generator) -> Iterator[tuple]:
    X3, K2 = torch.arange(9.0).reshape(3, 3), torch.arange(4.0).reshape(2, 2)
    yield X3, K2, 2, 0
    yield X3, K2, 1, 1
    for (h, w), (kh, kw), s, p in (
        ((3, 3), (3, 3), 2, 1), ((4, 4), (2, 2), 3, 0), ((3, 5), (3, 2), 2, 0),
        ((4, 3), (4, 3), 1, 1), ((4, 2), (2, 3), 3, 1), ((3, 4), (3, 3), 1, 0),
        ((1, 1), (2, 3), 2, 0), ((3, 2), (1, 1), 3, 0),
    ):  # fmt: skip
        yield torch.randn(h, w, generator=g), torch.randn(kh, kw, generator=g), s, p


def _zeros(around, turned=True, holes=1):
    """Zeros between the cells, `around(k, p)` at the border, then correlation."""

    def up(X, K, s, p=0):
        (h, w), (kh, kw) = X.shape, K.shape
        step = s if holes else 1
        wide = X.new_zeros((h - 1) * step + 1, (w - 1) * step + 1)
        wide[::step, ::step] = X
        rows, columns = around(kh, p), around(kw, p)
        wide = F.pad(wide, (columns, columns, rows, rows))[None, None]
        kernel = K.flip(0, 1) if turned else K
        return F.conv2d(wide, kernel[None, None])[0, 0]

    return up


def _stamped(X, K, s, p=0):
    (h, w), (kh, kw) = X.shape, K.shape
    Y = X.new_zeros((h - 1) * s + kh, (w - 1) * s + kw)
    for i in range(h):
        for j in range(w):
            Y[i * s : i * s + kh, j * s : j * s + kw] += X[i, j] * K
    return Y[p : Y.shape[0] - p, p : Y.shape[1] - p]


def _end_zeros(X, K, s, p=0):
    """Zeros behind the last cell too."""
    h, w = X.shape
    wide = X.new_zeros(h * s, w * s)
    wide[::s, ::s] = X
    return by_zeros(wide, K, 1, p)


BY_ZEROS = FunctionExercise(
    name="by_zeros",
    right=by_zeros,
    cases=_up_cases,
    mistakes={
        "flip the kernel: a stamp is read from right to left": _zeros(
            lambda k, p: k - 1 - p, turned=False
        ),
        "the padding around is k − 1 − p, not k − 1: here padding takes away": _zeros(
            lambda k, p: k - 1
        ),
        "you padded by p: around the cells must stand k − 1 − p zeros": _zeros(
            lambda k, p: p
        ),
        "no zeros between the cells: the stride is left out": _zeros(
            lambda k, p: k - 1 - p, holes=0
        ),
        "zeros stand behind the last row and column too": _end_zeros,
        "the kernel is transposed": lambda X, K, s, p=0: by_zeros(X, K.T, s, p),
    },
    only={
        "right for stride 1 only": lambda X, K, s, p: s == 1,
        "right for square kernels only": lambda X, K, s, p: K.shape[0] == K.shape[1],
        "right without padding only": lambda X, K, s, p: p == 0,
    },
    others=(_zeros(lambda k, p: k - 1 - p), _stamped),
    form=(tensor,),
)
