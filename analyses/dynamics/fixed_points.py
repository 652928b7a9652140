"""Fixed points of flows and maps by Newton's method from many starts, with the exact derivative."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.lapack import dgecon, dgetrf, dgetrs

from ...simulator import InputError
from ...simulator.types import Floats, Function

Complexes = NDArray[np.complex128]
MOST_UNITS = 2000  # whole Jacobians are taken
HALVINGS = 30  # of a step that makes things worse
ACCURATE = 1e-9  # length of Newton's last step, relative to 1 + max|x|
ROUNDING = 1e-14  # likewise, where |F| cannot fall any more
MARGIN = 1e-6  # of an eigenvalue to the boundary, relative to the largest: nearer is marginal
NEAR_SINGULAR = 1e-12  # reciprocal of the condition number
CHUNK = 1 << 23  # numbers in the Jacobians that are held at once


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """States that a flow or a map leaves as they are, the one that most starts lead to first.

    Attributes:
        points: (point, unit).
        residual: (point,) largest |f(x)|, of a map |f(x) − x|.
        eigenvalues: (point, unit) of the Jacobian of f, the one that grows fastest first [1/time of f; of a map 1].
        found: (point,) starts from which Newton's method came here, which says nothing of basins.
        starts: all of them.
        lost: starts that came nowhere, each in words.
        distance: relative to 1 + max|x|; nearer points are one.
        discrete: of a map.
    """

    points: Floats
    residual: Floats
    eigenvalues: Complexes
    found: NDArray[np.int64]
    starts: int
    lost: tuple[str, ...]
    distance: float
    discrete: bool

    @property
    def stability(self) -> list[str]:
        """Of each point: "stable", "unstable", or "marginal" where an eigenvalue lies on the boundary."""
        names = []
        for rate, least in zip(self._rates, self._margins, strict=True):
            names.append("unstable" if rate.max() > least else "stable" if rate.max() < -least else "marginal")
        return names

    @property
    def kind(self) -> list[str]:
        """Of each point: "saddle" where some directions grow and others shrink, else "focus" or "node"."""
        names = []
        for rate, least, values in zip(self._rates, self._margins, self.eigenvalues, strict=True):
            turns = bool((np.abs(values.imag) > MARGIN * np.abs(values).max()).any())
            mixed = bool((rate > least).any() and (rate < -least).any())
            names.append(("saddle focus" if turns else "saddle") if mixed else "focus" if turns else "node")
        return names

    @property
    def _rates(self) -> Floats:
        """Growth rates: real parts, of a map |λ| − 1."""
        return np.asarray(np.abs(self.eigenvalues) - 1.0 if self.discrete else self.eigenvalues.real)

    @property
    def _margins(self) -> Floats:
        return np.asarray(MARGIN * np.maximum(np.abs(self.eigenvalues).max(axis=1), 1.0 if self.discrete else 1e-12))


def fixed_points(
    f: Function,
    starts: ArrayLike,
    *,
    discrete: bool = False,
    tolerance: float = 1e-9,
    distance: float = 1e-5,
    max_steps: int = 100,
    progress: Callable[[int, int], None] | None = None,
) -> FixedPoints:
    r"""Zeros of f, or of f(x) − x for a map, by damped Newton steps.

    .. math:: x \leftarrow x - s\, J^{+} F(x), \qquad s = 1, 1/2, 1/4, \ldots \text{ until } |F| \text{ falls}

    J is exact (forward differentiation), J⁺ its inverse, or its pseudo-inverse where it is singular. A start has
    arrived where max|F| <= tolerance · max|F(starts)| and a whole step is shorter than 1e-9 (1 + max|x|), or where the
    step is of the size of rounding. That no other point is found is no proof that there is none.

    Args:
        f: of states (..., unit), in torch.
        starts: (start, unit).
        discrete: f is a map.
        distance: relative to 1 + max|x|: points that are nearer are one.
        max_steps: of Newton's method.
        progress: called as progress(done, total) in starts that have ended.

    Raises:
        InputError: numbers that cannot be; more than 2000 units; a function that torch cannot differentiate.

    >>> found = fixed_points(lambda x: x - x**3, [[-2.0], [0.1], [2.0]])
    >>> sorted(found.points.ravel().round(6).tolist()), sorted(found.stability)
    ([-1.0, 0.0, 1.0], ['stable', 'stable', 'unstable'])
    """
    x = np.array(starts, dtype=np.float64)
    if x.ndim != 2 or x.size == 0 or not np.isfinite(x).all():
        raise InputError(f"fixed_points.starts: must be finite numbers (start, unit); got shape {x.shape}")
    if x.shape[1] > MOST_UNITS:
        raise InputError(f"fixed_points: takes whole Jacobians, of at most {MOST_UNITS} units; got {x.shape[1]}")
    for name, value in (("tolerance", tolerance), ("distance", distance)):
        if not 0 < value < 1:
            raise InputError(f"fixed_points.{name}: must lie in 0 to 1; got {value}")
    newton = _Newton(f, x, discrete, tolerance)
    for _ in range(max_steps):
        newton.step()
        if progress is not None:
            progress(int((newton.state != RUNS).sum()), len(x))
        if not (newton.state == RUNS).any():
            break
    arrived = np.flatnonzero(newton.state == ARRIVED)
    lost = [_LOST[int(state)] for state in newton.state if state != ARRIVED]
    chosen, found = _merged(newton.x[arrived], newton.size[arrived], distance)
    order = np.argsort(-found, kind="stable")
    points, found = newton.x[arrived[chosen[order]]], found[order]
    jacobians = newton.jacobians(points) if len(points) else np.empty((0, x.shape[1], x.shape[1]))
    eigenvalues = np.linalg.eigvals(jacobians + (np.eye(x.shape[1]) if discrete else 0.0)).astype(np.complex128)
    speed = np.abs(eigenvalues) if discrete else eigenvalues.real
    eigenvalues = np.take_along_axis(eigenvalues, np.argsort(-speed, axis=1, kind="stable"), axis=1)
    residual = newton.size[arrived[chosen[order]]]
    return FixedPoints(points, residual, eigenvalues, found, len(x), tuple(sorted(lost)), distance, discrete)


RUNS, ARRIVED, DIVERGED, STUCK = 0, 1, 2, 3
_LOST = {
    RUNS: "still under way after the last step",
    DIVERGED: "diverged: a state or its Jacobian is not finite any more",
    STUCK: "stuck where |F| has a minimum that is not 0",
}


class _Newton:
    """All starts at once: those that run take a step each."""

    def __init__(self, f: Function, x: Floats, discrete: bool, tolerance: float) -> None:
        self.f, self.x, self.discrete = f, x, discrete
        self.state = np.zeros(len(x), dtype=np.int64)
        self.values = self.at(x)
        self.size = np.abs(self.values).max(axis=1)
        self.state[~np.isfinite(self.size)] = DIVERGED
        finite = self.size[np.isfinite(self.size)]
        self.least = tolerance * max(float(finite.max()) if finite.size else 0.0, 1e-300)

    def at(self, x: Floats) -> Floats:
        """F of states (start, unit)."""
        with torch.no_grad():
            found = np.asarray(self.f(torch.from_numpy(x)).numpy(), dtype=np.float64)
        return np.asarray(found - x) if self.discrete else found

    def jacobians(self, x: Floats) -> Floats:
        """Of F, (start, unit, unit)."""
        many = max(1, CHUNK // x.shape[1] ** 2)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of torch's own, when it first differentiates forward
            taken = torch.vmap(torch.func.jacfwd(self.f))
            parts = [taken(torch.from_numpy(x[at : at + many])).detach().numpy() for at in range(0, len(x), many)]
        return np.asarray(np.concatenate(parts) - (np.eye(x.shape[1]) if self.discrete else 0.0))

    def step(self) -> None:
        runs = np.flatnonzero(self.state == RUNS)
        if not runs.size:
            return
        x, values = self.x[runs], self.values[runs]
        jacobians = self.jacobians(x)
        usable = np.isfinite(jacobians).all(axis=(1, 2))
        self.state[runs[~usable]] = DIVERGED
        runs, x, values, jacobians = runs[usable], x[usable], values[usable], jacobians[usable]
        step = -np.array([_solved(j, v) for j, v in zip(jacobians, values, strict=True)]).reshape(x.shape)
        near = np.abs(step).max(axis=1) <= ACCURATE * (1.0 + np.abs(x).max(axis=1))
        scale, waits = np.ones(len(runs)), np.ones(len(runs), dtype=bool)
        norm = np.linalg.norm(values, axis=1)
        for _ in range(HALVINGS):
            tried = x + scale[:, None] * step
            found = self.at(tried)
            better = np.linalg.norm(found, axis=1) < (1.0 - 1e-4 * scale) * norm
            done = waits & better
            self.x[runs[done]], self.values[runs[done]] = tried[done], found[done]
            waits &= ~better
            if not waits.any():
                break
            scale[waits] /= 2
        self.size[runs] = np.abs(self.values[runs]).max(axis=1)
        small = self.size[runs] <= self.least
        solved = np.linalg.norm(values + np.einsum("kij,kj->ki", jacobians, step), axis=1) < 0.5 * norm
        tiny = np.abs(step).max(axis=1) <= ROUNDING * (1.0 + np.abs(x).max(axis=1))
        arrived = near & (small | (waits & tiny & solved))  # at rounding |F| does not fall any more
        self.state[runs[arrived]] = ARRIVED
        self.state[runs[waits & ~arrived]] = STUCK


def _solved(jacobian: Floats, values: Floats) -> Floats:
    """J⁺ F: by the inverse unless the matrix is near a singular one."""
    factors, pivots, singular = dgetrf(jacobian)
    if not singular and dgecon(factors, np.abs(jacobian).sum(axis=0).max())[0] > NEAR_SINGULAR:
        return np.asarray(dgetrs(factors, pivots, values)[0], dtype=np.float64)
    return np.asarray(np.linalg.lstsq(jacobian, values, rcond=1e-10)[0])


def _merged(x: Floats, size: Floats, distance: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Index of one point of each, the most exact, and how many there are of it."""
    chosen: list[int] = []
    counts: list[int] = []
    for at in np.argsort(size, kind="stable"):
        if chosen:
            apart = np.abs(x[chosen] - x[at]).max(axis=1) / (1.0 + np.abs(x[at]).max())
            if apart.min() <= distance:
                counts[int(apart.argmin())] += 1
                continue
        chosen.append(int(at))
        counts.append(1)
    return np.array(chosen, dtype=np.int64), np.array(counts, dtype=np.int64)
