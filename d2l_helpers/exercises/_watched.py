"""Exercises that ask how an answer comes about, not only for its value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch.overrides import TorchFunctionMode

from ._exercise import FunctionExercise
from ._run import Raised, run


class _Recorder(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.names.append(getattr(func, "__name__", ""))
        return func(*args, **(kwargs or {}))


def calls(answer: Callable, *arguments: Any) -> list[str]:
    """The names of torch's functions that an answer calls, in their order."""
    with _Recorder() as recorder:
        answer(*arguments)
    return recorder.names


@dataclass(frozen=True)
class Watched(FunctionExercise):
    """A function whose values are right is tried once more.

    Args:
        trial: gives the sentence of a mistake that the values do not show, or "".
            The mistake stands among ``mistakes``, as any other.
    """

    trial: Callable[[Callable], str] = field(kw_only=True)

    def _general(self, answer: Callable, cases: list[tuple]) -> str:
        general = super()._general(answer, cases)
        found = general or run(self.trial, (answer,))
        return "" if isinstance(found, Raised) else found
