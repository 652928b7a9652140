"""Filter of a recording: the band that a measure reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.fft import next_fast_len
from scipy.special import ndtr

from ..simulator import InputError, Recording
from ..simulator.types import Band
from .measures.arrays import live_units
from .measures.checks import NO_ORDER, band_reason, edge

EDGE = 10  # low edge of a band over the SD of its soft edges
RINGING = 6  # periods of the low edge after which the filter rings no more: e^-7
LEAST_SHARE = 1e-6  # of a unit's SD: with less in the band it has no signal there, as for Hilbert phases


def bandpassed(recording: Recording, band: Band) -> Recording:
    r"""Return the part of the signal within the band [cycles per tick; Hz for seconds], without any shift of phase.

    .. math:: g(f) = \Phi((f - low)/\sigma) \, \Phi((high - f)/\sigma), \quad \sigma = low/10

    Cut out in the Fourier domain by the gain g, Φ the normal distribution: at the edges it is 1/2. Sharp edges would
    ring for as long as the signal lasts, and carry a loud seizure into the time before it; these ring for about
    6/low (2 s at 3 Hz), under an envelope of :math:`e^{-2 \pi^2 \sigma^2 t^2}`. Unless the axis is a closed loop, the
    signal is first continued at both ends for as long, mirrored about its end points, so that the ends do not wrap
    around. A unit that is constant, or whose SD within the band is below 1e-6 of its own, becomes 0.

    Raises:
        InputError: the clock is "sample", or the band does not fit.

    >>> t = np.arange(1000)[:, None] / 100
    >>> both = Recording(np.sin(2 * np.pi * 5 * t) + np.sin(2 * np.pi * 30 * t), 0.01, "second", "potential", "µV")
    >>> bool(np.abs(bandpassed(both, (3, 8)).values - np.sin(2 * np.pi * 5 * t))[100:-100].max() < 0.01)
    True
    """
    if recording.clock == "sample":
        raise InputError(f"band: {NO_ORDER}")
    reason = band_reason(recording.n_times, recording.dt, band, recording.periodic)
    if reason is not None:
        raise InputError(reason)
    x = np.asarray(recording.numpy(), dtype=np.float64)
    alive = np.asarray(live_units(x))
    x = x - x.mean(axis=-2, keepdims=True)
    least = LEAST_SHARE * x.std(axis=-2)
    n = 0
    if not recording.periodic:
        n = min(recording.n_times - 1, RINGING * edge(recording.dt, band))
        before = 2 * x[..., :1, :] - x[..., n:0:-1, :]
        after = 2 * x[..., -1:, :] - x[..., -2 : -n - 2 : -1, :]
        x = np.concatenate([before, x, after], axis=-2)
    size = next_fast_len(x.shape[-2], real=True) if n else x.shape[-2]  # zeros beyond the mirrored ends
    f = np.fft.rfftfreq(size, recording.dt)
    width = band[0] / EDGE
    gain = ndtr((f - band[0]) / width) * ndtr((band[1] - f) / width) * (f > 0)
    u = np.fft.irfft(np.fft.rfft(x, n=size, axis=-2) * gain[:, None], n=size, axis=-2)
    u = u[..., n : n + recording.n_times, :]
    # Rounding leaves noise where a unit is constant or has nothing in the band: it must not come to life as a signal.
    return replace(recording, values=u * (alive & (u.std(axis=-2) >= least))[..., None, :])
