"""Batches that the device picks by itself, and what it notes about them. Level 3.

For steps that are recorded once and played back (`graphed`): which batch is next,
and where its numbers go, is told by a counter on the device.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from d2l_helpers.batches import Batches
from d2l_helpers.guards import require_batches


def resident_batches(loader: Any, name: str) -> Batches:
    """`loader`, if its images lie on the device; TypeError if not."""
    require_batches(loader, name)
    if not isinstance(loader, Batches):
        raise TypeError(
            f"the {name} loader must be d2l.Batches, whose images lie on the device; "
            f"got {type(loader).__name__}. d2l.Trainer takes any loader"
        )
    return loader


class Feed:
    """The batches of a loader, picked on the device, and notes of what they gave."""

    def __init__(self, loader: Batches) -> None:
        self.loader, self.images = loader, loader.images
        n, b, device = len(loader.images), loader.batch_size, loader.images.device
        self.whole = n // b
        self.sizes = [b] * self.whole
        if len(loader) > self.whole:
            self.sizes.append(n % b)
        self.order = torch.arange(n, device=device)
        self.at = torch.zeros(1, dtype=torch.int64, device=device)
        kind = torch.float64  # a mean of float32 losses is then exact
        self.notes = torch.zeros(len(loader), 2, dtype=kind, device=device)

    def rewind(self) -> None:
        """To the first batch, in a new order if the loader shuffles; waits for nothing.

        The order is the one that `Batches` would draw.
        """
        self.at.zero_()
        if self.loader.shuffle:
            n, generator = len(self.order), self.loader.generator
            pinned = self.order.is_cuda
            order = torch.randperm(n, generator=generator, pin_memory=pinned)
            self.order.copy_(order, non_blocking=True)

    def batch(self, whole: bool) -> tuple[Tensor, Tensor]:
        """The batch that is next, (b, 1, h, w) and (b,), or the smaller last one."""
        end = self.whole * self.loader.batch_size
        if not whole:
            return self.images[self.order[end:]]
        rows = self.order[:end].view(self.whole, -1)
        return self.images[rows.index_select(0, self.at).flatten()]

    def note(self, loss: Tensor, y_hat: Tensor, y: Tensor) -> None:
        """Keep a batch's mean loss and its right answers, and go on to the next."""
        hits = (y_hat.detach().argmax(dim=1) == y).sum()
        row = torch.stack([loss.detach().to(self.notes), hits.to(self.notes)])
        self.notes.index_copy_(0, self.at, row.unsqueeze(0))
        self.at.add_(1)

    def read(self, flag: Tensor) -> tuple[float, float, list[float], bool]:
        """Mean loss and accuracy over all samples, each batch's loss, and the flag.

        Waits for the device, once.
        """
        numbers = torch.cat([self.notes.flatten(), flag.to(self.notes).view(1)])
        *notes, ok = numbers.tolist()
        losses, hits = notes[::2], notes[1::2]
        total = math.fsum(v * n for v, n in zip(losses, self.sizes, strict=True))
        count = sum(self.sizes)
        return total / count, sum(hits) / count, losses, bool(ok)
