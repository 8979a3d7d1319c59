"""The command line in a process of its own, watched and told when to fail.

python rank.py REPORT FAULT OPTIONS…     also under torchrun

FAULT is "none", or "SIGKILL@1@30": the process of rank 1 sends itself that
signal in its 30th step, between gradient and update. Each rank leaves
REPORT.<rank>: its exit status, its steps, and every name that it wrote,
renamed or deleted.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

RANK = int(os.environ.get("RANK", "0"))
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.link"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
changed: list[str] = []
steps = 0


def watch(event: str, args: tuple) -> None:
    writes = event == "open" and isinstance(args[2], int) and args[2] & WRITES
    if (writes or event in CHANGES) and isinstance(args[0], (str, Path)):
        changed.append(str(args[0]))


def fail_in_step(fault: str):
    name, rank, at = fault.split("@")

    def hook(optimizer, args, kwargs) -> None:
        global steps
        steps += 1
        if (RANK, steps) == (int(rank), int(at)):
            os.kill(os.getpid(), getattr(signal, name))
            time.sleep(0.1)  # an external signal would not wait for a step either

    return hook


def main() -> int:
    report, fault, *options = sys.argv[1:]
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    from d2l_helpers import train

    register_optimizer_step_pre_hook(
        fail_in_step("SIGKILL@-1@0" if fault == "none" else fault)
    )
    sys.addaudithook(watch)
    # torchrun ends the other ranks as soon as one has ended
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    status = train.main(options)
    facts = {"status": status, "steps": steps, "changed": list(changed)}
    Path(f"{report}.{RANK}").write_text(json.dumps(facts))
    return status


if __name__ == "__main__":
    sys.exit(main())
