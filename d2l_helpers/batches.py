"""Images that live on the device as bytes, and batches that are index slices.

A network this small is done with a batch before a worker process could hand
over the next one. So the whole set lies on the device as one uint8 tensor,
and a batch is a slice of a shuffled index: no copy from the host and no wait
for the device inside an epoch.

Level 1: imports torch and `validation`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from d2l_helpers.validation import as_int, as_tuple


@dataclass(frozen=True, eq=False)
class Images:
    """Grey images with their labels, a sequence of pairs.

    `pixels` is uint8 (n, h, w), `labels` int64 (n,), both on one device.
    What comes out is float32 in [0, 1], `pixels / 255` to the last bit. Then,
    in this order, if asked for: `resize=(h, w)` (the mean of each block where
    both sides divide, bilinear with antialiasing else), `permutation` (int64,
    h·w positions; new pixel m is old pixel `permutation[m]` of the flattened
    image), `normalize=(mean, std)`. Resizing happens on the way out, so that
    a large size costs no memory and no grey level is rounded.

    `images[i]` is `(X, y)` with X (1, h, w) and y int64 (); `images[a:b]` and
    `images[index_tensor]` are (n, 1, h, w) and (n,).
    """

    pixels: Tensor
    labels: Tensor
    resize: tuple[int, int] | None = None
    permutation: Tensor | None = None
    normalize: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.pixels.dtype != torch.uint8 or self.pixels.ndim != 3:
            raise ValueError(
                "pixels must be uint8 with the axes (n, h, w), got "
                f"{self.pixels.dtype} of shape {tuple(self.pixels.shape)}"
            )
        if self.labels.dtype != torch.int64 or len(self.labels) != len(self.pixels):
            raise ValueError(
                f"labels must be int64, one for each of the {len(self.pixels)} images; "
                f"got {self.labels.dtype} of shape {tuple(self.labels.shape)}"
            )
        if self.resize is not None:
            as_tuple(self.resize, "resize", 1)
        if self.permutation is not None:
            self._take_permutation()
        if self.normalize is not None and not self.normalize[1] > 0:
            raise ValueError(
                f"normalize is (mean, std) with std above 0, got {self.normalize}"
            )

    def _take_permutation(self) -> None:
        h, w = self.shape
        order = self.permutation.to(self.pixels.device)
        whole = torch.arange(h * w, device=order.device)
        if order.shape != whole.shape or not torch.equal(order.sort().values, whole):
            raise ValueError(
                f"permutation must hold each of 0 … {h * w - 1} once "
                f"(images of {h}×{w}), got shape {tuple(order.shape)}"
            )
        object.__setattr__(self, "permutation", order)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of what comes out."""
        return tuple(self.resize or self.pixels.shape[1:])

    @property
    def device(self) -> torch.device:
        """Where the bytes lie and the batches are made."""
        return self.pixels.device

    def __getitem__(self, index: int | slice | Tensor) -> tuple[Tensor, Tensor]:
        if isinstance(index, (slice, Tensor)) and getattr(index, "ndim", 1):
            return self._floats(self.pixels[index]), self.labels[index].clone()
        i = operator.index(index)
        if not -len(self) <= i < len(self):  # the IndexError ends a for loop
            raise IndexError(f"index {i} is beyond the {len(self)} images")
        return self._floats(self.pixels[i].unsqueeze(0))[0], self.labels[i].clone()

    def _floats(self, pixels: Tensor) -> Tensor:
        """(n, h, w) bytes as (n, 1, h', w') float32, contiguous."""
        X = pixels.to(torch.float32).div_(255).unsqueeze(1)  # (n, 1, h, w)
        if self.resize is not None and tuple(self.resize) != tuple(X.shape[2:]):
            X = _resized(X, self.resize)
        if self.permutation is not None:
            X = X.flatten(1)[:, self.permutation].view(X.shape)
        if self.normalize is not None:
            mean, std = self.normalize
            X = X.sub_(mean).div_(std)
        return X.contiguous()

    def take(self, indices: Tensor) -> Images:
        """The images at these positions, as a copy with the same options."""
        indices = indices.to(self.device)
        return replace(self, pixels=self.pixels[indices], labels=self.labels[indices])

    def draw(self, n: int, seed: int = 0) -> Images:
        """`n` different images drawn at random; the same ones for the same seed."""
        if as_int(n, "n", 1) > len(self):
            raise ValueError(f"n = {n} images cannot be drawn from {len(self)}")
        generator = torch.Generator().manual_seed(seed)
        return self.take(torch.randperm(len(self), generator=generator)[:n])


def _resized(X: Tensor, size: Sequence[int]) -> Tensor:
    """(n, 1, h, w) float32 at another size."""
    if all(old % new == 0 for old, new in zip(X.shape[2:], size, strict=True)):
        return F.interpolate(X, size=tuple(size), mode="area")
    return F.interpolate(X, size=tuple(size), mode="bilinear", antialias=True)


class Batches:
    """An epoch of batches: iterate it as often as you like.

    Yields `(X, y)`: X float32 (b, 1, h, w), contiguous, y int64 (b,), on the
    device of `images`. The last batch is shorter where `batch_size` does not
    divide, or is left out with `drop_last`. With `shuffle` every iteration
    has a new order from `generator`, a CPU generator of its own: the order
    depends on `seed` alone, on every device and whatever else draws numbers.
    `generator.get_state()` between epochs is all there is to save.

    Raises ValueError for a batch size beyond the number of images.
    """

    def __init__(
        self,
        images: Images,
        batch_size: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if as_int(batch_size, "batch_size", 1) > len(images):
            raise ValueError(
                f"batch_size = {batch_size} is more than the {len(images)} images: "
                f"choose at most {len(images)}"
            )
        self.images = images
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        """The number of batches, at least 1."""
        whole, rest = divmod(len(self.images), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        order = None
        if self.shuffle:  # one copy of the order per epoch, none per step
            order = torch.randperm(len(self.images), generator=self.generator)
            order = order.to(self.images.device)
        for k in range(len(self)):
            part = slice(k * self.batch_size, (k + 1) * self.batch_size)
            yield self.images[part if order is None else order[part]]


class ImageData:
    """A training and a validation set with their loaders: what a Trainer takes.

    `train`, `val`, `test`: `Images`; `test` is `val` until `split`. Each call of
    a loader method starts its shuffles
    at `seed` again, so two models fitted to the same data see the same order.
    """

    def __init__(
        self,
        train: Images,
        val: Images,
        batch_size: int = 64,
        *,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        self.train, self.val, self.test = train, val, val
        self.batch_size, self.seed, self.drop_last = batch_size, seed, drop_last
        self.train_dataloader()  # a batch size that is too large is said here

    @property
    def device(self) -> torch.device:
        """Where the batches are made."""
        return self.train.device

    def get_dataloader(self, train: bool) -> Batches:
        """Shuffled training batches, or validation batches in their order."""
        return self.train_dataloader() if train else self.val_dataloader()

    def train_dataloader(self) -> Batches:
        """`Batches` of `train`, shuffled anew in each epoch."""
        return Batches(
            self.train,
            self.batch_size,
            shuffle=True,
            seed=self.seed,
            drop_last=self.drop_last,
        )

    def val_dataloader(self) -> Batches:
        """`Batches` of all of `val`, in order; one batch if it is small."""
        return Batches(self.val, min(self.batch_size, len(self.val)))

    def split(self, n_val: int, seed: int = 0) -> ImageData:
        """The training images parted in two: the last word stays with the test set.

        `n_val` of them, drawn by `seed`, become `val` of the new object and the
        others its `train`; this object's `val` is its `test`. Settings chosen
        on the images that give the final score make that score too good.

        Raises ValueError if no training image would be left.
        """
        n = len(self.train)
        if as_int(n_val, "n_val", 1) >= n:
            raise ValueError(f"n_val = {n_val} leaves none of the {n} training images")
        order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
        parted = ImageData(
            self.train.take(order[n_val:].sort().values),
            self.train.take(order[:n_val].sort().values),
            self.batch_size,
            seed=self.seed,
            drop_last=self.drop_last,
        )
        parted.test = self.test
        return parted
