"""The explorer "clinic": recorded trainings, dials, and a diagnosis."""

from __future__ import annotations

import copy
import gzip
import json

import numpy as np
import pytest
from explorer_fixtures import parse, show  # noqa: F401 - fixtures
from traitlets import TraitError

import d2l_helpers as d2l
from d2l_helpers.explorers import Clinic

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
DIALS = ("Accuracy", "Spread", "Saturated share", "Slope", "Gradient", "Kernels")


@pytest.fixture(scope="module")
def record():
    return d2l.recorded("clinic_mends")


def dial(shown, name):
    """The two values of a dial, as they are printed."""
    switch = shown.page.get_by_role("switch", name=name)
    place = shown.page.locator(".cnn-dial").filter(has=switch)
    return [parse(t) for t in place.locator(".cnn-dial-value b").all_inner_texts()]


def lit(shown):
    switches = shown.card.locator(".cnn-dial-switch")
    return switches.evaluate_all("all => all.map(s => s.ariaChecked)")


def test_python_reads_the_record_and_rounds_it(record):
    explorer = Clinic(record, mend="tanh")
    explorer.reading = 6
    now = explorer.figures
    assert list(now) == ["classic", "tanh"]
    for name in now:
        for key, value in now[name].items():
            want = record["results"][name][key][6]
            np.testing.assert_allclose(value, want, rtol=5e-3, atol=0)
    assert now["classic"]["saturated"] == [0, 0, 0, 0]
    assert explorer.data["at"] == record["settings"]["at"]
    assert len(gzip.compress(json.dumps(explorer.state()).encode())) < 45_000
    assert "ReLU" in Clinic(record).sentence()


def test_other_records_are_refused(record):
    for spoil, message in (
        (lambda r: r["results"].pop("tanh"), "tanh"),
        (lambda r: r["results"]["classic"].pop("slope"), "slope"),
        (lambda r: r["results"]["classic"]["loss"].pop(), "15 readings"),
        (lambda r: r["results"]["ReLU"]["loss"].__setitem__(0, float("nan")), "finite"),
        (lambda r: r["results"]["ReLU"]["kernels"][3].update(bytes="<b>"), "six of"),
        (lambda r: r["results"]["ReLU"]["kernels"][3].update(bytes="AAAA"), "six of"),
        (lambda r: r["settings"]["at"].reverse(), "rising"),
    ):
        bad = copy.deepcopy(record)
        spoil(bad)
        with pytest.raises(TraitError, match=message):
            Clinic(bad)
    with pytest.raises(TraitError, match="clinic_mends"):
        Clinic(d2l.recorded("clinic"))
    explorer = Clinic(record)
    for name, value in (("reading", 15), ("mend", "none"), ("told", 1)):
        with pytest.raises(TraitError):
            setattr(explorer, name, value)
    assert explorer.reading == 4


@pytest.mark.parametrize("reading", [0, 6, 14])
def test_the_dials_show_the_record(show, record, reading):
    on = {"spread": True, "saturated": True, "slope": True, "gradient": True}
    shown = show(Clinic(record, mend="tanh", layer=1, accuracy=True, **on))
    shown.slide("Training step", reading)
    runs = [record["results"][name] for name in ("classic", "tanh")]
    for name, key in (("Loss", "loss"), ("Accuracy", "accuracy")):
        want = [run[key][reading] for run in runs]
        np.testing.assert_allclose(dial(shown, name), want, atol=6e-4)
    for name, key in (
        *(("Spread", "spread"), ("Saturated share", "saturated")),
        *(("Slope", "slope"), ("Gradient", "gradient")),
    ):
        want = [run[key][reading][1] for run in runs]
        np.testing.assert_allclose(dial(shown, name), want, rtol=6e-3, atol=6e-4)
    step = record["settings"]["at"][reading]
    assert shown.line().startswith(
        f"Step {step:,}: loss {runs[0]['loss'][reading]:.3f}"
    )


def test_dials_are_switched_on_one_by_one_without_a_jump(show, record):
    shown = show(Clinic(record))
    tall = shown.card.bounding_box()["height"]
    assert lit(shown) == ["true"] + ["false"] * 6
    assert not shown.page.get_by_text("saturated share 0").is_visible()
    for name in DIALS:
        shown.card.get_by_role("switch", name=name).click()
    assert lit(shown) == ["true"] * 7
    assert "saturated share 0 and 0.569" in shown.line()
    shown.card.get_by_role("switch", name="Slope").focus()
    shown.key(" ")
    assert lit(shown).count("false") == 1
    shown.button("Layers").click()
    shown.button("scores").click()
    assert dial(shown, "Saturated share") == [None, None]
    assert shown.card.bounding_box()["height"] == tall
    shown.button("Undo").click()
    assert dial(shown, "Saturated share") == [0, 0.569]


def test_a_diagnosis_is_locked_before_the_page_tells(show, record):
    shown = show(Clinic(record))
    proof = shown.page.locator(".cnn-proof")
    assert not proof.is_visible()
    assert shown.page.locator(".cnn-desk").evaluate(
        "e => e.getBoundingClientRect().bottom - e.querySelector('.cnn-guess-row')"
        ".getBoundingClientRect().bottom < 20"
    )  # no room is kept for what is not there
    shown.button("saturated sigmoids").click()
    verdict = shown.page.locator(".cnn-verdict").inner_text()
    assert "it is lost differences between garments" in verdict
    assert "Up to step 1,000 the saturated share is 0 in every layer" in verdict
    spread = [float(f"{v:.3g}") for v in record["results"]["classic"]["spread"][0]]
    assert ", ".join(str(v) for v in spread[:4]) in proof.inner_text()
    shown.key("Enter")  # the focus stands on the way to the evidence
    assert shown.line().startswith("Step 0:")
    assert lit(shown)[2] == "true"
    assert dial(shown, "Spread")[0] == spread[3]


def test_a_right_diagnosis_is_told_once(show, record):
    shown = show(Clinic(record))
    shown.button("lost differences between garments").click()
    verdict = shown.page.locator(".cnn-verdict").inner_text()
    assert verdict.strip() == "✓ right: lost differences between garments."


@pytest.mark.parametrize("width", [1280, 360])
def test_the_scrub_head_stands_over_the_plots_and_any_plot_is_dragged(
    show, record, width
):
    shown = show(Clinic(record, gradient=True), width=width)
    slider = shown.slider("Training step").bounding_box()
    plots = shown.page.locator(".cnn-dials").bounding_box()
    assert 0 < plots["y"] - slider["y"] - slider["height"] < 40
    assert "Drag on any plot" in shown.page.locator(".cnn-hint").inner_text()
    plot = shown.card.locator(".is-lit .cnn-dial-plot").last
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    mouse, middle = shown.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + 2, middle)
    mouse.down()
    mouse.move(box["x"] + box["width"] - 1, middle, steps=6)
    mouse.up()
    assert shown.line().startswith("Step 3,910:")
    shown.button("Undo").click()
    assert shown.line().startswith("Step 500:")  # one drag, one step back


def test_stepping_and_scrubbing(show, record):
    shown = show(Clinic(record), reduced_motion=True)
    shown.button("Step").click()
    assert shown.line().startswith("Step 750:")
    shown.key("z")
    assert shown.line().startswith("Step 500:")
    slider = shown.slider("Training step")
    slider.focus()
    shown.key("End")
    assert shown.line().startswith("Step 3,910:")
    plot = shown.page.locator(".cnn-dial-plot").first
    plot.click(position={"x": 1, "y": 30})
    assert shown.line().startswith("Step 0:")
    shown.card.get_by_label("Beside it").select_option("max pooling")
    shown.slide("Training step", 6)
    assert "2.295 max pooling" in shown.line()


def test_on_a_phone(show, record):
    shown = show(Clinic(record), width=360)
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360
    for name in DIALS:
        box = shown.card.get_by_role("switch", name=name).bounding_box()
        assert min(box["width"], box["height"]) >= 24
        shown.card.get_by_role("switch", name=name).click()
    bar = shown.page.locator(".cnn-transport").bounding_box()
    assert bar["height"] <= 120  # buttons, and the slider under them
    assert shown.page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show, record, scheme):
    on = {"spread": True, "saturated": True, "kernels": True, "told": True}
    shown = show(Clinic(record, **on))
    shown.scheme(scheme)
    assert shown.axe() == []


@pytest.mark.parametrize(
    "hostile", [{"mend": "<img src=x>"}, {"reading": "4"}, {"loss": 1}, [1]]
)
def test_a_hostile_link_is_refused(show, record, hostile):
    shown = show(Clinic(record), link=hostile)
    assert "impossible" in shown.page.locator(".cnn-message").inner_text()
    assert shown.line().startswith("Step 500:")


def test_a_hostile_start_leaves_the_picture(show, record):
    shown = show(Clinic(record), state={"data": {"at": [], "runs": {}}}, faulty=True)
    assert "could not start" in shown.page.locator(".cnn-message").inner_text()
    assert shown.page.locator(".cnn-still-picture").is_visible()


def test_a_link_brings_back_what_was_seen(show, record):
    link = {"reading": 9, "told": True, "gradient": True, "across": "layers"}
    shown = show(Clinic(record), link=link)
    assert shown.line().startswith("Step 1,750:")
    assert shown.page.locator(".cnn-proof").is_visible()
    assert lit(shown)[5] == "true"
    assert not shown.page.get_by_text("Lock your diagnosis").is_visible()
