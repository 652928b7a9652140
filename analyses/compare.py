"""The same measures on any number of groups: equal units and observations, nulls, replicates, verdicts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from ..simulator import InputError, Recording, Spikes, unknown
from ..simulator.document import to_json
from ..simulator.spikes import MIN_SPIKES
from .comparison import Comparison, Observation, Skipped
from .display import displays
from .measures import MEASURES, get
from .measures.base import Measure, NullKind, Reading, apply
from .nulls import NullTest, null_tests
from .verdict import Contrast, Verdict, agreement, combine, contrast

Progress = Callable[[int, int, str], None]  # done, total, what is being measured
Null = NullKind | Literal["auto"]


@dataclass(frozen=True)
class Panel:
    """Groups of replicates that were recorded in one and the same way.

    Attributes:
        name: e.g. ``"spikes"``, ``"samples"``.
        groups: group name -> one Recording or Spikes a replicate (seed).
        nulls: kinds of surrogate; the first decides, the others are reported beside it.
        contrasts: pairs (a, b), a measured against b; by default every group against the first.
    """

    name: str
    groups: Mapping[str, Sequence[Recording | Spikes]]
    nulls: tuple[Null, ...] = ("auto",)
    contrasts: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.groups or any(len(replicates) == 0 for replicates in self.groups.values()):
            raise InputError(f"Panel({self.name!r}).groups: every group must hold a replicate; got {dict(self.groups)}")
        for name in (self.name, *self.groups):
            if not name or "/" in name:
                raise InputError(f"Panel: a name must not be empty or hold a slash; got {name!r}")
        for name in itertools.chain.from_iterable(self.contrasts):
            if name not in self.groups:
                raise unknown("group", name, self.groups)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The contrasts that are drawn."""
        first, *others = self.groups
        return self.contrasts or tuple((other, first) for other in others)


@dataclass(frozen=True)
class Side:
    """One of the two things whose agreement is asked for, e.g. "seizure against rest".

    A measure is read from the first of `panels` that has it; it speaks for the side only if every
    pair of `pairs` separates, in one direction.
    """

    name: str
    panels: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Settings:
    """How everything is measured, the same on every side.

    Attributes:
        measures: names; empty means every measure that is defined.
        bin: spikes are binned and smoothed at this interval [s] ...
        sd: ... by a Gaussian of this SD [s] before a measure of sampled activity reads them.
        band: (low, high) of Hilbert phases [cycles per sample], one band for every clock; at 10-ms
            bins 0.03–0.2 is 3–20 Hz.
        max_units, max_times: upper limits; below them the smallest recording decides.
        n_null: surrogates a value, at least 199.
        label: time label that holds the classes.
        seed: of subsampling and surrogates.
    """

    measures: tuple[str, ...] = ()
    bin: float = 0.010
    sd: float = 0.010
    band: tuple[float, float] = (0.03, 0.2)
    max_units: int = 100
    max_times: int = 1000
    n_null: int = 199
    label: str = "class"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.measures:
            get(name)
        for name in ("bin", "sd"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"Settings.{name}: must be > 0 s; got {value}")
        low, high = self.band
        if not 0 < low < high <= 0.5:
            raise InputError(f"Settings.band: must be 0 < low < high <= 0.5 cycles per sample; got {self.band}")
        if self.n_null < 199:
            raise InputError(f"Settings.n_null: must be at least 199; got {self.n_null}")
        if self.max_units < 2 or self.max_times < 3:
            raise InputError(
                f"Settings.max_units, max_times: at least 2 and 3; got {self.max_units} and {self.max_times}"
            )


@dataclass(frozen=True)
class _Replicate:
    """A replicate cut to size: sampled activity, and spike trains where there are any."""

    panel: str
    group: str
    number: int
    sampled: Recording
    spikes: Spikes | None
    n_units: int  # units before masking and subsampling
    notes: Mapping[str, object] = field(default_factory=dict)


def compare_panels(
    panels: Sequence[Panel],
    *,
    sides: tuple[Side, Side] | None = None,
    settings: Settings | None = None,
    histories: Mapping[str, Sequence[Recording]] | None = None,
    config: Mapping[str, object] | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Measure every replicate of every panel beside its null, and say what separates.

    All replicates are first cut to the same number of units and of samples (the smallest decides;
    spike trains keep units with at least 5 spikes), so that no measure can tell two groups apart by
    their size.

    Args:
        panels: what to compare.
        sides: two sides whose agreement is judged measure by measure.
        settings: how to measure; see `Settings`.
        histories: group -> learning curves (epoch or step, metric), kept for the figures.
        config: provenance that is stored with the result.
        progress: called as progress(done, total, what).

    Raises:
        InputError: a group without a usable replicate, or a setting out of range.
    """
    settings = settings or Settings()
    replicates = _equalise(panels, settings)
    names = settings.measures or tuple(MEASURES)
    kinds = {panel.name: panel.nulls for panel in panels}
    observations: list[Observation] = []
    skipped: list[Skipped] = []
    with threadpool_limits(1):  # thousands of small products: more threads only wait for each other
        for done, replicate in enumerate(replicates):
            if progress:
                progress(done, len(replicates), f"{replicate.panel}: {replicate.group} {replicate.number + 1}")
            rows, undefined = _observe(replicate, names, kinds[replicate.panel], settings, done)
            observations += rows
            skipped += undefined
    if progress:
        progress(len(replicates), len(replicates), "measured")
    contrasts = list(_contrasts(panels, names, observations))
    verdicts = list(_verdicts(sides, names, contrasts)) if sides else []
    first = {(r.panel, r.group): (r.sampled, r.spikes) for r in reversed(replicates)}
    return Comparison(
        observations=observations,
        contrasts=contrasts,
        verdicts=verdicts,
        skipped=skipped,
        figures=displays(first, settings.band, histories or {}),
        config={
            "settings": {k: getattr(settings, k) for k in Settings.__dataclass_fields__},
            "panels": {p.name: {g: len(r) for g, r in p.groups.items()} for p in panels},
            "n_units": replicates[0].sampled.n_units,
            "n_times": replicates[0].sampled.n_times,
            "sides": [asdict(side) for side in sides or ()],
            "seed": settings.seed,
            **(config or {}),
        },
    )


def _equalise(panels: Sequence[Panel], settings: Settings) -> list[_Replicate]:
    rows: list[tuple[str, str, int, Recording, Spikes | None, int, dict[str, object]]] = []
    for panel in panels:
        for group, members in panel.groups.items():
            for number, data in enumerate(members):
                where = f"{panel.name}, {group}, replicate {number + 1}"
                if isinstance(data, Spikes):
                    active = np.flatnonzero(data.counts >= MIN_SPIKES)
                    if active.size < 2:
                        raise InputError(
                            f"{where}: {active.size} of {data.n_units} units have {MIN_SPIKES} spikes; want at least 2"
                        )
                    spikes = data.select(units=active)
                    notes: dict[str, object] = {"bin": settings.bin, "sd": settings.sd, "min_spikes": MIN_SPIKES}
                    sampled = spikes.smoothed(settings.bin, settings.sd)
                    rows.append((panel.name, group, number, sampled, spikes, data.n_units, notes))
                else:
                    sampled = _flat(data, where)
                    rows.append((panel.name, group, number, sampled, None, data.n_units, {}))
    n_units = min(settings.max_units, *(row[3].n_units for row in rows))
    n_times = min(settings.max_times, *(row[3].n_times for row in rows))
    if n_units < 2 or n_times < 3:
        small = min(rows, key=lambda row: row[3].n_units if n_units < 2 else row[3].n_times)
        raise InputError(
            f"{small[0]}, {small[1]}, replicate {small[2] + 1}: has {small[3].n_units} units and "
            f"{small[3].n_times} samples; synchrony needs at least 2 units and 3 samples"
        )
    replicates = []
    for at, (panel_name, group, number, sampled, trains, total, notes) in enumerate(rows):
        seed = int(np.random.SeedSequence([settings.seed, at]).generate_state(1)[0])
        if trains is not None:
            trains = trains.subsample(n_units, seed=seed)
            trains = trains.select(
                time=(trains.t0, min(trains.t0 + n_times * settings.bin, trains.t0 + trains.duration))
            )
            sampled = trains.smoothed(settings.bin, settings.sd).subsample(n_times=n_times, seed=seed)
        else:
            sampled = sampled.subsample(n_units, n_times, seed=seed)
        replicates.append(_Replicate(panel_name, group, number, sampled, trains, total, notes))
    return replicates


def _flat(recording: Recording, where: str) -> Recording:
    if recording.values.ndim != 2:
        raise InputError(
            f"{where}: must have the axes (time, unit) alone; got shape {tuple(recording.values.shape)}. "
            "Give the trials as replicates"
        )
    return recording


def _observe(
    replicate: _Replicate, names: Sequence[str], kinds: Sequence[Null], settings: Settings, at: int
) -> tuple[list[Observation], list[Skipped]]:
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
            "settings": to_json({**replicate.notes, **reading.settings}),
        }
        found = tests.get(name, [])
        rows += [
            Observation(**shared, null_kind=t.kind, null_mean=t.mean, null_low=t.lo, null_high=t.hi, p=t.p)
            for t in found
        ]
        if not found:
            rows.append(Observation(**shared, null_kind="", null_mean=nan, null_low=nan, null_high=nan, p=nan))
    return rows, skipped


def _data(measure: Measure, replicate: _Replicate) -> Recording | Spikes:
    if measure.takes == "values":
        return replicate.sampled
    if replicate.spikes is None:
        raise InputError(f"{measure.name}: needs spike trains; this is sampled activity")
    return replicate.spikes


def _null_tests(
    replicate: _Replicate,
    measures: Sequence[Measure],
    kinds: Sequence[Null],
    settings: Settings,
    band: tuple[float, float],
    at: int,
) -> dict[str, list[NullTest]]:
    """The tests of every measure that has a null, the deciding kind first."""
    asked: dict[tuple[str, Null], list[Measure]] = {}
    for measure in measures:
        if measure.has_null:
            for kind in [k for k in kinds if k == "auto" or k in measure.nulls] or ["auto"]:
                asked.setdefault((measure.takes, kind), []).append(measure)
    found: dict[str, list[NullTest]] = {}
    for kind in (*kinds, "auto"):
        for takes in ("values", "spikes"):
            if group := asked.pop((takes, kind), []):
                data = _data(group[0], replicate)
                for test in null_tests(
                    group, data, kind=kind, n=settings.n_null, seed=settings.seed + at, band=band, label=settings.label
                ):
                    found.setdefault(test.measure, []).append(test)
    return found


def _contrasts(
    panels: Sequence[Panel], names: Sequence[str], observations: Sequence[Observation]
) -> Iterator[Contrast]:
    found: dict[tuple[str, str, str], dict[int, Observation]] = {}
    for row in observations:  # the first kind of null decides
        found.setdefault((row.panel, row.measure, row.group), {}).setdefault(row.replicate, row)
    for panel in panels:
        for name in names:
            for a, b in panel.pairs():
                one, two = (list(found.get((panel.name, name, group), {}).values()) for group in (a, b))
                if len(one) < len(panel.groups[a]) or len(two) < len(panel.groups[b]):
                    continue  # undefined on some replicate: listed under "skipped"
                yield contrast(
                    panel.name,
                    name,
                    a,
                    b,
                    [o.value for o in one],
                    [o.value for o in two],
                    [o.p for o in one],
                    [o.p for o in two],
                    tail=-1 if get(name).tail == "lower" else 1,
                )


def _verdicts(sides: tuple[Side, Side], names: Sequence[str], contrasts: Sequence[Contrast]) -> Iterator[Verdict]:
    for name in names:
        read = [_read_side(side, name, contrasts) for side in sides]
        if all(statement == "undefined" for _, statement in read):
            continue
        (d1, s1), (d2, s2) = read
        yield Verdict(name, sides[0].name, d1, s1, sides[1].name, d2, s2, agreement(read[0], read[1]))


def _read_side(side: Side, measure: str, contrasts: Sequence[Contrast]) -> tuple[int, str]:
    for panel in side.panels:
        rows = [c for c in contrasts if c.panel == panel and c.measure == measure and (c.a, c.b) in side.pairs]
        if len(rows) == len(side.pairs):
            return combine(rows)
    return combine([])
