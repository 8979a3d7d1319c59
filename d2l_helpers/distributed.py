"""Several processes that train one model together. Level 0.

Each process is a rank and holds the whole model and the whole data. Of every
batch it takes one part; `DistributedDataParallel` averages the gradients, so
that all ranks make the same step: the one that a single process would make
with the whole batch.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

# A rank that dies is noticed at once; this is for one that hangs.
TIMEOUT = timedelta(minutes=10)


@dataclass(frozen=True)
class Place:
    """Which of the processes that torchrun started this is, and on its machine."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1

    @classmethod
    def from_environment(cls) -> Place | None:
        """None if torchrun did not start this process."""
        if not (dist.is_available() and dist.is_torchelastic_launched()):
            return None
        names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
        return cls(*(int(os.environ[name]) for name in names))


@contextlib.contextmanager
def process_group(device: torch.device) -> Iterator[Ranks]:
    """Join the processes that torchrun started; alone if it started none.

    Gradients travel by gloo between CPUs and by NCCL between CUDA devices,
    where gloo carries what lies on the CPU. Raises RuntimeError if a rank does
    not come.
    """
    if Place.from_environment() is None:
        yield Ranks()
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, timeout=TIMEOUT)
    try:
        yield Ranks()
    finally:
        dist.destroy_process_group()


def is_lost_rank(error: RuntimeError) -> bool:
    """Whether the network between the ranks says so; torch has no class for it."""
    return dist.is_available() and any(n in str(error) for n in ("gloo", "NCCL"))


class Ranks:
    """This process among those that train together: number `rank` of `count`.

    Without a process group it is rank 0 of 1, and every method gives back
    what it is given. Otherwise all ranks must call the same methods in the
    same order, and RuntimeError says that one of them has gone.
    """

    def __init__(self) -> None:
        self.joined = dist.is_available() and dist.is_initialized()
        self.rank = dist.get_rank() if self.joined else 0
        self.count = dist.get_world_size() if self.joined else 1

    @property
    def first(self) -> bool:
        """Whether this is the one rank that prints and writes."""
        return self.rank == 0

    def wrap(self, model: nn.Module) -> nn.Module:
        """`model`, called through this, has its gradients averaged over the ranks.

        Every rank gets the weights of the first. The parameters stay those of
        `model`, and so does its `state_dict`.
        """
        if not self.joined:
            return model
        device = next(model.parameters()).device
        return DistributedDataParallel(
            model, device_ids=None if device.type == "cpu" else [device]
        )

    def part(self, X: Tensor, y: Tensor) -> tuple[Tensor, Tensor, float]:
        """This rank's images and labels of a batch, and their share of the batch.

        The parts are as even as they can be, and the shares of all ranks add
        up to 1. A rank for which no image is left takes the first with share
        0, since the others wait for its backward pass.
        """
        if self.count == 1:
            return X, y, 1.0
        n = len(y)
        begin, end = n * self.rank // self.count, n * (self.rank + 1) // self.count
        if begin == end:
            return X[:1], y[:1], 0.0
        return X[begin:end], y[begin:end], (end - begin) / n

    def weigh(self, loss: Tensor, share: float) -> Tensor:
        """The mean `loss` of a part, weighted by the part's size.

        So the average over the ranks is the mean over the batch. A plain average
        would give a rank with fewer images the same say.
        """
        return loss if self.count == 1 else loss * (share * self.count)

    def sum(self, values: Tensor) -> Tensor:
        """`values` added up over the ranks; on their device, in their dtype."""
        if self.joined:
            values = values.clone()
            dist.all_reduce(values)
        return values

    def agree(self, number: int) -> int:
        """The largest `number` that a rank brings; waits for all of them."""
        if not self.joined:
            return number
        value = torch.tensor(number)
        dist.all_reduce(value, op=dist.ReduceOp.MAX)
        return int(value)

    def align(self, model: nn.Module) -> None:
        """Buffers and torch's random numbers as on the first rank.

        The running means of a BatchNorm layer come from the images of one
        rank, and dropout draws one number per activation. A checkpoint holds
        the first rank's; with those everywhere, going on is the same as
        starting again from the file.
        """
        if not self.joined:
            return
        for buffer in model.buffers():
            dist.broadcast(buffer, src=0)
        state = torch.get_rng_state()
        dist.broadcast(state, src=0)
        torch.set_rng_state(state)
        device = next(model.parameters()).device
        if device.type == "cuda":
            state = torch.cuda.get_rng_state(device)
            dist.broadcast(state, src=0)
            torch.cuda.set_rng_state(state, device)
