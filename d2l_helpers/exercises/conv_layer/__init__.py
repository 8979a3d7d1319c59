"""Checkers for the exercises of the page on convolutional layers."""

from .correlation import CORRELATE
from .gradients import CORRELATION, VERDICTS
from .kernels import DIAGONALS, DIFFERENCE
from .learning import SLOWEST
from .matrices import IM2COL, TOEPLITZ
from .search import FIND
from .separable import FACTORS

EXERCISES = [
    CORRELATE, DIAGONALS, DIFFERENCE, CORRELATION, TOEPLITZ, IM2COL, SLOWEST, FIND,
    VERDICTS, FACTORS,
]  # fmt: skip
