"""Sounds on a page: every player has a name, and plays what it was given."""

import base64
import io
import re
import wave

import pytest
import torch
from bs4 import BeautifulSoup

import d2l_helpers as d2l


def heard(html):
    """{label: (rate, samples)} of the players in a cell's HTML."""
    found = {}
    for player in BeautifulSoup(html, "html.parser").find_all("audio"):
        data = re.sub(r"^data:audio/wav;base64,", "", player.source["src"])
        with wave.open(io.BytesIO(base64.b64decode(data))) as file:
            raw = bytearray(file.readframes(file.getnframes()))
            samples = torch.frombuffer(raw, dtype=torch.int16) / 32767
            found[player["aria-label"]] = file.getframerate(), samples
    return found


def test_each_player_has_its_name_and_its_sound():
    soft = 0.25 * d2l.call()
    html = d2l.Players({"a <call>": (soft, 8000), "fall": (d2l.fall(), 4000)})
    (rate, samples), (slow, _) = heard(html._repr_html_()).values()
    assert (rate, slow) == (8000, 4000)
    torch.testing.assert_close(samples, soft, rtol=0, atol=1e-4)  # not made louder
    shown = BeautifulSoup(html._repr_html_(), "html.parser")
    assert [p.span.text for p in shown.select(".cnn-sound")] == ["a <call>", "fall"]
    assert repr(html) == "Players(a <call>: 0.1 s, fall: 0.2 s)"


def test_what_is_too_loud_is_scaled_and_silence_stays_silent():
    loud = torch.tensor([0.0, 4.0, -2.0])
    html = d2l.Players({"loud": (loud, 8000), "none": (torch.zeros(5), 8000)})
    (_, scaled), (_, silence) = heard(html._repr_html_()).values()
    torch.testing.assert_close(scaled, loud / 4, rtol=0, atol=1e-4)
    assert not silence.any()


@pytest.mark.parametrize(
    ("samples", "rate", "error", "said"),
    [
        ([0.0], 8000, TypeError, "call"),
        (torch.zeros(2, 3), 8000, ValueError, "call"),
        (torch.zeros(0), 8000, ValueError, "call must hold finite numbers"),
        (torch.tensor([0.0, torch.nan]), 8000, ValueError, "finite"),
        (torch.zeros(3), 0, ValueError, "rate must be at least 1"),
    ],
)
def test_what_is_no_sound_is_refused(samples, rate, error, said):
    with pytest.raises(error, match=said):
        d2l.Players({"call": (samples, rate)})
