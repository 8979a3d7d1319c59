"""pool2d and blur_pool2d: by hand, and against PyTorch with its gradients."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import pairs, randn, seeds
from torch.autograd import gradcheck

from d2l_helpers.pooling import blur_pool2d, pool2d

X3 = torch.arange(9.0).reshape(3, 3)


def test_by_hand():
    assert pool2d(X3, 2, stride=1).tolist() == [[4, 5], [7, 8]]
    assert pool2d(X3, 2, "avg", stride=1).tolist() == [[2, 3], [5, 6]]
    assert pool2d(X3, 2).tolist() == [[4]]  # the stride is the window's size
    # Maximum pads with −∞, average with zeros that count unless told otherwise.
    assert pool2d(torch.full((3, 3), -1.0), 3, padding=1)[0, 0] == -1
    corner = pool2d(X3, 3, "avg", stride=1, padding=1)[0, 0]
    torch.testing.assert_close(corner, torch.tensor(8 / 9))
    alone = pool2d(X3, 3, "avg", 1, 1, count_include_pad=False)[0, 0]
    torch.testing.assert_close(alone, torch.tensor(2.0))


def test_gradients_by_hand():
    X = X3.clone().requires_grad_()
    pool2d(X, 2, stride=1).sum().backward()
    assert X.grad.tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 1]]
    X.grad = None
    pool2d(X, 2, "avg", stride=1).sum().backward()
    assert X.grad.tolist() == [[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]]


@given(pairs(1, 4), pairs(1, 4), pairs(0, 2), pairs(0, 6), st.booleans(), seeds)
def test_equal_to_pytorch_with_ties(size, stride, padding, more, include, seed):
    assume(all(2 * p <= k for p, k in zip(padding, size, strict=True)))
    h, w = (k + m for k, m in zip(size, more, strict=True))
    # Few distinct values, so that many windows hold several maxima.
    X = randn(2, 3, h, w, seed=seed).mul(2).round()
    for mode in ("max", "avg"):
        X = X.detach().requires_grad_()
        Y = pool2d(X, size, mode, stride, padding, include)
        if mode == "max":
            expected = F.max_pool2d(X, size, stride, padding)
        else:
            expected = F.avg_pool2d(X, size, stride, padding, False, include)
        torch.testing.assert_close(Y, expected)
        G = randn(*Y.shape, seed=seed + 1)
        got, want = (torch.autograd.grad(out, X, G)[0] for out in (Y, expected))
        torch.testing.assert_close(got, want)


@pytest.mark.parametrize("mode", ["max", "avg"])
def test_gradcheck(mode):
    X = randn(2, 2, 5, 6, seed=0).requires_grad_()
    assert gradcheck(lambda X: pool2d(X, (3, 2), mode, 2, 1), X)
    assert gradcheck(lambda X: blur_pool2d(X, 3, 2), X)


@pytest.mark.parametrize("shape", [(7, 6), (3, 7, 6), (2, 3, 7, 6), (0, 3, 7, 6)])
def test_leading_axes_are_pooled_one_by_one(shape):
    X = randn(*shape, seed=1)
    for mode in ("max", "avg"):
        Y = pool2d(X, (3, 2), mode)
        assert Y.shape == (*shape[:-2], 2, 3)
        flat = pool2d(X.reshape(-1, 1, 7, 6), (3, 2), mode)
        assert torch.equal(Y.flatten(), flat.flatten())


def test_nan_and_infinities_go_through():
    X = torch.zeros(4, 4)
    X[0, 0], X[3, 3] = float("nan"), float("-inf")
    X[0, 2] = float("inf")
    assert pool2d(X, 2)[0, 0].isnan()
    assert pool2d(X, 2)[0, 1] == float("inf")
    assert pool2d(X, 2)[1, 1] == 0
    assert pool2d(X, 2, "avg")[1, 1] == float("-inf")


@given(st.integers(1, 5), st.integers(1, 3), seeds)
def test_blur_pool_is_a_depthwise_binomial_convolution(k, stride, seed):
    X = randn(2, 3, 8, 9, seed=seed)
    rows = {1: [1], 2: [1, 1], 3: [1, 2, 1], 4: [1, 3, 3, 1], 5: [1, 4, 6, 4, 1]}
    row = torch.tensor(rows[k], dtype=torch.float64)
    K = torch.outer(row, row) / row.sum() ** 2
    before, after = (k - 1) // 2, k // 2
    padded = F.pad(X, (before, after, before, after), mode="reflect")
    expected = F.conv2d(padded, K.expand(3, 1, k, k), stride=stride, groups=3)
    torch.testing.assert_close(blur_pool2d(X, k, stride), expected)


def test_blur_keeps_a_flat_picture_flat():
    assert torch.equal(blur_pool2d(torch.ones(6, 7)), torch.ones(3, 4))


def test_inputs_are_kept_and_dtype_too():
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        X = randn(3, 6, 6, seed=0, dtype=dtype)
        before = X.clone()
        for mode in ("max", "avg"):
            assert pool2d(X, 2, mode).dtype == dtype
        assert torch.equal(X, before)


@pytest.mark.parametrize(
    ("X", "args", "error", "message"),
    [
        (X3, (4,), ValueError, "a kernel of 4 .* does not fit into 3"),
        (X3, (2, "min"), ValueError, "mode must be one of max, avg; got 'min'"),
        (X3, (2, "max", 0), ValueError, "stride must be at least 1, got 0"),
        (X3, (0,), ValueError, "pool_size must be at least 1, got 0"),
        (X3, (3, "max", 1, 2), ValueError, "at most half the window, got padding"),
        (X3, (2, "max", 1, -1), ValueError, "padding must be at least 0, got -1"),
        (X3.int(), (2,), TypeError, "X must hold floating"),
        (X3[0], (2,), ValueError, r"X must have the axes \(h, w\), \(c, h, w\) or"),
    ],
)
def test_bad_input_is_named(X, args, error, message):
    with pytest.raises(error, match=message):
        pool2d(X, *args)
