"""Recorded runs: they say how they were made, and an unknown name is answered."""

import pytest

from d2l_helpers.records import FOLDER, recorded


@pytest.mark.parametrize("name", sorted(p.stem for p in FOLDER.glob("*.json")))
def test_a_record_says_how_it_was_made(name):
    record = recorded(name)
    assert record["command"] == f"python benchmarks/record.py {name}"
    assert {"settings", "results", "versions", "machine", "what"} <= set(record)
    assert record["results"]


def test_the_records_that_the_pages_read_are_there():
    assert {"lenet_classic", "lenet_modern", "modern_rate", "sample_efficiency"} == {
        p.stem for p in FOLDER.glob("*.json")
    }


def test_the_modern_recipe_uses_the_rate_that_was_chosen_on_held_out_images():
    from d2l_helpers.models import LeNet

    scores = recorded("modern_rate")["results"]
    best = max(scores, key=scores.get)
    assert LeNet.modern().lr == float(best)


def test_an_unknown_record_is_answered_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"no recorded run 'nope'; there are: .*lenet"):
        recorded("nope")
