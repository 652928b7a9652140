"""Cells and their synapses, as data. Voltages are in mV, times in ms; the equations are those of `network`."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import GRID_SLACK, finite, named, not_negative, positive, unique
from .errors import InputError, unknown


@dataclass(frozen=True, eq=False)
class Schedule:
    """A gain that changes in time: piecewise linear, right-continuous, jumps allowed.

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
    values: tuple[float, ...]  # [1]

    def __post_init__(self) -> None:
        named(self.name, "Schedule.name")
        times, values = tuple(float(t) for t in self.times), tuple(float(v) for v in self.values)
        if not times or len(times) != len(values):
            raise InputError(
                f"Schedule.times: must be as many as values, at least one; got {len(times)} and {len(values)}"
            )
        for field, numbers in (("times", times), ("values", values)):
            if not all(map(math.isfinite, numbers)):
                raise InputError(f"Schedule.{field}: must be finite; got {numbers}")
        if any(b < a for a, b in itertools.pairwise(times)):
            raise InputError(f"Schedule.times: must not fall; got {times}")
        if any(a == c for a, c in zip(times, times[2:], strict=False)):
            raise InputError(f"Schedule.times: must hold a time at most twice (a jump); got {times}")
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "values", values)

    def at(self, t: ArrayLike) -> NDArray[np.float64]:
        """The gain at the times t [ms], in the shape of t."""
        x = np.asarray(t, dtype=np.float64)
        times, values = np.asarray(self.times), np.asarray(self.values)
        after = np.searchsorted(times, x + GRID_SLACK, side="right")  # the slack: n·dt may fall short of a jump
        left, right = np.clip(after - 1, 0, None), np.clip(after, None, times.size - 1)
        span = times[right] - times[left]
        fraction = np.divide(x - times[left], span, out=np.zeros_like(x), where=span > 0)
        return np.asarray(values[left] + np.clip(fraction, 0.0, 1.0) * (values[right] - values[left]))


@dataclass(frozen=True, eq=False)
class Synapse:
    """One kind of input to a population: s' = −s/τ, which enters the voltage as sign·G·s."""

    name: str
    tau: float  # decay time constant [ms]
    gain: float | Schedule = 1.0  # [1]
    sign: int = 1  # -1 is inhibition: weights and gain stay positive, and so does s
    slow: str | None = None  # slow variable q that lowers the gain to gain·(1 − q)

    def __post_init__(self) -> None:
        named(self.name, "Synapse.name")
        positive(self.tau, "Synapse.tau", "ms")
        if self.sign not in (1, -1):
            raise InputError(f"Synapse.sign: must be 1 or -1; got {self.sign}")
        if not isinstance(self.gain, Schedule):
            finite(self.gain, "Synapse.gain", "a number or a Schedule")


@dataclass(frozen=True)
class Adaptation:
    """Spike-triggered adaptation: w' = −w/τ, w += jump at every spike of the cell."""

    tau: float  # [ms]
    jump: float  # [mV]

    def __post_init__(self) -> None:
        positive(self.tau, "Adaptation.tau", "ms")
        finite(self.jump, "Adaptation.jump", "a number [mV]")


@dataclass(frozen=True, eq=False)
class Population:
    """n leaky integrate-and-fire cells with the same parameters."""

    name: str
    n: int
    tau_m: float  # membrane time constant [ms]
    v_rest: float  # [mV]; v_rest = RI is a constant drive
    v_threshold: float  # [mV]
    v_reset: float  # [mV], below the threshold
    refractory: float = 0.0  # [ms], a multiple of the time step
    synapses: tuple[Synapse, ...] = ()
    adaptation: Adaptation | None = None
    v_init: float | tuple[float, float] | None = None  # [mV]; (low, high) is uniform; None is v_reset

    def __post_init__(self) -> None:
        named(self.name, "Population.name")
        if isinstance(self.n, bool) or not (isinstance(self.n, int | np.integer) and 1 <= self.n < 2**31):
            raise InputError(f"Population.n: must be an integer of at least 1; got {self.n}")
        positive(self.tau_m, "Population.tau_m", "ms")
        for field in ("v_rest", "v_threshold", "v_reset"):
            finite(getattr(self, field), f"Population.{field}", "a number [mV]")
        if not self.v_reset < self.v_threshold:
            raise InputError(
                f"Population.v_reset: must lie below v_threshold {self.v_threshold:g} mV; got {self.v_reset:g}"
            )
        not_negative(self.refractory, "Population.refractory", "ms")
        object.__setattr__(self, "synapses", tuple(self.synapses))
        unique((s.name for s in self.synapses), f"Population.synapses: synapses of {self.name!r}")
        if isinstance(self.v_init, tuple):
            low, high = self.v_init if len(self.v_init) == 2 else (math.nan, math.nan)
            if not (math.isfinite(low) and math.isfinite(high) and low <= high):
                raise InputError(f"Population.v_init: must be (low, high) with low <= high [mV]; got {self.v_init}")
        elif self.v_init is not None:
            finite(self.v_init, "Population.v_init", "a number or (low, high) [mV]")

    def synapse(self, name: str) -> int:
        """Index of the synapse of this name.

        Raises:
            InputError: there is none.
        """
        names = [s.name for s in self.synapses]
        if name not in names:
            raise unknown(f"synapse of population {self.name!r}", name, names)
        return names.index(name)
