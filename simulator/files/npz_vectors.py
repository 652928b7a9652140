"""Vectors beside or instead of the arrays of an .npz file: times of samples, and lists of spikes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..recordings.spikes import Spikes
from .column_names import is_spike_time, is_spike_unit, is_time, parts
from .spike_lists import Observed, spike_list
from .time_columns import Times, even

MOST_UNITS = 100_000_000
Arrays = Mapping[str, NDArray[Any]]


def spikes_of_arrays(where: str, found: Arrays, dt: float | None, notes: list[str]) -> Spikes | None:
    """Return the spikes of two vectors of one length, times and units by their names; None without such.

    The numbers ``n_units``, ``duration`` and ``t0`` [s] beside them describe the observation.

    Raises:
        InputError: more than one such pair, or a list of spikes that cannot be read.
    """
    vectors = {name: values for name, values in found.items() if values.ndim == 1}
    samples = {values.shape[-2] for values in found.values() if values.ndim >= 2}
    pairs = [
        (time, unit)
        for time, t in vectors.items()
        for unit, u in vectors.items()
        if time != unit and t.size == u.size and is_spike_time(time) and is_spike_unit(unit)
        and t.dtype.kind in "iuf" and u.dtype.kind in "iufU" and not (t.size in samples and even(t))
    ]  # fmt: skip
    if not pairs:
        return None
    if len(pairs) > 1:
        listed = "; ".join(" and ".join(pair) for pair in pairs)
        raise InputError(f"{where}: has more than one list of spikes: {listed}; keep one time and one unit a spike")
    ((time, unit),) = pairs
    seconds = np.asarray(found[time], dtype=np.float64)
    for at in np.flatnonzero(~np.isfinite(seconds))[:1]:
        raise InputError(f"{where}: {time}: must be finite; got {seconds[at]} at index {at}")
    given = {key: _number(where, key, found[key]) for key in ("n_units", "duration", "t0") if key in found}
    if "n_units" in given:
        n_units = given["n_units"]
        if n_units != int(n_units) or not 0 < n_units <= MOST_UNITS:
            raise InputError(f"{where}: n_units: must be a whole number in 1..{MOST_UNITS}; got {n_units:g}")
        given["n_units"] = int(n_units)
    observed = Observed(**given)  # type: ignore[arg-type]
    spikes, more = spike_list(where, seconds, found[unit], parts(time)[1], f"the vector {time!r}", dt, observed)
    notes += more
    return spikes


def times_of_arrays(found: Arrays, lengths: Collection[int]) -> Times | None:
    """Return the vector of times of samples; None without one, or of recordings of several lengths."""
    for name, values in found.items():
        if values.ndim == 1 and is_time(name) and values.dtype.kind in "iuf" and set(lengths) == {values.size}:
            times = np.asarray(values, dtype=np.float64)
            texts = [repr(time) for time in times.tolist()]
            rounding = float(np.spacing(np.abs(values).max())) if values.dtype.kind == "f" else 0.0
            return Times(times, texts, range(values.size), parts(name)[1], f"the vector {name!r}", rounding)
    return None


def _number(where: str, name: str, given: NDArray[Any]) -> float:
    if given.size != 1 or given.dtype.kind not in "iuf" or not np.isfinite(given).all():
        raise InputError(f"{where}: {name}: must be one number; got {given.dtype} {given.shape}")
    return float(given.item())
