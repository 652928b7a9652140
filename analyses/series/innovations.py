"""Innovations of series of synchrony, and independent surrogate series with the same innovations."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import BSpline
from scipy.ndimage import uniform_filter1d

from ...simulator import InputError
from ...simulator.types import Floats

MIN_RECORDS = 30
MAX_ORDER = 3  # of the autoregression that is taken off
LEAST_NEW = 0.35  # share of the variance that it must leave; of increments with a memory of 0.8 about 0.75 are new
_RECORDS_A_KNOT, _EARLY = 8, 3.0  # records; time is counted from here, or the logarithm would have no start


def innovations(x: ArrayLike, *, window: int = 15, name: str = "innovations.x") -> Floats:
    """Return the innovations of each series: its increments without drift, fading and memory.

    Training moves all layers at once, much at first and little later. Raw courses share this drift, and raw
    increments this fading, so that any two correlate. Hence, of every series:

    1. a cubic spline is taken off whose knots are even in the logarithm of time, one in 8 records on average: it
       follows fast transients at the start and slow ones later. Records that alone hold it up are left out;
    2. increments, minus their mean and over their SD within a running window;
    3. the residual of an autoregression of order 0 to 3 (BIC), so that a zero-lag correlation does not spill over to
       other lags (Haugh, J. Am. Stat. Assoc. 71, 378, 1976).

    A course that the spline and the autoregression predict has nothing new, and is refused: what is left of a
    transient without noise is its shape, which layers share.

    Args:
        x: (record, series), evenly spaced, at least 30 records.
        window: records of the running window, odd.
        name: of x in errors.

    Returns:
        (record, series), some records fewer than x, each series of mean 0 and SD 1.

    Raises:
        InputError: too few records, values that are not finite, a series that stands still or moves smoothly.
    """
    values = np.asarray(x, dtype=np.float64)
    if values.ndim != 2 or len(values) < MIN_RECORDS or values.shape[1] == 0:
        raise InputError(f"{name}: must have shape (record, series), at least {MIN_RECORDS} records; "
                         f"got {values.shape}")  # fmt: skip
    if not np.isfinite(values).all():
        raise InputError(f"{name}: must be finite; give the records at which every layer was measured")
    if isinstance(window, bool) or not (isinstance(window, int | np.integer) and 5 <= window <= len(values)):
        raise InputError(f"{name}: window must be an integer in 5..{len(values)}; got {window}")
    if (still := np.flatnonzero(np.ptp(values, axis=0) == 0)).size:
        raise InputError(f"{name}: must vary; series {still[0]} stands still")
    steps = _increments(values - values.mean(axis=0))
    steps = steps - _running_mean(steps, window)
    scale = np.sqrt(np.maximum(_running_mean(steps**2, window), 0.0))  # a running sum may round below 0
    floor = 1e-9 * scale.max(axis=0) + np.finfo(np.float64).tiny  # a stretch in which nothing moves
    steps = np.where(scale > floor, steps / np.maximum(scale, floor), 0.0)
    left = np.stack([_without_memory(series) for series in steps.T], axis=1)
    new = (left**2).mean(axis=0) / (steps[MAX_ORDER:] ** 2).mean(axis=0)
    same_way = (steps[1:] * steps[:-1]).sum(axis=0) > 0  # a step back after each step is predictable, and not smooth
    if (smooth := np.flatnonzero(same_way & (new < LEAST_NEW))).size:
        raise InputError(
            f"{name}: series {smooth[0]} moves so smoothly that {100 * new[smooth[0]]:.0f} % of it is new from record "
            f"to record, and {100 * LEAST_NEW:.0f} % is the least; record less often"
        )
    left = left - left.mean(axis=0)
    return np.asarray(left / np.sqrt((left**2).mean(axis=0)), dtype=np.float64)


def _increments(x: Floats) -> Floats:
    """Return increments of the residuals of a spline in the logarithm of time, where no record alone holds it up."""
    n_times = len(x)
    time = np.log(np.arange(n_times) + _EARLY)
    inner = np.linspace(time[0], time[-1], max(3, n_times // _RECORDS_A_KNOT) + 2)
    knots = np.concatenate([[inner[0]] * 3, inner, [inner[-1]] * 3])
    basis = BSpline.design_matrix(np.minimum(time, time[-1] - 1e-12), knots, 3).toarray()
    basis = np.linalg.qr(basis[:, np.abs(basis).sum(axis=0) > 1e-9])[0]
    rest = x - basis @ (basis.T @ x)
    held = (basis**2).sum(axis=1) < 0.5  # leverage
    kept = np.flatnonzero(held[1:] & held[:-1])
    return np.asarray(np.diff(rest, axis=0)[kept[0] : kept[-1] + 1], dtype=np.float64)


def phase_randomised(x: Floats, n: int, rng: np.random.Generator) -> Floats:
    """(time, layer, measure) -> n copies with random Fourier phases, the same for all measures of a layer.

    Every copy keeps the spectra, and the correlations of a layer's measures with each other.
    """
    spectrum = np.fft.rfft(x, axis=0)
    turn = np.exp(2j * np.pi * rng.random((n, *spectrum.shape[:2], 1)))
    turn[:, 0] = 1.0
    if len(x) % 2 == 0:  # the highest frequency has no phase but a sign
        turn[:, -1] = np.sign(turn[:, -1].real) + (turn[:, -1].real == 0)
    return np.asarray(np.fft.irfft(spectrum * turn, n=len(x), axis=1), dtype=np.float64)


def _running_mean(x: Floats, window: int) -> Floats:
    return np.asarray(uniform_filter1d(x, window | 1, axis=0, mode="reflect"))


def _without_memory(x: Floats) -> Floats:
    """The residual of the autoregression, of order 0 to MAX_ORDER, with the least BIC."""
    target = x[MAX_ORDER:]
    best, kept = math.inf, target
    for order in range(MAX_ORDER + 1):
        past = np.stack([np.ones_like(target), *(x[MAX_ORDER - k : -k] for k in range(1, order + 1))], axis=1)
        left = target - past @ np.linalg.lstsq(past, target, rcond=None)[0]
        bic = len(target) * math.log(max(float((left**2).mean()), 1e-300)) + order * math.log(len(target))
        if bic < best:
            best, kept = bic, left
    return kept
