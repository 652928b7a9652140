"""Frequency of the population rhythm: the peak of its spectrum."""

from __future__ import annotations

import math

import array_api_compat as api
import numpy as np
from numpy.typing import NDArray

from ...simulator.recordings.recording import to_numpy
from ...simulator.types import Array, Band
from .arrays import as_float, centre, count, namespace, over_time, ratio
from .base import Measure
from .checks import band_bins

EQUAL = 0.9  # of the power of the strongest line: lines of one comb are as strong as each other


def population_spectrum(x: Array, mask: Array, *, segment: int, periodic: bool = False) -> Array:
    """Return the one-sided power spectrum of the mean over live units by Welch's method, (…, segment // 2 + 1).

    x: (…, time, unit), mask: (…, unit). Frequencies are 0, 1, 2 … over (segment · dt); the power is in arbitrary units.
    Pieces of `segment` samples overlap by half. Each loses its mean and gets a Hann window, and their powers are
    averaged. A periodic recording that is one piece has no window: its spectrum is exact.
    """
    xp = namespace(x)
    n_times = x.shape[-2]
    total = xp.sum(x * as_float(over_time(mask), x), axis=-1, keepdims=True)
    signal = ratio(total, over_time(xp.expand_dims(count(mask, x), axis=-1)))
    whole = periodic and segment == n_times
    pieces = segments(signal, segment, tapered=not whole)
    power = sum(xp.real(piece) ** 2 + xp.imag(piece) ** 2 for piece in pieces)
    k = xp.arange(segment // 2 + 1, dtype=x.dtype, device=api.device(x))
    both_sides = as_float((k > 0) & (2 * k < segment), x) + 1  # DC and Nyquist have no mirror image
    return power[..., 0] * both_sides / len(pieces)


def segments(x: Array, segment: int, tapered: bool = True) -> list[Array]:
    """Fourier coefficients of pieces of `segment` samples that overlap by half, each (…, segment // 2 + 1, unit).

    x: (…, time, unit). Each piece loses its mean, and gets a Hann window if it is tapered.
    """
    xp = namespace(x)
    t = xp.arange(segment, dtype=x.dtype, device=api.device(x))
    window = 0.5 - 0.5 * xp.cos(2 * math.pi / segment * t) if tapered else xp.ones_like(t)
    window = xp.expand_dims(window, axis=-1)
    starts = range(0, x.shape[-2] - segment + 1, max(1, segment - segment // 2))
    return [xp.fft.rfft(centre(x[..., s : s + segment, :]) * window, axis=-2) for s in starts]


def spectral_peak(
    x: Array, mask: Array, *, dt: float, segment: int, band: Band | None = None, periodic: bool = False
) -> Array:
    r"""Frequency of the strongest rhythm of the population mean [cycles per tick], DC excluded.

    .. math:: f^* = \arg\max_{f > 0} \; \overline{|\mathcal{F}[w \cdot \tfrac1n \textstyle\sum_j x_j](f)|^2}

    A comb of pulses is an exception: all of its harmonics are equally strong, and rounding decides which one is the
    largest. Where f* is a harmonic of a comb, the fundamental is returned, or the lowest harmonic within the band; see
    `comb_spacing`.

    x: (…, time, unit), mask: (…, unit) -> (…), in steps of 1 / (segment · dt).

    >>> import numpy as np
    >>> x = np.cos(2 * np.pi * 4 * np.arange(200)[:, None] / 100 + np.zeros(3))
    >>> float(spectral_peak(x, np.ones(3, bool), dt=0.01, segment=100))
    4.0
    >>> comb = np.zeros((1000, 1))
    >>> comb[::10] = 1.0  # every 0.1 s
    >>> float(spectral_peak(comb, np.ones(1, bool), dt=0.01, segment=500))
    10.0
    """
    xp = namespace(x)
    power = population_spectrum(x, mask, segment=segment, periodic=periodic)
    first, last = (1, segment // 2) if band is None else band_bins(segment, dt, band)
    spectra = to_numpy(power).reshape(-1, power.shape[-1])
    bins = np.reshape([_peak_bin(one, first, last) for one in spectra], power.shape[:-1])
    return xp.asarray(bins, dtype=x.dtype, device=api.device(x)) / (segment * dt)


def comb_spacing(power: NDArray[np.float64], top: int) -> float:
    """Return the spacing of the comb of which bin `top` is the strongest line [bins]; `top` itself without a comb.

    It is top/k for the largest k for which every line at a multiple of top/k, up to `top`, has at least 90 % of its
    power, and the next one above half. The power of a line is that of three bins: a Hann window spreads it over them,
    and their sum does not depend on where between two bins the line lies (within 2 %). A mixture of a few sines lacks
    lines, or has unequal ones, so that its largest sine stays the peak.

    Args:
        power: of the bins 0, 1, 2 …
        top: the bin with the largest power.

    >>> power = np.zeros(50)
    >>> power[[4, 12]] = 1.0, 1.05
    >>> comb_spacing(power, 12)
    12.0
    >>> power[4::4] = 1.0
    >>> comb_spacing(power, 12)
    4.0
    """
    padded = np.concatenate([power, [0.0, 0.0]])
    padded[0] = 0.0
    lines = padded[:-2] + padded[1:-1] + padded[2:]  # lines[j - 1]: around bin j
    k = np.arange(2, top // 2 + 1)
    for parts in k[lines[np.rint(top / k).astype(int) - 1] >= EQUAL * lines[top - 1]][::-1]:
        spacing = top / parts
        at = np.rint(spacing * np.arange(1, parts + 2)).astype(int)
        found = lines[at[at < power.size - 1] - 1] / lines[top - 1]
        if (found[: parts - 1] >= EQUAL).all() and (found >= 0.5).all():
            return float(spacing)
    return float(top)


def _peak_bin(power: NDArray[np.float64], first: int, last: int) -> int:
    top = first + int(np.argmax(power[first : last + 1]))
    spacing = comb_spacing(power, top)
    lowest = spacing * np.ceil((first - 0.5) / spacing)
    near = np.arange(max(first, round(lowest) - 1), min(last, round(lowest) + 1) + 1)
    return int(near[np.argmax(power[near])])


SPECTRAL_PEAK = Measure(
    name="spectral_peak",
    kernel=spectral_peak,
    needs=frozenset({"order", "stationary"}),
    inputs=("dt", "band", "segment", "periodic"),
    differentiable=False,
    of_counts=True,
    min_units=1,
    min_times=8,
    formula="argmax over f > 0 of Welch's power spectrum of the mean over live units; of a comb, whose harmonics are "
    "equal, the fundamental",
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
