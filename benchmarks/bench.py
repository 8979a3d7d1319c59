"""Measure the claims about speed, in one table: `make bench`.

Each row times this package beside what a reader would use instead, on the same
work, in turns, and prints the ratio of the medians with the range of the single
ratios, the target, and how many times the least possible time it took. Results
are compared before anything is timed. `benchmarks/README.md` tells more.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

import rows_lenet
import rows_start
import torch
from peers import d2l_package
from rows_maths import maths
from timing import NAMES, Machine, columns, line

import d2l_helpers as d2l

GROUPS = ("maths", "epochs", "accuracy", "start", "recorded")


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            for text in file:
                if text.startswith("model name"):
                    return text.split(":")[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def groups(wanted, machine, package, device):
    if "maths" in wanted:
        yield from maths(machine, package, device)
    if "start" in wanted:
        yield from rows_start.starts(package)
    if "epochs" in wanted:
        yield from rows_lenet.epochs(machine, package, device)
    if "accuracy" in wanted:
        yield from rows_lenet.to_accuracy(device)
    if "recorded" in wanted:
        yield from rows_lenet.ten_epochs()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    parser.add_argument("--only", choices=GROUPS, action="append", metavar="GROUP",
                        help=f"these groups alone: {', '.join(GROUPS)}")  # fmt: skip
    options = parser.parse_args()
    device = torch.device(options.device)
    name = processor()
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    package = d2l_package()
    version = "none" if isinstance(package, str) else package.__name__
    machine = Machine.measured(device)
    print(
        f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, "
        f"Python {platform.python_version()}, torch {torch.__version__}\n"
        f"measured: {machine.flops / 1e9:.0f} GFLOP/s (1024×1024 product), "
        f"{machine.bytes / 1e9:.1f} GB/s (copy)"
    )
    if isinstance(package, str):
        print(f"rows beside d2l are left out: {package}")
        package = None
    else:
        print(f"peer: {version} of d2l {sys.modules['d2l'].__version__}")
    print(columns(NAMES))
    missed = 0
    for row in groups(options.only or GROUPS, machine, package, device):
        print(line(row), flush=True)
        missed += row.met is False
    print(f"{missed} targets missed" if missed else "all targets met")
    return 0


if __name__ == "__main__":
    d2l.seed_everything(0)
    sys.exit(main())
