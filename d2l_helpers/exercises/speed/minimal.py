"""Two outputs of a kernel of three with four multiplications instead of six.

S. Winograd, Arithmetic Complexity of Computations, SIAM 1980; for convolutional
layers A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks",
CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .._watched import Watched, calls

LIBRARY = "the library correlates for you: multiply and add yourself"
DIRECT = "right, but with more than four multiplications for two outputs"


def minimal(x, g, half=0.5, add=torch.sub):
    """`half` and `add` are the right ones; mistakes take others."""
    d0, d1, d2, d3 = x.unfold(-1, 4, 2).unbind(-1)
    a, b, c = g
    first, fourth = (d0 - d2) * a, (d1 - d3) * c
    second = (d1 + d2) * (half * (a + b + c))
    third = (d2 - d1) * (half * (a - b + c))
    pair = first + second + third, add(second - third, fourth)
    return torch.stack(pair, -1).flatten(-2)


def _pairs(x, g):
    return minimal(x, g).unflatten(-1, (-1, 2))


def _cases(g: torch.Generator) -> Iterator[tuple]:
    yield torch.tensor([1.0, 2, 4, 8]), torch.tensor([1.0, 10, 100])
    yield torch.arange(8.0), torch.tensor([1.0, 0, -1])
    for shape in ((4,), (10,), (3, 6), (2, 3, 12)):
        yield torch.randn(shape, generator=g), torch.randn(3, generator=g)


def _direct(x, g):
    return (x.unfold(-1, 3, 1) * g).sum(-1)


def _by_matrices(x, g):
    """The same in the form of the literature: to another basis, multiply, and back."""
    B = x.new_tensor([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
    G = x.new_tensor([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
    A = x.new_tensor([[1, 1, 1, 0], [0, 1, -1, -1]])
    return ((x.unfold(-1, 4, 2) @ B.T) * (G @ g) @ A.T).flatten(-2)


class _Counter(TorchDispatchMode):
    """Multiplications: elementwise ones, and products with a contraction of three."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, op, types, args=(), kwargs=None):
        result = op(*args, **(kwargs or {}))
        name = op.__name__.split(".")[0].rstrip("_")
        if name == "mul":
            self.count += result.numel()
        elif name in ("mm", "mv", "bmm", "dot") and args[0].shape[-1] == 3:
            self.count += 3 * result.numel()
        return result


def multiplications(answer: Callable) -> int:
    """How many an answer does for 98 outputs."""
    with _Counter() as counter:
        answer(torch.rand(100), torch.rand(3))
    return counter.count


def _trial(answer: Callable) -> str:
    names = calls(answer, torch.rand(8), torch.rand(3))
    if any("conv" in name or name == "correlate" for name in names):
        return LIBRARY
    # 4 · 49, and some for the weights alone
    return DIRECT if multiplications(answer) > 4 * 49 + 16 else ""


def _library(x, g):
    flat = x.reshape(-1, 1, x.shape[-1])
    return torch.conv1d(flat, g[None, None]).reshape(*x.shape[:-1], -1)


MINIMAL = Watched(
    name="minimal",
    wants="the function minimal(x, g)",
    right=minimal,
    cases=_cases,
    mistakes={
        "you flipped the kernel": lambda x, g: minimal(x, g.flip(0)),
        "the two outputs of each pair have changed places": (
            lambda x, g: _pairs(x, g).flip(-1).flatten(-2)
        ),
        "the sums of the weights are not halved": lambda x, g: minimal(x, g, half=1.0),
        "the last product has the wrong sign in the second output": (
            lambda x, g: minimal(x, g, add=torch.add)
        ),
        "the pieces of four overlap by two: begin one at every second number": (
            lambda x, g: _pairs(x, g)[..., ::2, :].flatten(-2)
        ),
        "the pairs stand one behind the other: bring them into one row": (_pairs),
        "all first outputs come before all second ones": (
            lambda x, g: _pairs(x, g).mT.flatten(-2)
        ),
        DIRECT: _direct,
        LIBRARY: _library,
    },
    only={
        "right for one piece of four numbers only": lambda x, g: x.shape[-1] == 4,
        "right without axes in front only": lambda x, g: x.dim() == 1,
    },
    others=(_by_matrices,),
    trial=_trial,
)
