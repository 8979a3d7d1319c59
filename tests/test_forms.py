"""The two ways to compute a convolution's three maps, each against PyTorch."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from strategies import conv_cases, randn

from d2l_helpers import bands, columns, primitives

FORMS = [bands, columns]


@pytest.mark.parametrize("form", FORMS, ids=["bands", "columns"])
@given(case=conv_cases())
def test_a_form_computes_output_and_both_gradients(form, case):
    X, K, _ = case.tensors()
    ph, pw = case.padding
    X = F.pad(X, (pw, pw, ph, ph)).requires_grad_()
    K = K.requires_grad_()
    s, d, g = case.stride, case.dilation, case.groups
    Y = F.conv2d(X, K, None, s, 0, d, g)
    G = randn(*Y.shape, seed=case.seed + 5)
    dX, dK = torch.autograd.grad(Y, (X, K), G)
    X, K = X.detach(), K.detach()
    results = (
        (form.correlate(X, K, Y.shape[2:], s, d, g), Y.detach()),
        (form.spread(G, K, tuple(X.shape[2:]), s, d, g), dX),
        (form.weight_sums(X, G, tuple(K.shape[2:]), s, d, g), dK),
    )
    for got, expected in results:
        torch.testing.assert_close(got, expected)
        assert got.is_contiguous()


@pytest.mark.parametrize("form", FORMS, ids=["bands", "columns"])
def test_an_empty_batch_and_a_strided_input(form):
    X, K = randn(2, 5, 7, 4, seed=0).permute(0, 3, 1, 2), randn(3, 4, 2, 3, seed=1)
    one, out = (1, 1), (4, 5)
    got = form.correlate(X, K, out, one, one, 1)
    torch.testing.assert_close(got, F.conv2d(X, K))
    assert form.correlate(X[:0], K, out, one, one, 1).shape == (0, 3, *out)
    G = torch.zeros(0, 3, *out, dtype=K.dtype)
    assert form.spread(G, K, (5, 7), one, one, 1).shape == (0, 4, 5, 7)
    assert form.weight_sums(X[:0], G, (2, 3), one, one, 1).eq(0).all()


def test_both_forms_are_in_use():
    """LeNet's convolutions take the bands, wider and deeper ones the columns."""
    chosen = {
        (1, 32, 5): bands,
        (6, 14, 5): bands,
        (64, 56, 3): columns,
        (3, 224, 7): columns,
        (1, 512, 3): columns,
    }
    assert {case: primitives._form(*case) for case in chosen} == chosen
