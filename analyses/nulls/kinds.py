"""Kinds of surrogate: the data that each holds for, and the question that it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from ...simulator import InputError, Recording, Spikes, unknown
from ..measures.base import Measure, NullKind

MATCHED = "compare with control runs of the same number of steps, which are its null"
KINDS: tuple[NullKind, ...] = get_args(NullKind)
SHIFT_OF_SD = 5  # train_shift moves trains by up to so many SDs of the smoothing
TRAIN_SHIFT = 0.025  # s, where no smoothing is named
DESCRIPTIONS: dict[str, str] = {
    "linear_shift": "each unit is read from a start of its own, without wrapping round: more alike than independent "
    "signals as slow as these",
    "innovations": "linear shift of what an autoregression cannot predict: any dependence, however slow the signals",
    "circular_shift": "each unit is turned round the axis by a lag of its own: independent, stationary units",
    "train_shift": "each train is moved by a small lag of its own: synchrony beyond a rate that all share",
    "interval_jitter": "each spike is drawn anew within its short interval: for trains that are like Poisson's",
    "permute_within_class": "the samples of each unit are permuted within classes: correlation beyond the classes",
    "permute": "the samples of each unit are permuted: any correlation, that by class included",
}


@dataclass(frozen=True)
class Shifts:
    """Sizes of the shifts of surrogates.

    Attributes:
        share: of the length, the largest lag of "linear_shift" to either side; 1/4 if left out, of phases 1/8.
        trains: largest lag of "train_shift", and interval of "interval_jitter" [s]; of spike trains 0.025 if left out.
            Of sampled activity it says that these are rates of spikes.
        every: rates of spikes are read at every so many samples, and shifted by single ones.
        shorten: whether "linear_shift" is shortened where units change their variance together.
    """

    share: float | None = None
    trains: float | None = None
    every: int = 1
    shorten: bool = True


def fitting_kinds(
    measure: Measure, data: Recording | Spikes, label: str = "class", shifts: Shifts | None = None
) -> tuple[NullKind, ...]:
    """Return the kinds of surrogate that fit the data, the deciding one first, then one that answers another question.

    - Closed loop: circular_shift.
    - Open ordered axis: linear_shift, innovations.
    - Spike trains and their rates: train_shift, circular_shift; Hilbert phases of rates as on an open axis.
    - Samples with classes: permute_within_class, permute. Samples without: permute.

    Raises:
        InputError: none of the nulls of the measure fits.
    """
    if not measure.nulls:
        raise InputError(f"{measure.name}: has no null: {measure.no_null}")
    of_trains = isinstance(data, Spikes) or (shifts is not None and shifts.trains is not None)
    wanted = _preferred(data, label, of_trains and "train_shift" in measure.nulls)
    found = tuple(kind for kind in wanted if misfit(measure, data, kind, label, shifts) is None)
    if not found:
        named = next((kind for kind in measure.nulls if kind in wanted), measure.nulls[0])
        raise InputError(f"{measure.name}: none of its nulls fits: {misfit(measure, data, named, label, shifts)}")
    return found


def fitting_kind(
    measure: Measure,
    data: Recording | Spikes,
    kind: str = "auto",
    label: str = "class",
    shifts: Shifts | None = None,
) -> NullKind:
    """Return the kind of surrogate to use: the first of `fitting_kinds`, or the one that is asked for.

    Raises:
        InputError: the one that is asked for does not fit the axis or the measure, or none does.
    """
    if kind == "auto":
        return fitting_kinds(measure, data, label, shifts)[0]
    for known in KINDS:
        if known == kind:
            if (reason := misfit(measure, data, known, label, shifts)) is not None:
                raise InputError(f"{measure.name}: null {kind!r}: {reason}")
            return known
    raise unknown("kind of null", kind, KINDS)


def checked_kinds(kinds: Sequence[str]) -> None:
    """Raise an error unless every name is a kind of surrogate.

    Raises:
        InputError: an unknown name.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of null", kind, KINDS)


def _preferred(data: Recording | Spikes, label: str, of_trains: bool) -> tuple[NullKind, ...]:
    if isinstance(data, Spikes) or of_trains:
        return ("train_shift", "circular_shift")
    if data.clock == "sample":
        return ("permute_within_class", "permute") if label in data.time_labels else ("permute",)
    return ("circular_shift",) if data.periodic else ("linear_shift", "innovations")


def misfit(
    measure: Measure, data: Recording | Spikes, kind: NullKind, label: str, shifts: Shifts | None = None
) -> str | None:
    """Return the reason for which the kind cannot be used; None if it can."""
    if kind not in measure.nulls:
        return f"leaves this measure as it is or does not test it; use {' or '.join(measure.nulls)}"
    shifts = shifts or Shifts()
    permutes = kind in ("permute", "permute_within_class")
    of_trains = kind in ("train_shift", "interval_jitter")
    if isinstance(data, Spikes):
        if permutes:
            return "spike trains have no samples to permute; use train_shift"
        if kind in ("linear_shift", "innovations"):
            return "is for sampled activity; use train_shift"
        return None
    if of_trains and shifts.trains is None:
        return "is for spike trains and their rates; use linear_shift"
    if data.clock in ("step", "epoch") and not permutes:
        return f"what is recorded along clock {data.clock!r} shares the drift of training; {MATCHED}"
    if data.clock == "sample" and not permutes:
        return "clock 'sample' has no order to shift along; use permute"
    if data.clock != "sample" and permutes:
        better = "circular_shift" if data.periodic else "linear_shift"
        return f"samples along an ordered axis (clock {data.clock!r}) are not exchangeable; use {better}"
    if data.periodic and kind in ("linear_shift", "innovations"):
        return "a closed loop has no ends to spare; use circular_shift"
    if kind == "permute_within_class" and label not in data.time_labels:
        return f"needs a time label {label!r}; there is: {', '.join(sorted(data.time_labels)) or 'none'}"
    return None
