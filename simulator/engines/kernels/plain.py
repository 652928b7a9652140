"""Cells that are not linear (conductances, spike initiation): one step of integration per time step."""

# Second order in dt. Everything but v enters by its mean over the step, which is known: synapses decay by themselves,
# so that `push` of a field holds gain·(mean of s over a step)/(s at its beginning). What depends on v is taken in the
# middle of the step:
#
# - leaky cells: h·v' = pull − leak·v with constant pull and leak [per step], solved exactly (exponential Euler):
#   v + h·v'·(e^x − 1)/x, x = −leak, which needs no division where x is small (`exprel_small`);
# - with a magnesium block B(v): the block by its tangent at v, which adds to pull and leak (Rosenbrock's exponential
#   Euler), one exponential more. The conductance may then have a negative slope, and leak may be 0 or less;
# - spike initiation: the explicit midpoint;
# - w: its mean for the v of the beginning drives v, and the v of the middle drives w.
#
# A held cell has v = −∞. Loops compute with the reset voltage in its place and select at the end: a branch would keep
# them from being vectorised. Blocks of `WIDTH` cells keep all sums in the L1 cache.

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Floats
from .compiling import inner, loop
from .exponential import SMALLEST, exp, exp_to, exprel, exprel_small, madd
from .layout import ALPHA, ALPHA_Y, DECAY, EXPONENTIAL, FIXED, HELD, LEAKY, QUADRATIC, Cells, StepTables
from .memory import fill
from .pair import two_conductances

WIDTH = 512
MAX_EXPONENT = 50.0
TINY = 1e-30  # of a synaptic variable: every `CLEAN` steps less becomes 0, since denormal numbers are slow
CLEAN = 64
MAGNESIUM_SLOPE = 0.062  # [1/mV]


@loop
def step(
    tables: StepTables,
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
    no_w: NDArray[Any],
    threshold: float,
    n: int,
    out: Cells,
    count: int,
) -> int:  # pragma: no cover
    """Advance the cells lo..hi-1 and their synapses by step n; append those that spike to `out`.

    `kicks`: increments of v by noise (n_cells,), or empty. `no_w` (WIDTH,): zeros, for cells without adaptation.
    """
    pop, fields = tables.populations[p], tables.fields
    v, first, last = fields[pop.first].start, pop.first + 1, pop.last
    drive = pop.v_rest + uniform
    pair = pop.kind == LEAKY and last - first == 2 and kicks.size == 0 and pop.adaptation < 0
    for f in range(first, last):
        kind = fields[f].kind
        pair = pair and kind == DECAY and not math.isnan(fields[f].reversal)
        if n % CLEAN == 0 and f != pop.adaptation and kind in (DECAY, ALPHA, ALPHA_Y):
            s = y[fields[f].start + lo : fields[f].start + hi]
            for k in range(s.size):
                s[k] = 0.0 if abs(s[k]) <= TINY else s[k]  # NaN stays
    e, i = fields[first] if pair else fields[pop.first], fields[last - 1]
    c, d = (e.push * gain[e.channel], i.push * gain[i.channel]) if pair else (0.0, 0.0)
    for a in range(lo, hi, WIDTH):
        b = min(a + WIDTH, hi)
        m = b - a
        now, before, leak, pull, middle = y[v + a : v + b], block[0, :m], block[1, :m], block[2, :m], block[3, :m]
        small = False
        if pair:
            s, t = y[e.start + a : e.start + b], y[i.start + a : i.start + b]
            small = two_conductances(now, s, t, pop.step, drive, c, d, e.reversal, i.reversal, e.keep, i.keep)
        if not small:
            _begin(now, before, leak, pull, pop.v_reset, pop.step, pop.step * drive)
            blocked = _synapses(tables, pop, a, b, y, gain, z, currents, before, leak, pull, block[4, :m])
            w, own = no_w[:m], fields[pop.first]
            if pop.adaptation >= 0:
                own = fields[pop.adaptation]
                w = y[own.start + a : own.start + b]
            if pop.kind == EXPONENTIAL:
                _exponential(now, w, before, leak, pull, pop.step, pop.slope, pop.onset, threshold, pop.v_rest,
                             pop.coupling, own.push, own.keep)  # fmt: skip
            else:
                if pop.adaptation >= 0:
                    _adapt(w, before, pull, pop.step, pop.coupling, pop.v_rest, own.push)
                if pop.kind == QUADRATIC:
                    _quadratic(now, before, middle, leak, pull, pop.step, pop.v_rest, pop.onset, threshold)
                elif blocked or _above(leak, -SMALLEST) > 0:  # without a block no leak is negative
                    _leaky(now, before, middle, leak, pull)
                else:
                    _leaky_small(now, before, middle, leak, pull)
                if pop.adaptation >= 0:
                    _follow(w, middle, pop.coupling, pop.v_rest, own.keep)
            if kicks.size:
                _kick(now, kicks[a:b])
        hits, k = _above(now, threshold), 0
        while hits > 0:  # rare: only such a block is searched cell by cell
            if now[k] >= threshold:
                out[count] = a + k
                count += 1
                hits -= 1
            k += 1
    return count


@loop
def _begin(
    now: Any, before: Floats, leak: Floats, pull: Floats, held: float, step: float, drive: float
) -> None:  # pragma: no cover
    """Start the sums of a block; `held` stands for the v of held cells."""
    for i in range(now.size):
        before[i] = now[i] if now[i] > -math.inf else held
        leak[i] = step
        pull[i] = drive


@loop
def _synapses(
    tables: StepTables, pop: Any, a: int, b: int, y: Any, gain: Floats, z: Floats, currents: Floats, before: Floats,
    leak: Floats, pull: Floats, gated: Floats,
) -> bool:  # pragma: no cover  # fmt: skip
    """Add the synapses and currents of the cells a..b-1 to leak and pull, and let them decay.

    Both sums are times h = dt/τ_m: h·v' = pull − leak·v. Return whether one has a magnesium block.
    """
    blocked = False
    for f in range(pop.first + 1, pop.last):
        field = tables.fields[f]
        if f == pop.adaptation or field.kind == ALPHA_Y or field.kind == HELD:
            continue
        s = y[field.start + a : field.start + b]
        g = gain[field.channel] if field.channel >= 0 else 1.0
        share, reversal = (0.0, 1.0) if math.isnan(field.reversal) else (1.0, field.reversal)  # a current has no leak
        c = field.push * g * pop.step
        if field.kind == DECAY:
            _decay(s, c * share, c * reversal, field.keep, leak, pull)
        elif field.kind == ALPHA:
            late = tables.fields[f + 1]
            t, d = y[late.start + a : late.start + b], late.push * g * pop.step
            _constant(t, d * share, d * reversal, leak, pull)
            _constant(s, c * share, c * reversal, leak, pull)
            _rise(s, t, field.h, field.keep)
        else:
            if field.kind == FIXED:
                c *= z[field.mode] if field.mode >= 0 else currents[field.current]
            if field.block == 0.0:
                _constant(s, c * share, c * reversal, leak, pull)
                continue
            blocked = True  # the fields of one synapse are neighbours and share its block
            if tables.fields[f - 1].channel != field.channel:
                fill(gated, 0, gated.size, 0.0)
            _constant(s, 0.0, c, leak, gated)
            if f + 1 == pop.last or tables.fields[f + 1].channel != field.channel:
                _block(gated, before, field.block, reversal, leak, pull)
    return blocked


@loop
def _decay(s: Any, to_leak: float, to_pull: float, keep: float, leak: Floats, pull: Floats) -> None:  # pragma: no cover
    for i in range(s.size):
        leak[i] = madd(to_leak, s[i], leak[i])
        pull[i] = madd(to_pull, s[i], pull[i])
        s[i] *= keep


@loop
def _constant(s: Any, to_leak: float, to_pull: float, leak: Floats, pull: Floats) -> None:  # pragma: no cover
    for i in range(s.size):
        leak[i] = madd(to_leak, s[i], leak[i])
        pull[i] = madd(to_pull, s[i], pull[i])


@loop
def _rise(s: Any, t: Any, h: float, keep: float) -> None:  # pragma: no cover
    """Advance an alpha synapse: s' = (t − s)/τ, t' = −t/τ."""
    for i in range(s.size):
        s[i] = madd(t[i], h, s[i]) * keep
        t[i] *= keep


@loop
def _block(
    gated: Floats, before: Floats, magnesium: float, reversal: float, leak: Floats, pull: Floats
) -> None:  # pragma: no cover
    """Add G·B(v)·(reversal − v) by its tangent at the v before the step: B' = slope·B·(1 − B)."""
    for i in range(gated.size):
        v = before[i]
        share = 1.0 / madd(magnesium, exp(-MAGNESIUM_SLOPE * v), 1.0)
        g = gated[i] * share
        rise = g * MAGNESIUM_SLOPE * (1.0 - share) * (reversal - v)
        leak[i] += g - rise
        pull[i] += g * reversal - rise * v


@loop
def _adapt(
    w: Any, before: Floats, pull: Floats, step: float, coupling: float, rest: float, push: float
) -> None:  # pragma: no cover
    """Subtract the mean of w over the step for the v before it; `push` is minus the mean of a decay from 1."""
    for i in range(w.size):
        end = coupling * (before[i] - rest)
        pull[i] = madd(step, madd(push, w[i] - end, -end), pull[i])


@loop
def _follow(w: Any, middle: Floats, coupling: float, rest: float, keep: float) -> None:  # pragma: no cover
    """Advance w towards coupling·(v − rest) of the v in the middle of the step."""
    for i in range(w.size):
        end = coupling * (middle[i] - rest)
        w[i] = madd(w[i] - end, keep, end)


@loop
def _leaky_small(now: Any, before: Floats, middle: Floats, leak: Floats, pull: Floats) -> None:  # pragma: no cover
    for i in range(now.size):
        x = madd(madd(-leak[i], before[i], pull[i]), exprel_small(-leak[i]), before[i])
        middle[i] = 0.5 * (before[i] + x) if now[i] > -math.inf else before[i]
        now[i] = x if now[i] > -math.inf else now[i]


@loop
def _leaky(now: Any, before: Floats, middle: Floats, leak: Floats, pull: Floats) -> None:  # pragma: no cover
    """Advance as `_leaky_small` for a leak of any size and sign."""
    for i in range(now.size):
        x = madd(madd(-leak[i], before[i], pull[i]), exprel(-leak[i]), before[i])
        middle[i] = 0.5 * (before[i] + x) if now[i] > -math.inf else before[i]
        now[i] = x if now[i] > -math.inf else now[i]


@loop
def _exponential(
    now: Any, w: Any, before: Floats, leak: Floats, pull: Floats, step: float, slope: float, onset: float, cut: float,
    rest: float, coupling: float, push: float, keep: float,
) -> None:  # pragma: no cover  # fmt: skip
    """Advance v and w by the midpoint; end the upswing where it would reach the cut within the step.

    τ_m v' = Δ e^u, u = (v − onset)/Δ, alone takes τ_m (e^−u − e^−u_cut) to the cut. The midpoint would take a step or
    two more: its spikes would come late by as much, each of a train. w: as of `_adapt` and `_follow`.
    """
    inverse, jump = 1.0 / slope, step * slope
    lift, limit = -onset * inverse, 1.0 / (step + exp((onset - cut) * inverse))
    pull_w, away, rise = step * push, -step * (1.0 + push) * coupling, (1.0 - keep) * coupling
    for i in range(now.size):
        v = before[i]
        drive = madd(pull_w, w[i], madd(away, v - rest, pull[i]))
        up, other = exp_to(madd(v, inverse, lift), MAX_EXPONENT), madd(-leak[i], v, drive)
        ends = min(up, madd(other, 1.0 / jump, up)) >= limit  # what counteracts the upswing delays it
        mid = madd(0.5 * jump, up, madd(0.5, other, v))
        up = exp_to(madd(mid, inverse, lift), MAX_EXPONENT)
        end = madd(jump, up, madd(-leak[i], mid, drive) + v)
        end = max(end, cut) if ends else end
        mid = min(mid, cut) if now[i] > -math.inf else v  # in the upswing it is beyond all bounds
        w[i] = madd(keep, w[i], rise * (mid - rest))
        now[i] = end if now[i] > -math.inf else now[i]


@loop
def _quadratic(
    now: Any, before: Floats, middle: Floats, leak: Floats, pull: Floats, step: float, rest: float, critical: float,
    cut: float,
) -> None:  # pragma: no cover  # fmt: skip
    curve = step / (critical - rest)
    for i in range(now.size):
        v = before[i]
        mid = madd(0.5, _parabola(v, rest, critical, curve, step, leak[i], pull[i]), v)
        end = v + _parabola(mid, rest, critical, curve, step, leak[i], pull[i])
        middle[i] = min(mid, cut) if now[i] > -math.inf else v
        now[i] = end if now[i] > -math.inf else now[i]


@inner
def _parabola(
    v: float, rest: float, critical: float, curve: float, step: float, leak: float, pull: float
) -> Any:  # pragma: no cover
    """Return h·v' of a cell with quadratic spike initiation."""
    return madd((v - rest) * curve, v - critical, step * (v - rest)) + madd(-leak, v, pull)


@loop
def _kick(now: Any, kicks: Floats) -> None:  # pragma: no cover
    for i in range(now.size):
        now[i] += kicks[i]


@loop
def _above(now: Any, threshold: float) -> Any:  # pragma: no cover
    """Return how many cells reach the threshold."""
    hits = np.int32(0)
    for i in range(now.size):
        hits = np.int32(hits + np.int32(now[i] >= threshold))
    return hits


@loop
def gate(
    x: Any, s: Any, mean: Any, alpha: float, rate: float, x_keep: float, x_mean: float, dt: float
) -> None:  # pragma: no cover
    """Advance saturating gates, s' = −s·rate + α x (1 − s), x' = −x/τ_rise; write the mean of s over the step.

    By exponential Euler with the mean of x over the step: second order.
    """
    for i in range(x.size):
        opening = alpha * x_mean * x[i]
        total = rate + opening
        end = opening / total
        share = exprel(-dt * total)
        mean[i] = end + (s[i] - end) * share
        s[i] = end + (s[i] - end) * (1.0 - dt * total * share)
        x[i] = x[i] * x_keep if x[i] > 1e-14 else 0 * x[i]
