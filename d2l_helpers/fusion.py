"""Convolution, activation and pooling in one pass, with the same result.

Pooling 2×2 with stride 2 looks at four neighbours, whose windows together cover a
square one cell larger. So the four can be computed as four kernels of that size,
each with the original one in another corner, at stride 2. What is pooled then lies
in four channels and not in four places: the large map between convolution and
pooling is read in order, and no pooling operation is needed.

Level 0.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FusedConv2d(nn.Conv2d):
    """A `Conv2d` that also applies an activation and pools 2×2, max or average.

    (n, ci, h, w) → (n, co, oh // 2, ow // 2), where oh and ow are the sizes that
    the convolution alone has. Parameters, and their names, are the convolution's.
    """

    def __init__(self, conv: nn.Conv2d, activation: nn.Module, average: bool) -> None:
        size, p = conv.kernel_size, conv.padding
        has_bias = conv.bias is not None
        super().__init__(
            conv.in_channels, conv.out_channels, size, padding=p, bias=has_bias
        )
        self.weight, self.bias = conv.weight, conv.bias
        self.activation, self.average = activation, average

    def forward(self, X: Tensor) -> Tensor:
        corners = [(i, j) for i in (0, 1) for j in (0, 1)]
        K = torch.cat([F.pad(self.weight, (j, 1 - j, i, 1 - i)) for i, j in corners])
        K = K.contiguous(memory_format=torch.channels_last)
        bias = None if self.bias is None else self.bias.repeat(4)
        four = F.conv2d(X, K, bias, stride=2, padding=self.padding)
        if self.average:
            a, b, c, d = self.activation(four).chunk(4, 1)
            return (a + b + c + d) * 0.25
        a, b, c, d = four.chunk(4, 1)
        # the activation never falls, so it can wait for the largest
        return self.activation(torch.maximum(torch.maximum(a, b), torch.maximum(c, d)))

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, pool={'average' if self.average else 'max'}"


RISING = (nn.ReLU, nn.Sigmoid, nn.Tanh)
_POOLS = (nn.MaxPool2d, nn.AvgPool2d)


def _twice(value) -> bool:
    return value in (2, (2, 2))


def _fits(conv: nn.Module, activation: nn.Module, pool: nn.Module) -> bool:
    if not (isinstance(conv, nn.Conv2d) and type(activation) in RISING):
        return False
    if type(pool) not in _POOLS or not _twice(pool.kernel_size):
        return False
    plain_pool = _twice(pool.stride) and pool.padding == 0 and not pool.ceil_mode
    if isinstance(pool, nn.MaxPool2d):
        plain_pool = plain_pool and pool.dilation == 1 and not pool.return_indices
    else:
        plain_pool = plain_pool and pool.divisor_override is None
    settings = conv.stride, conv.dilation, conv.groups, conv.padding_mode
    plain_conv = type(conv) is nn.Conv2d and not isinstance(conv.padding, str)
    # With many input channels the zeros in the larger kernels cost more than
    # the saved passes over memory.
    plain_conv = plain_conv and conv.in_channels <= 3
    return plain_pool and plain_conv and settings == ((1, 1), (1, 1), 1, "zeros")


def fuse(model: nn.Module) -> nn.Module:
    """A copy of `model` with convolution, activation and 2×2 pooling in one layer.

    Looks in every `nn.Sequential` for an `nn.Conv2d` of at most three input
    channels with stride 1, then ReLU, sigmoid or tanh, then 2×2 max or average
    pooling. The result computes the same function up to rounding and has the
    same parameters under the same names, so checkpoints fit both. Hooks on the
    replaced layers are not carried over.

    Raises ValueError if there is nothing to fuse.
    """
    model, count = copy.deepcopy(model), 0
    for net in [m for m in model.modules() if isinstance(m, nn.Sequential)]:
        for k in range(len(net) - 2):
            conv, activation, pool = net[k], net[k + 1], net[k + 2]
            if _fits(conv, activation, pool):
                average = isinstance(pool, nn.AvgPool2d)
                net[k] = FusedConv2d(conv, activation, average)
                # placeholders, so that no later layer changes its name
                net[k + 1], net[k + 2] = nn.Identity(), nn.Identity()
                count += 1
    if not count:
        raise ValueError(
            "nothing to fuse: no Sequential holds an nn.Conv2d (stride 1, at most 3 "
            "input channels), an activation and 2×2 pooling in a row"
        )
    return model
