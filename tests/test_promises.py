"""Every promise of a statement has a hidden case that breaks an answer without it.

A promise is a piece of the statement, word for word, with an answer that is right but
for this promise.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from d2l_helpers.exercises import check
from d2l_helpers.exercises._exercise import FunctionExercise

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "chapters").glob("*.ipynb")), ROOT / "appendix/speed.ipynb"]


@functools.cache
def statements() -> dict[str, tuple[str, str]]:
    """Checker → the statement of its exercise, and its stub."""
    found = {}
    for page in PAGES:
        statement = ""
        for cell in json.loads(page.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                blocks = re.findall(r":::\{exercise\}.*?\n:::", source, re.DOTALL)
                statement = " ".join(blocks[-1].split()) if blocks else statement
            else:
                for name in re.findall(r"# .*?d2l\.check\.(\w+)\(", source):
                    found.setdefault(name, (statement, source))
    return found


def after(change):
    """The right value, changed."""
    return lambda f: lambda *case: change(f(*case))


def unless(test, other):
    """The right answer, and another one where the test says so."""
    return lambda f: lambda *case: other(f, *case) if test(*case) else f(*case)


def given(change):
    """The right answer to other arguments."""
    return lambda f: lambda *case: f(*change(*case))


def stops(f, *case):
    raise RuntimeError("not here")


def at_home(f):
    """Made anew, where the input may not be."""

    def answer(*case):
        result = f(*case)
        many = isinstance(result, tuple)
        parts = result if many else (result,)
        made = tuple(torch.tensor(T.tolist(), dtype=T.dtype) for T in parts)
        return made if many else made[0]

    return answer


def changing(f):
    """Right, and then it writes into what it was given."""

    def answer(*case):
        result = f(*case)
        for value in case:
            if isinstance(value, torch.Tensor):
                value += 1
        return result

    return answer


def detached(*places):
    """No gradient comes back to these arguments."""
    return given(
        lambda *case: [
            a.detach() if k in places and isinstance(a, torch.Tensor) else a
            for k, a in enumerate(case)
        ]
    )


def mistake(name, words):
    """The answer that the checker knows under a name with these words."""
    known = getattr(check, name).mistakes.items()
    found = next((wrong for sentence, wrong in known if words in sentence), None)
    assert found, (name, words)
    return lambda f: found


def value(name, words):
    """The same for an exercise that asks for a value."""
    return lambda *right: mistake(name, words)(None)()


swapped = after(lambda pair: pair[::-1])
flat = after(lambda T: T.flatten())
batched = after(lambda T: T[None])
listed = after(lambda T: T.tolist())
array = after(lambda T: T.detach().numpy())
per_cent = after(lambda share: 100 * share)


def both(X):
    return X.shape[-1] != X.shape[-2]


PROMISES = {
    "weights_of": {
        "a whole number": after(str),
        "from 0 on": given(lambda n, delta, tied: (n, delta or None, tied)),
        "perhaps beyond the picture": unless(
            lambda n, delta, tied: delta is not None and delta >= n, stops
        ),
        "`None` for no limit": unless(lambda n, delta, tied: delta is None, stops),
        "Biases are not counted": after(lambda number: number + 1),
        "local but not tied": given(lambda n, delta, tied: (n, delta, True)),
        "weights that would look outside do not exist": unless(
            lambda n, delta, tied: not tied and delta is not None and delta >= n,
            lambda f, n, delta, tied: (n * (2 * delta + 1)) ** 2,
        ),
    },
    "big_matrix": {
        "$n^2 \\times n^2$ matrix": batched,
        "maps a flattened n×n picture to the flattened answer": after(lambda T: T.T),
        "zeros outside the picture": mistake("big_matrix", "at all sides"),
        "a tensor of the dtype": after(lambda T: T.float()),
        "on the device of `K`": at_home,
    },
    "shift": {
        "`di` rows down": given(lambda X, di, dj: (X, -di, dj)),
        "`dj` columns to the right": given(lambda X, di, dj: (X, di, -dj)),
        "negative numbers for the other ways": unless(
            lambda X, di, dj: min(di, dj) < 0, stops
        ),
        "zeros where nothing comes in": mistake("shift", "border is repeated"),
        "The answer is a new picture": unless(
            lambda X, di, dj: di == dj == 0, lambda f, X, di, dj: X.view(X.shape)
        ),
        "picture (h, w) on": mistake("shift", "has shrunk"),
        "on the device of `X`": at_home,
        "which stays as it is": changing,
        "a move may be longer than the picture": unless(
            lambda X, di, dj: abs(di) > X.shape[0] or abs(dj) > X.shape[1], stops
        ),
    },
    "commutator": {
        "one number": after(lambda gap: torch.full((2, 2), gap)),
        "the largest value": mistake("commutator", "the mean of"),
        "one column to the right": mistake("commutator", "to the left"),
        "wraps round": mistake("commutator", "lets zeros in"),
        "a picture (h, w)": unless(lambda f, X: both(X), stops),
    },
    "friends": {
        "standard deviation of at least 10": value("friends", "by 10 grey levels"),
        "most strongly correlated": value("friends", "the weakest"),
        "whole numbers": lambda friends, *rest: (friends + 0.5, *rest),
        "of shape (pixels that vary, 4)": value("friends", "is a table"),
        "places in the unshuffled picture are not": lambda friends, share, snow, at: (
            at[(snow.std(0) >= 10).nonzero().flatten()][friends], share, snow, at
        ),
        "a number from 0 to 1": value("friends", "per cent"),
        "or 1 along both axes": value("friends", "across a corner"),
    },
    "correlate": {
        "a bias": given(lambda X, K, bias: (X, K, 0.0)),
        "a number or a tensor that holds one": unless(
            lambda X, K, bias: isinstance(bias, torch.Tensor), stops
        ),
        "on every cell of the answer": mistake("correlate", "in every pass"),
        "(h − kh + 1, w − kw + 1)": batched,
        "any rectangle": unless(lambda X, K, bias: both(X), stops),
        "keep the fractions when `X` holds integers": lambda f: (
            lambda X, K, bias=0.0: f(X, K, bias).to(X.dtype)
        ),
        "leave `X` as it is": changing,
        "let gradients through to `X`": detached(0),
        "`K` and the bias": detached(2),
        "on the device of the input": at_home,
    },
    "diagonals": {
        "tensors of shape (2, 2)": lambda a, b: (a[None], b[None]),
        "with weights 0, 1 and −1": lambda a, b: (2 * a, b),
        "positive where the lower left side": lambda a, b: (-a, b),
        "positive where its upper left side": lambda a, b: (a, -b),
        "the other diagonals, the rising ones": lambda a, b: (b, b),
        "is silent on every picture": lambda a, b: (a, torch.tensor([[1, -1], [0, 0]])),
    },
    "difference": {
        "d = 0 included": unless(lambda d: d == 0, stops),
        "applied d times": given(lambda d: (1,)),
        "a tensor": array,
        "of floats": unless(lambda d: d == 0, lambda f, d: f(d).long()),
        "of shape (1, d + 1)": flat,
    },
    "Correlation": {
        "`d2l.corr2d(X, K) + bias`": mistake("Correlation", "the forward pass"),
        "`X`, `K` and `bias`, in this order": mistake("Correlation", "another order"),
        "each of the shape of what it belongs to": mistake("Correlation", "G itself"),
        "`bias` is a tensor without axes": lambda f: (
            lambda X, K, bias, G: (*f(X, K, bias, G)[:2], G.sum()[None])
        ),
        "on rectangles": unless(lambda X, K, bias, G: both(X), stops),
    },
    "toeplitz": {
        "to the flattened answer": after(lambda T: T.T),
        "flattened along its rows": mistake("toeplitz", "the answer is flattened col"),
        "(oh·ow, h·w)": batched,
    },
    "im2col": {
        "whose rows are the flattened windows": after(lambda T: T.T),
        "flattened along its rows": mistake("im2col", "are flattened column by"),
        "(oh·ow, kh·kw)": mistake("im2col", "four axes"),
    },
    "slowest": {
        "the largest stable learning rate": lambda limit, left: (limit / 2, left),
        "as nine numbers": lambda limit, left: (limit, left[:8]),
        "what is left of the error K − 1/9": value("slowest", "to be subtracted"),
    },
    "find": {
        "a list of the samples": after(set),
        "whole numbers, not seconds": mistake("find", "seconds"),
        "ascending": after(lambda places: places[::-1]),
        "`count` copies": given(lambda signal, sound, count: (signal, sound, 4)),
        "loud or soft": unless(
            lambda signal, *_: signal.abs().max() < 0.2 or signal.abs().max() > 20,
            lambda f, *_: [],
        ),
        "Calls do not overlap": mistake("find", "several samples of one peak"),
    },
    "verdicts": {
        "one word for each letter": lambda words: (dict(list(words.items())[1:]),),
        '"right", "error" or "lost"': lambda words: ({**words, "a": "fine"},),
    },
    "factors": {
        "first a column (kh, 1), then a row (1, kw)": mistake(
            "factors", "are swapped: "
        ),
        "two tensors": after(lambda pair: pair and [A.tolist() for A in pair]),
        "whose product is `K`": after(lambda pair: pair and (2 * pair[0], pair[1])),
        "or `None` alone": after(lambda pair: pair or (None, None)),
        "times the largest weight in size": mistake("factors", "as it is: it"),
    },
    "size": {
        "as an `int`": after(float),
        "if no window fits": unless(
            lambda n, k, s, p, d: n + 2 * p < d * (k - 1) + 1, lambda *_: 0
        ),
        "raises a `ValueError`": unless(
            lambda n, k, s, p, d: n + 2 * p < d * (k - 1) + 1, stops
        ),
    },
    "pad": {
        "one of (h + 2p, w + 2p)": batched,
        "on every side": lambda f: lambda X, p, mode: f(X, p, mode)[: X.shape[0] + p],
        "repeats the border cell": mistake("pad", "of the other side"),
        "goes on at the other side": mistake("pad", "replicate and circular"),
        "which is not repeated": mistake("pad", "reflect repeats"),
        "Raise a `ValueError`": mistake("pad", "another error"),
        "too few cells to be mirrored": mistake("pad", "it goes on"),
        "p + 1 are needed": mistake("pad", "you refuse too much"),
        "along each axis": lambda f: lambda X, p, mode: (
            f(X, p, mode) if p < X.shape[0] or mode != "reflect" else stops(f)
        ),
    },
    "strided": {
        "are pairs (rows, columns)": given(lambda X, K, s, p: (X, K, s[::-1], p)),
        "a tensor (oh, ow)": batched,
        "Compute only the cells that are kept": mistake("strided", "throw most away"),
        "Gradients should reach `X`": detached(0),
        "and `K`, and": detached(1),
        "on the device of `X`": at_home,
    },
    "never_read": {
        "the list": after(set),
        "0 to n − 1": mistake("never_read", "of the padded strip: take"),
        "in ascending order": after(lambda cells: cells[::-1]),
        "empty if all are read": after(lambda cells: cells or None),
    },
    "lost": {
        "h×w picture": unless(lambda h, w, k, s, p: h != w, stops),
        "that no k×k window reads": after(lambda number: number + 1),
    },
    "use_map": {
        "a tensor": array,
        "(h, w) that": given(lambda h, w, k, p: (w, h, k, p)),
        "p rows and columns of zeros": given(lambda h, w, k, p: (h, w, k, 0)),
        "at least one window fits": unless(
            lambda h, w, k, p: max(min(h, w), 1) + 2 * p - k + 1 < k, stops
        ),
    },
    "receptive": {
        "(kernel, stride, dilation)": mistake("receptive", "stride for the dilation"),
        "from the input on": given(lambda layers: (layers[::-1],)),
        "(field, jump)": swapped,
        "the tuple": after(set),
    },
    "by_zeros": {
        "with stride s": given(lambda X, K, s, p: (X, K, 1, p)),
        "and padding p": given(lambda X, K, s, p: (X, K, s, 0)),
        "`K` (kh, kw)": unless(lambda X, K, s, p: both(K), stops),
        "a tensor with two axes": batched,
        "the result is a tensor": array,
    },
    "blur_for_three": {
        "a tensor with one axis": lambda K: (K[None, None],),
        "may change by a tenth of their amplitude": lambda K: (1.15 * K,),
        "a twentieth may pass": value("blur_for_three", "above 1,333"),
    },
    "build": {
        "returns a network": lambda build: (lambda s: None,),
        "ten scores": value("build", "gives ten scores"),
        "with 8 and 16 channels": value("build", "8 and 16"),
        "two 3×3 layers": value("build", "are 3×3"),
        "padding 1": value("build", "padding 1"),
        "and stride s": lambda build: (lambda s: build(1),),
        "a ReLU behind each": value("build", "a ReLU is missing"),
        "then one dense layer": value("build", "one dense layer"),
        "and nothing more": value("build", "something stands behind"),
    },
    "stacks": {
        "with one channel": lambda stacks: (
            {**stacks, "3×3 only": [
                nn.Conv2d(1, 2, 3, 2, 1), nn.Conv2d(2, 1, 3, 2, 1)]},
        ),
        "28×28 into 7×7": value("stacks", "ends with"),
        "no overlap of windows": value("stacks", "windows overlap"),
        "one with 3×3 kernels": value("stacks", "of another size"),
        "a single layer of stride 1": value("stacks", "is one layer"),
        "several layers of stride 1": lambda stacks: (
            {**stacks, "stride 1, few weights": stacks["one layer, stride 1"]},
        ),
        "the same field as the third": value("stacks", "the last two"),
        "fewer than an eighth": value("stacks", "are no eighth"),
    },
    "corr2d_multi_in": {
        "(oh, ow), one map": batched,
        "Call no other correlation": mistake("corr2d_multi_in", "call PyTorch"),
        "not over the pixels": mistake("corr2d_multi_in", "loop over the picture"),
        "Neither `X` nor `K` may change": changing,
        "gradients must flow through": detached(1),
        "on the device of the input": at_home,
    },
    "corr2d_multi_in_out": {
        "`None`; the result": unless(lambda X, K, b: b is None, stops),
        "(co, oh, ow)": batched,
        "once, or once per slice": mistake("corr2d_multi_in_out", "once per slice"),
        "on the device of the input": at_home,
    },
    "conv1x1": {
        "a batch `X` (n, ci, h, w)": unless(lambda X, K, b: len(X) == 1, stops),
        "with one matrix product": mistake("conv1x1", "there is no matrix"),
        "and no loop": mistake("conv1x1", "you loop"),
        "(n, co, h, w)": mistake("conv1x1", "still in one row"),
        "a kernel `K` (co, ci, 1, 1)": unless(lambda X, K, b: K.shape[1] == 1, stops),
        "a bias `b` (co,)": given(lambda X, K, b: (X, K, 0 * b)),
    },
    "bill": {
        "the tuple (parameters, multiply–adds)": swapped,
        "with the biases": mistake("bill", "biases are missing"),
        "for one picture": after(lambda pair: (pair[0], 2 * pair[1])),
        "are pairs": mistake("bill", "the stride of the rows"),
        "padding is per side": mistake("bill", "total of both sides"),
        "groups)`": mistake("bill", "groups are left out"),
    },
    "merge": {
        "without padding": mistake("merge", "you multiplied the sizes"),
        "the tuple (K, b)": swapped,
        "(co, ci, height, width)": mistake("merge", "in the wrong order"),
        "its bias (co,)": after(lambda pair: (pair[0], pair[1][None])),
        "on the device of the input": at_home,
    },
    "dense_kernel": {
        "the kernel (co, ci, kh, kw)": mistake("dense_kernel", "put the inputs first"),
        "answers the same": mistake("dense_kernel", "shared one block"),
        "on the device of the input": at_home,
    },
    "way_back": {
        "A batch of 32": value("way_back", "for one picture"),
        "multiply–adds forward": value("way_back", "forward counts operations"),
        "the gradients of input and weights": value("way_back", "the weight gradient"),
        "padding 1": value("way_back", "padding 1"),
        "the bytes": value("way_back", "keeps counts numbers"),
        "activations and weights alike": value("way_back", "keeps leaves the weights"),
    },
    "kept": {
        "a number of bytes": mistake("kept", "counts numbers"),
        "every tensor that is put aside": mistake("kept", "only the last"),
        "put aside twice counts once": mistake("kept", "put aside twice"),
        "whose input needs no gradient": unless(
            lambda layer, X: not X.requires_grad, stops
        ),
    },
    "rows_read": {
        "the tuple (first, end)": swapped,
        "the row after the last": after(lambda pair: (pair[0], pair[1] - 1)),
        "(no padding)": mistake("rows_read", "you centred"),
    },
    "in_strips": {
        "one stride for both axes": mistake("in_strips", "the columns have"),
        "(n, co, oh, ow)": batched,
        "`count` output rows at a time": mistake("in_strips", "thinner"),
        "the last strip with what is left": mistake("in_strips", "is left out: it"),
        "writes each output row once": mistake("in_strips", "the halo is too large"),
        "reads no row that it does not need": mistake("in_strips", "does not need"),
        "on the device of the input": at_home,
    },
    "same_bits": {
        "the share, from 0 to 1": per_cent,
        "of output cells": mistake("same_bits", "the pixels of X"),
        "to the last bit": mistake("same_bits", "forgave the rounding"),
    },
    "pool2d": {
        "with any number of axes in front": unless(
            lambda X, *_: X.dim() in (2, 4, 5), stops
        ),
        "`X` (…, h, w)": unless(lambda X, *_: X.dim() == 5, stops),
        "*of one window*": mistake("pool2d", "you walk over"),
        "are pairs": given(lambda X, size, *rest: (X, size[::-1], *rest)),
        "the stride is the window unless given": mistake("pool2d", "step by one cell"),
        '"max" or "avg"': given(lambda X, size, mode, stride: (X, size, "max", stride)),
        "(…, oh, ow)": batched,
        "windows that would stick out are left out": mistake("pool2d", "stick out"),
    },
    "average": {
        "with `F.conv2d` alone": mistake("average", "the library pools"),
        "(n, c, oh, ow)": batched,
        "are pairs": given(lambda X, size, *rest: (X, size[::-1], *rest)),
        "the stride is the window unless given": mistake("average", "step by one cell"),
        "The channels must not mix": mistake("average", "the channels mix"),
        "left out of the mean": given(lambda *case: (*case[:4], True)),
        "zeros inside the picture count": mistake("average", "black pixels"),
    },
    "not_linear": {
        "two 2×2 tensors": lambda u, v: (u.tolist(), v.tolist()),
        "2×2 tensors `u` and `v`": lambda u, v: (u.flatten(), v.flatten()),
        "2×2 maximum pooling does not": lambda u, v: (u, u),
    },
    "max_by_layers": {
        "with even sides": unless(lambda X: both(X), stops),
        "from `X` (n, 1, h, w)": unless(lambda X: len(X) > 1, stops),
        "to (n, 1, h/2, w/2)": flat,
        "with `F.conv2d` and `torch.relu` alone": mistake(
            "max_by_layers", "ready-made"
        ),
        "Negative inputs count too": mistake("max_by_layers", "loses negative a"),
    },
    "min_pool": {
        "with `F.max_pool2d` doing the work": mistake("min_pool", "another function"),
        "so that it never wins": mistake("min_pool", "pad with zeros"),
        "are numbers or pairs": unless(
            lambda X, size, *_: isinstance(size, int), stops
        ),
        "the stride is the window unless given": mistake("min_pool", "by one cell"),
    },
    "soft_pool": {
        "a pair `size`": given(lambda X, size, T: (X, size[::-1], T)),
        "stride = window": mistake("soft_pool", "windows overlap"),
        "`X` (n, c, h, w)": unless(lambda X, *_: X.shape[1] > 1, stops),
        "It must survive inputs of 1,000": mistake("soft_pool", "powers overflow"),
        "are cut off": unless(lambda X, size, T: X.shape[2] % size[0] > 0, stops),
    },
    "max_backward": {
        "for one picture `X` (h, w)": unless(lambda X, *_: both(X), stops),
        "again (h, w)": batched,
        "pairs `size` and `stride`": given(lambda X, G, k, s: (X, G, k, s[::-1])),
        "Windows may overlap": mistake("max_backward", "overlapping"),
        "cells may tie": mistake("max_backward", "tied cells share"),
        "the first in reading order": mistake("max_backward", "read down"),
        "the gradient `G`": given(lambda X, G, k, s: (X, torch.ones_like(G), k, s)),
    },
    "flip_rate": {
        "the share, from 0 to 1": per_cent,
        "of pictures (n, 1, h, w)": unless(lambda net, X, dx: len(X) == 1, stops),
        "columns to the right": given(lambda net, X, dx: (net, X, -dx)),
        "to the left if negative": unless(lambda net, X, dx: dx < 0, stops),
        "0 is allowed": unless(lambda net, X, dx: dx == 0, stops),
        "with zeros coming in": mistake("flip_rate", "roll round"),
        "in evaluation mode": mistake("flip_rate", "runs in the mode it came in"),
        "the mode in which you found it": mistake("flip_rate", "is left in evaluation"),
    },
    "comparisons": {
        "for c maps": mistake("comparisons", "channels are left out"),
        "(oh, ow) cells": mistake("comparisons", "that is one window"),
        "k×k maximum pooling": unless(lambda c, oh, ow, k: k != 2, stops),
    },
    "quick_max": {
        "and `X` (…, h, w)": unless(lambda X: X.dim() != 4, stops),
        "with `torch.maximum` on slices": mistake("quick_max", "library"),
        "need not be multiples of the window": unless(
            lambda X: X.shape[-1] % 2 or X.shape[-2] % 2, stops
        ),
        "what is left over is not read": mistake("quick_max", "makes windows"),
    },
    "told_apart": {
        "of n and of m numbers": unless(lambda A, B: len(A) != len(B), stops),
        "is larger than a random one of `B`": given(lambda A, B: (B, A)),
        "the probability": per_cent,
        "Count a tie as one half": mistake("told_apart", "equal numbers count nothing"),
    },
    "lenet": {
        "as an `nn.Sequential`": value("lenet", "an nn.Sequential is wanted"),
        "(padding 2)": value("lenet", "padding 2"),
        "pictures of size × size": lambda build: (lambda c, s, n: build(c, 28, n),),
        "`lenet(channels": lambda build: (lambda c, s, n: build(1, s, n),),
        "84 and `classes`": lambda build: (lambda c, s, n: build(c, s, 10),),
        "sigmoids": value("lenet", "four sigmoids"),
        "average pooling": value("lenet", "by the maximum"),
    },
    "spread": {
        "a list": lambda spread: (lambda net, X: dict(enumerate(spread(net, X))),),
        "for every layer": value("spread", "layers without weights"),
        "*over the pictures*": value("spread", "over the units of a picture"),
        "averaged over the units": value("spread", "averaged the units first"),
        "A unit is one cell": value("spread", "over the places of a map too"),
        "Evaluation mode": value("spread", "evaluation mode is missing"),
        "no gradients": value("spread", "keeps the graph"),
        "left in the mode in which it came": value("spread", "stays in evaluation"),
    },
    "grad_norms": {
        "one number for every layer": value("grad_norms", "rows of their own"),
        "from the picture to the head": value("grad_norms", "from the head down"),
        "the 2-norm": value("grad_norms", "the 1-norm"),
        "`model.loss(model(X), y)`": value("grad_norms", "one of your own"),
        "biases left out": value("grad_norms", "mixed in one norm"),
        "whatever was in `.grad` before": value("grad_norms", "in .grad before"),
        "Two calls must agree": value("grad_norms", "add up from call"),
        "leaves no new gradients": value("grad_norms", "are left in the model"),
        "leaves it in its mode": value("grad_norms", "stays in evaluation"),
    },
    "changed": {
        "a new classic network": value("changed", "a new network"),
        "made in every layer that it concerns": value("changed", "some of the"),
        "make *one* change": value("changed", "one change at a time"),
        "Xavier's start included": value("changed", "another start"),
        "two calls give equal weights": value("changed", "other weights"),
    },
    "confusion": {
        "a tensor": array,
        "(classes, classes)": flat,
        "of counts": mistake("confusion", "number of pictures"),
        "pictures of class i were called j": after(lambda M: M.T),
        "`confusion(guess, truth, classes)`": unless(lambda g, t, c: c != 10, stops),
    },
    "occlusion": {
        "a black square": mistake("occlusion", "mean grey"),
        "side × side": given(lambda net, X, label, side: (net, X, label, 7)),
        "a picture `X` (h, w)": unless(lambda net, X, *_: both(X), stops),
        "never across its border": mistake("occlusion", "hangs over"),
        "a tensor": array,
        "of the probability": mistake("occlusion", "are scores"),
        "of `label`": given(lambda net, X, label, side: (net, X, 0, side)),
        "rows first": after(lambda p: p.T),
    },
    "modern": {
        "61,706 parameters": value("modern", "not 61,706"),
        "a fresh network": value("modern", "gives the same weights"),
        "`modern(lr, seed)`": value("modern", "the same seed gives other"),
        "an optimiser and its schedule": value("modern", "to return a pair"),
        "its highest rate is `lr`": value("modern", "which it is to be"),
        "below a tenth of that": value("modern", "below a tenth"),
        "65 of a hundred other pictures": value("modern", "too slowly"),
    },
    "refuse": {
        "n answers": value("refuse", "one for each picture"),
        "pictures (n, 1, 28, 28)": value("refuse", "for a batch of one"),
        "True for each": value("refuse", "0 and 1 as numbers"),
        "must not depend on the others in its batch": value("refuse", "depends on its"),
        "at most 7 % of garments": value("refuse", "of garments that"),
        "try uniform noise, a white card": value("refuse", "sure of both"),
    },
    "mirror_half": {
        "a new one": value("mirror_half", "shares its memory"),
        "of the same shape": lambda f: (lambda X: f(X)[:, 0],),
        "in the same order": value("mirror_half", "change their places"),
        "left to right": value("mirror_half", "you turned axis 2"),
        "with probability ½": value("mirror_half", "the share of mirrored"),
        "by a coin of its own": value("mirror_half", "one coin decides"),
        "new in every call": value("mirror_half", "the same places"),
        "`X` stays as it is": value("mirror_half", "it changes X"),
    },
    "dead": {
        "a list": lambda f: lambda net, X: dict(enumerate(f(net, X))),
        "one tensor for every ReLU": mistake("dead", "a mask for every layer"),
        "of the shape of its output for one picture": after(
            lambda masks: [mask.flatten() for mask in masks]
        ),
        "True for": after(lambda masks: [mask.int() for mask in masks]),
        "exactly zero": mistake("dead", "speaks softly"),
        "on all of `X`": mistake("dead", "on some picture"),
    },
    "without": {
        "a new network": value("without", "a network is wanted"),
        "of the same layers": value("without", "right dense layers"),
        "with the dead ones": value("without", "removed the living"),
        "of the two dense ReLU layers removed": value("without", "of 84 units keeps"),
        "leaves `net` as it is": value("without", "is changed"),
    },
    "intensity": {
        "n pictures": mistake("intensity", "once for each image"),
        "no padding": mistake("intensity", "without padding"),
        "four bytes a number": after(lambda number: 4 * number),
        "input, kernels and output": mistake("intensity", "kernels are not counted"),
        "A multiplication and an addition are two": after(lambda number: number / 2),
    },
    "pooled_kernel": {
        "(co, ci, kh + p − 1, kw + p − 1)": mistake("pooled_kernel", "one cell too"),
        "of the same dtype": after(lambda K: K.float()),
        "and device": at_home,
        "equals `F.avg_pool2d": mistake("pooled_kernel", "the sum of"),
    },
    "minimal": {
        "`x` (…, n)": unless(lambda x, g: x.dim() > 1, stops),
        "n even and at least 4": unless(lambda x, g: x.shape[-1] == 4, stops),
        "the answer is (…, n − 2)": batched,
        "four multiplications are done": mistake("minimal", "more than four"),
    },
}  # fmt: skip
EVERY = [(name, words) for name, kept in PROMISES.items() for words in kept]


def exercise_of(name):
    return getattr(check, name)._exercise


@pytest.mark.parametrize(("name", "words"), EVERY, ids=[f"{n}: {w}" for n, w in EVERY])
def test_a_promise_stands_in_the_statement_and_has_a_case(name, words):
    exercise = exercise_of(name)
    assert words in statements()[name][0], "the statement says something else"
    break_it = PROMISES[name][words]
    if isinstance(exercise, FunctionExercise):
        verdict = exercise(break_it(exercise.right))
    else:
        verdict = exercise(*break_it(*next(iter(exercise.right()))))
    assert not verdict


@pytest.mark.parametrize("name", dir(check))
def test_every_statement_is_gone_through(name):
    assert len(PROMISES[name]) >= 2


@pytest.mark.parametrize("name", dir(check))
def test_a_checker_wants_what_the_stub_begins(name):
    """And its help and its repr say that, and no more."""
    checker, (_, stub) = getattr(check, name), statements()[name]
    for text in (repr(checker), checker.__doc__):
        assert f"d2l.check.{name}(" in text
        assert len(text) < 500
        assert not any(s in text for s in checker.named() if len(s) > 20)
    places = r"\(((?:[^()]|\([^)]*\))*)\)"
    wanted = re.search(rf" wants the function (\w+){places}", repr(checker))
    begun = dict(re.findall(rf"^def (\w+){places}:$", stub, re.MULTILINE))
    if wanted and wanted[1] in begun:
        ours, stubs = (
            re.sub(r"=([^,()]+|\([^)]*\))", "", named)
            for named in (wanted[2], begun[wanted[1]])
        )
        assert ours == stubs
