"""No stale page: run every notebook again when what it imports has changed.

The notebook cache knows a notebook by its own cells alone, so an edited helper
would leave the old results on the page. Two stamps hold the digest of
everything else that a page depends on: one beside the cached notebooks, one in
the built site. When the first differs, the cache goes; when the second differs,
every notebook page is read and written again. The explorers' scripts and styles
count for the second only: no result depends on them.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

LOGGER = logging.getLogger(__name__)
STAMP = ".inputs.sha256"
SCRIPTS = "d2l_helpers/explorers/static"
INPUTS = ("d2l_helpers/**/*", "requirements.txt")


def inputs(root: Path, *, scripts: bool = True) -> Iterator[Path]:
    """Yield, in a fixed order, the files that a page depends on.

    Without ``scripts``, those that its results depend on.
    """
    for pattern in INPUTS:
        for path in sorted(root.glob(pattern)):
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            if scripts or path.parent != root / SCRIPTS:
                yield path


def data_at_hand() -> bool:
    """Whether a folder that the helpers read holds the full data set."""
    try:
        from d2l_helpers import filespecs, folders, sources
    except Exception:  # no such helpers, or broken: the notebooks will say so
        return False
    places = sources.Places.from_environment()
    where = [places.data] if places.data else [places.cache, *places.system]
    return all(
        any(folders.candidates(folder, spec) for folder in where)
        for spec in filespecs.FULL
    )


def digest(root: Path, *, scripts: bool = True) -> str:
    """Return the SHA-256 of the names and bytes of all inputs below ``root``.

    Two things outside count too: the Python version, which decides what is
    installed, and whether the full data set is at hand or the sample serves.
    """
    outside = f"{platform.python_version()} {data_at_hand()}"
    total = hashlib.sha256(outside.encode())
    for path in inputs(root, scripts=scripts):
        name = path.relative_to(root).as_posix()
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{name}\0{content}\n".encode())
    return total.hexdigest()


def read_stamp(folder: Path) -> str:
    """Return the digest stored in ``folder``, or an empty string."""
    stamp = folder / STAMP
    return stamp.read_text(encoding="ascii") if stamp.is_file() else ""


def write_stamp(folder: Path, value: str) -> None:
    """Store ``value`` in ``folder``, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STAMP).write_text(value, encoding="ascii")


def find_stale(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """Drop an outdated cache; return the notebooks to read again."""
    # Taken once: a helper edited during the build differs at the next one.
    app.cnn_inputs_digest = now = digest(Path(app.srcdir))  # type: ignore[attr-defined]
    results = digest(Path(app.srcdir), scripts=False)
    cache = Path(env.mystnb_config.execution_cache_path)  # type: ignore[attr-defined]
    if read_stamp(cache) != results:
        if cache.exists():
            LOGGER.info("helpers changed: every notebook will run again")
            shutil.rmtree(cache)
        write_stamp(cache, results)
    site = Path(app.outdir)
    if read_stamp(site) == now:
        return []
    # Gone until the build ends well, so that a build that is cut off half-way
    # leaves no page that passes for a fresh one.
    (site / STAMP).unlink(missing_ok=True)
    return [name for name in env.found_docs if _is_notebook(env, name)]


def _is_notebook(env: BuildEnvironment, name: str) -> bool:
    return str(env.doc2path(name)).endswith(".ipynb")


def remember(app: Sphinx, exception: Exception | None) -> None:
    """Stamp the finished site."""
    if exception is None:
        write_stamp(Path(app.outdir), app.cnn_inputs_digest)  # type: ignore[attr-defined]


def connect(app: Sphinx) -> None:
    """Register the two handlers; the stamp comes last."""
    app.connect("env-get-outdated", find_stale)
    app.connect("build-finished", remember, priority=900)
