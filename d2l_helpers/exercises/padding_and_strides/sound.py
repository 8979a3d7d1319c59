"""A blur before every third sample."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .._values import ValueExercise
from .._verdict import Finding
from .._words import kind


def passed(hertz: float, K: Tensor) -> float:
    """Share of a tone's amplitude that a blur before stride 3 lets through."""
    tone = torch.sin(2 * torch.pi * hertz * torch.arange(8000) / 8000)
    after = F.conv1d(tone[None, None], K.float()[None, None], stride=3)
    return float(after.square().mean().sqrt() / tone.square().mean().sqrt())


def _examine_blur(K: Tensor) -> Finding | str | None:
    if not isinstance(K, Tensor) or K.dim() != 1:
        return Finding("a tensor with one axis is asked for", f"{kind(K)} came")
    K = K.detach().cpu().float()
    if not K.isfinite().all():
        return "some weights are no numbers"
    if abs(K.sum() - 1) > 0.3:
        return f"it changes the amplitude: the weights sum to {K.sum():.2f}, not to 1"
    shares = {hertz: passed(hertz, K) for hertz in (500, 1000, 2000, 3000)}
    heard = ", ".join(f"{hertz} Hz: {share:.3f}" for hertz, share in shares.items())
    folded = max(shares[2000], shares[3000])
    if folded > 0.9:
        return f"it blurs nothing: 2,000 and 3,000 Hz come back ({heard})"
    if shares[1000] < 0.3:
        return f"it removes what should stay as well ({heard})"
    if folded > 0.05:
        return f"too much of what is above 1,333 Hz passes ({heard})"
    if max(shares[500], shares[1000]) > 1.1:
        return f"500 or 1,000 Hz come out more than a tenth louder ({heard})"
    if min(shares[500], shares[1000]) < 0.9:
        return f"1,000 Hz loses more than a tenth ({heard})"
    return None


def _sinc(n: int, limit: float) -> Tensor:
    t = torch.arange(n) - (n - 1) / 2
    window = torch.hann_window(n, periodic=False)
    K = torch.sinc(2 * limit / 8000 * t) * window
    return K / K.sum()


BLUR = ValueExercise(
    name="blur_for_three",
    examine=_examine_blur,
    wants="the kernel that you choose, a tensor of shape (taps,)",
    right=lambda: [(_sinc(31, 4000 / 3),), (_sinc(41, 1400.0),)],
    mistakes={
        "a tensor with one axis": lambda: (_sinc(31, 4000 / 3)[None, None],),
        "more than a tenth louder": lambda: (1.2 * _sinc(31, 4000 / 3),),
        "it blurs nothing": lambda: (torch.ones(1),),
        "too much of what is above 1,333 Hz passes": lambda: (torch.full((3,), 1 / 3),),
        "it removes what should stay as well": lambda: (torch.full((9,), 1 / 9),),
        "it changes the amplitude": lambda: (20 * _sinc(31, 4000 / 3),),
        "1,000 Hz loses more than a tenth": lambda: (_sinc(31, 1100.0),),
    },
)
