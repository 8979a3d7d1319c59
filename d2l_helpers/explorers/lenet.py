"""Inside a trained LeNet: its weights run in the page, on pictures that change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from . import _lenet
from ._base import Explorer, encoded
from ._picture import Picture, to_bytes
from ._state import Choice, Flag, NumberList, Real, Whole, to_array

SIDE, COVER = 28, 7
CELLS = SIDE * SIDE
MOST = 24  # pictures; two cards come behind them


class LeNetInside(Explorer):
    """Every map of a trained LeNet, alive: change the picture, ask any unit.

    Args:
        model: a trained `d2l.LeNet` or `LeNet.modern`, on any device. It is read
            once; its 61,706 weights travel as 16-bit floats, those of the two large
            dense layers as 8-bit integers times a step of each unit.
        images: 1 to 24 pictures, (n, 28, 28) or (n, 1, 28, 28), from 0 to 1; kept
            with 256 grey levels.
        labels: their classes, n numbers from 0 to 9.
        names: the ten classes' names; Fashion-MNIST's by default.
        garment: which picture; n is a white card, n + 1 a card of noise.
        drawing: 784 values from 0 to 1, row by row, to take a picture's place; or [].
        mirror, angle, right, down, noise, cover: what is done to it, in this order:
            mirrored left to right; turned about its middle by degrees, clockwise;
            shifted; normal noise of this deviation added (`seed`) and cut to 0…1;
            a black 7×7 square with its corner at cover_row, cover_column.
        hand: what the pointer does on the picture: "shift", "cover" or "draw".
        layer, unit: the unit that is looked at, counted map by map, row by row;
            the layer "gap" is the lead of the best class.
        signed: show the convolutions before their activation.
        ask: the answer is hidden until the reader has said one.

    Raises:
        traitlets.TraitError: another network, or pictures that do not fit.
    """

    concept = "lenet"
    garment = Whole(0, MOST + 1, 0)
    right = Whole(-6, 6, 0)
    down = Whole(-6, 6, 0)
    angle = Whole(-180, 180, 0)
    mirror = Flag()
    noise = Real(0, 1, 0)
    seed = Whole(0, 999, 0)
    cover = Flag()
    cover_row = Whole(0, SIDE - COVER, 11)
    cover_column = Whole(0, SIDE - COVER, 14)
    drawing = NumberList([], (0, CELLS), 0, 1)
    hand = Choice("shift", "cover", "draw")
    layer = Choice(
        *("conv1", "pool1", "conv2", "pool2", "dense1", "dense2", "scores", "gap"),
        default="conv2",
    )
    unit = Whole(0, 4703, 0)
    signed = Flag()
    ask = Flag()

    def __init__(
        self,
        model: Any,
        images: Any,
        labels: Any,
        names: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        settings, trained = _lenet.read_network(model)
        self._weights, texts = _lenet.stored(trained)
        pixels = self._pictures(images)
        classes = to_array(labels, "labels")
        if classes.shape != pixels.shape[:1] or not np.isin(classes, range(10)).all():
            msg = f"labels must be {len(pixels)} classes from 0 to 9, got {classes}"
            raise traitlets.TraitError(msg)
        names = list(names or NAMES)
        if len(names) != 10 or not all(isinstance(name, str) for name in names):
            msg = f"names must be ten words, got {names}"
            raise traitlets.TraitError(msg)
        self._images = pixels / 255
        self._settings = settings
        data = {
            **settings,
            **texts,
            "images": encoded(pixels, "u1"),
            "labels": classes.astype(int).tolist(),
            "names": names,
        }
        if "unit" not in options and "layer" not in options:
            options["unit"] = self._loudest(self._images[0])
        super().__init__(data=data, **options)

    @staticmethod
    def _pictures(images: Any) -> np.ndarray:
        values = to_array(images, "images")
        if values.ndim == 4 and values.shape[1] == 1:
            values = values[:, 0]
        if values.shape[1:] != (SIDE, SIDE) or not 1 <= len(values) <= MOST:
            msg = f"images must be 1 to {MOST} pictures of 28×28, got {values.shape}"
            raise traitlets.TraitError(msg)
        if values.min() < 0 or values.max() > 1:
            msg = f"images lie from 0 to 1, got {values.min():g} to {values.max():g}"
            raise traitlets.TraitError(msg)
        return to_bytes(values)

    def _loudest(self, picture: np.ndarray) -> int:
        """The unit of conv 2 with the largest value: where the page starts."""
        return int(self._forward(picture)["conv2"].argmax())

    @traitlets.validate("garment", "drawing")
    def _there(self, proposal: Any) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        if name == "drawing" and len(value) not in (0, CELLS):
            msg = f"drawing must hold no or {CELLS} numbers, got {len(value)}"
            raise traitlets.TraitError(msg)
        if name == "garment" and value > len(self._images) + 1:
            msg = f"there are {len(self._images)} pictures and two cards, got {value}"
            raise traitlets.TraitError(msg)
        return value

    def _base(self) -> np.ndarray:
        if len(self.drawing):
            return np.array(self.drawing).reshape(SIDE, SIDE)
        if self.garment < len(self._images):
            return self._images[self.garment]
        if self.garment == len(self._images):
            return np.ones((SIDE, SIDE))
        return _lenet.uniform(self.seed, np.arange(CELLS)).reshape(SIDE, SIDE)

    @property
    def pixels(self) -> np.ndarray:
        """The picture that the network gets: (28, 28) float64 in [0, 1]."""
        base = self._base()
        if self.mirror:
            base = base[:, ::-1]
        turn, middle = np.radians(self.angle), (SIDE - 1) / 2
        y = np.arange(SIDE)[:, None] - self.down - middle
        x = np.arange(SIDE)[None, :] - self.right - middle
        row = middle + np.cos(turn) * y - np.sin(turn) * x
        col = middle + np.cos(turn) * x + np.sin(turn) * y
        if self.angle == 0:
            row, col = y + middle + 0 * x, x + middle + 0 * y
        i, j = np.floor(row).astype(int), np.floor(col).astype(int)
        v, u = row - i, col - j
        wide = np.pad(base, SIDE)  # zeros all around

        def at(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            return wide[np.clip(a + SIDE, 0, None), np.clip(b + SIDE, 0, None)]

        out = (1 - v) * ((1 - u) * at(i, j) + u * at(i, j + 1))
        out += v * ((1 - u) * at(i + 1, j) + u * at(i + 1, j + 1))
        if self.noise > 0:
            noise = _lenet.normal(self.seed, CELLS).reshape(SIDE, SIDE)
            out = np.clip(out + self.noise * noise, 0, 1)
        if self.cover:
            i, j = self.cover_row, self.cover_column
            out[i : i + COVER, j : j + COVER] = 0
        return out

    def _forward(self, pixels: np.ndarray) -> dict[str, np.ndarray]:
        return _lenet.forward(self._settings, self._weights, pixels)

    def picture(self) -> Picture:
        maps = self._forward(self.pixels)
        picture = Picture().image("Picture", to_bytes(self.pixels), "input", size=168)
        for name, across, title in (
            ("conv1", 2, "conv 1: 6 maps"),
            ("pool1", 2, "pool 1: 6"),
            ("pool2", 4, "pool 2: 16"),
        ):
            values = maps[name] / (maps[name].max() or 1)
            values = np.pad(values, ((0, 0), (0, 1), (0, 1)), constant_values=1)
            n, rows, cols = values.shape
            sheet = values.reshape(n // across, across, rows, cols).swapaxes(1, 2)
            sheet = to_bytes(sheet.reshape(n // across * rows, across * cols))
            size = 168 * sheet.shape[1] / sheet.shape[0]
            picture.image(title, sheet, "output", size=size)
        return picture

    def sentence(self) -> str:
        scores = self._forward(self.pixels)["scores"]
        share = np.exp(scores - scores.max())
        share /= share.sum()
        names, best = self.data["names"], int(scores.argmax())
        shown = "a drawing"
        if not len(self.drawing):
            cards = ["a white card", "a card of noise"]
            labels = [names[c] for c in self.data["labels"]]
            shown = [*labels, *cards][self.garment]
        answer = (
            "an answer to be guessed"
            if self.ask
            else f"{names[best]}, with a share of {share[best]:.3f}"
        )
        return (
            f"The maps of a trained LeNet for one picture ({shown}): six of 28 × 28 "
            "after the first convolution, six of 14 × 14 after pooling, sixteen of "
            f"5 × 5 before the dense layers. It says: {answer}."
        )

    @classmethod
    def example(cls) -> LeNetInside:
        """The chapter's network of seed 0 and the first twenty test garments."""
        from d2l_helpers.data import FashionMNIST
        from d2l_helpers.pretrained import pretrained_lenet

        images, labels = FashionMNIST().val[:20]
        return cls(pretrained_lenet(0), images, labels)


NAMES = (
    *("t-shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
)
