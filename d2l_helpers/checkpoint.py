"""Tensors and facts on disk: one file, written whole or not at all.

Level 1. The file is a plain `.safetensors` file, so other programs can read
the weights. Its metadata also holds a JSON text and a SHA-256 over that text
and every tensor, because safetensors itself does not notice a flipped bit.
Nothing here can run code from a file: there is no pickle.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import nn

FORMAT = "d2l_helpers checkpoint 1"


class CheckpointError(RuntimeError):
    """A checkpoint could not be written or read; the message says which and why."""


def save_checkpoint(
    path: str | Path, tensors: dict[str, torch.Tensor], meta: dict[str, Any]
) -> None:
    """Write `tensors` (any shapes, dtypes, devices) and a JSON-able `meta`.

    The file appears in one step: it is written under another name in the same
    folder, flushed to the disk and then renamed. Whatever goes wrong before
    that, a full disk or a killed process included, the previous file stays as
    it was. Only a killed process leaves its `.tmp` file behind. Tensors are
    stored contiguously, and two that share memory are stored twice.

    Raises CheckpointError if the file cannot be written, TypeError if `meta`
    is not JSON or a value of `tensors` is not a tensor.
    """
    for name, value in tensors.items():
        if not isinstance(value, torch.Tensor):
            raise TypeError(
                f"{name!r} must be a torch.Tensor, got {type(value).__name__}"
            )
    # clone: safetensors refuses tensors that share memory
    plain = {
        name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, value in tensors.items()
    }
    text = json.dumps(meta)
    header = {"format": FORMAT, "meta": text, "sha256": _digest(plain, text)}
    _write(Path(os.path.realpath(path)), safetensors.torch.save(plain, header))


def load_checkpoint(
    path: str | Path,
) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors (on the CPU) and the `meta` that `save_checkpoint` wrote.

    Raises CheckpointError, and nothing else, for a file that is missing,
    truncated, changed in a single bit, or of another kind.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise CheckpointError(
            f"there is no checkpoint at {path}; check the name, or save one first"
        ) from error
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error}") from error
    try:
        length = int.from_bytes(raw[:8], "little")
        header = json.loads(raw[8 : 8 + length])["__metadata__"]
        if header["format"] != FORMAT:
            raise ValueError(f"its format is {header['format']!r}, not {FORMAT!r}")
        tensors = safetensors.torch.load(raw)
        if header["sha256"] != _digest(tensors, header["meta"]):
            raise ValueError("its checksum does not match its contents")
        meta = json.loads(header["meta"])
        if not isinstance(meta, dict):
            raise ValueError("its description is not a JSON object")
        return tensors, meta
    except Exception as error:
        # the bytes may be anything, and so may the error that they cause
        raise CheckpointError(
            f"{path} is not a usable checkpoint: {_kind(raw) or error}. "
            "Nothing was loaded. Delete the file and save or train again, "
            "or fetch a fresh copy."
        ) from error


def save_model(model: nn.Module, path: str | Path) -> None:
    """Write the parameters and buffers of `model`, as `save_checkpoint` does."""
    meta = {"kind": "model", "class": type(model).__name__}
    save_checkpoint(path, model.state_dict(), meta)


def load_model(model: nn.Module, path: str | Path) -> nn.Module:
    """Fill `model` from a `save_model` or a Trainer checkpoint, and return it.

    The values go to the device and dtype that the model already has. Raises
    CheckpointError, with the model unchanged, if the file is damaged or its
    names or shapes are not the model's.
    """
    tensors, meta = load_checkpoint(path)
    if meta.get("kind") == "training":
        tensors = {
            name.removeprefix("model/"): value
            for name, value in tensors.items()
            if name.startswith("model/")
        }
    check_fit(model, tensors, path)
    model.load_state_dict(tensors)
    return model


def check_fit(
    model: nn.Module, tensors: dict[str, torch.Tensor], path: str | Path
) -> None:
    """CheckpointError, naming them, if names or shapes are not the model's."""
    own = model.state_dict()
    faults = [f"{n} is missing from the file" for n in own.keys() - tensors.keys()]
    faults += [f"{name} is not in the model" for name in tensors.keys() - own.keys()]
    faults += [
        f"{name} has shape {tuple(tensors[name].shape)} in the file "
        f"and {tuple(own[name].shape)} in the model"
        for name in own.keys() & tensors.keys()
        if tensors[name].shape != own[name].shape
    ]
    if faults:
        raise CheckpointError(
            f"{path} does not fit this {type(model).__name__}: "
            + "; ".join(sorted(faults))
            + ". Build the model that was saved, or load another file."
        )


def _digest(tensors: dict[str, torch.Tensor], text: str) -> str:
    """SHA-256 over the JSON text and the name, dtype, shape and bytes of each."""
    names = sorted(tensors)
    facts = [[n, str(tensors[n].dtype), list(tensors[n].shape)] for n in names]
    digest = hashlib.sha256(json.dumps([text, facts]).encode())
    for name in names:
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _kind(raw: bytes) -> str | None:
    """What a file that is no checkpoint looks like, for the message."""
    if not raw:
        return "it is empty"
    if raw[:1] == b"\x80" or raw[:4] == b"PK\x03\x04":
        return "it looks like a pickle, and pickles are never opened here"
    if raw.lstrip()[:1] == b"<":
        return "it is a web page, probably from a log-in or error page"
    return None


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(draft, "xb") as file:  # noqa: PTH123 - the tests stop it
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        if isinstance(error, OSError):
            raise CheckpointError(
                f"could not write {path}: {error}. An older file of that name is "
                "untouched. Free some space, or choose another folder."
            ) from error
        raise
    # the new name itself must reach the disk; not every system can do this
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
