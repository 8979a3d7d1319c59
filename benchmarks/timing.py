"""Time two things in turns, and how far each is from what the machine allows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median

import torch

from d2l_helpers.devices import synchronize

Call = Callable[[], object]


@dataclass
class Row:
    """One line of the table. `ours` and `peer` are samples, in `unit`.

    `most`: the largest ratio ours/peer that meets the target, or the largest
    `ours` where there is no peer. `floor`: the least seconds that the work needs.
    """

    what: str
    ours: list[float]
    peer_name: str = ""
    peer: list[float] = field(default_factory=list)
    most: float | None = None
    floor: float | None = None
    unit: str = "s"
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return median(self.ours) / median(self.peer) if self.peer else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        value = median(self.ours) if self.ratio is None else self.ratio
        return None if self.most is None else value <= self.most


def in_turns(ours: Call, peer: Call, repeats: int, device=None, inner: int = 1):
    """Seconds of both, alternately, so that a slow spell hits both.

    `inner` runs of ours, of which the median counts, per run of a slow peer.
    """
    for _ in range(2 if inner == 1 else 1):
        ours()
        if inner == 1:
            peer()
    mine, theirs = [], []
    for _ in range(repeats):
        mine.append(median(seconds(ours, device) for _ in range(inner)))
        theirs.append(seconds(peer, device))
    return mine, theirs


def seconds(call: Call, device=None) -> float:
    synchronize(device)
    start = time.perf_counter()
    call()
    synchronize(device)
    return time.perf_counter() - start


@dataclass(frozen=True)
class Machine:
    """What was measured of it: arithmetic and memory, both in units per second."""

    flops: float
    bytes: float

    @classmethod
    def measured(cls, device=None) -> Machine:
        """The best of ten: a product of two 1024×1024 matrices, a copy of 128 MB."""
        A = torch.randn(1024, 1024, device=device)
        X = torch.empty(2**25, device=device)
        Y = torch.ones_like(X)
        product = min(seconds(lambda: A @ A, device) for _ in range(10))
        copied = min(seconds(lambda: X.copy_(Y), device) for _ in range(10))
        return cls(2 * 1024**3 / product, 2 * X.nbytes / copied)

    def floor(self, flops: float, read_and_written: float) -> float:
        """Seconds below which no program can do this much."""
        return max(flops / self.flops, read_and_written / self.bytes)


def times(value: float) -> str:
    """0.31, or 1/520 for a ratio that small."""
    if value >= 0.1:
        return f"{value:.2f}"
    return f"1/{1 / value:,.0f}"


def amount(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:.4g} {unit}"
    for scale, name in ((1, "s"), (1e-3, "ms")):
        if value >= scale:
            return f"{value / scale:.3g} {name}"
    return f"{value * 1e6:.3g} µs"


def line(row: Row) -> str:
    """The row as text, in the columns of `HEAD`."""
    ratio = spread = peer = ""
    if row.ratio is not None:
        ratio = times(row.ratio)
        single = sorted(a / b for a, b in zip(row.ours, row.peer, strict=True))
        spread = f"{times(single[0])}–{times(single[-1])}"
        peer = amount(median(row.peer), row.unit)
    elif len(row.ours) > 1:
        low, high = min(row.ours), max(row.ours)
        spread = f"{amount(low, row.unit)}–{amount(high, row.unit)}"
    wanted = ""
    if row.most is not None:
        wanted = times(row.most) if row.peer else amount(row.most, row.unit)
        wanted = f"≤ {wanted} {'met' if row.met else 'MISSED'}"
    floor = f"{median(row.ours) / row.floor:.3g}" if row.floor else ""
    cells = (row.what, amount(median(row.ours), row.unit), row.peer_name, peer, ratio,
             spread, wanted, floor, row.note)  # fmt: skip
    return columns(cells)


WIDTHS = (44, 9, 12, 9, 8, 17, 16, 6, 0)
NAMES = ("what", "ours", "peer", "its time", "ours/peer", "range", "target",
         "×floor", "")  # fmt: skip


def columns(cells: Iterable[str]) -> str:
    text = (f"{c:{w}}" if w else c for c, w in zip(cells, WIDTHS, strict=True))
    return " ".join(text).rstrip()


def geometric_mean(values: Iterable[float]) -> float:
    logs = [math.log(v) for v in values]
    return math.exp(sum(logs) / len(logs))
