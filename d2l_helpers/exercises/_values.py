"""An exercise that asks for a value, or for a function with its own examination."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ._patience import Patience
from ._run import Raised, apart, run
from ._timebox import OutOfTime
from ._verdict import LAST, Finding, Verdict
from ._words import came


@dataclass(frozen=True)
class ValueExercise:
    """The reader gives a value: tensors, numbers, a list of layers, a network.

    Args:
        name: of the checker.
        examine: gives the mistake's sentence (or a `Finding`), or None for a right
            answer. It may raise anything: the value is then of another kind than
            ``wants`` says.
        wants: what kind of value is asked for ("two 2×2 tensors").
        right: gives right answers, for the tests.
        mistakes: sentence → gives an answer that makes the mistake, for the tests.
        count: how many values the checker takes, ``check.name(a, b)``.
    """

    name: str
    examine: Callable[..., Finding | str | None]
    wants: str
    right: Callable[[], Iterable[tuple]]
    mistakes: Mapping[str, Callable[[], tuple]]
    count: int = 1

    def named(self) -> list[str]:
        return list(self.mistakes)

    def wanted(self) -> str:
        """What is to be handed in, in words."""
        return self.wants

    def __call__(self, *answers: Any) -> Verdict:
        """Judge an answer; never raises because of it."""
        with apart():
            LAST[self.name] = verdict = self.judge(*answers)
        return verdict

    def judge(self, *answers: Any) -> Verdict:
        """What `__call__` says, and keeps for the report."""
        if len(answers) != self.count:
            sentence = f"give {self.wants}"
            return Verdict(self.name, False, sentence, f"{len(answers)} value(s) came")
        if any(a is Ellipsis or a is None for a in answers):
            return Verdict(self.name, False, f"nothing is there yet: give {self.wants}")
        if any(map(inspect.iscoroutinefunction, answers)):
            detail = "an async function came: write def alone"
            return Verdict(self.name, False, f"give {self.wants}", detail)
        with Patience(self.name, 0) as patience:
            result = run(self.examine, answers, patience.TOTAL)
        if isinstance(result, Raised):
            if isinstance(result.error, OutOfTime):
                return Verdict(self.name, False, patience.SLOW)
            # an error in the reader's function says more than what kind of value came
            detail = repr(result) if has_callable(answers) else came(answers)
            return Verdict(self.name, False, f"give {self.wants}", detail)
        if isinstance(result, Finding):
            mistake, detail, inferred = result.mistake, result.detail, result.inferred
            return Verdict(self.name, False, mistake, detail, inferred=inferred)
        return Verdict(self.name, not result, result or "")


def has_callable(value: Any, depth: int = 4) -> bool:
    """Is it a function or a network, or does it hold one?"""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, (list, tuple)) and depth:
        return any(has_callable(part, depth - 1) for part in value[:100])
    return callable(value)
