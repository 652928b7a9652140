"""Projections and inputs, as data. Weights are in mV, times in ms."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .checks import finite, indices, not_negative, positive
from .errors import InputError


@dataclass(frozen=True)
class FixedInDegree:
    """Every target cell has exactly k distinct sources, none of them itself."""

    k: int

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not (isinstance(self.k, int | np.integer) and self.k >= 0):
            raise InputError(f"FixedInDegree.k: must be an integer of at least 0; got {self.k}")


@dataclass(frozen=True)
class Pairwise:
    """Every pair of a source and a target cell is connected with probability p; no cell to itself."""

    p: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.p) and 0 <= self.p <= 1):
            raise InputError(f"Pairwise.p: must lie in 0..1; got {self.p}")


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


@dataclass(frozen=True)
class LogNormal:
    """Log-normal weights with the arithmetic mean `mean` [mV]; `sigma` [1] is the SD of the logarithm."""

    mean: float
    sigma: float

    def __post_init__(self) -> None:
        positive(self.mean, "LogNormal.mean", "mV")
        not_negative(self.sigma, "LogNormal.sigma", "1")


@dataclass(frozen=True, eq=False)
class Projection:
    """Edges from one population to a synapse of another."""

    source: str
    target: str
    synapse: str
    rule: FixedInDegree | Pairwise | Edges
    weight: float | LogNormal | NDArray[np.float64]  # [mV]; an array (one an edge) needs Edges
    delay: float = 0.0  # [ms], a multiple of the time step; 0 delivers within the step of the spike

    def __post_init__(self) -> None:
        if not isinstance(self.rule, FixedInDegree | Pairwise | Edges):
            raise InputError(
                f"Projection.rule: must be FixedInDegree, Pairwise or Edges; got {type(self.rule).__name__}"
            )
        not_negative(self.delay, "Projection.delay", "ms")
        if isinstance(self.weight, LogNormal):
            return
        if isinstance(self.weight, np.ndarray | list | tuple):
            weight = np.asarray(self.weight, dtype=np.float64)
            if not isinstance(self.rule, Edges) or weight.shape != self.rule.pre.shape:
                n = self.rule.pre.size if isinstance(self.rule, Edges) else "Edges"
                raise InputError(f"Projection.weight: an array needs Edges and one number an edge ({n}); "
                                 f"got shape {weight.shape}")  # fmt: skip
            if not np.isfinite(weight).all():
                raise InputError("Projection.weight: must be finite; got a value that is not")
            object.__setattr__(self, "weight", weight)
        else:
            finite(self.weight, "Projection.weight", "a number, a LogNormal or an array [mV]")


@dataclass(frozen=True)
class PoissonInput:
    """Independent Poisson spikes to every cell of a population."""

    target: str
    synapse: str
    rate: float  # per cell [1/ms]
    weight: float  # [mV]

    def __post_init__(self) -> None:
        not_negative(self.rate, "PoissonInput.rate", "1/ms")
        finite(self.weight, "PoissonInput.weight", "a number [mV]")


@dataclass(frozen=True, eq=False)
class EventInput:
    """Given input spikes, each delivered in the time step nearest to its time; one cell may get several in a step."""

    target: str
    synapse: str
    weight: float  # [mV]
    time: NDArray[np.float64]  # [ms]
    cell: NDArray[np.int64]

    def __post_init__(self) -> None:
        finite(self.weight, "EventInput.weight", "a number [mV]")
        time = np.asarray(self.time, dtype=np.float64)
        object.__setattr__(self, "cell", indices(self.cell, "EventInput.cell"))
        if time.ndim != 1 or time.shape != self.cell.shape:
            raise InputError(
                f"EventInput.time, EventInput.cell: must be vectors of one length; got {time.shape} "
                f"and {self.cell.shape}"
            )
        if not (np.isfinite(time).all() and (time >= 0).all()):
            raise InputError(f"EventInput.time: must be finite and not negative [ms]; got {time.min()}..{time.max()}")
        object.__setattr__(self, "time", time)
