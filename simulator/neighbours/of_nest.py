"""Dictionaries of events of NEST: spikes, and state variables of a multimeter, with times in ms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import InputError, Recording, Run, Spikes
from ..files.spike_lists import Observed, spike_list
from .times import times_of

KEYS = ("senders", "times")
UNITS = {"V_": "mV", "I_": "pA", "g_": "nS", "w": "pA"}  # of the recordables of NEST, by the start of their names
FOREVER = 1e15  # ms; a stop beyond it is none


def is_events(data: object) -> bool:
    """Return whether this is a dictionary of events of NEST, the status of a recorder, or a tuple of those.

    >>> is_events({"senders": [1, 2], "times": [0.5, 1.0]}), is_events({"times": [1.0]})
    (True, False)
    """
    if isinstance(data, tuple | list):
        return bool(data) and all(is_events(one) for one in data)
    if not isinstance(data, Mapping):
        return False
    events = data.get("events")
    return all(key in (events if isinstance(events, Mapping) else data) for key in KEYS)


def read(data: Any) -> Run:
    """Return the events of one or more recorders as a Run: ``spikes``, or an entry a recordable.

    Units are the senders that have events, with their numbers as the label ``id``; both, and the observation where no
    status gives it, are assumptions.

    Raises:
        InputError: times in steps, no events, or senders that were recorded at different times.
    """
    recorders = list(data) if isinstance(data, Sequence) and not isinstance(data, str) else [data]
    entries: dict[str, Recording | Spikes] = {}
    notes: list[str] = []
    for one in recorders:
        for name, entry in _events(one, notes).items():
            while name in entries:
                name += "'"
            entries[name] = entry
    source = {"assumptions": notes} if notes else {}
    return Run(entries, source)


def _events(status: Mapping[str, Any], notes: list[str]) -> dict[str, Recording | Spikes]:
    events: Mapping[str, Any] = status["events"] if isinstance(status.get("events"), Mapping) else status
    where = "events of NEST"
    if "offsets" in events or status.get("time_in_steps"):
        raise InputError(f"{where}: times are in steps; record them in ms: time_in_steps=False")
    times, senders = (np.asarray(events[key]) for key in ("times", "senders"))
    if times.shape == senders.shape == (0,):  # of lists float64
        raise InputError(f"{where}: hold no event; was the recorder connected, and the network simulated?")
    if (
        times.dtype.kind not in "iuf"
        or senders.dtype.kind not in "iu"
        or times.shape != senders.shape
        or times.ndim != 1
    ):
        raise InputError(
            f"{where}: times and senders must be vectors of numbers, of one length; got {times.dtype} {times.shape} "
            f"and {senders.dtype} {senders.shape}"
        )
    recorded = [name for name in events if name not in (*KEYS, "weights", "receivers", "ports", "rport")]
    if recorded:
        return {str(name): _recordable(str(name), events[name], times, senders) for name in recorded}
    spikes, own = spike_list(where, times.astype(np.float64), senders, "ms", "times", None, _observed(status))
    notes += own
    return {"spikes": spikes}


def _observed(status: Mapping[str, Any]) -> Observed:
    """Return the observation that the status of a recorder gives."""
    origin = float(status.get("origin", 0.0))
    start, stop = (float(status[key]) if key in status else None for key in ("start", "stop"))
    if stop is None or stop > FOREVER:
        return Observed(t0=None if start is None else (origin + start) / 1000)
    first = origin + (start or 0.0)
    return Observed(t0=first / 1000, duration=(origin + stop - first) / 1000)


def _recordable(name: str, values: Any, times: NDArray[Any], senders: NDArray[Any]) -> Recording:
    """Return a recordable as (time, sender)."""
    where, given = f"{name} of NEST", np.asarray(values)
    if given.shape != times.shape or given.dtype.kind not in "biuf":
        raise InputError(f"{where}: must be {times.size} numbers, one an event; got {given.dtype} {given.shape}")
    units, at = np.unique(senders, return_inverse=True)
    moments, when = np.unique(times, return_inverse=True)
    if times.size != units.size * moments.size or np.unique(when * units.size + at).size != times.size:
        raise InputError(
            f"{where}: has {times.size} events of {units.size} senders at {moments.size} times; want one of each "
            "sender at each time: give senders that were recorded together"
        )
    table = np.empty((moments.size, units.size))
    table[when, at] = given
    axis = times_of(moments.astype(np.float64), where, unit="ms", takes_dt=False)
    unit = next((unit for start, unit in UNITS.items() if name.startswith(start)), "1")
    return Recording(
        table, dt=axis.dt, clock="second", quantity=name, unit=unit, t0=axis.t0, unit_labels={"id": units}
    )  # fmt: skip
