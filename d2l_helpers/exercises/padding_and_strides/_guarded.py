"""Functions that must refuse some input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .._exercise import FunctionExercise
from .._verdict import Verdict


def _everywhere(*_: object) -> bool:
    return True


@dataclass(frozen=True)
class GuardedExercise(FunctionExercise):
    """The numbers are judged before the refusals.

    A wrong number is the same mistake whether the reader's guard is right, wrong,
    or not there yet, so it is looked for where there is nothing to refuse.

    Args:
        plain: whether neither the right answer nor any mistake refuses a case.
    """

    plain: Callable[..., bool] = _everywhere

    def _diagnosis(
        self, cases: list, wants: list, given: list, hits: list, changed: bool
    ) -> Verdict:
        here = [n for n, case in enumerate(cases) if self.plain(*case)]
        if not all(hits[n] for n in here):
            cases, wants, given, hits = (
                [part[n] for n in here] for part in (cases, wants, given, hits)
            )
        return super()._diagnosis(cases, wants, given, hits, changed)
