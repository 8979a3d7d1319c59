"""A convolution some rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from .._cases import some
from .._exercise import FunctionExercise, copied, run

WHOLE = "you correlate the whole picture at once: cut the rows out first"
TALL = "a strip reads rows that it does not need: see rows_read"


def rows_read(i: int, count: int, kh: int, stride: int) -> tuple[int, int]:
    return i * stride, (i + count - 1) * stride + kh


def _rows_cases(g: torch.Generator) -> Iterator[tuple]:
    yield from [(4, 2, 3, 1), (4, 2, 3, 2), (0, 5, 1, 3), (3, 1, 5, 2), (0, 1, 2, 1)]
    for _ in range(15):
        yield some(g, 0, 9), some(g, 1, 5), some(g, 1, 6), some(g, 1, 3)


def _by_windows(i: int, count: int, kh: int, stride: int) -> list[int]:
    rows = [o * stride + a for o in range(i, i + count) for a in range(kh)]
    return [min(rows), max(rows) + 1]


ROWS_READ = FunctionExercise(
    name="rows_read",
    right=rows_read,
    cases=_rows_cases,
    mistakes={
        "the halo is missing: the last output row reads kh rows": (
            lambda i, count, kh, stride: (i * stride, (i + count) * stride)
        ),
        "the halo is too large: the last output row is i + count − 1": (
            lambda i, count, kh, stride: (i * stride, (i + count) * stride + kh)
        ),
        "you gave the last row: the row after it is asked for": (
            lambda i, count, kh, stride: (i * stride, (i + count - 1) * stride + kh - 1)
        ),
        "the stride is left out": lambda i, count, kh, stride: (i, i + count - 1 + kh),
        "the first row is i times the stride": lambda i, count, kh, stride: (
            i, (i + count - 1) * stride + kh
        ),
        "you stretched the kernel by the stride: rows in a window are neighbours": (
            lambda i, count, kh, stride: (i * stride, (i + count - 1 + kh) * stride)
        ),
        "you count rows from the strip's start: the second number is a row of the "
        "picture": lambda i, count, kh, stride: (
            i * stride, (count - 1) * stride + kh
        ),
        "you centred the window: without padding it starts at its own row": (
            lambda i, count, kh, stride: (
                i * stride - kh // 2, (i + count - 1) * stride + kh // 2 + 1
            )
        ),
        "stride − 1 rows too many: the last window starts at (i + count − 1)·stride": (
            lambda i, count, kh, stride: (i * stride, (i + count) * stride + kh - 1)
        ),
    },
    only={
        "right for stride 1 only": lambda i, count, kh, stride: stride == 1,
        "right for the first strip only": lambda i, count, kh, stride: i == 0,
        "right for a strip of one row only": lambda i, count, kh, stride: count == 1,
    },
    others=(_by_windows, lambda *case: list(rows_read(*case))),
)  # fmt: skip


class _Heights(TorchFunctionMode):
    """Writes down the height of everything that PyTorch's conv2d gets to read."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if getattr(func, "__name__", "") == "conv2d":
            X = args[0] if args else kwargs["input"]
            self.seen.append(X.shape[-2])
        return func(*args, **kwargs)


class _StripExercise(FunctionExercise):
    """Right numbers are not enough: no strip may read more than it needs."""

    def _general(self, answer: Callable, cases: list[tuple]) -> str:
        return super()._general(answer, cases) or self._read(answer, cases)

    @staticmethod
    def _read(answer: Callable[..., Any], cases: list[tuple]) -> str:
        for case in cases:
            X, K, count, stride = case
            with _Heights() as heights:
                run(answer, copied(case))
            _, most = rows_read(0, count, K.shape[2], stride)
            if max(heights.seen, default=0) > most:
                return WHOLE if X.shape[2] in heights.seen else TALL
        return ""


def _whole(X: Tensor, K: Tensor, count: int, stride: int = 1) -> Tensor:
    return F.conv2d(X, K, stride=stride)


def _strips(
    read=rows_read, join=2, start=lambda i, count, rows: i, last=True,
    stride_of=lambda stride: stride,
    places=lambda h, kh, stride: (h - kh) // stride + 1,
):  # fmt: skip
    """Strips, one step of which may be wrong."""

    def in_strips(X: Tensor, K: Tensor, count: int, stride: int = 1) -> Tensor:
        kh = K.shape[2]
        rows, done = places(X.shape[2], kh, stride), []
        for i in range(0, rows if last else rows - count + 1, count):
            j = start(i, count, rows)
            first, end = read(j, min(count, rows - j), kh, stride)
            strip = X[:, :, first:end]
            done.append(F.conv2d(strip, K, stride=stride_of(stride)))
        return torch.cat(done, join)

    return in_strips


def _strip_cases(g: torch.Generator) -> Iterator[tuple]:
    for h, kh, count, stride in (
        (12, 3, 4, 1), (17, 4, 3, 2), (13, 5, 2, 1), (11, 2, 2, 3), (9, 3, 50, 1),
        (10, 3, 4, 1), (15, 3, 1, 2), (14, 2, 3, 2), (8, 1, 2, 1),
    ):  # fmt: skip
        X = torch.randn(2, 3, h, some(g, 6, 9), generator=g)
        yield X, torch.randn(4, 3, kh, some(g, 1, 3), generator=g), count, stride


def _written(X: Tensor, K: Tensor, count: int, stride: int = 1) -> Tensor:
    kh, kw = K.shape[2:]
    rows, columns = (X.shape[2] - kh) // stride + 1, (X.shape[3] - kw) // stride + 1
    Y = X.new_empty(len(X), len(K), rows, columns)
    for i in range(0, rows, count):
        end = min(i + count, rows)
        strip = X[:, :, i * stride : (end - 1) * stride + kh]
        Y[:, :, i:end] = F.conv2d(strip, K, stride=stride)
    return Y


IN_STRIPS = _StripExercise(
    name="in_strips",
    right=_written,
    cases=_strip_cases,
    mistakes={
        "the halo is missing: rows at the seams are never computed": _strips(
            lambda i, count, kh, stride: (i * stride, (i + count) * stride)
        ),
        "the halo is too large: rows at the seams are written twice": _strips(
            lambda i, count, kh, stride: (i * stride, (i + count) * stride + kh)
        ),
        "the last strip is left out: it may be shorter": _strips(last=False),
        "you moved the last strip up to make it full: its first rows are written "
        "twice": _strips(start=lambda i, count, rows: max(0, min(i, rows - count))),
        "output row i starts at input row i·stride": _strips(
            lambda i, count, kh, stride: (i, i + (count - 1) * stride + kh)
        ),
        "count goes over output rows: with a stride they read more of the input": (
            _strips(lambda i, count, kh, stride: (i, i + count - 1 + kh),
                    places=lambda h, kh, stride: h - kh + 1)
        ),
        "the stride is missing in the correlation": _strips(
            stride_of=lambda stride: 1
        ),
        "the columns have the same stride as the rows": _strips(
            stride_of=lambda stride: (stride, 1)
        ),
        "the strips are joined along the wrong axis: rows are axis 2": _strips(join=0),
        WHOLE: _whole,
        TALL: _strips(
            lambda i, count, kh, stride: (i * stride, (i + count) * stride + kh - 1)
        ),
    },
    only={
        "right for stride 1 only": lambda X, K, count, stride: stride == 1,
        "right where count divides the rows only: the last strip is shorter": (
            lambda X, K, count, stride: (
                ((X.shape[2] - K.shape[2]) // stride + 1) % count == 0
            )
        ),
        "right for one strip only": lambda X, K, count, stride: (
            (X.shape[2] - K.shape[2]) // stride + 1 <= count
        ),
    },
    others=(_strips(),),
    any_device=True,
)  # fmt: skip
