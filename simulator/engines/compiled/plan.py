"""Translation of a network as drawn into the arrays that the compiled step reads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...networks.cells import AlphaSynapse, DeltaSynapse, Exponential, Population, Quadratic, SaturatingSynapse
from ...networks.distributions import as_drawn, typical
from ...networks.inputs import CurrentInput, EventInput, GivenNoise, OUNoise, PoissonInput, TriggeredInput
from ..kernels import layout as at
from ..kernels.draws import BLOCK
from ..kernels.propagators import alpha_propagator, each, mean_of_decay, mean_of_rise, propagator
from ..noise import coupling
from ..step_tables import Joined, input_tables, n_blocks, sampler_tables, slow_table, split_rows, table
from ..wiring import Factors, Graph, Instance, Matrix, periods
from .carry import Names
from .individual import Arrays, has_own, resting_currents

# Co-moving coordinates (`kernels.linear`) lose precision as the fastest variable decays between two refreshes: an
# event that is added after a decay by e^−a is e^a times larger than older ones of the same weight, and rounds them off
# by as much. a <= 2.6 costs one digit. A refresh reads and writes all fields, so that it should be rare. Where a time
# constant is shorter than a step, even one step costs e^{dt/τ}: 10 time constants (four digits) are the limit in
# float64, 3 (one digit) in float32.
MAX_RATIO = {8: 10.0, 4: 3.0}  # dt/τ, by bytes of a number
MAX_REFRESH = 128  # steps between two refreshes of the coordinates
MAX_DECAY = 2.6  # of the fastest variable between two refreshes [time constants]


class Flattening:
    """Constants of a network, in tables.

    Args:
        instance: the network as drawn.
        precision: "float64" or "float32", of the state of the cells and of the weights.
        threads: parts into which the cells are cut.
        every: steps between two samples, by name.
    """

    def __init__(self, instance: Instance, precision: str, threads: int, every: dict[str, int]) -> None:
        self.network = resting_currents(instance.drawn)
        self.dtype, self.threads, self.every = np.dtype(precision), threads, every
        self.own = Arrays(len(self.network.populations))
        self.fields: list[tuple[Any, ...]] = []
        self.channels: list[tuple[Any, ...]] = []
        self.gates: list[tuple[Any, ...]] = []
        self.size, self.n_modes = 0, 0
        self.wiring = instance.graphs
        self.first_mode = [-1] * len(self.wiring)
        self.gate_field = [-1] * len(self.wiring)
        self.currents = [i for i in self.network.inputs if isinstance(i, CurrentInput) and i.profile is not None]
        self.profiles: list[tuple[int, NDArray[np.float64]]] = []  # what stands in y from the start: (place, values)
        self.extra: dict[tuple[str, str], int] = {}  # channels of OU currents, by population and name
        self.drives: dict[str, int] = {}  # where the summed drive of OU currents begins in y, by population
        self.moving = {p.name: p.is_linear and not has_own(p) for p in self.network.populations}  # coordinates
        n_synapses = sum(len(p.synapses) for p in self.network.populations)
        self.channels = [()] * n_synapses
        self.populations = [self._population(p) for p in range(len(self.network.populations))]

    def result(self) -> tuple[at.StepTables, at.Rare]:
        """Return the tables, and those that not every network has: each whole, or None.

        Numba compiles a variant of the step for each combination of None: a first run compiles what its network needs.
        """
        network = self.network
        bounds = np.array([_cut(p.n, self.threads) for p in network.populations], dtype=np.int64)
        projections, arrays, factors = self._projections(bounds)
        poisson, events, noise, triggers = input_tables(network, self.channel, self.drives, self.dtype)
        plan = at.StepTables(
            populations=table(at.POPULATION, self.populations),
            fields=table(at.FIELD, self.fields),
            channels=table(at.CHANNEL, self.channels),
            projections=projections,
            **arrays,
            slow=slow_table(network),
            bounds=bounds,
        )
        self.samplers, index = sampler_tables(network, self.channel, self.every)
        signals, inputs = at.Signals(self.samplers, index), at.Inputs(poisson, events)
        individual = self.own.tables(network, len(self.fields))
        sparse = self.n_modes == len(self.gates) == 0 and (projections["kind"] == at.SPARSE).all()
        return plan, at.Rare(
            signals if self.samplers.size else None,
            inputs if poisson.size + events.size else None,
            at.Noise(*noise) if noise[0].size else None,
            None if sparse else at.Coupling(factors, table(at.GATE, self.gates)),
            at.Triggers(*triggers) if triggers[0].size else None,
            individual,
            True if any(self.moving.values()) else None,
            None if all(p.is_linear or has_own(p) for p in network.populations) else True,
        )

    def _population(self, index: int) -> tuple[Any, ...]:
        network, p = self.network, self.network.populations[index]
        dt, linear, tau_m = network.dt, p.is_linear, as_drawn(p.tau_m)
        first = len(self.fields)
        self._field(at.VOLTAGE, p.n)
        taus = [float(np.min(tau_m))]
        before = sum(len(q.synapses) for q in network.populations[:index])
        for k, synapse in enumerate(p.synapses):
            channel = before + k
            slow = None if isinstance(synapse, DeltaSynapse) else synapse.slow
            slow_index = -1 if slow is None else [s.name for s in network.slow].index(slow)
            if isinstance(synapse, DeltaSynapse):
                self.channels[channel] = self._kick(at.KICK_VOLTAGE, index, first, synapse.sign, slow_index)
            elif isinstance(synapse, SaturatingSynapse):
                self.channels[channel] = self._kick(at.KICK_GATE, index, -1, synapse.sign, slow_index)
            else:
                kind = at.KICK_ALPHA if isinstance(synapse, AlphaSynapse) else at.KICK_DECAY
                field = -1
                if self._has_events(p, synapse.name):
                    field = len(self.fields)
                    taus.append(synapse.tau)
                    self._decaying(p, synapse, channel)
                self.channels[channel] = self._kick(kind, index, field, synapse.sign, slow_index)
            self._modes(p, synapse, channel, linear)
        adaptation = -1
        if p.adaptation is not None:
            adaptation = len(self.fields)
            taus.append(p.adaptation.tau)
            push = _push(p, dt, p.adaptation.tau, -1)
            self._field(at.DECAY, p.n, keep=math.exp(-dt / p.adaptation.tau), push=push, channel=len(self.channels))
            self._channel(p.name, "w", index, adaptation)
        for given in network.inputs:
            if isinstance(given, OUNoise | GivenNoise) and given.target == p.name and given.tau is not None:
                taus.append(given.tau)
                self._fluctuating(p, given, index)
            elif isinstance(given, CurrentInput) and given.each and given.target == p.name and not linear:
                self._drive(p)
        keep = each(lambda tau: math.exp(-dt / tau), tau_m)
        for column, current in enumerate(self.currents):
            if current.target == p.name and current.profile is not None:
                push = 1.0 - keep if linear else 1.0
                self._field(at.FIXED, p.n, push=push, current=column, values=current.profile)
        if self.moving[p.name] and min(taus) * MAX_RATIO[self.dtype.itemsize] < dt:
            limit = dt / MAX_RATIO[self.dtype.itemsize]
            raise InputError(
                f"Population {p.name!r}: time constants must be at least {limit:.3g} ms at dt = {dt:g} ms in "
                f"{self.dtype}; got {min(taus):g}; for less use a DeltaSynapse, a smaller dt or float64"
            )
        refresh = max(1, min(MAX_REFRESH, int(MAX_DECAY * min(taus) / dt)))
        kind, slope, onset = _initiation(p)
        if kind == at.LINEAR and not self.moving[p.name]:
            kind = at.EXACT
        if has_own(p):
            self.own.population(index, p, dt, keep)
        tau = typical(p.tau_m)  # of populations with arrays, these numbers are not read
        return (
            kind, p.n, first, len(self.fields), int(np.max(periods(p, dt))), refresh, adaptation,
            typical(p.v_rest), typical(p.v_reset), math.exp(-dt / tau), dt / tau,
            p.adaptation.jump if p.adaptation else 0.0, p.adaptation.coupling if p.adaptation else 0.0, slope, onset,
        )  # fmt: skip

    def _has_events(self, p: Population, synapse: str) -> bool:
        given = any(
            isinstance(i, PoissonInput | EventInput | TriggeredInput) and (i.target, i.synapse) == (p.name, synapse)
            for i in self.network.inputs
        )
        return given or any(
            (q.target, q.synapse) == (p.name, synapse) and not isinstance(w, Factors)
            for q, w in zip(self.network.projections, self.wiring, strict=True)
        )

    def _decaying(self, p: Population, synapse: Any, channel: int) -> None:
        dt = self.network.dt
        alpha = isinstance(synapse, AlphaSynapse)
        common: dict[str, Any] = {
            "channel": channel,
            "keep": math.exp(-dt / synapse.tau),
            "push": _push(p, dt, synapse.tau, synapse.sign),
            "h": dt / synapse.tau,
            "reversal": math.nan if synapse.reversal is None else synapse.reversal,
        }
        self._field(at.ALPHA if alpha else at.DECAY, p.n, **common)
        if alpha:
            if p.is_linear:
                late = each(lambda tau: synapse.sign * alpha_propagator(dt, tau, synapse.tau), as_drawn(p.tau_m))
                common["push_y" if self.moving[p.name] else "push"] = late
            else:
                common["push"] = synapse.sign * mean_of_rise(dt, synapse.tau)
            self._field(at.ALPHA_Y, p.n, **common)

    def _fluctuating(self, p: Population, given: OUNoise | GivenNoise, index: int) -> None:
        """Lay out the field of an OU current; in cells that are not linear also one of the drive by all of them."""
        keep, push, _ = coupling(p, given, self.network.dt)
        moving = self.moving[p.name]
        if not moving:
            self._drive(p)
        own, kind = len(self.fields), at.DECAY if moving else at.HELD
        self._field(kind, p.n, keep=keep, push=push if moving else 0.0, channel=len(self.channels))
        self._channel(p.name, given.name, index, own)

    def _drive(self, p: Population) -> None:
        """Lay out the field of the drive by all currents that differ from cell to cell and step to step."""
        if p.name not in self.drives:
            self.drives[p.name] = self.size
            self._field(at.GRADED, p.n)

    def _modes(self, p: Population, synapse: Any, channel: int, linear: bool) -> None:
        """Lay out the fields of projections by factors, whose drive is one number a mode, and of dense gates."""
        dt = self.network.dt
        for e, (projection, wiring) in enumerate(zip(self.network.projections, self.wiring, strict=True)):
            if (projection.target, projection.synapse) != (p.name, synapse.name):
                continue
            saturating, delta = isinstance(synapse, SaturatingSynapse), isinstance(synapse, DeltaSynapse)
            if not (saturating or isinstance(wiring, Factors)):
                continue
            common: dict[str, Any] = {"channel": channel, "push": 0.0, "keep": 1.0}
            if saturating:
                rest = each(lambda tau: 1.0 - math.exp(-dt / tau), as_drawn(p.tau_m))
                common["push"] = synapse.sign * (rest if linear else 1.0)
                common["block"] = synapse.magnesium / 3.57
            elif not delta:
                common["push"] = _push(p, dt, synapse.tau, synapse.sign)
                common["keep"] = math.exp(-dt / synapse.tau)
            if not delta:
                common["reversal"] = math.nan if synapse.reversal is None else synapse.reversal
            if isinstance(wiring, Factors):
                self.first_mode[e] = self.n_modes
                for column in wiring.target.T:
                    self._field(at.FIXED, p.n, mode=self.n_modes, values=column, **common)
                    self.n_modes += 1
            else:
                self.gate_field[e] = len(self.fields)
                self._field(at.GRADED, p.n, **common)

    def _field(
        self,
        kind: int,
        n: int,
        channel: int = -1,
        mode: int = -1,
        current: int = -1,
        keep: float = 1.0,
        push: float | NDArray[np.float64] = 1.0,
        push_y: float = 0.0,
        h: float = 0.0,
        reversal: float = math.nan,
        block: float = 0.0,
        values: NDArray[np.float64] | None = None,
    ) -> None:
        if values is not None:
            self.profiles.append((self.size, values))
        if isinstance(push, np.ndarray):
            self.own.field(len(self.fields), push)
            push = math.nan
        self.fields.append((kind, self.size, channel, mode, current, keep, push, push_y, h, reversal, block))
        self.size += -(-n // 16) * 16  # a field begins on a cache line

    def _channel(self, population: str, name: str, index: int, field: int) -> None:
        self.extra[population, name] = len(self.channels)
        self.channels.append(self._kick(at.KICK_DECAY, index, field, 1, -1))

    def _kick(self, kind: int, index: int, field: int, sign: int, slow: int) -> tuple[Any, ...]:
        """Return a channel with the fields that its events change; those of population `index` are laid out already."""
        moving = self.moving[self.network.populations[index].name]
        v = next(f[1] for f in reversed(self.fields) if f[0] == at.VOLTAGE)
        own = self.fields[field][1] if field >= 0 else 0
        places = [own]
        if kind == at.KICK_ALPHA and field >= 0:
            late = self.fields[field + 1][1]
            places = [own, v, late] if moving else [late]
        elif kind == at.KICK_DECAY and moving:
            places = [own, v]
        return (kind, index, field, len(places), *places, *[0] * (3 - len(places)), sign, slow)

    def channel(self, population: str, variable: str) -> int:
        """Return the channel of a synapse, of w or of an OU current."""
        if (population, variable) in self.extra:
            return self.extra[population, variable]
        p = self.network.population(population)
        return sum(len(q.synapses) for q in self.network.populations[:p]) + self.network.populations[p].synapse(
            variable
        )

    def names(self) -> Names:
        """Return the names of populations and channels."""
        channels = dict(enumerate((p.name, s.name) for p in self.network.populations for s in p.synapses))
        channels |= {channel: key for key, channel in self.extra.items()}
        return Names([p.name for p in self.network.populations], channels)

    def _projections(
        self, bounds: NDArray[np.int64]
    ) -> tuple[NDArray[Any], dict[str, NDArray[Any]], NDArray[np.float64]]:
        rows, delays, indptr, targets, weights, factors = (
            [],
            [0],
            Joined(np.int64),
            Joined(np.int32),
            Joined(self.dtype),
            Joined(np.float64),
        )
        dt = self.network.dt
        for e, (projection, wiring) in enumerate(zip(self.network.projections, self.wiring, strict=True)):
            source, target = (self.network.population(name) for name in (projection.source, projection.target))
            channel = self.channel(projection.target, projection.synapse)
            synapse = self.network.populations[target].synapses[
                self.network.populations[target].synapse(projection.synapse)
            ]
            own = list(wiring.delays) if isinstance(wiring, Graph) else [wiring.delay]
            gate = -1
            if isinstance(synapse, SaturatingSynapse):
                gate, n = len(self.gates), self.network.populations[source].n
                x = self.size
                each = -(-n // 16) * 16
                self.size += 3 * each
                self.gates.append((x, x + each, x + 2 * each, self.gate_field[e], e, synapse.alpha, 1.0 / synapse.tau,
                                   math.exp(-dt / synapse.rise), mean_of_decay(dt, synapse.rise), dt))  # fmt: skip
            row: dict[str, Any] = {"source": source, "channel": channel, "gate": gate, "delays": len(own),
                                   "first_delay": len(delays)}  # fmt: skip
            delays += own
            if isinstance(wiring, Graph):
                pointers = wiring.indptr
                if self.threads > 1:
                    pointers = split_rows(pointers, wiring.targets, bounds[target])
                row |= {"kind": at.SPARSE, "row": indptr.add(pointers), "edge": targets.add(wiring.targets),
                        "weight": weights.add(wiring.weights), "equal": wiring.weights.size == 1}  # fmt: skip
            elif isinstance(wiring, Matrix):
                row |= {"kind": at.DENSE, "weight": weights.add(wiring.weights.ravel())}
            else:
                row |= {"kind": at.FACTORS, "factor": factors.add(wiring.source.ravel()),
                        "mode": self.first_mode[e], "rank": wiring.source.shape[1]}  # fmt: skip
            rows.append(tuple(row.get(name, 0) for name in at.PROJECTION.names or ()))
        arrays = {"delays": np.array(delays, dtype=np.int64), "indptr": indptr.array(), "targets": targets.array(),
                  "weights": weights.array()}  # fmt: skip
        return table(at.PROJECTION, rows), arrays, factors.array()


def _push(p: Population, dt: float, tau: float, sign: int) -> float | NDArray[np.float64]:
    """Return the increment of v of a linear cell by a decaying current, per unit; for others its mean over the step."""
    if not p.is_linear:
        return sign * mean_of_decay(dt, tau)
    return each(lambda tau_m: sign * propagator(dt, tau_m, tau), as_drawn(p.tau_m))


def _initiation(p: Population) -> tuple[int, float, float]:
    if isinstance(p.initiation, Exponential):
        return at.EXPONENTIAL, p.initiation.slope, p.initiation.onset
    if isinstance(p.initiation, Quadratic):
        return at.QUADRATIC, 0.0, p.initiation.critical
    return (at.LINEAR if p.is_linear else at.LEAKY), 0.0, 0.0


def _cut(n: int, parts: int) -> list[int]:
    """Return the boundaries of the cells of the parts, at multiples of BLOCK: a random stream has one thread."""
    return [min(n, round(n_blocks(n) * k / parts) * BLOCK) for k in range(parts)] + [n]
