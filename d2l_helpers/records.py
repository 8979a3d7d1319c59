"""Runs that take too long for a page: their figures, and how they were made.

`benchmarks/record.py` writes one JSON file per run into `assets/recorded`; the
pages read and draw them. Level 0: no torch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("assets") / "recorded"


def recorded(name: str) -> dict[str, Any]:
    """A recorded run: its "settings", "results", "versions" and "command".

    Raises ValueError, with the names there are, for an unknown one.
    """
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        names = ", ".join(sorted(p.stem for p in FOLDER.glob("*.json"))) or "none"
        raise ValueError(f"no recorded run {name!r}; there are: {names}")
    return json.loads(path.read_text(encoding="utf-8"))
