"""Training as a recording of GPU work, played back step by step. Level 4.

A step of LeNet is about a hundred kernels of a few microseconds each, and Python
takes longer to ask for them than a large GPU to run them. So a whole step is
recorded once as a CUDA graph: the batch, picked by an order and a counter, forward,
loss, backward, the optimizer's step, loss and hits noted. From then on a step is
one call.

Recorded work meets the same memory every time. So all that changes lies in tensors
on the device, and the work itself moves on the counters that point into them. On
the CPU the same functions are called directly, with the same results.

The rules kept here are those of PyTorch's notes on CUDA semantics, "CUDA Graphs".
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from d2l_helpers.batches import Batches
from d2l_helpers.feed import Feed, resident_batches
from d2l_helpers.flat_update import FlatUpdate
from d2l_helpers.guards import (
    DelayedInterrupt,
    TrainingDiverged,
    check_losses,
    check_weights,
    memory_explained,
    modes_restored,
)
from d2l_helpers.history import History
from d2l_helpers.run_state import seed_run
from d2l_helpers.validation import as_int

WARM_UP = 3  # calls before a recording, in which libraries choose their kernels
Calls = list[tuple[Callable[[], None], int]]


def fit_graphed(
    model: nn.Module,
    data: Any,
    max_epochs: int,
    *,
    seed: int | None = 0,
    steps_per_graph: int = 1,
) -> History:
    """Train as `Trainer(max_epochs, seed=seed).fit(model, data)` does, from graphs.

    `data` is an `ImageData`, or has loaders that are `Batches`, on a CUDA device;
    on the CPU the steps are called one by one. Batches and their order, the smaller
    last one (it has a graph of its own), loss, optimizer and schedule are the
    Trainer's, so weights and history differ from its by rounding alone. Optimizers:
    those that `FlatUpdate` takes. `steps_per_graph` steps are recorded one behind
    the other, for fewer calls; what is left over is played singly.

    In each epoch one order goes to the device, and numbers come back twice. Ctrl-C
    ends the run after the epoch at hand, with `interrupted` True in the history.

    Raises TypeError or ValueError for data or an optimizer that cannot be recorded,
    TrainingDiverged as `Trainer.fit` does, with the last good weights in place, and
    RuntimeError with a smaller batch size if the GPU's memory is too small.
    """
    epochs = as_int(max_epochs, "max_epochs", 1)
    together = as_int(steps_per_graph, "steps_per_graph", 1)
    loader, val = resident_batches(data.train_dataloader(), "training"), None
    if hasattr(data, "val_dataloader"):
        val = resident_batches(data.val_dataloader(), "validation")
    device = _recordable(loader.images.device)
    model.to(device)
    if seed is not None:
        seed_run(seed, loader)
    run, history = Run(model, loader, val, epochs), History()
    explained = memory_explained(model, lambda: loader.batch_size)
    try:
        with (
            _current(device),
            explained,
            modes_restored(model),
            DelayedInterrupt() as interrupt,
        ):
            with interrupt.delayed():
                run.record(together)
            while len(history) < epochs:
                with interrupt.delayed():
                    run.epoch(history)
    except KeyboardInterrupt:
        history.interrupted = True
    except TrainingDiverged as error:
        error.history = history
        raise
    finally:
        run.update.release()
    return history


class Run:
    """One model's training: its steps, their recordings, and an epoch of them."""

    def __init__(
        self, model: nn.Module, loader: Batches, val: Batches | None, epochs: int
    ) -> None:
        self.model, self.device = model, loader.images.device
        self.loss_of = getattr(model, "loss", F.cross_entropy)
        self.train, self.val = Feed(loader), None if val is None else Feed(val)
        self.update = FlatUpdate(model, epochs * len(loader))

    def train_step(self, whole: bool) -> None:
        X, y = self.train.batch(whole)
        y_hat = self.model(X)
        loss = self.loss_of(y_hat, y)
        self.update(loss)
        self.train.note(loss, y_hat, y)

    @torch.no_grad()
    def val_step(self, whole: bool) -> None:
        X, y = self.val.batch(whole)
        y_hat = self.model(X)
        self.val.note(self.loss_of(y_hat, y), y_hat, y)

    def record(self, together: int) -> None:
        """Warm up, put everything back as it was, and record both passes."""
        passes = [(True, self.train_step, self.train)]
        if self.val is not None:
            passes.append((False, self.val_step, self.val))
        kept = [x.clone() for x in self._values()]
        try:
            with _aside(self.device):
                for training, step, feed in passes:
                    self.model.train(training)
                    self._warm_up(step, feed)
        finally:
            self._put_back(kept)
            self.update.restart()
        self.calls = []
        for training, step, feed in passes:
            self.model.train(training)
            self.calls.append(_calls(step, feed, together, self.device))

    def _warm_up(self, step: Callable[[bool], None], feed: Feed) -> None:
        for whole in {k < feed.whole for k in range(len(feed.sizes))}:
            for _ in range(WARM_UP):
                feed.at.zero_()
                self.update.at.zero_()
                step(whole)

    def epoch(self, history: History) -> None:
        """Train and validate once, and add the row to `history`.

        Raises TrainingDiverged, with the weights from before the epoch.
        """
        kept = [x.clone() for x in self._values()]
        try:
            row, losses = self._epoch(len(history) + 1)
        except TrainingDiverged:
            self._put_back(kept)
            raise
        history.append(losses, **row)

    def _epoch(self, epoch: int) -> tuple[dict[str, Any], list[float]]:
        steps = len(self.train.sizes)
        lr = self.update.rates[epoch * steps - 1][0]
        start = time.perf_counter()
        self.model.train()
        train_loss, train_acc, losses, finite = self._play(self.train, self.calls[0])
        seconds = time.perf_counter() - start
        check_losses(losses, epoch, lr)
        val_loss = val_acc = None
        if self.val is not None:
            self.model.eval()
            val_loss, val_acc, _, _ = self._play(self.val, self.calls[1])
        check_weights(finite, val_loss, epoch, steps, lr)
        return {
            "train_loss": train_loss,
            "train_acc": train_acc,
            "val_loss": val_loss,
            "val_acc": val_acc,
            "seconds": seconds,
            "lr": lr,
        }, losses

    def _play(self, feed: Feed, calls: Calls) -> tuple[float, float, list[float], bool]:
        feed.rewind()
        for call, times in calls:
            for _ in range(times):
                call()
        return feed.read(self.update.finite())

    def _values(self) -> list[Tensor]:
        return [self.update.flat.detach(), *self.model.buffers()]

    def _put_back(self, kept: list[Tensor]) -> None:
        for value, old in zip(self._values(), kept, strict=True):
            value.copy_(old)


def _calls(
    step: Callable[[bool], None], feed: Feed, together: int, device: torch.device
) -> Calls:
    """What an epoch calls, and how often.

    `together` steps at once, single ones for what is left over, and the smaller last
    one.
    """

    def steps(n: int, whole: bool) -> Callable[[], None]:
        def run() -> None:
            for _ in range(n):
                step(whole)

        return run

    many, left = divmod(feed.whole, together)
    wanted = [(together, True, many), (1, True, left)]
    wanted.append((1, False, len(feed.sizes) - feed.whole))
    return [(_recorded(steps(n, w), device), times) for n, w, times in wanted if times]


def _recorded(work: Callable[[], None], device: torch.device) -> Callable[[], None]:
    """`work` as a graph on CUDA, which this call does not run; `work` itself else."""
    if device.type == "cpu":
        return work
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


@contextlib.contextmanager
def _aside(device: torch.device) -> Iterator[None]:
    """A stream of its own for the warm-up, and random numbers that leave no trace."""
    if device.type == "cpu":
        with torch.random.fork_rng(devices=[]):
            yield
        return
    here, side = torch.cuda.current_stream(device), torch.cuda.Stream(device)
    side.wait_stream(here)
    with torch.random.fork_rng(devices=[device]), torch.cuda.stream(side):
        yield
    here.wait_stream(side)


def _current(device: torch.device) -> contextlib.AbstractContextManager:
    """Graphs are recorded on the current CUDA device."""
    on_gpu = device.type == "cuda"
    return torch.cuda.device(device) if on_gpu else contextlib.nullcontext()


def _recordable(device: torch.device) -> torch.device:
    if device.type not in ("cuda", "cpu"):
        raise ValueError(
            f"steps are recorded on CUDA, the data lie on {device}; "
            "train with d2l.Trainer"
        )
    return device
