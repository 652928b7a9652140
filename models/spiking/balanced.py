"""Brunel's balanced network: sparse, inhibition-dominated, and in four regimes by g and η."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...simulator import InputError, Recording
from ...simulator.engines.common import n_steps
from ...simulator.networks.network import (
    DeltaSynapse,
    FixedInDegree,
    Network,
    PoissonInput,
    Population,
    PopulationRate,
    Projection,
)
from ..system import positive, within
from .base import Simulated
from .brunel_theory import MeanField
from .lif_theory import Lif

REGIMES = {"SR": (3.0, 2.0), "SI fast": (6.0, 4.0), "AI": (5.0, 2.0), "SI slow": (4.5, 0.9)}  # g, η


@dataclass(frozen=True)
class Balanced(Simulated):
    """10,000 excitatory and 2,500 inhibitory LIF cells with delta synapses::

        τ_m v' = −v      v += J at a spike of an E cell or from outside, v −= g J at one of an I cell
        spike at v ≥ θ; v is then held at V_r for the refractory period, in which it loses its input

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

    duration: float = 0.5  # [s]
    g: float = 5.0  # weight of an inhibitory synapse over that of an excitatory one [1]
    eta: float = 2.0  # external rate over the one that leads to threshold [1]
    n_e: int = 10_000  # cells
    n_i: int = 2_500
    c_e: int = 1_000  # excitatory sources of a cell, and as many from outside
    c_i: int = 250  # inhibitory sources of a cell
    j: float = 0.1  # J [mV]
    delay: float = 1.5  # D [ms]
    tau_m: float = 20.0  # [ms]
    v_threshold: float = 20.0  # θ [mV] above rest
    v_reset: float = 10.0  # V_r [mV]
    refractory: float = 2.0  # [ms]
    dt: float = 0.1  # [ms]

    def __post_init__(self) -> None:
        positive(self, "duration", "s")
        within(self, "g", 0.0, 100.0, "1")
        within(self, "eta", 0.0, 100.0, "1")
        for field in ("c_e", "c_i"):
            within(self, field, 1, 10**6, "1")
        positive(self, "dt", "ms")
        within(self, "delay", self.dt, 1e6, "ms", "from spike to spike it is at least a time step")
        for field, unit in (("j", "mV"), ("v_threshold", "mV"), ("refractory", "ms")):
            positive(self, field, unit)
        n_steps(self.network(), self.duration * 1000.0)

    def network(self) -> Network:
        """The description that an engine runs."""

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
        """The theory of this network."""
        cell = Lif(self.tau_m, self.v_threshold, self.v_reset, self.refractory)
        return MeanField(float(self.c_e), self.c_i / self.c_e, self.j, cell)

    def theory(self) -> dict[str, Recording]:
        """Rates of the mean field, the same at every ms.

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
