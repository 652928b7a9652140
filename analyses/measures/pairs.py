"""Statistics of a correlation matrix that is computed once for all measures that need it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh

from .arrays import RESIDUE, SMALLEST_SHARE

ITERATIVE = 300  # units from which the first eigenvalue alone is cheaper than all of them
BLOCK = 50_000  # numbers that are standardised at once: they stay in the cache
Matrix = NDArray[np.float64]


class Pairs:
    """Correlations of the pairs of each of several sets of rows.

    Args:
        rows: (set, unit, time), of the units that count; they are standardised in place. A constant row correlates 0
            with all others.
    """

    def __init__(self, rows: Matrix) -> None:
        self.n, self.n_times = rows.shape[-2:]
        size, square = np.empty(rows.shape[:-1]), np.empty(rows.shape[:-1])
        step = max(1, BLOCK // max(1, self.n_times))
        for at in range(0, self.n, step):
            some = rows[..., at : at + step, :]
            size[..., at : at + step] = np.maximum(some.max(axis=-1), -some.min(axis=-1))
            some -= some[..., :1].copy()  # a mean of many equal numbers is not that number; a mean of zeros is 0
            some -= some.mean(axis=-1)[..., None]
            square[..., at : at + step] = np.einsum("...ij,...ij->...i", some, some)
        sd = np.sqrt(square / self.n_times)
        most = sd.max(axis=-1, keepdims=True, initial=0.0)
        varies = (sd > 0) & (sd >= SMALLEST_SHARE * most) & (sd >= RESIDUE * size)
        rows *= (varies / np.where(varies, sd, 1.0))[..., None]
        self._z = rows
        self._live = varies.sum(axis=-1).astype(float)

    @cached_property
    def matrix(self) -> Matrix:
        """R, (set, unit, unit); 1 on the diagonal, 0 for rows that are constant."""
        return np.asarray(self._z @ self._z.swapaxes(-1, -2) / self.n_times)

    @property
    def _ordered(self) -> float:
        return float(max(self.n * (self.n - 1), 1))

    @cached_property
    def _flat(self) -> Matrix:
        return self.matrix.reshape(len(self.matrix), -1)

    @cached_property
    def mean(self) -> Matrix:
        """Mean correlation."""
        return np.asarray((_squared(self._z.sum(axis=-2)) / self.n_times - self._live) / self._ordered)

    @cached_property
    def mean_absolute(self) -> Matrix:
        """Mean |correlation|."""
        return np.asarray((np.abs(self._flat).sum(axis=-1) - self._live) / self._ordered)

    @cached_property
    def mean_square(self) -> Matrix:
        """Mean squared correlation, the part by chance included."""
        return np.asarray((_squared(self._flat) - self._live) / self._ordered)

    @cached_property
    def first(self) -> Matrix:
        """Largest eigenvalue of R."""
        small = self.matrix
        if self.n > self.n_times:
            small = np.asarray(self._z.swapaxes(-1, -2) @ self._z / self.n_times)
        if small.shape[-1] < ITERATIVE:
            return np.asarray(np.linalg.eigvalsh(small)[..., -1])
        start = np.random.default_rng(0).standard_normal(len(small[0]))  # the same each time, and orthogonal to no mode

        def largest(one: Matrix) -> float:
            return float(eigsh(one, k=1, which="LA", tol=0.0, v0=start, return_eigenvectors=False)[0])

        return np.array([largest(one) for one in small])


def _squared(vectors: Matrix) -> Matrix:
    """Squared norm of vectors (set, k), each by a product of its own: a sum over all at once would round otherwise."""
    return np.array([one @ one for one in vectors])
