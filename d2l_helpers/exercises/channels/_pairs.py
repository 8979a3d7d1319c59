"""Functions that give two numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .._exercise import FunctionExercise
from .._verdict import Verdict


def _kinds(pair: str) -> dict[str, tuple[type | tuple[type, ...], Callable]]:
    """Sentence → the kind of value that it is about, and one made of two numbers."""
    return {
        f"a dictionary came: give the tuple ({pair})": (
            Mapping, lambda a, b: {"first": a, "second": b},
        ),
        f"a set came, which has no order: give the tuple ({pair})": (
            (set, frozenset), lambda a, b: {a, b},
        ),
        f"a range or a slice came: give the tuple ({pair})": (
            (range, slice), lambda a, b: range(a, b),
        ),
        f"one number came: give the tuple ({pair})": (
            (int, float), lambda a, b: a,
        ),
    }  # fmt: skip


def containers(right: Callable, pair: str) -> dict[str, Callable]:
    """Mistakes: the right numbers, handed over as something else than a pair."""
    return {
        sentence: lambda *case, pack=pack: pack(*right(*case))
        for sentence, (_, pack) in _kinds(pair).items()
    }


@dataclass(frozen=True)
class PairExercise(FunctionExercise):
    """Two numbers in a tuple (or a list): other kinds of values are named first.

    Args:
        pair: the two, in their order.
    """

    pair: str = ""

    def _diagnosis(
        self, cases: list, wants: list, given: list, hits: list, changed: bool
    ) -> Verdict:
        for sentence, (kind, _) in _kinds(self.pair).items():
            if all(isinstance(g, kind) for g in given):
                return Verdict(self.name, False, sentence)
        return super()._diagnosis(cases, wants, given, hits, changed)
