"""What a training loop leans on: honest sums, and a stop that harms nothing.

Level 1.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

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


class Tally:
    """Loss and right answers of each batch, on the device until they are read.

    Asking for a number (`loss.item()`) makes the host wait for the device, so
    it is done once for a whole pass.
    """

    def __init__(self) -> None:
        self.losses: list[torch.Tensor] = []
        self.hits: list[torch.Tensor] = []
        self.sizes: list[int] = []

    def add(self, loss: torch.Tensor, y_hat: torch.Tensor, y: torch.Tensor) -> None:
        self.losses.append(loss.detach())
        self.hits.append((y_hat.detach().argmax(dim=1) == y).sum())
        self.sizes.append(len(y))

    def read(self) -> tuple[float, float, list[float]]:
        """Mean loss and accuracy over all samples, and the loss of each batch."""
        count = sum(self.sizes)
        if not count:
            raise ValueError("the loader gave no samples: the data set is empty")
        both = torch.stack(self.losses + [h.to(self.losses[0]) for h in self.hits])
        values = both.tolist()
        losses, hits = values[: len(self.sizes)], values[len(self.sizes) :]
        total = math.fsum(v * n for v, n in zip(losses, self.sizes, strict=True))
        return total / count, sum(hits) / count, losses


class DelayedInterrupt:
    """Ctrl-C waits while weights are being updated or a file is written.

    Outside of `with …delayed()` it acts at once, as ever. Python delivers
    signals to the main thread only; in another thread nothing is changed.
    """

    def __init__(self) -> None:
        self._busy = self._pending = False
        self._previous: Any = None

    def __enter__(self) -> DelayedInterrupt:
        previous = signal.getsignal(signal.SIGINT)
        main = threading.current_thread() is threading.main_thread()
        if main and callable(previous):
            self._previous = previous
            signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _handle(self, number: int, frame: Any) -> None:
        if self._busy:
            self._pending = True
        else:
            self._previous(number, frame)

    @contextlib.contextmanager
    def delayed(self) -> Iterator[None]:
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        if self._pending:
            self._pending = False
            self._previous(signal.SIGINT, None)


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


def diverged(what: str, epoch: int, batch: int, of: int, lr: float) -> TrainingDiverged:
    """The error to raise, with the place and the mend in its message."""
    return TrainingDiverged(
        f"{what} in epoch {epoch}, batch {batch} of {of} (learning rate {lr:g}). "
        f"The weights are back where they were before epoch {epoch}. Try a smaller "
        "learning rate or gradient_clip_val=1, or look at that batch.",
        epoch,
        batch,
    )


def too_large(batch_size: int, error: Exception) -> str:
    """What to do after a batch did not fit into the GPU's memory."""
    advice = (
        f"make the data with batch_size={batch_size // 2}"
        if batch_size > 1
        else "use a smaller model or a device with more memory"
    )
    return f"a batch of {batch_size} does not fit into the memory: {advice} ({error})"
