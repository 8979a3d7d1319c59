"""A trained LeNet as numbers, and noise that Python and the page share; no torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import traitlets

from ._base import encoded
from ._state import to_array

# What LeNet's layers are called, in their order, and the shapes of their weights.
STACK = ("conv", "act", "pool", "conv", "act", "pool", "flatten", "dense", "act")
STACK += ("dense", "act", "dense")
SHAPES = ((6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84))
KINDS = {
    "Conv2d": ("conv", None),
    "Linear": ("dense", None),
    "Flatten": ("flatten", None),
    "ReLU": ("act", "relu"),
    "Sigmoid": ("act", "sigmoid"),
    "Tanh": ("act", "tanh"),
    "MaxPool2d": ("pool", "max"),
    "AvgPool2d": ("pool", "average"),
}


def _refuse(why: str) -> None:
    msg = f"LeNetInside takes a trained d2l.LeNet or LeNet.modern: {why}"
    raise traitlets.TraitError(msg)


def _pair(value: Any) -> tuple:
    return tuple(value) if isinstance(value, Iterable) else (value, value)


def _leaves(module: Any) -> list:
    """The layers without layers inside, in the order of their making."""
    try:
        return [m for m in module.modules() if not list(m.children())]
    except AttributeError:
        _refuse(f"{type(module).__name__} has no layers")
        raise  # never


def read_network(model: Any) -> tuple[dict, list[np.ndarray]]:
    """A LeNet's settings and its ten arrays of weights and biases, float64.

    Only names and attributes of the layers are looked at; torch is not imported.

    Raises:
        traitlets.TraitError: the layers are not LeNet's.
    """
    layers = _leaves(getattr(model, "net", model))
    settings: dict[str, Any] = {"mean": 0.0, "std": 1.0}
    if layers and type(layers[0]).__name__ == "Normalize":
        settings.update(mean=float(layers[0].mean), std=float(layers[0].std))
        layers = layers[1:]
    kinds = [KINDS.get(type(m).__name__, (type(m).__name__, None)) for m in layers]
    found = tuple(kind for kind, _ in kinds)
    if found != STACK:
        _refuse(f"its layers must be {', '.join(STACK)}; got {', '.join(found)}")
    for kind, key in (("act", "activation"), ("pool", "pool")):
        names = {name for k, name in kinds if k == kind}
        if len(names) > 1:
            _refuse(f"all of its layers must be of one kind, got {sorted(names)}")
        settings[key] = names.pop()
    weights = []
    for layer, kind in zip(layers, found, strict=True):
        if kind in ("conv", "dense"):
            weight = to_array(layer.weight, "weights")
            if weight.shape != SHAPES[len(weights) // 2] or layer.bias is None:
                _refuse(
                    f"{type(layer).__name__} {len(weights) // 2} must have weights of "
                    f"shape {SHAPES[len(weights) // 2]} and a bias, got {weight.shape}"
                )
            weights += [weight, to_array(layer.bias, "biases")]
    convs = [m for m, kind in zip(layers, found, strict=True) if kind == "conv"]
    pools = [m for m, kind in zip(layers, found, strict=True) if kind == "pool"]
    plain = all(
        (_pair(m.stride), _pair(m.dilation), m.groups) == ((1, 1), (1, 1), 1)
        for m in convs
    )
    if not plain or [_pair(m.padding) for m in convs] != [(2, 2), (0, 0)]:
        _refuse("its convolutions must have stride 1 and a padding of 2, then 0")
    for m in pools:
        wanted = [(2, 2), (2, 2), (0, 0)]
        if [_pair(v) for v in (m.kernel_size, m.stride, m.padding)] != wanted:
            _refuse("its pooling must take 2×2 with stride 2 and no padding")
    if max(np.abs(w).max() for w in weights) > np.finfo(np.float16).max:
        _refuse("a weight is too large for 16 bits")
    return settings, weights


def stored(weights: list[np.ndarray]) -> tuple[list[np.ndarray], dict[str, str]]:
    """The network as a page keeps it, and its texts.

    The two large dense layers become whole numbers from −127 to 127, times a step
    for each unit: one byte a weight, for half the page's bytes. All else, the steps
    included, is float16.
    """
    kept = [w.astype("<f2").astype(float) for w in weights]
    whole, half = [], []
    for n, weight in enumerate(kept):
        if weight.shape not in SHAPES[2:4]:
            half.append(weight)
            continue
        steps = (np.abs(weights[n]).max(1, keepdims=True) / 127).astype("<f2")
        steps = steps.astype(float)
        units = np.round(weights[n] / np.where(steps > 0, steps, np.inf))
        whole.append(units.clip(-127, 127))
        half.append(steps)
        kept[n] = whole[-1] * steps
    texts = {
        name: encoded(np.concatenate([a.ravel() for a in arrays]), dtype)
        for name, arrays, dtype in (("weights", half, "<f2"), ("dense", whole, "i1"))
    }
    return kept, texts


def _stirred(n: np.ndarray) -> np.ndarray:
    """32 bits stirred, as in static/lenet-picture.js."""
    x = (n & 0xFFFFFFFF).astype(np.uint32)
    x = (x ^ (x >> 16)) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * np.uint32(0x846CA68B)
    return x ^ (x >> 16)


def uniform(seed: int, n: np.ndarray) -> np.ndarray:
    """The n-th numbers of a seed, evenly spread over 0 to 1."""
    start = (seed + 1) * 0x9E3779B1 & 0xFFFFFFFF
    return (_stirred(start + n.astype(np.int64)) + 0.5) / 2.0**32


def normal(seed: int, count: int) -> np.ndarray:
    """Normal numbers (Box and Muller), of mean 0 and deviation 1."""
    n = count + 2 * np.arange(count)
    u, v = uniform(seed, n), uniform(seed, n + 1)
    return np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)


def forward(
    settings: dict, weights: list[np.ndarray], pixels: np.ndarray
) -> dict[str, np.ndarray]:
    """The maps of each convolution and pooling of (28, 28) pixels, and the scores."""
    act = {
        "relu": lambda z: np.maximum(z, 0),
        "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
        "tanh": np.tanh,
    }[settings["activation"]]
    squeeze = np.max if settings["pool"] == "max" else np.mean
    H = (pixels[None] - settings["mean"]) / settings["std"]
    H, out = np.pad(H, ((0, 0), (2, 2), (2, 2))), {}
    for n in (0, 1):
        W, b = weights[2 * n : 2 * n + 2]
        windows = np.lib.stride_tricks.sliding_window_view(H, (5, 5), (1, 2))
        H = act(np.einsum("cijab,ocab->oij", windows, W) + b[:, None, None])
        out[f"conv{n + 1}"] = H
        half = H.shape[1] // 2
        H = squeeze(H.reshape(len(H), half, 2, half, 2), axis=(2, 4))
        out[f"pool{n + 1}"] = H
    H = H.ravel()
    for n in (2, 3, 4):
        W, b = weights[2 * n : 2 * n + 2]
        H = W @ H + b if n == 4 else act(W @ H + b)
    return {**out, "scores": H}
