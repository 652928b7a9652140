"""Sets of pairs: groups of units that correlate more among themselves, near-copies, and the part of every unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.csgraph import connected_components

from ...simulator.types import Floats, Ints
from .parts import off_diagonal

MOST = 3  # groups
FALLS = 0.7  # a further group is looked for if the residual falls below this share of the last
EXPLAINED = 0.5  # share of the scatter of correlations that groups must explain
AS_FACTOR = 2.0  # times the residual of one factor, above which gains that differ explain the matrix better
ROUNDS = 50  # of principal-axis iteration
COPIES = 0.95  # |correlation| of the fast part from which two units are near-copies


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of units of one correlation matrix.

    Attributes:
        members: units of every group; empty if no group stands out.
        explained: share of the scatter of the correlations over pairs that the groups, named or not, explain.
        against_factor: their residual over that of one factor, in which units have unlike gains.
    """

    members: Sequence[Ints]
    explained: float
    against_factor: float


def find_groups(r: Floats) -> Groups:
    """Return the groups of units that stand out of a correlation matrix.

    Units are ordered by the last two eigenvectors of the scatter of r about its mean, and cut at the place that
    explains most of the scatter as pairs within a group and all others. Groups are named if they explain more than
    half of the scatter, and one factor (every unit with a gain of its own) is not nearly as good a description.
    """
    n = len(r)
    if n < 4:
        return Groups([], 0.0, np.inf)
    scatter = _residual(r, [])
    found: list[Ints] = []
    left, last = np.arange(n), scatter
    while len(found) < MOST and len(left) >= 4:
        cuts = [left[_best_cut(r[np.ix_(left, left)])], *([left] if found else [])]  # all that are left may be one
        residual, group = min(((_residual(r, [*found, cut]), cut) for cut in cuts), key=lambda one: one[0])
        if found and residual >= FALLS * last:
            break
        found.append(group)
        left, last = np.setdiff1d(left, group), residual
    explained = 1 - last / scatter if scatter > 0 else 0.0
    factor = _residual_of_factor(r)
    ratio = last / factor if factor > 0 else np.inf
    stand_out = explained > EXPLAINED and ratio < AS_FACTOR
    return Groups([np.sort(group) for group in found] if stand_out else [], explained, ratio)


def near_copies(fast: Floats) -> list[Ints]:
    """Return clusters of units of which each correlates above .95 in size with another, in the fast part alone.

    In the whole signal two units that share a slow drift would pass for copies.

    Args:
        fast: matrix (unit, unit) of the fast part; its diagonal is the variance of every unit.
    """
    own = np.diag(fast)
    scale = np.sqrt(np.where(own > 1e-9, own, np.inf))
    alike = off_diagonal(np.abs(fast / np.outer(scale, scale))) > COPIES
    n, label = connected_components(alike, directed=False)
    return [np.flatnonzero(label == k) for k in range(n) if (label == k).sum() > 1]


def pair_sets(n: int, sets: Sequence[Ints]) -> Ints:
    """Return the set of every pair (unit, unit): 0 for the background, k for the k-th of `sets`; the first set wins."""
    out = np.zeros((n, n), dtype=np.int64)
    for k, members in reversed(list(enumerate(sets, start=1))):
        out[np.ix_(members, members)] = k
    np.fill_diagonal(out, -1)
    return out


def set_parts(v: Floats, of_pair: Ints, n_sets: int) -> Floats:
    r"""Return the part of the background, and the excess of every set of pairs over it; their sum is Σ v.

    .. math:: P \, \bar v_{outside}, \qquad \sum_{(i,j) \in G} (v_{ij} - \bar v_{outside})

    Args:
        v: parts of entries (unit, unit), 0 on the diagonal.
        of_pair: as `pair_sets` returns it.
        n_sets: number of sets beside the background.
    """
    flat = of_pair.ravel() + 1
    sums = np.bincount(flat, weights=v.ravel(), minlength=n_sets + 2)[1:]
    size = np.bincount(flat, minlength=n_sets + 2)[1:]
    base = sums[0] / size[0]
    parts = sums - size * base
    parts[0] = base * size.sum()
    return np.asarray(parts)


def without_unit(r: Floats) -> Floats:
    r"""Return the mean correlation without every unit, (unit,).

    .. math:: \frac{n \bar\rho - 2 \, \overline{R_{i \cdot}}}{n - 2}
    """
    n = len(r)
    off = off_diagonal(r)
    if n < 3:
        return np.full(n, np.nan)
    return np.asarray((n * off.sum() / (n * (n - 1)) - 2 * off.sum(axis=1) / (n - 1)) / (n - 2))


def carriers(r: Floats) -> float:
    """Return 1/Σ u⁴, the number of units that carry the first eigenvector u."""
    u = np.linalg.eigh(off_diagonal(r))[1][:, -1]
    return float(1 / (u**4).sum())


def _best_cut(r: Floats) -> Ints:
    """Return the units of the one group that explains most of the scatter of r."""
    n = len(r)
    off = off_diagonal(r)
    a = off_diagonal(off - off.sum() / (n * (n - 1)))
    total = a.sum()
    size = np.arange(2.0, n)
    pairs, every = size * (size - 1), n * (n - 1)
    best, chosen = -1.0, np.arange(2)
    for vector in np.linalg.eigh(a)[1][:, -2:].T:
        for order in (np.argsort(-vector), np.argsort(vector)):
            inside = 2 * np.cumsum(np.tril(a[np.ix_(order, order)], -1).sum(axis=1))[1 : n - 1]
            explained = inside**2 / pairs + (total - inside) ** 2 / (every - pairs)
            at = int(np.argmax(np.where(inside / pairs > (total - inside) / (every - pairs), explained, -1.0)))
            if explained[at] > best:
                best, chosen = float(explained[at]), order[: at + 2]
    return chosen


def _residual(r: Floats, groups: Sequence[Ints]) -> float:
    """Return the sum of squares of r about the mean of its set of pairs."""
    of_pair = pair_sets(len(r), groups)
    flat, values = of_pair.ravel() + 1, r.ravel()
    size = np.maximum(np.bincount(flat), 1)
    mean = np.bincount(flat, weights=values) / size
    mean[0] = 0.0
    return float((((values - mean[flat]) ** 2) * (flat > 0)).sum())


def _residual_of_factor(r: Floats) -> float:
    """Return the sum of squares of r off the diagonal about the best l_i l_j."""
    n = len(r)
    off = off_diagonal(r)
    own = np.abs(off).max(axis=1)
    for _ in range(ROUNDS):
        value, vector = eigh(off + np.diag(own), subset_by_index=(n - 1, n - 1))
        load = vector[:, 0] * np.sqrt(max(value[0], 0.0))
        new = np.minimum(load**2, 1.0)
        if np.abs(new - own).max() < 1e-7:
            break
        own = new
    return float((off_diagonal(off - np.outer(load, load)) ** 2).sum())
