"""Record the runs that are too long for a page: `python benchmarks/record.py`.

Each run writes one JSON file with its settings, seeds, versions and figures to
d2l_helpers/assets/recorded, where the pages read it. Names on the command line
choose runs; without any, all are made. Needs the full Fashion-MNIST.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from dataclasses import replace

import torch

import d2l_helpers as d2l
from d2l_helpers.records import FOLDER

SEEDS = (0, 1, 2)


def fit(model_of, data, epochs: int, seed: int) -> d2l.History:
    """A fresh model of one seed, which also orders the batches."""
    d2l.seed_everything(seed)
    trainer = d2l.Trainer(epochs, seed=seed, live=False, device=d2l.try_gpu())
    return trainer.fit(model_of(), data)


def rounded(values) -> list[float]:
    return [round(float(v), 4) for v in values]


def curve(history: d2l.History) -> dict[str, list[float]]:
    names = ("train_loss", "train_acc", "val_loss", "val_acc")
    return {name: rounded(history[name]) for name in names}


def modern_rate() -> tuple[dict, dict]:
    """Choose the modern recipe's peak rate on images held out of the training set."""
    settings = {"epochs": 10, "batch_size": 128, "held_out": 10_000, "seed": 0}
    data = d2l.FashionMNIST(128, device=d2l.try_gpu(), source="full")
    split = data.split(settings["held_out"], seed=settings["seed"])
    results = {}
    for lr in (2e-3, 5e-3, 1e-2, 2e-2):
        history = fit(lambda lr=lr: d2l.LeNet.modern(lr), split, 10, 0)
        results[str(lr)] = round(history["val_acc"][-1], 4)
        print(lr, rounded(history["val_acc"]), flush=True)
    return settings, results


def lenet(make) -> tuple[dict, list]:
    settings = {"epochs": 10, "batch_size": 128, "seeds": SEEDS, "lr": make().lr}
    data = d2l.FashionMNIST(128, device=d2l.try_gpu(), source="full")
    return settings, [curve(fit(make, data, 10, seed)) for seed in SEEDS]


def lenet_classic() -> tuple[dict, list]:
    """Classic LeNet, ten epochs, three seeds, tested after each epoch."""
    return lenet(d2l.LeNet)


def lenet_modern() -> tuple[dict, list]:
    """Modern LeNet at the chosen peak rate, ten epochs, three seeds."""
    return lenet(d2l.LeNet.modern)


def small_lenet() -> torch.nn.Module:
    """LeNet's shapes with ReLU and max pooling, PyTorch's start and plain Adam."""
    model = d2l.LeNet.modern()
    model.net = model.net[1:]
    for layer in model.net:
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return model


def placed(images: d2l.Images, seed: int | None) -> d2l.Images:
    """Half-size garments on an empty canvas: centred, or anywhere by `seed`."""
    half = torch.nn.functional.avg_pool2d(images.pixels.float(), 2)
    n, canvas = len(images), torch.zeros_like(images.pixels)
    generator = torch.Generator().manual_seed(seed or 0)
    at = torch.randint(0, 15, (n, 2), generator=generator)
    if seed is None:
        at = torch.full((n, 2), 7)
    for k, (i, j) in enumerate(at.tolist()):
        canvas[k, ..., i : i + 14, j : j + 14] = half[k].round().to(torch.uint8)
    return d2l.Images(canvas, images.labels)


def sample_efficiency() -> tuple[dict, dict]:
    """MLP and small LeNet on 500 to 10,000 images: scrambled, centred, anywhere.

    Every run takes 1,500 steps of Adam (rate 0.001) with batches of 64, whatever
    the number of images; seeds draw the images and the start.
    """
    settings = {"steps": 1500, "batch_size": 64, "lr": 1e-3, "seeds": SEEDS}
    full = d2l.FashionMNIST(64, source="full")
    scramble = torch.randperm(784, generator=torch.Generator().manual_seed(0))
    plain = full.train, full.val
    layouts = {
        "plain": plain,
        "scrambled": tuple(replace(i, permutation=scramble) for i in plain),
        "anywhere": (placed(full.train, 1), placed(full.val, 2)),
    }
    results: dict = {}
    for layout, (train, val) in layouts.items():
        for n in (500, 2_000, 10_000):
            for name, make in (("MLP", d2l.MLP), ("LeNet", small_lenet)):
                scores = [
                    steps_of_adam(make, d2l.ImageData(train.draw(n, s), val, 64), s)
                    for s in SEEDS
                ]
                results.setdefault(layout, {}).setdefault(name, {})[n] = scores
                print(layout, n, name, scores, flush=True)
    return settings, results


def steps_of_adam(make, data: d2l.ImageData, seed: int, steps: int = 1500) -> float:
    """Test accuracy after `steps` batches, taken from as many epochs as needed."""
    d2l.seed_everything(seed)
    model, loader, done = make(), data.train_dataloader(), 0
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    while done < steps:
        for X, y in loader:
            optimizer.zero_grad()
            model.loss(model(X), y).backward()
            optimizer.step()
            done += 1
            if done == steps:
                break
    batches = d2l.Trainer(1, live=False)
    return round(batches.evaluate(model, data.val_dataloader())[1], 4)


RUNS = {
    f.__name__: f for f in (modern_rate, lenet_classic, lenet_modern, sample_efficiency)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", metavar="RUN", help=", ".join(RUNS))
    names = parser.parse_args().runs or list(RUNS)
    if unknown := set(names) - set(RUNS):
        parser.error(f"no run {unknown}; there are {', '.join(RUNS)}")
    FOLDER.mkdir(exist_ok=True)
    for name in names:
        start = time.perf_counter()
        settings, results = RUNS[name]()
        seconds = time.perf_counter() - start
        record = {
            "command": f"python benchmarks/record.py {name}",
            "what": RUNS[name].__doc__.splitlines()[0],
            "settings": settings,
            "results": results,
            "versions": {
                "python": platform.python_version(),
                "torch": str(torch.__version__),
            },
            "machine": f"{os.cpu_count()} cores, {torch.get_num_threads()} threads, "
            f"{d2l.try_gpu().type}",
        }
        path = FOLDER / f"{name}.json"
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"{name}: {seconds:.0f} s, written to {path}", flush=True)


if __name__ == "__main__":
    main()
