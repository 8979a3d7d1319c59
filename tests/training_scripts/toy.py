"""A small learnable problem, for the tests and for the processes they kill."""

from __future__ import annotations

import torch
from torch import nn


def toy_images(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noisy (n, 1, 28, 28) pictures of a bar: across (0), down (1), slanted (2)."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 3, (n,), generator=generator)
    X = 0.3 * torch.rand(n, 1, 28, 28, generator=generator)
    at = torch.randint(6, 22, (n,), generator=generator)
    line = torch.arange(28)
    for i in range(n):
        if y[i] == 0:
            X[i, 0, at[i], :] += 0.7
        elif y[i] == 1:
            X[i, 0, :, at[i]] += 0.7
        else:
            X[i, 0, line, (line + at[i]) % 28] += 0.7
    return X, y


class Batches:
    """Shuffles by its own generator, which starts at `seed` in each loader."""

    def __init__(self, X, y, batch_size, seed=None):
        self.X, self.y, self.batch_size = X, y, batch_size
        self.generator = None
        if seed is not None:
            self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        return -(-len(self.y) // self.batch_size)

    def __iter__(self):
        order = torch.arange(len(self.y))
        if self.generator is not None:
            order = torch.randperm(len(self.y), generator=self.generator)
        for part in order.split(self.batch_size):
            yield self.X[part], self.y[part]


class ToyData:
    """100 training images in batches of 16 (the last one holds 4), 50 others."""

    device = torch.device("cpu")

    def __init__(self, n=100, batch_size=16, seed=3):
        self.train, self.val = toy_images(n, 0), toy_images(50, 1)
        self.batch_size, self.seed = batch_size, seed

    def train_dataloader(self):
        return Batches(*self.train, self.batch_size, self.seed)

    def val_dataloader(self):
        return Batches(*self.val, self.batch_size)


class ToyModel(nn.Module):
    """A convolution, dropout (which draws random numbers) and a dense layer."""

    def __init__(self, lr=0.1, schedule=False, seed=7):
        super().__init__()
        torch.manual_seed(seed)
        self.lr, self.schedule = lr, schedule
        self.net = nn.Sequential(
            nn.Conv2d(1, 4, 5, stride=2),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.AdaptiveMaxPool2d(3),
            nn.Dropout(0.1),
            nn.Flatten(),
            nn.Linear(36, 3),
        )

    def forward(self, X):
        return self.net(X)

    def configure_optimizers(self, total_steps):
        if not self.schedule:
            return torch.optim.SGD(self.parameters(), lr=self.lr, momentum=0.5)
        optimizer = torch.optim.AdamW(self.parameters(), lr=0.01)
        return optimizer, torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.01, total_steps=total_steps
        )


def curve(history) -> dict:
    """The history without the times, which differ from run to run."""
    record = history.to_dict()
    del record["columns"]["seconds"]
    return record


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    """Bit for bit."""
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)
