"""Monitors of Brian2: spikes, recorded variables and population rates, with their units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import InputError, Recording, Run, Spikes
from .times import times_of

# exponents of m, kg, s, A, K, mol, cd -> unit, and the factor from that of SI
UNITS: dict[tuple[float, ...], tuple[str, float]] = {
    (2, 1, -3, -1, 0, 0, 0): ("mV", 1e3),
    (0, 0, 0, 1, 0, 0, 0): ("nA", 1e9),
    (-2, -1, 3, 2, 0, 0, 0): ("nS", 1e9),
    (0, 0, -1, 0, 0, 0, 0): ("Hz", 1.0),
    (0, 0, 1, 0, 0, 0, 0): ("ms", 1e3),
    (0, 0, 0, 0, 0, 0, 0): ("1", 1.0),
}
RATE = "firing rate"


def read(data: Any) -> Run:
    """Return a SpikeMonitor, StateMonitor or PopulationRateMonitor as a Run, in seconds.

    A StateMonitor is an entry a variable: potentials in mV, currents in nA, conductances in nS; other units are those
    of SI. Spikes are observed from 0 to the time of the clock of the monitor.

    Raises:
        InputError: another monitor, one that recorded nothing, or times that are not even.
    """
    kind = type(data).__name__
    if hasattr(data, "event") and hasattr(data, "record"):
        return _spikes(data)
    if hasattr(data, "rate") and hasattr(data, "smooth_rate"):
        times = _times(data, kind)
        rate = Recording(
            _plain(data.rate)[:, None], dt=times.dt, clock="second", quantity=RATE, unit="Hz", t0=times.t0
        )  # fmt: skip
        return Run({"rate": rate}, {})
    if hasattr(data, "record_variables") and hasattr(data, "record"):
        return _states(data, kind)
    raise InputError(
        f"cannot measure {kind} of Brian2; want a SpikeMonitor, StateMonitor or PopulationRateMonitor that has recorded"
    )


def _spikes(data: Any) -> Run:
    if not data.record:
        raise InputError("SpikeMonitor of Brian2: counts spikes and has no times; make it with record=True")
    stop = float(_plain(data.clock.t))
    if not stop > 0:
        raise InputError("SpikeMonitor of Brian2: has recorded nothing; run the network first")
    time, unit = _plain(data.t), np.asarray(data.i[:], dtype=np.int64)
    notes = [f"the spikes are observed from 0 to {stop:g} s, the time of the clock of the monitor"]
    source = {"assumptions": notes}
    return Run({"spikes": Spikes(time, unit, len(data.source), stop, source=source)}, source)


def _states(data: Any, kind: str) -> Run:
    times = _times(data, kind)
    record = np.asarray(data.record)
    labels = {} if np.array_equal(record, np.arange(record.size)) else {"index": record}
    entries = {}
    for name in data.record_variables:
        values = getattr(data, name)
        unit, factor = _unit(values)
        kept = np.ascontiguousarray(np.atleast_2d(_plain(values)).T * factor)
        entries[name] = Recording(
            kept, dt=times.dt, clock="second", quantity=name, unit=unit, t0=times.t0, unit_labels=labels
        )
    if not entries:
        raise InputError(f"{kind} of Brian2: records no variable")
    return Run(entries, {})


def _times(data: Any, kind: str) -> Any:
    t = _plain(data.t)
    if t.size == 0:
        raise InputError(f"{kind} of Brian2: has recorded nothing; run the network first")
    dt = float(_plain(data.clock.dt))
    return (
        times_of(t, f"{kind} of Brian2", unit="s", takes_dt=False)
        if t.size > 1
        else times_of(t, f"{kind} of Brian2", unit="s", dt=dt)
    )


def _plain(values: Any) -> NDArray[np.float64]:
    """Return numbers of SI without their unit."""
    return np.array(values, dtype=np.float64)


def _unit(values: Any) -> tuple[str, float]:
    """Return the unit in which values are stored, and its factor from that of SI."""
    dims = getattr(values, "dim", None)
    powers = tuple(float(one) for one in getattr(dims, "_dims", (0,) * 7))
    if powers in UNITS:
        return UNITS[powers]
    return str(dims), 1.0
