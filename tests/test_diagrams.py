"""Diagrams: what is drawn is what the arithmetic of `shapes` says."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from d2l_helpers import diagrams, plotting, shapes
from d2l_helpers.blocks import Block, draw_blocks
from d2l_helpers.diagrams import draw_pyramid, draw_windows

SETTINGS = [  # n, k, s, p, d
    (8, 3, 1, 0, 1),
    (8, 3, 2, 0, 1),
    (8, 3, 2, 1, 1),
    (8, 3, 1, 0, 2),
    (12, 2, 3, 0, 1),
    (9, 1, 4, 0, 1),
    (5, 3, 2, 2, 2),
    (28, 5, 1, 2, 1),
]
LENET = [(5, 1), (2, 2), (5, 1), (2, 2)]
STACKS = [
    [(3, 1)] * 3,
    [(3, 2)] * 3,
    [(3, 1, 0, 1), (3, 1, 0, 2), (3, 1, 0, 4)],
    [(2, 1), (2, 1)],
    [(1, 1)],
    LENET,
]


@pytest.fixture
def ax():
    plt.switch_backend("agg")
    with mpl.rc_context():
        plotting.use_style()
        yield plt.subplots(figsize=(6.9, 4))[1]
    plt.close("all")


def drawn(ax, gid):
    return [patch for patch in ax.patches if patch.get_gid() == gid]


def columns(ax, gid):
    """Column numbers of the cells of one kind, row after row."""
    return [round(c.get_x() + c.get_width() / 2, 6) for c in drawn(ax, gid)]


def said(ax):
    return [t.get_text() for t in ax.texts if t.get_text()]


def assert_words_apart(ax):
    """After the layout no two texts overlap and none leaves the figure."""
    ax.figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in ax.texts if t.get_text()]
    page = ax.figure.bbox
    for i, box in enumerate(boxes):
        assert page.x0 <= box.x0 <= box.x1 <= page.x1, said(ax)[i]
        assert page.y0 <= box.y0 <= box.y1 <= page.y1, said(ax)[i]
        assert not any(box.overlaps(other) for other in boxes[:i]), said(ax)[i]
    sizes = [t.get_fontsize() for t in ax.texts if t.get_text()]
    assert min(sizes) >= 9


@pytest.mark.parametrize("setting", SETTINGS)
def test_windows_are_those_of_the_arithmetic(ax, setting):
    n, k, s, p, d = setting
    outputs = shapes.conv_output_size(*setting)
    assert draw_windows(ax, *setting) == outputs
    assert len(drawn(ax, "output")) == outputs
    assert columns(ax, "window") == [
        o * s - p + a * d for o in range(outputs) for a in range(k)
    ]
    rows = [c.get_y() for c in drawn(ax, "window")]
    assert len(set(rows)) == outputs
    assert rows == sorted(rows, reverse=True)
    counts = shapes.use_counts(*setting)
    assert len(drawn(ax, "unread")) == shapes.unread(*setting)
    assert columns(ax, "unread") == [i for i in range(n) if not counts[i]]
    assert columns(ax, "input") == [i for i in range(n) if counts[i]]
    assert columns(ax, "padding") == [*range(-p, 0), *range(n, n + p)]
    pad = ["0"] * p
    numbers = [str(i) for i in range(n)]
    assert said(ax) == [*pad, *numbers, *pad, *map(str, range(outputs))]


def test_padding_is_dashed_and_hatched_and_the_axis_is_off(ax):
    draw_windows(ax, 8, 3, p=1)
    assert all(c.get_linestyle() != "-" for c in drawn(ax, "padding"))
    assert [c.get_hatch() for c in drawn(ax, "hatch")] == ["////"] * 2
    assert not ax.axison
    assert ax.get_aspect() == 1


@pytest.mark.parametrize("figsize", [(6.9, 4), (2.3, 1.5)])
def test_the_words_of_windows_stay_apart(figsize):
    with mpl.rc_context():
        plotting.use_style()
        _, ax = plt.subplots(figsize=figsize)
        draw_windows(ax, 8, 3, s=2, p=1)
        assert_words_apart(ax)
    plt.close("all")


def test_impossible_windows_say_the_numbers(ax):
    with pytest.raises(ValueError, match=r"28 \+ 2·3 = 34 columns, at most 32"):
        draw_windows(ax, 28, 3, p=3)
    with pytest.raises(ValueError, match=r"kernel of 5 .* does not fit into 3"):
        draw_windows(ax, 3, 5)
    with pytest.raises(ValueError, match="size n must be at least 1, got 0"):
        draw_windows(ax, 0, 1, p=1)
    with pytest.raises(ValueError, match="stride s must be at least 1, got 0"):
        draw_windows(ax, 5, 3, s=0)
    with pytest.raises(TypeError, match="padding p must be an integer"):
        draw_windows(ax, 5, 3, p=0.5)
    assert not ax.patches


@pytest.mark.parametrize("layers", STACKS)
def test_the_pyramid_stands_on_the_receptive_field(ax, layers):
    fields = shapes.receptive_fields(layers)
    size = shapes.receptive_field(layers)
    assert draw_pyramid(ax, layers) == size
    assert columns(ax, "input") == list(range(size))
    assert not drawn(ax, "unread")
    assert columns(ax, "top") == [(size - 1) / 2]
    assert [t for t in said(ax) if "field" in t] == [f"field {f.size}" for f in fields]
    assert any(t.startswith(f"{size} input cell") for t in said(ax))


def test_each_row_of_the_pyramid_is_its_jump_apart(ax):
    draw_pyramid(ax, [(3, 2)] * 3)
    rows = {}
    for cell in drawn(ax, "between"):
        rows.setdefault(cell.get_y(), []).append(cell.get_x())
    gaps = [np.unique(np.diff(sorted(rows[y])).round(6)) for y in sorted(rows)]
    assert [list(g) for g in gaps] == [[2], [4]]
    assert [len(rows[y]) for y in sorted(rows)] == [7, 3]
    # one line for every cell read: 7, then 3, then 1 windows of three
    [lines] = [c for c in ax.collections if len(c.get_segments()) > 4]
    assert len(lines.get_segments()) == 3 * (7 + 3 + 1)


@pytest.mark.parametrize(
    ("layers", "size", "read"),
    [
        ([(3, 1, 0, 2)], 5, [0, 2, 4]),
        ([(3, 1, 0, 2), (3, 1, 0, 2)], 9, [0, 2, 4, 6, 8]),
        ([(3, 1, 0, 2), (2, 1, 0, 3)], 8, [0, 2, 3, 4, 5, 7]),
        ([(1, 3), (2, 1)], 4, [0, 3]),
    ],
)
def test_cells_that_dilation_or_stride_skips_are_crossed(ax, layers, size, read):
    assert draw_pyramid(ax, layers) == size
    assert columns(ax, "input") == read
    assert columns(ax, "unread") == sorted({*range(size)} - {*read})
    assert f"{size} input cells, {len(read)} read" in said(ax)
    [lines] = [c for c in ax.collections if c.get_zorder() == 1]
    feet = [tuple(line[1].round(6)) for line in lines.get_segments()]
    assert {x for x, y in feet if y == diagrams.CELL / 2} == set(read)


@pytest.mark.parametrize("figsize", [(6.9, 3), (3.4, 2.4), (3.4, 6)])
def test_names_label_the_rows_and_stay_apart(figsize):
    names = ["image", "conv 5×5", "pool 2×2", "conv 5×5", "pool 2×2"]
    with mpl.rc_context():
        plotting.use_style()
        # no layout engine moves these axes: the room must be the drawing's own
        ax = plt.figure(figsize=figsize, layout="none").add_axes((0, 0, 1, 1))
        draw_pyramid(ax, LENET, names)
        assert_words_apart(ax)
        heights = {t.get_position()[1]: t.get_text() for t in ax.texts}
    plt.close("all")
    labels = [heights[y] for y in sorted(heights)]
    assert labels == ["16 input cells", *names]


def test_impossible_pyramids_say_the_numbers(ax):
    with pytest.raises(ValueError, match="at least one layer, got 0"):
        draw_pyramid(ax, [])
    with pytest.raises(ValueError, match=r"\(k, s, p, d\), got \(\)"):
        draw_pyramid(ax, [()])
    with pytest.raises(ValueError, match="field of 49 cells, at most 48"):
        draw_pyramid(ax, [(49, 1)])
    with pytest.raises(ValueError, match=r"2 layers, got \['a', 'b'\]"):
        draw_pyramid(ax, [(3, 1), (3, 1)], ["a", "b"])
    with pytest.raises(ValueError, match="kernel size k must be at least 1, got 0"):
        draw_pyramid(ax, [(0, 1)])
    assert not ax.patches


def bounds(polygons):
    points = np.concatenate([p.get_xy() for p in polygons])
    return points.min(axis=0), points.max(axis=0)


def test_the_flow_of_lenet_fits_in_one_row(ax):
    sizes = [(1, 28, 28), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5)]
    blocks = [Block(s, f"map\n{s[0]}×{s[1]}×{s[2]}", "output") for s in sizes]
    blocks += [Block((n, 1, 1), f"{n}") for n in (120, 84, 10)]
    arrows = ["5×5\nconv", "2×2\npool"] * 2 + ["flatten,\ndense", "dense", "dense"]
    assert draw_blocks(ax, blocks, arrows) is None
    assert said(ax) == [b.label for b in blocks] + arrows
    fronts = drawn(ax, "output front") + drawn(ax, "plain front")
    corners = [bounds([front]) for front in fronts]
    sides = [high - low for low, high in corners]
    # square roots of the sizes, left to right
    assert sides[0][0] / sides[2][0] == pytest.approx(2**0.5)
    assert sides[3][1] / sides[4][1] == pytest.approx(2**0.5)
    ends = [x for low, high in corners for x in (low[0], high[0])]
    assert ends == sorted(ends)
    slices = [len(c.get_segments()) for c in ax.collections]
    assert slices == [0, 5, 5, 15, 15, 0, 0, 9]  # none over 16 channels
    assert_words_apart(ax)


def test_labels_and_arrow_texts_make_their_room(ax):
    tiny = [Block((1, 1, 1), f"a label far wider than {i}") for i in range(4)]
    draw_blocks(ax, tiny, ["", "one\ntwo", ""])
    assert_words_apart(ax)
    ax.clear()
    draw_blocks(ax, [Block((1, 9, 9))] * 3, ["a text over the arrow"] * 2)
    assert_words_apart(ax)
    boxes = [p.get_window_extent() for p in drawn(ax, "plain front")]
    words = [t.get_window_extent() for t in ax.texts if t.get_text()]
    assert not any(word.overlaps(box) for word in words for box in boxes)


@pytest.mark.parametrize("inner", [(3, 5, 5), (3, 1, 1), (1, 32, 32)])
def test_the_window_lies_inside_its_block_and_to_scale(ax, inner):
    image = {"shape": (3, 32, 32), "label": "image", "role": "input", "inner": inner}
    draw_blocks(ax, [image, Block((1, 28, 28), "map", "output")], ["kernel"])
    ours, whole = (
        [drawn(ax, f"{role} {face}")[0] for face in ("front", "top", "side")]
        for role in ("kernel", "input")
    )
    (low, high), (least, most) = bounds(ours), bounds(whole)
    assert (least <= low + 1e-9).all()
    assert (high <= most + 1e-9).all()
    part, full = np.ptp(ours[0].get_xy(), axis=0), np.ptp(whole[0].get_xy(), axis=0)
    assert part / full == pytest.approx([inner[2] / 32, inner[1] / 32])
    depth = (high - low - part) / (most - least - full)
    assert depth == pytest.approx([inner[0] / 3] * 2)
    assert ours[0].get_zorder() > whole[0].get_zorder()
    assert_words_apart(ax)


def test_impossible_blocks_say_the_values(ax):
    with pytest.raises(ValueError, match="at least one block, got 0"):
        draw_blocks(ax, [])
    with pytest.raises(ValueError, match="2 blocks take 1 arrows, got 2"):
        draw_blocks(ax, [Block((1, 2, 2))] * 2, ["a", "b"])
    with pytest.raises(ValueError, match=r"role must be one of .*; got 'blue'"):
        draw_blocks(ax, [Block((1, 2, 2), "", "blue")])
    with pytest.raises(ValueError, match=r"shape \(c, h, w\) must be .* got \(2, 2\)"):
        draw_blocks(ax, [Block((2, 2))])
    with pytest.raises(ValueError, match=r"shape .*\[0\] must be at least 1, got 0"):
        draw_blocks(ax, [Block((0, 2, 2))])
    with pytest.raises(ValueError, match=r"\(1, 3, 1\) does not fit .*\(1, 2, 2\)"):
        draw_blocks(ax, [Block((1, 2, 2), inner=(1, 3, 1))])
    assert not ax.patches


def test_roles_have_the_colours_of_the_explorers():
    edges = {role: edge for role, (edge, _) in diagrams.ROLES.items()}
    assert edges["input"] == "#0b4cd8"
    assert edges["kernel"] == "#d36d00"
    assert edges["output"] == "#0c999a"
