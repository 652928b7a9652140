"""Rhythm of a window, apart from synchrony: power, frequency, variation of the amplitude."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...simulator import Recording
from ...simulator.types import Band
from ..measures.arrays import live_units
from ..measures.checks import band_bins, edge
from ..measures.phase import analytic

NO_NULL = "shifting or randomising the phases of a channel leaves it as it is: no surrogate says anything"
Found = tuple[float, int]  # the value, and how many channels vary


@dataclass(frozen=True)
class Rhythm:
    """A number a window that every channel has by itself, averaged over channels."""

    name: str
    kernel: Callable[[Recording, Band], Found]
    formula: str
    unit: str  # "data" stands for the logarithm of the squared unit of the recording, "1/clock" for its frequency


def log_band_power(u: Recording, band: Band) -> Found:
    r"""Mean over the channels that vary of log10 of their power, and how many these are.

    .. math:: \frac1n \sum_j \log_{10} \overline{u_j(t)^2}

    Args:
        u: (time, channel), the signal within the band [u].
        band: that it was cut to.

    >>> t = np.arange(100)[:, None] / 100
    >>> wave = Recording(np.sqrt(200) * np.sin(2 * np.pi * 5 * t), 0.01, "second", "potential", "µV")
    >>> round(log_band_power(wave, (3, 8))[0], 9)  # 100 µV²
    2.0
    """
    x = np.asarray(u.numpy(), dtype=np.float64)
    alive = live_units(x)
    power = (x[:, alive] ** 2).mean(axis=0)
    return (float(np.log10(power).mean()), int(alive.sum())) if alive.any() else (math.nan, 0)


def peak_frequency(u: Recording, band: Band) -> Found:
    r"""The frequency within the band at which the channels have most of their power, on average [cycles per tick].

    .. math:: f^* = \arg\max_{f \in band} \frac1n \sum_j \frac{P_j(f)}{\sum_{f' \in band} P_j(f')}

    P_j is the periodogram of the window under a Hann taper. Every channel counts alike, however loud it is, and
    channels of opposite sign do not cancel, as they do in the population mean of `spectral_peak`. In steps of one over
    the length of the window.

    >>> t = np.arange(500)[:, None] / 100
    >>> opposite = np.sin(2 * np.pi * 6 * t) * np.array([1, -1])
    >>> round(peak_frequency(Recording(opposite, 0.01, "second", "potential", "µV"), (3, 20))[0], 9)
    6.0
    """
    x = np.asarray(u.numpy(), dtype=np.float64)
    alive = live_units(x)
    first, last = band_bins(u.n_times, u.dt, band)
    if not alive.any() or first > last:
        return math.nan, 0
    x = (x[:, alive] - x[:, alive].mean(axis=0)) * np.hanning(u.n_times + 1)[:-1, None]
    power = np.abs(np.fft.rfft(x, axis=0)[first : last + 1]) ** 2
    share = (power / power.sum(axis=0)).mean(axis=1)
    return (first + int(share.argmax())) / (u.n_times * u.dt), int(alive.sum())


def amplitude_cv(u: Recording, band: Band) -> Found:
    r"""Return the variation of the amplitude within the band: mean over channels of SD/mean of the Hilbert envelope.

    .. math:: \frac1n \sum_j \frac{SD_t\, a_j(t)}{\langle a_j(t) \rangle_t}, \quad a_j = |u_j + i\, \mathcal{H} u_j|

    0 for a steady rhythm; :math:`\sqrt{4/\pi - 1} = 0.523` for narrow-band Gaussian noise, whose envelope is
    Rayleigh's. One period of the low edge is left out at each end.

    >>> t = np.arange(500)[:, None] / 100
    >>> steady = Recording(np.sin(2 * np.pi * 6 * t), 0.01, "second", "potential", "µV")
    >>> amplitude_cv(steady, (3, 20))[0] < 1e-9
    True
    """
    x = np.asarray(u.numpy(), dtype=np.float64)
    alive = live_units(x)
    cut = 0 if u.periodic else edge(u.dt, band)
    if not alive.any() or u.n_times - 2 * cut < 2:
        return math.nan, 0
    a = np.hypot(*analytic(x[:, alive], u.dt, band))[cut : u.n_times - cut]
    return float((a.std(axis=0) / a.mean(axis=0)).mean()), int(alive.sum())


BAND_POWER, PEAK_FREQUENCY, AMPLITUDE_CV = "band_power", "peak_frequency", "amplitude_cv"
RHYTHMS: dict[str, Rhythm] = {
    rhythm.name: rhythm
    for rhythm in (
        Rhythm(BAND_POWER, log_band_power, "mean over channels of log10(mean over t of u_j(t)^2)", "data"),
        Rhythm(PEAK_FREQUENCY, peak_frequency, "argmax over f of the channels' mean share of power at f", "1/clock"),
        Rhythm(AMPLITUDE_CV, amplitude_cv, "mean over channels of SD_t / mean_t of the Hilbert envelope", "1"),
    )
}
