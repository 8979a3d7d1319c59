"""Rows of the table: what it takes before anything is computed."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator

from peers import its_place
from timing import Row

IMPORT = """
import time, torch
start = time.perf_counter()
import d2l_helpers as d2l
d2l.corr2d, d2l.Conv2D, d2l.LeNet, d2l.Trainer, d2l.FashionMNIST, d2l.recorded
print(time.perf_counter() - start)
"""
FIRST_BATCH = """
import time, torch, d2l_helpers as d2l
from d2l_helpers import data
def peak():
    try:
        lines = open("/proc/self/status").read().splitlines()
    except OSError:
        return float("nan")
    return int(next(x for x in lines if x.startswith("VmHWM")).split()[1]) / 1024
try:
    open("/proc/self/clear_refs", "w").write("5")  # the peak so far is forgotten
except OSError:
    pass
before = peak()
start = time.perf_counter()
X, y = next(iter(d2l.FashionMNIST(128, source="full").train_dataloader()))
print(time.perf_counter() - start, peak() - before)
"""
ITS_FIRST_BATCH = """
import time, warnings
warnings.simplefilter("ignore")
from d2l import torch as d2l
start = time.perf_counter()
X, y = next(iter(d2l.FashionMNIST(batch_size=128).get_dataloader(True)))
print(time.perf_counter() - start)
"""
ITS_EPOCH = """
import time, warnings
warnings.simplefilter("ignore")
from d2l import torch as d2l
loader = d2l.FashionMNIST(batch_size=128).get_dataloader(True)
start = time.perf_counter()
for X, y in loader:
    pass
print(time.perf_counter() - start)
"""
OUR_EPOCH = """
import time, d2l_helpers as d2l
loader = d2l.FashionMNIST(128, source="full").train_dataloader()
start = time.perf_counter()
for X, y in loader:
    pass
print(time.perf_counter() - start)
"""


def told(code: str) -> list[float]:
    """The numbers that a fresh process prints on its last line."""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split("\n")[-2].split()]


def starts(package) -> Iterator[Row]:
    seconds = [told(IMPORT)[0] for _ in range(6)][1:]
    yield Row("import d2l_helpers, after torch", seconds, most=0.15)
    both = [told(FIRST_BATCH) for _ in range(6)][1:]
    seconds, megabytes = zip(*both, strict=True)
    theirs, epoch = [], []
    if package is not None:
        with its_place():
            theirs = [told(ITS_FIRST_BATCH)[0] for _ in seconds]
            epoch = [told(ITS_EPOCH)[0] for _ in range(3)]
    yield Row("data, cold start to the first batch", list(seconds), most=0.5)
    if not any(map(math.isnan, megabytes)):  # only Linux tells
        what = "data, memory until then (rise of the peak)"
        yield Row(what, list(megabytes), most=120.0, unit="MB")
    if theirs:
        what = "data, cold start to the first batch"
        yield Row(what, list(seconds), "d2l", theirs)
        mine = [told(OUR_EPOCH)[0] for _ in epoch]
        yield Row("data, one epoch of batches", mine, "d2l", epoch)
