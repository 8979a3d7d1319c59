"""Pages made light: the same text and the same colours with fewer tags."""

from __future__ import annotations

import re

import pytest
import tinycss2
from bs4 import BeautifulSoup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from site_fixtures import CONTENT, site  # noqa: F401 - a fixture by name

from book import code
from d2l_helpers.explorers import CONCEPTS, _bundle

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
START = '<div class="highlight-ipython3 notranslate"><div class="highlight"><pre>'
THEMES = """
html[data-theme="light"] .highlight .n { color: #080808 }
html[data-theme="light"] .highlight .p { color: #080808 }
html[data-theme="light"] .highlight .o { color: #00622F }
html[data-theme="light"] .highlight .k { color: #7928A1 }
html[data-theme="dark"] .highlight .n { color: #F8F8F2 }
html[data-theme="dark"] .highlight .p { color: #F8F8F2 }
html[data-theme="dark"] .highlight .o { color: #ABE338 }
html[data-theme="dark"] .highlight .k { color: #F8F8F2 }
"""
PROGRAM = 'for k in range(3):\n    print(f"{k:>3}" + "a", x @ -y)\n'


def test_what_looks_like_a_name_in_both_themes_needs_no_tag():
    assert code.plain(THEMES) == {"n", "p", "o", "w"}


def test_the_program_is_the_same_with_fewer_tags():
    shown = highlight(PROGRAM, PythonLexer(), HtmlFormatter(nowrap=True))
    new = code.untagged(f"{START}{shown}</pre></div></div>", {"n", "p", "o", "w"})
    soup = BeautifulSoup(new, "html.parser")
    assert soup.get_text() == PROGRAM
    strings = [span.get_text() for span in soup.select(".s2")]
    assert new.count("<span") < shown.count("<span") * 0.6
    # the quotation mark and what it opens: one string, one tag
    assert '"a"' in strings
    assert '<span class="k">for</span>' in new


def test_neighbours_of_two_colours_stay_apart():
    piece = '<span class="k">a</span><span class="s">b</span>'
    text = f"{START}{piece}</pre></div></div>"
    assert code.untagged(text, set()) == text


@pytest.mark.site
@pytest.mark.parametrize("page", CONTENT)
def test_one_style_sheet_with_the_rules_of_all(site, page):
    soup = BeautifulSoup((site / page).read_text("utf-8"), "html.parser")
    (link,) = soup.select('link[rel="stylesheet"]')
    sheet = ((site / page).parent / link["href"].split("?")[0]).read_text("utf-8")
    for rule in (".cnn-quiz", "--cnn-kernel:", ".bd-article", "mjx-container"):
        assert rule in sheet
    assert not re.search(r"@import", sheet)


# Explorers' styles, which meet on one page and in one notebook ---------------------


def selectors(rules: list) -> list[str]:
    """The selectors of rules, those inside of @container and @media too."""
    found = []
    for rule in rules:
        if rule.type == "qualified-rule":
            parts = re.split(r",(?![^()]*\))", tinycss2.serialize(rule.prelude))
            found += [part.strip() for part in parts]
        elif rule.content and rule.lower_at_keyword in ("container", "media"):
            found += selectors(rules_of(rule.content))
    return found


def rules_of(content: str | list) -> list:
    return tinycss2.parse_rule_list(content, skip_whitespace=True, skip_comments=True)


def test_no_explorer_dresses_another():
    """Each rule asks for a class that only its own explorer's rules know."""
    sheets = {
        path.stem: selectors(rules_of(path.read_text("utf-8")))
        for path in _bundle.style_files(*CONCEPTS, "question")
    }
    classes = {
        name: set(re.findall(r"\.(cnn-[\w-]+)", " ".join(found)))
        for name, found in sheets.items()
    }
    for name, found in sheets.items():
        if name in ("tokens", "explorers"):
            continue
        others = set().union(*(c for n, c in classes.items() if n != name))
        own = classes[name] - others
        loose = [s for s in found if not own & set(re.findall(r"\.(cnn-[\w-]+)", s))]
        assert loose == [], name
