"""The explorer "filter": by mouse, by keys, on a phone, against PyTorch."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from explorer_fixtures import parse, show  # noqa: F401 - fixtures
from torch.nn.functional import avg_pool2d, conv2d
from traitlets import TraitError

from d2l_helpers import examples
from d2l_helpers.explorers import Filter

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
SOBEL = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
BELL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])


def torch_answer(X, K):
    X, K = (torch.from_numpy(np.asarray(A, dtype=float).copy()) for A in (X, K))
    return conv2d(X[None, None], K[None, None])[0, 0].numpy()


def facts(shown):
    """The numbers beside the products, by name."""
    rows = shown.page.locator(".cnn-facts p").evaluate_all(
        "rows => rows.map(p => [...p.children].map(c => c.textContent))"
    )
    return {name: parse(text.strip("×% \u2009")) for name, text in rows}


def level(shown, name, i, j):
    """Red, green, blue of one pixel of a map."""
    return (
        shown.panel(name)
        .locator("canvas.cnn-map")
        .evaluate(
            """(canvas, [i, j]) => {
              const copy = document.createElement("canvas");
              const context = copy.getContext("2d", {willReadFrequently: true});
              context.drawImage(canvas, -j, -i);
              return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
            }""",
            [i, j],
        )
    )


def test_python_knows_pictures_and_answers():
    torch.manual_seed(0)
    small = avg_pool2d(examples.coffee().mean(0)[None], 2)[0]
    explorer = Filter(torch.randn(3, 4))
    np.testing.assert_allclose(explorer.X, small, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(
        explorer.Y, torch_answer(explorer.X, explorer.K), atol=1e-12
    )
    explorer.source = "plaid"
    np.testing.assert_allclose(explorer.X, examples.plaid(), atol=1e-7)
    explorer.K, explorer.normed = BELL, True
    assert explorer.kernel.sum() == pytest.approx(1)
    explorer.K = SOBEL  # nothing to divide by
    assert explorer.kernel.tolist() == SOBEL
    drawn = Filter(source="drawing", drawing=examples.dot(28))
    drawn.K = np.arange(1, 10).reshape(3, 3)
    assert drawn.Y[12:15, 12:15].tolist() == [[9, 8, 7], [6, 5, 4], [3, 2, 1]]


def test_python_refuses_what_cannot_be():
    explorer, seen = Filter(), []
    explorer.observe(seen.append, ["K", "drawing", "source"])
    for name, bad in (
        ("K", np.zeros((6, 1))), ("K", [[1e4]]), ("K", [[float("nan")]]), ("K", [1]),
        ("drawing", [0.5] * 783), ("drawing", [2.0] * 784), ("source", "cat"),
    ):  # fmt: skip
        with pytest.raises(TraitError):
            setattr(explorer, name, bad)
    assert seen == []
    with pytest.raises(TraitError, match="drawing"):
        Filter(drawing=np.zeros((27, 28)))


def test_a_preset_a_size_and_the_whole_map(show):
    shown = show(Filter())
    shown.button("Gauss").click()
    shown.button("5 × 5").click()
    assert shown.grid("Kernel") == BELL.tolist()
    explorer = Filter(BELL, normed=True)
    Y = explorer.Y
    values = facts(shown)
    assert values["Weights sum to"] == 256
    assert values["Mean after"] == pytest.approx(Y.mean(), abs=5e-3)
    assert values["Mean before"] == pytest.approx(
        explorer.X[2:-2, 2:-2].mean(), abs=5e-3
    )
    wood, rim = (slice(74, 96), slice(122, 146)), (slice(26, 54), slice(44, 76))
    for name, box in (("Grain of wood", wood), ("Rim of cup", rim)):
        inner = tuple(slice(s.start - 2, s.stop - 2) for s in box)
        parts = []
        for picture in (Y[inner], explorer.X[box]):
            steps = [np.diff(picture, axis=a).ravel() for a in (0, 1)]
            parts.append(np.sqrt(np.square(np.concatenate(steps)).mean()))
        assert values[name] == pytest.approx(parts[0] / parts[1], abs=6e-3)
    for i, j in ((0, 0), (50, 70), (95, 145)):
        assert level(shown, "Output", i, j)[0] == pytest.approx(255 * Y[i, j], abs=1)


def test_a_pixel_is_written_out_under_the_pointer(show):
    shown = show(Filter(SOBEL, source="plaid", view="signed"))
    box = shown.panel("Output").locator(".cnn-mapbox")
    where = box.bounding_box()
    at = {"x": where["width"] * 9.5 / 26, "y": where["height"] * 4.5 / 26}
    box.hover(position=at)
    X = examples.plaid().double()
    Y = torch_answer(X, SOBEL)
    assert shown.line().startswith(f"Output [4, 9] = {Y[4, 9]:.2f}".replace("-", "−"))
    window = X[4:7, 9:12].numpy()
    np.testing.assert_allclose(shown.grid("Window"), window, atol=5.1e-3)
    np.testing.assert_allclose(
        shown.grid("Products"), window * np.array(SOBEL), atol=5.1e-3
    )
    # looking round leaves nothing to undo
    undo = shown.card.get_by_role("button", name="Undo")
    assert undo.get_attribute("aria-disabled") == "true"


def test_the_keyboard_steps_edits_and_undoes(show):
    shown = show(Filter([[0, 0, 0], [0, 2, 0], [0, 0, 0]], source="boot"))
    shown.panel("Picture").locator(".cnn-mapbox").focus()
    shown.key("ArrowDown", "ArrowDown", "ArrowRight")
    X = examples.boot()
    assert shown.line().startswith(f"Output [15, 14] = {2 * X[16, 15]:.2f}")
    shown.cell("Kernel", 1, 1).focus()
    shown.key("ArrowLeft", "Enter")
    shown.page.keyboard.type("-2")
    shown.key("Enter")
    K = [[0, 0, 0], [-2, 2, 0], [0, 0, 0]]
    expected = torch_answer(X, K)
    assert f"[15, 14] = {expected[15, 14]:.2f}".replace("-", "−") in shown.line()
    outside = np.mean((expected < -1e-9) | (expected > 1 + 1e-9))
    assert facts(shown)["Outside 0…1"] == pytest.approx(100 * outside, abs=0.5)
    # the slider moves the same weight, and one gesture is one undo
    for value in (-1, 0.5, 1.5):
        shown.slide("Weight [1, 0]", value)
    assert shown.grid("Kernel")[1] == [1.5, 2, 0]
    shown.button("Undo").click()
    assert shown.grid("Kernel") == K


def test_a_drawing_by_mouse_by_keys_and_by_stamp(show):
    shown = show(Filter(np.arange(1, 10).reshape(3, 3)))
    shown.button("Dot").click()
    shown.panel("Picture").locator(".cnn-mapbox").focus()
    assert shown.grid("Window") == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert "= 5.00" in shown.line()
    shown.key("Home", "ArrowUp", " ")  # the border pixel [13, 0]
    box = shown.panel("Picture").locator(".cnn-mapbox")
    place = box.bounding_box()
    at = [place[k] + place[s] * 2.5 / 28 for k, s in (("x", "width"), ("y", "height"))]
    shown.page.mouse.move(*at)
    shown.page.mouse.down()
    shown.page.mouse.move(at[0] + place["width"] * 5 / 28, at[1])
    shown.page.mouse.up()
    expected = np.zeros((28, 28))
    expected[14, 14] = expected[13, 0] = 1
    expected[2, 2:8] = 1
    drawn = [[level(shown, "Picture", i, j)[0] / 255 for j in range(28)]
             for i in (2, 13, 14)]  # fmt: skip
    assert drawn == expected[[2, 13, 14]].tolist()
    shown.button("Eraser").click()
    box.focus()
    shown.key(" ")
    assert level(shown, "Picture", 2, 7) == [0, 0, 0]


def test_on_a_phone_nothing_moves_and_nothing_is_cut(show):
    shown = show(Filter(), width=360)
    heights = set()
    for name in ("Gauss", "5 × 5", "Plaid", "Sobel", "Cross", "with signs", "3 × 3"):
        shown.button(name).click()
        heights.add(shown.page.locator(".cnn-stage").bounding_box()["height"])
    assert len(heights) == 1
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
    shown.button("5 × 5").click()
    for name in ("Kernel", "Window", "Products"):
        assert (
            shown.panel(name)
            .locator(".cnn-cell")
            .evaluate_all(
                "cells => cells.every(c => c.scrollWidth <= c.offsetWidth + 1)"
            )
        )
    cell = shown.cell("Kernel", 4, 4).bounding_box()
    assert min(cell["width"], cell["height"]) >= 24


@pytest.mark.parametrize("width", [1280, 360])
def test_products_fit_their_cells_and_the_heading_its_place(show, width):
    shown = show(Filter(SOBEL, view="signed"), width=width)
    assert "sum −0.02" in shown.panel("Products").locator(".cnn-head").inner_text()
    for size in ("3 × 3", "5 × 5"):
        shown.button(size).click()
        assert shown.cut() == []
        apart = shown.page.evaluate(
            """() => { const range = document.createRange();
              range.selectNodeContents([...document.querySelectorAll('.cnn-head')].pop());
              const [a, b] = [range, document.querySelector('.cnn-facts')]
                .map((it) => it.getBoundingClientRect());
              return b.left >= a.right || b.top >= a.bottom; }"""
        )
        assert apart, size


def test_the_task_can_be_met_and_belongs_to_the_photograph(show):
    shown = show(Filter(task=True))
    task, met = (shown.page.locator(f".cnn-task{part}") for part in ("", " b"))
    assert "below ×0.35, but keep the rim of the cup, above ×0.65" in task.inner_text()
    tall = shown.card.bounding_box()["height"]
    for name, done in (("Gauss", ""), ("Box", "✓ Met."), ("Copy", "")):
        shown.button(name).click()
        assert met.inner_text() == done, facts(shown)
    shown.button("Box").click()
    assert met.get_attribute("role") == "status"
    values = facts(shown)
    assert values["Grain of wood"] < 0.35
    assert values["Rim of cup"] > 0.65
    for name in ("Boot", "Plaid", "Drawing"):
        shown.button(name).click()
        assert "grain" not in task.inner_text()
        assert met.inner_text() == ""
    shown.button("Coffee").click()
    assert met.inner_text() == "✓ Met."
    assert shown.card.bounding_box()["height"] == tall
    other = show(Filter(SOBEL, view="signed"))  # as on a page with tasks of its own
    other.button("Box").click()
    assert "grain" not in other.page.locator(".cnn-task").inner_text()


def test_nine_ninths_are_one(show):
    shown = show(Filter(np.zeros((3, 3))))
    for n in range(9):
        shown.cell("Kernel", n // 3, n % 3).focus()
        shown.key("Enter")
        shown.page.keyboard.type("1/9")
        shown.key("Enter")
    assert facts(shown)["Weights sum to"] == 1


def test_axe_finds_nothing_in_either_scheme(show):
    shown = show(Filter(SOBEL, view="signed"))
    assert shown.axe() == []
    shown.scheme("dark")
    assert shown.axe() == []


@pytest.mark.parametrize(
    "hostile",
    [
        {"K": [[1, 2], [3]]},
        {"drawing": [0] * 5},
        {"drawing": "<img src=x onerror=alert(1)>"},
        {"source": "__proto__", "view": "constructor", "normed": 1},
    ],
)
def test_a_hostile_link_is_refused(show, hostile):
    shown = show(Filter(SOBEL), link=hostile)
    assert "impossible" in shown.page.locator(".cnn-message").inner_text()
    assert shown.grid("Kernel") == SOBEL


def test_a_link_restores_and_a_hostile_state_leaves_the_picture(show):
    drawing = [0.0] * 784
    drawing[14 * 28 + 14] = 1.0
    link = {"K": [[1, 2], [3, 4]], "source": "drawing", "drawing": drawing,
            "row": 1e9, "column": 14}  # fmt: skip
    shown = show(Filter(), link=link)
    assert shown.grid("Kernel") == [[1, 2], [3, 4]]
    assert re.match(r"Output \[26, 14\] = 0.00", shown.line())
    broken = show(Filter(), state={"drawing": "</script><b>"}, faulty=True)
    assert "could not start" in broken.page.locator(".cnn-message").inner_text()
    assert broken.page.locator(".cnn-still-picture").is_visible()
