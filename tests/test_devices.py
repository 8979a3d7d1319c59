"""Devices, seeds and timers."""

import random
import time

import numpy as np
import pytest
import torch

from d2l_helpers.devices import Timer, seed_everything, time_call, try_gpu


def test_try_gpu_order(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert try_gpu() == torch.device("cpu")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert try_gpu() == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert try_gpu(1) == torch.device("cuda", 1)
    assert try_gpu(2) == torch.device("mps")


def draws(seed):
    generator = seed_everything(seed)
    return (
        random.random(),
        float(np.random.rand()),
        torch.rand(2).tolist(),
        torch.rand(2, generator=generator).tolist(),
    )


def test_a_seed_fixes_every_source_of_chance():
    assert draws(3) == draws(3)
    assert all(a != b for a, b in zip(draws(3), draws(4), strict=True))


def test_timers_measure_what_they_surround():
    with Timer("cpu") as timer:
        time.sleep(0.05)
    assert 0.05 <= timer.seconds < 5
    calls = []
    assert time_call(lambda: calls.append(time.sleep(0.001)), repeats=3) >= 0.001
    assert len(calls) == 5


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_timer_waits_for_the_gpu():
    X = torch.rand(4096, 4096, device=try_gpu())
    with Timer(X.device) as timer:
        for _ in range(20):
            X = torch.tanh(X @ X)
    torch.cuda.synchronize()
    assert timer.seconds > 20 * 2 * 4096**3 / 1e15
