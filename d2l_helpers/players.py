"""Sounds to listen to on a page, each with its name. Level 1: imports `validation`."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import torch
from torch import Tensor

from d2l_helpers.validation import as_int, check_tensor


class Players:
    """A labelled player for each sound; show it as the last value of a cell.

    sounds  {name: (samples (n,), rate)}, floating, rate in samples a second

    Samples within −1 … 1 are played as loud as they are, so that sounds can be
    compared; louder ones are scaled to fit.

    Raises TypeError or ValueError for samples that are no sound, naming it.
    """

    def __init__(self, sounds: Mapping[str, tuple[Tensor, int]]) -> None:
        self.sounds = {}
        for name, (samples, rate) in sounds.items():
            check_tensor(samples, name, 1, "(n,)")
            if not samples.numel() or not samples.isfinite().all():
                raise ValueError(f"{name} must hold finite numbers, at least one")
            loud = samples.detach().to("cpu", torch.float32)
            self.sounds[str(name)] = loud, as_int(rate, "rate", 1)

    def __repr__(self) -> str:
        lengths = (f"{n}: {len(x) / rate:.2g} s" for n, (x, rate) in self._items())
        return f"Players({', '.join(lengths)})"

    def _repr_html_(self) -> str:
        from IPython.display import Audio

        rows = []
        for name, (samples, rate) in self._items():
            too_loud = bool(samples.abs().max() > 1)
            player = Audio(samples.numpy(), rate=rate, normalize=too_loud)
            label = escape(name, quote=True)
            tag = player._repr_html_().strip()
            tag = tag.replace("<audio", f'<audio aria-label="{label}"', 1)
            rows.append(f'<p class="cnn-sound"><span>{label}</span> {tag}</p>')
        return "\n".join(rows)

    def _items(self):
        return self.sounds.items()
