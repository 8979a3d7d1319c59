"""The opening page runs no code: its numbers are held to the records here."""

import re
from pathlib import Path
from statistics import mean

import pytest

from d2l_helpers.models import MLP, LeNet
from d2l_helpers.records import recorded

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "intro.md").read_text(encoding="utf-8")


def last(run, layout, net, n="10000"):
    """Mean accuracy of the seeds after the last step."""
    return mean(scores[-1] for scores in recorded(run)["results"][layout][net][n])


def test_the_shuffle_costs_lenet_four_points_and_the_mlp_none():
    said = r"loses more than four (?:percentage )?points"
    assert len(re.findall(said, TEXT)) == 2
    lost = {
        net: last("scramble", "plain", net) - last("scramble", "scrambled", net)
        for net in ("MLP", "LeNet")
    }
    assert 0.04 < lost["LeNet"] < 0.05
    assert abs(lost["MLP"]) < 0.005
    assert "accuracy is near 0.21" in TEXT
    assert last("scramble", "own", "MLP") == pytest.approx(0.21, abs=0.005)


def test_the_prior_saves_images_where_position_is_noise():
    assert "LeNet is ahead by nine points" in TEXT
    results = recorded("sample_efficiency")["results"]
    ahead = {
        layout: mean(s[0] for s in nets["LeNet"]["2000"])
        - mean(s[0] for s in nets["MLP"]["2000"])
        for layout, nets in results.items()
    }
    assert ahead["anywhere"] == pytest.approx(0.09, abs=0.005)
    assert abs(ahead["plain"]) < 0.015


def test_the_weights_are_counted():
    for model, count in ((LeNet(), "61,706"), (MLP(), "203,530")):
        assert f"{sum(p.numel() for p in model.parameters()):,}" == count
        assert count in TEXT


def test_every_picture_is_there_with_a_caption_and_its_own_alt_text():
    figures = re.findall(
        r"```\{figure\} (\S+)\n:name: (\S+)\n:alt: (.+)\n\n(.+)\n```", TEXT
    )
    assert len(figures) == TEXT.count("```{figure}") >= 5
    for path, name, alt, caption in figures:
        assert (ROOT / path).is_file()
        assert name.startswith("fig-intro-")
        assert len(alt) >= 40
        assert alt.endswith(".")
        assert caption.endswith(".")
        assert alt != caption
    drawn = {p.stem for p in (ROOT / "book" / "figures").glob("*.png")}
    assert drawn == {Path(path).stem for path, *_ in figures}
    script = (ROOT / "tools" / "make_figures.py").read_text(encoding="utf-8")
    assert all(f'save(fig, "{name}")' in script for name in drawn)
