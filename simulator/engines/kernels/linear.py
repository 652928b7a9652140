"""Linear cells, in co-moving coordinates.

Between spikes: v = base + Σ_f lam_f·y_f, where lam and dec change with time and are the same for the
whole population, and y stands still:

    voltage   lam ← lam·e^{−dt/τ_m}
    decay     s = dec·y;  lam ← lam·e^{−dt/τ_m} + G·push·dec;  dec ← dec·e^{−dt/τ}
    alpha     s = dec·(y_s + y_y·t/τ);  both with a lam of their own
    fixed     s = z·y;    lam ← lam·e^{−dt/τ_m} + G·push·z

An event that adds to s changes y_s and, to leave v where it is, y_voltage. A gain may be any function of time.
"""

# Co-moving coordinates are the reason of the speed. Between events a linear cell follows an exactly known
# exponential that is the same for all cells of a population. Integrating every cell would read and write all variables
# in every step. Here a step updates one number per field (`move`), and the cells are only read, by the threshold test
# (`scan`): half the memory traffic, and no rounding error from step to step.
#
# The price is that y grows as e^{t/τ} against lam and dec, which shrink. An event that is added later is therefore
# larger, and older ones lose digits beside it. `refresh` returns to lam = 1 and dec = 1 every pop.refresh steps, chosen
# by `compiled.plan` so that the fastest variable decays by at most e^2.6 = 13 in between: about one digit of sixteen.
#
# A refractory cell has y_voltage = −∞. Every sum that v enters stays −∞ and reaches no threshold, so that neither the
# scan nor the delivery needs to test for refractoriness: they stay free of branches. `release` sets a finite voltage.

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Floats
from .compiling import inner
from .layout import ALPHA, ALPHA_Y, DECAY, FIXED, GRADED, Cells, Table
from .memory import add

WIDTH = 128  # cells that are looked at together


@inner
def move(
    pop: Any,
    fields: Table,
    since: int,
    gain: Floats,
    lam: Floats,
    dec: Floats,
    base: float,
    z: Floats,
    currents: Floats,
    uniform: float,
) -> Any:  # pragma: no cover
    """Advance the numbers that a population shares by one step; return the new base.

    `since`: steps since the last refresh.
    """
    lam[pop.first] *= pop.v_keep
    for f in range(pop.first + 1, pop.last):
        field = fields[f]
        g = gain[field.channel] if field.channel >= 0 else 1.0
        if field.kind == DECAY or field.kind == ALPHA:
            lam[f] = lam[f] * pop.v_keep + g * field.push * dec[f]
            dec[f] *= field.keep
        elif field.kind == ALPHA_Y:
            lam[f] = lam[f] * pop.v_keep + g * (field.push * since * field.h + field.push_y) * dec[f]
            dec[f] *= field.keep
        elif field.kind == FIXED:
            given = z[field.mode] if field.mode >= 0 else currents[field.current]
            lam[f] = lam[f] * pop.v_keep + g * field.push * given
    return pop.v_rest + (base - pop.v_rest) * pop.v_keep + (1.0 - pop.v_keep) * uniform


@inner
def refresh(
    pop: Any, fields: Table, since: int, lo: int, hi: int, y: NDArray[Any], lam: Floats, dec: Floats, c: Any
) -> None:  # pragma: no cover
    """Return the cells lo..hi-1 to coordinates with lam = 1 for the voltage, lam = 0 for the rest, and dec = 1.

    The caller writes lam and dec. Numbers below `tiny` become 0: denormal numbers would slow every later step.
    """
    tiny = 1e-30 if y.itemsize == 4 else 1e-280
    v = fields[pop.first].start
    c[0] = lam[pop.first]
    _scale(y, v + lo, v + hi, c[0], tiny)
    for f in range(pop.first + 1, pop.last):
        field = fields[f]
        if field.kind == GRADED:
            continue
        c[0] = lam[f]
        add(y, v + lo, field.start + lo, hi - lo, c[0])
        c[0] = dec[f]
        if field.kind == ALPHA:
            c[1] = since * field.h
            add(y, field.start + lo, fields[f + 1].start + lo, hi - lo, c[1])
        if field.kind != FIXED:
            _scale(y, field.start + lo, field.start + hi, c[0], tiny)


@inner
def _scale(y: NDArray[Any], first: int, last: int, factor: Any, tiny: float) -> None:  # pragma: no cover
    """Multiply y[first:last] by a number; set what is tiny to 0."""
    part = y[first:last]
    for i in range(part.size):
        part[i] = factor * part[i] if abs(part[i]) > tiny else factor - factor


@inner
def _voltage(y: Any, s: Any, c: Any, i: Any) -> Any:  # pragma: no cover
    """Return v − base of cell i, Σ_k c[k]·y[s[k] + i].

    `s` and `c` are tuples: numba unrolls a sum of known length, which lets LLVM vectorise the loop over cells.
    """
    total = y[s[0] + i] * c[0]
    for k in range(1, len(s)):
        total += y[s[k] + i] * c[k]
    return total


@inner
def _scan(y: Any, s: Any, c: Any, lo: int, hi: int, limit: Any, out: Cells, count: int) -> int:  # pragma: no cover
    end = np.uint64(hi)  # vector instructions need unsigned indices
    for a in range(np.uint64(lo), end, np.uint64(WIDTH)):
        b = min(a + np.uint64(WIDTH), end)
        hits = np.int32(0)
        for i in range(a, b):
            hits = np.int32(hits + np.int32(_voltage(y, s, c, i) >= limit))
        if hits > 0:
            for i in range(a, b):
                if _voltage(y, s, c, i) >= limit:
                    out[count] = np.int32(i)
                    count += 1
    return count


@inner
def scan(
    y: NDArray[Any],
    s: NDArray[np.uint64],
    c: NDArray[Any],
    lo: int,
    hi: int,
    limit: Any,
    out: Cells,
    count: int,
) -> int:  # pragma: no cover
    """Append to `out` the cells of lo..hi-1 with v − base = Σ_k c[k]·y[s[k] + i] >= limit; return the new count.

    Spikes are rare: a block of `WIDTH` cells is first counted by vector instructions without a branch, and only a
    block with a hit is searched cell by cell. A factor of 0 pads a sum to the next compiled length.
    """
    n = s.size
    none, x = c[0] - c[0], s[0]  # −∞·0 is no number, which reaches no limit
    if n == 3:
        return _scan(y, (x, s[1], s[2]), (c[0], c[1], c[2]), lo, hi, limit, out, count)
    if n == 5:
        return _scan(y, (x, s[1], s[2], s[3], s[4]), (c[0], c[1], c[2], c[3], c[4]), lo, hi, limit, out, count)
    if n == 4:
        return _scan(y, (x, s[1], s[2], s[3], x), (c[0], c[1], c[2], c[3], none), lo, hi, limit, out, count)
    if n < 3:
        last = n - 1
        return _scan(y, (x, s[last], x), (c[0], c[last] if n == 2 else none, none), lo, hi, limit, out, count)
    return _scan(y, s, c, lo, hi, limit, out, count)


@inner
def release(pop: Any, fields: Table, i: int, y: NDArray[Any], lam: Floats, base: float) -> None:  # pragma: no cover
    """Set the voltage of a refractory cell to the reset voltage."""
    v = pop.v_reset - base
    for f in range(pop.first + 1, pop.last):
        if fields[f].kind != GRADED:
            v -= lam[f] * y[fields[f].start + i]
    y[fields[pop.first].start + i] = v / lam[pop.first]
