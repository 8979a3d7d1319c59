"""Checkers for the exercises of the page on pooling."""

from .average import AVERAGE
from .cost import COMPARISONS, QUICK_MAX
from .from_relu import MAX_BY_LAYERS
from .gradient import MAX_BACKWARD
from .linear import NOT_LINEAR
from .minimum import MIN_POOL
from .noise import TOLD_APART
from .shifts import FLIP_RATE
from .soft import SOFT_POOL
from .windows import POOL2D

EXERCISES = [
    POOL2D, AVERAGE, NOT_LINEAR, MAX_BY_LAYERS, MIN_POOL, SOFT_POOL,
    MAX_BACKWARD, FLIP_RATE, COMPARISONS, QUICK_MAX, TOLD_APART,
]  # fmt: skip
