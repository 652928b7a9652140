"""Smoothing of spike counts, spike by spike: most bins are empty."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

TRUNCATE = 4.0  # SDs at which the kernel is cut


def gaussian(sd: float) -> NDArray[np.float64]:
    """A Gaussian of SD `sd` [bins], of an odd number of bins and sum 1.

    >>> gaussian(1.0).size, round(float(gaussian(1.0).sum()), 12)
    (9, 1.0)
    """
    radius = int(TRUNCATE * sd + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sd) ** 2)
    return np.asarray(weights / weights.sum())


@njit(cache=True, nogil=True)
def spread(bins, unit, n_bins, n_units, weights):  # type: ignore[no-untyped-def]
    """Add the weights about every spike, reflected at both ends: (bin, unit).

    A spike in bin b has images in the bins 2mT + b and 2mT − 1 − b, m an integer, T the number of bins.
    """
    out = np.zeros((n_bins, n_units))
    radius = weights.size // 2
    turns = radius // (2 * n_bins) + 1
    for k in range(bins.size):
        for m in range(-turns, turns + 1):
            for image in (2 * m * n_bins + bins[k], 2 * m * n_bins - 1 - bins[k]):
                first = max(0, image - radius)
                last = min(n_bins - 1, image + radius)
                for t in range(first, last + 1):
                    out[t, unit[k]] += weights[t - image + radius]
    return out
