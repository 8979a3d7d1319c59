"""What an answer calls while it runs: some exercises forbid the short way."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from torch.overrides import TorchFunctionMode

from .._run import copied, run

PACKAGE = Path(__file__).parents[2]
OWN = str(PACKAGE / "exercises")
CONVOLUTIONS = {"conv1d", "conv2d", "conv3d", "conv_transpose2d", "convolution"}
PRODUCTS = {
    "matmul", "__matmul__", "__rmatmul__", "mm", "bmm", "einsum", "tensordot", "linear",
    "addmm", "baddbmm", "inner",
}  # fmt: skip


class Watch(TorchFunctionMode):
    """Counts calls of PyTorch, and of this package, by name.

    Attributes:
        torch: how often each of PyTorch's functions was called.
        d2l: the same for the helpers' functions; the checkers' own do not count.
        heights: of the pictures that a conv2d, PyTorch's or ours, got to read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.torch: Counter[str] = Counter()
        self.d2l: Counter[str] = Counter()
        self.heights: list[int] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        self.torch[name] += 1
        if name == "conv2d":
            X = args[0] if args else kwargs["input"]
            self.heights.append(X.shape[-2])
        return func(*args, **kwargs)

    def note(self, frame: FrameType, event: str, _: object) -> None:
        """For `sys.setprofile`: PyTorch does not see which of our functions run."""
        path = frame.f_code.co_filename
        if event != "call" or not path.startswith(str(PACKAGE)) or OWN in path:
            return
        name = frame.f_code.co_name
        self.d2l[name] += 1
        if name == "conv2d":
            self.heights.append(frame.f_locals["X"].shape[-2])


def watched(answer: Callable, case: tuple) -> Watch:
    """Run an answer on a copy of a case, and say what it called."""
    mine, before = copied(case), sys.getprofile()
    with Watch() as watch:
        sys.setprofile(watch.note)
        try:
            run(answer, mine)
        finally:
            sys.setprofile(before)
    return watch


def borrowed(watch: Watch) -> str:
    """Whose convolution was called: "torch", "d2l", or nobody's."""
    if any(name.startswith(("corr2d", "conv2d", "correlate")) for name in watch.d2l):
        return "d2l"
    return "torch" if CONVOLUTIONS & set(watch.torch) else ""
