"""Which form of a correlation is faster, columns or bands? python benchmarks/forms.py

`d2l_helpers.primitives` chooses between the two by the shape of input and kernel.
This prints, for each shape, the time of all three maps (output, gradient of the
input, gradient of the kernel) in both forms as a multiple of PyTorch's, and
whether the choice was the faster one. Results are compared before the clock runs.
"""

from __future__ import annotations

from statistics import median

import torch
import torch.nn.functional as F
from timing import seconds

from d2l_helpers import bands, columns
from d2l_helpers.primitives import _form

# images, channels in and out, side, kernel side
CASES = ((1, 1, 1, 28, 5), (1, 1, 1, 128, 3), (64, 6, 16, 14, 5), (128, 1, 6, 32, 5),
         (16, 3, 64, 32, 3), (4, 3, 64, 64, 3), (2, 3, 32, 224, 7), (16, 8, 32, 28, 3),
         (16, 16, 32, 28, 5), (16, 16, 32, 14, 3), (16, 32, 64, 14, 3),
         (16, 64, 64, 7, 3), (64, 16, 6, 12, 5), (64, 16, 64, 8, 1))  # fmt: skip
ONE = (1, 1)


def three_maps(form, X, K, G):
    out = tuple(G.shape[2:])

    def run():
        return (form.correlate(X, K, out, ONE, ONE, 1),
                form.spread(G, K, tuple(X.shape[2:]), ONE, ONE, 1),
                form.weight_sums(X, G, tuple(K.shape[2:]), ONE, ONE, 1))  # fmt: skip

    return run


def library(X, K, G):
    leaves = X.clone().requires_grad_(), K.clone().requires_grad_()

    def run():
        Y = F.conv2d(*leaves)
        return Y.detach(), *torch.autograd.grad(Y, leaves, G)

    return run


def main() -> None:
    print(f"{'images×(in→out) side, k':28} {'library':>9} columns  bands  chosen")
    for n, ci, co, side, k in CASES:
        X, K = torch.randn(n, ci, side, side), torch.randn(co, ci, k, k)
        G = torch.randn(n, co, side - k + 1, side - k + 1)
        runs = [f(X, K, G) for f in (library, *map(with_form, (columns, bands)))]
        expected = runs[0]()
        for run in runs[1:]:
            for a, b in zip(run(), expected, strict=True):
                torch.testing.assert_close(
                    a, b, rtol=1e-3, atol=1e-3 * float(b.abs().max())
                )
        rounds = [[seconds(run) for run in runs] for _ in range(12)][2:]
        base, by_columns, by_bands = map(median, zip(*rounds, strict=True))
        chosen = _form(ci, side, k)
        best = columns if by_columns <= by_bands else bands
        name = chosen.__name__.split(".")[-1]
        print(f"{f'{n}×({ci}→{co}) {side}, k {k}':28} {base * 1e3:6.2f} ms "
              f"{by_columns / base:7.2f} {by_bands / base:6.2f}  {name}"
              f"{'' if chosen is best else ' (not the faster one)'}")  # fmt: skip


def with_form(form):
    return lambda X, K, G: three_maps(form, X, K, G)


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
