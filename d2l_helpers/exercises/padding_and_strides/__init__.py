"""Checkers for the exercises of the page on padding and strides."""

from .borders import PAD, USE_MAP
from .networks import NETWORKS
from .sizes import SIZE
from .sound import BLUR
from .stacks import RECEPTIVE, STACKS
from .strides import BY_ZEROS, STRIDED
from .unread import LOST, NEVER_READ

EXERCISES = [
    SIZE, PAD, STRIDED, NEVER_READ, LOST, USE_MAP, RECEPTIVE, BY_ZEROS, BLUR, NETWORKS,
    STACKS,
]  # fmt: skip
