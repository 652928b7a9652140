"""Coefficients of noise in a time step: SDs of the increments, and the drive of an Ornstein-Uhlenbeck current.

In step n a current of SD sd becomes y ← k y + ξ, k = e^{−dt/τ}, Var ξ = sd² (1 − k²): its exact law at the grid points.
Its path between them is unknown. A single normal number a step cannot give the joint law of y and of v, which it
drives. The two functions below give what it can: `matched` the variance of v, `averaged` the mean of y over the step.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

from ..networks.cells import Population
from ..networks.distributions import as_drawn
from ..networks.inputs import GivenNoise, OUNoise, WhiteNoise
from ..types import Floats
from .kernels.propagators import each, propagator


class Coupling(NamedTuple):
    """Coefficients of a current y that noise drives: y ← keep·y + ξ, and the drive push·y + share·ξ of the cell.

    Where the membrane has a time constant in each cell, push and share are (n,).
    """

    keep: float
    push: float | Floats
    share: float | Floats


def noise_sd(population: Population, noise: WhiteNoise | OUNoise, dt: float) -> float | Floats:
    """Return the SD of the increment by noise in a step [mV]; (n,) where each cell has one of its own."""
    if isinstance(noise, OUNoise):
        return noise.sd * math.sqrt(-math.expm1(-2.0 * dt / noise.tau))
    sigma, tau_m = noise.sigma, as_drawn(population.tau_m)
    if population.is_linear:
        return each(lambda tau: sigma * math.sqrt(-math.expm1(-2.0 * dt / tau) / 2.0), tau_m)
    return each(lambda tau: sigma * math.sqrt(dt / tau), tau_m)


def current_share(population: Population, dt: float) -> float | Floats:
    """Return the part of a constant current by which v of a linear cell moves in a step; of others, the whole drive."""
    return each(lambda tau: 1.0 - math.exp(-dt / tau), as_drawn(population.tau_m)) if population.is_linear else 1.0


def coupling(population: Population, noise: WhiteNoise | OUNoise | GivenNoise, dt: float) -> Coupling:
    """Return how a current acts in a step: on v itself in linear cells, on the drive of v in others; 0 if white."""
    if isinstance(noise, WhiteNoise) or noise.tau is None:
        return Coupling(0.0, 0.0, 0.0)
    if not population.is_linear:
        return averaged(dt, noise.tau)
    tau_m, tau = as_drawn(population.tau_m), noise.tau
    if isinstance(tau_m, float):
        return matched(dt, tau_m, tau)
    push, share = (each(partial(_of_matched, dt, tau, k), tau_m) for k in (1, 2))
    return Coupling(math.exp(-dt / tau), push, share)


def _of_matched(dt: float, tau: float, k: int, tau_m: float) -> float:
    return float(matched(dt, tau_m, tau)[k])


def matched(dt: float, tau_m: float, tau: float) -> Coupling:
    r"""Return the coefficients that give a leaky cell its stationary variance, sd² τ/(τ + τ_m), at any time step.

    With k = e^{−dt/τ}, κ = e^{−dt/τ_m}, V = 1 − k² and v ← κ v + P y + β ξ, the stationary law obeys

    .. math:: Cov(y, v) = (k P + β V) / (1 - k κ), \quad (1 - κ^2) Var(v) = P^2 + 2 κ P\,Cov(y, v) + β^2 V

    (sd = 1), a quadratic equation for the share β. Its positive root is close to dt/2τ_m. Cov(y, v) is then .3 %
    too large for τ = 5 dt, and less for slower currents.

    Args:
        dt: time step [ms].
        tau_m: time constant of the membrane [ms].
        tau: correlation time of the current [ms].

    >>> round(matched(0.1, 20.0, 5.0).share / (0.1 / 40.0), 4), round(matched(0.1, 20.0, 0.5).share / (0.1 / 40.0), 4)
    (1.0004, 1.0137)
    """
    k, kappa, push = math.exp(-dt / tau), math.exp(-dt / tau_m), propagator(dt, tau_m, tau)
    power, mixed = -math.expm1(-2.0 * dt / tau), -math.expm1(-dt / tau - dt / tau_m)
    half = kappa * push * power / mixed
    missing = -math.expm1(-2.0 * dt / tau_m) * tau / (tau + tau_m) - push * push * (1.0 + 2.0 * kappa * k / mixed)
    missing = max(missing, 0.0)  # all of it is rounding for a current that stands still
    return Coupling(k, push, missing / (half + math.sqrt(half * half + power * missing)))


def averaged(dt: float, tau: float) -> Coupling:
    r"""Return the coefficients of the mean of y over a step, given its values at both ends.

    A stationary Ornstein-Uhlenbeck current has the conditional mean

    .. math:: \frac{1}{dt}\int_0^{dt} E[y | y_n, y_{n+1}] = \frac{y_n + y_{n+1}}{2} \frac{2τ}{dt} \tanh\frac{dt}{2τ}
                = \frac{τ}{dt}(1 - k) \Big(y_n + \frac{ξ}{1 + k}\Big).

    Args:
        dt: time step [ms].
        tau: correlation time of the current [ms].

    >>> averaged(0.1, 1e9)
    Coupling(keep=0.9999999999, push=0.99999999995, share=0.5)
    """
    k, push = math.exp(-dt / tau), -math.expm1(-dt / tau) * tau / dt
    return Coupling(k, push, push / (1.0 + k))
