"""Measure the claims about speed: `python benchmarks/bench.py`.

Each row times this package's function beside its peer on the same work, in
turns, and prints the ratio of the medians with the range of the single ratios.
Every result is compared with the peer's before anything is timed. Ratios below
1 mean that ours is faster. Times depend on the machine; ratios less so.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from statistics import median

import torch
import torch.nn.functional as F

import d2l_helpers as d2l
from d2l_helpers.devices import synchronize


def in_turns(ours, peer, repeats: int, device) -> tuple[list[float], list[float]]:
    """Seconds of both, taken alternately so that a slow spell hits both."""
    times: tuple[list[float], list[float]] = ([], [])
    for k in range(repeats + 2):
        for f, kept in zip((ours, peer), times, strict=True):
            synchronize(device)
            start = time.perf_counter()
            f()
            synchronize(device)
            if k >= 2:  # two rounds of warm-up
                kept.append(time.perf_counter() - start)
    return times


def with_backward(f, *inputs):
    """`f` and the gradients by all inputs, as one call."""
    leaves = [x.detach().requires_grad_() for x in inputs]

    def run():
        Y = f(*leaves)
        return Y, *torch.autograd.grad(Y.sum(), leaves)

    return run


def rows(device):
    """(what, ours, peer's name, peer, repeats): the work list."""
    g = torch.Generator().manual_seed(0)

    def rand(*shape):
        return torch.randn(*shape, generator=g).to(device)

    def library(X, K):
        return F.conv2d(X[None, None], K[None, None])[0, 0]

    for size, k in ((28, 5), (512, 3), (512, 7)):
        X, K = rand(size, size), rand(k, k)
        yield (
            f"corr2d {size}×{size}, k {k}",
            lambda X=X, K=K: d2l.corr2d(X, K),
            "F.conv2d",
            lambda X=X, K=K: library(X, K),
            30,
        )
    X, K = rand(28, 28), rand(5, 5)
    loop = lambda: d2l.corr2d_loop(X, K)  # noqa: E731
    yield "corr2d 28×28, k 5", lambda: d2l.corr2d(X, K), "corr2d_loop", loop, 10
    images, bank = rand(64, 6, 14, 14), rand(16, 6, 5, 5)
    yield (
        "conv2d 64×(6→16) 14×14, k 5, forward + backward",
        with_backward(d2l.conv2d, images, bank),
        "F.conv2d",
        with_backward(F.conv2d, images, bank),
        20,
    )
    maps = rand(64, 16, 28, 28)
    for mode, peer in (("max", F.max_pool2d), ("avg", F.avg_pool2d)):
        yield (
            f"pool2d {mode} 64×16×28×28",
            lambda mode=mode: d2l.pool2d(maps, 2, mode),
            f"F.{mode}_pool2d",
            lambda peer=peer: peer(maps, 2),
            30,
        )


def flat(result) -> list[torch.Tensor]:
    return list(result) if isinstance(result, tuple) else [result]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    device = torch.device(parser.parse_args().device)
    name = "GPU" if device.type != "cpu" else platform.processor() or "CPU"
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    print(
        f"{name}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}"
    )
    print(f"{'what':50} {'peer':14} {'ours/peer':>9}  {'range':13} {'ours':>9}")
    for what, ours, peer_name, peer, repeats in rows(device):
        for a, b in zip(flat(ours()), flat(peer()), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)
        mine, theirs = in_turns(ours, peer, repeats, device)
        ratios = sorted(a / b for a, b in zip(mine, theirs, strict=True))
        spread = f"{ratios[0]:.3g}–{ratios[-1]:.3g}"
        ratio = median(mine) / median(theirs)
        print(
            f"{what:50} {peer_name:14} {ratio:9.3g}  {spread:13} "
            f"{median(mine) * 1e3:6.3f} ms"
        )


if __name__ == "__main__":
    main()
