"""What a synapse adds to the voltage of a leaky cell in one step."""

from __future__ import annotations

import math


def propagator(dt: float, tau_m: float, tau_s: float) -> float:
    r"""What an exponential current adds to the voltage in one step, per unit of the current.

    For τ_m v' = −v + s, s' = −s/τ_s:

    .. math:: c = \frac{1}{\tau_m}\int_0^{dt} e^{-(dt-u)/\tau_m} e^{-u/\tau_s} du
                = e^{-dt/\tau_m} \frac{dt}{\tau_m} \frac{e^x - 1}{x},
              \quad x = dt\,\frac{\tau_s - \tau_m}{\tau_m \tau_s}

    which stays exact where the two time constants [ms] meet (Rotter & Diesmann, Biol Cybern 1999).

    >>> round(propagator(0.1, 20.0, 20.0) / (math.exp(-0.1 / 20) * 0.1 / 20), 12)
    1.0
    """
    x = dt * (tau_s - tau_m) / (tau_m * tau_s)
    if x == 0.0:
        return math.exp(-dt / tau_m) * dt / tau_m
    if x > 1.0:  # e^x alone may overflow
        return (math.exp(-dt / tau_s) - math.exp(-dt / tau_m)) / x * dt / tau_m
    return math.exp(-dt / tau_m) * dt / tau_m * math.expm1(x) / x


def alpha_propagator(dt: float, tau_m: float, tau_s: float) -> float:
    r"""What the y of an alpha synapse adds to the voltage in one step, per unit of y.

    For τ_m v' = −v + s, s' = (y − s)/τ_s, y' = −y/τ_s:

    .. math:: c = \frac{1}{\tau_m}\int_0^{dt} e^{-(dt-u)/\tau_m} \frac{u}{\tau_s} e^{-u/\tau_s} du
                = e^{-dt/\tau_m} \frac{dt^2}{\tau_m \tau_s} \frac{e^x (x - 1) + 1}{x^2},
              \quad x = dt\,\frac{\tau_s - \tau_m}{\tau_m \tau_s}

    by its power series Σ x^k / (k! (k + 2)) where |x| < 1.
    """
    x = dt * (tau_s - tau_m) / (tau_m * tau_s)
    scale = dt * dt / (tau_m * tau_s)
    if abs(x) < 1.0:
        term, total = 1.0, 0.0
        for k in range(25):
            total += term / (k + 2)
            term *= x / (k + 1)
        return math.exp(-dt / tau_m) * scale * total
    return scale * (math.exp(-dt / tau_s) * (x - 1.0) + math.exp(-dt / tau_m)) / (x * x)
