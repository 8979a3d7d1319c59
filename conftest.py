"""For tests and notebooks alike, before any of them imports torch."""

import os
from pathlib import Path

# Threads that wait by spinning slow each other down twentyfold when two kernels
# share two cores; notebooks' kernels inherit this.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Where Jupyter finds the kernel that the notebooks are tested with.
os.environ["JUPYTER_PATH"] = str(Path(__file__).parent / "tests" / "kernels")
