"""How soon LeNet is good."""

from __future__ import annotations

import d2l_helpers as d2l

from .common import full

# On 10,000 images held out of the training set (`record.py quick_rate`) three settings
# are clear of 0.88. Of these the largest batches take the least time.
QUICK = {"epochs": 2, "batch_size": 128, "lr": 1e-2}
HELD_OUT = 10_000


def quick_rate() -> tuple[dict, dict]:
    """Epochs, batch and peak rate for 0.88 soon, on held-out images, one seed."""
    results = {}
    for epochs, batch_size, lr in (
        (1, 32, 5e-3),
        (1, 64, 5e-3),
        (1, 64, 1e-2),
        (2, 128, 1e-2),
        (2, 64, 5e-3),
        (2, 64, 1e-2),
    ):
        split = full(batch_size).split(HELD_OUT, seed=0)
        settings = {"epochs": epochs, "batch_size": batch_size, "lr": lr}
        _, accuracy = quick(0, split.device, split, settings)
        name = f"{epochs} × {batch_size} a batch, peak {lr}"
        results[name] = round(accuracy, 4)
        print(name, results[name], flush=True)
    return {"held_out": HELD_OUT, "seed": 0}, results


def quick(seed: int, device=None, data=None, settings=QUICK) -> tuple[float, float]:
    """Seconds from fresh weights to a tested network, and its accuracy.

    Modern LeNet, fused, in one short one-cycle run: the learning rate ends at
    zero with the last step, so there is one test, at the end. `data` is the whole
    set with its test images, or a split of the training set.
    """
    if data is None:
        data = d2l.FashionMNIST(settings["batch_size"], device=device, source="full")
    with d2l.Timer(device) as timer:
        d2l.seed_everything(seed)
        model = d2l.fuse(d2l.LeNet.modern(settings["lr"]))
        trainer = d2l.Trainer(settings["epochs"], seed=seed, live=False, device=device)
        once = Untested(data)
        trainer.fit(model, once)
        _, accuracy = trainer.evaluate(model, d2l.Batches(data.val, 1000))
    return timer.seconds, accuracy


class Untested:
    """Training batches alone, so that `fit` does not test after every epoch."""

    def __init__(self, data: d2l.ImageData) -> None:
        self.device, self.train_dataloader = data.device, data.train_dataloader
