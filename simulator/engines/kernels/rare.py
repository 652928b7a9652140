"""What few networks need: noise, saturating gates, matrices and factors, triggered inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Floats, Ints
from . import plain
from .compiling import inner
from .delivery import put
from .draws import BLOCK, normal
from .layout import DENSE, FACTORS, FIXED, GRADED, KICK_VOLTAGE, LINEAR, SPARSE, Chunk, Plan, Rare, Table
from .memory import add, fill


@inner
def drive(
    populations: Table, fields: Table, p: int, y: NDArray[Any], gain: Floats, lam: Floats, lo: int, hi: int
) -> None:  # pragma: no cover
    """What graded synapses add to v of linear cells in a step."""
    pop = populations[p]
    for f in range(pop.first, pop.last):
        field = fields[f]
        if field.kind == GRADED:
            factor = gain[field.channel] * field.push / lam[pop.first]
            add(y, fields[pop.first].start + lo, field.start + lo, hi - lo, factor)


@inner
def white(
    rare: Rare, p: int, y: NDArray[Any], start: int, scale: float, streams: Any, n: int, size: int, lo: int, hi: int
) -> bool:  # pragma: no cover
    """White noise of step n on the field of p that begins at `start`; whether there is any."""
    found = False
    for j in range(rare.noise.size):
        if rare.noise[j].population == p and rare.noise[j].channel < 0:
            _noise(y, start, start, scale, 0.0, rare, j, streams, n, size, lo, hi)
            found = True
    return found


@inner
def coloured(
    rare: Rare, plan: Plan, y: NDArray[Any], unit: NDArray[Any], streams: Any, n: int, part: int
) -> None:  # pragma: no cover
    """Noise of step n on the currents that it drives."""
    for j in range(rare.noise.size):
        noise = rare.noise[j]
        if noise.channel >= 0:
            channel = plan.channels[noise.channel]
            second = unit[noise.channel, 1] if channel.writes > 1 else 0.0
            _noise(y, channel.a, channel.b, unit[noise.channel, 0], second, rare, j, streams, n,
                   plan.populations[noise.population].n, plan.bounds[noise.population, part],
                   plan.bounds[noise.population, part + 1])  # fmt: skip


@inner
def _noise(
    y: Any, a: int, b: int, ua: float, ub: float, rare: Rare, j: int, streams: Any, n: int, size: int, lo: int, hi: int
) -> None:  # pragma: no cover
    """Noise j of step n: its kicks times `ua` into the field at a, times `ub` into that at b."""
    noise = rare.noise[j]
    if noise.stream < 0:
        if n < noise.steps:
            for i in range(lo, hi):
                x = rare.kicks[noise.first + n * size + i]
                y[a + i] += ua * x
                if ub != 0.0:
                    y[b + i] += ub * x
        return
    for first in range(lo, hi, BLOCK):
        stream = streams[noise.stream + first // BLOCK]
        for i in range(first, min(first + BLOCK, hi)):
            x = noise.sd * normal(stream)
            y[a + i] += ua * x
            if ub != 0.0:
                y[b + i] += ub * x


@inner
def gates(plan: Plan, rare: Rare, y: Any, chunk: Chunk, n: int, part: int) -> None:  # pragma: no cover
    """A step of the saturating gates of one's own source cells, and their sums block by block for factors."""
    at = 0
    for g in range(rare.gates.size):
        gate = rare.gates[g]
        projection = plan.projections[gate.projection]
        p = projection.source
        for lo in range(plan.bounds[p, part], plan.bounds[p, part + 1], BLOCK):
            hi = min(lo + BLOCK, plan.populations[p].n)
            plain.gate(y, gate.x + lo, gate.s + lo, hi - lo, gate.alpha, gate.rate, gate.x_keep, gate.dt)
            if projection.kind == FACTORS:
                first = at + lo // BLOCK * projection.rank
                total = chunk.partial[n % 2, first : first + projection.rank]
                total[:] = 0.0
                for i in range(lo, hi):  # factors lie side by side for a cell
                    row = projection.factor + i * projection.rank
                    _row(total, rare.factors[row : row + projection.rank], np.float64(y[gate.s + i]))
        if projection.kind == FACTORS:
            at += -(-plan.populations[p].n // BLOCK) * projection.rank


@inner
def graded(plan: Plan, rare: Rare, y: Any, chunk: Chunk, n: int, part: int, z: Floats) -> None:  # pragma: no cover
    """What the gates drive: z for factors, else a field of one's own target cells."""
    at = 0
    for g in range(rare.gates.size):
        gate = rare.gates[g]
        projection = plan.projections[gate.projection]
        n_source = plan.populations[projection.source].n
        if projection.kind == FACTORS:
            blocks = -(-n_source // BLOCK)
            for j in range(projection.rank):
                z[projection.mode + j] = 0.0
                for block in range(blocks):
                    z[projection.mode + j] += chunk.partial[n % 2, at + block * projection.rank + j]
            at += blocks * projection.rank
            continue
        p = plan.channels[projection.channel].population
        lo, hi = plan.bounds[p, part], plan.bounds[p, part + 1]
        parts = plan.bounds.shape[1] - 1
        to = plan.fields[gate.field].start
        fill(y, to + lo, to + hi, 0.0)
        for cell in range(n_source):
            s = y[gate.s + cell]
            if projection.kind == DENSE:
                first = projection.weight + cell * plan.populations[p].n
                for i in range(lo, hi):
                    y[to + i] += s * plan.weights[first + i]
            else:
                row = projection.row + cell * parts + part
                for x in range(plan.indptr[row], plan.indptr[row + 1]):
                    weight = projection.weight + (0 if projection.equal else x)
                    y[to + plan.targets[projection.edge + x]] += s * plan.weights[weight]


@inner
def deliver(
    plan: Plan,
    rare: Rare,
    y: NDArray[Any],
    unit: NDArray[Any],
    lam: Floats,
    z: Floats,
    chunk: Chunk,
    now: int,
    part: int,
    parts: int,
) -> None:  # pragma: no cover
    """The spikes that reach gates, or targets through matrices and factors, in this step."""
    for e in range(plan.projections.size):
        projection = plan.projections[e]
        channel = plan.channels[projection.channel]
        at = now - plan.delays[projection.first_delay] * plan.populations.size + projection.source
        if projection.gate >= 0:
            for x in range(chunk.pointers[part, at], chunk.pointers[part, at + 1]):
                y[rare.gates[projection.gate].x + chunk.cells[part, x]] += 1
        elif projection.kind != SPARSE:
            lo, hi = plan.bounds[channel.population, part], plan.bounds[channel.population, part + 1]
            for other in range(parts):
                for x in range(chunk.pointers[other, at], chunk.pointers[other, at + 1]):
                    _spike(
                        plan, rare, projection, channel, chunk.cells[other, x], y, unit[projection.channel], z, lo, hi
                    )
            if projection.kind == FACTORS and channel.kind == KICK_VOLTAGE:
                _jump(plan, channel.population, projection.mode, projection.rank, channel.sign, y, lam, z, lo, hi)


@inner
def _spike(
    plan: Plan, rare: Rare, projection: Any, channel: Any, cell: int, y: Any, unit: Any, z: Floats, lo: int, hi: int
) -> None:  # pragma: no cover
    """One spike, through factors into z, or through its row of a matrix onto the cells lo..hi-1."""
    if projection.kind == FACTORS:
        for j in range(projection.rank):
            z[projection.mode + j] += rare.factors[projection.factor + cell * projection.rank + j]
        return
    first = projection.weight + cell * plan.populations[channel.population].n
    for k in range(channel.writes):
        start = channel.a if k == 0 else channel.b if k == 1 else channel.c
        _row(y[start + lo : start + hi], plan.weights[first + lo : first + hi], unit[k])


@inner
def _row(field: NDArray[Any], weights: NDArray[Any], unit: Any) -> None:  # pragma: no cover
    for i in range(weights.size):
        field[i] += unit * weights[i]


@inner
def _jump(
    plan: Plan, p: int, mode: int, rank: int, sign: float, y: Any, lam: Floats, z: Floats, lo: int, hi: int
) -> None:  # pragma: no cover
    """Spikes on a delta synapse through factors: their sums, in z, go to lam (linear cells) or v, and are forgotten."""
    pop = plan.populations[p]
    for f in range(pop.first, pop.last):
        m = plan.fields[f].mode
        if plan.fields[f].kind == FIXED and mode <= m < mode + rank and z[m] != 0.0:
            if pop.kind == LINEAR:
                lam[f] += sign * z[m]
            else:
                add(y, plan.fields[pop.first].start + lo, plan.fields[f].start + lo, hi - lo, sign * z[m])
            z[m] = 0.0


@inner
def trigger(
    plan: Plan,
    rare: Rare,
    y: NDArray[Any],
    unit: NDArray[Any],
    scaled: NDArray[Any],
    chunk: Chunk,
    n: int,
    part: int,
    parts: int,
    window: Ints,
    last: Ints,
) -> None:  # pragma: no cover
    """Triggered inputs: count, fire, deliver. Every part counts for itself, and delivers to its own cells."""
    n_pop, k = plan.populations.size, n - chunk.origin + chunk.history
    for j in range(rare.triggers.size):
        given = rare.triggers[j]
        at = k * n_pop + given.source
        gone = at - given.window * n_pop
        for other in range(parts):
            window[j] += chunk.pointers[other, at + 1] - chunk.pointers[other, at]
            window[j] -= chunk.pointers[other, gone + 1] - chunk.pointers[other, gone]
        fires = window[j] >= given.count and (last[j] < 0 or n - last[j] >= given.dead)
        if fires:
            last[j] = n
        if part == 0:
            chunk.fired[j, k] = fires
        if fires if given.delay == 0 else chunk.fired[j, k - given.delay] != 0:
            channel = plan.channels[given.channel]
            lo, hi = plan.bounds[channel.population, part], plan.bounds[channel.population, part + 1]
            for x in range(given.first, given.last):
                if lo <= rare.trigger_cells[x] < hi:
                    put(y, channel, rare.trigger_cells[x : x + 1], 0, unit[given.channel], given.weight, scaled)
