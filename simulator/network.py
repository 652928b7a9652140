"""A spiking network as data: populations, projections, inputs. Engines run it, they do not define it.

The model, for a cell of a population with synapses k:

    τ_m v' = −(v − v_rest) + Σ_k ± G_k(t) s_k − w      G_k = gain_k(t) · (1 − q) where a slow variable q is named
    s_k' = −s_k / τ_k,   w' = −w / τ_w                  a presynaptic spike adds its weight to s_k after its delay
    v ≥ v_threshold  →  spike; v = v_reset, w += jump, v is held for the whole refractory period

Voltages, synaptic variables and weights are in mV, times in ms, rates as stated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cells import Adaptation, Population, Schedule, Synapse
from .checks import is_finite, named, positive, steps, unique
from .connections import Edges, EventInput, FixedInDegree, LogNormal, Pairwise, PoissonInput, Projection
from .errors import InputError, unknown

__all__ = [
    "Adaptation",
    "Edges",
    "EventInput",
    "FixedInDegree",
    "LogNormal",
    "MeanSynapticCurrent",
    "Network",
    "Pairwise",
    "PoissonInput",
    "Population",
    "Projection",
    "Schedule",
    "SlowVariable",
    "Synapse",
    "rate_name",
    "steps",
]


@dataclass(frozen=True)
class SlowVariable:
    """Activity-driven slow variable: τ q' = −q + maximum·rⁿ/(rⁿ + half_rateⁿ).

    r is the mean rate of a population [Hz], seen through an exponential filter of `rate_tau`. It is
    recorded as `name`, and r as `name_rate`.
    """

    name: str
    population: str
    tau: float  # [ms]
    maximum: float  # [1], 0..1: a gain 1 − q never changes sign
    half_rate: float  # [Hz]
    exponent: float  # [1]
    rate_tau: float  # [ms]

    def __post_init__(self) -> None:
        named(self.name, "SlowVariable.name")
        positive(self.tau, "SlowVariable.tau", "ms")
        positive(self.half_rate, "SlowVariable.half_rate", "Hz")
        if not (is_finite(self.exponent) and 0 < self.exponent <= 20):
            raise InputError(f"SlowVariable.exponent: must lie in 0..20, above 0; got {self.exponent}")
        positive(self.rate_tau, "SlowVariable.rate_tau", "ms")
        if not (math.isfinite(self.maximum) and 0 <= self.maximum <= 1):
            raise InputError(f"SlowVariable.maximum: must lie in 0..1; got {self.maximum}")


@dataclass(frozen=True)
class MeanSynapticCurrent:
    """Signal: the mean over the cells of Σ_k |G_k| s_k [mV], a proxy of the local field potential."""

    name: str
    population: str
    synapses: tuple[str, ...]

    def __post_init__(self) -> None:
        named(self.name, "MeanSynapticCurrent.name")


@dataclass(frozen=True, eq=False)
class Network:
    """Populations, the projections among them, their inputs, and what is recorded beside spikes.

    Recorded: the spikes of every population, every signal, every slow variable and its rate, and
    every Schedule, each under its own name.

    Raises:
        InputError: names that are unknown or not unique, times off the grid, indices out of range,
            an in-degree beyond the number of sources.
    """

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...] = ()
    inputs: tuple[PoissonInput | EventInput, ...] = ()
    slow: tuple[SlowVariable, ...] = ()
    signals: tuple[MeanSynapticCurrent, ...] = ()
    dt: float = 0.1  # time step [ms]

    def __post_init__(self) -> None:
        for field in ("populations", "projections", "inputs", "slow", "signals"):
            object.__setattr__(self, field, tuple(getattr(self, field)))
        positive(self.dt, "Network.dt", "ms")
        if not self.populations:
            raise InputError("Network.populations: must hold at least one population; got none")
        recorded = [p.name for p in self.populations] + [s.name for s in self.signals]
        recorded += [n for s in self.slow for n in (s.name, rate_name(s))] + [g.name for g in self.schedules]
        unique(recorded, "Network: recorded names")
        for p in self.populations:
            steps(p.refractory, self.dt, f"Population.refractory: of {p.name!r}")
            for synapse in p.synapses:
                if synapse.slow is not None and synapse.slow not in [s.name for s in self.slow]:
                    raise unknown("slow variable", synapse.slow, [s.name for s in self.slow])
        for slow in self.slow:
            self.population(slow.population)
        for signal in self.signals:
            for name in signal.synapses:
                self.populations[self.population(signal.population)].synapse(name)
        for projection in self.projections:
            self._check_projection(projection)
        for given in self.inputs:
            target = self.populations[self.population(given.target)]
            target.synapse(given.synapse)
            if isinstance(given, EventInput):
                _below(given.cell, target, "EventInput.cell")

    def population(self, name: str) -> int:
        """Index of the population of this name.

        Raises:
            InputError: there is none.
        """
        names = [p.name for p in self.populations]
        if name not in names:
            raise unknown("population", name, names)
        return names.index(name)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The scheduled gains, each once."""
        gains = [s.gain for p in self.populations for s in p.synapses if isinstance(s.gain, Schedule)]
        return tuple({id(g): g for g in gains}.values())

    def _check_projection(self, projection: Projection) -> None:
        source = self.populations[self.population(projection.source)]
        target = self.populations[self.population(projection.target)]
        target.synapse(projection.synapse)
        steps(projection.delay, self.dt, f"Projection.delay: {source.name!r} -> {target.name!r}")
        rule = projection.rule
        if isinstance(rule, FixedInDegree):
            own = source is target
            if rule.k > source.n - own:
                why = ", no self-connection" if own else ""
                raise InputError(
                    f"Projection.rule: FixedInDegree k must be at most {source.n - own} "
                    f"({source.name!r} has {source.n} cells{why}); got {rule.k}"
                )
        elif isinstance(rule, Edges):
            _below(rule.pre, source, "Edges.pre")
            _below(rule.post, target, "Edges.post")


def rate_name(slow: SlowVariable) -> str:
    """Name under which the filtered rate of a slow variable is recorded."""
    return f"{slow.name}_rate"


def _below(index: NDArray[np.int64], population: Population, what: str) -> None:
    if index.size and not (index.min() >= 0 and index.max() < population.n):
        raise InputError(
            f"{what}: must lie in 0..{population.n - 1} ({population.name!r}); got {index.min()}..{index.max()}"
        )
