"""Correlations of units, and the order in which a matrix of them is drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from .style import Values


def correlations(values: Values) -> Values:
    """Return Pearson's r (unit, unit) of values (time, unit); NaN of units that do not vary."""
    x = np.asarray(values, dtype=np.float64)
    x = x / max(float(np.abs(x).max()), np.finfo(float).tiny)
    x = x - x.mean(axis=0)
    size = np.sqrt((x * x).sum(axis=0))
    dead = size <= 1e-9 * max(float(size.max()), 1e-300)
    size[dead] = np.nan
    return np.asarray(np.clip((x / size).T @ (x / size), -1.0, 1.0))


def clustered(matrix: Values) -> NDArray[np.intp]:
    """Return the order of units by clustering on 1 − r: average linkage, leaves in optimal order; those without r last.

    Source: Bar-Joseph, Gifford & Jaakkola, Bioinformatics 17:S22 (2001).

    >>> r = np.array([[1, 0, .9, 0], [0, 1, 0, .8], [.9, 0, 1, 0], [0, .8, 0, 1]])
    >>> sorted([set(clustered(r)[:2].tolist()), set(clustered(r)[2:].tolist())], key=min)
    [{0, 2}, {1, 3}]
    """
    live = np.flatnonzero(np.nan_to_num(np.diagonal(matrix)) >= 0.5)  # 0 or NaN where a unit does not vary
    dead = np.setdiff1d(np.arange(len(matrix)), live)
    if live.size < 3:
        return np.concatenate([live, dead])
    apart = 1.0 - np.nan_to_num(matrix[np.ix_(live, live)])
    apart = np.maximum((apart + apart.T) / 2, 0.0)
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), "average", optimal_ordering=True)
    return np.concatenate([live[leaves_list(tree)], dead])
