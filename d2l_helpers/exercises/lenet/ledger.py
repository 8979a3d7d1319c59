"""LeNet, built from its table of shapes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from .._values import ValueExercise
from .probes import ITSELF, called, demand, leaves, seeded, spoken

SIZES = ((1, 28, 10), (3, 32, 10), (2, 29, 7), (1, 20, 4))  # channels, size, classes


def _lenet(
    channels: int = 1,
    size: int = 28,
    classes: int = 10,
    *,
    padding: int = 2,
    act: Callable = nn.Sigmoid,
    pool: Callable = lambda: nn.AvgPool2d(2),
    swap: bool = False,
    flatten: int | None = 1,
    early: bool = False,
    read: int | None = None,
    last: tuple = (),
    bias: bool = True,
) -> nn.Sequential:
    def squeeze() -> list[nn.Module]:
        return [pool(), act()] if swap else [act(), pool()]

    body = nn.Sequential(
        nn.Conv2d(channels, 6, 5, padding=padding, bias=bias), *squeeze(),
        nn.Conv2d(6, 16, 5), *squeeze(), nn.Flatten(),
    )  # fmt: skip
    reads = read or body(torch.zeros(1, channels, size, size)).shape[1]
    flat = [] if flatten is None else [nn.Flatten(flatten)]
    return nn.Sequential(
        *flat * early, *body[:-1], *flat * (not early), nn.Linear(reads, 120), act(),
        nn.Linear(120, 84), act(), nn.Linear(84, classes), *last,
    )  # fmt: skip


def _lazy(channels: int = 1, size: int = 28, classes: int = 10) -> nn.Sequential:
    """In two parts, the number of inputs left to torch."""
    squash, average = nn.Sigmoid(), nn.AvgPool2d((2, 2))
    maps = nn.Sequential(
        nn.Conv2d(channels, 6, (5, 5), 1, 2), squash, average,
        nn.Conv2d(6, 16, 5), squash, average,
    )  # fmt: skip
    dense = nn.Sequential(
        nn.LazyLinear(120), squash, nn.Linear(120, 84), squash, nn.Linear(84, classes)
    )
    return nn.Sequential(maps, nn.Flatten(), dense)


def _layers(net: nn.Module, channels: int) -> str | None:
    """What the layers alone tell."""
    row = leaves(net)
    conv, dense, pools = (
        [m for m in row if isinstance(m, kind)]
        for kind in (nn.Conv2d, nn.Linear, (nn.AvgPool2d, nn.MaxPool2d))
    )
    if (len(conv), len(dense), len(pools)) != (2, 3, 2):
        return "two convolutions, two poolings and three dense layers are wanted"
    if any(isinstance(m, (nn.Softmax, nn.LogSoftmax)) for m in row):
        return "a softmax stands in the network: the loss brings its own"
    if not isinstance(row[-1], nn.Linear):
        return "an activation stands behind the last layer: scores are free numbers"
    if any(isinstance(m, nn.MaxPool2d) for m in pools):
        return "you pool by the maximum: the classic network averages"
    if sum(isinstance(m, nn.Sigmoid) for m in row) != 4:
        return "four sigmoids are wanted, two in the maps and two between dense layers"
    if conv[0].in_channels != channels:
        return "the first convolution does not read `channels`"
    if [(m.out_channels, *m.kernel_size) for m in conv] != [(6, 5, 5), (16, 5, 5)]:
        return "the convolutions are 5×5, to 6 and to 16 maps"
    if conv[0].padding not in ((2, 2), "same"):
        return "the first convolution has padding 2: without it 28 cells become 24"
    if conv[1].padding not in ((0, 0), "valid"):
        return "the second convolution has no padding: 14 cells become 10"
    for m in pools:
        if m.kernel_size not in (2, (2, 2)) or m.stride not in (2, (2, 2)):
            return "the pooling halves: a window of 2 and a stride of 2"
    if any(m.bias is None for m in (*conv, *dense)):
        return "a layer has no bias: the ledger counts one for each output"
    kinds = [type(m) for m in row if isinstance(m, (nn.AvgPool2d, nn.Sigmoid))]
    if kinds[:2] != [nn.Sigmoid, nn.AvgPool2d]:
        return (
            "you average before you squash: the order is convolution, sigmoid, "
            "pooling, and here it matters"
        )
    return None


def _does_not_run(row: list[nn.Module]) -> str:
    """Why pictures do not come through, as far as the layers tell."""
    kinds = [type(m) for m in row]
    if nn.Flatten not in kinds:
        return (
            "nothing turns 16 maps into one row of numbers: a Flatten is missing "
            "before the first dense layer"
        )
    if not kinds.index(nn.AvgPool2d) < kinds.index(nn.Flatten) < kinds.index(nn.Linear):
        return (
            "the Flatten stands in a wrong place: it belongs between the last pooling "
            "and the first dense layer"
        )
    return (
        "the first dense layer does not fit: for `size` cells it reads 16·side² "
        "numbers, side = (size // 2 − 4) // 2"
    )


@spoken
def _examine(build: Callable[..., nn.Module]) -> str | None:
    if isinstance(build, nn.Module) or not callable(build):
        return ITSELF
    for channels, size, classes in SIZES:
        with seeded():
            made = called(build, channels, size, classes)
            net = demand(made, nn.Sequential, "an nn.Sequential").cpu()
            X = torch.rand(3, channels, size, size)
            mistake = _layers(net, channels)
            if mistake:
                return mistake
            flats = [m for m in leaves(net) if isinstance(m, nn.Flatten)]
            if any(m.start_dim == 0 for m in flats):
                return "flatten takes the batch along: start at axis 1"
            try:
                Y = net(X)
            except (RuntimeError, TypeError):  # LazyLinear counts in float: TypeError
                return _does_not_run(leaves(net))
            if Y.shape != (3, classes):
                return f"the scores have the shape {tuple(Y.shape)}, not (3, {classes})"
            ours, theirs = list(net.parameters()), _lenet(channels, size, classes)
            shapes = [w.shape for w in theirs.parameters()]
            if [w.shape for w in ours] != shapes:
                return "the dense layers have 120, 84 and `classes` outputs"
            with torch.no_grad():
                for w, v in zip(theirs.parameters(), ours, strict=True):
                    w.copy_(v)
                if not torch.allclose(theirs(X), Y, atol=1e-5):
                    return "with equal weights its scores are not the classic ones"
    return None


def _made(**other) -> tuple[Callable]:
    return (lambda c=1, s=28, n=10: _lenet(c, s, n, **other),)


LENET = ValueExercise(
    name="lenet",
    examine=_examine,
    wants="the function lenet(channels, size, classes) that makes the network",
    right=lambda: [(_lenet,), (_lazy,)],
    mistakes={
        "the first convolution has padding 2": lambda: _made(padding=0),
        "the pooling halves": lambda: _made(pool=lambda: nn.AvgPool2d(2, 1)),
        "you pool by the maximum": lambda: _made(pool=lambda: nn.MaxPool2d(2)),
        "a softmax stands in the network": lambda: _made(last=(nn.Softmax(1),)),
        "an activation stands behind the last layer": lambda: _made(
            last=(nn.Sigmoid(),)
        ),
        "four sigmoids are wanted": lambda: _made(act=nn.ReLU),
        "flatten takes the batch along": lambda: _made(flatten=0),
        "you average before you squash": lambda: _made(swap=True),
        "the first dense layer does not fit": lambda: _made(read=400),
        "a Flatten is missing": lambda: _made(flatten=None),
        "the Flatten stands in a wrong place": lambda: _made(early=True),
        "an nn.Sequential is wanted, a list of 12 came": lambda: (
            lambda *sizes: list(_lenet(*sizes)),
        ),
        "it returns None": lambda: (lambda *sizes: None,),
        "a layer has no bias": lambda: _made(bias=False),
        "the first convolution does not read `channels`": lambda: (
            lambda c=1, s=28, n=10: _lenet(1, s, n),
        ),
        "the scores have the shape": lambda: (lambda c=1, s=28, n=10: _lenet(c, s),),
    },
)
