"""The explorer "channels": slices and sums, the mixer, the bill, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from explorer_fixtures import parse, show  # noqa: F401 - fixtures
from traitlets import TraitError

from d2l_helpers import K2, X3, coffee, conv_macs, conv_parameters
from d2l_helpers.explorers import Channels

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
FAMOUS = [[56, 72], [104, 120]]


def bank():
    X, K = torch.stack([X3(), X3() + 1]), torch.stack([K2(), K2() + 1])
    return X, torch.stack([K, K + 1, K + 2])


def some(mode, shown="all"):
    """An explorer in each mode."""
    if mode == "mix":
        return Channels(photo=coffee(), shown=shown)
    return Channels(*bank(), shown=shown, mode=mode)


def answer(X, K, bias=None):
    X, K = (torch.tensor(np.asarray(A).copy()).double() for A in (X, K))
    bias = None if bias is None else torch.tensor(bias).double()
    return F.conv2d(X[None], K, bias)[0].numpy()


def panels(shown, name):
    """The numbers of all grids whose head begins with ``name``."""
    script = """(panels, name) => panels
      .filter(p => p.querySelector('.cnn-head').textContent.startsWith(name))
      .map(p => [...p.querySelectorAll('.cnn-row')]
        .map(r => [...r.children].map(c => c.textContent)))"""
    found = shown.page.locator(".cnn-panel").evaluate_all(script, name)
    return [[[parse(t) for t in row] for row in grid] for grid in found]


def verdict(shown):
    return shown.page.locator(".cnn-verdict").inner_text()


# Python --------------------------------------------------------------------------


def test_python_gives_what_pytorch_gives():
    torch.manual_seed(0)
    X, K = torch.randn(3, 5, 4), torch.randn(2, 3, 2, 3, requires_grad=True)
    explorer = Channels(X, K, bias=[1.5, -2])
    assert explorer.mode == "sum"
    expected = answer(X, K.detach(), [1.5, -2])
    np.testing.assert_allclose(explorer.Y, expected, atol=1e-12)
    assert explorer.parts.shape == (2, 3, 4, 2)
    assert Channels(X, K[0].detach()).K.shape == (1, 3, 2, 3)
    explorer.K = K.detach() + 1
    np.testing.assert_allclose(explorer.Y, answer(X, K.detach() + 1, [1.5, -2]))

    mixer = Channels(photo=coffee(), w=[1.5, -0.9, -0.6])
    small = coffee().double().reshape(3, 100, 2, 150, 2).mean((2, 4)) * 255
    np.testing.assert_allclose(mixer.pixels, small.permute(1, 2, 0), atol=0.5001)
    assert mixer.pixels[mixer.place()].tolist() == [165, 88, 42]
    planes = mixer.pixels.transpose(2, 0, 1)
    expected = answer(planes, mixer.w[None, :, None, None])
    np.testing.assert_allclose(mixer.mixed, expected, atol=1e-9)
    again = Channels(photo=torch.from_numpy(mixer.pixels), outputs="three")
    np.testing.assert_array_equal(again.pixels, mixer.pixels)
    expected = answer(planes, again.matrix[..., None, None])
    np.testing.assert_allclose(again.mixed, expected)
    again.scattered = True
    assert not np.array_equal(again.pixels, mixer.pixels)
    counts = [np.bincount(x.pixels.ravel()) for x in (again, mixer)]
    np.testing.assert_array_equal(*counts)

    for ci, co, k, side, g in [(6, 16, 5, 10, 1), (64, 32, 3, 7, 8), (1, 5, 1, 1, 1)]:
        made = Channels(mode="cost", ci=ci, co=co, k=k, side=side, groups=g).bill
        assert made.parameters == conv_parameters(ci, co, (k, k), g)
        assert made.macs == conv_macs(ci, co, (k, k), (side, side), g)
        assert made.weights == conv_parameters(ci, co, (k, k), g, bias=False)
        assert made[3:] == (2 * made.macs, co * side**2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"X": torch.ones(3, 3, 3)}, "needs 2 channels"),
        ({"X": torch.ones(2, 1, 3)}, "does not fit"),
        ({"K": torch.ones(4, 2, 2, 2)}, "must have the shape"),
        ({"K": torch.full((2, 2, 2), torch.nan)}, "finite"),
        ({"bias": [1, 2, 3, 4]}, "1 to 3 numbers"),
        ({"mode": "paint"}, "one of"),
        ({"mode": "mix"}, "needs a photo"),
        ({"photo": torch.ones(3, 4, 4) * 2}, "from 0 to 1"),
        ({"photo": torch.ones(4, 4)}, "got shape"),
        ({"mode": "cost", "groups": 0}, "groups"),
    ],
)
def test_python_refuses_what_cannot_be(given, message):
    with pytest.raises(TraitError, match=message):
        Channels(**given)


def test_python_keeps_what_was_good():
    explorer, (X, K) = Channels(*bank()), bank()
    for name, bad in (("X", X[:1]), ("K", K[:, :1]), ("K", K[:2]), ("X", "0")):
        with pytest.raises(TraitError):
            setattr(explorer, name, bad)
    np.testing.assert_array_equal(explorer.Y, answer(X, K))
    with pytest.raises(ValueError, match="4 groups do not divide 6 and 16"):
        Channels(mode="cost", groups=4).bill  # noqa: B018


# Sums ----------------------------------------------------------------------------


def test_the_sum_is_filled_in_and_mistakes_are_explained(show):
    shown = show(Channels(*bank()))
    nothing = [[None, None], [None, None]]
    assert panels(shown, "part") == [nothing, nothing]
    fields = shown.page.locator(".cnn-guess-field")
    fields.nth(0).fill("27")
    shown.button("Commit").click()
    assert "8 too high" in verdict(shown)
    assert "channel 0 with the slice of channel 1" in verdict(shown)
    assert panels(shown, "part") == [[[19, None], [None, None]], nothing]
    shown.page.keyboard.type("37")  # the focus went on by itself
    shown.key("Enter")
    assert "right" in verdict(shown)
    shown.page.keyboard.type("52")
    shown.key("Enter")
    assert "cannot tell which" in verdict(shown)
    assert panels(shown, "Y") == [[[56, None], [None, None]]]
    assert "(0×0 + 1×1 + 3×2 + 4×3) + (1×1 + 2×2 + 4×3 + 5×4) = 19 + 37 = 56" in (
        shown.line()
    )
    shown.key("ArrowRight")  # the output has the focus: the next cell is asked for
    assert "Fill in the sum at [0, 1]" in shown.card.inner_text()
    shown.button("Skip").click()
    assert panels(shown, "Y") == [[[56, 72], [None, None]]]


def test_stepping_by_key_shows_every_part_and_cell(show):
    rng = np.random.default_rng(1)
    X, K = rng.integers(-5, 6, (3, 3, 4)), rng.integers(-3, 4, (2, 3, 2, 3))
    explorer = Channels(X, K, bias=[0, 3], out=1, shown="step")
    shown = show(explorer)
    shown.cell("Y", 0, 0).click()
    for _ in range(3):
        shown.key(".")
    assert panels(shown, "part") == explorer.parts[1].tolist()
    assert panels(shown, "Y") == [answer(X, K, [0, 3])[1].tolist()]
    shown.key("ArrowUp", "Home")
    assert shown.line().startswith("Y[1, 0, 0] =")
    # a weight, then the bias, edited by keys, undone by key
    shown.page.locator(".cnn-panel", has_text="K [1, 2]").locator(
        "[tabindex='0']"
    ).focus()
    shown.key("ArrowDown", "Enter")
    shown.page.keyboard.type("-9")
    shown.key("Enter")
    K[1, 2, 1, 0] = -9
    shown.button("Show all").click()
    assert panels(shown, "Y") == [answer(X, K, [0, 3])[1].tolist()]
    shown.cell("u", 0, 0).focus()
    shown.key("Enter", "1", "Enter")
    assert panels(shown, "Y") == [answer(X, K, [0, 1])[1].tolist()]
    shown.key("z")
    assert panels(shown, "Y") == [answer(X, K, [0, 3])[1].tolist()]


def test_three_kernels_and_two_bugs(show):
    X, K = bank()
    shown = show(Channels(X, K, shown="all"))
    for o, name in enumerate(("Y[0]", "Y[1]", "Y[2]")):
        shown.button(name).click()
        assert panels(shown, "Y") == [answer(X, K)[o].tolist()]
    assert "grows by 2 × 20" in shown.line()
    shown.button("Y[0]").click()
    swapped = shown.card.get_by_role("switch", name="slices swapped")
    transposed = shown.card.get_by_role("switch", name="slices transposed")
    for bug in (swapped, transposed):
        bug.click()
        assert panels(shown, "Y") == [[[52, 68], [100, 116]]]
        assert "right is 56 72 104 120" in shown.line()
        assert "would print the same" in shown.line()
        bug.click()
    shown.button("Other numbers").click()
    X, K = panels(shown, "X"), panels(shown, "K")
    wrong = {
        "swapped": answer(X, [K[::-1]])[0],
        "transposed": answer(X, [np.transpose(K, (0, 2, 1))])[0],
    }
    assert not np.array_equal(*wrong.values())
    swapped.click()
    assert panels(shown, "Y") == [wrong["swapped"].tolist()]
    swapped.click()
    transposed.click()
    assert panels(shown, "Y") == [wrong["transposed"].tolist()]


# The mixer -----------------------------------------------------------------------

PIXEL = """(canvas, [i, j]) => {
  const copy = document.createElement('canvas').getContext('2d');
  copy.drawImage(canvas, -j, -i);
  return [...copy.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}"""


def test_the_mixer_agrees_with_python_pixel_by_pixel(show):
    explorer = Channels(photo=coffee())
    shown = show(explorer)
    assert panels(shown, "y") == [[[None]]]
    field = shown.page.locator(".cnn-guess-field")
    field.fill("106")
    field.press("Enter")
    assert "right" in verdict(shown)
    assert panels(shown, "y") == [[[105.8]]]
    assert "0.299×165 + 0.587×88 + 0.114×42 = 105.8" in shown.line()
    for name, value in zip(("red", "green", "blue"), (1.5, -0.9, -0.6), strict=True):
        shown.slide(f"Weight of {name}", value)
    explorer.w = [1.5, -0.9, -0.6]
    assert "Done" in shown.card.inner_text()
    canvas = shown.panel("Mixed").locator("canvas")
    for i, j in ((0, 0), (60, 40), (99, 149)):
        grey = np.clip(explorer.mixed[0, i, j], 0, 255)
        assert abs(canvas.evaluate(PIXEL, [i, j])[0] - grey) <= 0.51
    shown.panel("Photograph").locator(".cnn-mapbox").focus()
    shown.key("ArrowLeft", "ArrowUp", "Shift+ArrowUp", "End", "ArrowLeft")
    assert shown.line().startswith("Pixel [81, 148]")
    assert panels(shown, "x") == [[[v] for v in explorer.pixels[81, 148]]]
    assert panels(shown, "y")[0][0][0] == pytest.approx(
        explorer.mixed[0, 81, 148], abs=0.051
    )
    # scattered, by the same permutation as in Python; then three outputs
    shown.card.get_by_role("switch").click()
    explorer.scattered = True
    assert "equal in 15,000 of 15,000 pixels" in shown.card.inner_text()
    shown.button("Three: new colours").click()
    explorer.outputs = "three"
    shown.button("Sepia").click()
    explorer.matrix = [
        [0.393, 0.769, 0.189],
        [0.349, 0.686, 0.168],
        [0.272, 0.534, 0.131],
    ]
    assert panels(shown, "x") == [[[v] for v in explorer.pixels[81, 148]]]
    for i, j in ((0, 0), (50, 70), (99, 149)):
        found = canvas.evaluate(PIXEL, [i, j])
        np.testing.assert_allclose(
            found, np.clip(explorer.mixed[:, i, j], 0, 255), atol=1
        )
    assert "equal in 15,000 of 15,000 pixels" in shown.card.inner_text()
    shown.cell("W", 1, 2).focus()
    shown.key("Enter")
    shown.page.keyboard.type("-.25")
    shown.key("Enter")
    explorer.matrix = [explorer.matrix[0], [0.349, 0.686, -0.25], explorer.matrix[2]]
    assert panels(shown, "y")[0][1][0] == pytest.approx(
        explorer.mixed[1, 81, 148], abs=0.051
    )


def test_the_question_is_about_one_grey_map_only(show):
    shown = show(Channels(photo=coffee()))
    question = shown.page.locator(".cnn-prediction")
    task = shown.page.locator(".cnn-task")
    assert question.is_visible()
    assert "red things bright" in task.inner_text()
    shown.button("Three: new colours").click()
    assert not question.is_visible()
    assert "one row for each new colour" in task.inner_text()
    shown.button("One: a grey map").click()
    assert question.is_visible()
    shown.card.get_by_role("switch").click()  # scattered
    assert not question.is_visible()


# The bill ------------------------------------------------------------------------


def bill(shown):
    return [parse(t) for t in shown.page.locator(".cnn-ch-b").all_inner_texts()]


def test_the_bill_is_that_of_the_helpers(show):
    shown = show(Channels(mode="cost"))
    assert bill(shown) == [None, None, None, 1600]
    field = shown.page.locator(".cnn-guess-field")
    field.fill("416")
    field.press("Enter")
    assert "one slice for all input channels" in verdict(shown)
    shown.button("Show all").click()
    layers = {
        "conv1": (1, 6, 5, 28, 1),
        "conv2": (6, 16, 5, 10, 1),
        "fc1": (16, 120, 5, 1, 1),
        "fc2": (120, 84, 1, 1, 1),
        "fc3": (84, 10, 1, 1, 1),
        "puzzle": (3, 6, 5, 200, 1),
        "large": (128, 128, 5, 256, 1),
        "dense": (64, 64, 3, 56, 1),
        "depthwise": (64, 64, 3, 56, 64),
    }
    seen = {}
    for name, (ci, co, k, side, g) in layers.items():
        shown.page.locator("select").select_option(name)
        parameters = conv_parameters(ci, co, (k, k), g)
        macs = conv_macs(ci, co, (k, k), (side, side), g)
        seen[name] = bill(shown)
        assert seen[name] == [parameters, macs, 2 * macs, co * side**2]
    assert seen["large"][2] == 53_687_091_200
    assert sum(seen[n][0] for n in list(layers)[:5]) == 61_706  # all of LeNet
    assert "4,672 weights" in shown.card.inner_text()
    shares = shown.page.locator(".cnn-ch-item .cnn-ch-fill").evaluate_all(
        "all => all.map(f => parseFloat(f.style.width))"
    )
    np.testing.assert_allclose(
        shares, [100 * 640 / 36928, 100 / 64, 100 / 64, 100], 1e-4
    )
    shown.slide("Output channels", 1)  # two
    assert "64 groups would share 2 output channels" in shown.line()
    assert bill(shown) == [None] * 4
    shown.slider("Groups").focus()
    shown.key("Home", "ArrowRight")
    parameters, macs = conv_parameters(64, 2, (3, 3), 2), 56**2 * 576
    assert bill(shown) == [parameters, macs, 2 * macs, 2 * 56**2]


def test_the_bill_compares_with_the_layer_that_was_chosen(show):
    shown = show(Channels(mode="cost"))
    shown.button("Show all").click()
    shown.page.locator("select").select_option("conv2")  # 6 → 16, 5×5, 10×10
    said = shown.page.locator(".cnn-ch-item .cnn-ch-span")
    assert not any("×" in text for text in said.all_inner_texts())
    shown.slider("Output side").focus()
    for _ in range(3):  # 14, 16, 20
        shown.key("ArrowRight")
    start = "beside the layer that you began with"
    assert [text.strip() for text in said.all_inner_texts()] == [
        "", f"×4, {start}", f"×4, {start}", f"×4, {start}",
    ]  # fmt: skip


def test_reset_asks_again_although_nothing_was_moved(show):
    shown = show(Channels(mode="cost"))
    field = shown.page.locator(".cnn-guess-field")
    field.fill("2400")
    field.press("Enter")
    assert field.is_disabled()
    assert bill(shown)[0] == 2416
    shown.button("Reset").click()
    assert shown.page.locator(".cnn-guess-field").is_enabled()
    assert bill(shown)[0] is None


# All three -----------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["sum", "mix", "cost"])
def test_on_a_phone_and_for_axe(show, mode):
    shown = show(some(mode, "predict"), width=360)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
    small = shown.page.evaluate(
        """() => [...document.querySelectorAll(
          '.cnn-card :is(button, input, select, .cnn-cell, .cnn-mapbox)')]
          .filter(e => e.offsetParent)
          .filter(e => Math.min(e.offsetWidth, e.offsetHeight) < 24)
          .map(e => e.outerHTML.slice(0, 90))"""
    )
    assert small == []
    for scheme in ("light", "dark"):
        shown.scheme(scheme)
        assert shown.axe() == []


@pytest.mark.parametrize(
    "hostile",
    [
        {"X": [[[1, 2], [3]]] * 2},
        {"X": [[[1.0] * 3] * 3] * 3, "K": [[[[1.0]]] * 3]},  # other channels
        {"K": [[[[0] * 9] * 9] * 2], "bias": "<img src=x onerror=alert(1)>"},
        {"swapped": "yes", "__proto__": {"swapped": True}},
        {"matrix": [[1, 2, 3]], "w": [1, 2], "groups": None},
        ["not", "an", "object"],
    ],
)
def test_a_hostile_link_changes_nothing_it_should_not(show, hostile):
    shown = show(some("sum"), link=hostile)
    assert panels(shown, "Y") == [FAMOUS]
    assert "impossible" in shown.page.locator(".cnn-message").inner_text()


@pytest.mark.parametrize(
    ("mode", "state"),
    [
        ("sum", {"data": {"mode": "</script><b>x"}}),
        ("sum", {"X": [[[1.0]]]}),
        ("mix", {"data": {"mode": "mix", "rows": 9, "cols": 9, "photo": "AAAA"}}),
        ("cost", {"groups": "four"}),
    ],
)
def test_a_hostile_start_leaves_the_picture(show, mode, state):
    shown = show(some(mode), state=state, faulty=True)
    assert "could not start" in shown.page.locator(".cnn-message").inner_text()
    assert shown.page.locator(".cnn-still-picture").is_visible()


def test_a_link_brings_back_what_was_seen(show):
    first = show(some("sum"))
    first.button("Y[2]").click()
    first.card.get_by_role("switch", name="slices transposed").click()
    link = {"out": 2, "transposed": True, "row": 1e9}
    second = show(some("sum"), link=link)
    assert panels(second, "Y") == panels(first, "Y")
    assert second.line().startswith("Y[2, 1, 0] =")
    assert second.page.locator(".cnn-message").inner_text() == ""
    third = show(some("mix"), link={"row": 3, "column": 4, "w": [9, 0, 0]})
    value = 2 * int(Channels(photo=coffee()).pixels[3, 4, 0])
    assert panels(third, "y") == [[[value]]]
