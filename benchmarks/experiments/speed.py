"""The times on the page about speed, taken by the page's own cells."""

from __future__ import annotations

from pathlib import Path

import nbformat
import torch

PAGE = Path(__file__).parents[2] / "appendix" / "speed.ipynb"


def speed() -> tuple[dict, dict]:
    """The cells of the page on speed that measure, run on a machine left alone.

    Seconds; `lenet` has one number for each layer, `fused` the classic network's
    and the fused one's.
    """
    page: dict = {}
    for cell in nbformat.read(PAGE, as_version=4).cells:
        if "ladder" in cell.metadata.get("tags", []):
            exec(compile(cell.source, cell.id, "exec"), page)
    settings = {"threads": torch.get_num_threads()}
    return settings, {
        "peak": round(page["peak"]),
        "bandwidth": round(page["bandwidth"]),
        "picture": significant(page["seconds"]),
        "layer": significant(page["layer_seconds"]),
        "lenet": list(significant(dict(enumerate(page["parts"]))).values()),
        "fused": list(significant(dict(enumerate(page["pair"]))).values()),
    }


def significant(seconds: dict) -> dict:
    return {name: float(f"{value:.4g}") for name, value in seconds.items()}
