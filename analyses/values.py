"""Values with their nulls: the one function that computes both, and the table of the values of a Run."""

from __future__ import annotations

import json
import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar, cast

import numpy as np

from ..simulator import InputError, Recording, Spikes
from ..simulator.files.document import Group, Variable, to_json
from ..simulator.files.result import Result
from ..simulator.files.rows import from_group, to_group
from ..simulator.recordings.spikes import MIN_SPIKES
from .activity import Activity, Form
from .measures import MEASURES, get
from .measures.base import Measure, Shared, applicable, apply, in_double
from .nulls.kinds import fitting_kind, fitting_kinds
from .nulls.null_tests import NullTest, null_tests
from .nulls.validity import NOT_STATIONARY, TOO_SLOW
from .settings import ValueSettings

ALPHA = 0.05  # of a value against its surrogates
Indexed = TypeVar("Indexed", bound="Value")


@dataclass(frozen=True, kw_only=True, slots=True)
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
    tested: float = (
        math.nan
    )  # value that the null stands beside: of the middle that every shift covers, or of innovations
    p: float = math.nan  # (1 + k)/(1 + n), one-sided; NaN where there is no null
    n_units: int = 0
    n_live: int = 0  # units that vary; of spike trains, units with enough spikes
    n_times: int = 0  # samples; of spike trains, spikes
    settings: str = "{}"  # JSON: band, bin, label, after_shuffle, null (its sizes), no_null (why there is none) ...
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

    @property
    def effective_samples(self) -> float:
        """Return T_eff, 1 / mean r² of independent signals as slow as these; NaN where it is not computed."""
        return _number(json.loads(self.settings).get("null", {}).get("t_eff"))

    @property
    def too_slow(self) -> bool:
        """Return whether a large p says nothing, because the signals are too slow for their length."""
        return self.p > ALPHA and self.effective_samples < TOO_SLOW

    @property
    def common_variance(self) -> float:
        """Return V, by which units change their variance together, where it is above its limit; else NaN."""
        null = json.loads(self.settings).get("null", {})
        return _number(null.get("common_variance")) if null.get("varies_in_common") else math.nan

    @property
    def remark(self) -> str:
        """Return the limits of the null: too slow for its length, variance that changes in common; or ""."""
        found = []
        if self.too_slow:
            found.append(f"too slow for its length (T_eff {self.effective_samples:.2g}): cannot be told")
        if not math.isnan(self.common_variance):
            lag = _number(json.loads(self.settings)["null"].get("max_lag"))
            found.append(
                f"units change their variance together (V {self.common_variance:.2f}); surrogates are shifted by up to "
                f"{lag:.3g}, and by more they would correlate too little"
            )
        return "; ".join(found)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryValue(Value):
    """A value of one entry of a Run (of one trial of it, where it has trials: ``entry[k]``)."""

    entry: str


def values(
    data: Recording | Spikes | Activity,
    measures: Sequence[str],
    settings: ValueSettings,
    *,
    kinds: Sequence[str] | None = None,
    nulled: Container[str] | None = None,
    seed: int | None = None,
    shuffle_seed: int | None = None,
    shorten: bool = True,
) -> list[Value]:
    """Compute every measure of one entry with its null: one value a measure and kind of surrogate.

    Surrogates are drawn once for all measures, so that their values belong together.

    Args:
        data: (time, unit), spikes, or the forms of either that are to be read as they are.
        measures: names in `MEASURES`.
        settings: see `ValueSettings`; the filter is applied unless `data` is an `Activity`.
        kinds: of surrogates, the deciding one first; a measure that has none of them takes the one that decides by
            the data, as "auto" does. If left out those of the settings, and without any those of `fitting_kinds`.
        nulled: names of the measures that surrogates are drawn for; all if left out.
        seed: of the surrogates; that of the settings if left out.
        shuffle_seed: of the shuffle that some measures are shown with; `seed` if left out.
        shorten: see `Shifts`.

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
    shared: dict[str, Shared] = {}
    for name in measures:
        measure = get(name)
        form = activity.form(measure)
        try:
            read: Recording | Spikes = getattr(activity, form)
            if isinstance(read, Recording) and form not in shared:
                shared[form] = Shared(in_double(read))
            one = apply(
                measure, read, band=settings.band_of(measure), label=settings.label, seed=shuffle_seed,
                shared=shared.get(form),
            )  # fmt: skip
        except InputError as error:
            found[name] = Value(measure=name, n_units=activity.data.n_units, reason=_reason(name, error))
            continue
        notes[name] = {**activity.notes(form), **one.settings}
        found[name] = Value(
            measure=name, value=float(one.value), unit=one.unit, n_units=activity.data.n_units,
            n_live=int(one.n_live), n_times=one.n_times,
        )  # fmt: skip
    wanted = [name for name in notes if nulled is None or name in nulled] if settings.nulls else []
    tests, alone = _null_tests(activity, wanted, kinds if kinds is not None else settings.null, settings, seed, shorten)
    rows = []
    for name, value in found.items():
        if name in notes and name not in tests:
            why = {"no_null": alone[name]} if name in alone else {}
            value = replace(value, settings=to_json({**notes[name], **why}))
        rows += [_with_null(value, notes[name], test) for test in tests.get(name, ())] or [value]
    return rows


def _with_null(value: Value, notes: Mapping[str, object], test: NullTest) -> Value:
    settings = to_json({**notes, **({"null": dict(test.notes)} if test.notes else {})})
    return replace(
        value, null_kind=test.kind, null_mean=test.mean, null_sd=float(test.values.std()), null_low=test.lo,
        null_high=test.hi, tested=test.observed, p=test.p, settings=settings,
    )  # fmt: skip


def _null_tests(
    activity: Activity, names: Sequence[str], kinds: Sequence[str], settings: ValueSettings, seed: int, shorten: bool
) -> tuple[dict[str, list[NullTest]], dict[str, str]]:
    """Return the tests of every measure, the deciding kind first; and why there is none."""
    asked: dict[tuple[str, Form], list[Measure]] = {}
    alone: dict[str, str] = {}
    order: dict[str, list[str]] = {}
    for measure in map(get, names):
        form = activity.form(measure)
        data, shifts = getattr(activity, form), activity.shifts(form, settings, shorten)
        own: list[str] = [kind for kind in kinds if kind != "auto" and kind in measure.nulls]
        try:
            if own:
                own = [fitting_kind(measure, data, kind, settings.label, shifts) for kind in own]
            else:
                own += fitting_kinds(measure, data, settings.label, shifts)[: 1 if kinds else None]
        except InputError as error:  # no surrogate says anything here: the value stands alone
            alone[measure.name] = _reason(measure.name, error)
            continue
        order[measure.name] = own
        for kind in own:
            asked.setdefault((kind, form), []).append(measure)
    found: dict[str, dict[str, NullTest]] = {name: {} for name in order}
    band = settings.phase_band or settings.band
    for (kind, form), group in asked.items():
        shifts = activity.shifts(form, settings, shorten)
        options: dict[str, Any] = {
            "kind": kind, "n": settings.nulls, "seed": seed, "band": band, "label": settings.label, "shifts": shifts
        }  # fmt: skip
        data = activity.fine if form == "rates" and kind == "train_shift" else getattr(activity, form)
        if kind == "interval_jitter" and form != "trains":
            options["read"] = lambda trains, form=form: getattr(replace(activity, data=trains, time=None), form)
            data = activity.trains
        tests, without = _tested(group, data, options)
        alone |= without
        for test in tests:
            found[test.measure][kind] = test
    # a second row without the one that decides would decide: then there is none
    ordered = {name: [found[name][k] for k in own if k in found[name]] for name, own in order.items()}
    return {name: rows for name, rows in ordered.items() if rows and rows[0].kind == order[name][0]}, alone


def _tested(
    group: Sequence[Measure], data: Recording | Spikes, options: Mapping[str, Any]
) -> tuple[list[NullTest], dict[str, str]]:
    """Return the tests on one set of surrogates, and why measures have none: these do not take it from the others."""
    try:
        return null_tests(group, data, **options), {}
    except InputError as error:  # such as spike trains whose surrogates cannot be measured: no null, and no claim
        if len(group) == 1:
            return [], {group[0].name: _reason(group[0].name, error)}
    each = [_tested([measure], data, options) for measure in group]
    return [test for tests, _ in each for test in tests], {k: v for _, without in each for k, v in without.items()}


def both_nulls(first: Value, second: Value) -> str:
    """Return the statement that follows from both nulls of a value, the deciding one and the other; "" where none does.

    >>> first = Value(measure="chi_c", null_kind="train_shift", p=0.4)
    >>> both_nulls(first, Value(measure="chi_c", null_kind="circular_shift", p=0.005))
    'share a rate that changes slower than the shift of trains; not more'
    """
    beyond = second.p <= ALPHA < first.p
    if beyond and first.null_kind == "train_shift":
        return "share a rate that changes slower than the shift of trains; not more"
    if beyond and first.null_kind == "permute_within_class":
        return "correlate by class; not beyond what the classes share"
    if first.null_kind == "linear_shift" and first.too_slow and not math.isnan(second.p):
        dependent = "they depend on each other" if second.p <= ALPHA else "no dependence shown"
        return f"whether units are independent is told by their innovations: {dependent} (p {second.p:.2g})"
    return ""


def limits_of_nulls(rows: Sequence[Value]) -> list[str]:
    """Return a line for each limit of the nulls of these values, with the number of values that it concerns."""
    tested = [row for row in rows if row.null_kind]
    slow = [row.effective_samples for row in tested if row.too_slow]
    common = [row.common_variance for row in tested if not math.isnan(row.common_variance)]
    alone = [row.no_null for row in rows if NOT_STATIONARY in row.no_null]
    lines = []
    if slow:
        lines.append(
            f"{len(slow)} of {len(tested)} values: too slow for their length (T_eff {min(slow):.2g}–{max(slow):.2g}), "
            "so that a large p says nothing: cannot be told"
        )
    if common:
        lines.append(
            f"{len(common)} of {len(tested)} values: units change their variance together (V up to {max(common):.2f}), "
            "so that surrogates shifted by much would correlate too little"
        )
    if alone:
        lines.append(f"{len(alone)} of {len(rows)} values have no null, e.g.: {alone[0]}")
    return lines


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

    A table is old if it lacks ``tested``. New columns hold the defaults of `Value`.

    - Tables of values get ``null_sd``, ``reason`` and ``unit`` if they lack them, and ``tested``, which is the value.
    - Tables of windows also get ``n_times`` and ``settings``. Their ``n_units`` counted the units that vary, and
      is copied to ``n_live``.
    - Tables of reasons, such as ``tables/skipped``, get every column of `Value` that they lack.

    Any other missing column stays missing, so that reading a damaged file fails.
    """
    found = dict(groups)
    for name, group in groups.items():
        known = group.variables
        reasons, windows = {"measure", "reason"} <= set(known), {"null_kind", "start"} <= set(known)
        if "tested" in known or not (reasons or "null_kind" in known):
            continue
        later = {"unit", "null_sd", "reason", "tested", *(("n_times", "settings") if windows else ())}
        n = len(known["measure"].values)
        new = {
            item.name: Variable(("row",), np.full(n, item.default))
            for item in fields(Value)
            if item.name not in known and (reasons or item.name in later)
        }
        new |= {"n_live": known["n_units"]} if windows and "n_live" not in known else {}
        if "null_kind" in known and "value" in known:
            new["tested"] = Variable(
                ("row",), np.where(known["null_kind"].values.astype(str) != "", known["value"].values, np.nan)
            )
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
        rows: one measure of one entry each, with the null that decides.
        second: the same values with a second null, which answers another question (see `fitting_kinds`).
        skipped: measures that are not defined on an entry, with the reason.
        config: everything that is needed to measure again, JSON-able.
    """

    kind = "measurements"
    stored = (("skipped", "tables/skipped", EntryValue), ("second", "tables/second", EntryValue))

    rows: Sequence[EntryValue]
    skipped: Sequence[EntryValue] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    second: Sequence[EntryValue] = ()

    def value(self, measure: str, entry: str | None = None) -> float:
        """The value of this measure; `entry` is needed where several entries have it.

        Raises:
            InputError: there is none, or more than one.
        """
        found = {row.entry: row.value for row in self.rows if row.measure == measure and entry in (None, row.entry)}
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            raise InputError(f"Measurements.value: {measure} has entries {', '.join(found)}; name one")
        why = [s.reason for s in self.skipped if s.measure == measure and entry in (None, s.entry)]
        raise InputError(f"Measurements.value: no {measure}" + (f": {why[0]}" if why else ""))

    def tables(self) -> dict[str, Any]:
        """Return rows, settings as mappings, and what is not defined."""
        both = (self.rows, self.second)
        rows, second = ([{**asdict(row), "settings": json.loads(row.settings)} for row in table] for table in both)
        return {"rows": rows, "second": second, "skipped": self.skipped}

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
            apart = "" if row.tested == row.value else f"  tested {row.tested:.4g}"
            null = f"{apart}  null {row.null_low:.3g}..{row.null_high:.3g}  p {row.p:.3g}  {row.null_kind}"
            null = "" if math.isnan(row.p) else f"{null}  {row.remark}".rstrip()
            null += f"  no null: {row.no_null}" if row.no_null else ""
            after = "" if row.after_shuffle is None else f"  after a shuffle {row.after_shuffle:.4g}"
            lines.append(f"  {row.entry:<12} {row.measure:<26} {row.value:>10.4g} {row.unit:<4}{after}{null}")
        lines += [f"  assumed: {line}" for line in self.config.get("assumptions", ())]
        return "\n".join(lines)
