"""Classes against drift: parts that one recording cannot tell apart where classes come in blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...simulator.types import Floats, Ints
from ..chance import coefficients

BLOCKS = 0.1  # share of the classes' own variance below the corner, from which they come in blocks
MOVES = 0.05  # change of the class share with the order of the parts, from which the order matters
RANK = 1e-8  # of the first singular value


@dataclass(frozen=True)
class Confounding:
    """Class part with the classes first, and after the slow part has been taken out.

    Attributes:
        slow: κ, the share of the class indicators below the corner, averaged over an orthonormal basis.
        first, after: class part [unit of the measure], classes before and after slow activity.
    """

    slow: float
    first: float
    after: float


def confounding(z: Floats, classes: Ints, cut: int, w: Floats, first: float) -> Confounding:
    """Return the class part after the slow part, and the slowness of the classes.

    Args:
        z: z-scores (trial, time, unit).
        classes: class of every sample of a trial, (time,), as numbers 0, 1, ….
        cut: last index k of the slow part.
        w: weights of the measure.
        first: class part with the classes first.
    """
    n_trials, n_times, n_units = z.shape
    hot = np.eye(int(classes.max()) + 1)[classes]
    basis = _orthonormal(hot - hot.mean(axis=0))
    if not basis.shape[1]:
        return Confounding(0.0, first, first)
    spectrum = coefficients(basis)
    slow = float((spectrum[: cut + 1] ** 2).sum()) / basis.shape[1]
    fast = _orthonormal(spectrum[cut + 1 :])
    c = coefficients(z)[:, cut + 1 :]
    by_class = np.einsum("kb,mkj->bj", fast, c) / np.sqrt(n_trials)
    size = fast.shape[1]
    rest = n_trials * (n_times - 1 - cut) - size
    g = size / max(rest, 1)
    flat = c.reshape(-1, n_units)
    matrix = ((1 + g) * (by_class.T @ by_class) - g * (flat.T @ flat)) / (n_trials * n_times)
    return Confounding(slow, first, float((w * matrix).sum()))


def _orthonormal(columns: Floats) -> Floats:
    """Return an orthonormal basis of the columns."""
    u, s, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(u[:, s > RANK * max(s.max(initial=0.0), 1e-300)])
