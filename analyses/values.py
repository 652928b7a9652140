"""Values with their nulls: the one function that computes both, and the table of the values of a Run."""

from __future__ import annotations

import json
import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal, TypeVar, cast

import numpy as np

from ..simulator import InputError, Recording, Spikes
from ..simulator.files.document import Group, Variable, to_json
from ..simulator.files.result import Result
from ..simulator.files.rows import from_group, to_group
from ..simulator.recordings.spikes import MIN_SPIKES
from ..simulator.types import Band
from .filtering import bandpassed
from .measures import MEASURES, get
from .measures.base import Measure, NullKind, applicable, apply
from .settings import ValueSettings
from .surrogates import NullTest, fitting_kind, null_tests

Null = NullKind | Literal["auto"]
Form = Literal["trains", "rates", "counts"]
Indexed = TypeVar("Indexed", bound="Value")


@dataclass(frozen=True, kw_only=True)
class Value:
    """One measure with its null. A table of values adds index columns, such as the entry or the window."""

    measure: str
    value: float = math.nan  # NaN where it is not defined
    unit: str = ""
    null_kind: str = ""  # "" where there is no null
    null_mean: float = math.nan
    null_sd: float = math.nan
    null_low: float = math.nan  # 2.5 and 97.5 % of the surrogates
    null_high: float = math.nan
    p: float = math.nan  # (1 + k)/(1 + n), one-sided; NaN where there is no null
    n_units: int = 0
    n_live: int = 0  # units that vary; of spike trains, units with enough spikes
    n_times: int = 0  # samples; of spike trains, spikes
    settings: str = "{}"  # JSON: band, bin, label, after_shuffle, no_null (why there is none, if one was asked for) ...
    reason: str = ""  # why the value is not defined; "" where it is

    def at(self, kind: type[Indexed], **index: Any) -> Indexed:
        """Return the value as a row of `kind`; `index` gives the columns that it has beyond those of a value."""
        return kind(**{**{item.name: getattr(self, item.name) for item in fields(Value)}, **index})

    @property
    def after_shuffle(self) -> float | None:
        """Return the value after a shuffle of the samples, or None; some measures are never shown without."""
        return cast("float | None", json.loads(self.settings).get("after_shuffle"))

    @property
    def no_null(self) -> str:
        """The reason why there is no null where one was asked for; else ""."""
        return str(json.loads(self.settings).get("no_null", ""))


@dataclass(frozen=True, kw_only=True)
class EntryValue(Value):
    """A value of one entry of a Run (of one trial of it, where it has trials: ``entry[k]``)."""

    entry: str


@dataclass(frozen=True, eq=False)
class Activity:
    """One entry in the forms that measures read: spike trains and sampled activity, each computed at first use.

    Attributes:
        data: what was recorded, (time, unit) or spikes.
        bin, sd: of spikes, as in `ValueSettings`.
        band: (low, high) [cycles per tick] to which sampled activity is filtered.
        time: (start, stop) [ticks] to which everything is cut, after the filter.
        every: rates of spikes are read at every so many bins.
        n_times: largest number of samples of the rates.
    """

    data: Recording | Spikes
    bin: float = ValueSettings.bin
    sd: float = ValueSettings.sd
    band: Band | None = None
    time: tuple[float, float] | None = None
    every: int = 1
    n_times: int | None = None

    @cached_property
    def trains(self) -> Recording | Spikes:
        """Return the recorded data within `time`."""
        return self.data if self.time is None else self.data.select(time=self.time)

    @cached_property
    def rates(self) -> Recording:
        """Sampled activity; of spikes the smoothed rates of the units with at least 5 spikes.

        Raises:
            InputError: no unit has 5 spikes; the band does not fit, or the clock has no order.
        """
        found = self._sampled(self.sd)
        if self.every > 1:
            found = replace(found, values=found.values[:: self.every], dt=found.dt * self.every)
        return found if self.n_times is None else found.subsample(n_times=self.n_times, seed=0)

    @cached_property
    def counts(self) -> Recording:
        """Sampled activity; of spikes the counts in bins. Errors as `rates`."""
        return self._sampled(0.0) if isinstance(self.data, Spikes) else self.rates

    @cached_property
    def active(self) -> Spikes:
        """Of spikes, the trains of the units with at least 5 spikes, within `time` unless a band filters before.

        Raises:
            InputError: no unit has 5 spikes.
        """
        active = np.flatnonzero(cast(Spikes, self.trains).counts >= MIN_SPIKES)
        if active.size == 0:
            raise InputError(f"no unit has {MIN_SPIKES} spikes")
        return cast(Spikes, self.data if self.band else self.trains).select(units=active)

    def _sampled(self, sd: float) -> Recording:
        if isinstance(self.trains, Spikes):
            whole = self.active
            found = whole.smoothed(self.bin, sd) if sd else whole.binned(self.bin)
        else:
            found = cast(Recording, self.data if self.band else self.trains)
        if self.band is None:
            return found
        found = bandpassed(found, self.band)  # before the cut: the filter then rings beyond the edges
        return found if self.time is None else found.select(time=self.time)

    def form(self, measure: Measure) -> Form:
        """Return the form that the measure reads."""
        if measure.takes == "spikes":
            return "trains"
        return "counts" if measure.of_counts and isinstance(self.data, Spikes) else "rates"

    def notes(self, form: Form) -> dict[str, object]:
        """Return how this form was made from the data, for the settings of a value.

        Rates and counts of spikes give ``bin``, ``sd`` and ``min_spikes``. With a band, ``filtered`` is [low, high], or
        says that spike trains are not filtered.
        """
        found: dict[str, object] = {}
        if isinstance(self.data, Spikes) and form != "trains":
            found = {"bin": self.bin, "sd": self.sd if form == "rates" else 0.0, "min_spikes": MIN_SPIKES}
        if self.band is not None:
            found["filtered"] = "spike trains are not" if form == "trains" else list(self.band)
        return found


def values(
    data: Recording | Spikes | Activity,
    measures: Sequence[str],
    settings: ValueSettings,
    *,
    kinds: Sequence[Null] = ("auto",),
    nulled: Container[str] | None = None,
    seed: int | None = None,
    shuffle_seed: int | None = None,
) -> list[Value]:
    """Compute every measure of one entry with its null: one value a measure and kind of surrogate.

    Surrogates are drawn once for all measures, so that their values belong together.

    Args:
        data: (time, unit), spikes, or the forms of either that are to be read as they are.
        measures: names in `MEASURES`.
        settings: see `ValueSettings`; the filter is applied unless `data` is an `Activity`.
        kinds: of surrogates, the deciding one first; a measure that has none of them takes the first that fits.
        nulled: names of the measures that surrogates are drawn for; all if left out.
        seed: of the surrogates; that of the settings if left out.
        shuffle_seed: of the shuffle that some measures are shown with; `seed` if left out.

    Returns:
        Values in the order of the measures. A measure that is not defined has the value NaN and a `reason`; one
        without a null that was asked for says why under ``no_null``.

    >>> t = np.arange(100)[:, None]
    >>> wave = Recording(np.sin(t + np.zeros(4)), dt=0.01, clock="second", quantity="activity", unit="1")
    >>> [(v.measure, round(v.value, 6), v.reason[:18]) for v in values(wave, ["si_3", "cv_isi"], ValueSettings())]
    [('si_3', 1.0, ''), ('cv_isi', nan, 'reads spike trains')]
    """
    activity = data if isinstance(data, Activity) else Activity(data, settings.bin, settings.sd, settings.band)
    seed = settings.seed if seed is None else seed
    shuffle_seed = seed if shuffle_seed is None else shuffle_seed
    found: dict[str, Value] = {}
    notes: dict[str, dict[str, object]] = {}
    for name in measures:
        measure = get(name)
        form = activity.form(measure)
        try:
            read: Recording | Spikes = getattr(activity, form)
            one = apply(measure, read, band=settings.band_of(measure), label=settings.label, seed=shuffle_seed)
        except InputError as error:
            found[name] = Value(measure=name, n_units=activity.data.n_units, reason=_reason(name, error))
            continue
        notes[name] = {**activity.notes(form), **one.settings}
        found[name] = Value(
            measure=name, value=float(one.value), unit=one.unit, n_units=activity.data.n_units,
            n_live=int(one.n_live), n_times=one.n_times,
        )  # fmt: skip
    wanted = [name for name in notes if nulled is None or name in nulled] if settings.nulls else []
    tests, alone = _null_tests(activity, wanted, kinds, settings, seed)
    rows = []
    for name, value in found.items():
        if name in notes:
            why = {} if name in tests or name not in alone else {"no_null": alone[name]}
            value = replace(value, settings=to_json({**notes[name], **why}))
        rows += [_with_null(value, test) for test in tests.get(name, ())] or [value]
    return rows


def _with_null(value: Value, test: NullTest) -> Value:
    return replace(
        value, null_kind=test.kind, null_mean=test.mean, null_sd=float(test.values.std()), null_low=test.lo,
        null_high=test.hi, p=test.p,
    )  # fmt: skip


def _null_tests(
    activity: Activity, names: Sequence[str], kinds: Sequence[Null], settings: ValueSettings, seed: int
) -> tuple[dict[str, list[NullTest]], dict[str, str]]:
    """Return the tests of every measure, the deciding kind first; and why there is none."""
    asked: dict[tuple[Null, Form], list[Measure]] = {}
    alone: dict[str, str] = {}
    for measure in map(get, names):
        form = activity.form(measure)
        for kind in [k for k in kinds if k == "auto" or k in measure.nulls] or ["auto"]:
            try:
                fitting_kind(measure, getattr(activity, form), kind, settings.label)
            except InputError as error:  # no surrogate says anything here: the value stands alone
                alone[measure.name] = _reason(measure.name, error)
                continue
            asked.setdefault((kind, form), []).append(measure)
    found: dict[str, list[NullTest]] = {}
    order: list[tuple[Null, Form]] = [
        (kind, form)
        for kind in (*kinds, "auto")
        for form in ("rates", "counts", "trains")  # as the kinds decide
    ]
    band = settings.phase_band or settings.band
    options: dict[str, Any] = {"n": settings.nulls, "band": band, "label": settings.label}
    for kind, form in order:
        group = asked.pop((kind, form), [])
        try:
            tests = null_tests(group, getattr(activity, form), kind=kind, seed=seed, **options) if group else []
        except InputError as error:  # spike trains whose surrogates cannot be measured: no null, and no claim
            alone |= {measure.name: _reason(measure.name, error) for measure in group}
            continue
        for test in tests:
            found.setdefault(test.measure, []).append(test)
    return found, alone


def _reason(name: str, error: InputError) -> str:
    return str(error).removeprefix(f"{name}: ").removeprefix("none of its nulls fits: ")


def unusable(entry: Recording | Spikes) -> str | None:
    """Return why nothing can be synchronous in this entry, or None."""
    if entry.n_units < 2:
        return "has 1 unit; synchrony needs at least 2"
    if isinstance(entry, Spikes):
        active = int((entry.counts >= MIN_SPIKES).sum())
        return None if active >= 2 else f"{active} of {entry.n_units} units have {MIN_SPIKES} spikes; want at least 2"
    if entry.n_times < 3:
        return f"has {entry.n_times} sample{'s' * (entry.n_times > 1)}; synchrony needs at least 3"
    return applicable(get("si_3"), entry)


def completed(groups: Mapping[str, Group]) -> dict[str, Group]:
    """Return the groups of a file; add the columns that tables of values lacked in the first files.

    A table is old if it lacks ``null_sd``. New columns hold the defaults of `Value`.

    - Tables of values get ``null_sd`` and ``reason``, and ``unit`` if they lack it.
    - Tables of windows also get ``n_times`` and ``settings``. Their ``n_units`` counted the units that vary, and
      is copied to ``n_live``.
    - Tables of reasons, such as ``tables/skipped``, get every column of `Value` that they lack.

    Any other missing column stays missing, so that reading a damaged file fails.
    """
    found = dict(groups)
    for name, group in groups.items():
        known = group.variables
        reasons, windows = {"measure", "reason"} <= set(known), {"null_kind", "start"} <= set(known)
        if "null_sd" in known or not (reasons or "null_kind" in known):
            continue
        later = {"unit", "null_sd", "reason", *(("n_times", "settings") if windows else ())}
        n = len(known["measure"].values)
        new = {
            item.name: Variable(("row",), np.full(n, item.default))
            for item in fields(Value)
            if item.name not in known and (reasons or item.name in later)
        }
        new |= {"n_live": known["n_units"]} if windows else {}
        found[name] = Group({**known, **new}, group.attrs)
    return found


def of_measures(groups: Mapping[str, Group]) -> list[Group]:
    """Return the groups ``measures/NAME`` in the order of `MEASURES`, then those of measures that are not installed."""
    there = [name.removeprefix("measures/") for name in groups if name.startswith("measures/")]
    known = [name for name in MEASURES if name in there]
    return [groups[f"measures/{name}"] for name in (*known, *(name for name in there if name not in known))]


@dataclass(frozen=True)
class Measurements(Result):
    """Values of the entries of a Run: result of `ictal.measure`.

    Attributes:
        rows: one measure of one entry each.
        skipped: measures that are not defined on an entry, with the reason.
        config: everything that is needed to measure again, JSON-able.
    """

    kind = "measurements"
    stored = (("skipped", "tables/skipped", EntryValue),)

    rows: Sequence[EntryValue]
    skipped: Sequence[EntryValue] = ()
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
            rows = [row for row in self.rows if row.measure == name]
            groups[f"measures/{name}"] = to_group(EntryValue, rows, get(name).prose if name in MEASURES else {})
        return groups | super().to_groups()

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> Measurements:
        """Return the inverse of `to_groups`."""
        groups = completed(groups)
        rows = [row for group in of_measures(groups) for row in from_group(EntryValue, group)]
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
