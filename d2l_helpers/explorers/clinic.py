"""LeNet in the clinic: recorded trainings under one scrub head, dials, a diagnosis."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from ._base import Explorer
from ._picture import Picture
from ._state import Choice, Flag, Whole, to_array

STEPS, KERNELS = 15, 150
# The figures of one reading: how many numbers each has, 0 for one alone.
FIGURES = {"loss": 0, "accuracy": 0, "named": 0}
FIGURES |= {"spread": 5, "saturated": 4, "slope": 4, "gradient": 5}
MENDS = (
    *("max pooling", "one-cycle schedule", "normalised input", "learning rate 1.0"),
    *("momentum 0.9", "Xavier, gain 4", "Adam, 0.001", "ReLU"),
    *("batch normalisation", "tanh", "modern recipe"),
)


def _short(value: float, digits: int = 3) -> float:
    """The digits that count; whole numbers as such."""
    value = float(f"{value:.{digits}g}")
    return int(value) if value.is_integer() else value


def _run(name: str, run: Any) -> dict[str, Any]:
    """What the page shows of one training, checked."""
    out: dict[str, Any] = {}
    for figure, n in FIGURES.items():
        try:
            values = to_array(run[figure], f"{name}: {figure}")
        except (KeyError, TypeError):
            msg = f"the run {name!r} has no {figure!r}"
            raise traitlets.TraitError(msg) from None
        if values.shape != ((STEPS, n) if n else (STEPS,)):
            msg = f"{name}: {figure} must have {STEPS} readings, got {values.shape}"
            raise traitlets.TraitError(msg)
        digits = 3 if n else 4
        rounded = np.vectorize(_short, otypes=[object])(values, digits)
        out[figure] = rounded.tolist()
    try:
        kernels = [
            {"scale": float(k["scale"]), "bytes": str(k["bytes"])}
            for k in run["kernels"]
        ]
        sizes = {len(base64.b64decode(k["bytes"], validate=True)) for k in kernels}
    except (KeyError, TypeError, ValueError, binascii.Error):
        kernels, sizes = [], set()
    if len(kernels) != STEPS or sizes != {KERNELS}:
        msg = f"{name}: kernels must be {STEPS} times six of 5×5 as bytes in base64"
        raise traitlets.TraitError(msg)
    return {**out, "kernels": kernels}


class Clinic(Explorer):
    """Two trainings beside each other, the classic one and one with a change.

    Args:
        record: ``d2l.recorded("clinic_mends")``: 15 readings of each training.
        mend: which training stands beside the classic one.
        reading: the scrub head, 0 to 14.
        across: the layers' dials over the training "steps", or over the "layers".
        layer: which layer they read, 0 to 4; 4 is the scores.
        loss, accuracy, spread, saturated, slope, gradient, kernels: dials that are on.
        told: the diagnosis is locked and the evidence shown.

    Raises:
        traitlets.TraitError: another record.
    """

    concept = "clinic"
    mend = Choice(*MENDS, default="ReLU")
    reading = Whole(0, STEPS - 1, 4)
    across = Choice("steps", "layers")
    layer = Whole(0, 4, 3)
    loss = Flag(True)
    accuracy = Flag()
    spread = Flag()
    saturated = Flag()
    slope = Flag()
    gradient = Flag()
    kernels = Flag()
    told = Flag()

    def __init__(self, record: Mapping[str, Any], **options: Any) -> None:
        try:
            at, results = record["settings"]["at"], record["results"]
            runs = {name: results[name] for name in ("classic", *MENDS)}
        except (KeyError, TypeError) as error:
            msg = f'Clinic takes d2l.recorded("clinic_mends"): no {error}'
            raise traitlets.TraitError(msg) from None
        steps = to_array(at, "at")
        if steps.shape != (STEPS,) or (np.diff(steps) <= 0).any() or steps[0] != 0:
            msg = f"at must be {STEPS} rising steps from 0, got {at}"
            raise traitlets.TraitError(msg)
        data = {
            "at": steps.astype(int).tolist(),
            "runs": {name: _run(name, run) for name, run in runs.items()},
        }
        super().__init__(data=data, **options)

    @property
    def figures(self) -> dict[str, dict[str, Any]]:
        """What the dials read now, of the classic training and the one beside it."""
        return {
            name: {key: self.data["runs"][name][key][self.reading] for key in FIGURES}
            for name in ("classic", self.mend)
        }

    def picture(self) -> Picture:
        at, runs = self.data["at"], self.data["runs"]
        pair = [(runs["classic"], "input"), (runs[self.mend], "kernel")]
        picture = Picture()
        for key, title in (("loss", "Loss"), ("accuracy", "Accuracy")):
            curves = [(at, run[key], role) for run, role in pair]
            picture.lines(title, curves, size=(280, 160))
        return picture

    def sentence(self) -> str:
        step = self.data["at"][self.reading]
        classic, other = self.figures.values()
        return (
            "Two trainings of LeNet over "
            f"{self.data['at'][-1]:,} steps: the classic recipe (blue) and the same "
            f"with one change, {self.mend} (orange). At step {step:,} the loss is "
            f"{classic['loss']:.3f} and {other['loss']:.3f}; the classic loss stays "
            "near 2.303 for more than a thousand steps."
        )

    @classmethod
    def example(cls) -> Clinic:
        """The chapter's record, ReLU beside the classic recipe."""
        from d2l_helpers.records import recorded

        return cls(recorded("clinic_mends"))
