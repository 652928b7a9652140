"""Tables of pandas: rows are samples, the index is time, columns are units."""

from __future__ import annotations

from numbers import Real
from typing import Any, cast

import numpy as np

from .. import Clock, InputError, Recording, Run
from ..files.column_names import is_index, is_spike_unit, is_time
from ..files.names import EEG, OTHER, kinds_of
from ..recordings.dims import TIME, Dims, arranged, roles
from .names import entry_name, unit_names
from .times import times_of

VALUES = ("value", "values", "signal", "amplitude")


def read(data: Any, dt: float | None, clock: str | None, dims: Dims | None) -> Run:
    """Return a DataFrame as a Run of one recording with its columns as units, a Series as one of a single unit.

    An index of dates, durations or numbers gives interval and start; row numbers give none. A column that is called
    time takes the place of row numbers.

    Raises:
        InputError: columns that are no numbers, uneven times, a table with one row a value.
    """
    what = type(data).__name__
    if what not in ("DataFrame", "Series") and not hasattr(data, "columns"):
        raise InputError(f"cannot measure {what} of pandas; want a DataFrame or a Series")
    frame = data if hasattr(data, "columns") else data.to_frame()
    name, notes = entry_name(getattr(data, "name", None)), []
    if dims is not None and roles(_two(dims), clock)[0] != TIME:
        frame = frame.T
    if frame.index.nlevels > 1:
        raise InputError(
            f"{what}: its index has {frame.index.nlevels} levels; give one trial at a time, or df.to_xarray()"
        )
    index, axis = frame.index, str(frame.index.name or "")
    rows = index.dtype.kind in "iu" and (np.diff(np.asarray(index, dtype=np.int64)) == 1).all()
    if rows and (column := next((c for c in frame.columns if _is_time(c)), None)) is not None:
        if others := [c for c in frame.columns if str(c).lower() in VALUES or _is_unit(frame, c)]:
            raise InputError(
                f"{what}: has one row a value, by its columns {column!r} and {others[0]!r}; of signals give "
                "df.pivot(index=TIME, columns=UNIT, values=VALUE), of spikes ictal.Spikes(time, unit, n_units, length)"
            )
        index, axis, frame = frame[column], str(column), frame.drop(columns=column)
        notes.append(f"the column {column!r} is taken for the times")
    elif index.dtype.kind not in "iufmM":
        raise InputError(
            f"{what}: its index must be times, dates or row numbers; got {index.dtype}; if rows are units, give df.T"
        )
    if counted := [c for c in frame.columns if isinstance(c, str) and is_index(c) and _counts(frame[c])]:
        frame = frame.drop(columns=counted)
        notes += [f"the column {c!r} numbers the rows and is no signal" for c in counted]
    texts = [str(c) for c in frame.columns]
    kinds = kinds_of(texts)
    foreign = tuple(OTHER) if kinds.count(EEG) > 1 else ("marker",)
    if others := [f"{c} ({kind})" for c, kind in zip(texts, kinds, strict=True) if kind in foreign]:
        notes.append(f"read as signals, though their names say otherwise: {', '.join(others)}; df.drop(columns=) them")
    moment = np.asarray(index.to_numpy() if index.dtype.kind != "M" else index.to_numpy(dtype="datetime64[ns]"))
    times = times_of(moment, what, name=axis or "time", dt=dt, clock=clock)
    values = _numbers(frame, what)
    named = any(not isinstance(column, Real) for column in frame.columns) or bool(frame.columns.name)
    if rows and axis == "" and not named and dims is None:  # as bare as an array
        values, assumed = arranged(values, None, clock=clock, what=what)
        notes += assumed
    columns = [" ".join(map(str, c)) if isinstance(c, tuple) else c for c in frame.columns]
    notes += times.notes
    source = {**({"assumptions": notes} if notes else {}), **({"start": times.start} if times.start else {})}
    recording = Recording(
        values, dt=times.dt, clock=cast(Clock, times.clock), quantity=name, unit="1", t0=times.t0, source=source,
        unit_labels=unit_names(columns, str(frame.columns.name or "")),
    )  # fmt: skip
    return Run({name: recording}, source)


def _two(dims: Dims) -> tuple[str, str]:
    from ..recordings.dims import words_of

    words = words_of(dims)
    if len(words) != 2:
        raise InputError(f"dims: {' '.join(words)!r} names {len(words)} axes; a table has 2")
    return words[0], words[1]


def _is_time(column: object) -> bool:
    return isinstance(column, str) and is_time(column)


def _is_unit(frame: Any, column: object) -> bool:
    """Return whether a column tells the unit of a row: by its name, and by what it holds."""
    kind = getattr(frame[column].dtype, "kind", "O") if frame.columns.is_unique else "O"
    return isinstance(column, str) and is_spike_unit(column) and kind not in "fc"


def _counts(column: Any) -> bool:
    """Return whether a column holds whole numbers, each one above that before."""
    kind = getattr(column.dtype, "kind", "O")
    return kind in "iu" and len(column) > 1 and bool((np.diff(column.to_numpy(dtype=np.int64)) == 1).all())


def _numbers(frame: Any, what: str) -> Any:
    """Return the values of the columns; refuse those that are no numbers."""
    for column, kind in zip(frame.columns, frame.dtypes, strict=True):
        if getattr(kind, "kind", "O") not in "biuf":
            raise InputError(f"{what}: column {column!r} holds no real numbers but {kind}; leave it out")
    return np.ascontiguousarray(frame.to_numpy(dtype=np.float64, na_value=np.nan))
