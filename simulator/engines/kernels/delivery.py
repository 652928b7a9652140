"""Delivery of spikes and events to the fields of their targets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Floats, Ints
from .compiling import inner
from .draws import BLOCK, cells
from .layout import KICK_ALPHA, KICK_DECAY, KICK_VOLTAGE, LINEAR, SPARSE, Cells, Inputs, Table
from .memory import prefetch

# Edges lie by source cell, then delay, then part (thread): row = (cell·delays + delay)·parts + part, and `indptr`
# gives its targets, in ascending order. One spike is therefore one contiguous read of targets (and weights) per delay
# and thread. By target would spread it over the whole table. A thread finds only its own targets in its rows, so that
# it skips nothing and needs no lock. Equal weights are stored once per projection, which halves what is read.
#
# Delivery waits for memory, not for arithmetic: the rows of the spikes of a step lie far apart. `_fetch` therefore
# requests them all before the first is used, so that their latencies overlap.


@inner
def units(
    populations: Table, fields: Table, channels: Table, n: int, lam: Floats, dec: Floats, unit: NDArray[Any]
) -> None:  # pragma: no cover
    """Compute `unit` (channels, 3): the increments of fields a, b, c by an event of weight 1 at the end of step n.

    An event on a synapse must not move v: in co-moving coordinates Σ_f lam_f·Δy_f = 0.
    """
    for k in range(channels.size):
        channel = channels[k]
        pop, f = populations[channel.population], channel.field
        if f < 0:
            continue
        if pop.kind != LINEAR:
            unit[k, 0] = channel.sign if channel.kind == KICK_VOLTAGE else np.e if channel.kind == KICK_ALPHA else 1.0
        elif channel.kind == KICK_VOLTAGE:
            unit[k, 0] = channel.sign / lam[f]
        elif channel.kind == KICK_DECAY:
            once = 1.0 / dec[f]
            unit[k, 0] = once
            unit[k, 1] = -lam[f] * once / lam[pop.first]
        else:
            late = np.e / dec[f]
            soon = -late * (n % pop.refresh + 1) * fields[f].h
            unit[k, 0] = soon
            unit[k, 1] = -(lam[f] * soon + lam[f + 1] * late) / lam[pop.first]
            unit[k, 2] = late


@inner
def _equal(
    y: NDArray[Any], channel: Any, targets: Cells, first: int, x0: Any, x1: Any, x2: Any
) -> None:  # pragma: no cover
    """Add the same increments to every target, counted from `first`."""
    a, b, c = np.uint64(channel.a + first), np.uint64(channel.b + first), np.uint64(channel.c + first)
    writes = channel.writes  # a local one: y might overlap the table
    if writes == 1:
        for i in targets:
            y[a + np.uint64(i)] += x0
    elif writes == 2:
        for i in targets:
            y[a + np.uint64(i)] += x0
            y[b + np.uint64(i)] += x1
    else:
        for i in targets:
            y[a + np.uint64(i)] += x0
            y[b + np.uint64(i)] += x1
            y[c + np.uint64(i)] += x2


@inner
def _weighted(
    y: NDArray[Any], channel: Any, targets: Cells, weights: NDArray[Any], x0: Any, x1: Any, x2: Any
) -> None:  # pragma: no cover
    """Add increments in proportion to the weight of each edge."""
    a, b, c = np.uint64(channel.a), np.uint64(channel.b), np.uint64(channel.c)
    writes = channel.writes
    if writes == 1:
        for k in range(targets.size):
            y[a + np.uint64(targets[k])] += x0 * weights[k]
    elif writes == 2:
        for k in range(targets.size):
            i, weight = np.uint64(targets[k]), weights[k]
            y[a + i] += x0 * weight
            y[b + i] += x1 * weight
    else:
        for k in range(targets.size):
            i, weight = np.uint64(targets[k]), weights[k]
            y[a + i] += x0 * weight
            y[b + i] += x1 * weight
            y[c + i] += x2 * weight


@inner
def _fetch(
    projections: Table,
    delays: Ints,
    indptr: Ints,
    targets: Cells,
    weights: Any,
    pointers: Ints,
    spikes: Any,
    n_pop: int,
    now: int,
    part: int,
    parts: int,
) -> bool:  # pragma: no cover
    """Prefetch the edges of all spikes that arrive now; return whether there are any.

    The beginnings of the rows come first, then the rows: the second address depends on the first read.
    """
    found = False
    for rows in range(2):
        for e in range(projections.size):
            projection = projections[e]
            if projection.kind != SPARSE or projection.gate >= 0:
                continue
            shift = projection.weight - projection.edge
            for d in range(projection.delays):
                at = now - delays[projection.first_delay + d] * n_pop + projection.source
                for turn in range(parts):  # own spikes first: those of others come from another core's cache
                    other = (part + turn) % parts
                    for x in range(pointers[other, at], pointers[other, at + 1]):
                        found = True
                        row = projection.row + (spikes[other, x] * projection.delays + d) * parts + part
                        if rows == 0:
                            prefetch(indptr, row)
                            continue
                        a, b = projection.edge + indptr[row], projection.edge + indptr[row + 1]
                        for k in range(a, b, 16):
                            prefetch(targets, k)
                        if not projection.equal:
                            for k in range(a + shift, b + shift, 8):
                                prefetch(weights, k)
    return found


@inner
def deliver(
    projections: Table,
    channels: Table,
    delays: Ints,
    indptr: Ints,
    targets: Cells,
    weights: Any,
    pointers: Ints,
    spikes: Any,
    n_pop: int,
    y: NDArray[Any],
    unit: NDArray[Any],
    now: int,
    part: int,
    parts: int,
) -> None:  # pragma: no cover
    """Deliver the spikes that arrive in this step through edges."""
    if not _fetch(projections, delays, indptr, targets, weights, pointers, spikes, n_pop, now, part, parts):
        return
    for e in range(projections.size):
        projection = projections[e]
        if projection.kind != SPARSE or projection.gate >= 0:
            continue
        channel = channels[projection.channel]
        u0, u1, u2 = unit[projection.channel, 0], unit[projection.channel, 1], unit[projection.channel, 2]
        weight = weights[projection.weight : projection.weight + 1]
        shift = projection.weight - projection.edge
        for d in range(projection.delays):
            at = now - delays[projection.first_delay + d] * n_pop + projection.source
            for other in range(parts):
                for x in range(pointers[other, at], pointers[other, at + 1]):
                    row = projection.row + (spikes[other, x] * projection.delays + d) * parts + part
                    a, b = projection.edge + indptr[row], projection.edge + indptr[row + 1]
                    if projection.equal:
                        _equal(y, channel, targets[a:b], 0, u0 * weight[0], u1 * weight[0], u2 * weight[0])
                    else:
                        _weighted(y, channel, targets[a:b], weights[a + shift : b + shift], u0, u1, u2)


@inner
def put(
    y: NDArray[Any], channel: Any, cells: Cells, first: int, unit: Any, weight: float, scaled: NDArray[Any]
) -> None:  # pragma: no cover
    """Add an event of one weight to every cell of a list, counted from `first`; a cell may occur more than once.

    `scaled` (3,) holds the products, in the precision of y.
    """
    for k in range(3):
        scaled[k] = unit[k] * weight
    _equal(y, channel, cells, first, scaled[0], scaled[1], scaled[2])


@inner
def receive(
    inputs: Inputs,
    populations: Table,
    channels: Table,
    bounds: Ints,
    y: NDArray[Any],
    unit: NDArray[Any],
    scaled: NDArray[Any],
    streams: NDArray[np.uint64],
    counts: Ints,
    event_first: Ints,
    event_cells: Cells,
    k: int,
    drawn: Cells,
    part: int,
) -> None:  # pragma: no cover
    """Deliver the Poisson and the given events of step k of the stretch; `drawn` is a buffer for those of one block."""
    for j in range(inputs.poisson.size):
        given = inputs.poisson[j]
        channel = channels[given.channel]
        n = populations[channel.population].n
        for lo in range(bounds[channel.population, part], bounds[channel.population, part + 1], BLOCK):
            stream = given.stream + lo // BLOCK
            total = counts[k, stream]
            cells(streams[stream], total, min(BLOCK, n - lo), drawn)
            put(y, channel, drawn[:total], lo, unit[given.channel], given.weight, scaled)
    for j in range(inputs.events.size):
        given = inputs.events[j]
        channel = channels[given.channel]
        lo, hi = bounds[channel.population, part], bounds[channel.population, part + 1]
        for x in range(event_first[j, k], event_first[j, k + 1]):
            if lo <= event_cells[x] < hi:
                put(y, channel, event_cells[x : x + 1], 0, unit[given.channel], given.weight, scaled)
