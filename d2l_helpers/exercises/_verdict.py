"""What a checker says, and what it keeps of it."""

from __future__ import annotations

from dataclasses import dataclass

LAST: dict[str, Verdict] = {}  # of each checker that was used


@dataclass(frozen=True)
class Verdict:
    """What a checker says. It is true when the answer is right.

    Attributes:
        mistake: what is wrong, in one sentence; "" for a right answer.
        detail: what came and what was wanted.
        inferred: the mistake is concluded from the cases that went wrong, so that
            the answer agrees with it and may yet have another cause.
        cases: how many were tried.
    """

    name: str
    passed: bool
    mistake: str = ""
    detail: str = ""
    cases: int = 0
    inferred: bool = False

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        if self.passed:
            tried = f" in {self.cases} hidden cases" if self.cases else ""
            return f"✓ {self.name}: right{tried}."
        mistake = f"agrees with: {self.mistake}" if self.inferred else self.mistake
        if not self.detail:
            return f"✗ {self.name}: {mistake}."
        mistake = mistake if mistake[:1] in "'`" else mistake[:1].upper() + mistake[1:]
        return f"✗ {self.name}: {self.detail}.\n  {mistake}."


@dataclass(frozen=True)
class Finding:
    """What an examination may return instead of a sentence: see `Verdict`."""

    mistake: str
    detail: str = ""
    inferred: bool = False
