"""A convolution some rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .._cases import some
from .._exercise import FunctionExercise
from .._verdict import Verdict
from ._pairs import PairExercise, containers
from ._watch import watched

WHOLE = "you correlate the whole picture at once: cut the rows out first"
THIN = "your strips are thinner than asked for: count output rows at a time"
LAST = "the last strip reads more rows than it needs: it has only what is left"
NO_HALO = "there is no halo: count output rows read more than count input rows"
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


PAIR = "first row, row after the last"

ROWS_READ = PairExercise(
    name="rows_read",
    pair=PAIR,
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
        "the two numbers are swapped: the first row comes first": (
            lambda *case: rows_read(*case)[::-1]
        ),
        "you gave all rows: two numbers are asked for": (
            lambda *case: list(range(*rows_read(*case)))
        ),
        **containers(rows_read, PAIR),
    },
    only={
        "right for stride 1 only": lambda i, count, kh, stride: stride == 1,
        "right for the first strip only": lambda i, count, kh, stride: i == 0,
        "right for a strip of one row only": lambda i, count, kh, stride: count == 1,
    },
    others=(_by_windows, lambda *case: list(rows_read(*case))),
)  # fmt: skip


class _StripExercise(FunctionExercise):
    """Right numbers are not enough: no strip may read more than it needs."""

    def judge(self, answer: Any) -> Verdict:
        verdict = super().judge(answer)
        if verdict or not callable(answer) or verdict.mistake in self.named():
            return verdict
        case = self.arguments()[0]  # stride 1, and a kernel three rows tall
        if 0 < max(watched(answer, case).heights, default=0) <= case[2]:
            return replace(verdict, mistake=NO_HALO)
        return verdict

    def _general(self, answer: Callable, cases: list[tuple]) -> str:
        return super()._general(answer, cases) or self._read(answer, cases)

    @staticmethod
    def _read(answer: Callable[..., Any], cases: list[tuple]) -> str:
        for case in cases:
            X, K, count, stride = case
            seen = set(watched(answer, case).heights)
            if not seen:  # the answer has a correlation of its own
                continue
            rows = (X.shape[2] - K.shape[2]) // stride + 1
            kinds = {min(count, rows), rows % count or min(count, rows)}
            needed = {rows_read(0, n, K.shape[2], stride)[1] for n in kinds}
            if max(seen) > max(needed):
                return WHOLE if X.shape[2] in seen else TALL
            if min(seen) < min(needed):
                return THIN
            if seen != needed:
                return LAST
        return ""


def _whole(X: Tensor, K: Tensor, count: int, stride: int = 1) -> Tensor:
    return F.conv2d(X, K, stride=stride)


def _strips(
    read=rows_read, join=2, start=lambda i, count, rows: i, last=True,
    stride_of=lambda stride: stride, clip=True,
    places=lambda h, kh, stride: (h - kh) // stride + 1,
):  # fmt: skip
    """Strips, one step of which may be wrong."""

    def in_strips(X: Tensor, K: Tensor, count: int, stride: int = 1) -> Tensor:
        kh = K.shape[2]
        rows, done = places(X.shape[2], kh, stride), []
        for i in range(0, rows if last else rows - count + 1, count):
            j = start(i, count, rows)
            here = min(count, rows - j) if clip else count
            first, end = read(j, here, kh, stride)
            strip = X[:, :, first:end]
            done.append(F.conv2d(strip, K, stride=stride_of(stride)))
        return torch.cat(done, join)

    return in_strips


def _strip_cases(g: torch.Generator) -> Iterator[tuple]:
    for h, kh, count, stride in (
        (12, 3, 4, 1), (17, 4, 3, 2), (13, 5, 2, 1), (11, 2, 2, 3), (9, 3, 50, 1),
        (10, 3, 4, 1), (15, 3, 1, 2), (14, 2, 3, 2), (8, 1, 2, 1),
        (12, 3, 50, 2), (20, 3, 8, 2),
    ):  # fmt: skip
        X = torch.randn(2, 3, h, some(g, 6, 9), generator=g)
        yield X, torch.randn(4, 3, kh, some(g, 1, 3), generator=g), count, stride


def _input_strips(X: Tensor, K: Tensor, count: int, stride: int = 1) -> Tensor:
    """Strips of the input, side by side."""
    strips = X.split(count, 2)
    return torch.cat([F.conv2d(strip, K, stride=stride) for strip in strips], 2)


def _trimmed(X: Tensor, K: Tensor, count: int, stride: int = 1) -> Tensor:
    """The last strip is moved up, and what is written twice thrown away."""
    Y, kh = [], K.shape[2]
    rows = (X.shape[2] - kh) // stride + 1
    for i in range(0, rows, count):
        j = max(0, min(i, rows - count))
        first, end = rows_read(j, min(count, rows), kh, stride)
        Y.append(F.conv2d(X[:, :, first:end], K, stride=stride)[:, :, i - j :])
    return torch.cat(Y, 2)


def _row_by_row(X: Tensor, K: Tensor, count: int, stride: int = 1) -> Tensor:
    return _written(X, K, 1, stride)


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
        "there is no halo: you cut the input into strips of count rows, and count "
        "goes over output rows": _input_strips,
        NO_HALO: _strips(
            lambda i, count, kh, stride: (i * stride, i * stride + count), clip=False
        ),
        "the halo is missing between the strips: the last one alone reads enough": (
            _strips(lambda i, count, kh, stride: (i * stride, (i + count) * stride),
                    clip=False)
        ),
        WHOLE: _whole,
        LAST: _trimmed,
        THIN: _row_by_row,
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
