"""Brunel's balanced network: sparse, inhibition-dominated, and in four regimes by g and η."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from ...simulator import (
    DeltaSynapse,
    FixedInDegree,
    InputError,
    Network,
    PoissonInput,
    Population,
    PopulationRate,
    Projection,
    Recording,
)
from ...simulator.fields import Param
from ..system import within
from .base import Simulated
from .brunel_theory import MeanField
from .lif_theory import Lif

REGIMES = {"SR": (3.0, 2.0), "SI fast": (6.0, 4.0), "AI": (5.0, 2.0), "SI slow": (4.5, 0.9)}  # g, η


@dataclass(frozen=True)
class Balanced(Simulated):
    """10,000 excitatory and 2,500 inhibitory LIF cells with delta synapses::

        τ_m v' = −v      v += J at a spike of an E cell or from outside, v −= g J at one of an I cell
        spike at v ≥ θ; v then stays at V_r for the refractory period, in which it loses its input

    Model A of Brunel (J Comput Neurosci 2000). Every cell has C_E sources among E cells, C_I among I cells, and C_E
    Poisson trains from outside, each at η times the rate θ/(C_E J τ_m) that leads to threshold on average. Both
    populations have the same cells and inputs.

    Regimes by (g, η), in the order of `REGIMES`: synchronous regular (3, 2); synchronous irregular and fast (6, 4);
    asynchronous irregular (5, 2); synchronous irregular and slow (4.5, 0.9). The first tenth of a second is the
    approach to them.

    `delay` is the time from a spike to a spike that it makes. A step looks at the threshold before it delivers, so that
    a jump of v is seen one step later: the projections get D − dt.

    Recorded: E, I (Spikes); rate_E, rate_I, spikes per cell in 0.2 ms [Hz]; mean_field, the rates at which the network
    could stay in theory [Hz], the highest of them last.

    Raises:
        InputError: a parameter out of its bounds.
    """

    name: ClassVar[str] = "balanced"

    duration: Annotated[float, Param("simulated time [s]", gt=0)] = 0.5
    g: Annotated[float, Param("weight of an inhibitory synapse over an excitatory one [1]", ge=0, le=100)] = 5.0
    eta: Annotated[float, Param("external rate over the one that leads to threshold [1]", ge=0, le=100)] = 2.0
    n_e: Annotated[int, Param("excitatory cells", ge=1)] = 10_000
    n_i: Annotated[int, Param("inhibitory cells", ge=1)] = 2_500
    c_e: Annotated[int, Param("excitatory sources of a cell, and as many from outside", ge=1, le=10**6)] = 1_000
    c_i: Annotated[int, Param("inhibitory sources of a cell", ge=1, le=10**6)] = 250
    j: Annotated[float, Param("excitatory weight J [mV]", gt=0)] = 0.1
    delay: Annotated[float, Param("delay D from spike to spike, at least dt [ms]", gt=0, le=1e6)] = 1.5
    tau_m: Annotated[float, Param("membrane time constant [ms]", gt=0)] = 20.0
    v_threshold: Annotated[float, Param("threshold θ above rest [mV]", gt=0)] = 20.0
    v_reset: Annotated[float, Param("reset V_r above rest, below the threshold [mV]")] = 10.0
    refractory: Annotated[float, Param("refractory period [ms]", gt=0)] = 2.0
    dt: Annotated[float, Param("time step [ms]", gt=0)] = 0.1

    def check_relations(self) -> None:
        """Check the delay against dt."""
        within(self, "delay", self.dt, 1e6, "from spike to spike it is at least a time step")

    def network(self) -> Network:
        """Return the description that an engine runs."""

        def cells(name: str, n: int) -> Population:
            return Population(
                name,
                n,
                self.tau_m,
                v_rest=0.0,
                v_threshold=self.v_threshold,
                v_reset=self.v_reset,
                refractory=self.refractory,
                synapses=(DeltaSynapse("e"), DeltaSynapse("i", sign=-1)),
                v_init=(0.0, self.v_threshold),
            )

        def edges(source: str, target: str) -> Projection:
            rule = FixedInDegree(self.c_e if source == "E" else self.c_i)
            weight = self.j if source == "E" else self.g * self.j
            return Projection(source, target, source.lower(), rule, weight, self.delay - self.dt)

        outside = self.c_e * self.eta * self.mean_field().threshold_rate / 1000.0
        return Network(
            populations=(cells("E", self.n_e), cells("I", self.n_i)),
            projections=tuple(edges(source, target) for source in "EI" for target in "EI"),
            inputs=tuple(PoissonInput(name, "e", outside, self.j) for name in "EI"),
            signals=tuple(PopulationRate(f"rate_{name}", name, interval=2 * self.dt) for name in "EI"),
            dt=self.dt,
        )

    def mean_field(self) -> MeanField:
        """Return the theory of this network."""
        cell = Lif(self.tau_m, self.v_threshold, self.v_reset, self.refractory)
        return MeanField(float(self.c_e), self.c_i / self.c_e, self.j, cell)

    def theory(self) -> dict[str, Recording]:
        """Return the rates of the mean field, the same at every ms.

        Raises:
            InputError: there is none.
        """
        rates = self.mean_field().rates(self.g, self.eta)
        if not rates.size:
            raise InputError(f"Balanced: no mean-field rate at g = {self.g:g}, eta = {self.eta:g}")
        labels = {"given": np.array([f"mean field {k + 1}" for k in range(rates.size)])}
        rows = math.ceil(1000.0 * self.duration - 1e-9)
        found = Recording(np.tile(rates, (rows, 1)), 0.001, "second", "firing rate", "Hz", unit_labels=labels)
        return {"mean_field": found}
