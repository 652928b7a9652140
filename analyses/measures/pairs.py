"""Statistics of a correlation matrix that is computed once for all measures that need it."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh

from .arrays import RESIDUE, SMALLEST_SHARE

ITERATIVE = 300  # units from which the first eigenvalue alone is cheaper than all of them
BLOCK = 50_000  # numbers that are standardised at once: they stay in the cache
Matrix = NDArray[np.float64]


class Pairs:
    """Correlations of the pairs of one set of rows.

    Args:
        rows: (unit, time), of the units that count; it is standardised in place. A row that is constant correlates 0
            with all others.
    """

    def __init__(self, rows: Matrix) -> None:
        self.n, self.n_times = rows.shape
        size, square = np.empty(self.n), np.empty(self.n)
        step = max(1, BLOCK // max(1, self.n_times))
        for at in range(0, self.n, step):
            some = rows[at : at + step]
            size[at : at + step] = np.abs(some).max(axis=1)
            some -= some[:, :1].copy()  # a mean of many equal numbers is not that number; a mean of zeros is 0
            some -= some.mean(axis=1)[:, None]
            square[at : at + step] = np.einsum("ij,ij->i", some, some)
        sd = np.sqrt(square / self.n_times)
        varies = (sd > 0) & (sd >= SMALLEST_SHARE * sd.max(initial=0.0)) & (sd >= RESIDUE * size)
        rows *= (varies / np.where(varies, sd, 1.0))[:, None]
        self._z = rows
        self._live = float(varies.sum())

    @cached_property
    def matrix(self) -> Matrix:
        """R, (unit, unit); 1 on the diagonal, 0 for rows that are constant."""
        return np.asarray(self._z @ self._z.T / self.n_times)

    @property
    def _ordered(self) -> float:
        return float(max(self.n * (self.n - 1), 1))

    @cached_property
    def mean(self) -> float:
        """Mean correlation."""
        total = self._z.sum(axis=0)
        return float((float(total @ total) / self.n_times - self._live) / self._ordered)

    @cached_property
    def mean_absolute(self) -> float:
        """Mean |correlation|."""
        return (float(np.abs(self.matrix).sum()) - self._live) / self._ordered

    @cached_property
    def mean_square(self) -> float:
        """Mean squared correlation, the part by chance included."""
        flat = self.matrix.ravel()
        return (float(flat @ flat) - self._live) / self._ordered

    @cached_property
    def first(self) -> float:
        """Largest eigenvalue of R."""
        small = self.matrix if self.n <= self.n_times else np.asarray(self._z.T @ self._z / self.n_times)
        if len(small) < ITERATIVE:
            return float(np.linalg.eigvalsh(small)[-1])
        start = np.random.default_rng(0).standard_normal(len(small))  # the same each time, and orthogonal to no mode
        return float(eigsh(small, k=1, which="LA", tol=0, v0=start, return_eigenvectors=False)[0])

    @property
    def effective(self) -> float:
        """1 / mean squared correlation: of independent rows the number of effective samples, T_eff."""
        return 1.0 / self.mean_square if self.mean_square > 0 else math.inf
