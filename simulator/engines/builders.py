"""Compiled loops that draw and sort edges; those that nearly every network needs are in `kernels.edges`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .kernels.compiling import kept

NEAR = 8.6  # a Gaussian falls outside ± so many SDs once in 10¹⁷ draws
NARROW = 8.0  # sources in one SD, below which draws from a Gaussian save little
INNER = 10.0  # SDs about a target within which the race for its sources is nearly always decided
MISSED = 1e-17  # expected number of winners outside, up to which the outside is left out


@kept
def wrapped(m: int, n: int) -> int:  # pragma: no cover
    """Return the index of cell m of a ring of n, for an m outside 0..n − 1 by less than a turn."""
    return m + n if m < 0 else (m - n if m >= n else m)


@kept
def draw_near(
    k: int,
    sd: float,
    centre: NDArray[np.float64],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    n_source: int,
    own: bool,
    rng: np.random.Generator,
    sources: NDArray[np.int32],
) -> None:  # pragma: no cover
    """Draw for every target k distinct sources in low..high, one by one with weights w_i = exp(−(i − centre)²/2·sd²).

    A draw from all sources that rejects those drawn before is a draw from the others. The proposal is a rounded
    Gaussian, or uniform for a wide sd; rejection makes the weights exact. It becomes slow when the near sources are
    used up. The rest is then drawn by a race: source i arrives after an exponential time with rate w_i, and the
    first ones win (Efraimidis & Spirakis, Inf Process Lett 2006), in logarithms.
    """
    drawn_for = np.full(n_source, -1, dtype=np.int32)
    widest = (high - low).max() + 1
    times, racers = np.empty(widest), np.empty(widest, dtype=np.int32)
    at = 0
    for j in range(centre.size):
        if own:
            drawn_for[j] = j
        end = at + k
        c, n_near = centre[j], high[j] - low[j] + 1
        wide = n_near < 2.5 * sd
        trials = 2 * k + min(n_near, int(2 * INNER * min(sd, 1e9))) if sd > NARROW else 0
        for _ in range(trials):
            if at == end:
                break
            if wide:
                m = low[j] + int(rng.random() * n_near)
                x = (m - c) / sd
                log_accept = -0.5 * x * x
            else:
                z = rng.standard_normal()
                m = math.floor(c + sd * z + 0.5)
                x = (m - c) / sd
                if abs(z) > NEAR or m < low[j] or m > high[j]:
                    continue
                log_accept = 0.5 * (z * z - x * x) - 0.5 * NEAR / sd  # z² − x² <= |z|/sd, for |z − x| <= 1/(2 sd)
            i = wrapped(m, n_source)
            if drawn_for[i] != j and rng.random() < math.exp(log_accept):
                drawn_for[i] = j
                sources[at] = i
                at += 1
        if at == end:
            continue
        first, last = max(low[j], math.ceil(c - INNER * sd)), min(high[j], math.floor(c + INNER * sd))
        n = _enter(times, racers, 0, first, last, c, sd, n_source, drawn_for, j, rng)
        slowest = np.partition(times[:n], end - at - 1)[end - at - 1] if n >= end - at else np.inf
        if (n_near - (last - first + 1)) * math.exp(min(slowest, 700.0) - 0.5 * INNER**2) > MISSED:
            n = _enter(times, racers, n, low[j], first - 1, c, sd, n_source, drawn_for, j, rng)
            n = _enter(times, racers, n, last + 1, high[j], c, sd, n_source, drawn_for, j, rng)
            slowest = np.partition(times[:n], end - at - 1)[end - at - 1]
        for racer in range(n):
            if times[racer] <= slowest and at < end:
                sources[at] = racers[racer]
                at += 1


@kept
def _enter(
    times: NDArray[np.float64],
    racers: NDArray[np.int32],
    n: int,
    first: int,
    last: int,
    centre: float,
    sd: float,
    n_source: int,
    drawn_for: NDArray[np.int32],
    j: int,
    rng: np.random.Generator,
) -> int:  # pragma: no cover
    """Add sources to the race of target j, each with the logarithm of its arrival time; return the number in the race.

    Adds the cells first..last, both included, without those already drawn for j. The arrival time of cell m is
    exponential with rate exp(−(m − centre)²/2·sd²), as in `draw_near`. Writes `times` and `racers` from place n on.
    """
    for m in range(first, last + 1):
        i = wrapped(m, n_source)
        if drawn_for[i] != j:
            x = (m - centre) / sd
            times[n] = math.log(rng.standard_exponential()) + 0.5 * x * x
            racers[n] = i
            n += 1
    return n


@kept
def draw_pairs(
    p: float,
    sd: float,
    centre: NDArray[np.float64],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    n_source: int,
    own: bool,
    rng: np.random.Generator,
    sources: NDArray[np.int32],
    degrees: NDArray[np.int64],
) -> NDArray[np.int32]:  # pragma: no cover
    """Draw for every target each source in low..high with probability p·exp(−(i − centre)²/2·sd²).

    From the centre to either side, in blocks of half an SD: geometric skips with the largest probability of the block,
    and thinning. Writes the numbers of sources to `degrees`. Returns the sources, in `sources` or in a longer copy.
    """
    at = 0
    block = max(1, int(min(0.5 * sd, 1e9)))
    for j in range(centre.size):
        begin, c = at, centre[j]
        middle = math.ceil(c)
        for side in (1, -1):
            start = max(middle, low[j]) if side == 1 else min(middle - 1, high[j])
            count = high[j] - start + 1 if side == 1 else start - low[j] + 1
            d, wait = 0, rng.standard_exponential()
            while d < count:
                top = (start + side * d - c) / sd
                largest = p * math.exp(-0.5 * top * top)
                hazard = -math.log1p(-largest) if largest < 1 else np.inf
                if wait >= hazard * (count - d):  # the hazard only falls from here on
                    break
                stop = min(count, d + block)
                while d < stop:
                    if wait >= hazard * (stop - d):
                        wait -= hazard * (stop - d)
                        d = stop
                        break
                    d = min(d + int(wait / hazard), stop - 1)
                    m = start + side * d
                    x = (m - c) / sd
                    i = wrapped(m, n_source)
                    if rng.random() < math.exp(0.5 * (top * top - x * x)) and not (own and i == j):
                        if at == sources.size:
                            longer = np.empty(sources.size + sources.size // 8 + 1024, dtype=np.int32)
                            longer[:at] = sources
                            sources = longer
                        sources[at] = i
                        at += 1
                    d, wait = d + 1, rng.standard_exponential()
        degrees[j] = at - begin
    return sources[:at]
