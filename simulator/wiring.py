"""From the description of a network to its edges and initial state: drawn once, run by every engine."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numba
import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .network import (
    Edges,
    EventInput,
    FixedInDegree,
    LogNormal,
    Network,
    Pairwise,
    PoissonInput,
    Population,
    Projection,
    steps,
)

WIRING, STATE, INPUTS = 0, 1, 2  # independent streams of one seed: a longer run keeps its graph


@dataclass(frozen=True, eq=False)
class Graph:
    """Edges by source (CSR): those of cell i are `targets[indptr[i]:indptr[i + 1]]`, in ascending order."""

    indptr: NDArray[np.int64]  # (n_source + 1,)
    targets: NDArray[np.int32]  # (n_edges,)
    weights: NDArray[np.float64]  # (n_edges,), or (1,) where all are equal [mV]

    @property
    def sources(self) -> NDArray[np.int32]:
        """The source of every edge, (n_edges,)."""
        return np.repeat(np.arange(self.indptr.size - 1, dtype=np.int32), np.diff(self.indptr))


@dataclass(frozen=True, eq=False)
class Instance:
    """One network as drawn: a graph for every projection and initial voltages for every population."""

    network: Network
    graphs: tuple[Graph, ...]  # one a projection
    v: tuple[NDArray[np.float64], ...]  # one a population [mV]

    def __post_init__(self) -> None:
        if len(self.graphs) != len(self.network.projections) or len(self.v) != len(self.network.populations):
            raise InputError(
                f"Instance: must hold a graph a projection ({len(self.network.projections)}) and voltages a "
                f"population ({len(self.network.populations)}); got {len(self.graphs)} and {len(self.v)}"
            )


def instantiate(network: Network, seed: int) -> Instance:
    """Draw the edges, weights and initial voltages of a network.

    Raises:
        InputError: the seed is not a whole number >= 0.
    """
    graphs = tuple(_graph(network, p, generator(seed, WIRING, i)) for i, p in enumerate(network.projections))
    v = tuple(_initial(p, generator(seed, STATE, i)) for i, p in enumerate(network.populations))
    return Instance(network, graphs, v)


def generator(seed: int, *stream: int) -> np.random.Generator:
    """The random numbers of one stream of a seed (`numpy.random.SeedSequence` with a spawn key)."""
    if isinstance(seed, bool) or not (isinstance(seed, int | np.integer) and seed >= 0):
        raise InputError(f"seed: must be a whole number >= 0; got {seed!r}")
    return np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=stream))


MAX_EVENTS = 1e5  # of one Poisson input in one step; a chunk of steps then fits in memory


class PoissonSource:
    """Draws the events of one Poisson input, step after step; the same bits whatever the lengths asked for.

    The number of events of a step in the whole population is Poisson with mean n·rate·dt, and each goes to
    a cell at random: exactly n independent Poisson trains.
    """

    def __init__(self, given: PoissonInput, n_cells: int, dt: float, seed: int, index: int) -> None:
        self._counts, self._cells = generator(seed, INPUTS, index, 0), generator(seed, INPUTS, index, 1)
        self._mean, self._n_cells = n_cells * given.rate * dt, n_cells
        if self._mean > MAX_EVENTS:
            raise InputError(
                f"PoissonInput.rate: must give at most {MAX_EVENTS:g} events a step to the whole population; "
                f"got {given.rate:g} per ms to each of {n_cells} cells, {self._mean:.3g} a step"
            )

    def draw(self, n_steps: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Events a step (n_steps,), and the cell of every event in order."""
        counts = self._counts.poisson(self._mean, size=n_steps)
        return counts, self._cells.integers(0, self._n_cells, size=int(counts.sum()), dtype=np.int32)


def freeze_inputs(network: Network, duration: float, seed: int) -> Network:
    """The network with every Poisson input replaced by the very events that a run with this seed draws.

    Args:
        network: the description.
        duration: how long events are drawn [ms]; none come after it.
        seed: the seed of the run.
    """
    n_steps = steps(duration, network.dt, "freeze_inputs: duration")
    frozen: list[PoissonInput | EventInput] = []
    for index, given in enumerate(network.inputs):
        if isinstance(given, PoissonInput):
            n = network.populations[network.population(given.target)].n
            counts, cells = PoissonSource(given, n, network.dt, seed, index).draw(n_steps)
            time = np.repeat(np.arange(n_steps), counts) * network.dt
            frozen.append(EventInput(given.target, given.synapse, given.weight, time, cells.astype(np.int64)))
        else:
            frozen.append(given)
    return replace(network, inputs=tuple(frozen))


def _initial(population: Population, rng: np.random.Generator) -> NDArray[np.float64]:
    if isinstance(population.v_init, tuple):
        return rng.uniform(*population.v_init, size=population.n)
    v = population.v_reset if population.v_init is None else population.v_init
    return np.full(population.n, float(v))


def _graph(network: Network, projection: Projection, rng: np.random.Generator) -> Graph:
    source, target = (network.population(name) for name in (projection.source, projection.target))
    n_source, n_target = network.populations[source].n, network.populations[target].n
    own, rule = source == target, projection.rule
    if isinstance(rule, Edges):
        return _given(rule, projection.weight, n_source, rng)
    if isinstance(rule, FixedInDegree):
        degrees = np.full(n_target, rule.k, dtype=np.int64)
    elif isinstance(rule, Pairwise):
        degrees = rng.binomial(n_source - own, rule.p, size=n_target)
    sources = draw_sources(degrees, n_source, own, rng)
    indptr, targets = transpose(sources, degrees, n_source)
    return Graph(indptr, targets, _weights(projection.weight, targets.size, rng))


def _given(rule: Edges, weight: object, n_source: int, rng: np.random.Generator) -> Graph:
    order = np.lexsort((rule.post, rule.pre))
    indptr = np.concatenate(([0], np.cumsum(np.bincount(rule.pre, minlength=n_source)))).astype(np.int64)
    weights = weight[order] if isinstance(weight, np.ndarray) else _weights(weight, rule.pre.size, rng)
    return Graph(indptr, rule.post[order].astype(np.int32), weights)


def _weights(weight: object, n_edges: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if isinstance(weight, LogNormal):
        mu = np.log(weight.mean) - weight.sigma**2 / 2
        return rng.lognormal(mu, weight.sigma, size=n_edges)
    return np.array([weight], dtype=np.float64)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def draw_sources(
    degrees: NDArray[np.int64], n_source: int, own: bool, rng: np.random.Generator
) -> NDArray[np.int32]:  # pragma: no cover
    """For every target `degrees[j]` distinct sources out of n_source, without j itself if `own`.

    Floyd's sampling: one random number an edge, whatever the degree (Bentley & Floyd, CACM 1987).
    """
    out = np.empty(degrees.sum(), dtype=np.int32)
    drawn_for = np.full(n_source, -1, dtype=np.int64)
    n = n_source - 1 if own else n_source
    at = 0
    for j in range(degrees.size):
        for last in range(n - degrees[j], n):
            i = int(rng.random() * (last + 1))
            if drawn_for[i] == j:
                i = last
            drawn_for[i] = j
            out[at] = i + 1 if own and i >= j else i
            at += 1
    return out


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def transpose(
    sources: NDArray[np.int32], degrees: NDArray[np.int64], n_source: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:  # pragma: no cover
    """Edges listed by target -> CSR by source, by counting."""
    indptr = np.zeros(n_source + 1, dtype=np.int64)
    for e in range(sources.size):
        indptr[sources[e] + 1] += 1
    for i in range(n_source):
        indptr[i + 1] += indptr[i]
    fill = indptr[:-1].copy()
    targets = np.empty(sources.size, dtype=np.int32)
    e = 0
    for j in range(degrees.size):
        for _ in range(degrees[j]):
            i = sources[e]
            targets[fill[i]] = j
            fill[i] += 1
            e += 1
    return indptr, targets
