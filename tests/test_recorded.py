"""Recorded runs: they say how they were made, and an unknown name is answered."""

import base64
import gzip
import re
import runpy
from math import prod
from pathlib import Path

import pytest

from d2l_helpers.data import FashionMNIST
from d2l_helpers.pretrained import pretrained_lenet
from d2l_helpers.records import FOLDER, recorded
from d2l_helpers.training import Trainer

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", sorted(p.stem for p in FOLDER.glob("*.json")))
def test_a_record_says_how_it_was_made(name):
    record = recorded(name)
    assert record["command"] == f"python benchmarks/record.py {name}"
    told = {"settings", "results", "versions", "machine", "what", "chosen"}
    assert told <= set(record)
    assert record["results"]


def test_every_record_is_read_by_a_page_or_chose_a_setting():
    pages = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("chapters", "appendix")
        for path in (ROOT / folder).glob("*.ipynb")
    )
    read = set(re.findall(r'recorded\(\\"(\w+)\\"\)', pages))
    read |= {"lenet_classic", "lenet_modern"}  # recorded(f"lenet_{name}")
    assert 'recorded(f\\"lenet_{name}\\")' in pages
    read |= {"clinic_mends"}  # the explorer's, which scrubs through it
    chose = {"modern_rate", "quick_rate"}
    assert read | chose == {p.stem for p in FOLDER.glob("*.json")}


def test_the_shipped_weights_score_what_their_record_says():
    data = FashionMNIST(1000)
    for seed, run in enumerate(recorded("lenet_modern")["results"]):
        model = pretrained_lenet(seed)
        _, accuracy = Trainer(1, live=False).evaluate(model, data.val_dataloader())
        room = 1e-3 if data.full else 0.03  # the sample has 1,000 images
        assert abs(accuracy - run["val_acc"][-1]) < room
        assert not model.training
    with pytest.raises(ValueError, match=r"weights for the seeds \(0, 1, 2\), got 3"):
        pretrained_lenet(3)


def test_the_modern_recipe_uses_the_rate_that_was_chosen_on_held_out_images():
    from d2l_helpers.models import LeNet

    scores = recorded("modern_rate")["results"]
    best = max(scores, key=scores.get)
    assert LeNet.modern().lr == float(best)


def test_the_best_recipe_is_the_best_of_its_neighbours_on_held_out_images(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from experiments import tens

    choice, ten = recorded("lenet_ten_choice"), recorded("lenet_ten")
    best = max(choice["results"], key=choice["results"].get)
    centre = {name: choice["settings"][name] for name in tens.CENTRE}
    assert choice["results"].keys() == tens.OTHERS.keys()
    assert ten["settings"] == {**centre, **tens.OTHERS[best], "seeds": [0, 1, 2]}


def test_the_quick_recipe_was_clear_of_its_aim_on_held_out_images(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    from experiments.quick import QUICK

    scores = recorded("quick_rate")["results"]
    asked = "{epochs} × {batch_size} a batch, peak {lr}".format(**QUICK)
    assert scores[asked] > 0.885


def test_the_watched_runs_have_every_figure_at_every_step():
    record, mends = recorded("clinic_mends"), recorded("mends")["results"]
    steps = len(record["settings"]["at"])
    entries = {"saturated": 4, "slope": 4, "spread": 5, "gradient": 5}
    for name, run in record["results"].items():
        assert {len(figures) for figures in run.values()} == {steps}
        assert set(run) == {*entries, "loss", "named", "accuracy", "kernels"}
        for figure, n in entries.items():
            assert {len(row) for row in run[figure]} == {n}
        for kernels in run["kernels"]:
            assert len(base64.b64decode(kernels["bytes"])) == prod((6, 1, 5, 5))
        if name != "modern recipe":  # the same start as in the other record
            start = mends["none" if name == "classic" else name]["runs"][0]["spread"]
            assert run["spread"][0][-1] == pytest.approx(start, rel=5e-3)


def test_the_classic_run_lies_flat_unsaturated_and_then_breaks_away():
    record = recorded("clinic_mends")
    at, run = record["settings"]["at"], record["results"]["classic"]
    flat = slice(at.index(50), at.index(1000) + 1)
    assert all(abs(loss - 2.303) < 0.02 for loss in run["loss"][flat])
    assert not any(share for row in run["saturated"][flat] for share in row)
    assert run["loss"][at.index(2000)] < 2
    assert run["named"][-1] == 10


def test_the_watched_runs_are_small_enough_for_a_page():
    text = (FOLDER / "clinic_mends.json").read_bytes()
    assert len(text) <= 80_000
    assert len(gzip.compress(text, mtime=0)) <= 40_000


def test_an_unknown_record_is_answered_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"no recorded run 'nope'; there are: .*lenet"):
        recorded("nope")


def test_every_record_can_be_made_again(monkeypatch):
    folder = ROOT / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))  # as for a script that is run
    runs = runpy.run_path(str(folder / "record.py"))["RUNS"]
    assert set(runs) == {p.stem for p in FOLDER.glob("*.json")}


def test_a_record_says_how_its_settings_were_chosen(monkeypatch):
    folder = ROOT / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    said = runpy.run_path(str(folder / "record.py"))["CHOSEN"]
    assert said == {p.stem: recorded(p.stem)["chosen"] for p in FOLDER.glob("*.json")}
    for name, how in said.items():
        tuned = "Not tuned" not in how and name != "speed"
        assert tuned == bool(re.search("held-out|by modern_rate|best of", how)), name
