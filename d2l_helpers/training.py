"""One training loop, written to be read, and what keeps it safe. Level 3.

A model maps images (n, c, h, w) to scores (n, classes). It may bring its own
`loss(scores, y)`, otherwise cross-entropy is used, and its own
`configure_optimizers(total_steps)`, which returns an optimizer or a pair
(optimizer, scheduler); the scheduler steps once per batch. Without one, SGD
runs with the learning rate `model.lr`, or 0.1.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from d2l_helpers.devices import Timer, try_gpu
from d2l_helpers.distributed import Ranks
from d2l_helpers.guards import (
    DelayedInterrupt,
    TrainingDiverged,
    check_batch,
    check_losses,
    check_weights,
    memory_explained,
    modes_restored,
    require_batches,
    weights_finite,
)
from d2l_helpers.history import History
from d2l_helpers.live import LiveView
from d2l_helpers.run_state import (
    check_settings,
    fill_run,
    loader_state,
    make_optimizer,
    read_run,
    save_run,
    seed_run,
    set_loader_state,
)
from d2l_helpers.tally import Tally
from d2l_helpers.validation import as_int


class Trainer:
    """Trains a model for `max_epochs` with `fit`, on one device.

    The device is `device` if given, else `try_gpu()` if `num_gpus` is 1, else
    the one that holds the data (`data.device`), else the CPU. `fit` moves the
    model there; the batches must be there already.

    gradient_clip_val  longest gradient allowed (2-norm over all parameters); 0: any
    optimizer          `f(parameters, total_steps)`, used instead of the model's
    live               show progress: None where it makes sense, True, False
    checkpoint         path of a file from which a killed run continues
    checkpoint_every   epochs between two writes of it; the last one is always written
    seed               seeds every generator, the data's too, before the first
                       epoch; the model has its first weights by then, so seed
                       before building it as well
    settings           facts (JSON values by name) that a checkpoint must share
    on_epoch           `f(history)`, called after each epoch, when it is written

    Calling `fit` again with the same model continues: `max_epochs` more, in
    the same `history`. The optimizer keeps its momentum; a learning-rate
    schedule starts anew. Another model starts another history.

    With a checkpoint, epochs that the file already holds are not run again, so
    a script that was killed can be started again unchanged, and ends with the
    weights it would have had. A file written by another model is refused.

    In a process group (torch.distributed) the ranks train one model together:
    each must make the same model and the same batches, and takes its part of
    every batch. The numbers are those of one process, if the loss is a mean
    over the batch. Only the first rank writes, shows and calls `on_epoch`.
    """

    def __init__(
        self,
        max_epochs: int,
        num_gpus: int = 0,
        gradient_clip_val: float = 0.0,
        *,
        device: torch.device | str | None = None,
        optimizer: Callable[[Iterable[nn.Parameter], int], Any] | None = None,
        live: bool | None = None,
        checkpoint: str | Path | None = None,
        checkpoint_every: int = 1,
        seed: int | None = None,
        settings: dict[str, Any] | None = None,
        on_epoch: Callable[[History], None] | None = None,
    ) -> None:
        self.max_epochs = as_int(max_epochs, "max_epochs", 1)
        self.num_gpus = as_int(num_gpus, "num_gpus", 0)
        if self.num_gpus > 1:
            raise ValueError(f"a Trainer uses one device, got num_gpus={num_gpus}")
        if not gradient_clip_val >= 0:
            raise ValueError(
                f"gradient_clip_val must be at least 0, got {gradient_clip_val}"
            )
        self.gradient_clip_val = gradient_clip_val
        self._wanted_device = device
        self.make_optimizer = optimizer
        self.live = live
        self.checkpoint = None if checkpoint is None else Path(checkpoint)
        self.checkpoint_every = as_int(checkpoint_every, "checkpoint_every", 1)
        self.seed, self.settings, self.on_epoch = seed, settings, on_epoch
        self._forget()

    def fit(self, model: nn.Module, data: Any) -> History:
        """Train on `data.train_dataloader()`; validate on `data.val_dataloader()`.

        Ctrl-C ends the run after the current weight update: the history so far
        comes back with `interrupted` True, and the model can be used.

        Raises ValueError for a loader without batches or on another device,
        TrainingDiverged, CheckpointError, and RuntimeError with a smaller
        batch size if the GPU's memory is too small.
        """
        loader = require_batches(data.train_dataloader(), "training")
        val_loader = None
        if hasattr(data, "val_dataloader"):
            val_loader = require_batches(data.val_dataloader(), "validation")
        self.ranks = Ranks()
        self._begin(model, data, loader)
        history, good = self.history, copy.deepcopy(model.state_dict())
        live = self.live if self.ranks.first else False
        try:
            with (
                DelayedInterrupt(self.ranks) as self._interrupt,
                LiveView(history, self._target, len(loader), live) as view,
                modes_restored(model),
            ):
                net = self.ranks.wrap(model)
                while len(history) < self._target:
                    row, losses = self._epoch(model, net, loader, val_loader, view)
                    with self._interrupt.delayed():
                        history.append(losses, **row)
                        good = copy.deepcopy(model.state_dict())
                        self._loader_state = loader_state(loader)
                        self._save(model)
                        if self.on_epoch is not None and self.ranks.first:
                            self.on_epoch(history)
                    view.epoch()
        except KeyboardInterrupt:
            history.interrupted = True
            if not weights_finite(model):
                self._restore(model, good)
        except TrainingDiverged as error:
            error.history = history
            self._restore(model, good)
            raise
        finally:
            if len(history) < self._target:  # stopped early: a new plan is due
                self._target, self._plan = len(history), (0, 0)
        return history

    def evaluate(self, model: nn.Module, loader: Iterable) -> tuple[float, float]:
        """Mean loss and share of right answers over all samples of `loader`.

        Exact also if the last batch is smaller. The model is in evaluation
        mode meanwhile and back in its own modes afterwards. In a process group
        every rank must call it, and takes its part of every batch. Raises
        ValueError for no batches, or if they are not on the model's device.
        """
        loss_of = getattr(model, "loss", F.cross_entropy)
        device = next((p.device for p in model.parameters()), torch.device("cpu"))
        tally = Tally()
        with modes_restored(model), torch.no_grad():
            model.eval()
            for X, y in loader:
                size = self._batch_size = check_batch(X, y, device)
                X, y, share = tally.ranks.part(X, y)
                y_hat = model(X)
                tally.add(loss_of(y_hat, y), y_hat, y, size, share)
        loss, accuracy, _ = tally.read()
        return loss, accuracy

    def _train_epoch(self, model, net, loader, view) -> tuple[Tally, Any]:
        """The loop itself: every batch moves the weights by one step.

        `net` is the model, or what averages its gradients over the ranks.
        """
        loss_of = getattr(model, "loss", F.cross_entropy)
        tally, lr = Tally(self.ranks), None
        model.train()
        for X, y in loader:
            size = self._batch_size = check_batch(X, y, self.device)
            X, y, share = self.ranks.part(X, y)
            y_hat = net(X)
            loss = loss_of(y_hat, y)
            self.optimizer.zero_grad(set_to_none=True)
            self.ranks.weigh(loss, share).backward()
            if self.gradient_clip_val > 0:
                nn.utils.clip_grad_norm_(model.parameters(), self.gradient_clip_val)
            lr = self.optimizer.param_groups[0]["lr"]
            with self._interrupt.delayed():
                self.optimizer.step()
                if self.scheduler is not None:
                    self.scheduler.step()
            tally.add(loss, y_hat, y, size, share)
            view.step()
        self.ranks.align(model)
        return tally, lr

    def _epoch(self, model, net, loader, val_loader, view) -> tuple[dict, list]:
        """One pass over each loader: the history's row and the batches' losses."""
        epoch = len(self.history) + 1
        val_loss = val_acc = None
        with memory_explained(model, lambda: self._batch_size):
            with Timer(self.device) as timer:
                tally, lr = self._train_epoch(model, net, loader, view)
                train_loss, train_acc, losses = tally.read()
            lr = float(lr)
            check_losses(losses, epoch, lr)
            if val_loader is not None:
                val_loss, val_acc = self.evaluate(model, val_loader)
        check_weights(weights_finite(model), val_loss, epoch, len(losses), lr)
        return {
            "train_loss": train_loss,
            "train_acc": train_acc,
            "val_loss": val_loss,
            "val_acc": val_acc,
            "seconds": timer.seconds,
            "lr": lr,
        }, losses

    def _begin(self, model: nn.Module, data: Any, loader: Any) -> None:
        """Device, epochs to reach, optimizer: everything before the first batch."""
        device = self._wanted_device
        if device is None:
            own = getattr(data, "device", None) or "cpu"
            device = try_gpu() if self.num_gpus else own
        self.device = torch.empty(0, device=device).device  # "cuda" → cuda:0
        model.to(self.device)
        if model is self._model:
            self._target += self.max_epochs
        else:
            self._forget()
            self._target, self._data = self.max_epochs, data
            if self.checkpoint is not None and self.checkpoint.exists():
                self._resume(model, loader)
        if data is self._data:  # its new loader goes on where the last one stood
            set_loader_state(loader, self._loader_state)
        if self.seed is not None and not len(self.history):
            seed_run(self.seed, loader)
        todo = len(self.history) < self._target
        stale = self.scheduler is not None and self._plan[1] != self._target
        if todo and (self.optimizer is None or stale):
            self._plan = (len(self.history), self._target)
            self._configure(model, loader)
        self.history.interrupted = False
        self._model, self._data = model, data

    def _configure(self, model: nn.Module, loader: Any) -> None:
        """Optimizer and scheduler for the epochs of `_plan`, a pair (begin, end)."""
        steps = (self._plan[1] - self._plan[0]) * len(loader)
        made = make_optimizer(model, steps, self.make_optimizer)
        self.optimizer, self.scheduler = made

    def _forget(self) -> None:
        self._model = self._data = self._loader_state = None
        self.optimizer = self.scheduler = None
        self._target, self._plan = 0, (0, 0)
        self.history = History()

    def _restore(self, model: nn.Module, good: dict) -> None:
        """Back to the last good weights, without the momentum that left them."""
        model.load_state_dict(good)
        model.zero_grad(set_to_none=True)
        self.optimizer = self.scheduler = None

    def _save(self, model: nn.Module) -> None:
        """The whole state of the run after an epoch, if one is to be written."""
        done = len(self.history)
        due = done % self.checkpoint_every == 0 or done == self._target
        if self.checkpoint is not None and due and self.ranks.first:
            facts = {
                "settings": self.settings,
                "plan": self._plan,
                "history": self.history.to_dict(),
                "loader": self._loader_state,
            }
            parts = (model, self.optimizer, self.scheduler)
            save_run(self.checkpoint, *parts, self.device, facts)

    def _resume(self, model: nn.Module, loader: Any) -> None:
        """Continue from the checkpoint. Raises CheckpointError if it does not fit."""
        state = read_run(self.checkpoint)
        check_settings(self.checkpoint, state.get("settings"), self.settings)
        self._plan = state["plan"]
        self._configure(model, loader)
        parts = (model, self.optimizer, self.scheduler)
        fill_run(self.checkpoint, *parts, self.device, state)
        self.history = History.from_dict(state["history"])
        self._loader_state = state["loader"]
