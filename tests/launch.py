"""Starts the command line: in this process, alone, or on several ranks."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

SCRIPTS = Path(__file__).parent / "training_scripts"
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node")
# 1,021 training and 3,979 validation images in batches of 51: every whole batch
# is uneven on two ranks, and of the last ones, of one image, a rank gets nothing.
SMALL = (
    *("--source", "sample", "--held-out", "3979", "--batch-size", "51"),
    *("--model", "lenet-modern", "--dtype", "float64", "--threads", "1"),
    *("--device", "cpu"),
)
STEPS = 21  # per epoch


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str
    seconds: float


def launch(*arguments: object, ranks: int | None = None, limit: float = 120) -> Done:
    """`python ARGUMENTS…`, or the same under torchrun; a warning is an error.

    After `limit` seconds the whole process group is killed: TimeoutExpired.
    """
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("D2L_")},
        "OMP_NUM_THREADS": "1",  # torchrun would warn that it sets it
        "PYTHONWARNINGS": "error",
    }
    before = () if ranks is None else (*TORCHRUN, ranks)
    command = [sys.executable, *map(str, (*before, *arguments))]
    started = time.monotonic()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=limit)
        except BaseException:
            os.killpg(process.pid, 9)
            raise
    # PyTorch before 2.9 announces each connection of Gloo's, ranks across each other
    out = re.sub(r"^(.*peer ranks.*)?\n", "", out, flags=re.MULTILINE)
    # without a network the loopback has no name, which PyTorch mentions
    nameless = r"^\[W.*hostname of the client socket cannot be retrieved.*\n"
    err = re.sub(nameless, "", err, flags=re.MULTILINE)
    return Done(process.returncode, out, err, time.monotonic() - started)


@contextlib.contextmanager
def at_step(number: int, action: Callable[[], object]) -> Iterator[list[int]]:
    """In this process's `number`-th step, `action()` between gradient and update.

    Yields the list of all steps so far.
    """
    steps: list[int] = []

    def hook(*arguments: object) -> None:
        steps.append(len(steps) + 1)
        if steps[-1] == number:
            action()

    handle = register_optimizer_step_pre_hook(hook)
    try:
        yield steps
    finally:
        handle.remove()


@pytest.fixture(autouse=True, scope="module")
def threads():
    """The command line sets them for its process, which here is pytest's."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
