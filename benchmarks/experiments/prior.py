"""What the convolutional prior buys and costs: the first section's experiments."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

import d2l_helpers as d2l

from .common import SEEDS, adam_scores, full

AT = (1500, 4500)


def small_lenet() -> nn.Module:
    """LeNet's shapes with ReLU and max pooling, PyTorch's start."""
    model = d2l.LeNet.modern()
    model.net = model.net[1:]
    for layer in model.net:
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return model


NETS = {"MLP": d2l.MLP, "LeNet": small_lenet}
BUDGET = {"steps": AT, "batch_size": 64, "optimizer": "Adam", "lr": 1e-3}


def own_order(images: d2l.Images, seed: int) -> d2l.Images:
    """Every image shuffled by a permutation of its own."""
    n = len(images)
    g = torch.Generator().manual_seed(seed)
    order = torch.rand(n, 784, generator=g).argsort(1)
    pixels = images.pixels.flatten(1).gather(1, order).view(n, 28, 28)
    return d2l.Images(pixels, images.labels)


def scramble() -> tuple[dict, dict]:
    """MLP and LeNet on garments plain, scrambled, transposed, each scrambled anew.

    10,000 training images and the start are drawn by the seed; accuracies are on
    the test set after 1,500 and 4,500 steps. The scrambled layout also with 500 and
    2,000 images; the plain one with so few is in sample_efficiency.
    """
    data = full(64)
    secret = torch.randperm(784, generator=torch.Generator().manual_seed(0))
    turned = torch.arange(784).view(28, 28).T.flatten()
    plain = (data.train, data.val)
    layouts = {
        "plain": plain,
        "scrambled": tuple(replace(i, permutation=secret) for i in plain),
        "transposed": tuple(replace(i, permutation=turned) for i in plain),
        "own": (own_order(data.train, 1), own_order(data.val, 2)),
    }
    results = compare(layouts, [10_000])
    few = compare({"scrambled": layouts["scrambled"]}, [500, 2_000])
    for net, scores in few["scrambled"].items():
        results["scrambled"][net] |= scores
    return {**BUDGET, "images": 10_000, "seeds": SEEDS}, results


def compare(layouts: dict, sizes: list[int]) -> dict:
    """results[layout][net][size] = one [after 1,500, after 4,500] per seed."""
    results: dict = {}
    for layout, (train, val) in layouts.items():
        for n in sizes:
            for name, make in NETS.items():
                scores = [
                    adam_scores(make, d2l.ImageData(train.draw(n, s), val, 64), s, AT)
                    for s in SEEDS
                ]
                results.setdefault(layout, {}).setdefault(name, {})[str(n)] = scores
                print(layout, n, name, scores, flush=True)
    return results


def placed(images: d2l.Images, seed: int | None) -> d2l.Images:
    """Half-size garments on an empty canvas: centred, or anywhere by `seed`."""
    half = torch.nn.functional.avg_pool2d(images.pixels.float()[:, None], 2)[:, 0]
    n, canvas = len(images), torch.zeros_like(images.pixels)
    generator = torch.Generator().manual_seed(seed or 0)
    at = torch.randint(0, 15, (n, 2), generator=generator)
    if seed is None:
        at = torch.full((n, 2), 7)
    for k, (i, j) in enumerate(at.tolist()):
        canvas[k, i : i + 14, j : j + 14] = half[k].round().to(torch.uint8)
    return d2l.Images(canvas, images.labels)


def sample_efficiency() -> tuple[dict, dict]:
    """MLP and LeNet on 500 to 10,000 garments: as they are, half size, anywhere.

    "plain" fills the canvas; "middle" is half size, always centred; "anywhere"
    is half size at a random place, in training and in testing. Seeds draw the
    images and the start.
    """
    data = full(64)
    layouts = {
        "plain": (data.train, data.val),
        "middle": (placed(data.train, None), placed(data.val, None)),
        "anywhere": (placed(data.train, 1), placed(data.val, 2)),
    }
    return {**BUDGET, "seeds": SEEDS}, compare(layouts, [500, 2_000, 10_000])


def dots(n: int, seed: int, size: int = 16) -> d2l.Images:
    """One lit pixel on an empty picture; class 1 if it lies in the right half."""
    g = torch.Generator().manual_seed(seed)
    at = torch.randint(0, size * size, (n,), generator=g)
    pixels = torch.zeros(n, size * size, dtype=torch.uint8)
    pixels[torch.arange(n), at] = 255
    right = (at % size >= size // 2).long()
    return d2l.Images(pixels.view(n, size, size), right)


def stack(layers: int, mode: str, channels: int = 8) -> nn.Module:
    """3×3 convolutions with ReLU, a global average and one linear layer."""
    parts: list[nn.Module] = []
    for number in range(layers):
        ci = channels if number else 1
        parts += [nn.Conv2d(ci, channels, 3, padding=1, padding_mode=mode), nn.ReLU()]
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 2)
    return nn.Sequential(*parts, *head)


def position_leak() -> tuple[dict, dict]:
    """Left half or right half? Convolutions with a global average, five paddings.

    One lit pixel on 16×16, 2,000 training and 2,000 test pictures, 8 channels,
    Adam at 0.003 for 400 steps of 64.
    """
    settings = {"steps": 400, "batch_size": 64, "lr": 3e-3, "seeds": [0, 1, 2, 3, 4]}
    results: dict = {}
    for layers, mode in (
        (3, "circular"),
        (3, "replicate"),
        (3, "reflect"),
        (3, "zeros"),
        (7, "zeros"),
    ):
        scores = [
            adam_scores(
                lambda layers=layers, mode=mode: stack(layers, mode),
                d2l.ImageData(dots(2_000, 10 + seed), dots(2_000, 100 + seed), 64),
                seed,
                (settings["steps"],),
                settings["lr"],
            )[0]
            for seed in settings["seeds"]
        ]
        results[f"{mode}, {layers} layers"] = scores
        print(mode, layers, scores, flush=True)
    return settings, results
