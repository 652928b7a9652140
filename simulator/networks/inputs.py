"""Inputs to a population, as data. Weights, currents and noise are in mV, times in ms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from ..checks import Name, indices, matrix, numbers, vector
from ..errors import InputError
from ..fields import Checked, Param
from ..types import Floats, Ints
from .schedule import Schedule

Target = Annotated[str, Param("population that receives")]
TargetSynapse = Annotated[str, Param("synapse of the target")]
Weight = Annotated[float, Param("weight [mV]")]


@dataclass(frozen=True)
class PoissonInput(Checked):
    """Independent Poisson spikes to every cell of a population, of all its sources together.

    Over 1000 per ms a run is refused: that is no cell's input, but a rate in Hz.

    Raises:
        InputError: a rate that is negative, at any time of a Schedule.
    """

    target: Target
    synapse: TargetSynapse
    rate: Annotated[float | Schedule, Param("rate per cell [1/ms]", ge=0)]
    weight: Weight

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.rate, Schedule) and min(self.rate.values) < 0:
            raise InputError(f"PoissonInput.rate: must be >= 0 [1/ms]; got {min(self.rate.values)}")


@dataclass(frozen=True, eq=False)
class EventInput(Checked):
    """Given input spikes, each delivered in the time step nearest to its time; one cell may get several in a step.

    `until` is the end of what is known: a run that lasts longer is refused. Without it silence follows the last spike.

    Raises:
        InputError: times and cells of different lengths, a negative time, or one after `until`.
    """

    target: Target
    synapse: TargetSynapse
    weight: Weight
    time: Annotated[Floats, Param("time of every spike [ms]", to=vector)]
    cell: Annotated[Ints, Param("cell that each reaches", to=indices)]
    until: Annotated[float | None, Param("end of the given times; none: silence follows them [ms]", ge=0)] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.time.shape != self.cell.shape:
            raise InputError(
                f"EventInput.time, EventInput.cell: must be vectors of one length; got {self.time.shape} "
                f"and {self.cell.shape}"
            )
        if (self.time < 0).any():
            raise InputError(f"EventInput.time: must not be negative [ms]; got {self.time.min():g}")
        if self.until is not None and self.time.size and self.time.max() > self.until:
            raise InputError(f"EventInput.time: must not be after until = {self.until:g} ms; got {self.time.max():g}")


@dataclass(frozen=True, eq=False)
class CurrentInput(Checked):
    """A given current: cell i is driven by profile[i]·current(t) [mV], constant within a step.

    Of an array, value k drives from k·dt to (k + 1)·dt; row k of one of shape (time, n) holds a value for each cell. A
    run that is longer than the array is refused, unless `after` says what follows: "hold" keeps the last value, "zero"
    is no current.

    Raises:
        InputError: an array that is empty or of another shape; `dt` or `after` without an array; a profile beside an
            array with a value for each cell.
    """

    target: Target
    current: Annotated[float | Schedule | Floats, Param("current, or a value (a row of cells) for every dt [mV]")]
    profile: Annotated[Floats | None, Param("factor of every cell (n,); none is 1 [1]", to=vector)] = None
    dt: Annotated[
        float | None, Param("interval of an array, a multiple of the time step; none is the time step [ms]", gt=0)
    ] = None
    after: Annotated[Literal["refuse", "hold", "zero"], Param("current after the end of an array")] = "refuse"

    def __post_init__(self) -> None:
        if isinstance(self.current, np.ndarray | list | tuple):
            object.__setattr__(self, "current", self._sampled(self.current))
        super().__post_init__()
        if not isinstance(self.current, np.ndarray) and (self.dt is not None or self.after != "refuse"):
            raise InputError("CurrentInput.dt, CurrentInput.after: are for an array of currents; leave them out")
        if self.each and self.profile is not None:
            raise InputError(
                "CurrentInput.profile: is for one course of all cells; multiply the columns of current by it"
            )

    @property
    def each(self) -> bool:
        """Presence of a value for each cell in `current`, an array of two axes."""
        return isinstance(self.current, np.ndarray) and self.current.ndim == 2

    def _sampled(self, given: object) -> Floats:
        values = numbers(given, "CurrentInput.current")
        if values.ndim not in (1, 2):
            raise InputError(f"CurrentInput.current: must have the shape (time,) or (time, n); got {values.shape}")
        if not values.size:
            raise InputError("CurrentInput.current: an array must hold at least one value; got none")
        return values

    def lasts(self, dt: float) -> float:
        """Return the time up to which the current is known [ms]; `dt` is the time step [ms]."""
        if not isinstance(self.current, np.ndarray) or self.after != "refuse":
            return float("inf")
        return float(self.current.shape[0] * (dt if self.dt is None else self.dt))

    def steps_of_row(self, dt: float) -> int:
        """Return the time steps for which a value of an array drives; `dt` is the time step [ms]."""
        return 1 if self.dt is None else round(self.dt / dt)

    def sampled(self, steps: Ints, dt: float) -> Floats:
        """Return the values of an array in time steps; `dt` is the time step [ms].

        >>> given = CurrentInput("E", [1.0, 2.0], dt=0.2, after="zero")
        >>> given.sampled(np.arange(6), 0.1).tolist()
        [1.0, 1.0, 2.0, 2.0, 0.0, 0.0]
        """
        values = np.asarray(self.current)
        row = steps // self.steps_of_row(dt)
        found: Floats = values[np.minimum(row, len(values) - 1)]
        if self.after == "zero":
            found[row >= len(values)] = 0.0
        return found


@dataclass(frozen=True)
class WhiteNoise(Checked):
    """Independent white noise in every cell: τ_m dv = … dt + sigma·√τ_m dW; v alone has the SD sigma/√2 about its mean.

    A refractory cell loses it. A step adds a Gaussian increment after the integration of v and before the test against
    the threshold; its SD is exact for leaky cells, sigma·√(dt/τ_m) for others.
    """

    target: Target
    sigma: Annotated[float, Param("amplitude [mV]", ge=0)]


@dataclass(frozen=True)
class OUNoise(Checked):
    """An independent Ornstein-Uhlenbeck current y in every cell: τ dy = −y dt + sd·√(2τ) dW.

    Started at its stationary law. Recordable under its name. Its values at the time steps have their exact law, and so
    has the variance of v of a leaky cell, sd² τ/(τ + τ_m). Other cells get its mean over the step, given both ends.
    """

    target: Target
    name: Name
    tau: Annotated[float, Param("correlation time [ms]", gt=0)]
    sd: Annotated[float, Param("stationary SD [mV]", ge=0)]


@dataclass(frozen=True, eq=False)
class GivenNoise(Checked):
    """Noise drawn beforehand (`freeze_inputs`): row n is added in step n, to v where `tau` is None, else to y.

    A run of more steps than rows is refused. y drives the cell as in `OUNoise`; it starts at `start`.
    """

    target: Target
    name: Name
    tau: Annotated[float | None, Param("correlation time; none is white [ms]", gt=0)]
    kicks: Annotated[Floats, Param("increments (steps, n) [mV]", to=matrix)]
    start: Annotated[Floats | None, Param("y at the start (n,); none is 0 [mV]", to=vector)] = None


@dataclass(frozen=True, eq=False)
class TriggeredInput(Checked):
    """A stimulus that spikes trigger: at least `count` spikes of `source` within `window` fire it.

    `weight` then reaches every one of `cells` after `delay` (0: within the step), and nothing fires again for
    `dead_time`. All three times are multiples of the time step. The times of triggering are recorded as Spikes
    of one unit under its name.
    """

    name: Name
    source: Annotated[str, Param("population whose spikes count")]
    target: Target
    synapse: TargetSynapse
    weight: Weight
    count: Annotated[int, Param("spikes that trigger", ge=1)]
    window: Annotated[float, Param("window in which they count [ms]", gt=0)]
    delay: Annotated[float, Param("delay of the stimulus [ms]", ge=0)] = 0.0
    dead_time: Annotated[float, Param("time without another stimulus [ms]", ge=0)] = 0.0
    cells: Annotated[Ints | None, Param("cells of the target; none is all", to=indices)] = None


AnyInput = PoissonInput | EventInput | CurrentInput | WhiteNoise | OUNoise | GivenNoise | TriggeredInput
