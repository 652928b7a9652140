"""Recorded signals besides spikes, as data. Each has its own interval, or that of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import indices, named, positive, unique
from ..errors import InputError, unknown

STATISTICS = ("mean", "sd")


@dataclass(frozen=True)
class MeanSynapticCurrent:
    """The mean over the cells of Σ_k |G_k| s_k [mV], a proxy of the local field potential."""

    name: str
    population: str
    synapses: tuple[str, ...]
    interval: float | None = None  # [ms], a multiple of the time step

    def __post_init__(self) -> None:
        object.__setattr__(self, "synapses", tuple(self.synapses))
        _check(self)
        if not self.synapses:
            raise InputError("MeanSynapticCurrent.synapses: must name at least one synapse; got none")
        unique(self.synapses, "MeanSynapticCurrent.synapses")


@dataclass(frozen=True, eq=False)
class StateRecording:
    """A state variable of cells: "v", "w", or by its name the s of a synapse or the y of an OU current.

    The v of a refractory cell is v_reset. Values are those at the beginning of a step.
    """

    name: str
    population: str
    variable: str
    cells: NDArray[np.int64] | None = None  # None is all
    interval: float | None = None  # [ms], a multiple of the time step

    def __post_init__(self) -> None:
        _check(self)
        if self.cells is not None:
            object.__setattr__(self, "cells", indices(self.cells, "StateRecording.cells"))
            if not self.cells.size:
                raise InputError("StateRecording.cells: must name at least one cell; got none")


@dataclass(frozen=True)
class PopulationStatistic:
    """The mean or the SD of a state variable over the cells of a population; variables as in `StateRecording`."""

    name: str
    population: str
    variable: str
    statistic: Literal["mean", "sd"] = "mean"
    interval: float | None = None  # [ms], a multiple of the time step

    def __post_init__(self) -> None:
        _check(self)
        if self.statistic not in STATISTICS:
            raise unknown("statistic", str(self.statistic), STATISTICS)


@dataclass(frozen=True)
class PopulationRate:
    """Spikes per cell over the interval that ends with the sample [Hz]; the first sample is 0."""

    name: str
    population: str
    interval: float | None = None  # [ms], a multiple of the time step

    def __post_init__(self) -> None:
        _check(self)


Signal = MeanSynapticCurrent | StateRecording | PopulationStatistic | PopulationRate


def _check(signal: Signal) -> None:
    kind = type(signal).__name__
    named(signal.name, f"{kind}.name")
    if signal.interval is not None:
        positive(signal.interval, f"{kind}.interval", "ms")
