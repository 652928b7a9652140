"""Objects of xarray: a recording as a DataArray, spikes as a Dataset, a run as a DataTree."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ...files.rows import plain
from ...recordings.recording import Recording
from ...recordings.run import Run
from ...recordings.spikes import Spikes
from . import NOTE, note_of, noted, package, recording_of, shown, spikes_of
from .frames import trial_names

VALUES, UNIT_INDEX = "values", "unit_index"


def array(recording: Recording, name: str = "activity") -> Any:
    """Return a DataArray (..., time, unit) with its coordinates, quantity (``long_name``) and unit (``units``).

    The labels of units and times are coordinates; a label that names every unit is that of the dimension. NaN stands
    where values are not defined. ``attrs["ictal"]`` holds the rest, for `ictal.as_run`.
    """
    xr = package("xarray", "to_xarray")
    dims = [*trial_names(recording.values.ndim - 2), "time", "unit"]
    coords: dict[str, Any] = {
        "time": ("time", recording.times, {"units": "s" if recording.clock == "second" else recording.clock})
    }
    stored: dict[str, dict[str, str]] = {"unit": {}, "time": {}}
    for dim, labels in (("unit", recording.unit_labels), ("time", recording.time_labels)):
        for key, values in labels.items():
            whole = dim == "unit" and "unit" not in coords and len(np.unique(values)) == len(values)
            place = "unit" if whole else key if key not in (*coords, *dims, name) else f"{dim}_label_{key}"
            coords[place], stored[dim][key] = (dim, np.asarray(values)), place
    if "unit" not in coords:
        coords["unit"] = ("unit", np.arange(recording.n_units))
    attrs = {"units": recording.unit, "long_name": recording.quantity, NOTE: note_of(recording, labels=stored)}
    return xr.DataArray(shown(recording), coords, dims, name, attrs)


def dataset(spikes: Spikes) -> Any:
    """Return a Dataset with the variables ``time`` [s] and ``unit_index`` over spikes, and the labels over units."""
    xr = package("xarray", "to_xarray")
    variables = {"time": ("spike", spikes.time, {"units": "s"}), UNIT_INDEX: ("spike", spikes.unit)}
    coords: dict[str, Any] = {"unit": np.arange(spikes.n_units)}
    stored = {}
    for key, values in spikes.unit_labels.items():
        stored[key] = key if key not in (*variables, *coords, "spike") else f"unit_label_{key}"
        coords[stored[key]] = ("unit", np.asarray(values))
    return xr.Dataset(variables, coords, {NOTE: note_of(spikes, labels=stored)})


def tree(run: Run) -> Any:
    """Return a DataTree with a node an entry; the provenance is JSON in the attributes of its root."""
    xr = package("xarray", "to_xarray")
    nodes = {
        f"/{name}": dataset(entry) if isinstance(entry, Spikes) else array(entry, VALUES).to_dataset()
        for name, entry in run.items()
    }
    root = xr.Dataset(attrs={NOTE: json.dumps({"of": "run", "source": plain(run.source), "entries": list(run)})})
    return xr.DataTree.from_dict({"/": root, **nodes})


def read(data: Any) -> Run | Recording | Spikes | None:
    """Return the recording, spikes or run of an object of this module; None of any other."""
    if hasattr(data, "children"):
        if (note := noted(data.attrs, "run")) is None:
            return None
        found = {name: _node(data[name].to_dataset()) for name in note["entries"] if name in data.children}
        whole = {name: entry for name, entry in found.items() if entry is not None}
        return Run(whole, note["source"]) if whole and len(whole) == len(data.children) else None
    return _node(data) if hasattr(data, "data_vars") else _recording(data) if hasattr(data, "coords") else None


def _node(data: Any) -> Recording | Spikes | None:
    if (note := noted(data.attrs, "spikes")) is None:
        return _recording(data[VALUES]) if VALUES in data.data_vars else None
    if not {"time", UNIT_INDEX} <= set(data.variables) or not set(note["labels"].values()) <= set(data.coords):
        return None
    labels = {key: data.coords[place].values for key, place in note["labels"].items()}
    return spikes_of(data["time"].values, data[UNIT_INDEX].values, note, labels)


def _recording(data: Any) -> Recording | None:
    if (note := noted(data.attrs, "recording")) is None or not {"time", "unit"} <= set(data.dims):
        return None
    both = note["labels"]
    if not {"time", *both["unit"].values(), *both["time"].values()} <= set(data.coords):
        return None
    labels, marks = ({k: data.coords[place].values for k, place in both[dim].items()} for dim in ("unit", "time"))
    now = {"unit": data.attrs.get("units"), "quantity": data.attrs.get("long_name")}  # may have been changed
    note |= {key: value for key, value in now.items() if isinstance(value, str) and value}
    turned = data.transpose(..., "time", "unit")
    return recording_of(turned.values, turned.coords["time"].values, note, labels, marks)
