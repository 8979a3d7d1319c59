"""Quick checks: a question, the reader's answer, and the mistake behind a wrong one.

A cell builds one from the values of its page, so that the right answer is computed
and not typed; what cannot be right (no right option, two right ones, a mistake that
gives the right number or another mistake's) stops the build. The page asks it without
a kernel, and keeps answers in the browser alone.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import anywidget
import traitlets

from . import _bundle
from ._answers import plain, told_apart
from ._base import script_json, with_twin

LEAST, MOST = 5, 7  # draws of a question that has a pool of them
MYTH = {"myth": "Myth", "fact": "Fact", "depends": "It depends"}


class Question(anywidget.AnyWidget):
    """One question. `number`, `choice`, `myth` and `cell` make them."""

    _esm = _bundle.widget_module("question")
    _css = _bundle.style("question")
    spec = traitlets.Dict().tag(sync=True)

    def html(self) -> str:
        """The twin for a page without a kernel: the question, its answer folded."""
        spec, first = self.spec, self.spec["draws"][0]
        state = script_json({"spec": spec})
        options = "".join(f"<li>{_marked(o)}</li>" for o in spec.get("options", ()))
        return (
            f'<div class="cnn cnn-explorer cnn-quiz" data-explorer="question" '
            f'id="check-{spec["id"].replace("/", "-")}">'
            f'<p class="cnn-quiz-text">{_marked(first["text"])}</p>'
            f"{f'<ul>{options}</ul>' if options else ''}"
            f"<details><summary>Answer</summary><p>{_marked(_told(spec, first))} "
            f"{_marked(first['why'])}</p></details>"
            f'<script type="application/json">{state}</script></div>'
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return with_twin(self, super()._repr_mimebundle_(**kwargs))


def _marked(text: str) -> str:
    """Text for HTML; what stands between backticks is code."""
    parts = html.escape(text, quote=False).split("`")
    return "".join(f"<code>{p}</code>" if k % 2 else p for k, p in enumerate(parts))


def _told(spec: dict, draw: dict) -> str:
    """The right answer in words."""
    right = draw["right"]
    if spec["kind"] in ("choice", "myth"):
        return f"{spec['options'][right]}."
    if spec["kind"] == "cell":
        i, j = right
        if "rows" not in spec:
            return f"[{i}, {j}]."
        called, names = spec["columns"]
        return f"{spec['rows'][1][i]}, {called} {names[j]}."
    unit = spec.get("unit", "")
    if right == 1:
        unit = unit.removesuffix("s")
    about = "about " if spec.get("within") and isinstance(right, float) else ""
    numbers = right if isinstance(right, list) else [right]
    written = " × ".join(f"{v:,}" for v in numbers)
    return f"{about}{written} {unit}".strip() + "."


def fresh(
    count: int = 7,
    *,
    seed: int = 0,
    keep: Callable[..., bool] = lambda **_: True,
    **ranges: Iterable[int],
) -> list[dict[str, int]]:
    """Seeded draws for "Another one": ``fresh(n=range(8, 33), k=(3, 5, 7))``."""
    rng = random.Random(seed)  # noqa: S311 - questions, not secrets
    options = {name: list(values) for name, values in ranges.items()}
    draws: list[dict[str, int]] = []
    for _ in range(1000):
        draw = {name: rng.choice(values) for name, values in options.items()}
        if draw not in draws and keep(**draw):
            draws.append(draw)
        if len(draws) == count:
            return draws
    msg = f"only {len(draws)} of {count} draws pass `keep`"
    raise ValueError(msg)


def _named(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name):
        msg = f"a question is called page/name, in small letters; got {name!r}"
        raise ValueError(msg)
    return name


def _spec(name: str, kind: str, draws: list[dict], see: str, **more: Any) -> Question:
    if not all(draw["why"].strip() for draw in draws):
        msg = f"{name}: an answer needs its reason"
        raise ValueError(msg)
    link = {"see": see} if see else {}
    return Question(
        spec={"id": _named(name), "kind": kind, "draws": draws, **link, **more}
    )


class _Count(int):
    """A whole number that is written as 61,706."""

    def __format__(self, spec: str) -> str:
        return format(int(self), spec or ",")


def number(
    name: str,
    text: str,
    right: Any,
    *,
    why: str,
    slips: Mapping[str, Any] | None = None,
    draws: list[dict[str, Any]] | None = None,
    pool: Iterable[dict[str, Any]] = (),
    unit: str = "",
    within: float = 0.0,
    see: str = "",
) -> Question:
    """Ask for a number, or for a shape (a list of numbers).

    Args:
        name: "page/name", unique in the chapter.
        text, why: question and reason; ``{n}`` takes a draw's ``n``, ``{right}``
            the answer. Backticks mark code.
        right: the answer, or a function of a draw's values.
        slips: sentence on a mistake ("you counted the padding once") → what it
            gives, a value or a function of a draw's values; None where it cannot
            be made. "you …" is shown as "that comes out if you …".
        draws: values for {…} in the text, first the one that is asked first; the
            others serve "Another one".
        pool: more of them, of which those serve that tell all mistakes apart, up to
            seven draws in all.
        unit: what is counted.
        within: how far off an answer may be.
        see: where the evidence stands on the page ("#fig-uses").

    Raises:
        ValueError: a right answer that is not finite; a slip that gives, in one of
            ``draws``, the right answer or what another slip gives; fewer than five
            draws with those of ``pool``.
    """
    asked = list(draws or ([] if pool else [{}]))
    made: list[dict] = []
    for draw in [*asked, *(d for d in pool if d not in asked)]:
        answer = plain(right(**draw) if callable(right) else right, "right")
        wrong, clash = told_apart(slips or {}, draw, answer, within)
        if clash and len(made) < len(asked):
            msg = f"{name}, draw {draw}: {clash}"
            raise ValueError(msg)
        words = {**draw, "right": _Count(answer) if type(answer) is int else answer}
        card = {
            "text": text.format(**words),
            "right": answer,
            "slips": wrong,
            "why": why.format(**words),
        }
        made += [] if clash or len(made) >= max(MOST, len(asked)) else [card]
    if pool and len(made) < LEAST:
        msg = f"{name}: only {len(made)} draws of {LEAST} tell all mistakes apart"
        raise ValueError(msg)
    return _spec(name, "number", made, see, unit=unit, within=within)


def choice(
    name: str, text: str, options: Mapping[str, str], right: str, *, why: str,
    see: str = "",
) -> Question:  # fmt: skip
    """Ask for one of a few options; each wrong one maps to what it overlooks.

    Args:
        options: option → the mistake behind it, "" for the right one, in the order
            in which they are shown.
        right: the right option, best computed.

    Raises:
        ValueError: ``right`` is no option, a wrong option lacks its sentence, or two
            options say the same.
    """
    if right not in options or len(options) < 2:
        msg = f"{name}: {right!r} is not among the options {list(options)}"
        raise ValueError(msg)
    lacking = [o for o, slip in options.items() if o != right and not slip]
    if lacking or options[right]:
        msg = (
            f"{name}: wrong options need a sentence, the right one has none: {lacking}"
        )
        raise ValueError(msg)
    names = list(options)
    if len({o.casefold().replace("−", "-").strip(" .") for o in names}) < len(names):
        msg = f"{name}: two options say the same: {names}"
        raise ValueError(msg)
    slips = [[k, slip] for k, slip in enumerate(options.values()) if slip]
    draw = {"text": text, "right": names.index(right), "slips": slips, "why": why}
    return _spec(name, "choice", [draw], see, options=names)


def myth(name: str, claim: str, truth: str, *, why: str, see: str = "") -> Question:
    """A claim to judge: ``truth`` is "myth", "fact" or "depends", best computed."""
    if truth not in MYTH:
        msg = f"{name}: truth is one of {list(MYTH)}, got {truth!r}"
        raise ValueError(msg)
    draw = {"text": claim, "right": list(MYTH).index(truth), "slips": [], "why": why}
    return _spec(name, "myth", [draw], see, options=list(MYTH.values()))


def cell(
    name: str, text: str, grid: Any, right: tuple[int, int], *, why: str,
    slips: Mapping[str, tuple[int, int]] | None = None, title: str = "X", see: str = "",
    rows: tuple[str, Iterable[str]] | None = None,
    columns: tuple[str, Iterable[str]] | None = None,
) -> Question:  # fmt: skip
    """Ask for a cell of a grid of numbers (up to 9×9), to be clicked.

    Args:
        rows, columns: what they mean and their names, ``("truth", ["coat", …])``;
            both or neither.

    Raises:
        ValueError: ``right`` or a slip lies outside the grid, a slip is right or is
            where another one is; not a name for each row and column.
    """
    lines = grid.tolist() if hasattr(grid, "tolist") else [list(r) for r in grid]
    values = [[plain(v, "grid") for v in line] for line in lines]
    h, w = len(values), len(values[0])
    places = [list(right), *(list(place) for place in (slips or {}).values())]
    if max(h, w) > 9 or any(not (0 <= i < h and 0 <= j < w) for i, j in places):
        msg = f"{name}: cells {places} must lie in a grid of at most 9×9, it is {h}×{w}"
        raise ValueError(msg)
    if places[0] in places[1:]:
        msg = f"{name}: a slip is the right cell {places[0]}"
        raise ValueError(msg)
    if twice := [p for n, p in enumerate(places) if p in places[:n]]:
        msg = f"{name}: two slips are the same cell {twice[0]}"
        raise ValueError(msg)
    sides = {}
    if rows or columns:
        for side, given, count in (("rows", rows, h), ("columns", columns, w)):
            meaning, names = given or ("", ())
            sides[side] = [meaning, list(names)]
            if len(sides[side][1]) != count:
                msg = f"{name}: {count} {side} need as many names, got {sides[side][1]}"
                raise ValueError(msg)
    wrong = [[list(place), sentence] for sentence, place in (slips or {}).items()]
    draw = {"text": text, "right": places[0], "slips": wrong, "why": why}
    return _spec(name, "cell", [draw], see, grid=values, title=title, **sides)
