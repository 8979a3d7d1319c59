"""Correlation over several channels in, and to several channels out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ... import correlation
from .._exercise import FunctionExercise
from ._watch import borrowed, watched


def multi_in(X: Tensor, K: Tensor) -> Tensor:
    return F.conv2d(X[None], K[None])[0, 0]


def _maps(X: Tensor, K: Tensor) -> Tensor:
    """The partial results, one for each channel, before they are added."""
    return F.conv2d(X[None], K[:, None], groups=len(K))[0]


def _in_cases(g: torch.Generator) -> Iterator[tuple]:
    for (ci, h, w), kernel in (
        ((2, 5, 7), (2, 3)), ((3, 7, 7), (3, 3)), ((3, 6, 6), (2, 3)),
        ((2, 5, 8), (2, 2)), ((4, 6, 5), (3, 2)), ((1, 4, 6), (1, 3)),
        ((1, 5, 5), (2, 2)), ((5, 8, 4), (4, 1)), ((3, 4, 3), (4, 3)),
    ):  # fmt: skip
        yield torch.randn(ci, h, w, generator=g), torch.randn(ci, *kernel, generator=g)


def _indices_swapped(X: Tensor, K: Tensor) -> Tensor:
    """K[:, b, a] for K[:, a, b]: leaves the kernel unless it is square."""
    if K.shape[1] != K.shape[2]:
        raise IndexError("index is out of bounds")
    return multi_in(X, K.transpose(1, 2))


def _windows(X: Tensor, K: Tensor) -> Tensor:
    cells = X.unfold(1, K.shape[1], 1).unfold(2, K.shape[2], 1)
    return torch.einsum("cijab,cab->ij", cells, K)


def _over_cells(X: Tensor, K: Tensor) -> Tensor:
    _, kh, kw = K.shape
    oh, ow = X.shape[1] - kh + 1, X.shape[2] - kw + 1
    Y = X.new_zeros(oh, ow)
    for a in range(kh):
        for b in range(kw):
            for x, k in zip(X, K, strict=True):
                Y += k[a, b] * x[a : a + oh, b : b + ow]
    return Y


BORROWED = {
    "torch": "you call PyTorch's convolution: add up over the kernel's cells yourself",
    "d2l": "you call a correlation of d2l: add up over the kernel's cells yourself",
}
PLACES = "you loop over the picture's places: the kernel has fewer cells"


class _OwnSum(FunctionExercise):
    """Right numbers are not enough: no other correlation, no loop over places."""

    def _general(self, answer: Callable, cases: list[tuple]) -> str:
        if general := super()._general(answer, cases):
            return general
        X, K = torch.ones(2, 5, 6), torch.ones(2, 2, 3)
        small, large = (watched(answer, (A, K)) for A in (X, X.repeat(1, 2, 2)))
        if whose := borrowed(small):
            return BORROWED[whose]
        grows = large.torch.total() > small.torch.total()
        return PLACES if grows else ""


def _place_by_place(X: Tensor, K: Tensor) -> Tensor:
    _, kh, kw = K.shape
    oh, ow = X.shape[1] - kh + 1, X.shape[2] - kw + 1
    cells = [
        (X[:, i : i + kh, j : j + kw] * K).sum() for i in range(oh) for j in range(ow)
    ]
    return torch.stack(cells).reshape(oh, ow)


MULTI_IN = _OwnSum(
    name="corr2d_multi_in",
    right=_windows,
    cases=_in_cases,
    mistakes={
        BORROWED["torch"]: multi_in,
        BORROWED["d2l"]: correlation.corr2d_multi_in,
        PLACES: _place_by_place,
        "the slices are in the wrong order: slice c reads channel c": (
            lambda X, K: multi_in(X, K.flip(0))
        ),
        "you read the cells as K[:, b, a]: the row comes first": _indices_swapped,
        "the slices are transposed: lay them down as they are": (
            lambda X, K: multi_in(X, K.transpose(1, 2))
        ),
        "you flipped the kernel: correlation lays it down as it is": (
            lambda X, K: multi_in(X, K.flip(1, 2))
        ),
        "you averaged over the channels: they are summed": (
            lambda X, K: multi_in(X, K) / len(K)
        ),
        "you used the first slice for all channels: each has its own": (
            lambda X, K: multi_in(X, K[:1].expand_as(K))
        ),
        "only the first channel counts: sum over all": (
            lambda X, K: multi_in(X[:1], K[:1])
        ),
        "you kept one map per channel: add them into one": _maps,
        "the sum has an axis of length 1 left: one map is (oh, ow)": (
            lambda X, K: multi_in(X, K)[None]
        ),
        "a row and a column are missing: there are h − kh + 1 places": (
            lambda X, K: multi_in(X, K)[:-1, :-1]
        ),
    },
    only={
        "right for square pictures only": lambda X, K: X.shape[1] == X.shape[2],
        "right for square kernels only": lambda X, K: K.shape[1] == K.shape[2],
        "right for square answers only: is it (oh, ow)": (
            lambda X, K: X.shape[1] - K.shape[1] == X.shape[2] - K.shape[2]
        ),
        "right for one channel only": lambda X, K: len(X) == 1,
    },
    others=(_over_cells,),
    differentiable=True,
    any_device=True,
)


def multi_in_out(X: Tensor, K: Tensor, b: Tensor | None = None) -> Tensor:
    return F.conv2d(X[None], K, b)[0]


def _out_cases(g: torch.Generator) -> Iterator[tuple]:
    for co, (ci, h, w), kernel, bias in (
        (3, (2, 5, 4), (2, 2), True), (2, (3, 6, 5), (3, 2), False),
        (4, (3, 5, 5), (2, 2), True), (5, (2, 4, 7), (3, 3), True),
        (3, (3, 4, 6), (2, 3), True), (1, (3, 5, 6), (2, 1), True),
        (4, (1, 6, 3), (1, 3), False), (2, (2, 5, 5), (3, 3), False),
    ):  # fmt: skip
        b = torch.randn(co, generator=g) if bias else None
        X, K = (
            torch.randn(ci, h, w, generator=g),
            torch.randn(co, ci, *kernel, generator=g),
        )
        yield X, K, b


def _bias(times):
    """The bias added `times(X)` times."""

    def biased(X, K, b=None):
        Y = multi_in_out(X, K)
        return Y if b is None else Y + times(X) * b[:, None, None]

    return biased


def _bias_on_columns(X, K, b=None):
    Y = multi_in_out(X, K)
    return Y if b is None else Y + b


def _stacked(X, K, b=None):
    maps = [multi_in(X, k) for k in K]
    if b is not None:
        maps = [Y + u for Y, u in zip(maps, b, strict=True)]
    return torch.stack(maps)


def _asked_for_truth(X, K, b=None):
    """`if b:` stops for a tensor of several numbers."""
    Y = multi_in_out(X, K)
    return Y + b[:, None, None] if b else Y


MULTI_IN_OUT = FunctionExercise(
    name="corr2d_multi_in_out",
    right=multi_in_out,
    cases=_out_cases,
    mistakes={
        "you took ci for co: the first axis of K goes over the outputs": (
            lambda X, K, b=None: multi_in_out(X, K.transpose(0, 1), b)
        ),
        "you added the bias once per slice: once per output is enough": _bias(len),
        "the bias is left out": _bias(lambda X: 0),
        "you took the bias away: add it": _bias(lambda X: -1),
        "`if b:` asks several numbers whether they are true: say `if b is not None:`": (
            _asked_for_truth
        ),
        "an axis for the batch is left: the answer is (co, oh, ow), so take [0]": (
            lambda X, K, b=None: multi_in_out(X, K, b)[None]
        ),
        "you added b along the columns: a map each wants b[:, None, None]": (
            _bias_on_columns
        ),
        "you stacked along the last axis: the answer is (co, oh, ow)": (
            lambda X, K, b=None: multi_in_out(X, K, b).permute(1, 2, 0)
        ),
        "you made one map only: every kernel makes its own": (
            lambda X, K, b=None: multi_in_out(X, K, b)[:1]
        ),
        "you added the maps of all kernels: stack them": (
            lambda X, K, b=None: multi_in_out(X, K, b).sum(0)
        ),
        "one slice reads all channels: a kernel has a slice for each": (
            lambda X, K, b=None: multi_in_out(X, K[:, :1].expand_as(K), b)
        ),
        "you flipped the kernels: correlation lays them down as they are": (
            lambda X, K, b=None: multi_in_out(X, K.flip(2, 3), b)
        ),
    },
    only={
        "right with a bias only: b may be None": lambda X, K, b: b is not None,
        "right without a bias only": lambda X, K, b: b is None,
        "right for one output only": lambda X, K, b: len(K) == 1,
    },
    others=(_stacked, _bias(lambda X: 1)),
    any_device=True,
)
