"""The folder of a run on the command line, and what it says there. Level 2."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from d2l_helpers.checkpoint import CheckpointError, load_checkpoint, save_model
from d2l_helpers.history import History


class RunFolder:
    """Checkpoint, model, history and log of one run of `epochs` epochs.

    `checkpoint` is the Trainer's file and the only one that a run goes on
    from; the others follow it. Methods raise CheckpointError for a folder that
    cannot be written.
    """

    def __init__(self, path: Path, epochs: int) -> None:
        self.path, self.epochs = path, epochs
        self.checkpoint = path / "run.safetensors"
        self.model = path / "model.safetensors"
        self.history = path / "history.json"
        self.log = path / "log.jsonl"
        self.trained = 0

    def prepare(self) -> None:
        """Make the folder, and see now whether it can be written."""
        with self._writing():
            self.path.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self.path).close()

    def clear(self) -> None:
        """Delete the files of an earlier run, the one it goes on from first."""
        with self._writing():
            for file in (self.checkpoint, self.model, self.history, self.log):
                file.unlink(missing_ok=True)

    def epoch(self, history: History) -> None:
        """Print the line of the last epoch and log it."""
        print(describe(history, self.epochs), flush=True)
        with self._writing():
            if not self.trained:  # a kill may have come between checkpoint and log
                self._write_log(history)
            else:
                with self.log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(history.last) + "\n")
        self.trained += 1

    def results(self, history: History, model: nn.Module | None = None) -> None:
        """Bring history and log up to date, and the model if it is finished.

        A file that is right already is left alone.
        """
        with self._writing():
            _write(self.history, json.dumps(history.to_dict(), indent=1) + "\n")
            self._write_log(history)
            if model is not None and not self._holds(model):
                save_model(model, self.model)

    def _holds(self, model: nn.Module) -> bool:
        """Whether the model's file has these weights; an older run may have left it."""
        try:
            tensors, _ = load_checkpoint(self.model)
        except CheckpointError:
            return False
        own = {name: value.cpu() for name, value in model.state_dict().items()}
        return own.keys() == tensors.keys() and all(
            torch.equal(value, tensors[name]) for name, value in own.items()
        )

    def _write_log(self, history: History) -> None:
        _write(self.log, "".join(json.dumps(row) + "\n" for row in history))

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CheckpointError(
                f"cannot write to {self.path}: {error}. Free some space, or choose "
                "another folder with --output."
            ) from error


def describe(history: History, epochs: int) -> str:
    """The last epoch in one line."""
    row = history.last
    return (
        f"epoch {row['epoch']}/{epochs}  train loss {row['train_loss']:.4f}  "
        f"train acc {row['train_acc']:.4f}  val acc {row['val_acc']:.4f}  "
        f"{row['seconds']:.1f} s  lr {row['lr']:.3g}"
    )


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and not if the file says it already."""
    if path.is_file() and path.read_bytes() == text.encode():
        return
    draft = path.with_name(f".{path.name}.tmp")
    try:
        draft.write_bytes(text.encode())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
