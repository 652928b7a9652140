"""Objects of NWB: time series, tables of units and whole files, as pynwb reads them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import h5py
import numpy as np

from .. import Clock, InputError, Recording, Run, Spikes
from ..files.guard import check_dataset
from ..machine import check_memory
from .names import entry_name, unit_names, unit_text
from .times import Times, times_of

NAMES = ("channel_name", "label", "electrode_name")
VOLTS = ("v", "volt", "volts")
COPIES = 3  # of the values, while they are read, scaled and checked
NO_INTERVALS = "units have no observation intervals; they are taken to be observed from {:g} to {:g} s"


def read(data: Any) -> Run:
    """Return a TimeSeries, (time) or (time, unit), a table of Units, or a whole NWBFile as a Run, in seconds.

    Of a file every time series of acquisition and of the processing modules is an entry, the units are ``spikes``, and
    trials, epochs and other intervals are annotations. Series of electrodes in volts become µV.

    Raises:
        InputError: an object of another kind, images, uneven time stamps, or nothing that can be read.
    """
    if hasattr(data, "acquisition") and hasattr(data, "processing"):
        return _file(data)
    if hasattr(data, "colnames") and "spike_times" in data.colnames:
        spikes, notes = _units(data)
        source = {"assumptions": notes} if notes else {}
        return Run({"spikes": replace(spikes, source=source)}, source)
    if not _is_series(data):
        raise InputError(
            f"cannot measure {type(data).__name__} of NWB; want an NWBFile, a TimeSeries, e.g. nwb.acquisition[NAME], "
            "or nwb.units"
        )
    recording, notes = _series(data)
    source = {"assumptions": notes} if notes else {}
    return Run({entry_name(data.name): replace(recording, source=source)}, source)


def _file(nwb: Any) -> Run:
    """Return all series, units and intervals of a file."""
    entries: dict[str, Recording | Spikes] = {}
    notes: list[str] = []
    parts = {"": nwb.acquisition, **{f"{name} ": module.data_interfaces for name, module in nwb.processing.items()}}
    for prefix, containers in parts.items():
        for series in _all_series(containers.values()):
            name = entry_name(series.name)
            name = name if name not in entries else f"{prefix}{name}"
            while name in entries:
                name += "'"
            try:
                entries[name], own = _series(series)
                notes += [f"{name}: {note}" for note in own]
            except InputError as error:
                notes.append(f"{name} is left out: {error}")
    if nwb.units is not None:
        try:
            entries["spikes"], own = _units(nwb.units)
            notes += own
        except InputError as error:
            notes.append(f"units are left out: {error}")
    if not entries:
        raise InputError(f"NWBFile: holds no time series and no units{f'; {notes[0]}' if notes else ''}")
    marks = _intervals(nwb)
    source: dict[str, Any] = {
        "start": nwb.session_start_time.isoformat() if nwb.session_start_time else "",
        **({"assumptions": notes} if notes else {}),
        **({"annotations": marks} if marks else {}),
    }
    return Run({name: replace(entry, source=source) for name, entry in entries.items()}, source)


def _is_series(data: Any) -> bool:
    return all(hasattr(data, name) for name in ("data", "rate", "timestamps", "conversion"))


def _all_series(containers: Any) -> Iterator[Any]:
    """Yield time series, and those within containers such as LFP."""
    for one in containers:
        if _is_series(one):
            yield one
        elif not hasattr(one, "colnames"):
            yield from _all_series(getattr(one, "children", ()))


def _series(data: Any) -> tuple[Recording, list[str]]:
    what = f"{type(data).__name__} {data.name!r}"
    shape = tuple(np.shape(data.data))
    if len(shape) not in (1, 2):
        raise InputError(f"{what}: must have the axes (time) or (time, unit); got shape {shape}")
    if isinstance(data.data, h5py.Dataset):
        check_dataset(data.data)
    check_memory(f"{what}: {shape[0]} samples of {math.prod(shape[1:])} units", COPIES * 8 * math.prod(shape))
    values = np.asarray(data.data[()] if _stored(data.data) else data.data)
    if values.dtype.kind not in "biuf":
        raise InputError(f"{what}: must hold real numbers; got {values.dtype}")
    values = values[:, None] if values.ndim == 1 else values
    labels = _names(data, values.shape[1])
    wide = not labels and values.shape[1] > values.shape[0]
    notes = [f"of {values.shape} values the first axis is taken for time, as NWB wants it"] if wide else []
    gains = getattr(data, "channel_conversion", None)
    values = values.astype(np.float64) * (data.conversion or 1.0) * (1.0 if gains is None else np.asarray(gains[:]))
    values += float(getattr(data, "offset", 0.0) or 0.0)
    unit, quantity = unit_text(data.unit), entry_name(data.name)
    if getattr(data, "electrodes", None) is not None and unit.lower() in VOLTS:
        values, unit, quantity = values * 1e6, "µV", "potential"
    if data.rate is not None:
        times = Times(1.0 / float(data.rate), "second", float(data.starting_time or 0.0))
    else:
        times = times_of(np.asarray(data.timestamps[:]), what, unit="s", takes_dt=False)
    recording = Recording(
        values, dt=times.dt, clock=cast(Clock, times.clock), quantity=quantity, unit=unit, t0=times.t0,
        unit_labels=labels,
    )  # fmt: skip
    return recording, notes


def _stored(data: Any) -> bool:
    return hasattr(data, "shape") and hasattr(data, "dtype") and not isinstance(data, np.ndarray)


def _names(data: Any, n: int) -> dict[str, Any]:
    """Return the names of the electrodes of a series, by a column of their table or their numbers."""
    region = getattr(data, "electrodes", None)
    if region is None or len(region) != n:
        return {}
    table = region.table
    column = next((name for name in NAMES if name in table.colnames), None)
    rows = [int(row) for row in region.data[:]]
    ids = [table[column][row] for row in rows] if column else [table.id[row] for row in rows]
    return unit_names([str(one) for one in ids], "channel")


def _units(table: Any) -> tuple[Spikes, list[str]]:
    """Return the spike trains of a table of units, observed over its intervals or from 0 to the last spike."""
    trains = [np.sort(np.asarray(table["spike_times"][at], dtype=np.float64)) for at in range(len(table))]
    if not trains:
        raise InputError("Units of NWB: has no unit")
    notes = []
    if "obs_intervals" in table.colnames:
        spans = [np.asarray(table["obs_intervals"][at], dtype=np.float64).reshape(-1, 2) for at in range(len(table))]
        start, stop = spans[0][0, 0], spans[0][-1, 1]
        if any(span.shape != (1, 2) or abs(span - [start, stop]).max() > 1e-9 for span in spans):
            raise InputError(
                "Units of NWB: units must be observed over one and the same interval; choose those that are"
            )
    else:
        last = max((train[-1] for train in trains if train.size), default=0.0)
        start, stop = min(0.0, *(train[0] for train in trains if train.size), 0.0), float(last)
        notes = [NO_INTERVALS.format(start, stop)]
    spikes = Spikes(
        np.concatenate(trains), np.repeat(np.arange(len(trains)), [t.size for t in trains]), len(trains),
        float(stop - start), float(start), {**_labels(table), **unit_names(np.asarray(table.id[:]), "unit")},
    )  # fmt: skip
    return spikes, notes


def _labels(table: Any) -> dict[str, Any]:
    """Return the columns of a table that hold one text or number a row."""
    found: dict[str, Any] = {}
    for column in getattr(table, "columns", ()):
        name = getattr(column, "name", "")
        if name in ("", "spike_times", "obs_intervals", "id") or name not in table.colnames:
            continue
        values = np.asarray([table[name][at] for at in range(len(table))], dtype=object)
        if all(isinstance(one, str) for one in values):
            found[name] = values.astype(str)
        elif all(isinstance(one, int | float | np.integer | np.floating) for one in values):
            found[name] = values.astype(np.float64 if any(isinstance(v, float | np.floating) for v in values) else int)
    return found


def _intervals(nwb: Any) -> list[dict[str, Any]]:
    """Return trials, epochs and other intervals as annotations: the text is the kind, and its tags or label."""
    marks = []
    for name, table in dict(nwb.intervals or {}).items():
        called = next((c for c in ("label", "tags", "trial_type", "condition") if c in table.colnames), None)
        for at in range(len(table)):
            start, stop = float(table["start_time"][at]), float(table["stop_time"][at])
            given = "" if called is None else table[called][at]
            said = given if isinstance(given, str) else " ".join(map(str, np.ravel(given)))
            text = said or name.removesuffix("s")
            duration = stop - start if math.isfinite(stop) and stop > start else None
            marks.append({"onset": start, "duration": duration, "text": text})
    return sorted(marks, key=lambda mark: mark["onset"])
