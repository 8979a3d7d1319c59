"""The explorer "learn": by mouse, by keys, on a phone, against PyTorch's autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from explorer_fixtures import parse, show  # noqa: F401 - fixtures
from traitlets import TraitError

from d2l_helpers import corr2d, examples
from d2l_helpers.explorers import Learn

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
EDGE = torch.tensor([[1.0, -1.0]])
SOBEL = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
START = torch.tensor([[0.3, 0.6]])


def descent(X, Y, K, rate, steps):
    """The notebook's loop, in double precision: (K, losses)."""
    X, Y, K = X.double(), Y.double(), K.double().requires_grad_()
    losses = []
    for step in range(steps + 1):
        loss = ((corr2d(X, K) - Y) ** 2).sum()
        losses.append(loss.item())
        if step < steps:
            (slope,) = torch.autograd.grad(loss, K)
            with torch.no_grad():
                K -= rate * slope
    return K.detach().numpy(), losses


def chapter():
    stripe, plaid = examples.stripe(), examples.plaid()
    return {
        "stripe, edge": (stripe, corr2d(stripe, EDGE), EDGE),
        "stripe, Sobel": (stripe, corr2d(stripe, SOBEL), SOBEL),
        "plaid, Sobel": (plaid, corr2d(plaid, SOBEL), SOBEL),
    }


def loss(shown):
    """The loss that stands over the text line."""
    text = shown.page.locator(".cnn-line strong").inner_text().split("loss ")[1]
    if "·10" in text:
        digits, power = text.split("·10")
        return float(digits) * 10 ** float(power.translate(DOWN))
    return parse(text)


DOWN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def test_python_learns_as_autograd_does():
    cases = chapter()
    explorer = Learn(cases, START)
    for case, (X, Y, true) in enumerate(cases.values()):
        explorer.case = case
        for seed in (0, 3):
            explorer.seed, explorer.steps = seed, 0
            start = torch.tensor(explorer.K)
            if true is EDGE and seed == 0:
                torch.testing.assert_close(start.float(), START)
            explorer.rate, explorer.steps = 0.9 * explorer.limit, 25
            K, losses = descent(X, Y, start, explorer.rate, 25)
            np.testing.assert_allclose(explorer.K, K, atol=1e-5)
            np.testing.assert_allclose(explorer.history, losses, rtol=1e-4, atol=1e-6)
            assert explorer.K.shape == tuple(true.shape)
    explorer.case = 0
    assert explorer.limit == pytest.approx(1 / 30)
    explorer.rate, explorer.steps = 1.0, 2000  # explodes: the run ends, K is finite
    assert len(explorer.history) < 20
    assert np.isfinite(explorer.K).all()


def test_python_refuses_what_cannot_be():
    X, Y, K = chapter()["stripe, edge"]
    for cases in (
        {}, {"a": (X, Y)}, {"a": (X, Y, SOBEL)}, {"a": (X, Y + 1, K)},
        {"a": (X * float("nan"), Y, K)}, {"a": (X[0], Y, K)}, {"a": (X, Y, "K")},
        {"a": (torch.ones(40, 40), torch.ones(40, 39), K)},
    ):  # fmt: skip
        with pytest.raises(TraitError):
            Learn(cases)
    with pytest.raises(TraitError, match="start's shape"):
        Learn({"a": (X, Y, K)}, SOBEL)
    explorer, seen = Learn({"a": (X, Y, K)}), []
    explorer.observe(seen.append)
    for name, bad in ("case", 1), ("seed", 64), ("rate", 0), ("steps", 2.5):
        with pytest.raises(TraitError):
            setattr(explorer, name, bad)
    assert seen == []


def test_steps_by_mouse_and_by_key_are_those_of_autograd(show):
    X, Y, _ = chapter()["stripe, edge"]
    shown = show(Learn(chapter(), START, steps=0))
    for press in (
        lambda: shown.button("+10 steps").click(),
        lambda: shown.key("."),
        lambda: shown.key(",", ","),
    ):
        press()
        shown.page.locator(".cnn-cell").first.focus()
        steps = int(
            shown.page.locator(".cnn-line strong").inner_text().split(":")[0][5:]
        )
        K, losses = descent(X, Y, START, 0.03, steps)
        np.testing.assert_allclose(shown.grid("Kernel now"), K, atol=5.1e-3)
        assert loss(shown) == pytest.approx(losses[-1], rel=6e-3)
    assert steps == 9
    assert "loss 0.224" in shown.line()  # as the page prints it


def test_the_rate_redraws_the_whole_run_and_can_explode(show):
    X, Y, _ = chapter()["stripe, edge"]
    shown = show(Learn(chapter(), START, steps=20))
    for rate in (0.01, 0.0278, 0.0347):
        shown.slide("Learning rate", np.log10(rate))
        said = shown.slider("Learning rate").get_attribute("aria-valuetext")
        K, losses = descent(X, Y, START, float(said), 20)
        assert loss(shown) == pytest.approx(losses[-1], rel=2e-2)
        np.testing.assert_allclose(shown.grid("Kernel now"), K, atol=5.1e-3)
    assert "it grows" in shown.line()
    shown.slide("Learning rate", np.log10(0.05))
    shown.button("+100 steps").click()
    assert shown.line().startswith("Exploded at step")


def test_a_loss_of_zero_and_the_wrong_kernel(show):
    shown = show(Learn(chapter(), START))
    shown.button("stripe, Sobel").click()
    shown.button("another kernel").click()
    assert (
        "3 of 9 directions"
        in shown.page.locator(".cnn-verdict >> visible=true").inner_text()
    )
    shown.button("+100 steps").click()
    assert "the kernel is wrong" in shown.line()
    found = np.array(shown.grid("Kernel now"))
    np.testing.assert_allclose(found.sum(0), [4, 0, -4], atol=0.02)
    shown.button("From another start").click()
    shown.button("+100 steps").click()
    assert np.abs(np.array(shown.grid("Kernel now")) - found).max() > 0.1
    shown.button("plaid, Sobel").click()
    for _ in range(6):
        shown.button("+100 steps").click()
    assert shown.grid("Kernel now") == SOBEL.tolist()


@pytest.mark.parametrize("case", ["stripe, Sobel", "plaid, Sobel"])
def test_weights_fit_their_cells(show, case):
    shown = show(Learn(chapter(), START))
    shown.button(case).click()
    assert "−2.00" in shown.panel("Kernel wanted").inner_text()
    assert shown.cut() == []


def test_the_question_is_explained_and_reset_asks_again(show):
    shown = show(Learn(chapter(), START))
    shown.button("1/36").click()
    verdict = shown.page.locator(".cnn-verdict >> visible=true")
    assert "it is 1/30" in verdict.inner_text()
    assert "fastest rate of all" in verdict.inner_text()
    shown.page.locator(".cnn-cell").first.focus()
    shown.key("r")
    assert verdict.inner_text() == ""
    assert shown.button("1/36").is_enabled()


def test_on_a_phone(show):
    shown = show(Learn(chapter(), START), width=360)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
    sizes = set()
    for press in (
        "1/36", "+10 steps", "+100 steps", "From another start",
        "stripe, Sobel", "another kernel", "+100 steps",
        "plaid, Sobel", "another kernel", "+100 steps",
    ):  # fmt: skip
        shown.button(press).click()
        parts = (shown.page.locator(f".cnn-{part}") for part in ("stage", "transport"))
        sizes.add(tuple(round(part.bounding_box()["height"]) for part in parts))
    assert len(sizes) == 1, sizes
    assert sizes.pop()[1] <= 57
    assert shown.cut() == []
    ends = shown.page.evaluate(
        """() => [...document.querySelectorAll('.cnn-value')].map((value) => {
          const text = document.createRange();
          text.selectNodeContents(value);
          return text.getBoundingClientRect().right
            <= value.parentElement.getBoundingClientRect().right + 0.5; })"""
    )
    assert ends == [True] * 2


def test_axe_finds_nothing_in_either_scheme(show):
    shown = show(Learn(chapter(), START))
    shown.button("1/6").click()
    assert shown.axe() == []
    shown.scheme("dark")
    assert shown.axe() == []


@pytest.mark.parametrize(
    "hostile",
    [{"case": 5}, {"rate": "0.03", "steps": None, "seed": [1]}, "<script>"],
)
def test_a_hostile_link_changes_nothing(show, hostile):
    shown = show(Learn(chapter(), START), link=hostile)
    assert "impossible" in shown.page.locator(".cnn-message").inner_text()
    assert shown.line().startswith("Step 10: loss 0.142")


def test_a_link_restores_and_a_hostile_state_leaves_the_picture(show):
    link = {"case": 2, "seed": 5, "rate": 0.0015, "steps": 40}
    shown = show(Learn(chapter(), START), link=link)
    explorer = Learn(chapter(), START, **link)
    np.testing.assert_allclose(shown.grid("Kernel now"), explorer.K, atol=5.1e-3)
    broken = show(Learn(), state={"data": {"cases": [{"X": "</script>"}]}}, faulty=True)
    assert "could not start" in broken.page.locator(".cnn-message").inner_text()
    assert broken.page.locator(".cnn-still-picture").is_visible()
