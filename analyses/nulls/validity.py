"""Checks of the assumptions of surrogates, from the data: effective samples, common variance, a shared start."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...simulator import Recording, Spikes

Rows = NDArray[np.float64]
BLOCKS = 10
MIN_BLOCK = 5  # samples
TOO_SLOW = 10.0  # effective samples, below which a large p tells nothing
LEAST_FOR_MODE = 5  # units: of fewer, what is left without a mode has a common variance by construction
NOT_STATIONARY = "is not stationary"
STANDS_OUT = 3.0  # the variance of a start, in units of the largest of the other blocks


def common_variance(rows: Rows) -> float:
    r"""Return how much units change their variance together, V.

    .. math:: V = \Big\langle \operatorname{corr}_b\big(\ln v_{ib}, \ln v_{jb}\big) \Big\rangle_{i<j}

    v are the variances in 10 equal blocks b of each unit. It is near 0 for stationary signals, and near 1 where an
    envelope is shared: shifts then move the envelopes apart, and surrogates correlate too little.

    Args:
        rows: (trial, unit, time); V is averaged over trials.

    Returns:
        V in −1..1; NaN with fewer than 50 samples or two units that vary.

    >>> rng = np.random.default_rng(0)
    >>> envelope = np.linspace(1, 5, 1000)
    >>> x = rng.standard_normal((1, 20, 1000))
    >>> common_variance(x) < 0.15, common_variance(x * envelope) > 0.9
    (True, True)
    """
    length = rows.shape[-1] // BLOCKS
    if length < MIN_BLOCK:
        return math.nan
    found = []
    for trial in rows:
        blocks = trial[:, : BLOCKS * length].reshape(len(trial), BLOCKS, length)
        variance = blocks.var(axis=-1)
        whole = trial.var(axis=-1)
        live = whole > 0
        if live.sum() < 2:
            continue
        profile = np.log(np.maximum(variance[live], 1e-6 * whole[live][:, None]))  # a silent block is very quiet
        profile -= profile.mean(axis=1, keepdims=True)
        size = np.sqrt((profile**2).sum(axis=1))
        profile = profile[size > 0] / size[size > 0][:, None]
        n = len(profile)
        if n >= 2:
            found.append((float((profile.sum(axis=0) ** 2).sum()) - n) / (n * (n - 1)))
    return float(np.mean(found)) if found else math.nan


def envelope_in_common(rows: Rows) -> tuple[float, bool]:
    """Return V, and whether it is above its limit for another reason than a signal that is shared.

    Args:
        rows: (trial, unit, time).

    A shared signal changes the variance of all units by its own variance, block by block, and is no envelope. So a V
    above the limit is computed again of what is left without the first mode. The V that decides is returned.
    """
    v = common_variance(rows)
    n = rows.shape[1]
    if v > variance_limit(n) and n >= LEAST_FOR_MODE:
        v = common_variance(np.stack([_without_first_mode(trial) for trial in rows]))
    return v, v > variance_limit(n)


def _without_first_mode(rows: Rows) -> Rows:
    """Z-scores of rows (unit, time) without their projection on the first eigenvector of their correlations."""
    z = rows - rows.mean(axis=-1, keepdims=True)
    sd = z.std(axis=-1, keepdims=True)
    z = z / np.where(sd > 0, sd, 1.0)
    first = np.linalg.eigh(z @ z.T)[1][:, -1]
    return np.asarray(z - np.outer(first, first @ z))


def variance_limit(n_units: int) -> float:
    """Return the V above which shifts by much of the length do not hold.

    False alarms: none of 1,480 recordings of 20 units, about 1 % of 5; of 2 units it sees little.
    """
    return max(0.15, 1.5 / n_units)


def start_reason(data: Recording | Spikes) -> str | None:
    """Return the reason if all units share a start that is unlike the rest; None if they do not.

    The variance of the population within the first tenth is then more than 3 times that of every other tenth. Networks
    that are started from one state do so, and no surrogate tells it from synchrony.
    """
    if isinstance(data, Spikes):
        if data.time.size == 0:
            return None
        n = BLOCKS * 20
        where = np.minimum(((data.time - data.t0) / data.duration * n).astype(np.int64), n - 1)
        counts = np.bincount(np.maximum(where, 0), minlength=n).astype(float)
        population = counts.reshape(1, BLOCKS, -1)
        unit = "s"
    else:
        length = data.n_times // BLOCKS
        if data.clock == "sample" or data.periodic or length < MIN_BLOCK:
            return None
        x = data.numpy().reshape(-1, *data.values.shape[-2:])
        sd = x.std(axis=-2, keepdims=True)
        total = (x / np.where(sd > 0, sd, 1.0)).sum(axis=-1)
        population = total[:, : BLOCKS * length].reshape(-1, BLOCKS, length)
        unit = data.clock
    variance = population.var(axis=-1).mean(axis=0)
    rest = float(variance[1:].max())
    if not variance[0] > STANDS_OUT * rest:
        return None
    times = "" if rest <= 0 else f", {variance[0] / rest:.3g} times that of any other tenth"
    end = data.t0 + data.duration
    return (
        f"{NOT_STATIONARY}: the population varies most in the first tenth{times}, as after a start that all units "
        f"share; leave it out: window {data.t0 + data.duration / BLOCKS:.4g} {end:.4g} [{unit}]"
    )
