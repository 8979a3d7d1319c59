"""The cast: the facts that the pages state about each of its members."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from d2l_helpers import examples
from d2l_helpers.data import FashionMNIST


def lit(values):
    return torch.nonzero(values).flatten().tolist()


def test_boot_is_test_image_0_and_touches_both_sides():
    boot = examples.boot(raw=True)
    assert boot.shape == (28, 28)
    assert boot.dtype == torch.float32
    assert lit(boot.any(dim=1)) == list(range(7, 22))
    assert lit(boot[:, 0]) == [16, 19, 20]
    assert lit(boot[:, 27]) == [16, 17, 18, 19, 20, 21]
    assert boot[19, 0] == 70  # the toe
    assert torch.equal(examples.boot(), boot / 255)
    X, y = FashionMNIST(source="sample").val[0]
    assert torch.equal(X[0], examples.boot())
    assert y == 9


def test_plaid_is_test_image_7_and_touches_neither_side():
    plaid = examples.plaid(raw=True)
    assert lit(plaid.any(dim=0)) == list(range(4, 25))
    assert plaid.max() == 255
    assert torch.equal(examples.plaid(), plaid / 255)
    X, y = FashionMNIST(source="sample").val[7]
    assert torch.equal(X[0], examples.plaid())
    assert y == 6


def test_hand_arithmetic():
    X, K = examples.X3(), examples.K2()
    assert X.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert K.tolist() == [[0, 1], [2, 3]]
    assert F.conv2d(X[None, None], K[None, None]).flatten().tolist() == [19, 25, 37, 43]


def test_stripe_has_one_falling_and_one_rising_edge():
    X = examples.stripe()
    assert X.tolist() == [[1, 1, 0, 0, 0, 0, 1, 1]] * 6
    assert (X[:, :-1] - X[:, 1:])[0].tolist() == [0, 1, 0, 0, 0, -1, 0]


def test_dot_has_one_pixel_where_it_was_asked_for():
    assert torch.nonzero(examples.dot()).tolist() == [[3, 3]]
    assert torch.nonzero(examples.dot(5, 0, 4)).tolist() == [[0, 4]]
    assert examples.dot(5, 0, 4).shape == (5, 5)
    assert examples.dot().sum() == 1
    with pytest.raises(ValueError, match=r"\[5, 2\] is outside a picture of 5×5"):
        examples.dot(5, 5)
    with pytest.raises(ValueError, match="at least 0, got -1"):
        examples.dot(5, 0, -1)


def test_every_call_gives_a_new_tensor():
    for make in (examples.boot, examples.X3, examples.K2, examples.stripe):
        make().zero_()
        assert make().any()


def crossings(sound):
    """How often the sign changes: twice the number of periods."""
    return int((sound[:-1].sign() * sound[1:].sign() < 0).sum())


def test_a_call_rises_and_a_fall_is_the_call_backwards():
    call = examples.call()
    assert call.shape == (800,)
    assert call.abs().max() <= 1
    plain = examples.call(hann=False)
    # The mean pitch of the first and last tenth, 400 → 3,200 Hz, is 540 and 3,060:
    # 80 samples are 10 ms, so 5.4 and 30.6 periods.
    assert abs(crossings(plain[:80]) / 2 - 5.4) <= 1
    assert abs(crossings(plain[-80:]) / 2 - 30.6) <= 1
    assert torch.equal(examples.fall(), call.flip(0))
    assert call[0] == 0
    assert call[-1].abs() < 1e-6
    assert math.isclose(call.square().mean(), 3 / 16, rel_tol=0.02)
    assert math.isclose(plain.square().mean(), 1 / 2, rel_tol=0.02)


def test_a_call_that_the_rate_cannot_carry_is_refused():
    with pytest.raises(ValueError, match=r"3200.0 Hz needs at least 6400.0 samples"):
        examples.call(rate=4000)
    with pytest.raises(ValueError, match="too short"):
        examples.call(seconds=0.0001)


def test_a_recording_hides_the_calls_where_it_says():
    quiet = examples.recording(seed=3, noise=0.0)
    assert quiet.signal.shape == (32000,)
    assert (len(quiet.rises), len(quiet.falls)) == (4, 4)
    for start in quiet.rises:
        assert torch.equal(quiet.signal[start : start + 800], examples.call())
    for start in quiet.falls:
        assert torch.equal(quiet.signal[start : start + 800], examples.fall())
    starts = sorted(quiet.rises + quiet.falls)
    assert all(b - a >= 800 for a, b in itertools.pairwise(starts))
    loud = examples.recording(seed=3)
    assert (loud.rises, loud.falls) == (quiet.rises, quiet.falls)
    assert math.isclose((loud.signal - quiet.signal).std(), 2, rel_tol=0.03)
    assert torch.equal(loud.signal, examples.recording(seed=3).signal)
    assert examples.recording(seed=4).rises != loud.rises


def test_correlation_finds_the_rises_and_convolution_the_falls():
    heard = examples.recording(seed=0, noise=1.0)
    call = examples.call()
    for kernel, starts in ((call, heard.rises), (call.flip(0), heard.falls)):
        score = F.conv1d(heard.signal[None, None], kernel[None, None])[0, 0]
        found = []
        for _ in range(4):
            peak = int(score.argmax())
            found.append(peak)
            score[max(0, peak - 400) : peak + 400] = -math.inf
        gaps = [abs(a - b) for a, b in zip(sorted(found), starts, strict=True)]
        assert max(gaps) <= 2


def test_calls_that_do_not_fit_are_refused_with_what_would():
    assert len(examples.recording(seconds=0.8).rises) == 4  # just fits
    with pytest.raises(ValueError, match=r"8 calls of 800 .* at least 0\.8 seconds"):
        examples.recording(seconds=0.75)
    empty = examples.recording(rises=0, falls=0, seconds=0.1)
    assert (empty.rises, empty.falls) == ([], [])


def test_coffee_is_a_colour_picture():
    coffee = examples.coffee()
    assert coffee.shape == (3, 200, 300)
    assert coffee.dtype == torch.float32
    assert coffee.is_contiguous()
    # the mean of the four original pixels around (141, 62, 22) at [350, 500]
    pixel = (coffee[:, 175, 250] * 255).round().tolist()
    assert pixel == [151, 72, 28]
    assert 0 <= coffee.min() < coffee.max() <= 1
    assert coffee[0].mean() > coffee[1].mean() > coffee[2].mean()  # warm colours
