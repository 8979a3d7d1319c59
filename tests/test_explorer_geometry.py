"""The explorer "geometry": sizes, uses and unread pixels, against PyTorch."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from explorer_fixtures import show  # noqa: F401 - fixtures
from traitlets import TraitError

import d2l_helpers as d2l
from d2l_helpers.explorers import Geometry

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
MODES = ("zeros", "reflect", "replicate", "circular")


def layer(n, k, p=0, s=1, d=1, mode="zeros"):
    """Output shape and uses of each pixel, by PyTorch's gradient; pairs or numbers."""
    (n, m), k, p, s, d = (
        v if isinstance(v, tuple) else (v, v) for v in (n, k, p, s, d)
    )
    X = torch.zeros(1, 1, n, m, requires_grad=True)
    sides = (p[1], p[1], p[0], p[0])
    padded = F.pad(X, sides, "constant" if mode == "zeros" else mode)
    Y = F.conv2d(padded, torch.ones(1, 1, *k), stride=s, dilation=d)
    Y.sum().backward()
    return tuple(Y.shape[2:]), X.grad[0, 0].int().numpy()


def settings(rng, count):
    while count:
        n, k, p, s, d = (
            tuple(rng.integers(low, high, 2).tolist())
            for low, high in ((1, 14), (1, 5), (0, 4), (1, 5), (1, 3))
        )
        if all(d[i] * (k[i] - 1) < n[i] + 2 * p[i] and p[i] < n[i] for i in (0, 1)):
            count -= 1
            yield n, k, p, s, d


def test_python_agrees_with_torch_and_with_the_helpers():
    rng = np.random.default_rng(0)
    for n, k, p, s, d in settings(rng, 40):
        for mode in MODES:
            size, uses = layer(n, k, p, s, d, mode)
            explorer = Geometry(n=n, k=k, p=p, s=s, d=d, mode=mode)
            assert explorer.output_size == size
            np.testing.assert_array_equal(explorer.uses, uses)
            assert explorer.unread == (uses == 0).sum()
            assert explorer.axis == "both" or size
        explorer.mode = "zeros"
        axes = list(zip(n, k, s, p, d, strict=True))
        assert explorer.output_size == tuple(d2l.conv_output_size(*a) for a in axes)
        rows, columns = (d2l.use_counts(*a) for a in axes)
        np.testing.assert_array_equal(explorer.uses, np.outer(rows, columns))
        read = [a[0] - d2l.unread(*a) for a in axes]
        assert explorer.unread == n[0] * n[1] - read[0] * read[1]


def test_python_takes_numbers_pairs_and_tensors_and_refuses_the_rest():
    explorer, heard = Geometry(n=8, k=(3, 5), s=torch.tensor([3, 4])), []
    assert (explorer.k.tolist(), explorer.s.tolist()) == ([3, 5], [3, 4])
    assert explorer.axis == "rows"  # the axes differ: the sliders move one of them
    explorer.observe(heard.append)
    for name, bad in [
        ("n", 0), ("n", 29), ("n", 2.5), ("n", (5, 5.5)), ("n", (1, 2, 3)), ("k", "3"),
        ("k", float("nan")), ("p", -1), ("p", True), ("s", 0), ("d", [[1, 1]]),
        ("mode", "same"), ("row", 40), ("pixel", (0, 28)), ("question", -1),
    ]:  # fmt: skip
        with pytest.raises(TraitError):
            setattr(explorer, name, bad)
    assert heard == []
    explorer.s = 1
    assert [change["name"] for change in heard] == ["s"]
    explorer.k = 9 - 2  # spans 7 of 8 rows
    explorer.d = 2
    with pytest.raises(ValueError, match="spans 13 cells and does not fit"):
        explorer.output_size  # noqa: B018
    assert "does not fit" in explorer.sentence()
    with pytest.raises(ValueError, match="reflect padding of 3 copies at most 2"):
        Geometry(n=3, p=3, mode="reflect").uses  # noqa: B018


def sizes(shown):
    """Output sizes on the page: the result, and what both formulas come to."""
    result, lines = shown.page.evaluate(
        """() => [document.querySelector('.cnn-result').textContent,
        [...document.querySelectorAll('.cnn-formula p:not(.cnn-symbols)')]
          .filter(p => !p.hidden).map(p => p.textContent)]"""
    )
    return result, [int(t.split("=")[-1].replace("−", "-")) for t in lines]


def test_sliders_give_the_sizes_of_torch_in_both_forms(show):
    shown = show(Geometry())
    rng = np.random.default_rng(1)
    for _ in range(9):
        n, k, p, s, d = (
            int(rng.integers(*r)) for r in ((5, 29), (1, 6), (0, 4), (1, 5), (1, 4))
        )
        for label, v in zip(("Input", "Kernel", "Padding", "Stride", "Dilation"),
                            (n, k, p, s, d), strict=True):  # fmt: skip
            shown.slide(label, v)
        result, ends = sizes(shown)
        if d * (k - 1) + 1 > n + 2 * p:
            assert result == "no window"
            assert f"only {n} + 2·{p} = {n + 2 * p}" in shown.line()
            assert ends[0] == ends[1] < 1
            continue
        (size, _), uses = layer((n, n), k, p, s, d)
        assert result == f"{size} × {size}"
        assert ends == [size, size]
        lost = (uses == 0).sum()
        assert (f"{lost} of {n * n} pixels" in shown.line().replace(",", "")) == (
            lost > 0
        )
    shown.slide("Padding", 6)
    shown.slide("Input", 4)
    shown.button("reflect").click()
    assert "at most 3 to give" in shown.line()
    shown.key("z")
    shown.button("circular").click()
    assert "at most 4 to give" in shown.line()


def test_rows_and_columns_apart_and_linked_again(show):
    """The last line of the page's list: (3, 5), (0, 1), (3, 4) on 8×8."""
    shown = show(Geometry(n=8))
    shown.button("rows").click()
    shown.slide("Stride", 3)
    shown.button("columns").click()
    for label, v in (("Kernel", 5), ("Stride", 4), ("Padding", 1)):
        shown.slide(label, v)
    assert sizes(shown) == ("2 × 2", [2, 2, 2, 2])
    assert "rows 6 and 7 are never read" in shown.line()
    assert "16 of 64 pixels" in shown.line()
    shown.button("linked").click()  # the columns take the rows' numbers
    assert sizes(shown) == ("2 × 2", [2, 2])
    assert shown.page.locator(".cnn-formula").inner_text().count("⌊5/3⌋") == 1


def test_uses_of_each_pixel_by_keyboard(show):
    n, p = 4, 1
    for mode, s in (("zeros", 1), ("reflect", 2)):
        shown = show(Geometry(n=n, p=p, s=s, mode=mode, about="pixel"))
        counts = layer((n, n), 3, p, s, mode=mode)[1]
        shown.page.locator(".cnn-board").first.focus()
        for i in range(n):
            shown.key("Home")
            for j in range(n):
                assert shown.line().startswith(
                    f"Pixel [{i}, {j}] is read {counts[i, j]}"
                )
                shown.key("ArrowRight")
            shown.key("ArrowDown")


def test_a_fine_map_paints_each_count_in_its_own_colour(show):
    shown = show(Geometry(n=28, k=3, s=2))
    counts = layer((28, 28), 3, s=2)[1]
    seen = shown.page.evaluate(
        """() => { const canvas = document.querySelector('.cnn-board canvas');
        const cells = document.querySelector('.cnn-cells');
        const { data } = canvas.getContext('2d')
          .getImageData(0, 0, canvas.width, canvas.height);
        const scale = canvas.width / canvas.offsetWidth, size = cells.offsetWidth / 28;
        const at = (n, edge) => Math.round((edge + (n + 0.5) * size) * scale);
        const pixel = (i, j) => 4 * (at(i, cells.offsetTop) * canvas.width
          + at(j, cells.offsetLeft));
        return Array.from({length: 28}, (_, i) => Array.from({length: 28}, (_, j) =>
          data.slice(pixel(i, j), pixel(i, j) + 4).join())); }"""
    )
    colours = {count: set() for count in np.unique(counts)}
    for i in range(28):
        for j in range(28):
            colours[counts[i, j]].add(seen[i][j])
    assert sorted(colours) == [0, 1, 2, 4]
    assert all(len(found) == 1 for found in colours.values())
    assert len(set().union(*colours.values())) == 4
    assert "row and column 27 are never read. In all 55 of 784" in shown.line()


def test_the_window_moves_by_steps_keys_clicks_and_play(show):
    shown = show(Geometry(n=6, p=1, s=2))
    output = shown.page.locator(".cnn-board").nth(1)
    output.focus()
    shown.key(".", ".", "ArrowDown", ",")
    assert "Window [1, 1] reads 9 pixels" in shown.line()
    shown.key("Home", "ArrowUp", "ArrowUp")
    assert "Window [0, 0] reads 4 pixels and 5 of padding" in shown.line()
    where = shown.page.locator(".cnn-cells").first.bounding_box()
    shown.page.mouse.click(where["x"] + 3.5 * where["width"] / 8, where["y"] + 20)
    assert "Window [0, 1] reads 6 pixels and 3 of padding" in shown.line()
    frame = shown.page.locator(".cnn-window:visible").first
    pitch = where["width"] / 8
    assert (
        frame.evaluate("e => e.style.transform") == f"translate({2 * pitch:g}px, 0px)"
    )
    shown.button("Play").click()
    shown.page.wait_for_function(
        "() => document.querySelector('.cnn-line').innerText.includes('Window [1, 0]')"
    )
    shown.slide("Stride", 1)
    assert shown.button("Play").is_visible()  # an edit ends it
    shown.key("z")
    assert shown.page.locator(".cnn-result").inner_text() == "3 × 3"


def slips(n, k, p, s, d):
    span = d * (k - 1) + 1
    room = n + 2 * p - span
    yield (n + p - span) // s + 1, "counted once"
    yield (n - span) // s + 1, "left out"
    yield -(-room // s) + 1, "rounded up"
    yield room // s, "+ 1 is missing"
    yield (n + 2 * p - k) // s + 1, "dilation is left out"


def test_a_wrong_size_is_named_by_its_slip(show):
    shown, named, asked = show(Geometry()), set(), set()
    for _ in range(9):
        if not shown.page.locator(".cnn-guess-field").is_visible():
            text = "Ask another" if asked else "Ask me a size"
            shown.button(text).click()
        question = shown.page.locator(".cnn-question").inner_text()
        asked.add(question)
        found = dict(re.findall(r"([nkpsd]) = (\d+)", question))
        n, k, p, s = (int(found[name]) for name in "nkps")
        d = int(found.get("d", 1))
        (size, _), _ = layer((n, n), k, p, s, d)
        assert shown.page.locator(".cnn-result").inner_text() == "? × ?"
        assert str(size) not in shown.page.locator(".cnn-formula").inner_text()
        wrong = [(v, w) for v, w in slips(n, k, p, s, d) if v != size]
        assert len({v for v, _ in wrong}) >= 3
        value, what = next((x for x in wrong if x[1] not in named), wrong[0])
        first = next(w for v, w in wrong if v == value)
        field = shown.page.locator(".cnn-guess-field")
        assert field.evaluate("e => e === document.activeElement")
        field.fill(str(value))
        field.press("Enter")
        verdict = shown.page.locator(".cnn-verdict").inner_text()
        assert first in verdict
        assert f"it is {size}" in verdict
        named.add(what)
        assert sizes(shown) == (f"{size} × {size}", [size, size])
    assert len(asked) == 9
    assert len(named) == 5
    shown.button("Ask another").click()
    shown.page.get_by_role("button", name="Skip").click()
    shown.button("Done").click()
    assert not shown.page.locator(".cnn-verdict").is_visible()


def test_on_a_phone(show):
    shown = show(Geometry(n=12, k=3, s=2), width=360)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
    before = shown.page.locator(".cnn-stage").bounding_box()["height"]
    box = shown.page.locator(".cnn-cells").nth(1).bounding_box()
    shown.page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    assert "Window [4, 4]" in shown.line()
    shown.slide("Kernel", 4)
    shown.slide("Padding", 6)
    assert sizes(shown)[0] == "{} × {}".format(*layer((12, 12), 4, 6, 2)[0])
    assert abs(shown.page.locator(".cnn-stage").bounding_box()["height"] - before) <= 2
    shown.button("Ask me a size").click()
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show, scheme):
    shown = show(Geometry(n=8, k=(3, 5), s=(3, 4), p=(0, 1), about="pixel"))
    shown.scheme(scheme)
    assert shown.axe() == []
    shown.button("Ask me a size").click()
    assert shown.axe() == []


def test_hostile_links_and_a_hostile_start(show):
    for hostile in (
        {"n": [5.5, 5], "k": [3]}, {"p": "<img src=x onerror=alert(1)>"},
        {"mode": "__proto__", "__proto__": {"mode": "zeros"}}, 7,
    ):  # fmt: skip
        shown = show(Geometry(), link=hostile)
        assert shown.page.locator(".cnn-result").inner_text() == "3 × 3"
        assert "impossible" in shown.page.locator(".cnn-message").inner_text()
    shown = show(Geometry(), link={"k": [1e9, -1e9], "row": 1e9, "pixel": [9, 9]})
    assert sizes(shown)[0] == "no window"  # 7 by 1, the ends of what there is
    shown = show(Geometry(), state={"n": [["</script>"]]}, faulty=True)
    assert "could not start" in shown.page.locator(".cnn-message").inner_text()


def test_a_link_brings_back_what_was_seen(show):
    link = {"n": [28, 28], "k": [5, 5], "about": "pixel", "pixel": [19, 0]}
    shown = show(Geometry(), link=link)
    assert shown.line().startswith("Pixel [19, 0] is read 5 times")
    shown.page.keyboard.press("Tab")
    shown.page.get_by_text("Reset", exact=True).click()
    assert shown.page.locator(".cnn-result").inner_text() == "3 × 3"
    asked = show(Geometry(), link={"question": 3, "n": [9, 9], "s": [2, 2]})
    assert (
        "n = 9, k = 3, p = 0, s = 2."
        in asked.page.locator(".cnn-question").inner_text()
    )
