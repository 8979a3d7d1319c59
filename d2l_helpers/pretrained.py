"""Weights that travel with the helpers, so that a page can study a trained LeNet.

`benchmarks/record.py lenet_modern` made them: ten epochs of the modern recipe
on the 60,000 training images, one file a seed. Level 2: imports `models` and
`checkpoint`, which are level 1.
"""

from __future__ import annotations

from pathlib import Path

from d2l_helpers.checkpoint import load_model
from d2l_helpers.models import LeNet
from d2l_helpers.validation import as_int

FOLDER = Path(__file__).with_name("assets") / "weights"
SEEDS = (0, 1, 2)


def path_of(seed: int) -> Path:
    """The file that holds, or will hold, the weights of one seed."""
    return FOLDER / f"lenet_modern_{seed}.safetensors"


def pretrained_lenet(seed: int = 0) -> LeNet:
    """`LeNet.modern()` after ten epochs on Fashion-MNIST, on the CPU, evaluating.

    Its test accuracy stands in `recorded("lenet_modern")`. Raises ValueError
    for a seed without weights, CheckpointError for a damaged file.
    """
    if as_int(seed, "seed", 0) not in SEEDS:
        raise ValueError(f"there are weights for the seeds {SEEDS}, got {seed}")
    model = LeNet.modern()
    load_model(model, path_of(seed))
    return model.eval()
