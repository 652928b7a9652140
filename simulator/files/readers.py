"""Readers of files as a Run: HDF5 of Ictal, EDF, .npy, .npz, .csv, those of other packages, and those of plug-ins."""

from __future__ import annotations

import inspect
import math
import os
import zipfile
import zlib
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from tokenize import TokenError
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, unknown
from ..fields import Param, checked
from ..recordings.dims import Dims
from ..recordings.recording import CLOCKS, Clock, Recording
from ..recordings.run import Run
from ..recordings.spikes import Spikes
from ..registry import Registry, resolve
from .axes import arranged_arrays
from .bids import bids_root, is_recording
from .disk import check_readable, path_of
from .document import DAMAGE, first_line
from .edf import EDF_SUFFIXES
from .exported import ABOUT, is_folder, is_of_others, is_own, is_part, read_folder, read_part
from .formats import is_foreign, is_hdf5, not_read
from .identity import identity
from .npz_vectors import spikes_of_arrays, times_of_arrays
from .spike_lists import refuse_unnamed
from .tables import read_matrix
from .time_columns import even, sampling

TABLE_SUFFIXES = (".csv", ".tsv")
ARRAY_SUFFIXES = (".npy", ".npz", *TABLE_SUFFIXES)
HDF5_SUFFIXES = (".h5", ".hdf5", ".nc")
NETWORK_SUFFIX = ".pt"
BIDS = "BIDS"  # a folder has no suffix
OF_MNE = {
    ".vhdr": "BrainVision", ".set": "EEGLAB", ".fif": "FIF of MNE", ".gdf": "GDF", ".cnt": "Neuroscan CNT",
    ".lay": "Persyst", ".eeg": "Nihon Kohden", ".snirf": "SNIRF", ".con": "KIT",
    ".sqd": "KIT",
}  # fmt: skip
OF_NEO = {
    ".abf": "Axon", ".plx": "Plexon", ".ncs": "Neuralynx", ".trc": "Micromed",
    ".nev": "spikes and events of Blackrock", **dict.fromkeys((f".ns{k}" for k in range(1, 7)), "Blackrock"),
    **dict.fromkeys((".rhd", ".rhs"), "Intan"), **dict.fromkeys((".smr", ".smrx"), "CED Spike2"), ".nix": "NIX",
}  # fmt: skip
_NEIGHBOURS = "ictal.simulator.neighbours"
READERS = Registry("reader", "ictal.simulator.files", {
    # read(path) -> Run; read(path, *, dt, clock) -> Run of a file that has no clock, and dims if its axes have no names
    **dict.fromkeys(HDF5_SUFFIXES, ("exported:read_hdf5", "a run that Ictal wrote, its netCDF, or spikes of SONATA")),
    **dict.fromkeys(EDF_SUFFIXES, ("edf:read_edf", "EEG of one sampling rate, with its annotations")),
    ".npy": ("readers:read_arrays", "one array (time, unit) of numpy"),
    ".npz": ("readers:read_arrays", "arrays of numpy, with a rate and names of channels"),
    **dict.fromkeys(TABLE_SUFFIXES, ("tables:read_table", "a table of signals or spikes, with names, times, an index")),
    ".mat": (f"{_NEIGHBOURS}.mat_files:read_mat", "MATLAB: arrays, EEGLAB, FieldTrip [mat]"),
    ".nwb": (f"{_NEIGHBOURS}.nwb_files:read_nwb", "Neurodata Without Borders: series, units, intervals [nwb]"),
    **{end: (f"{_NEIGHBOURS}.mne_files:read_mne", f"{name}, which MNE reads [mne]") for end, name in OF_MNE.items()},
    **{end: (f"{_NEIGHBOURS}.neo_files:read_neo", f"{name}, which Neo reads [neo]") for end, name in OF_NEO.items()},
    **dict.fromkeys((".parquet", ".feather"),
                    (f"{_NEIGHBOURS}.frame_files:read_frame", "a table that pandas reads")),
    BIDS: (f"{_NEIGHBOURS}.bids:read_folder", "a folder of BIDS with one recording, its events and bad channels"),
})  # fmt: skip


def open_run(
    path: str | os.PathLike[str],
    *,
    dt: float | None = None,
    clock: str | None = None,
    dims: Dims | None = None,
    lazy: bool = False,
) -> Run:
    """Read a file as a Run. Its ``source`` has ``file``, the path as given, and ``sha256`` of the content.

    ``.h5`` is read as a Run, ``.edf`` and ``.bdf`` as `read_edf` says. ``.npy`` holds one array, with its axes as
    `dims` says; every numeric array of an ``.npz`` with two or more axes becomes one recording. An ``.npz`` may also
    hold ``rate``, a number [Hz], which is its clock, ``time``, the time of every sample, and ``channels``, a name a
    unit: so an EEG keeps both. ``.csv`` and ``.tsv`` are tables with a column a unit, and may have a header, an index,
    times and a row of units. A table or ``.npz`` with a time and a unit a spike is read as Spikes, and so is ``.h5`` of
    SONATA. A folder of ``ictal export --to csv``, a table in it and ``.nc`` of ``--to xarray`` are read as the run that
    was exported. ``source["assumptions"]`` has a sentence for every decision. Nothing in a file is executed: pickled
    objects are refused. Other suffixes are those of installed readers (`READERS`).

    Args:
        path: the file.
        dt: sampling interval [ticks of `clock`]; needed for arrays without times unless clock is ``"sample"``. Of a
            list of spikes: length [s] of one unit of its times, where these do not say it.
        clock: meaning of the time axis; ``"second"`` if only dt is given.
        dims: names of the axes of arrays, such as "unit time" or "time trial unit". Without it an array has two axes,
            (time, unit), and more samples than units; any other is refused.
        lazy: whether values stay on disk and are read in pieces, where the reader can do so: EDF and BDF.

    Raises:
        InputError: one line with the file and its fault.
    """
    source = path_of(path)
    suffix = source.suffix.lower()
    check_readable(source)
    dt = checked(f"{source}: dt", float | None, Param("sampling interval", gt=0), dt)
    given = {"dt": dt, "clock": clock, "dims": dims}
    if source.is_dir() and (is_folder(source) or suffix not in READERS):
        _refuse_given(source, given)
        if not is_folder(source) and bids_root(source) is not None:
            return cast(Run, READERS.load(BIDS)(source, lazy=lazy))
        return _identified(_of_folder(source), source / ABOUT)
    if suffix in TABLE_SUFFIXES and (part := read_part(source)) is not None:
        _refuse_given(source, given)
        return _identified(part, source)
    if suffix not in READERS:
        raise not_read(source, tuple(READERS))
    reader = READERS.load(suffix)
    taken = inspect.signature(reader).parameters
    if suffix not in HDF5_SUFFIXES or not is_of_others(source):  # which is refused as such
        _refuse_given(source, given, taken)
    options: dict[str, Any] = {name: value for name, value in {**given, "lazy": lazy}.items() if name in taken}
    run: Run = reader(source, **options)
    if suffix in HDF5_SUFFIXES:
        return _identified(run, source)
    if is_recording(source):
        run = resolve(f"{_NEIGHBOURS}.bids:with_sidecars", "")(source, run)
    named = {**run.source, **identity(source)}
    return Run({name: replace(entry, source=named) for name, entry in run.items()}, named)


def is_result(path: str | os.PathLike[str]) -> bool:
    """Return whether `ictal.load` opens a file or folder: Ictal wrote it in its own format, or it is damaged HDF5."""
    source = Path(path)
    if source.is_dir():
        return not is_folder(source) and bids_root(source) is None
    suffix = source.suffix.lower()
    if is_hdf5(source) and not is_foreign(suffix) and (suffix in HDF5_SUFFIXES or suffix not in READERS):
        return is_own(source)
    return suffix in (*HDF5_SUFFIXES, NETWORK_SUFFIX)


def _refuse_given(source: Path, given: dict[str, Any], taken: Container[str] = ()) -> None:
    """Refuse arguments that say nothing of a file with a clock and names of axes."""
    for name, value in given.items():
        if name not in taken and value is not None:
            raise InputError(f"{name}: is for arrays; {source} has its own; leave it out")


def _identified(run: Run, file: Path) -> Run:
    """Return a run, whose entries have sources of their own, with the identity of its file."""
    return Run(run, {**run.source, **identity(file)}, run.origin)


def _of_folder(folder: Path) -> Run:
    if is_folder(folder):
        return read_folder(folder)
    raise InputError(f"{folder}: is a folder without {ABOUT}, so no export of ictal; name a file in it")


def read_arrays(source: Path, *, dt: float | None, clock: str | None, dims: Dims | None) -> Run:
    """Read an array file as `open_run` says.

    Raises:
        InputError: one line with the file and its fault.
    """
    found, notes = _load(source)
    return run_of_arrays(source, found, notes, dt=dt, clock=clock, dims=dims)


def run_of_arrays(
    source: Path, found: dict[str, NDArray[Any]], notes: list[str], *, dt: float | None, clock: str | None,
    dims: Dims | None,
) -> Run:  # fmt: skip
    """Return the arrays of a file as a Run: signals, with ``rate`` [Hz] and ``channels``, or the vectors of spikes.

    Args:
        source: the file, which leads an error.
        found: name -> array.
        notes: assumptions that were made already.
        dt, clock, dims: as in `open_run`.

    Raises:
        InputError: one line with the file and its fault.
    """
    if clock is not None and clock not in CLOCKS:
        raise unknown("clock", clock, CLOCKS)
    spikes = spikes_of_arrays(str(source), found, dt, notes)
    arrays = _usable(source, found, needed=spikes is None)
    rate, channels = _rate(source, found.get("rate")), _channels(source, found.get("channels"), arrays)
    entries: dict[str, Recording | Spikes] = {} if spikes is None else {"spikes": spikes}
    if arrays:
        for values in arrays.values():
            refuse_unnamed(str(source), values)
        if rate is not None and clock in (None, "second"):
            if dt is not None and not math.isclose(dt, 1.0 / rate, rel_tol=1e-6):
                raise InputError(f"{source}: dt is {dt:g} s, and the file says a rate of {rate:g} Hz; leave out --dt")
            clock, dt = "second", 1.0 / rate
        arrays, assumed = arranged_arrays(source, arrays, channels, dims, clock or "second")
        notes += assumed
        times = times_of_arrays(found, {values.shape[-2] for values in arrays.values()})
        grid = sampling(str(source), times, dt, clock, notes)
    for name, values in arrays.items():
        if values.ndim == 2 and min(values.shape) > 1 and len(values) > 4 and even(values[:, 0].astype(np.float64)):
            notes.append(
                f"{name}: unit 0 rises evenly, as times do, and is read as a signal; leave it out if it is none"
            )
        labels = {"channel": channels} if channels is not None and channels.shape == values.shape[-1:] else {}
        try:
            entries[name] = Recording(
                values, dt=grid.dt, clock=cast(Clock, grid.clock), quantity="activity", unit="1", t0=grid.t0,
                unit_labels=labels,
            )  # fmt: skip
        except InputError as error:
            raise InputError(f"{source}: {name}: {error}") from error
    return Run(entries, {"assumptions": notes} if notes else {})


def has_no_clock(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is of a format without a clock, so that it takes the one that is given with it."""
    source = Path(path)
    suffix = source.suffix.lower()
    if suffix in TABLE_SUFFIXES and is_part(source):
        return False
    return suffix in READERS and "dt" in inspect.signature(READERS.load(suffix)).parameters


def array_shapes(path: str | os.PathLike[str]) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a file, as it is stored. Errors as `open_run`."""
    source = Path(path)
    if source.suffix.lower() in TABLE_SUFFIXES:
        return {"activity": read_matrix(source).shape}
    return {name: values.shape for name, values in _usable(source, _load(source)[0]).items()}


def open_matrix(path: str | os.PathLike[str]) -> NDArray[np.float64]:
    """Read the one array of a ``.npy`` or ``.csv`` file, with two axes or more.

    Raises:
        InputError: one line with the file and its fault.
    """
    source = Path(path)
    check_readable(source)
    if source.suffix.lower() in TABLE_SUFFIXES:
        return read_matrix(source)
    found = list(_usable(source, _load(source)[0]).values())
    if len(found) != 1:
        raise InputError(f"{source}: must hold one array; got {len(found)}")
    return np.asarray(found[0], dtype=np.float64)


def _load(source: Path) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Read the arrays of a .npy file, "activity", or a .npz file; return members that are none as assumptions.

    Raises:
        InputError: a file that is empty or damaged, or holds pickled objects.
    """
    if source.stat().st_size == 0:
        raise InputError(f"{source}: is empty")
    with source.open("rb") as file:
        head = file.read(8)
    if not head.startswith((b"\x93NUMPY", b"PK", b"\x80")):  # numpy calls all else a pickle
        raise InputError(f"{source}: is no array file of numpy: it begins with {head!r}")
    try:
        loaded = np.load(source, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"activity": _two_axes(source, "the array", loaded)}, []
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
    except (*DAMAGE, EOFError, SyntaxError, TokenError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"{source}: cannot be read, damaged or truncated: {first_line(error)}") from error
    arrays = {name: values for name, values in found.items() if isinstance(values, np.ndarray)}
    other = [name for name in found if name not in arrays]
    return arrays, [f"members that are no arrays are left out: {', '.join(other)}"] if other and arrays else []


def _usable(source: Path, found: dict[str, NDArray[Any]], needed: bool = True) -> dict[str, NDArray[Any]]:
    """Return the arrays of numbers with two axes or more; refuse a file without one that is needed."""
    usable = {}
    for name, values in found.items():
        if values.ndim >= 2 and values.dtype.kind in "biuf":
            entry = name.replace("/", "_")  # a name in a Run is one part of a path
            if entry in usable:
                raise InputError(f"{source}: has two arrays that would be called {entry!r}; rename {name!r}")
            usable[entry] = values
    if not usable and needed:
        listed = [f"{name} {values.dtype} {values.shape}" for name, values in found.items()]
        shapes = ", ".join([*listed[:8], *(["…"] if len(listed) > 8 else [])]) or "no array"
        raise InputError(
            f"{source}: holds no numeric array (time, unit), and no spikes (spike_times and units); got {shapes}"
        )
    return usable


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
