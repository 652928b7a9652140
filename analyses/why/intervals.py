"""Intervals of parts: standard errors of their shares from one recording."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ...simulator.types import Floats, Ints

BLOCKS = 20
Z = 1.959964  # of a 95 % interval


def slow_error(q: Floats, cut: int) -> float:
    r"""Return the standard error of the slow part of a curve.

    .. math:: V = \tfrac12 \sum (q_k - q_{k+1})^2, \qquad
              \mathrm{var}(s) = \frac{(1-s)^2 V_{slow} + s^2 V_{fast}}{(\sum q)^2}

    Neighbouring q scatter about one smooth spectrum, so that half the mean square of their differences is their
    variance. The error is of the share s of the process, times Σq: the share of this recording is exact.

    Args:
        q: parts of every k ≥ 0; k = 0 holds nothing.
        cut: last k of the slow part.
    """
    total = float(q.sum())
    if total == 0:
        return math.nan
    slow, fast = q[1 : cut + 1], q[cut + 1 :]
    share = float(slow.sum()) / total
    v_slow, v_fast = (0.5 * float((np.diff(band) ** 2).sum()) for band in (slow, fast))
    return math.sqrt((1 - share) ** 2 * v_slow + share**2 * v_fast)


def class_error(z: Floats, classes: Ints, w: Floats) -> float:
    """Return the standard error of the class share: a jackknife over classes, SDs and weights unchanged.

    Another set of classes moves the share by as much.

    Args:
        z: z-scores (sample, unit).
        classes: class of every sample, (sample,), as numbers 0, 1, ….
        w: weights of the measure.
    """
    n_classes = int(classes.max()) + 1
    if n_classes < 3:
        return math.nan
    size = np.bincount(classes).astype(float)
    sums = np.stack([np.bincount(classes, weights=column) for column in z.T], axis=1)
    squares = np.bincount(classes, weights=np.einsum("ti,ti->t", z @ w, z))
    between = np.einsum("ci,ci->c", sums @ w, sums) / size
    shares = np.empty(n_classes)
    for k in range(n_classes):
        left = size.sum() - size[k]
        rest = sums.sum(axis=0) - sums[k]
        middle = float(rest @ w @ rest) / left
        b = between.sum() - between[k] - middle
        total = squares.sum() - squares[k] - middle
        g = (n_classes - 2) / (left - n_classes + 1)
        shares[k] = (b - g * (total - b)) / total if total else math.nan
    return _jackknife(shares)


def block_error(z: Floats, statistic: Callable[[Floats], float]) -> float:
    """Return the standard error of a statistic of the correlation matrix: a jackknife over 20 blocks of samples.

    Args:
        z: z-scores (sample, unit); samples without an order in any order.
        statistic: of a correlation matrix.
    """
    blocks = np.array_split(np.arange(len(z)), BLOCKS)
    grams = [z[block].T @ z[block] for block in blocks]
    sums = [z[block].sum(axis=0) for block in blocks]
    gram, total = np.sum(grams, axis=0), np.sum(sums, axis=0)
    found = []
    for k, block in enumerate(blocks):
        left = len(z) - len(block)
        mean = (total - sums[k]) / left
        covariance = (gram - grams[k]) / left - np.outer(mean, mean)
        sd = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
        found.append(statistic(covariance / np.outer(sd, sd)))
    return _jackknife(found)


def _jackknife(left_out: Sequence[float] | Floats) -> float:
    """Return the standard error from the values with every part left out in turn."""
    values = np.asarray(left_out, dtype=np.float64)
    return float(np.sqrt((len(values) - 1) * values.var()))
