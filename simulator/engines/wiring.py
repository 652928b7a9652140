"""Edges and initial state of a network, drawn from its description once and run by every engine."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..checks import steps
from ..errors import InputError
from ..networks.cells import PARAMETERS, Population
from ..networks.connections import Dense, Edges, FixedInDegree, LogNormal, LowRank, Pairwise, Projection, UniformDelay
from ..networks.distributions import Normal, Uniform, as_drawn
from ..networks.network import Network
from .builders import draw_near, draw_pairs
from .estimate import expected_edges
from .kernels.edges import addresses, draw_sources, sort_by, sort_rows, transpose
from .uninterrupted import uninterrupted

# A seed has independent streams, one for each purpose and each projection, population or input. A change of the
# duration, of an input or of one projection therefore leaves all other edges and voltages as they were, so that two
# runs can be compared cell by cell.
WIRING, STATE, INPUTS, DELAYS, CELLS = 0, 1, 2, 3, 4


@dataclass(frozen=True, eq=False)
class Graph:
    """Edges by source and delay (CSR): those of cell i with delays[d] are row i·len(delays) + d.

    Row r is `targets[indptr[r]:indptr[r + 1]]`, in ascending order.
    """

    indptr: NDArray[np.int64]  # (n_source·n_delays + 1,)
    targets: NDArray[np.int32]  # (n_edges,)
    weights: NDArray[np.float64]  # (n_edges,), or (1,) where all are equal [mV]
    delays: NDArray[np.int64]  # (n_delays,) ascending [steps]

    @property
    def sources(self) -> NDArray[np.int32]:
        """Source of every edge, (n_edges,)."""
        return self._rows() // np.int32(self.delays.size)

    @property
    def edge_delays(self) -> NDArray[np.int64]:
        """Delay of every edge, (n_edges,) [steps]."""
        return self.delays[self._rows() % self.delays.size]

    def _rows(self) -> NDArray[np.int32]:
        return np.repeat(np.arange(self.indptr.size - 1, dtype=np.int32), np.diff(self.indptr))


@dataclass(frozen=True, eq=False)
class Matrix:
    """Weights of all pairs, and one delay."""

    weights: NDArray[np.float64]  # (n_source, n_target) [mV]
    delay: int  # [steps]


@dataclass(frozen=True, eq=False)
class Factors:
    """Weights of all pairs as Σ_r source[pre, r]·target[post, r], and one delay."""

    source: NDArray[np.float64]  # (n_source, rank) [mV]
    target: NDArray[np.float64]  # (n_target, rank) [1]
    delay: int  # [steps]


Wiring = Graph | Matrix | Factors


NOT_DRAWN = cast(Network, None)


@dataclass(frozen=True, eq=False)
class Instance:
    """A network as drawn: the wiring of every projection, the initial voltages and parameters of the cells."""

    network: Network
    graphs: tuple[Wiring, ...]  # one a projection
    v: tuple[NDArray[np.float64], ...]  # one a population [mV]
    drawn: Network = NOT_DRAWN  # with the drawn values in place of distributions; `network` may have none
    seed: int | None = field(default=None, init=False)  # that drew all of it; None for edges or voltages of one's own

    def __post_init__(self) -> None:
        if len(self.graphs) != len(self.network.projections) or len(self.v) != len(self.network.populations):
            raise InputError(
                f"Instance: must hold a graph a projection ({len(self.network.projections)}) and voltages a "
                f"population ({len(self.network.populations)}); got {len(self.graphs)} and {len(self.v)}"
            )
        if self.drawn is NOT_DRAWN:
            if any(_distributions(p) for p in self.network.populations):
                raise InputError("Instance.drawn: must hold the network with its drawn values; draw_cells makes it")
            object.__setattr__(self, "drawn", draw_cells(self.network, 0))


def instantiate(network: Network, seed: int) -> Instance:
    """Draw the edges, weights, initial voltages and parameters of the cells of a network.

    Raises:
        InputError: the seed is not a whole number >= 0; a distribution draws a value that the parameter cannot have.
    """
    drawn = draw_cells(network, seed)
    graphs = tuple(_wiring(network, i, seed) for i in range(len(network.projections)))
    v = tuple(_initial(p, generator(seed, STATE, i)) for i, p in enumerate(drawn.populations))
    instance = Instance(network, graphs, v, drawn)
    object.__setattr__(instance, "seed", int(seed))
    return instance


def draw_cells(network: Network, seed: int) -> Network:
    """Return a network with one value for each cell in the place of distributions of parameters.

    Each parameter of each population has a stream of its own. Refractory periods are rounded to the time step. An
    array of equal values becomes the number. A network without arrays and distributions is returned as it is.

    Raises:
        InputError: a value that the parameter cannot have, such as a threshold below the reset.
    """
    populations = tuple(_drawn_cells(p, k, network.dt, seed) for k, p in enumerate(network.populations))
    if all(one is other for one, other in zip(populations, network.populations, strict=True)):
        return network
    return replace(network, populations=populations)


def _drawn_cells(population: Population, index: int, dt: float, seed: int) -> Population:
    values: dict[str, Any] = {}
    for name, given in _distributions(population).items():
        values[name] = given.draw(population.n, generator(seed, CELLS, index, PARAMETERS.index(name)))
    try:
        found = replace(population, **values) if values else population
    except InputError as error:
        names = ", ".join(f"{name}={given}" for name, given in _distributions(population).items())
        raise InputError(
            f"{error}: drawn from {names} of {population.name!r} with seed {seed}; say a smaller sd, "
            "Uniform(low, high) or an array, such as numpy.random.default_rng(1).normal(mean, sd, n).clip(low, high)"
        ) from None
    if isinstance(population.refractory, Uniform | Normal):
        values["refractory"] = np.rint(values["refractory"] / dt) * dt
    arrays = {
        name: value for name in PARAMETERS if isinstance(value := values.get(name, getattr(found, name)), np.ndarray)
    }
    equal = {name: float(value[0]) for name, value in arrays.items() if (value == value[0]).all()}
    return replace(found, **{**values, **equal}) if values or equal else population


def _distributions(population: Population) -> dict[str, Uniform | Normal]:
    """Return the distributions of parameters by name, without that of the initial voltages."""
    given = {name: getattr(population, name) for name in PARAMETERS}
    return {name: value for name, value in given.items() if isinstance(value, Uniform | Normal)}


def periods(population: Population, dt: float) -> int | NDArray[np.int64]:
    """Return the refractory period, one for all cells or (n,) [steps]."""
    given = as_drawn(population.refractory)
    if isinstance(given, float):
        return steps(given, dt, "Population.refractory")
    return np.rint(given / dt).astype(np.int64)


def generator(seed: int, *stream: int) -> np.random.Generator:
    """Return the generator of one stream of a seed (`numpy.random.SeedSequence` with a spawn key)."""
    if isinstance(seed, bool) or not (isinstance(seed, int | np.integer) and seed >= 0):
        raise InputError(f"seed: must be a whole number >= 0; got {seed!r}")
    return np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=stream))


def _initial(population: Population, rng: np.random.Generator) -> NDArray[np.float64]:
    given = population.v_init
    if isinstance(given, Uniform | Normal):
        return given.draw(population.n, rng)
    return np.array(np.broadcast_to(as_drawn(population.v_reset) if given is None else given, population.n), float)


def _wiring(network: Network, index: int, seed: int) -> Wiring:
    projection, rng = network.projections[index], generator(seed, WIRING, index)
    rule, weight = projection.rule, projection.weight
    if isinstance(rule, Dense):
        return Matrix(rule.weights * cast(float, weight), _grid(projection.delay, network.dt))
    if isinstance(rule, LowRank):
        return Factors(rule.source * cast(float, weight), rule.target, _grid(projection.delay, network.dt))
    indptr, targets, order = (
        _given(network, projection, rule)
        if isinstance(rule, Edges)
        else (
            *_drawn(network, projection, rule, rng),
            np.empty(0, dtype=np.int32),
        )
    )
    weights = weight[order] if isinstance(weight, np.ndarray) else _weights(weight, targets.size, rng)
    delays, which = _delays(projection.delay, network.dt, targets.size, order, generator(seed, DELAYS, index))
    if delays.size > 1:
        indptr = _by_delay(indptr, targets, weights, which, delays.size)
    return Graph(indptr, targets, weights, delays)


def _drawn(
    network: Network, projection: Projection, rule: FixedInDegree | Pairwise, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    source, target = (network.populations[network.population(n)] for n in (projection.source, projection.target))
    n_source, n_target, recurrent = int(source.n), int(target.n), source is target
    degrees = np.full(n_target, rule.k if isinstance(rule, FixedInDegree) else 0, dtype=np.int64)
    if rule.footprint is None:
        if isinstance(rule, Pairwise):
            degrees = rng.binomial(n_source - recurrent, rule.p, size=n_target)
        sources = np.empty(degrees.sum(), dtype=np.int32)
        drawn_for = np.full(n_source, -1, np.int32)
        draw_sources(degrees, n_source, int(recurrent), *addresses(rng), sources, drawn_for)
    else:
        reach = rule.footprint.reach(n_source, n_target)
        near = (float(rule.footprint.sd * n_source), *reach, n_source, recurrent, rng)
        if isinstance(rule, FixedInDegree):
            sources = np.empty(degrees.sum(), dtype=np.int32)
            if sources.size:
                uninterrupted(draw_near, int(rule.k), *near, sources)
        else:
            expected = expected_edges(network, projection)
            sources = np.empty(int(expected + 6 * math.sqrt(expected)) + 1, dtype=np.int32)
            sources = uninterrupted(draw_pairs, float(rule.p), *near, sources, degrees)
    indptr, targets = np.zeros(n_source + 1, dtype=np.int64), np.empty(sources.size, dtype=np.int32)
    transpose(sources, degrees, indptr, targets, np.empty(n_source, np.int64))
    return indptr, targets


def _given(
    network: Network, projection: Projection, rule: Edges
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.integer]]:
    n_source, n_target = (network.populations[network.population(n)].n for n in (projection.source, projection.target))
    order: NDArray[np.integer] = np.arange(rule.pre.size, dtype=np.int32 if rule.pre.size < 2**31 else np.int64)
    for keys, n_keys in ((rule.post, n_target), (rule.pre, n_source)):
        before, order = order, np.empty(order.size, order.dtype)
        sort_by(np.ascontiguousarray(keys, np.int64), before, np.zeros(n_keys + 1, np.int64), order)
    indptr = np.concatenate(([0], np.cumsum(np.bincount(rule.pre, minlength=n_source)))).astype(np.int64)
    return indptr, rule.post.astype(np.int32)[order], order


def _by_delay(
    indptr: NDArray[np.int64],
    targets: NDArray[np.int32],
    weights: NDArray[np.float64],
    delay: NDArray[np.uint32],
    n_delays: int,
) -> NDArray[np.int64]:
    """Sort every row in place by the delays of its edges; return the `indptr` of the new rows."""
    rows, longest = np.empty((indptr.size - 1) * n_delays + 1, np.int64), int(np.diff(indptr).max())
    buffers = np.empty(longest, np.int32), np.empty(longest), np.empty(n_delays, np.int64)
    sort_rows(indptr, targets, weights, delay, rows, *buffers)
    return rows


def _weights(weight: object, n_edges: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if isinstance(weight, LogNormal):
        mu = np.log(weight.mean) - weight.sigma**2 / 2
        return rng.lognormal(mu, weight.sigma, size=n_edges)
    return np.array([weight], dtype=np.float64)


def _delays(
    delay: object, dt: float, n_edges: int, order: NDArray[np.integer], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return the delays [steps], ascending, and with several delays the index of that of every edge."""
    if isinstance(delay, np.ndarray):
        given = delay / dt
        np.rint(given, out=given)
        delays = np.unique(given).astype(np.int64) if given.size else np.zeros(1, dtype=np.int64)
        return delays, np.searchsorted(delays, given).astype(np.uint32)[order]
    if isinstance(delay, UniformDelay):
        delays = np.arange(_grid(delay.low, dt), _grid(delay.high, dt) + 1)
        if delays.size > 1:
            return delays, rng.integers(delays.size, size=n_edges, dtype=np.uint32)
        return delays, np.empty(0, dtype=np.uint32)
    return np.array([_grid(delay, dt)]), np.empty(0, dtype=np.uint32)


def _grid(delay: object, dt: float) -> int:
    return steps(float(cast(float, delay)), dt, "Projection.delay")
