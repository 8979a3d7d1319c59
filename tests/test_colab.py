"""A notebook in Colab: its first cell brings the helpers, and replaces nothing.

A real second environment, where all packages are but the helpers, no repository in
sight, pip without an index, and git with a folder of this machine for the address.
"""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
URL = "https://github.com/somebody/cnn-chapter"
# Colab's shell is recognised by its name.
COLAB = 'type(get_ipython()).__str__ = lambda self: "<google.colab._shell.Shell>"'
WHERE = """
import importlib.metadata, json, d2l_helpers, torch
print(json.dumps([d2l_helpers.__file__, torch.__file__,
                  importlib.metadata.version("d2l_helpers")]))
"""


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def colab(tmp_path) -> Path:
    """The interpreter of an environment with everything but the helpers."""
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "env")
    shared = tmp_path / "preinstalled"
    shared.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if "d2l_helpers" not in entry.name and entry.suffix != ".pth":
            (shared / entry.name).symlink_to(entry)
    (packages,) = (tmp_path / "env").glob("lib/python*/site-packages")
    (packages / "preinstalled.pth").write_text(f"{shared}\n")
    return tmp_path / "env" / "bin" / "python"


@pytest.fixture
def published(tmp_path) -> Path:
    """The project as a repository of its own, all that is here committed."""
    folder = tmp_path / "published"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    git = ("git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@b")
    run("git", "init", "-q", "-b", "main", folder)
    run(*git, "add", "-A")
    run(*git, "commit", "-q", "-m", "as it is")
    return folder


def test_the_first_cell_brings_the_helpers_and_keeps_torch(
    colab, published, tmp_path, monkeypatch
):
    run(colab, "-I", "-c", "import torch")
    without = "import importlib.util as u; assert not u.find_spec('d2l_helpers')"
    run(colab, "-I", "-c", without)
    kernel = tmp_path / "jupyter" / "kernels" / "colab"
    kernel.mkdir(parents=True)
    command = [str(colab), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": command, "display_name": "Colab", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_BUILD_ISOLATION", "0")  # pip reads it as "off"
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{published.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", URL)
    monkeypatch.setenv("D2L_SOURCE", "sample")
    monkeypatch.setenv("D2L_OFFLINE", "1")

    tool = runpy.run_path(str(ROOT / "tools" / "set_repository.py"))
    page = (ROOT / "chapters" / "pooling.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(tool["edit_notebook"](page, URL, "main"), as_version=4)
    new = nbformat.v4.new_code_cell
    notebook.cells = [new(COLAB), *notebook.cells, new(WHERE)]
    drive = tmp_path / "drive"
    drive.mkdir()
    NotebookClient(
        notebook,
        timeout=180,
        kernel_name="colab",
        resources={"metadata": {"path": str(drive)}},
    ).execute()
    helpers, torch, version = json.loads(notebook.cells[-1].outputs[0].text)
    assert Path(helpers).is_relative_to(tmp_path / "env"), "not brought by the cell"
    assert Path(torch).is_relative_to(tmp_path / "preinstalled"), "torch was replaced"
    assert version
    assert not list(drive.iterdir())
