"""The record of a run, and how it is shown while the run goes on."""

import json
import math
import sys
import types

import matplotlib as mpl
import pytest

from d2l_helpers import plotting
from d2l_helpers.history import COLUMNS, History
from d2l_helpers.live import LiveView, live_mode

mpl.use("Agg")


def row(**changes) -> dict:
    values = {
        "train_loss": 0.5,
        "train_acc": 0.75,
        "val_loss": 0.625,
        "val_acc": 0.5,
        "seconds": 4.25,
        "lr": 0.1,
    }
    return {**values, **changes}


def two_epochs() -> History:
    history = History()
    history.append([1.0, 2.0, 3.0], **row())
    history.append([0.25], **row(train_loss=0.25, val_acc=0.875))
    return history


def test_columns_rows_and_the_last_one():
    history = two_epochs()
    assert len(history) == 2
    assert history["epoch"] == [1, 2]
    assert history["val_acc"] == [0.5, 0.875]
    assert history.last == {"epoch": 2, **row(train_loss=0.25, val_acc=0.875)}
    assert [r["train_loss"] for r in history] == [0.5, 0.25]
    assert tuple(next(iter(history))) == COLUMNS


def test_a_column_that_was_read_is_a_copy():
    history = two_epochs()
    history["epoch"].clear()
    assert history["epoch"] == [1, 2]


def test_mistakes_are_named():
    with pytest.raises(KeyError, match=r"no column 'accuracy'.*val_acc"):
        History()["accuracy"]
    with pytest.raises(IndexError, match="no epoch"):
        _ = History().last
    with pytest.raises(TypeError, match="missing \\['lr'\\], unknown \\['rate'\\]"):
        History().append(**{k: v for k, v in row(rate=1).items() if k != "lr"})


def test_steps_lie_inside_their_epoch():
    history = two_epochs()
    assert history.steps == [
        (pytest.approx(1 / 3), 1.0),
        (pytest.approx(2 / 3), 2.0),
        (1.0, 3.0),
        (2.0, 0.25),
    ]


def test_many_steps_become_few_points_with_the_same_mean():
    history = History()
    history.append([float(i) for i in range(100)], **row())
    assert len(history.steps) == History.points_per_epoch == 20
    assert history.steps[0] == (0.05, 2.0)  # the mean of 0 … 4
    assert sum(loss for _, loss in history.steps) / 20 == 49.5


def test_json_there_and_back():
    history = two_epochs()
    history.append([float("inf")], **row(val_loss=None, val_acc=None, lr=0.1 + 0.2))
    history.append([], **row(val_loss=float("inf"), train_loss=float("nan")))
    history.interrupted = True
    text = json.dumps(history.to_dict(), allow_nan=False)
    back = History.from_dict(json.loads(text))
    assert back["lr"][2] == 0.1 + 0.2
    assert back["val_loss"] == [0.625, 0.625, None, float("inf")]
    assert math.isnan(back["train_loss"][3])
    assert back.steps == history.steps
    assert back.interrupted
    assert back.to_dict() == history.to_dict()


@pytest.mark.parametrize("change", ["columns", "interrupted", "lr", "short"])
def test_other_json_is_refused(change):
    data = two_epochs().to_dict()
    if change == "lr":
        del data["columns"]["lr"]
    elif change == "short":
        data["columns"]["lr"].pop()
    else:
        del data[change]
    with pytest.raises(ValueError, match="not a saved History"):
        History.from_dict(data)


def test_the_text_form_is_the_same_on_every_machine():
    history = two_epochs()
    assert repr(history) == "<History: 2 epochs>"
    history.interrupted = True
    assert repr(history) == "<History: 2 epochs, interrupted>"
    one = History()
    one.append(**row())
    assert repr(one) == "<History: 1 epoch>"


def test_plot_draws_every_epoch():
    history = two_epochs()
    figure = history.plot()
    loss, accuracy = figure.axes
    assert loss.lines[0].get_ydata().tolist() == [0.5, 0.25]
    assert accuracy.lines[1].get_ydata().tolist() == [0.5, 0.875]
    assert history.plot(figure.axes) is figure
    plotting.plt.close(figure)


@pytest.fixture
def outside(monkeypatch):
    """As in a script that nobody tests."""
    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    monkeypatch.delenv("D2L_QUIET", raising=False)
    monkeypatch.delitem(sys.modules, "IPython", raising=False)


@pytest.fixture
def notebook(outside, monkeypatch):
    """As in a kernel, with a list of what was displayed."""
    shown = []

    class Handle:
        def update(self, picture):
            shown.append(("update", picture))

    def display(picture, display_id):
        shown.append(("display", picture))
        return Handle()

    class Image:
        def __init__(self, data, alt):
            self.data, self.alt = data, alt

    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display, ipython.display.Image = display, Image
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    return shown


def test_nothing_is_shown_under_pytest_unless_asked():
    assert live_mode(None) == "none"
    assert live_mode(True) == "lines"


def test_lines_in_a_script_and_in_plain_ipython(outside, monkeypatch):
    assert live_mode(None) == "lines"
    assert live_mode(False) == "none"
    terminal = types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace())
    monkeypatch.setitem(sys.modules, "IPython", terminal)
    assert live_mode(None) == "lines"


@pytest.mark.parametrize(
    ("value", "mode"), [("1", "none"), ("0", "lines"), ("", "lines")]
)
def test_the_quiet_switch(outside, monkeypatch, value, mode):
    monkeypatch.setenv("D2L_QUIET", value)
    assert live_mode(None) == mode
    assert live_mode(True) == "lines"


def test_one_line_for_each_epoch(capsys):
    history = History()
    with LiveView(history, 10, 7, live=True) as view:
        view.step()
        history.append(**row(train_loss=0.4123, val_acc=0.861, seconds=4.21))
        view.epoch()
        history.append(**row(val_loss=None, val_acc=None))
        view.epoch()
    assert capsys.readouterr().out == (
        "epoch 1/10  train loss 0.412  val acc 0.861  4.2 s\n"
        "epoch 2/10  train loss 0.500  train acc 0.750  4.2 s\n"
    )


def test_silence(capsys):
    history = two_epochs()
    with LiveView(history, 10, 7, live=False) as view:
        view.step()
        view.epoch()
    assert capsys.readouterr() == ("", "")


def test_a_notebook_gets_one_plot_that_is_updated_and_a_bar(
    notebook, capsys, monkeypatch
):
    monkeypatch.setattr(LiveView, "min_seconds", 0.0)
    assert live_mode(None) == "kernel"
    history = two_epochs()
    with LiveView(history, 4, 5, live=None) as view:
        assert view._bar.total == 10  # two epochs of five batches are left
        for _ in range(2):
            view.step()
            history.append(**row())
            view.epoch()
        assert view._bar.n == 2
    assert [what for what, _ in notebook] == ["display", "update"]
    for _, picture in notebook:
        assert picture.data.startswith(b"\x89PNG")
    assert notebook[1][1].alt.startswith("epoch 4/4")
    assert plotting.plt.get_fignums() == []  # nothing is drawn a second time
    assert capsys.readouterr().out == ""


def test_fast_epochs_do_not_wait_for_the_plot_and_the_last_is_drawn(notebook):
    history = History()
    with LiveView(history, 9, 5, live=True) as view:
        view.min_seconds = 60.0
        for _ in range(9):
            history.append(**row())
            view.epoch()
        assert len(notebook) == 1
    assert [picture.alt[:9] for _, picture in notebook] == ["epoch 1/9", "epoch 9/9"]


def test_a_notebook_run_without_an_epoch_draws_nothing(notebook):
    with LiveView(two_epochs(), 2, 5, live=True):
        pass
    assert notebook == []
