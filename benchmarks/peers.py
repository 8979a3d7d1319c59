"""The programs that a reader would use instead, where they are installed.

`make peers` installs them in an environment of their own, because they need
torchvision, which has no small build beside the torch of this project. Without
them, their rows are left out, and one line says so.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from d2l_helpers.filespecs import FULL
from d2l_helpers.sources import Places, load_full


def d2l_package() -> ModuleType | str:
    """Dive into Deep Learning's package for PyTorch, or why it is not there."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it was written for older libraries
            import matplotlib as mpl

            mpl.use("Agg")
            from d2l import torch as package
    except ImportError as error:
        return f"{error} (make peers)"
    return package


@contextlib.contextmanager
def its_place() -> Iterator[Path]:
    """A working folder in which the package finds Fashion-MNIST without a network.

    It looks in ../data for the four files that torchvision would have unpacked.
    What it prints, a line per figure, is kept from the table.
    """
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder, "data", "FashionMNIST", "raw")
        raw.mkdir(parents=True)
        write_idx(raw)
        work = Path(folder, "work")
        work.mkdir()
        os.chdir(work)
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                warnings.catch_warnings(),
            ):
                warnings.simplefilter("ignore")
                yield work
        finally:
            os.chdir(here)


def write_idx(folder: Path) -> None:
    """The four files, unpacked."""
    arrays = load_full(FULL, Places.from_environment()).arrays
    for spec, array in zip(FULL, arrays, strict=True):
        header = bytes([0, 0, 8, array.ndim])
        header += b"".join(n.to_bytes(4, "big") for n in array.shape)
        (folder / spec.name).write_bytes(header + array.tobytes())
