"""corr2d and its relatives: by hand, against the loop, against PyTorch."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from strategies import randn, seeds
from torch.autograd import gradcheck, gradgradcheck

from d2l_helpers import correlation
from d2l_helpers.correlation import (
    corr2d,
    corr2d_backward,
    corr2d_loop,
    corr2d_multi_in,
    corr2d_multi_in_out,
    corr2d_multi_in_out_1x1,
)

X3 = torch.arange(9.0).reshape(3, 3)
K2 = torch.arange(4.0).reshape(2, 2)
SUM_OF_TWO = torch.tensor([[56.0, 72.0], [104.0, 120.0]])

sizes = st.tuples(*[st.integers(1, 6)] * 2, *[st.integers(0, 6)] * 2)


def arrays(size, seed, *, channels=(), kernels=(), dtype=torch.float64):
    kh, kw, more_h, more_w = size
    X = randn(*channels, kh + more_h, kw + more_w, seed=seed, dtype=dtype)
    return X, randn(*kernels, *channels, kh, kw, seed=seed + 1, dtype=dtype)


@pytest.mark.parametrize("f", [corr2d, corr2d_loop])
def test_hand_worked_numbers(f):
    assert torch.equal(f(X3, K2), torch.tensor([[19.0, 25.0], [37.0, 43.0]]))


def test_an_edge_kernel_sees_vertical_edges_only():
    stripe = torch.ones(6, 8)
    stripe[:, 2:6] = 0
    K = torch.tensor([[1.0, -1.0]])
    row = torch.tensor([0.0, 1, 0, 0, 0, -1, 0])
    assert torch.equal(corr2d(stripe, K), row.expand(6, 7))
    assert not corr2d(stripe.T, K).any()


@given(sizes, seeds)
def test_fast_form_equals_the_loop_and_pytorch(size, seed):
    X, K = arrays(size, seed)
    Y = corr2d(X, K)
    torch.testing.assert_close(Y, corr2d_loop(X, K))
    torch.testing.assert_close(Y, F.conv2d(X[None, None], K[None, None])[0, 0])


FORMS = {  # X and K whose products are few; many, by a large kernel; and all others
    "_all_windows": [((20, 31), (3, 5)), ((70, 64), (66, 60)), ((64, 64), (8, 7))],
    "_shift_and_add": [((130, 61), (5, 3)), ((64, 64), (7, 7)), ((600, 700), (8, 7))],
}


@pytest.mark.parametrize(
    ("form", "size", "kernel"), [(f, *s) for f, all_ in FORMS.items() for s in all_]
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_each_form_of_the_fast_one_equals_pytorch(
    form, size, kernel, dtype, monkeypatch
):
    X, K = randn(*size, seed=1, dtype=dtype), randn(*kernel, seed=2, dtype=dtype)
    used = []
    for name in FORMS:
        f = getattr(correlation, name)
        monkeypatch.setattr(
            correlation, name, lambda *a, f=f, name=name: used.append(name) or f(*a)
        )
    for Y in (corr2d(X, K), corr2d(X.T, K.T).T):
        expected = F.conv2d(X[None, None].double(), K[None, None].double())[0, 0]
        assert Y.dtype == dtype
        room = 1e-6 if dtype == torch.float64 else 0.3
        torch.testing.assert_close(Y, expected.to(dtype), rtol=0.01, atol=room)
    assert used == [form] * 2


@given(sizes, seeds)
def test_backward_written_out_equals_autograd(size, seed):
    X, K = (t.requires_grad_() for t in arrays(size, seed))
    for f in (corr2d, corr2d_loop):
        Y = f(X, K)
        G = randn(*Y.shape, seed=seed + 2)
        expected = torch.autograd.grad(Y, (X, K), G)
        got = corr2d_backward(X.detach(), K.detach(), G)
        for g, e in zip(got, expected, strict=True):
            torch.testing.assert_close(g, e)


def test_backward_by_hand():
    dX, dK = corr2d_backward(X3, K2, torch.ones(2, 2))
    assert torch.equal(dX, torch.tensor([[0.0, 1, 1], [2, 6, 4], [2, 5, 3]]))
    assert torch.equal(dK, torch.tensor([[8.0, 12], [20, 24]]))


def test_gradcheck_first_and_second_order():
    X, K = (t.requires_grad_() for t in arrays((2, 3, 3, 2), 0))
    assert gradcheck(corr2d, (X, K))
    assert gradgradcheck(corr2d, (X, K))
    X, K = (t.requires_grad_() for t in arrays((2, 1, 2, 2), 1, channels=(2,)))
    assert gradcheck(corr2d_multi_in, (X, K))


@given(sizes, st.integers(1, 3), st.integers(1, 3), seeds)
def test_channels_equal_pytorch_and_sums_of_corr2d(size, ci, co, seed):
    X, K = arrays(size, seed, channels=(ci,), kernels=(co,))
    Y = corr2d_multi_in_out(X, K)
    torch.testing.assert_close(Y, F.conv2d(X[None], K)[0])
    for y, k in zip(Y, K, strict=True):
        torch.testing.assert_close(y, corr2d_multi_in(X, k))
        by_hand = sum(corr2d_loop(x, s) for x, s in zip(X, k, strict=True))
        torch.testing.assert_close(y, by_hand)


def test_channels_by_hand():
    X, K = torch.stack([X3, X3 + 1]), torch.stack([K2, K2 + 1])
    assert torch.equal(corr2d_multi_in(X, K), SUM_OF_TWO)
    # Adding 1 to every weight adds the window's total over both channels.
    step = torch.tensor([[20.0, 28], [44, 52]])
    Y = corr2d_multi_in_out(X, torch.stack([K, K + 1, K + 2]))
    assert torch.equal(Y, torch.stack([SUM_OF_TWO + i * step for i in range(3)]))


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5), seeds)
def test_1x1_is_a_dense_layer_at_every_pixel(ci, co, h, seed):
    X, K = randn(ci, h, h + 1, seed=seed), randn(co, ci, 1, 1, seed=seed + 1)
    Y = corr2d_multi_in_out_1x1(X, K)
    torch.testing.assert_close(Y, corr2d_multi_in_out(X, K))
    dense = F.linear(X.permute(1, 2, 0), K[:, :, 0, 0]).permute(2, 0, 1)
    torch.testing.assert_close(Y, dense)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_every_floating_dtype(dtype):
    X, K = arrays((3, 3, 9, 9), 3, dtype=dtype)
    Y = corr2d(X, K)
    assert Y.dtype == dtype
    exact = corr2d(X.double(), K.double())
    eps = torch.finfo(dtype).eps
    torch.testing.assert_close(Y.double(), exact, rtol=2 * eps, atol=20 * eps)


@pytest.mark.parametrize(
    ("f", "X", "K"),
    [
        (corr2d, randn(6, 7, seed=0), randn(2, 3, seed=1)),
        (corr2d_loop, randn(6, 7, seed=0), randn(2, 3, seed=1)),
        (corr2d_multi_in, randn(2, 6, 7, seed=0), randn(2, 2, 3, seed=1)),
        (corr2d_multi_in_out, randn(2, 6, 7, seed=0), randn(4, 2, 2, 3, seed=1)),
        (corr2d_multi_in_out_1x1, randn(2, 6, 7, seed=0), randn(4, 2, 1, 1, seed=1)),
    ],
)
def test_inputs_are_kept_and_layout_does_not_matter(f, X, K):
    before = X.clone(), K.clone()
    Y = f(X, K)
    assert torch.equal(X, before[0])
    assert torch.equal(K, before[1])
    strided = torch.stack([X, X + 1], -1)[..., 0]
    assert not strided.is_contiguous()
    torch.testing.assert_close(f(strided, K), Y)
    swapped = X.transpose(-1, -2).contiguous().transpose(-1, -2)
    torch.testing.assert_close(f(swapped, K), Y)


def test_not_a_number_and_infinity_go_through():
    X = torch.ones(4, 4)
    X[0, 0], X[3, 3] = float("nan"), float("inf")
    Y = corr2d(X, torch.ones(2, 2))
    assert Y[0, 0].isnan()
    assert Y[2, 2].isinf()
    assert torch.isfinite(Y).sum() == 7


@pytest.mark.parametrize(
    ("f", "X", "K", "error", "message"),
    [
        (corr2d, X3[None], K2, ValueError, r"X must have the axes \(h, w\), got 3"),
        (corr2d, X3, K2[None], ValueError, r"K must have the axes \(kh, kw\), got 3"),
        (corr2d, X3.int(), K2, TypeError, r"X must hold floating.*torch.int32"),
        (corr2d, X3, K2.double(), TypeError, "float32 and torch.float64"),
        (corr2d, X3, K2.to("meta"), ValueError, "same device, got cpu and meta"),
        (corr2d, X3.tolist(), K2, TypeError, "X must be a torch.Tensor, got list"),
        (corr2d, K2, X3, ValueError, "a kernel of 3 .* does not fit into 2"),
        (corr2d, X3, K2[:0], ValueError, "kernel size k must be at least 1, got 0"),
        (corr2d_loop, K2, X3, ValueError, "a kernel of 3 .* does not fit into 2"),
        (corr2d_multi_in, X3, K2, ValueError, r"X must have the axes \(ci, h, w\)"),
        (
            corr2d_multi_in,
            X3.expand(3, 3, 3),
            K2.expand(2, 2, 2),
            ValueError,
            r"X has 3 channels \(shape \(3, 3, 3\)\), K has 2 slices",
        ),
        (
            corr2d_multi_in_out_1x1,
            X3[None],
            K2[None, None],
            ValueError,
            "K must be 1×1, got 2×2",
        ),
    ],
)
def test_bad_input_names_both_sides(f, X, K, error, message):
    with pytest.raises(error, match=message):
        f(X, K)


def test_backward_refuses_a_gradient_of_another_shape():
    with pytest.raises(ValueError, match=r"output's shape \(2, 2\), got \(3, 3\)"):
        corr2d_backward(X3, K2, torch.ones(3, 3))
