"""`nn.Module` faces of convolution and pooling, and the helper for shapes.

Level 3.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from d2l_helpers.convolution import PADDING_MODES, conv2d
from d2l_helpers.pooling import pool2d
from d2l_helpers.shapes import conv_parameters
from d2l_helpers.validation import as_int, as_tuple, check_choice, check_tensor


class Conv2D(nn.Module):
    """A convolution layer that computes with this package's own `conv2d`.

    The arguments, the weights' shapes and the random start (uniform within
    1/√(ci/g·kh·kw)) are those of `torch.nn.Conv2d`, so state dicts can be
    exchanged. X: (n, ci, h, w) → (n, co, oh, ow). Raises as `conv2d` does.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ) -> None:
        super().__init__()
        self.in_channels = as_int(in_channels, "in_channels", 1)
        self.out_channels = as_int(out_channels, "out_channels", 1)
        self.kernel_size = as_tuple(kernel_size, "kernel_size", 1)
        self.stride = as_tuple(stride, "stride", 1)
        self.dilation = as_tuple(dilation, "dilation", 1)
        self.groups = as_int(groups, "groups", 1)
        if isinstance(padding, str):
            check_choice(padding, "padding", ("same", "valid"))
        self.padding = (
            padding if isinstance(padding, str) else as_tuple(padding, "padding", 0)
        )
        self.padding_mode = check_choice(padding_mode, "padding_mode", PADDING_MODES)
        # Raises where the groups do not divide the channels.
        conv_parameters(in_channels, out_channels, self.kernel_size, self.groups)
        slices = self.in_channels // self.groups
        self.weight = nn.Parameter(
            torch.empty(self.out_channels, slices, *self.kernel_size)
        )
        self.bias = nn.Parameter(torch.empty(self.out_channels)) if bias else None
        bound = 1 / math.sqrt(slices * math.prod(self.kernel_size))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, X: Tensor) -> Tensor:
        return conv2d(
            X,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
            self.padding_mode,
        )

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, "
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding!r}"
        )


class Pool2D(nn.Module):
    """A pooling layer over this package's own `pool2d`; no parameters.

    X: (…, h, w) → (…, oh, ow). Arguments and errors as for `pool2d`.
    """

    def __init__(self, pool_size, mode: str = "max", stride=None, padding=0) -> None:
        super().__init__()
        self.pool_size = as_tuple(pool_size, "pool_size", 1)
        self.mode = check_choice(mode, "mode", ("max", "avg"))
        self.stride = (
            self.pool_size if stride is None else as_tuple(stride, "stride", 1)
        )
        self.padding = as_tuple(padding, "padding", 0)

    def forward(self, X: Tensor) -> Tensor:
        return pool2d(X, self.pool_size, self.mode, self.stride, self.padding)

    def extra_repr(self) -> str:
        return (
            f"{self.pool_size}, mode={self.mode!r}, stride={self.stride}, "
            f"padding={self.padding}"
        )


def comp_conv2d(layer: nn.Module, X: Tensor) -> Tensor:
    """Apply a one-channel layer to a bare picture: (h, w) → (oh, ow).

    Adds the batch and channel axes that the layer wants and takes them off
    again. Raises ValueError if the layer answers with more than one channel.
    """
    check_tensor(X, "X", 2, "(h, w)")
    Y = layer(X[None, None])
    if Y.shape[:2] != (1, 1):
        raise ValueError(
            f"the layer must answer with one channel, got shape {tuple(Y.shape)}"
        )
    return Y[0, 0]
