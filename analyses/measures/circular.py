"""Directions: the population vector of activity on a ring, and differences of angles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...simulator.types import Floats

SILENT = 1e-9  # vector strength below which nothing points anywhere
CLEAR = 1e-3  # and below which a direction is of no use


def population_vector(activity: ArrayLike, angle: ArrayLike) -> tuple[Floats, Floats]:
    r"""Return the direction in which activity on a ring points, and its sharpness.

    .. math:: R e^{i\psi} = \frac{\sum_j x_j e^{i\theta_j}}{\sum_j |x_j|}

    (Georgopoulos, Schwartz & Kettner, Science 1986; the vector strength R of Goldberg & Brown, J Neurophysiol 1969).

    Args:
        activity: x (..., unit).
        angle: θ (unit,) [rad].

    Returns:
        ψ (...) in −π..π [rad], and R (...) in 0..1. Without activity, and where it points nowhere, both are 0.

    >>> psi, r = population_vector([[0.0, 2.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]], np.arange(4) * np.pi / 2)
    >>> (psi / np.pi).tolist(), r.tolist()
    ([0.5, 0.0], [1.0, 0.0])
    """
    x, theta = np.asarray(activity, dtype=np.float64), np.asarray(angle, dtype=np.float64)
    total = np.abs(x).sum(axis=-1)
    vector = (x @ np.cos(theta) + 1j * (x @ np.sin(theta))) / np.where(total > 0, total, 1.0)
    strength = np.abs(vector)
    points = strength > SILENT
    return np.where(points, np.angle(vector), 0.0), np.where(points, strength, 0.0)


def angles(n: int) -> Floats:
    """n angles, evenly spaced from −π on [rad].

    >>> (angles(4) / np.pi).tolist()
    [-1.0, -0.5, 0.0, 0.5]
    """
    return -np.pi + 2 * np.pi * np.arange(n) / n


def wrapped(angle: Any) -> Any:
    """An angle in −π..π [rad].

    >>> float(wrapped(1.5 * np.pi) / np.pi)
    -0.5
    """
    return (np.asarray(angle) + np.pi) % (2 * np.pi) - np.pi
