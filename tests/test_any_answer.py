"""No value that a reader can hand in or return raises in a checker."""

from __future__ import annotations

import functools
import random
import time
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from d2l_helpers.exercises import _run, check
from d2l_helpers.exercises._devices import stays_home
from d2l_helpers.exercises._exercise import CPU_ONLY, FunctionExercise
from d2l_helpers.exercises._patience import Patience

ALL = [getattr(check, name)._exercise for name in dir(check)]
FUNCTIONS = [e for e in ALL if isinstance(e, FunctionExercise)]


class Hostile:
    """Raises whatever is asked of it."""

    def _stop(self, *_):
        raise RuntimeError("leave me alone")

    __eq__ = __repr__ = __str__ = __len__ = __bool__ = __iter__ = __array__ = _stop
    __float__ = __int__ = __index__ = __getitem__ = __lt__ = __gt__ = _stop
    __hash__ = object.__hash__


class Own(BaseException):
    """Not an Exception, and cannot be put into words."""

    def __str__(self):
        raise ValueError


async def coroutine(*_):
    pass


def raising(error):
    def stop(*_):
        raise error

    return stop


def generator(*_):
    yield from iter(int, 1)


def of_one(value):
    """Functions return it."""
    return lambda *_: value


def deep():
    knot = []
    knot.append(knot)
    return knot


def zoo():
    """Values, made anew for each checker."""
    ones = torch.ones(2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some kinds are called prototypes
        nested = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
        compressed = ones.to_sparse_csr()
        quantized = torch.quantize_per_tensor(ones, 0.1, 0, torch.quint8)
    return [
        None, ..., True, 3, -1.5, float("nan"), float("inf"), 10**400, 3 + 4j, "text",
        b"bytes", [], (), {}, set(), [None, [1, "x"]], {"a": ones}, {1: {2: 3}}, deep(),
        list(range(10_000)), [[[]]], range(5), slice(2), iter([1]), generator(),
        object(), Hostile(), [Hostile()], (Hostile(), Hostile()), {"a": Hostile()},
        np.float32(3), np.bool_(True), np.zeros(3), np.zeros((2, 2)), np.array("x"),
        np.array([None, 3], dtype=object), np.zeros(0), np.array(3 + 4j),
        np.arange(6)[::-1], torch.zeros(0), torch.tensor(3), torch.tensor(torch.nan),
        ones, ones.int(), ones.bool(), ones.half(), ones.bfloat16(), ones.double(),
        ones.requires_grad_(), ones * (1 + 2j), ones.to_sparse(), compressed, nested,
        ones.to("meta"), quantized, torch.ones(3).expand(4, 3), torch.Size([2, 2]),
        nn.Parameter(torch.ones(2, 2)),
        nn.Linear(2, 2), nn.Linear, nn.Sequential(), nn.Module, torch.Tensor, int,
        print, functools.partial(max, 3), torch.float32, torch.device("cpu"),
        ValueError("x"), raising(ZeroDivisionError("of\ntwo lines")),
        raising(SystemExit(3)), raising(Own()), raising(GeneratorExit()),
        raising(StopIteration()),
        raising(RecursionError()), raising(MemoryError()), raising(KeyError(Hostile)),
        coroutine, generator, lambda: 1, lambda *a: a, lambda *a: a[0], lambda **_: 1,
        lambda *a: a[-1], lambda *a: lambda *b: a,
    ]  # fmt: skip


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_anything_gets_a_verdict(exercise):
    count = getattr(exercise, "count", 1)
    share = ALL.index(exercise) % 3  # every value meets every third checker
    for value in zoo()[share::3]:
        for answer in (value, of_one(value)):
            verdict = exercise(*[answer] * count)
            assert not verdict, type(value)
            text = repr(verdict)
            assert text.startswith(f"✗ {exercise.name}: ")
            assert len(text) < 2000


def test_answers_may_be_named_and_their_number_is_looked_at():
    limit, left = next(iter(check.slowest.right()))
    assert check.slowest(left=left, limit=limit)
    assert check.size(size=check.size.right)
    for wrong in (check.size(), check.size(max, min), check.size(max, other=3)):
        assert "values came" in wrong.detail
    assert "1 value(s) came" in check.slowest(limit).detail


def test_ctrl_c_is_no_answer():
    with pytest.raises(KeyboardInterrupt):
        check.size(raising(KeyboardInterrupt()))


def settings():
    return (
        torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled(),
        torch.get_num_threads(), torch.rand(()).item(), random.random(),
        np.random.rand(), list(warnings.filters),
    )  # fmt: skip


def seeded():
    torch.manual_seed(5)
    random.seed(5)
    np.random.seed(5)


def test_what_an_answer_sets_is_set_back():
    def reckless(n, k, s=1, p=0, d=1):
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")
        torch.set_grad_enabled(False)
        torch.set_num_threads(2)
        seeded()
        torch.rand(3)
        np.random.rand(4)
        warnings.simplefilter("error")
        return check.size.right(n, k, s, p, d)

    seeded()
    before = settings()
    seeded()
    assert check.size(reckless)
    assert settings() == before


def test_what_the_reader_has_set_does_not_matter():
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.set_default_device("meta")
        assert all(check.pool2d(f) for f in check.pool2d.others)
        assert check.correlate(check.correlate.others[1])
        assert check.spread(*next(iter(check.spread.right())))
        assert torch.get_default_device().type == "meta"
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
        torch.set_grad_enabled(True)


@pytest.mark.parametrize("name", ["toeplitz", "big_matrix"])
def test_a_sparse_matrix_is_judged_by_its_values(name):
    exercise = getattr(check, name)
    for form in (torch.Tensor.to_sparse, torch.Tensor.to_sparse_csr):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert exercise(lambda *case, form=form: form(exercise.right(*case)))
            assert not exercise(
                lambda *case, form=form: form(2 * exercise.right(*case))
            )


def correlation(begin, write=False):
    """One pass per weight, from what `begin(X, oh, ow, bias)` makes."""

    def correlate(X, K, bias=0.0):
        (h, w), (kh, kw) = X.shape, K.shape
        Y = begin(X, h - kh + 1, w - kw + 1, bias)
        for a in range(kh):
            for b in range(kw):
                cells = K[a, b] * X[a : a + h - kh + 1, b : b + w - kw + 1]
                if write:
                    Y += cells
                else:
                    Y = Y + cells
        return Y

    return correlate


def inside(X, oh, ow, bias):
    with torch.device(X.device):
        return torch.zeros(oh, ow) + bias


THERE = {
    "bias": lambda X, oh, ow, bias: bias,
    "new_zeros": lambda X, oh, ow, bias: X.new_zeros(oh, ow) + bias,
    "device=": lambda X, oh, ow, bias: torch.zeros(oh, ow, device=X.device) + bias,
    "with device": inside,
    "to": lambda X, oh, ow, bias: torch.zeros(oh, ow).to(X.device) + bias,
    "to like": lambda X, oh, ow, bias: torch.full((oh, ow), 1.0).type_as(X) * 0 + bias,
    "zeros_like": lambda X, oh, ow, bias: torch.zeros_like(X[:oh, :ow]) + bias,
    "a scalar": lambda X, oh, ow, bias: torch.zeros(()) + bias,
    "a mask": lambda X, oh, ow, bias: (X[:oh, :ow] * 0)[:, X[0, :ow] > -9] + bias,
    "item": lambda X, oh, ow, bias: X.sum().item() * 0 + bias,
    "a question": lambda X, oh, ow, bias: bias if (X.min() <= X).all() else None,
    "by the CPU": lambda X, oh, ow, bias: X.cpu().to(X.device)[:oh, :ow] * 0 + bias,
    "indices": lambda X, oh, ow, bias: X[torch.arange(oh)][:, :ow] * 0 + bias,
}  # fmt: skip
HOME = {
    "zeros and the bias": lambda X, oh, ow, bias: torch.zeros(oh, ow) + bias,
    "full": lambda X, oh, ow, bias: torch.full((oh, ow), 1.0) * bias,
    "dtype only": lambda X, oh, ow, bias: torch.zeros(oh, ow, dtype=torch.float) + bias,
    "Tensor": lambda X, oh, ow, bias: torch.Tensor(oh, ow).zero_() + bias,
    "numpy": lambda X, oh, ow, bias: torch.from_numpy(np.ones((oh, ow)) * 0) + bias,
    "cpu": lambda X, oh, ow, bias: torch.zeros(oh, ow, device="cpu") + bias,
    "a list": lambda X, oh, ow, bias: torch.tensor([[0.0] * ow] * oh) + bias,
}  # fmt: skip


@pytest.mark.parametrize("form", THERE)
def test_what_runs_on_a_gpu_is_not_called_cpu_only(form):
    verdict = check.correlate(correlation(THERE[form]))
    assert verdict.mistake != CPU_ONLY
    assert not stays_home(correlation(THERE[form]), check.correlate.arguments()[0])


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("form", HOME)
def test_every_form_that_stays_on_the_cpu_is_seen(form, write):
    verdict = check.correlate(correlation(HOME[form], write))
    assert verdict.mistake == CPU_ONLY


def test_cells_written_at_home_and_constants_of_the_page_are_seen():
    outside = torch.ones(1, 1, 2, 2)

    def by_cells(X, K, bias=0.0):
        Y = torch.zeros(X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1)
        for i, row in enumerate(Y):
            for j in range(len(row)):
                Y[i, j] = (X[i : i + K.shape[0], j : j + K.shape[1]] * K).sum() + bias
        return Y

    case = check.correlate.arguments()[2]
    assert stays_home(by_cells, case)
    assert stays_home(lambda X, K, bias: torch.conv2d(X[None, None], outside), case)
    assert stays_home(lambda X, K, bias: torch.from_numpy(X.numpy()), case)
    assert not stays_home(
        lambda X, K, bias: torch.vmap(lambda row: row + row)(X) * X, case
    )


def test_a_slow_answer_gives_a_sign_and_has_a_limit(monkeypatch, capsys):
    monkeypatch.setattr(Patience, "QUIET", 0.05)
    monkeypatch.setattr(Patience, "TOTAL", 0.6)

    def slow(*case):
        time.sleep(0.1)
        return check.size.right(*case)

    start = time.monotonic()
    verdict = check.size(slow)
    assert time.monotonic() - start < 5
    assert verdict.mistake == Patience.SLOW
    assert "seconds, in case " in verdict.detail
    assert "size: still trying, case 2 of " in capsys.readouterr().err
    monkeypatch.setattr(_run, "LIMIT", 0.2)
    assert check.spread(lambda net, X: time.sleep(60)).mistake == Patience.SLOW


def test_a_quick_answer_gives_no_sign(capsys):
    assert check.size(check.size.right)
    assert capsys.readouterr().err == ""


def test_what_is_inferred_is_said_as_such():
    named = check.pool2d(next(iter(check.pool2d.mistakes.values())))
    assert named.inferred
    first, second = repr(named).splitlines()
    assert first.endswith("came, a tensor of shape (1, 1) is wanted.")
    assert second.startswith("  Agrees with: you step by one cell")


def test_a_missing_name_is_no_matter_of_arguments():
    def answer(X, size, *rest):
        if size[0] != size[1]:
            raise NameError("name 'missing' is not defined")
        return check.pool2d.right(X, size, *rest)

    verdict = check.pool2d(answer)
    assert not verdict.inferred
    assert "NameError: name 'missing'" in verdict.detail


@pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.name)
def test_constants_and_lists_are_accused_of_nothing(exercise):
    for value in (None, 0, -7.5, [], [3], "text", (None, None)):
        verdict = exercise(of_one(value))
        assert not verdict.inferred, verdict
        assert verdict.detail or "came: give" in verdict.mistake, verdict
