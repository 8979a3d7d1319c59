"""Do the pictures look alike? Spread, layer by layer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import torch
from torch import Tensor, nn

from .probes import Net, numbers, observed, settle

STAYS = "the network stays in evaluation mode: put its old mode back"
TRAINS = "it always ends in training mode: the network may have come in the other"
GRAPH = "it keeps the graph: work under torch.no_grad()"


class Watch(nn.Module):
    """Passes everything on, and remembers whether gradients were wanted."""

    graph = False

    def forward(self, X: Tensor) -> Tensor:
        self.graph |= torch.is_grad_enabled()
        return X


def _dial(
    row: Callable[[Tensor], Tensor] = lambda X: X.std(0).mean(),
    *,
    eval_mode: bool = True,
    after: Callable[[nn.Module, bool], object] = lambda net, mode: net.train(mode),
    graph: bool = False,
    pick: Callable[[nn.Module], bool] = lambda layer: True,
    ends: Callable[[list, Tensor, Tensor], list] = lambda rows, first, last: rows,
) -> Callable:
    def spread(net, X):
        mode, rows, first = net.training, [], X
        if eval_mode:
            net.eval()
        with contextlib.nullcontext() if graph else torch.no_grad():
            for layer in net:
                X = layer(X)
                if pick(layer):
                    rows.append(row(X))
        after(net, mode)
        return ends(numbers(rows), first, X)

    return spread


def _places(X: Tensor) -> Tensor:
    """Over pictures and places, unit by unit where there are no places."""
    return X.transpose(0, 1).flatten(1).std(1).mean()


def _along_units(X: Tensor) -> Tensor:
    """std(1), where one channel alone has no deviation."""
    return X.std(1).mean() if X.shape[1] > 1 else X.new_tensor(torch.nan)


@torch.inference_mode()
def _by_hand(net, X):
    """The outputs first, then their deviations by the formula; tensors come back."""
    modes = {module: module.training for module in net.modules()}
    outputs = []
    for layer in net.eval():
        X = layer(X)
        outputs.append(X)
    for module, mode in modes.items():
        module.training = mode
    squares = [(Y - Y.mean(0)).square().sum(0) / (len(Y) - 1) for Y in outputs]
    return [square.sqrt().mean() for square in squares]


def _spread_cases() -> list[tuple]:
    g = torch.Generator().manual_seed(0)
    two = torch.stack([torch.zeros(1, 4, 4), torch.ones(1, 4, 4)])
    same = torch.rand(1, 1, 4, 4, generator=g).expand(9, 1, 4, 4)

    def dense() -> Net:
        layers = (nn.Linear(16, 12), nn.Sigmoid(), nn.Dropout(0.5), nn.Linear(12, 3))
        return settle(Net(nn.Flatten(), Watch(), *layers), g)

    def maps() -> Net:
        layers = (nn.ReLU(), nn.AvgPool2d(2), nn.Dropout(0.3), nn.Flatten())
        return settle(Net(nn.Conv2d(1, 4, 3), Watch(), *layers, nn.Linear(24, 5)), g)

    return [
        (Net(nn.Identity(), Watch()).eval(), two),
        (dense().train(), same),
        (dense().eval(), torch.rand(7, 1, 4, 4, generator=g)),
        (maps().train(), torch.rand(11, 1, 6, 9, generator=g)),
        (maps().eval(), torch.rand(5, 1, 6, 9, generator=g)),
    ]


def _spread_seen(answer, net: Net, X: Tensor) -> tuple:
    before = net.training
    rows = answer(net, X)
    values = numbers(rows)
    if net.training != before:
        return values, STAYS if before else TRAINS
    watch = next(m for m in net if isinstance(m, Watch))
    return values, GRAPH if watch.graph else None


SPREAD = observed(
    name="spread",
    wants="the function spread(net, X), which returns one number for each layer",
    right=_dial(),
    cases=_spread_cases,
    observe=_spread_seen,
    mistakes={
        "you took the deviation over the units of a picture: over the pictures "
        "it is std(0)": _dial(lambda X: X.flatten(1).std(1).mean()),
        "you took the deviation over everything: units that differ hide pictures "
        "that do not": _dial(lambda X: X.std()),
        "you averaged the units first: take each unit's deviation, then the mean": (
            _dial(lambda X: X.flatten(1).mean(1).std())
        ),
        "the deviation runs over the places of a map too: every cell of a map is a "
        "unit, and the pictures are axis 0 alone": _dial(_places),
        "std((0, 2, 3)) takes the places along, and dense layers have none: the "
        "pictures are axis 0 alone": _dial(lambda X: X.std((0, 2, 3)).mean()),
        "std(1) runs over channels or units: the pictures are axis 0": (
            _dial(_along_units)
        ),
        "you averaged variances: the root is missing": _dial(
            lambda X: X.var(0).mean()
        ),
        "evaluation mode is missing: dropout makes equal pictures differ": _dial(
            eval_mode=False
        ),
        "the last row is a softmax's: the network ends with scores": _dial(
            ends=lambda rows, first, last: (
                [*rows[:-1], last.softmax(1).std(0).mean().item()]
            )
        ),
        "the input's own spread stands first: the rows come after the layers": _dial(
            ends=lambda rows, first, last: [first.std(0).mean().item(), *rows]
        ),
        "layers without weights are left out: one number for every layer": _dial(
            pick=lambda layer: hasattr(layer, "weight")
        ),
        STAYS: _dial(after=lambda net, mode: None),
        TRAINS: _dial(after=lambda net, mode: net.train()),
        GRAPH: _dial(graph=True),
    },
    others=(_by_hand,),
    # the statement does not say by which of n and n − 1 it is divided
    either=(_dial(lambda X: X.std(0, correction=0).mean()),),
)  # fmt: skip
