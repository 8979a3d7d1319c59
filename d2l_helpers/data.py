"""Fashion-MNIST, on the device.

`python -m d2l_helpers.data` gets the full set, if it can be had, and says in
one line what will serve.

Level 2: imports `sources` and `batches`, which are level 1.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from d2l_helpers.batches import ImageData, Images
from d2l_helpers.filespecs import FULL
from d2l_helpers.idx import DataError
from d2l_helpers.sources import Loaded, Places, adopt, load_full, load_sample
from d2l_helpers.validation import as_tuple, check_choice

__all__ = ["DataError", "FashionMNIST", "main"]

_said: set[str] = set()


class FashionMNIST(ImageData):
    """60,000 training and 10,000 test images of clothing in ten classes.

    `batch_size`: images per training batch. `resize`: height and width that
    come out, `(28, 28)` being the original. `device`: where the whole set
    lies, as 55 MB of uint8, and where batches are made; the CPU by default.
    `source`: "full" is the whole set or a DataError, "sample" is 5,000 + 1,000
    images that need neither disk nor network, "auto" is the first of the two
    that is to be had, unless the environment's D2L_SOURCE names one. `seed`
    fixes the order of the training batches.
    `normalize`, `permutation`: see `Images`. `drop_last`: see `Batches`.

    `train` and `val` are `Images`, sequences of `(X, y)` with X float32
    (1, h, w) in [0, 1] and y int64. As in Dive into Deep Learning `val` is the
    10,000 test images: use `split` before choosing anything by its score.
    `full` tells whether this is the whole set, `source` who served it.

    Raises DataError (a RuntimeError) for missing or damaged data, ValueError
    for a batch size beyond the number of training images.
    Source: H. Xiao, K. Rasul, R. Vollgraf, arXiv:1708.07747 (2017).
    """

    labels: ClassVar[tuple[str, ...]] = (
        "t-shirt", "trouser", "pullover", "dress", "coat",
        "sandal", "shirt", "sneaker", "bag", "ankle boot",
    )  # fmt: skip

    def __init__(
        self,
        batch_size: int = 64,
        resize: int | tuple[int, int] = (28, 28),
        *,
        device: torch.device | str | None = None,
        source: str = "auto",
        seed: int = 0,
        normalize: tuple[float, float] | None = None,
        permutation: torch.Tensor | None = None,
        drop_last: bool = False,
    ) -> None:
        size = as_tuple(resize, "resize", 1)
        loaded, self.full = _load(check_choice(source, "source", SOURCES))
        self.source = loaded.source
        options = {
            "resize": None if size == (28, 28) else size,
            "permutation": permutation,
            "normalize": normalize,
        }
        train, val = (
            to_images(X, y, device, **options)
            for X, y in (loaded.arrays[:2], loaded.arrays[2:])
        )
        super().__init__(train, val, batch_size, seed=seed, drop_last=drop_last)
        say_once(_line(loaded, self.full))

    @classmethod
    def text_labels(cls, indices: Iterable[int]) -> list[str]:
        """The names of the classes; ValueError for a number that is no class."""
        numbers = [int(i) for i in indices]
        wrong = [i for i in numbers if not 0 <= i < len(cls.labels)]
        if wrong:
            raise ValueError(f"classes are numbered 0 to 9, got {wrong}")
        return [cls.labels[i] for i in numbers]


SOURCES = ("auto", "full", "sample")


def to_images(
    pixels: np.ndarray,
    labels: np.ndarray,
    device: torch.device | str | None = None,
    **options: object,
) -> Images:
    """uint8 arrays (n, h, w) and (n,) as `Images` with these options.

    Raises DataError for a label over 9 and for unequal counts.
    """
    if len(pixels) != len(labels):
        raise DataError(f"{len(pixels)} images have {len(labels)} labels")
    if labels.size and labels.max() > 9:
        where = int(np.argmax(labels > 9))
        raise DataError(
            f"label {labels[where]} of image {where} is no class of Fashion-MNIST "
            "(0 to 9): these are the labels of something else"
        )
    device = device or "cpu"
    y = torch.from_numpy(labels).to(device, torch.int64)
    return Images(torch.from_numpy(pixels).to(device), y, **options)


def _load(source: str) -> tuple[Loaded, bool]:
    """The arrays, and whether they are the full set."""
    if source == "auto":
        source = check_choice(
            os.environ.get("D2L_SOURCE", source), "D2L_SOURCE", SOURCES
        )
    if source == "sample":
        return load_sample(), False
    places = Places.from_environment()
    try:
        return load_full(FULL, places, again=source == "full"), True
    except DataError:
        # A folder that was asked for by name is not passed over in silence.
        if source == "full" or places.data is not None:
            raise
        return load_sample(), False


def _line(loaded: Loaded, full: bool) -> str:
    n_train, n_test = len(loaded.arrays[1]), len(loaded.arrays[3])
    if full:
        return f"Fashion-MNIST: {n_train:,} + {n_test:,} images from {loaded.source}"
    return (
        f"Fashion-MNIST: the embedded sample of {n_train:,} + {n_test:,} images "
        "(full set: make data)"
    )


def say_once(line: str) -> None:
    """Print a line that this process has not printed yet."""
    if line not in _said:
        _said.add(line)
        print(line, flush=True)


def main(argv: list[str] | None = None) -> int:
    """The command line; returns the exit status: 1 for a DataError."""
    parser = argparse.ArgumentParser(
        prog="python -m d2l_helpers.data",
        description="Get Fashion-MNIST and say in one line what will serve.",
    )
    parser.add_argument(
        "--require-full",
        action="store_true",
        help="exit with 1 if only the sample is to be had",
    )
    parser.add_argument(
        "--adopt",
        type=Path,
        metavar="FOLDER",
        help="first copy the four files from FOLDER, verified, into the cache",
    )
    options = parser.parse_args(argv)
    try:
        if options.adopt is not None:
            adopt(options.adopt)
        loaded, full = _load("full" if options.require_full else "auto")
    except DataError as error:
        print(f"Fashion-MNIST: {error}", file=sys.stderr)
        return 1
    print(_line(loaded, full))
    return 0


if __name__ == "__main__":
    sys.exit(main())
