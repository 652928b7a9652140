"""Objects of NWB: time series, tables of units and whole files, as pynwb reads them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import h5py
import numpy as np

from .. import Clock, InputError, Recording, Run, Spikes
from ..export.nwb import LABEL, POPULATION, QUANTITY, TIME_LABELS, UNIT_LABELS
from ..files.guard import check_dataset, check_text
from ..machine import check_memory
from .names import entry_name, unit_names, unit_text
from .times import Times, times_of

NAMES = ("channel_name", "label", "electrode_name")
VOLTS = ("v", "volt", "volts")
COPIES = 3  # of the values, while they are read, scaled and checked
NUMBERS = (bool, int, float, np.number, np.bool_)
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
        found, notes = _units(data)
        source = {"assumptions": notes} if notes else {}
        return Run({name: replace(spikes, source=source) for name, spikes in found.items()}, source)
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
    modules = {name: module.data_interfaces for name, module in nwb.processing.items()}
    parts = {"": nwb.acquisition, **{f"{name} ": found for name, found in modules.items()}}
    for prefix, containers in parts.items():
        for series in _all_series(containers.values()):
            name = entry_name(series.name)
            name = name if name not in entries else f"{prefix}{name}"
            while name in entries:
                name += "'"
            try:
                entry, own = _series(series)
                notes += [f"{name}: {note}" for note in own]
                tables = [modules[kind].get(name) if kind in modules else None for kind in (UNIT_LABELS, TIME_LABELS)]
                of_units, of_times = (_labels(table) if table is not None else {} for table in tables)
                entries[name] = replace(entry, unit_labels={**entry.unit_labels, **of_units}, time_labels=of_times)
            except InputError as error:
                notes.append(f"{name} is left out: {error}")
    if nwb.units is not None:
        try:
            found, own = _units(nwb.units)
            entries |= found
            notes += own
        except InputError as error:
            notes.append(f"units are left out: {error}")
    if not entries:
        raise InputError(f"NWBFile: holds no time series and no units{f'; {notes[0]}' if notes else ''}")
    marks = _intervals(nwb)
    own_source, exact = _written(nwb.notes)
    entries = {name: _exactly(entry, exact.get(name, {})) for name, entry in entries.items()}
    source: dict[str, Any] = own_source or {
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
    unit, quantity, factor = unit_text(data.unit), entry_name(data.name), 1.0
    if getattr(data, "electrodes", None) is not None and unit.lower() in VOLTS:
        unit, quantity, factor = "µV", "potential", 1e6
    scale = (data.conversion or 1.0) * factor * (1.0 if gains is None else np.asarray(gains[:]))
    values = values.astype(np.float64) * scale + float(getattr(data, "offset", 0.0) or 0.0) * factor
    if (said := str(getattr(data, "comments", "") or "")).startswith(QUANTITY):
        quantity = said.removeprefix(QUANTITY)
    if data.rate is not None:
        if not data.rate > 0:
            raise InputError(f"{what}: its rate must be > 0 Hz; got {data.rate:g}")
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


def _units(table: Any) -> tuple[dict[str, Spikes], list[str]]:
    """Return the spike trains of a table of units, those of each population that Ictal wrote as an entry.

    They are observed over their intervals, or from 0 to the last spike.
    """
    n = len(table)
    if not n:
        raise InputError("Units of NWB: has no unit")
    own = POPULATION in table.colnames and str(table[POPULATION].description).startswith("entry of the run")
    groups: dict[str, list[int]] = {}
    for at in range(n):
        groups.setdefault(str(table[POPULATION][at]) if own else "spikes", []).append(at)
    notes: list[str] = []
    return {name: _trains(table, rows, own, notes) for name, rows in groups.items()}, notes


def _trains(table: Any, rows: list[int], own: bool, notes: list[str]) -> Spikes:
    trains = [np.sort(np.asarray(table["spike_times"][at], dtype=np.float64)) for at in rows]
    if "obs_intervals" in table.colnames:
        spans = [np.asarray(table["obs_intervals"][at], dtype=np.float64).reshape(-1, 2) for at in rows]
        start, stop = spans[0][0, 0], spans[0][-1, 1]
        if any(span.shape != (1, 2) or abs(span - [start, stop]).max() > 1e-9 for span in spans):
            raise InputError(
                "Units of NWB: units must be observed over one and the same interval; choose those that are"
            )
    else:
        last = max((train[-1] for train in trains if train.size), default=0.0)
        start, stop = min(0.0, *(train[0] for train in trains if train.size), 0.0), float(last)
        notes.append(NO_INTERVALS.format(start, stop))
    labels = {name: values[rows] for name, values in _labels(table).items()}
    if own:  # a label that only other populations have is empty here
        kinds = {name: kind for kind, name in map(_own, table.columns) if kind}
        labels = {
            name: values.astype(values.dtype if kinds[name] == "str" else kinds[name])
            for name, values in labels.items()
            if name in kinds and not ((values == "").all() or (values.dtype.kind == "f" and np.isnan(values).all()))
        }
    else:
        labels |= unit_names(np.asarray(table.id[:])[rows], "unit")
    return Spikes(
        np.concatenate(trains), np.repeat(np.arange(len(rows)), [t.size for t in trains]), len(rows),
        float(stop - start), float(start), labels,
    )  # fmt: skip


def _own(column: Any) -> tuple[str, str]:
    """Return the type and the name of a label that Ictal wrote, which NWB keeps as float64 or under another name."""
    kind, _, name = str(column.description).removeprefix(LABEL).partition(": ")
    return (kind, name) if str(column.description).startswith(LABEL) else ("", "")


def _labels(table: Any) -> dict[str, Any]:
    """Return the columns of a table that hold one text or number a row."""
    found: dict[str, Any] = {}
    for column in getattr(table, "columns", ()):
        name = getattr(column, "name", "")
        if name in ("", "spike_times", "obs_intervals", "id") or name not in table.colnames:
            continue
        values = [table[name][at] for at in range(len(table))]
        if all(isinstance(one, str) for one in values) or all(isinstance(one, NUMBERS) for one in values):
            found[_own(column)[1] or name] = np.array(values)
    return found


def _written(text: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return provenance and exact numbers that Ictal wrote into the notes of a file; {} for other notes."""
    if not isinstance(text, str) or not text.startswith('{"ictal": {'):
        return {}, {}
    check_text("the notes", text)
    try:
        found = json.loads(text)
    except ValueError:
        return {}, {}
    source, exact = (found.get(key) for key in ("ictal", "exact"))
    return dict(source or {}), exact if isinstance(exact, dict) else {}


def _exactly(entry: Recording | Spikes, said: Any) -> Recording | Spikes:
    """Return an entry with the interval or the length that it had before NWB kept its rate or its end."""
    key = "duration" if isinstance(entry, Spikes) else "dt"
    value = said.get(key) if isinstance(said, dict) else None
    if not isinstance(value, float) or not math.isclose(value, getattr(entry, key), rel_tol=1e-6):
        return entry
    if isinstance(entry, Spikes):
        return replace(entry, duration=value)
    values = entry.values.astype(np.float32) if said.get("dtype") == "float32" else entry.values
    return replace(entry, values=values, dt=value)


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
