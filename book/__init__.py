"""The Sphinx side of the chapter: one small extension, loaded by _config.yml.

``stale`` re-executes pages whose helpers changed, ``mathjax`` sets the formulas,
``explorers`` gives pages their scripts, ``solutions`` leaves solutions out where the
book is to have none, ``outputs`` makes what cells print fit for a page, ``proofs``
links numbers to the code that shows them, ``repository`` adds the buttons that need an
address, ``colophon`` tells what a copy was made with, ``accessibility`` mends what the
theme leaves, and ``light`` takes out what no reader needs and puts a strict ``policy``
on every page.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect every part; Sphinx calls this once."""
    # here, so that a part can be used where the helpers cannot be imported
    from . import (
        accessibility,
        colophon,
        explorers,
        light,
        mathjax,
        outputs,
        proofs,
        repository,
        solutions,
        stale,
    )

    # Nobody watches a build: kernels, which inherit this, draw no live plots.
    os.environ.setdefault("D2L_QUIET", "1")
    # Threads that wait by spinning starve a kernel when the machine is busy.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for part in (
        stale,
        solutions,
        mathjax,
        outputs,
        proofs,
        explorers,
        repository,
        accessibility,
        light,
        colophon,
    ):
        part.connect(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
