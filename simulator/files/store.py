"""Runs as files: written, and read back bit for bit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..recordings.recording import Recording, to_numpy
from ..recordings.run import Run
from ..recordings.spikes import Spikes
from .document import Document, Group, Variable, damage_in_one_line, from_json, read, to_json, versions, write
from .origins import check_origin, origin_groups, read_origin

UNIT_LABEL, TIME_LABEL = "unit_label_", "time_label_"
RESIDUAL = {"units": "s", "long_name": "time - timestamps/1000"}


def save(run: Run, path: str | os.PathLike[str], *, force: bool = False, within: Path | None = None) -> Path:
    """Write a Run to an HDF5 file, whole or not at all.

    Spikes go to ``/spikes/NAME`` in the form of SONATA (timestamps in ms, ``node_ids``), recordings to
    ``/signals/NAME`` with the variable ``values``. The file lists the entries in their order. The description of the
    network goes to ``/network`` and its final state to ``/state``.

    Args:
        run: the Run.
        path: the file.
        force: replace it if it exists.
        within: folder of the temporary file, on the same disk as the file; the file's own if None.

    Raises:
        InputError: not a Run; the file exists (and not force) or cannot be written.
    """
    if not isinstance(run, Run):
        hint = "; it has a save of its own" if hasattr(run, "save") else ""
        raise InputError(f"save: takes a Run; got {type(run).__name__}{hint}")
    return write(to_document(run), path, force=force, within=within)


def load(path: str | os.PathLike[str]) -> Run:
    """Read a Run.

    Raises:
        InputError: the file is missing, empty, truncated, foreign, of a newer version, or not a run; its description
            was edited.
    """
    document = read(path, kind="run")
    with damage_in_one_line(path, "is not a complete run, a part is missing or damaged"):
        run = from_document(document)
    with damage_in_one_line(path):
        check_origin(run.origin, document.attrs)
    return run


def to_document(run: Run) -> Document:
    """Return the attributes and groups of a Run."""
    groups: dict[str, Group] = {}
    for name, entry in run.items():
        if isinstance(entry, Spikes):
            groups[f"spikes/{name}"] = _spikes_group(name, entry)
        else:
            groups[f"signals/{name}"] = _signal_group(name, entry)
    source = dict(run.source)
    _source_json("Run", source)
    attrs = {
        "kind": "run",
        "entries": to_json(list(run)),
        "config": to_json({k: v for k, v in source.items() if k not in ("seed", "engine", "versions")}),
        "seed": to_json(source.get("seed")),
        "engine": str(source.get("engine", "")),
        "versions": to_json(source.get("versions", versions())),
    }
    return Document(attrs, groups | ({} if run.origin is None else origin_groups(run.origin)))


def _source_json(name: str, source: Mapping[str, object]) -> str:
    try:
        return to_json(dict(source))
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}.source: must be plain finite numbers, strings, lists and mappings: {error}") from None


def from_document(document: Document) -> Run:
    """Return the Run of a document, the inverse of `to_document`."""
    entries: dict[str, Recording | Spikes] = {}
    names = from_json(document.attrs["entries"])
    if not isinstance(names, list):
        raise InputError("its attribute entries is no list")
    for name in names:
        if f"spikes/{name}" in document.groups:
            entries[name] = _spikes(document.groups[f"spikes/{name}"])
        else:
            entries[name] = _signal(document.groups[f"signals/{name}"])
    source: dict[str, Any] = dict(from_json(document.attrs["config"]))
    if (seed := from_json(document.attrs["seed"])) is not None:
        source["seed"] = seed
    if document.attrs["engine"]:
        source["engine"] = document.attrs["engine"]
    source["versions"] = from_json(document.attrs["versions"])
    return Run(entries, source, read_origin(document))


def timestamps(time: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return times [s] in ms, and the rounding error of s -> ms -> s [s]."""
    stamps = time * 1000.0
    return stamps, time - stamps / 1000.0


def _spikes_group(name: str, spikes: Spikes) -> Group:
    stamps, residual = timestamps(spikes.time)
    variables = {
        "timestamps": Variable(("spike",), stamps, {"units": "milliseconds"}),
        "node_ids": Variable(("spike",), spikes.unit.astype(np.uint64)),
    }
    if residual.any():
        variables["residual"] = Variable(("spike",), residual, RESIDUAL)
    variables |= {UNIT_LABEL + key: Variable(("unit",), labels) for key, labels in spikes.unit_labels.items()}
    attrs = {
        "sorting": "by_time",
        "n_units": spikes.n_units,
        "duration": spikes.duration,
        "t0": spikes.t0,
        "source": _source_json(name, spikes.source),
    }
    return Group(variables, attrs)


def _spikes(group: Group) -> Spikes:
    variables, attrs = group.variables, group.attrs
    time = variables["timestamps"].values / 1000.0
    if "residual" in variables:
        time = time + variables["residual"].values
    return Spikes(
        time=time,
        unit=variables["node_ids"].values.astype(np.int64),
        n_units=int(attrs["n_units"]),
        duration=float(attrs["duration"]),
        t0=float(attrs["t0"]),
        unit_labels=_labels(group, UNIT_LABEL),
        source=from_json(attrs["source"]),
    )


def _signal_group(name: str, recording: Recording) -> Group:
    values = to_numpy(recording.values)
    dims = (*(f"trial{axis}" for axis in range(values.ndim - 2)), "time", "unit")
    described = {"long_name": recording.quantity, "units": recording.unit}
    clock = {"units": "s" if recording.clock == "second" else recording.clock}
    variables = {
        "time": Variable(("time",), recording.times, clock),
        "unit": Variable(("unit",), np.arange(recording.n_units)),
        "values": Variable(dims, values, described),
    }
    if recording.valid is not None:
        variables["valid"] = Variable(dims, to_numpy(recording.valid).astype(bool))
    variables |= {UNIT_LABEL + key: Variable(("unit",), array) for key, array in recording.unit_labels.items()}
    variables |= {TIME_LABEL + key: Variable(("time",), array) for key, array in recording.time_labels.items()}
    attrs = {
        "dt": recording.dt,
        "clock": recording.clock,
        "t0": recording.t0,
        "periodic": recording.periodic,
        "source": _source_json(name, recording.source),
    }
    return Group(variables, attrs)


def _signal(group: Group) -> Recording:
    variables, attrs = group.variables, group.attrs
    values = variables["values"]
    return Recording(
        values.values,
        dt=float(attrs["dt"]),
        clock=attrs["clock"],
        quantity=str(values.attrs["long_name"]),
        unit=str(values.attrs["units"]),
        t0=float(attrs["t0"]),
        periodic=bool(attrs["periodic"]),
        valid=variables["valid"].values if "valid" in variables else None,
        unit_labels=_labels(group, UNIT_LABEL),
        time_labels=_labels(group, TIME_LABEL),
        source=from_json(attrs["source"]),
    )


def _labels(group: Group, prefix: str) -> dict[str, Any]:
    return {k.removeprefix(prefix): v.values for k, v in group.variables.items() if k.startswith(prefix)}
