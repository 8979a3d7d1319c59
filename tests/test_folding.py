"""What a worked solution prints stays folded, in a real kernel."""

import nbformat
import pytest
from nbclient import NotebookClient

from d2l_helpers.folding import MARK, SUMMARY


@pytest.fixture(scope="module")
def cells():
    sources = {
        "set-up": "import d2l_helpers as d2l\nd2l.begin_page('lenet')",
        "solution": f"print('27 < 28 &', 42)\nif 0:\n    {MARK}size(size)",
        "silent": f"x = 1\nif 0:\n    {MARK}size(size)",
        "failed": f"print('so far')\n1 / 0\n{MARK}size(size)",
        "early": f"print('so far')\nclinic\n{MARK}size(size)",
        "reader": "print('mine')  # then: d2l.check.size(size)",
        "again": "d2l.begin_page('lenet')",
        "twice": f"print('once')\nif 0:\n    {MARK}size(size)",
    }
    made = [nbformat.v4.new_code_cell(source) for source in sources.values()]
    notebook = nbformat.v4.new_notebook(cells=made)
    client = NotebookClient(notebook, timeout=60, kernel_name="narrow")
    client.allow_errors = True
    client.execute()
    return dict(zip(sources, [cell.outputs for cell in made], strict=True))


def test_a_solution_prints_into_a_closed_fold(cells):
    (output,) = cells["solution"]
    assert output.output_type == "display_data"
    html = output.data["text/html"]
    assert html.startswith('<details class="cnn-printed"><summary>')
    assert SUMMARY in html
    assert "<pre>27 &lt; 28 &amp; 42\n</pre>" in html
    assert output.data["text/plain"] == "27 < 28 & 42\n"


def test_one_that_prints_nothing_shows_nothing(cells):
    assert cells["silent"] == []


def test_one_that_fails_shows_what_it_had_printed(cells):
    kinds = [(o.output_type, o.get("text", o.get("ename"))) for o in cells["failed"]]
    assert sorted(kinds) == [("error", "ZeroDivisionError"), ("stream", "so far\n")]


def test_one_that_runs_too_early_is_told_what_to_run_first(cells):
    text = "".join(o.get("text", "") for o in cells["early"])
    assert "so far" in text
    assert "is made further up on this page" in text


def test_what_the_reader_prints_is_left_alone(cells):
    (output,) = cells["reader"]
    assert output.text == "mine\n"


def test_beginning_a_page_twice_folds_once(cells):
    (output,) = cells["twice"]
    assert output.data["text/html"].count("<details") == 1
