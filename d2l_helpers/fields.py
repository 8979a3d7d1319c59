"""What one unit of a network sees of the picture, axis by axis, in plain integers.

A layer says, for each place of its output, which places of its input are read
(`Windows`); `Seen` follows the picture's cells through such layers. Unlike the
formula of `shapes.receptive_fields` this holds for windows that differ from
place to place too: transposed convolution, adaptive pooling, branches.

Level 0: plain Python, no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from math import gcd, inf, lcm

LARGEST_PERIOD = 4096
"""Windows that repeat later than this are not followed."""


def _nothing(at: int, n: int) -> int | None:
    return None


BEYOND: dict[str, Callable[[int, int], int | None]] = {
    "zeros": _nothing,
    "reflect": lambda at, n: -at if at < 0 else 2 * n - 2 - at,
    "replicate": lambda at, n: min(max(at, 0), n - 1),
    "circular": lambda at, n: at % n,
}
"""Which of the n cells of an axis stands in the padding at `at`."""


@dataclass(frozen=True)
class Windows:
    """The input places that each output place of a layer reads along one axis.

    `reads(o)` are the places of output `o`, padding included; `reads(o +
    period)` are the same moved by `move`.
    """

    reads: Callable[[int], Sequence[int]]
    period: int = 1
    move: int = 1
    padding_mode: str = "zeros"

    def inside(self, o: int, n: int) -> Collection[int]:
        """The cells, of `n`, that output place `o` reads."""
        beyond, reads = BEYOND[self.padding_mode], self.reads(o)
        if not reads or (reads[0] >= 0 and reads[-1] < n and reads[0] <= reads[-1]):
            return reads  # most windows lie inside
        cells = (i if 0 <= i < n else beyond(i, n) for i in reads)
        return {i for i in cells if i is not None}

    def unread(self, n: int, outputs: int) -> int:
        """How many of the `n` cells none of the `outputs` places reads."""
        return n - len(set().union(*(self.inside(o, n) for o in range(outputs))))


def sliding(k: int, s: int = 1, p: int = 0, d: int = 1, mode="zeros") -> Windows:
    """Windows of convolution and pooling; `p` cells of padding come before."""
    return Windows(
        lambda o: range(o * s - p, o * s - p + d * (k - 1) + 1, d), 1, s, mode
    )


def transposed(k: int, s: int = 1, p: int = 0, d: int = 1) -> Windows:
    """Windows of a transposed convolution: input i reaches i·s − p + a·d."""

    def reads(o: int) -> list[int]:
        taps = (o + p - a * d for a in range(k))
        return [at // s for at in taps if at % s == 0]

    return Windows(reads, s, 1)


def adaptive(n: int, outputs: int) -> Windows:
    """Windows from ⌊o·n/outputs⌋ up to ⌈(o + 1)·n/outputs⌉."""
    return Windows(
        lambda o: range(o * n // outputs, -(-(o + 1) * n // outputs)), outputs, n
    )


def _hull(spans: Iterable[tuple[float, float]]) -> tuple[float, float]:
    first, last = inf, -inf
    for a, b in spans:
        first, last = min(first, a), max(last, b)
    return first, last


@dataclass(frozen=True)
class Seen:
    """What the units along one axis see of the `cells` of the picture's axis.

    `spans` are the first and last cell of units 0, 1, …, borders left out of
    account, as a receptive field is meant: unit `o + len(spans)` sees the same
    `step` cells on. `real` are those of the units that are there, without what
    lies beyond the border.
    """

    cells: int
    spans: tuple[tuple[float, float], ...]
    step: int
    real: tuple[tuple[float, float], ...]

    @classmethod
    def picture(cls, cells: int) -> Seen:
        """Each cell sees itself."""
        return cls(cells, ((0, 0),), 1, tuple((i, i) for i in range(cells)))

    def _at(self, unit: int) -> tuple[float, float]:
        turns, k = divmod(unit, len(self.spans))
        return tuple(end + turns * self.step for end in self.spans[k])

    def through(self, windows: Windows, outputs: int) -> Seen | None:
        """After a layer with `outputs` places; None if it cannot be followed."""
        turns = len(self.spans) // gcd(len(self.spans), windows.move)
        period, n = windows.period * turns, len(self.real)
        if period > LARGEST_PERIOD:
            return None
        spans = (_hull(map(self._at, windows.reads(o))) for o in range(period))
        real = (
            _hull(self.real[i] for i in windows.inside(o, n)) for o in range(outputs)
        )
        step = self.step * windows.move * turns // len(self.spans)
        return Seen(self.cells, tuple(spans), step, tuple(real))

    def gathered(self, outputs: int) -> Seen:
        """After a layer each of whose `outputs` reads every unit."""
        span = _hull(self.real)
        return Seen(self.cells, (span,), 0, (span,) * outputs)

    def merged(self, other: Seen) -> Seen | None:
        """Where two branches meet; None if their units do not lie side by side."""
        mine, its = len(self.spans), len(other.spans)
        if self.step * its != other.step * mine or len(self.real) != len(other.real):
            return None
        period = lcm(mine, its)
        spans = (_hull((self._at(o), other._at(o))) for o in range(period))
        real = (_hull(pair) for pair in zip(self.real, other.real, strict=True))
        return Seen(self.cells, tuple(spans), self.step * period // mine, tuple(real))

    @property
    def size(self) -> int:
        """Cells from the first to the last that a unit sees; the largest."""
        return max(0, *(last - first + 1 for first, last in self.spans))

    @property
    def whole(self) -> bool:
        """Whether every unit sees from the first cell to the last."""
        return (
            all(a <= 0 and b >= self.cells - 1 for a, b in self.real) and not self.step
        )
