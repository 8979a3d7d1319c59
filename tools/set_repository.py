"""Write the address of the published repository wherever the project needs it.

    python tools/set_repository.py https://github.com/owner/name [--branch main]
    python tools/set_repository.py ""                            (takes it out)

It sets ``repository: url:`` in _config.yml, which is what the site's buttons
read, ``repository-code`` in CITATION.cff, and the lines in each notebook that
install the helpers on Colab. Run twice, it changes nothing more.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")

# In a notebook: the marker line alone, or the marker and the two lines under it.
UNSET = "# colab: (no repository address set yet)"
COLAB = re.compile(
    r"^# colab: [^\n]*(?:\nif \"google\.colab\" in [^\n]*\n    %pip [^\n]*)?$",
    re.MULTILINE,
)


def clean(url: str) -> str:
    """Return ``url`` without a trailing slash or ``.git``; empty stays empty.

    Raises:
        ValueError: it is not the address of a repository on GitHub, the only
            place that Colab opens notebooks from.
    """
    url = url.strip().rstrip("/").removesuffix(".git")
    if url and not ADDRESS.fullmatch(url):
        msg = f"expected https://github.com/owner/name, got {url!r}"
        raise ValueError(msg)
    return url


def edit_config(text: str, url: str, branch: str) -> str:
    """Return _config.yml with both keys of its ``repository:`` block set."""
    new, count = re.subn(
        r"^repository:\n  url:[^\n]*\n  branch:[^\n]*$",
        f'repository:\n  url: "{url}"\n  branch: {branch}',
        text,
        flags=re.MULTILINE,
    )
    if count != 1:
        msg = "_config.yml needs one block: repository:, url: and branch: below it"
        raise ValueError(msg)
    return new


def edit_citation(text: str, url: str) -> str:
    """Return CITATION.cff with ``repository-code`` set, or gone."""
    kept = re.sub(r"^repository-code:[^\n]*\n", "", text, flags=re.MULTILINE)
    if not url:
        return kept
    return f'{kept.rstrip()}\nrepository-code: "{url}"\n'


def colab_lines(url: str, branch: str) -> str:
    """Return what stands in a set-up cell: three lines, or the bare marker."""
    if not url:
        return UNSET
    return (
        f"# colab: {url} ({branch})\n"
        'if "google.colab" in str(get_ipython()):\n'
        f"    %pip install -q git+{url}@{branch}"
    )


def edit_notebook(text: str, url: str, branch: str) -> str:
    """Return a notebook's JSON with the marked lines of its code cells replaced."""
    notebook = json.loads(text)
    changed = False
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or not COLAB.search(source):
            continue
        new = COLAB.sub(lambda _: colab_lines(url, branch), source)
        if new != source:
            whole = isinstance(cell["source"], str)
            cell["source"] = new if whole else new.splitlines(keepends=True)
            changed = True
    # Untouched notebooks keep their bytes.
    return (
        json.dumps(notebook, indent=1, ensure_ascii=False) + "\n" if changed else text
    )


def set_repository(root: Path, url: str, branch: str) -> list[Path]:
    """Edit the files below ``root``; return those that changed.

    Nothing is written unless every edit is possible.
    """
    url = clean(url)
    if not BRANCH.fullmatch(branch):
        msg = f"expected the name of a branch, got {branch!r}"
        raise ValueError(msg)
    edits = {}
    config, citation = root / "_config.yml", root / "CITATION.cff"
    edits[config] = edit_config(config.read_text(encoding="utf-8"), url, branch)
    if citation.exists():
        edits[citation] = edit_citation(citation.read_text(encoding="utf-8"), url)
    for path in sorted(
        [*root.glob("chapters/*.ipynb"), *root.glob("appendix/*.ipynb")]
    ):
        edits[path] = edit_notebook(path.read_text(encoding="utf-8"), url, branch)
    changed = [p for p, new in edits.items() if new != p.read_text(encoding="utf-8")]
    for path in changed:
        path.write_text(edits[path], encoding="utf-8")
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("url", help="https://github.com/owner/name, or empty")
    parser.add_argument("--branch", default="main")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        changed = set_repository(options.root, options.url, options.branch)
    except ValueError as error:
        print(f"set_repository: {error}", file=sys.stderr)
        return 1
    for path in changed:
        print(f"changed {path.relative_to(options.root)}")
    if not changed:
        print("nothing to change")
    return 0


if __name__ == "__main__":
    sys.exit(main())
