"""What a training loop leans on: a stop that harms nothing, and early complaints.

Level 2.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from d2l_helpers.distributed import Ranks
from d2l_helpers.history import History


class TrainingDiverged(RuntimeError):  # noqa: N818, an event like Ctrl-C
    """The loss or the weights stopped being finite; the good weights are back.

    `history` holds the epochs before, `epoch` and `batch` (both counted from
    1) say where it happened.
    """

    def __init__(self, message: str, epoch: int, batch: int) -> None:
        super().__init__(message)
        self.epoch, self.batch = epoch, batch
        self.history: History | None = None


class DelayedInterrupt:
    """Ctrl-C waits while weights are being updated or a file is written.

    Outside of `with …delayed()` it acts at once, as ever. With several ranks it
    always waits for the end of the next such block, where all ranks stop if one
    of them was told to: none is left waiting for the others. SIGTERM is treated
    alike if the program has a handler for it. Python delivers signals to the
    main thread only; in another thread nothing is changed.
    """

    def __init__(self, ranks: Ranks | None = None) -> None:
        self._ranks = ranks or Ranks()
        self._together = self._ranks.count > 1
        self._busy, self._pending = self._together, 0
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> DelayedInterrupt:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                previous = signal.getsignal(number)
                if callable(previous):
                    self._previous[number] = previous
                    signal.signal(number, self._handle)
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        if kind is None:  # it came after the last block
            self._act(self._pending)

    def _handle(self, number: int, frame: Any) -> None:
        if self._busy:
            self._pending = number
        else:
            self._previous[number](number, frame)

    def _act(self, number: int) -> None:
        self._pending = 0
        if number:  # a rank that got no signal itself may have no handler for it
            self._previous.get(number, signal.default_int_handler)(number, None)

    @contextlib.contextmanager
    def delayed(self) -> Iterator[None]:
        self._busy = True
        try:
            yield
        finally:
            self._busy = self._together
        self._act(self._ranks.agree(self._pending) if self._together else self._pending)


@contextlib.contextmanager
def modes_restored(model: nn.Module) -> Iterator[None]:
    """Each module's own training flag as it was; some may be frozen."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def require_batches(loader: Any, name: str) -> Any:
    """`loader`, unless its length is 0: then ValueError."""
    if len(loader) == 0:
        raise ValueError(
            f"the {name} loader has no batches: the data set is empty, or "
            "batch_size is larger than it and incomplete batches are dropped"
        )
    return loader


def check_batch(X: torch.Tensor, y: torch.Tensor, device: torch.device) -> int:
    """The size of a batch; ValueError if it is not on the model's `device`."""
    if X.device != device or y.device != device:
        raise ValueError(
            f"the model is on {device}, but a batch is on {X.device} (images) and "
            f"{y.device} (labels); give the data or the Trainer another device"
        )
    return len(y)


def weights_finite(model: nn.Module) -> bool:
    """Whether no parameter holds NaN or infinity; waits for the device once."""
    checks = [p.detach().isfinite().all() for p in model.parameters()]
    return bool(torch.stack(checks).all())


def check_losses(losses: list[float], epoch: int, lr: float) -> None:
    """TrainingDiverged if the loss of a batch is not finite; it names the first."""
    for i, loss in enumerate(losses, 1):
        if not math.isfinite(loss):
            raise _diverged(f"the loss became {loss}", epoch, i, len(losses), lr)


def check_weights(
    finite: bool, val_loss: float | None, epoch: int, batches: int, lr: float
) -> None:
    """TrainingDiverged if weights or validation loss are not finite after an epoch."""
    if not (finite and math.isfinite(val_loss or 0.0)):
        what = f"the weights became unusable (validation loss {val_loss})"
        raise _diverged(what, epoch, batches, batches, lr)


def _diverged(
    what: str, epoch: int, batch: int, of: int, lr: float
) -> TrainingDiverged:
    """The error to raise, with the place and the mend in its message."""
    return TrainingDiverged(
        f"{what} in epoch {epoch}, batch {batch} of {of} (learning rate {lr:g}). "
        f"The weights are back where they were before epoch {epoch}. Try a smaller "
        "learning rate or gradient_clip_val=1, or look at that batch.",
        epoch,
        batch,
    )


@contextlib.contextmanager
def memory_explained(model: nn.Module, batch_size: Callable[[], int]) -> Iterator[None]:
    """A GPU out of memory becomes a RuntimeError that names a smaller batch."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        # a notebook keeps the last error, and its frames keep the activations
        traceback.clear_frames(error.__traceback__)
        model.zero_grad(set_to_none=True)
        raise RuntimeError(_too_large(batch_size(), error)) from None


def _too_large(batch_size: int, error: Exception) -> str:
    """What to do after a batch did not fit into the GPU's memory."""
    advice = (
        f"make the data with batch_size={batch_size // 2}"
        if batch_size > 1
        else "use a smaller model or a device with more memory"
    )
    return f"a batch of {batch_size} does not fit into the memory: {advice} ({error})"
