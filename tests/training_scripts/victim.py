"""Started by the tests as a process of its own, to be interrupted or killed.

python victim.py train CHECKPOINT      stops for ever in the middle of epoch 3
python victim.py write CHECKPOINT      stops for ever in the middle of a write
python victim.py interrupt OUTPUT      asks for Ctrl-C inside a weight update

Each prints "ready" when the moment has come.
"""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path

import torch
from toy import ToyData, ToyModel, curve

from d2l_helpers import checkpoint
from d2l_helpers.training import Trainer

torch.set_num_threads(1)


def stop_here() -> None:
    print("ready", flush=True)
    time.sleep(60)


def train(path: str) -> None:
    model, steps = ToyModel(schedule=True), []
    model.register_forward_hook(lambda module, args, out: steps.append(module.training))
    model.register_forward_hook(
        lambda module, args, out: stop_here() if sum(steps) == 17 else None
    )
    Trainer(max_epochs=5, checkpoint=path, seed=0, live=False).fit(model, ToyData())


def write(path: str) -> None:
    checkpoint.save_checkpoint(path, {"x": torch.zeros(10)}, {"version": 1})

    class HalfFile(io.FileIO):
        """Half of the bytes reach the disk, then nothing happens any more."""

        def write(self, data):
            super().write(data[: len(data) // 2])
            stop_here()

    checkpoint.open = lambda path, mode: HalfFile(path, mode.replace("b", ""))
    checkpoint.save_checkpoint(path, {"x": torch.ones(10)}, {"version": 2})


def interrupt(output: str) -> None:
    """Two parameters are updated one after the other; the signal comes between."""
    torch.manual_seed(0)
    model = ToyModel()
    events = []

    class SlowSGD(torch.optim.SGD):
        steps = 0

        def step(self, closure=None):
            self.steps += 1
            events.append("begin")
            if self.steps == 10:  # the third batch of epoch 2
                print("ready", flush=True)
                end = time.monotonic() + 20
                while time.monotonic() < end and not Path(output + ".sent").exists():
                    time.sleep(0.01)
                time.sleep(0.2)
            super().step(closure)
            events.append("end")

    trainer = Trainer(
        max_epochs=3, live=False, optimizer=lambda p, total: SlowSGD(p, lr=0.1)
    )
    data = ToyData()
    history = trainer.fit(model, data)
    first = {
        "interrupted": history.interrupted,
        "epochs": len(history),
        "begin": events.count("begin"),
        "end": events.count("end"),
        "finite": all(bool(p.isfinite().all()) for p in model.parameters()),
        "evaluated": trainer.evaluate(model, data.val_dataloader())[1],
        "training": model.training,
    }
    history = trainer.fit(model, data)
    second = {"interrupted": history.interrupted, "curve": curve(history)}
    Path(output).write_text(json.dumps({"first": first, "second": second}))


if __name__ == "__main__":
    {"train": train, "write": write, "interrupt": interrupt}[sys.argv[1]](sys.argv[2])
