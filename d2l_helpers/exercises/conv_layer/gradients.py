"""A layer's own backward pass, and what breaks autograd."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

from ...correlation import corr2d, corr2d_backward
from .._compare import same
from .._values import ValueExercise
from ._adapted import AdaptedExercise

FORWARD = "the forward pass is wrong: it is to give corr2d(X, K) + bias"
OTHER = "give the class itself, a torch.autograd.Function: its backward is asked"


class _Context:
    """What `forward` leaves for `backward`.

    A stand-in for autograd's own, which stops at a gradient of the wrong shape
    before one can see what was done to it.
    """

    needs_input_grad = (True, True, True)
    saved_tensors: tuple = ()

    def save_for_backward(self, *tensors: Any) -> None:
        self.saved_tensors = tensors

    def set_materialize_grads(self, value: bool) -> None:
        pass

    def mark_non_differentiable(self, *tensors: Any) -> None:
        pass


def _takes(function: Callable, count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # a function without a signature
        pass
    return True


def by_class(answer: Any) -> Any:
    """The gradients that a `Function` (or its `apply`) gives, as a function."""
    layer = answer if isinstance(answer, type) else getattr(answer, "__self__", None)
    if not (isinstance(layer, type) and issubclass(layer, Function)):
        return answer if _takes(answer, 4) else lambda *_: OTHER

    def gradients(X: Tensor, K: Tensor, bias: Tensor, G: Tensor) -> Any:
        context = _Context()
        with torch.no_grad():
            if layer.setup_context is Function.setup_context:
                Y = layer.forward(context, X, K, bias)
            else:
                Y = layer.forward(X, K, bias)
                layer.setup_context(context, (X, K, bias), Y)
            if not same(Y, corr2d(X, K) + bias):
                return FORWARD
            return layer.backward(context, G)

    return gradients


def _right(X: Tensor, K: Tensor, bias: Tensor, G: Tensor) -> tuple:
    return (*corr2d_backward(X, K, G), G.sum())


def _cases(g: torch.Generator) -> Iterator[tuple]:
    X, K = (torch.arange(float(n * n)).view(n, n).double() for n in (3, 2))
    G = torch.tensor([[1.0, -2.0], [3.0, 5.0]]).double()
    yield X, K, torch.tensor(2.0).double(), G
    sizes = [
        ((5, 7), (2, 3)), ((6, 4), (2, 1)), ((5, 5), (2, 3)),
        ((6, 8), (2, 2)), ((8, 6), (3, 3)), ((7, 7), (3, 2)),
    ]  # fmt: skip
    for (h, w), (kh, kw) in sizes:
        G = torch.randn(h - kh + 1, w - kw + 1, generator=g).double()
        X, K = (torch.randn(n, generator=g).double() for n in ((h, w), (kh, kw)))
        yield X, K, torch.randn((), generator=g).double(), G


def _full(G: Tensor, K: Tensor, rows: int, columns: int) -> Tensor:
    return corr2d(F.pad(G, (columns, columns, rows, rows)), K)


def _with(dX=None, dK=None, db=None) -> Callable:
    """The right gradients, but for those given."""

    def gradients(X: Tensor, K: Tensor, bias: Tensor, G: Tensor) -> tuple:
        mine = (dX, dK, db)
        right = _right(X, K, bias, G)
        return tuple(
            f(X, K, G) if f else r for f, r in zip(mine, right, strict=True)
        )  # fmt: skip

    return gradients


class _ByAutograd(Function):
    @staticmethod
    def forward(ctx, X, K, bias):
        ctx.save_for_backward(X, K)
        return corr2d(X, K) + bias

    @staticmethod
    def backward(ctx, G):
        X, K = (A[None, None] for A in ctx.saved_tensors)
        dX = torch.nn.grad.conv2d_input(X.shape, K, G[None, None])[0, 0]
        dK = F.conv2d(X, G[None, None])[0, 0]
        return dX, dK, G.sum()


class _InTwoSteps(Function):
    @staticmethod
    def forward(X, K, bias):
        return corr2d(X, K) + bias

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.X, ctx.K, _ = inputs

    @staticmethod
    def backward(ctx, G):
        return _right(ctx.X, ctx.K, G, G)


CORRELATION = AdaptedExercise(
    name="Correlation",
    wants="the class Correlation, a torch.autograd.Function",
    right=_right,
    cases=_cases,
    adapt=by_class,
    mistakes={
        "flip the kernel for the gradient of X: the second pass is a strict "
        "convolution": _with(
            dX=lambda X, K, G: _full(G, K, K.shape[0] - 1, K.shape[1] - 1)
        ),
        "the gradient of X is too small: put k − 1 zeros around G, on every side": (
            _with(dX=lambda X, K, G: corr2d(G, K.flip(0, 1)))
        ),
        "rows and columns of the margin are swapped: F.pad begins with the last "
        "axis": _with(
            dX=lambda X, K, G: _full(
                G, K.flip(0, 1), K.shape[1] - 1, K.shape[0] - 1
            )
        ),
        "you transposed the kernel for the gradient of X: flip both axes": _with(
            dX=lambda X, K, G: _full(G, K.T, K.shape[1] - 1, K.shape[0] - 1)
        ),
        "the gradient of K is transposed": _with(dK=lambda X, K, G: corr2d(X, G).T),
        "you flipped the gradient of K: it is X ⋆ G, as it comes": _with(
            dK=lambda X, K, G: corr2d(X, G).flip(0, 1)
        ),
        "you flipped the rows alone for the gradient of X: flip both axes": (
            _with(
                dX=lambda X, K, G: _full(
                    G, K.flip(0), K.shape[0] - 1, K.shape[1] - 1
                )
            )
        ),
        "you flipped the columns alone for the gradient of X: flip both axes": _with(
            dX=lambda X, K, G: _full(G, K.flip(1), K.shape[0] - 1, K.shape[1] - 1)
        ),
        "the gradient of X is too large: k − 1 zeros on every side, not k": _with(
            dX=lambda X, K, G: _full(G, K.flip(0, 1), *K.shape)
        ),
        "the gradient of K is X correlated with G, not with K": _with(
            dK=lambda X, K, G: corr2d(X, K)
        ),
        "no gradient comes for X": _with(dX=lambda X, K, G: None),
        "no gradient comes for K": _with(dK=lambda X, K, G: None),
        FORWARD: lambda X, K, bias, G: FORWARD,
        OTHER: lambda X, K, bias, G: OTHER,
        "you left G out: every gradient is multiplied by the one that arrives": (
            lambda X, K, bias, G: _right(X, K, bias, torch.ones_like(G))
        ),
        "the bias gets G itself: its gradient has the shape of the bias, so sum": _with(
            db=lambda X, K, G: G
        ),
        "the bias gets the sum of G, not its mean: it is used in every cell": _with(
            db=lambda X, K, G: G.mean()
        ),
        "the bias gets a Python number: a gradient is a tensor": _with(
            db=lambda X, K, G: G.sum().item()
        ),
        "the bias gets zero for its gradient: it is the sum of G": _with(
            db=lambda X, K, G: torch.zeros_like(G[0, 0])
        ),
        "the bias counts once for you: it is used in every cell, so sum G": _with(
            db=lambda X, K, G: torch.ones_like(G[0, 0])
        ),
        "the bias gets no gradient: it is the sum of G": (
            lambda X, K, bias, G: (*_right(X, K, bias, G)[:2], None)
        ),
        "two gradients came: the bias wants one too": (
            lambda X, K, bias, G: _right(X, K, bias, G)[:2]
        ),
        "the gradient of the bias comes last: X, K, bias, as in forward": (
            lambda X, K, bias, G: tuple(_right(X, K, bias, G)[n] for n in (2, 0, 1))
        ),
        "the gradients are in another order: X, K, bias, as in forward": (
            lambda X, K, bias, G: tuple(_right(X, K, bias, G)[n] for n in (1, 0, 2))
        ),
    },
    only={
        "right for 2×2 kernels only: the margin is k − 1": (
            lambda X, K, bias, G: K.shape == (2, 2)
        ),
        "right for square kernels only": (
            lambda X, K, bias, G: K.shape[0] == K.shape[1]
        ),
        "right for square pictures only": (
            lambda X, K, bias, G: X.shape[0] == X.shape[1]
        ),
    },
    others=(_ByAutograd, _InTwoSteps, _ByAutograd.apply),
)  # fmt: skip


WORDS = ("right", "error", "lost")
TRUE = {"a": "right", "b": "lost", "c": "error", "d": "error", "e": "right"}
WHY = {
    ("a", "error"): "no error comes: every write into Y is recorded as a step",
    ("a", "lost"): "nothing is lost: every write into Y is recorded as a step",
    ("b", "right"): ".item() gives a Python number, which has no history",
    ("b", "error"): "nothing stops here, which is the danger: ask Y.requires_grad",
    ("c", "right"): "K is a leaf that wants a gradient, and exp_ overwrites it",
    ("c", "lost"): "it is noticed: a leaf must not be overwritten",
    ("d", "right"): "the gradient of exp needs its result, and += changed that",
    ("d", "lost"): "it is noticed: the backward pass looks whether Y has changed",
    ("e", "error"): "the gradient of sin needs its input, which is untouched",
    ("e", "lost"): "Y keeps its history when it is written into",
}


def _examine_verdicts(verdicts: dict[str, str]) -> str | None:
    verdicts = {str(key).strip().lower(): word for key, word in verdicts.items()}
    for letter, truth in TRUE.items():
        said = str(verdicts.get(letter, "")).strip(" .").lower()
        if said in ("", "?", "none", "ellipsis"):
            return f'({letter}) has no verdict yet: "right", "error" or "lost"'
        if said not in WORDS:
            return f'({letter}) says {said!r}: choose "right", "error" or "lost"'
        if said != truth:
            return f"({letter}) is not {said!r}: {WHY[letter, said]}"
    return None


VERDICTS = ValueExercise(
    name="verdicts",
    examine=_examine_verdicts,
    wants='a dictionary of five words, "a" to "e"',
    right=lambda: [
        (dict(TRUE),),
        (dict(reversed(TRUE.items())),),
        ({f"{letter.upper()}": f" {word.title()}. " for letter, word in TRUE.items()},),
    ],
    mistakes={
        "(a) has no verdict yet": lambda: (dict.fromkeys("abcde", "?"),),
        "(e) has no verdict yet": lambda: (dict(list(TRUE.items())[:4]),),
        "(c) says 'raises'": lambda: ({**TRUE, "c": "raises"},),
        **{
            f"({letter}) is not {said!r}": (
                lambda letter=letter, said=said: ({**TRUE, letter: said},)
            )
            for letter, said in WHY
        },
    },
)
