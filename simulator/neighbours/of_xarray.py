"""Arrays of xarray with names of axes, coordinates and units."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np

from .. import Clock, InputError, Recording, Run, Spikes
from ..recordings.dims import TIME, UNIT, Dims, arranged, roles, words_of
from .names import entry_name, free_name, unit_names, unit_text
from .times import times_of


def read(data: Any, dt: float | None, clock: str | None, dims: Dims | None) -> Run:
    """Return a DataArray as a Run of one recording, a Dataset or DataTree as one of every variable over time and units.

    The names of the dimensions tell trials, time and units, in any order; the coordinate of time gives interval and
    start, that of the units their names, ``attrs["units"]`` the unit; other coordinates along these two are labels.

    Raises:
        InputError: dimensions with other names, unless `dims` names them; uneven times.
    """
    if hasattr(data, "subtree"):
        return _tree(data, dt, clock, dims)
    if hasattr(data, "data_vars"):
        return _dataset(data, dt, clock, dims)
    if not hasattr(data, "dims") or not hasattr(data, "coords"):
        raise InputError(f"cannot measure {type(data).__name__} of xarray; want a DataArray, a Dataset or a DataTree")
    recording, notes, start = _recording(data, dt, clock, dims)
    source = {**({"assumptions": notes} if notes else {}), **({"start": start} if start else {})}
    name = entry_name(data.name)
    return Run({name: replace(recording, source=source)}, source)


def _recording(data: Any, dt: float | None, clock: str | None, dims: Dims | None) -> tuple[Recording, list[str], str]:
    own = [str(name) for name in data.dims]
    what = f"{type(data).__name__} {data.name!r}" if data.name is not None else type(data).__name__
    words = list(words_of(dims)) if dims is not None else own
    if len(words) != len(own):
        raise InputError(f"dims: {' '.join(words)!r} names {len(words)} axes; {what} has {', '.join(own) or 'none'}")
    listed = ", ".join(map(repr, own)) or "none"
    try:
        found = roles(own, clock, what)
    except InputError as error:
        if dims is None:
            raise InputError(f'{error}; its dimensions are {listed}; rename them, or say dims="..."') from None
        found = roles(words, clock)
    else:
        if dims is not None and roles(words, clock) != found:
            raise InputError(f"dims: {' '.join(words)!r} contradicts its dimensions, {listed}; leave it out")
    at, units = found.index(TIME), found.index(UNIT)
    axis = data.coords.get(data.dims[at])
    times = times_of(
        None if axis is None else axis.values, what, name=own[at],
        unit="" if axis is None else str(axis.attrs.get("units", "")), dt=dt, clock=clock,
    )  # fmt: skip
    values, _ = arranged(data.values, words, clock=clock)
    names = data.coords.get(data.dims[units])
    labels = {**_labels(data, data.dims[units]), **({} if names is None else unit_names(names.values, own[units]))}
    quantity = next((str(data.attrs[key]) for key in ("long_name", "standard_name") if data.attrs.get(key)), "")
    recording = Recording(
        values, dt=times.dt, clock=cast(Clock, times.clock), quantity=quantity or entry_name(data.name),
        unit=unit_text(data.attrs.get("units")), t0=times.t0, unit_labels=labels,
        time_labels=_labels(data, data.dims[at]),
    )  # fmt: skip
    return recording, times.notes, times.start


def _labels(data: Any, dim: Any) -> dict[str, Any]:
    """Return the coordinates along a dimension, but its own: numbers, booleans and texts."""
    along = {
        str(name): np.asarray(one.values) for name, one in data.coords.items() if one.dims == (dim,) and name != dim
    }
    return {
        entry_name(name): values.astype(str) if values.dtype.kind == "O" else values
        for name, values in along.items()
        if values.dtype.kind in "biufU" or (values.dtype.kind == "O" and all(isinstance(v, str) for v in values))
    }


def _tree(data: Any, dt: float | None, clock: str | None, dims: Dims | None) -> Run:
    """Return the variables of all nodes; a node with one variable gives its name."""
    entries: dict[str, Recording | Spikes] = {}
    notes: list[str] = []
    wrong: list[str] = []
    for node in data.subtree:
        if not node.data_vars:
            continue
        path = entry_name(str(node.path).strip("/"), "")
        try:
            run = _dataset(node.to_dataset(), dt, clock, dims)
        except InputError as error:
            wrong.append(f"{path}: {error}" if path else str(error))
            continue
        told: Any = run.source.get("assumptions", ())
        notes += [f"{path}: {line}" if path else line for line in told]
        for name, entry in run.items():
            entries[free_name(path if path and len(run) == 1 else entry_name(f"{path} {name}"), entries)] = entry
    if not entries:
        raise InputError(wrong[0] if wrong else "DataTree: has no variables")
    notes += [f"left out: {line}" for line in wrong]
    source = {"assumptions": notes} if notes else {}
    return Run({name: replace(entry, source=source) for name, entry in entries.items()}, source)


def _dataset(data: Any, dt: float | None, clock: str | None, dims: Dims | None) -> Run:
    entries: dict[str, Recording] = {}
    notes: list[str] = []
    start, wrong = "", []
    for name in data.data_vars:
        try:
            entry, told, start = _recording(data[name], dt, clock, dims)
        except InputError as error:
            wrong.append(str(error))
            continue
        entries[own := free_name(entry_name(name), entries)] = entry
        notes += [f"{own}: {line}" for line in told]
    if not entries:
        raise InputError(wrong[0] if wrong else "Dataset: has no variables")
    notes += [f"left out: {line}" for line in wrong]
    source = {**({"assumptions": notes} if notes else {}), **({"start": start} if start else {})}
    return Run({name: replace(entry, source=source) for name, entry in entries.items()}, source)
