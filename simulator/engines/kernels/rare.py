"""Parts of the step that few networks have: saturating gates, matrices and factors, triggered inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Floats, Ints
from . import plain
from .compiling import inner
from .delivery import put
from .draws import BLOCK
from .layout import (
    DENSE,
    FACTORS,
    FIXED,
    GRADED,
    KICK_VOLTAGE,
    LINEAR,
    SPARSE,
    Coupling,
    StepTables,
    Stretch,
    Table,
    Triggers,
)
from .memory import add, fill


@inner
def drive(
    populations: Table, fields: Table, p: int, y: NDArray[Any], gain: Floats, lam: Floats, lo: int, hi: int
) -> None:  # pragma: no cover
    """Add the drive of graded synapses to v of linear cells."""
    pop = populations[p]
    for f in range(pop.first, pop.last):
        field = fields[f]
        if field.kind == GRADED:
            factor = gain[field.channel] * field.push / lam[pop.first]
            add(y, fields[pop.first].start + lo, field.start + lo, hi - lo, factor)


@inner
def gates(
    tables: StepTables, coupling: Coupling, y: Any, stretch: Stretch, n: int, part: int
) -> None:  # pragma: no cover
    """Advance the saturating gates of the part's source cells, and sum their means block by block for factors.

    Sums of fixed blocks, added in their order by every thread, do not depend on the number of threads.
    """
    at = 0
    for g in range(coupling.gates.size):
        gate = coupling.gates[g]
        projection = tables.projections[gate.projection]
        p = projection.source
        for lo in range(tables.bounds[p, part], tables.bounds[p, part + 1], BLOCK):
            hi = min(lo + BLOCK, tables.populations[p].n)
            plain.gate(y[gate.x + lo : gate.x + hi], y[gate.s + lo : gate.s + hi], y[gate.mean + lo : gate.mean + hi],
                       gate.alpha, gate.rate, gate.x_keep, gate.x_mean, gate.dt)  # fmt: skip
            if projection.kind == FACTORS:
                first = at + lo // BLOCK * projection.rank
                total = stretch.partial[n % 2, first : first + projection.rank]
                total[:] = 0.0
                for i in range(lo, hi):  # factors lie side by side for a cell
                    row = projection.factor + i * projection.rank
                    _row(total, coupling.factors[row : row + projection.rank], np.float64(y[gate.mean + i]))
        if projection.kind == FACTORS:
            at += -(-tables.populations[p].n // BLOCK) * projection.rank


@inner
def graded(
    tables: StepTables, coupling: Coupling, y: Any, stretch: Stretch, n: int, part: int, z: Floats
) -> None:  # pragma: no cover
    """Compute what the means of the gates drive: z for factors, else a field of the part's target cells."""
    at = 0
    for g in range(coupling.gates.size):
        gate = coupling.gates[g]
        projection = tables.projections[gate.projection]
        n_source = tables.populations[projection.source].n
        if projection.kind == FACTORS:
            blocks = -(-n_source // BLOCK)
            for j in range(projection.rank):
                z[projection.mode + j] = 0.0
                for block in range(blocks):
                    z[projection.mode + j] += stretch.partial[n % 2, at + block * projection.rank + j]
            at += blocks * projection.rank
            continue
        p = tables.channels[projection.channel].population
        lo, hi = tables.bounds[p, part], tables.bounds[p, part + 1]
        parts = tables.bounds.shape[1] - 1
        to = tables.fields[gate.field].start
        fill(y, to + lo, to + hi, 0.0)
        for cell in range(n_source):
            s = y[gate.mean + cell]
            if projection.kind == DENSE:
                first = projection.weight + cell * tables.populations[p].n
                for i in range(lo, hi):
                    y[to + i] += s * tables.weights[first + i]
            else:
                row = projection.row + cell * parts + part
                for x in range(tables.indptr[row], tables.indptr[row + 1]):
                    weight = projection.weight + (0 if projection.equal else x)
                    y[to + tables.targets[projection.edge + x]] += s * tables.weights[weight]


@inner
def deliver(
    tables: StepTables,
    coupling: Coupling,
    y: NDArray[Any],
    unit: NDArray[Any],
    lam: Floats,
    z: Floats,
    stretch: Stretch,
    now: int,
    part: int,
    parts: int,
) -> None:  # pragma: no cover
    """Deliver the spikes that arrive in this step at gates, or through matrices and factors."""
    for e in range(tables.projections.size):
        projection = tables.projections[e]
        channel = tables.channels[projection.channel]
        at = now - tables.delays[projection.first_delay] * tables.populations.size + projection.source
        if projection.gate >= 0:
            for x in range(stretch.pointers[part, at], stretch.pointers[part, at + 1]):
                y[coupling.gates[projection.gate].x + stretch.cells[part, x]] += 1
        elif projection.kind != SPARSE:
            lo, hi = tables.bounds[channel.population, part], tables.bounds[channel.population, part + 1]
            for other in range(parts):
                for x in range(stretch.pointers[other, at], stretch.pointers[other, at + 1]):
                    _spike(
                        tables,
                        coupling,
                        projection,
                        channel,
                        stretch.cells[other, x],
                        y,
                        unit[projection.channel],
                        z,
                        lo,
                        hi,
                    )
            if projection.kind == FACTORS and channel.kind == KICK_VOLTAGE:
                _jump(tables, channel.population, projection.mode, projection.rank, channel.sign, y, lam, z, lo, hi)


@inner
def _spike(
    tables: StepTables,
    coupling: Coupling,
    projection: Any,
    channel: Any,
    cell: int,
    y: Any,
    unit: Any,
    z: Floats,
    lo: int,
    hi: int,
) -> None:  # pragma: no cover
    """Deliver one spike through factors into z, or through its row of a matrix to the cells lo..hi-1."""
    if projection.kind == FACTORS:
        for j in range(projection.rank):
            z[projection.mode + j] += coupling.factors[projection.factor + cell * projection.rank + j]
        return
    first = projection.weight + cell * tables.populations[channel.population].n
    for k in range(channel.writes):
        start = channel.a if k == 0 else channel.b if k == 1 else channel.c
        _row(y[start + lo : start + hi], tables.weights[first + lo : first + hi], unit[k])


@inner
def _row(field: NDArray[Any], weights: NDArray[Any], unit: Any) -> None:  # pragma: no cover
    for i in range(weights.size):
        field[i] += unit * weights[i]


@inner
def _jump(
    tables: StepTables, p: int, mode: int, rank: int, sign: float, y: Any, lam: Floats, z: Floats, lo: int, hi: int
) -> None:  # pragma: no cover
    """Move the sums of spikes on a delta synapse through factors from z to lam (linear cells) or v."""
    pop = tables.populations[p]
    for f in range(pop.first, pop.last):
        m = tables.fields[f].mode
        if tables.fields[f].kind == FIXED and mode <= m < mode + rank and z[m] != 0.0:
            if pop.kind == LINEAR:
                lam[f] += sign * z[m]
            else:
                add(y, tables.fields[pop.first].start + lo, tables.fields[f].start + lo, hi - lo, sign * z[m])
            z[m] = 0.0


@inner
def trigger(
    tables: StepTables,
    triggered: Triggers,
    y: NDArray[Any],
    unit: NDArray[Any],
    scaled: NDArray[Any],
    stretch: Stretch,
    n: int,
    part: int,
    parts: int,
    window: Ints,
    last: Ints,
) -> None:  # pragma: no cover
    """Count, fire and deliver triggered inputs. Every part counts all spikes, and delivers to its own cells."""
    n_pop, k = tables.populations.size, n - stretch.origin + stretch.history
    for j in range(triggered.triggers.size):
        given = triggered.triggers[j]
        at = k * n_pop + given.source
        gone = at - given.window * n_pop
        for other in range(parts):
            window[j] += stretch.pointers[other, at + 1] - stretch.pointers[other, at]
            window[j] -= stretch.pointers[other, gone + 1] - stretch.pointers[other, gone]
        fires = window[j] >= given.count and (last[j] < 0 or n - last[j] >= given.dead)
        if fires:
            last[j] = n
        if part == 0:
            stretch.fired[j, k] = fires
        if fires if given.delay == 0 else stretch.fired[j, k - given.delay] != 0:
            channel = tables.channels[given.channel]
            lo, hi = tables.bounds[channel.population, part], tables.bounds[channel.population, part + 1]
            for x in range(given.first, given.last):
                if lo <= triggered.cells[x] < hi:
                    put(y, channel, triggered.cells[x : x + 1], 0, unit[given.channel], given.weight, scaled)
