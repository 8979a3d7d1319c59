"""The table of faults in README.md names tests that exist and are not skipped."""

import ast
import fnmatch
import functools
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROW = re.compile(r"^\| (.+?) \| (.+?) \|$", re.MULTILINE)


def rows() -> dict[str, str]:
    """What goes wrong → where it is injected."""
    text = (TESTS / "README.md").read_text(encoding="utf-8")
    table = text.split("## Faults and where they are injected")[1].split("\n\n")[1]
    return {what: where for what, where in ROW.findall(table) if what != "Fault"}


@functools.cache
def functions_of(file: str) -> dict[str, str]:
    """The test functions of a file: name without `test_` → its decorators as text."""
    tree = ast.parse((TESTS / f"{file}.py").read_text(encoding="utf-8"))
    return {
        node.name.removeprefix("test_"): " ".join(map(ast.unparse, node.decorator_list))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def places(where: str) -> list[tuple[str, str]]:
    """(file, pattern) for each test that a row names; "*" where it names a file."""
    found = []
    for part in where.split("; "):
        head, _, patterns = part.partition(": ")
        for file in re.findall(r"`(test_[\w*]+)`", head):
            files = [p.stem for p in sorted(TESTS.glob(f"{file}.py"))]
            assert files, f"no file {file}"
            names = re.findall(r"[\w*]+", patterns) or ["*"]
            found += [(f, n) for f in files for n in names]
    return found


@pytest.mark.parametrize("fault", rows())
def test_each_fault_has_a_test_that_runs(fault):
    named = places(rows()[fault])
    assert named
    for pattern in {pattern for _, pattern in named}:
        files = [file for file, p in named if p == pattern]
        hits = {
            name: marks
            for file in files
            for name, marks in functions_of(file).items()
            if fnmatch.fnmatch(name, pattern)
        }
        assert hits, f"no test matches {pattern} in {files}"
        assert not any("skip" in marks for marks in hits.values()), pattern


def test_the_table_is_whole():
    """One row for each kind of fault; what a row lost would not be missed else."""
    text = " ".join(rows())
    for word in (
        *("checksum", "bit flipped", "no network", "read-only", "two processes"),
        *("503", "header that lies", "kernel larger", "devices", "NaN", "Ctrl-C"),
        *("kill", "one rank of two", "GPU memory", "checkpoint", "same seed"),
        *("JavaScript", "320 px", "forced colours", "hostile", "throws"),
        *("400 %", "spaced wider", "policy"),
        *("two GiB", "out of order", "helpers not yet there", "tab that is hidden"),
        *("run twice", "`python -O`", "random bytes"),
    ):
        assert word in text, word
