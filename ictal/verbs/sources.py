"""Sources of `measure` and `compare`: anything with activity, as a Run with its provenance."""

from __future__ import annotations

import hashlib
import os
import warnings
from typing import Any, cast

import array_api_compat
import numpy as np

from ..simulator import Clock, InputError, Recording, Run, Spikes
from ..simulator.files.readers import open_run
from ..simulator.recordings.recording import to_numpy

NETWORK_SUFFIX = ".pt"
Source = Any  # a Run, Recording, Spikes, array (time, unit) of any library, or the path of a file


def as_run(data: Source, *, dt: float | None = None, clock: str | None = None) -> Run:
    """Return a Run of a Run, Recording, Spikes, array or file.

    Its provenance identifies the data: of a file ``file`` and ``sha256`` (see `open_run`), of data in memory
    ``array_sha256`` (see `array_sha256`) of every entry.

    Raises:
        InputError: an object of another type, a file that cannot be read, or an array without its clock.
    """
    if isinstance(data, str | os.PathLike):
        if os.fspath(data).lower().endswith(NETWORK_SUFFIX):
            from ..models.trained.activity import activity_of

            return activity_of(data)
        return remarked(open_run(data, dt=dt, clock=clock))
    run = remarked(_in_memory(data, dt, clock), warn=True)
    return Run(run, {**run.source, "array_sha256": {name: array_sha256(entry) for name, entry in run.items()}})


def remarked(run: Run, warn: bool = False) -> Run:
    """Add to the assumptions of a run what its spike trains are; of data in memory that is a warning too."""
    lines = [
        f"{name}: {n} of {entry.time.size} spikes are stored twice, at the same time of the same unit; they count twice"
        for name, entry in run.items()
        if isinstance(entry, Spikes) and (n := entry.repeats())
    ]
    if not lines:
        return run
    if warn:
        warnings.warn("; ".join(lines), stacklevel=4)
    return Run(run, {**run.source, "assumptions": [*cast("list[str]", run.source.get("assumptions", [])), *lines]})


def array_sha256(entry: Recording | Spikes) -> str:
    """Return the SHA-256 over dtype, shape and bytes of the values; of spikes, of their times and then their units.

    >>> array_sha256(Recording(np.zeros((3, 2)), dt=1.0, clock="frame", quantity="x", unit="1"))[:16]
    '1db0460f97a81812'
    """
    total = hashlib.sha256()
    for array in (entry.time, entry.unit) if isinstance(entry, Spikes) else (to_numpy(entry.values),):
        total.update(f"{array.dtype.str} {array.shape} ".encode())
        total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


def _in_memory(data: Source, dt: float | None, clock: str | None) -> Run:
    if isinstance(data, Run):
        return data
    if isinstance(data, Recording):
        return Run({"activity": data}, data.source)
    if isinstance(data, Spikes):
        return Run({"spikes": data}, data.source)
    if array_api_compat.is_array_api_obj(data):
        if dt is None and clock != "sample":
            raise InputError("an array has no clock; give dt=INTERVAL and clock=, or clock='sample' if it has no order")
        recording = Recording(
            data, dt=1.0 if dt is None else dt, clock=cast(Clock, clock or "second"), quantity="activity", unit="1"
        )
        return Run({"activity": recording})
    raise InputError(f"cannot measure {type(data).__name__}; want a Run, Recording, Spikes, array or path")
