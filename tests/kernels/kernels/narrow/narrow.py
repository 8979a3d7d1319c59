"""The kernel of the notebooks' tests: what a reader may have at worst.

Two GiB of memory, no display, every warning of a cell an error, and a processor
without vector instructions on one thread: what the pages say must hold there too. (The
build has run them on the machine as it is.)
"""

import os
import resource
import sys
import warnings
from pathlib import Path

MEMORY = 2 << 30  # bytes

if "MACHINE" not in os.environ:  # else tools/machines.sh has chosen another one
    machines = Path(__file__).parents[4] / "tools" / "machines.txt"
    _, *plain = machines.read_text(encoding="utf-8").splitlines()[0].split()
    os.environ.update(pair.split("=") for pair in plain)

os.environ.pop("DISPLAY", None)
os.environ.pop("WAYLAND_DISPLAY", None)
# CUDA maps far more than it uses, so there the limit would say nothing.
if not Path("/dev/nvidiactl").exists():
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


if __name__ == "__main__":
    from ipykernel import kernelapp

    sys.path[0] = ""  # as in any kernel: the notebook's folder, not this file's
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", module=r"ipykernel\.")  # its own affairs
    if os.environ.get("D2L_OLD_RELEASES"):  # which know of no later deprecation
        warnings.filterwarnings("ignore", category=DeprecationWarning)
    kernelapp.launch_new_instance()
