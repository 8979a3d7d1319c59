"""What stands behind `d2l.check.name`: a face for an exercise, which tells nothing."""

from __future__ import annotations

import re
from inspect import Parameter, Signature, signature
from typing import Any

from ._verdict import Verdict


class Checker:
    """Call it with an answer; it gives a verdict, true when the answer is right."""

    def __init__(self, exercise: Any) -> None:
        self._exercise = exercise
        self.__name__ = exercise.name
        wanted = exercise.wanted()
        one = re.match(r"the (?:function|class) (\w+)", wanted)
        places = [one[1]] if one else [*signature(exercise.examine).parameters]
        self.__signature__ = Signature(
            [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in places]
        )
        self._says = f"d2l.check.{exercise.name}({', '.join(places)}) wants {wanted}"
        self.__doc__ = (
            f"{self._says}.\n\n"
            "It gives a verdict: true when the answer is right, else what came, what "
            "was\nwanted, and the mistake that this agrees with. It never raises "
            "because of an answer."
        )

    def __call__(self, *answers: Any, **named: Any) -> Verdict:
        order = dict.fromkeys([*self.__signature__.parameters, *named])
        return self._exercise(*answers, *(named[p] for p in order if p in named))

    def __repr__(self) -> str:
        return f"<{self._says}>"

    def __dir__(self) -> list[str]:
        return []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._exercise, name)
