"""The CUBA benchmark: a current-based LIF network that keeps itself active, irregularly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...simulator.engines.common import n_steps
from ...simulator.networks.network import Network, Pairwise, Population, Projection, Synapse
from ..system import positive
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

    duration: float = 1.0  # [s]
    n_e: int = 3200  # cells
    n_i: int = 800
    probability: float = 0.02  # of a connection from each cell to each other one: 80 sources on average
    j_e: float = 1.62  # [mV]
    j_i: float = 9.0  # [mV]
    delay: float = 0.0  # [ms]; the original has none
    tau_m: float = 20.0  # [ms]
    tau_s_e: float = 5.0  # [ms]
    tau_s_i: float = 10.0  # [ms]
    v_rest: float = -49.0  # [mV]
    v_threshold: float = -50.0  # [mV]
    v_reset: float = -60.0  # [mV]
    refractory: float = 5.0  # [ms]
    dt: float = 0.1  # [ms]

    def __post_init__(self) -> None:
        positive(self, "duration", "s")
        n_steps(self.network(), self.duration * 1000.0)

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
