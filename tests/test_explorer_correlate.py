"""The explorer "correlate": by mouse, by keys, on a phone, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from explorer_fixtures import show  # noqa: F401 - fixtures
from traitlets import TraitError

from d2l_helpers.explorers import Correlate

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under


def torch_answer(X, K, flip=False):
    X, K = torch.as_tensor(X).double(), torch.as_tensor(K).double()
    K = K.flip(0, 1) if flip else K
    return torch.nn.functional.conv2d(X[None, None], K[None, None])[0, 0].numpy()


def test_python_knows_the_answer_and_takes_tensors():
    torch.manual_seed(0)
    X, K = torch.randn(5, 7), torch.randn(2, 3, requires_grad=True)
    explorer = Correlate(X, K)
    np.testing.assert_allclose(explorer.Y, torch_answer(X, K.detach()), atol=1e-12)
    explorer.flip = True
    np.testing.assert_allclose(
        explorer.Y, torch_answer(X, K.detach(), True), atol=1e-12
    )


def test_python_refuses_what_cannot_be():
    explorer = Correlate()
    seen = []
    explorer.observe(lambda change: seen.append(change["name"]), "K")
    for bad in ([[1, float("nan")]], [["a"]], [1, 2], np.zeros((4, 4)), [[1e9]]):
        with pytest.raises(TraitError):
            explorer.K = bad
    with pytest.raises(TraitError, match="does not fit"):
        explorer.X = [[1]]
    assert explorer.K.tolist() == [[0, 1], [2, 3]]
    assert seen == []
    explorer.K = [[5]]
    assert seen == ["K"]
    with pytest.raises(ValueError, match="read-only"):
        explorer.K[0, 0] = 1


def test_stepping_by_key_shows_every_value(show):
    rng = np.random.default_rng(1)
    X, K = rng.integers(-5, 6, (4, 5)), rng.integers(-3, 4, (2, 3))
    shown = show(Correlate(X, K, shown="step"))
    shown.cell("Output", 0, 0).click()
    for _ in range(8):
        shown.key(".")
    expected = torch_answer(X, K)
    assert shown.grid("Output") == expected.tolist()
    assert f"= {expected[2, 2]:.0f}".replace("-", "−") in shown.line()
    # the arrows move the window too, from the same tab stop
    shown.key("ArrowUp", "Home")
    assert shown.line().startswith("Output [1, 0] =")


def test_the_sum_is_written_term_by_term(show):
    shown = show(Correlate(column=1, shown="all"))
    assert "[0, 1]: 1×0 + 2×1 + 4×2 + 5×3 = 25" in shown.line()
    shown.button("Strict convolution ∗").click()
    assert "[0, 1]: 1×3 + 2×2 + 4×1 + 5×0 = 11" in shown.line()
    assert (
        shown.grid("Output")
        == torch_answer(
            np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2), flip=True
        ).tolist()
    )


def test_a_prediction_is_asked_for_and_explained(show):
    shown = show(Correlate())
    assert shown.grid("Output") == [[None, None], [None, None]]
    field = shown.card.get_by_label("What number lands at [0, 0]?").locator("input")
    field.fill("5")
    field.press("Enter")
    verdict = shown.page.locator(".cnn-verdict").inner_text()
    assert "14 too low" in verdict
    assert "strict convolution" in verdict
    assert shown.grid("Output")[0][0] == 19


def test_a_verdict_writes_numbers_as_the_text_does(show):
    shown = show(Correlate([[900, 0.3]], [[3, 0]], shown="predict"))
    for guess, said in (("284.2", "2,415.8 too low"), ("-0.001", "2,700 too low")):
        shown.button("Reset").click()
        shown.card.get_by_label("What number lands at [0, 0]?").locator("input").fill(
            guess
        )
        shown.key("Enter")
        verdict = shown.page.locator(".cnn-verdict").inner_text()
        assert said in verdict
        assert "it is 2,700." in verdict
    assert "You said 0;" in verdict


def test_an_answer_leaves_the_keys_working(show):
    shown = show(Correlate())
    for place in ("[0, 0]", "[0, 1]"):
        field = shown.card.get_by_label(f"What number lands at {place}?")
        field.locator("input").fill("5")
        shown.key("Enter")
        assert shown.line().startswith(f"Output {place} =")  # and no step further
        assert shown.focused() == "Step"
        shown.key(".")
    assert shown.line().startswith("Output [1, 0] = ?")


@pytest.mark.parametrize("width", [1280, 360])
def test_long_numbers_fit_their_cells(show, width):
    X = [[0, 1, 2], [3, 4, -5.25], [6, 7, 8]]
    shown = show(Correlate(X, [[0, 1], [2, 999]], shown="all"), width=width)
    assert shown.grid("Output")[1][1] == pytest.approx(8000.75, abs=0.5)
    assert shown.cut() == []


def test_fractions_are_taken_and_what_is_not_taken_is_said(show):
    shown = show(Correlate(shown="all"))
    message = shown.page.locator(".cnn-message")
    for text, value, said in (
        ("1/8", 0.125, ""),
        ("−2/3", -2 / 3, ""),
        ("abc", -2 / 3, "“abc” is not one number. Type it as in 1,200 or 0.5."),
        ("1/0", -2 / 3, "“1/0” is not one number. Type it as in 1,200 or 0.5."),
        ("0,5", 0.5, ""),
        ("99999", 999, "At most ±999."),
        ("-1e9", -999, "At most ±999."),
        ("3", 3, ""),
    ):
        shown.cell("Kernel", 0, 0).focus()
        shown.key("Enter")
        shown.page.keyboard.type(text)
        shown.key("Enter")
        assert message.inner_text() == said
        assert shown.grid("Kernel")[0][0] == pytest.approx(value, abs=5.1e-3)
    # a rounded number that is only looked at is not rounded by that
    shown.cell("Kernel", 0, 0).focus()
    shown.key("Enter")
    shown.page.keyboard.type("1/8")
    shown.key("Enter", "Enter", "Enter")
    shown.cell("Output", 1, 1).click()
    assert "= 43.50" in shown.line()


def test_cells_are_edited_by_keys_and_undone(show):
    shown = show(Correlate(shown="all"))
    shown.cell("Input", 0, 0).focus()
    shown.key("ArrowRight", "Enter")
    shown.page.keyboard.type("-2.5")
    shown.key("Enter")
    X = np.arange(9.0).reshape(3, 3)
    X[0, 1] = -2.5
    np.testing.assert_allclose(
        shown.grid("Output"), torch_answer(X, [[0, 1], [2, 3]]), atol=6e-3
    )
    shown.key("z")
    assert shown.grid("Output") == [[19, 25], [37, 43]]
    shown.key("Enter")
    shown.page.keyboard.type("7")
    shown.key("Escape")
    assert shown.grid("Output") == [[19, 25], [37, 43]]


def test_on_a_phone_by_touch_sized_targets(show):
    rng = np.random.default_rng(2)
    X, K = rng.integers(0, 5, (9, 9)), rng.integers(-2, 3, (3, 3))
    shown = show(Correlate(X, K, shown="all"), width=360)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
    assert shown.grid("Output") == torch_answer(X, K).tolist()
    box = shown.cell("Input", 8, 8).bounding_box()
    assert min(box["width"], box["height"]) >= 24
    shown.cell("Input", 4, 5).click()
    assert shown.line().startswith("Output [4, 5] =")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show, scheme):
    shown = show(Correlate())
    shown.scheme(scheme)
    assert shown.axe() == []


@pytest.mark.parametrize(
    "hostile",
    [
        {"X": [[1, None]]},
        {"K": [[0] * 9] * 9},
        {"X": "<img src=x onerror=alert(1)>"},
        {"row": 1e9, "column": float("-5")},
        {"flip": "yes", "__proto__": {"flip": True}},
        ["not", "an", "object"],
        7,
    ],
)
def test_a_hostile_link_changes_nothing_it_should_not(show, hostile):
    shown = show(Correlate(shown="all"), link=hostile)
    assert shown.grid("Output") == [[19, 25], [37, 43]]
    if hostile != {"row": 1e9, "column": float("-5")}:
        assert "impossible" in shown.page.locator(".cnn-message").inner_text()


def test_a_hostile_start_leaves_the_picture(show):
    shown = show(Correlate(), state={"X": [["</script><b>x"]]}, faulty=True)
    assert "could not start" in shown.page.locator(".cnn-message").inner_text()
    assert shown.page.locator(".cnn-still-picture").is_visible()


def test_a_link_brings_back_what_was_seen(show):
    first = show(Correlate(shown="all"))
    first.slide("Kernel columns", 1)
    first.button("Strict convolution ∗").click()
    values = first.grid("Output")
    second = show(Correlate(shown="all"), link={"K": [[0], [2]], "flip": True})
    assert second.grid("Output") == values
    assert second.page.locator(".cnn-message").inner_text() == ""
