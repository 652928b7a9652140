"""One number a window for detectors: line length of every channel, or synchrony of all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording
from ...simulator.types import Band
from ..measures import get
from ..measures.base import apply
from .windows import sliding

BATCH = 2_000_000  # numbers held at once


def line_length(recording: Recording, window: float, step: float | None = None) -> Recording:
    r"""Line length of every channel in sliding windows: Recording (window, channel), [unit of the data per tick].

    .. math:: L_j = \frac{1}{(n - 1)\,dt} \sum_{t=1}^{n-1} |x_j(t + 1) - x_j(t)|

    The sum runs over the n samples of the window. Time of a value: the *end* of its window, when it is
    known. Esteller et al., Proc. IEEE EMBS 23, 1707 (2001).

    Args:
        recording: (time, channel).
        window, step: [ticks of the clock]; the step is half a window if left out.

    Raises:
        InputError: the windows do not fit.

    >>> saw = np.abs((np.arange(400)[:, None] / 100) % 1 - 0.5)  # falls and rises by 0.5 every second
    >>> slow = line_length(Recording(saw, dt=0.01, clock="second", quantity="potential", unit="µV"), 1.0)
    >>> slow.unit, bool(np.allclose(slow.values, 1)), slow.times[:2].tolist()
    ('µV/s', True, [1.0, 1.5])
    """
    places = sliding(recording, window, step)
    x = recording.numpy()
    steps = np.concatenate([np.zeros((1, x.shape[-1])), np.cumsum(np.abs(np.diff(x, axis=0)), axis=0)])
    first, last = np.array(places).T
    if last[0] - first[0] < 2:
        raise InputError(f"line length: a window must hold at least 2 samples; got {window:g} [{recording.clock}]")
    values = (steps[last - 1] - steps[first]) / ((last[0] - first[0] - 1) * recording.dt)
    unit = recording.unit if recording.unit != "1" else ""
    tick = "s" if recording.clock == "second" else recording.clock
    return _series(recording, places, values, "line length", f"{unit}/{tick}" if unit else f"1/{tick}")


def synchrony_series(
    recording: Recording, measure: str, window: float, step: float | None = None, band: Band | None = None
) -> Recording:
    """A measure of all channels in sliding windows, Recording (window, 1), without surrogates.

    Time of a value: the end of its window. The step is half a window if left out.

    Raises:
        InputError: the windows do not fit, or the measure is not defined in all of them.
    """
    places = sliding(recording, window, step)
    x = np.asarray(recording.numpy(), dtype=np.float64)
    n, hop = places[0][1], (places[1][0] if len(places) > 1 else 1)
    views = np.lib.stride_tricks.sliding_window_view(x, n, axis=0)[::hop]
    found = []
    for first in range(0, len(views), max(1, BATCH // (n * x.shape[-1]))):
        batch = views[first : first + max(1, BATCH // (n * x.shape[-1]))]
        part = Recording(
            np.moveaxis(batch, -1, -2), recording.dt, recording.clock, recording.quantity, recording.unit
        )  # windows as trials: the kernels take them at once
        found.append(np.atleast_1d(apply(get(measure), part, band=band).value))
    return _series(recording, places, np.concatenate(found)[:, None], measure, "1")


def _series(
    recording: Recording, places: list[tuple[int, int]], values: NDArray[np.float64], quantity: str, unit: str
) -> Recording:
    hop = places[1][0] - places[0][0] if len(places) > 1 else places[0][1] - places[0][0]
    return Recording(
        values,
        dt=hop * recording.dt,
        clock=recording.clock,
        quantity=quantity,
        unit=unit,
        t0=recording.t0 + places[0][1] * recording.dt,
        unit_labels=recording.unit_labels if values.shape[1] == recording.n_units else {},
        source=recording.source,
    )
