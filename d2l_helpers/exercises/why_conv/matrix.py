"""The layer as one big matrix."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from .._exercise import FunctionExercise
from .._forms import same_dtype


def _answers(K: Tensor, n: int, mode: str = "constant") -> Tensor:
    """Answers to every picture with a single 1: [input place, i, j]."""
    dots = torch.eye(n * n, dtype=K.dtype, device=K.device).view(n * n, 1, n, n)
    return F.conv2d(F.pad(dots, (1, 1, 1, 1), mode=mode), K[None, None])[:, 0]


def big_matrix(K: Tensor, n: int) -> Tensor:
    return _answers(K, n).reshape(n * n, n * n).T.contiguous()


def _cases(g: torch.Generator) -> Iterator[tuple]:
    yield torch.arange(1.0, 10).reshape(3, 3), 3
    yield torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]), 4  # symmetric
    # n ≥ 3: in smaller ones, what wraps round meets other weights, and whether
    # it is added or put in their place would make two mistakes of one
    for n in (4, 5, 3, 6, 7):
        # quarters: short to print, and with decimals to lose
        yield torch.randint(-12, 13, (3, 3), generator=g) / 4, n
    yield torch.randint(-12, 13, (3, 3), generator=g).double() / 4, 4


def _placed(K: Tensor, n: int, place, centre: int = 1) -> Tensor:
    """Weights one by one; place(row, column) gives a cell, or None for outside."""
    T = K.new_zeros(n, n, n, n)
    for i in range(n):
        for j in range(n):
            for a in range(3):
                for b in range(3):
                    cell = place(i + a - centre, j + b - centre)
                    if cell is not None:
                        T[(i, j, *cell)] += K[a, b]
    return T.reshape(n * n, n * n)


def _inside(n: int):
    return lambda r, c: (r, c) if 0 <= r < n and 0 <= c < n else None


def _no_rows(K: Tensor, n: int) -> Tensor:
    """Offsets taken in the flat list: the end of a row touches the next one."""
    T = K.new_zeros(n * n, n * n)
    for m in range(n * n):
        for a in range(3):
            for b in range(3):
                at = m + (a - 1) * n + b - 1
                if 0 <= at < n * n:
                    T[m, at] += K[a, b]
    return T


def _rolled(K: Tensor, n: int) -> Tensor:
    """Diagonals by `roll`: what leaves the list comes back at its other end."""
    T, one = K.new_zeros(n * n, n * n), torch.eye(n * n).to(K)
    for a in range(3):
        for b in range(3):
            T += K[a, b] * one.roll((a - 1) * n + b - 1, 1)
    return T


def _one_limit(K: Tensor, n: int) -> Tensor:
    """No look below, and Python counts negative places from the end."""
    return _placed(K, n, lambda r, c: (r, c) if r < n and c < n else None)


def _valid(K: Tensor, n: int) -> Tensor:
    return _answers(K, n)[:, 1:-1, 1:-1].reshape(n * n, -1).T


def _replicated(K: Tensor, n: int) -> Tensor:
    return _answers(K, n, "replicate").reshape(n * n, n * n).T


def _by_blocks(K: Tensor, n: int) -> Tensor:
    """A block for each pair of rows, three diagonals in each block."""

    def beside(d: int) -> Tensor:
        return torch.eye(n).to(K).roll(d, 1).triu(max(d, -1)).tril(min(d, 1))

    steps = [(a, b) for a in range(3) for b in range(3)]
    return sum(K[a, b] * torch.kron(beside(a - 1), beside(b - 1)) for a, b in steps)


BIG_MATRIX = FunctionExercise(
    name="big_matrix",
    wants="the function toeplitz(K, n)",
    right=big_matrix,
    cases=_cases,
    mistakes={
        "you flipped the kernel, or laid the matrix down transposed: row i·n + j "
        "holds the weights of output [i, j]": lambda K, n: big_matrix(K, n).T,
        "the kernel is transposed, or you flattened by columns: [i, j] is row "
        "i·n + j": lambda K, n: big_matrix(K.T, n),
        "your outputs are flattened by columns, your inputs by rows: both go by rows": (
            lambda K, n: (
                big_matrix(K, n).view(n, n, n * n).transpose(0, 1).reshape(-1, n * n)
            )
        ),
        "it wraps round at all sides: outside the picture are zeros": (
            lambda K, n: _placed(K, n, lambda r, c: (r % n, c % n))
        ),
        "it wraps round at the ends of rows: [0, n − 1] and [1, 0] are neighbours in "
        "the list, not in the picture": _no_rows,
        "it wraps round at the ends of rows, and is transposed": (
            lambda K, n: _no_rows(K, n).T
        ),
        "it wraps round at the ends of rows and of the list: roll loses none": _rolled,
        "it wraps round at the ends of rows and of the list, and is transposed": (
            lambda K, n: _rolled(K, n).T
        ),
        "it wraps round at the top and the left: negative places count from the end, "
        "so leave them out": _one_limit,
        "you left out the windows that stick out: every pixel has an answer, n² rows": (
            _valid
        ),
        "the border pixels are repeated outside: zeros stand there": _replicated,
        "your kernel lies with its corner on the pixel: its middle belongs there, so "
        "subtract 1": lambda K, n: _placed(K, n, _inside(n), centre=0),
        "there are four axes yet: reshape to n² rows and n² columns": (
            lambda K, n: big_matrix(K, n).view(n, n, n, n)
        ),
        "there are three axes yet: reshape to n² rows and n² columns": (
            lambda K, n: big_matrix(K, n).view(n, n, n * n)
        ),
        "your matrix cuts off the decimals: give it the kernel's dtype": (
            lambda K, n: big_matrix(K.trunc(), n)
        ),
        "one row of the kernel only: rows above and below count as well": (
            lambda K, n: big_matrix(K * torch.tensor([[0.0], [1], [0]]), n)
        ),
    },
    only={
        "right for symmetric kernels only": lambda K, n: torch.equal(K, K.flip(0, 1)),
        "right for 3×3 pictures only": lambda K, n: n == 3,
    },
    others=(lambda K, n: _placed(K, n, _inside(n)), _by_blocks),
    form=(same_dtype,),
    any_device=True,
)
