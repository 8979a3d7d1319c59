"""What the experiments share: seeds, rounding, two ways to train."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

import d2l_helpers as d2l

SEEDS = (0, 1, 2)


@dataclass
class OneLine:
    """Plain JSON that its file holds on one line, however long."""

    value: Any


def rounded(values: Iterable, digits: int = 4) -> list[float]:
    return [round(float(v), digits) for v in values]


def full(batch_size: int) -> d2l.FashionMNIST:
    """The whole set, never the sample."""
    return d2l.FashionMNIST(batch_size, device=d2l.try_gpu(), source="full")


def fit(
    make: Callable[[], nn.Module], data, epochs: int, seed: int, optimizer=None
) -> tuple[nn.Module, d2l.History]:
    """A fresh model of one seed, which also orders the batches."""
    d2l.seed_everything(seed)
    model = make()
    trainer = d2l.Trainer(
        epochs, seed=seed, live=False, device=d2l.try_gpu(), optimizer=optimizer
    )
    return model, trainer.fit(model, data)


def curve(history: d2l.History) -> dict[str, list[float]]:
    names = ("train_loss", "train_acc", "val_loss", "val_acc")
    return {name: rounded(history[name]) for name in names}


def adam_scores(
    make: Callable[[], nn.Module],
    data: d2l.ImageData,
    seed: int,
    at: tuple[int, ...],
    lr: float = 1e-3,
) -> list[float]:
    """Accuracy on `data.val` after each number of Adam steps in `at`, one run."""
    d2l.seed_everything(seed)
    model = make().to(data.train.pixels.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    loader, done, scores = data.train_dataloader(), 0, []
    while True:
        for X, y in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(X), y).backward()
            optimizer.step()
            done += 1
            if done in at:
                evaluate = d2l.Trainer(1, live=False).evaluate
                scores.append(round(evaluate(model, data.val_dataloader())[1], 4))
            if done == max(at):
                return scores


@torch.no_grad()
def answers(model: nn.Module, X: Tensor) -> Tensor:
    """The class that the model names for each image (n, 1, h, w): (n,)."""
    model.eval()
    return torch.cat([model(part).argmax(1) for part in X.split(1000)])


def slid(X: Tensor, down: int, right: int) -> Tensor:
    """Every image moved; zeros come in at the border."""
    return nn.functional.pad(X, (right, -right, down, -down))


FOUR_WAYS = ((0, 1), (0, -1), (1, 0), (-1, 0))
