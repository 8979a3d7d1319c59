"""Honest sums over a pass of batches. Level 1."""

from __future__ import annotations

import math

import torch

from d2l_helpers.distributed import Ranks


class Tally:
    """Loss and right answers of each batch, on the device until they are read.

    Asking for a number (`loss.item()`) makes the host wait for the device, so
    it is done once for a whole pass. With several ranks each adds its own part
    of every batch, and what is read covers the parts of all.
    """

    def __init__(self, ranks: Ranks | None = None) -> None:
        self.ranks = ranks or Ranks()
        self.losses: list[torch.Tensor] = []
        self.hits: list[torch.Tensor] = []
        self.sizes: list[int] = []
        self.shares: list[float] = []

    def add(
        self,
        loss: torch.Tensor,
        y_hat: torch.Tensor,
        y: torch.Tensor,
        size: int | None = None,
        share: float = 1.0,
    ) -> None:
        """The mean loss, scores and labels of a part: `share` of a batch of `size`."""
        self.losses.append(loss.detach())
        self.hits.append((y_hat.detach().argmax(dim=1) == y).sum())
        self.sizes.append(len(y) if size is None else size)
        self.shares.append(share)

    def read(self) -> tuple[float, float, list[float]]:
        """Mean loss and accuracy over all samples, and the loss of each batch."""
        count = sum(self.sizes)
        if not count:
            raise ValueError("the loader gave no samples: the data set is empty")
        both = torch.stack(self.losses + [h.to(self.losses[0]) for h in self.hits])
        if self.ranks.count > 1:  # an image with share 0 is counted elsewhere
            weights = self.shares + [float(share > 0) for share in self.shares]
            both = self.ranks.sum(both * both.new_tensor(weights))
        values = both.tolist()
        losses, hits = values[: len(self.sizes)], values[len(self.sizes) :]
        total = math.fsum(v * n for v, n in zip(losses, self.sizes, strict=True))
        return total / count, sum(hits) / count, losses
