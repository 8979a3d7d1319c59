"""Checkers for the exercises of the page on LeNet."""

from .dials import SPREAD
from .gradients import GRAD_NORMS
from .ledger import LENET
from .maps import CONFUSION, OCCLUSION
from .mirrors import MIRROR_HALF
from .one_change import CHANGED
from .recipe import MODERN
from .silence import DEAD
from .strangers import REFUSE
from .without import WITHOUT

EXERCISES = [
    LENET, SPREAD, GRAD_NORMS, CHANGED, CONFUSION, OCCLUSION, MODERN, REFUSE,
    MIRROR_HALF, DEAD, WITHOUT,
]  # fmt: skip
