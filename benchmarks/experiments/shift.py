"""What pooling does to shifted pictures: the pooling section's experiments."""

from __future__ import annotations

import torch
from torch import nn

import d2l_helpers as d2l

from .common import FOUR_WAYS, SEEDS, answers, fit, full, rounded, slid

EPOCHS, HELD_OUT = 10, 10_000
PEAKS = (1e-3, 3e-3, 1e-2, 3e-2)


def one_cycle(peak: float):
    """Adam under a one-cycle schedule."""

    def make(parameters, steps: int):
        optimizer = torch.optim.Adam(parameters, lr=peak)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, peak, total_steps=steps
        )
        return optimizer, schedule

    return make


class BlurPool(nn.Module):
    """Maximum with stride 1, then a binomial 3×3 blur with stride 2."""

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        X = nn.functional.max_pool2d(nn.functional.pad(X, (0, 1, 0, 1)), 2, 1)
        return d2l.blur_pool2d(X, 3, stride=2)


class EverySecond(nn.Module):
    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return X[..., ::2, ::2]


POOLS = {
    "every second pixel": EverySecond,
    "max 2/2": lambda: nn.MaxPool2d(2),
    "average 2/2": lambda: nn.AvgPool2d(2),
    "max 2/1, blur 3/2": BlurPool,
}


def lenet_with(pool) -> nn.Module:
    """LeNet's shapes with ReLU and this pooling, PyTorch's start."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), pool(),
        nn.Conv2d(6, 16, 5), nn.ReLU(), pool(),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(),
        nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def shift_scores(model: nn.Module, images: d2l.Images) -> dict:
    """Accuracy when shifted 0 to 4 pixels to a side, and how answers flicker.

    The mean of four directions; "flips" is how often one pixel changes the answer.
    """
    X, y = images[:]
    still = answers(model, X)
    accuracy, flips = [(still == y).float().mean()], 0.0
    for n in range(1, 5):
        moved = [answers(model, slid(X, n * i, n * j)) for i, j in FOUR_WAYS]
        accuracy.append(torch.stack([(m == y).float().mean() for m in moved]).mean())
        if n == 1:
            flips = torch.stack([(m != still).float().mean() for m in moved]).mean()
    return {"accuracy": rounded(accuracy), "flips": round(float(flips), 4)}


def measure(nets: dict) -> tuple[dict, dict]:
    """Each network at the peak rate that did best for it on held-out images."""
    settings = {"epochs": EPOCHS, "batch_size": 128, "seeds": SEEDS}
    data = full(128)
    split = data.split(HELD_OUT, seed=0)
    chosen, held, results = {}, {}, {}
    for name, make in nets.items():
        held[name] = {}
        for peak in PEAKS:
            _, history = fit(make, split, EPOCHS, 0, one_cycle(peak))
            held[name][str(peak)] = round(history["val_acc"][-1], 4)
        chosen[name] = float(max(held[name], key=held[name].get))
        print(name, held[name], flush=True)
        results[name] = []
        for seed in SEEDS:
            model, _ = fit(make, data, EPOCHS, seed, one_cycle(chosen[name]))
            results[name].append(shift_scores(model, data.val))
            print(name, seed, results[name][-1], flush=True)
    held = {"images": HELD_OUT, "seed": 0, "accuracy": held}
    return {**settings, "held out": held, "peak": chosen}, results


def class_flicker() -> tuple[dict, dict]:
    """Does the answer change when the garment moves? Four poolings and an MLP.

    The test set moved 0 to 4 pixels, mean of four directions; ten epochs each, at a
    peak rate chosen for each network on held-out images.
    """
    nets = {n: lambda pool=pool: lenet_with(pool) for n, pool in POOLS.items()}
    return measure({**nets, "MLP": d2l.MLP})


def trunk(head: list[nn.Module]) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), *head,
    )  # fmt: skip


def global_head() -> tuple[dict, dict]:
    """A global average against a flattened map as the last layer's input.

    Convolutions 8-16-32; the test set moved 0 to 4 pixels, ten epochs each, at a
    peak rate chosen for each network on held-out images.
    """
    nets = {
        "global average": lambda: trunk(
            [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)]
        ),
        "flatten": lambda: trunk([nn.Flatten(), nn.Linear(32 * 49, 10)]),
    }
    weights = {
        n: sum(p.numel() for p in make().parameters()) for n, make in nets.items()
    }
    settings, results = measure(nets)
    return {**settings, "weights": weights}, results
