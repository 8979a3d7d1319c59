"""Checkers for the exercises of the page on channels."""

from .bits import SAME_BITS
from .blocks import DENSE_KERNEL
from .costs import BILL
from .memory import KEPT, WAY_BACK
from .merging import MERGE
from .pixels import CONV1X1
from .strips import IN_STRIPS, ROWS_READ
from .sums import MULTI_IN, MULTI_IN_OUT

EXERCISES = [
    MULTI_IN, MULTI_IN_OUT, CONV1X1, BILL, MERGE, DENSE_KERNEL, WAY_BACK, KEPT,
    ROWS_READ, IN_STRIPS, SAME_BITS,
]  # fmt: skip
