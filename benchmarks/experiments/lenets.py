"""LeNet, classic and modern: the last section's experiments."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import d2l_helpers as d2l
from d2l_helpers.models import FASHION_MEAN, FASHION_STD
from d2l_helpers.pretrained import path_of

from .common import SEEDS, answers, curve, fit, full, rounded

BOOT = 9


def modern_rate() -> tuple[dict, dict]:
    """Choose the modern recipe's peak rate on images held out of the training set."""
    settings = {"epochs": 10, "batch_size": 128, "held_out": 10_000, "seed": 0}
    split = full(128).split(settings["held_out"], seed=settings["seed"])
    results = {}
    for lr in (2e-3, 5e-3, 1e-2, 2e-2):
        _, history = fit(lambda lr=lr: d2l.LeNet.modern(lr), split, 10, 0)
        results[str(lr)] = round(history["val_acc"][-1], 4)
        print(lr, rounded(history["val_acc"]), flush=True)
    return settings, results


def lenet(make, keep: bool = False) -> tuple[dict, list]:
    settings = {"epochs": 10, "batch_size": 128, "seeds": SEEDS, "lr": make().lr}
    data, results = full(128), []
    for seed in SEEDS:
        model, history = fit(make, data, 10, seed)
        results.append({**curve(history), **portrait(model, data.val)})
        if keep:
            d2l.save_model(model, path_of(seed))
        print(seed, results[-1]["val_acc"], results[-1]["mirrored_boots"], flush=True)
    return settings, results


def portrait(model: nn.Module, images: d2l.Images) -> dict:
    """What the trained network answers: recall per class, and mirrored boots."""
    X, y = images[:]
    named = answers(model, X)
    boots = answers(model, X[y == BOOT].flip(3))
    return {
        "recall": rounded((named[y == c] == c).float().mean() for c in range(10)),
        "mirrored_boots": torch.bincount(boots, minlength=10).tolist(),
    }


def lenet_classic() -> tuple[dict, list]:
    """Classic LeNet, ten epochs, three seeds, tested after each epoch."""
    return lenet(d2l.LeNet)


def lenet_modern() -> tuple[dict, list]:
    """Modern LeNet at the chosen peak rate, ten epochs, three seeds; weights kept."""
    return lenet(d2l.LeNet.modern, keep=True)


def gain_four(module: nn.Module) -> None:
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        nn.init.xavier_uniform_(module.weight, gain=4.0)
        nn.init.zeros_(module.bias)


def default_start(module: nn.Module) -> None:
    if hasattr(module, "reset_parameters"):
        module.reset_parameters()


def variant(activation=nn.Sigmoid, pool=nn.AvgPool2d, start=d2l.init_cnn, first=(),
            norm=False) -> nn.Module:  # fmt: skip
    """Classic LeNet with one part exchanged; `norm` adds batch normalisation."""
    layers: list[nn.Module] = list(first)
    for layer in d2l.LeNet._stack(activation, pool, 10):
        layers.append(layer)
        if norm and isinstance(layer, nn.Conv2d):
            layers.append(nn.BatchNorm2d(layer.out_channels))
        elif norm and isinstance(layer, nn.Linear) and layer.out_features > 10:
            layers.append(nn.BatchNorm1d(layer.out_features))
    net = nn.Sequential(*layers)
    net.apply(start)
    return net


class Subsample(nn.Module):
    """1998's S layers: window sum times a weight plus a bias per map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, X: Tensor) -> Tensor:
        return 4 * nn.functional.avg_pool2d(X, 2) * self.weight + self.bias


class ScaledTanh(nn.Module):
    def forward(self, X: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(2 / 3 * X)


# Which of the six S2 maps each C3 map reads: table I of LeCun et al. (1998).
TABLE = [
    *("012", "123", "234", "345", "045", "015"),
    *("0123", "1234", "2345", "0345", "0145", "0125", "0134", "1245", "0235"),
    "012345",
]


class C3(nn.Conv2d):
    """The partly connected convolution of 1998: 60 of 96 slices, 1,516 weights."""

    def __init__(self) -> None:
        super().__init__(6, 16, 5)
        mask = torch.zeros(16, 6, 1, 1)
        for row, sources in enumerate(TABLE):
            mask[row, [int(c) for c in sources]] = 1
        self.register_buffer("mask", mask)

    def forward(self, X: Tensor) -> Tensor:
        return nn.functional.conv2d(X, self.weight * self.mask, self.bias)


def nineteen_ninety_eight() -> nn.Module:
    """1998's shapes, squashing, start and normalised input.

    The head is dense with a softmax, and the optimiser plain SGD, unlike there.
    """
    net = nn.Sequential(
        d2l.Normalize(FASHION_MEAN, FASHION_STD),
        nn.Conv2d(1, 6, 5, padding=2), ScaledTanh(), Subsample(6), ScaledTanh(),
        C3(), ScaledTanh(), Subsample(16), ScaledTanh(), nn.Flatten(),
        nn.Linear(400, 120), ScaledTanh(), nn.Linear(120, 84), ScaledTanh(),
        nn.Linear(84, 10),
    )  # fmt: skip
    for layer in net:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            fan_in = layer.weight[0].numel()
            if isinstance(layer, C3):
                fan_in = 25 * 60 / 16
            nn.init.uniform_(layer.weight, -2.4 / fan_in, 2.4 / fan_in)
            nn.init.zeros_(layer.bias)
    return net


def sgd(lr=0.1, **options):
    return lambda parameters, _: torch.optim.SGD(parameters, lr, **options)


def adam(parameters, _):
    return torch.optim.Adam(parameters, 1e-3)


def one_cycle(**options):
    def make(parameters, steps):
        optimizer = torch.optim.SGD(parameters, 0.1)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, 0.1, total_steps=steps, **options
        )
        return optimizer, schedule

    return make


# From sigmoid, average pooling, Xavier and SGD at 0.1, nearly all by one change.
MENDS = {
    "none": (variant, sgd()),
    "max pooling": (lambda: variant(pool=nn.MaxPool2d), sgd()),
    "PyTorch's start": (lambda: variant(start=default_start), sgd()),
    "one-cycle schedule": (variant, one_cycle(cycle_momentum=False)),
    "one-cycle, PyTorch's default": (variant, one_cycle()),
    "normalised input": (
        lambda: variant(first=[d2l.Normalize(FASHION_MEAN, FASHION_STD)]),
        sgd(),
    ),
    "learning rate 1.0": (variant, sgd(1.0)),
    "momentum 0.9": (variant, sgd(momentum=0.9)),
    "Xavier, gain 4": (lambda: variant(start=gain_four), sgd()),
    "Adam, 0.001": (variant, adam),
    "parts of 1998": (nineteen_ninety_eight, sgd()),
    "ReLU": (lambda: variant(nn.ReLU), sgd()),
    "batch normalisation": (lambda: variant(norm=True), sgd()),
    "tanh": (lambda: variant(nn.Tanh), sgd()),
}


@torch.no_grad()
def spread_of_logits(net: nn.Module, X: Tensor) -> float:
    """Standard deviation over images, mean over the ten scores."""
    net.train()
    return net(X).std(0).mean().item()


def mends() -> tuple[dict, dict]:
    """The classic recipe and thirteen variations, two epochs, three seeds.

    Accuracy on 10,000 images held out of the training set; the spread of the
    logits is taken before training, over 1,000 images.
    """
    settings = {"epochs": 2, "batch_size": 128, "held_out": 10_000, "seeds": SEEDS}
    split, results = full(128).split(settings["held_out"], seed=0), {}
    thousand = split.train[:1000][0]
    for name, (make, optimizer) in MENDS.items():
        rows = []
        for seed in SEEDS:
            d2l.seed_everything(seed)
            fresh = make().to(thousand.device)
            spread = spread_of_logits(fresh, thousand)
            _, history = fit(make, split, settings["epochs"], seed, optimizer)
            rows.append({"spread": float(f"{spread:.3g}"), **curve(history)})
        weights = sum(p.numel() for p in fresh.parameters())
        if name == "parts of 1998":  # the masked slices are not weights
            weights -= 36 * 25
        results[name] = {"weights": weights, "runs": rows}
        print(name, [(r["spread"], r["val_acc"]) for r in rows], flush=True)
    return settings, results
