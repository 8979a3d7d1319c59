"""An exercise that asks for a function: hidden cases, and mistakes with a name.

A mistake is a function that makes it. An answer that agrees with such a function
on every case, and not with the right one, has most likely made this mistake.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from ._compare import difference, floating, in_form, same
from ._devices import stays_home
from ._patience import Patience
from ._run import Raised, apart, copied, run, safely
from ._timebox import OutOfTime
from ._verdict import LAST, Verdict
from ._words import kind, show

CHANGES = "it changes its input: work on a copy"
DETACHED = "it breaks autograd: no gradient comes back to the input"
GRADIENT = "the values are right, but the gradient that comes back is another one"
CPU_ONLY = "right here, but on the CPU only: make new tensors on the input's device"
NOTHING = "it returns None in every case: where a return is missing, that comes"
STOPS = "it stops with an error in every case"


def agrees(given: Any, expected: Any, strict: bool = False) -> bool:
    """The same value, or the same error (strictly: a ValueError where one is due)."""
    if isinstance(expected, Raised) or isinstance(given, Raised):
        if not (isinstance(expected, Raised) and isinstance(given, Raised)):
            return False
        if strict and isinstance(expected.error, ValueError):
            return isinstance(given.error, ValueError)
        return strict or given.like(expected)
    return safely(same, given, expected)


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
        form: what a right value may still lack, form(value, case) → sentence or "".
        differentiable: a gradient must come back to the tensors among the arguments.
        any_device: must run where its input is.
        wants: what is asked for, if it is not a function of this name like `right`.
    """

    name: str
    right: Callable
    cases: Callable[[torch.Generator], Iterable[tuple]]
    mistakes: Mapping[str, Callable]
    only: Mapping[str, Callable[..., bool]] = field(default_factory=dict)
    others: tuple[Callable, ...] = ()
    form: tuple[Callable[[Any, tuple], str], ...] = ()
    differentiable: bool = False
    any_device: bool = False
    wants: str = ""

    def arguments(self) -> list[tuple]:
        """The hidden cases, the same ones every time."""
        return list(self.cases(torch.Generator().manual_seed(0)))

    @functools.cached_property
    def _wanted(self) -> tuple[list[tuple], list]:
        """The cases and what is right in each; answers get copies."""
        cases = self.arguments()
        return cases, [run(self.right, copied(case)) for case in cases]

    def named(self) -> list[str]:
        """All mistakes that this checker can name."""
        general = [CHANGES] if self._takes_tensors() else []
        general += [DETACHED] * self.differentiable + [CPU_ONLY] * self.any_device
        return [*self.mistakes, *self.only, *general]

    def wanted(self) -> str:
        """What is to be handed in, in words."""
        places = inspect.signature(self.right).parameters.values()
        names = ", ".join(str(p.replace(annotation=p.empty)) for p in places)
        return self.wants or f"the function {self.name}({names})"

    def _takes_tensors(self) -> bool:
        return any(isinstance(a, torch.Tensor) for a in self.arguments()[0])

    def __call__(self, *answers: Any) -> Verdict:
        """Try an answer; never raises because of it."""
        if len(answers) != 1:
            detail = f"{len(answers)} values came"
            return Verdict(self.name, False, f"give {self.wanted()} alone", detail)
        with apart():
            LAST[self.name] = verdict = self.judge(*answers)
        return verdict

    def judge(self, answer: Any) -> Verdict:
        """What `__call__` says, and keeps for the report."""
        if not callable(answer):
            wanted = "give the function itself, without calling it"
            return Verdict(self.name, False, wanted, f"{show(answer)} came")
        cases, wants = self._wanted
        given, handed, changed = [], [], False
        with Patience(self.name, len(cases)) as patience:
            for case in cases:
                handed.append(mine := copied(case))
                given.append(run(answer, mine, patience.next()))
                if _timed_out(given[-1]):
                    detail = patience.over(_called(case))
                    return Verdict(self.name, False, patience.SLOW, detail)
                changed |= not all(
                    agrees(a, b) for a, b in zip(mine, case, strict=True)
                )
            hits = [agrees(g, w, True) for g, w in zip(given, wants, strict=True)]
            if not all(hits):
                return self._diagnosis(cases, wants, given, hits, changed)
            for wrong in self.form:
                for g, case in zip(given, handed, strict=True):
                    if not isinstance(g, Raised) and (said := wrong(g, case)):
                        detail = f"for {_called(case)}: {kind(g)} came"
                        return Verdict(self.name, False, said, detail)
            general = CHANGES if changed else self._general(answer, cases)
        return Verdict(self.name, not general, general, cases=len(cases))

    def _general(self, answer: Callable, cases: list[tuple]) -> str:
        """What a right answer may still do wrong; "" for nothing."""
        if self.differentiable and (said := self._unlike(answer, cases)):
            return said
        return CPU_ONLY if self.any_device and stays_home(answer, cases[0]) else ""

    def _unlike(self, answer: Callable, cases: list[tuple]) -> str:
        for case in (cases[0], cases[-1]):
            wanted, mine = (_gradients(f, case) for f in (self.right, answer))
            if not wanted.keys() <= mine.keys():
                return DETACHED
            if not all(same(mine[k], g) for k, g in wanted.items()):
                return GRADIENT
        return ""

    def _diagnosis(
        self, cases: list, wants: list, given: list, hits: list, changed: bool
    ) -> Verdict:
        first = hits.index(False)
        detail = f"for {_called(cases[first])}: {_apart(given[first], wants[first])}"

        def said(sentence: str, inferred: bool = False) -> Verdict:
            return Verdict(self.name, False, sentence, detail, inferred=inferred)

        if all(g is None for g in given):
            return said(NOTHING)
        if isinstance(given[0], str) and given[0] in self.mistakes:
            return said(given[0])  # an adapted answer tells its mistake itself
        constant = all(agrees(g, given[0]) for g in given[1:])
        if constant and not isinstance(given[0], Raised):
            # nothing can be concluded from it: other constants agree as well
            form = in_form(given, wants)
            return said(form or f"it gives the same in all {len(given)} hidden cases")
        for sentence, wrong in self.mistakes.items():
            made = (run(wrong, copied(case)) for case in cases)
            if all(agrees(g, m) for g, m in zip(given, made, strict=True)):
                return said(sentence, True)
        if all(isinstance(g, Raised) for g in given):
            return said(STOPS)
        if form := in_form(given, wants):
            return said(form)
        if changed:
            return said(CHANGES)
        if not any(hits):
            return said("right in none of the hidden cases")
        # a name that is missing has nothing to do with the arguments
        slips = [
            isinstance(g, Raised) and isinstance(g.error, NameError) for g in given
        ]
        for sentence, is_in in self.only.items():
            if not any(slips) and [bool(is_in(*case)) for case in cases] == hits:
                return said(sentence, True)
        return said(f"right in {sum(hits)} of {len(hits)} hidden cases")


def _gradients(answer: Callable, case: tuple) -> dict[int, torch.Tensor]:
    """Of the arguments, by their places, what comes back through the answer."""
    mine = tuple(
        a.detach().clone().requires_grad_() if floating(a) else a for a in copied(case)
    )
    first = _first(run(answer, mine))
    places = [k for k, a in enumerate(mine) if floating(a)]
    if not getattr(first, "requires_grad", False):
        return {}

    def backward() -> tuple:  # may be the reader's own
        g = torch.Generator().manual_seed(0)
        weights = torch.randn(first.shape, generator=g)
        inputs = [mine[k] for k in places]
        return torch.autograd.grad((first * weights).sum(), inputs, allow_unused=True)

    grads = run(backward, ())
    if isinstance(grads, Raised):
        return {}
    return {k: g for k, g in zip(places, grads, strict=True) if g is not None}


def _timed_out(value: Any) -> bool:
    return isinstance(value, Raised) and isinstance(value.error, OutOfTime)


def _first(result: Any) -> Any:
    return result[0] if isinstance(result, (tuple, list)) and result else result


def _apart(given: Any, right: Any) -> str:
    """What came and what was wanted; an exception goes first."""
    if isinstance(right, Raised):
        came = _stopped(given) if isinstance(given, Raised) else f"{show(given)} came,"
        return f"{came} a {type(right.error).__name__} is wanted"
    if isinstance(given, Raised):
        return f"{_stopped(given)} {show(right)} is wanted"
    try:
        return difference(given, right)
    except Exception:  # a value that torch itself cannot compare
        return f"{kind(given)} came, {show(right)} is wanted"


def _stopped(raised: Raised) -> str:
    return f"it stopped with {raised!r};"


def _called(case: tuple) -> str:
    return f"({', '.join(show(a) for a in case)})"
