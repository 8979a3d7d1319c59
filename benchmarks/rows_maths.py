"""Rows of the table: correlation, convolution, pooling."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from timing import Machine, Row, in_turns, seconds

import d2l_helpers as d2l


def same(ours, peer) -> None:
    """The results agree; nothing is timed that is wrong."""
    for a, b in zip(flat(ours), flat(peer), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)


def flat(result) -> list[torch.Tensor]:
    return list(result) if isinstance(result, tuple) else [result]


def with_backward(f, *inputs):
    """`f` and the gradients by all inputs, as one call."""
    leaves = [x.detach().requires_grad_() for x in inputs]

    def run():
        Y = f(*leaves)
        return Y, *torch.autograd.grad(Y.sum(), leaves)

    return run


def maths(machine: Machine, package, device) -> Iterator[Row]:
    """`package` is d2l, or None where it is not installed."""
    g = torch.Generator().manual_seed(0)

    def rand(*shape):
        return torch.randn(*shape, generator=g).to(device)

    yield from correlation(machine, package, device, rand)
    yield from convolution(machine, package, device, rand)
    yield from pooling(machine, device, rand)


def correlation(machine, package, device, rand) -> Iterator[Row]:
    def library(X, K):
        return F.conv2d(X[None, None], K[None, None])[0, 0]

    cases = (((3, 3), (2, 2)), ((6, 8), (1, 2)), ((28, 28), (5, 5)),
             ((512, 512), (3, 3)), ((512, 512), (7, 7)))  # fmt: skip
    for size, k in cases:
        X, K = rand(*size), rand(*k)
        what = f"corr2d {size[0]}×{size[1]}, k {k[0]}×{k[1]}"
        floor = machine.floor(2 * X.numel() * K.numel(), 4 * 2 * X.numel())
        large = size[0] > 100
        same(d2l.corr2d(X, K), library(X, K))
        ours, peer = in_turns(
            lambda X=X, K=K: d2l.corr2d(X, K),
            lambda X=X, K=K: library(X, K),
            40 if large else 200,  # microseconds: a few are no median
            device,
        )
        yield Row(what, ours, "F.conv2d", peer, 0.8 if large else None, floor)
        if package is None:
            continue
        same(d2l.corr2d(X, K), package.corr2d(X, K))
        ours, peer = in_turns(
            lambda X=X, K=K: d2l.corr2d(X, K),
            lambda X=X, K=K: package.corr2d(X, K),
            2 if large else 100,
            device,
            inner=15 if large else 1,
        )
        # 3×3 is the example worked by hand: four windows, where nothing is saved
        most = {512: 1 / 500, 6: 1 / 15, 28: 1 / 15}.get(size[0])
        yield Row(what, ours, "d2l.corr2d", peer, most)


def convolution(machine, package, device, rand) -> Iterator[Row]:
    cases = (
        ((64, 6, 14, 14), (16, 6, 5, 5), 2.2),
        ((128, 1, 32, 32), (6, 1, 5, 5), None),
        ((8, 64, 56, 56), (128, 64, 3, 3), None),
    )
    for x, k, most in cases:
        X, K = rand(*x), rand(*k)
        what = f"conv2d {x[0]}×({k[1]}→{k[0]}) {x[2]}×{x[3]}, k {k[2]}"
        runs = [with_backward(f, X, K) for f in (d2l.conv2d, F.conv2d)]
        Y, *_ = runs[1]()
        same(runs[0](), runs[1]())
        flops = 2 * Y[0, 0].numel() * K.numel() * len(X)
        floor = machine.floor(3 * flops, 4 * 3 * (X.numel() + Y.numel()))
        ours, peer = in_turns(*runs, 20, device)
        yield Row(f"{what}, with gradients", ours, "F.conv2d", peer, most, floor)
    if package is None:
        return
    X, K = rand(64, 6, 14, 14), rand(16, 6, 5, 5)

    def composed():
        """One image of the 64, by the sum over channels that the book teaches."""
        image = X[0]
        return torch.stack(
            [
                sum(package.corr2d(x, w) for x, w in zip(image, kernel, strict=True))
                for kernel in K
            ]
        )

    same(composed(), d2l.conv2d(X, K)[0])
    ours = [seconds(lambda: d2l.conv2d(X, K), device) for _ in range(9)][-7:]
    peer = [64 * seconds(composed, device) for _ in range(7)]
    what = "conv2d 64×(6→16) 14×14, k 5, forward"
    yield Row(what, ours, "d2l.corr2d", peer, note="peer: one image, times 64")


def by_windows(X, k: int, mode: str):
    """Pooling as it is first written: a loop over windows."""
    Y = X.new_empty(X.shape[0] // k, X.shape[1] // k)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            window = X[k * i : k * i + k, k * j : k * j + k]
            Y[i, j] = window.max() if mode == "max" else window.mean()
    return Y


def pooling(machine, device, rand) -> Iterator[Row]:
    X = rand(64, 16, 28, 28)
    for mode, library in (("max", F.max_pool2d), ("avg", F.avg_pool2d)):
        what = f"pool2d {mode} 64×16×28×28"
        same(d2l.pool2d(X, 2, mode), library(X, 2))
        ours, peer = in_turns(
            lambda mode=mode: d2l.pool2d(X, 2, mode),
            lambda library=library: library(X, 2),
            30,
            device,
        )
        floor = machine.floor(X.numel(), 5 * X.numel())
        yield Row(what, ours, library.__name__, peer, 2.0, floor)
        same(by_windows(X[0, 0], 2, mode), d2l.pool2d(X[0, 0], 2, mode))
        peer = [
            64 * 16 * seconds(lambda mode=mode: by_windows(X[0, 0], 2, mode), device)
            for _ in range(len(ours))
        ]
        note = "peer: one map, times 1024"
        yield Row(what, ours, "loop", peer, 1 / 1000, note=note)
