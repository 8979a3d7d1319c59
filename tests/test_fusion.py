"""Fused layers compute what the three layers compute."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from strategies import randn, seeds
from torch import nn

import d2l_helpers as d2l
from d2l_helpers.fusion import RISING, FusedConv2d

POOLS = (nn.MaxPool2d, nn.AvgPool2d)


@given(
    activation=st.sampled_from(RISING),
    pool=st.sampled_from(POOLS),
    c=st.integers(1, 3),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    more=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    p=st.integers(0, 2),
    bias=st.booleans(),
    seed=seeds,
)
def test_the_same_function_and_gradient(
    activation, pool, c, kernel, more, p, bias, seed
):
    torch.manual_seed(seed)
    conv = nn.Conv2d(c, 2, kernel, padding=p, bias=bias)
    net = nn.Sequential(conv, activation(), pool(2)).double()
    fused = d2l.fuse(net)
    assert isinstance(fused[0], FusedConv2d)
    X = randn(2, c, *(k + m for k, m in zip(kernel, more, strict=True)), seed=seed)
    outputs = [f(X) for f in (net, fused)]
    torch.testing.assert_close(*outputs)
    G = randn(*outputs[0].shape, seed=seed + 1)
    gradients = [
        torch.autograd.grad(Y, list(f.parameters()), G)
        for Y, f in zip(outputs, (net, fused), strict=True)
    ]
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("make", [d2l.LeNet, d2l.LeNet.modern])
def test_a_fused_lenet_is_the_same_network(make):
    d2l.seed_everything(0)
    model = make()
    fused = d2l.fuse(model)
    assert sum(isinstance(m, FusedConv2d) for m in fused.modules()) == 1
    assert list(fused.state_dict()) == list(model.state_dict())
    X = torch.rand(4, 1, 28, 28)
    torch.testing.assert_close(fused(X), model(X))
    # a copy: training one leaves the other as it was
    with torch.no_grad():
        next(fused.parameters()).add_(1)
    assert not torch.equal(fused(X), model(X))
    fused.load_state_dict(model.state_dict())
    torch.testing.assert_close(fused(X), model(X))


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Conv2d(1, 2, 3, stride=2), nn.ReLU(), nn.MaxPool2d(2)],
        [nn.Conv2d(1, 2, 3, dilation=2), nn.ReLU(), nn.MaxPool2d(2)],
        [nn.Conv2d(2, 2, 3, groups=2), nn.ReLU(), nn.MaxPool2d(2)],
        [nn.Conv2d(1, 2, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2)],
        [nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), nn.ReLU(),
         nn.MaxPool2d(2)],
        [nn.Conv2d(4, 2, 3), nn.ReLU(), nn.MaxPool2d(2)],
        [nn.Conv2d(1, 2, 3), nn.GELU(), nn.MaxPool2d(2)],
        [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(3)],
        [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2, 1)],
        [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2, padding=1)],
        [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)],
        [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AvgPool2d(2, divisor_override=3)],
        [nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.ReLU()],
    ],
)  # fmt: skip
def test_what_does_not_fit_is_left_alone(layers):
    with pytest.raises(ValueError, match="nothing to fuse"):
        d2l.fuse(nn.Sequential(*layers))
