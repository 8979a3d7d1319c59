"""What a training run measured. Level 1; imports neither torch nor matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

COLUMNS = (
    "epoch",
    "train_loss",
    "train_acc",
    "val_loss",
    "val_acc",
    "seconds",
    "lr",
)


class History:
    """One row per finished epoch, read by column: `history["val_acc"]`.

    epoch       1, 2, …
    train_loss  mean over the samples of the pass, while the weights moved
    train_acc   share of right answers in that pass, 0 to 1
    val_loss    the same after the pass, on the validation data; None without
    val_acc     such data
    seconds     wall-clock time of the training pass
    lr          learning rate of the epoch's last step

    `steps` is a finer curve of the training loss: pairs (epochs done, loss),
    at most `points_per_epoch` of them in an epoch. `interrupted` is True if
    the last fit was stopped by Ctrl-C.
    """

    points_per_epoch = 20

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        self.steps: list[tuple[float, float]] = []
        self.interrupted = False

    def append(self, step_losses: list[float] | None = None, **row: Any) -> None:
        """Add an epoch; `row` gives every column but `epoch`.

        `step_losses` holds the loss of each batch; neighbours are averaged.
        Raises TypeError if a column is missing or unknown.
        """
        expected = set(COLUMNS) - {"epoch"}
        if row.keys() != expected:
            raise TypeError(
                f"a row needs {sorted(expected)}; missing "
                f"{sorted(expected - row.keys())}, unknown "
                f"{sorted(row.keys() - expected)}"
            )
        done = len(self)
        for name, value in {"epoch": done + 1, **row}.items():
            self.columns[name].append(value)
        losses = step_losses or []
        points = min(len(losses), self.points_per_epoch)
        for k in range(points):
            begin = k * len(losses) // points
            end = (k + 1) * len(losses) // points
            mean = math.fsum(losses[begin:end]) / (end - begin)
            self.steps.append((done + end / len(losses), mean))

    def __len__(self) -> int:
        return len(self.columns["epoch"])

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; there are {', '.join(COLUMNS)}")
        return list(self.columns[name])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows, as dictionaries."""
        for values in zip(*self.columns.values(), strict=True):
            yield dict(zip(COLUMNS, values, strict=True))

    @property
    def last(self) -> dict[str, Any]:
        """The newest row. Raises IndexError before the first epoch is done."""
        if not len(self):
            raise IndexError("no epoch has been completed yet")
        return {name: values[-1] for name, values in self.columns.items()}

    def __repr__(self) -> str:
        # no measured number: the text must be the same on every machine
        note = ", interrupted" if self.interrupted else ""
        return f"<History: {len(self)} epoch{'s' * (len(self) != 1)}{note}>"

    def to_dict(self) -> dict[str, Any]:
        """Strict JSON: infinities and NaN become the texts "inf" and "nan"."""
        return {
            "columns": {k: [_to_json(v) for v in c] for k, c in self.columns.items()},
            "steps": [[_to_json(x), _to_json(y)] for x, y in self.steps],
            "interrupted": self.interrupted,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> History:
        """The inverse of `to_dict`. Raises ValueError for anything else."""
        history = cls()
        try:
            columns = {k: [_from_json(v) for v in data["columns"][k]] for k in COLUMNS}
            steps = [(_from_json(x), _from_json(y)) for x, y in data["steps"]]
            history.interrupted = bool(data["interrupted"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a saved History: {error!r}") from error
        if len({len(values) for values in columns.values()}) != 1:
            raise ValueError("not a saved History: its columns differ in length")
        history.columns, history.steps = columns, steps
        return history

    def plot(self, axes: Any = None) -> Any:
        """Draw loss and accuracy by epoch; see `plotting.training_curves`."""
        from d2l_helpers import plotting  # matplotlib is loaded only to draw

        return plotting.training_curves(self, axes=axes)


def _to_json(value: Any) -> Any:
    finite = not isinstance(value, float) or math.isfinite(value)
    return value if finite else str(value)


def _from_json(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value
