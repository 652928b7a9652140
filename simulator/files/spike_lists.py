"""Lists of spikes, a time and a unit each, as Spikes: the unit of time, the units and the observation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..recordings.spikes import LONGEST, Spikes
from .column_names import SECONDS

FASTEST = 1000.0  # spikes a unit and second: no unit fires at a higher rate


@dataclass(frozen=True)
class Observed:
    """Observation of a list, where it is given.

    Attributes:
        n_units: number of units, those without spikes too; the units of the list are then 0..n_units-1.
        duration: its length [s].
        t0: its start [s].
    """

    n_units: int | None = None
    duration: float | None = None
    t0: float | None = None


def spike_list(
    where: str, time: NDArray[np.float64], unit: NDArray[Any], said: str, title: str, dt: float | None,
    observed: Observed = Observed(),
) -> tuple[Spikes, list[str]]:  # fmt: skip
    """Return Spikes of a list, and the assumptions that were made.

    Args:
        where: the file, which leads an error.
        time: of the spikes, all finite.
        unit: of the spikes: whole numbers or names.
        said: unit of time by its name; "" if it has none.
        title: how a message names the times.
        dt: length [s] of one unit of the times, as the caller gives it.
        observed: the observation, where the file has it.

    Raises:
        InputError: no spikes without an observation, units that are no whole numbers, or a unit of time that cannot be
            told, is no time, or is not that of the caller.
    """
    notes = [f"{title} and the units beside it are read as a list of {time.size} spikes"]
    if not time.size and (observed.duration is None or observed.n_units is None):
        raise InputError(f"{where}: is a list without spikes, and has neither a duration nor a number of units")
    units, ids = _units(where, unit, observed.n_units, notes)
    scale = _scale(where, time, ids, said, title, dt, notes)
    seconds = time * scale if scale != 1.0 else time
    if seconds.size and not np.abs(seconds).max() < LONGEST:
        raise InputError(f"{where}: {title}: must be finite and below {LONGEST:g} s; got {np.abs(seconds).max():g} s")
    t0, duration = _observation(seconds, observed, notes)
    try:
        return Spikes(seconds, ids, len(units), duration, t0=t0, unit_labels=_labels(units)), notes
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def refuse_unnamed(where: str, values: NDArray[Any]) -> None:
    """Refuse two columns that look like the times and the units of spikes, and are not named so.

    Raises:
        InputError: one column never falls and does not rise evenly, the other holds whole numbers that repeat.
    """
    if values.ndim != 2 or values.shape[1] != 2 or len(values) < 10 or not np.isfinite(values).all():
        return
    for time, unit in ((values[:, 0], values[:, 1]), (values[:, 1], values[:, 0])):
        steps = np.diff(time)
        whole = (unit == np.floor(unit)).all() and unit.min() >= 0 and 1 < len(np.unique(unit)) < len(unit)
        if whole and (steps >= 0).all() and np.ptp(steps) > 0 and not (time == np.floor(time)).all():
            raise InputError(
                f"{where}: its two columns look like times and units of spikes; name them in a header, time_s,unit or "
                "time_ms,unit, or save them as the vectors time_s and unit of an .npz file"
            )


def _units(where: str, given: NDArray[Any], n_units: int | None, notes: list[str]) -> tuple[NDArray[Any], Any]:
    """Return the units in their order, and the index of each spike's unit."""
    if given.dtype.kind == "f":
        if not (np.isfinite(given).all() and (given == np.floor(given)).all()):
            raise InputError(f"{where}: units of spikes must be whole numbers or names")
        given = given.astype(np.int64)
    if given.dtype.kind not in "iuU":
        raise InputError(f"{where}: units of spikes must be whole numbers or names; got {given.dtype}")
    if n_units is not None:
        if given.dtype.kind == "U":
            raise InputError(f"{where}: units of spikes must be 0..{n_units - 1}; got names")
        return np.arange(n_units), given.astype(np.int64)
    units, ids = np.unique(given, return_inverse=True)
    notes.append(f"all units are those that spike: {units.size}, {units[0]} to {units[-1]}")
    return units, ids


def _labels(units: NDArray[Any]) -> dict[str, NDArray[Any]]:
    if units.dtype.kind == "U":
        return {"name": units}
    return {} if np.array_equal(units, np.arange(units.size)) else {"id": units}


def _scale(
    where: str, time: NDArray[np.float64], ids: NDArray[Any], said: str, title: str, dt: float | None, notes: list[str]
) -> float:
    """Return the length of one unit of the times [s]."""
    if said and said not in SECONDS:
        raise InputError(f"{where}: {title} is in {said!r}; want times of spikes in s, ms, us, ns, min or h")
    span = float(np.ptp(time)) if time.size else 0.0
    counts = np.bincount(ids) if time.size else np.zeros(1)
    rate = float(np.median(counts[counts > 1])) / span if span > 0 and (counts > 1).any() else 0.0
    if said:
        scale = SECONDS[said]
        if dt is not None and not math.isclose(dt, scale, rel_tol=1e-9):
            raise InputError(
                f"{where}: {title} is in {said}, a unit of {scale:g} s, and --dt says {dt:g} s; leave out --dt "
                "(--bin is the width of bins)"
            )
        if rate / scale > FASTEST:
            notes.append(f"{title} is in {said}, so that a unit spikes {rate / scale:.4g} times a second")
        return scale
    if dt is not None:
        if not (math.isfinite(dt) and dt > 0):
            raise InputError(f"{where}: --dt must be > 0 s; got {dt:g}")
        if rate / dt > FASTEST:
            raise InputError(
                f"{where}: {title} counts in steps of --dt = {dt:g} s, so that a unit spikes {rate / dt:g} times a "
                "second; --dt of a list of spikes is the length of one unit of its times: 1 for s, 0.001 for ms"
            )
        notes.append(f"{title} counts in steps of {dt:g} s, as --dt says")
        return dt
    if rate / SECONDS["ms"] > FASTEST and not (time == np.floor(time)).all():
        notes.append(f"{title} is in s: in ms a unit would spike {rate / SECONDS['ms']:.3g} times a second")
        return 1.0
    raise InputError(
        f"{where}: {title} can be in s, ms or samples; say --dt 1 for s, --dt 0.001 for ms, --dt and the sampling "
        "interval for samples, or name it time_s or time_ms"
    )


def _observation(time: NDArray[np.float64], observed: Observed, notes: list[str]) -> tuple[float, float]:
    """Return start and length [s]: from 0, or from the first spike if that is far from 0, to the last spike."""
    first, last = (float(time.min()), float(time.max())) if time.size else (0.0, 0.0)
    t0, duration = observed.t0, observed.duration
    if t0 is None:
        far = first < 0 or (duration is None and first > last - first and last > first)
        t0 = math.floor(first * 1e3) / 1e3 if far else 0.0
    if duration is None:
        duration = (math.floor(last * 1e3) + 1) / 1e3 - t0
    if observed.t0 is None or observed.duration is None:
        notes.append(
            f"the observation is from {t0:.10g} to {t0 + duration:.10g} s"
            + ("" if observed.duration is not None else ", the last spike rounded up to the millisecond")
        )
    return t0, duration
