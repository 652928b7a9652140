"""Cells that are not linear (conductances, spike initiation): one step of integration per time step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Floats
from .compiling import inner
from .layout import ALPHA, ALPHA_Y, DECAY, EXPONENTIAL, FIXED, HELD, LEAKY, Cells, StepTables

WIDTH = 256
MAX_EXPONENT = 50.0
TINY = 1e-30  # of a synaptic variable: less becomes 0, since denormal numbers are slow
MAGNESIUM_SLOPE = 0.062  # [1/mV]


@inner
def _initiation(kind: int, v: float, rest: float, slope: float, onset: float) -> Any:  # pragma: no cover
    """Return F(v) + v of spike initiation."""
    if kind == EXPONENTIAL:
        return rest + slope * math.exp(min((v - onset) / slope, MAX_EXPONENT))
    return v + (v - rest) * (v - onset) / (onset - rest)


@inner
def _midpoint(pop: Any, v: float, const: float, total: float) -> Any:  # pragma: no cover
    """Return v after a step of τ_m v' = F(v) + v + const − total·v, by the explicit midpoint."""
    slope = _initiation(pop.kind, v, pop.v_rest, pop.slope, pop.onset) + const - total * v
    mid = v + 0.5 * pop.step * slope
    slope = _initiation(pop.kind, mid, pop.v_rest, pop.slope, pop.onset) + const - total * mid
    return v + pop.step * slope


@inner
def exponentials(x: Floats, m: int) -> None:  # pragma: no cover
    """Replace m numbers by e^x: where all lie within ±½ by Taylor's series to x¹⁴ (to 1 ulp), which vectorises.

    The exponential of libm is a call for each number. dt·(1 + g)/τ_m, the usual argument, is small.
    """
    far = np.int32(0)
    for i in range(m):
        far = np.int32(far + np.int32(abs(x[i]) > 0.5))
    if far > 0:
        for i in range(m):
            x[i] = max(math.exp(x[i]), 1e-300)  # refractory cells: −∞·0 is NaN, −∞·1e-300 stays −∞
        return
    for i in range(m):
        u = x[i]
        e = 1.0 + u / 14.0
        e = 1.0 + u * e * (1.0 / 13.0)
        e = 1.0 + u * e * (1.0 / 12.0)
        e = 1.0 + u * e * (1.0 / 11.0)
        e = 1.0 + u * e * (1.0 / 10.0)
        e = 1.0 + u * e * (1.0 / 9.0)
        e = 1.0 + u * e * (1.0 / 8.0)
        e = 1.0 + u * e * (1.0 / 7.0)
        e = 1.0 + u * e * (1.0 / 6.0)
        e = 1.0 + u * e * (1.0 / 5.0)
        e = 1.0 + u * e * (1.0 / 4.0)
        e = 1.0 + u * e * (1.0 / 3.0)
        e = 1.0 + u * e * (1.0 / 2.0)
        x[i] = 1.0 + u * e


@inner
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
    threshold: float,
    out: Cells,
    count: int,
) -> int:  # pragma: no cover
    """Advance the cells lo..hi-1 and their synapses by one step; append those that spike to `out`.

    Leaky cells by exponential Euler, others by the explicit midpoint, with everything but v at its value before the
    step. `kicks`: increments of v by noise (n_cells,), or empty. Blocks of `WIDTH` cells keep the sums in the cache.
    """
    pop = tables.populations[p]
    v = tables.fields[pop.first].start
    rest, step_size = pop.v_rest, pop.step  # a number in a record would be read again after every write
    drive, leak, pull, before, gated = block[0], block[1], block[2], block[3], block[4]
    for a in range(lo, hi, WIDTH):
        b = min(a + WIDTH, hi)
        m = b - a
        drive[:m] = uniform
        leak[:m] = 0.0
        pull[:m] = 0.0
        for f in range(pop.first + 1, pop.last):
            field = tables.fields[f]
            if field.kind == ALPHA_Y or field.kind == HELD:
                continue
            c = field.push * (gain[field.channel] if field.channel >= 0 else 1.0)
            if field.kind == FIXED:
                c *= z[field.mode] if field.mode >= 0 else currents[field.current]
            s = y[field.start + a : field.start + b]
            reversal, magnesium = field.reversal, field.block
            if math.isnan(reversal):
                for i in range(m):
                    drive[i] += c * s[i]
            elif magnesium == 0.0:
                for i in range(m):
                    leak[i] += c * s[i]
                for i in range(m):
                    pull[i] += c * s[i] * reversal
            else:  # the fields of one synapse are neighbours and share the magnesium block: one exponential for all
                if tables.fields[f - 1].channel != field.channel:
                    gated[:m] = 0.0
                for i in range(m):
                    gated[i] += c * s[i]
                if f + 1 < pop.last and tables.fields[f + 1].channel == field.channel:
                    continue
                for i in range(m):
                    old = y[v + a + i]
                    if old > -math.inf:
                        g = gated[i] / (1.0 + magnesium * math.exp(-MAGNESIUM_SLOPE * old))
                        leak[i] += g
                        pull[i] += g * reversal
        now = y[v + a : v + b]
        for i in range(m):
            before[i] = now[i]
        if pop.kind == LEAKY:
            for i in range(m):
                pull[i] = (rest + drive[i] + pull[i]) / (1.0 + leak[i])
            for i in range(m):
                leak[i] = -step_size * (1.0 + leak[i])
            exponentials(leak, m)
            for i in range(m):
                now[i] = pull[i] + (before[i] - pull[i]) * leak[i]
        else:
            for i in range(m):
                if before[i] > -math.inf:
                    now[i] = _midpoint(pop, before[i], drive[i] + pull[i], 1.0 + leak[i])
        if kicks.size:
            for i in range(m):
                now[i] += kicks[a + i]
        if pop.adaptation >= 0:
            w = y[tables.fields[pop.adaptation].start + a : tables.fields[pop.adaptation].start + b]
            keep = tables.fields[pop.adaptation].keep
            for i in range(m):
                end = pop.coupling * ((before[i] if before[i] > -math.inf else pop.v_reset) - pop.v_rest)
                w[i] = end + (w[i] - end) * keep
        for i in range(m):
            if now[i] >= threshold:
                out[count] = a + i
                count += 1
        for f in range(pop.first + 1, pop.last):
            field = tables.fields[f]
            s = y[field.start + a : field.start + b]
            keep, h = field.keep, field.h
            if (field.kind == DECAY and f != pop.adaptation) or field.kind == ALPHA_Y:
                for i in range(m):
                    s[i] = s[i] * keep if abs(s[i]) > TINY else 0 * s[i]
            elif field.kind == ALPHA:
                late = y[tables.fields[f + 1].start + a : tables.fields[f + 1].start + b]
                for i in range(m):
                    s[i] = (s[i] + late[i] * h) * keep
    return count


@inner
def gate(
    y: NDArray[Any], x0: int, s0: int, n: int, alpha: float, rate: float, x_keep: float, dt: float
) -> None:  # pragma: no cover
    """Advance n saturating gates: s' = −s·rate + α x (1 − s) by exponential Euler, x' = −x/τ_rise."""
    decay = math.exp(-dt * rate)
    for i in range(n):
        x, s = np.float64(y[x0 + i]), np.float64(y[s0 + i])
        if x > 1e-14:
            total = rate + alpha * x
            end = alpha * x / total
            y[s0 + i] = end + (s - end) * math.exp(-dt * total)
            y[x0 + i] = x * x_keep
        else:
            y[s0 + i] = s * decay
            y[x0 + i] = 0.0
