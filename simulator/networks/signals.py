"""Recorded signals other than spikes, as data. Each has its own interval, or that of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from ..checks import Name, indices, unique
from ..errors import InputError
from ..fields import Checked, Param
from ..types import Ints

Source = Annotated[str, Param("population that is recorded")]
Variable = Annotated[str, Param("state variable")]
Interval = Annotated[float | None, Param("interval between samples, a multiple of the time step [ms]", gt=0)]


@dataclass(frozen=True)
class MeanSynapticCurrent(Checked):
    """Field proxy: mean over the cells of Σ_k |G_k| s_k of currents and |G_k| s_k |E_k − v| of conductances [mV].

    These are the sizes of the synaptic currents, in mV of the leak. Excitation and inhibition add, as they do in the
    local field potential of pyramidal cells (Mazzoni et al., PLoS Comput Biol 2015). G_k is that of the time step that
    begins at the sample; v of a refractory cell is v_reset.

    Raises:
        InputError: no synapse, or one that is named twice.
    """

    name: Name
    population: Source
    synapses: Annotated[tuple[str, ...], Param("synapses that are summed")]
    interval: Interval = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.synapses:
            raise InputError("MeanSynapticCurrent.synapses: must name at least one synapse; got none")
        unique(self.synapses, "MeanSynapticCurrent.synapses")


@dataclass(frozen=True, eq=False)
class StateRecording(Checked):
    """A state variable of cells: "v", "w", or by its name the s of a synapse or the y of an OU current.

    The v of a refractory cell is v_reset. Values are those at the beginning of a step.

    Raises:
        InputError: an empty list of cells.
    """

    name: Name
    population: Source
    variable: Variable
    cells: Annotated[Ints | None, Param("cells; none is all", to=indices)] = None
    interval: Interval = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cells is not None and not self.cells.size:
            raise InputError("StateRecording.cells: must name at least one cell; got none")


@dataclass(frozen=True)
class PopulationStatistic(Checked):
    """The mean or the SD of a state variable over the cells of a population; variables as in `StateRecording`."""

    name: Name
    population: Source
    variable: Variable
    statistic: Literal["mean", "sd"] = "mean"
    interval: Interval = None


@dataclass(frozen=True)
class PopulationRate(Checked):
    """Spikes per cell over the interval that ends with the sample [Hz], of every whole interval of the run.

    The first sample is at the end of the first interval: the recording begins there (`t0`).
    """

    name: Name
    population: Source
    interval: Interval = None


Signal = MeanSynapticCurrent | StateRecording | PopulationStatistic | PopulationRate
