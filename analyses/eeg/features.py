"""One number a window for detectors: line length of every channel, or synchrony of all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording
from ...simulator.recordings.pieces import Pieces
from ...simulator.types import Band, Floats, Progress
from ..measures import get
from ..measures.base import apply
from .dropouts import Dropouts
from .windows import sliding

BATCH = 2_000_000  # numbers held at once


def line_length(
    recording: Recording, window: float, step: float | None = None, dropouts: Dropouts | None = None
) -> Recording:
    r"""Line length of every channel in sliding windows: Recording (window, channel), [unit of the data per tick].

    .. math:: L_j = \frac{1}{(n - 1)\,dt} \sum_{t=1}^{n-1} |x_j(t + 1) - x_j(t)|

    The sum runs over the n samples of the window. Time of a value: the *end* of its window, when it is
    known. Esteller et al., Proc. IEEE EMBS 23, 1707 (2001).

    Args:
        recording: (time, channel).
        window, step: [ticks of the clock]; the step is half a window if left out.
        dropouts: channels are not ``valid`` in windows out of which they drop.

    Raises:
        InputError: the windows do not fit.

    >>> saw = np.abs((np.arange(400)[:, None] / 100) % 1 - 0.5)  # falls and rises by 0.5 every second
    >>> slow = line_length(Recording(saw, dt=0.01, clock="second", quantity="potential", unit="µV"), 1.0)
    >>> slow.unit, bool(np.allclose(slow.values, 1)), slow.times[:2].tolist()
    ('µV/s', True, [1.0, 1.5])
    """
    places = sliding(recording, window, step)
    first, last = np.array(places).T
    if last[0] - first[0] < 2:
        raise InputError(f"line length: a window must hold at least 2 samples; got {window:g} [{recording.clock}]")
    values = np.empty((len(places), recording.n_units))
    many = len(places) if not isinstance(recording.values, Pieces) else _windows_at_once(recording, places)
    for at in range(0, len(places), many):
        part = slice(at, at + many)
        x = _samples(recording, int(first[at]), int(last[part][-1]))
        steps = np.concatenate([np.zeros((1, x.shape[-1])), np.cumsum(np.abs(np.diff(x, axis=0)), axis=0)])
        span = steps[last[part] - 1 - first[at]] - steps[first[part] - first[at]]
        values[part] = span / ((last[0] - first[0] - 1) * recording.dt)
    unit = recording.unit if recording.unit != "1" else ""
    tick = "s" if recording.clock == "second" else recording.clock
    valid = None if dropouts is None else ~dropouts.out(places)
    return _series(recording, places, values, "line length", f"{unit}/{tick}" if unit else f"1/{tick}", valid)


def synchrony_series(
    recording: Recording,
    measure: str,
    window: float,
    step: float | None = None,
    band: Band | None = None,
    dropouts: Dropouts | None = None,
    progress: Progress | None = None,
) -> Recording:
    """A measure of all channels in sliding windows, Recording (window, 1), without surrogates.

    Time of a value: the end of its window. The step is half a window if left out. Channels are left out of windows out
    of which they drop; a window with fewer than two others is not ``valid``.

    Raises:
        InputError: the windows do not fit, or the measure is not defined in all of them.
    """
    places = sliding(recording, window, step)
    n, hop = places[0][1], (places[1][0] if len(places) > 1 else 1)
    lost = np.zeros((len(places), recording.n_units), dtype=bool) if dropouts is None else dropouts.out(places)
    valid = lost.sum(axis=1) <= recording.n_units - 2
    if not valid.any():
        raise InputError(f"{measure}: fewer than two channels are left in every window")
    found = np.zeros(len(places))
    many = _windows_at_once(recording, places)
    for first in range(0, len(places), many):
        if progress:
            progress(first, len(places), f"detector {measure}")
        part = places[first : first + many]
        samples = np.asarray(_samples(recording, part[0][0], part[-1][1]), dtype=np.float64)
        windows = np.lib.stride_tricks.sliding_window_view(samples, n, axis=0)[::hop]
        good, out = valid[first : first + many], lost[first : first + many]
        if out.any():
            windows = windows[good] * ~out[good][..., None]
        if good.any():
            batch = Recording(
                np.moveaxis(windows, -1, -2), recording.dt, recording.clock, recording.quantity, recording.unit
            )  # windows as trials: the kernels take them at once
            one = np.atleast_1d(apply(get(measure), batch, band=band).value)
            found[first : first + many][good] = one
    return _series(recording, places, found[:, None], measure, "1", None if valid.all() else valid[:, None])


def _windows_at_once(recording: Recording, places: list[tuple[int, int]]) -> int:
    return max(1, BATCH // ((places[0][1] - places[0][0]) * recording.n_units))


def _samples(recording: Recording, first: int, last: int) -> Floats:
    values = recording.values
    return values.read(first, last) if isinstance(values, Pieces) else np.asarray(recording.numpy()[first:last])


def _series(
    recording: Recording,
    places: list[tuple[int, int]],
    values: NDArray[np.float64],
    quantity: str,
    unit: str,
    valid: NDArray[np.bool_] | None,
) -> Recording:
    hop = places[1][0] - places[0][0] if len(places) > 1 else places[0][1] - places[0][0]
    return Recording(
        values,
        dt=hop * recording.dt,
        clock=recording.clock,
        quantity=quantity,
        unit=unit,
        t0=recording.t0 + places[0][1] * recording.dt,
        valid=None if valid is None or valid.all() else valid,
        unit_labels=recording.unit_labels if values.shape[1] == recording.n_units else {},
        source=recording.source,
    )
