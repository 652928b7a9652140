"""Grid of time that spikes lie on, such as the steps of a simulation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..checks import rounding

NEAR, FINEST, LOOKED = 1e-9, 5e-7, 5000  # s: slack of a grid; finest grid; spikes that it is first looked for in


def grid_of(time: NDArray[np.float64]) -> float | None:
    """Return the step of the grid that spikes lie on [s], the greatest common divisor of their distances; None of none.

    On a grid of step h, trains of rate ν that are independent hold more coincidences within ± w than the window covers
    of the time: spikes exactly w apart count. STTC is ν h then, not 0. Surrogates off the grid would not show that.

    >>> round(grid_of(np.array([0.1, 0.3, 0.7])), 9), grid_of(np.sort(np.random.default_rng(0).random(50)))
    (0.2, None)
    """
    if time.size < 3:
        return None
    time = time if (np.diff(time) >= 0).all() else np.sort(time)
    near = max(NEAR, 2.0 * rounding(float(time[0]), float(time[-1])))
    apart = np.diff(time[:LOOKED])
    step: float | None = None
    while (apart := apart[apart > near]).size:
        step = float(apart.min())
        if step < max(FINEST, 100 * near):
            return None
        apart = np.abs(apart - np.rint(apart / step) * step)
    return None if step is None else _refined(time - time[0], step, near)


def _refined(time: NDArray[np.float64], step: float, near: float) -> float | None:
    """Return the step of a grid from its number of steps over the whole; None where some spike lies off it."""
    far = near
    while far < time[-1]:
        far = min(max(2.0 * step, 8.0 * far), float(time[-1]))
        last = float(time[np.searchsorted(time, far, side="right") - 1])
        if last > near:
            step = last / round(last / step) if round(last / step) else step
    off = np.abs(time - np.rint(time / step) * step)
    return step if off.max() <= 2.0 * near else None
