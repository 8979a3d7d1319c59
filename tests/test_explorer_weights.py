"""The explorer "weights": by mouse, by keys, on a phone, against PyTorch."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from explorer_fixtures import parse, show  # noqa: F401 - fixtures
from traitlets import TraitError

from d2l_helpers.explorers import Weights
from d2l_helpers.explorers._picture import diverging
from d2l_helpers.explorers.weights import weights_left

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under

torch.manual_seed(3)
FREE, V = torch.randn(36, 36), torch.randn(11, 11)
STATES = [(tied, near) for tied in (False, True) for near in (0, 1, 2)]


def matrix(tied, near):
    """W as the page's own cells build it, float64."""
    at = torch.arange(6)
    d = at[None, :] - at[:, None]
    a = d[:, None, :, None].expand(6, 6, 6, 6).reshape(36, 36)
    b = d[None, :, None, :].expand(6, 6, 6, 6).reshape(36, 36)
    W = (V[a + 5, b + 5] if tied else FREE).double()
    return W * ((a.abs() <= near) & (b.abs() <= near)) if near else W


def dot(i, j):
    X = torch.zeros(6, 6).double()
    X[i, j] = 1
    return X


def value(text, name):
    """The number after "name = " in a text line."""
    return parse(re.search(re.escape(name) + r" = (−?[\d.]+)", text)[1].rstrip("."))


@pytest.mark.parametrize(("tied", "near"), STATES)
def test_python_has_the_matrix_and_the_count(tied, near):
    explorer = Weights(FREE.requires_grad_(), V, tied=tied, near=near, pattern="hook")
    FREE.requires_grad_(False)
    W = matrix(tied, near)
    np.testing.assert_array_equal(explorer.W, W)
    X = dot(2, 2) + dot(3, 2) + dot(3, 3)
    np.testing.assert_allclose(explorer.H.ravel(), W @ X.flatten(), atol=1e-12)
    assert explorer.count == len(np.unique(W[W != 0]))
    assert explorer.count == weights_left(6, tied=tied, near=near)


def test_python_refuses_what_cannot_be_and_keeps_the_hook_inside():
    for bad in (torch.zeros(6, 6), [[float("nan")] * 36] * 36, "weights"):
        with pytest.raises(TraitError):
            Weights(bad, V)
    with pytest.raises(TraitError, match=r"V must have the shape \(11, 11\)"):
        Weights(FREE, np.zeros((3, 3)))
    explorer = Weights(pattern="hook", row=5, column=5)
    with pytest.raises(TraitError):
        explorer.near = 3
    assert explorer.near == 0
    assert explorer.place() == (4, 4)
    assert explorer.X.sum() == 3


def test_the_still_picture_has_the_figures_colours():
    import matplotlib as mpl

    import d2l_helpers.plotting  # noqa: F401 - it names the colour maps

    values = np.linspace(-3, 3, 256)[None]
    drawn = mpl.colormaps["cnn_div"](np.linspace(0, 1, 256))[:, :3] * 255
    assert abs(diverging(values, 3)[0] - drawn).max() <= 1.5


@pytest.mark.parametrize(("tied", "near"), [(False, 0), (True, 2)])
def test_every_response_by_key_is_pytorchs(show, tied, near):
    shown = show(Weights(FREE, V, counts="show", tied=tied, near=near))
    shown.panel("Input").locator(".cnn-mapbox").focus()
    shown.key("ArrowRight", "ArrowRight", "ArrowDown")
    H = (matrix(tied, near) @ dot(3, 4).flatten()).view(6, 6)
    old = (matrix(tied, near) @ dot(2, 2).flatten()).view(6, 6)
    line = shown.line()
    gap = (H[1:, 2:] - old[:-1, :-2]).abs()
    assert f"moved along: {gap.max():.2f}; {(gap > 0).sum()} of 20 cells" in line
    assert ("did not move along" in line) is not tied
    shown.panel("Response").locator(".cnn-mapbox").focus()
    shown.key("ArrowUp", "ArrowUp", "Home")
    for n in range(36):
        i, j = divmod(n, 6)
        said = value(shown.line(), f"H[{i}, {j}]")
        assert said == pytest.approx(H[i, j].item(), abs=5.1e-3)
        shown.key("ArrowRight") if j < 5 else shown.key("Home", "ArrowDown")


def test_the_matrix_says_who_looks_at_whom(show):
    shown = show(Weights(FREE, V, tied=True, near=1, counts="show"))
    box = shown.panel("Weights").locator(".cnn-mapbox")
    size = box.bounding_box()["width"]
    # output [2, 3] is row 15, input [1, 4] is column 10
    box.hover(position={"x": (10.5 / 36) * size, "y": (15.5 / 36) * size})
    V_ = V[4, 6]  # one up, one right
    expected = (
        f"W[2, 3, 1, 4] = V[−1, 1] = {V_:.2f}: output [2, 3] looks at input "
        "[1, 4], 1 up, 1 right. 25 entries are this one weight."
    )
    assert expected.replace("-", "−") in shown.line()
    box.focus()
    shown.key("ArrowRight")
    assert "2 right, beyond Δ = 1: crossed out" in shown.line()
    shown.button("Near first").click()
    shown.button("Same everywhere").click()
    W = f"W[2, 3, 1, 5] = {FREE[15, 11]:.2f}: output".replace("-", "−")
    assert W in shown.line()


def test_counts_are_asked_for_before_they_show(show):
    shown = show(Weights(FREE, V))
    verdict = shown.page.locator(".cnn-verdict:visible")
    shown.button("Yes").click()  # will the response move along?
    assert "it is No" in verdict.inner_text()
    assert "moved 1 right: the response did not move along" in shown.line()
    table = shown.page.get_by_role("table")
    for tied, near, wrong, slip in (
        (True, 0, 144, "11 steps, not 12"),
        (True, 1, 4, "famous misprint"),
        (True, 2, 576, "many of them are the same weight"),
        (False, 2, 900, "every unit a whole window"),
    ):
        for name, on in (("Same everywhere", tied), ("Near first", near > 0)):
            button = shown.button(name)
            if (button.get_attribute("aria-pressed") == "true") != on:
                button.click()
        if near:
            shown.button(str(near)).click()
        row = table.locator("[aria-current]")
        assert row.inner_text().split("\n")[1:] == ["?", "?"]
        shown.page.locator(".cnn-guess-field").fill(str(wrong))
        shown.key("Enter")
        W = matrix(tied, near)
        count = len(np.unique(W[W != 0]))
        assert f"it is {count}" in verdict.inner_text()
        assert slip in verdict.inner_text()
        real = weights_left(1000, tied=tied, near=near)
        assert row.inner_text().split("\n")[1:] == [f"{count}", f"{real:,}"]
    assert "1,000,000,000,000" in table.inner_text()
    assert "3,996,001" in table.inner_text()


def test_the_pattern_is_dragged_and_put_back(show):
    shown = show(Weights(FREE, V, tied=True, counts="show", pattern="hook"))
    box = shown.panel("Input").locator(".cnn-mapbox").bounding_box()
    at = lambda i, j: (  # noqa: E731
        box["x"] + (j + 0.5) * box["width"] / 6,
        box["y"] + (i + 0.5) * box["height"] / 6,
    )
    shown.page.mouse.move(*at(3, 3))  # the hook's lower right cell
    shown.page.mouse.down()
    shown.page.mouse.move(*at(2, 3))
    assert "moved 1 up: the response moved along" in shown.line()
    shown.page.mouse.move(*at(0, 0))  # it stays inside
    assert "moved 2 up, 2 left: the response moved along" in shown.line()
    shown.page.mouse.up()
    label = shown.panel("Input").locator(".cnn-mapbox").get_attribute("aria-label")
    assert "hook at row 0, column 0" in label
    shown.button("Undo").click()
    assert "The hook lies at [2, 2]" in shown.line()


def test_on_a_phone(show):
    shown = show(Weights(FREE, V), width=360)
    page = shown.page
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    heights = [shown.card.bounding_box()["height"]]
    for name in ("No", "Same everywhere", "Commit", "Skip", "Near first", "Skip"):
        shown.card.get_by_role("button", name=name, exact=True).locator(
            "visible=true"
        ).click()
        heights.append(shown.card.bounding_box()["height"])
    assert max(heights) - min(heights) < 3
    buttons = page.locator(".cnn-card button:visible").all()
    sizes = [b.bounding_box() for b in buttons]
    assert min(min(s["width"], s["height"]) for s in sizes) >= 24
    assert "9 left" in page.locator(".cnn-result").inner_text()
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show, scheme):
    shown = show(Weights(FREE, V))
    shown.button("Same everywhere").click()
    shown.scheme(scheme)
    assert shown.axe() == []


@pytest.mark.parametrize(
    "hostile",
    [
        {"tied": "yes", "near": [1]},
        {"pattern": "<img src=x onerror=alert(1)>"},
        {"row": None, "unit": "</script>"},
        "no object",
    ],
)
def test_a_hostile_link_changes_nothing_it_should_not(show, hostile):
    shown = show(Weights(FREE, V), link=hostile)
    assert "The dot lies at [2, 2]" in shown.line()
    assert "1,296 left" in shown.page.locator(".cnn-result").inner_text()
    assert "impossible" in shown.page.locator(".cnn-message").inner_text()


@pytest.mark.parametrize(
    "data", [{}, None, {**Weights(FREE, V).data, "free": "AAAAAA=="}]
)
def test_a_hostile_start_leaves_the_picture(show, data):
    shown = show(Weights(FREE, V), state={"data": data}, faulty=True)
    assert "could not start" in shown.page.locator(".cnn-message").inner_text()
    assert shown.page.locator(".cnn-still-picture").is_visible()


def test_a_link_brings_back_what_was_seen(show):
    link = {"tied": True, "near": 2, "row": 9, "column": 0, "counts": "show"}
    shown = show(Weights(FREE, V), link=link)
    assert "moved 3 down, 2 left: the response moved along" in shown.line()
    assert "25 left" in shown.page.locator(".cnn-result").inner_text()
    assert shown.button("2").get_attribute("aria-pressed") == "true"
