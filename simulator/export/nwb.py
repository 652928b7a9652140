"""Runs in a file of NWB, Neurodata Without Borders."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .. import InputError
from ..files.disk import Sink, replacing
from ..files.document import StoredGroup
from ..files.store import TIME_LABEL, UNIT_LABEL
from ..machine import check_memory
from ..types import Progress
from .entries import SIGNALS, SPIKES, Content, Exported, Format, name_of, plain, plain_attrs

COPIES = 3  # of the values, while they are read and written
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
QUANTITY = "quantity: "  # begins the comments of a series
LABEL = "label of ictal, "  # begins the description of a column, before its type and its name
UNIT_LABELS, TIME_LABELS = "unit_labels", "time_labels"  # processing modules with a table an entry
POPULATION = "population"
TAKEN = (  # names of a table of NWB itself
    POPULATION, "id", "name", "description", "parent", "columns", "colnames", "electrodes", "electrode_group",
    "spike_times", "obs_intervals", "waveforms", "waveform_mean", "waveform_sd",
)  # fmt: skip


def write_nwb(content: Content, target: Path, force: bool, progress: Progress) -> Exported:
    """Write spikes as the table of units, signals in seconds as time series, and annotations as epochs.

    A unit has its ``population``, the name of the entry, and its labels as columns; signals in µV with the label
    ``channel`` are ElectricalSeries. Labels of a signal stand in tables of the modules ``unit_labels`` and
    ``time_labels``. Left out, or refused if they were named: signals with trials, on another clock, periodic, or not
    defined everywhere.

    Args:
        content: entries to export.
        target: the file.
        force: replace a file that exists.
        progress: called as progress(entries done, entries, entry).

    Raises:
        InputError: nothing that NWB can hold, more than memory holds, pynwb is not installed, or the target exists or
            cannot be written.
        OSError: the disk is full.
    """
    try:
        import pynwb
    except ImportError:
        raise InputError('export to nwb needs pynwb: pip install "ictal[nwb]"') from None
    made = {path: plain(path, group, content.where) for path, group in content.groups.items()}
    reasons = {path: _unfit(path, group) for path, group in made.items()}
    left = [path for path, reason in reasons.items() if reason]
    if len(left) == len(made) or (left and content.asked):
        raise InputError(f"{content.where}: {name_of(left[0])} {reasons[left[0]]}; {_instead(left[0])}")
    kept = {path: group for path, group in made.items() if path not in left}
    size = sum(math.prod(v.shape) * 8 for group in kept.values() for v in group.variables.values())
    check_memory(f"{content.where}: an export to NWB", COPIES * size)
    config: dict[str, Any] = plain_attrs(content.attrs).get("config") or {}
    nwb = _empty(pynwb, content, config, {name_of(path): _exact(group) for path, group in kept.items()})
    _units(nwb, {name_of(path): group for path, group in kept.items() if path.startswith(SPIKES)})
    for done, (path, group) in enumerate(kept.items()):
        progress(done, len(kept), name_of(path))
        if path.startswith(SIGNALS):
            _signal(pynwb, nwb, name_of(path), group)
    for mark in config.get("annotations") or ():
        nwb.add_epoch(float(mark["onset"]), float(mark["onset"] + (mark["duration"] or 0.0)), [str(mark["text"])])
    with (
        replacing(target, force) as temporary,
        Sink(temporary) as sink,
        h5py.File(sink, "w") as file,
        warnings.catch_warnings(),
        pynwb.NWBHDF5IO(file=file, mode="w") as io,
    ):
        warnings.simplefilter("ignore")  # on units and names that NWB would rather have otherwise
        io.write(nwb)
    progress(len(kept), len(kept), "written")
    return Exported([target], [name_of(path) for path in left])


NWB = Format(write_nwb, ".nwb", (".nwb",))


def _instead(path: str) -> str:
    if path.startswith((SPIKES, SIGNALS)):
        return "say --to csv or --to xarray"
    return "say --to csv, or in Python ictal.load(FILE).to_pandas()"


def _unfit(path: str, group: StoredGroup) -> str:
    """Return the reason why NWB cannot hold a group; "" if it can."""
    if path.startswith(SPIKES):
        return ""
    if not path.startswith(SIGNALS):
        return "is a table of results, neither spikes nor a signal, which is all that NWB holds"
    values = group.variables["values"]
    if group.attrs.get("clock") != "second":
        return f"has the clock {group.attrs.get('clock')!r}, and NWB keeps time in seconds"
    if len(values.shape) > 2:
        return "has trials, and a time series of NWB has none"
    if group.attrs.get("periodic"):
        return "is periodic, and a time series of NWB is not"
    return "is not defined everywhere, and NWB has no mask" if np.isnan(values.part(slice(None))).any() else ""


def _empty(pynwb: Any, content: Content, config: Mapping[str, Any], exact: Mapping[str, Any]) -> Any:
    try:
        start = datetime.fromisoformat(str(config.get("start")))
    except ValueError:
        start = NO_DATE
    start = start.replace(tzinfo=UTC) if start.tzinfo is None else start
    said = "" if start is not NO_DATE else "; the start of the session is not known, and 1970-01-01 stands for it"
    whole = plain_attrs(content.attrs)
    source = dict(config) | {
        key: whole[key] for key in ("seed", "engine", "versions") if whole.get(key) not in (None, "")
    }
    text = json.dumps(source, sort_keys=True, default=str)
    return pynwb.NWBFile(
        session_description=f"{config.get('system') or 'activity'}, written by Ictal{said}",
        identifier=hashlib.sha256(f"{content.where} {text}".encode()).hexdigest(),
        session_start_time=start,
        notes=json.dumps({"ictal": source, "exact": exact}, default=str),
    )


def _exact(group: StoredGroup) -> dict[str, Any]:
    """Return what NWB keeps as something else: an interval as its rate, a length as its end, the type of values."""
    found = {key: float(group.attrs[key]) for key in ("dt", "duration") if key in group.attrs}
    return {**found, **({"dtype": group.variables["values"].dtype.name} if "values" in group.variables else {})}


def _units(nwb: Any, populations: Mapping[str, StoredGroup]) -> None:
    """Add a row a unit: its spikes, the observation, its population and labels."""
    if not populations:
        return
    nwb.add_unit_column(POPULATION, "entry of the run that the unit is of")
    labels = {name: _labels(group, UNIT_LABEL) for name, group in populations.items()}
    kinds: dict[str, np.dtype[Any]] = {key: v.dtype for found in labels.values() for key, v in found.items()}
    for key, kind in kinds.items():
        nwb.add_unit_column(_column(key), _described(key, kind))
    for name, group in populations.items():
        time, unit = (group.variables[key].part(slice(None)) for key in ("time", "unit"))
        order = np.lexsort((time, unit))
        edges = np.searchsorted(unit[order], np.arange(int(group.attrs["n_units"]) + 1))
        t0, duration = float(group.attrs["t0"]), float(group.attrs["duration"])
        for at in range(int(group.attrs["n_units"])):
            values = {
                _column(key): str(labels[name][key][at]) if kind.kind == "U" else float(labels[name][key][at])
                for key, kind in kinds.items() if key in labels[name]
            }  # fmt: skip
            nothing = {_column(key): "" if kind.kind == "U" else math.nan for key, kind in kinds.items()}
            nwb.add_unit(
                spike_times=time[order[edges[at] : edges[at + 1]]], obs_intervals=np.array([[t0, t0 + duration]]),
                population=name, **{**nothing, **values},
            )  # fmt: skip


def _described(name: str, kind: np.dtype[Any]) -> str:
    return f"{LABEL}{'str' if kind.kind == 'U' else kind.name}: {name}"


def _column(name: str) -> str:
    """Return the name of a label as that of a column, which may not hold slashes or be one of NWB's own."""
    plain_name = name.replace("/", "_").replace(":", "_")
    return f"{plain_name}_label" if plain_name in TAKEN else plain_name


def _signal(pynwb: Any, nwb: Any, name: str, group: StoredGroup) -> None:
    stored = group.variables["values"]
    values, unit = stored.part(slice(None)), str(stored.attrs.get("units", "1"))
    shared = {
        "name": _column(name), "data": values, "starting_time": float(group.attrs["t0"]),
        "rate": 1.0 / float(group.attrs["dt"]), "comments": f"{QUANTITY}{stored.attrs.get('long_name', '')}",
    }  # fmt: skip
    labels = _labels(group, UNIT_LABEL)
    if "channel" in labels and unit == "µV":
        if not nwb.electrode_groups:
            device = nwb.create_device(name="not known")
            nwb.create_electrode_group(name="electrodes", description="channels", location="not known", device=device)
            nwb.add_electrode_column("channel_name", "name of the channel")
        first = len(nwb.electrodes) if nwb.electrodes is not None else 0
        for channel in labels.pop("channel").tolist():
            nwb.add_electrode(
                group=nwb.electrode_groups["electrodes"], location="not known", channel_name=channel
            )  # fmt: skip
        region = nwb.create_electrode_table_region(list(range(first, first + values.shape[1])), "channels")
        series = pynwb.ecephys.ElectricalSeries(**shared, electrodes=region, conversion=1e-6)
    else:
        series = pynwb.TimeSeries(**shared, unit=unit)
    nwb.add_acquisition(series)
    for module, found in ((UNIT_LABELS, labels), (TIME_LABELS, _labels(group, TIME_LABEL))):
        if found:
            _table(nwb, module, _column(name), found)


def _table(nwb: Any, module: str, name: str, labels: Mapping[str, NDArray[Any]]) -> None:
    from hdmf.common import DynamicTable, VectorData

    if module not in nwb.processing:
        nwb.create_processing_module(name=module, description=f"{module.replace('_', ' ')} of the signals, a row each")
    columns = [
        VectorData(
            name=_column(key), description=_described(key, values.dtype),
            data=values.tolist() if values.dtype.kind == "U" else values,
        )
        for key, values in labels.items()
    ]  # fmt: skip
    nwb.processing[module].add(DynamicTable(name=name, description="labels", columns=columns))


def _labels(group: StoredGroup, prefix: str) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(prefix): variable.part(slice(None))
        for name, variable in group.variables.items()
        if name.startswith(prefix)
    }
