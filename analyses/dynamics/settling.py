"""Settling of a run: the change that is still to come, extrapolated from three windows of its late part."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...simulator.types import Floats


def remaining(windows: ArrayLike, noise: ArrayLike = 0.0) -> Floats:
    r"""Change that is still to come, from the description of three windows that follow each other by equal steps.

    .. math:: d_1 = w_2 - w_1,\quad d_2 = w_3 - w_2,\quad q = \frac{d_1 \cdot d_2}{d_1 \cdot d_1},\quad
        r = |d_2| \max\left(1, \frac{q}{1 - q}\right)

    A return at the rate λ has :math:`q = e^{-\lambda t}`, t the time from a window to the next, and r is exactly what
    is left of it. A change that does not slow down (q ≥ 1: a drift, or a growth) has no end in sight: r is infinite.
    Where both changes are within `noise` they have no direction, and r is the larger of them.

    Args:
        windows: (3, ..., feature).
        noise: (...) length of a change that is none.

    Returns:
        (...), in the unit of the features.

    >>> remaining([[[1.0]], [[0.5]], [[0.25]]])
    array([0.25])
    >>> remaining([[[1.0]], [[2.0]], [[3.0]]])
    array([inf])
    """
    first, second = np.diff(np.asarray(windows, dtype=np.float64), axis=0)
    before, now = np.linalg.norm(first, axis=-1), np.linalg.norm(second, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        q = np.where(before > 0, (first * second).sum(axis=-1) / before**2, np.where(now > 0, np.inf, 0.0))
        left = np.where(q < 1, now * np.maximum(1.0, q / (1 - q)), np.inf)
    return np.asarray(np.where(np.maximum(before, now) <= noise, np.maximum(before, now), left))
