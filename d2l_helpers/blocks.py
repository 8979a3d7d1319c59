"""Volumes in a row: the tensors on their way through a network.

Level 2: imports `diagrams`, `plotting` and `validation`. Colours and words as
in `diagrams`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from d2l_helpers.diagrams import (
    ROLES,
    draw_arrow,
    draw_lines,
    extent_of,
    require,
    room_of,
    write,
)
from d2l_helpers.plotting import MUTED
from d2l_helpers.validation import as_tuple, check_choice

SLICES = 16


class Block(NamedTuple):
    """A tensor to draw: `shape` (channels, height, width), in cells.

    `label` stands below, in one line or two; `role` is input, kernel, output or
    plain; `inner` (channels, height, width) marks a window inside, in orange.
    """

    shape: tuple[int, int, int]
    label: str = ""
    role: str = "plain"
    inner: tuple[int, int, int] | None = None


def _box(ax: Axes, x: float, y: float, size, role: str, c: int, zorder: int) -> None:
    """A box seen from the front, right and above; (x, y) is its lower left."""
    depth, h, w = size
    edge, tint = ROLES[role]
    front = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
    back = [(a + depth, b + depth) for a, b in front]
    style = {"ec": edge, "fc": tint, "lw": 1.2, "joinstyle": "round", "zorder": zorder}
    faces = {"side": [*front[1:3], *back[2:0:-1]], "top": [*front[2:], *back[:1:-1]]}
    for name, corners in (faces | {"front": front}).items():
        ax.add_patch(Polygon(corners, gid=f"{role} {name}", **style))
    steps = [depth * i / c for i in range(1, c if c <= SLICES else 1)]
    bends = [[(a + t, b + t) for a, b in front[1:]] for t in steps]
    draw_lines(ax, bends, edge, 0.6, zorder + 0.5)


def _checked(block: Block | Mapping[str, Any]) -> Block:
    block = Block(**block) if isinstance(block, Mapping) else block
    check_choice(block.role, "role", tuple(ROLES))
    shape = as_tuple(block.shape, "shape (c, h, w)", 1, 3)
    inner = block.inner and as_tuple(block.inner, "inner (c, h, w)", 1, 3)
    fits = all(i <= s for i, s in zip(inner or shape, shape, strict=True))
    require(fits, f"inner {inner} does not fit into shape {shape}")
    return block._replace(shape=shape, inner=inner)


def draw_blocks(
    ax: Axes, blocks: Sequence[Block | Mapping[str, Any]], arrows: Sequence[str] = ()
) -> None:
    """A row of volumes for tensors: depth is channels, then height and width.

    `blocks` are `Block`s, or dicts of its fields. Sides are drawn as the square
    root of their size, so that 1×28×28 and 120×1×1 fit in one row; a window
    inside (`inner`) is to scale with its block. Up to 16 channels are drawn as
    slices. `arrows` holds the text over the arrow into each next block (may be
    ""); without any, no arrows. The axes' width is filled, so set the figure's
    size first. Raises ValueError, with the values, for an unknown role, sizes
    below 1, a window larger than its block, or a wrong count of arrows.
    """
    blocks = [_checked(block) for block in blocks]
    n, told = len(blocks), len(arrows)
    require(n > 0, "blocks must hold at least one block, got 0")
    require(told in (0, n - 1), f"{n} blocks take {n - 1} arrows, got {told}")
    room, height = room_of(ax)
    labels = [write(ax, 0, 0, block.label, va="top") for block in blocks]
    words = [write(ax, 0, 0, text, va="bottom") for text in arrows]
    under, over = [extent_of(t) for t in labels], [extent_of(t) for t in words]
    # Sides in units of one point, before the common factor.
    raw = [(0.4 * b.shape[0] ** 0.5, *(v**0.5 for v in b.shape[1:])) for b in blocks]

    def places(unit: float) -> tuple[list[float], float]:
        """Left edges in points, and the whole width."""
        wide = [(depth + w) * unit for depth, _, w in raw]
        # what a label sticks out on either side of its block
        out = [(u[0] - v) / 2 for u, v in zip(under, wide, strict=True)]
        x = [max(0.0, out[0])]
        for i in range(1, n):
            gap = max(22.0, over[i - 1][0] + 8) if over else 14.0
            x.append(x[-1] + wide[i - 1] + max(gap, out[i - 1] + out[i] + 6))
        return x, x[-1] + wide[-1] + max(0.0, out[-1])

    tall, below = max(d + h for d, h, _ in raw), max(h for _, h in under) + 6
    low, high = 1.0, max(2.0, min(40.0, (height - below) / tall))
    for _ in range(40):
        unit = (low + high) / 2
        low, high = (unit, high) if places(unit)[1] <= room - 2 else (low, unit)
    (xs, total), half = places(low), tall * low / 2
    start = 0.0
    for i, (block, x) in enumerate(zip(blocks, xs, strict=True)):
        depth, h, w = size = [v * low for v in raw[i]]
        y = -(h + depth) / 2
        _box(ax, x, y, size, block.role, block.shape[0], 1)
        if block.inner:
            part = [v * block.inner[a] / block.shape[a] for a, v in enumerate(size)]
            at = x + (w - part[2]) * 0.2, y + (h - part[1]) * 0.75
            _box(ax, *at, part, "kernel", block.inner[0], 3)
        labels[i].set_position((x + (w + depth) / 2, -half - 5))
        if words and i:
            draw_arrow(ax, start + 2, x - 2, 0, MUTED, 1.2)
            words[i - 1].set_position(((start + x) / 2, 4))
        start = x + w + depth
    rise = max([half, *(4 + h for _, h in over)])
    ax.set(xlim=(-1, total + 1), ylim=(-half - below, rise + 2))
