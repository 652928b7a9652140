"""Frequency of the population rhythm: the peak of its spectrum."""

from __future__ import annotations

import math

import array_api_compat as api

from ...simulator.types import Array, Band
from .arrays import as_float, centre, count, over_time, ratio
from .base import Measure
from .checks import band_bins


def population_spectrum(x: Array, mask: Array, *, segment: int, periodic: bool = False) -> Array:
    """Return the one-sided power spectrum of the mean over live units by Welch's method, (…, segment // 2 + 1).

    x: (…, time, unit), mask: (…, unit). Frequencies are 0, 1, 2 … over (segment · dt); the power is in arbitrary units.
    Pieces of `segment` samples overlap by half. Each loses its mean and gets a Hann window, and their powers are
    averaged. A periodic recording that is one piece has no window: its spectrum is exact.
    """
    xp = api.array_namespace(x)
    n_times = x.shape[-2]
    total = xp.sum(x * as_float(over_time(mask), x), axis=-1, keepdims=True)
    signal = ratio(total, over_time(xp.expand_dims(count(mask, x), axis=-1)))
    t = xp.arange(segment, dtype=x.dtype, device=api.device(x))
    whole = periodic and segment == n_times
    window = xp.ones_like(t) if whole else 0.5 - 0.5 * xp.cos(2 * math.pi / segment * t)
    window = xp.expand_dims(window, axis=-1)
    starts = range(0, n_times - segment + 1, max(1, segment - segment // 2))
    pieces = [xp.fft.rfft(centre(signal[..., s : s + segment, :]) * window, axis=-2) for s in starts]
    power = sum(xp.real(piece) ** 2 + xp.imag(piece) ** 2 for piece in pieces)
    k = xp.arange(segment // 2 + 1, dtype=x.dtype, device=api.device(x))
    both_sides = as_float((k > 0) & (2 * k < segment), x) + 1  # DC and Nyquist have no mirror image
    return power[..., 0] * both_sides / len(pieces)


def spectral_peak(
    x: Array, mask: Array, *, dt: float, segment: int, band: Band | None = None, periodic: bool = False
) -> Array:
    r"""Frequency of the largest power of the population mean [cycles per tick], DC excluded.

    .. math:: f^* = \arg\max_{f > 0} \; \overline{|\mathcal{F}[w \cdot \tfrac1n \textstyle\sum_j x_j](f)|^2}

    x: (…, time, unit), mask: (…, unit) -> (…), in steps of 1 / (segment · dt).

    >>> import numpy as np
    >>> x = np.cos(2 * np.pi * 4 * np.arange(200)[:, None] / 100 + np.zeros(3))
    >>> float(spectral_peak(x, np.ones(3, bool), dt=0.01, segment=100))
    4.0
    """
    xp = api.array_namespace(x)
    power = population_spectrum(x, mask, segment=segment, periodic=periodic)
    first, last = (1, segment // 2) if band is None else band_bins(segment, dt, band)
    at = xp.argmax(power[..., first : last + 1], axis=-1)
    return (xp.astype(at, x.dtype) + first) / (segment * dt)


SPECTRAL_PEAK = Measure(
    name="spectral_peak",
    kernel=spectral_peak,
    needs=frozenset({"order", "stationary"}),
    inputs=("dt", "band", "segment", "periodic"),
    differentiable=False,
    of_counts=True,
    min_units=1,
    min_times=8,
    formula="argmax over f > 0 of Welch's power spectrum of the mean over live units",
    range="1/(segment dt) to 1/(2 dt)",
    floor="every signal has a peak: white noise gives one anywhere, a drift the lowest frequency",
    unit="1/clock",
    shows="the frequency of the strongest rhythm of the population, in steps of 1/(segment dt)",
    cannot="say that there is a rhythm at all, nor how strong it is; read it beside a measure of synchrony. Of spikes "
    "`measure` and `compare` read the counts, sliding windows the smoothed rates",
    citation="Welch, IEEE Trans. Audio Electroacoust. 15, 70 (1967)",
    nulls=(),
    no_null="a frequency is not more or less synchrony; shuffled units have a peak too, somewhere else",
)
