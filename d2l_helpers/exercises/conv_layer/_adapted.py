"""Answers that differ in form, but not in what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._exercise import FunctionExercise
from .._verdict import Verdict


@dataclass(frozen=True)
class AdaptedExercise(FunctionExercise):
    """The answer is brought into one form before it is tried.

    Args:
        adapt: gives, for what the reader hands in, a function of the cases'
            arguments; it leaves one that has this form already as it is.
    """

    adapt: Callable[[Any], Any] = lambda answer: answer

    def judge(self, answer: Any) -> Verdict:
        return super().judge(self.adapt(answer) if callable(answer) else answer)
