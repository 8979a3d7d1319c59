"""The modules: exchangeable with torch.nn's, and what comp_conv2d strips."""

import pytest
import torch
from hypothesis import given
from strategies import conv_cases, randn
from torch import nn

from d2l_helpers.layers import Conv2D, Pool2D, comp_conv2d


@given(conv_cases())
def test_conv2d_layer_exchanges_weights_with_the_library(case):
    (ci, co), size = (case.x[1], case.k[0]), case.k[2:]
    args = (ci, co, size, *case.settings)
    ours, theirs = Conv2D(*args).double(), nn.Conv2d(*args).double()
    theirs.load_state_dict(ours.state_dict())
    X = case.tensors()[0]
    torch.testing.assert_close(ours(X), theirs(X))


def test_the_random_start_is_the_library_s():
    torch.manual_seed(0)
    ours = Conv2D(6, 16, 5)
    bound = 1 / (6 * 25) ** 0.5
    for parameter in ours.parameters():
        assert parameter.abs().max() <= bound
        assert parameter.abs().max() > 0.8 * bound


def test_padding_by_name_and_mode():
    X = randn(1, 2, 7, 6, seed=0).float()
    layer = Conv2D(2, 3, 3, padding="same", padding_mode="circular")
    assert layer(X).shape == (1, 3, 7, 6)
    theirs = nn.Conv2d(2, 3, 3, padding="same", padding_mode="circular")
    theirs.load_state_dict(layer.state_dict())
    torch.testing.assert_close(layer(X), theirs(X))


@pytest.mark.parametrize("mode", ["max", "avg"])
def test_pool2d_layer(mode):
    X = randn(2, 3, 7, 8, seed=0)
    theirs = (nn.MaxPool2d if mode == "max" else nn.AvgPool2d)((3, 2), 2, (1, 0))
    torch.testing.assert_close(Pool2D((3, 2), mode, 2, (1, 0))(X), theirs(X))
    assert not list(Pool2D(2).parameters())


def test_comp_conv2d_adds_and_strips_two_axes():
    X = torch.rand(8, 8)
    assert comp_conv2d(nn.Conv2d(1, 1, 3, padding=1), X).shape == (8, 8)
    assert comp_conv2d(nn.Conv2d(1, 1, (3, 5), (3, 4), (0, 1)), X).shape == (2, 2)
    with pytest.raises(ValueError, match="one channel, got shape"):
        comp_conv2d(nn.Conv2d(1, 2, 3), X)
    with pytest.raises(ValueError, match=r"X must have the axes \(h, w\)"):
        comp_conv2d(nn.Conv2d(1, 1, 3), X[None])


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"kernel_size": 0}, ValueError, "kernel_size must be at least 1"),
        ({"stride": 0}, ValueError, "stride must be at least 1"),
        ({"padding": "full"}, ValueError, "padding must be one of same, valid"),
        ({"padding_mode": "mirror"}, ValueError, "padding_mode must be one of"),
        ({"groups": 2}, ValueError, "groups=2 must divide in_channels=3"),
        ({"in_channels": 1.5}, TypeError, "in_channels must be an integer"),
    ],
)
def test_bad_settings_are_named_when_the_layer_is_made(kwargs, error, message):
    settings = {"in_channels": 3, "out_channels": 4, "kernel_size": 3} | kwargs
    with pytest.raises(error, match=message):
        Conv2D(**settings)
