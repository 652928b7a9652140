"""Quality of channels: those that cannot be trusted, each with its reason, copies among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError, Recording
from ...simulator.files.channels import LIMIT_RUN, copies, in_runs, still
from ...simulator.files.names import OTHER, kinds_of
from ..measures.arrays import live_units

CLIPPED = 0.01  # share of samples in a row at a channel's own extreme
STILL = 0.5  # share of time without any change
MAX_Z = 5.0  # robust z of log variance
LEAST_SCALE = 0.2  # of log10 variance: below it, channels are alike and none stands out
LINE_SHARE = 0.5  # of the power above 1 Hz that lies within 1 Hz of 50 or 60 Hz
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


def examine(recording: Recording, *, time: tuple[float, float] | None = None) -> list[Channel]:
    """Judge every channel: usable, or the first reason why not.

    In this order: its name says it is no EEG (ECG, EOG, EMG, a trigger ...); flat (no variance, or constant for
    0.1 s and longer in half of the time); clipped (over 1 % of its samples stand three or more in a row at its own
    extreme); 50 or 60 Hz hold over half of its power above 1 Hz; a copy, up to sign and gain, of an earlier channel
    that is not named so far; the log10 of its variance lies over 5 robust SDs (1.4826 · MAD, at least 0.2) from the
    median of the channels not named so far.

    Args:
        recording: (time, channel).
        time: (start, stop) within which variance and line noise are judged, such as the time before a seizure, which
            may be loud in a few channels for good reason; all of it if left out.

    Raises:
        InputError: it has trials.
    """
    x = _values(recording)
    part = recording if time is None else recording.select(time=time)
    y = _values(part)
    reasons = [""] * recording.n_units
    names = channel_names(recording)
    alive = live_units(x)
    for at, kind in enumerate(kinds_of(names)):
        if kind in OTHER:
            reasons[at] = f"its name says that it is no EEG ({kind})"
        elif not alive[at] or (share := still(x[:, at], recording.dt)) > STILL:
            reasons[at] = "flat" if not alive[at] else f"flat for {100 * share:.0f} % of the time"
        elif (share := clipped(x[:, at])) > CLIPPED:
            reasons[at] = f"clipped: {100 * share:.1f} % of its samples stand in a row at its extreme"
        elif recording.clock == "second" and (line := line_noise(y[:, at], part.dt))[0] > LINE_SHARE:
            reasons[at] = f"line noise: {100 * line[0]:.0f} % of its power is at {line[1]:g} Hz"
    for first, second, r in copies(x):
        if not reasons[first] and not reasons[second]:
            reasons[second] = f"{'a copy' if r > 0 else 'an inverted copy'} of {names[first]}"
    for at, z in _outliers(y, [not reason for reason in reasons]):
        reasons[at] = f"its variance stands out: robust z of log variance {z:+.1f}"
    return [Channel(name, not reason, reason) for name, reason in zip(names, reasons, strict=True)]


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


def clipped(x: NDArray[np.float64]) -> float:
    """Return the share of the samples of x (time,) that stand three or more in a row at its least or greatest value.

    >>> clipped(np.array([0.0, 5, 5, 5, 5, 1, 2, 3, 4, 0]))
    0.4
    """
    return max(in_runs(x == x.max(), LIMIT_RUN), in_runs(x == x.min(), LIMIT_RUN))


def line_noise(x: NDArray[np.float64], dt: float) -> tuple[float, float]:
    """Return the larger share of the power above 1 Hz within 1 Hz of 50 or 60 Hz, and that frequency; x: (time,)."""
    frequency = np.fft.rfftfreq(x.size, dt)
    power = np.abs(np.fft.rfft(x - x.mean())) ** 2
    whole = float(power[frequency >= 1].sum())
    if whole == 0:
        return 0.0, 50.0
    shares = [(float(power[np.abs(frequency - f) <= 1].sum()) / whole, f) for f in (50.0, 60.0)]
    return max(shares)


def _values(recording: Recording) -> NDArray[np.float64]:
    x = np.asarray(recording.numpy(), dtype=np.float64)
    if x.ndim != 2:
        raise InputError(f"eeg: a recording must have the axes (time, channel); got shape {x.shape}")
    return x


def _outliers(x: NDArray[np.float64], candidates: list[bool]) -> Iterator[tuple[int, float]]:
    at = np.flatnonzero(np.array(candidates) & (x.var(axis=0) > 0))
    if at.size < LEAST_CHANNELS:
        return
    level = np.log10(x[:, at].var(axis=0))
    middle = np.median(level)
    scale = max(1.4826 * float(np.median(np.abs(level - middle))), LEAST_SCALE)
    for k, z in zip(at, (level - middle) / scale, strict=True):
        if abs(z) > MAX_Z:
            yield int(k), float(z)
