"""Conditions on the values, the classes and the band of a recording; each failure is a reason with its remedy."""

from __future__ import annotations

import math

import array_api_compat as api
import numpy as np
from numpy.typing import NDArray

from ...simulator import Recording
from ...simulator.types import Array, Band

NO_ORDER = (
    "needs an ordered time axis, and clock 'sample' has none: what the order of a batch gives is an artefact of "
    "shuffling. Record along an ordered axis instead: recurrent time (clock 'second', 'model' or 'step'), a periodic "
    "morph loop of stimuli (clock 'frame', periodic=True), or the training steps of a fixed probe set (clock 'step')"
)


def scale_reason(low: Array, high: Array) -> str | None:
    """Return the reason if fourth powers of values between these extremes of the units overflow or vanish."""
    xp = api.array_namespace(low)
    limit = float(xp.finfo(low.dtype).max) ** 0.22
    largest = max(-float(xp.min(low)), float(xp.max(high)))
    spread = float(xp.max(high - low))
    if largest > limit:
        return f"values reach {largest:.3g}; their squares overflow: rescale them (or the training diverged)"
    if 0 < spread < 1 / limit:
        return f"values vary by at most {spread:.3g}; their squares vanish: rescale them"
    return None


def circle_reason(low: Array, high: Array) -> str | None:
    """Return the reason if angles [rad] between these extremes are wrapped, so that no line can hold them."""
    xp = api.array_namespace(low)
    if float(xp.max(high)) - float(xp.min(low)) > 2 * math.pi * (1 + 1e-6):
        return None
    return (
        "reads values on a line, and these are angles [rad], cut open somewhere: what it gives depends on the cut. "
        "Measure their cosine, e.g. np.cos(phase) (a run of phase oscillators has it as the entry x)"
    )


def classes(data: Recording, label: str) -> NDArray[np.float64]:
    """The classes of every sample, one-hot, (time, class)."""
    _, index = np.unique(data.time_labels[label], return_inverse=True)
    return np.eye(int(index.max()) + 1)[index]


def band_reason(n_times: int, dt: float, band: Band, periodic: bool) -> str | None:
    """Return the reason for which the band cannot be cut out of n_times samples dt apart; None if it can."""
    low, high = band
    if not 0 < low < high <= 0.5 / dt * (1 + 1e-9):
        return f"band: must satisfy 0 < low < high <= {0.5 / dt:g} (half the sampling rate); got ({low:g}, {high:g})"
    first, last = band_bins(n_times, dt, band)
    if first > last:
        return f"band ({low:g}, {high:g}): {n_times * dt:g} ticks resolve no frequency in it; record for longer"
    if not periodic and n_times - 2 * edge(dt, band) < 2 / (low * dt) - 1e-6:
        return (
            f"band ({low:g}, {high:g}): one period of its low edge is lost at each end, and fewer than 2 periods "
            f"remain of {n_times * dt:g} ticks; record for at least {4 / low + 2 * dt:g}, or raise the low edge"
        )
    return None


def band_bins(n_times: int, dt: float, band: Band) -> tuple[int, int]:
    """First and last Fourier bin within the band, DC excluded."""
    span = n_times * dt
    return max(1, int(np.ceil(band[0] * span - 1e-6))), min(n_times // 2, int(np.floor(band[1] * span + 1e-6)))


def edge(dt: float, band: Band) -> int:
    """Samples in one period of the band's low edge: what wrap-around spoils at each end."""
    return int(np.ceil(1 / (band[0] * dt) - 1e-6))
