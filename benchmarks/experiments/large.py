"""Large batches, so that a fast GPU has enough to do in each step."""

from __future__ import annotations

from torch import Tensor, nn

from .common import SEEDS, curve, fit, full
from .tens import HELD_OUT, folded, lenet, one_cycle

# Its neighbours are tried on images held out of the training set, by
# `record.py large_batch`.
LARGE = {"epochs": 10, "batch_size": 512, "lr": 0.02, "weight_decay": 0.05,
         "activation": "ReLU", "normalised": True}  # fmt: skip
OTHERS: dict[str, dict] = {
    "chosen": {},
    "no batch normalisation": {"normalised": False},
    "batch 128": {"batch_size": 128},
    "peak 0.01": {"lr": 0.01},
    "peak 0.03": {"lr": 0.03},
    "weight decay 0.1": {"weight_decay": 0.1},
}


class LargeBatchLeNet(nn.Module):
    """LeNet's shapes, with an optimizer whose step is one kernel on a GPU.

    The schedule moves the learning rate alone: the fused AdamW takes no other.
    """

    def __init__(self, settings: dict = LARGE) -> None:
        super().__init__()
        self.settings, self.net = settings, lenet(settings)

    def forward(self, X: Tensor) -> Tensor:
        return self.net(X)

    def configure_optimizers(self, total_steps: int):
        weights, settings = self.parameters(), self.settings
        return one_cycle(weights, total_steps, settings, cycle_momentum=False)


def large_batch() -> tuple[dict, dict]:
    """A recipe for batches of 512: chosen on held-out images, then tested.

    "held out": accuracy on 10,000 images held out of the training set, one seed.
    "tested": three seeds on the test set, batch normalisation folded into 61,706
    weights at the end.
    """
    held_out = {}
    for name, change in OTHERS.items():
        settings = LARGE | change
        split = full(settings["batch_size"]).split(HELD_OUT, seed=0)
        _, history = fit(
            lambda s=settings: LargeBatchLeNet(s), split, settings["epochs"], 0
        )
        held_out[name] = round(history["val_acc"][-1], 4)
        print(name, held_out[name], flush=True)
    data, tested = full(LARGE["batch_size"]), []
    for seed in SEEDS:
        model, history = fit(LargeBatchLeNet, data, LARGE["epochs"], seed)
        weights = sum(p.numel() for p in folded(model.net).parameters())
        tested.append({"weights": weights, **curve(history)})
        print(seed, tested[-1]["val_acc"][-1], weights, flush=True)
    settings = LARGE | {"held_out": HELD_OUT, "seeds": SEEDS}
    return settings, {"held out": held_out, "tested": tested}
