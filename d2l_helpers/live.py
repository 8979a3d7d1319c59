"""How a training run is shown while it goes on. Level 2."""

from __future__ import annotations

import io
import os
import sys
import time

from d2l_helpers.history import History


def live_mode(live: bool | None) -> str:
    """How a run should be shown here: "kernel", "lines" or "none".

    `live` True or False decides. With None nothing is shown under pytest
    (nbval's kernels inherit its PYTEST_VERSION) and where D2L_QUIET is set, as
    the book's build does; otherwise a plot in Jupyter, lines anywhere else.
    """
    quiet = os.environ.get("D2L_QUIET", "0") not in ("", "0")
    quiet = quiet or "PYTEST_VERSION" in os.environ
    if live is False or (live is None and quiet):
        return "none"
    # no import: without IPython in the process this cannot be a notebook
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return "kernel" if getattr(shell, "kernel", None) is not None else "lines"


class LiveView:
    """Shows a growing History: a plot and a bar, lines, or nothing.

    A context manager; `step()` after each batch, `epoch()` after each epoch.
    A plot is drawn at most every `min_seconds`, since drawing one can take
    longer than an epoch; the last epoch is always drawn.
    """

    min_seconds = 0.5

    def __init__(self, history: History, epochs: int, batches: int, live: bool | None):
        self.history, self.epochs = history, epochs
        self.mode = live_mode(live)
        self._bar = self._handle = None
        self._drawn, self._due = len(history), 0.0
        if self.mode == "kernel":
            from tqdm import tqdm

            total = (epochs - len(history)) * batches
            self._bar = tqdm(total=total, unit="batch", leave=False)

    def __enter__(self) -> LiveView:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._bar is not None:
            self._bar.close()
            self._draw()

    def step(self) -> None:
        if self._bar is not None:
            self._bar.update()

    def epoch(self) -> None:
        if self.mode == "lines":
            print(self._line(), flush=True)
        elif self.mode == "kernel" and time.monotonic() >= self._due:
            self._draw()

    def _draw(self) -> None:
        if self._drawn == len(self.history):
            return
        from IPython.display import Image, display

        picture = Image(data=self._png(), alt=self._line())
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)
        self._drawn = len(self.history)
        self._due = time.monotonic() + self.min_seconds

    def _line(self) -> str:
        row = self.history.last
        part = "train" if row["val_acc"] is None else "val"
        return (
            f"epoch {row['epoch']}/{self.epochs}  "
            f"train loss {row['train_loss']:.3f}  "
            f"{part} acc {row[part + '_acc']:.3f}  {row['seconds']:.1f} s"
        )

    def _png(self) -> bytes:
        from d2l_helpers import plotting  # matplotlib is loaded only to draw

        figure = self.history.plot()
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=100)
        # a figure left open would be drawn once more at the end of the cell
        plotting.plt.close(figure)
        return buffer.getvalue()
