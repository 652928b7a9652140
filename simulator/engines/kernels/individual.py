"""Populations whose cells differ in their parameters: each cell is stepped by numbers of its own.

Cells with conductances, coupled adaptation or spike initiation take the step of `varied`. Linear cells take the exact
step

    v ← rest_i + (v − rest_i)·keep_i + (1 − keep_i)·current + Σ_f G·push_fi·s_f,  s_f ← keep_f·s_f

with the propagators of `propagators` for the time constant of each cell.
"""

# Co-moving coordinates (`linear`) rest on factors that are the same for a whole population. With a time constant in
# each cell there are none. Thresholds, resets and refractory periods alone would leave the factors as they are, but a
# second variant of the scan, the release and the refresh for them would have to be kept equal to the first.
#
# A refractory period in each cell needs no state: the cells that a step frees are those of the spikes R steps ago that
# have the period R, for each of the distinct periods.

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Floats, Ints
from .absent import has_individual
from .compiling import inner, loop
from .exponential import madd
from .layout import ALPHA, ALPHA_Y, DECAY, FIXED, HELD, Cells, Individual, StepTables
from .memory import of

WIDTH = 256  # cells that are looked at together
TINY = 1e-30  # of a synaptic variable: less becomes 0, since denormal numbers are slow


@loop
def step(
    tables: StepTables,
    individual: Individual,
    p: int,
    lo: int,
    hi: int,
    y: NDArray[Any],
    gain: Floats,
    z: Floats,
    currents: Floats,
    uniform: float,
    kicks: Floats,
    block: Floats,
    threshold: float,
    out: Cells,
    count: int,
) -> int:  # pragma: no cover
    """Advance the linear cells lo..hi-1 and their synapses by one step; append those that spike to `out`.

    `kicks`: increments of v by noise (n_cells,), or empty.
    """
    pop, fields = tables.populations[p], tables.fields
    own, values, v = individual.populations[p], individual.values, fields[pop.first].start
    for a in range(lo, hi, WIDTH):
        b = min(a + WIDTH, hi)
        now, x, cut = y[v + a : v + b], block[0, : b - a], block[1, : b - a]
        _relax(now, values[own.rest + a : own.rest + b], values[own.keep + a : own.keep + b], uniform, x)
        for f in range(pop.first + 1, pop.last):
            field = fields[f]
            if field.kind == HELD or field.kind == ALPHA_Y:
                continue
            s = y[field.start + a : field.start + b]
            c = gain[field.channel] if field.channel >= 0 else 1.0
            if field.kind == FIXED:
                c *= z[field.mode] if field.mode >= 0 else currents[field.current]
            _drive(individual, f, field.push, c, s, a, b, x)
            if field.kind == DECAY:
                decay(s, field.keep)
            elif field.kind == ALPHA:
                late = fields[f + 1]
                t = y[late.start + a : late.start + b]
                _drive(individual, f + 1, late.push, c, t, a, b, x)
                rise(s, t, field.h, field.keep)
        for k in range(b - a):
            now[k] = x[k]
            cut[k] = threshold + values[own.threshold + a + k]
        for k in range(a if kicks.size else b, b):
            now[k - a] += kicks[k]
        count = spiking(now, cut, a, out, count)
    return count


@loop
def _relax(now: Any, rest: Floats, keep: Floats, uniform: float, x: Floats) -> None:  # pragma: no cover
    """Write v after a step without synapses to x; the −∞ of held cells stays."""
    for i in range(x.size):
        x[i] = madd(now[i] - rest[i], keep[i], madd(1.0 - keep[i], uniform, rest[i]))


@inner
def _drive(
    individual: Individual, f: int, push: float, c: float, s: Any, a: int, b: int, x: Floats
) -> None:  # pragma: no cover
    """Add what field f of the cells a..b-1 adds to v."""
    at = individual.fields[f]
    if at >= 0:
        _add(c, individual.values[at + a : at + b], s, x)
    else:
        _add(c, push, s, x)


@loop
def _add(c: float, push: Any, s: Any, x: Floats) -> None:  # pragma: no cover
    for i in range(x.size):
        x[i] = madd(c * of(push, i), s[i], x[i])


@loop
def decay(s: Any, keep: float) -> None:  # pragma: no cover
    """Advance an exponential synapse."""
    for i in range(s.size):
        s[i] = 0.0 if abs(s[i]) <= TINY else s[i] * keep  # NaN stays


@loop
def rise(s: Any, t: Any, h: float, keep: float) -> None:  # pragma: no cover
    """Advance an alpha synapse: s' = (t − s)/τ, t' = −t/τ."""
    for i in range(s.size):
        x = madd(t[i], h, s[i])
        s[i] = 0.0 if abs(x) <= TINY else x * keep
        t[i] = 0.0 if abs(t[i]) <= TINY else t[i] * keep


@loop
def spiking(now: Any, cut: Floats, first: int, out: Cells, count: int) -> int:  # pragma: no cover
    """Append to `out` the cells at or above their threshold, counted from `first`; return the new count."""
    hits = np.int32(0)
    for i in range(now.size):
        hits = np.int32(hits + np.int32(now[i] >= cut[i]))
    if hits > 0:  # rare: only such a block is searched cell by cell
        for k in range(now.size):
            if now[k] >= cut[k]:
                out[count] = first + k
                count += 1
    return count


@inner
def release(
    individual: Individual, p: int, n_pop: int, now: int, pointers: Ints, spikes: Cells, v: Any
) -> None:  # pragma: no cover
    """Set the v of the cells whose refractory period ends with this step to their reset voltage.

    `pointers` and `spikes` of the part, as in `Stretch`; `now`: place of the step in them; `v`: of the population.
    """
    own, values = individual.populations[p], individual.values
    for k in range(own.first_period, own.last_period):
        period = individual.periods[k]
        at = now - period * n_pop + p
        for x in range(pointers[at], pointers[at + 1]):
            i = spikes[x]
            if values[own.refractory + i] == period:
                v[i] = values[own.reset + i]


@inner
def reset_of(individual: Individual | None, pop: Any, p: int, i: int) -> Any:  # pragma: no cover
    """Return the reset voltage of cell i of population p."""
    if individual is not None and has_individual():
        own = individual.populations[p]
        if own.rest >= 0:
            return individual.values[own.reset + i]
    return pop.v_reset
