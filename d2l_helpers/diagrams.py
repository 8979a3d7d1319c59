"""Line drawings of geometry: windows on an axis, receptive fields.

Level 1: imports `plotting`, `shapes` and `validation`. Every function draws into
an Axes that the caller made, with its axis off and equal aspect; titles are the
caller's. Blue is input, orange kernel, teal output, a dashed hatched cell is
padding, a cross marks what is never read. Patches carry these words as `gid`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from d2l_helpers.plotting import HAIR, INPUT, KERNEL, LINE, MUTED, OUTPUT, TEXT
from d2l_helpers.shapes import conv_output_size, receptive_fields, use_counts
from d2l_helpers.validation import as_int

PAD, DIM = "#8a94a3", "#d3d8de"
# role: (edge, tint)
ROLES = {
    "input": (INPUT, "#e7edfb"),
    "kernel": (KERNEL, "#fbf0e6"),
    "output": (OUTPUT, "#e7f5f5"),
    "plain": (LINE, "#f6f7f9"),
}
MOST_COLUMNS, MOST_FIELD = 32, 48
CELL, SIZE = 0.86, 9.5  # side of a cell in columns; type size in points


def room_of(ax: Axes) -> tuple[float, float]:
    """Prepare the axes; the points they offer to the right and upwards."""
    ax.set_axis_off()
    ax.set(aspect="equal", anchor="N")
    if (engine := ax.figure.get_layout_engine()) is not None:
        engine.execute(ax.figure)
    box = ax.get_position(original=True)
    width, height = ax.figure.get_size_inches() * 72
    return box.width * width, box.height * height


def require(holds: bool, message: str) -> None:
    """Raise ValueError with `message` unless `holds`."""
    if not holds:
        raise ValueError(message)


def write(ax: Axes, x: float, y: float, s: Any, color: str = TEXT, **kwargs) -> Text:
    """Place `s` around (x, y), in the style of all diagrams."""
    style = {"ha": "center", "va": "center", "size": SIZE, "zorder": 5} | kwargs
    return ax.text(x, y, str(s), color=color, **style)


def _cell(ax: Axes, x: float, y: float, gid: str, edge: str, fill: str, **kwargs):
    style = {"lw": 1.2, "zorder": 2, "ec": edge, "fc": fill, "gid": gid} | kwargs
    ax.add_patch(Rectangle((x - CELL / 2, y - CELL / 2), CELL, CELL, **style))


def draw_lines(ax: Axes, lines: list, color: str, lw: float, zorder: float) -> None:
    """Add `lines`, each a list of points, as one collection."""
    ax.add_collection(LineCollection(lines, colors=color, lw=lw, zorder=zorder))


def draw_arrow(
    ax: Axes, start: float, end: float, y: float, color: str, lw: float
) -> None:
    """Draw a level arrow at height `y`."""
    style = {"arrowstyle": "->", "color": color, "lw": lw, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (end, y), (start, y), arrowprops=style)


def extent_of(text: Text) -> tuple[float, float]:
    """Width and height in points."""
    box, point = text.get_window_extent(), 72 / text.figure.dpi
    return (box.width * point, box.height * point) if text.get_text() else (0.0, 0.0)


def _cross(ax: Axes, x: float, y: float, hole: float = 0) -> None:
    """A cell that nothing reads; `hole` leaves its middle free for a number."""
    _cell(ax, x, y, "unread", PAD, "white", lw=0.9)
    h, g = CELL / 2, hole / 2
    ways = [(a, b) for a in (-1, 1) for b in (-1, 1)]
    lines = [[(x + a * h, y + b * h), (x + a * g, y + b * g)] for a, b in ways]
    draw_lines(ax, lines, PAD, 0.8, 3)


def draw_windows(ax: Axes, n: int, k: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    """Which cells of one axis each window reads; returns the number of windows.

    A strip of the `n` input cells, numbered, with `p` padding cells per side;
    below it one row per window of `k` cells, `d` apart, `s` further each time,
    and at the row's end the index of its output. An input cell that no window
    reads is crossed. The drawing is n + 2p + 2.5 columns wide and one row per
    window plus 1.5 high. Raises ValueError, with the numbers, if n + 2p is over
    32 or the window does not fit, TypeError for anything but integers.
    """
    n, p = as_int(n, "the input size n", 1), as_int(p, "the padding p", 0)
    outputs, counts = conv_output_size(n, k, s, p, d), use_counts(n, k, s, p, d)
    columns = n + 2 * p
    told = f"{n} + 2·{p} = {columns} columns, at most {MOST_COLUMNS} are drawn"
    require(columns <= MOST_COLUMNS, f"n + 2p = {told}")
    room, height = room_of(ax)
    unit = min(room / (columns + 2.5), height / (outputs + 1.5))
    number = {"size": min(max(0.42 * unit, 9.0), 12.0)}
    muted = number | {"path_effects": [withStroke(linewidth=2.5, foreground="white")]}
    for i in range(-p, n + p):
        if not 0 <= i < n:
            _cell(ax, i, 0, "hatch", DIM, "white", lw=0, hatch="////")
            _cell(ax, i, 0, "padding", PAD, "none", ls=(0, (3, 2)))
            write(ax, i, 0, 0, MUTED, **muted)
        elif counts[i]:
            _cell(ax, i, 0, "input", INPUT, "white")
            write(ax, i, 0, i, **number)
        else:
            _cross(ax, i, 0, 0.4)
            write(ax, i, 0, i, MUTED, **muted)
    end, low = n + p + 1.0, -outputs - 0.75
    guides = [[(i - 0.5, -0.6), (i - 0.5, low)] for i in range(-p, n + p + 1)]
    draw_lines(ax, guides, HAIR, 0.5, 0)
    for o in range(outputs):
        y, first = -o - 1.25, o * s - p
        last = first + (k - 1) * d
        ax.plot([first, last], [y, y], color=KERNEL, lw=1.5, ls="-", marker="")
        for i in range(first, last + 1, d):
            _cell(ax, i, y, "window", KERNEL, KERNEL, lw=0)
        draw_arrow(ax, last + 0.6, end - 0.35, y, PAD, 0.9)
        _cell(ax, end + 0.2, y, "output", OUTPUT, "white")
        write(ax, end + 0.2, y, o, **number)
    ax.set(xlim=(-p - 0.6, end + 0.8), ylim=(low, 0.55))
    return outputs


def draw_pyramid(
    ax: Axes, layers: Sequence[Sequence[int]], names: Sequence[str] | None = None
) -> int:
    """The receptive field of one unit, from the side; returns its input cells.

    `layers` holds (kernel_size, stride, padding, dilation) as `receptive_fields`
    takes it, the first layer first; padding is not drawn. The bottom row is the
    input, each row above has its units `jump` input cells apart. Filled units
    reach the one on top, empty ones are their neighbours, a crossed input cell
    lies inside the field but is never read. `names` labels the rows, the input
    first. Raises ValueError, with the numbers, for no layers, a field of over 48
    cells, a wrong count of names or sizes out of range.
    """
    require(len(layers) > 0, "layers must hold at least one layer, got 0")
    for layer in layers:
        sizes = tuple(layer)
        require(1 <= len(sizes) <= 4, f"a layer is (k, s, p, d), got {sizes}")
    full = [(*layer, *(1, 0, 1)[len(layer) - 1 :]) for layer in layers]
    full = [(k, s, d) for k, s, _, d in full]
    fields = [(1, 1)]
    fields += [f[:2] for f in receptive_fields(layers)]
    size, height = fields[-1][0], len(fields)
    most = f"at most {MOST_FIELD} are drawn"
    require(size <= MOST_FIELD, f"a receptive field of {size} cells, {most}")
    named, what = names is None or len(names) == height, f"{height - 1} layers"
    require(named, f"names must label the input and {what}, got {names}")
    width, tall = room_of(ax)
    margin = 1 if size > 8 else 2
    left, right = -margin - 0.5, size - 0.5 + margin
    pitch = min(max(1.7, 0.12 * (right - left)), 3.0)
    rows, lines, texts = [[0]], [], []  # units that the top unit depends on
    for k, s, d in reversed(full):
        rows.insert(0, sorted({o * s + a * d for o in rows[0] for a in range(k)}))
    for level, (row, (field, jump)) in enumerate(zip(rows, fields, strict=True)):
        y, first = level * pitch, (field - 1) / 2
        kind = ("between", *ROLES["output"]) if level else ("input", *ROLES["input"])
        kind = ("top", OUTPUT, OUTPUT) if level == height - 1 else kind
        for i in range(-size, size + margin):
            x = first + i * jump
            if i in row:
                _cell(ax, x, y, *kind)
            elif level == 0 and 0 <= i < size:
                _cross(ax, x, y)
            elif left <= x - 0.5 <= x + 0.5 <= right:
                _cell(ax, x, y, "neighbour", HAIR, "white", lw=1)
        if level:
            k, s, d = full[level - 1]
            below, (f, j) = y - pitch + CELL / 2, fields[level - 1]
            for i in row:
                start = (first + i * jump, y - CELL / 2)
                feet = [(f - 1) / 2 + (i * s + a * d) * j for a in range(k)]
                lines += [[start, (x, below)] for x in feet]
            texts.append(write(ax, right + 0.3, y, f"field {field}", ha="left"))
        if names is not None:
            texts.append(write(ax, left - 0.3, y, names[level], ha="right"))
    draw_lines(ax, lines, PAD, 0.7, 1)
    y, ends = -CELL / 2 - 0.35, (-CELL / 2, size - 1 + CELL / 2)
    ax.plot(ends, [y, y], color=MUTED, lw=1, ls="-", marker="|", mec=MUTED, ms=6)
    what = f"{size} input cells" if size > 1 else "1 input cell"
    what += f", {len(rows[0])} read" if len(rows[0]) < size else ""
    write(ax, (size - 1) / 2, y - 0.2, what, va="top")
    # The words need room in points: each side gets what its longest one takes.
    before, after = (
        max(
            [extent_of(text)[0] + 2 for text in texts if text.get_ha() == ha], default=0
        )
        for ha in ("right", "left")
    )
    unit = max(width - before - after, width / 4) / (right - left + 0.6)
    unit = min(unit, max(tall - 2 * SIZE, tall / 2) / ((height - 1) * pitch + 1.6))
    ax.set_xlim(left - 0.3 - before / unit, right + 0.3 + after / unit)
    ax.set_ylim(
        y - 0.3 - 1.3 * SIZE / unit, (height - 1) * pitch + max(0.5, 0.75 * SIZE / unit)
    )
    return size
