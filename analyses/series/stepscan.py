"""Every step that a series may have, scanned at once, and noise with the memory of the residuals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...simulator.types import Floats

_BURN = 150  # samples after which noise of the largest memory has forgotten its start
_MEMORY = (-0.9, 0.97)  # range of the AR(1) coefficient
_TUNING = 300  # series from which the bias of the memory is taken


@dataclass(frozen=True, eq=False)
class Found:
    """The best step of every series: where in `starts`, its coefficient, its statistic, and what it leaves."""

    at: NDArray[np.intp]
    height: Floats
    statistic: Floats
    memory: Floats
    left: Floats


class Scan:
    """Every step that a series of this length may have, of unit norm and without the trend: `steps` (time, step).

    The noise is what is left when `removed` steps are fitted, chosen one after the other, the best first.
    """

    def __init__(self, n_times: int, trend: int, margin: int, removed: int = 1) -> None:
        self.basis = polynomials(n_times, trend)
        self.starts = np.arange(margin, n_times - margin + 1)
        self.removed = removed
        self.freedom = n_times - trend - 1 - 2 * removed  # of a step its height and its place
        raw = self.rest((np.arange(n_times) >= self.starts[:, None]).astype(np.float64))
        self.norms = np.sqrt((raw**2).sum(axis=1))
        self.steps = (raw / self.norms[:, None]).T

    def rest(self, x: Floats) -> Floats:
        """Series (series, time) without their trend."""
        return x - (x @ self.basis) @ self.basis.T

    def __call__(self, x: Floats) -> Found:
        """Return the best step of every series (series, time), and its noise."""
        rest = self.rest(x)
        at, height, first = self._best(rest)
        left, taken = rest - height[:, None] * first, [first]
        for _ in range(self.removed - 1):
            step = self._best(left)[2]
            for other in taken:
                step = step - (step * other).sum(axis=1, keepdims=True) * other
            size = np.sqrt((step**2).sum(axis=1, keepdims=True))
            step = np.where(size > 1e-6, step / np.maximum(size, 1e-6), 0.0)
            left = left - (left * step).sum(axis=1, keepdims=True) * step
            taken.append(step)
        power = (left**2).sum(axis=1)
        clean = power <= 1e-20 * (rest**2).sum(axis=1)  # a step without noise
        power = np.where(clean, 1.0, power)
        memory = np.clip((left[:, 1:] * left[:, :-1]).sum(axis=1) / power, *_MEMORY)
        spread = np.sqrt(power / self.freedom * (1 + memory) / (1 - memory))
        statistic = np.where(clean, np.inf, np.abs(height) / spread)
        return Found(at, height, statistic, np.where(clean, 0.0, memory), left)

    def _best(self, x: Floats) -> tuple[NDArray[np.intp], Floats, Floats]:
        """Place in `starts`, height, and the step itself (series, time)."""
        heights = x @ self.steps
        at = np.abs(heights).argmax(axis=1)
        return at, heights[np.arange(len(x)), at], self.steps[:, at].T

    def memories(self, memory: float, left: Floats, rng: np.random.Generator) -> tuple[float, Floats]:
        """The memory of noise whose estimates average `memory`, and memories that could have given it as well."""
        guess = memory
        for _ in range(3):
            estimates = self(noise_like(left, guess, np.full(_TUNING, guess), self.freedom, rng)).memory
            guess = float(np.clip(guess + memory - estimates.mean(), *_MEMORY))
        return guess, np.clip(guess - (estimates - estimates.mean()), *_MEMORY)


def noise_like(left: Floats, memory: float, memories: Floats, freedom: int, rng: np.random.Generator) -> Floats:
    """An AR(1) series of each of the memories, of innovations of `left` drawn with replacement."""
    innovations = left[1:] - memory * left[:-1]
    innovations = (innovations - innovations.mean()) * math.sqrt(left.size / freedom)
    series = rng.choice(innovations, size=(_BURN + left.size, memories.size))
    for now, last in zip(series[1:], series[:-1], strict=True):
        now += memories * last
    return np.ascontiguousarray(series[_BURN:].T)


def polynomials(n_times: int, trend: int) -> Floats:
    """An orthonormal basis of polynomials, (time, 1 + trend)."""
    powers = np.vander(np.linspace(-1.0, 1.0, n_times), trend + 1, increasing=True)
    return np.asarray(np.linalg.qr(powers)[0], dtype=np.float64)


def nothing_left(x: Floats, trend: int) -> bool:
    """Return whether a series is a polynomial of this degree, but for rounding."""
    basis = polynomials(x.size, trend)
    centred = x - x.mean()
    rest = centred - basis @ (basis.T @ centred)
    return bool(np.abs(rest).max() <= 1e-12 * np.abs(x).max() + 1e-9 * np.abs(centred).max())
