"""Propagators: exact increments of the voltage of a leaky cell by a synapse in one step, and means over a step."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...types import Floats


def each(function: Callable[[float], float], values: float | Floats) -> float | Floats:
    """Return a function of a number, or of every number of an array, to the bits of the single number."""
    if not isinstance(values, np.ndarray):
        return function(values)
    distinct, place = np.unique(values, return_inverse=True)
    return np.array([function(value) for value in distinct.tolist()])[place]


def propagator(dt: float, tau_m: float, tau_s: float) -> float:
    r"""Return the increment of the voltage in one step by an exponential current, per unit of the current.

    For τ_m v' = −v + s, s' = −s/τ_s:

    .. math:: c = \frac{1}{\tau_m}\int_0^{dt} e^{-(dt-u)/\tau_m} e^{-u/\tau_s} du
                = e^{-dt/\tau_m} \frac{dt}{\tau_m} \frac{e^x - 1}{x},
              \quad x = dt\,\frac{\tau_s - \tau_m}{\tau_m \tau_s}

    τ_m, τ_s and dt in ms (Rotter & Diesmann, Biol Cybern 1999).

    >>> round(propagator(0.1, 20.0, 20.0) / (math.exp(-0.1 / 20) * 0.1 / 20), 12)
    1.0
    """
    # The textbook form (e^{−dt/τ_s} − e^{−dt/τ_m})·τ_s/(τ_s − τ_m) divides the difference of two nearly equal numbers
    # by nearly zero where the time constants meet, and is 0/0 where they are equal. (e^x − 1)/x by expm1 has all its
    # digits there. For x > 1 the difference loses none, while e^x may overflow for a τ_m far below dt.
    x = dt * (tau_s - tau_m) / (tau_m * tau_s)
    if x == 0.0:
        return math.exp(-dt / tau_m) * dt / tau_m
    if x > 1.0:
        return (math.exp(-dt / tau_s) - math.exp(-dt / tau_m)) / x * dt / tau_m
    return math.exp(-dt / tau_m) * dt / tau_m * math.expm1(x) / x


def alpha_propagator(dt: float, tau_m: float, tau_s: float) -> float:
    r"""Return the increment of the voltage in one step by the y of an alpha synapse, per unit of y.

    For τ_m v' = −v + s, s' = (y − s)/τ_s, y' = −y/τ_s:

    .. math:: c = \frac{1}{\tau_m}\int_0^{dt} e^{-(dt-u)/\tau_m} \frac{u}{\tau_s} e^{-u/\tau_s} du
                = e^{-dt/\tau_m} \frac{dt^2}{\tau_m \tau_s} \frac{e^x (x - 1) + 1}{x^2},
              \quad x = dt\,\frac{\tau_s - \tau_m}{\tau_m \tau_s}

    by its power series Σ x^k / (k! (k + 2)) where |x| < 1: there the closed form cancels twice.
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


def mean_of_decay(dt: float, tau: float) -> float:
    r"""Return the mean over a step of a variable that decays from 1.

    .. math:: \frac{1}{dt}\int_0^{dt} e^{-u/\tau} du = \frac{1 - e^{-h}}{h}, \quad h = dt/\tau

    >>> round(mean_of_decay(0.1, 5.0), 12)
    0.990066334662
    """
    return -math.expm1(-dt / tau) / (dt / tau)


def mean_of_rise(dt: float, tau: float) -> float:
    r"""Return the mean over a step of the s of an alpha synapse from s = 0, y = 1.

    .. math:: \frac{1}{dt}\int_0^{dt} \frac{u}{\tau} e^{-u/\tau} du = \frac{1 - (1 + h) e^{-h}}{h}
                = \frac{e^{-h}}{h} \sum_{k \ge 2} \frac{h^k}{k!}, \quad h = dt/\tau

    by the series where h < 1: there the closed form cancels.

    >>> round(mean_of_rise(0.1, 5.0), 12)
    0.009867661355
    """
    h = dt / tau
    if h < 1.0:
        return math.exp(-h) / h * math.fsum(h**k / math.factorial(k) for k in range(2, 20))
    return (1.0 - (1.0 + h) * math.exp(-h)) / h
