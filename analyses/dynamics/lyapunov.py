"""Lyapunov exponents: growth of tangents under the exact derivative of the step, orthogonalised by QR."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ...simulator import InputError, unknown
from ...simulator.integrators import METHODS
from ...simulator.types import Floats, Function

SMALL = 64  # units up to which whole Jacobians of many states are taken at once
BLOCKS = 20  # of which the standard error is taken
SPREAD = 1e13  # between tangents at a decomposition; beyond, the smaller is rounding
CHUNK = 1 << 20  # numbers in the Jacobians that are held at once


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Lyapunov exponents, the largest first.

    Attributes:
        exponents: (k,) [1/time of dt].
        n: units of the state: as many exponents there are.
        error: (k,) standard errors, from means of 20 stretches of the run.
        history: (record, k) running means, for a figure of the convergence.
        times: (record,) time of each.
    """

    exponents: Floats
    n: int
    error: Floats
    history: Floats
    times: Floats

    @property
    def kaplan_yorke(self) -> float:
        r"""The dimension :math:`j + \sum_{i \le j} \lambda_i / |\lambda_{j+1}|`, j the last with a sum >= 0.

        Exponents within three errors of 0 are 0 (those along a flow are, but for what a finite run leaves). n where all
        there are sum to 0 or more; NaN where those that were taken do, and there are others.

        >>> Spectrum(np.array([0.9, 0.0, -14.5]), 3, np.zeros(3), np.zeros((1, 3)), np.zeros(1)).kaplan_yorke
        2.0620689655172413
        """
        found = np.where(np.abs(self.exponents) <= 3 * self.error, 0.0, self.exponents)
        sums = np.cumsum(found)
        if sums[0] < 0:
            return 0.0
        j = int(np.flatnonzero(sums >= 0)[-1])
        if j + 1 == found.size:
            return float(self.n) if found.size == self.n else math.nan
        return float(j + 1 + sums[j] / abs(found[j + 1]))


def stepper(drift: Function, dt: float, method: str = "rk4") -> Function:
    """One step of a flow, x -> x(t + dt), of numpy arrays and of tensors alike.

    Raises:
        InputError: an unknown method.
    """
    if method not in METHODS:
        raise unknown("method of integration", method, METHODS)
    scheme = METHODS[method]
    return lambda x: scheme(drift, x, dt)


def lyapunov(
    step: Function,
    start: ArrayLike | Tensor,
    *,
    n_steps: int,
    dt: float = 1.0,
    k: int | None = None,
    transient: int = 0,
    every: int = 1,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Spectrum:
    r"""The k largest Lyapunov exponents of the map that a step is.

    .. math:: J_t Q_{t-1} = Q_t R_t, \qquad \lambda_i = \frac{1}{T} \sum_t \ln |R_{t,ii}|

    J is the derivative of the step itself, by automatic differentiation: exact for the map, so that of a flow the
    exponents are those of its integration at this dt (Benettin et al., Meccanica 1980).

    Args:
        step: one step of states (unit,), in torch; see `stepper` for flows. Where it takes numpy arrays as well, the
            states themselves are stepped in numpy.
        start: state (unit,), float64.
        n_steps, dt: steps that are averaged over, and the time of one.
        k: exponents; None: all.
        transient: steps before, in which the state reaches its attractor; tangents turn in the last tenth of them.
        every: steps between two QR decompositions.
        seed: of the tangents at the start.
        progress: called as progress(done, total) in steps.

    Raises:
        InputError: a number that cannot be; a state that diverges, with its step and unit; tangents that grow too far
            apart between two decompositions.

    >>> lyapunov(lambda x: 4 * x * (1 - x), [0.3], n_steps=5000).exponents.round(2)
    array([0.69])
    """
    x = np.asarray(start.detach().cpu() if isinstance(start, Tensor) else start, dtype=np.float64)
    if x.ndim != 1 or x.size == 0 or not np.isfinite(x).all():
        raise InputError(f"lyapunov.start: must be finite numbers (unit,); got shape {x.shape}")
    n = x.size
    k = n if k is None else k
    least_of = {"every": 1, "n_steps": BLOCKS, "k": 1, "transient": 0, "seed": 0}
    for (name, least), value in zip(least_of.items(), (every, n_steps, k, transient, seed), strict=True):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise InputError(f"lyapunov.{name}: must be an integer >= {least}; got {value}")
    if n_steps < every:
        raise InputError(f"lyapunov.n_steps: must be at least every = {every}; got {n_steps}")
    if k > n:
        raise InputError(f"lyapunov.k: must be at most the number of units, {n}; got {k}")
    if not (math.isfinite(dt) and dt > 0):
        raise InputError(f"lyapunov.dt: must be > 0; got {dt}")
    turning = transient // 10 // every * every
    n_steps -= n_steps % every
    forward = _forward(step, x)
    for at in range(transient - turning):
        x = _finite(forward(x), at + 1)
    q = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, k)))[0]
    total = turning + n_steps
    chunk = max(every, min(total, CHUNK // (n * (n if n <= SMALL else k))) // every * every)
    growth: list[Floats] = []
    for first in range(0, total, chunk):
        states = np.empty((min(chunk, total - first), n))
        for at in range(len(states)):
            states[at] = x
            x = _finite(forward(x), transient - turning + first + at + 1)
        q, found = _turned(step, states, q, every)
        growth += found
        if progress is not None:
            progress(min(first + chunk, total), total)
    logs = np.array(growth[turning // every :])  # (record, k), of `every` steps each
    rates = logs / (every * dt)
    ends = np.arange(1, len(rates) + 1)
    means = np.array([part.mean(axis=0) for part in np.array_split(rates, min(BLOCKS, len(rates)))])
    error = np.asarray(means.std(axis=0, ddof=1) / math.sqrt(len(means))) if len(means) > 1 else np.full(k, np.nan)
    order = np.argsort(-rates.mean(axis=0), kind="stable")
    history = np.asarray(np.cumsum(rates, axis=0) / ends[:, None])
    return Spectrum(
        history[-1, order], n, error[order], history[:, order], np.asarray(every * dt * ends, dtype=np.float64)
    )


def _turned(step: Function, states: Floats, q: Floats, every: int) -> tuple[Floats, list[Floats]]:
    """Tangents carried along the states, and ln |diag R| of every decomposition."""
    growth = []
    tensors = torch.from_numpy(states)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of torch's own, when it first differentiates forward
        torch.func.jvp(step, (tensors[0],), (tensors[0],))
    jacobians = torch.vmap(torch.func.jacfwd(step))(tensors).detach().numpy() if len(q) <= SMALL else None
    carried = _product(step, tensors[0], torch.from_numpy(q)) if jacobians is None else _pushed
    for at in range(len(states)):
        if jacobians is not None:
            with np.errstate(all="ignore"):  # what overflows is found below, and said
                q = jacobians[at] @ q
        else:
            q = torch.vmap(carried(step, tensors[at]), in_dims=1, out_dims=1)(torch.from_numpy(q)).detach().numpy()
        if (at + 1) % every == 0:
            q, r = np.linalg.qr(q)
            size = np.abs(np.diag(r))
            if not (np.isfinite(size).all() and (size > 0).all() and size.max() < size.min() * SPREAD):
                raise InputError(
                    "lyapunov: tangents cannot be told apart: take a smaller every, or fewer exponents; a step that is "
                    "singular, or has no derivative, has none"
                )
            growth.append(np.log(size))
    return q, growth


def _product(step: Function, x: Tensor, q: Tensor) -> Callable[[Function, Tensor], Callable[[Tensor], Tensor]]:
    """The faster way to J v, where it gives what forward differentiation gives; else that.

    It differs where a part of the step has no derivative of its derivative, or runs under no_grad.
    """
    exact = _forward_product(step, x)(q[:, 0])
    try:
        found = torch.vmap(_pushed(step, x), in_dims=1, out_dims=1)(q[:, :1])[:, 0]
    except (RuntimeError, NotImplementedError):
        return _forward_product
    near = found.shape == exact.shape and torch.allclose(found, exact, rtol=1e-9, atol=1e-12, equal_nan=True)
    return _pushed if near else _forward_product


def _forward_product(step: Function, x: Tensor) -> Callable[[Tensor], Tensor]:
    """v -> J v at x, by forward differentiation."""

    def product(v: Tensor) -> Tensor:
        found: Tensor = torch.func.jvp(step, (x,), (v,))[1]
        return found

    return product


def _pushed(step: Function, x: Tensor) -> Callable[[Tensor], Tensor]:
    """v -> J v at x, by pulling back twice: J v is the derivative of u -> Jᵀu, which is linear, pulled back along v.

    Forward differentiation fills a matrix of zeros for each constant matrix of the step, at every step: 40 % of the
    time of the whole spectrum of 1,000 units.
    """
    pull = torch.func.vjp(step, x)[1]
    push = torch.func.vjp(lambda u: pull(u)[0], torch.zeros_like(x))[1]
    return lambda v: push(v)[0]


def _forward(step: Function, x: Floats) -> Callable[[Floats], Floats]:
    """The step of numpy arrays: by itself where it takes them, else by tensors."""
    try:
        if isinstance(step(x), np.ndarray):
            return np.errstate(all="ignore")(step)  # what overflows is found, and said
    except (TypeError, AttributeError):
        pass

    def by_tensors(state: Floats) -> Floats:
        with torch.no_grad():
            found: Floats = step(torch.from_numpy(state)).numpy()
        return found

    return by_tensors


def _finite(x: Floats, at: int) -> Floats:
    if not np.isfinite(x).all():
        unit = int(np.flatnonzero(~np.isfinite(x))[0])
        raise InputError(f"lyapunov: the state diverges: unit {unit} is not finite any more after {at} steps")
    return x
