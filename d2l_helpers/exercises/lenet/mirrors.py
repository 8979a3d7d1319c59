"""Pictures that are mirrored by chance."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .._forms import SHARED, shared
from .._values import ValueExercise
from .._words import kind
from .probes import ITSELF, NOTHING, called, seeded, spoken

N = 1000


def _per_picture(Y: Tensor, Z: Tensor) -> Tensor:
    """Which pictures of the two batches are equal?"""
    return (Y == Z).flatten(1).all(1)


def _places(mirror: Callable, X: Tensor) -> tuple[Tensor | None, str | None]:
    """Which pictures were mirrored; or the mistake that can be seen at once."""
    before = X.clone()
    Y = called(mirror, X)
    if not torch.equal(X, before):
        return None, "it changes X: build a new batch, X stays as it is"
    if Y is None:
        return None, NOTHING
    if not isinstance(Y, Tensor):
        return None, f"one batch of pictures is wanted, {kind(Y)} came"
    if Y.shape != X.shape:
        return None, f"the shape is {tuple(Y.shape)}, not {tuple(X.shape)}"
    if shared(X, Y):
        return None, SHARED
    kept, turned = _per_picture(Y, X), _per_picture(Y, X.flip(3))
    if not (kept | turned).all():
        return None, _strange(X, Y, kept | turned)
    return turned, None


def _strange(X: Tensor, Y: Tensor, fine: Tensor) -> str:
    if (fine | _per_picture(Y, X.flip(2))).all():
        return "you turned axis 2, and pictures stand on their heads: mirror axis 3"
    if (fine | _per_picture(Y, X.flip(2, 3))).all():
        return "pictures are turned by 180°: mirror axis 3 alone"
    kept, turned = Y == X, X.flip(3) == Y
    if (kept.all(3) | turned.all(3)).all():
        return "a coin falls for each row of pixels: one for each picture, (n, 1, 1, 1)"
    if (kept | turned).all():
        return "a coin falls inside the pictures: one for each, (n, 1, 1, 1)"
    # every picture is known by its sum, whichever way it looks
    sums = [Z.double().sum((1, 2, 3)).sort().values for Z in (X, Y)]
    if torch.allclose(*sums):
        return "pictures change their places in the batch: the labels no longer fit"
    return "some pictures are neither the old ones nor their mirror images"


@spoken
def _examine(mirror: Callable[[Tensor], Tensor]) -> str | None:
    if not callable(mirror):
        return ITSELF
    with seeded():
        batches = [torch.rand(N, 1, 5, 8), torch.rand(N, 1, 6, 6)]
        coins = []
        for X in (batches[0], *batches * 4):
            turned, mistake = _places(mirror, X)
            if mistake:
                return mistake
            coins.append(turned)
        for _ in range(6):  # both sides of the coin
            _, mistake = _places(mirror, batches[0][:1].clone())
            if mistake:
                return mistake
    share = torch.stack(coins).float().mean(1)
    if (share == 0).all():
        return "no picture is mirrored"
    if (share == 1).all():
        return "every picture is mirrored: half of them, by chance"
    if ((share == 0) | (share == 1)).all():
        return "one coin decides for the whole batch: throw one for each picture"
    if ((share - 0.5).abs() > 0.1).any():
        return f"the share of mirrored pictures is {share.mean():.2f}, not ½"
    if all(torch.equal(coins[0], other) for other in coins[1:]):
        return "the same places are mirrored in every call: throw new coins each time"
    return None


def _with(coin: Callable[[Tensor], Tensor], axes: tuple = (3,)) -> tuple[Callable]:
    return (lambda X: torch.where(coin(X), X.flip(*axes), X),)


def _fair(X: Tensor) -> Tensor:
    return torch.rand(len(X), 1, 1, 1) < 0.5


def _in_place(X: Tensor) -> Tensor:
    turned = torch.rand(len(X)) < 0.5
    X[turned] = X[turned].flip(3)
    return X


def _on_a_copy(X: Tensor) -> Tensor:
    return _in_place(X.clone())


def _apart(X: Tensor) -> Tensor:
    turned = torch.rand(len(X)) < 0.5
    return torch.cat([X[turned].flip(3), X[~turned]])


MIRROR_HALF = ValueExercise(
    name="mirror_half",
    examine=_examine,
    wants="the function mirror_half(X), which returns a new batch (n, 1, h, w)",
    right=lambda: [
        _with(_fair),
        (_on_a_copy,),
        (
            lambda X: torch.stack(
                [x.flip(-1) if torch.rand(()) < 0.5 else x for x in X]
            ),
        ),
    ],
    mistakes={
        "you turned axis 2": lambda: _with(_fair, (2,)),
        "pictures are turned by 180°": lambda: _with(_fair, (2, 3)),
        "it changes X": lambda: (_in_place,),
        "no picture is mirrored": lambda: (lambda X: X.clone(),),
        SHARED: lambda: (lambda X: _on_a_copy(X) if len(X) > 1 else X,),
        "every picture is mirrored": lambda: (lambda X: X.flip(3),),
        "one coin decides for the whole batch": lambda: _with(
            lambda X: torch.rand(()) < 0.5
        ),
        "a coin falls inside the pictures": lambda: _with(
            lambda X: torch.rand_like(X) < 0.5
        ),
        "a coin falls for each row of pixels": lambda: _with(
            lambda X: torch.rand(len(X), 1, X.shape[2], 1) < 0.5
        ),
        "it returns None": lambda: (lambda X: None,),
        "is wanted, a list of 1000 came": lambda: (lambda X: list(_on_a_copy(X)),),
        "is wanted, an array of shape": lambda: (lambda X: _on_a_copy(X).numpy(),),
        "pictures change their places": lambda: (_apart,),
        "the share of mirrored pictures is": lambda: _with(
            lambda X: torch.rand(len(X), 1, 1, 1) < 0.1
        ),
        "the same places are mirrored in every call": lambda: _with(
            lambda X: (torch.arange(len(X)) < len(X) / 2)[:, None, None, None]
        ),
        "one batch of pictures is wanted": lambda: (
            lambda X: (_on_a_copy(X), torch.zeros(len(X))),
        ),
    },
)
