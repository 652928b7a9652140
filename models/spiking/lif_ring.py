"""A ring of LIF cells with cosine weights: the cheapest spiking ring there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...analyses.measures.circular import angles
from ...simulator import unknown
from ...simulator.engines.common import n_steps
from ...simulator.networks.network import Dense, LowRank, Network, PoissonInput, Population, Projection, Rule, Synapse
from ..rate.rings import MOST_DENSE, RULES
from ..system import positive, within
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

    duration: float = 3.0  # [s]
    n: int = 1024  # cells
    w0: float = -200.0  # uniform weight [mV]
    w1: float = 300.0  # tuned weight [mV]
    rule: Literal["low_rank", "dense"] = "low_rank"  # how the same weights are held
    tau_m: float = 20.0  # [ms]
    tau_s: float = 5.0  # [ms]
    v_threshold: float = 20.0  # [mV] above rest
    v_reset: float = 10.0  # [mV]
    refractory: float = 2.0  # [ms]
    delay: float = 1.5  # [ms]
    input_rate: float = 1.0  # Poisson spikes per cell [1/ms]
    input_weight: float = 5.2  # [mV]
    dt: float = 0.1  # [ms]

    def __post_init__(self) -> None:
        positive(self, "duration", "s")
        if self.rule not in RULES:
            raise unknown("rule", str(self.rule), RULES)
        within(self, "n", 3, 10**7 if self.rule == "low_rank" else MOST_DENSE, "1")
        for field in ("w0", "w1"):
            within(self, field, -1e6, 1e6, "mV")
        n_steps(self.network(), self.duration * 1000.0)

    def network(self) -> Network:
        """The description that an engine runs."""
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
