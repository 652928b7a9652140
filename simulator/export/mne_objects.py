"""Recordings as objects of MNE: Raw of one trial, Epochs of several."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from .. import InputError
from ..recordings.recording import Recording, to_numpy

TYPES = {  # unit: type of channel in MNE, and the factor to its unit of SI
    "µV": ("eeg", 1e-6), "mV": ("eeg", 1e-3), "V": ("eeg", 1.0), "nV": ("eeg", 1e-9),
    "fT": ("mag", 1e-15), "fT/cm": ("grad", 1e-13), "mV/m²": ("csd", 1e-3),
}  # fmt: skip


def to_mne(recording: Recording) -> Any:
    """Return a RawArray (channel, time) of a recording (time, unit), or EpochsArray of one with trials.

    Potentials become EEG channels in V, other quantities channels of type misc, of which MNE knows no unit. Names are
    those of the label ``channel`` or ``name``; annotations and the date of the start come along. MNE counts the time of
    a Raw from its first sample: t0 becomes its ``first_time``.

    Raises:
        InputError: a clock other than seconds, values that are not defined, or mne is not installed.
    """
    if recording.clock != "second":
        raise InputError(f"to_mne: needs a recording in seconds; this one has clock {recording.clock!r}")
    if recording.valid is not None and not to_numpy(recording.valid).all():
        raise InputError("to_mne: MNE has no mask of values that are not defined; select a part where all are")
    try:
        import mne
    except ImportError:
        raise InputError('to_mne: needs mne: pip install "ictal[mne]"') from None
    kind, factor = TYPES.get(recording.unit, ("misc", 1.0))
    label = next((key for key in ("channel", "name") if key in recording.unit_labels), None)
    names = [str(one) for one in recording.unit_labels[label]] if label else list(map(str, range(recording.n_units)))
    if len(set(names)) < len(names):
        names = [f"{name} {at}" for at, name in enumerate(names)]
    info = mne.create_info(names, 1.0 / recording.dt, kind, verbose="ERROR")
    values = np.moveaxis(to_numpy(recording.values).astype(np.float64), -1, -2) * factor
    if values.ndim > 2:
        flat = values.reshape(-1, *values.shape[-2:])
        return mne.EpochsArray(flat, info, tmin=recording.t0, verbose="ERROR")
    raw = mne.io.RawArray(values, info, first_samp=round(recording.t0 / recording.dt), verbose="ERROR")
    if (start := _date(recording.source.get("start"))) is not None:
        raw.set_meas_date(start)
    marks: Any = recording.source.get("annotations") or ()
    onsets = [float(mark["onset"]) - recording.t0 for mark in marks]
    lasting = [float(mark["duration"] or 0.0) for mark in marks]
    with mne.use_log_level("ERROR"):
        raw.set_annotations(mne.Annotations(onsets, lasting, [str(mark["text"]) for mark in marks]))
    return raw


def _date(text: Any) -> datetime | None:
    """Return a date of ISO 8601; one without a zone is taken for UTC, which MNE wants."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
