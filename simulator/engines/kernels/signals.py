"""Sampling of signals at the beginning of a step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...types import Floats
from .compiling import inner
from .layout import (
    ALPHA,
    ALPHA_Y,
    CURRENT_OF,
    DECAY,
    FIXED,
    GRADED,
    LINEAR,
    RATE_OF,
    SD_OF,
    SLOW_OF,
    SLOW_RATE_OF,
    STATE_OF,
    Signals,
    Stretch,
    Table,
)
from .memory import fill


@inner
def _add_variable(
    populations: Table,
    fields: Table,
    p: int,
    variable: int,
    factor: float,
    since: int,
    y: NDArray[Any],
    lam: Floats,
    dec: Floats,
    base: Floats,
    z: Floats,
    out: Floats,
) -> None:  # pragma: no cover
    """Add factor·variable of every cell of a population to `out`; the variable is v (-1) or the s of a channel."""
    pop = populations[p]
    linear = pop.kind == LINEAR
    if variable < 0:
        start = fields[pop.first].start
        scale = lam[pop.first] if linear else 1.0
        offset = base[p] if linear else 0.0
        for i in range(pop.n):
            out[i] += offset + scale * y[start + i]
        if linear:
            for f in range(pop.first + 1, pop.last):
                if fields[f].kind != GRADED:
                    start, scale = fields[f].start, lam[f]
                    for i in range(pop.n):
                        out[i] += scale * y[start + i]
        for i in range(pop.n):
            out[i] = factor * out[i] if out[i] > -math.inf else factor * pop.v_reset
        return
    for f in range(pop.first + 1, pop.last):
        field = fields[f]
        if field.channel != variable:
            continue
        scale = factor
        if field.kind == DECAY or field.kind == ALPHA:
            scale *= dec[f] if linear else 1.0
        elif field.kind == ALPHA_Y:
            scale *= dec[f] * since * field.h if linear else 0.0
        elif field.kind == FIXED:
            scale *= z[field.mode]
        for i in range(pop.n):
            out[i] += scale * y[field.start + i]


@inner
def _add_current(
    populations: Table, fields: Table, p: int, channel: int, g: float, y: NDArray[Any], z: Floats, out: Floats
) -> None:  # pragma: no cover
    """Add g·s, or g·s·|E − v| of a conductance, of every cell of a population that is not linear to `out`."""
    pop = populations[p]
    v = fields[pop.first].start
    for f in range(pop.first + 1, pop.last):
        field = fields[f]
        if field.channel != channel or field.kind == ALPHA_Y:
            continue
        scale = g * z[field.mode] if field.kind == FIXED else g
        for i in range(pop.n):
            current = scale * y[field.start + i]
            if not math.isnan(field.reversal):
                now = y[v + i] if y[v + i] > -math.inf else pop.v_reset
                current *= abs(field.reversal - now)
            out[i] += current


@inner
def sample(
    signals: Signals,
    populations: Table,
    fields: Table,
    stretch: Stretch,
    n: int,
    gain: Floats,
    y: NDArray[Any],
    lam: Floats,
    dec: Floats,
    base: Floats,
    z: Floats,
    q: Floats,
    r: Floats,
    room: Floats,
) -> None:  # pragma: no cover
    """Write every signal that is due at the beginning of step n; rates are due at the end of one (`count`)."""
    for k in range(signals.samplers.size):
        sampler = signals.samplers[k]
        if n % sampler.every or sampler.kind == RATE_OF:
            continue
        first_row = (stretch.origin + sampler.every - 1) // sampler.every
        at = stretch.sample_first[k] + (n // sampler.every - first_row) * sampler.width
        if sampler.kind == SLOW_OF or sampler.kind == SLOW_RATE_OF:
            stretch.samples[at] = q[sampler.variable] if sampler.kind == SLOW_OF else r[sampler.variable]
            continue
        pop = populations[sampler.population]
        since = n % pop.refresh if n % pop.refresh or n == 0 else pop.refresh
        values = room[: pop.n]
        fill(values, 0, pop.n, 0.0)
        if sampler.kind == CURRENT_OF:
            for j in range(sampler.first, sampler.last):
                c = signals.places[j]
                if pop.kind == LINEAR:
                    _add_variable(
                        populations, fields, sampler.population, c, abs(gain[c]), since, y, lam, dec, base, z, values
                    )
                else:
                    _add_current(populations, fields, sampler.population, c, abs(gain[c]), y, z, values)
        else:
            _add_variable(
                populations, fields, sampler.population, sampler.variable, 1.0, since, y, lam, dec, base, z, values
            )
        if sampler.kind == STATE_OF:
            for j in range(sampler.first, sampler.last):
                stretch.samples[at + j - sampler.first] = values[signals.places[j]]
            continue
        total = 0.0
        for i in range(pop.n):
            total += values[i]
        mean = total / pop.n
        if sampler.kind == SD_OF:
            total = 0.0
            for i in range(pop.n):
                total += (values[i] - mean) ** 2
            mean = math.sqrt(total / pop.n)
        stretch.samples[at] = mean


@inner
def count(
    signals: Signals, stretch: Stretch, n: int, n_pop: int, parts: int, counts: NDArray[np.int64]
) -> None:  # pragma: no cover
    """Count the spikes of step n, and write every rate whose interval ends with it."""
    now = (n - stretch.origin + stretch.history) * n_pop
    for k in range(signals.samplers.size):
        sampler = signals.samplers[k]
        if sampler.kind != RATE_OF:
            continue
        at = now + sampler.population
        for part in range(parts):
            counts[k] += stretch.pointers[part, at + 1] - stretch.pointers[part, at]
        if (n + 1) % sampler.every == 0:
            row = (n + 1) // sampler.every - 1 - stretch.origin // sampler.every
            stretch.samples[stretch.sample_first[k] + row] = counts[k] * sampler.scale
            counts[k] = 0
