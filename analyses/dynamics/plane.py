"""The phase plane: drift over two units, its nullclines, and runs in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...simulator.types import Floats, Function
from .basins import Axis, states_of

STEPS = 10_000  # of a path, at most: thinned, a cycle would be drawn as polygons


@dataclass(frozen=True, eq=False)
class PhasePlane:
    """Drift over two units of the state, and paths of runs from several starts.

    Attributes:
        x, y: axes of the plane.
        across, up: (y, x) drift of the two units with all others at `base`: dx/dt, dy/dt [unit of the state per unit of
            time]; of a map f(x) − x. Where one is 0 is a nullcline; where both are, in a plane of all units, a fixed
            point.
        paths: (start, step, 2) trajectory of the two units from each start, projected where there are more units; an
            angle within one turn from the axis's low; NaN after a run has diverged, and where an angle turns over.
        base: (unit,) values of the other units.
        angles: units that are angles.
    """

    x: Axis
    y: Axis
    across: Floats
    up: Floats
    paths: Floats
    base: Floats
    angles: tuple[int, ...] = ()

    @property
    def whole(self) -> bool:
        """Return whether the state has no other units."""
        return self.base.size == 2


def phase_plane(
    drift: Function,
    step: Function,
    x: Axis,
    y: Axis,
    base: ArrayLike,
    starts: ArrayLike,
    *,
    n_steps: int,
    angles: tuple[int, ...] = (),
    progress: Callable[[int, int], None] | None = None,
) -> PhasePlane:
    """Drift over a plane of states, and the paths of some runs.

    Args:
        drift: of states (state, unit), numpy arrays.
        step: one step of them.
        x, y: axes of the plane.
        base: state (unit,) that gives all other units.
        starts: (start, unit) where the paths begin.
        n_steps: of a path; of more than 10,000 the first.
        angles: units that are angles.
        progress: called as progress(done, total).

    Raises:
        InputError: axes that do not fit the state, too many points.

    >>> turning = lambda s: np.stack([-s[..., 1], s[..., 0]], axis=-1)
    >>> x, y = Axis(0, "x", -1, 1, 3), Axis(1, "y", -1, 1, 3)
    >>> found = phase_plane(turning, lambda s: s + 0.01 * turning(s), x, y, [0, 0], [[1, 0]], n_steps=10)
    >>> found.across.tolist(), found.paths.shape
    ([[1.0, 1.0, 1.0], [-0.0, -0.0, -0.0], [-1.0, -1.0, -1.0]], (1, 11, 2))
    """
    state, grid = states_of("phase_plane", x, y, base)
    with np.errstate(all="ignore"):
        flow = np.asarray(drift(grid), dtype=np.float64)
        now = np.array(starts, dtype=np.float64)
        kept = [now[:, [x.unit, y.unit]]]
        for n in range(n_steps := min(n_steps, STEPS)):
            now = step(now)
            kept.append(now[:, [x.unit, y.unit]])
            if progress is not None and n % 100 == 0:
                progress(n, n_steps)
    paths = np.stack(kept, axis=1)
    paths[~np.isfinite(paths).all(axis=-1).cumprod(axis=1).astype(bool)] = np.nan
    for at, axis in enumerate((x, y)):
        if axis.unit in angles:
            paths = _turned(paths, at, axis.low)
    shape = (y.count, x.count)
    return PhasePlane(x, y, flow[:, x.unit].reshape(shape), flow[:, y.unit].reshape(shape), paths, state, angles)


def turned(angle: Floats, low: float) -> Floats:
    """Angles [rad] within one turn from low."""
    return np.asarray((angle - low) % (2 * np.pi) + low)


def _turned(paths: Floats, at: int, low: float) -> Floats:
    """Paths with column `at` within one turn from low, and no line where it turns over.

    >>> _turned(np.array([[[3.0, 0.0], [3.2, 0.0], [3.4, 0.0]]]), 0, -np.pi)[0, :, 0].round(2).tolist()
    [3.0, nan, -2.88]
    """
    out = paths.copy()
    out[..., at] = turned(paths[..., at], low)
    over = np.abs(np.diff(out[..., at], axis=1)) > np.pi
    out[:, 1:][over] = np.nan
    return out
