"""Write which section of a page makes each name that later cells need.

`python tools/make_names.py`. The helpers tell it to a reader who ran a cell too
early: see d2l_helpers/missing.py.
"""

from __future__ import annotations

import json
import re
import symtable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "d2l_helpers" / "assets" / "names.json"
HEADING = re.compile(r"^#{2,} (.+)$|^:::\{exercise\} (.+)$", re.MULTILINE)


def made_and_needed(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell binds, and those that other cells must have bound."""
    source = "\n".join(x for x in source.splitlines() if not x.startswith("%"))
    top = symtable.symtable(source, "cell", "exec")
    made = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned()}
    needed = {symbol.get_name() for symbol in top.get_symbols()} - made
    inner = top.get_children()
    while inner:
        scope = inner.pop()
        inner += scope.get_children()
        needed |= {s.get_name() for s in scope.get_symbols() if s.is_global()}
    return made, needed - made


def names_of(path: Path) -> dict[str, str]:
    """Name → heading of the section that first makes it, where a later cell needs it.

    The first cell is left out: every reader runs it.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    section, home, wanted = "", {}, set()
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            for heading in HEADING.findall(source):
                section = next(filter(None, heading))
        elif cell is not code[0]:
            made, needed = made_and_needed(source)
            wanted |= needed & home.keys()
            for name in made:
                home.setdefault(name, section)
    return {name: home[name] for name in sorted(wanted)}


def table() -> dict[str, dict[str, str]]:
    """The table for every notebook of the book, by file name."""
    notebooks = [*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("appendix/*.ipynb")]
    return {path.stem: names_of(path) for path in sorted(notebooks)}


def write() -> None:
    """Write the table into the helpers' assets."""
    text = json.dumps(table(), ensure_ascii=False, indent=1)
    TABLE.write_text(text + "\n", encoding="utf-8")
    print(f"{TABLE.relative_to(ROOT)}: {len(text.splitlines())} lines")


if __name__ == "__main__":
    write()
