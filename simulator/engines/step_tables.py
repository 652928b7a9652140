"""Tables of the compiled step that need no layout of the cells: inputs, slow variables, signals; rows of edges."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import steps
from ..networks.inputs import CurrentInput, EventInput, GivenNoise, OUNoise, PoissonInput, TriggeredInput, WhiteNoise
from ..networks.network import Network
from ..networks.signals import MeanSynapticCurrent, PopulationRate, PopulationStatistic
from .kernels import layout as at
from .kernels.draws import BLOCK
from .kernels.edges import cut_rows
from .noise import coupling, current_share, noise_sd

Channel = Callable[[str, str], int]  # of a population and its synapse, w or OU current


def n_blocks(n: int) -> int:
    """Return the number of random streams of a population of n cells."""
    return -(-n // BLOCK)


def input_tables(
    network: Network, channel: Channel, drives: Mapping[str, int], dtype: np.dtype[Any]
) -> tuple[Any, ...]:
    """Return tables of Poisson inputs, given events, noise with its given kicks, triggered inputs with their cells.

    `drives`: where the field of the summed drive of OU currents begins, of populations that are not linear.
    """
    dt = network.dt
    poisson, events, noise, triggers = [], [], [], []
    kicks, cells = Joined(dtype), Joined(np.int32)
    streams = 0

    def driven(given: WhiteNoise | OUNoise | GivenNoise) -> tuple[Any, ...]:
        """Return the channel of the current that noise drives, the field of the drive, and the coefficients."""
        into = -1
        if not isinstance(given, WhiteNoise) and given.tau is not None:
            into = channel(given.target, given.name)
        own = network.populations[network.population(given.target)]
        return into, drives.get(given.target, -1), *map(_shared, coupling(own, given, dt))

    sizes = [network.populations[network.population(i.target)].n for i in network.inputs]
    for given, n in zip(network.inputs, sizes, strict=True):
        if isinstance(given, PoissonInput):
            poisson.append((channel(given.target, given.synapse), given.weight, streams))
            streams += n_blocks(n)
        elif isinstance(given, EventInput):
            events.append((channel(given.target, given.synapse), given.weight))
    for given, n in zip(network.inputs, sizes, strict=True):
        p = network.population(given.target)
        if isinstance(given, WhiteNoise | OUNoise):
            sd = noise_sd(network.populations[p], given, dt)
            noise.append((p, *driven(given), _shared(sd), streams, 0, 0, 1, 0))
            streams += n_blocks(n)
        elif isinstance(given, GivenNoise):
            rows = kicks.add(given.kicks.ravel()), given.kicks.shape[0]
            noise.append((p, *driven(given), 1.0, -1, *rows, 1, 0))
        elif isinstance(given, CurrentInput) and given.each:
            own, values = network.populations[p], np.asarray(given.current)
            onto = (-1, -1) if own.is_linear else (-2, drives[own.name])
            rows = kicks.add(values.ravel()), values.shape[0]
            noise.append((p, *onto, 0.0, 0.0, 0.0, _shared(current_share(own, dt)), -1, *rows,
                          given.steps_of_row(dt), int(given.after == "hold")))  # fmt: skip
        elif isinstance(given, TriggeredInput):
            first = cells.add(np.arange(n) if given.cells is None else given.cells)
            last = first + (n if given.cells is None else given.cells.size)
            in_steps = (steps(getattr(given, f), dt, f) for f in ("window", "delay", "dead_time"))
            triggers.append((network.population(given.source), channel(given.target, given.synapse),
                             given.weight, given.count, *in_steps, first, last))  # fmt: skip
    return (
        table(at.POISSON, poisson),
        table(at.EVENTS, events),
        (table(at.NOISE, noise), kicks.array()),
        (table(at.TRIGGER, triggers), cells.array()),
    )


def _shared(values: float | NDArray[np.float64]) -> float:
    """Return a number; 1 for an array, one number for each cell, by which the step multiplies (`layout.OWN_NOISE`)."""
    return 1.0 if isinstance(values, np.ndarray) else values


def slow_table(network: Network) -> NDArray[Any]:
    """Return the table of slow variables."""
    dt = network.dt
    rows = []
    for s in network.slow:
        p = network.population(s.population)
        rows.append((p, math.exp(-dt / s.tau), s.maximum, s.half_rate, s.exponent, math.exp(-dt / s.rate_tau),
                     1000.0 / (network.populations[p].n * s.rate_tau)))  # fmt: skip
    return table(at.SLOW, rows)


def sampler_tables(network: Network, channel: Channel, every: dict[str, int]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the table of sampled signals, and their channels and cells."""
    rows, index = [], Joined(np.int64)
    for signal in network.signals:
        p = network.population(signal.population)
        n, interval = network.populations[p].n, every[signal.name]
        kind, variable, first, last, width, scale = at.RATE_OF, -1, 0, 0, 1, 0.0
        if isinstance(signal, PopulationRate):
            scale = 1000.0 / (n * interval * network.dt)
        elif isinstance(signal, MeanSynapticCurrent):
            kind = at.CURRENT_OF
            own = [channel(signal.population, name) for name in signal.synapses]
            first = index.add(np.array(own))
            last = first + len(own)
        else:
            variable = -1 if signal.variable == "v" else channel(signal.population, signal.variable)
            if isinstance(signal, PopulationStatistic):
                kind = at.MEAN_OF if signal.statistic == "mean" else at.SD_OF
            else:
                kind, cells = at.STATE_OF, np.arange(n) if signal.cells is None else signal.cells
                first, width = index.add(cells), cells.size
                last = first + width
        rows.append((kind, p, variable, interval, first, last, width, scale))
    for k, slow in enumerate(network.slow):
        rows += [(kind, -1, k, every[slow.name], 0, 0, 1, 0.0) for kind in (at.SLOW_OF, at.SLOW_RATE_OF)]
    return table(at.SAMPLER, rows), index.array()


class Joined:
    """Arrays to be joined into one; a single one is not copied."""

    def __init__(self, dtype: Any) -> None:
        self.dtype, self.parts, self.size = dtype, list[NDArray[Any]](), 0

    def add(self, part: NDArray[Any]) -> int:
        """Append an array; return its first index."""
        begin = self.size
        self.parts.append(part)
        self.size += part.size
        return begin

    def array(self) -> NDArray[Any]:
        """Return the joined array."""
        if len(self.parts) == 1:
            return np.ascontiguousarray(self.parts[0], dtype=self.dtype)
        out = np.empty(self.size, self.dtype)
        begin = 0
        for part in self.parts:
            out[begin : begin + part.size] = part
            begin += part.size
        return out


def table(dtype: np.dtype[Any], rows: Sequence[tuple[Any, ...]]) -> NDArray[Any]:
    """Return rows as an array of records."""
    return np.array(list(rows), dtype=dtype)


def split_rows(indptr: NDArray[np.int64], targets: NDArray[np.int32], bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row pointers of every row cut where its ascending targets pass from one part to the next."""
    out = np.empty((indptr.size - 1) * (bounds.size - 1) + 1, np.int64)
    cut_rows(indptr, targets, bounds, out)
    return out
