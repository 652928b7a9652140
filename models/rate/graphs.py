"""Coupling among nodes: named graphs, and matrices read from files and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...simulator import InputError, unknown
from ...simulator.files.identity import identity
from ...simulator.files.readers import open_matrix
from ...simulator.types import Floats

GRAPHS = ("none", "chain", "ring", "all")
SUFFIXES = (".npy", ".csv")
MOST = 5000  # nodes with a matrix, of 200 MB then


@dataclass(frozen=True, eq=False)
class Graph:
    """Weights of the coupling among nodes.

    Attributes:
        w: (n, n), W[i, j] is the weight from j to i; (0, 0) without coupling.
        sums: (n,) of its rows.
        identity: name and SHA-256 of the file that it was read from; empty for a named graph.
    """

    w: Floats
    sums: Floats
    identity: Mapping[str, str] = field(default_factory=dict)


def graph(what: str, name: str, n: int, *, coupled: bool = False) -> Graph:
    """Return the graph of this name.

    Args:
        what: the field that names it, for messages.
        name: "none"; "chain" and "ring", neighbours with weight 1; "all", all pairs with weight 1/n; or a file ``.npy``
            or ``.csv`` with the matrix.
        n: nodes.
        coupled: a coupling is set, for which there must be a graph.

    Raises:
        InputError: an unknown name; none where one is needed; too many nodes for a matrix; a file that is missing or
            holds no square matrix of n rows of finite numbers.

    >>> graph("graph", "chain", 3).w.tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    if name == "none":
        if coupled and n > 1:
            raise InputError(f"{what}: must name a graph, for a coupling is set; got 'none'")
        return Graph(np.zeros((0, 0)), np.zeros(n))
    if n > MOST:
        raise InputError(f"{what}: must be none for more than {MOST} nodes; got {name!r} for {n}")
    if name.lower().endswith(SUFFIXES):
        w = _checked(f"{what}: {name}", open_matrix(Path(name)), n)
        return Graph(w, w.sum(axis=1), identity(name))
    if name not in GRAPHS:
        raise unknown(what, name, [*GRAPHS, "FILE.npy", "FILE.csv"])
    w = np.zeros((n, n))
    if name == "all":
        w += 1.0 / n
    else:
        at = np.arange(n - 1)
        w[at, at + 1] = w[at + 1, at] = 1.0
        if name == "ring" and n > 2:
            w[0, -1] = w[-1, 0] = 1.0
    np.fill_diagonal(w, 0.0)
    return Graph(w, w.sum(axis=1))


def _checked(what: str, w: Floats, n: int) -> Floats:
    if w.ndim != 2 or w.shape[0] != w.shape[1]:
        raise InputError(f"{what}: must be a square matrix; got shape {w.shape}")
    if not np.isfinite(w).all():
        i, j = np.argwhere(~np.isfinite(w))[0]
        raise InputError(f"{what}: must be finite; got {w[i, j]} in row {i + 1}, column {j + 1}")
    if len(w) != n:
        raise InputError(f"{what}: must have a row for each of the n = {n} nodes; got {len(w)}")
    return w
