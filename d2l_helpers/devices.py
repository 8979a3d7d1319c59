"""Where the work runs, how it is seeded, and how it is timed honestly.

Level 0: imports torch and numpy only.
"""

from __future__ import annotations

import random
import time
from statistics import median

import numpy as np
import torch


def try_gpu(i: int = 0) -> torch.device:
    """The `i`-th CUDA device, else an Apple GPU, else the CPU.

    The order is cuda, mps, cpu. Asking for a CUDA device that is not there
    falls back to the next kind without an error.
    """
    if torch.cuda.is_available() and i < torch.cuda.device_count():
        return torch.device("cuda", i)
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def seed_everything(seed: int) -> torch.Generator:
    """Seed Python, NumPy and every torch device; return a CPU generator.

    The returned `torch.Generator` starts from the same seed and is for code
    that takes its own generator. On one CPU with one number of threads the
    same seed gives the same curve; across machines sums are taken in another
    order and the last digits differ.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def synchronize(device: torch.device | str | None = None) -> None:
    """Wait until the device has finished all the work it was given."""
    kind = torch.device(device).type if device is not None else None
    if kind in (None, "cuda") and torch.cuda.is_available():
        torch.cuda.synchronize(device if kind else None)
    elif kind in (None, "mps") and torch.backends.mps.is_available():
        torch.mps.synchronize()


class Timer:
    """A stopwatch that waits for the device before it reads the clock.

    Used as a context manager, `with Timer(device) as t: …; t.seconds`.
    """

    def __init__(self, device: torch.device | str | None = None) -> None:
        self.device = device
        self.seconds = float("nan")

    def __enter__(self) -> Timer:
        synchronize(self.device)
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exc: object) -> None:
        synchronize(self.device)
        self.seconds = time.perf_counter() - self._start


def time_call(fn, repeats: int = 7, warmup: int = 2, device=None) -> float:
    """Median seconds of `fn()` over `repeats` runs after `warmup` uncounted ones."""
    times = []
    for k in range(warmup + repeats):
        with Timer(device) as t:
            fn()
        if k >= warmup:
            times.append(t.seconds)
    return median(times)
