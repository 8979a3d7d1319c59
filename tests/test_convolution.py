"""conv2d, conv1d and conv_transpose2d against PyTorch, forward and gradient."""

import warnings

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import conv_cases, pairs, randn, seeds
from torch import nn
from torch.autograd import gradcheck, gradgradcheck

from d2l_helpers.convolution import (
    PADDING_MODES,
    conv1d,
    conv2d,
    conv2d_backward,
    conv_transpose2d,
    pad2d,
)


def same_forward_and_gradient(ours, theirs, inputs):
    """Both functions give the same result, and the same gradient by each input."""
    inputs = [t.detach().requires_grad_() for t in inputs]
    Y, expected = ours(*inputs), theirs(*inputs)
    torch.testing.assert_close(Y, expected)
    G = randn(*Y.shape, seed=7, dtype=Y.dtype)
    got = torch.autograd.grad(Y, inputs, G)
    for g, e in zip(got, torch.autograd.grad(expected, inputs, G), strict=True):
        torch.testing.assert_close(g, e)


@given(conv_cases())
def test_conv2d_equals_pytorch(case):
    def ours(X, K, b):
        return conv2d(X, K, b, *case.settings)

    def theirs(X, K, b):
        return F.conv2d(X, K, b, *case.settings)

    same_forward_and_gradient(ours, theirs, case.tensors())


@given(conv_cases())
def test_the_backward_pass_written_out_equals_autograd(case):
    X, K, b = (t.requires_grad_() for t in case.tensors())
    Y = F.conv2d(X, K, b, *case.settings)
    G = randn(*Y.shape, seed=case.seed + 3)
    expected = torch.autograd.grad(Y, (X, K, b), G)
    got = conv2d_backward(G, X.detach(), K.detach(), *case.settings)
    for g, e in zip(got, expected, strict=True):
        torch.testing.assert_close(g, e)


@given(conv_cases(), pairs(0, 3))
def test_conv_transpose2d_equals_pytorch(case, extra):
    n, co, oh, ow = len(case.tensors()[0]), case.k[0], 3, 2
    extra = tuple(
        e % max(s, d) for e, s, d in zip(extra, case.stride, case.dilation, strict=True)
    )
    padding = tuple(
        min(p, ((o - 1) * s + d * (k - 1)) // 2)
        for p, o, s, d, k in zip(
            case.padding, (oh, ow), case.stride, case.dilation, case.k[2:], strict=True
        )
    )
    X, K = randn(n, co, oh, ow, seed=case.seed), case.tensors()[1]
    bias = randn(case.x[1], seed=case.seed + 2)
    args = case.stride, padding, extra, case.groups, case.dilation

    def ours(X, K, b):
        return conv_transpose2d(X, K, b, *args)

    def theirs(X, K, b):
        return F.conv_transpose2d(X, K, b, *args)

    same_forward_and_gradient(ours, theirs, (X, K, bias))


@given(
    n=st.integers(1, 2),
    k=st.integers(1, 4),
    more=st.integers(0, 6),
    s=st.integers(1, 3),
    p=st.integers(0, 3),
    d=st.integers(1, 2),
    groups=st.integers(1, 2),
    seed=seeds,
)
def test_conv1d_equals_pytorch(n, k, more, s, p, d, groups, seed):
    X = randn(n, 2 * groups, d * (k - 1) + 1 + more, seed=seed)
    K, b = randn(groups, 2, k, seed=seed + 1), randn(groups, seed=seed + 2)
    same_forward_and_gradient(
        lambda X, K, b: conv1d(X, K, b, s, p, d, groups),
        lambda X, K, b: F.conv1d(X, K, b, s, p, d, groups),
        (X, K, b),
    )


@given(st.sampled_from(PADDING_MODES), pairs(0, 3), pairs(1, 4), seeds)
def test_padding_modes_equal_the_library_layer(mode, padding, kernel, seed):
    layer = nn.Conv2d(2, 3, kernel, padding=padding, padding_mode=mode).double()
    X = randn(2, 2, 5, 6, seed=seed)
    same_forward_and_gradient(
        lambda X: conv2d(
            X, layer.weight, layer.bias, padding=padding, padding_mode=mode
        ),
        layer,
        [X],
    )


@given(st.sampled_from(["same", "valid"]), pairs(1, 5), pairs(1, 2), seeds)
def test_named_padding_equals_pytorch(name, kernel, dilation, seed):
    X, K = randn(1, 1, 9, 10, seed=seed), randn(1, 1, *kernel, seed=seed + 1)
    Y = conv2d(X, K, padding=name, dilation=dilation)
    if name == "same":
        assert Y.shape == X.shape
    with warnings.catch_warnings():
        # PyTorch warns that an odd total needs a copy of the input.
        warnings.simplefilter("ignore", UserWarning)
        expected = F.conv2d(X, K, padding=name, dilation=dilation)
    torch.testing.assert_close(Y, expected)


def test_hand_worked_padding_stride_and_transpose():
    X3 = torch.arange(9.0).reshape(1, 1, 3, 3)
    K2 = torch.arange(4.0).reshape(1, 1, 2, 2)
    padded = [[0, 3, 8, 4], [9, 19, 25, 10], [21, 37, 43, 16], [6, 7, 8, 0]]
    assert conv2d(X3, K2, padding=1)[0, 0].tolist() == padded
    strided = [[0, 8], [21, 43]]
    assert conv2d(X3, K2, padding=1, stride=2)[0, 0].tolist() == strided
    up = conv_transpose2d(K2, K2)[0, 0].tolist()
    assert up == [[0, 0, 1], [0, 4, 6], [4, 12, 9]]


@settings(max_examples=15)
@given(conv_cases(max_batch=1))
def test_gradcheck_to_the_second_order(case):
    X, K, b = (t.requires_grad_() for t in case.tensors())

    def f(X, K, b):
        return conv2d(X, K, b, *case.settings)

    assert gradcheck(f, (X, K, b))
    assert gradgradcheck(f, (X, K, b))


def test_an_unread_margin_gets_no_gradient():
    X = randn(1, 1, 6, 6, seed=0).requires_grad_()
    conv2d(X, torch.ones(1, 1, 3, 3, dtype=X.dtype), stride=2).sum().backward()
    assert not X.grad[..., 5].any()
    assert not X.grad[..., 5, :].any()
    assert X.grad[..., :5, :5].all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_every_floating_dtype(dtype):
    X, K = randn(2, 3, 8, 8, seed=0, dtype=dtype), randn(4, 3, 3, 3, seed=1).to(dtype)
    Y = conv2d(X, K, padding=1)
    assert Y.dtype == dtype
    exact = F.conv2d(X.double(), K.double(), padding=1)
    eps = torch.finfo(dtype).eps
    torch.testing.assert_close(Y.double(), exact, rtol=4 * eps, atol=30 * eps)


def test_channels_last_and_inputs_kept():
    X, K = randn(2, 3, 6, 7, seed=0), randn(4, 3, 3, 2, seed=1)
    before = X.clone(), K.clone()
    Y = conv2d(X, K, stride=2, padding=1)
    last = X.to(memory_format=torch.channels_last)
    torch.testing.assert_close(conv2d(last, K, stride=2, padding=1), Y)
    torch.testing.assert_close(
        conv2d(X[:, :, ::2, 1:], K), F.conv2d(X[:, :, ::2, 1:], K)
    )
    assert torch.equal(X, before[0])
    assert torch.equal(K, before[1])


def test_an_empty_batch_stays_empty():
    X, K = torch.zeros(0, 3, 6, 6), torch.zeros(4, 3, 3, 3)
    assert conv2d(X, K).shape == (0, 4, 4, 4)
    assert conv_transpose2d(torch.zeros(0, 4, 3, 3), K).shape == (0, 3, 5, 5)


X, K = torch.zeros(2, 4, 6, 6), torch.zeros(6, 2, 3, 3)


@pytest.mark.parametrize(
    ("X", "K", "kwargs", "error", "message"),
    [
        (X[0], K, {}, ValueError, r"X must have the axes \(n, c, h, w\), got 3"),
        (X, K, {}, ValueError, "X has 4 channels, .* K has 2"),
        (X, K, {"groups": 3}, ValueError, "groups=3 must divide the 4 input"),
        (X, K, {"groups": 0}, ValueError, "groups must be at least 1, got 0"),
        (X, K.long(), {"groups": 2}, TypeError, "K must hold floating"),
        (X, K.half(), {"groups": 2}, TypeError, "float32 and torch.float16"),
        (X, K, {"groups": 2, "stride": 0}, ValueError, "stride must be at least 1"),
        (X, K, {"groups": 2, "stride": (1, 2, 3)}, ValueError, "one integer or 2"),
        (X, K, {"groups": 2, "stride": 1.5}, TypeError, "stride must be an integer"),
        (X, K, {"groups": 2, "padding": -1}, ValueError, "padding must be at least 0"),
        (X, K, {"groups": 2, "dilation": 0}, ValueError, "dilation must be at least"),
        (X, K, {"groups": 2, "dilation": 3}, ValueError, "spans 7 cells"),
        (X, K, {"groups": 2, "padding": "full"}, ValueError, "same, valid; got 'full'"),
        (
            X,
            K,
            {"groups": 2, "padding": "same", "stride": 2},
            ValueError,
            r'"same" needs stride 1, got stride \(2, 2\)',
        ),
        (
            X,
            K,
            {"groups": 2, "padding": 6, "padding_mode": "reflect"},
            ValueError,
            "reflect padding of 6 rows needs an input of more than 6",
        ),
        (
            X,
            K,
            {"groups": 2, "padding": 7, "padding_mode": "circular"},
            ValueError,
            "circular padding of 7 rows needs",
        ),
        (
            X,
            K,
            {"groups": 2, "padding_mode": "mirror"},
            ValueError,
            "padding_mode must be one of zeros, reflect",
        ),
        (
            X,
            K,
            {"groups": 2, "bias": torch.zeros(4)},
            ValueError,
            "one number per output channel: 6, got 4",
        ),
    ],
)
def test_bad_input_names_both_sides(X, K, kwargs, error, message):
    with pytest.raises(error, match=message):
        conv2d(X, K, **kwargs)


def test_transposed_refuses_what_no_convolution_gives():
    X = torch.zeros(1, 2, 3, 3)
    with pytest.raises(ValueError, match="below the stride or the dilation, got 2"):
        conv_transpose2d(X, torch.zeros(2, 1, 3, 3), stride=2, output_padding=2)
    with pytest.raises(ValueError, match="X has 2 channels"):
        conv_transpose2d(X, torch.zeros(3, 1, 3, 3))


def test_the_backward_pass_knows_which_side_the_extra_cell_is_on():
    X, K = (randn(1, 1, *n, seed=n[0]).requires_grad_() for n in ((7, 6), (4, 2)))
    Y = conv2d(X, K, padding="same")
    G = randn(*Y.shape, seed=5)
    got = conv2d_backward(G, X.detach(), K.detach(), padding="same")
    expected = torch.autograd.grad(Y, (X, K), G)
    for g, e in zip(got[:2], expected, strict=True):
        torch.testing.assert_close(g, e)


def test_backward_refuses_a_gradient_of_another_shape():
    with pytest.raises(ValueError, match=r"output's shape \(2, 6, 4, 4\)"):
        conv2d_backward(torch.zeros(2, 6, 5, 5), X, K, groups=2)


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_pad2d_on_a_bare_picture(mode):
    picture = torch.arange(12.0).reshape(3, 4)
    names = {"zeros": "constant"}
    expected = F.pad(picture[None, None], (2, 1, 0, 2), mode=names.get(mode, mode))
    assert torch.equal(pad2d(picture, (0, 2, 2, 1), mode), expected[0, 0])


@given(conv_cases(max_batch=2))
def test_under_autocast_the_library_s_dtypes(case):
    inputs = [t.float().requires_grad_() for t in case.tensors()]
    with torch.autocast("cpu", torch.bfloat16):
        Y, expected = (f(*inputs, *case.settings) for f in (conv2d, F.conv2d))
    assert Y.dtype == expected.dtype == torch.bfloat16
    G = torch.ones_like(Y)
    for got, e in zip(
        (Y, *torch.autograd.grad(Y, inputs, G)),
        (expected, *torch.autograd.grad(expected, inputs, G)),
        strict=True,
    ):
        assert got.dtype == e.dtype
        scale = 1 + e.abs().max().item() if e.numel() else 1
        torch.testing.assert_close(got / scale, e / scale, rtol=0.05, atol=0.05)
