"""Objects of Neo: signals, spike trains, and segments and blocks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import InputError, Recording, Run, Spikes
from .names import entry_name, free_name, unit_text
from .times import times_of

SAME = 1e-9  # s
NAMES = ("channel_names", "channel_name", "labels", "names", "channel_ids")


def read(data: Any) -> Run:
    """Return a signal, spike trains, a segment or a block as a Run, in seconds, with the names of channels.

    Spike trains belong together: each is a unit. Events and epochs become annotations. The segments of a block are
    numbered from 0.

    Raises:
        InputError: spike trains over different times, signals that are not evenly sampled, or no activity.
    """
    entries: dict[str, Recording | Spikes] = {}
    notes: list[str] = []
    marks: list[dict[str, Any]] = []
    if hasattr(data, "segments"):
        segments = list(data.segments)
        for number, segment in enumerate(segments):
            _segment(segment, f"{number} " if len(segments) > 1 else "", entries, notes, marks)
    elif hasattr(data, "spiketrains") and hasattr(data, "analogsignals"):
        _segment(data, "", entries, notes, marks)
    elif isinstance(data, list | tuple) or type(data).__name__ == "SpikeTrainList":
        entries["spikes"] = _spikes(list(data))
    elif _is_train(data):
        entries["spikes"] = _spikes([data])
    elif hasattr(data, "sampling_rate") or (hasattr(data, "times") and getattr(data, "ndim", 0) == 2):
        entries[entry_name(data.name, "signal")] = _signal(data, notes)
    else:
        raise InputError(
            f"cannot measure {type(data).__name__} of Neo; want an AnalogSignal, SpikeTrains, a Segment or a Block"
        )
    if not entries:
        raise InputError(f"{type(data).__name__} of Neo: holds no signal and no spike train{_listed(notes)}")
    source = {**({"assumptions": notes} if notes else {}), **({"annotations": marks} if marks else {})}
    return Run({name: replace(entry, source=source) for name, entry in entries.items()}, source)


def _segment(
    segment: Any, prefix: str, entries: dict[str, Recording | Spikes], notes: list[str], marks: list[dict[str, Any]]
) -> None:
    signals = [*segment.analogsignals, *getattr(segment, "irregularlysampledsignals", ())]
    for signal in signals:
        name = free_name(f"{prefix}{entry_name(signal.name, 'signal')}", entries)
        try:
            entries[name] = _signal(signal, notes)
        except InputError as error:
            notes.append(f"{name} is left out: {error}")
    if len(segment.spiketrains):
        entries[free_name(f"{prefix}spikes", entries)] = _spikes(list(segment.spiketrains))
    for event in getattr(segment, "events", ()):
        labels = event.labels if len(event.labels) else [event.name or "event"] * len(event)
        marks += [{"onset": t, "duration": None, "text": str(x)} for t, x in zip(_seconds(event), labels, strict=True)]
    for epoch in getattr(segment, "epochs", ()):
        labels = epoch.labels if len(epoch.labels) else [epoch.name or "epoch"] * len(epoch)
        lasting = _seconds(epoch.durations)
        marks += [
            {"onset": t, "duration": d, "text": str(x)}
            for t, d, x in zip(_seconds(epoch), lasting, labels, strict=True)
        ]


def _signal(signal: Any, notes: list[str]) -> Recording:
    signal = signal.load() if hasattr(signal, "load") else signal
    what, values = f"{type(signal).__name__} {signal.name!r}", np.asarray(signal.magnitude)
    if values.ndim not in (1, 2):
        raise InputError(f"{what}: must have the axes (time, channel); got shape {values.shape}")
    if hasattr(signal, "sampling_rate"):
        dt = 1.0 / float(_in("Hz", signal.sampling_rate, f"{what}: sampling_rate"))
        t0 = float(_seconds(signal.t_start))
    else:
        times = times_of(_seconds(signal.times), what, unit="s", takes_dt=False)
        dt, t0 = times.dt, times.t0
    if values.ndim == 2 and values.shape[1] > values.shape[0]:
        notes.append(f"{what}: of {values.shape} values the first axis is taken for time, as Neo wants it")
    named = getattr(signal, "array_annotations", {}) or {}
    names = next((named[key] for key in NAMES if key in named), None)
    values = values[:, None] if values.ndim == 1 else values
    return Recording(
        values, dt=dt, clock="second", quantity=entry_name(signal.name, "signal"),
        unit=unit_text(signal.dimensionality.string), t0=t0,
        unit_labels={} if names is None else {"channel": np.array([str(one) for one in names])},
    )  # fmt: skip


def _spikes(trains: Sequence[Any]) -> Spikes:
    for train in trains:
        if not _is_train(train):
            raise InputError(
                f"a list of Neo must hold spike trains alone; got {type(train).__name__}: give each by itself"
            )
    trains = [train.load() if hasattr(train, "load") else train for train in trains]
    for at, train in enumerate(trains):
        if train.ndim != 1:
            raise InputError(f"spike trains of Neo: must be vectors of times; train {at} has the shape {train.shape}")
    edges = [(float(_seconds(t.t_start)), float(_seconds(t.t_stop))) for t in trains]
    start, stop = edges[0]
    for at, (first, last) in enumerate(edges):
        if abs(first - start) > SAME or abs(last - stop) > SAME:
            low, high = max(first for first, _ in edges), min(last for _, last in edges)
            raise InputError(
                f"spike trains of Neo: must be observed over the same time; train 0 covers {start:g} to {stop:g} s, "
                f"train {at} {first:g} to {last:g}: cut them with train.time_slice({low:g} * s, {high:g} * s)"
            )
    times = [np.atleast_1d(_seconds(train)) for train in trains]
    names = [str(train.name or train.annotations.get("id", "")) for train in trains]
    unit = np.repeat(np.arange(len(times)), [t.size for t in times])
    labels = {"name": np.array(names)} if any(names) else {}
    return Spikes(np.concatenate(times), unit, len(times), stop - start, start, labels)


def _is_train(data: object) -> bool:
    return hasattr(data, "waveforms") and hasattr(data, "t_stop")


def _seconds(data: Any) -> Any:
    return np.asarray(_in("s", data, f"{type(data).__name__} of Neo: times"), dtype=np.float64)


def _in(unit: str, data: Any, what: str) -> Any:
    try:
        return data.rescale(unit).magnitude
    except ValueError:
        got = data.dimensionality.string
        raise InputError(f"{what}: must have a unit that can be converted to {unit}; got {got}") from None


def _listed(notes: Sequence[str]) -> str:
    return f"; {notes[0]}" if notes else ""
