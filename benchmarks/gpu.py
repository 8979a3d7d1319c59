"""Measure what needs a GPU, in one table: `python benchmarks/gpu.py`.

The size below which the GPU is the slower choice; the convolution from scratch beside
the library; what the first training in a process costs; training from recorded steps
beside the Trainer and, where `make peers` has been run with its Python, d2l's.
`--only PART …` measures some of it; `--json PATH` keeps the figures, row by row.

Without a GPU one line says so. `--device cpu --quick` runs all of it in small, to
see that it works.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F
from experiments.large import LargeBatchLeNet
from peers import d2l_package, its_place
from rows_lenet import its_epoch
from timing import NAMES, Machine, Row, columns, in_turns, line, seconds

import d2l_helpers as d2l

EPOCHS, TOGETHER = 10, 39  # divides the whole batches: 468 of 128, 117 of 512
RECIPES = {
    "classic": (d2l.LeNet, 128),
    "modern": (d2l.LeNet.modern, 128),
    "large batch": (LargeBatchLeNet, 512),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="small, to try the script")
    parser.add_argument("--json", type=Path, metavar="PATH", help="keep the figures")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args(arguments)
    device = torch.device(options.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        print("no CUDA device here: nothing is measured")
        return 0
    gpu = device.type == "cuda"
    name = torch.cuda.get_device_name(device) if gpu else "the processor"
    machine = Machine.measured(device)
    print(
        f"{name}, torch {torch.__version__}: {machine.flops / 1e9:,.0f} GFLOP/s "
        f"(1024×1024 product), {machine.bytes / 1e9:,.0f} GB/s (copy)"
    )
    print(columns(NAMES))
    facts = {"device": name, "torch": str(torch.__version__), **asdict(machine)}
    facts["rows"] = []
    for part in options.only:
        for row in PARTS[part](device, options.quick):
            print(line(row), flush=True)
            facts["rows"].append(asdict(row))
            if options.json:  # each time: a run that is stopped keeps what it has
                text = json.dumps(facts, indent=1)
                options.json.write_text(text + "\n", encoding="utf-8")
    return 0


def trainings(device: torch.device, quick: bool) -> Iterator[Row]:
    """Ten epochs with validation, from fresh weights to the last score."""
    source, epochs, repeats = ("sample", 1, 1) if quick else ("full", EPOCHS, 3)
    package = d2l_package()
    for name, (make, batch) in RECIPES.items():
        data = d2l.FashionMNIST(batch, device=device, source=source)
        scores: list[float] = []

        def graphed(make=make, data=data, scores=scores) -> None:
            d2l.seed_everything(0)
            history = d2l.fit_graphed(make(), data, epochs, steps_per_graph=TOGETHER)
            scores.append(history["val_acc"][-1])

        def trainer(make=make, data=data) -> None:
            d2l.seed_everything(0)
            d2l.Trainer(epochs, live=False, device=device).fit(make(), data)

        what = f"LeNet {name}, {epochs} epochs, recorded steps"
        mine, theirs = in_turns(graphed, trainer, repeats, device)
        note = f"accuracy {scores[-1]:.4f}"
        yield Row(what, mine, "d2l.Trainer", theirs, note=f"{note}; ours, not recorded")
        yield Row(what, mine, most=1.0, note=note)
        if name == "classic" and not quick and not isinstance(package, str):
            with its_place():
                gpus = int(device.type == "cuda")
                peer = [epochs * seconds(its_epoch(package, gpus), device)]
            note = "d2l's own: one epoch, times ten"
            yield Row(what, mine[:1], "d2l.Trainer", peer, 1 / 100, note=note)


def convolutions(device: torch.device, quick: bool) -> Iterator[Row]:
    """Forward, 64 channels to 128, 56×56, 3×3; each checked before it is timed."""
    n, side = (2, 16) if quick else (64, 56)
    kinds = {"float32": (torch.float32, False), "TF32": (torch.float32, True),
             "bfloat16": (torch.bfloat16, True)}  # fmt: skip
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    generator = torch.Generator().manual_seed(0)
    X, K = (
        torch.randn(shape, generator=generator).to(device)
        for shape in ((n, 64, side, side), (128, 64, 3, 3))
    )
    forms = [("conv2d", d2l.conv2d, torch.contiguous_format, 3.0)]
    if tiles := _tiles(device):
        forms.append(("conv2d_tiles", tiles, torch.channels_last, 1.3))
    macs = d2l.conv_macs(64, 128, (3, 3), (side - 2, side - 2)) * n
    for (name, (dtype, tf32)), form in product(kinds.items(), forms):
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        title, f, layout, most = form
        x, k = (t.to(dtype).contiguous(memory_format=layout) for t in (X, K))
        with torch.no_grad():
            ours, peer = partial(f, x, k), partial(F.conv2d, x, k)
            room = {"float32": 1e-4, "TF32": 1e-2, "bfloat16": 2e-2}[name]
            scale = F.conv2d(X, K).abs().max().item()
            torch.testing.assert_close(ours(), peer(), rtol=0, atol=room * scale)
            mine, theirs = in_turns(ours, peer, 3 if quick else 25, device)
        what = f"{title} {n}×(64→128) {side}×{side}, k 3, {name}"
        note = f"{2 * macs / median(mine) / 1e9:,.0f} GFLOP/s"
        if layout is torch.channels_last:
            note += "; channels last, both"
        yield Row(what, mine, "F.conv2d", theirs, most, note=note)
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def _tiles(device: torch.device) -> Callable | None:
    """The kernel in Triton, where there is Triton and a device for it."""
    if device.type != "cuda":
        return None
    try:
        from d2l_helpers.tiles import conv2d_tiles
    except ModuleNotFoundError as error:
        print(error)
        return None
    return conv2d_tiles


def sizes(device: torch.device, quick: bool) -> Iterator[Row]:
    """One picture, one 5×5 kernel: from which side on is the GPU faster?"""
    K = torch.randn(5, 5)
    for side in (16, 64) if quick else (16, 32, 64, 128, 256, 512, 1024, 2048, 4096):
        X = torch.randn(side, side)
        there = X.to(device), K.to(device)
        mine, theirs = in_turns(
            partial(d2l.corr2d, *there), partial(d2l.corr2d, X, K), 25, device
        )
        faster = "the GPU is faster" if median(mine) < median(theirs) else ""
        what = f"corr2d {side}×{side}, k 5×5, GPU beside CPU"
        yield Row(what, mine, "CPU", theirs, note=faster)


# A process of its own: import, context, data, and the same training twice.
FRESH = """
import sys, time
marks = [time.perf_counter()]
def mark():
    if device.type == "cuda":
        torch.cuda.synchronize()
    marks.append(time.perf_counter())
import torch
import d2l_helpers as d2l
device = torch.device(sys.argv[1])
mark()
torch.ones(1, device=device)
mark()
data = d2l.FashionMNIST(128, device=device, source=sys.argv[2])
mark()
for _ in range(2):
    d2l.seed_everything(0)
    d2l.fit_graphed(d2l.LeNet(), data, 1, steps_per_graph=int(sys.argv[3]))
    mark()
print(*(b - a for a, b in zip(marks, marks[1:])), sep="\\n")
"""


def fresh(device: torch.device, quick: bool) -> Iterator[Row]:
    """What comes before the first step of a process, part by part."""
    source, together = ("sample", 1) if quick else ("full", TOGETHER)
    command = [sys.executable, "-c", FRESH, str(device), source, str(together)]
    runs = []
    for _ in range(1 if quick else 3):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append([float(text) for text in done.stdout.split()[-5:]])
    names = ("import", "the device's context", "data", "one epoch, the first time",
             "one epoch, the second time")  # fmt: skip
    for name, samples in zip(names, zip(*runs, strict=True), strict=True):
        yield Row(f"fresh process: {name}", list(samples))


PARTS = {
    "sizes": sizes,
    "convolutions": convolutions,
    "fresh": fresh,
    "trainings": trainings,
}

if __name__ == "__main__":
    sys.exit(main())
