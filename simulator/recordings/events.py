"""Spikes around events: the peri-stimulus time histogram."""

from __future__ import annotations

import math
from typing import SupportsFloat

import numpy as np

from ..checks import vector
from ..errors import InputError
from ..fields import check
from ..machine import check_memory
from ..types import Floats
from .distribution import Trains


def around_events(
    spikes: Trains, events: object, window: tuple[float, float], bin: float
) -> tuple[Floats, int, list[str]]:
    """Return the rate of a unit around events, (bin,) [Hz], the number of events, and what was left out.

    Errors as of `Spikes.psth`.
    """
    times = vector(events, "Spikes.psth: events")
    check("Spikes.psth: bin", float, bin)
    (start, stop), slack = window, max(1e-9, spikes.rounding)
    if not (isinstance(bin, SupportsFloat) and math.isfinite(bin) and 0 < bin <= stop - start):
        raise InputError(f"Spikes.psth: bin must lie in (0, {stop - start:g}] s, the length of the window; got {bin}")
    used = times[(times + start >= spikes.t0 - slack) & (times + stop <= spikes.t0 + spikes.duration + slack)]
    if used.size == 0:
        raise InputError(
            f"Spikes.psth: none of {times.size} events has its window [{start:g}, {stop:g}) s within the observation "
            f"[{spikes.t0:g}, {spikes.t0 + spikes.duration:g}) s"
        )
    n = math.floor((stop - start) / bin + 1e-6)
    check_memory(f"Spikes.psth: {used.size} events in {n} bins", 32 * used.size * (n + 1))
    edges = used[:, None] + start + bin * np.arange(n + 1) - max(1e-6 * bin, spikes.rounding)  # as `Spikes.bins`
    counts = np.diff(np.searchsorted(spikes.time, edges), axis=1).sum(axis=0)
    left = times.size - used.size
    notes = [f"{left} of {times.size} events are left out: their windows leave the observation"] if left else []
    return counts / (used.size * spikes.n_units * bin), int(used.size), notes
