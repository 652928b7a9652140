"""Inputs to a population, as data. Weights, currents and noise are in mV, times in ms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..checks import finite, indices, matrix, named, not_negative, positive, vector
from ..errors import InputError
from .schedule import Schedule


@dataclass(frozen=True)
class PoissonInput:
    """Independent Poisson spikes to every cell of a population."""

    target: str
    synapse: str
    rate: float | Schedule  # per cell [1/ms]
    weight: float  # [mV]

    def __post_init__(self) -> None:
        if isinstance(self.rate, Schedule):
            if min(self.rate.values) < 0:
                raise InputError(f"PoissonInput.rate: must be >= 0 [1/ms]; got {min(self.rate.values)}")
        else:
            not_negative(self.rate, "PoissonInput.rate", "1/ms")
        finite(self.weight, "PoissonInput.weight", "a number [mV]")


@dataclass(frozen=True, eq=False)
class EventInput:
    """Given input spikes, each delivered in the time step nearest to its time; one cell may get several in a step."""

    target: str
    synapse: str
    weight: float  # [mV]
    time: NDArray[np.float64]  # [ms]
    cell: NDArray[np.int64]

    def __post_init__(self) -> None:
        finite(self.weight, "EventInput.weight", "a number [mV]")
        time = vector(self.time, "EventInput.time")
        object.__setattr__(self, "cell", indices(self.cell, "EventInput.cell"))
        if time.shape != self.cell.shape:
            raise InputError(
                f"EventInput.time, EventInput.cell: must be vectors of one length; got {time.shape} "
                f"and {self.cell.shape}"
            )
        if (time < 0).any():
            raise InputError(f"EventInput.time: must not be negative [ms]; got {time.min():g}")
        object.__setattr__(self, "time", time)


@dataclass(frozen=True, eq=False)
class CurrentInput:
    """A given current: cell i is driven by profile[i]·current(t) [mV], constant within a step."""

    target: str
    current: float | Schedule  # [mV]
    profile: NDArray[np.float64] | None = None  # (n,) [1]; None is 1 for every cell

    def __post_init__(self) -> None:
        if not isinstance(self.current, Schedule):
            finite(self.current, "CurrentInput.current", "a number or a Schedule [mV]")
        if self.profile is not None:
            object.__setattr__(self, "profile", vector(self.profile, "CurrentInput.profile", "a vector, one a cell"))


@dataclass(frozen=True)
class WhiteNoise:
    """Independent white noise in every cell: τ_m dv = … dt + sigma·√τ_m dW; v alone has the SD sigma/√2 about its mean.

    A refractory cell loses it. A step adds a Gaussian increment after v has moved and before it is held against the
    threshold; its SD is exact for leaky cells, sigma·√(dt/τ_m) for others.
    """

    target: str
    sigma: float  # [mV]

    def __post_init__(self) -> None:
        not_negative(self.sigma, "WhiteNoise.sigma", "mV")


@dataclass(frozen=True)
class OUNoise:
    """An independent Ornstein-Uhlenbeck current y in every cell: τ dy = −y dt + sd·√(2τ) dW.

    Started at its stationary law. Recordable under its name. Drawn once a step, after which it decays exactly until
    the next.
    """

    target: str
    name: str
    tau: float  # correlation time [ms]
    sd: float  # stationary SD [mV]

    def __post_init__(self) -> None:
        named(self.name, "OUNoise.name")
        positive(self.tau, "OUNoise.tau", "ms")
        not_negative(self.sd, "OUNoise.sd", "mV")


@dataclass(frozen=True, eq=False)
class GivenNoise:
    """Noise that was drawn before (`freeze_inputs`): row n is added in step n, to v where `tau` is None, else to y.

    y' = −y/τ drives the cell, as in `OUNoise`; it starts at `start`.
    """

    target: str
    name: str
    tau: float | None  # [ms]
    kicks: NDArray[np.float64]  # (steps, n) [mV]
    start: NDArray[np.float64] | None = None  # (n,) [mV]; None is 0

    def __post_init__(self) -> None:
        named(self.name, "GivenNoise.name")
        if self.tau is not None:
            positive(self.tau, "GivenNoise.tau", "ms")
        object.__setattr__(self, "kicks", matrix(self.kicks, "GivenNoise.kicks"))
        if self.start is not None:
            object.__setattr__(self, "start", vector(self.start, "GivenNoise.start", "a vector, one a cell"))


@dataclass(frozen=True, eq=False)
class TriggeredInput:
    """A stimulus that spikes trigger: at least `count` spikes of `source` within `window` fire it.

    `weight` then reaches every one of `cells` after `delay`, and nothing fires again for `dead_time`. Recorded as
    Spikes of one unit under its name: when it was triggered.
    """

    name: str
    source: str  # population
    target: str
    synapse: str
    weight: float  # [mV]
    count: int  # spikes
    window: float  # [ms], a multiple of the time step
    delay: float = 0.0  # [ms], a multiple of the time step; 0 delivers within the step
    dead_time: float = 0.0  # [ms], a multiple of the time step
    cells: NDArray[np.int64] | None = None  # of the target; None is all

    def __post_init__(self) -> None:
        named(self.name, "TriggeredInput.name")
        finite(self.weight, "TriggeredInput.weight", "a number [mV]")
        if isinstance(self.count, bool) or not (isinstance(self.count, int | np.integer) and self.count >= 1):
            raise InputError(f"TriggeredInput.count: must be an integer of at least 1; got {self.count}")
        positive(self.window, "TriggeredInput.window", "ms")
        not_negative(self.delay, "TriggeredInput.delay", "ms")
        not_negative(self.dead_time, "TriggeredInput.dead_time", "ms")
        if self.cells is not None:
            object.__setattr__(self, "cells", indices(self.cells, "TriggeredInput.cells"))


AnyInput = PoissonInput | EventInput | CurrentInput | WhiteNoise | OUNoise | GivenNoise | TriggeredInput
