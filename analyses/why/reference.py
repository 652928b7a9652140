"""Upper bound of a common reference: the signal that no weights of sum 1 can take away."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from ...simulator.types import Floats

SPLITS = 10  # random halves of the units
RIDGE = 0.03  # of the mean variance
RATIO = 1.5  # of the edges of a band
LONGEST = 128  # samples of a segment
MIN_UNITS = 16
MIN_SAMPLES = 64

# A reference r adds r to all channels, so that it passes any weights with Σw = 1 unchanged. Weights that are fitted to
# take away as much as they can leave the reference and little else: w_h1ᵀ C(h1, h2) w_h2 is at least its variance, on
# average. Halves h1, h2 and folds are disjoint, so that private noise does not enter. Bands see unlike lags. A source
# that reaches all channels with one gain and no lag passes too: it is the same thing as a reference, and so the lower
# bound is always 0.


def reference_variance(x: Floats, rng: np.random.Generator) -> float:
    """Return an upper bound of the variance that one reference adds to all channels, in the squared unit of x.

    Args:
        x: raw signals (time, channel) with an ordered time axis, at least 64 samples of at least 16 channels.
        rng: draws the halves.
    """
    n_times, n = x.shape
    length = min(LONGEST, 2 ** int(math.log2(n_times / 8)))
    n_segments = n_times // length
    segments = (x - x.mean(axis=0))[: n_segments * length].reshape(n_segments, length, n)
    spectrum = np.fft.rfft(segments, axis=1) / length
    spectrum[:, 1 : (length + 1) // 2] *= math.sqrt(2.0)  # the other half of the Fourier coefficients
    half = n_segments // 2
    folds = spectrum[:half], spectrum[half : 2 * half]
    edges = _bands(length // 2 + 1, half, n)
    halves = [rng.permutation(n) for _ in range(SPLITS)]
    total = 0.0
    for first, last in pairwise(edges):
        both = [_cross_spectrum(fold[:, first:last]) for fold in folds]
        left = [
            _left_over(fit, seen, order[: n // 2], order[n // 2 :])
            for order in halves
            for fit, seen in (both, both[::-1])
        ]
        total += max(float(np.mean(left)), 0.0)
    return total


def _bands(n_bins: int, n_segments: int, n: int) -> list[int]:
    """Return the first bin of every band and the end of the last."""
    least = math.ceil(5 * n / 2 / max(n_segments, 1))
    edges = [0]
    while n_bins - edges[-1] >= least:
        end = max(edges[-1] + least, math.ceil(RATIO * edges[-1]))
        if end >= n_bins:
            break
        edges.append(end)
    if len(edges) > 1 and n_bins - edges[-1] < max(least, (RATIO - 1) * edges[-1]):
        edges.pop()
    return [*edges, n_bins]


def _cross_spectrum(fold: np.ndarray) -> np.ndarray:
    """Return the cross-spectral matrix over segments and bins: variance of the band."""
    flat = fold.reshape(-1, fold.shape[-1])
    return np.asarray(flat.conj().T @ flat / len(fold))


def _left_over(fit: np.ndarray, seen: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Return the covariance, in one fold, of two halves under the weights that another fold gives them."""
    a, b = (_weights(fit[np.ix_(units, units)]) for units in (one, other))
    return float(np.real(a.conj() @ seen[np.ix_(one, other)] @ b))


def _weights(c: np.ndarray) -> np.ndarray:
    """Return the weights of sum 1 that leave the least variance."""
    n = len(c)
    ridge = RIDGE * float(np.real(np.trace(c))) / n
    solved = np.linalg.solve(c + max(ridge, 1e-300) * np.eye(n), np.ones(n))
    return np.asarray(solved / solved.sum())
