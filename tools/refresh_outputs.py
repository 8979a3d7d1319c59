"""Run notebooks and store what their `keep_output` cells print, nothing else.

`python tools/refresh_outputs.py chapters/conv-layer.ipynb …`; the six sections without
arguments. Printed text that is part of a page is kept in the notebook and
compared by the tests; every other output is made anew by each build.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import make_names
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]


def refresh(path: Path) -> None:
    """Execute the notebook in its own folder; keep tagged text outputs."""
    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=180, resources=folder)
    client.store_widget_state = False  # explorers: all of their code, per notebook
    client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        keep = "keep_output" in cell.metadata.get("tags", [])
        texts = [o.text for o in cell.outputs if o.output_type == "stream"] * keep
        cell.outputs = [nbformat.v4.new_output("stream", text="".join(texts))] * keep
        if not keep:  # nbval compares only cells that were run
            cell.execution_count = None
        if keep and not texts:
            raise SystemExit(f"{path}: cell {cell.id} is to keep text, but prints none")
    told = ("file_extension", "name", "nbconvert_exporter")
    info = notebook.metadata.language_info
    notebook.metadata.language_info = {key: info[key] for key in told}
    nbformat.write(notebook, path)


if __name__ == "__main__":
    chosen = [Path(a).resolve() for a in sys.argv[1:]]
    for path in chosen or sorted((ROOT / "chapters").glob("*.ipynb")):
        start = time.perf_counter()
        refresh(path)
        print(f"{path.name}: {time.perf_counter() - start:.0f} s", flush=True)
    make_names.write()
