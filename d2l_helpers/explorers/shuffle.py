"""One secret permutation of the pixels, and what MLP and LeNet make of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from ._base import Explorer, encoded
from ._picture import Picture
from ._state import Choice, Flag, Whole, to_array

SIDE = 28
GARMENTS, STOPS = 12, 10
NETS = ("MLP", "LeNet")
# a layout's name here and in the records
LAYOUTS = {"plain": "plain", "shuffled": "scrambled"}


class Shuffle(Explorer):
    """Garments whose pixels are shuffled, and recorded accuracies on both orders.

    Args:
        images: (n, 28, 28), 1 to 12 pictures, grey levels 0 to 255.
        order: (784,), a permutation; new pixel m is old pixel ``order[m]``.
        records: of MLP and LeNet, as `d2l_helpers.recorded` gives them, with the
            layouts "plain" and, in at least one, "scrambled". Where two hold the
            same run, the first counts.
        names: of the garments.
        shuffled: the switch.
        garment: which picture is shown.
        size, steps: positions among `sizes` and `budgets`; the last by default.
        row, column: the chosen pixel of the plain picture.
        shown: "predict" asks which curve will move before it shows; or "all".

    Raises:
        traitlets.TraitError: pictures of another kind, no permutation, records
            without these runs.
    """

    concept = "shuffle"
    shuffled = Flag()
    garment = Whole(0, GARMENTS - 1, 0)
    size = Whole(0, STOPS - 1, 0)
    steps = Whole(0, STOPS - 1, 0)
    row = Whole(0, SIDE - 1, 14)
    column = Whole(0, SIDE - 1, 14)
    shown = Choice("predict", "all")

    def __init__(
        self,
        images: Any,
        order: Any,
        *records: dict,
        names: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        self.images = _pictures(images)
        self.order = _permutation(order)
        self.names = [str(n) for n in names or _numbered(len(self.images))]
        if len(self.names) != len(self.images):
            msg = f"{len(self.images)} images need as many names, got {self.names}"
            raise traitlets.TraitError(msg)
        self.budgets, self.runs = _runs(records)
        self.sizes = sorted(int(n) for n in self.runs["plain"]["MLP"])
        data = {
            "images": encoded(self.images, "u1"),
            "order": encoded(self.order, "<u2"),
            "names": self.names,
            "steps": self.budgets,
            "runs": self.runs,
        }
        last = {"size": len(self.sizes) - 1, "steps": len(self.budgets) - 1}
        super().__init__(data=data, **{**last, **options})

    @classmethod
    def example(cls) -> Shuffle:
        from d2l_helpers import recorded
        from d2l_helpers.data import FashionMNIST

        test = FashionMNIST(64, source="sample").val
        first = [int((test.labels == label).nonzero()[0]) for label in (9, 6, 1, 8)]
        order = np.random.default_rng(0).permutation(SIDE * SIDE)
        names = ["ankle boot", "shirt", "trouser", "bag"]
        records = recorded("scramble"), recorded("sample_efficiency")
        return cls(test.pixels[first], order, *records, names=names)

    @property
    def given(self) -> np.ndarray:
        """The chosen garment as the networks get it: (28, 28), uint8."""
        pixels = self.images[min(self.garment, len(self.images) - 1)]
        return (
            pixels.ravel()[self.order].reshape(SIDE, SIDE) if self.shuffled else pixels
        )

    @property
    def accuracy(self) -> dict[str, dict[str, np.ndarray]]:
        """accuracy[layout][net], one for each seed, at the chosen size and steps.

        Empty where nothing was recorded.
        """
        size = str(self.sizes[min(self.size, len(self.sizes) - 1)])
        step = min(self.steps, len(self.budgets) - 1)
        return {
            layout: {
                net: np.array([seed[step] for seed in nets[net].get(size, [])])
                for net in NETS
            }
            for layout, nets in self.runs.items()
        }

    def picture(self) -> Picture:
        step = min(self.steps, len(self.budgets) - 1)
        curves = []
        for net, role in zip(NETS, ("kernel", "input"), strict=True):
            means = [
                np.mean([seed[step] for seed in self.runs["plain"][net][str(n)]])
                for n in self.sizes
            ]
            curves.append((np.log10(self.sizes), means, role))
        garment = self.images[min(self.garment, len(self.images) - 1)]
        return (
            Picture()
            .image("Garment", garment, size=140)
            .image("Networks get", self.given, size=140)
            .lines("Accuracy, plain: MLP orange, LeNet blue", curves, size=(300, 140))
        )

    def sentence(self) -> str:
        size = self.sizes[min(self.size, len(self.sizes) - 1)]
        steps = self.budgets[min(self.steps, len(self.budgets) - 1)]
        plain = self.accuracy["plain"]
        means = " and ".join(f"{net} {plain[net].mean():.3f}" for net in NETS)
        name = self.names[min(self.garment, len(self.names) - 1)]
        order = "with its pixels shuffled" if self.shuffled else "not shuffled"
        return (
            f"A picture ({name}), {order}. Trained on {size:,} plain garments for "
            f"{steps:,} steps, the test accuracies are: {means}."
        )


def _numbered(n: int) -> list[str]:
    return [f"picture {k}" for k in range(n)]


def _pictures(images: Any) -> np.ndarray:
    array = to_array(images, "images")
    if array.ndim != 3 or array.shape[1:] != (SIDE, SIDE):
        msg = f"images must have the shape (n, {SIDE}, {SIDE}), got {array.shape}"
        raise traitlets.TraitError(msg)
    if not 1 <= len(array) <= GARMENTS:
        msg = f"1 to {GARMENTS} images can be shown, got {len(array)}"
        raise traitlets.TraitError(msg)
    if array.min() < 0 or array.max() > 255 or (array % 1).any():
        msg = "images must be whole grey levels from 0 to 255"
        raise traitlets.TraitError(msg)
    return array.astype(np.uint8)


def _permutation(order: Any) -> np.ndarray:
    array = to_array(order, "order")
    if not np.array_equal(np.sort(array, axis=None), np.arange(SIDE * SIDE)):
        msg = f"order must hold each of 0 … {SIDE * SIDE - 1} once"
        raise traitlets.TraitError(msg)
    return array.ravel().astype(np.int64)


def _runs(records: Sequence[dict]) -> tuple[list[int], dict]:
    """The budgets, and runs[layout][net][images] = one list of accuracies per seed."""
    try:
        budgets = {tuple(int(n) for n in r["settings"]["steps"]) for r in records}
        runs: dict = {layout: {net: {} for net in NETS} for layout in LAYOUTS}
        for record in records:
            for layout, nets in runs.items():
                found = record["results"].get(LAYOUTS[layout], {})
                for net, known in nets.items():
                    for size, seeds in found.get(net, {}).items():
                        known.setdefault(str(int(size)), np.array(seeds, float))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"a record of MLP and LeNet is needed: {error!r}"
        raise traitlets.TraitError(msg) from None
    if len(budgets) != 1:
        msg = f"records with the same steps are needed, got {sorted(budgets)}"
        raise traitlets.TraitError(msg)
    steps = list(budgets.pop())
    for layout, nets in runs.items():
        if not nets["MLP"] or set(nets["MLP"]) != set(nets["LeNet"]):
            msg = f"no runs of both networks on {LAYOUTS[layout]!r} pictures"
            raise traitlets.TraitError(msg)
        for known in nets.values():
            for size, scores in known.items():
                fits = scores.ndim == 2 and scores.shape[1] == len(steps)
                if not fits or not ((scores >= 0) & (scores <= 1)).all():
                    msg = f"no accuracies for {steps} steps at {size} images"
                    raise traitlets.TraitError(msg)
                known[size] = scores.tolist()
    if len(runs["plain"]["MLP"]) > STOPS or len(steps) > STOPS:
        msg = f"at most {STOPS} sizes and budgets can be shown"
        raise traitlets.TraitError(msg)
    return steps, runs
