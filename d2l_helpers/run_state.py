"""All that a training run needs to go on after a kill, in one checkpoint. Level 2.

Trees of state (optimizer, scheduler, random generators, the loader's shuffling)
are split into tensors and JSON, so that nothing is ever pickled.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from d2l_helpers.checkpoint import (
    CheckpointError,
    check_fit,
    load_checkpoint,
    save_checkpoint,
)
from d2l_helpers.devices import seed_everything

PACKABLE = "only tensors, numbers, texts, None, dicts, lists and tuples can be saved"


def make_optimizer(
    model: nn.Module,
    total_steps: int,
    asked: Callable[[Iterable[nn.Parameter], int], Any] | None = None,
) -> tuple[torch.optim.Optimizer, Any]:
    """The optimizer that was asked for, else the model's own, else SGD.

    Returns it with its scheduler, or with None.
    """
    if asked is not None:
        made = asked(model.parameters(), total_steps)
    elif hasattr(model, "configure_optimizers"):
        made = model.configure_optimizers(total_steps)
    else:
        made = torch.optim.SGD(model.parameters(), lr=getattr(model, "lr", 0.1))
    return tuple(made) if isinstance(made, (tuple, list)) else (made, None)


def save_run(
    path: str | Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    scheduler: Any,
    device: torch.device,
    facts: dict[str, Any],
) -> None:
    """Write a run: its three parts, every random generator, and `facts`.

    `scheduler` may be None. Raises what `save_checkpoint` and `pack` raise.
    """
    tree = {
        **facts,
        "model": dict(model.state_dict()),
        "optimizer": optimizer.state_dict(),
        "scheduler": None if scheduler is None else scheduler.state_dict(),
        "classes": [type(optimizer).__name__, type(scheduler).__name__],
        "random": random_state(device),
    }
    tensors, rest = pack(tree)
    save_checkpoint(path, tensors, {"kind": "training", "state": rest})


def read_run(path: str | Path) -> dict[str, Any]:
    """The state that `save_run` wrote, for `fill_run`. Raises CheckpointError."""
    tensors, meta = load_checkpoint(path)
    if meta.get("kind") != "training":
        raise CheckpointError(
            f"{path} holds no training run (its kind is {meta.get('kind')!r}); "
            "use load_model for a model's weights, or name another file"
        )
    return unpack(tensors, meta["state"])


def check_settings(
    path: str | Path, old: dict[str, Any] | None, new: dict[str, Any] | None
) -> None:
    """CheckpointError, naming what differs, if a run has other settings than its file.

    None, on either side, says nothing and fits everything.
    """
    if old is None or new is None or old == new:
        return
    names = [n for n in {**old, **new} if old.get(n) != new.get(n)]
    then, now = (
        ", ".join(f"{n} {settings.get(n, 'unknown')}" for n in names)
        for settings in (old, new)
    )
    raise CheckpointError(
        f"{path} was written with {then}; this run has {now}. "
        "Use the same settings, or another file for the new run (on the command "
        "line another --output, or --fresh to replace the old one)."
    )


def fill_run(
    path: str | Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    scheduler: Any,
    device: torch.device,
    state: dict[str, Any],
) -> None:
    """Put a state that was read from `path` into the parts of the run.

    Raises CheckpointError, with the model unchanged, if the model or the
    optimizer is not the one of the file.
    """
    classes = [type(optimizer).__name__, type(scheduler).__name__]
    if state["classes"] != classes:
        raise CheckpointError(
            f"{path} was written with optimizer and scheduler "
            f"{' and '.join(state['classes'])}, this run has {' and '.join(classes)}. "
            "Use the same ones, or another file for the new run."
        )
    check_fit(model, state["model"], path)
    try:
        optimizer.load_state_dict(state["optimizer"])
        if scheduler is not None:
            scheduler.load_state_dict(state["scheduler"])
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"{path} is from another optimizer: {error}") from error
    model.load_state_dict(state["model"])
    set_random_state(state["random"], device)


def pack(tree: Any, name: str = "") -> tuple[dict[str, torch.Tensor], Any]:
    """Split nested dicts, lists and tuples into tensors and a JSON-able rest.

    State dictionaries of optimizers, schedulers and random generators are such
    trees. `unpack(*pack(tree))` is the tree again, with its tensors on the
    CPU. Raises TypeError, with the place, for a leaf that is neither a tensor
    nor a JSON value.
    """
    if isinstance(tree, torch.Tensor):
        return {name: tree}, {"tensor": name}
    if tree is None or isinstance(tree, (bool, int, float, str)):
        return {}, tree
    if isinstance(tree, dict):
        pairs = list(tree.items())
    elif isinstance(tree, (list, tuple)):
        pairs = list(enumerate(tree))
    else:
        raise TypeError(f"{name or 'the tree'} is a {type(tree).__name__}; {PACKABLE}")
    tensors, rest = {}, []
    for key, value in pairs:
        found, packed = pack(value, f"{name}/{key}" if name else str(key))
        tensors.update(found)
        rest.append([key, packed] if isinstance(tree, dict) else packed)
    # JSON knows neither tuples nor keys that are numbers, so both are spelt out
    kind = next(k for k in (dict, list, tuple) if isinstance(tree, k)).__name__
    return tensors, {kind: rest}


def unpack(tensors: dict[str, torch.Tensor], rest: Any) -> Any:
    """The tree that `pack` split."""
    if not isinstance(rest, dict):
        return rest
    ((kind, value),) = rest.items()
    if kind == "tensor":
        return tensors[value]
    if kind == "dict":
        return {key: unpack(tensors, packed) for key, packed in value}
    parts = [unpack(tensors, packed) for packed in value]
    return tuple(parts) if kind == "tuple" else parts


def random_state(device: torch.device) -> dict[str, Any]:
    """Every generator that `devices.seed_everything` seeds, as a tree for `pack`."""
    numpy = np.random.get_state(legacy=False)
    key = torch.from_numpy(numpy["state"]["key"].astype(np.int64))
    numpy["state"] = {**numpy["state"], "key": key}
    state = {
        "python": random.getstate(),
        "numpy": numpy,
        "torch": torch.get_rng_state(),
    }
    if device.type == "cuda":
        state["device"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        state["device"] = torch.mps.get_rng_state()
    return state


def set_random_state(state: dict[str, Any], device: torch.device) -> None:
    """Put back what `random_state` returned, as far as this device has it."""
    random.setstate(state["python"])
    numpy = state["numpy"]
    key = numpy["state"]["key"].numpy().astype(np.uint32)
    np.random.set_state({**numpy, "state": {**numpy["state"], "key": key}})
    torch.set_rng_state(state["torch"])
    if device.type == "cuda" and "device" in state:
        torch.cuda.set_rng_state(state["device"], device)
    elif device.type == "mps" and "device" in state:
        torch.mps.set_rng_state(state["device"])


def seed_run(seed: int, loader: Any) -> None:
    """Seed every generator, and the one that the loader may have for itself."""
    seed_everything(seed)
    if getattr(loader, "generator", None) is not None:
        loader.generator.manual_seed(seed)


def loader_state(loader: Any) -> Any:
    """Where a loader stands in its shuffling: its own state, or its generator's."""
    if hasattr(loader, "state_dict"):
        return loader.state_dict()
    generator = getattr(loader, "generator", None)
    return None if generator is None else generator.get_state()


def set_loader_state(loader: Any, state: Any) -> None:
    """Put back what `loader_state` returned; None changes nothing."""
    if state is None:
        return
    if hasattr(loader, "load_state_dict"):
        loader.load_state_dict(state)
    elif getattr(loader, "generator", None) is not None:
        loader.generator.set_state(state)
