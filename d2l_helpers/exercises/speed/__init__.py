"""Checkers for the exercises of the page on speed."""

from .intensity import INTENSITY
from .minimal import MINIMAL
from .pooled import POOLED_KERNEL

EXERCISES = [INTENSITY, POOLED_KERNEL, MINIMAL]
