"""What the hidden cases of several exercises are made with."""

from __future__ import annotations

import torch


def some(g: torch.Generator, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return int(torch.randint(low, high + 1, (), generator=g))
