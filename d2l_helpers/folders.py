"""Which files of a folder are those of Fashion-MNIST, as people have them.

Browsers, unpackers and other libraries rename them and put them into folders of
their own. A name makes a file a candidate; its contents decide.

Level 1: imports `idx` and `filespecs`, which are level 0.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from d2l_helpers.filespecs import FileSpec
from d2l_helpers.idx import DataError, read_idx

FOLDERS = (
    "data", "fashionmnist", "fashion-mnist", "fashion-mnist-master", "fashion", "raw",
    "archive",
)  # fmt: skip
"""Folders that the files may lie in: torchvision's, the authors', Keras's, Kaggle's."""

DEPTH = 3
"""How many such folders deep."""

OTHERS = {
    ".zip .tar .tgz .7z .rar .bz2 .xz": "is an archive: unpack it",
    ".csv .parquet .arrow .npz .npy .pt": "is another edition: use the IDX files",
    ".part .partial .crdownload .download .tmp": "is an unfinished download",
}
"""What else people have in such a folder, by the end of its name."""


def _plain(name: str) -> str:
    """A file's name without what browsers and unpackers make of it.

    `Train-Images.idx3-ubyte (1).GZ` is `train-images-idx3-ubyte`.
    """
    old, name = "", name.lower()
    while old != name:
        old = name
        name = re.sub(r"\.gz$|\.\d+$|([ -]+copy)?( ?\(\d+\)| \d+)?$", "", name)
    return re.sub(r"[ ._]+", "-", name)


def _listed(folder: Path) -> list[Path]:
    """What lies in a folder, in a fixed order; nothing if it cannot be listed."""
    try:
        return sorted(folder.iterdir(), key=lambda path: (len(path.name), path.name))
    except OSError:
        return []


def candidates(folder: Path, spec: FileSpec, depth: int = DEPTH) -> list[Path]:
    """The files of this folder whose name says that they are `spec`, nearest first.

    Looks into the folders that the files are wont to lie in, and into one that has
    the file's own name. A link that leads nowhere is a candidate too.
    """
    files, folders = [], []
    for path in _listed(folder):
        name = _plain(path.name)
        try:
            inside, broken = path.is_dir(), path.is_symlink() and not path.exists()
            takes = path.is_file() or broken  # not a pipe, which would keep us waiting
        except OSError:  # not for us to look at: reading it will say so
            inside, takes = False, True
        if inside and name in (*FOLDERS, spec.name):
            folders.append(path)
        elif takes and name == spec.name:
            files.append(path)
    deeper = (candidates(path, spec, depth - 1) for path in folders if depth)
    return sum(deeper, files)


def swapped(path: Path, spec: FileSpec, specs: tuple[FileSpec, ...]) -> str:
    """A hint, if what should be `spec` is another one of `specs`."""
    for other in specs:
        if other.shape != spec.shape:
            with contextlib.suppress(DataError):
                read_idx(path, other.shape, sha256=other.sha256)
                return f": it is {other.name} under a wrong name; rename it"
    return ""


def remarks(folder: Path, specs: tuple[FileSpec, ...]) -> list[str]:
    """What is wrong with a folder in which not all of `specs` were found."""
    try:
        paths, why = sorted(folder.iterdir()), ""
    except OSError as error:  # it is missing, a file, or not for us to read
        paths, why = [folder], f" ({error.strerror or error})"
    missing = [spec.name for spec in specs if not candidates(folder, spec)]
    if not missing:
        return []
    ends = {end: what for key, what in OTHERS.items() for end in key.split()}
    others = [path for path in paths if path.suffix.lower() in ends]
    return [
        f"{folder} holds no {', '.join(missing)}, neither raw nor .gz{why}",
        *(f"{path} {ends[path.suffix.lower()]}" for path in others[:8]),
    ]
