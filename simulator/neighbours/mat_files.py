"""Files of MATLAB, both kinds: arrays, structs of EEGLAB and of FieldTrip, and lists of spikes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .. import InputError, Run
from ..files.readers import run_of_arrays
from ..machine import check_memory, readable_size
from ..recordings.dims import Dims
from .hdf5 import COPIES
from .mat5 import check_mat
from .mat_structs import is_eeglab, is_fieldtrip, of_eeglab, of_fieldtrip
from .packages import needed, reading

RATES = ("fs", "srate", "rate", "fsample", "sfreq", "samplerate", "samplingrate", "samplingfrequency", "samplefreq")
CHANNELS = ("channels", "labels", "label", "channelnames", "chanlabels", "channames", "electrodes", "chans")
DEEPEST = 8  # structs within structs


def read_mat(source: Path, *, dt: float | None, clock: str | None, dims: Dims | None) -> Run:
    """Read a .mat file: a struct of EEGLAB or of FieldTrip, or arrays as those of an .npz file.

    A number called fs, srate, fsample, sfreq or the like is the sampling rate [Hz], names called channels or labels are
    those of the units: both are assumptions. Objects of classes and functions are not read. Of a struct the fields are
    read as variables.

    Args:
        source: the file.
        dt, clock, dims: as in `open_run`; of arrays alone.

    Raises:
        InputError: one line: pymatreader is not installed or cannot read the file, no array of numbers, axes or a rate
            that cannot be told, or more than one rate.
    """
    pymatreader = needed(source, "a file of MATLAB", "pymatreader", "mat")
    notes: list[str] = []
    with reading(source, "MATLAB", "pymatreader", notes):
        _check_size(source, pymatreader)
        found: dict[str, Any] = pymatreader.read_mat(source)
    found = {name: value for name, value in found.items() if not name.startswith("__")}
    structs = {name: value for name, value in found.items() if isinstance(value, dict)} | {"": found}
    known = [(n, s, of) for n, s in structs.items() for test, of in _STRUCTS if test(s)]
    if len(known) > 1:
        names = ", ".join(name for name, _, _ in known)
        raise InputError(f"{source}: holds more than one recording, {names}; save each in a file of its own")
    if known:
        ((_, struct, reader),) = known
        for option, given in (("dt", dt), ("clock", clock), ("dims", dims)):
            if given is not None:
                raise InputError(f"{option}: is for arrays; {source} has its own; leave it out")
        return reader(str(source), struct, notes)
    flat = _flat(found, notes)
    arrays: dict[str, NDArray[Any]] = {name: value for name, value in flat.items() if isinstance(value, np.ndarray)}
    for name, array in arrays.items():
        if array.ndim >= 2 and array.dtype.kind == "c":
            raise InputError(f"{source}: {name} holds complex numbers; save abs({name}), real({name}) or angle({name})")
    rate = _rate(source, flat, notes) if clock in (None, "second") else None
    channels = _channels(flat, arrays, notes)
    taken = ("rate", "channels")  # names that mean more where the arrays are read
    arrays = {
        f"{name}_values" if name in taken else name: value
        for name, value in arrays.items()
        if value.ndim > 1 or name not in taken
    }
    if rate is not None:
        arrays["rate"] = np.array(rate)
    if channels is not None:
        arrays["channels"] = channels
    return run_of_arrays(source, arrays, notes, dt=dt, clock=clock, dims=dims)


_STRUCTS = ((is_eeglab, of_eeglab), (is_fieldtrip, of_fieldtrip))


def _check_size(source: Path, pymatreader: Any) -> None:
    """Check that all values are in the file and fit into memory."""
    check_mat(source)
    if h5py.is_hdf5(source):
        return
    values = sum(int(np.prod(shape, dtype=np.float64)) for _, shape, _ in pymatreader.whosmat(source))
    check_memory(f"{source}: {readable_size(8 * values)} of values", COPIES * 8 * values)


def _flat(found: Mapping[str, Any], notes: list[str], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Return the fields of structs as variables NAME_FIELD; name what is neither numbers nor text."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        called = f"{prefix}{name}"
        if isinstance(value, dict) and depth < DEEPEST:
            flat |= _flat(value, notes, f"{called}_", depth + 1)
        elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            flat[called] = np.array([one.strip() for one in value])
        elif isinstance(value, np.ndarray | int | float | str | np.generic) and np.asarray(value).dtype.kind != "O":
            flat[called] = value
        else:
            notes.append(f"{called} is left out: it is {type(value).__name__} of MATLAB, not an array of numbers")
    return flat


def _key(name: str) -> str:
    return name.rpartition("_")[2].lower() if "_" in name and _plain(name) not in RATES else _plain(name)


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _rate(source: Path, flat: Mapping[str, Any], notes: list[str]) -> float | None:
    """Return the sampling rate [Hz] by the name of a number.

    Raises:
        InputError: two of them differ, or it is not positive.
    """
    rates = {
        name: float(np.ravel(value)[0])
        for name, value in flat.items()
        if _key(name) in RATES and isinstance(value, int | float | np.ndarray | np.generic) and np.size(value) == 1
        and np.asarray(value).dtype.kind in "iuf"
    }  # fmt: skip
    if not rates:
        return None
    shown = ", ".join(f"{name} = {value:g} Hz" for name, value in rates.items())
    if len(set(rates.values())) > 1:
        raise InputError(f"{source}: has more than one sampling rate, {shown}; save the signals of one rate with it")
    rate = next(iter(rates.values()))
    if not 0 < rate < float("inf"):
        raise InputError(f"{source}: its sampling rate must be > 0 Hz; got {shown}")
    notes.append(f"the sampling rate is that of the file, {shown}")
    return rate


def _channels(flat: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], notes: list[str]) -> NDArray[Any] | None:
    """Return the names of channels, by their name and their number; None without."""
    sizes = {n for value in arrays.values() if value.ndim >= 2 and value.dtype.kind in "biuf" for n in value.shape}
    for name, value in flat.items():
        texts = np.asarray(value)
        if _key(name) in CHANNELS and texts.dtype.kind == "U" and texts.ndim == 1 and texts.size in sizes:
            notes.append(f"the names of the units are those of {name}")
            return texts
    return None
