"""The cast: the small inputs that every page of the chapter comes back to.

Every function makes a new float32 tensor on the CPU. Pictures come from the
files in `assets`, so that the cast needs no data set.

Level 1: imports `validation`; Pillow only when a picture is asked for.
"""

from __future__ import annotations

from math import ceil, pi
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from d2l_helpers.validation import as_int

ASSETS = Path(__file__).with_name("assets")


def _png(name: str) -> Tensor:
    """A picture as float32 grey levels 0–255, (h, w) or (h, w, 3)."""
    from PIL import Image

    with Image.open(ASSETS / name) as picture:
        return torch.from_numpy(np.array(picture, dtype=np.float32))


def boot(raw: bool = False) -> Tensor:
    """The ankle boot, test image 0 of Fashion-MNIST (class 9): (28, 28).

    Values in [0, 1]; with `raw` the grey levels 0 to 255. Its toe and heel
    touch the border: the first and the last column are not empty.
    """
    return _png("boot.png") if raw else _png("boot.png") / 255


def plaid(raw: bool = False) -> Tensor:
    """The checked shirt, test image 7 of Fashion-MNIST (class 6): (28, 28).

    Values in [0, 1]; with `raw` the grey levels 0 to 255.
    """
    return _png("plaid.png") if raw else _png("plaid.png") / 255


def coffee() -> Tensor:
    """A cup of coffee on a wooden table: (3, 200, 300), red, green, blue in [0, 1].

    Photograph by Rachel Michetti, CC0; see `assets/README.md`.
    """
    return (_png("coffee.png") / 255).permute(2, 0, 1).contiguous()


def X3() -> Tensor:
    """The 3×3 input of the hand calculations: 0 to 8, row by row."""
    return torch.arange(9.0).reshape(3, 3)


def K2() -> Tensor:
    """The 2×2 kernel of the hand calculations: 0 to 3, row by row."""
    return torch.arange(4.0).reshape(2, 2)


def stripe() -> Tensor:
    """A dark stripe on light ground: (6, 8) ones with columns 2 to 5 zero."""
    X = torch.ones(6, 8)
    X[:, 2:6] = 0
    return X


def dot(n: int = 7, i: int | None = None, j: int | None = None) -> Tensor:
    """n×n zeros with a single 1 at row i, column j; the middle by default.

    Raises ValueError for a place outside.
    """
    X = torch.zeros(as_int(n, "n", 1), n)
    row, column = (n // 2 if k is None else as_int(k, "i, j", 0) for k in (i, j))
    if max(row, column) >= n:
        raise ValueError(f"[{row}, {column}] is outside a picture of {n}×{n}")
    X[row, column] = 1
    return X


def call(
    rate: int = 8000,
    seconds: float = 0.1,
    f0: float = 400.0,
    f1: float = 3200.0,
    hann: bool = True,
) -> Tensor:
    """A call that rises from `f0` to `f1` (hertz): (rate·seconds,), in [−1, 1].

    The pitch rises linearly. `hann` fades it in and out (Hann window), which
    keeps its correlation with itself to one narrow peak. Mean power 3/16 with
    the window, 1/2 without. Raises ValueError if `rate` is too low for `f1`.
    """
    if not 0 <= max(f0, f1) <= rate / 2:
        raise ValueError(
            f"{max(f0, f1)} Hz needs at least {2 * max(f0, f1)} samples "
            f"a second, got rate = {rate}"
        )
    n = round(as_int(rate, "rate", 1) * seconds)
    if n < 2:
        raise ValueError(f"{seconds} s at rate {rate} are {n} samples: too short")
    t = torch.arange(n, dtype=torch.float64) / rate
    sound = torch.sin(2 * pi * (f0 * t + (f1 - f0) / (2 * seconds) * t**2))
    if hann:
        sound *= torch.hann_window(n, periodic=False, dtype=torch.float64)
    return sound.to(torch.float32)


def fall(
    rate: int = 8000,
    seconds: float = 0.1,
    f0: float = 400.0,
    f1: float = 3200.0,
    hann: bool = True,
) -> Tensor:
    """`call` played backwards: it falls from `f1` to `f0`."""
    return call(rate, seconds, f0, f1, hann).flip(0)


class Recording(NamedTuple):
    """Sound (n,), and the sample at which each hidden call begins, ascending."""

    signal: Tensor
    rises: list[int]
    falls: list[int]


def recording(
    seed: int = 0,
    seconds: float = 4.0,
    rises: int = 4,
    falls: int = 4,
    noise: float = 2.0,
    rate: int = 8000,
) -> Recording:
    """Rising and falling calls hidden in Gaussian noise, without overlap.

    `noise` is its standard deviation: 2 buries a `call` of amplitude 1 at
    −13 dB. The same seed hides the calls at the same places whatever the
    noise. Raises ValueError if the calls do not fit.
    """
    sound = call(rate)
    n, each = round(seconds * rate), len(sound)
    count = as_int(rises, "rises", 0) + as_int(falls, "falls", 0)
    slack = n - count * each
    if n < 1 or slack < 0:
        raise ValueError(
            f"{count} calls of {each} samples do not fit into {n} samples: "
            f"take at least {ceil(count * each / rate * 10) / 10} seconds"
        )
    generator = torch.Generator().manual_seed(seed)
    free = torch.randint(0, slack + 1, (count,), generator=generator).sort().values
    starts = (free + each * torch.arange(count)).tolist()
    rising = sorted(torch.randperm(count, generator=generator)[:rises].tolist())
    found = Recording(
        noise * torch.randn(n, generator=generator),
        [starts[k] for k in rising],
        [starts[k] for k in range(count) if k not in rising],
    )
    for begins, voice in ((found.rises, sound), (found.falls, sound.flip(0))):
        for start in begins:
            found.signal[start : start + each] += voice
    return found
