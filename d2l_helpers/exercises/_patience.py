"""How long a checker waits, and what it says meanwhile."""

from __future__ import annotations

import contextlib
import sys
import threading
import time

from . import _run


class Patience:
    """A limit for each case and one for all, and a sign of life on stderr.

    Attributes:
        TOTAL: seconds for all cases together.
        QUIET: seconds until the first sign.
    """

    TOTAL, QUIET = 60.0, 2.0
    SLOW = "it does not come to an end in time"

    def __init__(self, name: str, cases: int) -> None:
        self.name, self.cases, self.case = name, cases, 0
        self._done = threading.Event()
        self._start = time.monotonic()

    def __enter__(self) -> Patience:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _watch(self) -> None:
        while not self._done.wait(self.QUIET if self.case <= 1 else 2 * self.QUIET):
            where = f", case {self.case} of {self.cases}" if self.cases else ""
            with contextlib.suppress(Exception):  # a closed stream is no reason to stop
                print(f"{self.name}: still trying{where} …", file=sys.stderr)

    def next(self) -> float:
        """Begin a case, and say how many seconds it has."""
        self.case += 1
        left = self.TOTAL - (time.monotonic() - self._start)
        return max(0.01, min(_run.LIMIT, left))

    def over(self, case: str) -> str:
        """What is said when time is up."""
        spent = time.monotonic() - self._start
        which = f"case {self.case} of {self.cases}"
        return f"stopped after {spent:.0f} seconds, in {which}, for {case}"
