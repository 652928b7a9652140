"""Replicates against replicates: t interval, exact permutation test, Cliff's delta."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from ..simulator import InputError

MANY = 500  # replicates from which to draw members is faster than to sort all
MAX_EXACT = 20_000  # arrangements; beyond that the permutation test draws this many at random


def _replicates(values: ArrayLike, name: str) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0 or not np.isfinite(array).all():
        raise InputError(f"{name}: must be a vector of finite numbers, one a replicate; got {array!r}")
    return array


def difference_interval(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Mean(a) − mean(b) with Welch's t interval (Welch 1947); infinite where a side has one replicate.

    >>> tuple(round(x, 2) for x in difference_interval([3.0, 4.0, 5.0], [1.0, 2.0, 3.0]))
    (2.0, -0.27, 4.27)
    """
    x, y = _replicates(a, "difference_interval a"), _replicates(b, "difference_interval b")
    difference = float(x.mean() - y.mean())
    if min(x.size, y.size) < 2:
        return difference, -math.inf, math.inf
    vx, vy = float(x.var(ddof=1)) / x.size, float(y.var(ddof=1)) / y.size
    if vx + vy == 0.0:
        return difference, difference, difference
    dof = (vx + vy) ** 2 / (vx**2 / (x.size - 1) + vy**2 / (y.size - 1))
    half = float(student.ppf(0.5 + level / 2, dof)) * math.sqrt(vx + vy)
    return difference, difference - half, difference + half


def permutation_p(a: ArrayLike, b: ArrayLike, *, seed: int = 0) -> float:
    r"""Two-sided permutation p of the difference of means, exact over all :math:`\binom{n+m}{n}` arrangements.

    Beyond 20,000 arrangements as many are drawn at random, and p = (1 + k)/(1 + n) (Fisher 1935;
    Phipson & Smyth 2010).

    >>> round(permutation_p([4.0, 5.0, 6.0], [1.0, 2.0, 3.0]), 3)  # 2 of 20
    0.1
    """
    x, y = _replicates(a, "permutation_p a"), _replicates(b, "permutation_p b")
    pooled = np.concatenate([x, y])
    n, total = x.size, float(pooled.sum())
    observed = abs(x.mean() - y.mean())
    slack = 1e-12 * float(np.abs(pooled).max())
    exact = math.comb(pooled.size, n) <= MAX_EXACT
    if exact:
        chosen = np.array(list(itertools.combinations(range(pooled.size), n)))
    else:
        rng = np.random.default_rng(seed)
        if pooled.size > MANY:
            few = min(n, y.size)
            first = np.array([pooled[rng.choice(pooled.size, few, replace=False)].sum() for _ in range(MAX_EXACT)])
            first = first if few == n else total - first
            return _share_beyond(first, n, total, y.size, observed - slack, exact=False)
        chosen = np.argsort(rng.random((MAX_EXACT, pooled.size)), axis=1)[:, :n]
    return _share_beyond(pooled[chosen].sum(axis=1), n, total, y.size, observed - slack, exact=exact)


def _share_beyond(first: NDArray[np.float64], n: int, total: float, m: int, least: float, *, exact: bool) -> float:
    extreme = int((np.abs(first / n - (total - first) / m) >= least).sum())
    return extreme / len(first) if exact else (1 + extreme) / (1 + len(first))


def cliffs_delta(a: ArrayLike, b: ArrayLike) -> float:
    r"""Cliff's :math:`\delta = P(a > b) - P(a < b)`: 1 when every a lies above every b (Cliff 1993).

    >>> cliffs_delta([2.0, 3.0], [1.0, 2.0])
    0.75
    """
    x, y = _replicates(a, "cliffs_delta a"), _replicates(b, "cliffs_delta b")
    return float(np.sign(x[:, None] - y[None, :]).mean())
