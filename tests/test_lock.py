"""requirements.lock is that of requirements.txt, and pins every file by its hash."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    text = (ROOT / name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def pins(text: str) -> set[tuple[str, str]]:
    """Names and versions. A package may have two, for different Pythons."""
    found = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.+!]+)", text, re.MULTILINE)
    return {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in found}


def test_the_lock_has_every_requirement_at_its_version():
    asked, locked = pins(read("requirements.txt")), pins(read("requirements.lock"))
    assert len(asked) > 20
    assert asked <= locked, "run `make lock`"


def test_every_locked_file_has_a_hash_and_comes_from_no_certain_place():
    text = read("requirements.lock")
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(blocks) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE)) > 100
    for block in blocks:
        lines = block.split(" \\\n    ")
        assert len(lines) > 1
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", h) for h in lines[1:])
    assert "/" not in text  # no address, no path


def test_the_helpers_ask_for_no_more_than_what_is_locked():
    text = read("pyproject.toml")
    asked = re.search(r"dependencies = \[(.*?)\]", text, re.DOTALL)[1]
    names = set(re.findall(r'"([\w-]+)>=', asked))
    assert names
    assert names <= {name for name, _ in pins(read("requirements.txt"))}
