"""Leaky cells with two exponentially decaying conductances, the most frequent kind, in one pass over their state."""

# The sums and the bits are those of the general passes of `plain`. Blocks in which a leak may be too large for the
# polynomial (conductances of 120 leaks at dt = .1 ms and τ_m = 20 ms) are left to them.

from __future__ import annotations

from typing import Any

import numpy as np

from .compiling import loop
from .exponential import SMALLEST, bits, exprel_small, madd, unbits

FLOOR = -1e300  # [mV] in place of the −∞ of a held cell, whose v' would be no number


@loop
def two_conductances(
    now: Any, s: Any, t: Any, step: float, drive: float, gain_s: float, gain_t: float, reversal_s: float,
    reversal_t: float, keep_s: float, keep_t: float,
) -> bool:  # pragma: no cover  # fmt: skip
    """Advance v and the conductances s and t of a block by one step; return False, and do nothing, for a large leak.

    `step`: dt/τ_m; `gain_s`·s and `gain_t`·t are the means of the conductances over the step [leaks].
    """
    top_s, top_t = np.int64(0), np.int64(0)
    for i in range(s.size):  # the bits of numbers that are not negative are in order, those of NaN above all
        top_s, top_t = max(top_s, bits(s[i])), max(top_t, bits(t[i]))
    top = 1.0 + gain_s * unbits(top_s) + gain_t * unbits(top_t)
    if not (gain_s >= 0.0 and gain_t >= 0.0 and -step * top >= SMALLEST):
        return False
    leak_s, leak_t = -step * gain_s, -step * gain_t
    pull_s, pull_t, pull = -leak_s * reversal_s, -leak_t * reversal_t, step * drive
    for i in range(now.size):  # hits are counted by another loop: a sum in this one would make it twice as slow
        v, a, b = now[i], s[i], t[i]
        x = madd(leak_t, b, madd(leak_s, a, -step))
        change = madd(x, v if v > FLOOR else FLOOR, madd(pull_t, b, madd(pull_s, a, pull)))
        now[i] = madd(change, exprel_small(x), v)  # −∞ and NaN stay
        s[i] = a * keep_s
        t[i] = b * keep_t
    return True
