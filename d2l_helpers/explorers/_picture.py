"""The still picture of an explorer's first state, as SVG, without matplotlib.

It is what a page without JavaScript, a print-out or an untrusted notebook shows.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

# the light theme's tokens: a picture is opaque white in both themes
TEXT, MUTED, HAIR, SURFACE = "#222832", "#48566b", "#d1d5da", "#f6f7f9"
ROLES = {
    "input": ("#0b4cd8", "#e7edfb", "#fff"),
    "kernel": ("#d36d00", "#fbf0e6", "#000"),
    "output": ("#0c999a", "#e7f5f5", "#000"),
    "gradient": ("#9c4267", "#f5ecf0", "#fff"),
    "ink": (TEXT, SURFACE, "#fff"),
}
FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"


def number(value: float, digits: int = 2) -> str:
    """A number as the explorers print it: "−1", "0.25"."""
    text = str(int(value)) if float(value).is_integer() else f"{value:.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}")


class Picture:
    """Panels side by side, left to right; `svg()` gives the whole."""

    GAP, TOP = 28, 30

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.x, self.height = 12.0, 0.0

    def _head(self, name: str, shape: str, role: str, width: float) -> None:
        color = ROLES[role][0]
        label = f"<tspan font-weight='bold' fill='{TEXT}'>{html.escape(name)}</tspan>"
        self.parts.append(
            f"<text x='{self.x}' y='18' font-size='12' fill='{MUTED}' {FONT}>"
            f"{label} {html.escape(shape)}</text>"
            f"<rect x='{self.x}' y='23' width='{width}' height='3' fill='{color}'/>"
        )

    def _advance(self, width: float, height: float, name: str, shape: str) -> None:
        text = 7.2 * (len(name) + len(shape) + 2)
        self.x += max(width, text) + self.GAP
        self.height = max(self.height, self.TOP + height + 10)

    def grid(
        self,
        name: str,
        values: np.ndarray,
        role: str = "input",
        *,
        window: tuple[int, int, int, int] | None = None,
        current: tuple[int, int] | None = None,
        hidden: np.ndarray | None = None,
        pitch: float = 34,
    ) -> Picture:
        """A grid of numbers. window: (row, column, rows, columns); hidden: mask."""
        rows, cols = values.shape
        shape = f"{rows} × {cols}"
        self._head(name, shape, role, cols * pitch)
        size = pitch - 2
        for i in range(rows):
            for j in range(cols):
                x, y = self.x + j * pitch + 1, self.TOP + i * pitch + 1
                inside = window and (
                    window[0] <= i < window[0] + window[2]
                    and window[1] <= j < window[1] + window[3]
                )
                fill = ROLES["kernel"][1] if inside else SURFACE
                ink = TEXT
                if current == (i, j):
                    fill, ink = ROLES["output"][0], ROLES["output"][2]
                text = (
                    "·" if hidden is not None and hidden[i, j] else number(values[i, j])
                )
                self.parts.append(
                    f"<rect x='{x}' y='{y}' width='{size}' height='{size}' rx='4' "
                    f"fill='{fill}' stroke='{HAIR}'/>"
                    f"<text x='{x + size / 2}' y='{y + size / 2 + 4}' fill='{ink}' "
                    f"font-size='{12 if len(text) < 5 else 10}' text-anchor='middle' "
                    f"{FONT}>{text}</text>"
                )
        if window:
            i, j, height, width = window
            self.parts.append(
                f"<rect x='{self.x + j * pitch}' y='{self.TOP + i * pitch}' "
                f"width='{width * pitch}' height='{height * pitch}' rx='7' fill='none' "
                f"stroke='{ROLES['kernel'][0]}' stroke-width='3'/>"
            )
        self._advance(cols * pitch, rows * pitch, name, shape)
        return self

    def image(
        self, name: str, pixels: np.ndarray, role: str = "input", *, size: float = 200
    ) -> Picture:
        """A picture: (h, w) or (h, w, 3), uint8, drawn with sharp pixels."""
        rows, cols = pixels.shape[:2]
        shape = f"{rows} × {cols}"
        width, height = size, size * rows / cols
        self._head(name, shape, role, width)
        self.parts.append(
            f"<image x='{self.x}' y='{self.TOP}' width='{width}' height='{height}' "
            f"style='image-rendering:pixelated' href='{png_uri(pixels)}'/>"
        )
        self._advance(width, height, name, shape)
        return self

    def lines(
        self,
        name: str,
        curves: Sequence[tuple[Sequence[float], Sequence[float], str]],
        *,
        size: tuple[float, float] = (300, 180),
    ) -> Picture:
        """Curves as (x, y, role) in one box, each scaled to the joint limits."""
        self._head(name, "", "ink", size[0])
        xs = np.concatenate([np.asarray(c[0], float) for c in curves])
        ys = np.concatenate([np.asarray(c[1], float) for c in curves])
        (x0, x1), (y0, y1) = (xs.min(), xs.max()), (ys.min(), ys.max())
        for x, y, role in curves:
            across = (np.asarray(x, float) - x0) / ((x1 - x0) or 1) * size[0]
            up = (1 - (np.asarray(y, float) - y0) / ((y1 - y0) or 1)) * size[1]
            points = " ".join(
                f"{self.x + a:.1f},{self.TOP + 6 + b:.1f}"
                for a, b in zip(across, up, strict=True)
            )
            self.parts.append(
                f"<polyline points='{points}' fill='none' stroke-width='2' "
                f"stroke='{ROLES[role][0]}'/>"
            )
        self._advance(size[0], size[1] + 12, name, "")
        return self

    def sign(self, text: str) -> Picture:
        """A sign between two panels: "⋆", "="."""
        x = self.x - self.GAP / 2
        self.parts.append(
            f"<text x='{x}' y='{self.TOP + 40}' font-size='18' text-anchor='middle' "
            f"fill='{MUTED}' {FONT}>{html.escape(text)}</text>"
        )
        return self

    def bars(
        self, rows: Sequence[tuple[str, float, str]], *, width: float = 480
    ) -> Picture:
        """Bars in a frame that stands for 1, under each other: (label, share, role)."""
        for n, (label, share, role) in enumerate(rows):
            y = 18 + 48 * n
            self.parts.append(
                f"<text x='{self.x}' y='{y}' font-size='12' fill='{TEXT}' {FONT}>"
                f"{html.escape(label)}</text>"
                f"<rect x='{self.x}' y='{y + 6}' width='{max(2, share * width)}' "
                f"height='14' fill='{ROLES[role][0]}'/>"
                f"<rect x='{self.x}' y='{y + 6}' width='{width}' height='14' "
                f"fill='none' stroke='{HAIR}'/>"
            )
        self._advance(width, 48 * len(rows) - self.TOP, "", "")
        return self

    def below(self, other: Picture) -> Picture:
        """Another picture, under this one."""
        inner = "".join(other.parts)
        self.parts.append(f"<g transform='translate(0 {self.height})'>{inner}</g>")
        self.x, self.height = max(self.x, other.x), self.height + other.height
        return self

    def svg(self) -> str:
        """The whole picture."""
        width, height = self.x - self.GAP + 12, self.height + 4
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:.0f}' "
            f"height='{height:.0f}' viewBox='0 0 {width:.0f} {height:.0f}'>"
            f"<rect width='100%' height='100%' fill='#fff'/>{''.join(self.parts)}</svg>"
        )


def png_uri(pixels: np.ndarray) -> str:
    """A data: address of a PNG, from uint8 (h, w) or (h, w, 3)."""
    store = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint8)).save(store, "png")
    return "data:image/png;base64," + base64.b64encode(store.getvalue()).decode()


def svg_uri(svg: str) -> str:
    """A data: address of an SVG."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Values from 0 to 1 as uint8 grey levels; what lies outside is cut."""
    return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)


# the colour maps' stops, as in d2l_helpers.plotting, which needs matplotlib
_DIV = "063c82 2d62af 6290d5 acc6ec f4f4f2 f0b4a1 d66d4c a53d1a 731d00"


def diverging(values: np.ndarray, limit: float) -> np.ndarray:
    """Signed values (h, w) as colours (h, w, 3), uint8; blue and red end at ±limit."""
    stops = np.array([list(bytes.fromhex(stop)) for stop in _DIV.split()]) / 255
    light = np.where(stops <= 0.04045, stops / 12.92, ((stops + 0.055) / 1.055) ** 2.4)
    at = np.linspace(-limit, limit, len(stops))
    mixed = np.stack([np.interp(values, at, light[:, c]) for c in range(3)], axis=-1)
    low = mixed <= 0.0031308
    srgb = np.where(low, 12.92 * mixed, 1.055 * mixed ** (1 / 2.4) - 0.055)
    return np.round(255 * srgb).astype(np.uint8)
