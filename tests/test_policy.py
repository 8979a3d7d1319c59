"""The Content-Security-Policy: on every page, strict, and nothing breaks it."""

from __future__ import annotations

import base64
import hashlib

import pytest
from bs4 import BeautifulSoup
from site_fixtures import (  # noqa: F401 - fixtures are used by name
    CONTENT,
    PAGES,
    address,
    site,
    visit,
)

from book import policy

# ruff: noqa: F811 - a test takes a fixture by the name it is imported under
HEAD = '<head>\n<meta charset="utf-8">\n'
# What a page's own scripts are refused, one after another.
TRIES = """async () => {
  const refused = [];
  const listen = (event) => refused.push(event.effectiveDirective);
  document.addEventListener('securitypolicyviolation', listen);
  const add = (name, set) => {
    const element = document.createElement(name);
    Object.assign(element, set);
    document.head.append(element);
  };
  // what drives the browser may call eval, until the first pause
  await new Promise((done) => setTimeout(done));
  try { (0, eval)('window.ran = 1'); } catch { /* refused */ }
  try { Function('window.ran = 1')(); } catch { /* refused */ }
  add('script', {textContent: 'window.ran = 1'});
  add('script', {src: 'https://example.org/x.js'});
  add('style', {textContent: 'body { display: none }'});
  document.body.setAttribute('style', 'display: none');
  document.body.setAttribute('onclick', 'window.ran = 1');
  document.body.click();
  new Image().src = 'https://example.org/x.png';
  await fetch('https://example.org/').catch(() => {});
  await new Promise((done) => setTimeout(done, 100));
  return {refused: [...new Set(refused)].sort(), ran: window.ran ?? 0,
          shown: getComputedStyle(document.body).display};
}"""


def sources(text: str) -> dict[str, set[str]]:
    """Directive → sources, of the only policy on a page."""
    soup = BeautifulSoup(text, "html.parser")
    (tag,) = soup.select('meta[http-equiv="Content-Security-Policy"]')
    parts = [rule.split() for rule in tag["content"].split(";")]
    return {name: set(values) for name, *values in parts}


# As text ------------------------------------------------------------------------


def test_a_style_becomes_a_class_that_wins():
    styles = {}
    text = '<p style="color: red;">a</p><b class="x" style="color: red">b</b>'
    new = policy.classed(text, styles)
    (name,) = styles
    assert new == f'<p class="{name}">a</p><b class="x {name}">b</b>'
    assert policy.sheet(styles) == f".{name}.{name}.{name}{{color: red}}"


def test_text_in_scripts_and_attributes_stays():
    text = '<script>x = \'<p style="a">\'</script><p data-x="style">style="b"</p>'
    assert policy.classed(text, {}) == text


def test_a_quoted_font_survives():
    styles = {}
    policy.classed('<p style="font-family: &quot;A&quot;">a</p>', styles)
    assert list(styles.values()) == ['font-family: "A"']


def test_handlers_become_data():
    text = '<button onclick="window.print()" title="on it">Print</button>'
    new = policy.without_handlers(text)
    assert new == '<button data-does="print" title="on it">Print</button>'


@pytest.mark.parametrize("handler", ['onload="x()"', 'onclick="alert(1)"'])
def test_an_unknown_handler_stops_the_build(handler):
    with pytest.raises(ValueError, match="does not know on"):
        policy.without_handlers(f"<img {handler}>")


def test_the_policy_names_each_inline_script_once_and_no_data():
    script = "<script>let a = 1;</script>"
    data = '<script type="application/json">{"a": 1}</script>'
    text = f'{HEAD}{script}{script}{data}<script src="a.js"></script>'
    digest = base64.b64encode(hashlib.sha256(b"let a = 1;").digest()).decode()
    found = sources(policy.sealed(text))
    assert found["script-src"] == {"'self'", f"'sha256-{digest}'"}
    assert found["style-src"] == {"'self'"}


def test_a_page_without_a_head_is_an_error():
    with pytest.raises(ValueError, match="charset"):
        policy.sealed("<p>no head</p>")


# On the built pages ---------------------------------------------------------------


@pytest.mark.site
@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_the_policy_before_all_that_it_is_about(site, page):
    text = (site / page).read_text("utf-8")
    found = sources(text)
    assert found["default-src"] == {"'self'"}
    assert found["object-src"] == found["base-uri"] == {"'none'"}
    flat = set().union(*found.values())
    assert {s for s in flat if not s.startswith("'sha256-")} == {
        "'self'",
        "'none'",
        "data:",
    }
    soup = BeautifulSoup(text, "html.parser")
    first = soup.head.find(["script", "style", "link"])
    meta = soup.select_one('meta[http-equiv="Content-Security-Policy"]')
    assert first is None or meta.sourceline < first.sourceline
    for tag in soup.find_all(True):
        assert "style" not in tag.attrs
        assert not [name for name in tag.attrs if name.startswith("on")]
        assert not str(tag.get("href", "")).startswith("javascript:")


@pytest.mark.site
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_the_policy_is_in_force(visit, site, scheme):
    home = f"file://{site}/" if scheme == "file" else ""
    page = visit(CONTENT[0], home=home).page
    found = page.evaluate(TRIES)
    assert found["ran"] == 0
    assert found["shown"] != "none"
    assert set(found["refused"]) >= {
        "connect-src",
        "img-src",
        "script-src-attr",
        "script-src-elem",
        "style-src-attr",
        "style-src-elem",
    }
    page.context.close()


@pytest.mark.site
def test_buttons_of_the_theme_still_answer(visit):
    shown = visit(CONTENT[0])
    page = shown.page
    page.evaluate("window.print = () => { window.printed = true }")
    page.evaluate("document.querySelector('[data-does=print]').click()")
    assert page.evaluate("window.printed")
    page.locator("[data-does=full-screen]:visible").first.click()
    page.wait_for_function("document.fullscreenElement !== null")
    assert shown.faults == []
    page.context.close()
