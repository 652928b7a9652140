"""Read-outs of a bump on a ring: where it is, how wide, how fast it drifts and diffuses, where it is pinned.

Pure functions of a Recording whose units have the label "position" [rad]; spikes go through `Spikes.smoothed` or
`Spikes.binned` first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2
from scipy.stats import t as student

from ..simulator import InputError, Recording
from ..simulator.types import Floats
from .measures.circular import CLEAR, angles, population_vector, wrapped

LABEL = "position"
SOME = 1e-6  # of the peak; less is 0, to which rates only decay
FREEDOM = 0.85  # degrees of freedom of B over n − 1: of its scatter over 4,000 repeats of Brownian trials


@dataclass(frozen=True)
class Wandering:
    """Drift and diffusion of positions, each with its interval.

    Attributes:
        drift: mean velocity [deg/s]; diffusion: slope B of the variance against time [deg²/s], 2 D of Fick's law.
    """

    drift: float
    drift_interval: tuple[float, float]
    diffusion: float
    diffusion_interval: tuple[float, float]
    n_trials: int


def angles_of(recording: Recording) -> Floats:
    """The angle of every unit, (unit,) [rad].

    Raises:
        InputError: no label "position", angles that are no finite numbers, fewer than three units.
    """
    if LABEL not in recording.unit_labels:
        raise InputError(
            f'bumps: units must have the label "{LABEL}" [rad]; got {", ".join(recording.unit_labels) or "none"}'
        )
    given = np.asarray(recording.unit_labels[LABEL])
    if given.dtype.kind not in "iuf" or not np.isfinite(given).all():
        raise InputError(f'bumps: the label "{LABEL}" must hold finite angles [rad]; got {given.dtype}')
    if given.size < 3:
        raise InputError(f"bumps: a ring must have at least 3 units; got {given.size}")
    return given.astype(np.float64)


def vector_strength(recording: Recording) -> Floats:
    """Length of the population vector over the summed activity, (..., time), 0..1; 0 without activity.

    Raises:
        InputError: units without a position; activity below 0.
    """
    return _decoded(recording)[1]


def bump_position(recording: Recording) -> Floats:
    """Direction of the population vector, (..., time), in −π..π [rad].

    Raises:
        InputError: units without a position; activity below 0, or that points nowhere at some time.

    >>> angle = np.radians(np.arange(0, 360, 10))
    >>> bump = Recording(1 + np.cos(angle - 0.7)[None], 0.1, "second", "rate", "Hz", unit_labels={"position": angle})
    >>> round(float(bump_position(bump)[0]), 12), round(float(vector_strength(bump)[0]), 12)
    (0.7, 0.5)
    """
    position, strength = _decoded(recording)
    if (strength < CLEAR).any():
        at = int(np.argwhere(strength < CLEAR)[0][-1])
        raise InputError(f"bump_position: activity points nowhere at t = {recording.times[at]:g} {recording.clock}; "
                         "smooth it for longer, or select the time of the bump")  # fmt: skip
    return position


def _decoded(recording: Recording) -> tuple[Floats, Floats]:
    angle, x = angles_of(recording), recording.numpy()
    if (x < 0).any():
        raise InputError(f"bumps: activity must be >= 0, as rates are; got {float(x.min()):g}")
    return population_vector(x, angle)


def bump_profile(recording: Recording, *, sd: float = 0.0) -> tuple[Floats, Floats]:
    """The mean bump: every sample is turned until it points to 0, then all are averaged.

    Args:
        recording: of evenly spaced units.
        sd: of a Gaussian along the ring that smooths the mean [rad]; it widens a bump of that shape.

    Returns:
        Angles (unit,) from −π on [rad], and activity (unit,).

    Raises:
        InputError: as `bump_position`; units that are not evenly spaced; an sd below 0.
    """
    order, angle = _even(recording)
    if not (math.isfinite(sd) and sd >= 0):
        raise InputError(f"bump_profile.sd: must be finite and >= 0 [rad]; got {sd}")
    x = recording.numpy()[..., order].reshape(-1, angle.size)
    place = bump_position(recording).reshape(-1)
    k = np.arange(angle.size // 2 + 1)
    spectrum = np.fft.rfft(x, axis=-1) * np.exp(1j * k * (place[:, None] - angle[0] - math.pi))
    smooth = np.exp(-0.5 * (k * sd) ** 2)
    mean = np.fft.irfft(spectrum.mean(axis=0) * smooth, angle.size)
    return angles(angle.size), np.asarray(mean)


def around(angle: ArrayLike) -> NDArray[np.intp] | None:
    """The order of units around the ring, if they lie evenly on the whole of it [rad].

    >>> around([0.0, np.pi, -np.pi / 2, np.pi / 2]).tolist()
    [1, 2, 0, 3]
    >>> around([0.0, 0.1, 0.2]), around([0.0, np.nan, np.pi])
    (None, None)
    """
    turned = wrapped(angle)
    order = np.argsort(turned, kind="stable")
    gaps = np.diff(np.concatenate([turned[order], [turned[order[0]] + 2 * np.pi]]))
    return order if np.abs(gaps - 2 * np.pi / turned.size).max() <= 1e-6 else None  # of NaN nothing is even


def _even(recording: Recording) -> tuple[NDArray[np.intp], Floats]:
    """Order of evenly spaced units around the ring, and their angles in that order."""
    angle = angles_of(recording)
    order = around(angle)
    if order is None:
        raise InputError("bumps: units must lie evenly on the ring; a profile of others is not defined here")
    return order, wrapped(angle[order])


def full_width(angle: ArrayLike, activity: ArrayLike) -> float:
    """Full width at half maximum of a profile on a ring [rad]: half way from trough to peak, linear between units.

    Raises:
        InputError: a flat profile, or shapes that do not fit.

    >>> x = np.linspace(-np.pi, np.pi, 720, endpoint=False)
    >>> round(math.degrees(full_width(x, 1 + np.cos(x))), 6)
    180.0
    """
    x, y = _profile(angle, activity, "full_width")
    half, top = 0.5 * (y.min() + y.max()), int(y.argmax())
    if y.max() - y.min() <= 1e-12 * max(abs(y.max()), 1e-300):
        raise InputError("full_width: the profile is flat, there is no bump")
    total = 0.0
    for way in (1, -1):
        index = (top + way * np.arange(y.size)) % y.size
        k = int(np.argmax(y[index] < half))  # the first unit below
        steps = np.abs(wrapped(np.diff(x[index[: k + 1]])))
        share = (y[index[k - 1]] - half) / (y[index[k - 1]] - y[index[k]])
        total += float(steps[:-1].sum() + share * steps[-1])
    return total


def half_width(angle: ArrayLike, activity: ArrayLike) -> float:
    """Half of the stretch around the peak where a profile lies above 0, a millionth of the peak, [rad].

    Its ends are where the line through the last two units above 0 reaches 0: exact to the square of the spacing.

    Raises:
        InputError: a profile that is nowhere 0, or whose bump has fewer than 4 units.

    >>> x = np.linspace(-np.pi, np.pi, 3600, endpoint=False)
    >>> round(math.degrees(half_width(x, np.maximum(np.cos(x) - 0.5, 0))), 3)
    60.0
    """
    x, y = _profile(angle, activity, "half_width")
    n, top, zero = y.size, int(y.argmax()), SOME * float(y.max())
    if y.min() > zero or (y > zero).sum() < 4:
        raise InputError("half_width: needs a bump of at least 4 units that ends in units at 0")
    total = 0.0
    for way in (1, -1):
        index = (top + way * np.arange(n)) % n
        k = int(np.argmax(y[index] <= zero))  # the first unit at 0
        steps = np.abs(wrapped(np.diff(x[index[:k]])))
        inner, outer = y[index[k - 2]], y[index[k - 1]]
        total += float(steps.sum() + (steps[-1] * outer / (inner - outer) if k > 1 and inner > outer else 0.0))
    return total / 2


def _profile(angle: ArrayLike, activity: ArrayLike, what: str) -> tuple[Floats, Floats]:
    x, y = np.asarray(angle, dtype=np.float64), np.asarray(activity, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape or x.size < 3 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(f"{what}: angle and activity must be finite vectors of one length, at least 3; "
                         f"got {x.shape} and {y.shape}")  # fmt: skip
    order = np.argsort(wrapped(x), kind="stable")
    return wrapped(x)[order], y[order]


def wandering(positions: ArrayLike, dt: float, *, piece: float | None = None, level: float = 0.95) -> Wandering:
    r"""Drift and diffusion of a bump over trials.

    .. math:: \operatorname{Var}_k[x_k(t) - x_k(0)] = B\,t + b, \quad \text{drift} = \langle \dot x_k \rangle_k

    B is the slope of a least-squares line with an intercept, which takes up the noise of decoding. Its interval is that
    of a variance, B ν/χ²_ν. Of Brownian trials, ν = 0.85 (n − 1): the line weighs all times, and its estimate scatters
    a little more than the last variance alone. The drift has Student's interval over trials.

    Args:
        positions: (trial, time) [rad]; each trial is unwrapped.
        dt: sampling interval [s].
        piece: cut trials into pieces of this length [s], each of which counts as a trial: what a walk does in a second
            tells nothing of the next, and B of 10 trials of 5 s scatters less than half as much. Pieces must last
            longer than what makes the motion smooth (the slowest synapse).
        level: of the intervals.

    Raises:
        InputError: fewer than 3 trials or 3 times, numbers that are not finite, a piece that no trial holds.
    """
    x = np.asarray(positions, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] < 3 or x.shape[1] < 3 or not np.isfinite(x).all():
        raise InputError(f"wandering.positions: must be finite (trial, time), at least 3 of both; got shape {x.shape}")
    if not (math.isfinite(dt) and dt > 0):
        raise InputError(f"wandering.dt: must be > 0 [s]; got {dt}")
    if not 0 < level < 1:
        raise InputError(f"wandering.level: must lie between 0 and 1; got {level}")
    walk = np.degrees(np.unwrap(x, axis=1))
    if piece is not None:
        length = round(piece / dt) if math.isfinite(piece) else 0
        if not 3 <= length <= walk.shape[1]:
            raise InputError(
                f"wandering.piece: must be 3 samples to the whole trial of {dt * walk.shape[1]:g} s; got {piece:g}"
            )
        walk = walk[:, : walk.shape[1] // length * length].reshape(-1, length)
    walk = walk - walk[:, :1]
    n, t = len(walk), dt * np.arange(walk.shape[1])
    weights = (t - t.mean()) / ((t - t.mean()) ** 2).sum()  # of the slope of a line
    slopes = walk @ weights
    half = float(student.ppf(0.5 + level / 2, n - 1) * slopes.std(ddof=1) / math.sqrt(n))
    drift = float(slopes.mean())
    b = float(walk.var(axis=0, ddof=1) @ weights)
    nu = FREEDOM * (n - 1)
    low, high = (max(b, 0.0) * nu / float(chi2.ppf(q, nu)) for q in (0.5 + level / 2, 0.5 - level / 2))
    return Wandering(drift, (drift - half, drift + half), b, (low, high), n)


def resting_places(positions: ArrayLike, *, tolerance: float = 1e-3) -> Floats:
    """The distinct places at which bumps rest, in ascending order (place,) [rad]: how finely a ring is pinned.

    Args:
        positions: where bumps that started anywhere came to rest, any shape [rad].
        tolerance: positions that are no further apart than this are one place [rad].

    Raises:
        InputError: no positions, or numbers that are not finite; a tolerance that is not positive.

    >>> resting_places([1.0, 1.000001, -2.0, 2 * np.pi - 2.0]).round(3).tolist()
    [-2.0, 1.0]
    """
    x = np.sort(wrapped(np.ravel(np.asarray(positions, dtype=np.float64))))
    if not x.size or not np.isfinite(x).all():
        raise InputError("resting_places.positions: must be finite angles [rad], at least one")
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise InputError(f"resting_places.tolerance: must be > 0 [rad]; got {tolerance}")
    gaps = np.diff(np.concatenate([x, [x[0] + 2 * np.pi]])) > tolerance
    if not gaps.any():
        return np.array([float(np.angle(np.exp(1j * x).mean()))])
    first = int(np.argmax(gaps)) + 1  # a place that lies across ± π is not cut
    turned = np.roll(x, -first)
    ends = np.cumsum(np.roll(gaps, -first))
    group = np.concatenate([[0], ends[:-1]])
    return np.sort([float(np.angle(np.exp(1j * turned[group == g]).mean())) for g in np.unique(group)])
