"""The palette: five roles that nobody mixes up, and text that can be read on them."""

import re
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

import d2l_helpers
from d2l_helpers import plotting

TOKENS = Path(d2l_helpers.__file__).parent / "explorers" / "static" / "tokens.css"
ROLES = ("input", "kernel", "output", "gradient", "guess")
MARKS = (*ROLES, "correct", "wrong")
# Machado, Oliveira and Fernandes (2009), severity 1, on linear red, green, blue.
EYES = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# Ottosson (2020), Oklab: linear red, green, blue to cones, their cube roots to Lab.
CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def palette(theme: str) -> dict[str, str]:
    """The tokens of one theme; dark ones stand on the light ones."""
    light, dark = TOKENS.read_text(encoding="utf-8").split("html[data-theme", 1)
    css = light if theme == "light" else light + dark
    found = re.findall(r"--cnn-([\w-]+): (?:var\(.*, )?(#[0-9a-f]+)", css)
    return dict(found)  # the last one counts


def linear(colour: str) -> np.ndarray:
    c = np.array(mpl.colors.to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def seen(colour: str, eye: str) -> np.ndarray:
    light = (np.array(EYES[eye]) @ linear(colour)).clip(0, 1)
    return OKLAB @ np.cbrt(CONES @ light)


def contrast(one: str, other: str) -> float:
    """Of WCAG 2.2, from 1 to 21."""
    lights = [0.05 + linear(c) @ (0.2126, 0.7152, 0.0722) for c in (one, other)]
    return max(lights) / min(lights)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eye", EYES)
def test_every_kind_of_eye_tells_the_roles_apart(theme, eye):
    """0.02 is about what can just be seen of two colours that touch."""
    colours = palette(theme)
    for one, other in combinations(ROLES, 2):
        apart = np.linalg.norm(seen(colours[one], eye) - seen(colours[other], eye))
        assert apart > 0.08, (one, other, round(apart, 3))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_stand_out_and_text_on_them_can_be_read(theme):
    colours = palette(theme)
    page = colours["page"] if theme == "dark" else "#fff"
    for role in MARKS:
        assert contrast(colours[role], page) >= 3, role
        assert contrast(colours[role], colours[f"{role}-on"]) >= 4.5, role
        assert contrast(colours["num"], colours[f"{role}-tint"]) >= 4.5, role
    for role in ("line", "pad"):
        assert contrast(colours[role], page) >= 3, role
    assert contrast(colours["text"], page) >= 7
    assert contrast(colours["muted"], colours["surface"]) >= 4.5


def test_figures_and_explorers_share_their_colours():
    colours = palette("light")
    for role in ROLES:
        assert getattr(plotting, role.upper()) == colours[role]
