"""Noise of a time step: white noise on v, and Ornstein-Uhlenbeck currents with what they add to v or its drive.

So are arrays of currents with a value for each cell, which are no noise but act alike. Drawn before the threshold is
tested. The coefficients are those of `engines.noise`.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from ...types import Floats
from .absent import has_individual
from .compiling import inner
from .draws import BLOCK, normal
from .layout import LINEAR, Individual, Noise, StepTables
from .memory import fill, of


@inner
def noise(
    tables: StepTables,
    noisy: Noise,
    individual: Individual | None,
    p: int,
    y: NDArray[Any],
    lam: Floats,
    dec: Floats,
    streams: Any,
    n: int,
    lo: int,
    hi: int,
    x: Floats,
    white: Floats,
) -> bool:  # pragma: no cover
    """Draw the noise of step n on the cells lo..hi-1 of population p; return whether any of it is white.

    Linear cells: add it to y and v, after the coordinates have moved. Other cells: step their currents, write the
    drive of v by all of them, and add white noise to `white` (n_cells,). `x` (n_cells,) is a buffer.
    """
    pop = tables.populations[p]
    v = tables.fields[pop.first].start
    found, driven = False, False
    for j in range(noisy.noise.size):
        given = noisy.noise[j]
        if given.population != p:
            continue
        _kicks(noisy, j, streams, n, pop.n, lo, hi, x)
        if individual is not None and has_individual() and individual.noise[j].sd >= 0:
            for i in range(lo, hi):
                x[i] *= individual.values[individual.noise[j].sd + i]
        if given.channel == -2:
            if not driven:
                fill(y, given.drive + lo, given.drive + hi, 0.0)
            driven = True
            _add(y, given.drive, 1.0, x, lo, hi)
            continue
        if given.channel < 0:
            if pop.kind == LINEAR:
                _add(y, v, 1.0 / lam[pop.first], x, lo, hi)
            else:
                _add(white, 0, 1.0, x, lo, hi)
            found = True
            continue
        own = tables.channels[given.channel].a
        if pop.kind == LINEAR:  # v = lam_v·y_v + lam_f·y_f changes by share·ξ
            f = tables.channels[given.channel].field
            _add(y, own, 1.0 / dec[f], x, lo, hi)
            _add(y, v, (given.share - lam[f] / dec[f]) / lam[pop.first], x, lo, hi)
        else:
            if not driven:
                fill(y, given.drive + lo, given.drive + hi, 0.0)
            driven = True
            if individual is not None and has_individual() and individual.noise[j].push >= 0:
                each, values = individual.noise[j], individual.values
                _step(y, own, given.drive, given.keep, values[each.push : each.push + pop.n],
                      values[each.share : each.share + pop.n], x, lo, hi)  # fmt: skip
            else:
                _step(y, own, given.drive, given.keep, given.push, given.share, x, lo, hi)
    return found


@inner
def _kicks(
    noisy: Noise, j: int, streams: Any, n: int, size: int, lo: int, hi: int, x: Floats
) -> None:  # pragma: no cover
    """Write the increments of noise j in step n to x[lo:hi]."""
    given = noisy.noise[j]
    if given.stream < 0:
        row = n // given.every
        if given.stays:
            row = min(row, given.rows - 1)
        first = given.first + row * size
        for i in range(lo, hi):
            x[i] = given.sd * noisy.kicks[first + i] if row < given.rows else 0.0
        return
    for first in range(lo, hi, BLOCK):
        stream = streams[given.stream + first // BLOCK]
        for i in range(first, min(first + BLOCK, hi)):
            x[i] = given.sd * normal(stream)


@inner
def _add(y: NDArray[Any], to: int, factor: float, x: Floats, lo: int, hi: int) -> None:  # pragma: no cover
    for i in range(lo, hi):
        y[to + i] += factor * x[i]


@inner
def _step(
    y: NDArray[Any], own: int, drive: int, keep: float, push: Any, share: Any, x: Floats, lo: int, hi: int
) -> None:  # pragma: no cover
    """Add push·y + share·ξ to the drive, then step y ← keep·y + ξ."""
    for i in range(lo, hi):
        y[drive + i] += of(push, i) * y[own + i] + of(share, i) * x[i]
        y[own + i] = keep * y[own + i] + x[i]
