"""Record the runs that are too long for a page: `python benchmarks/record.py`.

Each run writes one JSON file with its settings, seeds, versions and figures to
d2l_helpers/assets/recorded, where the pages read it. Names on the command line
choose runs; without any, all are made. Needs the full Fashion-MNIST.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import time
from pathlib import Path

import torch
from experiments import clinic, large, lenets, prior, quick, shift, speed, tens
from experiments.common import OneLine

import d2l_helpers as d2l
from d2l_helpers.records import FOLDER

RUNS = {
    run.__name__: run
    for run in (
        prior.scramble,
        prior.sample_efficiency,
        prior.position_leak,
        shift.class_flicker,
        shift.global_head,
        lenets.modern_rate,
        lenets.lenet_classic,
        lenets.lenet_modern,
        lenets.mends,
        clinic.clinic,
        clinic.clinic_mends,
        speed.speed,
        quick.quick_rate,
        tens.lenet_ten_choice,
        tens.lenet_ten,
        large.large_batch,
    )
}


# How the settings of each run came about; the pages say so too.
CHOSEN = {
    "scramble": "Not tuned: Adam at 0.001 for both networks.",
    "sample_efficiency": "Not tuned: Adam at 0.001 for both networks.",
    "position_leak": "Not tuned.",
    "class_flicker": "The peak rate, from four for each network, on 10,000 held-"
    "out training images; the scores are in its settings.",
    "global_head": "The peak rate, from four for each network, on 10,000 held-"
    "out training images; the scores are in its settings.",
    "modern_rate": "This is the choice: four peak rates on 10,000 held-out "
    "training images.",
    "lenet_classic": "Not tuned: plain gradient descent at 0.1, as in Dive into "
    "Deep Learning.",
    "lenet_modern": "The peak rate by modern_rate; the rest was not tuned.",
    "mends": "Not tuned: the classic recipe, and one change with the value"
    " that its name says.",
    "clinic": "Not tuned: the classic recipe.",
    "clinic_mends": "Not tuned: as in mends, and the recipe of lenet_modern.",
    "speed": "There was nothing to choose.",
    "quick_rate": "This is the choice: six settings on 10,000 held-out training"
    " images.",
    "lenet_ten_choice": "This is the choice: nine settings on 10,000 held-out "
    "training images.",
    "lenet_ten": "The best of lenet_ten_choice.",
    "large_batch": "On 10,000 held-out training images; the score of the chosen "
    "one is in its results.",
}


def written(record: dict) -> str:
    """JSON with one value a line, but each `OneLine` on one line."""
    lines: list[str] = []

    def mark(value: OneLine) -> str:
        lines.append(json.dumps(value.value, separators=(",", ":")))
        return f"\0{len(lines) - 1}"  # no record has this character

    text = json.dumps(record, indent=1, default=mark)
    return re.sub(r'"\\u0000(\d+)"', lambda m: lines[int(m[1])], text) + "\n"


def machine() -> str:
    """Processor, instructions in use, cores, threads and device."""
    name = platform.processor() or platform.machine()
    about = Path("/proc/cpuinfo")
    if about.exists():  # Linux, where `platform` knows the architecture alone
        fields = dict(re.findall(r"(.+?)\t*: (.+)", about.read_text(encoding="utf-8")))
        family = f"family {fields.get('cpu family')} model {fields.get('model')}"
        name = f"{fields.get('model name', name)} ({family})"
    return (
        f"{name}, {torch.backends.cpu.get_cpu_capability()}, {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} threads, {d2l.try_gpu().type}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", metavar="RUN", help=", ".join(RUNS))
    names = parser.parse_args().runs or list(RUNS)
    if unknown := set(names) - set(RUNS):
        parser.error(f"no run {unknown}; there are {', '.join(RUNS)}")
    FOLDER.mkdir(exist_ok=True)
    for name in names:
        start = time.perf_counter()
        settings, results = RUNS[name]()
        seconds = time.perf_counter() - start
        record = {
            "command": f"python benchmarks/record.py {name}",
            "what": " ".join(RUNS[name].__doc__.split()),
            "chosen": CHOSEN[name],
            "settings": settings,
            "results": results,
            "versions": {
                "python": platform.python_version(),
                "torch": str(torch.__version__),
            },
            "machine": machine(),
        }
        path = FOLDER / f"{name}.json"
        path.write_text(written(record), encoding="utf-8")
        print(f"{name}: {seconds:.0f} s, written to {path}", flush=True)


if __name__ == "__main__":
    main()
