"""The files of Fashion-MNIST: names, shapes and checksums.

The full set is that of H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel
Image Dataset for Benchmarking Machine Learning Algorithms", arXiv:1708.07747
(2017). How the sample was drawn from it is told in `assets/README.md`.

Level 0: imports nothing but the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod


@dataclass(frozen=True)
class FileSpec:
    """One IDX file: its name without `.gz`, its shape, and its digest.

    The digest is the SHA-256 of the decompressed contents, in hex.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def payload_bytes(self) -> int:
        """The size of the decompressed file, header included."""
        return 4 + 4 * len(self.shape) + prod(self.shape)


FULL = (
    FileSpec(
        "train-images-idx3-ubyte",
        (60000, 28, 28),
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    FileSpec(
        "train-labels-idx1-ubyte",
        (60000,),
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    FileSpec(
        "t10k-images-idx3-ubyte",
        (10000, 28, 28),
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    FileSpec(
        "t10k-labels-idx1-ubyte",
        (10000,),
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)
SAMPLE = (
    FileSpec(
        "sample-train-images-idx3-ubyte",
        (5000, 28, 28),
        "75cd81ce708bc9f984edd1b6e8dac368fc3de3d61c88062afcbe4f3a5700b7e3",
    ),
    FileSpec(
        "sample-train-labels-idx1-ubyte",
        (5000,),
        "2367c823989ebca7d9c050a24703750190ced2ff7d09de04ee7c9a24df3cecf7",
    ),
    FileSpec(
        "sample-t10k-images-idx3-ubyte",
        (1000, 28, 28),
        "fa8bde4ab2a9d95e665674bfee4b9cbec3b96a8fb7d44080c1f8836678494035",
    ),
    FileSpec(
        "sample-t10k-labels-idx1-ubyte",
        (1000,),
        "0e61b936a66844923f7deae56dbab8001487ca986662f6bdd090c9abc4c1cf04",
    ),
)
"""Both tuples hold training images, training labels, test images, test labels."""
