"""Figures: the maps, the printed numbers, the curves."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from d2l_helpers import plotting


@pytest.fixture(autouse=True)
def _headless_and_closed():
    plt.switch_backend("agg")
    with mpl.rc_context():
        plotting.use_style()
        yield
    plt.close("all")


def test_maps_meet_their_stops_and_the_bright_end_is_large():
    seq, div = mpl.colormaps["cnn_seq"], mpl.colormaps["cnn_div"]
    assert mpl.colors.to_hex(seq(0.0)) == "#0f1223"
    assert mpl.colors.to_hex(seq(1.0)) == "#f0f8d6"
    light = [float(np.mean(seq(t)[:3])) for t in np.linspace(0, 1, 9)]
    assert light == sorted(light)
    assert np.ptp(div(0.5)[:3]) < 0.05  # zero is a neutral grey
    assert div(0.0)[2] > div(0.0)[0]  # negative is blue
    assert div(1.0)[0] > div(1.0)[2]  # positive is red


def test_show_array_prints_numbers_and_centres_signs():
    _, ax = plt.subplots()
    values = torch.tensor([[-2.0, -1e-4], [0.5, 1.0]])
    image = plotting.show_array(ax, values, "Y", True)
    assert [t.get_text() for t in ax.texts] == ["−2.00", "0.00", "0.50", "1.00"]
    assert (image.norm.vmin, image.norm.vmax) == (-2, 2)
    assert ax.get_title(loc="left") == "Y"
    _, ax = plt.subplots()
    plotting.show_array(ax, torch.eye(13))
    assert not ax.texts  # too many cells to read


def test_printed_numbers_are_readable_on_every_fill():
    _, ax = plt.subplots()
    image = plotting.show_array(ax, np.linspace(0, 1, 12)[None])
    for text, value in zip(ax.texts, np.linspace(0, 1, 12), strict=True):
        fill = image.cmap(image.norm(value))[:3]
        linear = plotting._linear(mpl.colors.to_hex(fill))
        light = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
        ink = 0.0 if text.get_color() == "black" else 1.0
        high, low = max(light, ink), min(light, ink)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_show_images_lays_out_a_grid_and_keeps_colour():
    pictures = [torch.rand(4, 6), torch.rand(4, 6, 3), torch.zeros(4, 6)]
    fig = plotting.show_images(pictures, ["a", "b", "c"], columns=2)
    assert len(fig.axes) == 4
    assert [ax.get_visible() for ax in fig.axes] == [True, True, True, False]
    assert fig.axes[1].images[0].get_array().shape == (4, 6, 3)
    signed = plotting.show_images([np.eye(2), -3 * np.eye(2)], (), True, None, 1, True)
    assert {ax.images[0].norm.vmax for ax in signed.axes} == {3}


def test_training_curves_skip_what_was_not_measured():
    history = {
        "epoch": [1, 2, 3],
        "train_loss": [2.0, 1.0, 0.5],
        "val_loss": [None, 1.2, 0.9],
        "train_acc": [0.1, 0.5, 0.7],
        "val_acc": [None, 0.4, 0.6],
    }
    fig = plotting.training_curves(history)
    loss, accuracy = fig.axes
    assert [line.get_label() for line in loss.lines] == ["training", "held out"]
    assert np.isnan(loss.lines[1].get_ydata()[0])
    assert accuracy.lines[1].get_ydata()[2] == 0.6
    assert loss.get_xlabel() == "epoch"


def test_outline_frames_the_window():
    _, ax = plt.subplots()
    plotting.outline(ax, 1, 2, 3, 4)
    frame = ax.patches[-1]
    assert (frame.get_x(), frame.get_y()) == (1.5, 0.5)
    assert (frame.get_width(), frame.get_height()) == (4, 3)
