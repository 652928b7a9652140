"""Scans of a parameter, up and down, each run from where the one before ended: bifurcations and hysteresis."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...simulator import InputError
from ...simulator.types import Floats, Function

LONGEST = 64  # period of a map that is looked for
SAME = 1e-6  # of the range of the scan: states of a map that are one
STILL = 1e-4  # of the range of the scan, peak to peak: nothing swings
DYING = 0.8  # swing of the second half, by that of the first: a swing that falls by more dies away
APART = 0.02  # of the range of the scan: where up and down differ


@dataclass(frozen=True, eq=False)
class Scan:
    """A variable against a parameter; index 0 of the first axis is the way up, 1 the way down.

    Attributes:
        parameter, variable: their names.
        values: (value,) of the parameter, rising.
        low, high, mean: (2, value) of the variable in the late part of each run.
        period: (2, value) [time of dt]; 1 of a map's fixed point; NaN of a flow at rest, or where none is found.
        settled: (2, value) whether the halves of the late part reach equally far, within half of `apart`.
        apart: share of the scan's range by which up and down must differ.
        stopped: why a way was cut short, one line each: a state that diverged.
    """

    parameter: str
    variable: str
    values: Floats
    low: Floats
    high: Floats
    mean: Floats
    period: Floats
    settled: NDArray[np.bool_]
    apart: float = APART
    stopped: tuple[str, ...] = ()

    @property
    def differs(self) -> NDArray[np.bool_]:
        """(value,) where up and down have settled, in different trajectories."""
        least = self.apart * _range(self.low, self.high)
        parts = [np.abs(np.diff(part, axis=0)[0]) > least for part in (self.low, self.high, self.mean)]
        return np.asarray(np.any(parts, axis=0) & self.settled.all(axis=0))

    @property
    def unsettled(self) -> list[float]:
        """Values at which a run was too short to settle: what stands there is not where it ends."""
        return [float(v) for v in self.values[(~self.settled & np.isfinite(self.low)).any(axis=0)]]

    @property
    def hysteresis(self) -> list[tuple[float, float]]:
        """Ranges of the parameter in which up and down differ: (first, last) value of each."""
        found = []
        marks = np.flatnonzero(np.diff(np.concatenate([[0], self.differs.astype(int), [0]])))
        for first, end in zip(marks[::2], marks[1::2], strict=True):
            found.append((float(self.values[first]), float(self.values[end - 1])))
        return found


def scan(
    step_at: Callable[[float], Function],
    values: ArrayLike,
    start: ArrayLike,
    *,
    n_steps: int,
    dt: float = 1.0,
    late: float = 0.5,
    unit: int = 0,
    discrete: bool = False,
    nudge: float = 1e-3,
    seed: int = 0,
    apart: float = APART,
    parameter: str = "parameter",
    variable: str = "x",
    progress: Callable[[int, int], None] | None = None,
) -> Scan:
    """Lead a parameter up and down again; every run starts from the last state of the one before.

    A bistable system stays in the state that it is in until that is lost, so that up and down part where there are two.
    Before every run the state is moved by `nudge` at random: from a state that has become unstable nothing leaves by
    itself. Near a bifurcation the return to rest is slow: a run that is too short moves it along the scan.

    Args:
        step_at: value -> one step of states (unit,), of numpy arrays.
        values: of the parameter, rising.
        start: state (unit,) of the first.
        n_steps, dt: of a run.
        late: share of it that is described.
        unit: whose trajectory is described.
        discrete: the step is a map.
        nudge: SD, relative to 1 + max|x|.
        seed: of it.
        apart: see `Scan`.
        progress: called as progress(done, total) in runs.

    Raises:
        InputError: numbers that cannot be; a state that diverges at the first value.
    """
    given = np.array(values, dtype=np.float64)
    if given.ndim != 1 or given.size < 2 or not np.isfinite(given).all() or not (np.diff(given) > 0).all():
        raise InputError("scan.values: must be at least 2 finite numbers that rise")
    x = np.array(start, dtype=np.float64)
    if x.ndim != 1 or not np.isfinite(x).all():
        raise InputError(f"scan.start: must be finite numbers (unit,); got shape {x.shape}")
    if not 0 <= unit < x.size:
        raise InputError(f"scan.unit: must lie in 0..{x.size - 1}; got {unit}")
    kept = int(n_steps * late)
    if not 0 < late <= 1 or kept < 2:
        raise InputError(f"scan.n_steps, scan.late: must leave 2 steps to describe; got {n_steps} and {late}")
    rng = np.random.default_rng(seed)
    low, high, mean, period, swing, drift = np.full((6, 2, given.size), np.nan)
    repeats = np.full((2, given.size, LONGEST if discrete else 0), math.inf)
    stopped: list[str] = []
    top = given.size - 1  # where the way down begins: the last value that held
    for way in (0, 1):
        order = range(given.size) if way == 0 else range(top, -1, -1)
        for done, at in enumerate(order):
            before = x
            x = x + nudge * (1.0 + np.abs(x).max()) * rng.standard_normal(x.shape)
            step, trajectory = step_at(float(given[at])), np.empty(kept)
            with np.errstate(all="ignore"):  # what overflows is found, and said
                for k in range(n_steps):
                    x = step(x)
                    if k >= n_steps - kept:
                        trajectory[k - n_steps + kept] = x[unit]
            if not np.isfinite(x).all():
                if way == 0 and done == 0:
                    raise InputError(f"scan: the state diverges at the first value, {parameter} = {given[at]:g}")
                stopped.append(f"on the way {('up', 'down')[way]} the state diverged at {parameter} = {given[at]:g}")
                x, top = before, at - 1
                break
            low[way, at], high[way, at], mean[way, at] = trajectory.min(), trajectory.max(), trajectory.mean()
            first, second = np.array_split(trajectory, 2)
            drift[way, at] = max(abs(first.min() - second.min()), abs(first.max() - second.max()))
            if discrete:
                repeats[way, at] = _repeats(trajectory)
            else:
                period[way, at], swing[way, at] = _period_of_flow(trajectory, dt)
            if progress is not None:
                progress(way * given.size + done + 1, 2 * given.size)
    size = _range(low, high)
    if discrete:
        same = repeats <= SAME * size
        period = np.where(same.any(axis=2), (1 + same.argmax(axis=2)) * dt, math.nan)
    period[swing <= STILL * size] = math.nan
    settled = drift <= 0.5 * apart * size
    return Scan(parameter, variable, given, low, high, mean, period, settled, apart, tuple(stopped))


def _range(low: Floats, high: Floats) -> float:
    return float(np.nanmax(high) - np.nanmin(low))


def _repeats(trajectory: Floats) -> Floats:
    """Return the largest distance of a map's trajectory from itself after every shift from 1 on, (LONGEST,)."""
    shifts = range(1, min(LONGEST, len(trajectory) // 2) + 1)
    found = np.full(LONGEST, math.inf)
    found[: len(shifts)] = [np.abs(trajectory[shift:] - trajectory[:-shift]).max() for shift in shifts]
    return found


def _period_of_flow(trajectory: Floats, dt: float) -> tuple[float, float]:
    """Mean time between crossings of the middle upwards, and how far it swings.

    The time is NaN where the swing dies away or crosses less than thrice.
    """
    first, second = (float(np.ptp(half)) for half in np.array_split(trajectory, 2))
    away = trajectory - (trajectory.max() + trajectory.min()) / 2
    up = np.flatnonzero((away[:-1] < 0) & (away[1:] >= 0))
    if up.size < 3 or not second > DYING * first:
        return math.nan, second
    times = up - away[up] / (away[up + 1] - away[up])
    return float((times[-1] - times[0]) / (up.size - 1) * dt), second
