"""How often a network's answer changes when its input moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .._cases import some
from .._watched import Watched

STAYS = "the network is left in evaluation mode: put it back into the mode it had"
TRAINS = "the network is put into training mode always: it may have been in the other"


class _Centred(nn.Module):
    """Does in training what depends on the batch, as normalisation does."""

    def forward(self, scores: Tensor) -> Tensor:
        return scores - scores.mean(0) if self.training else scores


class Small(nn.Module):
    """Four scores of a picture (1, h, w)."""

    def __init__(self, h: int, w: int, g: torch.Generator) -> None:
        super().__init__()
        self.scores = nn.Linear(h * w, 4)
        with torch.no_grad():
            for weights in self.parameters():
                weights.copy_(torch.randn(weights.shape, generator=g))
        self.centred = _Centred()

    def forward(self, X: Tensor) -> Tensor:
        return self.centred(self.scores(X.flatten(1)))

    def __repr__(self) -> str:
        return "a small network"


def moved(X: Tensor, dx: int) -> Tensor:
    return F.pad(X, (dx, -dx, 0, 0))


def _classes(net: nn.Module, *batches: Tensor) -> list[Tensor]:
    mode = net.training
    with torch.no_grad():
        net.eval()
        found = [net(X).argmax(1) for X in batches]
    net.train(mode)
    return found


def flip_rate(net, X, dx):
    before, after = _classes(net, X, moved(X, dx))
    return (before != after).double().mean().item()


def _cases(g: torch.Generator) -> Iterator[tuple]:
    sizes = ((4, 4), (5, 5), (3, 6), (4, 5), (6, 3), (2, 7))
    for n, (h, w) in enumerate(sizes):
        for dx in (1, -1, some(g, 0, 2)):
            net = Small(h, w, g).train(n % 2 == 0)
            yield net, torch.rand(20 + n, 1, h, w, generator=g) - 0.3, dx
    yield Small(4, 6, g), torch.rand(30, 1, 4, 6, generator=g), 0
    yield Small(4, 6, g), torch.rand(30, 1, 4, 6, generator=g), -3
    for _ in range(2):
        yield Small(4, 5, g), torch.rand(1, 1, 4, 5, generator=g), 2


def _compared(move: Callable[[Tensor, int], Tensor]):
    """Another movement."""

    def rate(net, X, dx):
        before, after = _classes(net, X, move(X, dx))
        return (before != after).double().mean().item()

    return rate


def _sliced(X: Tensor, dx: int) -> Tensor:
    """One slice for both directions: right for dx > 0, an error for 0."""
    Z = torch.zeros_like(X)
    Z[..., dx:] = X[..., :-dx]
    return Z


def _sliced_left(X: Tensor, dx: int) -> Tensor:
    Z = torch.zeros_like(X)
    Z[..., :dx] = X[..., -dx:]
    return Z


def _kept_at_zero(X: Tensor, dx: int) -> Tensor:
    return _sliced(X, dx) if dx else X


def _measured(measure: Callable[[Tensor, Tensor], Tensor]):
    """Another comparison of the scores before and after."""

    @torch.no_grad()
    def rate(net, X, dx):
        mode = net.training
        net.eval()
        result = measure(net(X), net(moved(X, dx)))
        net.train(mode)
        return result.item()

    return rate


@torch.no_grad()
def _as_it_is(net, X, dx):
    return (net(X).argmax(1) != net(moved(X, dx)).argmax(1)).double().mean().item()


def _left(mode: bool):
    def rate(net, X, dx):
        result = flip_rate(net, X, dx)
        net.train(mode)
        return result

    return rate


def _one_batch(net, X, dx):
    """Before and after in one batch, the picture moved by slices."""
    after = torch.zeros_like(X)
    w = X.shape[-1]
    after[..., max(dx, 0) : w + min(dx, 0)] = X[..., max(-dx, 0) : w - max(dx, 0)]
    (found,) = _classes(net, torch.cat([X, after]))
    before, after = found.chunk(2)
    return 1 - (before == after).float().mean()


def _modes(answer: Callable) -> str:
    g = torch.Generator().manual_seed(1)
    X = torch.rand(3, 1, 4, 5, generator=g)
    for mode, sentence in ((True, STAYS), (False, TRAINS)):
        net = Small(4, 5, g).train(mode)
        answer(net, X, 1)
        if any(part.training != mode for part in net.modules()):
            return sentence
    return ""


FLIP_RATE = Watched(
    name="flip_rate",
    right=flip_rate,
    cases=_cases,
    mistakes={
        "you roll round the border: zeros come in, what leaves is gone": _compared(
            lambda X, dx: X.roll(dx, 3)
        ),
        "you move to the wrong side: positive dx goes to the right": _compared(
            lambda X, dx: moved(X, -dx)
        ),
        "you move the rows: F.pad begins with the last axis, (left, right, …)": (
            _compared(lambda X, dx: F.pad(X, (0, 0, dx, -dx)))
        ),
        "a negative dx counts from the right end in X[..., :-dx], and dx = 0 leaves "
        "nothing: F.pad takes any dx": _compared(_sliced),
        "a negative dx counts from the right end in X[..., :-dx]: F.pad takes any dx": (
            _compared(_kept_at_zero)
        ),
        "a positive dx counts from the right end in X[..., -dx:]: F.pad takes any dx": (
            _compared(_sliced_left)
        ),
        "you move by one column always": _compared(lambda X, dx: moved(X, 1)),
        "the network runs in the mode it came in: call net.eval() first": _as_it_is,
        STAYS: _left(False),
        TRAINS: _left(True),
        "you compare scores, which nearly always change: compare their argmax": (
            _measured(lambda a, b: (a != b).any(1).double().mean())
        ),
        "you average how far probabilities move: compare the two classes": _measured(
            lambda a, b: (a.softmax(1) - b.softmax(1)).abs().mean()
        ),
        "you average the distance of class numbers: a flip is a flip": _measured(
            lambda a, b: (a.argmax(1) - b.argmax(1)).abs().double().mean()
        ),
        "the argmax runs over the pictures: scores lie on axis 1": _measured(
            lambda a, b: (a.argmax(0) != b.argmax(0)).double().mean()
        ),
        "you return the share that stays: count what differs": _measured(
            lambda a, b: (a.argmax(1) == b.argmax(1)).double().mean()
        ),
        "you return a number of pictures: divide by all of them": _measured(
            lambda a, b: (a.argmax(1) != b.argmax(1)).sum()
        ),
        "you return per cent: a share lies between 0 and 1": _measured(
            lambda a, b: 100 * (a.argmax(1) != b.argmax(1)).double().mean()
        ),
    },
    only={
        "right for steps to the right only": lambda net, X, dx: dx >= 0,
        "right for dx > 0 only (with dx ≤ 0 a slice such as [dx:] is another one)": (
            lambda net, X, dx: dx > 0
        ),
        "right for steps to the left only": lambda net, X, dx: dx < 0,
        "right for steps only (with dx = 0 a slice [:-dx] is empty)": (
            lambda net, X, dx: dx != 0
        ),
        "right for square pictures only": lambda net, X, dx: X.shape[2] == X.shape[3],
    },
    others=(_one_batch,),
    trial=_modes,
)
