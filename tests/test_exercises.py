"""The checkers: every mistake gets its name, a right answer passes.

A new exercise needs no new test here: the lists are the modules' own.
"""

from __future__ import annotations

import contextlib
import threading
import time

import numpy as np
import pytest
import torch

from d2l_helpers.exercises import PAGES, _run, check
from d2l_helpers.exercises._exercise import (
    CHANGES,
    CPU_ONLY,
    DETACHED,
    FunctionExercise,
)
from d2l_helpers.exercises._patience import Patience
from d2l_helpers.exercises._timebox import OutOfTime, time_limit
from d2l_helpers.exercises._values import ValueExercise, has_callable
from d2l_helpers.exercises._verdict import LAST
from d2l_helpers.exercises._words import came, show

ALL = [getattr(check, name)._exercise for name in dir(check)]
FUNCTIONS = [e for e in ALL if isinstance(e, FunctionExercise)]
VALUES = [e for e in ALL if isinstance(e, ValueExercise)]
NAMED = [(e, m) for e in FUNCTIONS for m in e.mistakes]
PARTLY = [(e, m) for e in FUNCTIONS for m in e.only]


def ids(pair):
    return f"{pair[0].name}: {pair[1][:40]}"


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_at_least_five_mistakes_have_a_name(exercise):
    names = exercise.named()
    assert len(set(names)) == len(names) >= 5
    assert all(name[0].islower() or not name[0].isalpha() for name in names)
    assert not any(name.endswith((".", "?", "!")) for name in names)


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.name)
def test_right_answers_pass_however_they_are_written(exercise):
    assert exercise.others, "no right answer in other words"
    for answer in (exercise.right, *exercise.others):
        assert exercise(answer), exercise(answer)
    assert repr(exercise(exercise.right)).startswith(f"✓ {exercise.name}: right in ")


@pytest.mark.parametrize("pair", NAMED, ids=ids)
def test_a_mistake_gets_its_name(pair):
    exercise, sentence = pair
    verdict = exercise(exercise.mistakes[sentence])
    assert not verdict
    assert verdict.mistake == sentence


@pytest.mark.parametrize("pair", PARTLY, ids=ids)
def test_an_answer_for_some_cases_only_gets_its_name(pair):
    exercise, sentence = pair
    inside = [bool(exercise.only[sentence](*case)) for case in exercise.arguments()]
    assert any(inside)
    assert not all(inside)

    def partly(*case):
        return exercise.right(*case) if exercise.only[sentence](*case) else None

    assert exercise(partly).mistake == sentence


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.name)
def test_habits_get_their_names(exercise):
    if CHANGES in exercise.named():

        def changing(*case):
            result = exercise.right(*case)
            for value in case:
                if isinstance(value, torch.Tensor) and not value.is_meta:
                    with torch.no_grad():
                        value.add_(1)
            return result

        assert exercise(changing).mistake == CHANGES
    if exercise.differentiable:

        def detached(*case):
            with torch.no_grad():
                return exercise.right(*case)

        assert exercise(detached).mistake == DETACHED
    if exercise.any_device:

        def at_home(*case):
            result = exercise.right(*case)
            if isinstance(result, torch.Tensor):
                return torch.tensor(result.tolist(), dtype=result.dtype)
            return tuple(torch.tensor(part.tolist()) for part in result)

        assert exercise(at_home).mistake in (CPU_ONLY, DETACHED)


@pytest.mark.parametrize("exercise", VALUES, ids=lambda e: e.name)
def test_values_right_and_wrong(exercise):
    answers = list(exercise.right())
    assert len(answers) >= 2
    for answer in answers:
        assert exercise(*answer), exercise(*answer)
    for sentence, make in exercise.mistakes.items():
        verdict = exercise(*make())
        assert not verdict
        assert sentence in verdict.mistake


def stops(*_):
    raise ZeroDivisionError("a message\nof two lines")


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_nonsense_gets_a_word_and_no_exception(exercise):
    for nonsense in (
        None, ..., 3, "text", [], {}, object(), torch.zeros(0), float("nan"),
        lambda *_: None, lambda *_: "text", lambda *_: object(), lambda: 1, stops,
        lambda *a: a, lambda *_: torch.zeros(()), int, print,
    ):  # fmt: skip
        verdict = exercise(*([nonsense] * getattr(exercise, "count", 1)))
        assert not verdict, nonsense
        assert verdict.mistake
        assert repr(verdict).startswith("✗")


@pytest.mark.parametrize("exercise", VALUES, ids=lambda e: e.name)
def test_a_value_of_another_kind_is_no_error_of_ours(exercise):
    for other in (
        [], [1, 2], [[0.0, 1], [2, 3]], (), {}, "text", 3, True, np.zeros(3),
        np.zeros((2, 2)), torch.zeros(2, 2), torch.full((2,), torch.nan), object(),
    ):  # fmt: skip
        verdict = exercise(*([other] * exercise.count))
        assert not verdict
        assert "Error" not in repr(verdict), other


def test_an_error_of_the_readers_own_is_shown():
    def broken(*_):
        raise ZeroDivisionError("theirs")

    exercise = ValueExercise("x", lambda f: f(), "a function", tuple, {})
    assert "ZeroDivisionError: theirs" in repr(exercise(broken))
    assert exercise(3).detail == "a number came: 3"
    nets = {"one layer, no overlap": [torch.nn.Conv2d(1, 1, 99)]}
    assert has_callable(nets)
    assert not has_callable({"a": [1, (2, "b")]})


def test_what_came_is_said_in_words():
    assert came([[1, 2]]) == "a list of 2 came: [1, 2]"
    assert came([np.zeros(2), None]) == "an array of shape (2,) and None came"
    assert came([3, "x", torch.zeros(2)]).startswith("a number, a text and a tensor of")
    assert came([object()]).startswith("an object came")
    assert show(torch.tensor([1e-7, 0.25, 0])) == "[1e-07, 0.25, 0]"
    assert show((torch.ones(1, 2), 3)) == "([[1, 1]], 3)"


def test_a_wrong_form_in_every_case_is_named():
    right = check.correlate.right
    verdict = check.correlate(lambda X, K, bias=0.0: right(X, K, bias)[None])
    assert verdict.mistake == "the numbers are right, but their shape is not"
    assert "a tensor of shape (1, 2, 2) came, a tensor of shape (2, 2) is wanted" in (
        verdict.detail
    )
    verdict = check.correlate(lambda X, K, bias=0.0: right(X, K, bias).tolist())
    assert verdict.mistake == "a tensor is wanted"
    assert "a list of 2 came" in verdict.detail
    assert not verdict.inferred


def test_slices_that_are_empty_at_zero_are_named():
    def positive(X, di, dj):
        Y = torch.zeros_like(X)
        Y[di:, dj:] = X[:-di, :-dj]
        return Y

    def rows(X, di):
        Y = torch.zeros_like(X)
        if di >= 0:
            Y[di:] = X[:-di]
        else:
            Y[:di] = X[-di:]
        return Y

    assert "and not by 0" in check.shift(positive).mistake
    both = check.shift(lambda X, di, dj: rows(rows(X, di).T, dj).T)
    assert both.mistake.startswith("right unless di or dj is 0")
    one = check.shift(lambda X, di, dj: check.shift.right(rows(X, di), 0, dj))
    assert one.mistake.startswith("right unless di is 0")


@pytest.mark.parametrize(
    ("form", "absolute", "words"),
    [
        (lambda column, row: (column[:, 0], row[0]), False, "have one axis: keep two"),
        (lambda column, row: (row, column), False, "swapped: the column"),
        (
            lambda column, row: (row[0], column[:, 0]),
            False,
            "one axis, and are swapped",
        ),
        (lambda column, row: (column, row), True, "tol counts for you as it is"),
    ],
)
def test_factors_are_named_whichever_way_they_are_found(form, absolute, words):
    def crossing(K, tol=1e-5):  # no singular vectors: the scale is another one
        i, j = divmod(int(K.abs().argmax()), K.shape[1])
        column, row = K[:, j : j + 1] / K[i, j], K[i : i + 1]
        unit = 1 if absolute else K.abs().max()
        near = (column @ row - K).abs().max() <= tol * unit
        return form(column, row) if near else None

    assert words in check.factors(crossing).mistake


def test_weights_counted_one_by_one_with_the_border_left_free():
    def count(n, delta=None, tied=True):
        reach, names = n if delta is None else delta, set()
        cells = [(i, j) for i in range(n) for j in range(n)]
        for i, j in cells:
            inner = min(i, j) >= reach and max(i, j) < n - reach
            for k, m in cells:
                if max(abs(k - i), abs(m - j)) <= reach:
                    shared = tied and (inner or delta is None)
                    names.add((k - i, m - j) if shared else (i, j, k, m))
        return len(names)

    assert check.weights_of(count).mistake.startswith("your border units have weights")


def test_a_class_is_asked_for_where_its_backward_is_tried():
    verdict = check.Correlation(lambda X, K, bias: X)
    assert verdict.mistake.startswith("give the class itself")


def test_an_endless_answer_is_stopped(monkeypatch):
    monkeypatch.setattr(_run, "LIMIT", 0.3)

    def endless(*_):
        while True:
            with contextlib.suppress(Exception):  # an answer catches what it likes
                time.sleep(0.01)

    start = time.monotonic()
    assert check.size(endless).mistake == Patience.SLOW
    assert time.monotonic() - start < 5


def test_the_time_limit_holds_off_the_main_thread_too():
    heard = []

    def work():
        try:
            with time_limit(0.2):
                while True:
                    sum(range(100))
        except OutOfTime:
            heard.append("stopped")
        with time_limit(60):
            heard.append("free")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert heard == ["stopped", "free"]


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(AttributeError, match="did you mean 'strided'"):
        check.stride  # noqa: B018
    assert len(PAGES) == 7


def test_only_a_value_error_counts_as_one():
    def asserting(n, k, s=1, p=0, d=1):
        assert n + 2 * p >= d * (k - 1) + 1
        return check.size.right(n, k, s, p, d)

    verdict = check.size(asserting)
    assert not verdict
    assert verdict.detail.startswith("for (4, 3, 1, 0, 3): it stopped with Asser")
    assert verdict.detail.endswith("; a ValueError is wanted")


def test_arrays_and_numpy_numbers_are_answers_too():
    right = check.strided.right
    assert not check.strided(lambda *a: right(*a).detach().numpy())  # no gradient
    assert check.lost(lambda *a: torch.tensor(check.lost.right(*a)).numpy()[()])
    assert check.receptive(lambda x: torch.tensor(check.receptive.right(x)))
    assert check.pad(lambda X, p, mode: check.pad.right(X, p, mode).numpy())


def test_a_gradient_lost_for_one_argument_is_noticed():
    right = check.strided.right
    for answer in (
        lambda X, K, *a: right(X.detach(), K, *a),
        lambda X, K, *a: right(X, K.detach(), *a),
        lambda X, K, *a: Broken.apply(right(X, K, *a)),
    ):
        assert check.strided(answer).mistake == DETACHED


class Broken(torch.autograd.Function):
    """A backward pass that stops: the checker must not."""

    @staticmethod
    def forward(ctx, Y):
        return Y.clone()

    @staticmethod
    def backward(ctx, G):
        raise ZeroDivisionError


def test_what_goes_through_numpy_works_on_the_cpu_only():
    def through(K, n):
        return torch.from_numpy(check.big_matrix.right(K, n).numpy())

    assert check.big_matrix(through).mistake == CPU_ONLY


def test_the_report_lists_last_verdicts():
    LAST.clear()
    assert check.report() == "exercise\t\tmistake"
    check.size(None)
    check.size(check.size.right)
    check.lost(lambda h, w, k, s=1, p=0: check.lost.right(h, w, k, s))
    assert check.report().splitlines()[1:] == [
        "lost\twrong\tthe padding is left out",
        "size\tright\t",
    ]
