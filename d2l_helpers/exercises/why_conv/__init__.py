"""Checkers for the exercises of the page that leads from dense layers here."""

from .counting import WEIGHTS_OF
from .equivariance import COMMUTATOR
from .matrix import BIG_MATRIX
from .moves import SHIFT
from .snow import FRIENDS

EXERCISES = [WEIGHTS_OF, BIG_MATRIX, SHIFT, COMMUTATOR, FRIENDS]
