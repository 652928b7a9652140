"""Schedules: parameters that change in time by ramps, pulses and steps."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import GRID_SLACK, check_name, vector
from ..errors import InputError


@dataclass(frozen=True, eq=False)
class Schedule:
    """A number that changes in time: piecewise linear, right-continuous, jumps allowed.

    Constant before the first and after the last point; a time given twice is a jump, whose second
    value holds from that time on. Recorded by every engine under its name.

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
