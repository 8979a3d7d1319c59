"""Make the files in d2l_helpers/assets from their originals, bit for bit.

    python tools/make_assets.py FASHION_MNIST_FOLDER SCIKIT_IMAGE_WHEEL

The folder holds the four files of the full set (Debian's package puts them in
/usr/share/datasets/fashion-mnist); the wheel is what
`pip download scikit-image==0.26.0 --no-deps` fetches. Prints the checksums
that belong into d2l_helpers/filespecs.py.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from d2l_helpers.filespecs import FULL, SAMPLE
from d2l_helpers.idx import header_of, read_idx

ASSETS = Path(__file__).resolve().parents[1] / "d2l_helpers" / "assets"
SEED = 2017
KEPT = 16
COFFEE_SHA256 = "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"


def choose(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` positions, the same number of each class, in their old order.

    The first `KEPT` are always among them: test images 0 and 7, the boot and
    the plaid shirt of the pages, have the same number in both sets.
    """
    picks = [np.arange(KEPT)]
    for c in range(10):
        others = KEPT + np.flatnonzero(labels[KEPT:] == c)
        missing = count // 10 - np.count_nonzero(labels[:KEPT] == c)
        picks.append(rng.choice(others, missing, replace=False))
    return np.sort(np.concatenate(picks))


def write_idx(name: str, values: np.ndarray) -> None:
    """The array as `name`.gz: no time stamp, so that the bytes are repeatable."""
    payload = header_of(values.shape) + values.tobytes()
    (ASSETS / f"{name}.gz").write_bytes(gzip.compress(payload, 9, mtime=0))
    print(name, values.shape, hashlib.sha256(payload).hexdigest())


def main(folder: str, wheel: str) -> None:
    """Write every asset but the README."""
    full = [read_idx(Path(folder, f"{s.name}.gz"), s.shape, sha256=s.sha256)
            for s in FULL]  # fmt: skip
    rng = np.random.default_rng(SEED)
    for images, labels, x, y in (
        (full[0], full[1], SAMPLE[0], SAMPLE[1]),
        (full[2], full[3], SAMPLE[2], SAMPLE[3]),
    ):
        picks = choose(labels, x.shape[0], rng)
        write_idx(x.name, images[picks])
        write_idx(y.name, labels[picks])

    Image.fromarray(full[2][0]).save(ASSETS / "boot.png", optimize=True)
    Image.fromarray(full[2][7]).save(ASSETS / "plaid.png", optimize=True)

    data = zipfile.ZipFile(wheel).read("skimage/data/coffee.png")
    if hashlib.sha256(data).hexdigest() != COFFEE_SHA256:
        sys.exit(f"{wheel} holds another coffee.png than that of scikit-image 0.26.0")
    photo = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.uint16)
    print("coffee", photo.shape, "at [350, 500]:", photo[350, 500])
    blocks = photo.reshape(200, 2, 300, 2, 3).sum(axis=(1, 3))
    half = ((blocks + 2) // 4).astype(np.uint8)
    Image.fromarray(half).save(ASSETS / "coffee.png", optimize=True)
    print("coffee.png at [175, 250]:", half[175, 250])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
