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
import time

import torch
from experiments import lenets, prior, shift

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
        lenets.clinic,
    )
}


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
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {seconds:.0f} s, written to {path}", flush=True)


if __name__ == "__main__":
    main()
