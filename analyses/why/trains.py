"""Time scales of spike trains: the part of a value that outlasts a shift of every train by up to ± Δ."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ...simulator import Spikes
from ...simulator.types import Floats
from .result import Shift

SHORTEST = 0.01  # s
LONGEST = 20  # the duration over the longest shift
FLAT = 0.5  # of the steepness of the falls on both sides of a plateau
STILL, GONE = 0.9, 0.1  # shares of a plateau at which it ends, and at which nothing is left

# A train shifted by U(−Δ, Δ) has its coefficients at the frequency f multiplied by a factor of mean sinc(2 f Δ). Two
# trains are shifted independently, so that their product has the square. No surrogate is drawn.


def shifts(duration: float, shortest: float = SHORTEST) -> Floats:
    """Return Δ from 10 ms to a twentieth of the duration in steps of 1, 2, 5 [s].

    >>> shifts(2.0).round(3).tolist()
    [0.01, 0.02, 0.05, 0.1]
    """
    steps = [m * 10.0**e for e in range(-4, 8) for m in (1, 2, 5)]
    return np.array([s for s in steps if shortest * 0.999 <= s <= duration / LONGEST * 1.001])


def outlasting(q: Floats, dt: float, delta: Floats) -> Floats:
    r"""Return the part that outlasts shifts by up to ± Δ, (Δ,).

    .. math:: \sum_k q_k \,\mathrm{sinc}^2(2 f_k \Delta), \qquad f_k = \frac{k}{2 T dt}

    Args:
        q: part of every k.
        dt: sampling interval [s].
        delta: Δ [s].
    """
    f = np.arange(len(q)) / (2 * len(q) * dt)
    return np.array([float(q @ np.sinc(2 * f * d) ** 2) for d in delta])


def shifted(trains: Spikes, delta: float, rng: np.random.Generator) -> Spikes:
    """Return the trains, each moved by one draw of U(−Δ, Δ), on the middle of the observation, [Δ, D − Δ]."""
    moved = trains.time + rng.uniform(-delta, delta, trains.n_units)[trains.unit]
    start, stop = trains.t0 + delta, trains.t0 + trains.duration - delta
    inside = (moved >= start) & (moved < stop)
    return replace(trains, time=moved[inside], unit=trains.unit[inside], t0=start, duration=stop - start)


def plateau(delta: Floats, left: Floats, total: float) -> Shift | None:
    """Return the flat stretch between two falls of a curve; None if it falls once or not at all.

    Args:
        delta: Δ [s], rising.
        left: part that outlasts Δ.
        total: the value without a shift.
    """
    if len(delta) < 4 or total <= 0:
        return None
    fall = -np.diff(left) / np.diff(np.log(delta))
    first = (total - float(left[0])) / math.log(2.0)  # of what is finer than the shortest shift
    best: tuple[float, int] | None = None
    for k in range(len(fall) - 1):
        before, after = max([first, *fall[:k]]), fall[k + 1 :].max()
        least = FLAT * min(before, after)
        if min(before, after) > 0.02 * total and fall[k] < least and (best is None or fall[k] < best[0]):
            best = (float(fall[k]), k)
    if best is None:
        return None
    at = best[1]
    level = float(left[at + 1])
    later = np.arange(len(delta)) > at
    falling = np.flatnonzero(later & (left < STILL * level))
    gone = np.flatnonzero(later & (left < GONE * level))
    start = delta[falling[0] - 1] if falling.size else delta[-1]
    stop, rest = (delta[gone[0]], left[gone[0]]) if gone.size else (math.inf, math.nan)
    return Shift(shift=float(delta[at + 1]), left=level, start=float(start), stop=float(stop), gone=float(rest))
