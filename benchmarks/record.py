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


def written(record: dict) -> str:
    """JSON with one value a line, but each `OneLine` on one line."""
    lines: list[str] = []

    def mark(value: OneLine) -> str:
        lines.append(json.dumps(value.value, separators=(",", ":")))
        return f"\0{len(lines) - 1}"  # no record has this character

    text = json.dumps(record, indent=1, default=mark)
    return re.sub(r'"\\u0000(\d+)"', lambda m: lines[int(m[1])], text) + "\n"


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
            "settings": settings,
            "results": results,
            "versions": {
                "python": platform.python_version(),
                "torch": str(torch.__version__),
            },
            "machine": f"{os.cpu_count()} cores, {torch.get_num_threads()} threads, "
            f"{d2l.try_gpu().type}",
        }
        path = FOLDER / f"{name}.json"
        path.write_text(written(record), encoding="utf-8")
        print(f"{name}: {seconds:.0f} s, written to {path}", flush=True)


if __name__ == "__main__":
    main()
