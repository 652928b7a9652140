"""The CUBA benchmark: a current-based LIF network that keeps itself active, irregularly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ...simulator import Network, Pairwise, Population, Projection, Synapse
from ...simulator.fields import Param
from .base import Simulated


@dataclass(frozen=True)
class Cuba(Simulated):
    """3200 excitatory and 800 inhibitory LIF cells with exponential currents, without input::

        τ_m v' = E_L − v + s_E − s_I,  s_E' = −s_E/τ_E,  s_I' = −s_I/τ_I

    Rest lies 1 mV above threshold, so a cell left alone fires; the net keeps the rates down
    (Vogels & Abbott, J Neurosci 2005; benchmark 2 of Brette et al., J Comput Neurosci 2007).

    Recorded: E, I (Spikes).

    Raises:
        InputError: a parameter out of its bounds.
    """

    name: ClassVar[str] = "cuba"

    duration: Annotated[float, Param("simulated time [s]", gt=0)] = 1.0
    n_e: Annotated[int, Param("excitatory cells", ge=1)] = 3200
    n_i: Annotated[int, Param("inhibitory cells", ge=1)] = 800
    probability: Annotated[float, Param("probability of a connection: 80 sources on average [1]", ge=0, le=1)] = 0.02
    j_e: Annotated[float, Param("excitatory weight [mV]")] = 1.62
    j_i: Annotated[float, Param("inhibitory weight [mV]")] = 9.0
    delay: Annotated[float, Param("delay; the original has none [ms]", ge=0)] = 0.0
    tau_m: Annotated[float, Param("membrane time constant [ms]", gt=0)] = 20.0
    tau_s_e: Annotated[float, Param("decay of the excitatory current [ms]", gt=0)] = 5.0
    tau_s_i: Annotated[float, Param("decay of the inhibitory current [ms]", gt=0)] = 10.0
    v_rest: Annotated[float, Param("resting voltage E_L [mV]")] = -49.0
    v_threshold: Annotated[float, Param("threshold [mV]")] = -50.0
    v_reset: Annotated[float, Param("reset, below the threshold [mV]")] = -60.0
    refractory: Annotated[float, Param("refractory period [ms]", ge=0)] = 5.0
    dt: Annotated[float, Param("time step [ms]", gt=0)] = 0.1

    def network(self) -> Network:
        """The description that an engine runs."""

        def cells(name: str, n: int) -> Population:
            return Population(
                name,
                n,
                self.tau_m,
                v_rest=self.v_rest,
                v_threshold=self.v_threshold,
                v_reset=self.v_reset,
                refractory=self.refractory,
                synapses=(Synapse("e", self.tau_s_e), Synapse("i", self.tau_s_i, sign=-1)),
                v_init=(self.v_reset, self.v_threshold),
            )

        def edges(source: str, target: str) -> Projection:
            weight = self.j_e if source == "E" else self.j_i
            return Projection(source, target, source.lower(), Pairwise(self.probability), weight, self.delay)

        return Network(
            populations=(cells("E", self.n_e), cells("I", self.n_i)),
            projections=tuple(edges(source, target) for source in "EI" for target in "EI"),
            dt=self.dt,
        )
