"""The Sphinx extension in book/, tried on a small book that is built for real."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat import v4

ROOT = Path(__file__).resolve().parent.parent
PAGE = "_build/html/chapters/one.html"


class Book:
    """A book of two pages with the real configuration and a helper of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "book", root / "book")
        explorers = "d2l_helpers/explorers"
        shutil.copytree(ROOT / explorers, root / explorers)
        for name in ("_config.yml", "references.bib", "requirements.txt"):
            shutil.copy(ROOT / name, root)
        self.write("_toc.yml", "format: jb-book\nroot: intro\nchapters:\n")
        self.write("_toc.yml", "  - file: chapters/one\n", mode="a")
        self.write("intro.md", "# A small book\n\nIt says $1 + 1 = 2$.\n")
        self.write("d2l_helpers/__init__.py", "from .value import VALUE\n")
        self.helper("first")
        self.notebook("import d2l_helpers\n\nprint('value:', d2l_helpers.VALUE)")

    def write(self, name: str, text: str, mode: str = "w") -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)

    def helper(self, value: str) -> None:
        self.write("d2l_helpers/value.py", f"VALUE = {value!r}\n")

    def notebook(self, source: str) -> None:
        cells = [v4.new_markdown_cell("# One page"), v4.new_code_cell(source)]
        for index, cell in enumerate(cells):
            cell.id = f"cell-{index}"  # else each writing makes another notebook
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        page = v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
        (self.root / "chapters").mkdir(exist_ok=True)
        nbformat.write(page, self.root / "chapters" / "one.ipynb")

    def build(self, *options: str) -> subprocess.CompletedProcess:
        """Run the plain command, as a reader would."""
        command = [str(Path(sys.executable).with_name("jupyter-book")), "build", "."]
        here = {**os.environ, "PYTHONPATH": str(self.root)}
        return subprocess.run(
            [*command, *options],
            cwd=self.root,
            env=here,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def text(self, name: str = PAGE) -> str:
        return (self.root / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A small book, built once without a warning."""
    book = Book(tmp_path_factory.mktemp("book"))
    result = book.build("-W", "-n", "--keep-going")
    assert result.returncode == 0, result.stdout + result.stderr
    return book


def test_an_edited_helper_leaves_no_stale_page(built):
    assert "value: first" in built.text()
    again = built.build()
    assert "Executed notebook" not in again.stdout  # nothing changed: nothing runs

    built.helper("second")
    result = built.build()  # the plain command; the notebook itself is untouched
    assert result.returncode == 0, result.stderr
    assert "value: second" in built.text()
    assert "value: first" not in built.text()


def test_a_rebuilt_site_is_the_same_to_the_byte(tmp_path):
    """With the notebooks' outputs from the cache; no date, no random name."""
    book, made = Book(tmp_path), []
    for _ in range(3):  # the first one runs the notebook
        for folder in ("html", ".doctrees"):
            shutil.rmtree(tmp_path / "_build" / folder, ignore_errors=True)
        result = book.build()
        assert result.returncode == 0, result.stdout + result.stderr
        site = tmp_path / "_build" / "html"
        files = [p for p in site.rglob("*") if p.is_file()]
        made.append({p.relative_to(site).as_posix(): p.read_bytes() for p in files})
    _, before, after = made
    assert len(before) > 30
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] != before[name]] == []


def test_only_an_edited_notebook_runs_again(tmp_path):
    book = Book(tmp_path)
    book.write("_toc.yml", "  - file: chapters/two\n", mode="a")
    one = tmp_path / "chapters" / "one.ipynb"
    shutil.move(one, one.with_name("two.ipynb"))
    book.notebook("print('another page')")
    first = book.build()
    assert first.stdout.count("Executed notebook") == 2, first.stdout + first.stderr
    book.notebook("print('edited')")
    second = book.build()
    assert second.stdout.count("Executed notebook") == 1
    assert "edited" in book.text()


def test_a_failing_cell_fails_the_plain_build_and_is_not_forgotten(tmp_path):
    book = Book(tmp_path)
    book.write("d2l_helpers/value.py", "raise ValueError('broken on purpose')\n")
    result = book.build()
    assert result.returncode != 0
    assert "broken on purpose" in result.stdout + result.stderr

    assert book.build().returncode != 0  # still broken: no half-built page passes

    book.helper("mended")
    assert book.build().returncode == 0
    assert "value: mended" in book.text()


def test_no_button_leads_anywhere_until_there_is_an_address(built):
    page = built.text()
    for word in ("github", "colab", "gitlab", "binder"):
        hosts = re.findall(r'href="(https?://[^"]*)"', page)
        assert not any(word in host for host in hosts)
    assert "btn-source-" not in page
    assert "launch-buttons" not in page


def test_an_address_brings_buttons_to_the_right_places(tmp_path):
    book = Book(tmp_path)
    book.notebook("print('no helper needed')")
    tool = ROOT / "tools" / "set_repository.py"
    url = "https://github.com/somebody/cnn-chapter"
    command = [sys.executable, str(tool), url, "--branch", "trunk"]
    subprocess.run([*command, "--root", str(tmp_path)], check=True)
    result = book.build("-W", "-n", "--keep-going")
    assert result.returncode == 0, result.stdout + result.stderr

    page = book.text()
    colab = "https://colab.research.google.com/github/somebody/cnn-chapter/blob/trunk/"
    assert f'href="{colab}chapters/one.ipynb"' in page
    binder = "https://mybinder.org/v2/gh/somebody/cnn-chapter/trunk?urlpath="
    assert f'href="{binder}lab/tree/chapters/one.ipynb"' in page
    assert f'href="{url}"' in page
    assert f'href="{url}/edit/trunk/chapters/one.ipynb"' in page
    assert f'href="{url}/issues/new?' in page
    opening = book.text("_build/html/intro.html")
    assert "colab" not in opening  # not a notebook
    assert f'href="{url}/edit/trunk/intro.md"' in opening


def test_the_extension_is_the_last_that_the_configuration_loads():
    # Handlers that mend pages must come after the ones that make them.
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    extensions = config["sphinx"]["config"]["extensions"]
    assert extensions[-1] == "book"
    assert "sphinx_thebe" not in extensions
    assert "sphinx.ext.intersphinx" not in extensions


def digest_of(root: Path) -> str:
    """The digest, computed in a fresh Python that knows no d2l_helpers."""
    code = f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        sys.modules["d2l_helpers"] = None
        from pathlib import Path
        from book.stale import digest
        print(digest(Path({str(root)!r})))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60
    ).stdout


@pytest.mark.parametrize(
    "name",
    [
        "d2l_helpers/deep/er.py",
        "d2l_helpers/assets/boot.png",
        "requirements.txt",
        "d2l_helpers/assets/recorded/speed.json",
    ],
)
def test_the_digest_sees_every_input(tmp_path, name):
    book = Book(tmp_path)
    before = digest_of(tmp_path)
    book.write("d2l_helpers/__pycache__/value.pyc", "compiled")
    assert digest_of(tmp_path) == before
    book.write(name, "# one more line\n", mode="a")
    assert digest_of(tmp_path) != before
