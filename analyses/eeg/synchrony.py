"""Synchrony over time: the same measures in every sliding window, each with its surrogates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ...simulator import InputError, Recording, Spikes, unknown
from ...simulator.files.document import to_json
from ...simulator.types import Band, Progress
from ..activity import Activity
from ..measures import MEASURES, get
from ..settings import ValueSettings
from ..values import Value, values
from .rhythm import RHYTHMS, Rhythm
from .windows import Event, phase_of

Place = tuple[int, int]  # first sample of a window, and the one after its last

NEEDS_BAND = ("kuramoto_r1",)
SYNCHRONY = (*NEEDS_BAND, "chi_c", "lambda1_fraction", "si_3")


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowValue(Value):
    """A value of one window; its null are independent channels of the same spectra."""

    start: float  # of the window [ticks of the clock]
    stop: float
    phase: str  # "before", "during", "after" an event, "mixed"; "" without events


def window_values(
    signal: Recording,
    places: Sequence[Place],
    settings: ValueSettings,
    *,
    measures: Sequence[str] | None = None,
    seed: int = 0,
    events: Sequence[Event] = (),
    counts: Recording | None = None,
    trains: Spikes | None = None,
    shorten: bool = True,
    out: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> list[WindowValue]:
    """Compute every measure in every window that is given.

    The one kind of surrogate that decides is drawn, of channels the linear shift of each within the window: it keeps
    spectra and loses what the channels have in common, be it synchrony, a shared reference or volume conduction.

    Args:
        signal: (time, channel) with an ordered clock; filtered already, so that every measure reads the same.
        places: windows, as `sliding` gives them.
        settings: see `ValueSettings`; with a band what `RHYTHMS` holds (power, frequency and variation of amplitude) is
            available too.
        measures: names in `MEASURES` that read values, and in `RHYTHMS`; see `chosen_measures` for the default.
        seed: of the surrogates; each window has draws of its own.
        events: what the phases of the windows are relative to.
        counts, trains: of a signal of rates of spikes, their counts and their trains, for the measures that read these.
        shorten: whether shifts are shortened in windows in which channels change their variance together.
        out: channels that drop out of a window, (window, channel): they are left out there, and without two others the
            values of the window are not defined.
        progress: called as progress(done, total, what).

    Raises:
        InputError: an unknown measure, or one that is defined in no window.
    """
    names = chosen_measures(measures, settings)
    for name in names:
        _check(name, settings.band, trains)
    rows: list[WindowValue] = []
    with threadpool_limits(1):  # thousands of small products: more threads only wait for each other
        for at, (first, last) in enumerate(places):
            if progress:
                progress(at, len(places), f"window {at + 1} of {len(places)}")
            start, stop = (signal.t0 + signal.dt * edge for edge in (first, last))
            time = (start, stop - signal.dt / 2)
            part = signal.select(time=time).in_memory()
            where: dict[str, Any] = {"start": start, "stop": stop, "phase": phase_of(start, stop, events)}
            lost = out is not None and bool(out[at].any())
            if out is not None and lost and out[at].sum() > part.n_units - 2:
                reason = f"dropout: {int(out[at].sum())} of {part.n_units} channels are constant, clipped or beside it"
                rows += [
                    WindowValue(measure=name, n_units=part.n_units, n_times=part.n_times, reason=reason, **where)
                    for name in names
                ]
                continue
            if out is not None and lost:  # a constant counts for no measure, and not as live
                part = replace(part, values=part.numpy() * ~out[at])
            counted = [name for name in names if counts is not None and name in MEASURES and get(name).of_counts]
            timed = [name for name in names if name in MEASURES and get(name).takes == "spikes"]
            known = [name for name in names if name in MEASURES and name not in (*counted, *timed)]
            options: dict[str, Any] = {
                "kinds": settings.null[:1] or ("auto",), "seed": seed + at, "shorten": shorten
            }  # fmt: skip
            found = {v.measure: v for v in values(Activity(part), known, settings, **options)}
            if counts is not None and counted:
                data = Activity(counts.select(time=time))
                found |= {v.measure: v for v in values(data, counted, settings, **options)}
            if trains is not None and timed:
                data = Activity(trains.select(time=(start, stop)))
                found |= {v.measure: v for v in values(data, timed, settings, **options)}
            found |= {name: _rhythm(RHYTHMS[name], part, settings) for name in names if name in RHYTHMS}
            rows += [found[name].at(WindowValue, **where) for name in names]
    if progress:
        progress(len(places), len(places), "measured")
    for name in names:
        reasons = [row.reason for row in rows if row.measure == name]
        if name in MEASURES and reasons and all(reasons):
            raise InputError(f"{name} is defined in no window: {reasons[0]}")
    return rows


def chosen_measures(names: Sequence[str] | None, settings: ValueSettings) -> list[str]:
    """Return the names, each once; by default r, χ_c, λ₁ fraction, SI-3 and all rhythms; of these what has a band."""
    default = (*SYNCHRONY, *RHYTHMS) if settings.band else tuple(
        name for name in SYNCHRONY if settings.phase_band or name not in NEEDS_BAND
    )  # fmt: skip
    return list(dict.fromkeys(names or default))


def _check(name: str, band: Band | None, trains: Spikes | None) -> None:
    if name in RHYTHMS:
        if band is None:
            raise InputError(f"{name}: needs a band=(low, high); got none")
    elif name not in MEASURES:
        raise unknown("measure", name, [*MEASURES, *RHYTHMS])
    elif get(name).takes == "spikes" and trains is None:
        raise InputError(f"{name}: reads spike trains; the windows are of sampled activity")


def _rhythm(rhythm: Rhythm, part: Recording, settings: ValueSettings) -> Value:
    value, live = rhythm.kernel(part, cast(Band, settings.band))
    unit = {"data": f"log10 ({part.unit})²", "1/clock": "Hz" if part.clock == "second" else f"1/{part.clock}"}
    return Value(
        measure=rhythm.name, value=value, unit=unit.get(rhythm.unit, rhythm.unit), n_units=part.n_units, n_live=live,
        n_times=part.n_times, reason="" if math.isfinite(value) else "too few samples, or no channel varies",
        settings=to_json({"band": settings.band}),
    )  # fmt: skip
