"""Parts of a measure of correlation: one correlation matrix a source of variation, and the weights of its entries."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...simulator.types import Floats, Ints
from ..chance import coefficients

CLASS, TRIALS, SLOW, FAST = "class", "between trials", "slow", "fast"
WITHIN_CLASSES, WITHIN_TRIALS, ALL = "within classes", "within trials", "undivided"
PARTS = (CLASS, TRIALS, SLOW, FAST, WITHIN_CLASSES, WITHIN_TRIALS, ALL)
LINEAR = ("chi_c", "mean_correlation")  # measures whose weights are equal
MEASURES = ("chi_c", "mean_correlation", "si_3", "mean_squared_correlation", "lambda1_fraction")

# Every measure S here is a function of the entries of the correlation matrix R off its diagonal, homogeneous of degree
# d, and R is a sum of matrices, one a source of variation. By Euler's theorem S = (1/d) Σ ∂S/∂R_ij R_ij, so that the
# part of a source is that sum with its own matrix, and the parts add up to S. Shapley values by removal add up too,
# but the part of one source then changes when another is split in two; these parts are linear in the matrices. Parts
# of chi_c are chi_c times the shares of its square: square roots of parts do not add up.


@dataclass(frozen=True, eq=False)
class Split:
    """Correlation matrix as a sum of matrices, one a source of variation.

    Attributes:
        matrices: name of the part -> its matrix (unit, unit); all are over the SDs of the whole signal.
        coefficients: cosine coefficients of the signals within classes and trials, (row, unit), scaled so that their
            Gram matrix is the sum of the matrices of slow and fast.
        order: index k of every row.
        within: signals without the class means, (trial, time, unit).
    """

    matrices: Mapping[str, Floats]
    coefficients: Floats
    order: Ints
    within: Floats

    @property
    def whole(self) -> Floats:
        """The correlation matrix."""
        return np.asarray(sum(self.matrices.values()))


def means_within(z: Floats, index: Ints) -> Floats:
    """Return the mean of every group of samples at each of its samples; z (sample, unit), index (sample,)."""
    size = np.maximum(np.bincount(index), 1)
    sums = np.stack([np.bincount(index, weights=column) for column in z.T], axis=1)
    return np.asarray((sums / size[:, None])[index])


def split(
    z: Floats, *, classes: Ints | None = None, between: bool = False, cut: int | None = None, ordered: bool = True
) -> Split:
    r"""Split the correlation matrix of z-scores by class, trial and time.

    .. math:: R^{class} = \frac{b^T b}{T} - g \frac{w^T w}{T}, \quad
              R^{slow} = (1 + g) \sum_{k \le kc} \frac{c_k c_k^T}{T}, \quad g = \frac{K-1}{T-K}

    b are class means, w = z − b, and c_k the cosine coefficients of w. g takes out what K classes of T samples give
    by chance. Trials are split likewise, after the classes.

    Args:
        z: z-scores over all samples (trial, time, unit).
        classes: class of every sample of a trial, (time,), as numbers 0, 1, …; None without classes.
        between: whether the means of trials are a part of their own.
        cut: last index k of the slow part; None for no split by time.
        ordered: whether the samples have an order; without one there are no cosine coefficients.
    """
    n_trials, n_times, n_units = z.shape
    total = n_trials * n_times
    matrices: dict[str, Floats] = {}
    scale, rest = 1.0, z.reshape(total, n_units)
    axes = [(CLASS, np.tile(classes, n_trials))] if classes is not None else []
    axes += [(TRIALS, np.repeat(np.arange(n_trials), n_times))] if between else []
    for name, index in axes:
        b = means_within(rest, index)
        rest = rest - b
        n_groups = int(index.max()) + 1
        g = (n_groups - 1) / (total - n_groups)
        matrices[name] = scale * (b.T @ b - g * (rest.T @ rest)) / total
        scale *= 1 + g
    within = rest.reshape(z.shape)
    whole_name = WITHIN_TRIALS if between else WITHIN_CLASSES if classes is not None else ALL
    if ordered:
        c = (coefficients(within) * math.sqrt(scale / total)).reshape(total, n_units)
        order = np.tile(np.arange(n_times), n_trials)
    else:
        c, order = rest * math.sqrt(scale / total), np.zeros(total, dtype=np.int64)
    if cut is None:
        matrices[whole_name] = c.T @ c
    else:
        bands = np.split(c.reshape(z.shape), [cut + 1], axis=1)
        for name, band in zip((SLOW, FAST), bands, strict=True):
            rows = band.reshape(-1, n_units)
            matrices[name] = rows.T @ rows
    return Split(matrices, c, order, within)


def off_diagonal(r: Floats) -> Floats:
    """Return a copy with a diagonal of 0."""
    out = r.copy()
    np.fill_diagonal(out, 0.0)
    return out


def value_of(measure: str, r: Floats, n_times: int) -> float:
    """Return the measure of a matrix, whatever its diagonal; equal to the kernel for a correlation matrix.

    Args:
        measure: a name in `MEASURES` of this module.
        r: (unit, unit).
        n_times: number of samples, which `mean_squared_correlation` counts.
    """
    off, n = off_diagonal(r), len(r)
    pairs = n * (n - 1)
    mean = float(off.sum()) / pairs
    if measure == "mean_correlation":
        return mean
    if measure == "chi_c":
        return math.copysign(math.sqrt(abs(mean)), mean)
    if measure == "si_3":
        return float(np.abs(off).sum()) / pairs
    if measure == "mean_squared_correlation":
        chance = by_chance(n_times)
        return (float((off**2).sum()) / pairs - chance) / (1 - chance)
    return float(np.linalg.eigvalsh(off)[-1]) / (n - 1)


def by_chance(n_times: int) -> float:
    """Return the mean squared correlation of independent samples, which `mean_squared_correlation` subtracts."""
    return 1 / max(n_times - 1, 2)


def weights(measure: str, r: Floats, n_times: int) -> Floats:
    r"""Return W (unit, unit), 0 on its diagonal, so that Σ_ij W_ij R_ij is the value and Σ_ij W_ij R^part_ij a part.

    .. math:: W_{ij} = \frac{1}{d} \frac{\partial S}{\partial R_{ij}}

    Of `mean_squared_correlation` the value is without the chance that it subtracts.
    """
    n = len(r)
    one = off_diagonal(np.full_like(r, 1 / (n * (n - 1))))
    if measure == "chi_c":
        mean = value_of("mean_correlation", r, n_times)
        return np.asarray(one * (value_of("chi_c", r, n_times) / mean if mean else 0.0))
    if measure == "si_3":
        return np.asarray(one * np.sign(r))
    if measure == "mean_squared_correlation":
        return np.asarray(one * r / (1 - by_chance(n_times)))
    if measure == "lambda1_fraction":
        u = np.linalg.eigh(off_diagonal(r))[1][:, -1]
        return off_diagonal(np.outer(u, u)) / (n - 1)
    return one


def curve(c: Floats, order: Ints, w: Floats) -> Floats:
    """Return the part of every k, (k,): their sum over the k of slow is the slow part, and so on.

    Args:
        c: coefficients (row, unit) with the indices k `order`.
        w: as `weights` returns it.
    """
    first = w[0, 1]
    if bool(np.all(off_diagonal(np.full_like(w, first)) == w)):  # equal weights: the square of the sum holds all pairs
        q = first * (c.sum(axis=1) ** 2 - (c * c).sum(axis=1))
    else:
        q = np.einsum("ki,ki->k", c @ w, c)
    return np.asarray(np.bincount(order, weights=q), dtype=np.float64)
