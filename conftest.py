"""For tests and notebooks alike, before any of them imports torch."""

import os
from pathlib import Path

# Threads that wait by spinning slow each other down twentyfold when two kernels
# share two cores; notebooks' kernels inherit this.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Workers share the cores, instead of each waking threads on all of them: a notebook
# beside another one takes up to a quarter less time.
if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    os.environ.setdefault(
        "OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers))
    )

# Where Jupyter finds the kernel that the notebooks are tested with.
os.environ["JUPYTER_PATH"] = str(Path(__file__).parent / "tests" / "kernels")
