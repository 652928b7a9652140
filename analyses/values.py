"""The measures of one Run: rows beside their nulls, what is not defined and why, as a table and as a file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from typing import Any, cast

import numpy as np

from ..simulator import InputError, Recording, Run, Spikes
from ..simulator.files.document import Group, to_json
from ..simulator.files.result import Result
from ..simulator.files.rows import from_group, to_group
from ..simulator.recordings.spikes import MIN_SPIKES
from ..simulator.types import Progress
from .measures import MEASURES, get
from .measures.base import Measure, NullKind, applicable, apply
from .surrogates import fitting_kind, null_test


@dataclass(frozen=True)
class Measurement:
    """One measure of one entry of a Run (of one trial of it, where it has trials: ``entry[k]``)."""

    entry: str
    measure: str
    value: float
    unit: str
    null_kind: str  # "" where there is no null
    null_mean: float
    null_low: float  # 2.5 and 97.5 % of the surrogates
    null_high: float
    p: float  # (1 + k)/(1 + n); NaN where there is no null
    n_units: int
    n_live: int
    n_times: int
    settings: str  # JSON: band, bin, label, after_shuffle, no_null (why there is none, if one was asked for) ...

    @property
    def after_shuffle(self) -> float | None:
        """The value after a shuffle of the samples, of a measure that is never shown without."""
        return cast("float | None", json.loads(self.settings).get("after_shuffle"))

    @property
    def no_null(self) -> str:
        """Why there is no null where one was asked for; else ""."""
        return str(json.loads(self.settings).get("no_null", ""))


@dataclass(frozen=True)
class Undefined:
    """A measure that is not defined on an entry, and why."""

    entry: str
    measure: str
    reason: str


@dataclass(frozen=True)
class Measurements(Result):
    """What `ictal.measure` found.

    Attributes:
        rows: one measure of one entry each.
        skipped: measures that are not defined on an entry, with the reason.
        config: everything that is needed to measure again, JSON-able.
    """

    kind = "measurements"
    stored = (("skipped", "tables/skipped", Undefined),)

    rows: Sequence[Measurement]
    skipped: Sequence[Undefined] = ()
    config: Mapping[str, Any] = field(default_factory=dict)

    def value(self, measure: str, entry: str | None = None) -> float:
        """The value of this measure; `entry` is needed where several entries have it.

        Raises:
            InputError: there is none, or more than one.
        """
        found = [row for row in self.rows if row.measure == measure and entry in (None, row.entry)]
        if len(found) == 1:
            return found[0].value
        if found:
            raise InputError(f"Measurements.value: {measure} has entries {', '.join(r.entry for r in found)}; name one")
        why = [s.reason for s in self.skipped if s.measure == measure and entry in (None, s.entry)]
        raise InputError(f"Measurements.value: no {measure}" + (f": {why[0]}" if why else ""))

    def tables(self) -> dict[str, Any]:
        """Return rows, settings as mappings, and what is not defined."""
        rows = [{**asdict(row), "settings": json.loads(row.settings)} for row in self.rows]
        return {"rows": rows, "skipped": self.skipped}

    def to_groups(self) -> dict[str, Group]:
        """Return ``/measures/NAME`` and ``/tables/skipped``."""
        groups = {}
        for name in dict.fromkeys(row.measure for row in self.rows):
            measure = get(name)
            attrs = {key: getattr(measure, key) for key in ("formula", "range", "floor", "shows", "cannot", "citation")}
            groups[f"measures/{name}"] = to_group(Measurement, [row for row in self.rows if row.measure == name], attrs)
        return groups | super().to_groups()

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> Measurements:
        """Return the inverse of `to_groups`."""
        rows = [r for n in MEASURES if (g := groups.get(f"measures/{n}")) for r in from_group(Measurement, g)]
        for row in rows:
            dict(json.loads(row.settings))
        return super().from_groups(groups, config, rows=rows, **fields)

    def __repr__(self) -> str:
        lines = [f"Measurements({len(self.rows)} rows, {len(self.skipped)} not defined)"]
        for row in self.rows:
            null = "" if math.isnan(row.p) else f"  null {row.null_low:.3g}..{row.null_high:.3g}  p {row.p:.3g}"
            null += f"  no null: {row.no_null}" if row.no_null else ""
            after = "" if row.after_shuffle is None else f"  after a shuffle {row.after_shuffle:.4g}"
            lines.append(f"  {row.entry:<12} {row.measure:<26} {row.value:>10.4g} {row.unit:<4}{after}{null}")
        return "\n".join(lines)


@dataclass(frozen=True)
class How:
    """How everything is measured; the fields are the arguments of `ictal.measure`."""

    band: tuple[float, float] | None = None
    nulls: int = 0
    bin: float = 0.001  # [s]
    sd: float = 0.005  # [s]
    units: int | None = None
    label: str = "class"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.nulls != 0 and self.nulls < 199:
            raise InputError(f"measure.nulls: must be 0 or at least 199; got {self.nulls}")
        if self.units is not None and self.units < 2:
            raise InputError(f"measure.units: must be at least 2; got {self.units}")
        if not (math.isfinite(self.bin) and self.bin > 0):
            raise InputError(f"measure.bin: must be > 0 s; got {self.bin}")
        if not (math.isfinite(self.sd) and self.sd >= 0):
            raise InputError(f"measure.sd: must be >= 0 s; got {self.sd}")
        if self.band is not None and not 0 < self.band[0] < self.band[1]:
            raise InputError(f"measure.band: must be 0 < low < high; got ({self.band[0]:g}, {self.band[1]:g})")


def take(
    run: Run, names: Sequence[str], how: How, *, asked: bool, where: str = "", progress: Progress | None = None
) -> tuple[list[Measurement], list[Undefined]]:
    """Every measure of `names` on every entry.

    Args:
        run: what is measured.
        names: of measures.
        how: band, surrogates ...
        asked: the user named the measures, so that one which is not defined anywhere is an error.
        where: leads an error, such as the name of the file.
        progress: called as progress(done, total, what).

    Raises:
        InputError: no entry has synchrony to measure, or none has a measure that was asked for.
    """
    rows: list[Measurement] = []
    skipped: list[Undefined] = []
    parts = [part for name, entry in run.items() for part in _trials(name, entry)]
    poor = [reason for _, entry in parts if (reason := unusable(entry)) is not None]
    if not asked and len(poor) == len(parts):
        raise InputError(f"{where}{parts[0][0]}: {poor[0]}")
    for done, (name, entry) in enumerate(parts):
        if how.units is not None:
            entry = entry.subsample(min(how.units, entry.n_units), seed=how.seed)
        view = cache(partial(_sampled, entry, how))
        for at, key in enumerate(names):
            if progress:
                progress(done * len(names) + at, len(parts) * len(names), f"{name}: {key}")
            measure = get(key)
            data, notes = (entry, {}) if measure.takes == "spikes" else view(measure.of_counts)
            if data is None:
                skipped.append(Undefined(name, key, f"no unit has {MIN_SPIKES} spikes"))
            elif (reason := applicable(measure, data, band=how.band, label=how.label)) is not None:
                skipped.append(Undefined(name, key, reason))
            else:
                rows.append(_row(name, measure, data, entry.n_units, notes, how))
    if progress:
        progress(len(parts) * len(names), len(parts) * len(names), "measured")
    if not rows or (asked and (missing := [k for k in names if k not in {r.measure for r in rows}])):
        first = next(s for s in skipped if not rows or s.measure in missing)
        raise InputError(f"{where}{first.measure} is not defined on {first.entry}: {first.reason}")
    return rows, skipped


def _row(
    name: str, measure: Measure, data: Recording | Spikes, n_units: int, notes: Mapping[str, object], how: How
) -> Measurement:
    reading = apply(measure, data, band=how.band, label=how.label, seed=how.seed)
    settings: dict[str, object] = {**notes, **reading.settings}
    kind, mean, low, high, p = "", math.nan, math.nan, math.nan, math.nan
    if how.nulls:
        fits, reason = _null_kind(measure, data, how.label)
        if fits is None:
            settings["no_null"] = reason
        else:
            test = null_test(measure, data, kind=fits, n=how.nulls, seed=how.seed, band=how.band, label=how.label)
            kind, mean, low, high, p = test.kind, test.mean, test.lo, test.hi, test.p
    return Measurement(
        name, measure.name, float(reading.value), reading.unit, kind, mean, low, high, p,
        n_units, int(reading.n_live), reading.n_times, to_json(settings),
    )  # fmt: skip


def _null_kind(measure: Measure, data: Recording | Spikes, label: str) -> tuple[NullKind | None, str]:
    """The kind of surrogate that fits, or None and why none does: the value is then shown alone."""
    if not measure.has_null:
        return None, measure.no_null
    try:
        return fitting_kind(measure, data, label=label), ""
    except InputError as error:
        return None, str(error).removeprefix(f"{measure.name}: none of its nulls fits: ")


def _trials(name: str, entry: Recording | Spikes) -> Iterator[tuple[str, Recording | Spikes]]:
    if isinstance(entry, Spikes) or entry.values.ndim == 2:
        yield name, entry
        return
    for index in np.ndindex(*entry.values.shape[:-2]):
        valid = None if entry.valid is None else entry.valid[index]
        trial = replace(entry, values=entry.values[index], valid=valid)
        yield f"{name}[{','.join(map(str, index))}]", trial


def _sampled(entry: Recording | Spikes, how: How, counts: bool) -> tuple[Recording | None, dict[str, object]]:
    """What a measure of sampled activity reads: of spikes smoothed rates, or counts."""
    if isinstance(entry, Recording):
        return entry, {}
    active = np.flatnonzero(entry.counts >= MIN_SPIKES)
    if active.size == 0:
        return None, {}
    sd = 0.0 if counts else how.sd
    notes: dict[str, object] = {"bin": how.bin, "sd": sd, "min_spikes": MIN_SPIKES}
    chosen = entry.select(units=active)
    return (chosen.smoothed(how.bin, sd) if sd else chosen.binned(how.bin)), notes


def unusable(entry: Recording | Spikes) -> str | None:
    """Why nothing can be synchronous in this entry, or None."""
    if entry.n_units < 2:
        return "has 1 unit; synchrony needs at least 2"
    if isinstance(entry, Spikes):
        active = int((entry.counts >= MIN_SPIKES).sum())
        return None if active >= 2 else f"{active} of {entry.n_units} units have {MIN_SPIKES} spikes; want at least 2"
    if entry.n_times < 3:
        return f"has {entry.n_times} sample{'s' * (entry.n_times > 1)}; synchrony needs at least 3"
    return applicable(get("si_3"), entry)
