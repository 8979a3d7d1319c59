"""Gradient descent finds a kernel: step by step, at any rate, from many starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from ._base import Explorer, encoded
from ._picture import Picture, number, to_bytes
from ._state import Real, Whole, to_array

SIDE = 28  # of a picture, at most
KERNEL = 3  # of a kernel, at most
CASES = 6
STARTS = 64
STOP = 1e12  # a loss above this has exploded, and the run ends


def chapter_cases() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """What the chapter learns: name → (X, Y, K)."""
    from .filter import pictures  # opens files, so only when asked

    stripe = np.ones((6, 8))
    stripe[:, 2:6] = 0
    edge, sobel = np.array([[1.0, -1]]), np.outer([1.0, 2, 1], [1, 0, -1])
    plaid = pictures()["plaid"] / 255
    chosen = (stripe, edge), (stripe, sobel), (plaid, sobel)
    names = "stripe → [1, −1]", "stripe → Sobel", "plaid → Sobel"
    return {
        name: (X, _windows(X, K.shape) @ K.ravel(), K)
        for name, (X, K) in zip(names, chosen, strict=True)
    }


def _windows(X: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Every window of X as (rows, columns, kh·kw)."""
    found = np.lib.stride_tricks.sliding_window_view(X, shape)
    return found.reshape(*found.shape[:2], -1)


class _Case:
    """One thing to learn: picture, target, kernel, and the bowl of the loss."""

    def __init__(self, name: str, parts: Sequence[Any], start: np.ndarray | None):
        if len(parts) != 3:
            msg = f"{name}: give (X, Y, K), picture, target and kernel"
            raise traitlets.TraitError(msg)
        self.name = name
        # float32 goes to the page; both sides compute with these numbers
        self.X, self.Y, self.K = (
            to_array(part, f"{name}: {what}").astype(np.float32).astype(float)
            for what, part in zip("XYK", parts, strict=True)
        )
        fits = self.X.ndim == self.Y.ndim == self.K.ndim == 2 and (
            max(self.X.shape) <= SIDE and 0 < max(self.K.shape) <= KERNEL
        )
        expected = tuple(np.subtract(self.X.shape, self.K.shape) + 1) if fits else ()
        if not fits or min(expected) < 1 or self.Y.shape != expected:
            msg = (
                f"{name}: X of at most {SIDE}×{SIDE}, K of at most {KERNEL}×{KERNEL} "
                f"and Y = X ⋆ K needed, got {self.X.shape}, {self.K.shape} and "
                f"{self.Y.shape}"
            )
            raise traitlets.TraitError(msg)
        windows = _windows(self.X, self.K.shape)
        if np.abs(windows @ self.K.ravel() - self.Y).max() > 1e-4 * (
            1 + np.abs(self.Y).max()
        ):
            raise traitlets.TraitError(f"{name}: K does not turn X into Y")
        self.windows = windows.reshape(-1, self.K.size)
        bowl = 2 * self.windows.T @ self.windows
        curvatures, directions = np.linalg.eigh(bowl)  # ascending
        directions = directions.T
        for row in directions:  # the largest entry is positive
            row *= np.sign(row[np.abs(row).argmax()])
        curvatures[curvatures < 1e-9 * curvatures[-1]] = 0
        self.curvatures, self.directions = curvatures, directions
        reach = self.K.size**-0.5  # as PyTorch draws the weights of a layer
        draw = np.random.default_rng(0).uniform(-reach, reach, (STARTS, self.K.size))
        if self.K.shape == (1, 2):
            draw[0] = 0.3, 0.6
        if start is not None and start.shape == self.K.shape:
            draw[0] = start.ravel()
        self.starts = draw.astype(np.float32).astype(float)

    def run(self, seed: int, rate: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """(K, losses): the loss before each step and after the last one."""
        K, y, losses = self.starts[seed].copy(), self.Y.ravel(), []
        for step in range(steps + 1):
            error = self.windows @ K - y
            losses.append(float(error @ error))
            if losses[-1] > STOP:
                break
            if step < steps:
                K = K - rate * 2 * self.windows.T @ error
        return K.reshape(self.K.shape), np.array(losses)

    def to_page(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "x": list(self.X.shape),
            "k": list(self.K.shape),
            "X": encoded(self.X, "<f4"),
            "Y": encoded(self.Y, "<f4"),
            "K": encoded(self.K, "<f4"),
            "starts": encoded(self.starts, "<f4"),
            "curvatures": [float(f"{v:.9g}") for v in self.curvatures],
            "directions": encoded(self.directions, "<f4"),
        }


class Learn(Explorer):
    """Gradient descent on the summed squared error ‖X ⋆ K − Y‖², from a start.

    Args:
        cases: name → (X, Y, K): picture (h, w), target (h − kh + 1, w − kw + 1)
            and the kernel that made it (at most 3×3). The chapter's by default.
        start: the first start of the cases whose kernel has this shape.
        case: which of the cases, from 0.
        seed: which start, 0 to 63; 1 and on are drawn from ±1/√(number of weights).
        rate: the learning rate.
        steps: how many steps have been taken, 0 to 2,000.

    Raises:
        traitlets.TraitError: shapes that do not fit, a K that does not turn X into Y.
    """

    concept = "learn"
    case = Whole(0, CASES - 1, 0)
    seed = Whole(0, STARTS - 1, 0)
    rate = Real(1e-7, 10, 0.03)
    steps = Whole(0, 2000, 10)

    def __init__(
        self,
        cases: Mapping[str, Sequence[Any]] | None = None,
        start: Any = None,
        **options: Any,
    ) -> None:
        cases = chapter_cases() if cases is None else cases
        if not 1 <= len(cases) <= CASES:
            msg = f"between 1 and {CASES} cases can be shown, got {len(cases)}"
            raise traitlets.TraitError(msg)
        first = None if start is None else to_array(start, "start")
        made = [_Case(str(name), parts, first) for name, parts in cases.items()]
        self._cases = made
        if first is not None and all(first.shape != case.K.shape for case in made):
            msg = f"no case has a kernel of the start's shape {first.shape}"
            raise traitlets.TraitError(msg)
        super().__init__(**options)
        self.data = {"cases": [case.to_page() for case in made]}

    @traitlets.validate("case")
    def _exists(self, proposal: Any) -> int:
        if proposal["value"] >= len(self._cases):
            msg = f"there are {len(self._cases)} cases, counted from 0"
            raise traitlets.TraitError(msg)
        return proposal["value"]

    @property
    def K(self) -> np.ndarray:
        """The kernel after `steps` steps, float64."""
        return self._now.run(self.seed, self.rate, self.steps)[0]

    @property
    def history(self) -> np.ndarray:
        """The loss before each step and after the last, (steps + 1,), float64.

        Shorter where the loss exploded (above 10¹²), and the run was ended.
        """
        return self._now.run(self.seed, self.rate, self.steps)[1]

    @property
    def limit(self) -> float:
        """The rate above which the loss grows: 2 / the largest curvature."""
        return float(2 / self._now.curvatures[-1])

    @property
    def _now(self) -> _Case:
        return self._cases[self.case]

    def picture(self) -> Picture:
        case, losses = self._now, self.history
        top = np.abs(case.Y).max() or 1
        answer = (case.windows @ self.K.ravel()).reshape(case.Y.shape)
        logs = np.log10(np.maximum(losses, 1e-12))
        return (
            Picture()
            .grid("Kernel", np.round(self.K, 2), "kernel", pitch=44)
            .image("Target", to_bytes(0.5 + case.Y / top / 2), "input", size=100)
            .image("Output", to_bytes(0.5 + answer / top / 2), "output", size=100)
            .lines(
                "Loss, logarithmic",
                [(range(len(logs)), logs, "output")],
                size=(240, 110),
            )
        )

    def sentence(self) -> str:
        losses, K = self.history, self.K
        weights = ", ".join(number(v) for v in np.round(K.ravel(), 2))
        return (
            f"Gradient descent on {self._now.name}, {len(losses) - 1} steps at rate "
            f"{self.rate:.3g}: the loss went from {losses[0]:.3g} to {losses[-1]:.3g}, "
            f"and the kernel is now [{weights}]."
        )
