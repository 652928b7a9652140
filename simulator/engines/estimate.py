"""Memory of a network, from its description alone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..machine import available_memory, readable_size
from ..networks.cells import AlphaSynapse, DeltaSynapse, Population, SaturatingSynapse
from ..networks.connections import Dense, Edges, FixedInDegree, Footprint, LogNormal, LowRank, Pairwise, Projection
from ..networks.inputs import GivenNoise, OUNoise
from ..networks.network import Network
from .common import descriptions, intervals, sampling
from .step_tables import n_blocks

NOMINAL_RATE = 5.0  # assumed rate of a cell without a pilot run [Hz]
SPIKE = 64  # bytes of a recorded spike at the peak: step and cell, time and unit, and the order of times
SMOOTH = 2.0  # sources in one SD, from which a sum over a Gaussian is an integral to eight digits


def memory(network: Network, precision: str = "float64", threads: int = 1) -> dict[str, int]:
    """Return the bytes that `instantiate` and a run take, per projection, for the cells, and at the peak.

    Not counted: the description, the recorded data, and the interpreter with its libraries (some 0.2 GB).

    Args:
        network: the description.
        precision: "float64" or "float32", of the state of the cells; with it the engine keeps weights of its own.
        threads: of the engine; each needs to know its part of every row of edges.

    Returns:
        "projection I: SOURCE -> TARGET.SYNAPSE" for every projection as drawn, "cells", and "total": the peak.

    >>> e = Population("E", 1000, 20.0, v_rest=0.0, v_threshold=20.0, v_reset=10.0, synapses=(AlphaSynapse("e", 5.0),))
    >>> memory(Network((e,), (Projection("E", "E", "e", FixedInDegree(100), 1.0),)))
    {'projection 0: E -> E.e': 408016, 'cells': 32000, 'total': 856032}
    """
    size = 4 if precision == "float32" else 8
    threads = max(1, min(threads, n_blocks(max(p.n for p in network.populations))))
    entries, drawn, peak, copies = {}, 8 * sum(p.n for p in network.populations), 0, 0
    for i, p in enumerate(network.projections):
        final, building = _wiring(network, p)
        entries[f"projection {i}: {p.source} -> {p.target}.{p.synapse}"] = final
        peak = max(peak, drawn + building)
        drawn += final
        copies += _copies(network, p, size, threads)
    entries["cells"] = sum(_cells(network, p, size) for p in network.populations)
    return entries | {"total": max(peak, drawn + copies + entries["cells"])}


def recorded(network: Network, total: int, signal_dt: float) -> dict[str, float]:
    """Return the bytes that the recorded data of a run take in memory, by name; spikes at `NOMINAL_RATE`.

    Args:
        network: the description.
        total: time steps of the run.
        signal_dt: sampling interval of signals that have none of their own [ms].
    """
    every, default = intervals(network, signal_dt), sampling(network, signal_dt)
    found = {
        name: 8.0 * next(iter(labels.values())).size * total / every.get(name, default)
        for name, (_, _, labels) in descriptions(network).items()
    }
    seconds = total * network.dt / 1000.0
    return found | {p.name: SPIKE * NOMINAL_RATE * seconds * p.n for p in network.populations}


def refuse_beyond_memory(
    network: Network, total: int, signal_dt: float, precision: str = "float64", threads: int = 1, copies: int = 1
) -> None:
    """Check that a run and all that it records fit into memory, before anything is drawn.

    Args:
        network: the description.
        total: time steps of the run.
        signal_dt: sampling interval of signals that have none of their own [ms].
        precision: "float64" or "float32".
        threads: of the engine.
        copies: of the recorded signals that the engine holds at the same time.

    Raises:
        InputError: they do not fit.
    """
    free = available_memory()
    if free is None:
        return
    wiring, parts = memory(network, precision, threads)["total"], recorded(network, total, signal_dt)
    records = sum(parts.values())
    if wiring + copies * records <= free:
        return
    if wiring > free:
        raise InputError(
            f"Network: needs about {readable_size(wiring)} of memory and {readable_size(free)} are free; make it "
            "smaller (fewer cells or connections) or run it on a larger machine"
        )
    most = max(parts, key=lambda name: parts[name])
    raise InputError(
        f"simulate: the recorded data of {total * network.dt / 1000.0:g} s take {readable_size(records)}, "
        f"{most!r} alone {readable_size(parts[most])}, and {readable_size(free)} are free; record fewer cells or at a "
        "longer interval, run for a shorter time, or write to a file as it goes: record_to_file"
    )


def expected_edges(network: Network, projection: Projection) -> float:
    """Return the number of edges of a projection; its expectation where it is random."""
    rule = projection.rule
    source, target = (network.populations[network.population(n)] for n in (projection.source, projection.target))
    recurrent = source is target
    if isinstance(rule, Edges):
        return float(rule.pre.size)
    if isinstance(rule, FixedInDegree):
        return float(rule.k * target.n)
    if not isinstance(rule, Pairwise):
        return float(source.n * target.n)
    if rule.footprint is None:
        return float(rule.p * (source.n - recurrent) * target.n)
    return float(rule.p * (_weight(rule.footprint, source.n, target.n) - recurrent * target.n))


def _weight(footprint: Footprint, n_source: int, n_target: int) -> float:
    """Return Σ exp(−d²/2·sd²) over all pairs."""
    sd = footprint.sd * n_source
    centre, low, high = footprint.reach(n_source, n_target)
    if sd < SMOOTH:
        near = np.rint(centre)[:, None] + np.arange(-20, 21)  # ten SDs
        weight = np.exp(-0.5 * ((near - centre[:, None]) / sd) ** 2)
        return float(weight[(near >= low[:, None]) & (near <= high[:, None])].sum())
    if sd > 10 * n_source:  # a flat sum; the integral would lose its digits
        middle: NDArray[np.float64] = (low + high) / 2 - centre
        return float(((high - low + 1) * np.exp(-0.5 * (middle / sd) ** 2)).sum())
    from scipy.special import ndtr  # takes half a second to import

    inside = ndtr((high + 0.5 - centre) / sd) - ndtr((low - 0.5 - centre) / sd)
    return float(math.sqrt(2 * math.pi) * sd * inside.sum())


def _wiring(network: Network, projection: Projection) -> tuple[int, int]:
    """Return the bytes of a projection as drawn, and the peak while it is drawn."""
    rule = projection.rule
    n_source, n_target = (network.populations[network.population(n)].n for n in (projection.source, projection.target))
    if isinstance(rule, Dense):
        return rule.weights.nbytes, rule.weights.nbytes
    if isinstance(rule, LowRank):
        return rule.source.nbytes + rule.target.nbytes, rule.source.nbytes
    n_edges, n_delays = round(expected_edges(network, projection)), max(1, projection.n_delays(network.dt))
    weights = 8 * n_edges if isinstance(projection.weight, LogNormal | np.ndarray) else 8
    pointers, rows = 8 * (n_source + 1), 8 * (n_source * n_delays + 1)
    if isinstance(rule, Edges):
        given = 2 * 8 + 2 * 4 if isinstance(projection.delay, np.ndarray) else 4
        building = max(12 * n_edges, 8 * n_edges + weights + given * n_edges) + 2 * pointers
    else:
        near = 0 if rule.footprint is None else 40 * n_target
        drawing = 8 * n_edges + 2 * pointers + 4 * n_source + 8 * n_target + near
        building = max(drawing, 4 * (1 + (n_delays > 1)) * n_edges + weights + pointers)
    final = 4 * n_edges + weights + rows
    splitting = final + pointers + 4 * n_edges if n_delays > 1 else 0
    return final, max(building, splitting, final)


def _copies(network: Network, projection: Projection, size: int, threads: int) -> int:
    """Return the bytes of the engine's arrays of a projection: weights in its precision, rows of every thread."""
    rule = projection.rule
    source = network.populations[network.population(projection.source)]
    target = network.populations[network.population(projection.target)]
    gates = (
        3 * size * source.n if isinstance(target.synapses[target.synapse(projection.synapse)], SaturatingSynapse) else 0
    )
    if isinstance(rule, Dense):
        return gates + size * rule.weights.size
    if isinstance(rule, LowRank):
        return gates + 8 * (rule.source.size + rule.target.size)
    n_edges = round(expected_edges(network, projection))
    weights = size * n_edges if isinstance(projection.weight, LogNormal | np.ndarray) else size
    return gates + 4 * n_edges + weights + 8 * (source.n * max(1, projection.n_delays(network.dt)) * threads + 1)


def _cells(network: Network, population: Population, size: int) -> int:
    """Return the bytes of the state of a population, and of the spikes of two steps."""
    fields = 1 + (population.adaptation is not None)
    fields += sum(2 if isinstance(s, AlphaSynapse) else not isinstance(s, DeltaSynapse) for s in population.synapses)
    noises = [i for i in network.inputs if isinstance(i, OUNoise | GivenNoise) and i.target == population.name]
    currents = sum(i.tau is not None for i in noises)
    fields += currents + (currents > 0 and not population.is_linear)  # the drive by all of them
    return population.n * (size * fields + 2 * 4)
