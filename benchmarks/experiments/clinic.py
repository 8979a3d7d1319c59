"""LeNet in the clinic: training watched through its dials, classic and mended."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

import d2l_helpers as d2l

from .common import SEEDS, OneLine, answers, full
from .lenets import MENDS

# Of each activation: which outputs are saturated, and its slope from its outputs.
ACTIVATIONS = {
    nn.Sigmoid: (lambda A: (A < 0.02) | (A > 0.98), lambda A: A * (1 - A)),
    nn.Tanh: (lambda A: A.abs() > 0.96, lambda A: 1 - A * A),
    nn.ReLU: (lambda A: A == 0, lambda A: (A > 0).float()),
}


def significant(value: float, digits: int = 4) -> float:
    return float(f"{float(value):.{digits}g}")


def dials(net: nn.Sequential, X: Tensor, y: Tensor) -> dict[str, list[float]]:
    """What the clinic reads: loss, saturation, slope, gradient, spread.

    Read in training mode on a copy: batch normalisation scales by these images,
    and its running statistics stay as they are.
    """
    net = copy.deepcopy(net).train()
    H, outputs, saturated, slopes = X, [], [], []
    for layer in net:
        H = layer(H)
        if type(layer) in ACTIVATIONS:
            A = H.detach()
            at_end, slope = ACTIVATIONS[type(layer)]
            outputs.append(A)
            saturated.append(at_end(A).float().mean())
            slopes.append(slope(A).mean())
    loss = nn.functional.cross_entropy(H, y)
    weights = [m.weight for m in net if isinstance(m, (nn.Conv2d, nn.Linear))]
    figures = {
        "loss": [loss.item()],
        "saturated": saturated,
        "slope": slopes,
        "gradient": [g.norm() for g in torch.autograd.grad(loss, weights)],
        "spread": [A.std(0).mean() for A in (*outputs, H.detach())],
        "named": [H.argmax(1).unique().numel()],
    }
    return {name: [significant(v) for v in vs] for name, vs in figures.items()}


def clinic() -> tuple[dict, list]:
    """The classic run watched for ten epochs, dials read on 1,000 training images."""
    at = [0, 100, 250, 500, 750, 1000, 1250, 1500, 2000, 2500, 3000, 3750, 4690]
    settings = {"epochs": 10, "batch_size": 128, "seeds": SEEDS, "lr": 0.1, "at": at}
    results = []
    for seed in SEEDS:
        data = full(128)
        d2l.seed_everything(seed)
        model = d2l.LeNet().to(d2l.try_gpu())
        X, y = data.train[:1000]
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        rows, done = [dials(model.net, X, y)], 0
        for _ in range(settings["epochs"]):
            for batch, labels in data.train_dataloader():
                optimizer.zero_grad()
                model.loss(model(batch), labels).backward()
                optimizer.step()
                done += 1
                if done in at:
                    rows.append(dials(model.net, X, y))
        print(seed, done, [row["loss"] for row in rows], flush=True)
        results.append(rows)
    return settings, results


# The mends that the reader can try; those that need a longer story stay outside.
WATCHED = {
    "classic": MENDS["none"],
    **{
        name: MENDS[name]
        for name in (
            *("max pooling", "one-cycle schedule", "normalised input"),
            *("learning rate 1.0", "momentum 0.9", "Xavier, gain 4", "Adam, 0.001"),
            *("ReLU", "batch normalisation", "tanh"),
        )
    },
    "modern recipe": (d2l.LeNet.modern, None),  # its own optimiser and schedule
}


def training(make, optimizer, data, epochs: int, seed: int) -> Iterator[nn.Sequential]:
    """The layers before the first step and after each, always the same object.

    Start and order of the batches are those of `common.fit` with this seed.
    """
    d2l.seed_everything(seed)
    model = make().to(data.device)
    loader = data.train_dataloader()
    loader.generator.manual_seed(seed)
    steps = epochs * len(loader)
    if optimizer is None:
        made = model.configure_optimizers(steps)
    else:
        made = optimizer(model.parameters(), steps)
    optimizer, schedule = made if isinstance(made, tuple) else (made, None)
    net = getattr(model, "net", model)
    yield net
    for _ in range(epochs):
        for X, y in loader:
            model.train()
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(X), y).backward()
            optimizer.step()
            if schedule is not None:
                schedule.step()
            yield net


def first_kernels(net: nn.Sequential) -> dict:
    """The first convolution's weights as bytes: value = int8 · scale, row by row."""
    w = next(m for m in net if isinstance(m, nn.Conv2d)).weight.detach().cpu()
    scale = significant(w.abs().max() / 127)
    values = (w / scale).round().to(torch.int8).numpy()
    return {"scale": scale, "bytes": base64.b64encode(values.tobytes()).decode()}


def clinic_mends() -> tuple[dict, dict]:
    """The classic recipe, ten mends and the modern recipe, watched for ten epochs.

    One seed: the same order of batches for all. A list has one entry per step in
    "at"; where a step has several figures, they go from the input to the output.
    """
    at = [0, 50, 100, 250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2500, 3000]
    at += [3500, 3910]
    settings = {
        "epochs": 10,
        "batch_size": 128,
        "held_out": 10_000,
        "seed": 0,
        "at": OneLine(at),
        "loss": "mean cross-entropy in nats, 1,000 images of the training part; "
        "the other figures too unless said otherwise, all in training mode",
        "accuracy": "2,000 of the held-out images, in evaluation mode",
        "named": "classes that are the answer to at least one image",
        "spread": "standard deviation over images, mean over units: the outputs of "
        "the four activations, then the logits",
        "saturated": "share of an activation's outputs that are within 2 % of an end "
        "of its range: sigmoid below 0.02 or above 0.98, tanh beyond ±0.96; ReLU has "
        "no upper end: the share that is exactly 0",
        "slope": "derivative of the four activation functions, mean over their inputs",
        "gradient": "2-norm of the loss's gradient by the weights of the two "
        "convolutions and three dense layers, without biases",
        "kernels": "the first convolution's weights (6, 1, 5, 5), int8 row by row in "
        "base64; weight = int8 · scale",
    }
    split, results = full(128).split(settings["held_out"], seed=0), {}
    X, y = split.train[:1000]
    held, labels = split.val[:2000]
    for name, (make, optimizer) in WATCHED.items():
        rows = []
        steps = training(make, optimizer, split, settings["epochs"], settings["seed"])
        for done, net in enumerate(steps):
            if done in at:
                row = dials(net, X, y)
                row = {**row, "loss": row["loss"][0], "named": int(row["named"][0])}
                right = answers(copy.deepcopy(net), held) == labels
                row["accuracy"] = significant(right.float().mean())
                rows.append({**row, "kernels": first_kernels(net)})
        results[name] = {key: OneLine([row[key] for row in rows]) for key in rows[0]}
        print(name, done, [(row["loss"], row["accuracy"]) for row in rows], flush=True)
    return settings, results
