"""Innovations of slow signals: what an autoregression of each unit cannot predict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from ...simulator import InputError

Rows = NDArray[np.float64]
MIN_TIMES = 40  # samples that innovations are taken from


def burg(x: Rows, most: int) -> tuple[Rows, int]:
    r"""Return the prediction-error filter (1, a_1 … a_p) of Burg's autoregression, its order chosen by AIC.

    .. math:: AIC(p) = T \ln V_p + 2p, \quad p = 0 \dots most

    Args:
        x: (time,), of mean 0.
        most: largest order.

    >>> x = np.random.default_rng(0).standard_normal(4000)
    >>> for t in range(1, 4000): x[t] += 0.9 * x[t - 1]
    >>> taps, order = burg(x, 8)
    >>> bool(abs(taps[1] + 0.9) < 0.02)
    True
    """
    forward, backward = x.copy(), x.copy()
    taps = np.ones(1)
    variance = float(x @ x) / x.size
    best, kept = x.size * np.log(max(variance, 1e-300)), taps
    for order in range(1, most + 1):
        ahead, behind = forward[1:], backward[:-1]
        power = float(ahead @ ahead + behind @ behind)
        if power <= 0 or variance <= 0:
            break
        reflection = -2.0 * float(ahead @ behind) / power
        longer = np.append(taps, 0.0)
        taps = longer + reflection * longer[::-1]
        forward, backward = ahead + reflection * behind, behind + reflection * ahead
        variance *= 1.0 - reflection**2
        criterion = x.size * np.log(max(variance, 1e-300)) + 2 * order
        if criterion < best:
            best, kept = criterion, taps
    return kept, kept.size - 1


def innovations(rows: Rows) -> Rows:
    """Return the prediction errors of each row (trial, unit, time) by its own autoregression.

    The order is 0 to min(T // 8, 10 log10 T); the samples that the longest filter has no past for are left out of all
    rows.

    Raises:
        InputError: fewer than 40 samples.
    """
    n_times = rows.shape[-1]
    if n_times < MIN_TIMES:
        raise InputError(f"innovations: need at least {MIN_TIMES} samples; got {n_times}")
    most = int(min(n_times // 8, 10 * np.log10(n_times)))
    centred = rows - rows.mean(axis=-1, keepdims=True)
    out = np.empty_like(centred)
    longest = 0
    for index in np.ndindex(*rows.shape[:2]):
        taps, order = burg(centred[index], most)
        out[index] = lfilter(taps, [1.0], centred[index])
        longest = max(longest, order)
    return np.ascontiguousarray(out[..., longest:])


def innovations_lag(n_times: int) -> int:
    """Return the largest lag of innovations: T/40, or 10 samples where these are more, and T/2.5 at most."""
    return max(1, int(n_times / max(2.5, min(40.0, n_times / 10))))
