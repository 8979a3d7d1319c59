"""How far the assertions of the notebooks are from failing, elsewhere and by chance.

`python tools/margins.py chapters/lenet.ipynb …`: runs each notebook with five seeds
under three settings of the processor and prints, for every assertion that compares
numbers and does not come out the same each time, what it saw. It takes minutes a page.
An assertion keeps its page from contradicting itself; it must not fail by chance.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
LINES = (ROOT / "tools" / "machines.txt").read_text(encoding="utf-8").splitlines()
SETTINGS = [dict(w.split("=") for w in line.split()[1:]) for line in LINES]
SEEDS = range(5)
PRELUDE = """
import atexit, json, torch, d2l_helpers
_seen = []
def _margin(where, *values):
    def number(v):
        try:
            return float(v)
        except Exception:
            return None
    _seen.append([where, [number(v) for v in values]])
_seed = {seed}
for _place, _name in ((d2l_helpers, "seed_everything"), (torch, "manual_seed")):
    def _other(seed=0, _f=getattr(_place, _name)):
        return _f(seed + 1000 * _seed)
    setattr(_place, _name, _other)
"""


class Watched(ast.NodeTransformer):
    """Assertions that note the numbers they compare and never fail."""

    def __init__(self, cell: str) -> None:
        self.cell = cell

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        parts = [node.test]
        if isinstance(node.test, ast.Compare):
            parts = [node.test.left, *node.test.comparators]
        where = ast.Constant(f"{self.cell}: {ast.unparse(node.test)}")
        call = ast.Call(ast.Name("_margin", ast.Load()), [where, *parts], [])
        return ast.copy_location(ast.Expr(call), node)


def program(path: Path, seed: int, target: Path) -> str:
    """The notebook as a script that writes what its assertions saw to a file."""
    notebook = nbformat.read(path, as_version=4)
    lines = [PRELUDE.format(seed=seed)]
    for cell in notebook.cells:
        check = "remove-input" in cell.metadata.get("tags", [])
        if cell.cell_type == "code" and not check:
            tree = Watched(cell.id).visit(ast.parse(cell.source))
            lines.append(ast.unparse(ast.fix_missing_locations(tree)))
    lines.append(f"open({str(target)!r}, 'w').write(json.dumps(_seen))")
    return "\n".join(lines)


def seen(path: Path) -> dict[str, list[list[float]]]:
    """Each assertion's compared numbers, one row for each run."""
    found = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        script, target = Path(folder) / "page.py", Path(folder) / "seen.json"
        for setting in SETTINGS:
            for seed in SEEDS:
                script.write_text(program(path, seed, target), encoding="utf-8")
                environment = {**os.environ, "MPLBACKEND": "agg", **setting}
                subprocess.run(
                    [sys.executable, "-W", "ignore", script],
                    cwd=path.parent, env=environment, check=True,
                    stdout=subprocess.DEVNULL,
                )  # fmt: skip
                for where, values in json.loads(target.read_text(encoding="utf-8")):
                    found[where].append(values)
    return found


def main() -> None:
    """Print the assertions that vary, with the range of each number."""
    for name in sys.argv[1:]:
        print(name)
        for where, rows in seen(Path(name).resolve()).items():
            columns = list(zip(*rows, strict=True))
            if any(len(set(column)) > 1 for column in columns):
                numbers = [column for column in columns if None not in column]
                ranges = [f"{min(c):.4g} to {max(c):.4g}" for c in numbers]
                print(f"  {where}\n      {' | '.join(ranges)}", flush=True)


if __name__ == "__main__":
    main()
