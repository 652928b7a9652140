"""Projections, as data. Weights are in mV, times in ms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..checks import finite, indices, is_finite, matrix, not_negative, positive, steps, vector
from ..errors import InputError

REACH = 38.6  # SDs to which exp(−d²/2·sd²) is above 0 in float64


@dataclass(frozen=True)
class Footprint:
    """Connection probability falls with distance d as exp(−d²/2·sd²).

    The n cells of a population lie evenly on a line of length 1, cell i at (i + ½)/n; a `periodic` line is a ring.
    """

    sd: float  # in units of the line's length
    periodic: bool = False

    def __post_init__(self) -> None:
        positive(self.sd, "Footprint.sd", "1")

    def reach(self, n_source: int, n_target: int) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
        """For every target cell its place among the sources, and the first and the last source within reach of it.

        In units of the index of a source; on a ring the sources of a cell may begin or end a turn outside 0..n − 1.

        >>> [a.tolist() for a in Footprint(0.01, periodic=True).reach(4, 4)]  # 38.6 · 0.01 · 4 = 1.5 cells to each side
        [[0.0, 1.0, 2.0, 3.0], [-1, 0, 1, 2], [1, 2, 3, 4]]
        """
        centre = (np.arange(n_target) + 0.5) * n_source / n_target - 0.5
        radius = REACH * self.sd * n_source
        low = np.ceil(centre - n_source / 2) if self.periodic else np.zeros(n_target)
        high = low + (n_source - 1)
        low, high = np.maximum(low, np.ceil(centre - radius)), np.minimum(high, np.floor(centre + radius))
        return centre, low.astype(np.int64), high.astype(np.int64)


@dataclass(frozen=True)
class FixedInDegree:
    """Every target cell has exactly k distinct sources, none of them itself; near ones more often with a footprint."""

    k: int
    footprint: Footprint | None = None

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not (isinstance(self.k, int | np.integer) and self.k >= 0):
            raise InputError(f"FixedInDegree.k: must be an integer of at least 0; got {self.k}")
        _check_footprint(self.footprint, "FixedInDegree.footprint")


@dataclass(frozen=True)
class Pairwise:
    """Every pair of a source and a target cell is connected with probability p; no cell to itself.

    With a footprint p is the probability at distance 0.
    """

    p: float
    footprint: Footprint | None = None

    def __post_init__(self) -> None:
        if not (is_finite(self.p) and 0 <= self.p <= 1):
            raise InputError(f"Pairwise.p: must lie in 0..1; got {self.p}")
        _check_footprint(self.footprint, "Pairwise.footprint")


@dataclass(frozen=True, eq=False)
class Edges:
    """Given edges pre[i] -> post[i]; an edge may occur more than once."""

    pre: NDArray[np.int64]
    post: NDArray[np.int64]

    def __post_init__(self) -> None:
        for field in ("pre", "post"):
            object.__setattr__(self, field, indices(getattr(self, field), f"Edges.{field}"))
        if self.pre.shape != self.post.shape:
            raise InputError(f"Edges.pre, Edges.post: must be of one length; got {self.pre.size} and {self.post.size}")


@dataclass(frozen=True, eq=False)
class Dense:
    """A weight for every pair: `weights[pre, post]`, (n_source, n_target), times the weight of the projection."""

    weights: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", matrix(self.weights, "Dense.weights"))


@dataclass(frozen=True, eq=False)
class LowRank:
    """A weight for every pair as a product: W[pre, post] = Σ_r source[pre, r]·target[post, r].

    Never multiplied out: a step costs r sums over the spikes instead of n_target numbers a spike. A ring of cosine
    weights has rank 3: the columns 1, cos and sin of the angle.

    >>> angle = 2 * np.pi * np.arange(4) / 4
    >>> modes = np.stack([np.ones(4), np.cos(angle), np.sin(angle)], axis=1)
    >>> ring = LowRank(modes * [-1.0, 2.0, 2.0], modes)
    >>> (ring.source @ ring.target.T)[0].round(9).tolist()  # -1 + 2 cos
    [1.0, -1.0, -3.0, -1.0]
    """

    source: NDArray[np.float64]  # (n_source, rank)
    target: NDArray[np.float64]  # (n_target, rank)

    def __post_init__(self) -> None:
        for field in ("source", "target"):
            object.__setattr__(self, field, matrix(getattr(self, field), f"LowRank.{field}"))
        if self.source.shape[1] != self.target.shape[1]:
            raise InputError(
                f"LowRank.source, LowRank.target: must have equally many columns; got shapes {self.source.shape} "
                f"and {self.target.shape}"
            )


Rule = FixedInDegree | Pairwise | Edges | Dense | LowRank


@dataclass(frozen=True)
class LogNormal:
    """Log-normal weights with the arithmetic mean `mean` [mV]; `sigma` [1] is the SD of the logarithm."""

    mean: float
    sigma: float

    def __post_init__(self) -> None:
        positive(self.mean, "LogNormal.mean", "mV")
        not_negative(self.sigma, "LogNormal.sigma", "1")


@dataclass(frozen=True)
class UniformDelay:
    """A delay of its own for every edge: uniform over the multiples of the time step in low..high."""

    low: float  # [ms], a multiple of the time step
    high: float  # [ms], a multiple of the time step

    def __post_init__(self) -> None:
        not_negative(self.low, "UniformDelay.low", "ms")
        not_negative(self.high, "UniformDelay.high", "ms")
        if self.low > self.high:
            raise InputError(f"UniformDelay.high: must be at least low = {self.low:g} ms; got {self.high:g}")


@dataclass(frozen=True, eq=False)
class Projection:
    """Edges from one population to a synapse of another."""

    source: str
    target: str
    synapse: str
    rule: Rule
    weight: float | LogNormal | NDArray[np.float64]  # [mV]; an array (one an edge) needs Edges; a factor for matrices
    delay: float | UniformDelay | NDArray[np.float64] = 0.0
    # [ms], multiples of the time step; 0 delivers within the step of the spike; an array (one an edge) needs Edges

    def __post_init__(self) -> None:
        if not isinstance(self.rule, Rule):
            raise InputError(
                "Projection.rule: must be FixedInDegree, Pairwise, Edges, Dense or LowRank; "
                f"got {type(self.rule).__name__}"
            )
        whole = isinstance(self.rule, Dense | LowRank)
        rule = type(self.rule).__name__
        if isinstance(self.delay, np.ndarray | list | tuple):
            object.__setattr__(self, "delay", self._one_an_edge(self.delay, "delay"))
            if not (np.asarray(self.delay) >= 0).all():
                raise InputError("Projection.delay: must be finite and >= 0 [ms]; got a value that is not")
        elif not isinstance(self.delay, UniformDelay):
            not_negative(self.delay, "Projection.delay", "ms")
        if whole and not is_finite(self.delay):
            raise InputError(f"Projection.delay: {rule} has one delay for all; got {type(self.delay).__name__}")
        if isinstance(self.weight, LogNormal):
            if whole:
                raise InputError(f"Projection.weight: must be a number, which multiplies {rule}; got LogNormal")
        elif isinstance(self.weight, np.ndarray | list | tuple):
            object.__setattr__(self, "weight", self._one_an_edge(self.weight, "weight"))
        else:
            finite(self.weight, "Projection.weight", "a number, a LogNormal or an array [mV]")

    def _one_an_edge(self, values: object, field: str) -> NDArray[np.float64]:
        if not isinstance(self.rule, Edges):
            raise InputError(f"Projection.{field}: an array needs Edges; got {type(self.rule).__name__}")
        array = vector(values, f"Projection.{field}", "a vector, one number an edge")
        if array.shape != self.rule.pre.shape:
            raise InputError(
                f"Projection.{field}: an array must hold one number an edge ({self.rule.pre.size}); "
                f"got shape {array.shape}"
            )
        return array

    def n_delays(self, dt: float) -> int:
        """Number of different delays that a wired graph holds rows for; `dt` is the time step [ms]."""
        if isinstance(self.delay, UniformDelay):
            return steps(self.delay.high, dt, "UniformDelay.high") - steps(self.delay.low, dt, "UniformDelay.low") + 1
        return np.unique(np.rint(self.delay / dt)).size if isinstance(self.delay, np.ndarray) else 1


def _check_footprint(footprint: object, what: str) -> None:
    if not isinstance(footprint, Footprint | None):
        raise InputError(f"{what}: must be a Footprint or None; got {type(footprint).__name__}")
