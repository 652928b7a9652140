"""Averages over pairs of units, and the matrix of a measure over all pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import array_api_compat as api
import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording, Spikes
from ...simulator.recordings.recording import to_numpy
from ...simulator.types import Array, Band
from .arrays import as_float, count, namespace, ratio
from .base import examine, in_double, spikes_reason


def mean_over_pairs(matrix: Array, mask: Array) -> Array:
    """Return the mean of a matrix (…, unit, unit) over the pairs of live units, (…); 0 with fewer than two."""
    xp = namespace(matrix)
    live = as_float(mask, matrix)
    n_units = matrix.shape[-1]
    apart = 1 - xp.eye(n_units, dtype=matrix.dtype, device=api.device(matrix))
    both = xp.expand_dims(live, axis=-1) * xp.expand_dims(live, axis=-2) * apart
    n = count(mask, matrix)
    return ratio(xp.sum(matrix * both, axis=(-2, -1)), n * (n - 1))


def symmetric(rows: Sequence[Array], like: Array) -> Array:
    """Return the symmetric matrix (…, unit, unit) with diagonal 0 whose row i holds the pairs (i, i + 1), (i, i + 2) ….

    Args:
        rows: n − 1 arrays (…, n − 1 − i).
        like: (…, n), of the dtype and on the device that are wanted.
    """
    xp = namespace(like)
    empty = xp.zeros_like(like)
    n = like.shape[-1]
    padded = [xp.concat([empty[..., : i + 1], row], axis=-1) for i, row in enumerate(rows)]
    upper = xp.stack([*padded, empty], axis=-2) if n > 1 else xp.expand_dims(empty, axis=-2)
    return upper + xp.matrix_transpose(upper)


def pairwise(
    name: str, data: Recording | Spikes, *, band: Band | None = None, segment: int | None = None
) -> NDArray[np.float64]:
    """Return the measure of every pair of units, (…, unit, unit).

    The matrix is symmetric. Its diagonal, and the rows and columns of units that do not vary (of spike trains: that
    have fewer spikes than the measure asks for), are NaN. The mean of the other elements is the value of the measure;
    `spike_synchronisation` weights pairs by their spikes instead.

    Args:
        name: a measure of pairs, e.g. "plv", "sttc", "mean_correlation" or "si_3".
        data: the Recording or Spikes that it reads, as in `apply`.
        band: (low, high) [cycles per tick of the clock; Hz for "second"].
        segment: samples in each segment of cross-spectra; see `squared_coherence`.

    Raises:
        InputError: the measure is not one of pairs, or not defined on the data; neither a Recording nor Spikes.

    >>> t = np.arange(100)[:, None] * 2 * np.pi / 100
    >>> wave = Recording(np.sin(t + np.array([0, np.pi, 0])), dt=0.01, clock="second", quantity="activity", unit="1")
    >>> pairwise("mean_correlation", wave).round(6)[0].tolist()
    [nan, -1.0, 1.0]
    """
    from . import MEASURES, get

    if not isinstance(name, str):
        raise InputError(
            f"pairwise.name: must be the name of a measure; got {type(name).__name__}; pairwise('plv', data)"
        )
    measure = get(name)
    if measure.matrix is None:
        known = [other for other in MEASURES.usable() if get(other).matrix is not None]
        raise InputError(f"pairwise: {name} is not a mean over pairs of units; those that are: {', '.join(known)}")
    if not isinstance(data, Recording | Spikes):
        fix = (
            'Wrap an array: Recording(x, dt=..., clock="second", quantity="activity", unit="1")'
            if isinstance(data, np.ndarray | list | tuple)
            else 'Take an entry of it, such as ictal.as_run(data)["eeg"]; list(ictal.as_run(data)) has their names'
        )
        raise InputError(f"pairwise: must be given a Recording or Spikes; got {type(data).__name__}. {fix}")
    if isinstance(data, Spikes):
        reason = spikes_reason(measure, data)
        if reason is not None:
            raise InputError(f"{name}: {reason}")
        matrix: NDArray[Any] = measure.matrix(data)
        live = data.counts >= measure.min_spikes
    else:
        data = in_double(data)
        checked = examine(measure, data, band=band, segment=segment)
        if isinstance(checked, str):
            raise InputError(f"{name}: {checked}")
        inputs, mask = checked
        matrix, live = to_numpy(measure.matrix(data.values, mask, **inputs)), to_numpy(mask)
    both = live[..., :, None] & live[..., None, :] & ~np.eye(data.n_units, dtype=bool)
    return np.where(both, np.asarray(matrix, dtype=np.float64), np.nan)
