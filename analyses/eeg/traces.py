"""Traces of a recording that fit the width of a figure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...simulator import Recording
from ...simulator.files.document import Group, Variable
from .quality import channel_names

COLUMNS = 1200  # of a decimated trace: pixels of a panel at 200 dpi
MOST = 64  # channels that are kept
TRACES = "traces"
Values = NDArray[Any]


def envelope(times: Values, values: Values, columns: int = COLUMNS) -> tuple[Values, Values]:
    """Return times (point,) and values (point, unit) that draw the same line: the ends of every pixel's column.

    A signal of more than 2 · `columns` samples gives its minimum and its maximum in each column, by turns.

    >>> t, x = envelope(np.arange(9000.0), np.sin(np.arange(9000.0))[:, None], 100)
    >>> t.shape, x.shape, round(float(x.max()), 3)
    ((200,), (200, 1), 1.0)
    """
    n = len(values)
    if n <= 2 * columns:
        return times, values
    edges = np.linspace(0, n, columns + 1).astype(int)
    drawn = np.empty((2 * columns, values.shape[1]))
    drawn[::2] = np.fmin.reduceat(values, edges[:-1])
    drawn[1::2] = np.fmax.reduceat(values, edges[:-1])
    where = np.empty(2 * columns)
    where[::2], where[1::2] = times[edges[:-1]], times[(edges[:-1] + edges[1:]) // 2]
    return where, drawn


def traces_of(recording: Recording) -> Group:
    """Return the traces of the first channels as a picture needs them: ``time`` (time,), ``values`` (time, channel).

    Args:
        recording: (time, channel), as it was measured, before any filter.
    """
    times, values = envelope(recording.times, recording.numpy().reshape(-1, recording.n_units)[:, :MOST])
    return Group(
        {
            "time": Variable(("time",), times, {"units": recording.clock}),
            "channel": Variable(("channel",), np.array(channel_names(recording)[:MOST])),
            "values": Variable(
                ("time", "channel"), values.astype(np.float32),
                {"units": recording.unit, "long_name": recording.quantity},
            ),
        },
        {"n_channels": recording.n_units, "decimated": len(times) < recording.n_times},
    )  # fmt: skip


def check_traces(group: Group) -> None:
    """Check that a group holds what `traces_of` makes.

    Raises:
        KeyError: an array is missing.
        ValueError: it has other axes, or is no number.
    """
    time, names, values = (group.variables[name].values for name in ("time", "channel", "values"))
    if values.dtype.kind != "f" or values.shape != (time.size, names.size) or time.dtype.kind != "f":
        raise ValueError(f"figures/{TRACES}/values has the shape {values.shape}; want {(time.size, names.size)}")
