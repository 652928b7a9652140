r"""Closed forms of the leaky integrate-and-fire cell, without noise and with it.

The cell follows τ v' = μ(t) − v, spikes at v = θ, and then stays at V_r for τ_ref. White noise is σ√τ dW/dt, so that
v without a threshold has the SD σ/√2. Voltages are in mV, times in ms, rates in Hz.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import dawsn, erf, erfcx, zeta

from ...simulator import InputError
from ...simulator.fields import Checked, Param, checked
from ...simulator.types import Floats

COLOUR = -float(zeta(0.5)) / math.sqrt(2.0)  # 1.0326: shift of threshold and reset by coloured noise
GRID = -float(zeta(0.5)) / math.sqrt(2.0 * math.pi)  # 0.5826: shift by looking at a random walk once a step
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(300)
_SMALLEST = 1e-16  # of the distances from an end that are integrated over in their logarithm


@dataclass(frozen=True)
class Lif(Checked):
    """The parameters of a cell; the defaults are those of Brunel (J Comput Neurosci 2000).

    Raises:
        InputError: a parameter out of its bounds.
    """

    tau: Annotated[float, Param("membrane time constant [ms]", gt=0)] = 20.0
    threshold: Annotated[float, Param("threshold [mV]")] = 20.0
    reset: Annotated[float, Param("reset, below the threshold [mV]")] = 10.0
    refractory: Annotated[float, Param("refractory period [ms]", ge=0)] = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.reset < self.threshold:
            raise InputError(f"Lif.reset: must lie below threshold {self.threshold:g} mV; got {self.reset:g}")


def rate(mu: ArrayLike, cell: Lif | None = None) -> Floats:
    r"""Return the rate under a constant drive [Hz].

    .. math:: r = \Big[\tau_{ref} + \tau \ln\frac{\mu - V_r}{\mu - \theta}\Big]^{-1},
              \quad 0 \text{ for } \mu \le \theta

    >>> rate([15.0, 20.5, 25.0]).round(4).tolist()
    [0.0, 15.9007, 41.7149]
    """
    cell = cell or Lif()
    x = np.asarray(mu, dtype=np.float64)
    above = x > cell.threshold
    room = np.where(above, x - cell.threshold, 1.0)
    return np.asarray(np.where(above, 1000.0 / (cell.refractory + cell.tau * np.log1p(
        (cell.threshold - cell.reset) / room)), 0.0))  # fmt: skip


def spike_times(
    drive: ArrayLike, duration: float, cell: Lif | None = None, *, starts: ArrayLike = (0.0,), v: float | None = None
) -> Floats:
    r"""Return the exact times of the spikes under a drive that is constant by pieces [ms].

    From v a drive μ > θ leads to a spike after τ ln((μ − v)/(μ − θ)); the next piece begins where the last one left v.

    Args:
        drive: μ of every piece (n,) [mV].
        duration: end of the last piece [ms].
        cell: its parameters.
        starts: where the pieces begin (n,) [ms], rising from 0.
        v: where the cell starts [mV]; at its reset if left out.

    Raises:
        InputError: pieces that do not rise from 0, a start at or above threshold, more than 10⁷ spikes.

    >>> spike_times(25.0, 60.0).round(4).tolist()
    [21.9722, 45.9445]
    """
    cell = cell or Lif()
    levels, begins = np.atleast_1d(np.asarray(drive, float)), np.atleast_1d(np.asarray(starts, float))
    if levels.shape != begins.shape or levels.ndim != 1 or begins[0] != 0 or (np.diff(begins) <= 0).any():
        raise InputError(f"spike_times.starts: must rise from 0, one a drive; got {begins.tolist()}")
    if not (np.isfinite(levels).all() and math.isfinite(duration) and duration > begins[-1]):
        raise InputError("spike_times: drive and duration must be finite, and duration lie after the last start")
    now = cell.reset if v is None else float(v)
    if not now < cell.threshold:
        raise InputError(f"spike_times.v: must lie below threshold {cell.threshold:g} mV; got {now:g}")
    if duration * float(rate(levels.max(), cell)) > 1e10:
        raise InputError("spike_times: more than 1e+07 spikes; shorten duration")
    found: list[Floats] = []
    free = 0.0  # end of the refractory period
    for mu, begin, end in zip(levels, begins, [*begins[1:], duration], strict=True):
        t = max(free, float(begin))
        if t >= end:
            continue
        if mu > cell.threshold:
            first = t + cell.tau * math.log1p((cell.threshold - now) / (mu - cell.threshold))
            if first < end:
                period = 1000.0 / float(rate(mu, cell))
                times = first + period * np.arange(math.ceil((end - first) / period))
                times = times[times < end]
                found.append(times)
                free, now = float(times[-1]) + cell.refractory, cell.reset
                t = free
        if t < end:
            now = mu + (now - mu) * math.exp((t - end) / cell.tau)
    return np.concatenate(found) if found else np.empty(0)


def siegert(mu: ArrayLike, sigma: ArrayLike, cell: Lif | None = None, tau_s: float = 0.0) -> Floats:
    r"""Return the rate under a drive with noise [Hz], for any μ and σ that numpy broadcasts.

    .. math:: r^{-1} = \tau_{ref} + \tau\sqrt\pi \int_{(V_r - \mu)/\sigma}^{(\theta - \mu)/\sigma}
              e^{u^2} (1 + \operatorname{erf} u)\, du

    (Siegert, Phys Rev 1951). The integrand is erfcx(−u) below 0 and 2 exp(u²) − erfcx(u) above, and exp(u²) is taken
    out at the upper end: neither μ far above θ nor far below it overflows. σ = 0 is the deterministic rate.

    Args:
        mu: mean drive [mV].
        sigma: of the noise [mV].
        cell: its parameters.
        tau_s: correlation time of the noise [ms], small against τ: threshold and reset then lie higher by
            1.03 σ √(τ_s/τ) (Fourcaud & Brunel, Neural Comput 2002).

    >>> siegert([15.0, 25.0], 5.0).round(4).tolist()
    [9.4608, 47.2174]
    """
    cell = cell or Lif()
    x, s, low, high = _bounds(mu, sigma, cell, tau_s)
    scale, integral = _passage(low, high)
    noisy = 1000.0 * scale / (cell.refractory * scale + cell.tau * math.sqrt(math.pi) * integral)
    return np.asarray(np.where(s > 0, noisy, rate(x, cell)))


def siegert_cv(mu: ArrayLike, sigma: ArrayLike, cell: Lif | None = None, tau_s: float = 0.0) -> Floats:
    r"""Return the CV of the intervals under a drive with noise [1].

    .. math:: CV^2 = 2\pi (r\tau)^2 \int_{-\infty}^{b} e^{y^2} (1 + \operatorname{erf} y)^2
              \int_{\max(a, y)}^{b} e^{x^2} dx\, dy

    with a, b the bounds of `siegert`, and as safe far from threshold (Brunel, J Comput Neurosci 2000, with the order of
    integration exchanged). 0 without noise.

    >>> float(siegert_cv(15.0, 5.0).round(3))
    0.815
    """
    cell = cell or Lif()
    _, s, low, high = _bounds(mu, sigma, cell, tau_s)
    scale, integral = _passage(low, high)
    # rτ, times exp(b²) where b > 0
    per_tau = 1.0 / (cell.refractory / cell.tau * scale + math.sqrt(math.pi) * integral)
    a, b = low[..., None], high[..., None]
    within = _towards(b - a, lambda t: _variance(b - t, a, b))
    below = _towards(40.0 + np.abs(a), lambda t: _variance(a - t, a, b))
    return np.asarray(np.where(s > 0, np.sqrt(2 * math.pi * (within + below)) * per_tau, 0.0))


def grid_shift(sigma: float, tau: float, dt: float) -> float:
    """Return the shift [mV] that corrects a threshold checked once in a step dt [ms] of white noise.

    A walk that is checked in steps misses crossings, as if the threshold were higher by 0.5826 SD of its step
    (Chernoff, Sankhyā 1965; Broadie, Glasserman & Kou, Math Finance 1997).

    >>> round(grid_shift(5.0, 20.0, 0.1), 4)
    0.2055
    """
    return GRID * sigma * math.sqrt(-0.5 * math.expm1(-2.0 * dt / tau))


def coloured_sd(sigma: float, tau: float, tau_s: float) -> float:
    r"""Return the SD of an Ornstein-Uhlenbeck current that, at low frequencies, is white noise of σ [mV]: σ √(τ/2τ_s).

    >>> coloured_sd(5.0, 20.0, 10.0)
    5.0
    """
    return sigma * math.sqrt(tau / (2.0 * tau_s))


def _bounds(mu: ArrayLike, sigma: ArrayLike, cell: Lif, tau_s: float) -> tuple[Floats, Floats, Floats, Floats]:
    x, s = np.broadcast_arrays(np.asarray(mu, dtype=np.float64), np.asarray(sigma, dtype=np.float64))
    if not (np.isfinite(x).all() and np.isfinite(s).all() and (s >= 0).all()):
        raise InputError("siegert: mu must be finite and sigma finite and >= 0 [mV]")
    checked("siegert.tau_s", float, Param("[ms]", ge=0), tau_s)
    shift = COLOUR * s * math.sqrt(tau_s / cell.tau)
    spread = np.where(s > 0, s, 1.0)
    return x, s, (cell.reset + shift - x) / spread, (cell.threshold + shift - x) / spread


def _passage(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """exp(−b²) for b > 0, else 1, and that times the integral of exp(u²)(1 + erf u) from a to b."""
    scale = np.exp(-(np.maximum(b, 0.0) ** 2))
    below = _erfcx_integral(np.maximum(-b, 0.0), np.maximum(-a, 0.0))
    above = _erfcx_integral(np.maximum(a, 0.0), np.maximum(b, 0.0))
    p, q = np.maximum(a, 0.0), np.maximum(b, 0.0)
    growing = 2.0 * (dawsn(q) - np.exp((p - q) * (p + q)) * dawsn(p))
    return scale, np.asarray(growing + scale * (below - above))


def _erfcx_integral(low: Floats, high: Floats) -> Floats:
    """∫ erfcx from low to high, both >= 0; over log(1 + u), in which it is as smooth at 10⁸ as at 1."""
    first, last = np.log1p(low)[..., None], np.log1p(high)[..., None]
    half = 0.5 * (last - first)
    u = np.expm1(first + half * (1.0 + _NODES))
    return np.asarray((half * _WEIGHTS * erfcx(u) * (1.0 + u)).sum(axis=-1))


def _towards(length: Floats, of_distance: Callable[[Floats], Floats]) -> Floats:
    """∫ over the distances 0..length from an end, in their logarithm: what is steep there stays resolved."""
    half = -0.5 * math.log(_SMALLEST)
    t = length * np.exp(half * (_NODES - 1.0))
    return np.asarray((half * _WEIGHTS * t * of_distance(t)).sum(axis=-1))


def _variance(y: Floats, a: Floats, b: Floats) -> Floats:
    """exp(y²)(1 + erf y)² ∫ exp(x²) dx from max(a, y) to b; where b > 0 times exp(−2 b²)."""
    m, top = np.maximum(a, y), 2.0 * np.maximum(b, 0.0) ** 2
    low = y < 0
    front = np.where(low, erfcx(np.where(low, -y, 0.0)), 1.0 + erf(np.where(low, 0.0, y))) ** 2
    power = np.where(low, -(y**2), y**2) - top
    return np.asarray(front * (np.exp(power + b**2) * dawsn(b) - np.exp(power + m**2) * dawsn(m)))
