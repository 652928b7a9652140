"""Scans of a parameter, up and down, each run from where the one before ended: bifurcations and hysteresis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...simulator import InputError
from ...simulator.types import Floats, Function
from .settling import remaining

LONGEST = 64  # period of a map that is looked for
SAME = 1e-6  # of the range of the scan: states of a map that are one
STILL = 1e-4  # of the range of the scan, peak to peak: nothing swings
DYING = 0.8  # swing of the second half, by that of the first: a swing that falls by more dies away
APART = 0.02  # of the range of the scan: where up and down differ
SETTLED = 0.25  # of that difference: two settled runs of one attractor cannot be so far apart
NOISE = 0.002  # of the swing of a unit: sampled extremes of a cycle differ so much from window to window
ROUNDING = 1e-12  # of the size of the state
BLOCKS = 8  # in the late part of the shortest run


@dataclass(frozen=True, eq=False)
class Scan:
    """A variable against a parameter; index 0 of the first axis is the way up, 1 the way down.

    Attributes:
        parameter, variable: their names.
        values: (value,) of the parameter, rising.
        low, high: (2, value) of the variable in the second half of the late part of each run.
        mean: (2, value) in the late part.
        period: (2, value) [time of dt]; 1 of a map's fixed point; NaN of a flow at rest, or where none is found.
        settled: (2, value) whether the change that is still to come, of least and greatest of every unit, is below a
            quarter of `apart`, of the range of the unit in the scan.
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
        parts = [np.abs(np.diff(part, axis=0)[0]) > least for part in (self.low, self.high)]
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
    longest: int = 0,
    dt: float = 1.0,
    late: float = 0.5,
    unit: int = 0,
    angles: Sequence[int] = (),
    discrete: bool = False,
    nudge: float = 1e-3,
    seed: int = 0,
    apart: float = APART,
    parameter: str = "parameter",
    variable: str = "x",
    progress: Callable[[int, int], None] | None = None,
) -> Scan:
    r"""Lead a parameter up and down again; every run starts from the last state of the one before.

    A bistable system stays in the state that it is in until that is lost, so that up and down part where there are two.
    Before every run the state is moved by `nudge` at random: from a state that has become unstable nothing leaves by
    itself.

    Near a bifurcation the return is slow, and the distance of two runs from each other is that of two transients. The
    late part is therefore described by least and greatest of every unit in its first, middle and last half. These
    three have a change still to come (`remaining`). A run has settled where that change, and half of the change from
    the first to the last of them, is below a quarter of `apart`, of the range of the unit in the scan, or below
    `nudge`. A run that has not settled is continued up to `longest` steps.
    A cycle is then in all three windows, and a run that moves is continued until its late part holds two periods.

    Args:
        step_at: value -> one step of states (unit,), of numpy arrays.
        values: of the parameter, rising.
        start: state (unit,) of the first.
        n_steps, dt: of a run.
        longest: steps up to which a run that has not settled is continued; up to `n_steps` none is.
        late: share of a run that is described.
        unit: whose trajectory is described.
        angles: units that are angles; they turn, and do not settle.
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
    if not 0 < late <= 1 or int(n_steps * late) < 2:
        raise InputError(f"scan.n_steps, scan.late: must leave 2 steps to describe; got {n_steps} and {late}")
    rng = np.random.default_rng(seed)
    low, high, mean, period, swing = np.full((5, 2, given.size), np.nan)
    windows = np.full((2, given.size, 3, x.size, 2), np.nan)
    nudged = np.zeros((2, given.size))
    repeats = np.full((2, given.size, LONGEST if discrete else 0), math.inf)
    stopped: list[str] = []
    top = given.size - 1  # where the way down begins: the last value that held
    for way in (0, 1):
        order = range(given.size) if way == 0 else range(top, -1, -1)
        for done, at in enumerate(order):
            before = x
            nudged[way, at] = nudge * (1.0 + np.abs(x).max())
            run = _Run(step_at(float(given[at])), x + nudged[way, at] * rng.standard_normal(x.shape), unit, late)
            run.go(n_steps, max(1, int(n_steps * late) // BLOCKS))
            windows[way, at] = run.windows()
            while run.steps < longest and run.finite:
                least = SETTLED * apart * _range(windows[..., unit, 0], windows[..., unit, 1])
                least = max(least, nudged[way, at])
                if (discrete or not run.swings(least)) and _settled(windows, nudged, apart, angles)[way, at]:
                    break
                run.go(max(1, n_steps // 2), run.block)
                windows[way, at] = run.windows()
            x = run.x
            if not run.finite:
                if way == 0 and done == 0:
                    raise InputError(f"scan: the state diverges at the first value, {parameter} = {given[at]:g}")
                stopped.append(f"on the way {('up', 'down')[way]} the state diverged at {parameter} = {given[at]:g}")
                windows[way, at], x, top = np.nan, before, at - 1
                break
            trajectory = run.late_part()
            (low[way, at], high[way, at]), mean[way, at] = windows[way, at, -1, unit], trajectory.mean()
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
    settled = _settled(windows, nudged, apart, angles)
    return Scan(parameter, variable, given, low, high, mean, period, settled, apart, tuple(stopped))


class _Run:
    """A run that can be continued: the trajectory of one unit, and the extremes of every unit in blocks of steps."""

    def __init__(self, step: Function, x: Floats, unit: int, late: float) -> None:
        self.step, self.x, self.unit, self.late = step, x, unit, late
        self.steps, self.block = 0, 1
        self._watched: list[Floats] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []

    def go(self, n_steps: int, block: int) -> None:
        """Take so many steps, and a block at least."""
        self.block = block
        watched = np.empty(max(block, n_steps - n_steps % block))
        with np.errstate(all="ignore"):  # what overflows is found, and said
            for k in range(len(watched)):
                self.x = self.step(self.x)
                watched[k] = self.x[self.unit]
                if k % block == 0:
                    low, high = self.x.copy(), self.x.copy()
                    self._low.append(low)
                    self._high.append(high)
                np.minimum(low, self.x, out=low)
                np.maximum(high, self.x, out=high)
        self.steps += len(watched)
        self._watched.append(watched)

    @property
    def finite(self) -> bool:
        return bool(np.isfinite(self.x).all())

    def swings(self, least: float) -> bool:
        """Return whether the unit moves by more than that, and too few of its periods are seen to take one."""
        trajectory = self.late_part()
        return bool(np.ptp(trajectory) > least and not math.isfinite(_period_of_flow(trajectory, 1.0)[0]))

    def late_part(self) -> Floats:
        """Trajectory of the unit in the late part."""
        return np.concatenate(self._watched)[-max(2, int(self.steps * self.late)) :]

    def windows(self) -> Floats:
        """Least and greatest of every unit in the first, middle and last half of the late part, (3, unit, 2)."""
        n_late = max(2, int(self.steps * self.late) // self.block)
        low, high = np.array(self._low[-n_late:]), np.array(self._high[-n_late:])
        half = len(low) // 2
        cuts = [slice(begin, begin + half) for begin in (len(low) - 2 * half, len(low) - half - half // 2)]
        cuts.append(slice(len(low) - half, None))
        return np.array([np.stack([low[cut].min(axis=0), high[cut].max(axis=0)], axis=-1) for cut in cuts])


def _settled(windows: Floats, nudged: Floats, apart: float, angles: Sequence[int]) -> NDArray[np.bool_]:
    """Return whether each run has settled, (way, value); windows (way, value, 3, unit, 2), NaN without a run."""
    least, greatest = windows[..., 0].min(axis=2), windows[..., 1].max(axis=2)
    with np.errstate(invalid="ignore"):
        size = np.nanmax(greatest, axis=(0, 1)) - np.nanmin(least, axis=(0, 1))
        rounding = ROUNDING * np.nanmax(np.abs(windows))
        left = remaining(np.moveaxis(windows, 2, 0), NOISE * (greatest - least) + rounding)
        changed = np.abs(windows[:, :, 2] - windows[:, :, 0]).max(axis=-1)
        left = np.maximum(left, changed / 2)  # a passage of a ghost slows down first, and then no more
        done = left <= np.maximum(SETTLED * apart * size, nudged[..., None])
    done[..., list(angles)] = True
    return np.asarray(done.all(axis=-1))


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
