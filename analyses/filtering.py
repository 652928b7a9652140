"""Filter of a recording: the band that a measure reads."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from scipy.special import ndtr

from ..simulator import InputError, Recording
from ..simulator.files.survey import surveyed
from ..simulator.recordings.pieces import Moments, Pieces, pieces
from ..simulator.types import Band, Floats
from .measures.arrays import live_units, vary
from .measures.checks import NO_ORDER, band_reason, edge

EDGE = 10  # low edge of a band over the SD of its soft edges
RINGING = 6  # periods of the low edge after which the filter rings no more: e^-7
SILENT = 15  # periods of the low edge after which nothing is left: e^-44
FLAT, ROUNDING = 8, 1e-14  # SDs of the soft edge beyond which the gain is 0 to rounding
BLOCK, KEPT = 2**22, 2  # values filtered at once, 32 MB, and blocks kept
LEAST_SHARE = 1e-6  # of a unit's SD: with less in the band it has no signal there, as for Hilbert phases


def bandpassed(recording: Recording, band: Band) -> Recording:
    r"""Return the part of the signal within the band [cycles per tick; Hz for seconds], without any shift of phase.

    .. math:: g(f) = \Phi((f - low)/\sigma) \, \Phi((high - f)/\sigma), \quad \sigma = low/10

    Cut out in the Fourier domain by the gain g, Φ the normal distribution: at the edges it is 1/2. Sharp edges would
    ring for as long as the signal lasts, and carry a loud seizure into the time before it; these ring for about
    6/low (2 s at 3 Hz), under an envelope of :math:`e^{-2 \pi^2 \sigma^2 t^2}`. Unless the axis is a closed loop, the
    signal is first continued at both ends for as long, mirrored about its end points, so that the ends do not wrap
    around. A unit that is constant, or whose SD within the band is below 1e-6 of its own, becomes 0. `Pieces` are
    filtered piece by piece: the values are those of the whole to 1e-12 of its SD.

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
    if isinstance(recording.values, Pieces):
        return replace(recording, values=_in_pieces(recording.values, recording.dt, band))
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
    gain = _gain(size, recording.dt, band)
    u = np.fft.irfft(np.fft.rfft(x, n=size, axis=-2) * gain[:, None], n=size, axis=-2)
    u = u[..., n : n + recording.n_times, :]
    # Rounding leaves noise where a unit is constant or has nothing in the band: it must not come to life as a signal.
    return replace(recording, values=u * (alive & (u.std(axis=-2) >= least))[..., None, :])


def _gain(size: int, dt: float, band: Band) -> Floats:
    f = np.fft.rfftfreq(size, dt)
    width = band[0] / EDGE
    return np.asarray(ndtr((f - band[0]) / width) * ndtr((band[1] - f) / width) * (f > 0))


def _in_pieces(values: Pieces, dt: float, band: Band) -> Pieces:
    """Return the filtered values as `Pieces`, of which blocks are made when they are asked for.

    Raises:
        InputError: the gain is cut off at half the sampling rate, so that the filter rings for the whole length.
    """
    if ndtr((0.5 / dt - band[1]) / (band[0] / EDGE)) < 1 - ROUNDING:
        raise InputError(
            f"band ({band[0]:g}, {band[1]:g}): its soft edge passes half the sampling rate, {0.5 / dt:g}, and this "
            f"recording is too long to be filtered as a whole; give a high edge of "
            f"{0.5 / dt - FLAT * band[0] / EDGE:.4g} or less"
        )
    seen = surveyed(values, dt)
    moments, alive = seen.moments, vary(seen.moments.sd, seen.size)
    plain = _Blocks(values, dt, band, moments.mean, alive)
    inside = Moments(len(values.units))
    for _, piece in pieces(Pieces(plain.read, np.arange(len(values.units)), 0, values.shape[0]), plain.length):
        inside.add(piece)
    live = alive & (inside.sd >= LEAST_SHARE * moments.sd)
    blocks = plain if live.all() else _Blocks(values, dt, band, moments.mean, live)
    known = inside if live.all() else None
    return Pieces(blocks.read, np.arange(len(values.units)), 0, values.shape[0], values.what, known)


class _Blocks:
    """Blocks of a filtered signal: each is cut from the middle of a longer piece, beyond whose ends nothing rings.

    A piece continues the signal at its ends as the whole is continued: mirrored, then 0, and round.
    """

    def __init__(self, values: Pieces, dt: float, band: Band, mean: Floats, live: NDArray[np.bool_]) -> None:
        self._values, self._mean, self._live = values, mean, live
        self._n = values.shape[0]
        self._mirrored = min(self._n - 1, RINGING * edge(dt, band))
        self._round = next_fast_len(self._n + 2 * self._mirrored, real=True)
        self._margin = SILENT * edge(dt, band)
        self._size = next_fast_len(max(BLOCK // max(1, len(mean)), 4 * self._margin), real=True)
        self.length = self._size - 2 * self._margin
        self._gain = _gain(self._size, dt, band)
        self._made: OrderedDict[int, Floats] = OrderedDict()

    def read(self, first: int, last: int, units: NDArray[np.intp]) -> Floats:
        """Return the samples first to last − 1 of these units, (time, unit)."""
        parts = []
        for block in range(first // self.length, -(-last // self.length)):
            at = block * self.length
            parts.append(self._block(block)[max(0, first - at) : max(0, last - at)])
        found = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return np.ascontiguousarray(found[:, units])

    def _block(self, number: int) -> Floats:
        if number not in self._made:
            while len(self._made) >= KEPT:
                self._made.popitem(last=False)
            first = number * self.length
            x = self._continued(first - self._margin, first - self._margin + self._size)
            made = np.empty((min(self.length, self._n - first), x.shape[1]))
            for unit in range(x.shape[1]):
                u = np.fft.irfft(np.fft.rfft(x[:, unit]) * self._gain, n=self._size)
                made[:, unit] = u[self._margin : self._margin + len(made)] * self._live[unit]
            self._made[number] = made
        return self._made[number]

    def _continued(self, first: int, last: int) -> Floats:
        """Return samples of the signal as it is continued beyond its ends, less the mean."""
        x = np.zeros((last - first, len(self._mean)))
        n, mirrored = self._n, self._mirrored
        for turn in (-self._round, 0, self._round):
            a, b = max(first, turn), min(last, turn + n)
            if a < b:
                x[a - first : b - first] = self._values.read(a - turn, b - turn) - self._mean
            a, b = max(first, turn - mirrored), min(last, turn)  # 2 x[0] − x[k] at −k
            if a < b:
                part = self._values.read(0, turn - a + 1)
                x[a - first : b - first] = (2 * part[0] - part[turn - b + 1 :] - self._mean)[::-1]
            a, b = max(first, turn + n), min(last, turn + n + mirrored)  # 2 x[n−1] − x[n−1−k] at n − 1 + k
            if a < b:
                part = self._values.read(n - 1 - (b - turn - n), n)[::-1]
                x[a - first : b - first] = 2 * part[0] - part[a - turn - n + 1 :] - self._mean
        return x
