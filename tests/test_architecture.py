"""The rules of the house, read off the source: levels, imports, sizes, no pickle."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import d2l_helpers

PACKAGE = Path(d2l_helpers.__file__).parent
ROOT = PACKAGE.parent
MODULES = {p.stem: p for p in sorted(PACKAGE.glob("*.py")) if p.stem != "__init__"}

# A module imports from lower levels only.
LEVELS = {
    0: "validation shapes fields devices filespecs idx records plotting bands columns "
    "distributed fusion folding",
    1: "missing primitives checkpoint batches diagrams examples fetch folders history "
    "models players tally",
    2: "blocks convolution correlation sources live guards run_state pretrained "
    "train_files tiles",
    3: "pooling data training flat_update feed",
    4: "layers train_options graphed",
    5: "layer_rules train",
    6: "tracing",
    7: "summary",
}
LEVEL = {name: n for n, names in LEVELS.items() for name in names.split()}
NO_TORCH = {"shapes", "filespecs", "idx", "fetch", "records", "history", "plotting"}
NO_TORCH |= {"fields", "folders", "folding", "missing"}


def imports(path: Path) -> set[str]:
    """Absolute names of everything that a file imports, wherever it does so."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ("d2l_helpers." if node.level else "") + (node.module or "")
            found.add(base.rstrip("."))
            found |= {f"{base.rstrip('.')}.{alias.name}" for alias in node.names}
    return found


def ours(path: Path) -> set[str]:
    parts = (name.split(".") for name in imports(path))
    return {p[1] for p in parts if p[0] == "d2l_helpers" and p[1:2] and p[1] in MODULES}


def test_every_module_has_a_level():
    assert set(LEVEL) == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_arrows_point_down(name):
    upward = {n for n in ours(MODULES[name]) if LEVEL[n] >= LEVEL[name]}
    assert not upward, f"{name} (level {LEVEL[name]}) imports {upward}"


@pytest.mark.parametrize("name", MODULES)
def test_torch_and_matplotlib_stay_in_their_rooms(name):
    packages = {n.split(".")[0] for n in imports(MODULES[name])}
    if name in NO_TORCH:
        assert "torch" not in packages
    if name not in {"plotting", "diagrams", "blocks"}:
        assert "matplotlib" not in packages


@pytest.mark.parametrize(
    "name", ["bands", "columns", "primitives", "convolution", "correlation"]
)
def test_convolution_is_from_scratch(name):
    """No library convolution, by name or by another road (unfold and fold are it)."""
    forbidden = {"conv1d", "conv2d", "conv_transpose2d", "unfold", "fold", "Conv2d"}
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in forbidden:
            pytest.fail(f"{name}, line {node.lineno}: .{node.attr}")


def sources() -> list[Path]:
    folders = ("d2l_helpers", "book", "benchmarks", "tools", "tests")
    return [p for f in folders for p in (ROOT / f).rglob("*.py")]


def test_no_pickle_anywhere():
    modules = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve"}
    for path in sources():
        if path.name == "test_checkpoint.py":
            continue  # makes a malicious pickle, to see it refused
        bad = {n.split(".")[0] for n in imports(path)} & modules
        assert not bad, f"{path}: {bad}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                call = (node.value.id, node.attr)
                assert call not in {("torch", "load"), ("torch", "save")}, path
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert getattr(node.value, "value", True) is False, path


@pytest.mark.parametrize("folder", ["d2l_helpers", "book", "benchmarks", "tools"])
def test_modules_stay_small(folder):
    for path in (ROOT / folder).rglob("*.py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 300, f"{path.name} has {lines} lines"


def test_public_names_exist_and_are_documented():
    # Importing a module binds its name: no function may share it.
    assert not set(d2l_helpers.__all__) & set(MODULES)
    for name in d2l_helpers.__all__:
        value = getattr(d2l_helpers, name)
        assert value.__doc__, f"{name} has no docstring"
        assert value.__module__.startswith("d2l_helpers.")
    with pytest.raises(AttributeError, match="no attribute 'corr3d'"):
        d2l_helpers.corr3d  # noqa: B018


def test_the_import_loads_nothing_heavy():
    code = (
        "import sys, d2l_helpers; heavy = {'torch', 'matplotlib', 'pooch', 'PIL'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
