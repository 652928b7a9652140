"""Schedules: parameters that change in time by ramps, pulses and steps."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import GRID_SLACK, check_name, vector
from ..errors import InputError
from ..types import Floats


@dataclass(frozen=True, eq=False)
class Schedule:
    """A number that changes in time: piecewise linear, right-continuous, jumps allowed.

    Constant before the first and after the last point; a time given twice is a jump, whose second
    value holds from that time on.

    An engine holds a gain, rate or current at its mean over each time step, so that points need not be multiples of
    the step: the integral is exact, and a ramp is right to second order. A threshold has its value at the beginning of
    the step, and jumps at multiples of it. What ran is recorded under the name of the schedule.

    Raises:
        InputError: no points, unequal lengths, times that fall, three points at one time, non-finite numbers.

    >>> g = Schedule("g", times=(0, 100, 100), values=(0.4, 0.4, 1.0))
    >>> g.at([0, 99.9, 100, 500]).tolist()
    [0.4, 0.4, 1.0, 1.0]
    """

    name: str
    times: tuple[float, ...]  # [ms]
    values: tuple[float, ...]  # in the unit of the parameter

    def __post_init__(self) -> None:
        check_name(self.name, "Schedule.name")
        times, values = (tuple(vector(getattr(self, x), f"Schedule.{x}").tolist()) for x in ("times", "values"))
        if not times or len(times) != len(values):
            raise InputError(
                f"Schedule.times: must be as many as values, at least one; got {len(times)} and {len(values)}"
            )
        if any(b < a for a, b in itertools.pairwise(times)):
            raise InputError(f"Schedule.times: must not fall; got {times}")
        if any(a == c for a, c in zip(times, times[2:], strict=False)):
            raise InputError(f"Schedule.times: must hold a time at most twice (a jump); got {times}")
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "values", values)

    def at(self, t: ArrayLike) -> NDArray[np.float64]:
        """Return the values at the times t [ms], in the shape of t."""
        x = np.asarray(t, dtype=np.float64)
        times, values = np.asarray(self.times), np.asarray(self.values)
        after = np.searchsorted(times, x + GRID_SLACK, side="right")  # the slack: n·dt may fall short of a jump
        left, right = np.clip(after - 1, 0, None), np.clip(after, None, times.size - 1)
        span = times[right] - times[left]
        fraction = np.divide(x - times[left], span, out=np.zeros_like(x), where=span > 0)
        return np.asarray(values[left] + np.clip(fraction, 0.0, 1.0) * (values[right] - values[left]))

    def means(self, steps: ArrayLike, dt: float) -> NDArray[np.float64]:
        """Return the means over the time steps n·dt..(n + 1)·dt, in the shape of `steps`; dt is in ms.

        >>> pulse = Schedule("pulse", times=(0.02, 0.02, 0.06, 0.06), values=(0, 10, 10, 0))
        >>> pulse.means([0, 1], 0.1).round(9).tolist()
        [4.0, 0.0]
        """
        n = np.asarray(steps, dtype=np.float64)
        out = self._between(n + 0.5, dt)
        points = self._points(dt)
        inner = np.unique(np.floor(points[(points != np.floor(points)) & np.isin(np.floor(points), n)]))
        if inner.size:  # steps with a point inside: the mean of straight pieces, each as long as it lasts
            ends = np.unique(np.concatenate([inner, inner + 1, points[np.isin(np.floor(points), inner)]]))
            middle, length = (ends[:-1] + ends[1:]) / 2, np.diff(ends)
            at = np.searchsorted(inner, np.floor(middle), side="right") - 1
            within = inner[at] == np.floor(middle)
            mean = np.bincount(at[within], (length * self._between(middle, dt))[within], inner.size)
            found = np.isin(n, inner)
            out[found] = mean[np.searchsorted(inner, n[found])]
        return out

    def jumps_off(self, dt: float) -> Floats:
        """Return the times [ms] of the jumps that are no multiples of the time step dt [ms]."""
        points = self._points(dt)
        jump = np.flatnonzero((np.diff(self.times) == 0) & (np.diff(self.values) != 0))
        off = jump[points[jump] != np.rint(points[jump])]
        return np.array([self.times[k] for k in off])

    def _points(self, dt: float) -> Floats:
        """Return the times in steps; one that rounding alone keeps from a multiple is the multiple."""
        points = np.asarray(self.times) / dt
        near = np.rint(points)
        return np.where(np.abs(points - near) <= GRID_SLACK * np.maximum(1.0, np.abs(points)), near, points)

    def _between(self, x: Floats, dt: float) -> Floats:
        """Return the values at x [steps], none of which is a point."""
        points, values = self._points(dt), np.asarray(self.values)
        after = np.searchsorted(points, x, side="right")
        left, right = np.clip(after - 1, 0, None), np.clip(after, None, points.size - 1)
        span = points[right] - points[left]
        fraction = np.divide(x - points[left], span, out=np.zeros_like(x), where=span > 0)
        return np.asarray(values[left] + np.clip(fraction, 0.0, 1.0) * (values[right] - values[left]))
