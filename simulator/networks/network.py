"""A spiking network as data: populations, projections, inputs, signals. Engines run it, they do not define it.

The model, for a cell of a population with synapses k:

    τ_m v' = F(v) + Σ_k I_k − w + currents + noise     F(v) = −(v − v_rest) for a leaky cell (see `cells`)
    I_k = ± G_k(t) s_k   or   G_k(t) s_k (E_k − v)       G_k = gain_k(t), times (1 − q) where a slow variable q is named
    s_k' = −s_k / τ_k (exponential; see `cells` for others);  a presynaptic spike adds its weight after its delay
    τ_w w' = −w + coupling·(v − v_rest)
    v ≥ v_threshold  →  spike; v = v_reset, w += jump, v stays there for the refractory period

Voltages, currents and weights are in mV, conductances in units of the leak, times in ms, rates as stated. Every class
raises an InputError for a value of another type, or out of the bounds that its field declares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..checks import Name, steps, unique
from ..errors import InputError, unknown
from ..fields import Checked, Param
from ..types import Ints
from .cells import AlphaSynapse, AnySynapse, DeltaSynapse, Population, SaturatingSynapse
from .connections import Dense, Edges, FixedInDegree, LowRank, Projection, UniformDelay
from .inputs import AnyInput, CurrentInput, EventInput, GivenNoise, OUNoise, PoissonInput, TriggeredInput
from .schedule import Schedule
from .signals import MeanSynapticCurrent, PopulationStatistic, Signal, StateRecording

MAX_ROWS = 2e9  # bytes of the pointers to the edges of every source and delay of one projection


@dataclass(frozen=True)
class SlowVariable(Checked):
    """Activity-driven slow variable: τ q' = −q + maximum·rⁿ/(rⁿ + half_rateⁿ).

    r is the mean rate of a population [Hz], passed through an exponential filter of `rate_tau`. It is
    recorded as `name`, and r as `name_rate`.
    """

    name: Name
    population: Annotated[str, Param("population that drives it")]
    tau: Annotated[float, Param("time constant [ms]", gt=0)]
    maximum: Annotated[float, Param("largest value: a gain 1 − q never changes sign [1]", ge=0, le=1)]
    half_rate: Annotated[float, Param("rate at half the maximum [Hz]", gt=0)]
    exponent: Annotated[float, Param("exponent n [1]", gt=0, le=20)]
    rate_tau: Annotated[float, Param("time constant of the rate [ms]", gt=0)]


@dataclass(frozen=True, eq=False)
class Network(Checked):
    """Populations, the projections among them, their inputs, and the signals to record.

    Recorded are the spikes of every population, every signal, every slow variable and its rate, every
    triggered input, and every Schedule, each under its own name.

    Raises:
        InputError: names that are unknown or not unique, times off the grid, indices out of range,
            shapes that do not fit, an in-degree beyond the number of sources, negative weights of conductances.
    """

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...] = ()
    inputs: tuple[AnyInput, ...] = ()
    slow: tuple[SlowVariable, ...] = ()
    signals: tuple[Signal, ...] = ()
    dt: Annotated[float, Param("time step [ms]", gt=0)] = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.populations:
            raise InputError("Network.populations: must hold at least one population; got none")
        recorded = [p.name for p in self.populations] + [s.name for s in self.signals]
        recorded += [n for s in self.slow for n in (s.name, rate_name(s))] + [g.name for g in self.schedules]
        recorded += [i.name for i in self.inputs if isinstance(i, TriggeredInput)]
        unique(recorded, "Network: recorded names")
        for p in self.populations:
            steps(p.refractory, self.dt, f"Population.refractory: of {p.name!r}")
            if isinstance(p.v_threshold, Schedule):
                for time in p.v_threshold.jumps_off(self.dt)[:1]:
                    steps(float(time), self.dt, f"Population.v_threshold: of {p.name!r}: a jump")
            for synapse in p.synapses:
                slow = None if isinstance(synapse, DeltaSynapse) else synapse.slow
                if slow is not None and slow not in [s.name for s in self.slow]:
                    raise unknown("slow variable", slow, [s.name for s in self.slow])
        for slow_variable in self.slow:
            self.population(slow_variable.population)
        for projection in self.projections:
            self._check_projection(projection)
        for given in self.inputs:
            self._check_input(given)
        for p in self.populations:
            unique(self.variables(p), f"Network: variables of {p.name!r}")
        for signal in self.signals:
            self._check_signal(signal)

    def population(self, name: str) -> int:
        """Return the index of the population of this name.

        Raises:
            InputError: no population has this name.
        """
        names = [p.name for p in self.populations]
        if name not in names:
            raise unknown("population", name, names)
        return names.index(name)

    def variables(self, population: Population) -> list[str]:
        """Return the names of the state variables of its cells that can be recorded."""
        names = ["v"] + (["w"] if population.adaptation else [])
        names += [s.name for s in population.synapses if not isinstance(s, DeltaSynapse | SaturatingSynapse)]
        noises = [i for i in self.inputs if isinstance(i, OUNoise | GivenNoise) and i.target == population.name]
        return names + [i.name for i in noises if i.tau is not None]

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """Schedules of gains, thresholds, rates and currents, each once."""
        found: list[object] = [s.gain for p in self.populations for s in p.synapses if not isinstance(s, DeltaSynapse)]
        found += [p.v_threshold for p in self.populations]
        found += [i.rate for i in self.inputs if isinstance(i, PoissonInput)]
        found += [i.current for i in self.inputs if isinstance(i, CurrentInput)]
        return tuple({id(g): g for g in found if isinstance(g, Schedule)}.values())

    def _check_projection(self, projection: Projection) -> None:
        source = self.populations[self.population(projection.source)]
        target = self.populations[self.population(projection.target)]
        synapse = target.synapses[target.synapse(projection.synapse)]
        rule, delay = projection.rule, projection.delay
        where = f"Projection.delay: {source.name!r} -> {target.name!r}"
        given = (delay.low, delay.high) if isinstance(delay, UniformDelay) else np.unique(delay)
        for value in given:
            steps(float(value), self.dt, where)
        if isinstance(synapse, SaturatingSynapse) and not isinstance(delay, float):
            raise InputError(f"{where}: a saturating synapse has one delay for all; got {type(delay).__name__}")
        if _is_conductance(synapse) and projection.lowest_weight() < 0.0:
            raise _negative("Projection.weight", f"{source.name!r} -> {target.name!r}", synapse.name,
                            projection.lowest_weight())  # fmt: skip
        if isinstance(synapse, AlphaSynapse) and isinstance(rule, LowRank):
            raise InputError("Projection.rule: LowRank needs an exponential, delta or saturating synapse; got alpha")
        rows = 8 * source.n * projection.n_delays(self.dt)
        if rows > MAX_ROWS:
            raise InputError(
                f"{where}: {projection.n_delays(self.dt)} delays of {source.n} cells take {rows / 1e9:.3g} GB; must be "
                f"at most {MAX_ROWS / 1e9:g} GB: fewer cells or delays"
            )
        if isinstance(rule, FixedInDegree):
            recurrent = source is target
            if rule.k > source.n - recurrent:
                why = ", no self-connection" if recurrent else ""
                raise InputError(
                    f"Projection.rule: FixedInDegree k must be at most {source.n - recurrent} "
                    f"({source.name!r} has {source.n} cells{why}); got {rule.k}"
                )
            if rule.footprint is not None:
                _, low, high = rule.footprint.reach(source.n, target.n)
                near = high - low + 1 - recurrent
                if rule.k > near.min():
                    raise InputError(
                        f"Projection.rule: FixedInDegree k must be at most {near.min()}, the sources with a "
                        f"probability above 0 for cell {near.argmin()} of {target.name!r} (Footprint.sd "
                        f"{rule.footprint.sd:g}); got {rule.k}"
                    )
        elif isinstance(rule, Edges):
            if rule.shape is not None:
                _shaped(rule.shape, (source.n, target.n), f"Projection: {source.name!r} -> {target.name!r}: the matrix")
            _below(rule.pre, source, "Edges.pre")
            _below(rule.post, target, "Edges.post")
        elif isinstance(rule, Dense):
            _shaped(rule.weights.shape, (source.n, target.n), "Dense.weights")
        elif isinstance(rule, LowRank):
            rank = rule.source.shape[1]
            _shaped(rule.source.shape, (source.n, rank), "LowRank.source")
            _shaped(rule.target.shape, (target.n, rank), "LowRank.target")

    def _check_input(self, given: AnyInput) -> None:
        target = self.populations[self.population(given.target)]
        if isinstance(given, PoissonInput | EventInput | TriggeredInput) and isinstance(
            target.synapses[target.synapse(given.synapse)], SaturatingSynapse
        ):
            raise InputError(
                f"{type(given).__name__}.synapse: a saturating synapse gates the cells of a projection; "
                "want an exponential, alpha or delta one"
            )
        if isinstance(given, PoissonInput | EventInput | TriggeredInput) and given.weight < 0.0:
            synapse = target.synapses[target.synapse(given.synapse)]
            if _is_conductance(synapse):
                raise _negative(f"{type(given).__name__}.weight", f"onto {target.name!r}", synapse.name, given.weight)
        if isinstance(given, EventInput):
            _below(given.cell, target, "EventInput.cell")
        elif isinstance(given, CurrentInput):
            if given.dt is not None:
                steps(given.dt, self.dt, "CurrentInput.dt")
            if given.profile is not None:
                _shaped(given.profile.shape, (target.n,), "CurrentInput.profile")
        elif isinstance(given, GivenNoise):
            _shaped(given.kicks.shape[1:], (target.n,), "GivenNoise.kicks: a row")
            if given.start is not None:
                _shaped(given.start.shape, (target.n,), "GivenNoise.start")
        elif isinstance(given, TriggeredInput):
            self.population(given.source)
            for field in ("window", "delay", "dead_time"):
                steps(getattr(given, field), self.dt, f"TriggeredInput.{field}")
            if given.cells is not None:
                _below(given.cells, target, "TriggeredInput.cells")

    def _check_signal(self, signal: Signal) -> None:
        population = self.populations[self.population(signal.population)]
        if signal.interval is not None:
            steps(signal.interval, self.dt, f"{type(signal).__name__}.interval")
        known: Sequence[str] = self.variables(population)
        if isinstance(signal, MeanSynapticCurrent):
            for name in signal.synapses:
                if population.synapse(name) >= 0 and name not in known:
                    raise InputError(f"MeanSynapticCurrent.synapses: {name!r} has no s of its own in every cell")
        elif isinstance(signal, StateRecording | PopulationStatistic) and signal.variable not in known:
            raise unknown(f"variable of population {population.name!r}", signal.variable, known)
        if isinstance(signal, StateRecording) and signal.cells is not None:
            _below(signal.cells, population, "StateRecording.cells")


def rate_name(slow: SlowVariable) -> str:
    """Return the name under which the filtered rate of a slow variable is recorded."""
    return f"{slow.name}_rate"


def _is_conductance(synapse: AnySynapse) -> bool:
    return not isinstance(synapse, DeltaSynapse) and synapse.reversal is not None


def _negative(what: str, where: str, synapse: str, got: float) -> InputError:
    return InputError(
        f"{what}: {where}: must be >= 0 onto {synapse!r}, a conductance [1]; got {got:g}; the reversal potential makes "
        "the sign"
    )


def _below(index: Ints, population: Population, what: str) -> None:
    if index.size and not (index.min() >= 0 and index.max() < population.n):
        raise InputError(
            f"{what}: must lie in 0..{population.n - 1} ({population.name!r}); got {index.min()}..{index.max()}"
        )


def _shaped(got: tuple[int, ...], wanted: tuple[int, ...], what: str) -> None:
    if got != wanted:
        raise InputError(f"{what}: must have the shape {wanted}; got {got}")
