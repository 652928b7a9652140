"""Structs of EEGLAB and FieldTrip in a file of MATLAB, as Runs.

EEGLAB: ``EEG`` with ``data`` (channel, sample[, epoch]) in µV, ``srate`` [Hz], ``xmin`` [s], ``chanlocs``, and
``event`` with latencies in samples from 1. FieldTrip raw: ``trial``, a cell of (channel, sample), ``time`` [s] and
``label``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import InputError, Recording, Run
from .times import times_of

UNITS = {"uv": ("µV", 1.0), "µv": ("µV", 1.0), "mv": ("µV", 1e3), "v": ("µV", 1e6)}


def is_eeglab(struct: Mapping[str, Any]) -> bool:
    """Return whether a struct is one of EEGLAB."""
    return {"data", "srate", "chanlocs"} <= struct.keys() or {"data", "srate", "nbchan", "pnts"} <= struct.keys()


def is_fieldtrip(struct: Mapping[str, Any]) -> bool:
    """Return whether a struct is raw data of FieldTrip."""
    return {"trial", "time", "label"} <= struct.keys()


def of_eeglab(where: str, struct: Mapping[str, Any], notes: list[str]) -> Run:
    """Return the data of EEGLAB: ``eeg`` (time, channel), of epochs (epoch, time, channel), in µV.

    Raises:
        InputError: the data are in another file, or do not have the axes of EEGLAB.
    """
    data, rate = struct["data"], struct["srate"]
    if isinstance(data, str):
        raise InputError(f"{where}: its data are in {data!r}; read both with MNE: name the file .set, beside its .fdt")
    values = _numbers(where, "EEG.data", data)
    values = values[None, :] if values.ndim == 1 else values
    if values.ndim not in (2, 3):
        raise InputError(f"{where}: EEG.data must be (channel, sample) or (channel, sample, epoch); got {values.shape}")
    names, start = _texts(struct.get("chanlocs"), "labels"), struct.get("xmin", 0.0)
    t0 = float(start) if isinstance(start, int | float) else 0.0
    recording = _recording(where, values.T, _rate(where, "EEG.srate", rate), t0, names, "µV", notes)
    notes.append("the data of EEGLAB are taken for µV, as it has them")
    marks = _events(struct.get("event"), recording) if values.ndim == 2 else []
    return _run(recording, marks, notes, "EEGLAB")


def of_fieldtrip(where: str, struct: Mapping[str, Any], notes: list[str]) -> Run:
    """Return raw data of FieldTrip: ``eeg`` (time, channel), of several trials (trial, time, channel).

    Raises:
        InputError: trials of several lengths, times that are not even, or units that differ.
    """
    trials, times = struct["trial"], struct["time"]
    if not isinstance(trials, list):
        trials, times = [trials], [times]
    if times and not isinstance(times, list):
        times = list(np.atleast_2d(times))
    arrays = [np.atleast_2d(_numbers(where, f"trial {at + 1}", trial)) for at, trial in enumerate(trials)]
    if isinstance(struct["trial"], np.ndarray) and arrays[0].ndim == 3:
        arrays = list(arrays[0])
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) != 1:
        listed = ", ".join(map(str, shapes[:4]))
        raise InputError(
            f"{where}: its trials have {len(shapes)} shapes, {listed}; cut them to one length with ft_redefinetrial, "
            "or save one trial"
        )
    first = np.asarray(times[0], dtype=np.float64).ravel()
    axis = times_of(first, f"{where}: time", unit="s", takes_dt=False)
    if len(arrays) > 1:
        starts = {round(float(np.ravel(one)[0]), 9) for one in times}
        if len(starts) > 1:
            notes.append(
                f"the trials of FieldTrip start at {len(starts)} times; that of the first, {axis.t0:g} s, is taken"
            )
    if (rate := struct.get("fsample")) is not None and abs(_rate(where, "fsample", rate) * axis.dt - 1) > 1e-3:
        raise InputError(f"{where}: fsample is {float(rate):g} Hz, and its times are {axis.dt:g} s apart")
    stacked = np.stack([array.T for array in arrays])
    unit, stacked = _unit(where, struct, stacked, notes)
    names = _texts(struct["label"], "")
    recording = _recording(
        where, stacked[0] if len(arrays) == 1 else stacked, 1.0 / axis.dt, axis.t0, names, unit, notes
    )
    return _run(recording, [], notes, "FieldTrip")


def _recording(
    where: str, values: NDArray[np.float64], rate: float, t0: float, names: list[str], unit: str, notes: list[str]
) -> Recording:
    labels = {}
    if names and len(names) == values.shape[-1]:
        labels = {"channel": np.array(names)}
    elif names:
        notes.append(f"{len(names)} names of channels are left out; the data have {values.shape[-1]} channels")
    try:
        return Recording(
            np.ascontiguousarray(values), dt=1.0 / rate, clock="second", quantity="potential", unit=unit, t0=t0,
            unit_labels=labels,
        )  # fmt: skip
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _run(recording: Recording, marks: list[dict[str, Any]], notes: list[str], kind: str) -> Run:
    source = {"format": f"{kind} in a file of MATLAB", "annotations": marks, "assumptions": notes}
    return Run({"eeg": recording}, source)


def _unit(
    where: str, struct: Mapping[str, Any], values: NDArray[np.float64], notes: list[str]
) -> tuple[str, NDArray[np.float64]]:
    """Return the unit of FieldTrip's header, and the values in µV where they are potentials."""
    header = struct.get("hdr")
    given = sorted(set(_texts(header.get("chanunit"), "") if isinstance(header, dict) else []))
    if len(given) == 1 and given[0].lower() in UNITS:
        unit, factor = UNITS[given[0].lower()]
        return unit, values * factor
    if len(given) > 1:
        raise InputError(f"{where}: its channels have the units {', '.join(given)}; save those of one unit")
    notes.append("the data of FieldTrip have no unit")
    return "1", values


def _numbers(where: str, what: str, values: Any) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        kind = "complex numbers" if array.dtype.kind == "c" else f"{array.dtype}"
        raise InputError(f"{where}: {what} must hold real numbers; got {kind}")
    return array.astype(np.float64)


def _rate(where: str, what: str, value: Any) -> float:
    try:
        rate = float(np.ravel(value)[0])
    except (TypeError, ValueError, IndexError):
        rate = math.nan
    if not 0 < rate < math.inf:
        raise InputError(f"{where}: {what} must be a rate > 0 [Hz]; got {value!r}")
    return rate


def _texts(given: Any, field: str) -> list[str]:
    """Return texts of a cell, of one text, or of a field of an array of structs."""
    if isinstance(given, dict):
        given = given.get(field, [])
    elif isinstance(given, list) and given and isinstance(given[0], dict):
        given = [one.get(field, "") for one in given]
    if isinstance(given, str):
        return [given]
    return [str(one) for one in given] if isinstance(given, list | np.ndarray) else []


def _events(given: Any, recording: Recording) -> list[dict[str, Any]]:
    """Return the events of EEGLAB as annotations: latencies count samples from 1, durations count samples."""
    if isinstance(given, list):
        given = {key: [one.get(key) for one in given] for key in (given[0] if given else ())}
    if not isinstance(given, dict) or "latency" not in given:
        return []
    onsets = np.atleast_1d(np.asarray(given["latency"], dtype=np.float64))
    types = given.get("type", "event")
    texts = [str(one) for one in types] if isinstance(types, list | np.ndarray) else [str(types)] * onsets.size
    lasting = given.get("duration")
    lengths: Any = np.ravel(lasting) if lasting is not None else []
    marks = []
    for at, (onset, text) in enumerate(zip(onsets, texts, strict=False)):
        length = lengths[at] if len(lengths) == onsets.size else None
        known = isinstance(length, int | float | np.integer | np.floating) and math.isfinite(length) and length > 0
        duration = float(length) * recording.dt if known and length is not None else None
        marks.append({"onset": recording.t0 + (float(onset) - 1) * recording.dt, "duration": duration, "text": text})
    return marks
