"""The explorer "field": receptive fields of stacks, against gradients in PyTorch."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from explorer_fixtures import show  # noqa: F401 - fixtures
from traitlets import TraitError

import d2l_helpers as d2l
from d2l_helpers.explorers import Field

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
PLAIN = [(3, 1, 0, 1)]


def heard(layers):
    """The gradient of one unit by the input cells of its field, by PyTorch."""
    size = d2l.receptive_field(layers)
    X = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
    Y = X
    for k, s, _, d in layers:
        K = torch.ones(1, 1, k, dtype=torch.float64) / k
        Y = F.conv1d(Y, K, stride=s, dilation=d)
    assert Y.shape == (1, 1, 1)
    Y.sum().backward()
    return X.grad[0, 0].numpy()


def some_layers(rng, most=4):
    limits = ((1, 6), (1, 4), (0, 3), (1, 5))
    return [
        tuple(int(rng.integers(*limit)) for limit in limits)
        for _ in range(rng.integers(1, most))
    ]


def fields_on(shown):
    """(field, jump) of each layer as the page prints them, the first one first."""
    facts = shown.page.locator(".cnn-side-fact").evaluate_all(
        "all => all.filter(e => !e.hidden).map(e => e.textContent)"
    )
    pairs = [re.findall(r"[\d,]+", text.replace(", jump", " jump")) for text in facts]
    return [tuple(int(n.replace(",", "")) for n in pair) for pair in pairs[1:]]


def test_python_agrees_with_the_helpers_and_with_gradients():
    rng = np.random.default_rng(0)
    for _ in range(40):
        layers = some_layers(rng)
        explorer = Field(layers)
        assert explorer.fields == d2l.receptive_fields(layers)
        assert explorer.fields[-1].size == len(heard(layers))
        read = int((heard(layers) > 0).sum())
        assert (f"reads {read} of them" in explorer.sentence()) == (
            read < len(heard(layers)) and explorer._shown()[1] <= 600
        )
    assert [f.size for f in Field([(3, 2)] * 3).fields] == [3, 7, 15]
    assert Field([(7, 4, 0, 4)] * 5, layer=1).unit == 599  # of 2,041
    assert Field([(3,)], layer=7).unit == 4
    assert Field([(3,), [5, 2]]).layers.tolist() == [[3, 1, 0, 1], [5, 2, 0, 1]]
    assert Field(torch.tensor([[3, 1], [2, 2]])).fields[-1].size == 4


def test_python_refuses_what_is_no_stack():
    explorer, seen = Field(), []
    explorer.observe(seen.append)
    for bad in (
        [], [()], PLAIN * 8, [(8,)], [(3, 5)], [(3, 1, 7)], [(3, 1, 0, 0)], [(2.5,)],
        [(3, 1, 0, 1, 1)], 3, "333", None, [3, 3], [(float("nan"),)],
    ):  # fmt: skip
        with pytest.raises(TraitError):
            explorer.layers = bad
    with pytest.raises(TraitError):
        explorer.layer = 8
    assert seen == []
    assert explorer.fields == d2l.receptive_fields(PLAIN * 3)
    with pytest.raises(ValueError, match="read-only"):
        explorer.layers[0, 0] = 5


def test_random_stacks_on_the_page_have_the_fields_of_the_helpers(show):
    rng = np.random.default_rng(1)
    shown = show(Field())
    for _ in range(6):
        k, s, d = (int(rng.integers(1, high)) for high in (8, 5, 5))
        shown.slide("Layer", rng.integers(1, 4))
        for label, v in (("Kernel", k), ("Stride", s), ("Dilation", d)):
            shown.slide(label, v)
        names = shown.page.locator(".cnn-side-name").all_inner_texts()[1:4]
        stack = [
            tuple(
                int(m[1]) if (m := re.search(rf"{key}(\d)", name)) else default
                for key, default in ((": ", 1), ("s ", 1), ("p ", 0), (", d ", 1))
            )
            for name in names
        ]
        want = [(f.size, f.jump) for f in d2l.receptive_fields(stack)]
        assert fields_on(shown) == want
    shown.button("Remove").click()
    shown.button("Add layer").click()
    assert len(fields_on(shown)) == 3


def test_the_task_is_solved_in_three_ways(show):
    shown = show(Field())
    found = shown.page.locator(".cnn-way.is-found")
    assert found.count() == 0
    for _ in range(4):
        shown.button("Add layer").click()
    assert fields_on(shown)[-1] == (15, 1)
    assert found.all_inner_texts()[0].split() == ["✓", "plain"]
    box = shown.card.get_by_label("Stack", exact=True)
    box.select_option("three 3×3, stride 2")
    assert fields_on(shown)[-1] == (15, 8)
    shown.button("Ask me the next layer").click()
    shown.button("Done").click()
    assert found.count() == 1  # a ready stack is no way that somebody found
    box.select_option("three 3×3")
    for layer in (1, 2, 3):
        shown.slide("Layer", layer)
        shown.slide("Stride", 2)
    assert fields_on(shown)[-1] == (15, 8)
    assert found.count() == 2
    box.select_option("three 3×3")
    for layer, dilation in ((2, 2), (3, 4)):
        shown.slide("Layer", layer)
        shown.slide("Dilation", dilation)
    assert box.input_value() == "growing"
    assert found.count() == 3
    shown.button("Add layer").click()
    assert found.count() == 3


def test_the_cone_follows_clicks_and_arrows(show):
    shown = show(Field([(3, 2, 0, 1), (3, 1, 0, 2)]))
    assert "Unit 2 reads input cells 4 to 14. It reads 9" in shown.line()
    shown.page.locator(".cnn-side").focus()
    shown.key("Home")
    gradient = heard([(3, 2, 0, 1), (3, 1, 0, 2)]) > 0
    assert (len(gradient), gradient.sum()) == (11, 9)
    assert "Unit 0 reads input cells 0 to 10" in shown.line()
    shown.key("ArrowRight", "ArrowDown")
    assert "Layer 1 sees 3 × 3" in shown.line()
    assert "Unit 3 reads input cells 6 to 8." in shown.line()
    shown.key("ArrowDown", "ArrowUp", "End")
    assert "Layer 2" in shown.line()
    where = shown.page.locator(".cnn-side").bounding_box()
    shown.page.mouse.click(where["x"] + 2, where["y"] + 110)  # the first of layer 1
    assert "Layer 1" in shown.line()
    assert "Unit 0 reads input cells 0 to 2." in shown.line()


def test_holes_and_the_effective_field_are_those_of_torch(show):
    shown = show(Field([(3, 1, 0, 2)] * 2))
    assert "5 of the 9 cells in a row, so 25 of 81" in shown.line()
    for layers in (
        [(3, 1, 0, 1)] * 5,
        [(3, 2, 0, 1)] * 3,
        [(5, 1, 0, 2), (2, 2, 0, 1)],
    ):
        shown = show(Field(layers, view="effective"))
        share = heard(layers)
        at = np.arange(len(share)) - (len(share) - 1) / 2
        sides = range(2 - len(share) % 2, len(share) + 1, 2)
        side = next(
            r for r in sides if share[np.abs(at) < r / 2].sum() ** 2 >= 0.95 - 1e-9
        )
        assert f"the middle {side} × {side}." in shown.line()
        assert f"deviation is {(share * at**2).sum() ** 0.5:.2f} cells" in shown.line()
        assert shown.page.locator(".is-core").inner_text() == f"95 % within {side}"


def test_the_next_layer_is_predicted_and_slips_are_named(show):
    shown = show(Field([(3, 2, 0, 1)] * 2))
    named = []
    for turn in range(4):
        shown.button("Ask me the next layer").click()
        text = shown.page.locator(".cnn-question").inner_text()
        k, s, d = (
            int(m[1]) if (m := re.search(pattern, text)) else 1
            for pattern in (r"(\d)×", r"stride (\d)", r"dilation (\d)")
        )
        size, jump = fields_on(shown)[-1]
        truth = size + (k - 1) * d * jump
        guess = [truth, size + k * d * jump, size + (k - 1) * d, size * k][turn]
        field = shown.page.locator(".cnn-guess-field")
        field.fill(str(guess))
        field.press("Enter")
        named.append(shown.page.locator(".cnn-verdict").inner_text())
        assert f"{'it is' if turn else '✓ right:'} {truth}" in named[-1]
        assert fields_on(shown)[-1] == (truth, jump * s)
    assert "right" in named[0]
    assert "k − 1 steps, not k" in named[1]
    assert "jump is forgotten" in named[2]
    assert "do not multiply" in named[3]
    shown.page.get_by_text("Undo", exact=True).click()
    assert shown.page.locator(".cnn-guess-field").is_visible()  # asked again
    shown.button("Done").click()
    shown.button("Add layer").click()
    shown.button("Add layer").click()
    shown.button("Ask me the next layer").click()
    assert "stack is full" in shown.page.locator(".cnn-message").inner_text()


def test_on_a_phone_and_too_wide_to_draw(show):
    shown = show(Field([(3, 2, 0, 1)] * 3), width=360)
    tall = shown.page.locator(".cnn-stage").bounding_box()["height"]
    shown.button("effective").click()
    for label in ("Stride", "Dilation", "Kernel"):
        shown.slide(label, 4)
    shown.slide("Layer", 2)
    shown.slide("Stride", 4)
    shown.slide("Layer", 1)
    shown.slide("Dilation", 4)
    for _ in range(4):
        shown.button("Add layer").click()
    shown.slide("Stride", 4)
    shown.button("Ask me the next layer").click()
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
    assert abs(shown.page.locator(".cnn-stage").bounding_box()["height"] - tall) <= 2
    assert fields_on(shown)[0] == (9,)
    wide = show(Field([(7, 4, 0, 4)] * 5))
    assert wide.line().startswith("Layer 5 sees 8,185 × 8,185 cells")
    assert d2l.receptive_field([(7, 4, 0, 4)] * 5) == 8185
    assert wide.page.get_by_text("8,185 cells wide: too wide to draw").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show, scheme):
    shown = show(Field([(3, 1, 0, 2)] * 2, view="effective"))
    shown.scheme(scheme)
    assert shown.axe() == []
    shown.button("Ask me the next layer").click()
    assert shown.axe() == []


def test_links_and_hostile_states(show):
    link = {"layers": [[3, 2, 0, 1]] * 3, "layer": 2, "unit": 1, "view": "effective"}
    shown = show(Field(), link=link)
    assert shown.line().startswith("Layer 2 sees 7 × 7 cells")
    for hostile in (
        {"layers": [[3, 9, 0, 1]]},
        {"layers": [[0, 1, 0, 1]]},
        {"layers": [[3.5, 1, 0, 1]]},
        {"layers": "</script>", "__proto__": {"layer": 2}},
    ):
        shown = show(Field(), link=hostile)
        assert fields_on(shown) == [(3, 1), (5, 1), (7, 1)]
        assert "impossible" in shown.page.locator(".cnn-message").inner_text()
    shown = show(Field(), link={"layer": 1e9, "unit": 1e9})
    assert "Unit 8 reads input cells 8 to 14" in shown.line()
    shown = show(Field(), state={"layers": [["<b>"]]}, faulty=True)
    assert "could not start" in shown.page.locator(".cnn-message").inner_text()
