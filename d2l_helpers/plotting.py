"""Figures in the chapter's one visual language: arrays in, figure out.

Level 0; matplotlib is used here, in `diagrams` and in `blocks` only. `import`
registers the two colour maps and sets nothing else; `use_style()` sets the type
and line styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

TEXT, MUTED, LINE, HAIR = "#222832", "#48566b", "#7b8696", "#d1d5da"
# Roles of the explorers and figures, and the cycle of the curves.
INPUT, KERNEL, OUTPUT = "#0b4cd8", "#d36d00", "#0c999a"
GRADIENT, GUESS = "#9c4267", "#4b1b61"
_SEQ = "#0f1223 #1c2948 #25446c #266585 #2d869a #44a8a9 #71c7b5 #b4e1b9 #f0f8d6"
_DIV = "#063c82 #2d62af #6290d5 #acc6ec #f4f4f2 #f0b4a1 #d66d4c #a53d1a #731d00"


def _linear(hex_color: str) -> np.ndarray:
    c = np.array(mpl.colors.to_rgb(hex_color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def _colormap(name: str, stops: str) -> LinearSegmentedColormap:
    """Nine stops with linear light between them."""
    light = np.array([_linear(stop) for stop in stops.split()])
    at = np.linspace(0, 1, 256)
    mixed = np.stack(
        [np.interp(at, np.linspace(0, 1, len(light)), c) for c in light.T], axis=1
    )
    srgb = np.where(
        mixed <= 0.0031308, 12.92 * mixed, 1.055 * mixed ** (1 / 2.4) - 0.055
    )
    return LinearSegmentedColormap.from_list(name, srgb.clip(0, 1), N=256)


for _cmap in (_colormap("cnn_seq", _SEQ), _colormap("cnn_div", _DIV)):
    mpl.colormaps.register(_cmap, force=True)


def use_style() -> None:
    """Set the chapter's type, lines and colours for all later figures."""
    dots = (0, (5, 1, 1, 1, 1, 1))
    mpl.rcParams.update(
        {
            "figure.figsize": (6.9, 3.6),
            "savefig.dpi": 200,
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.constrained_layout.use": True,
            "font.sans-serif": ["DejaVu Sans"],
            "font.size": 10.5,
            "axes.titlesize": 11.5,
            "axes.titleweight": "semibold",
            "axes.titlelocation": "left",
            "text.color": TEXT,
            "axes.labelcolor": TEXT,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelsize": 9.5,
            "ytick.labelsize": 9.5,
            "axes.edgecolor": LINE,
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "grid.color": HAIR,
            "grid.linewidth": 0.6,
            "axes.axisbelow": True,
            "lines.linewidth": 2,
            "lines.markersize": 6,
            "lines.markeredgecolor": "white",
            "legend.frameon": False,
            "image.cmap": "cnn_seq",
            "image.interpolation": "nearest",
            "axes.prop_cycle": cycler(
                color=[INPUT, KERNEL, OUTPUT, GRADIENT, GUESS],
                linestyle=["-", "--", "-.", ":", dots],
                marker=["o", "s", "^", "D", "v"],
            ),
        }
    )


def _array(x: Any) -> np.ndarray:
    return np.asarray(x.detach().cpu() if hasattr(x, "detach") else x)


def _signed_limit(x: np.ndarray) -> float:
    finite = np.abs(x[np.isfinite(x)])
    return float(finite.max()) or 1.0 if finite.size else 1.0


def show_array(
    ax: Axes,
    values: Any,
    title: str = "",
    signed: bool = False,
    numbers: bool | None = None,
    vmin: float | None = None,
    vmax: float | None = None,
    fmt: str | None = None,
):
    """Draw an (h, w) array as cells; return the image, for a colour bar.

    `signed` centres a diverging map on zero. `numbers` prints each value (on by
    default up to 12 columns). Colour pictures (h, w, 3) in 0…1 are shown as are.
    """
    values = _array(values)
    if signed:
        vmax = _signed_limit(values) if vmax is None else vmax
        vmin = -vmax
    cmap = "cnn_div" if signed else "cnn_seq"
    image = ax.imshow(values, cmap=cmap, vmin=vmin, vmax=vmax)
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set(visible=True, color=LINE)
    if title:
        ax.set_title(title)
    if numbers is None:
        numbers = values.ndim == 2 and max(values.shape) <= 12
    if numbers:
        _print_numbers(ax, values, image, fmt)
    return image


def _print_numbers(ax: Axes, values: np.ndarray, image, fmt: str | None) -> None:
    if fmt is None:
        whole = np.allclose(values, np.round(values))
        fmt = ".0f" if whole else ".2f"
    size = 11 if max(values.shape) <= 8 else 8.5
    for (i, j), value in np.ndenumerate(values):
        red, green, blue, _ = image.cmap(image.norm(value))
        channels = [_linear(mpl.colors.to_hex((red, green, blue)))]
        luminance = float(np.dot(channels[0], (0.2126, 0.7152, 0.0722)))
        text = format(value, fmt)
        text = text.lstrip("-") if not text.strip("-0.") else text.replace("-", "−")
        color = "black" if luminance > 0.179 else "white"
        ax.text(j, i, text, ha="center", va="center", size=size, color=color)


def show_images(
    images: Sequence[Any],
    titles: Sequence[str] = (),
    signed: bool = False,
    columns: int | None = None,
    scale: float = 1.5,
    share_limits: bool = False,
    grey: bool = False,
) -> Figure:
    """A row, or `columns` wide grid, of (h, w) or (h, w, 3) pictures.

    `signed` uses the zero-centred map with one pair of limits for all when
    `share_limits`. `grey` shows raw pictures in grey, which they stay.
    """
    arrays = [_array(image) for image in images]
    columns = columns or len(arrays)
    rows = -(-len(arrays) // columns)
    ratio = arrays[0].shape[0] / arrays[0].shape[1]
    height = rows * (scale * ratio + (0.35 if titles else 0.05))
    fig, axes = plt.subplots(
        rows, columns, figsize=(columns * scale, height), squeeze=False
    )
    limit = max(_signed_limit(a) for a in arrays) if signed and share_limits else None
    for index, ax in enumerate(axes.flat):
        if index >= len(arrays):
            ax.set_visible(False)
            continue
        title = titles[index] if index < len(titles) else ""
        image = show_array(ax, arrays[index], title, signed, False, vmax=limit)
        if grey and not signed:
            image.set_cmap("gray")
    return fig


def outline(ax: Axes, i: int, j: int, h: int, w: int, color: str = KERNEL) -> None:
    """A frame around the h×w cells whose top left cell is [i, j]."""
    frame = Rectangle((j - 0.5, i - 0.5), w, h, fill=False, ec="white", lw=5)
    ax.add_patch(frame)
    ax.add_patch(
        Rectangle((j - 0.5, i - 0.5), w, h, fill=False, ec=color, lw=2.5, zorder=3)
    )


def training_curves(history: Any, axes: Sequence[Axes] | None = None) -> Figure:
    """Loss and accuracy after each epoch of a `History`, side by side.

    `history` gives the columns "epoch", "train_loss", "val_loss", "train_acc"
    and "val_acc" by name; rows that are None are left out.
    """
    if axes is None:
        _, axes = plt.subplots(1, 2, figsize=(6.9, 2.9))
    epochs = list(history["epoch"])
    for ax, what, label in zip(
        axes, ("loss", "acc"), ("loss (nats)", "accuracy"), strict=True
    ):
        ax.clear()
        for kind, name in (("train", "training"), ("val", "held out")):
            values = [np.nan if v is None else v for v in history[f"{kind}_{what}"]]
            ax.plot(epochs, values, label=name)
        ax.set(xlabel="epoch", title=label)
        ax.xaxis.get_major_locator().set_params(integer=True)
        if epochs:
            ax.legend()
    return axes[0].figure
