"""Basins: to which attractor every initial state of a plane goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...simulator import InputError
from ...simulator.types import Floats, Function
from .attractors import Attractors, distances
from .late_runs import late_runs
from .settings import LATE

MOST_POINTS = 250_000


@dataclass(frozen=True)
class Axis:
    """An axis of the plane: which unit is set, and to which values."""

    unit: int
    name: str
    low: float
    high: float
    count: int

    def __post_init__(self) -> None:
        if not (np.isfinite([self.low, self.high]).all() and self.low < self.high):
            raise InputError(f"Axis.low, Axis.high: must be finite and rise; got {self.low} and {self.high}")
        if not 2 <= self.count <= 2000:
            raise InputError(f"Axis.count: must lie in 2..2000; got {self.count}")
        apart = (self.high - self.low) / (self.count - 1)
        if not 1e-9 * max(abs(self.low), abs(self.high)) < apart < np.inf:
            raise InputError(
                f"Axis.low, Axis.high: must lie so far apart that {self.count} values differ, and no further than "
                f"1e308; got {self.low} and {self.high}"
            )

    @property
    def values(self) -> Floats:
        """(count,)."""
        return np.linspace(self.low, self.high, self.count)


@dataclass(frozen=True, eq=False)
class Basins:
    """Attractors to which the states of a plane go.

    Attributes:
        x, y: axes of the plane.
        labels: (y, x) attractor; −1 of none of those that are known, −2 where the state diverged.
        base: (unit,) what the other units begin at.
    """

    x: Axis
    y: Axis
    labels: NDArray[np.int64]
    base: Floats

    def share(self, label: int) -> float:
        """Share of the plane's grid that goes there."""
        return float((self.labels == label).mean())


def states_of(owner: str, x: Axis, y: Axis, base: ArrayLike) -> tuple[Floats, Floats]:
    """The base (unit,), and the states (point, unit) of a plane through it, row by row from the lowest y.

    Raises:
        InputError: a base that is not finite, axes that do not fit it, too many points.
    """
    state = np.array(base, dtype=np.float64)
    if state.ndim != 1 or not np.isfinite(state).all():
        raise InputError(f"{owner}.base: must be finite numbers (unit,); got shape {state.shape}")
    if x.unit == y.unit or not all(0 <= axis.unit < state.size for axis in (x, y)):
        raise InputError(f"{owner}: needs two units of {state.size}; got {x.unit} and {y.unit}")
    if x.count * y.count > MOST_POINTS:
        raise InputError(f"{owner}: has {x.count * y.count} points; want at most {MOST_POINTS}")
    states = np.tile(state, (x.count * y.count, 1))
    across, up = np.meshgrid(x.values, y.values)
    states[:, x.unit], states[:, y.unit] = across.ravel(), up.ravel()
    return state, states


def basin_map(
    step: Function,
    known: Attractors,
    x: Axis,
    y: Axis,
    base: ArrayLike,
    *,
    n_steps: int,
    dt: float = 1.0,
    late: float = LATE,
    angles: tuple[int, ...] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Basins:
    """Run every point of a plane of initial states and say which known attractor it ends in.

    A point belongs to the attractor of the start whose late part is nearest to its own, if it is within `known.eps`;
    else to none of them.

    Args:
        step: one step of states (start, unit), of numpy arrays.
        known: of `attractors`, of the same system.
        x, y: axes of the plane.
        base: state (unit,) that gives all other units.
        n_steps, dt, late, angles, progress: as of `late_runs`, and as when `known` was found.

    Raises:
        InputError: axes that do not fit the state, too many points.
    """
    state, starts = states_of("basin_map", x, y, base)
    runs = late_runs(
        step, starts, n_steps=n_steps, dt=dt, late=late, angles=angles, scales=known.scales, progress=progress
    )
    members = np.flatnonzero(known.labels >= 0)
    labels = np.full(len(starts), -2, dtype=np.int64)
    for at in np.array_split(np.flatnonzero(np.isfinite(runs.features).all(axis=1)), max(1, len(starts) // 1000)):
        labels[at] = -1
        if members.size and at.size:
            away = distances(runs.features[at], known.features[members], known)
            near = away.min(axis=1) <= known.eps
            labels[at[near]] = known.labels[members[away.argmin(axis=1)]][near]
    return Basins(x, y, labels.reshape(y.count, x.count), state)
