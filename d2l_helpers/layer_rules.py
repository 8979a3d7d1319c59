"""What is known about PyTorch's layers: their windows and their work.

A layer is known by its class, as long as its `forward` is that class's own.

Level 5: reads models of `nn` layers and of this package's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from torch import Tensor, nn

from d2l_helpers.fields import Seen, Windows, adaptive, sliding, transposed
from d2l_helpers.layers import Conv2D, Pool2D
from d2l_helpers.models import Normalize
from d2l_helpers.shapes import same_padding

CONV = (nn.Conv1d, nn.Conv2d, nn.Conv3d, Conv2D)
CONV_T = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
POOL = (
    nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d,
    nn.LPPool1d, nn.LPPool2d, nn.LPPool3d, Pool2D,
)  # fmt: skip
ADAPTIVE = (
    nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d,
    nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d,
)  # fmt: skip
PADDING = {
    nn.ZeroPad1d: "zeros", nn.ZeroPad2d: "zeros", nn.ZeroPad3d: "zeros",
    nn.ConstantPad1d: "zeros", nn.ConstantPad2d: "zeros", nn.ConstantPad3d: "zeros",
    nn.ReflectionPad1d: "reflect", nn.ReflectionPad2d: "reflect",
    nn.ReflectionPad3d: "reflect", nn.ReplicationPad1d: "replicate",
    nn.ReplicationPad2d: "replicate", nn.ReplicationPad3d: "replicate",
    nn.CircularPad1d: "circular", nn.CircularPad2d: "circular",
    nn.CircularPad3d: "circular",
}  # fmt: skip
WINDOWED = (*CONV, *CONV_T, *POOL, *ADAPTIVE, *PADDING)
RESIZE = (nn.Upsample, nn.PixelShuffle)
RUNNING_NORM = (
    nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm,
    nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d,
)  # fmt: skip
LAYER_NORM, SOFTMAX = (
    (nn.LayerNorm, nn.RMSNorm),
    (nn.Softmax, nn.Softmin, nn.LogSoftmax),
)
# Each output is made of its own place, or of other channels there.
IN_PLACE = (
    nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d,
    nn.AlphaDropout, nn.FeatureAlphaDropout, nn.LocalResponseNorm, nn.ChannelShuffle,
    nn.Softmax2d, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU,
    nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid, nn.LogSigmoid, nn.Tanh,
    nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish, nn.Hardshrink, nn.Softshrink,
    nn.Tanhshrink, nn.Softplus, nn.Softsign, nn.Threshold, Normalize,
)  # fmt: skip
KNOWN = (
    *WINDOWED, *RESIZE, *RUNNING_NORM, *LAYER_NORM, nn.GroupNorm, *SOFTMAX, *IN_PLACE,
    nn.Linear, nn.Flatten,
)  # fmt: skip


def kind_of(layer: nn.Module) -> type[nn.Module] | None:
    """The class of `KNOWN` whose `forward` the layer runs; None if there is none."""
    if "forward" in vars(layer) or layer._forward_hooks:
        return None
    fits = (
        kind
        for kind in KNOWN
        if isinstance(layer, kind) and type(layer).forward is kind.forward
    )
    return next(fits, None)


def macs(layer: nn.Module, X: Tensor, Y: Tensor) -> int:
    """Multiply–adds of a known layer: of convolutions and dense layers, else 0."""
    kind = kind_of(layer)
    if kind in CONV:
        return Y.numel() * layer.in_channels // layer.groups * prod(layer.kernel_size)
    if kind in CONV_T:  # each input place is multiplied with the whole kernel
        return X.numel() * layer.out_channels // layer.groups * prod(layer.kernel_size)
    return Y.numel() * layer.in_features if kind is nn.Linear else 0


def windows(layer: nn.Module, X: Tensor, Y: Tensor) -> list[Windows]:
    """The windows of a known layer, one per spatial axis; none for other layers."""
    kind = kind_of(layer)
    if kind in RESIZE:
        return _resized(layer, X, Y)
    if kind not in WINDOWED:
        return []
    dims = int(kind.__name__[-2])  # Conv2d, MaxPool1d, Pool2D
    if kind in ADAPTIVE:
        sizes = zip(X.shape[-dims:], Y.shape[-dims:], strict=True)
        return [adaptive(n, m) for n, m in sizes]
    if kind in PADDING:  # (left, right, top, bottom, …): the last axis first
        return [sliding(1, 1, p, 1, PADDING[kind]) for p in layer.padding[-2::-2]]

    def axes(*settings) -> list[tuple[int, ...]]:
        each = (s if isinstance(s, tuple) else (s,) * dims for s in settings)
        return list(zip(*each, strict=True))

    k = layer.pool_size if kind is Pool2D else layer.kernel_size
    s, p = layer.stride or k, getattr(layer, "padding", 0)
    d = getattr(layer, "dilation", 1)
    if isinstance(p, str):
        same = tuple(same_padding(*kd)[0] for kd in axes(k, d))
        p = same if p == "same" else 0
    if kind in CONV_T:
        return [transposed(*axis) for axis in axes(k, s, p, d)]
    mode = layer.padding_mode if kind in CONV else "zeros"
    return [sliding(*axis, mode) for axis in axes(k, s, p, d)]


def _resized(layer: nn.Module, X: Tensor, Y: Tensor) -> list[Windows]:
    """Channels to blocks, and nearest neighbours a whole factor apart."""
    if isinstance(layer, nn.PixelShuffle):
        f = layer.upscale_factor
        return [transposed(f, f)] * 2
    factors = [m / n for n, m in zip(X.shape[2:], Y.shape[2:], strict=True)]
    asked = layer.scale_factor
    asked = asked if isinstance(asked, tuple) else (asked,) * len(factors)
    whole = all(f >= 1 and f % 1 == 0 for f in factors)
    if not layer.mode.startswith("nearest") or not whole:
        return []
    if any(a not in (None, f) for a, f in zip(asked, factors, strict=True)):
        return []
    return [transposed(int(f), int(f)) for f in factors]


@dataclass(frozen=True)
class View:
    """What each unit of a tensor sees: its spatial axes from dimension 2 on.

    A `flat` tensor (n, features) has the same units in one dimension.
    """

    axes: tuple[Seen, ...]
    flat: bool = False

    @property
    def whole(self) -> bool:
        return bool(self.axes) and all(axis.whole for axis in self.axes)

    @property
    def field(self) -> int | str | None:
        """Side of the receptive field; None if all is seen, "?" without axes."""
        if self.whole:
            return None
        return max((axis.size for axis in self.axes), default="?")

    def through(self, steps: list[Windows], Y: Tensor) -> View | None:
        """After windows, one per axis, that give `Y`."""
        if self.flat or not len(steps) == len(self.axes) == Y.ndim - 2:
            return None
        pairs = zip(self.axes, steps, Y.shape[2:], strict=True)
        axes = tuple(axis.through(step, n) for axis, step, n in pairs)
        return None if None in axes else View(axes)

    def gathered(self, dims: set[int], Y: Tensor) -> View:
        """After a layer each of whose outputs reads all along these dimensions."""
        if self.flat:
            return View(tuple(a.gathered(1) for a in self.axes), True)
        pairs = zip(self.axes, Y.shape[2:], strict=True)
        return View(
            tuple(
                axis.gathered(n) if i in dims else axis
                for i, (axis, n) in enumerate(pairs, 2)
            )
        )

    def merged(self, other: View) -> View | None:
        """Where two branches meet: a unit sees what it sees by either."""
        if self.whole or other.whole:
            return self if self.whole else other
        if self.flat != other.flat or len(self.axes) != len(other.axes):
            return None
        pairs = zip(self.axes, other.axes, strict=True)
        axes = tuple(a.merged(b) for a, b in pairs)
        return None if None in axes else View(axes, self.flat)


def follow(layer: nn.Module, X: Tensor, Y: Tensor, view: View) -> View | None:
    """What the units of a known layer's output see; None where it is not known."""
    kind = kind_of(layer)
    running = kind in RUNNING_NORM and layer.running_mean is not None
    if view.whole or running or kind in IN_PLACE:
        return view
    if kind is nn.Flatten:
        rest = layer.start_dim == 1 and layer.end_dim in (-1, X.ndim - 1)
        return View(view.axes, True) if rest else None
    if kind in SOFTMAX:
        dim = -X.ndim if layer.dim is None else layer.dim
        dims = {dim % X.ndim}
    elif kind in LAYER_NORM:
        dims = set(range(X.ndim - len(layer.normalized_shape), X.ndim))
    elif kind is nn.Linear:  # on the last of several axes it sees a part only
        dims = {1} if view.flat else {0}
    elif kind in RUNNING_NORM or kind is nn.GroupNorm:
        dims = {0} if view.flat else set(range(2, X.ndim))
    elif kind in ADAPTIVE and set(Y.shape[2:]) == {1}:
        dims = set(range(2, X.ndim))
    else:
        return view.through(windows(layer, X, Y), Y)
    # Along the batch, or along a part of a flattened picture: not known.
    return None if 0 in dims else view.gathered(dims, Y)
