"""Conditions under which a measure is defined on a recording; each failure is a reason with its remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import array_api_compat as api
import numpy as np
from numpy.typing import NDArray

from ...simulator import Recording, Spikes
from ...simulator.recordings.recording import to_numpy
from ...simulator.types import Array, Band
from .arrays import live_units

if TYPE_CHECKING:
    from .base import Measure


NO_ORDER = (
    "needs an ordered time axis, and clock 'sample' has none: what the order of a batch gives is an artefact of "
    "shuffling. Record along an ordered axis instead: recurrent time (clock 'second', 'model' or 'step'), a periodic "
    "morph loop of stimuli (clock 'frame', periodic=True), or the training steps of a fixed probe set (clock 'step')"
)


def examine(
    measure: Measure, data: Recording, *, band: Band | None = None, label: str = "class", segment: int | None = None
) -> str | tuple[dict[str, Any], Array]:
    """Return (inputs, mask) for the kernel of a measure, or the reason for which it is not defined on the recording."""
    if measure.takes == "spikes":
        return f"reads spike trains, not a recording of {data.quantity}"
    if data.valid is not None and not to_numpy(data.valid).all():
        return f"the {data.quantity} is not defined everywhere; select units and a window in which it is"
    if "order" in measure.needs and data.clock == "sample":
        return NO_ORDER
    if data.n_times < measure.min_times:
        return f"needs at least {measure.min_times} samples; got {data.n_times}"
    if "band" in measure.needs and band is None:
        return f"needs a band=(low, high) [{'Hz' if data.clock == 'second' else f'cycles per {data.clock}'}]; got none"
    inputs: dict[str, Any] = {}
    if "dt" in measure.inputs:
        inputs["dt"] = data.dt
    if "periodic" in measure.inputs:
        inputs["periodic"] = data.periodic
    if "segment" in measure.inputs:
        default = data.n_times if data.periodic else data.n_times // 2
        inputs["segment"] = default if segment is None else segment
        if not 4 <= inputs["segment"] <= data.n_times:
            return f"segment: must lie in 4..{data.n_times} samples; got {segment}"
    if "band" in measure.inputs:
        inputs["band"] = band
        if band is not None:
            trimmed = "band" in measure.needs and not data.periodic
            reason = band_reason(inputs.get("segment", data.n_times), data.dt, band, not trimmed)
            if reason is not None:
                return reason
    if "labels" in measure.inputs:
        if label not in data.time_labels:
            return f"needs a time label {label!r}; there is: {', '.join(sorted(data.time_labels)) or 'none'}"
        one_hot = classes(data, label)
        if one_hot.shape[-1] < 2:
            return f"needs at least 2 classes; the label {label!r} has one"
        xp = api.array_namespace(data.values)
        inputs["labels"] = xp.asarray(one_hot, dtype=data.values.dtype, device=api.device(data.values))
    reason = scale_reason(data.values)
    if reason is not None:
        return reason
    mask = live_units(data.values)
    if measure.refine is not None:
        mask = measure.refine(data.values, mask, **inputs)
    least = int(np.min(to_numpy(mask).sum(axis=-1)))
    if least < measure.min_units:
        what = "all units are constant" if least == 0 else f"{least} of {data.n_units} units vary"
        return f"needs at least {measure.min_units} units that vary; {what}"
    return inputs, mask


def scale_reason(x: Array) -> str | None:
    """Return the reason if fourth powers of these values overflow or vanish; None if they do not."""
    xp = api.array_namespace(x)
    limit = float(xp.finfo(x.dtype).max) ** 0.22
    largest = float(xp.max(xp.abs(x)))
    spread = float(xp.max(xp.max(x, axis=-2) - xp.min(x, axis=-2)))
    if largest > limit:
        return f"values reach {largest:.3g}; their squares overflow: rescale them (or the training diverged)"
    if 0 < spread < 1 / limit:
        return f"values vary by at most {spread:.3g}; their squares vanish: rescale them"
    return None


def spikes_reason(measure: Measure, data: Spikes) -> str | None:
    """Return the reason for which the measure is not defined on these spike trains; None if it is defined."""
    if measure.takes == "values":
        return "reads sampled values, not spikes; give it spikes.binned(dt) or spikes.smoothed(dt, sd)"
    n = int((data.counts >= measure.min_spikes).sum())
    if n >= measure.min_units:
        return None
    return (
        f"needs at least {measure.min_units} unit{'s' * (measure.min_units > 1)} with {measure.min_spikes} spikes; "
        f"{n} of {data.n_units} have them (most: {int(data.counts.max())} spikes in {data.duration:g} s)"
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
