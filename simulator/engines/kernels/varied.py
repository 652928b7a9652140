"""Cells that are not linear and differ in their parameters: the scheme of `plain`, with numbers of each cell."""

# The equations and their order are those of `plain`, which says why. Its constants of a population are arrays here, so
# that little could be shared but the sums over synapses, and `plain` stays free to compute ahead of its loops what all
# its cells have in common. A network whose cells are alike never comes here: an array of equal values is the number.

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from ...types import Floats
from .compiling import inner, loop
from .exponential import exp, exprel, madd
from .individual import decay, rise, spiking
from .layout import ALPHA, ALPHA_Y, DECAY, EXPONENTIAL, FIXED, HELD, LEAKY, Cells, Individual, StepTables
from .memory import fill

WIDTH = 256
MAX_EXPONENT = 50.0
MAGNESIUM_SLOPE = 0.062  # [1/mV]


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
    """Advance the cells lo..hi-1 and their synapses by one step; append those that spike to `out`.

    `kicks`: increments of v by noise (n_cells,), or empty. `block`: a buffer, (5, at least WIDTH).
    """
    pop, fields = tables.populations[p], tables.fields
    own, values, v = individual.populations[p], individual.values, fields[pop.first].start
    for a in range(lo, hi, WIDTH):
        b = min(a + WIDTH, hi)
        m = b - a
        now, rest, h = y[v + a : v + b], values[own.rest + a : own.rest + b], values[own.step + a : own.step + b]
        before, leak, pull, middle, cut = block[0, :m], block[1, :m], block[2, :m], block[3, :m], block[4, :m]
        _begin(now, before, leak, pull, values[own.reset + a : own.reset + b], rest, uniform)
        _synapses(tables, pop, a, b, y, gain, z, currents, before, leak, pull, cut)  # cut is a buffer so far
        for k in range(m):
            cut[k] = threshold + values[own.threshold + a + k]
        if pop.adaptation >= 0:
            w = fields[pop.adaptation]
            _adapt(y[w.start + a : w.start + b], before, pull, pop.coupling, rest, w.push)
        if pop.kind == LEAKY:
            _leaky(now, before, middle, leak, pull, h)
        elif pop.kind == EXPONENTIAL:
            _exponential(now, before, middle, leak, pull, h, pop.slope, pop.onset, cut)
        else:
            _quadratic(now, before, middle, leak, pull, h, rest, pop.onset, cut)
        if pop.adaptation >= 0:
            w = fields[pop.adaptation]
            _follow(y[w.start + a : w.start + b], middle, pop.coupling, rest, w.keep)
        for k in range(a if kicks.size else b, b):
            now[k - a] += kicks[k]
        count = spiking(now, cut, a, out, count)
    return count


@loop
def _begin(
    now: Any, before: Floats, leak: Floats, pull: Floats, reset: Floats, rest: Floats, uniform: float
) -> None:  # pragma: no cover
    """Start the sums of a block; the reset voltage stands for the v of held cells."""
    for i in range(now.size):
        before[i] = now[i] if now[i] > -math.inf else reset[i]
        leak[i] = 1.0
        pull[i] = rest[i] + uniform


@inner
def _synapses(
    tables: StepTables, pop: Any, a: int, b: int, y: Any, gain: Floats, z: Floats, currents: Floats, before: Floats,
    leak: Floats, pull: Floats, gated: Floats,
) -> None:  # pragma: no cover  # fmt: skip
    """Add the mean synapses and currents of the cells a..b-1 to leak and pull, and let them decay."""
    for f in range(pop.first + 1, pop.last):
        field = tables.fields[f]
        if f == pop.adaptation or field.kind == ALPHA_Y or field.kind == HELD:
            continue
        s = y[field.start + a : field.start + b]
        g = gain[field.channel] if field.channel >= 0 else 1.0
        share, reversal = (0.0, 1.0) if math.isnan(field.reversal) else (1.0, field.reversal)  # a current has no leak
        c = field.push * g
        if field.kind == FIXED:
            c *= z[field.mode] if field.mode >= 0 else currents[field.current]
        if field.block > 0.0:  # the fields of one synapse are neighbours and share its block
            if tables.fields[f - 1].channel != field.channel:
                fill(gated, 0, gated.size, 0.0)
            _add(s, 0.0, c, leak, gated)
            if f + 1 == pop.last or tables.fields[f + 1].channel != field.channel:
                _block(gated, before, field.block, reversal, leak, pull)
            continue
        _add(s, c * share, c * reversal, leak, pull)
        if field.kind == DECAY:
            decay(s, field.keep)
        elif field.kind == ALPHA:
            late = tables.fields[f + 1]
            t, d = y[late.start + a : late.start + b], late.push * g
            _add(t, d * share, d * reversal, leak, pull)
            rise(s, t, field.h, field.keep)


@loop
def _add(s: Any, to_leak: float, to_pull: float, leak: Floats, pull: Floats) -> None:  # pragma: no cover
    for i in range(s.size):
        leak[i] = madd(to_leak, s[i], leak[i])
        pull[i] = madd(to_pull, s[i], pull[i])


@loop
def _block(
    gated: Floats, before: Floats, magnesium: float, reversal: float, leak: Floats, pull: Floats
) -> None:  # pragma: no cover
    for i in range(gated.size):
        v = before[i]
        share = 1.0 / madd(magnesium, exp(-MAGNESIUM_SLOPE * v), 1.0)
        g = gated[i] * share
        slope = g * MAGNESIUM_SLOPE * (1.0 - share) * (reversal - v)
        leak[i] += g - slope
        pull[i] += g * reversal - slope * v


@loop
def _adapt(
    w: Any, before: Floats, pull: Floats, coupling: float, rest: Floats, push: float
) -> None:  # pragma: no cover
    for i in range(w.size):
        end = coupling * (before[i] - rest[i])
        pull[i] += madd(push, w[i] - end, -end)


@loop
def _follow(w: Any, middle: Floats, coupling: float, rest: Floats, keep: float) -> None:  # pragma: no cover
    for i in range(w.size):
        end = coupling * (middle[i] - rest[i])
        w[i] = madd(w[i] - end, keep, end)


@loop
def _leaky(
    now: Any, before: Floats, middle: Floats, leak: Floats, pull: Floats, step: Floats
) -> None:  # pragma: no cover
    for i in range(now.size):
        h = step[i]
        x = madd(h * madd(-leak[i], before[i], pull[i]), exprel(-h * leak[i]), before[i])
        middle[i] = 0.5 * (before[i] + x) if now[i] > -math.inf else before[i]
        now[i] = x if now[i] > -math.inf else now[i]


@loop
def _exponential(
    now: Any, before: Floats, middle: Floats, leak: Floats, pull: Floats, step: Floats, slope: float, onset: float,
    cut: Floats,
) -> None:  # pragma: no cover  # fmt: skip
    inverse = 1.0 / slope
    for i in range(now.size):
        v, h = before[i], step[i]
        reach = h + exp((onset - cut[i]) * inverse)
        up, other = exp(min((v - onset) * inverse, MAX_EXPONENT)), madd(-leak[i], v, pull[i])
        ends = min(up, madd(other, inverse, up)) * reach >= 1.0
        mid = madd(0.5 * h, madd(slope, up, other), v)
        up = exp(min((mid - onset) * inverse, MAX_EXPONENT))
        end = madd(h, madd(slope, up, madd(-leak[i], mid, pull[i])), v)
        end = max(end, cut[i]) if ends else end
        middle[i] = min(mid, cut[i]) if now[i] > -math.inf else v
        now[i] = end if now[i] > -math.inf else now[i]


@loop
def _quadratic(
    now: Any, before: Floats, middle: Floats, leak: Floats, pull: Floats, step: Floats, rest: Floats, critical: float,
    cut: Floats,
) -> None:  # pragma: no cover  # fmt: skip
    for i in range(now.size):
        v, h, low = before[i], step[i], rest[i]
        mid = madd(0.5 * h, _parabola(v, low, critical, leak[i], pull[i]), v)
        end = madd(h, _parabola(mid, low, critical, leak[i], pull[i]), v)
        middle[i] = min(mid, cut[i]) if now[i] > -math.inf else v
        now[i] = end if now[i] > -math.inf else now[i]


@inner
def _parabola(v: float, rest: float, critical: float, leak: float, pull: float) -> Any:  # pragma: no cover
    return madd((v - rest) / (critical - rest), v - critical, v - rest) + madd(-leak, v, pull)
