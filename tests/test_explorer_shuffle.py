"""The explorer "shuffle": by mouse, by keys, on a phone, against the recorded runs."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest
import torch
from explorer_fixtures import show  # noqa: F401 - fixtures
from traitlets import TraitError

import d2l_helpers as d2l
from d2l_helpers.explorers import Shuffle
from d2l_helpers.explorers._base import encoded

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under

ORDER = torch.randperm(784, generator=torch.Generator().manual_seed(0))
RECORDS = d2l.recorded("scramble"), d2l.recorded("sample_efficiency")
SOURCES = {"plain": "plain", "shuffled": "scrambled"}


def garments(**options):
    images = torch.stack([d2l.boot(raw=True), d2l.plaid(raw=True)])
    names = ["ankle boot", "shirt"]
    return Shuffle(images, ORDER, *RECORDS, names=names, **options)


def scores(layout, net, size, step):
    """One accuracy for each seed, straight from the records."""
    for record in RECORDS:
        seeds = record["results"].get(SOURCES[layout], {}).get(net, {}).get(str(size))
        if seeds:
            return np.array(seeds)[:, step]
    return np.array([])


def table(shown):
    rows = shown.page.locator(".cnn-table [role=row]").all_inner_texts()
    return {row.split("\n")[0]: row.split("\n")[1:] for row in rows[1:]}


def expected_rows(size, step, layouts=("plain", "shuffled")):
    rows = {}
    for layout in layouts:
        for net in ("MLP", "LeNet"):
            s = scores(layout, net, size, step)
            rows[f"{net}, {layout}"] = (
                [f"{s.mean():.3f}", f"{s.min():.3f}–{s.max():.3f}"]
                if len(s)
                else ["–", "not recorded"]
            )
    return rows


def drawn(shown, name):
    """The grey levels on a picture's canvas."""
    values = (
        shown.panel(name)
        .locator("canvas.cnn-map")
        .evaluate("c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data]")
    )
    return np.array(values).reshape(784, 4)[:, 0]


def test_python_shuffles_as_the_page_does_and_knows_the_scores():
    explorer = garments(shuffled=True, size=0, steps=0)
    pixels = d2l.boot(raw=True).flatten()
    np.testing.assert_array_equal(explorer.given.ravel(), pixels[ORDER])
    assert explorer.sizes == [500, 2000, 10000]
    for net in ("MLP", "LeNet"):
        plain = explorer.accuracy["plain"][net]
        np.testing.assert_array_equal(plain, scores("plain", net, 500, 0))
        explorer.size = 2
        mixed = explorer.accuracy["shuffled"][net]
        np.testing.assert_array_equal(mixed, scores("shuffled", net, 10000, 0))
        explorer.size = 0
    explorer.shuffled = False
    np.testing.assert_array_equal(explorer.given, explorer.images[0])


def test_python_refuses_what_cannot_be():
    boot = d2l.boot(raw=True)[None]
    for bad in (boot[0], boot / 255 + 0.1, boot - 300, boot.repeat(13, 1, 1), ["a"]):
        with pytest.raises(TraitError):
            Shuffle(bad, ORDER, *RECORDS)
    with pytest.raises(TraitError, match="each of 0 … 783 once"):
        Shuffle(boot, torch.zeros(784), *RECORDS)
    with pytest.raises(TraitError, match="as many names"):
        Shuffle(boot, ORDER, *RECORDS, names=["a", "b"])
    with pytest.raises(TraitError, match="same steps"):
        Shuffle(boot, ORDER)
    with pytest.raises(TraitError, match="no runs of both networks on 'scrambled'"):
        Shuffle(boot, ORDER, RECORDS[1])
    wrong = copy.deepcopy(RECORDS[0])
    wrong["results"]["plain"]["MLP"]["10000"][0][0] = float("nan")
    with pytest.raises(TraitError, match="no accuracies"):
        Shuffle(boot, ORDER, wrong)
    with pytest.raises(TraitError, match="a record of MLP and LeNet"):
        Shuffle(boot, ORDER, {"results": {}})


@pytest.mark.parametrize("step", [0, 1])
def test_every_number_is_a_recorded_one(show, step):
    shown = show(garments(shown="all", shuffled=True, steps=step))
    for n, size in enumerate((500, 2000, 10000)):
        shown.slide("Training images", n)
        assert table(shown) == expected_rows(size, step)
        lead = scores("plain", "LeNet", size, step).mean()
        lead -= scores("plain", "MLP", size, step).mean()
        shown.button("Shuffle").click()
        who = "LeNet" if lead > 0 else "the MLP"
        assert f"plain: {who} leads by {abs(lead) * 100:.1f} point" in shown.line()
        shown.button("Shuffle").click()
    drop = scores("shuffled", "LeNet", 10000, step).mean()
    drop -= scores("plain", "LeNet", 10000, step).mean()
    assert f"LeNet's by {drop * 100:.1f}".replace("-", "−") in shown.line()
    chart = shown.page.locator(".cnn-chart").get_attribute("aria-label")
    for net in ("MLP", "LeNet"):
        means = [
            f"{scores('plain', net, n, step).mean():.3f} at {n:,}"
            for n in (500, 2000, 10000)
        ]
        assert f"{net}, plain: {', '.join(means)}" in chart


def test_the_curve_is_foretold_before_it_shows(show):
    shown = show(garments())
    assert table(shown)["LeNet, shuffled"] == ["?", "?"]
    assert "shuffled" not in shown.page.locator(".cnn-legend").inner_text()
    shown.button("Shuffle").click()  # the picture may be shuffled, the curves wait
    assert table(shown)["LeNet, shuffled"] == ["?", "?"]
    shown.button("MLP").click()
    verdict = shown.page.locator(".cnn-verdict").inner_text()
    assert "it is LeNet" in verdict
    assert "never knew who stands next to whom" in verdict
    for net in ("MLP", "LeNet"):
        a, b = (scores(layout, net, 10000, 1) for layout in SOURCES)
        assert f"{net} goes from {a.mean():.3f} to {b.mean():.3f}" in verdict
        assert bool(a.min() > b.max()) is (net == "LeNet")
    assert table(shown) == expected_rows(10000, 1)
    shown.button("Reset").click()
    assert table(shown)["LeNet, shuffled"] == ["?", "?"]


def test_the_answer_shuffles_and_the_pixels_arrive(show):
    shown = show(garments())
    pixels = d2l.boot(raw=True).flatten()
    layer = shown.panel("Networks get").locator("canvas.cnn-layer[width='280']").last
    shown.button("LeNet").click()
    assert "✓" in shown.page.locator(".cnn-verdict").inner_text()
    assert layer.is_visible()  # on their way
    layer.wait_for(state="hidden", timeout=4000)
    np.testing.assert_array_equal(drawn(shown, "Networks get"), pixels[ORDER])
    np.testing.assert_array_equal(drawn(shown, "Garment"), pixels)


def test_no_motion_where_it_is_not_wanted_and_pixels_are_found_by_key(show):
    shown = show(garments(shown="all"), reduced_motion=True)
    shown.button("Shuffle").click()
    layer = shown.panel("Networks get").locator("canvas.cnn-layer[width='280']").last
    assert layer.is_hidden()
    shown.page.locator(".cnn-tile").first.focus()
    shown.key("ArrowRight")
    plaid = d2l.plaid(raw=True)
    np.testing.assert_array_equal(drawn(shown, "Networks get"), plaid.flatten()[ORDER])
    shown.panel("Garment").locator(".cnn-mapbox").focus()
    shown.key("ArrowUp", "ArrowLeft")
    went = ORDER.argsort()
    places = [divmod(went[13 * 28 + j].item(), 28) for j in (13, 14)]
    (a, b), (c, d) = places
    expected = (
        f"Pixel [13, 13], grey {int(plaid[13, 13])}, stands at [{a}, {b}] now, its "
        f"right neighbour at [{c}, {d}]: {abs(a - c)} rows and {abs(b - d)} columns"
    )
    assert expected in shown.line()
    # and back: from the shuffled picture to where the pixel came from
    shown.panel("Networks get").locator(".cnn-mapbox").focus()
    shown.key("Home")
    i, j = divmod(ORDER[28 * a].item(), 28)
    assert f"Pixel [{i}, {j}]" in shown.line()


def test_on_a_phone(show):
    shown = show(garments(), width=360, reduced_motion=True)
    page = shown.page
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    heights = [shown.card.bounding_box()["height"]]
    shown.button("Neither").click()
    heights.append(shown.card.bounding_box()["height"])
    shown.slide("Training images", 0)
    heights.append(shown.card.bounding_box()["height"])
    assert max(heights) - min(heights) < 3
    assert table(shown) == expected_rows(500, 1)
    buttons = page.locator(".cnn-card button:visible").all()
    sizes = [b.bounding_box() for b in buttons]
    assert min(min(s["width"], s["height"]) for s in sizes) >= 24
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show, scheme):
    shown = show(garments(), reduced_motion=True)
    shown.button("Both").click()
    shown.scheme(scheme)
    assert shown.axe() == []


@pytest.mark.parametrize(
    "hostile",
    [{"shuffled": 1, "size": "9"}, {"row": [0]}, {"shown": "<b>all</b>"}, []],
)
def test_a_hostile_link_changes_nothing_it_should_not(show, hostile):
    shown = show(garments(), link=hostile)
    assert table(shown)["LeNet, shuffled"] == ["?", "?"]
    assert "10,000 images, 4,500 steps, plain" in shown.line()
    assert "impossible" in shown.page.locator(".cnn-message").inner_text()


def test_what_is_beyond_the_data_is_cut(show):
    link = {"size": 99, "steps": 7, "garment": 11, "row": 1e9, "column": -4}
    shown = show(garments(), link=link)
    assert "10,000 images, 4,500 steps, plain" in shown.line()
    assert "Pixel [27, 0]" in shown.line()


@pytest.mark.parametrize(
    "change",
    [
        {"order": "AAAA"},
        {"order": encoded(np.zeros(784), "<u2")},
        {"images": "</script><b>x"},
        {"names": 3},
        {"runs": {"plain": {}}},
        {"runs": {k: {"MLP": {"5": [[9, 9]]}, "LeNet": {}} for k in SOURCES}},
    ],
)
def test_a_hostile_start_leaves_the_picture(show, change):
    explorer = garments()
    data = {**explorer.data, **change}
    shown = show(explorer, state={"data": data}, faulty=True)
    assert "could not start" in shown.page.locator(".cnn-message").inner_text()
    assert shown.page.locator(".cnn-still-picture").is_visible()


def test_a_link_brings_back_what_was_seen(show):
    link = {"shuffled": True, "shown": "all", "size": 2, "steps": 0, "garment": 1}
    shown = show(garments(), link=link)
    assert table(shown) == expected_rows(10000, 0)
    plaid = d2l.plaid(raw=True).flatten()
    np.testing.assert_array_equal(drawn(shown, "Networks get"), plaid[ORDER])
    assert re.search(r"10,000 images, 1,500 steps, shuffled: the MLP", shown.line())
