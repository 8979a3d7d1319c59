"""An exercise: hidden cases, the right answer, and the mistakes that it can name.

A mistake is a function that makes it. An answer that agrees with such a function
on every case, and not with the right one, has made this mistake.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from ._compare import came, difference, floating, has_callable, in_form, same, show
from ._timebox import OutOfTime, time_limit

CHANGES = "it changes its input: work on a copy"
DETACHED = "it breaks autograd: no gradient comes back to the input"
CPU_ONLY = "right here, but on the CPU only: make new tensors on the input's device"
SLOW = "it does not come to an end"
LIMIT = 10.0  # seconds for one case
LAST: dict[str, Verdict] = {}  # of each checker that was used


@dataclass(frozen=True)
class Verdict:
    """What a checker says. It is true when the answer is right."""

    name: str
    passed: bool
    mistake: str = ""
    detail: str = ""
    cases: int = 0

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        if self.passed:
            tried = f" in {self.cases} hidden cases" if self.cases else ""
            return f"✓ {self.name}: right{tried}."
        detail = f"\n  {self.detail}" if self.detail else ""
        return f"✗ {self.name}: {self.mistake}.{detail}"


class Raised:
    """An exception in the place of a value."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __repr__(self) -> str:
        text = str(self.error).split("\n", 1)[0][:120]
        return f"{type(self.error).__name__}: {text}"


def run(function: Callable, arguments: tuple, limit: float = LIMIT) -> Any:
    """What a function gives for (a copy of) these arguments, or `Raised`."""
    try:
        with time_limit(limit):
            return function(*arguments)
    except (Exception, OutOfTime, SystemExit, RecursionError) as error:
        return Raised(error)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Waking a second thread takes a hundred times as long as the small cases here."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def copied(arguments: tuple) -> tuple:
    return tuple(
        a.detach().clone() if isinstance(a, torch.Tensor) else copy.deepcopy(a)
        for a in arguments
    )


def agrees(given: Any, expected: Any, strict: bool = False) -> bool:
    """The same value, or an exception on both sides (strictly: a ValueError too)."""
    if isinstance(expected, Raised) or isinstance(given, Raised):
        both = isinstance(expected, Raised) and isinstance(given, Raised)
        if both and strict and isinstance(expected.error, ValueError):
            return isinstance(given.error, ValueError)
        return both
    try:
        return same(given, expected)
    except Exception:  # a value that cannot even be compared is another one
        return False


@dataclass(frozen=True)
class FunctionExercise:
    """The reader writes a function.

    Args:
        name: of the checker, ``check.<name>``.
        right: a right answer.
        cases: gives argument tuples, most telling ones first; takes a generator.
        mistakes: sentence ("you flipped the kernel") → function that makes it.
        only: sentence ("right for square pictures only") → the cases, by their
            arguments, in which such an answer is right.
        others: right answers written in another way, for the tests.
        differentiable: a gradient must come back to the tensors among the arguments.
        any_device: must run where its input is (tried on torch's "meta" device).
    """

    name: str
    right: Callable
    cases: Callable[[torch.Generator], Iterable[tuple]]
    mistakes: Mapping[str, Callable]
    only: Mapping[str, Callable[..., bool]] = field(default_factory=dict)
    others: tuple[Callable, ...] = ()
    differentiable: bool = False
    any_device: bool = False

    def arguments(self) -> list[tuple]:
        """The hidden cases, the same ones every time."""
        return list(self.cases(torch.Generator().manual_seed(0)))

    def named(self) -> list[str]:
        """All mistakes that this checker can name."""
        general = [CHANGES] if self._takes_tensors() else []
        general += [DETACHED] * self.differentiable + [CPU_ONLY] * self.any_device
        return [*self.mistakes, *self.only, *general]

    def _takes_tensors(self) -> bool:
        return any(isinstance(a, torch.Tensor) for a in self.arguments()[0])

    def __call__(self, answer: Any) -> Verdict:
        """Try an answer; never raises because of it."""
        with one_thread():
            LAST[self.name] = verdict = self.judge(answer)
        return verdict

    def judge(self, answer: Any) -> Verdict:
        """What `__call__` says, and keeps for the report."""
        if not callable(answer):
            wanted = "give the function itself, without calling it"
            return Verdict(self.name, False, wanted, f"{show(answer)} came")
        cases = self.arguments()
        wants = [run(self.right, copied(case)) for case in cases]
        given, changed = [], False
        for case in cases:
            mine = copied(case)
            given.append(run(answer, mine))
            if isinstance(given[-1], Raised) and isinstance(given[-1].error, OutOfTime):
                detail = f"Stopped after {LIMIT:g} seconds, for {_called(case)}"
                return Verdict(self.name, False, SLOW, detail)
            changed |= not all(agrees(a, b) for a, b in zip(mine, case, strict=True))
        hits = [agrees(g, w, True) for g, w in zip(given, wants, strict=True)]
        if all(hits):
            general = CHANGES if changed else self._general(answer, cases)
            return Verdict(self.name, not general, general, cases=len(cases))
        return self._diagnosis(cases, wants, given, hits, changed)

    def _general(self, answer: Callable, cases: list[tuple]) -> str:
        """What a right answer may still do wrong; "" for nothing."""
        if self.differentiable and not (
            self._reached(self.right, cases[0]) <= self._reached(answer, cases[0])
        ):
            return DETACHED
        if self.any_device:
            meta = tuple(
                a.to("meta") if isinstance(a, torch.Tensor) else a for a in cases[0]
            )
            # torch loads its rules for this device when they are first asked for
            result = run(answer, meta, limit=60)
            if isinstance(result, Raised):
                # .item(), masks and the like work on a GPU: they are no reason
                reasons = ("same device", "copy out of meta", "convert meta")
                if any(reason in str(result.error) for reason in reasons):
                    return CPU_ONLY
            elif getattr(_first(result), "device", torch.device("cpu")).type != "meta":
                return CPU_ONLY
        return ""

    def _reached(self, answer: Callable, case: tuple) -> set[int]:
        """The arguments, by their places, to which a gradient comes back."""
        mine = tuple(a.requires_grad_() if floating(a) else a for a in copied(case))
        first = _first(run(answer, mine))
        places = [k for k, a in enumerate(mine) if floating(a)]
        if not getattr(first, "requires_grad", False):
            return set()

        def backward() -> tuple:  # may be the reader's own
            inputs = [mine[k] for k in places]
            return torch.autograd.grad(first.sum(), inputs, allow_unused=True)

        grads = run(backward, ())
        if isinstance(grads, Raised):
            return set()
        return {k for k, g in zip(places, grads, strict=True) if g is not None}

    def _diagnosis(
        self, cases: list, wants: list, given: list, hits: list, changed: bool
    ) -> Verdict:
        first = hits.index(False)
        detail = f"For {_called(cases[first])}: "
        if isinstance(wants[first], Raised):
            kind = type(wants[first].error).__name__
            detail += f"a {kind} was expected, {_came(given[first])} came"
        elif isinstance(given[first], Raised):
            detail += repr(given[first])
        else:
            detail += _difference(given[first], wants[first])
        for sentence, wrong in self.mistakes.items():
            made = (run(wrong, copied(case)) for case in cases)
            if all(agrees(g, m) for g, m in zip(given, made, strict=True)):
                return Verdict(self.name, False, sentence, detail)
        for sentence, is_in in self.only.items():
            inside = [bool(is_in(*case)) for case in cases]
            if inside == hits:
                return Verdict(self.name, False, sentence, detail)
        if all(g is None for g in given):
            return Verdict(self.name, False, "it returns None: a return is missing")
        if all(isinstance(g, Raised) for g in given):
            sentence = f"it stops with an error, {given[first]!r}"
        elif changed:
            sentence = CHANGES
        else:
            part = f"{sum(hits)} of {len(hits)}" if any(hits) else "none"
            sentence = in_form(given, wants) or f"right in {part} of the hidden cases"
        return Verdict(self.name, False, sentence, detail)


@dataclass(frozen=True)
class ValueExercise:
    """The reader gives a value: tensors, numbers, a list of layers, a network.

    Args:
        name: of the checker.
        examine: gives the mistake's sentence, or None for a right answer. It may
            raise anything: the value is then of another kind than ``wants`` says.
        wants: what kind of value is asked for ("two 2×2 tensors").
        right: gives right answers, for the tests.
        mistakes: sentence → gives an answer that makes the mistake, for the tests.
        count: how many values the checker takes, ``check.name(a, b)``.
    """

    name: str
    examine: Callable[..., str | None]
    wants: str
    right: Callable[[], Iterable[tuple]]
    mistakes: Mapping[str, Callable[[], tuple]]
    count: int = 1

    def named(self) -> list[str]:
        return list(self.mistakes)

    def __call__(self, *answers: Any) -> Verdict:
        """Judge an answer; never raises because of it."""
        with one_thread():
            LAST[self.name] = verdict = self.judge(*answers)
        return verdict

    def judge(self, *answers: Any) -> Verdict:
        """What `__call__` says, and keeps for the report."""
        if len(answers) != self.count:
            sentence = f"give {self.wants}"
            return Verdict(self.name, False, sentence, f"{len(answers)} value(s) came")
        if any(a is Ellipsis or a is None for a in answers):
            return Verdict(self.name, False, f"nothing is there yet: give {self.wants}")
        result = run(self.examine, answers, limit=60)
        if isinstance(result, Raised):
            if isinstance(result.error, OutOfTime):
                return Verdict(self.name, False, SLOW)
            # an error in the reader's function says more than what kind of value came
            detail = repr(result) if has_callable(answers) else came(answers)
            return Verdict(self.name, False, f"give {self.wants}", detail)
        return Verdict(self.name, not result, result or "")


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, (tuple, list)) and result else result


def _came(value: Any) -> str:
    return repr(value) if isinstance(value, Raised) else "an answer"


def _difference(given: Any, right: Any) -> str:
    try:
        return difference(given, right)
    except Exception:  # a value that torch itself cannot compare
        return f"{type(given).__name__} is another kind of value"


def _called(case: tuple) -> str:
    return f"({', '.join(show(a) for a in case)})"
