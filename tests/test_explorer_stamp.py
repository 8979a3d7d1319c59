"""The explorer "stamp": by mouse, by keys, on a phone, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from explorer_fixtures import show  # noqa: F401 - fixtures
from traitlets import TraitError

from d2l_helpers.explorers import Stamp

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under


def torch_answer(X, K, s=1, p=0):
    X, K = torch.as_tensor(X).double(), torch.as_tensor(K).double()
    Y = torch.nn.functional.conv_transpose2d(
        X[None, None], K[None, None], stride=s, padding=p
    )
    return Y[0, 0].numpy()


def drawn(seed):
    """A random layer: X, K, stride and padding that leave some output."""
    rng = np.random.default_rng(seed)
    X = rng.integers(-5, 6, rng.integers(1, 4, 2))
    K = rng.integers(-3, 4, rng.integers(1, 5, 2))
    s = int(rng.integers(1, 4))
    full = min((n - 1) * s + k for n, k in zip(X.shape, K.shape, strict=True))
    p = int(rng.integers(0, min(3, (full - 1) // 2) + 1))
    return X, K, s, p


@pytest.mark.parametrize("seed", range(20))
def test_python_knows_the_answer(seed):
    X, K, s, p = drawn(seed)
    explorer = Stamp(X, K, stride=s)
    explorer.padding = p
    np.testing.assert_allclose(explorer.Y, torch_answer(X, K, s, p), atol=1e-12)
    ones = torch_answer(np.ones(X.shape), np.ones(K.shape), s, p)
    assert explorer.stamps.tolist() == ones.tolist()


def test_python_refuses_what_cannot_be():
    explorer = Stamp(torch.ones(2, 2), torch.ones(2, 2, requires_grad=True))
    for bad in ([[1, float("nan")]], [["a"]], [1, 2], np.zeros((5, 5)), [[1e9]]):
        with pytest.raises(TraitError):
            explorer.K = bad
    with pytest.raises(TraitError, match="padding"):
        explorer.padding = 2  # of an output of 3 × 3
    explorer.padding = 1
    with pytest.raises(TraitError, match="padding"):
        explorer.X = [[1]]  # 2 × 2, of which two rows would go
    assert (explorer.padding, explorer.X.tolist()) == (1, [[1, 1], [1, 1]])


@pytest.mark.parametrize("seed", range(4))
def test_the_page_stamps_as_pytorch_does(show, seed):
    X, K, s, p = drawn(seed)
    shown = show(Stamp(X, K, stride=s, padding=p, shown="all"))
    rows = shown.grid("Output")
    kept = [row[p : len(row) - p] for row in rows[p : len(rows) - p]]
    assert kept == torch_answer(X, K, s, p).tolist()
    cut = [v for row in rows for v in row if v is None]
    assert len(cut) == len(rows) * len(rows[0]) - len(kept) * len(kept[0])


def test_stamps_fall_one_by_one(show):
    X = np.array([[0, 1], [2, 3]])
    shown = show(Stamp(X, X, stride=2))
    done = np.zeros((4, 4))
    for n, (i, j) in enumerate(np.ndindex(2, 2)):
        shown.button("Step").click()
        done[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += X[i, j] * X
        assert shown.grid("Output") == done.tolist()
        assert shown.line().startswith(f"Stamp {n + 1} of 4: X[{i}, {j}] = {X[i, j]}")
    shown.button("Step").click()  # none is left
    assert shown.line().startswith("Stamp 4 of 4")
    shown.cell("Input", 0, 1).click()
    shown.key("ArrowDown", ",")
    assert shown.line().startswith("Stamp 3 of 4")
    shown.cell("Output", 3, 1).click()
    assert "1 stamp lands here." in shown.line()
    assert "X[1, 0]·K[1, 1] = 2×3 = 6" in shown.line()
    shown.cell("Input", 0, 1).click()
    assert shown.line().startswith("Stamp 2 of 4")


def test_what_is_cut_off_is_said_on_every_side(show):
    shown = show(Stamp(np.ones((3, 3)), np.ones((3, 3)), padding=1, shown="all"))
    for place, cut in (((0, 1), True), ((1, 1), False), ((2, 1), True), ((1, 2), True)):
        shown.cell("Input", *place).click()
        assert ("is cut off" in shown.line()) == cut


def test_a_partial_sum_says_that_it_is_one(show):
    shown = show(Stamp(shown="step", at=1))
    shown.cell("Output", 1, 1).click()
    assert "4 stamps land here. So far 2 of 4." in shown.line()
    assert "= 0×3 + 1×2 = 2." in shown.line()


def test_a_prediction_gives_nothing_away_and_is_explained(show):
    shown = show(Stamp())
    assert shown.grid("Output") == [[None] * 3] * 3
    assert "×" not in shown.line()
    assert shown.card.locator(".is-picked").count() == 0
    for place, guess, said in (
        ((1, 1), "2", "That is the stamp of X[0, 1] alone: 4 stamps land here"),
        ((2, 2), "3", "That is the kernel alone"),
        ((1, 2), "3", "That is the stamp of X[0, 1] alone: 2 stamps"),
        ((2, 1), "-12", "the sign is not"),
    ):
        shown.cell("Output", *place).click()
        field = shown.card.get_by_label(
            f"What number lands at [{place[0]}, {place[1]}]?"
        )
        field.locator("input").fill(guess)
        shown.key("Enter")
        assert said in shown.page.locator(".cnn-verdict").inner_text()
        assert shown.focused() == "Step"
    got = shown.grid("Output")
    assert [got[1][1], got[2][2], got[1][2], got[2][1]] == [4, 9, 6, 12]
    assert got[0] == [None] * 3
    shown.cell("Output", 1, 1).click()
    assert "0×3 + 1×2 + 2×1 + 3×0 = 4." in shown.line()


def test_the_task_is_met_where_the_stride_divides_the_kernel(show):
    shown = show(Stamp(shown="all", cells="stamps"))
    task = shown.page.locator(".cnn-task")
    for n, k, s, met in (
        (3, 3, 1, False),
        (3, 3, 2, False),
        (3, 2, 2, True),
        (3, 4, 2, True),
        (3, 3, 3, True),
        (3, 2, 3, False),
        (1, 2, 2, False),
    ):
        shown.slide("Input", n)
        shown.slide("Kernel", k)
        shown.slide("Stride", s)
        assert ("✓ Met" in task.inner_text()) == met
        counts = np.array(shown.grid("Output"))
        assert (
            counts.tolist()
            == torch_answer(np.ones((n, n)), np.ones((k, k)), s).tolist()
        )
        inner = counts[k - 1 : -(k - 1) or None, k - 1 : -(k - 1) or None]
        if s > 1 and inner.size > 1:
            assert (len(np.unique(inner)) == 1) == met


def test_padding_gives_way_to_a_smaller_output(show):
    shown = show(Stamp(np.ones((3, 3)), np.ones((4, 4)), shown="all"))
    shown.slide("Padding", 2)
    assert "2 × 2, cut from 6 × 6" in shown.panel("Output").inner_text()
    assert "p" in shown.card.inner_text()
    shown.slide("Input", 1)
    assert "2 × 2, cut from 4 × 4" in shown.panel("Output").inner_text()
    shown.key("z")
    shown.button("Undo").click()
    assert "2 × 2, cut from 6 × 6" in shown.panel("Output").inner_text()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_largest_fits_and_its_cells_can_be_hit(show, width):
    X, K = np.full((3, 3), -999), np.full((4, 4), 0.5)
    shown = show(Stamp(X, K, stride=3, shown="all"), width=width)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == width
    assert len(shown.grid("Output")) == 10
    assert shown.cut() == []
    box = shown.cell("Output", 9, 9).bounding_box()
    assert min(box["width"], box["height"]) >= 24
    shown.cell("Output", 9, 9).click()
    assert shown.line().startswith("Output [9, 9] =")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show, scheme):
    shown = show(Stamp())
    shown.scheme(scheme)
    assert shown.axe() == []
    shown.button("Step").click()
    shown.button("number of stamps").click()
    assert shown.axe() == []


@pytest.mark.parametrize(
    "hostile",
    [
        {"X": [[1, None]]},
        {"K": [[0] * 9] * 9},
        {"padding": 3},
        {"X": "<img src=x onerror=alert(1)>"},
        {"shown": "yes", "__proto__": {"shown": "all"}},
        ["not", "an", "object"],
    ],
)
def test_a_hostile_link_changes_nothing(show, hostile):
    shown = show(Stamp(shown="all"), link=hostile)
    assert shown.grid("Output") == [[0, 0, 1], [0, 4, 6], [4, 12, 9]]
    assert "impossible" in shown.page.locator(".cnn-message").inner_text()


def test_a_link_brings_back_what_was_seen(show):
    link = {"K": [[1, 2]], "stride": 2, "shown": "all"}
    shown = show(Stamp(), link=link)
    assert shown.grid("Output") == torch_answer([[0, 1], [2, 3]], [[1, 2]], 2).tolist()
    assert shown.page.locator(".cnn-message").inner_text() == ""
