"""The sheet, the quiz, the glossary, and a book without solutions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from site_fixtures import CONTENT, address, site, visit  # noqa: F401 - fixtures

from book.solutions import PROMPT, without
from d2l_helpers import LeNet, boot, layer_table, pool2d, shapes

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
ROOT = Path(__file__).resolve().parent.parent
SHEET = (ROOT / "appendix" / "summary.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "appendix" / "glossary.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))


def rows_of(text):
    """The cells of a Markdown table's rows."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_sheets_ledger_is_that_of_the_network():
    table = layer_table(LeNet(), (1, 1, 28, 28))
    counted = [
        (row.parameters, row.macs)
        for row in table.rows
        if row.parameters or "Pool" in row.layer
    ]
    counted.append((table.parameters, table.macs))
    ledger = rows_of(SHEET.split("**LeNet, 28×28**")[1])[1:9]
    written = [tuple(int(c.replace(",", "")) for c in row[2:4]) for row in ledger]
    assert written == counted


def test_the_sheets_numbers_hold():
    assert f"{(2 * 1000 - 1) ** 2:,}" in SHEET
    edge, inside = shapes.use_counts(28, 3, padding=1)[:2]
    assert (edge**2, edge * inside, inside**2) == (4, 6, 9)
    wide = boot().new_zeros(36, 36)
    wide[4:32, 4:32] = boot()
    before, after = pool2d(wide, 2), pool2d(wide.roll(-1, 1), 2)
    changed = int((before != after).sum())
    seen = int(((before != 0) | (after != 0)).sum())
    assert f"{changed} of {seen} cells" in SHEET


@pytest.mark.site
def test_the_sheet_prints_on_one_side_of_a4(visit):
    page = visit("appendix/summary.html").page
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1


@pytest.mark.site
def test_twelve_questions_three_with_fresh_numbers(site):
    text = (site / "appendix" / "quiz.html").read_text(encoding="utf-8")
    places = BeautifulSoup(text, "html.parser").select("[data-explorer=question]")
    specs = [json.loads(place.script.string)["spec"] for place in places]
    assert len(specs) == 12
    assert sum(len(spec["draws"]) > 1 for spec in specs) == 3
    assert all(spec["draws"][0]["slips"] or spec["kind"] == "myth" for spec in specs)


def test_every_term_says_where_it_is_taught():
    entries = re.findall(r"^([^\s:#].*)\n((?:  .*\n)+)", GLOSSARY, re.MULTILINE)
    assert len(entries) >= 35
    for term, text in entries:
        page = r"\((?:\.\./chapters/)?[\w-]+\.ipynb#[\w-]+\)"
        assert re.search(rf"See \[.+\]{page}", text), term
    terms = [term.lower() for term, _ in entries]
    assert terms == sorted(terms)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_without_solutions_all_else_stays(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    bare = without(notebook)
    text = "\n".join("".join(cell["source"]) for cell in bare["cells"])
    whole = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
    assert PROMPT not in json.dumps(bare)
    assert "<summary>Solution<" not in text
    for kept in (
        r":::\{exercise\}",
        r"Hint [12]<",
        r"# your|\.\.\.  #",
        r"\*Teaches: ",
    ):
        assert len(re.findall(kept, text)) == len(re.findall(kept, whole)), kept
    assert len(text) < len(whole)
    assert "assert d2l.check." not in text


def test_the_instructors_page_names_the_setting():
    text = (ROOT / "appendix" / "teaching.md").read_text(encoding="utf-8")
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert "hide_solutions: true" in text
    assert "hide_solutions: false" in config
    assert "appendix/teaching.html" in CONTENT
