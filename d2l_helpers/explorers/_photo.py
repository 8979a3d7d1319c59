"""A photograph small enough to travel with a page, and its pixels out of order."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import traitlets

from ._state import to_array

LARGEST = (100, 150)  # rows, columns


def small_photo(photo: Any) -> np.ndarray:
    """A photograph as uint8 (h, w, 3), averaged in whole blocks."""
    array = to_array(photo, "photo")
    floats = "float" in str(getattr(photo, "dtype", array.dtype))
    if array.ndim == 3 and array.shape[-1] != 3:
        array = np.moveaxis(array, 0, -1)
    if array.ndim != 3 or array.shape[-1] != 3 or min(array.shape) < 2:
        msg = f"photo must be (3, h, w) or (h, w, 3), got shape {array.shape}"
        raise traitlets.TraitError(msg)
    if array.min() < 0 or array.max() > (1 if floats else 255):
        msg = "photo must hold floats from 0 to 1 or whole numbers from 0 to 255"
        raise traitlets.TraitError(msg)
    block = max(ceil(n / most) for n, most in zip(array.shape, LARGEST, strict=False))
    h, w = (n // block for n in array.shape[:2])
    if not min(h, w):
        msg = f"photo is too long and thin: {array.shape[:2]}"
        raise traitlets.TraitError(msg)
    blocks = array[: h * block, : w * block].reshape(h, block, w, block, 3)
    return np.round(blocks.mean((1, 3)) * (255 if floats else 1)).astype(np.uint8)


def shuffled_order(n: int) -> np.ndarray:
    """0 … n − 1 in an order that static/channels-mix.js makes too."""
    order, s = list(range(n)), 1
    for at in range(n - 1, 0, -1):
        s = (1664525 * s + 1013904223) % 2**32
        other = s * (at + 1) >> 32
        order[at], order[other] = order[other], order[at]
    return np.array(order)
