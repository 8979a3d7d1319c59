"""The explorer "pooling": its maps and counts against PyTorch, by hand and by keys."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from explorer_fixtures import show  # noqa: F401 - fixtures
from traitlets import TraitError

import d2l_helpers as d2l
from d2l_helpers.explorers import Pooling

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
# As on the page, but blank beyond the canvas: the same, until a shift meets the border.
WAYS = {
    "strided": lambda X: X[..., ::2, ::2],
    "max": lambda X: F.max_pool2d(X[None], 2)[0],
    "average": lambda X: F.avg_pool2d(X[None], 2)[0],
    "blurred": lambda X: d2l.blur_pool2d(
        F.max_pool2d(X[None], 2, 1)[0], padding_mode="zeros"
    ),
}
NAMES = {
    "strided": "every second pixel",
    "max": "maximum 2/2",
    "average": "average 2/2",
    "blurred": "maximum 2/1, blur 3/2",
}


def placed(X, dy=0, dx=0):
    return F.pad(X, (4 + dx, 4 - dx, 4 + dy, 4 - dy)).double()


def rulers(X, kind, dy=0, dx=0):
    """Changed cells, cells, size of the change, phase: as the page computes them."""
    shrink = WAYS[kind]
    Z, moved = shrink(placed(X)), shrink(placed(X, dy, dx))
    changed = ((moved - Z).abs() > 1e-6).sum().item()
    cells = ((Z != 0) | (moved != 0)).sum().item()
    sums = torch.stack(
        [shrink(placed(X, -i, -j)).sum() for i in (0, 1) for j in (0, 1)]
    )
    phase = (sums.max() - sums.min()) / sums.mean()
    return changed, cells, ((moved - Z).norm() / Z.norm()).item(), phase.item()


def tile(shown, kind):
    """The figures of a way, as they are printed: cells, size, phase."""
    named = shown.card.locator(".cnn-tile", has_text=NAMES[kind])
    return [b.inner_text() for b in named.locator(".cnn-figure b").all()]


def printed(X, kind, dy=0, dx=0):
    changed, cells, size, phase = rulers(X, kind, dy, dx)
    return [f"{changed}/{cells}", f"{size:.3f}", f"{phase:.3f}"]


def image(shown, panel):
    """A map's canvas as red levels."""
    script = """c => {
      const copy = document.createElement('canvas').getContext('2d');
      [copy.canvas.width, copy.canvas.height] = [c.width, c.height];
      copy.drawImage(c, 0, 0);
      const { data } = copy.getImageData(0, 0, c.width, c.height);
      return [c.height, c.width, ...data.filter((v, n) => n % 4 === 0)];
    }"""
    h, w, *red = shown.panel(panel).locator("canvas.cnn-map").evaluate(script)
    return np.array(red).reshape(h, w)


@pytest.mark.parametrize("kind", WAYS)
def test_python_agrees_with_torch_and_takes_tensors(kind):
    torch.manual_seed(0)
    noise = torch.randint(0, 256, (28, 28)) / 255
    explorer = Pooling({"plaid": d2l.plaid(), "noise": noise}, kind=kind)
    for which, X in enumerate((d2l.plaid(), noise)):
        for dy, dx in ((0, 0), (0, -1), (3, -3), (-2, 1)):
            explorer.which, explorer.dy, explorer.dx = which, dy, dx
            np.testing.assert_allclose(explorer.X, placed(X, dy, dx), atol=1e-7)
            expected = WAYS[kind](placed(X, dy, dx))
            np.testing.assert_allclose(explorer.Z, expected, atol=1e-6)
            assert explorer.flicker == rulers(X, kind, dy, dx)[:2]


def test_python_refuses_what_cannot_be():
    for bad in ({}, {"a": torch.zeros(3, 3)}, {"a": torch.full((2, 2), 2.0)},
                {"a": "x"}, {"a": torch.zeros(2, 2), "b": torch.zeros(2, 4)},
                {"a": torch.zeros(34, 34)}, {"a": torch.full((2, 2), torch.nan)},
                {str(n): torch.zeros(2, 2) for n in range(9)}):  # fmt: skip
        with pytest.raises(TraitError):
            Pooling(bad)
    explorer = Pooling.example()
    for name, bad in {"dx": 4, "dy": -4, "kind": "min", "row": 20, "view": 1}.items():
        with pytest.raises(TraitError):
            setattr(explorer, name, bad)
    assert explorer.flicker == (0, 84)


def test_one_pixel_to_the_left_is_asked_for_and_64_of_90_cells_change(show):
    shown = show(Pooling.example())
    assert (
        "90 cells of maximum 2/2" in shown.page.locator(".cnn-prediction").inner_text()
    )
    field = shown.page.locator(".cnn-guess-field")
    field.fill("45")
    field.press("Enter")
    verdict = shown.page.locator(".cnn-verdict").inner_text()
    assert "19 too low" in verdict
    assert "it is 64" in verdict
    assert "64 of 90 cells change" in shown.line()
    outlines = shown.page.locator(".cnn-outline").get_attribute("d")
    assert outlines.count("M") == 64
    for kind in WAYS:
        assert tile(shown, kind) == printed(d2l.boot(), kind, 0, -1)
    # the second step: exactly one cell
    shown.button("Move the picture one pixel left").click()
    assert "It is exactly the old map moved by 1 cell left." in shown.line()
    assert not shown.page.locator(".cnn-verdict").is_visible()
    shown.button("That map, moved by whole cells").click()
    assert [tile(shown, kind)[0].split("/")[0] for kind in WAYS] == ["0"] * 4


def test_the_maps_are_those_of_torch(show):
    shown = show(Pooling.example(), link={"dx": 1, "dy": -1, "which": 1})
    grey = image(shown, "Picture")
    np.testing.assert_array_equal(grey, placed(d2l.plaid(raw=True), -1, 1))
    for kind in WAYS:
        shown.card.locator(".cnn-tile", has_text=NAMES[kind]).click()
        # red of the map rises with the value
        Z = WAYS[kind](placed(d2l.plaid(), -1, 1)).flatten().numpy()
        red = image(shown, "Map").flatten()
        order = np.argsort(Z, kind="stable")
        assert (np.diff(red[order]) >= 0).all()
        assert len(np.unique(red)) > 30
        assert tile(shown, kind) == printed(d2l.plaid(), kind, -1, 1)


def test_drag_and_keys_move_the_picture(show):
    shown = show(Pooling.example())
    box = shown.panel("Picture").locator(".cnn-mapbox")
    side = box.bounding_box()
    pixel = side["width"] / 36
    x, y = side["x"] + side["width"] / 2, side["y"] + side["height"] / 2
    mouse = shown.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 2 * pixel, y - pixel, steps=4)
    mouse.up()
    mouse.move(x, y)  # no longer held
    assert tile(shown, "max") == printed(d2l.boot(), "max", -1, 2)
    shown.key("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowDown")
    assert tile(shown, "max") == printed(d2l.boot(), "max", 0, -1)
    shown.key("ArrowLeft", "ArrowLeft", "ArrowLeft")
    assert "3 pixels left" in shown.line()  # and no further
    shown.key("Home")
    assert tile(shown, "max")[0] == "0/84"
    for _ in range(7):
        shown.key("z")
    assert tile(shown, "max") == printed(d2l.boot(), "max", -1, 2)
    shown.key("z")  # the drag is one step
    assert tile(shown, "max")[0] == "0/84"


def test_a_dot_between_the_pixels_that_are_read_is_called_so(show):
    shown = show(Pooling.example(), link={"which": 2, "kind": "strided"})
    shown.button("Move the picture one pixel left").click()  # from an odd column
    assert "both maps are blank" in shown.line()
    assert "exactly" not in shown.line()
    shown.button("Move the picture one pixel up").click()
    assert "it has come into sight" in shown.line()
    # the way back: in sight before, out of sight after
    even = Pooling({"dot": d2l.dot(28, 12, 12)}, kind="strided")
    shown = show(even)
    shown.button("Move the picture one pixel left").click()
    assert "it is out of sight" in shown.line()


def test_the_picture_stops_with_a_word_and_another_one_begins_in_its_place(show):
    shown = show(Pooling.example(), link={"dx": -3})
    shown.button("Move the picture one pixel left").click()
    message = shown.page.locator(".cnn-message")
    assert message.inner_text() == "The picture moves by 3 pixels at most."
    assert "3 pixels left" in shown.line()
    shown.button("dot").click()
    assert "not moved" in shown.line()


def test_a_cell_shows_its_pixels_and_where_the_gradient_goes(show):
    shown = show(Pooling.example(), link={"dx": -1})
    shown.panel("Map").locator(".cnn-mapbox").focus()
    shown.key("ArrowRight", "ArrowDown")
    patch = slice(17, 21)  # four pixels around the window
    for kind, shrink in WAYS.items():
        shown.card.locator(".cnn-tile", has_text=NAMES[kind]).click()
        X = placed(d2l.boot(), 0, -1).requires_grad_()
        Z = shrink(X)
        Z[9, 9].backward()
        ours, share = shown.grid("Its pixels"), shown.grid("Gradient")
        np.testing.assert_allclose(ours, X.detach()[patch, patch], atol=5.1e-3)
        np.testing.assert_allclose(share, X.grad[patch, patch], atol=5.1e-3)
        assert X.grad[patch, patch].sum() == pytest.approx(1)
        assert f"Cell [9, 9] = {Z[9, 9]:.2f}" in shown.card.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_for_axe_and_without_jumps(show, scheme):
    shown = show(Pooling.example(), width=360)
    shown.scheme(scheme)
    tall = "document.querySelector('.cnn-card').offsetHeight"
    first = shown.page.evaluate(tall)
    shown.page.locator(".cnn-guess-field").fill("10")
    shown.key("Enter")
    left, up = (f"Move the picture one pixel {way}" for way in ("left", "up"))
    for name in ("What changed", "plaid", "dot", left, up):
        shown.button(name).click()
        assert shown.page.evaluate(tall) == first, name
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
    # the dot was between the pixels that are kept; now it is not
    assert tile(shown, "strided")[:2] == ["1/1", "\N{EN DASH}"]
    assert shown.axe() == []


@pytest.mark.parametrize(
    "hostile",
    [
        {"dx": "<b>", "dy": None},
        {"kind": "constructor", "__proto__": {"dx": 1}},
        {"dx": 1e9, "row": -7, "which": 7},
    ],
)
def test_a_hostile_link_changes_nothing_it_should_not(show, hostile):
    shown = show(Pooling.example(), link=hostile)
    clamped = hostile.get("dx") == 1e9
    dot = d2l.dot(28, 13, 13)
    expected = printed(dot, "max", 0, 3) if clamped else printed(d2l.boot(), "max")
    assert tile(shown, "max") == expected
    message = shown.page.locator(".cnn-message").inner_text()
    assert ("impossible" in message) != clamped
    assert ("3 pixels right" in shown.line()) == clamped


LARGE = {"names": ["<b>"], "size": [40, 40], "pictures": ["A" * 2134 + "=="]}


@pytest.mark.parametrize("data", [{}, LARGE])
def test_hostile_data_leave_the_picture(show, data):
    shown = show(Pooling.example(), state={"data": data}, faulty=True)
    assert "could not start" in shown.page.locator(".cnn-message").inner_text()
    assert shown.page.locator(".cnn-still-picture").is_visible()
