"""Readers of files as a Run: HDF5 of Ictal, EDF, .npy, .npz, .csv and those of plug-ins."""

from __future__ import annotations

import hashlib
import inspect
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, unknown
from ..recordings.dims import Dims
from ..recordings.recording import CLOCKS, Clock, Recording
from ..recordings.run import Run
from ..registry import Registry
from .axes import arranged_arrays
from .disk import check_readable
from .document import first_line
from .edf import EDF_SUFFIXES

ARRAY_SUFFIXES = (".npy", ".npz", ".csv")
HDF5_SUFFIXES = (".h5", ".hdf5", ".nc")
READERS = Registry("reader", "ictal.simulator.files", {
    # read(path) -> Run; read(path, *, dt, clock) -> Run of a file that has no clock, and dims if its axes have no names
    **dict.fromkeys(HDF5_SUFFIXES, ("store:load", "a run that Ictal wrote")),
    **dict.fromkeys(EDF_SUFFIXES, ("edf:read_edf", "EEG of one sampling rate, with its annotations")),
    ".npy": ("readers:read_arrays", "one array (time, unit) of numpy"),
    ".npz": ("readers:read_arrays", "arrays of numpy, with a rate and names of channels"),
    ".csv": ("readers:read_arrays", "one array (time, unit) as text"),
})  # fmt: skip


def open_run(
    path: str | os.PathLike[str], *, dt: float | None = None, clock: str | None = None, dims: Dims | None = None
) -> Run:
    """Read a file as a Run. Its ``source`` has ``file``, the path as given, and ``sha256`` of the content.

    ``.h5`` is read as a Run, ``.edf`` and ``.bdf`` as `read_edf` says. ``.npy`` and ``.csv`` (comma, semicolon, tab or
    blank; one header line is allowed) hold one array, with its axes as `dims` says; every numeric array of an
    ``.npz`` with two or more axes becomes one recording. An ``.npz`` may also hold ``rate``, a number [Hz], which is
    its clock, and ``channels``, a name a unit: so an EEG keeps both. Nothing in a file is executed: pickled objects
    are refused. Other suffixes are those of installed readers (`READERS`).

    Args:
        path: the file.
        dt: sampling interval [ticks of `clock`]; needed for arrays unless clock is ``"sample"``.
        clock: meaning of the time axis; ``"second"`` if only dt is given.
        dims: names of the axes of arrays, such as "unit time" or "time trial unit". Without it an array has two axes,
            (time, unit), and more samples than units; any other is refused.

    Raises:
        InputError: one line with the file and its fault.
    """
    source = Path(path)
    suffix = source.suffix.lower()
    check_readable(source)
    if suffix not in READERS:
        raise InputError(f"{source}: cannot tell the format from {suffix!r}; want {', '.join(READERS)}")
    reader = READERS.load(suffix)
    taken, given = inspect.signature(reader).parameters, {"dt": dt, "clock": clock, "dims": dims}
    for name, value in given.items():
        if name not in taken and value is not None:
            raise InputError(f"{name}: is for arrays; {source} has its own; leave it out")
    options: dict[str, Any] = {name: value for name, value in given.items() if name in taken}
    run: Run = reader(source, **options)
    named = {**run.source, **identity(source)}
    if suffix in HDF5_SUFFIXES:
        return Run(run, named)  # its entries have sources of their own
    return Run({name: replace(entry, source=named) for name, entry in run.items()}, named)


def read_arrays(source: Path, *, dt: float | None, clock: str | None, dims: Dims | None) -> Run:
    """Read an array file as `open_run` says.

    Raises:
        InputError: one line with the file and its fault.
    """
    arrays, rate, channels = _read_arrays(source, source.suffix.lower())
    if rate is not None and dt is None and clock in (None, "second"):
        clock, dt = "second", 1.0 / rate
    clock, dt = _clock(source, clock, dt)
    arrays, notes = arranged_arrays(source, arrays, channels, dims, clock)
    entries = {}
    for name, values in arrays.items():
        labels = {"channel": channels} if channels is not None and channels.shape == values.shape[-1:] else {}
        try:
            entries[name] = Recording(
                values, dt=dt, clock=cast(Clock, clock), quantity="activity", unit="1", unit_labels=labels
            )
        except InputError as error:
            raise InputError(f"{source}: {name}: {error}") from error
    return Run(entries, {"assumptions": notes} if notes else {})


def has_no_clock(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is of a format without a clock, so that it takes the one that is given with it."""
    suffix = Path(path).suffix.lower()
    return suffix in READERS and "dt" in inspect.signature(READERS.load(suffix)).parameters


def array_shapes(path: str | os.PathLike[str]) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a file, as it is stored. Errors as `open_run`."""
    source = Path(path)
    return {name: values.shape for name, values in _read_arrays(source, source.suffix.lower())[0].items()}


def open_matrix(path: str | os.PathLike[str]) -> NDArray[np.float64]:
    """Read the one array of a ``.npy`` or ``.csv`` file, with two axes or more.

    Raises:
        InputError: one line with the file and its fault.
    """
    source = Path(path)
    check_readable(source)
    found = list(_read_arrays(source, source.suffix.lower())[0].values())
    if len(found) != 1:
        raise InputError(f"{source}: must hold one array; got {len(found)}")
    return np.asarray(found[0], dtype=np.float64)


def identity(source: str | os.PathLike[str]) -> dict[str, str]:
    """Return the path of a file and the SHA-256 of its content."""
    with Path(source).open("rb") as file:
        return {"file": str(source), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _clock(source: Path, clock: str | None, dt: float | None) -> tuple[str, float]:
    if clock is not None and clock not in CLOCKS:
        raise unknown("clock", clock, CLOCKS)
    if dt is None:
        if clock == "sample":
            return clock, 1.0
        raise InputError(
            f"{source}: an array has no clock; say --dt INTERVAL (and --clock {'|'.join(CLOCKS)}; second if left out), "
            "or --clock sample for observations without an order"
        )
    return clock or "second", dt


def _read_arrays(source: Path, suffix: str) -> tuple[dict[str, NDArray[Any]], float | None, NDArray[Any] | None]:
    """Read a .npy, .npz or .csv file as name -> array (…, time, unit), sampling rate [Hz], names of channels.

    The one array of a .npy or .csv file is named "activity". Of an .npz file every numeric array with two axes or more
    is read. Rate and channels are its entries "rate" and "channels", or None.

    Raises:
        InputError: a file that is empty or damaged, holds pickled objects or no such array, or has an invalid rate or
            invalid channels.
    """
    if source.stat().st_size == 0:
        raise InputError(f"{source}: is empty")
    try:
        if suffix == ".csv":
            return {"activity": _read_csv(source)}, None, None
        loaded = np.load(source, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"activity": _two_axes(source, "the array", loaded)}, None, None
        with loaded:
            found = {name: loaded[name] for name in loaded.files}
    except InputError:
        raise
    except ValueError as error:
        if "pickle" in str(error):
            raise InputError(
                f"{source}: holds pickled Python objects, which are never loaded; save plain numbers"
            ) from error
        raise InputError(f"{source}: cannot be read: {first_line(error)}") from error
    except (OSError, EOFError, zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise InputError(f"{source}: cannot be read, damaged or truncated: {first_line(error)}") from error
    usable = {k.replace("/", "_"): v for k, v in found.items() if v.ndim >= 2 and v.dtype.kind in "biuf"}
    if not usable:
        shapes = ", ".join(f"{k} {v.dtype} {v.shape}" for k, v in found.items()) or "nothing"
        raise InputError(f"{source}: holds no numeric array (time, unit); got {shapes}")
    return usable, _rate(source, found.get("rate")), _channels(source, found.get("channels"), usable)


def _rate(source: Path, given: NDArray[Any] | None) -> float | None:
    if given is None or given.ndim >= 2:
        return None
    if given.size != 1 or given.dtype.kind not in "iuf" or not 0 < float(given.item()) < float("inf"):
        raise InputError(f"{source}: rate: must be one number > 0 [Hz]; got {given.dtype} {given.tolist()!r}")
    return float(given.item())


def _channels(source: Path, given: NDArray[Any] | None, arrays: dict[str, NDArray[Any]]) -> NDArray[Any] | None:
    if given is None or given.ndim >= 2:
        return None
    units = sorted({values.shape[-1] for values in arrays.values()})
    if given.dtype.kind != "U" or given.ndim != 1:
        wanted = " or ".join(map(str, units))
        raise InputError(f"{source}: channels: must be {wanted} names; got {given.dtype} {given.shape}")
    return given


def _two_axes(source: Path, what: str, values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind not in "biuf":
        raise InputError(f"{source}: {what} must hold real numbers; got {values.dtype}")
    if values.ndim < 2:
        raise InputError(f"{source}: {what} must have two axes at least, (time, unit); got shape {values.shape}")
    return values


def _read_csv(source: Path) -> NDArray[np.float64]:
    text = source.read_text(encoding="utf-8-sig")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise InputError(f"{source}: is empty")
    delimiter = next((mark for mark in (",", ";", "\t") if mark in lines[0]), None)
    rows = [[cell.strip() for cell in line.split(delimiter)] for line in lines]
    first = 0 if all(is_number(cell) for cell in rows[0]) else 1
    width = len(rows[-1])
    values = np.empty((len(rows) - first, width))
    for at, row in enumerate(rows[first:]):
        if len(row) != width:
            raise InputError(f"{source}: line {at + first + 1} has {len(row)} columns; want {width}")
        for column, cell in enumerate(row):
            if not is_number(cell):
                raise InputError(f"{source}: line {at + first + 1}, column {column + 1}: {cell!r} is not a number")
            values[at, column] = float(cell)
    if values.size == 0:
        raise InputError(f"{source}: has a header and no numbers")
    return values


def is_number(cell: str) -> bool:
    """Return whether a text is a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
