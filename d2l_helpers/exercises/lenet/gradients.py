"""Norms of gradients, layer by layer."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .dials import STAYS, TRAINS
from .probes import numbers, observed, settle

LEFT = "gradients are left in the model: take them away, or use autograd.grad"
ZEROS = "zeros are left in .grad: zero_grad(set_to_none=True) leaves nothing"
STALE = (
    "gradients that were in .grad before are added: take them away first, or use "
    "autograd.grad"
)


class _Model(nn.Module):
    """With a loss of its own, so that another loss is noticed."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.net = nn.Sequential(*layers)

    def forward(self, X: Tensor) -> Tensor:
        return self.net(X)

    def loss(self, scores: Tensor, y: Tensor) -> Tensor:
        return 3 * F.cross_entropy(scores, y)


def _layers_of(model: nn.Module) -> list[nn.Module]:
    return [layer for layer in model.net if hasattr(layer, "weight")]


def _norms(
    norm: Callable[[Tensor], Tensor] = Tensor.norm,
    loss: Callable = lambda model, X, y: model.loss(model(X), y),
    each: Callable[[nn.Module], list] = lambda layer: [layer.weight],
    before: Callable = lambda model: model.zero_grad(),
    after: Callable = lambda model: model.zero_grad(),
    last: Callable[[list], list] = lambda norms: norms,
) -> Callable:
    """By `backward`; what is done to `.grad` before and after it is open."""

    def grad_norms(model, X, y):
        before(model)
        loss(model, X, y).backward()
        norms = []
        for layer in _layers_of(model):
            grads = [w.grad.flatten() for w in each(layer)]
            norms.append(norm(torch.cat(grads)).item())
        after(model)
        return last(norms)

    return grad_norms


def _by_autograd(model, X, y):
    weights = [layer.weight for layer in _layers_of(model)]
    grads = torch.autograd.grad(model.loss(model(X), y), weights)
    return [grad.square().sum().sqrt() for grad in grads]


def _of_weights(model, X, y):
    return [layer.weight.norm().item() for layer in _layers_of(model)]


def _in_mode(mode: bool) -> Callable:
    """Right values, and the model is left in this mode."""

    def grad_norms(model, X, y):
        model.train(mode)
        return _by_autograd(model, X, y)

    return grad_norms


def _nothing(model: nn.Module) -> None:
    pass


def _with_biases(model, X, y):
    weights = list(model.parameters())
    grads = torch.autograd.grad(model.loss(model(X), y), weights)
    return [grad.norm().item() for grad in grads]


def _grad_cases() -> list[tuple]:
    g = torch.Generator().manual_seed(1)
    dense = _Model(nn.Flatten(), nn.Linear(12, 7), nn.ReLU(), nn.Linear(7, 4))
    maps = _Model(
        nn.Conv2d(1, 3, 3, bias=False), nn.Sigmoid(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(18, 9), nn.Tanh(), nn.Linear(9, 5),
    )  # fmt: skip
    used = _Model(nn.Flatten(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    cases = [
        (settle(model, g), torch.rand(6, 1, *shape, generator=g),
         torch.randint(classes, (6,), generator=g))
        for model, shape, classes in (
            (dense, (3, 4), 4), (maps.eval(), (6, 9), 5), (used, (2, 3), 3),
        )
    ]  # fmt: skip
    for weight in used.parameters():  # as an earlier backward pass leaves it
        weight.grad = torch.randn(weight.shape, generator=g)
    return cases


def _grad_seen(answer, model: nn.Module, X: Tensor, y: Tensor) -> tuple:
    mode = model.training
    old = [None if w.grad is None else w.grad.clone() for w in model.parameters()]
    values = [numbers(answer(model, X, y)) for _ in range(2)]
    if any(part.training != mode for part in model.modules()):
        return values, STAYS if mode else TRAINS
    # what was there before may stay or go
    pairs = zip(old, (w.grad for w in model.parameters()), strict=True)
    new = [g for o, g in pairs if g is not None and (o is None or not g.equal(o))]
    if any(grad.any() for grad in new):
        return values, LEFT
    return values, ZEROS if new else None


GRAD_NORMS = observed(
    name="grad_norms",
    wants="the function grad_norms(model, X, y), a number for each layer with weights",
    right=_norms(),
    cases=_grad_cases,
    observe=_grad_seen,
    mistakes={
        "gradients add up from call to call: the second call gives twice the first": (
            _norms(before=_nothing, after=_nothing)
        ),
        STALE: _norms(before=_nothing),
        "the biases have rows of their own: leave them out": _with_biases,
        "weights and biases are mixed in one norm: leave the biases out": _norms(
            each=lambda layer: list(layer.parameters())
        ),
        "you averaged the entries: a 2-norm is the root of the sum of squares": _norms(
            lambda grad: grad.abs().mean()
        ),
        "the root is missing: these are squared norms": _norms(
            lambda grad: grad.square().sum()
        ),
        "this is the 1-norm: the sum of sizes, not the root of squares": _norms(
            lambda grad: grad.abs().sum()
        ),
        "you divided by the number of weights: root mean square is not the norm": (
            _norms(lambda grad: grad.square().mean().sqrt())
        ),
        "these are the norms of the weights: the gradients' were asked for": (
            _of_weights
        ),
        "the loss is one of your own: take model.loss": _norms(
            loss=lambda model, X, y: F.cross_entropy(model(X), y)
        ),
        "the layers come from the head down: begin at the picture": _norms(
            last=lambda norms: norms[::-1]
        ),
        STAYS: _in_mode(False),
        TRAINS: _in_mode(True),
        LEFT: _norms(after=_nothing),
        ZEROS: _norms(after=lambda model: model.zero_grad(set_to_none=False)),
    },
    others=(_by_autograd,),
)
