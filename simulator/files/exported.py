"""Exports as Runs again: folders of csv, netCDF files, and spikes of SONATA, also of other tools."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..machine import check_memory
from ..recordings.recording import Clock, Recording
from ..recordings.run import Run
from ..recordings.spikes import Spikes
from .document import FORMAT, damage_in_one_line, opened
from .guard import COPIES, attributes, check_dataset, members, open_hdf5, texts
from .spike_lists import Observed, spike_list
from .store import TIME_LABEL, UNIT_LABEL, load

ABOUT = "attributes.json"  # of a folder of csv
_SPIKES, _SIGNALS = "spikes/", "signals/"
_INERT = re.compile(r"'+[=+\-@\t\r]")  # a text of which an export hides from spreadsheets that it begins as a formula


def read_hdf5(source: Path) -> Run:
    """Read a run of Ictal, an export of one to netCDF, or spikes in the layout of SONATA.

    Raises:
        InputError: one line with the file and its fault.
    """
    kind = "" if not source.is_file() or not source.stat().st_size else _kind(source)
    if kind == "sonata":
        return _sonata(source)
    return _netcdf(source) if kind == "netcdf" else load(source)


def _kind(source: Path) -> str:
    with damage_in_one_line(source), open_hdf5(source) as file:
        if file.attrs.get("format") == FORMAT:
            return ""
        if {"kind", "config", "versions"} <= set(file.attrs):
            return "netcdf"
        return "sonata" if "spikes" in file else ""


def is_own(source: Path) -> bool:
    """Return whether an HDF5 file is in the format of Ictal, or too damaged to tell."""
    try:
        return not _kind(source)
    except InputError:
        return True


def is_of_others(source: Path) -> bool:
    """Return whether an HDF5 file is whole, and of no layout that is read."""
    try:
        with damage_in_one_line(source), open_hdf5(source) as file:
            return file.attrs.get("format") != FORMAT and not _kind(source)
    except InputError:
        return False


def _netcdf(source: Path) -> Run:
    with opened(source, own=False) as (attrs, groups), damage_in_one_line(source, "is no complete export of a run"):
        if attrs["kind"] != "run":
            raise InputError(f"{source}: is the export of a {attrs['kind']}; want that of a run")
        entries: dict[str, Recording | Spikes] = {}
        for path, group in groups.items():
            values = {name: np.asarray(variable.part(...)) for name, variable in group.variables.items()}
            about = {name: _one(value) for name, value in group.attrs.items()}
            name = path.partition("/")[2]
            if path.startswith(_SPIKES):
                labels = _labelled(values, UNIT_LABEL)
                time, unit = values["time"], values["unit_index"]
                entries[name] = _spikes(time, unit, about, json.loads(about["source"]), labels)
            elif path.startswith(_SIGNALS):
                described = {key: str(v) for key, v in group.variables["values"].attrs.items()}
                of_values = described.get("units") or described.get("unit") or "1"
                entries[name] = _recording(
                    values["values"], about, json.loads(about["source"]), described["long_name"], of_values,
                    _labelled(values, UNIT_LABEL), _labelled(values, TIME_LABEL),
                )  # fmt: skip
        return Run(entries, _source({key: _parsed(attrs.get(key)) for key in ("config", "seed", "engine", "versions")}))


def _sonata(source: Path) -> Run:
    notes: list[str] = []
    entries: dict[str, Recording | Spikes] = {}
    with (
        damage_in_one_line(source, "cannot be read as spikes of SONATA"),
        open_hdf5(source) as file,
    ):
        top = dict(members(file, set())).get("spikes")
        if not isinstance(top, h5py.Group):
            raise InputError(f"{source}: spikes is no group")
        inside = dict(members(top, set()))
        populations = {name: group for name, group in inside.items() if isinstance(group, h5py.Group)}
        for name, group in (populations or {"spikes": top}).items():
            parts = {key: item for key, item in members(group, set()) if isinstance(item, h5py.Dataset)}
            ids = next((key for key in ("node_ids", "gids") if key in parts), "node_ids")
            time, unit = (_vector(source, group.name, parts, key) for key in ("timestamps", ids))
            if time.shape != unit.shape:
                raise InputError(f"{source}: {group.name}: has {time.size} timestamps and {unit.size} {ids}")
            about = attributes(group)
            known: dict[str, Any] = {k: _one(about[k]) for k in ("n_units", "duration", "t0") if k in about}
            if len(known) == 3:
                seconds = time / 1000.0
                if "residual" in parts:
                    seconds = seconds + _vector(source, group.name, parts, "residual")
                labels = {key: _labels(item) for key, item in parts.items() if key.startswith(UNIT_LABEL)}
                entries[name] = _spikes(seconds, unit, known, {}, _labelled(labels, UNIT_LABEL))
                continue
            units = str(attributes(parts["timestamps"]).get("units", ""))
            said = {"milliseconds": "ms", "seconds": "s", "": "ms"}.get(units, units)
            title = f"timestamps of {name}"
            if not units:
                notes.append(f"{title} are in ms, as SONATA has it")
            try:
                entries[name], more = spike_list(str(source), time, unit, said, title, None, Observed(**known))
            except InputError:
                if time.size or len(populations) < 2:
                    raise
                more = [f"{name} is left out: it has no spikes"]
            notes += more
    if not entries:
        raise InputError(f"{source}: holds no population of spikes")
    return Run(entries, {"assumptions": notes} if notes else {})


def _vector(source: Path, group: str, parts: Mapping[str, h5py.Dataset], name: str) -> NDArray[Any]:
    """Return a vector of numbers that lies in the file."""
    if name not in parts:
        raise InputError(f"{source}: {group} has no {name}")
    item = parts[name]
    check_dataset(item)
    if item.ndim != 1 or item.dtype.kind not in "iuf":
        raise InputError(f"{source}: {group}/{name} must be a vector of numbers")
    check_memory(f"{source}: {group}/{name}", COPIES * item.nbytes)
    values = np.asarray(item[:])
    return values.astype(np.float64) if name != "node_ids" and name != "gids" else values.astype(np.int64)


def _labels(item: h5py.Dataset) -> NDArray[Any]:
    check_dataset(item)
    text = h5py.check_string_dtype(item.dtype) is not None
    return texts(item.asstr()[:]) if text else np.asarray(item[:])


def is_folder(path: Path) -> bool:
    """Return whether a folder is an export to csv."""
    return path.is_dir() and (path / ABOUT).is_file()


def read_folder(folder: Path) -> Run:
    """Read a folder that ``ictal export --to csv`` wrote from a run.

    Raises:
        InputError: one line with the file and its fault.
    """
    about = _about(folder / ABOUT)
    with damage_in_one_line(folder / ABOUT, "is no complete export of a run"):
        if about.get("kind") != "run":
            raise InputError(f"{folder}: holds the tables of a {about.get('kind')}; want those of a run")
        entries = {name: _entry(folder, entry) for name, entry in about["entries"].items()}
        return Run(entries, _source(about))


def is_part(table: Path) -> bool:
    """Return whether a table is one of such a folder, with the values of an entry of a run."""
    return bool(_parts(table)[1])


def read_part(table: Path) -> Run | None:
    """Read one table of such a folder with what the folder says of it; None of another file."""
    about, parts = _parts(table)
    with damage_in_one_line(table.parent / ABOUT, "is no complete export of a run"):
        entries = {name: _entry(table.parent, entry) for name, entry in parts.items()}
        return Run(entries, _source(about)) if entries else None


def _parts(table: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the folder of a table says of the whole run, and of the entry of the table."""
    if not is_folder(table.parent):
        return {}, {}
    about = _about(table.parent / ABOUT)
    with damage_in_one_line(table.parent / ABOUT, "is no complete export of a run"):
        entries = dict(about.get("entries", {})) if about.get("kind") == "run" else {}
        return about, {name: entry for name, entry in entries.items() if entry["files"][:1] == [table.name]}


def _about(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as error:
        raise InputError(f"{path}: cannot be read as JSON, damaged or truncated") from error
    if not isinstance(found, dict):
        raise InputError(f"{path}: must hold a mapping")
    return found


def _entry(folder: Path, entry: Mapping[str, Any]) -> Recording | Spikes:
    files, attrs, variables = entry["files"], entry["attributes"], entry["variables"]
    header, rows = _table(folder, files[0])
    beside = _table(folder, files[1]) if len(files) > 1 else ([], [])
    labels = {
        name.removeprefix(UNIT_LABEL): _column([row[k] for row in beside[1]], variables[name])
        for k, name in enumerate(beside[0]) if name.startswith(UNIT_LABEL)
    }  # fmt: skip
    if str(entry["group"]).startswith(_SPIKES):
        time = np.array([float(row[0]) for row in rows], dtype=np.float64)
        return _spikes(time, np.array([int(row[1]) for row in rows], dtype=np.int64), attrs, attrs["source"], labels)
    values = variables["values"]
    outer = len(values["dimensions"]) - 2
    lead = outer + sum(about["dimensions"] == ["time"] for about in variables.values())
    cells = np.array([[cell or "nan" for cell in row[lead:]] for row in rows]).astype(values.get("dtype", "float64"))
    trials = [len({row[k] for row in rows}) for k in range(outer)]
    n_times = len(rows) // int(np.prod(trials, dtype=int))
    times = {
        name.removeprefix(TIME_LABEL): _column([row[k] for row in rows[:n_times]], variables[name])
        for k, name in enumerate(header[:lead]) if name.startswith(TIME_LABEL)
    }  # fmt: skip
    shape = (*trials, n_times, cells.shape[-1])
    return _recording(cells.reshape(shape), attrs, attrs["source"], values["long_name"], values["units"], labels, times)


def _table(folder: Path, name: str) -> tuple[list[str], list[list[str]]]:
    if Path(name).name != name:
        raise InputError(f"{folder / ABOUT}: names a file outside of its folder: {name!r}")
    path = folder / name
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: is missing or damaged") from error
    for at, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise InputError(f"{path}: row {at} has {len(row)} columns; want {len(header)}")
    return header, rows


def _column(cells: Sequence[str], about: Mapping[str, Any]) -> NDArray[Any]:
    """Return a column of labels in its type: that of the export, or of older ones by its cells."""
    cells = [cell[1:] if _INERT.match(cell) else cell for cell in cells]
    kind = np.dtype(about.get("dtype", "U")).kind
    if kind == "b" or (kind == "U" and "dtype" not in about and cells and set(cells) <= {"true", "false"}):
        return np.array([cell == "true" for cell in cells])
    if kind in "iuf":
        return np.array([cell or "nan" for cell in cells]).astype(about["dtype"])
    if "dtype" not in about:
        for made in (np.int64, np.float64):
            try:
                return np.array(list(cells)).astype(made)
            except ValueError:
                continue
    return np.array(list(cells), dtype=str)


def _spikes(
    time: NDArray[Any], unit: NDArray[Any], attrs: Mapping[str, Any], source: Any, labels: Mapping[str, Any]
) -> Spikes:
    return Spikes(
        time,
        unit.astype(np.int64),
        int(attrs["n_units"]),
        float(attrs["duration"]),
        float(attrs["t0"]),
        labels,
        dict(source),
    )


def _recording(
    values: NDArray[Any], attrs: Mapping[str, Any], source: Any, quantity: str, unit: str, labels: Mapping[str, Any],
    times: Mapping[str, Any],
) -> Recording:  # fmt: skip
    nothing = np.isnan(values)
    defined = np.where(nothing, np.asarray(0, values.dtype), values)
    return Recording(
        defined, float(attrs["dt"]), cast(Clock, str(attrs["clock"])), quantity, unit,
        float(attrs["t0"]), bool(attrs["periodic"]), ~nothing if nothing.any() else None, labels, times, dict(source),
    )  # fmt: skip


def _labelled(values: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): v for name, v in values.items() if name.startswith(prefix)}


def _source(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the provenance of a run, as its file has it."""
    found = dict(about["config"])
    for key in ("seed", "engine", "versions"):
        if about.get(key) not in (None, ""):
            found[key] = about[key]
    return found


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _one(value: Any) -> Any:
    """Return the number in an attribute of one number."""
    return value.reshape(-1)[0].item() if isinstance(value, np.ndarray) and value.size == 1 else value
