"""Where the four files of Fashion-MNIST come from, and how they are checked.

Asked in this order: the folder in the environment variable D2L_DATA_DIR, the
cache (D2L_CACHE_DIR, else the platform's cache folder), the system's packaged
copy, two addresses on the network (unless D2L_OFFLINE is set). Each file is
taken only if the SHA-256 of its decompressed contents is the right one, and
that is looked at on every load. Source of the data: H. Xiao, K. Rasul,
R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747 (2017).

Level 2: imports `folders` and `fetch`, which are level 1, and lower ones.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from d2l_helpers.fetch import FetchError, Limits, fetch, write_atomically
from d2l_helpers.filespecs import FULL, SAMPLE, FileSpec
from d2l_helpers.folders import candidates, remarks, swapped
from d2l_helpers.idx import DataError, read_idx

ASSETS = Path(__file__).with_name("assets")

SYSTEM_FOLDERS = (
    Path("/usr/share/datasets/fashion-mnist"),  # Debian and Ubuntu
    Path("/usr/local/share/datasets/fashion-mnist"),
)
ADDRESSES = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)


def _path(name: str) -> Path:
    """A folder from the environment; a `~name` of nobody stays as it is."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 - pathlib's raises


def cache_dir() -> Path:
    """D2L_CACHE_DIR, else the platform's cache folder for `d2l_helpers`."""
    if folder := os.environ.get("D2L_CACHE_DIR"):
        return _path(folder)
    import pooch

    return pooch.os_cache("d2l_helpers")


def spare_dir() -> Path:
    """A folder of this user's for when the cache cannot be written."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"d2l_helpers-{user}"


@dataclass
class Places:
    """Where to look. The defaults are the real places; tests give others."""

    data: Path | None = None
    cache: Path = field(default_factory=cache_dir)
    spare: Path = field(default_factory=spare_dir)
    system: tuple[Path, ...] = SYSTEM_FOLDERS
    addresses: tuple[str, ...] = ADDRESSES
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_environment(cls) -> Places:
        """The real places as D2L_DATA_DIR, D2L_CACHE_DIR, D2L_OFFLINE have them."""
        data = os.environ.get("D2L_DATA_DIR")
        offline = os.environ.get("D2L_OFFLINE", "").lower() not in ("", "0", "false")
        return cls(
            data=_path(data) if data else None,
            addresses=() if offline else ADDRESSES,
        )


@dataclass
class Loaded:
    """Verified arrays in the order of their specs, and who served them."""

    arrays: list[np.ndarray]
    source: str


_failed: dict[str, str] = {}
"""Addresses that failed in this process: six uses do not wait six times."""

_told: set[str] = set()
"""What was wrong with a file and has been said in this process."""


def load_sample() -> Loaded:
    """The sample that travels with this package; DataError if it is damaged."""
    arrays = [_read(ASSETS / f"{spec.name}.gz", spec) for spec in SAMPLE]
    return Loaded(arrays, "the embedded sample")


def load_full(
    specs: tuple[FileSpec, ...] = FULL,
    places: Places | None = None,
    *,
    again: bool = False,
) -> Loaded:
    """All of `specs`, each from the first place that holds it undamaged.

    With D2L_DATA_DIR set (`places.data`) that folder alone is looked at: a
    folder that was asked for by name is not passed over in silence. Addresses
    that failed before in this process are asked again only if `again`.

    Raises DataError naming every file, its hash and what each place answered.
    """
    places = places or Places.from_environment()
    if again:
        _failed.clear()
    tried: list[str] = []
    with ThreadPoolExecutor(2) as pool:  # zlib and SHA-256 release the lock
        found = list(pool.map(lambda s: _find_local(s, places, tried), specs))
    for i in sorted(range(len(specs)), key=lambda i: specs[i].payload_bytes):
        if found[i] is None:  # small files first: a portal lies about 5 kB, not 26 MB
            found[i] = _download(specs[i], places, tried)
        if found[i] is None:
            raise DataError(_nothing_found(specs, places, tried))
    served = dict.fromkeys(source for _, source in found)
    return Loaded([array for array, _ in found], " and ".join(served))


def adopt(folder: str | os.PathLike, specs: tuple[FileSpec, ...] = FULL) -> Path:
    """Copy verified files from `folder` into the cache; the cache's path.

    Raises DataError for a file that is missing or damaged.
    """
    cache = cache_dir()
    for spec in specs:
        tried: list[str] = []
        found = _first_good(Path(folder), spec, tried)
        if found is None:
            raise DataError("\n".join(tried + remarks(Path(folder), (spec,))))
        _say(tried, f"; {found[0]} is adopted instead")
        data = found[0].read_bytes()
        try:
            write_atomically(cache / _packed_name(spec, data), data)
        except OSError as error:
            raise DataError(f"{cache} cannot be written: {error}") from error
    return cache


def _read(path: Path, spec: FileSpec) -> np.ndarray:
    return read_idx(path, spec.shape, sha256=spec.sha256)


def _first_good(
    folder: Path, spec: FileSpec, tried: list[str], owned: bool = False
) -> tuple[Path, np.ndarray] | None:
    """The first candidate that is undamaged; a damaged file of ours is removed."""
    for path in candidates(folder, spec):
        try:
            return path, _read(path, spec)
        except DataError as error:
            tried.append(f"{error}{swapped(path, spec, FULL)}")
            ours = path.name in (spec.name, f"{spec.name}.gz")
            if owned and ours and path.parent == folder:
                _remove(path)
    return None


def _find_local(
    spec: FileSpec, places: Places, tried: list[str]
) -> tuple[np.ndarray, str] | None:
    """The file from a folder.

    A wrong file is never passed over in silence: a line says what it is, unless
    an error will.
    """
    if places.data is not None:
        where = [(places.data, f"D2L_DATA_DIR ({places.data})")]
    else:
        where = [(places.cache, "the cache"), (places.spare, "the temporary folder")]
        where += [(folder, "the system's packaged copy") for folder in places.system]
    wrong: list[str] = []
    for folder, source in where:
        owned = folder in (places.cache, places.spare)
        if found := _first_good(folder, spec, wrong, owned):
            _say(wrong, f"; {found[0]} is used instead")
            return found[1], source
    if places.data is None:
        _say(wrong)
    tried += wrong
    return None


def _say(lines: list[str], more: str = "") -> None:
    for line in lines:
        if line not in _told:
            _told.add(line)
            print(f"Fashion-MNIST: {line}{more}", file=sys.stderr)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        warnings.warn(
            f"{path} is damaged and cannot be removed ({error.strerror})",
            RuntimeWarning,
            stacklevel=2,
        )


def _download(
    spec: FileSpec, places: Places, tried: list[str]
) -> tuple[np.ndarray, str] | None:
    """The file from the first address that serves it whole; kept in the cache."""
    if places.data is not None:
        return None
    for base in places.addresses:
        if base in _failed:
            tried.append(f"{base} failed before: {_failed[base]}")
            continue
        host = urlsplit(base).hostname
        print(f"Fashion-MNIST: fetching {spec.name}.gz from {host}", file=sys.stderr)
        for attempt in (1, 2):
            url = f"{base}{spec.name}.gz"
            try:
                data = fetch(url, spec.payload_bytes + 65536, places.limits)
                array = read_idx(data, spec.shape, sha256=spec.sha256, name=url)
            except (FetchError, DataError) as error:
                reason = (
                    str(error) if isinstance(error, DataError) else f"{url} {error}"
                )
                tried.append(reason)
                if attempt == 2 or not getattr(error, "answered", True):
                    _failed[base] = reason
                    break
            else:
                _keep(spec, data, places)
                return array, host
    return None


def _packed_name(spec: FileSpec, data: bytes) -> str:
    return f"{spec.name}.gz" if data[:2] == b"\x1f\x8b" else spec.name


def _keep(spec: FileSpec, data: bytes, places: Places) -> None:
    """Write verified bytes to the cache, else to the temporary folder."""
    name = _packed_name(spec, data)
    try:
        write_atomically(places.cache / name, data)
        return
    except OSError as error:
        reason = error.strerror or str(error)
    try:
        write_atomically(places.spare / name, data)
        instead = f"{places.spare} is used instead"
    except OSError:
        instead = "it is used from memory and will be fetched again next time"
    warnings.warn(
        f"{name} cannot be kept in {places.cache} ({reason}); {instead}. "
        "Set D2L_CACHE_DIR to a folder with room.",
        RuntimeWarning,
        stacklevel=2,
    )


def _nothing_found(
    specs: tuple[FileSpec, ...], places: Places, tried: list[str]
) -> str:
    """What to say: the places, the mend, the files with their hashes."""
    if places.data is not None:
        head = (
            f"the folder named by D2L_DATA_DIR, {places.data}, does not hold the "
            "full Fashion-MNIST. Correct the variable or unset it"
        )
        tried = tried + remarks(places.data, specs)
    else:
        network = "" if places.addresses else "unset D2L_OFFLINE, "
        head = (
            "no full copy of Fashion-MNIST was found. Run `make data`, "
            f"{network}or put these four files (raw or .gz) into {places.cache}, "
            "or into any folder and name it in D2L_DATA_DIR"
        )
    files = [f"  {s.name}  {s.sha256}" for s in specs]
    lines = [f"{head}.", "Files, with the SHA-256 of their decompressed contents:"]
    lines += files
    if tried:
        lines += ["What was tried:", *(f"  {line}" for line in dict.fromkeys(tried))]
    return "\n".join(lines)
