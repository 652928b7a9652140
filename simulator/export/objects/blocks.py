"""Objects of Neo: a recording as an AnalogSignal, spikes as a list of SpikeTrains, a run as a Block of one Segment."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import InputError
from ...files.rows import plain
from ...recordings.recording import Recording
from ...recordings.run import Run
from ...recordings.spikes import Spikes
from . import NOTE, note_of, noted, package, recording_of, spikes_of

WORDS = re.compile(r"[A-Za-zµμΩ]+([*/][A-Za-zµμΩ]+)*(\*\*-?\d+)?")  # of units: `quantities` evaluates the text


def signal(recording: Recording, name: str = "activity") -> Any:
    """Return an AnalogSignal (time, channel); labels of units are its array annotations.

    A unit that `quantities` does not know is an annotation, and the signal dimensionless.

    Raises:
        InputError: a clock other than seconds, trials, or values that are not defined, for which Neo has no place.
    """
    neo, pq = package("neo", "to_neo"), package("quantities", "to_neo")
    if recording.clock != "second":
        raise InputError(
            f"to_neo: Neo keeps time in seconds; {name} has the clock {recording.clock!r}: take to_xarray or to_pandas"
        )
    if recording.values.ndim > 2 or recording.valid is not None:
        why = "trials" if recording.values.ndim > 2 else "values that are not defined"
        raise InputError(f"to_neo: a signal of Neo has no place for {why}; {name} has: take to_xarray or to_pandas")
    return neo.AnalogSignal(
        recording.numpy(), units=_unit(pq, recording.unit), sampling_period=recording.dt * pq.s,
        t_start=recording.t0 * pq.s, name=name, array_annotations=_labels(recording),
        **{NOTE: note_of(recording, labels=list(recording.unit_labels), marks=_marks(recording))},
    )  # fmt: skip


def trains(spikes: Spikes, name: str = "spikes") -> list[Any]:
    """Return a SpikeTrain a unit, silent units included; labels of the unit are its annotations."""
    neo, pq = package("neo", "to_neo"), package("quantities", "to_neo")
    order = np.argsort(spikes.unit, kind="stable")
    edges = np.searchsorted(spikes.unit[order], np.arange(spikes.n_units + 1))
    time, stop = spikes.time[order], spikes.t0 + spikes.duration
    low, high = np.minimum(time.min(initial=spikes.t0), spikes.t0), np.maximum(time.max(initial=stop), stop)
    label = next((key for key in ("name", "channel") if key in spikes.unit_labels), "")
    first = note_of(spikes, name=name, labels=list(spikes.unit_labels))
    made = []
    for unit in range(spikes.n_units):
        own = {key: values[unit].item() for key, values in spikes.unit_labels.items()}
        made.append(
            neo.SpikeTrain(
                time[edges[unit] : edges[unit + 1]], units="s", t_start=low * pq.s, t_stop=high * pq.s,
                name=str(own.pop(label)) if label else None, entry=name, unit=unit,
                **{f"label_{key}": value for key, value in own.items()}, **({NOTE: first} if unit == 0 else {}),
            )
        )  # fmt: skip
    return made


def block(run: Run) -> Any:
    """Return a Block of one Segment: signals, spike trains, and the annotations of the run as events and epochs.

    Raises:
        InputError: as `signal`.
    """
    neo = package("neo", "to_neo")
    segment = neo.Segment(name=str(run.source.get("system", "")) or None)
    for name, entry in run.items():
        if isinstance(entry, Spikes):
            segment.spiketrains.extend(trains(entry, name))
        else:
            segment.analogsignals.append(signal(entry, name))
    source = plain(run.source)
    given = source.get("annotations", ())
    for epochs in (False, True):
        some = [one for one in given if (one.get("duration") is not None) == epochs]
        if not some:
            continue
        times, texts = [float(one["onset"]) for one in some], np.array([str(one["text"]) for one in some], dtype=str)
        if epochs:
            lengths = [float(one["duration"]) for one in some]
            segment.epochs.append(neo.Epoch(times, lengths, texts, units="s", name="epochs"))
        else:
            segment.events.append(neo.Event(times, texts, units="s", name="events"))
    made = neo.Block(**{NOTE: json.dumps({"of": "run", "source": source, "entries": list(run)})})
    made.segments.append(segment)
    return made


def read(data: Any) -> Run | Recording | Spikes | None:
    """Return the signal, spike trains or block of this module as it was; None of any other."""
    if hasattr(data, "segments"):
        if (note := noted(data.annotations, "run")) is None or len(data.segments) != 1:
            return None
        segment = data.segments[0]
        found: dict[str, Recording | Spikes | None] = {one.name: _signal(one) for one in segment.analogsignals}
        by_entry: dict[str, list[Any]] = {}
        for train in segment.spiketrains:
            by_entry.setdefault(str(train.annotations.get("entry", "")), []).append(train)
        found |= {name: _spikes(some) for name, some in by_entry.items()}
        whole = {name: entry for name in note["entries"] if (entry := found.get(name)) is not None}
        return Run(whole, note["source"]) if whole and len(whole) == len(found) else None
    if isinstance(data, list | tuple) or type(data).__name__ == "SpikeTrainList":
        return _spikes(list(data))
    return _signal(data) if hasattr(data, "sampling_period") and hasattr(data, "annotations") else None


def _signal(data: Any) -> Recording | None:
    if (note := noted(data.annotations, "recording")) is None or not set(note["labels"]) <= set(data.array_annotations):
        return None
    values = np.asarray(data.magnitude)
    if len(values) != note["n_times"] and note["marks"]:
        return None
    unit = str(data.dimensionality.string)
    note = note if _known(note["unit"]) in (None, unit) else {**note, "unit": unit}
    times = np.asarray(data.times.rescale("s").magnitude)
    labels = {key: np.asarray(data.array_annotations[key]) for key in note["labels"]}
    return recording_of(values, times, note, labels, {key: np.array(v) for key, v in note["marks"].items()})


def _spikes(data: Sequence[Any]) -> Spikes | None:
    if not data or (note := noted(data[0].annotations, "spikes")) is None or len(data) != note["n_units"]:
        return None
    if [train.annotations.get("unit") for train in data] != list(range(len(data))):
        return None
    edges = {(float(t.t_start.rescale("s")), float(t.t_stop.rescale("s"))) for t in data}
    start, stop = min(edges)
    if len(edges) > 1:
        return None  # some were cut
    whole = (note["t0"], note["t0"] + note["duration"])
    slack = max(1e-8 * max(1.0, note["duration"]), 4 * float(np.spacing(max(map(abs, whole)))))
    if max(abs(start - whole[0]), abs(stop - whole[1])) > slack:  # all were cut, or moved
        note |= {"t0": start, "duration": stop - start, "n_spikes": sum(len(train) for train in data)}
    times = [np.atleast_1d(np.asarray(train.rescale("s").magnitude, dtype=np.float64)) for train in data]
    unit = np.repeat(np.arange(len(times)), [t.size for t in times])
    named = next((key for key in ("name", "channel") if key in note["labels"]), "")
    labels = {
        key: np.array([train.name if key == named else train.annotations[f"label_{key}"] for train in data])
        for key in note["labels"]
    }
    return spikes_of(np.concatenate(times), unit, note, labels)


def _labels(recording: Recording) -> dict[str, Any]:
    return {key: np.asarray(values) for key, values in recording.unit_labels.items()}


def _marks(recording: Recording) -> dict[str, list[Any]]:
    return {key: values.tolist() for key, values in recording.time_labels.items()}


def _known(unit: str) -> str | None:
    """Return how `quantities` writes a unit; None of one that it does not know."""
    pq = package("quantities", "to_neo")
    try:
        return str(pq.Quantity(1.0, _ascii(unit)).dimensionality.string) if WORDS.fullmatch(unit) else None
    except (LookupError, ValueError, TypeError, SyntaxError, AttributeError):
        return None


def _unit(pq: Any, unit: str) -> Any:
    known = _known(unit)
    return pq.dimensionless if known is None else pq.Quantity(1.0, _ascii(unit))


def _ascii(unit: str) -> str:
    """Return a unit as `quantities` reads it."""
    return unit.replace("µ", "u").replace("μ", "u").replace("Ω", "ohm")
