"""Onset and offset of a state of a ramped system, and the hysteresis between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ...simulator import InputError, Recording, Spikes


@dataclass(frozen=True)
class Transition:
    """Onset and offset of a state during a ramp of a control."""

    onset: float  # value of the control at the upward crossing [its unit]
    offset: float  # value of the control at the downward crossing [its unit]
    onset_time: float  # [ticks of the clock]
    offset_time: float  # [ticks of the clock]
    threshold: float  # [unit of the response]

    @property
    def hysteresis(self) -> float:
        """Offset − onset [unit of the control]; 0 where the state depends on the control alone."""
        return self.offset - self.onset


def transition(
    control: Recording, response: Recording | Spikes, *, threshold: float, smoothing: float, dt: float = 0.01
) -> Transition:
    """Control values at which a response rises above a threshold and falls below it for the last time.

    The response is averaged over units, smoothed by a Gaussian (reflected at the ends), and its
    crossings are interpolated linearly; the control is interpolated at their times. Smoothing must
    outlast the rhythm of the state, or every cycle is a crossing.

    Args:
        control: the ramped quantity, one unit, (time, 1).
        response: any recording on the same clock, (time, unit), or spike trains, which become the
            mean rate [Hz] in bins of `dt`.
        threshold: [unit of the response].
        smoothing: SD of the Gaussian [ticks of the clock]; 0 is none.
        dt: bin of spike trains [s].

    Returns:
        Onset at the first upward, offset at the last downward crossing.

    Raises:
        InputError: more than one control, trials, unlike clocks, or a response that starts above the
            threshold, never reaches it or never returns.

    >>> up_and_down = np.concatenate([np.linspace(0, 1, 51), np.linspace(1, 0, 51)[1:]])
    >>> control = Recording(up_and_down[:, None], dt=1.0, clock="step", quantity="current", unit="nA")
    >>> late = Recording(np.roll(up_and_down, 5)[:, None], dt=1.0, clock="step", quantity="rate", unit="Hz")
    >>> late = Recording(np.where(np.arange(101)[:, None] < 5, 0, late.values), 1.0, "step", "rate", "Hz")
    >>> t = transition(control, late, threshold=0.5, smoothing=0.0)
    >>> round(t.onset, 6), round(t.offset, 6)
    (0.6, 0.4)
    """
    if isinstance(response, Spikes):
        response = mean_rate(response, dt)
    for name, recording in (("control", control), ("response", response)):
        if recording.values.ndim != 2:
            raise InputError(
                f"transition.{name}: must have the axes (time, unit); got shape {tuple(recording.values.shape)}"
            )
        if recording.clock == "sample":
            raise InputError(f'transition.{name}: must be ordered in time; got clock "sample"')
    if control.n_units != 1:
        raise InputError(f"transition.control: must have one unit; got {control.n_units}")
    if control.clock != response.clock:
        raise InputError(f"transition.response: must have the clock {control.clock!r} of the control; "
                         f"got {response.clock!r}")  # fmt: skip
    if not math.isfinite(threshold):
        raise InputError(f"transition.threshold: must be finite; got {threshold}")
    if not (math.isfinite(smoothing) and smoothing >= 0):
        raise InputError(f"transition.smoothing: must be finite and >= 0 [{response.clock}]; got {smoothing}")
    values = response.numpy().mean(axis=1)
    if smoothing > 0:
        values = gaussian_filter1d(values, smoothing / response.dt, mode="reflect")
    above = values >= threshold
    if above[0]:
        raise InputError(f"transition: the response must start below the threshold {threshold:g}; got {values[0]:g}")
    if not above.any():
        raise InputError(
            f"transition: the response must reach the threshold {threshold:g}; got {values.max():g} at most"
        )
    if above[-1]:
        raise InputError(
            f"transition: the response must end below the threshold {threshold:g}; got {values[-1]:g}; ramp further"
        )
    changes = np.flatnonzero(np.diff(above.astype(np.int8)))
    up, down = (_crossing(response.times, values, threshold, int(i)) for i in (changes[0], changes[-1]))
    at = np.interp([up, down], control.times, control.numpy()[:, 0])
    return Transition(float(at[0]), float(at[1]), up, down, float(threshold))


def mean_rate(spikes: Spikes, dt: float) -> Recording:
    """Mean rate over the units [Hz] in bins of dt [s], (time, 1), each value at the middle of its bin.

    >>> s = Spikes(time=np.array([0.1, 0.3, 0.35]), unit=np.array([0, 1, 0]), n_units=2, duration=0.4)
    >>> mean_rate(s, 0.2).values.ravel().tolist()
    [2.5, 5.0]
    """
    counts = spikes.binned(dt).numpy()
    return Recording(
        counts.mean(axis=1, keepdims=True) / dt,
        dt=dt,
        clock="second",
        quantity="firing rate",
        unit="Hz",
        t0=spikes.t0 + dt / 2,
        source=spikes.source,
    )


def _crossing(times: NDArray[np.float64], values: NDArray[np.floating], threshold: float, i: int) -> float:
    fraction = (threshold - values[i]) / (values[i + 1] - values[i])
    return float(times[i] + fraction * (times[i + 1] - times[i]))
