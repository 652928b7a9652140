"""Recordings, spikes and runs as objects of pandas, xarray and Neo, and back without a loss.

Such an object says all of itself in the terms of its library. What these have no place for, such as the clock, the
length of an observation or the provenance, is a text of JSON under the attribute `NOTE`. `returned` reads both; the
times, names and values are those of the object, so that a part of it, or a change to it, is read as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from ...errors import InputError
from ...files.rows import plain
from ...recordings.recording import Recording
from ...recordings.run import Run
from ...recordings.spikes import Spikes
from ...types import Floats

NOTE = "ictal"
EXTRAS = {"pandas": "pandas", "xarray": "xarray", "neo": "neo", "quantities": "neo"}
UNEVEN = 1e-3  # of a step: rounding of times


def package(name: str, verb: str) -> Any:
    """Import a package of an extra.

    Raises:
        InputError: it is not installed; the message names the extra.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise InputError(f"{verb} needs {name}; say pip install 'ictal[{EXTRAS[name]}]'") from error


def note_of(entry: Recording | Spikes, **more: Any) -> str:
    """Return the note of an entry, JSON."""
    if isinstance(entry, Spikes):
        about = {"of": "spikes", "n_units": entry.n_units, "n_spikes": int(entry.time.size)}
        about |= {"duration": entry.duration, "t0": entry.t0}
    else:
        about = {
            name: getattr(entry, name) for name in ("dt", "t0", "clock", "quantity", "unit", "periodic", "n_times")
        }
        about |= {"of": "recording", "undefined": entry.valid is not None}
    return json.dumps({**about, "source": plain(entry.source), **more})


def noted(attrs: Mapping[Any, Any], of: str) -> dict[str, Any] | None:
    """Return the note among the attributes of an object if it is one of a recording, of spikes or of a run.

    Raises:
        InputError: the note is damaged.
    """
    if not isinstance(text := attrs.get(NOTE), str):
        return None
    try:
        found = json.loads(text)
        return dict(found) if found["of"] == of else None
    except (ValueError, TypeError, LookupError):
        raise _damaged() from None


def _damaged() -> InputError:
    return InputError(f"its attribute {NOTE!r} is damaged; delete it, and give dt= and dims=")


def grid_of(times: Any, note: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return dt and t0 of evenly spaced times, those of the note where they agree; None if they are not even.

    >>> note = {"dt": 0.1, "t0": 0.0, "clock": "second"}
    >>> grid_of(np.arange(5) * 0.1, note), grid_of(np.arange(5) * 0.1 + 1, note), grid_of(np.arange(5) * 0.3, note)
    ((0.1, 0.0), (0.1, 1.0), (0.3, 0.0))
    """
    t: Floats = np.asarray(times, dtype=np.float64)
    dt, t0 = float(note["dt"]), float(note["t0"])
    slack = 4 * float(np.spacing(np.abs(t).max()))
    step = dt if t.size < 2 else float(t[-1] - t[0]) / (t.size - 1)
    if abs(step - dt) * max(t.size - 1, 1) > 1e-6 * dt + slack:
        dt = step
    if not dt > 0 or np.abs(t - t[0] - dt * np.arange(t.size)).max() > UNEVEN * dt + slack:
        return None
    return dt, t0 if abs(float(t[0]) - t0) <= 1e-6 * dt + slack else float(t[0])


def recording_of(
    values: Any, times: Any, note: Mapping[str, Any], labels: Mapping[str, Any], of_times: Mapping[str, Any]
) -> Recording | None:
    """Return a recording of values (..., time, unit) with a note, labels of units and of times; None as `grid_of`.

    Args:
        values: NaN where they are not defined, if the note says that there are such.
        times: of the samples [ticks].
        note: of the recording.
        labels, of_times: name -> labels.
    """
    if (grid := grid_of(times, note)) is None:
        return None
    values = np.asarray(values)
    valid = ~np.isnan(values) if note["undefined"] else None
    return Recording(
        values if valid is None else np.where(valid, values, 0.0).astype(values.dtype), dt=grid[0], clock=note["clock"],
        quantity=note["quantity"], unit=note["unit"], t0=grid[1], valid=valid, source=note["source"],
        periodic=bool(note["periodic"]) and values.shape[-2] == note["n_times"], unit_labels=labels,
        time_labels=of_times,
    )  # fmt: skip


def spikes_of(time: Any, unit: Any, note: Mapping[str, Any], labels: Mapping[str, Any]) -> Spikes:
    """Return spikes with a note; of a part of those that were written it says so."""
    n, source = len(time), dict(note["source"])
    if n != note["n_spikes"]:
        stop = note["t0"] + note["duration"]
        line = (
            f"{n} of {note['n_spikes']} spikes are there; all {note['n_units']} units are taken as observed from "
            f"{note['t0']:g} to {stop:g} s"
        )
        source["assumptions"] = [*source.get("assumptions", ()), line]
    return Spikes(
        np.asarray(time, dtype=np.float64), np.asarray(unit, dtype=np.int64), note["n_units"], note["duration"],
        note["t0"], labels, source,
    )  # fmt: skip


def returned(data: Any, library: str) -> Run | None:
    """Return the Run of an object that `to_pandas`, `to_xarray` or `to_neo` made; None of any other object.

    Raises:
        InputError: its note is damaged.
    """
    if library not in ("pandas", "xarray", "neo"):
        return None
    module = import_module({"pandas": ".frames", "xarray": ".trees", "neo": ".blocks"}[library], __name__)
    try:
        found: Run | Recording | Spikes | None = module.read(data)
    except (LookupError, TypeError, AttributeError):  # of a note that lacks a part
        raise _damaged() from None
    if found is None or isinstance(found, Run):
        return found
    name = "spikes" if isinstance(found, Spikes) else entry_name(data, found)
    return Run({name: found}, found.source)


def entry_name(data: Any, found: Recording) -> str:
    """Return the name of an entry: that of the object if it can be one, else "activity"."""
    name = getattr(data, "name", None)
    return name if isinstance(name, str) and name.strip(". ") and "/" not in name else "activity"


def shown(entry: Recording) -> Any:
    """Return the values of a recording in memory, NaN where they are not defined."""
    from ...recordings.recording import to_numpy

    values = entry.numpy()
    return values if entry.valid is None else np.where(to_numpy(entry.valid), values, np.nan).astype(values.dtype)
