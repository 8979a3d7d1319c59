"""The explorer "gradients": its sums against autograd, by mouse, by keys."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from explorer_fixtures import show  # noqa: F401 - fixtures
from traitlets import TraitError

from d2l_helpers.explorers import Gradients

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
OPS = ["correlation", "convolution", "max", "average"]
TIED = [[5, 5, 0], [2, 1, 0], [0, 0, 0]]


def autograd(explorer):
    """Y, ∂L/∂X, ∂L/∂K and ∂L/∂b by PyTorch."""
    X, K = (torch.tensor(v, requires_grad=True) for v in (explorer.X, explorer.K))
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    s = explorer.stride
    if explorer.op in ("max", "average"):
        pool = F.max_pool2d if explorer.op == "max" else F.avg_pool2d
        Y = pool(X[None], 2, s)[0]
    else:
        kernel = K.flip(0, 1) if explorer.op == "convolution" else K
        Y = F.conv2d(X[None, None], kernel[None, None], b, s)[0, 0]
    G = torch.tensor(explorer.upstream)
    dX, dK, db = torch.autograd.grad(Y, (X, K, b), G, allow_unused=True)
    dK = torch.zeros_like(K) if dK is None else dK
    return Y.detach().numpy(), dX.numpy(), dK.numpy(), 0 if db is None else db.item()


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("stride", [1, 2])
def test_python_agrees_with_autograd_and_takes_tensors(op, stride):
    torch.manual_seed(0)
    K = torch.randn(3, 2, requires_grad=True)
    ties = torch.randint(0, 2, (5, 6))
    for X in (torch.randn(5, 6), ties):
        explorer = Gradients(X, K, op=op, stride=stride)
        assert (explorer.G == 1).all()
        explorer.G = torch.randn(explorer.Y.shape)
        ours = (explorer.Y, explorer.dX, explorer.dK, explorer.db)
        for mine, theirs in zip(ours, autograd(explorer), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_python_refuses_what_cannot_be():
    explorer = Gradients()
    for name, bad in {
        "X": [[1]], "K": np.zeros((4, 1)), "G": [["a"]], "op": "min", "stride": 3,
        "of": "b", "row": -1, "shown": True,
    }.items():  # fmt: skip
        with pytest.raises(TraitError):
            setattr(explorer, name, bad)
    explorer.K = np.ones((3, 3))
    with pytest.raises(TraitError, match="does not fit"):
        explorer.X = np.ones((2, 2))
    assert explorer.X.shape == (3, 3)
    explorer.G = np.full((3, 3), 2)  # cut to the output's shape
    assert explorer.upstream.tolist() == [[2]]
    explorer.K = [[1]]
    explorer.G = [[1, 1]]
    assert explorer.upstream.tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("op", OPS)
def test_the_page_agrees_with_autograd(show, op):
    rng = np.random.default_rng(3)
    X, K = rng.integers(-4, 5, (4, 5)) / 2, rng.integers(-4, 5, (2, 3)) / 2
    G = rng.integers(-2, 3, (4, 5))
    explorer = Gradients(X, K, G, op=op, stride=1, shown="all")
    shown = show(explorer)
    for stride in (1, 2):
        shown.button(str(stride)).click()
        held = shown.grid("G")
        explorer.stride, explorer.G = stride, held
        Y, dX, dK, db = autograd(explorer)
        close = {"atol": 6e-3, "rtol": 0}  # two digits are printed
        np.testing.assert_allclose(shown.grid("Y"), Y, **close)
        np.testing.assert_allclose(shown.grid("∂L/∂X"), dX, **close)
        if op == "correlation":
            np.testing.assert_allclose(shown.grid("∂L/∂K"), dK, **close)
            np.testing.assert_allclose(shown.grid("nudged ∂L/∂K"), dK, **close)
            assert f"∂L/∂b = {db:.0f}".replace("-", "−") in shown.card.inner_text()
        if op != "max":  # ties have no slope
            np.testing.assert_allclose(shown.grid("nudged ∂L/∂X"), dX, **close)
            assert "·10⁻" in shown.card.get_by_text("Largest gap").inner_text()


def test_a_weight_collects_its_uses_and_a_guess_is_explained(show):
    shown = show(Gradients())
    assert shown.grid("∂L/∂K") == [[None, None], [None, None]]
    assert "used 4 times" in shown.line()
    shown.page.locator(".cnn-guess-field").fill("4")
    shown.page.keyboard.press("Enter")
    verdict = shown.page.locator(".cnn-verdict").inner_text()
    assert "4 too low" in verdict
    assert "G alone" in verdict
    assert shown.grid("∂L/∂K") == [[8, None], [None, None]]
    assert shown.button("Ask me").get_attribute("aria-pressed") == "true"
    line = shown.line().replace("\xa0", " ")
    assert "G[0, 0]·X[0, 0] + G[0, 1]·X[0, 1]" in line
    assert "= 1×0 + 1×1 + 1×3 + 1×4 = 8." in line
    shown.button("Show all").click()
    assert shown.grid("∂L/∂K") == [[8, 12], [20, 24]]
    assert shown.grid("∂L/∂X") == [[0, 1, 1], [2, 6, 4], [2, 5, 3]]
    shown.cell("∂L/∂X", 1, 1).click()
    assert "= 1×3 + 1×2 + 1×1 + 1×0 = 6." in shown.line()
    assert shown.page.locator(".cnn-check").is_visible()


def test_it_goes_on_asking_until_all_numbers_are_known(show):
    shown = show(Gradients())
    _, dX, dK, _ = autograd(Gradients())
    known = [*dK.ravel(), *dX.ravel()]
    shown.page.locator(".cnn-guess-field").focus()
    for n, value in enumerate(known, start=1):
        shown.page.keyboard.type(f"{value:.0f}")
        shown.key("Enter")
        verdict = shown.page.locator(".cnn-verdict").inner_text()
        assert verdict.startswith(f"✓ right: {value:.0f}. ")
        grids = (shown.grid(name) for name in ("∂L/∂K", "∂L/∂X"))
        cells = [cell for rows in grids for row in rows for cell in row]
        assert cells == [*known[:n], *[None] * (len(known) - n)]
        assert not shown.page.locator(".cnn-check").is_visible()
        if n < len(known):
            assert shown.focused() == "Ask me another"
            shown.key("Enter")  # the field has the focus
    assert shown.focused() == "row 2, column 2: 3"
    shown.key("ArrowLeft")  # the verdict makes room
    assert shown.page.locator(".cnn-check").is_visible()
    shown.key(".")  # other gradients
    assert shown.grid("∂L/∂X")[2] == [None, None, None]


def test_one_output_alone_shows_the_kernel_where_it_looked(show):
    shown = show(Gradients(shown="all"))
    shown.cell("Y", 0, 1).click()
    assert shown.grid("G") == [[0, 1], [0, 0]]
    assert shown.grid("∂L/∂X") == [[0, 0, 1], [0, 2, 3], [0, 0, 0]]
    assert shown.grid("∂L/∂K") == [[1, 2], [4, 5]]
    shown.key("ArrowDown")  # in Y
    assert shown.grid("∂L/∂X") == [[0, 0, 0], [0, 0, 1], [0, 2, 3]]
    shown.button("Strict convolution ∗").click()
    assert shown.grid("∂L/∂X") == [[0, 0, 0], [0, 3, 2], [0, 1, 0]]
    assert "turned by 180°" in shown.line()
    shown.button("All ones").click()
    assert shown.grid("G") == [[1, 1], [1, 1]]


def test_keys_edit_and_choose(show):
    shown = show(Gradients(shown="all"))
    shown.cell("G", 0, 0).focus()
    shown.key("ArrowRight", "Enter")
    shown.page.keyboard.type("-2")
    shown.key("Enter")
    expected = autograd(Gradients(G=[[1, -2], [1, 1]]))
    assert shown.grid("∂L/∂X") == expected[1].tolist()
    assert shown.grid("∂L/∂K") == expected[2].tolist()
    shown.cell("∂L/∂K", 0, 0).focus()
    shown.key("End", "ArrowDown")
    assert shown.line().replace("\xa0", " ").startswith("∂L/∂K[1, 1] = 9")
    shown.key(".", ".")
    assert shown.grid("G") == [[0, 1], [0, 0]]


def test_a_tie_goes_to_the_first_and_the_nudge_finds_half(show):
    shown = show(Gradients(TIED, op="max", of="X", column=1))
    field = shown.page.locator(".cnn-guess-field")
    field.fill("1.5")
    field.press("Enter")
    assert "shares a tie out" in shown.page.locator(".cnn-verdict").inner_text()
    expected = autograd(Gradients(TIED, op="max"))[1]
    assert "as in PyTorch" in shown.line()
    assert shown.grid("∂L/∂X")[0] == [None, 1, None]
    shown.button("Show all").click()
    assert shown.grid("∂L/∂X") == expected.tolist()
    assert expected[0, 1] == 1
    assert "as in PyTorch" in shown.line()
    shown.cell("∂L/∂X", 0, 0).click()
    assert shown.grid("nudged ∂L/∂X")[0][:2] == [0.5, 1.5]
    assert "Largest gap to the rule: 0.50" in shown.card.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_and_for_axe(show, scheme):
    rng = np.random.default_rng(2)
    X, K = rng.integers(0, 5, (6, 6)), rng.integers(-2, 3, (3, 3))
    shown = show(Gradients(X, K, shown="all"), width=360)
    shown.scheme(scheme)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
    for name in ("X", "K", "Y", "G", "∂L/∂X", "nudged ∂L/∂X"):
        box = shown.cell(name, 0, 0).bounding_box()
        assert min(box["width"], box["height"]) >= 24, name
    assert shown.grid("∂L/∂K") == autograd(Gradients(X, K))[2].tolist()
    assert shown.axe() == []


def test_nothing_jumps(show):
    shown = show(Gradients())
    tall = "document.querySelector('.cnn-card').offsetHeight"
    first = shown.page.evaluate(tall)
    shown.page.locator(".cnn-guess-field").fill("8")
    shown.key("Enter")
    for name in ("One output", "Maximum 2×2", "All ones", "Average 2×2", "2", "Ask me"):
        assert shown.page.evaluate(tall) == first, name
        shown.button(name).click()


@pytest.mark.parametrize(
    "hostile",
    [
        {"X": [[1, None], [1, 2]], "G": "<img src=x onerror=alert(1)>"},
        {"K": [[0] * 3] * 3, "X": [[0, 1], [2, 3]]},
        {"op": "__proto__", "__proto__": {"stride": 2}},
        {"row": 1e9, "of": "X", "column": -5},
    ],
)
def test_a_hostile_link_changes_nothing_it_should_not(show, hostile):
    shown = show(Gradients(shown="all"), link=hostile)
    assert shown.grid("∂L/∂X") == [[0, 1, 1], [2, 6, 4], [2, 5, 3]]
    if "row" not in hostile:
        assert "impossible" in shown.page.locator(".cnn-message").inner_text()


def test_a_hostile_start_leaves_the_picture_and_a_link_restores(show):
    shown = show(Gradients(), state={"G": [["</script><b>x"]]}, faulty=True)
    assert "could not start" in shown.page.locator(".cnn-message").inner_text()
    assert shown.page.locator(".cnn-still-picture").is_visible()
    link = {"op": "average", "shown": "all", "stride": 2, "X": [[0, 1], [3, 4]]}
    shown = show(Gradients(), link=link)
    assert shown.grid("∂L/∂X") == [[0.25, 0.25], [0.25, 0.25]]
    assert shown.page.locator(".cnn-message").inner_text() == ""
