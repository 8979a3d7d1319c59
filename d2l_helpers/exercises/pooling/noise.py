"""How well one number tells two kinds of pictures apart."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from .._cases import some
from .._exercise import FunctionExercise


def told_apart(A, B):
    gap = A[:, None] - B
    return ((gap > 0).double() + (gap == 0).double() / 2).mean().item()


def _cases(g: torch.Generator) -> Iterator[tuple]:
    yield torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0])
    yield torch.ones(3), torch.ones(5)
    yield torch.tensor([5.0]), torch.tensor([1.0, 9.0, 2.0, 3.0])
    for _ in range(4):
        n = some(g, 4, 40)
        for m in (n, some(g, 41, 60)):
            yield torch.randn(n, generator=g) + 0.5, torch.randn(m, generator=g)
            whole = (torch.randint(-3, 4, (k,), generator=g).float() for k in (n, m))
            yield tuple(whole)


def _ranks(A, B):
    B = B.sort()[0].contiguous()
    A = A.contiguous()
    below = torch.searchsorted(B, A)
    up_to = torch.searchsorted(B, A, right=True)
    return (below + up_to).double().mean() / (2 * len(B))


def _loop(A, B):
    points = [(a > b) + (a == b) / 2 for a in A.tolist() for b in B.tolist()]
    return sum(points) / len(points)


def _best_limit(A, B):
    """The share that the best threshold names rightly."""
    limits = torch.cat([A, B]).sort()[0]
    right = (A[:, None] >= limits).sum(0) + (B[:, None] < limits).sum(0)
    return right.max().item() / (len(A) + len(B))


def _in_order(A, B):
    """Only the pairs of equal places; an error where one is longer."""
    return ((A > B).double() + (A == B).double() / 2).mean().item()


def _zipped(tie: float):
    """zip ends with the shorter of the two."""

    def paired(A, B):
        pairs = list(zip(A.tolist(), B.tolist(), strict=False))
        return sum((a > b) + tie * (a == b) for a, b in pairs) / len(pairs)

    return paired


def _by_rank(A, B):
    """The largest meets the largest, and so on."""
    return _in_order(A.sort()[0], B.sort()[0])


TOLD_APART = FunctionExercise(
    name="told_apart",
    right=told_apart,
    cases=_cases,
    mistakes={
        "equal numbers count nothing: they are a guess, ½": (
            lambda A, B: (A[:, None] > B).double().mean().item()
        ),
        "equal numbers count in full: they are a guess, ½": (
            lambda A, B: (A[:, None] >= B).double().mean().item()
        ),
        "you swapped A and B: how often is the number of A the larger": (
            lambda A, B: told_apart(B, A)
        ),
        "you compare number by number in their order: every A meets every B": (
            lambda A, B: (A > B).double().mean().item()
        ),
        "the pairs are those of equal places: compare A[:, None], a column, with B": (
            _in_order
        ),
        "zip pairs the first with the first and stops with the shorter: every A "
        "meets every B": _zipped(0.5),
        "zip pairs the first with the first, and a tie counts nothing for you: every "
        "A meets every B, a tie is ½": _zipped(0),
        "you sort both and compare in order: every A meets every B": _by_rank,
        "you compare A with the mean of B: every A meets every B": (
            lambda A, B: told_apart(A, B.mean()[None])
        ),
        "you compare the two means: every A meets every B": (
            lambda A, B: told_apart(A.mean()[None], B.mean()[None])
        ),
        "you ask which mean is larger, yes or no: every A meets every B": (
            lambda A, B: float(A.mean() > B.mean())
        ),
        "that is the difference of the means: count how often A is the larger": (
            lambda A, B: (A.mean() - B.mean()).item()
        ),
        "you count pairs: divide by len(A)·len(B)": (
            lambda A, B: told_apart(A, B) * len(A) * len(B)
        ),
        "you divide by the numbers of A only: there are len(A)·len(B) pairs": (
            lambda A, B: told_apart(A, B) * len(B)
        ),
        "that is how often the best limit is right: pairs are asked for": _best_limit,
    },
    only={
        "right where no numbers are equal only": (
            lambda A, B: not (A[:, None] == B).any()
        ),
        "right for A and B of the same length only": lambda A, B: len(A) == len(B),
    },
    others=(_ranks, _loop),
)
