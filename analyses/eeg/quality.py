"""Quality of channels: those that cannot be trusted, each with its reason, copies among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording
from ...simulator.files.names import OTHER, kinds_of
from ...simulator.files.survey import STILL, copies_in, surveyed
from ...simulator.recordings.pieces import Moments, Pieces, pieces
from ...simulator.types import Band
from ..filtering import bandpassed
from ..measures.arrays import vary
from .dropouts import CLIPPED, Dropouts, dropouts

MAX_Z = 5.0  # robust z of log variance
LEAST_SCALE = 0.2  # of log10 variance: below it, channels are alike and none stands out
LINE_SHARE = 0.5  # of the power above 1 Hz that lies within 1 Hz of 50 or 60 Hz
LINE_PARTS, LINE_PART = 64, 2**15  # parts of a long recording that show line noise, and samples of each
OF_A_BAND = ("line noise", "its variance")  # faults that are judged within the band that is analysed
LEAST_CHANNELS = 5  # fewer give no scale to stand out from


@dataclass(frozen=True)
class Channel:
    """One channel of a recording: whether it is used, and why not."""

    name: str
    used: bool
    reason: str  # "" where it is used


def channel_names(recording: Recording) -> list[str]:
    """Return the names of the units: their label ``channel``, else their numbers."""
    labels = recording.unit_labels.get("channel")
    return [str(n) for n in (range(recording.n_units) if labels is None else labels)]


def examine(
    recording: Recording, *, time: tuple[float, float] | None = None, band: Band | None = None
) -> list[Channel]:
    """Judge every channel: usable, or the first reason why not.

    In this order: its name says it is no EEG (ECG, EOG, EMG, a trigger ...); flat (no variance, or constant for
    0.1 s and longer in half of the time); clipped (over 1 % of its samples stand three or more in a row at its own
    extreme, but not for as long as a dropout); 50 or 60 Hz hold over half of its power above 1 Hz; a copy, up to sign
    and gain, of an earlier channel that is not named so far; the log10 of its variance lies over 5 robust SDs
    (1.4826 · MAD, at least 0.2) from the median of the channels not named so far.

    Flat and clipped are judged as recorded. Line noise, copies and variance are judged within the band that is
    analysed, without dropouts: mains and drift outside of it are no fault, as the filter removes them.

    Args:
        recording: (time, channel).
        time: (start, stop) within which variance and line noise are judged, such as the time before a seizure, which
            may be loud in a few channels for good reason; all of it if left out.
        band: (low, high) [cycles per tick] that is analysed; all of the signal if left out.

    Raises:
        InputError: it has trials.
    """
    return judged(recording, recording if band is None else bandpassed(recording, band), time, band)


def judged(
    recording: Recording,
    signal: Recording,
    time: tuple[float, float] | None = None,
    band: Band | None = None,
) -> list[Channel]:
    """Judge every channel as `examine`, from the recording and its signal within the band."""
    if recording.values.ndim != 2:
        raise InputError(f"eeg: a recording must have the axes (time, channel); got shape {recording.values.shape}")
    reasons = [""] * recording.n_units
    names = channel_names(recording)
    seen = surveyed(recording.values, recording.dt)
    alive = vary(seen.moments.sd, seen.size)
    part = signal if time is None else signal.select(time=time)
    lines = line_noise_of(part) if recording.clock == "second" else [(0.0, 50.0)] * len(names)
    for at, kind in enumerate(kinds_of(names)):
        if kind in OTHER:
            reasons[at] = f"its name says that it is no EEG ({kind})"
        elif not alive[at] or (share := seen.still_share[at]) > STILL:
            reasons[at] = "flat" if not alive[at] else f"flat for {100 * share:.0f} % of the time"
        elif (share := seen.clipped[at]) > CLIPPED:
            reasons[at] = f"clipped: {100 * share:.1f} % of its samples stand in a row at its extreme"
        elif lines[at][0] > LINE_SHARE:
            reasons[at] = f"line noise: {100 * lines[at][0]:.0f} % of its power is at {lines[at][1]:g} Hz"
    lost = dropouts(recording, band, clipped=False)
    inside = moments_of(signal, lost)
    size = seen.size if signal is recording else seen.moments.sd  # nothing is left of a signal outside of the band
    for first, second, r in copies_in(inside, size):
        if not reasons[first] and not reasons[second]:
            reasons[second] = f"{'a copy' if r > 0 else 'an inverted copy'} of {names[first]}"
    quiet = inside if part is signal else moments_of(part, lost, round((part.t0 - recording.t0) / recording.dt))
    for at, z in _outliers(quiet.sd**2, [not reason for reason in reasons]):
        reasons[at] = f"its variance stands out: robust z of log variance {z:+.1f}"
    return [Channel(name, not reason, reason) for name, reason in zip(names, reasons, strict=True)]


def moments_of(recording: Recording, lost: Dropouts, first: int = 0) -> Moments:
    """Return mean, variance and correlation of the channels without dropouts, whose steps all would share.

    Args:
        recording: (time, channel).
        lost: dropouts of a recording of which this is a part.
        first: the sample there with which this begins.
    """
    values, found = recording.values, Moments(recording.n_units)
    drops = any(lost.spans)
    if not drops and isinstance(values, Pieces) and values.moments is not None:
        return values.moments
    for at, piece in pieces(values):
        kept = piece[lost.clean(first + at, first + at + len(piece))] if drops else piece
        if len(kept):
            found.add(kept)
    return found if found.n > 1 else moments_of(recording, Dropouts.none(recording))


def used(recording: Recording, channels: list[Channel]) -> Recording:
    """Return the recording with the usable channels alone.

    Args:
        recording: (time, channel).
        channels: one verdict for each channel, in the same order, as from `examine`.

    Raises:
        InputError: fewer than two channels are usable. The message names each unusable channel and its reason.
    """
    keep = [at for at, channel in enumerate(channels) if channel.used]
    if len(keep) < 2:
        left = "; ".join(f"{c.name}: {c.reason}" for c in channels if not c.used) or "there are no others"
        raise InputError(f"eeg: {len(keep)} of {len(channels)} channels can be used; synchrony needs 2; {left}")
    return recording if len(keep) == len(channels) else recording.select(units=keep)


def line_noise(x: NDArray[np.float64], dt: float) -> tuple[float, float]:
    """Return the larger share of the power above 1 Hz within 1 Hz of 50 or 60 Hz, and that frequency; x: (time,)."""
    return _largest_share(*_line_powers(x, dt))


def line_noise_of(recording: Recording) -> list[tuple[float, float]]:
    """Return the line noise of every channel; of `Pieces` from up to 64 parts of them, spread evenly."""
    values = recording.values
    if not isinstance(values, Pieces):
        return [line_noise(x, recording.dt) for x in np.asarray(recording.numpy(), dtype=np.float64).T]
    n = values.shape[0]
    length = min(n, LINE_PART)
    found = []
    for first in np.unique(np.linspace(0, n - length, min(LINE_PARTS, -(-n // length))).astype(int)):
        found.append([_line_powers(x, recording.dt) for x in values.read(int(first), int(first) + length).T])
    return [_largest_share(*powers) for powers in np.sum(found, axis=0)]


def _line_powers(x: NDArray[np.float64], dt: float) -> tuple[float, float, float]:
    """Return the power above 1 Hz, and within 1 Hz of 50 and of 60 Hz."""
    frequency = np.fft.rfftfreq(x.size, dt)
    power = np.abs(np.fft.rfft(x - x.mean())) ** 2
    near = (float(power[np.abs(frequency - f) <= 1].sum()) for f in (50.0, 60.0))
    return float(power[frequency >= 1].sum()), *near  # type: ignore[return-value]


def _largest_share(whole: float, at_50: float, at_60: float) -> tuple[float, float]:
    return max((at_50 / whole, 50.0), (at_60 / whole, 60.0)) if whole > 0 else (0.0, 50.0)


def _outliers(variance: NDArray[np.float64], candidates: list[bool]) -> Iterator[tuple[int, float]]:
    at = np.flatnonzero(np.array(candidates) & (variance > 0))
    if at.size < LEAST_CHANNELS:
        return
    level = np.log10(variance[at])
    middle = np.median(level)
    scale = max(1.4826 * float(np.median(np.abs(level - middle))), LEAST_SCALE)
    for k, z in zip(at, (level - middle) / scale, strict=True):
        if abs(z) > MAX_Z:
            yield int(k), float(z)
