"""Populations whose cells differ in their parameters: each cell is stepped by numbers of its own.

Cells with conductances or spike initiation take the step of `plain`, with arrays in place of shared numbers. Linear
cells take the exact step

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

from numpy.typing import NDArray

from ...types import Floats, Ints
from . import plain
from .compiling import inner, loop
from .exponential import madd
from .layout import ALPHA, ALPHA_Y, DECAY, FIXED, HELD, Cells, Individual, StepTables
from .memory import of


@inner
def parameters(
    individual: Individual, p: int, pop: Any, lo: int, hi: int, threshold: float, cut: Floats, reach: Floats
) -> Any:  # pragma: no cover
    """Return resting voltage, reset, dt/τ_m of all cells of a population; write cut and reach of the cells lo..hi-1."""
    own, values, n = individual.populations[p], individual.values, pop.n
    for i in range(lo, hi):
        cut[i] = threshold + values[own.threshold + i]
        reach[i] = plain.reach_of(values[own.step + i], cut[i], pop.onset, pop.slope)
    return values[own.rest : own.rest + n], values[own.reset : own.reset + n], values[own.step : own.step + n]


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
    for a in range(lo, hi, plain.WIDTH):
        b = min(a + plain.WIDTH, hi)
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
                plain.decay(s, field.keep)
            elif field.kind == ALPHA:
                late = fields[f + 1]
                t = y[late.start + a : late.start + b]
                _drive(individual, f + 1, late.push, c, t, a, b, x)
                plain.rise(s, t, field.h, field.keep)
        for k in range(b - a):
            now[k] = x[k]
            cut[k] = threshold + values[own.threshold + a + k]
        if kicks.size:
            plain.kick(now, kicks[a:b])
        count = plain.spiking(now, cut, a, out, count)
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
    if individual is not None:
        own = individual.populations[p]
        if own.rest >= 0:
            return individual.values[own.reset + i]
    return pop.v_reset
