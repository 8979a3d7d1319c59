"""Checkpoints: what goes in comes out, and nothing else ever does."""

import json
import os
import pickle
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from d2l_helpers import checkpoint
from d2l_helpers.checkpoint import (
    CheckpointError,
    load_checkpoint,
    load_model,
    save_checkpoint,
    save_model,
)
from d2l_helpers.run_state import pack, unpack

VICTIM = Path(__file__).parent / "training_scripts" / "victim.py"


def small_file(folder: Path) -> Path:
    path = folder / "small.safetensors"
    tensors = {"w": torch.tensor([[1.0, -2.0], [0.5, 3.0]]), "n": torch.tensor(7)}
    save_checkpoint(path, tensors, {"epoch": 3, "name": "façade"})
    return path


@pytest.mark.parametrize(
    "value",
    [
        torch.tensor(2.5),
        torch.tensor([float("nan"), float("inf"), -0.0]),
        torch.zeros(0, 3),
        torch.tensor([True, False]),
        torch.arange(6, dtype=torch.int64).view(2, 3),
        torch.arange(4, dtype=torch.uint8),
        torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
        torch.rand(3, dtype=torch.float64),
        torch.arange(12.0).view(3, 4).t(),
        torch.arange(12.0)[::3],
        torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last),
        nn.Parameter(torch.ones(2)),
    ],
    ids=lambda v: f"{v.dtype}-{tuple(v.shape)}-{v.is_contiguous()}",
)
def test_a_tensor_comes_back_bit_for_bit(tmp_path, value):
    save_checkpoint(tmp_path / "c", {"a/b": value}, {"x": [1, None, "é"]})
    tensors, meta = load_checkpoint(tmp_path / "c")
    assert meta == {"x": [1, None, "é"]}
    assert list(tensors) == ["a/b"]
    back = tensors["a/b"]
    assert (back.dtype, back.shape) == (value.dtype, value.shape)
    expected = value.detach().contiguous().reshape(-1).view(torch.uint8)
    assert torch.equal(back.reshape(-1).view(torch.uint8), expected)


def test_tensors_that_share_memory_are_both_kept(tmp_path):
    base = torch.arange(6.0)
    save_checkpoint(tmp_path / "c", {"all": base, "end": base[3:], "same": base}, {})
    tensors, _ = load_checkpoint(tmp_path / "c")
    assert tensors["end"].tolist() == [3.0, 4.0, 5.0]
    assert tensors["all"].tolist() == tensors["same"].tolist() == base.tolist()


def test_any_program_that_knows_safetensors_can_read_the_file(tmp_path):
    tensors = safetensors.torch.load_file(small_file(tmp_path))
    assert tensors["w"].tolist() == [[1.0, -2.0], [0.5, 3.0]]


def test_every_single_flipped_bit_is_noticed(tmp_path):
    path = small_file(tmp_path)
    good = path.read_bytes()
    for position in range(len(good)):
        bad = bytearray(good)
        bad[position] ^= 1 << (position % 8)
        path.write_bytes(bad)
        with pytest.raises(CheckpointError, match=r"small\.safetensors"):
            load_checkpoint(path)
    path.write_bytes(good)
    assert load_checkpoint(path)[1]["epoch"] == 3


def test_every_truncation_is_noticed(tmp_path):
    path = small_file(tmp_path)
    good = path.read_bytes()
    for length in range(len(good)):
        path.write_bytes(good[:length])
        with pytest.raises(CheckpointError):
            load_checkpoint(path)


def signed(meta_text: str) -> bytes:
    """A well-formed file with a right checksum over any text as its JSON."""
    header = {
        "format": checkpoint.FORMAT,
        "meta": meta_text,
        "sha256": checkpoint._digest({}, meta_text),
    }
    return safetensors.torch.save({}, header)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
        (b"\n  <html></html>", "web page"),
        (b"PK\x03\x04" + bytes(100), "pickle"),
        (b"\xff" * 64, "not a usable"),
        ((2**62).to_bytes(8, "little") + b"{}", "not a usable"),
        ((40000).to_bytes(8, "little") + b"[" * 40000, "not a usable"),
        (safetensors.torch.save({"x": torch.ones(2)}), "not a usable"),
        (signed("[1, 2]"), "not a JSON object"),
        (signed("no JSON"), "not a usable"),
    ],
    ids=range(10),
)
def test_other_files_are_refused_with_a_mend(tmp_path, raw, said):
    path = tmp_path / "other.safetensors"
    path.write_bytes(raw)
    with pytest.raises(CheckpointError, match=said) as caught:
        load_checkpoint(path)
    assert str(path) in str(caught.value)
    assert "Delete the file" in str(caught.value)


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def test_a_malicious_pickle_is_refused_and_not_run(tmp_path):
    target = tmp_path / "pwned"
    plain = pickle.dumps(Bomb(target))
    pickle.loads(plain)  # the bomb works …
    assert target.exists()
    target.unlink()
    torch.save(Bomb(target), tmp_path / "torch")
    (tmp_path / "plain").write_bytes(plain)
    for name in ("plain", "torch"):
        for load in (load_checkpoint, lambda p: load_model(nn.Linear(2, 2), p)):
            with pytest.raises(CheckpointError, match="pickle"):
                load(tmp_path / name)
    assert not target.exists()  # … and did not go off


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(CheckpointError, match=r"no checkpoint at .*gone"):
        load_checkpoint(tmp_path / "gone")
    with pytest.raises(CheckpointError, match="cannot read"):
        load_checkpoint(tmp_path)


def test_what_cannot_be_saved_leaves_the_old_file_alone(tmp_path):
    path = small_file(tmp_path)
    with pytest.raises(TypeError, match=r"'w' must be a torch\.Tensor, got list"):
        save_checkpoint(path, {"w": [1.0]}, {})
    with pytest.raises(TypeError, match="JSON"):
        save_checkpoint(path, {}, {"when": object()})
    assert load_checkpoint(path)[1]["epoch"] == 3


def test_a_disk_that_fills_up_keeps_the_old_file(tmp_path):
    path = small_file(tmp_path)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(CheckpointError, match="Free some space"):
            save_checkpoint(path, {"w": torch.zeros(10_000)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_a_failure_at_the_end_keeps_the_old_file(tmp_path, monkeypatch, step, error):
    path = small_file(tmp_path)

    def fail(*args):
        raise error

    monkeypatch.setattr(checkpoint.os, step, fail)
    expected = CheckpointError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        save_checkpoint(path, {}, {"epoch": 4})
    monkeypatch.undo()
    assert load_checkpoint(path)[1]["epoch"] == 3
    assert os.listdir(tmp_path) == [path.name]


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            checkpoint.os, name, lambda *a, n=name, r=real: (calls.append(n), r(*a))[1]
        )
    save_checkpoint(tmp_path / "new" / "folder" / "c", {}, {})
    assert calls == ["fsync", "replace", "fsync"]


def test_a_kill_in_the_middle_of_a_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "c"
    with subprocess.Popen(
        [sys.executable, VICTIM, "write", path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert len(os.listdir(tmp_path)) == 2  # it was killed in the middle
    tensors, meta = load_checkpoint(path)
    assert meta == {"version": 1}
    assert tensors["x"].sum() == 0
    save_checkpoint(path, {}, {"version": 3})
    assert load_checkpoint(path)[1] == {"version": 3}


class Tied(nn.Module):
    """Two names for one weight, a buffer, and a transposed parameter."""

    def __init__(self, width=3):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        self.second.weight = self.first.weight
        self.turned = nn.Parameter(torch.rand(2, width).t())
        self.norm = nn.BatchNorm1d(width)


def test_a_model_comes_back_with_its_ties(tmp_path):
    model, other = Tied(), Tied()
    model.norm(torch.rand(5, 3))  # moves the running statistics
    save_model(model, tmp_path / "m")
    assert load_model(other, tmp_path / "m") is other
    assert other.second.weight is other.first.weight
    assert not other.turned.is_contiguous()
    for name, value in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


def test_a_model_keeps_its_own_dtype_and_mode(tmp_path):
    save_model(nn.Linear(2, 1).eval(), tmp_path / "m")
    model = load_model(nn.Linear(2, 1).double(), tmp_path / "m")
    assert model.weight.dtype == torch.float64
    assert model.training


def test_a_model_that_does_not_fit_is_named_and_not_touched(tmp_path):
    save_model(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), tmp_path / "m")
    model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1, bias=False))
    before = [p.clone() for p in model.parameters()]
    with pytest.raises(CheckpointError) as caught:
        load_model(model, tmp_path / "m")
    for part in (
        "0.weight has shape (3, 2) in the file and (4, 2) in the model",
        "2.weight is missing from the file",
        "1.bias is not in the model",
        "Sequential",
    ):
        assert part in str(caught.value)
    for p, q in zip(model.parameters(), before, strict=True):
        assert torch.equal(p, q)


def test_pack_is_undone_by_unpack_through_json():
    tree = {
        "state": {0: {"step": torch.tensor(3.0), "name": None}, 1: {}},
        "groups": [{"betas": (0.9, 0.999), "on": True, "empty": []}],
        "tensor": "a text",
    }
    tensors, rest = pack(tree)
    back = unpack(tensors, json.loads(json.dumps(rest)))
    assert tensors.keys() == {"state/0/step"}
    assert torch.equal(back["state"][0].pop("step"), tree["state"][0].pop("step"))
    assert back == tree
    assert isinstance(back["groups"][0]["betas"], tuple)


def test_pack_names_the_place_of_what_it_cannot_save():
    with pytest.raises(TypeError, match="a/1 is a set"):
        pack({"a": [0, {1, 2}]})
