"""Sources of `measure` and `compare`: anything with activity, as a Run with its provenance."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Mapping
from typing import Any, cast

import array_api_compat
import numpy as np

from ..simulator import Clock, InputError, Network, Recording, Run, Spikes
from ..simulator.files.readers import has_no_clock, open_run
from ..simulator.neighbours import WITH_TIMES, library_of, run_of
from ..simulator.neighbours.names import unit_text
from ..simulator.recordings.dims import Dims, arranged
from ..simulator.recordings.pieces import Pieces, pieces
from ..simulator.recordings.recording import check_dense, to_numpy

NETWORK_SUFFIX = ".pt"
Source = Any  # a Run, Recording, Spikes, array of any library, object of another tool (`LIBRARIES`), or a path


def as_run(
    data: Source,
    *,
    dt: float | None = None,
    clock: str | None = None,
    dims: Dims | None = None,
    lazy: bool = False,
) -> Run:
    """Return a Run of a Run, Recording, Spikes, array, object of another library, or file.

    Its provenance identifies the data: of a file ``file`` and ``sha256`` (see `open_run`), of data in memory
    ``array_sha256`` (see `array_sha256`) of every entry. What was assumed stands in ``source["assumptions"]``.

    Args:
        data: anything with activity. Objects of `LIBRARIES` name their axes, times and units.
        dt, clock: of arrays; see `Recording`.
        dims: names of the axes of an array in their order, such as "unit time" or "time trial unit". Without it an
            array has two axes, (time, unit), and more samples than units.
        lazy: as in `open_run`.

    Raises:
        InputError: an object of another type, a file that cannot be read, an array without its clock, or whose axes
            cannot be told.
    """
    if isinstance(data, Network):
        raise InputError(
            "cannot measure a Network, which has no activity; give ictal.simulate(network, duration=SECONDS)"
        )
    if isinstance(data, str | os.PathLike):
        if os.fspath(data).lower().endswith(NETWORK_SUFFIX):
            _refuse_given(f"{os.fspath(data)}: a trained network", dt, clock, dims)
            from ..models.trained.activity import activity_of

            return activity_of(data)
        return remarked(open_run(data, dt=dt, clock=clock, dims=dims, lazy=lazy))
    run = remarked(_in_memory(data, dt, clock, dims, lazy), warn=True)
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
    return Run(run, {**run.source, "assumptions": [*assumptions_of(run.source), *lines]})


def is_bare(data: Source) -> bool:
    """Return whether `dt`, `clock` and `dims` say something of this: an array, or a file of arrays."""
    if isinstance(data, str | os.PathLike):
        return has_no_clock(data)
    return not isinstance(data, Run | Recording | Spikes) and library_of(data) not in WITH_TIMES


def assumptions_of(source: Mapping[str, Any]) -> list[str]:
    """Return what was assumed when the data were read."""
    return [str(line) for line in source.get("assumptions", ())]


def array_sha256(entry: Recording | Spikes) -> str:
    """Return the SHA-256 over dtype, shape and bytes of the values; of spikes, of their times and then their units.

    >>> array_sha256(Recording(np.zeros((3, 2)), dt=1.0, clock="frame", quantity="x", unit="1"))[:16]
    '1db0460f97a81812'
    """
    total = hashlib.sha256()
    for array in (entry.time, entry.unit) if isinstance(entry, Spikes) else (entry.values,):
        array = array if isinstance(array, Pieces) else to_numpy(array)
        total.update(f"{array.dtype.str} {array.shape} ".encode())
        for _, piece in pieces(array) if isinstance(array, Pieces) else [(0, array)]:
            total.update(np.ascontiguousarray(piece).data)
    return total.hexdigest()


def _in_memory(data: Source, dt: float | None, clock: str | None, dims: Dims | None, lazy: bool) -> Run:
    if not is_bare(data):
        _refuse_given(type(data).__name__, dt, clock, dims)
    if isinstance(data, Run):
        return data
    if isinstance(data, Recording | Spikes):
        return Run({"spikes" if isinstance(data, Spikes) else "activity": data}, data.source)
    if library := library_of(data):
        return run_of(data, library, dt, clock, dims, lazy)
    if array_api_compat.is_array_api_obj(data) and not isinstance(data, type):
        check_dense(data, "array")
        if dt is None and clock != "sample":
            raise InputError("an array has no clock; give dt=INTERVAL and clock=, or clock='sample' if it has no order")
        known = getattr(data, "dimensionality", getattr(data, "unit", None))  # of quantities, astropy
        unit = unit_text(known)
        values = data.detach() if array_api_compat.is_torch_array(data) else data  # no value needs its graph
        values = values if known is None else np.asarray(values)
        values, notes = arranged(values, dims, clock=clock)
        recording = Recording(
            values, dt=1.0 if dt is None else dt, clock=cast(Clock, clock or "second"), quantity="activity", unit=unit,
            source={"assumptions": notes} if notes else {},
        )  # fmt: skip
        return Run({"activity": recording}, recording.source)
    kind = type(data)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]}.{kind.__name__}"
    hint = "; of numbers give np.asarray(data)" if isinstance(data, list | tuple) else ""
    if isinstance(data, Mapping) and data:
        hint = "; of several recordings give ictal.Run({name: recording, …})"
    raise InputError(
        f"cannot measure {name}; want a Run, Recording, Spikes, array, path, or an object of xarray, pandas, Neo, MNE, "
        f"NWB, Brian2 or NEST{hint}"
    )


def _refuse_given(what: str, dt: float | None, clock: str | None, dims: Dims | None) -> None:
    """Refuse arguments that say nothing of data with a clock and names of axes."""
    for name, value in (("dims", dims), ("dt", dt), ("clock", clock)):
        if value is not None:
            raise InputError(f"{name}: is for arrays; {what} has its own; leave it out")
