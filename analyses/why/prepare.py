"""Signals, classes and corner of one entry, with the value that is to be taken apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...simulator import InputError, Recording, Spikes
from ...simulator.files.document import to_json
from ...simulator.recordings.spikes import MIN_SPIKES
from ...simulator.types import Floats, Ints
from ..activity import Activity
from ..measures import get
from ..measures.arrays import live_units, standardised
from ..measures.base import Measure, apply, in_double
from ..nulls.null_tests import null_test
from ..values import Value, unusable, values
from .parts import CLASS, MEASURES, SLOW
from .settings import WhySettings
from .wording import frequency

CORNER, CYCLES = 1.0, 60  # Hz; cycles of the corner in a recording
MIN_CUT = 20  # half cycles of the corner, the least for a slow part
MIN_TRIAL = 20  # cycles of the corner in a trial, the least for a slow part of trials
UNORDERED = "sample"


@dataclass(frozen=True, eq=False)
class Prepared:
    """One entry, ready to be taken apart.

    Attributes:
        value: the value with its null.
        x, z: signals as they came and z-scores of the units that vary, (trial, time, unit).
        units: indices of these units in the entry.
        names: their names; "" without.
        recording: the sampled activity.
        trains: spike trains within the window; None of other activity.
        classes: class of every sample, (time,); None without classes.
        between: whether the means of trials are a part.
        corner: [cycles per tick]; NaN without an ordered axis.
        cut: last index k of the slow part; None without a slow part.
        untold: name of a part that is not told -> why.
        notes: assumptions.
    """

    value: Value
    x: Floats
    z: Floats
    units: Ints
    names: list[str]
    recording: Recording
    trains: Spikes | None
    classes: Ints | None
    between: bool
    corner: float
    cut: int | None
    untold: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def ordered(self) -> bool:
        """True if the samples have an order."""
        return self.recording.clock != UNORDERED

    @property
    def n_samples(self) -> int:
        """Samples of all trials."""
        return int(self.z.shape[0] * self.z.shape[1])


def can_be_taken_apart(name: str) -> None:
    """Refuse a measure that is no sum over pairs of correlations.

    Raises:
        InputError: the measure, why, and what to use; or no such measure.
    """
    measure = get(name)
    if name in MEASURES:
        return
    why = "is no function of the correlations between units alone, so that it has no parts that add up"
    if measure.takes == "spikes" or "band" in measure.needs or "phase" in name:
        why = "reads phases or spike trains, whose correlations do not make it up"
    raise InputError(f"why.measure: must be one of {', '.join(MEASURES)}; got {name}, which {why}; use chi_c")


def prepare(activity: Activity, name: str, settings: WhySettings) -> Prepared:
    """Return signals, classes and corner of an entry, and its value.

    Raises:
        InputError: the measure is not defined here, or the corner or the label does not fit.
    """
    can_be_taken_apart(name)
    if activity.data.n_units < 2:
        raise InputError(str(unusable(activity.data)))
    measure = get(name)
    rates = in_double(replace(activity.rates, values=activity.rates.numpy()))
    n_trials = int(np.prod(rates.values.shape[:-2]))
    x = np.asarray(rates.values).reshape(n_trials, rates.n_times, rates.n_units)
    notes: list[str] = []
    value = _value_of_trials(rates, x, measure, settings, notes) if x.shape[0] > 1 or rates.values.ndim > 2 else None
    if value is None:
        rows = values(activity, [name], settings)
        if rows[0].reason:
            raise InputError(f"{name} is not defined: {rows[0].reason}")
        value = _of_independence(rows, isinstance(activity.data, Spikes) or rates.clock == UNORDERED)
    joined = x.reshape(-1, rates.n_units)
    mask = np.asarray(live_units(joined))
    live = np.flatnonzero(mask)
    z = np.asarray(standardised(joined, mask))[:, live].reshape(n_trials, rates.n_times, live.size)
    untold: dict[str, str] = {}
    classes = _classes(rates, settings, n_trials, untold, notes)
    corner, cut, between = _time(rates, settings, n_trials, untold, notes)
    recorded, units = live, activity.trains
    if isinstance(activity.data, Spikes):
        recorded = np.flatnonzero(units.counts >= MIN_SPIKES)[live]  # type: ignore[union-attr]
    label = next((key for key in ("channel", "name") if key in rates.unit_labels), None)
    names = [str(text) for text in rates.unit_labels[label][live]] if label else [""] * live.size
    return Prepared(
        value, x[..., live], z, recorded, names, rates, units if isinstance(units, Spikes) else None, classes, between,
        corner, cut, untold, notes,
    )  # fmt: skip


def _of_independence(rows: Sequence[Value], unlike: bool) -> Value:
    """Return the row whose surrogates share nothing: no slow rate of trains, no class.

    Args:
        rows: the value with each of its nulls, the deciding one first.
        unlike: whether the deciding null may keep what units share.
    """
    return next((row for row in rows if unlike and row.null_kind in ("circular_shift", "permute")), rows[0])


def _value_of_trials(rates: Recording, x: Floats, measure: Measure, settings: WhySettings, notes: list[str]) -> Value:
    """Return the value over the samples of all trials, with the null of the mean over trials."""
    joined = replace(rates, values=x.reshape(-1, rates.n_units), valid=None, time_labels={}, periodic=False)
    one = apply(measure, joined)
    notes.append(f"{len(x)} trials are joined: the value is that of all their samples")
    found = Value(
        measure=measure.name, value=float(one.value), unit=one.unit, n_units=rates.n_units, n_live=int(one.n_live),
        n_times=one.n_times, settings=to_json(dict(one.settings)),
    )  # fmt: skip
    if not settings.nulls:
        return found
    try:
        test = null_test(measure, rates, n=settings.nulls, seed=settings.seed, label=settings.label)
    except InputError as error:
        return replace(found, settings=to_json({**one.settings, "no_null": str(error)}))
    notes.append(f"the null and p are of the mean of {measure.name} over trials, {test.observed:.3g}")
    return replace(
        found, null_kind=test.kind, null_mean=test.mean, null_sd=float(test.values.std()), null_low=test.lo,
        null_high=test.hi, tested=test.observed, p=test.p,
    )  # fmt: skip


def _classes(
    rates: Recording, settings: WhySettings, n_trials: int, untold: dict[str, str], notes: list[str]
) -> Ints | None:
    """Return the class of every sample, or None with the reason."""
    label = settings.label
    if label not in rates.time_labels:
        if label != WhySettings.label:
            there = ", ".join(sorted(rates.time_labels)) or "none"
            raise InputError(f"why.label: there is no time label {label!r}; there is: {there}")
        return None
    names, index = np.unique(rates.time_labels[label], return_inverse=True)
    if len(names) < 2:
        if label != WhySettings.label:
            raise InputError(f"why.label: {label!r} has one class; want at least 2")
        return None
    if 2 * len(names) > n_trials * rates.n_times:
        untold[CLASS] = f"{len(names)} classes of {n_trials * rates.n_times} samples; want at least two samples a class"
        return None
    notes.append(f"the parts are taken in the order class, then slow and fast; classes are those of {label!r}")
    return np.asarray(index, dtype=np.int64)


def _time(
    rates: Recording, settings: WhySettings, n_trials: int, untold: dict[str, str], notes: list[str]
) -> tuple[float, int | None, bool]:
    """Return the corner, the last index of the slow part, and whether trials are a part of their own."""
    between, assumed = n_trials > 1, ""
    if rates.clock == UNORDERED:
        if settings.corner is not None:
            raise InputError("why.corner: clock 'sample' has no order, so that nothing is slow or fast; leave it out")
        notes.append("samples without an order: no slow and fast parts")
        return math.nan, None, between
    rate, duration = 1 / rates.dt, rates.duration
    corner = settings.corner
    if corner is None:
        highest = rate / 10
        if rates.clock == "second" and duration >= CYCLES / CORNER:
            corner, why = min(CORNER, highest), ""
        else:
            corner, why = min(CYCLES / duration, highest), f", {CYCLES} cycles a {'trial' if between else 'recording'}"
        if corner == highest:
            why = ", a tenth of the sampling rate"
        assumed = f"the corner between slow and fast is {frequency(corner, rates.clock)}{why}; --corner sets it"
    elif corner >= rate / 2:
        raise InputError(
            f"why.corner: must be below half the sampling rate, {frequency(rate / 2, rates.clock)}; got {corner:g}"
        )
    cut, at = math.floor(2 * duration * corner + 1e-6), frequency(corner, rates.clock)
    if between:
        if duration * corner >= MIN_TRIAL:
            notes += [assumed] if assumed else []
            return corner, cut, True
        untold[SLOW] = (
            f"trials hold {duration * corner:.3g} cycles of {at}; want {MIN_TRIAL}. What differs "
            "between trials stands in their place"
        )
        return corner, None, True
    if settings.band is not None and not settings.band[0] < corner < settings.band[1]:
        low, high = settings.band
        untold[SLOW] = f"the band {low:g} to {high:g} holds nothing on one side of {at}; --corner within it divides it"
        return corner, None, False
    if cut < MIN_CUT:
        least = MIN_CUT / 2 / duration
        if settings.corner is not None:
            raise InputError(
                f"why.corner: {rates.n_times} samples hold {duration * corner:.3g} cycles of {at}; want at least "
                f"{MIN_CUT // 2}: give --corner {least:.3g} or record longer"
            )
        untold[SLOW] = f"{rates.n_times} samples hold {duration * corner:.3g} cycles of the corner; want {MIN_CUT // 2}"
        return corner, None, False
    notes += [assumed] if assumed else []
    return corner, cut, False


def has_reference(rates: Recording, trains: Spikes | None, settings: WhySettings) -> tuple[bool, str]:
    """Return whether the units can have a common reference, and the assumption in words; "" where it is known.

    Electrodes of one recording can: their label is "channel", or their quantity is a potential or field of the EEG,
    LFP or MEG. Spike trains, units of models and differences of neighbouring electrodes cannot.
    """
    from ..eeg.preprocessing import is_bipolar

    if settings.reference != "auto":
        return settings.reference == "yes", ""
    if trains is not None or rates.clock != "second":
        return False, ""
    words = f"{rates.quantity} {rates.source.get('system', '')}".lower()
    electrodes = "channel" in rates.unit_labels or any(word in words for word in ("eeg", "lfp", "meg", "ecog"))
    if electrodes:
        names: Any = rates.unit_labels.get("channel", ())
        if len(names) and is_bipolar([str(name) for name in names]):
            return (
                False,
                "channels are differences of electrodes by their names; --reference yes if they have a common one",
            )
        return True, ""
    if rates.quantity == "activity":
        return False, "the units have no common reference; --reference yes if they are channels against one electrode"
    return False, ""
