"""Output sizes, use counts and receptive fields, by hand and against PyTorch."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from d2l_helpers import shapes

settings = st.tuples(
    st.integers(1, 12), st.integers(1, 5), st.integers(1, 5), st.integers(0, 4)
)


def fits(n, k, p, d):
    return shapes.span(k, d) <= n + 2 * p


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((28, 5), 24),
        ((28, 5, 1, 2), 28),
        ((28, 5, 2, 2), 14),  # 13 if the padding is counted once
        ((28, 3, 2), 13),
        ((8, 3, 1, 1), 8),  # 7 if the padding is counted once
        ((7, 3, 2, 1), 4),
        ((5, 3, 1, 0, 2), 1),
    ],
)
def test_output_size_by_hand(args, expected):
    assert shapes.conv_output_size(*args) == expected


@given(settings, st.integers(1, 3))
def test_output_size_and_uses_agree_with_pytorch(setting, d):
    n, k, s, p = setting
    if not fits(n, k, p, d):
        with pytest.raises(ValueError, match="does not fit"):
            shapes.conv_output_size(n, k, s, p, d)
        return
    X = torch.zeros(1, 1, n, dtype=torch.float64, requires_grad=True)
    ones = torch.ones(1, 1, k, dtype=torch.float64)
    Y = torch.nn.functional.conv1d(X, ones, None, s, p, d)
    assert shapes.conv_output_size(n, k, s, p, d) == Y.shape[2]
    Y.sum().backward()  # the gradient of a sum of ones counts the uses
    counts = shapes.use_counts(n, k, s, p, d)
    assert counts == X.grad[0, 0].int().tolist()
    assert shapes.unread(n, k, s, p, d) == counts.count(0)


@given(settings, st.integers(1, 3), st.integers(0, 4))
def test_transposed_output_size_agrees_with_pytorch(setting, d, extra):
    n, k, s, p = setting
    X, K = torch.zeros(1, 1, n), torch.zeros(1, 1, k)
    args = (n, k, s, p, extra, d)
    if extra >= max(s, d) or (n - 1) * s - 2 * p + d * (k - 1) + 1 + extra < 1:
        with pytest.raises(ValueError, match=r"output_padding|nothing is left"):
            shapes.conv_transpose_output_size(*args)
        return
    Y = torch.nn.functional.conv_transpose1d(X, K, None, s, p, extra, 1, d)
    assert shapes.conv_transpose_output_size(*args) == Y.shape[2]


def test_a_window_that_skips_rows_leaves_them_unread():
    assert shapes.unread(28, 3, 2) == 1  # the last row
    assert shapes.unread(28, 3, 2, 1) == 0  # the rest falls into the padding
    assert shapes.unread(28, 1, 2) == 14  # every second row
    assert shapes.use_counts(5, 3) == [1, 2, 3, 2, 1]
    assert shapes.use_counts(5, 3, 1, 1) == [2, 3, 3, 3, 2]  # 4, 6, 9 on a grid


@pytest.mark.parametrize(
    ("layers", "side"),
    [
        ([], 1),
        ([(3,)] * 7, 15),
        ([(3, 2)] * 3, 15),
        ([(3, 1, 0, 1), (3, 1, 0, 2), (3, 1, 0, 4)], 15),
        ([(5, 1, 2), (2, 2), (5,), (2, 2)], 16),  # LeNet up to its second pool
    ],
)
def test_receptive_field_by_hand(layers, side):
    assert shapes.receptive_field(layers) == side


layer = st.tuples(
    st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2)
)


@given(st.lists(layer, min_size=1, max_size=3))
def test_receptive_field_is_what_the_gradient_reaches(layers):
    field = shapes.receptive_fields(layers)[-1]
    # An input wide enough for a unit whose field meets no border.
    unit, n = 0, 4 * field.size + 40
    while field.start + unit * field.jump < 0:
        unit += 1
    X = torch.zeros(1, 1, n, dtype=torch.float64, requires_grad=True)
    Y = X
    for k, s, p, d in layers:
        ones = torch.ones(1, 1, k, dtype=torch.float64)
        Y = torch.nn.functional.conv1d(Y, ones, None, s, p, d)
    Y[0, 0, unit].backward()
    seen = X.grad[0, 0].nonzero().flatten()
    assert seen.min() == field.start + unit * field.jump
    assert seen.max() - seen.min() + 1 == field.size


def test_same_padding_keeps_the_size():
    for k in range(1, 7):
        for d in (1, 2, 3):
            before, after = shapes.same_padding(k, d)
            assert 0 <= after - before <= 1
            assert 9 + before + after - shapes.span(k, d) + 1 == 9


def test_counts_of_weights_and_work():
    assert shapes.conv_parameters(3, 8, (5, 5)) == 608
    assert shapes.conv_parameters(6, 16, (5, 5)) == 2416
    assert shapes.conv_parameters(64, 64, (3, 3), groups=64, bias=False) == 576
    assert shapes.conv_macs(6, 16, (5, 5), (10, 10)) == 240_000
    assert shapes.conv_parameters(2, 4, (3,)) == 28
    assert shapes.conv_macs(2, 4, (3, 2, 1), (5, 4, 3)) == 60 * 48
    macs = shapes.conv_macs(128, 128, (5, 5), (256, 256))
    assert 2 * macs == 53_687_091_200
    with pytest.raises(ValueError, match="groups=2 must divide in_channels=3"):
        shapes.conv_parameters(3, 8, (5, 5), groups=2)


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        ((2, 3), ValueError, r"a kernel of 3 .* does not fit into 2 \+ 2·0 = 2"),
        ((8, 3, 0), ValueError, "stride s must be at least 1, got 0"),
        ((8, 3, 1, -1), ValueError, "padding p must be at least 0, got -1"),
        ((8, 3, 1, 0, 0), ValueError, "dilation d must be at least 1, got 0"),
        ((8, 0), ValueError, "kernel size k must be at least 1, got 0"),
        ((8, 3.0), TypeError, "kernel size k must be an integer, got 3.0"),
        ((True, 1), TypeError, "input size n must be an integer"),
    ],
)
def test_bad_sizes_are_named(args, error, message):
    with pytest.raises(error, match=message):
        shapes.conv_output_size(*args)
