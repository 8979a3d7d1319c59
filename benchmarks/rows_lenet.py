"""Rows of the table: epochs of LeNet on the whole of Fashion-MNIST."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import mean

import torch
from experiments.quick import quick
from peers import its_place
from timing import Machine, Row, in_turns

import d2l_helpers as d2l

BATCH = 128
FRESH = (11, 12)  # seeds that chose no setting


class Low(torch.nn.Module):
    """A network whose products are taken in bfloat16; parameters stay float32."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net, self.lr, self.loss = net, net.lr, net.loss

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        with torch.autocast(X.device.type, torch.bfloat16):
            return self.net(X).float()


FORMS: dict[str, Callable[[], torch.nn.Module]] = {
    "as written": d2l.LeNet,
    "fused": lambda: d2l.fuse(d2l.LeNet()),
    "fused, bfloat16": lambda: Low(d2l.fuse(d2l.LeNet())),
}
TARGETS = {"as written": 1 / 2, "fused": 1 / 3, "fused, bfloat16": 1 / 4}


def epoch_flops() -> int:
    """Multiplications and additions of one epoch with gradients and validation.

    Each product is taken again for both gradients, but nobody needs that of the
    picture.
    """
    table = d2l.layer_table(d2l.LeNet(), (1, 1, 28, 28))
    first = next(row.macs for row in table.rows if row.macs)
    return 2 * (60_000 * (3 * table.macs - first) + 10_000 * table.macs)


def its_epoch(package, gpus: int = 0) -> Callable[[], None]:
    """One epoch, validation included, of the package's own Trainer, unmodified."""

    def run() -> None:
        model = package.LeNet(lr=0.1)
        first = next(iter(data.get_dataloader(True)))[0]
        model.apply_init([first], package.init_cnn)
        package.Trainer(max_epochs=1, num_gpus=gpus).fit(model, data)

    data = package.FashionMNIST(batch_size=BATCH)
    return run


def epochs(machine: Machine, package, device) -> Iterator[Row]:
    data = d2l.FashionMNIST(BATCH, device=device, source="full")
    floor = epoch_flops() / machine.flops
    for name, make in FORMS.items():
        same_scores(make, data)

        def ours(make=make) -> None:
            d2l.seed_everything(0)
            d2l.Trainer(1, live=False, device=device).fit(make(), data)

        what = f"LeNet, one epoch, {name}"
        if package is None:
            from timing import seconds

            yield Row(what, [seconds(ours, device) for _ in range(3)], floor=floor)
            continue
        with its_place():
            mine, theirs = in_turns(ours, its_epoch(package), 3, device, inner=1)
        yield Row(what, mine, "d2l.Trainer", theirs, TARGETS[name], floor)


def same_scores(make, data) -> None:
    """The form gives the classic LeNet's scores, up to its own precision."""
    X, _ = data.val[:256]
    scores = []
    for f in (d2l.LeNet, make):
        d2l.seed_everything(0)
        scores.append(f().to(X.device)(X).detach())
    low = make is FORMS["fused, bfloat16"]
    torch.testing.assert_close(*scores, rtol=0, atol=0.02 if low else 1e-5)


def to_accuracy(device) -> Iterator[Row]:
    """Seconds of training until 0.88 of the test images are named rightly."""
    rows = [quick(seed, device) for seed in FRESH]
    scores = ", ".join(f"{score:.4f}" for _, score in rows)
    if min(score for _, score in rows) < 0.88:
        scores += ": below 0.88"
    what = "LeNet to 0.88 on the test set, 2 seeds"
    yield Row(what, [s for s, _ in rows], most=15.0, note=f"reached {scores}")


def ten_epochs() -> Iterator[Row]:
    """Recorded: `python benchmarks/record.py lenet_ten lenet_modern lenet_classic`."""
    for name, least in (("ten", 0.915), ("modern", None), ("classic", None)):
        runs = d2l.recorded(f"lenet_{name}")["results"]
        scores = [run["val_acc"][-1] for run in runs]
        note = f"accuracy {mean(scores):.4f} ({min(scores):.4f}–{max(scores):.4f})"
        if least is not None:
            note += f", ≥ {least} {'met' if mean(scores) >= least else 'MISSED'}"
        yield Row(f"LeNet {name}, ten epochs, recorded", [10], unit="epochs", note=note)
