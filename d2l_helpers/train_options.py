"""The options of `python -m d2l_helpers.train`, checked before anything starts.

Level 4. What is wrong ends the program with status 2 and one clear line.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

import torch

from d2l_helpers.data import SOURCES
from d2l_helpers.devices import try_gpu
from d2l_helpers.distributed import Place
from d2l_helpers.models import MLP, LeNet

MODELS = {"lenet": LeNet, "lenet-modern": LeNet.modern, "mlp": MLP}
DTYPES = ("float32", "float64", "bfloat16")

ABOUT = """\
Train a network of the chapter on Fashion-MNIST.

A run that was stopped or killed goes on with the same command, and ends with
the weights it would have had. More epochs than before go on, too; any other
change is refused, and the earlier run is kept."""
TOGETHER = """\
several processes that train one model together:
  torchrun --standalone --nproc-per-node 2 -m d2l_helpers.train [options]
They share each batch, so that the numbers are those of one process.

exit status: 0 finished, 1 failed, 2 wrong options, 130 or 143 stopped by
Ctrl-C or SIGTERM."""


def make_parser() -> argparse.ArgumentParser:
    """The parser; use `parse`, which also checks what argparse cannot."""
    parser = argparse.ArgumentParser(
        prog="python -m d2l_helpers.train",
        description=ABOUT,
        epilog=TOGETHER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--model", choices=MODELS, default="lenet", help="default: lenet")
    add(
        "--epochs",
        type=_whole(1),
        default=10,
        metavar="N",
        help="epochs in all, those of an earlier run included; default: 10",
    )
    add(
        "--batch-size",
        type=_whole(1),
        default=64,
        metavar="N",
        help="images per step, over all processes; default: 64",
    )
    add("--lr", type=_rate, metavar="X", help="learning rate; default: the model's own")
    add(
        "--seed",
        type=_whole(0),
        default=0,
        metavar="N",
        help="fixes first weights and order of the images; default: 0",
    )
    add(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default="auto",
        help="auto (default): a GPU for every process if there are so many",
    )
    add(
        "--source",
        choices=SOURCES,
        default="auto",
        help="the full set, the embedded sample of 5,000 + 1,000 images, or auto "
        "(default): the full set if it can be had",
    )
    add(
        "--held-out",
        type=_whole(0),
        default=0,
        metavar="N",
        help="validate on N images taken from the training set; settings chosen "
        "on the test images make their score too good. Default: 0, the test images",
    )
    add(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder of the run: run.safetensors (to go on from), model.safetensors, "
        "history.json, log.jsonl; default: runs/MODEL",
    )
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--resume",
        action="store_true",
        help="fail if there is no earlier run to go on with",
    )
    start.add_argument(
        "--fresh",
        action="store_true",
        help="start over, replacing an earlier run in that folder",
    )
    add(
        "--threads",
        type=_whole(1),
        metavar="N",
        help="CPU threads of each process; default: torch's choice",
    )
    add(
        "--dtype",
        choices=DTYPES,
        default="float32",
        help="bfloat16: only the layers compute in it (autocast), the weights "
        "stay float32; default: float32",
    )
    return parser


def parse(argv: list[str] | None, place: Place) -> argparse.Namespace:
    """The options, with `device` a torch.device and `output` a path.

    Exits with status 2 for wrong ones.
    """
    parser = make_parser()
    options = parser.parse_args(argv)
    options.error = parser.error
    if options.batch_size < place.count:
        parser.error(
            f"--batch-size {options.batch_size} gives the {place.count} processes "
            "less than an image each: make it larger, or start fewer"
        )
    try:
        options.device = choose_device(options.device, place)
    except ValueError as error:
        parser.error(str(error))
    if options.device.type == "mps" and options.dtype == "float64":
        parser.error("--dtype float64 does not exist on mps: add --device cpu")
    options.output = options.output or Path("runs") / options.model
    return options


def choose_device(name: str, place: Place) -> torch.device:
    """The device of this process; ValueError if there are too few of that kind."""
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    together = place.count > 1
    if name == "auto":
        # two processes on one GPU would only wait for each other
        name = try_gpu().type if not together else "cuda"
        if together and gpus < place.local_count:
            name = "cpu"
    if name == "cuda":
        if gpus < place.local_count:
            raise ValueError(
                f"--device cuda: {place.local_count} process(es) on this machine need "
                f"a GPU each, and torch finds {gpus}; use --device cpu or fewer"
            )
        return torch.device("cuda", place.local_rank)
    if name == "mps":
        if together:
            raise ValueError("--device mps: only one process can train there")
        if not torch.backends.mps.is_available():
            raise ValueError("--device mps: torch finds none; use --device cpu")
    return torch.device(name)


def _whole(minimum: int) -> Callable[[str], int]:
    """A type for argparse: a whole number of at least `minimum`."""

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or not minimum <= number < 2**63:
            raise argparse.ArgumentTypeError(
                f"must be a whole number of at least {minimum}, got {text!r}"
            )
        return number

    return convert


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")
    return rate
