"""Does synchrony change at once, and when? The source's detector as it wrote it, and a test with a known error rate."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...simulator import InputError
from ...simulator.types import Floats
from .stepscan import Scan, noise_like, nothing_left, polynomials

MIN_LENGTH = 20  # samples; shorter series leave too little to estimate the memory of the noise from
MIN_BOOTSTRAP = 199
SAMPLES_A_STEP = 20  # the least to tell the steps of a series from its noise
_CURVES = ("a constant", "a line", "a parabola")


def detect_critical_transitions(si: ArrayLike, threshold: float = 0.8) -> NDArray[np.int64]:
    r"""Batches at which an index of synchrony jumped, as the paper defines a critical transition.

    .. math:: \{\, t : |SI_t - SI_{t-1}| > \text{threshold} \,\}

    There is no noise model in it, hence no error rate: an index between 0 and 1 hardly ever moves by 0.8 from one
    batch to the next, and an index of another scale does so all the time. `change_point` is the test.

    Args:
        si: (batch,).
        threshold: of the jump [unit of si].

    Returns:
        Indices t >= 1 of the batches after a jump.

    Raises:
        InputError: not a vector of finite numbers, or a threshold that is negative or not finite.

    >>> detect_critical_transitions([0.05, 0.1, 0.95, 0.9, 0.05]).tolist()
    [2, 4]
    """
    x = _series(si, "detect_critical_transitions.si", 1)
    if not (math.isfinite(threshold) and threshold >= 0):
        raise InputError(f"detect_critical_transitions.threshold: must be finite and >= 0; got {threshold}")
    return np.flatnonzero(np.abs(np.diff(x)) > threshold) + 1


@dataclass(frozen=True)
class ChangePoint:
    """The likeliest step in a series, and the test of it.

    Attributes:
        index: first sample of the new level.
        low, high: interval of the index, of probability `level` if there is a step.
        jump: new level − old level [unit of the series], a trend aside.
        p: (1 + k)/(1 + n): k of the n series of noise without a step have a clearer one.
        memory: AR(1) coefficient of the noise, its small-sample bias removed.
        statistic: height of the step over its standard error.
        n: number of series of noise.
        level: of the interval.
    """

    index: int
    low: int
    high: int
    jump: float
    p: float
    memory: float
    statistic: float
    n: int
    level: float


def change_point(
    x: ArrayLike,
    *,
    trend: int = 0,
    steps: int = 1,
    margin: int = 5,
    n: int = 999,
    level: float = 0.95,
    seed: int = 0,
) -> ChangePoint:
    r"""Test for one step in the mean of a series, against noise that remembers its last value.

    The series is a polynomial trend, a step at an unknown sample k, and AR(1) noise. The statistic is the largest
    standardised CUSUM,

    .. math:: T = \max_k \frac{|\langle x, \tilde s_k \rangle|}{\|\tilde s_k\| \, \hat\sigma_\infty}, \qquad
              \hat\sigma_\infty^2 = \hat\sigma^2 \frac{1 + \hat\phi}{1 - \hat\phi},

    s̃_k the step at k with the trend projected out; variance σ̂² and memory φ̂ are those of what the best `steps` leave.
    Its null is a bootstrap: series of trend and noise, of resampled innovations and of the memory φ whose estimates
    average φ̂ (spread as these estimates are), go through the same steps. The interval comes from the index found in
    series *with* the step that was found.

    A smooth drift is a change of the mean too: `trend` takes a line or a parabola off, and what is found is beyond it.
    A series should be five times as long as (1 + φ)/(1 − φ); at half of that, noise passes for a step twice as often.

    Args:
        x: (time,), at least 20 samples, evenly spaced.
        trend: degree of the polynomial: 0 a constant, 1 a line, 2 a parabola.
        steps: how many the series may have. The best is tested; were the others left in the noise, they would hide it.
        margin: samples at either end at which no step is looked for.
        n: series of the bootstrap, at least 199.
        level: of the interval.
        seed: of the bootstrap.

    Raises:
        InputError: a series that is too short, constant or not finite; an argument out of range.

    References:
        Andrews, Econometrica 61, 821 (1993); Bai, Rev. Econ. Stat. 79, 551 (1997); Kendall, Biometrika 41, 403 (1954),
        for the bias of the memory.

    >>> noise = np.random.default_rng(0).normal(size=100)
    >>> found = change_point(noise + 3 * (np.arange(100) >= 60), n=199)
    >>> found.index, found.low <= 60 <= found.high, found.p
    (60, True, 0.005)
    """
    series = _series(x, "change_point.x", MIN_LENGTH)
    _whole("trend", trend, 0, len(_CURVES) - 1)
    _whole("margin", margin, 2, (series.size - 8) // 2)
    _whole("n", n, MIN_BOOTSTRAP, 1_000_000)
    _whole("steps", steps, 1, max(1, series.size // SAMPLES_A_STEP))
    if not 0 < level < 1:
        raise InputError(f"change_point.level: must lie between 0 and 1; got {level}")
    if nothing_left(series, trend):
        raise InputError(f"change_point.x: must be more than {_CURVES[trend]}; got nothing else to find a step in")
    scan = Scan(series.size, trend, margin, steps)
    rng = np.random.default_rng(seed)
    found = scan((series - series.mean())[None])
    left = found.left[0]
    memory, likely = scan.memories(float(found.memory[0]), left, rng)
    noise = noise_like(left, memory, rng.choice(likely, n), scan.freedom, rng)
    p = (1 + int((scan(noise).statistic >= found.statistic[0]).sum())) / (1 + n)
    at = int(found.at[0])
    stepped = noise + found.height[0] * scan.steps[:, at]
    error = scan(stepped).at - at
    off = np.quantile(error, [0.5 + level / 2, 0.5 - level / 2], method="higher")
    index = int(scan.starts[at])
    low, high = (int(np.clip(index - o, 1, series.size - 1)) for o in off)
    jump = float(found.height[0] / scan.norms[at])
    return ChangePoint(index, min(low, index), max(high, index), jump, p, memory, float(found.statistic[0]), n, level)


def change_points(
    x: ArrayLike,
    *,
    alpha: float = 0.05,
    trend: int = 0,
    steps: int = 3,
    margin: int = 5,
    n: int = 999,
    seed: int = 0,
) -> list[ChangePoint]:
    """All steps of a series by binary segmentation: it is cut at its best step if p is small, and so are its parts.

    The whole is held against alpha, so that this is the chance to report any step where there is none; a part against
    the share of alpha that it has of the samples. Indices and intervals count from the start of x; jumps are those of
    all steps together. `steps` is how many the noise is cleared of before each test, fewer in a part that is short.

    Raises:
        InputError: as `change_point`.

    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=160) + 4 * np.repeat([0, 1, 0], [50, 60, 50])
    >>> [found.index for found in change_points(x, n=199)]
    [50, 110]
    """
    series = _series(x, "change_points.x", MIN_LENGTH)
    _whole("steps", steps, 1, series.size)
    if not 0 < alpha < 1:
        raise InputError(f"change_points.alpha: must lie between 0 and 1; got {alpha}")
    found: list[ChangePoint] = []
    parts = [(0, series.size)]
    while parts:
        first, last = parts.pop()
        part = series[first:last]
        if found and (part.size < max(MIN_LENGTH, 2 * margin + 8) or nothing_left(part, trend)):
            continue
        room = max(1, min(steps, part.size // SAMPLES_A_STEP))
        step = change_point(part, trend=trend, steps=room, margin=margin, n=n, seed=seed + len(found))
        if step.p <= alpha * part.size / series.size:
            cut = first + step.index
            found.append(_moved(step, first))
            parts += [(first, cut), (cut, last)]
    found.sort(key=lambda step: step.index)
    levels = np.arange(series.size)[:, None] >= [step.index for step in found]
    fit = np.linalg.lstsq(np.concatenate([polynomials(series.size, trend), levels], axis=1), series, rcond=None)[0]
    return [replace(step, jump=float(jump)) for step, jump in zip(found, fit[1 + trend :], strict=True)]


def _moved(step: ChangePoint, by: int) -> ChangePoint:
    return replace(step, index=step.index + by, low=step.low + by, high=step.high + by)


def _series(x: ArrayLike, name: str, least: int) -> Floats:
    try:
        array = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: must be a vector of numbers; got {type(x).__name__}") from None
    if array.ndim != 1 or array.size < least:
        raise InputError(f"{name}: must be a vector of at least {least} samples; got shape {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"{name}: must be finite; got {array[~np.isfinite(array)][0]}")
    return array


def _whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not (isinstance(value, int | np.integer) and low <= value <= high):
        raise InputError(f"change_point.{name}: must be an integer in {low}..{high}; got {value}")
