"""Projections, as data. Weights are in mV, times in ms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from ..checks import indices, matrix, steps, vector
from ..errors import InputError
from ..fields import Checked, Param, check
from ..types import Floats, Ints

REACH = 38.6  # SDs to which exp(−d²/2·sd²) is above 0 in float64


@dataclass(frozen=True)
class Footprint(Checked):
    """Connection probability falls with distance d as exp(−d²/2·sd²).

    The n cells of a population lie evenly on a line of length 1, cell i at (i + ½)/n; a `periodic` line is a ring.
    """

    sd: Annotated[float, Param("SD in lengths of the line [1]", gt=0)]
    periodic: Annotated[bool, Param("whether the line is a ring")] = False

    def reach(self, n_source: int, n_target: int) -> tuple[Floats, Ints, Ints]:
        """Return for every target cell its place among the sources, and the first and last source within its reach.

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


_Footprint = Annotated[Footprint | None, Param("fall of the probability with distance")]


@dataclass(frozen=True)
class FixedInDegree(Checked):
    """Every target cell has exactly k distinct sources, none of them itself; near ones more often with a footprint."""

    k: Annotated[int, Param("sources of a cell", ge=0)]
    footprint: _Footprint = None


@dataclass(frozen=True)
class Pairwise(Checked):
    """Every pair of a source and a target cell is connected with probability p; no cell to itself."""

    p: Annotated[float, Param("probability of a connection; with a footprint that at distance 0 [1]", ge=0, le=1)]
    footprint: _Footprint = None


@dataclass(frozen=True, eq=False)
class Edges(Checked):
    """Given edges pre[i] -> post[i]; an edge may occur more than once.

    Raises:
        InputError: no vectors of integers, or vectors of different lengths.
    """

    pre: Annotated[Ints, Param("source of every edge", to=indices)]
    post: Annotated[Ints, Param("target of every edge", to=indices)]
    shape: Annotated[
        tuple[int, int] | None, Param("cells of source and target for which the edges are meant; none is not checked")
    ] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pre.shape != self.post.shape:
            raise InputError(f"Edges.pre, Edges.post: must be of one length; got {self.pre.size} and {self.post.size}")


@dataclass(frozen=True, eq=False)
class Dense(Checked):
    """A weight for every pair: `weights[pre, post]`, (n_source, n_target), times the weight of the projection."""

    weights: Annotated[Floats, Param("(n_source, n_target) [1]", to=matrix)]


@dataclass(frozen=True, eq=False)
class LowRank(Checked):
    """A weight for every pair as a product: W[pre, post] = Σ_r source[pre, r]·target[post, r].

    Never multiplied out: a step costs r sums over the spikes instead of n_target numbers a spike. A ring of cosine
    weights has rank 3: the columns 1, cos and sin of the angle.

    >>> angle = 2 * np.pi * np.arange(4) / 4
    >>> modes = np.stack([np.ones(4), np.cos(angle), np.sin(angle)], axis=1)
    >>> ring = LowRank(modes * [-1.0, 2.0, 2.0], modes)
    >>> (ring.source @ ring.target.T)[0].round(9).tolist()  # -1 + 2 cos
    [1.0, -1.0, -3.0, -1.0]
    """

    source: Annotated[Floats, Param("(n_source, rank) [1]", to=matrix)]
    target: Annotated[Floats, Param("(n_target, rank) [1]", to=matrix)]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.source.shape[1] != self.target.shape[1]:
            raise InputError(
                f"LowRank.source, LowRank.target: must have equally many columns; got shapes {self.source.shape} "
                f"and {self.target.shape}"
            )


def matrix_shape(weights: Any, what: str) -> tuple[int, int]:
    """Return the shape of a matrix of numbers, sparse or not.

    Raises:
        InputError: it has another number of axes, or holds no real numbers.
    """
    shape, kind = getattr(weights, "shape", np.shape(weights)), np.dtype(getattr(weights, "dtype", np.float64)).kind
    if len(shape) != 2 or kind not in "iuf":
        hint = "; multiply it by a weight" if kind == "b" else ""
        raise InputError(f"{what}: must be a matrix of numbers (n_source, n_target); got {kind_name(weights)} of shape "
                         f"{tuple(shape)}{hint}")  # fmt: skip
    return int(shape[0]), int(shape[1])


def kind_name(weights: Any) -> str:
    """Return the type of the numbers of an array, or its own type."""
    return str(getattr(weights, "dtype", type(weights).__name__))


Rule = FixedInDegree | Pairwise | Edges | Dense | LowRank


@dataclass(frozen=True)
class LogNormal(Checked):
    """Log-normal weights with the arithmetic mean `mean`: mean·exp(sigma·ξ − sigma²/2), ξ ~ N(0, 1)."""

    mean: Annotated[float, Param("arithmetic mean [mV]", gt=0)]
    sigma: Annotated[float, Param("SD of the logarithm [1]", ge=0)]


@dataclass(frozen=True)
class UniformDelay(Checked):
    """A delay of its own for every edge: uniform over the multiples of the time step in low..high.

    Raises:
        InputError: a negative delay, or low above high.
    """

    low: Annotated[float, Param("shortest, a multiple of the time step [ms]", ge=0)]
    high: Annotated[float, Param("longest, a multiple of the time step [ms]", ge=0)]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise InputError(f"UniformDelay.high: must be at least low = {self.low:g} ms; got {self.high:g}")


@dataclass(frozen=True, eq=False)
class Projection(Checked):
    """Edges from one population to a synapse of another.

    An array of weights or delays holds one an edge and needs `Edges`. The weight is a factor of matrices. A delay of 0
    delivers within the step of the spike.

    Raises:
        InputError: a delay that is negative or not finite; an array without Edges or of another length; for a matrix
            a LogNormal weight or more than one delay.
    """

    source: Annotated[str, Param("population that spikes")]
    target: Annotated[str, Param("population that receives")]
    synapse: Annotated[str, Param("synapse of the target")]
    rule: Annotated[Rule, Param("rule of connection")]
    weight: Annotated[float | LogNormal | Floats, Param("weight [mV]")]
    delay: Annotated[float | UniformDelay | Floats, Param("multiples of the time step [ms]", ge=0)] = 0.0

    def __post_init__(self) -> None:
        check("Projection.rule", Rule, self.rule)
        for field in ("weight", "delay"):
            if isinstance(given := getattr(self, field), np.ndarray | list | tuple):
                object.__setattr__(self, field, self._one_an_edge(given, field))
        super().__post_init__()
        if isinstance(self.delay, np.ndarray) and (self.delay < 0).any():
            raise InputError(f"Projection.delay: must be >= 0 [ms]; got {self.delay.min():g}")
        if isinstance(self.rule, Dense | LowRank):
            rule = type(self.rule).__name__
            if not isinstance(self.delay, float):
                raise InputError(f"Projection.delay: {rule} has one delay for all; got {type(self.delay).__name__}")
            if isinstance(self.weight, LogNormal):
                raise InputError(f"Projection.weight: must be a number, which multiplies {rule}; got LogNormal")

    def _one_an_edge(self, values: object, field: str) -> Floats:
        if not isinstance(self.rule, Edges):
            raise InputError(f"Projection.{field}: an array needs Edges; got {type(self.rule).__name__}")
        array = vector(values, f"Projection.{field}")
        if array.shape != self.rule.pre.shape:
            raise InputError(
                f"Projection.{field}: an array must hold one number an edge ({self.rule.pre.size}); "
                f"got shape {array.shape}"
            )
        return array

    @classmethod
    def from_matrix(
        cls, source: str, target: str, synapse: str, weights: Any, delay: float | UniformDelay = 0.0
    ) -> Projection:
        """Return the projection of a matrix of weights, most of which are 0.

        Every element that is not 0 is an edge. An element that a sparse matrix stores more than once is the sum, as in
        its other uses; a stored 0 is no edge.

        Args:
            source: population that spikes.
            target: population that receives.
            synapse: of the target.
            weights: of `scipy.sparse` in any format, or an array; (n_source, n_target), row is source [mV].
            delay: of all edges, or drawn for each [ms].

        Raises:
            InputError: no matrix of finite numbers; in a network, a shape other than its numbers of cells.

        >>> found = Projection.from_matrix("E", "I", "e", np.array([[0.0, 2.0], [0.0, 0.0], [1.5, 0.0]]))
        >>> found.rule.pre.tolist(), found.rule.post.tolist(), found.weight.tolist()
        ([0, 2], [1, 0], [2.0, 1.5])
        """
        what = "Projection.from_matrix: weights"
        n, m = matrix_shape(weights, what)
        if hasattr(weights, "tocoo"):
            given = weights.tocoo(copy=True)
            given.sum_duplicates()
            pre, post, values = given.row, given.col, vector(given.data, what)
        else:
            full = matrix(weights, what)
            pre, post = np.nonzero(full)
            values = full[pre, post]
        kept = values != 0
        return cls(source, target, synapse, Edges(pre[kept], post[kept], (n, m)), values[kept], delay)

    def lowest_weight(self) -> float:
        """Return the lowest weight of an edge that this rule can draw; 0 where there is no edge."""
        rule = self.rule
        if isinstance(self.weight, LogNormal):
            return 0.0
        if isinstance(rule, Dense):
            return float((self.weight * rule.weights).min(initial=0.0))
        if isinstance(rule, LowRank):
            if min(rule.source.min(initial=0.0), rule.target.min(initial=0.0)) >= 0.0 <= np.min(self.weight):
                return 0.0
            lowest, highest = 0.0, 0.0
            for k in range(0, rule.source.shape[0], 256):  # never all n² numbers at once
                part = self.weight * (rule.source[k : k + 256] @ rule.target.T)
                lowest, highest = part.min(initial=lowest), part.max(initial=highest)
            return float(lowest) if lowest < -1e-12 * highest else 0.0  # sums of modes reach 0 but for rounding
        return float(np.min(self.weight, initial=0.0))

    def n_delays(self, dt: float) -> int:
        """Return the number of different delays of a wired graph; `dt` is the time step [ms]."""
        if isinstance(self.delay, UniformDelay):
            return steps(self.delay.high, dt, "UniformDelay.high") - steps(self.delay.low, dt, "UniformDelay.low") + 1
        return np.unique(np.rint(self.delay / dt)).size if isinstance(self.delay, np.ndarray) else 1
