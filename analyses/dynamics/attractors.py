"""Attractors: the late part of runs from many starts, as features, and the clusters of these."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN, HDBSCAN

from ...simulator import InputError
from ...simulator.types import Floats, Ints
from .late_runs import LateRuns
from .settings import EPS, MIN_SAMPLES
from .settling import remaining

EPS_GRID = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SAMPLES_GRID = (2, 3, 5, 8)
RESOLUTION = 1e-3  # of distances: what is nearer is the same
STILL = 1e-3  # SD over time of what stands still, in the scale of its variable
ALONE = 0.1  # share of the starts that may belong to no cluster
ROBUST = 10.0  # factor of eps over which a count must hold
NOISE = 0.1  # of eps: what two halves of a cycle may differ by
LEVEL_Z = 1.959963984540054
MOST_RUNS = 5000  # of which all distances are held


@dataclass(frozen=True, eq=False)
class Attractors:
    """Attractors of runs: clusters of their late parts.

    Attributes:
        labels: (start,) attractor of each, the one of most starts is 0; −1 of none, −2 where the state diverged.
        features: (start, feature) in the units of the variables; NaN where the state diverged.
        names: (feature,).
        scales: (feature,) what a distance of 1 is, in the unit of each.
        states: (attractor, unit) last state of the run in the middle of each; no units where there are no states.
        settled: (start,) whether the last half of the late part is within eps of the first, and of where the run is
            going (`ictal.analyses.dynamics.settling.remaining`).
        eps, min_samples: of the clusters that are reported.
        eps_grid, samples_grid: what else was tried.
        dbscan: (eps, samples) number of clusters.
        hdbscan: (samples,) number of clusters, of which the smallest may have so many members.
        diverged: one line a start that did.
    """

    labels: Ints
    features: Floats
    names: tuple[str, ...]
    scales: Floats
    states: Floats
    settled: NDArray[np.bool_]
    eps: float
    min_samples: int
    eps_grid: Floats
    samples_grid: Ints
    dbscan: Ints
    hdbscan: Ints
    diverged: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Attractors."""
        return int(self.labels.max()) + 1 if (self.labels >= 0).any() else 0

    @property
    def counts(self) -> Ints:
        """Starts that end in each, (attractor,)."""
        return np.array([(self.labels == k).sum() for k in range(self.n)], dtype=np.int64)

    def share(self, label: int) -> tuple[float, float, float]:
        """Share of the starts that end there, with Wilson's 95 % interval."""
        return wilson(int((self.labels == label).sum()), len(self.labels))

    def centre(self, label: int) -> Floats:
        """Mean features of an attractor."""
        return np.asarray(self.features[self.labels == label].mean(axis=0))

    def still(self, label: int) -> bool:
        """Return whether the state stands still: every SD over time is below a thousandth of its variable's scale."""
        moves = np.array([name.startswith("SD of ") for name in self.names])
        return bool((self.centre(label)[moves] < STILL * self.scales[moves]).all())

    @property
    def holds(self) -> tuple[float, float]:
        """Ends of the range of eps, around the one reported, in which the count is the same."""
        column = self.dbscan[:, int(np.flatnonzero(self.samples_grid == self.min_samples)[0])]
        at = int(np.abs(np.log(self.eps_grid / self.eps)).argmin())
        low = high = at
        while low and column[low - 1] == self.n:
            low -= 1
        while high + 1 < len(column) and column[high + 1] == self.n:
            high += 1
        return float(self.eps_grid[low]), float(self.eps_grid[high])

    @property
    def robust(self) -> bool:
        """Return whether a factor of 10 of eps and HDBSCAN give the same count, with nearly all starts in it."""
        low, high = self.holds
        same = self.hdbscan[int(np.flatnonzero(self.samples_grid == self.min_samples)[0])] == self.n
        alone = float((self.labels == -1).mean())
        return bool(self.n and high >= ROBUST * low * (1 - 1e-9) and same and alone <= ALONE)

    @property
    def says(self) -> str:
        """The count, and what it is worth, in a sentence."""
        low, high = self.holds
        counts = (
            f"DBSCAN {self.dbscan.min()} to {self.dbscan.max()}, HDBSCAN {self.hdbscan.min()} to {self.hdbscan.max()}"
        )
        text = f"{self.n} attractor{'' if self.n == 1 else 's'} at eps = {self.eps:g}"
        if self.robust:
            text += f"; the same from eps = {low:g} to {high:g}, and by HDBSCAN"
        else:
            text += (
                f"; but the count depends on eps and method ({counts}): a continuous family, chaos, runs that have not "
                "settled, or too few starts"
            )
        if unsettled := int((~self.settled & (self.labels > -2)).sum()):
            text += f"; {unsettled} of {len(self.labels)} runs have not settled"
        if self.diverged:
            text += f"; {len(self.diverged)} diverged"
        return text


def attractors(
    runs: LateRuns,
    *,
    eps: float = EPS,
    min_samples: int = MIN_SAMPLES,
    eps_grid: Sequence[float] = EPS_GRID,
    samples_grid: Sequence[int] = SAMPLES_GRID,
) -> Attractors:
    r"""Cluster the late parts of runs by DBSCAN and by HDBSCAN over a grid of their settings.

    .. math:: d(a, b)^2 = \frac{1}{V} \sum_v \frac{(m_{av} - m_{bv})^2 + (s_{av} - s_{bv})^2}{\sigma_v^2}

    m and s are mean and SD over the late part of each run, V variables, σ what `LateRuns.scales` says. A limit cycle
    is one point of these features, wherever on it a run ends. Shares of the starts are those of these starts: of
    basins they speak where the starts cover the space.

    Ester et al., KDD 1996 (DBSCAN); Campello et al., PAKDD 2013 (HDBSCAN).

    Args:
        runs: of `late_runs`, or of anything that was run often.
        eps: distance within which two runs are neighbours, in units of σ.
        min_samples: runs within it, itself among them, that make a cluster.
        eps_grid, samples_grid: at which the count is taken as well.

    Raises:
        InputError: fewer than two runs, or too many; settings that cannot be.
    """
    if not (isinstance(eps, float | int) and 0 < eps < math.inf):
        raise InputError(f"attractors.eps: must be > 0; got {eps}")
    if isinstance(min_samples, bool) or not isinstance(min_samples, int) or min_samples < 2:
        raise InputError(f"attractors.min_samples: must be an integer >= 2; got {min_samples}")
    n = len(runs.features)
    if not 2 <= n <= MOST_RUNS:
        raise InputError(f"attractors: needs 2 to {MOST_RUNS} starts; got {n}")
    tried_eps = np.array(sorted({*eps_grid, float(eps)}))
    tried_samples = np.array(sorted({*(k for k in samples_grid if k <= n), min_samples}), dtype=np.int64)
    usable = np.flatnonzero(np.isfinite(runs.features).all(axis=1))
    labels: Ints = np.full(n, -2, dtype=np.int64)
    counts = np.zeros((len(tried_eps), len(tried_samples)), dtype=np.int64)
    finer = np.zeros(len(tried_samples), dtype=np.int64)
    if usable.size:
        apart = distances(runs.features[usable], runs.features[usable], runs)
        for (i, e), (j, k) in ((a, b) for a in enumerate(tried_eps) for b in enumerate(tried_samples)):
            found = _ordered(DBSCAN(eps=e, min_samples=int(k), metric="precomputed").fit_predict(apart))
            counts[i, j] = found.max() + 1
            if e == eps and k == min_samples:
                labels[usable] = found
        finer[:] = [_hdbscan(apart, int(k)) for k in tried_samples]
    settled = np.zeros(n, dtype=bool)
    halves = np.array([half[usable] / runs.scales for half in runs.halves]) / math.sqrt(_variables(runs))
    changed = np.linalg.norm(halves[2] - halves[0], axis=1)
    settled[usable] = np.maximum(changed, remaining(halves, NOISE * eps)) <= eps
    states = [_middle(runs, labels == k) for k in range(int(labels.max()) + 1)]
    return Attractors(
        labels, runs.features, runs.names, runs.scales,
        np.array(states).reshape(len(states), runs.states.shape[1]), settled, float(eps), min_samples, tried_eps,
        tried_samples, counts, finer, runs.diverged,
    )  # fmt: skip


def distances(a: Floats, b: Floats, like: LateRuns | Attractors) -> Floats:
    """Of features (a, feature) from features (b, feature): d of `attractors`."""
    scaled_a, scaled_b = a / like.scales, b / like.scales
    squares = (scaled_a**2).sum(axis=1)[:, None] + (scaled_b**2).sum(axis=1) - 2 * scaled_a @ scaled_b.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0) / _variables(like)))


def wilson(successes: int, n: int) -> tuple[float, float, float]:
    """A share with Wilson's 95 % interval (Wilson, J Am Stat Assoc 1927).

    >>> [round(x, 3) for x in wilson(0, 10)]
    [0.0, 0.0, 0.278]
    """
    share, z = successes / n, LEVEL_Z
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return share, max(0.0, middle - half) if successes else 0.0, min(1.0, middle + half) if successes < n else 1.0


def _variables(like: LateRuns | Attractors) -> int:
    return max(1, sum(not name.startswith("SD of ") for name in like.names))


def _hdbscan(apart: Floats, least: int) -> int:
    """Number of clusters; distances below the resolution are it, so that rounding has no structure."""
    if len(apart) <= least:
        return int(len(apart) == least)
    floored = np.maximum(apart, RESOLUTION)
    np.fill_diagonal(floored, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own, on its defaults
        found: Any = HDBSCAN(min_cluster_size=least, metric="precomputed", allow_single_cluster=True, copy=True)
        return int(found.fit_predict(floored).max()) + 1


def _ordered(labels: Any) -> Ints:
    """Clusters renumbered by size, the first found first among equals; −1 stays."""
    names, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    order = [k for k in np.lexsort((first, -sizes)) if names[k] >= 0]
    new = {int(names[k]): at for at, k in enumerate(order)}
    return np.array([new.get(int(label), -1) for label in labels], dtype=np.int64)


def _middle(runs: LateRuns, members: NDArray[np.bool_]) -> Floats:
    at = np.flatnonzero(members)
    away = distances(runs.features[at], runs.features[at].mean(axis=0)[None], runs)[:, 0]
    return np.asarray(runs.states[at[int(away.argmin())]])
