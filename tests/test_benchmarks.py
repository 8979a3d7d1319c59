"""The benchmarks run, check what they time, and say what they found."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "benchmarks"


@pytest.fixture
def timing(monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    import timing

    return timing


def run(*arguments: str) -> str:
    """What a script of the folder prints, in a process of its own."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=SCRIPTS,
        env={**os.environ, "D2L_SOURCE": "sample", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_table_has_the_recorded_rows():
    text = run("bench.py", "--only", "recorded")
    assert "GFLOP/s" in text
    assert "accuracy 0.9161 (0.9141–0.9171), ≥ 0.915 met" in text
    assert "all targets met" in text


def test_what_needs_a_gpu_is_tried_in_small(tmp_path):
    path = tmp_path / "figures.json"
    text = run("gpu.py", "--device", "cpu", "--quick", "--json", str(path))
    figures = json.loads(path.read_text())
    for row in figures["rows"]:
        assert row["what"] in text
        assert min(row["ours"]) > 0
    kinds = {row["what"].split()[0] for row in figures["rows"]}
    assert kinds == {"LeNet", "conv2d", "corr2d", "fresh"}


def test_a_part_of_it_can_be_measured_alone():
    text = run("gpu.py", "--device", "cpu", "--quick", "--only", "sizes")
    assert "corr2d 64×64" in text
    assert "LeNet" not in text


def test_a_ratio_is_that_of_the_medians_and_its_range_that_of_the_turns(timing):
    row = timing.Row("a row", [1.0, 2.0, 9.0], "peer", [4.0, 4.0, 3.0], most=0.5)
    assert row.ratio == 0.5
    assert row.met
    assert "0.50     0.25–3.00" in timing.line(row)
    alone = timing.Row("alone", [2.0, 3.0], most=1.0)
    assert alone.ratio is None
    assert "MISSED" in timing.line(alone)


def test_both_are_called_in_turns(timing):
    calls = []
    mine, theirs = timing.in_turns(lambda: calls.append(1), lambda: calls.append(2), 3)
    assert calls == [1, 2] * 5  # two turns to warm up
    assert len(mine) == len(theirs) == 3


@pytest.mark.parametrize(
    ("value", "text"), [(0.312, "0.31"), (0.002, "1/500"), (2, "2.00")]
)
def test_small_ratios_are_fractions(timing, value, text):
    assert timing.times(value) == text


def test_a_machine_s_floor_is_the_larger_of_its_two(timing):
    machine = timing.Machine(flops=100.0, bytes=10.0)
    assert machine.floor(200, 5) == 2.0
    assert machine.floor(200, 50) == 5.0
