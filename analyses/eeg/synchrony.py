"""Synchrony over time: the same measures in every sliding window, each beside its surrogates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from threadpoolctl import threadpool_limits

from ...simulator import InputError, Recording, unknown
from ...simulator.types import Band, Progress
from ..measures import MEASURES, get
from ..measures.base import Measure, applicable, apply
from ..surrogates import MIN_SURROGATES, fitting_kind, null_tests
from .rhythm import RHYTHMS, Rhythm
from .windows import Event, phase_of

Place = tuple[int, int]  # first sample of a window, and the one after its last

NEEDS_BAND = ("kuramoto_r1",)
SYNCHRONY = (*NEEDS_BAND, "chi_c", "lambda1_fraction", "si_3")


@dataclass(frozen=True)
class WindowValue:
    """One measure in one window, beside what independent channels of the same spectra would give."""

    measure: str
    start: float  # of the window [ticks of the clock]
    stop: float
    phase: str  # "before", "during", "after" an event, "mixed"; "" without events
    value: float  # NaN where it is not defined
    null_kind: str  # "" where there is no null
    null_mean: float
    null_low: float  # 2.5 and 97.5 % of the surrogates
    null_high: float
    p: float  # (1 + k)/(1 + n), one-sided; NaN without a null
    n_units: int  # that vary in the window


def measured(
    signal: Recording,
    places: Sequence[Place],
    *,
    band: Band | None = None,
    measures: Sequence[str] | None = None,
    nulls: int = MIN_SURROGATES,
    seed: int = 0,
    events: Sequence[Event] = (),
    progress: Progress | None = None,
) -> list[WindowValue]:
    """Every measure in every window that is given.

    Surrogates are circular shifts of each channel within the window: they keep spectra and lose what the channels have
    in common, be it synchrony, a shared reference or volume conduction.

    Args:
        signal: (time, channel) with an ordered clock; cut to the band already, so that every measure reads the same.
        places: windows, as `sliding` gives them.
        band: (low, high) [cycles per tick; Hz for seconds]; with it what `RHYTHMS` holds (power, frequency and
            variation of amplitude) is available too.
        measures: names in `MEASURES` that read values, and in `RHYTHMS`; see `chosen_measures` for the default.
        nulls: surrogates a value, 0 or at least 199.
        seed: of the surrogates; each window has draws of its own.
        events: what the phases of the windows are relative to.
        progress: called as progress(done, total, what).

    Raises:
        InputError: an unknown measure, or one that is defined in no window.
    """
    if nulls != 0 and nulls < MIN_SURROGATES:
        raise InputError(f"nulls: must be 0 or at least {MIN_SURROGATES}; got {nulls}")
    chosen = [_known(name, band) for name in chosen_measures(measures, band)]
    rows: list[WindowValue] = []
    why: dict[str, str] = {}
    with threadpool_limits(1):  # thousands of small products: more threads only wait for each other
        for at, (first, last) in enumerate(places):
            if progress:
                progress(at, len(places), f"window {at + 1} of {len(places)}")
            start, stop = (signal.t0 + signal.dt * edge for edge in (first, last))
            part = signal.select(time=(start, stop - signal.dt / 2))
            phase = phase_of(start, stop, events)
            found = _of_measures([m for m in chosen if isinstance(m, Measure)], part, band, nulls, seed + at, why)
            for rhythm in (m for m in chosen if isinstance(m, Rhythm)):
                value, live = rhythm.kernel(part, cast(Band, band))
                found[rhythm.name] = (value, "", *_NONE, live)
            rows += [WindowValue(m.name, start, stop, phase, *found[m.name]) for m in chosen]
    if progress:
        progress(len(places), len(places), "measured")
    for name, reason in why.items():
        if all(math.isnan(row.value) for row in rows if row.measure == name):
            raise InputError(f"{name} is defined in no window: {reason}")
    return rows


Found = tuple[float, str, float, float, float, float, int]
_NONE = (math.nan, math.nan, math.nan, math.nan)


def chosen_measures(names: Sequence[str] | None, band: Band | None) -> list[str]:
    """The names, each once; by default r, χ_c, λ₁ fraction, SI-3 and all rhythms; without a band what needs none."""
    default = (*SYNCHRONY, *RHYTHMS) if band is not None else tuple(n for n in SYNCHRONY if n not in NEEDS_BAND)
    return list(dict.fromkeys(names or default))


def _known(name: str, band: Band | None) -> Measure | Rhythm:
    if name in RHYTHMS:
        if band is None:
            raise InputError(f"{name}: needs a band=(low, high); got none")
        return RHYTHMS[name]
    if name not in MEASURES:
        raise unknown("measure", name, [*MEASURES, *RHYTHMS])
    measure = get(name)
    if measure.takes != "values":
        raise InputError(f"{name}: reads spike trains; windows are measured on sampled activity")
    return measure


def _of_measures(
    measures: Sequence[Measure], part: Recording, band: Band | None, nulls: int, seed: int, why: dict[str, str]
) -> dict[str, Found]:
    found: dict[str, Found] = {}
    tested = []
    for measure in measures:
        reason = applicable(measure, part, band=band)
        if reason is not None:
            why.setdefault(measure.name, reason)
            found[measure.name] = (math.nan, "", *_NONE, 0)
            continue
        reading = apply(measure, part, band=band)
        found[measure.name] = (float(reading.value), "", *_NONE, int(np.asarray(reading.n_live)))
        if nulls and _has_null(measure, part):
            tested.append(measure)
    if tested:
        for test in null_tests(tested, part, n=nulls, seed=seed, band=band):
            value, *_, live = found[test.measure]
            found[test.measure] = (value, test.kind, test.mean, test.lo, test.hi, test.p, live)
    return found


def _has_null(measure: Measure, part: Recording) -> bool:
    try:
        fitting_kind(measure, part)
    except InputError:  # its value stands alone, as in `ictal measure`
        return False
    return True
