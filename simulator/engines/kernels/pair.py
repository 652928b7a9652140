"""Leaky cells with two exponentially decaying conductances, the most frequent kind, in one pass over their state."""

# v(t + h) = v + h·v'·(e^x − 1)/x with x = −h·leak is the exponential Euler of `plain` without its division, and while
# x is small, (e^x − 1)/x is one polynomial: two thirds of the instructions. Blocks with a larger leak (conductances of
# 80 leaks at dt = .1 ms and τ_m = 20 ms) are left to the general passes.

from __future__ import annotations

from typing import Any

import numpy as np

from .compiling import loop
from .exponential import SMALLEST, exprel_small, madd

FLOOR = -1e300  # [mV] in place of the −∞ of a held cell, whose v' would be no number


@loop
def small_leaks(s: Any, t: Any, step: float, gain_s: float, gain_t: float) -> bool:  # pragma: no cover
    """Return whether the leak of every cell of a block, 1 + gain_s·s + gain_t·t, is small enough; `step`: dt/τ_m."""
    leak_s, leak_t, large = -step * gain_s, -step * gain_t, np.int32(0)
    for i in range(s.size):
        large = np.int32(large + np.int32(madd(leak_t, t[i], madd(leak_s, s[i], -step)) < SMALLEST))
    return large == 0


@loop
def two_conductances(
    now: Any, s: Any, t: Any, step: float, drive: float, gain_s: float, gain_t: float, reversal_s: float,
    reversal_t: float, keep_s: float, keep_t: float,
) -> None:  # pragma: no cover  # fmt: skip
    """Advance v and the conductances s and t of a block by one step; no leak may be large.

    `gain_s`·s and `gain_t`·t are the means of the conductances over the step [leaks].
    """
    leak_s, leak_t, pull = -step * gain_s, -step * gain_t, step * drive
    pull_s, pull_t = -leak_s * reversal_s, -leak_t * reversal_t
    for i in range(now.size):  # hits are counted by another loop: a sum in this one would make it twice as slow
        v, a, b = now[i], s[i], t[i]
        x = madd(leak_t, b, madd(leak_s, a, -step))
        change = madd(x, v if v > FLOOR else FLOOR, madd(pull_t, b, madd(pull_s, a, pull)))
        now[i] = madd(change, exprel_small(x), v)  # −∞ and NaN stay
        s[i] = a * keep_s
        t[i] = b * keep_t
