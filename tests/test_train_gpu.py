"""The command line on CUDA: the CPU's history, and the same through NCCL."""

import json

import pytest
import torch
from launch import SMALL, launch, threads  # noqa: F401

from d2l_helpers.checkpoint import load_checkpoint
from d2l_helpers.train import main

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]

RUN = (*SMALL, "--epochs", "2", "--output")


def columns(folder) -> dict[str, list]:
    return json.loads((folder / "history.json").read_text())["columns"]


def assert_close(a, b, tolerance, weights_room=None) -> None:
    """Losses, weights and, but for three images of each thousand, the counts."""
    one, two = columns(a), columns(b)
    for name in ("train_loss", "val_loss"):
        assert one[name] == pytest.approx(two[name], rel=tolerance), name
    for name in ("train_acc", "val_acc"):
        assert one[name] == pytest.approx(two[name], abs=3e-3), name
    weights = [load_checkpoint(f / "model.safetensors")[0] for f in (a, b)]
    torch.testing.assert_close(*weights, rtol=0, atol=weights_room or tolerance)


@pytest.fixture(scope="module")
def on_gpu(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpu")
    assert main([*RUN, str(folder), "--device", "cuda"]) == 0
    return folder


def test_a_gpu_has_the_cpu_s_history(on_gpu, tmp_path):
    assert main([*RUN, str(tmp_path), "--device", "cpu"]) == 0
    # In float64. AdamW divides by a gradient's size, which may be rounding alone:
    # one weight of 10,080 was 1.1e-5 off.
    assert_close(on_gpu, tmp_path, 1e-6, weights_room=2e-5)


def test_one_process_with_nccl_has_the_history_of_one_without(on_gpu, tmp_path):
    done = launch("-m", "d2l_helpers.train", *RUN, tmp_path, "--device", "cuda",
                  ranks=1)  # fmt: skip
    assert done.status == 0, done.err
    assert "warn" not in done.err.lower()
    assert "[W" not in done.err
    assert_close(on_gpu, tmp_path, 1e-6)


def test_a_run_of_the_gpu_is_finished_by_the_cpu(on_gpu, tmp_path):
    run = (*SMALL, "--output", str(tmp_path))
    assert main([*run, "--epochs", "1", "--device", "cuda"]) == 0
    assert main([*run, "--epochs", "2", "--device", "cpu"]) == 0
    assert len(columns(tmp_path)["epoch"]) == 2
