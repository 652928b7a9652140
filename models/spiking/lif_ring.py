"""A ring of LIF cells with cosine weights: the cheapest spiking ring there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np

from ...analyses.measures.circular import angles
from ...simulator import Dense, LowRank, Network, PoissonInput, Population, Projection, Synapse
from ...simulator.fields import Param
from ...simulator.networks.connections import Rule
from ..rate.rings import MOST_DENSE
from ..system import within
from .base import Simulated


@dataclass(frozen=True)
class LifRing(Simulated):
    r"""Current-based LIF cells on a ring, coupled by cosine weights, under Poisson input::

        τ_m v_i' = −v_i + s_i          s_i' = −s_i/τ_s, a spike of j adds W_ij after the delay
        W_ij = (w0 + w1 cos(θ_i − θ_j))/n

    W has rank 3 (1, cos θ, sin θ): the engine sums three numbers over the spikes instead of n² weights. "dense" takes
    the same weights one by one, and gives the same spikes. Excitation is so fast and weights are so strong that the
    bump wanders; it is a test bed for engines and read-outs, and no model of a memory.

    After the threshold-linear ring of Ben-Yishai, Bar-Or & Sompolinsky, PNAS 1995.

    Recorded: R (Spikes) with the label position [rad].

    Raises:
        InputError: a parameter out of its bounds.
    """

    name: ClassVar[str] = "lif_ring"

    duration: Annotated[float, Param("simulated time [s]", gt=0)] = 3.0
    n: Annotated[int, Param("cells", ge=3, le=10**7)] = 1024
    w0: Annotated[float, Param("uniform weight [mV]", ge=-1e6, le=1e6)] = -200.0
    w1: Annotated[float, Param("tuned weight [mV]", ge=-1e6, le=1e6)] = 300.0
    rule: Annotated[Literal["low_rank", "dense"], Param("form in which the same weights are summed")] = "low_rank"
    tau_m: Annotated[float, Param("membrane time constant [ms]", gt=0)] = 20.0
    tau_s: Annotated[float, Param("decay of the synaptic current [ms]", gt=0)] = 5.0
    v_threshold: Annotated[float, Param("threshold above rest [mV]", ge=0)] = 20.0
    v_reset: Annotated[float, Param("reset above rest, below the threshold [mV]")] = 10.0
    refractory: Annotated[float, Param("refractory period [ms]", ge=0)] = 2.0
    delay: Annotated[float, Param("delay [ms]", ge=0)] = 1.5
    input_rate: Annotated[float, Param("Poisson spikes per cell [1/ms]", ge=0)] = 1.0
    input_weight: Annotated[float, Param("their weight [mV]")] = 5.2
    dt: Annotated[float, Param("time step [ms]", gt=0)] = 0.1

    def check_relations(self) -> None:
        """Check the number of cells against the rule."""
        within(self, "n", 3, 10**7 if self.rule == "low_rank" else MOST_DENSE)

    def network(self) -> Network:
        """Return the description that an engine runs."""
        angle = angles(self.n)
        modes = np.stack([np.ones(self.n), np.cos(angle), np.sin(angle)], axis=1)
        low = LowRank(modes * np.array([self.w0, self.w1, self.w1]) / self.n, modes)
        rule: Rule = Dense(low.source @ low.target.T) if self.rule == "dense" else low
        cells = Population(
            "R",
            self.n,
            self.tau_m,
            v_rest=0.0,
            v_threshold=self.v_threshold,
            v_reset=self.v_reset,
            refractory=self.refractory,
            synapses=(Synapse("s", self.tau_s),),
            v_init=(0.0, 0.75 * self.v_threshold),
            position=angle,
        )
        return Network(
            populations=(cells,),
            projections=(Projection("R", "R", "s", rule, 1.0, self.delay),),
            inputs=(PoissonInput("R", "s", self.input_rate, self.input_weight),),
            dt=self.dt,
        )
