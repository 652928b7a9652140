"""Every measure of one replicate, beside its nulls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...simulator import InputError, Recording, Spikes
from ...simulator.files.document import to_json
from ..measures import get
from ..measures.base import Measure, Reading, apply
from ..surrogates import NullTest, fitting_kind, null_tests
from .panels import Null, Replicate, Settings
from .result import Observation, Skipped


def observe(
    replicate: Replicate, names: Sequence[str], kinds: Sequence[Null], settings: Settings, at: int
) -> tuple[list[Observation], list[Skipped]]:
    """The measures of one replicate, one row a null, and those that are not defined on it.

    Args:
        replicate: cut to size.
        names: of measures.
        kinds: of surrogates, the deciding one first.
        settings: how to measure.
        at: number of the replicate, which sets its surrogates apart from those of others.
    """
    band = (settings.band[0] / replicate.sampled.dt, settings.band[1] / replicate.sampled.dt)
    readings: dict[str, Reading] = {}
    skipped = []
    for name in names:
        measure = get(name)
        try:
            data = _data(measure, replicate)
            readings[name] = apply(measure, data, band=band if "band" in measure.needs else None, label=settings.label)
        except InputError as error:
            skipped.append(Skipped(replicate.panel, replicate.group, replicate.number, name, str(error)))
    tests = _null_tests(replicate, [get(name) for name in readings], kinds, settings, band, at)
    nan = math.nan
    rows = []
    for name, reading in readings.items():
        shared: dict[str, Any] = {
            "panel": replicate.panel,
            "group": replicate.group,
            "replicate": replicate.number,
            "measure": name,
            "value": float(reading.value),
            "n_units": replicate.n_units,
            "n_live": reading.n_live,
            "n_times": replicate.sampled.n_times,
            "settings": to_json({**replicate.notes, "n_varying": replicate.n_live, **reading.settings}),
        }
        found = tests.get(name, [])
        rows += [
            Observation(**shared, null_kind=t.kind, null_mean=t.mean, null_low=t.lo, null_high=t.hi, p=t.p)
            for t in found
        ]
        if not found:
            rows.append(Observation(**shared, null_kind="", null_mean=nan, null_low=nan, null_high=nan, p=nan))
    return rows, skipped


def _data(measure: Measure, replicate: Replicate) -> Recording | Spikes:
    if measure.takes == "values":
        return replicate.sampled
    if replicate.spikes is None:
        raise InputError(f"{measure.name}: needs spike trains; this is sampled activity")
    return replicate.spikes


def _null_tests(
    replicate: Replicate,
    measures: Sequence[Measure],
    kinds: Sequence[Null],
    settings: Settings,
    band: tuple[float, float],
    at: int,
) -> dict[str, list[NullTest]]:
    """The tests of every measure that has a null, the deciding kind first."""
    asked: dict[tuple[str, Null], list[Measure]] = {}
    for measure in measures:
        for kind in [k for k in kinds if k == "auto" or k in measure.nulls] or ["auto"]:
            try:
                fitting_kind(measure, _data(measure, replicate), kind, settings.label)
            except InputError:  # no surrogate says anything here: the value stands alone, and is said to
                continue
            asked.setdefault((measure.takes, kind), []).append(measure)
    found: dict[str, list[NullTest]] = {}
    for kind in (*kinds, "auto"):
        for takes in ("values", "spikes"):
            if group := asked.pop((takes, kind), []):
                data = _data(group[0], replicate)
                options: dict[str, Any] = {"n": settings.n_null, "band": band, "label": settings.label}
                try:
                    tests = null_tests(group, data, kind=kind, seed=settings.seed + at, **options)
                except InputError:  # spike trains whose surrogates cannot be measured: no null, and no claim
                    continue
                for test in tests:
                    found.setdefault(test.measure, []).append(test)
    return found
