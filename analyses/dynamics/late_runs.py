"""Runs from many starts at once, described by mean and SD of every variable over the late part."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...simulator import InputError
from ...simulator.types import Floats, Function
from .settings import LATE


@dataclass(frozen=True, eq=False)
class LateRuns:
    """The late parts of runs.

    Attributes:
        features: (start, feature); NaN where the state diverged.
        halves: the same of the first, the middle and the last half of the late part.
        names: (feature,): every variable, then "SD of " each.
        scales: (feature,) > 0, what a distance of 1 is.
        states: (start, unit) at the end.
        diverged: one line a start whose state is not finite any more: which start, which unit, when.
    """

    features: Floats
    halves: tuple[Floats, Floats, Floats]
    names: tuple[str, ...]
    scales: Floats
    states: Floats
    diverged: tuple[str, ...] = ()


def late_runs(
    step: Function,
    starts: ArrayLike,
    *,
    n_steps: int,
    dt: float = 1.0,
    late: float = LATE,
    names: Sequence[str] = (),
    angles: Sequence[int] = (),
    scales: ArrayLike | None = None,
    time_unit: str = "steps",
    progress: Callable[[int, int], None] | None = None,
) -> LateRuns:
    r"""Run a step from many starts and take mean and SD of every unit over the late part.

    Both are weighted by Hann's window, :math:`\sin^2(\pi t/T)`: of a cycle they then hardly depend on where the window
    cuts it, once it holds two periods. Of an angle the cosine and the sine are taken. The scale of a unit is the SD of
    its values over all starts and late times, or over the starts themselves where that is more.

    Args:
        step: one step of states (start, unit), of numpy arrays.
        starts: (start, unit).
        n_steps, dt: length of a run, and the time of a step.
        late: share of it that is described.
        names: of the units.
        angles: units that are angles [rad].
        scales: (feature,) to take instead of their own.
        time_unit: for the lines on starts that diverge.
        progress: called as progress(done, total) in steps.

    Raises:
        InputError: numbers that cannot be; a late part of less than 8 steps.
    """
    x = np.array(starts, dtype=np.float64)
    if x.ndim != 2 or x.size == 0 or not np.isfinite(x).all():
        raise InputError(f"late_runs.starts: must be finite numbers (start, unit); got shape {x.shape}")
    if not 0 < late <= 1:
        raise InputError(f"late_runs.late: must lie in 0 to 1; got {late}")
    half = int(n_steps * late) // 2
    if half < 4:
        raise InputError(f"late_runs.n_steps: the late part must hold 8 steps; got {2 * half} of {n_steps}")
    names = list(names) or [f"unit {k}" for k in range(x.shape[1])]
    turned = _Turned(names, angles)
    weights = np.sin(math.pi * (np.arange(2 * half) + 0.5) / (2 * half)) ** 2
    short = np.sin(math.pi * (np.arange(half) + 0.5) / half) ** 2
    origin = turned(x)
    begins = (0, half // 2, half)  # of the halves, in the late part
    sums = [_Sums(origin) for _ in range(1 + len(begins))]  # whole, halves
    diverged: dict[int, str] = {}
    with np.errstate(all="ignore"):  # what overflows is found, and said
        for at in range(n_steps):
            x = step(x)
            x[list(diverged)] = 0.0  # held still, and left out below
            if not np.isfinite(x).all():
                bad, when = ~np.isfinite(x), f"{(at + 1) * dt:g} {time_unit}"
                for start in np.flatnonzero(bad.any(axis=1)).tolist():
                    unit = names[int(bad[start].argmax())]
                    diverged[start] = f"start {start}: {unit} is not finite any more at t = {when}"
                x[list(diverged)] = 0.0
            back = at - (n_steps - 2 * half)
            if back >= 0:
                now = turned(x)
                sums[0].add(now, weights[back])
                for window, begin in zip(sums[1:], begins, strict=True):
                    if 0 <= back - begin < half:
                        window.add(now, short[back - begin])
            if progress is not None and at % 256 == 0:
                progress(at, n_steps)
    found = [part.features() for part in sums]
    left = np.array([k for k in range(len(x)) if k not in diverged], dtype=np.int64)
    for part in found:
        part[list(diverged)] = np.nan
    own = _scales(origin[left], found[0][left], sums[0].spread()[left])
    labels = (*turned.names, *(f"SD of {name}" for name in turned.names))
    used = own if scales is None else np.asarray(scales, dtype=np.float64)
    lines = tuple(diverged[k] for k in sorted(diverged))
    return LateRuns(found[0], (found[1], found[2], found[3]), labels, used, x, lines)


class _Turned:
    """States with the cosine and the sine in the place of every angle."""

    def __init__(self, names: Sequence[str], angles: Sequence[int]) -> None:
        self.angles = np.array(sorted(angles), dtype=np.int64)
        self.others = np.array([k for k in range(len(names)) if k not in set(angles)], dtype=np.int64)
        parts = [f"{wave} of {names[k]}" for wave in ("cosine", "sine") for k in self.angles]
        self.names = (*(names[k] for k in self.others), *parts)

    def __call__(self, x: Floats) -> Floats:
        if not self.angles.size:
            return x
        turned = x[:, self.angles]
        return np.concatenate([x[:, self.others], np.cos(turned), np.sin(turned)], axis=1)


class _Sums:
    """Weighted moments, about the starts so that small changes of large values keep their digits."""

    def __init__(self, origin: Floats) -> None:
        self.origin, self.weight = origin, 0.0
        self.first, self.second = np.zeros_like(origin), np.zeros_like(origin)

    def add(self, x: Floats, weight: float) -> None:
        away = x - self.origin
        self.weight += weight
        self.first += weight * away
        self.second += weight * away * away

    def spread(self) -> Floats:
        """Variance over time, (start, variable)."""
        mean = self.first / self.weight
        variance = np.maximum(self.second / self.weight - mean * mean, 0.0)
        return np.where(variance <= 1e-14 * (self.second / self.weight), 0.0, variance)

    def features(self) -> Floats:
        return np.concatenate([self.origin + self.first / self.weight, np.sqrt(self.spread())], axis=1)


def _scales(origin: Floats, features: Floats, variance: Floats) -> Floats:
    if not len(features):
        return np.ones(features.shape[1])
    means = features[:, : variance.shape[1]]
    late = np.sqrt(variance.mean(axis=0) + means.var(axis=0))
    scale = np.maximum(late, origin.std(axis=0))
    size = np.abs(means).max(axis=0)
    scale = np.where(scale > 1e-9 * size, scale, size)  # what is the same everywhere has no scale but its size
    return np.tile(np.where(scale > 0, scale, 1.0), 2)
