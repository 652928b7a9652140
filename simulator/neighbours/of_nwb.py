"""Objects of NWB: time series and tables of units, as pynwb reads them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from .. import Clock, InputError, Recording, Run, Spikes
from .names import entry_name, unit_names, unit_text
from .times import Times, times_of

NAMES = ("channel_name", "label", "electrode_name")


def read(data: Any) -> Run:
    """Return a TimeSeries, (time) or (time, unit), or a table of Units as a Run, in seconds.

    Raises:
        InputError: an object of another kind, images, or uneven time stamps.
    """
    if hasattr(data, "colnames") and "spike_times" in data.colnames:
        return _units(data)
    if not all(hasattr(data, name) for name in ("data", "rate", "timestamps", "conversion")):
        raise InputError(
            f"cannot measure {type(data).__name__} of NWB; want a TimeSeries, e.g. nwb.acquisition[NAME], or nwb.units"
        )
    what, values = (
        f"{type(data).__name__} {data.name!r}",
        np.asarray(data.data[()] if _stored(data.data) else data.data),
    )
    if values.ndim not in (1, 2):
        raise InputError(f"{what}: must have the axes (time) or (time, unit); got shape {values.shape}")
    values = values[:, None] if values.ndim == 1 else values
    labels = _names(data, values.shape[1])
    wide = not labels and values.shape[1] > values.shape[0]
    notes = [f"of {values.shape} values the first axis is taken for time, as NWB wants it"] if wide else []
    gains = getattr(data, "channel_conversion", None)
    values = values.astype(np.float64) * (data.conversion or 1.0) * (1.0 if gains is None else np.asarray(gains[:]))
    if data.rate is not None:
        times = Times(1.0 / float(data.rate), "second", float(data.starting_time or 0.0))
    else:
        times = times_of(np.asarray(data.timestamps[:]), what, unit="s", takes_dt=False)
    recording = Recording(
        values + float(getattr(data, "offset", 0.0) or 0.0), dt=times.dt, clock=cast(Clock, times.clock),
        quantity=entry_name(data.name), unit=unit_text(data.unit), t0=times.t0,
        unit_labels=labels, source={"assumptions": notes} if notes else {},
    )  # fmt: skip
    return Run({entry_name(data.name): recording}, recording.source)


def _stored(data: Any) -> bool:
    return hasattr(data, "shape") and hasattr(data, "dtype") and not isinstance(data, np.ndarray)


def _names(data: Any, n: int) -> dict[str, Any]:
    """Return the names of the electrodes of a series, by a column of their table or their numbers."""
    region = getattr(data, "electrodes", None)
    if region is None or len(region) != n:
        return {}
    table = region.table
    column = next((name for name in NAMES if name in table.colnames), None)
    rows = [int(row) for row in region.data[:]]
    ids = [table[column][row] for row in rows] if column else [table.id[row] for row in rows]
    return unit_names([str(one) for one in ids], "channel")


def _units(table: Any) -> Run:
    """Return the spike trains of a table of units, observed over its intervals or from 0 to the last spike."""
    trains = [np.sort(np.asarray(table["spike_times"][at], dtype=np.float64)) for at in range(len(table))]
    if not trains:
        raise InputError("Units of NWB: has no unit")
    notes = []
    if "obs_intervals" in table.colnames:
        spans = [np.asarray(table["obs_intervals"][at], dtype=np.float64).reshape(-1, 2) for at in range(len(table))]
        start, stop = spans[0][0, 0], spans[0][-1, 1]
        if any(span.shape != (1, 2) or abs(span - [start, stop]).max() > 1e-9 for span in spans):
            raise InputError(
                "Units of NWB: units must be observed over one and the same interval; choose those that are"
            )
    else:
        last = max((train[-1] for train in trains if train.size), default=0.0)
        start, stop = min(0.0, *(train[0] for train in trains if train.size), 0.0), float(last)
        notes = [f"units have no observation intervals; they are taken to be observed from {start:g} to {stop:g} s"]
    source = {"assumptions": notes} if notes else {}
    spikes = Spikes(
        np.concatenate(trains), np.repeat(np.arange(len(trains)), [t.size for t in trains]), len(trains),
        float(stop - start), float(start), unit_names(np.asarray(table.id[:]), "unit"), source,
    )  # fmt: skip
    return Run({"spikes": spikes}, source)
