"""The default engine: flattens a network into arrays and steps them in compiled chunks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .engine import Progress, assemble, n_steps, provenance, runaway, sampling
from .kernels import Plan, State, advance, propagator
from .network import EventInput, Network, PoissonInput, Schedule, steps
from .run import Run
from .wiring import Instance, PoissonSource, generator

CHUNK = 100.0  # biological time between two looks at the outside [ms]


def simulate_compiled(
    instance: Instance,
    duration: float,
    seed: int,
    signal_dt: float = 1.0,
    progress: Progress | None = None,
) -> Run:
    """Run a network as drawn, in compiled code; the same seed gives the same bits.

    Args:
        instance: edges and initial state.
        duration: how long [ms].
        seed: of the Poisson inputs.
        signal_dt: sampling interval of the signals [ms].
        progress: called with (done, total) [ms] after every 100 ms; between them Ctrl-C gets through.

    Raises:
        InputError: a duration or interval off the grid, a seed that is no whole number, activity that
            ran away to infinity.
    """
    network = instance.network
    total, every = n_steps(network, duration), sampling(network, signal_dt)
    source = provenance("compiled", _checked(seed), "numpy", "numba")
    plan, state = flatten(instance), _initial(instance)
    inputs = [_Events(network, i, seed) for i in range(len(network.inputs))]
    n_populations = len(network.populations)
    pointers = np.zeros(total * n_populations + 1, dtype=np.int64)
    cells = np.empty(max(1024, 2 * state.v.size), dtype=np.int32)
    samples = np.empty((-(-total // every), len(network.signals) + 2 * len(network.slow)))
    chunk = max(1, round(CHUNK / network.dt))
    for begin in range(0, total, chunk):
        end = min(begin + chunk, total)
        gains = _gains(network, begin, end)
        event_first, event_cells = _events(inputs, begin, end)
        done = begin
        while done < end:
            done = int(
                advance(plan, state, pointers, cells, gains, event_first, event_cells, samples, every, begin, done, end)
            )
            if done < end:
                cells = np.concatenate([cells, np.empty_like(cells)])
        if not (np.isfinite(state.v).all() and np.isfinite(state.s).all()):
            raise runaway(end * network.dt)
        if progress is not None:
            progress(end * network.dt, total * network.dt)
    return assemble(network, total, _by_population(pointers, cells, n_populations), samples, signal_dt, source)


def flatten(instance: Instance) -> Plan:
    """All constants of a network in the arrays that the kernel reads."""
    network, dt = instance.network, instance.network.dt
    populations = network.populations
    synapses = [(p, s) for p in populations for s in p.synapses]
    adapted = [(p.adaptation.tau, p.adaptation.jump) if p.adaptation else None for p in populations]
    slow_names = [s.name for s in network.slow]
    slow_populations = [network.population(s.population) for s in network.slow]
    graphs, projections = instance.graphs, network.projections
    return Plan(
        first_cell=_offsets([p.n for p in populations]),
        first_channel=_offsets([len(p.synapses) for p in populations]),
        v_rest=_floats([p.v_rest for p in populations]),
        v_threshold=_floats([p.v_threshold for p in populations]),
        v_reset=_floats([p.v_reset for p in populations]),
        v_keep=_floats([math.exp(-dt / p.tau_m) for p in populations]),
        refractory=_ints([steps(p.refractory, dt, "Population.refractory") for p in populations]),
        w_keep=_floats([math.exp(-dt / a[0]) if a else 1.0 for a in adapted]),
        w_pull=_floats(
            [propagator(dt, p.tau_m, a[0]) if a else 0.0 for p, a in zip(populations, adapted, strict=True)]
        ),
        w_jump=_floats([a[1] if a else 0.0 for a in adapted]),
        first_slot=_offsets([p.n for p, _ in synapses]),
        s_keep=_floats([math.exp(-dt / s.tau) for _, s in synapses]),
        s_push=_floats([s.sign * propagator(dt, p.tau_m, s.tau) for p, s in synapses]),
        slow_of=_ints([-1 if s.slow is None else slow_names.index(s.slow) for _, s in synapses]),
        slow_population=_ints(slow_populations),
        slow_keep=_floats([math.exp(-dt / s.tau) for s in network.slow]),
        slow_maximum=_floats([s.maximum for s in network.slow]),
        slow_half=_floats([s.half_rate for s in network.slow]),
        slow_exponent=_floats([s.exponent for s in network.slow]),
        rate_keep=_floats([math.exp(-dt / s.rate_tau) for s in network.slow]),
        rate_jump=_floats(
            [1000.0 / (populations[p].n * s.rate_tau) for p, s in zip(slow_populations, network.slow, strict=True)]
        ),
        edge_source=_ints([network.population(p.source) for p in projections]),
        edge_channel=_ints([_channel(network, p.target, p.synapse) for p in projections]),
        edge_delay=_ints([steps(p.delay, dt, "Projection.delay") for p in projections]),
        edge_rows=_offsets([g.indptr.size for g in graphs])[:-1],
        edge_first=_offsets([g.targets.size for g in graphs])[:-1],
        edge_weight=_offsets([g.weights.size for g in graphs])[:-1],
        edge_equal=_ints([g.weights.size == 1 for g in graphs]),
        indptr=np.concatenate([np.empty(0, np.int64), *(g.indptr for g in graphs)]),
        targets=np.concatenate([np.empty(0, np.int32), *(g.targets for g in graphs)]),
        weights=np.concatenate([np.empty(0), *(g.weights for g in graphs)]),
        input_channel=_ints([_channel(network, i.target, i.synapse) for i in network.inputs]),
        input_weight=_floats([i.weight for i in network.inputs]),
        signal_first=_offsets([len(s.synapses) for s in network.signals]),
        signal_channel=_ints([_channel(network, s.population, name) for s in network.signals for name in s.synapses]),
    )


class _Events:
    """The events of one input, drawn or given, in chunks."""

    def __init__(self, network: Network, index: int, seed: int) -> None:
        given = network.inputs[index]
        self._drawn: PoissonSource | None = None
        if isinstance(given, PoissonInput):
            n = network.populations[network.population(given.target)].n
            self._drawn = PoissonSource(given, n, network.dt, seed, index)
        elif isinstance(given, EventInput):
            at = event_steps(given, network.dt)
            order = np.argsort(at, kind="stable")
            self._step, self._cell = at[order], given.cell[order].astype(np.int32)

    def chunk(self, begin: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Events a step, and the cell of every event, of the steps begin..end-1."""
        if self._drawn is not None:
            return self._drawn.draw(end - begin)
        a, b = np.searchsorted(self._step, [begin, end])
        return np.bincount(self._step[a:b] - begin, minlength=end - begin), self._cell[a:b]


def event_steps(given: EventInput, dt: float) -> NDArray[np.int64]:
    """The step in which each event is delivered."""
    return np.rint(given.time / dt).astype(np.int64)


def _events(inputs: list[_Events], begin: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    first = np.zeros((len(inputs), end - begin + 1), dtype=np.int64)
    parts = [np.empty(0, np.int32)]
    before = 0
    for i, given in enumerate(inputs):
        counts, cells = given.chunk(begin, end)
        first[i, 0] = before
        first[i, 1:] = before + np.cumsum(counts)
        before += cells.size
        parts.append(cells)
    return first, np.concatenate(parts)


def _gains(network: Network, begin: int, end: int) -> NDArray[np.float64]:
    gains = [s.gain for p in network.populations for s in p.synapses]
    out = np.empty((end - begin, len(gains)))
    times = np.arange(begin, end) * network.dt
    for column, gain in enumerate(gains):
        out[:, column] = gain.at(times) if isinstance(gain, Schedule) else gain
    return out


def _initial(instance: Instance) -> State:
    populations, n_slow = instance.network.populations, len(instance.network.slow)
    n = sum(p.n for p in populations)
    return State(
        v=np.concatenate(instance.v).astype(np.float64),
        w=np.zeros(n),
        s=np.zeros(sum(p.n * len(p.synapses) for p in populations)),
        ready=np.zeros(n, dtype=np.int64),
        q=np.zeros(n_slow),
        r=np.zeros(n_slow),
    )


def _by_population(
    pointers: NDArray[np.int64], cells: NDArray[np.int32], n_populations: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    counts = np.diff(pointers).reshape(-1, n_populations)
    owner = np.repeat(np.tile(np.arange(n_populations), counts.shape[0]), counts.ravel())
    cell = cells[: owner.size].astype(np.int64)
    return [(np.repeat(np.arange(counts.shape[0]), counts[:, p]), cell[owner == p]) for p in range(n_populations)]


def _channel(network: Network, population: str, synapse: str) -> int:
    p = network.population(population)
    return sum(len(q.synapses) for q in network.populations[:p]) + network.populations[p].synapse(synapse)


def _checked(seed: int) -> int:
    generator(seed)
    return int(seed)


def _offsets(sizes: list[int]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)


def _ints(values: list[int] | list[bool]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _floats(values: list[float]) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)
