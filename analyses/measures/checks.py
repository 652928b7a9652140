"""Conditions on the values, the classes and the band of a recording; each failure is a reason with its remedy."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...simulator import Recording
from ...simulator.types import Array, Band
from .arrays import namespace

RADIANS, DEGREES = ("rad", "radian", "radians"), ("deg", "degree", "degrees", "°")
FILLED, LEAP = 0.95, 0.75  # of a turn: what wrapped angles cover, and the step where they are cut
EDGE, AT_ENDS = 0.05, 0.03  # width of an end, of a turn; share of samples at the two: .10 of an even motion, noise .01
NO_ORDER = (
    "needs an ordered time axis, and clock 'sample' has none: what the order of a batch gives is an artefact of "
    "shuffling. Record along an ordered axis instead: recurrent time (clock 'second', 'model' or 'step'), a periodic "
    "morph loop of stimuli (clock 'frame', periodic=True), or the training steps of a fixed probe set (clock 'step')"
)


def scale_reason(low: Array, high: Array) -> str | None:
    """Return the reason if fourth powers of values between these extremes of the units overflow or vanish."""
    xp = namespace(low)
    limit = float(xp.finfo(low.dtype).max) ** 0.22
    largest = max(-float(xp.min(low)), float(xp.max(high)))
    spread = float(xp.max(high - low))
    if largest > limit:
        return f"values reach {largest:.3g}; their squares overflow: rescale them (or the training diverged)"
    if 0 < spread < 1 / limit:
        return f"values vary by at most {spread:.3g}; their squares vanish: rescale them"
    return None


def circle_reason(values: Array, low: Array, high: Array, unit: str, quantity: str) -> str | None:
    """Return the reason if these are wrapped angles, so that no line can hold them.

    Values in radians, and phases in degrees, are if they lie within one turn. Degrees also measure gaze: so all other
    values are angles only if every unit that varies fills one turn of 2π or 360, from 0 or about 0, up to its ends, and
    leaps from one end to the other between neighbouring samples. Noise that reaches as far is rarely near the ends.

    Args:
        values: (…, time, unit).
        low, high: their extremes over time.
        unit, quantity: of the values.
    """
    xp = namespace(low)
    least, most = float(xp.min(low)), float(xp.max(high))
    turn = 2 * math.pi if unit.lower() in RADIANS else 360.0
    if unit.lower() in RADIANS or (unit.lower() in DEGREES and "phase" in quantity.lower()):
        wrapped = most - least <= turn * (1 + 1e-6)
    else:
        turn = next((t for t in (2 * math.pi, 360.0) if FILLED * t <= most - least <= t * (1 + 1e-6)), math.inf)
        wrapped = min(abs(least), abs(least + turn / 2)) <= (1 - FILLED) * turn < math.inf
        if wrapped:
            leaps = xp.any(xp.abs(values[..., 1:, :] - values[..., :-1, :]) > LEAP * turn, axis=-2)
            ends = (values < least + EDGE * turn) | (values > most - EDGE * turn)
            at_ends = xp.sum(xp.astype(ends, low.dtype), axis=-2) / values.shape[-2]
            wrapped = bool(xp.all((high == low) | (high - low >= FILLED * turn) & leaps & (at_ends > AT_ENDS)))
    if not wrapped:
        return None
    name, cosine = ("rad", "np.cos(phase)") if turn < 360 else ("deg", "np.cos(np.radians(phase))")
    return (
        f"reads values on a line, and these are angles [{name}], cut open somewhere: what it gives depends on the cut. "
        f"Measure their cosine, e.g. {cosine} (a run of phase oscillators has it as the entry x)"
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


def pieces_in(data: Recording, band: Band | None, segment: int | None) -> int | str:
    """Return the number of samples in each Welch segment, or the reason for which it does not fit.

    Without a band (a spectrum) it is half the recording by default, or all of a closed loop. With one (cross-spectra)
    it is 2 periods of the low edge, and 2 over the width of the band, so that it resolves the band; at most half the
    recording, so that there are three segments that overlap by half.
    """
    if band is None:
        most, default = data.n_times, data.n_times if data.periodic else data.n_times // 2
    else:
        low, high = band
        most, default = data.n_times // 2, 0
        if 0 < low <= high:  # else `band_reason` refuses it
            default = int(np.ceil(max(2 / low, 2 / (high - low) if high > low else 0) / data.dt - 1e-6))
    chosen = default if segment is None else segment
    if segment is None and band is not None and chosen > most:
        return (
            f"band ({band[0]:g}, {band[1]:g}): needs at least 2 segments of {chosen} samples ({chosen * data.dt:g} "
            f"ticks); got {data.n_times} samples: record for longer, or widen the band"
        )
    if not 4 <= chosen <= most and (segment is not None or band is None):
        return f"segment: must lie in 4..{most} samples; got {segment}"
    return max(4, chosen)


def band_bins(n_times: int, dt: float, band: Band) -> tuple[int, int]:
    """First and last Fourier bin within the band, DC excluded."""
    span = n_times * dt
    return max(1, int(np.ceil(band[0] * span - 1e-6))), min(n_times // 2, int(np.floor(band[1] * span + 1e-6)))


def edge(dt: float, band: Band) -> int:
    """Samples in one period of the band's low edge: what wrap-around spoils at each end."""
    return int(np.ceil(1 / (band[0] * dt) - 1e-6))
