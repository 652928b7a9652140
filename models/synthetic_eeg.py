"""Synthetic EEG with a planted correlation, a planted amplitude and a seizure that is known to the sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..simulator import InputError, Recording, Run
from ..simulator.fields import Checked, Param
from ..simulator.files.document import versions
from ..simulator.machine import check_memory
from .system import attributed, within

LOWEST = 0.5  # Hz; pink noise has no power below
RHYTHM_SD = 0.5  # Hz; width of the alpha and of the seizure rhythm
FADE = 1.0  # s; in which correlation and amplitude change at the edges of the seizure
NOISY = 20.0  # SD of the noisy channel in units of amplitude
GAIN = -1.5  # of the duplicate: a copy with another sign and gain


@dataclass(frozen=True)
class SyntheticEeg(Checked):
    r"""Channels of pink noise and rhythm with a given correlation of any two::

        x_j(t) = A(t) (√c(t) s(t) + √(1 − c(t)) n_j(t))

    s (common) and n_j (of each channel) are independent, of unit variance and of one spectrum: a share of a narrow
    rhythm (`alpha_hz`; in the seizure `seizure_hz`) and the rest 1/f noise above 0.5 Hz. So corr(x_i, x_j) = c in every
    band, and r, χ_c = √c and λ₁ fraction = c follow, for any amplitude A. In the seizure c and A take values of
    their own: `seizure_gain` > 1 with `seizure_correlation` = `correlation` raises power and not synchrony, and the
    other way round. Nothing here is a model of a brain; it is ground truth for measures and detectors.

    Recorded: eeg (time, channel) [µV], with the annotation "seizure" unless `seizure_duration` is 0. `duplicate`
    appends a copy of the first channel times −1.5, `flat` a channel of zeros, `noisy` one of white noise of 20 times
    the amplitude.

    Raises:
        InputError: a parameter out of its bounds, or a seizure that does not lie within the recording.
    """

    duration: Annotated[float, Param("length [s]", gt=0)] = 120.0
    channels: Annotated[int, Param("channels, without duplicate, flat and noisy", ge=2)] = 19
    rate: Annotated[float, Param("sampling rate [Hz]", gt=0)] = 256.0
    amplitude: Annotated[float, Param("SD of a channel at rest [µV]", gt=0)] = 20.0
    correlation: Annotated[float, Param("correlation of any two channels at rest [1]", ge=0, le=1)] = 0.2
    onset: Annotated[float, Param("onset of the seizure, which must end within duration [s]", ge=0)] = 60.0
    seizure_duration: Annotated[float, Param("duration of the seizure; 0 for none [s]", ge=0)] = 30.0
    seizure_correlation: Annotated[float, Param("correlation of any two channels in it [1]", ge=0, le=1)] = 0.6
    seizure_gain: Annotated[float, Param("amplitude in it over that at rest [1]", gt=0)] = 3.0
    alpha_hz: Annotated[float, Param("frequency of the rhythm at rest [Hz]", ge=2 * LOWEST)] = 10.0
    alpha_share: Annotated[float, Param("its share of the variance [1]", ge=0, le=1)] = 0.3
    seizure_hz: Annotated[float, Param("frequency of the rhythm in the seizure [Hz]", ge=2 * LOWEST)] = 5.0
    seizure_share: Annotated[float, Param("its share of the variance [1]", ge=0, le=1)] = 0.6
    duplicate: Annotated[bool, Param("whether to append a copy of the first channel times −1.5")] = False
    flat: Annotated[bool, Param("whether to append a channel of zeros")] = False
    noisy: Annotated[bool, Param("whether to append white noise of 20 times the amplitude")] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, "seizure_duration", 0.0, self.duration)
        within(self, "onset", 0.0, self.duration - self.seizure_duration, "the seizure must end within duration")
        for field in ("alpha_hz", "seizure_hz"):
            within(self, field, 2 * LOWEST, self.rate / 2 - 2 * RHYTHM_SD)
        if self.duration * self.rate < 16:
            raise InputError(f"SyntheticEeg.duration: must hold 16 samples; got {self.duration * self.rate:g}")

    def record(self, seed: int) -> Run:
        """Return one recording; the seed draws everything random."""
        rng = np.random.default_rng(seed)
        n = round(self.duration * self.rate)
        check_memory(f"SyntheticEeg.duration: {n} samples of {self.channels} channels", 64.0 * n * (self.channels + 1))
        weight = self._weight(np.arange(n) / self.rate)[:, None]
        rest, ictal = (
            self._sources(rng, n, hz, share)
            for hz, share in ((self.alpha_hz, self.alpha_share), (self.seizure_hz, self.seizure_share))
        )
        sources = np.sqrt(1 - weight) * rest + np.sqrt(weight) * ictal  # unit variance all the way
        c = self.correlation + weight * (self.seizure_correlation - self.correlation)
        gain = self.amplitude * (1 + weight * (self.seizure_gain - 1))
        x = gain * (np.sqrt(c) * sources[:, :1] + np.sqrt(1 - c) * sources[:, 1:])
        columns, names = [x], [f"E{k + 1:02d}" for k in range(self.channels)]
        if self.duplicate:
            columns, names = [*columns, GAIN * x[:, :1]], [*names, "copy"]
        if self.flat:
            columns, names = [*columns, np.zeros((n, 1))], [*names, "flat"]
        if self.noisy:
            columns, names = [*columns, NOISY * self.amplitude * rng.standard_normal((n, 1))], [*names, "noisy"]
        marks = []
        if self.seizure_duration > 0:
            marks = [{"onset": self.onset, "duration": self.seizure_duration, "text": "seizure"}]
        source = {"annotations": marks, "versions": versions()}
        eeg = Recording(
            np.concatenate(columns, axis=1), dt=1.0 / self.rate, clock="second", quantity="potential", unit="µV",
            unit_labels={"channel": np.array(names)}, source=source,
        )  # fmt: skip
        return attributed(Run({"eeg": eeg}, source), "synthetic_eeg", self, seed)

    def _weight(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """0 at rest, 1 in the seizure, linear for a second (half a short seizure) after onset and before its end."""
        if self.seizure_duration == 0:
            return np.zeros_like(t)
        fade = min(FADE, self.seizure_duration / 2)
        end = self.onset + self.seizure_duration
        return np.clip(np.minimum((t - self.onset) / fade, (end - t) / fade), 0.0, 1.0)

    def _sources(self, rng: np.random.Generator, n: int, hz: float, share: float) -> NDArray[np.float64]:
        """The common source and one a channel, (time, 1 + channel), each of unit variance in expectation."""
        f = np.fft.rfftfreq(n, 1.0 / self.rate)
        inner = (f >= LOWEST) & (f < self.rate / 2)
        pink = np.where(inner, 1.0 / np.maximum(f, LOWEST), 0.0)
        bump = np.where(inner, np.exp(-0.5 * ((f - hz) / RHYTHM_SD) ** 2), 0.0)
        if not inner.any():
            raise InputError(f"SyntheticEeg.duration: must hold a period of {LOWEST:g} Hz; got {self.duration:g} s")
        power = (1 - share) * pink / pink.sum() + share * bump / max(bump.sum(), math.ulp(1.0))
        shape = (f.size, self.channels + 1)
        spectrum = np.sqrt(power / 2)[:, None] * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
        return np.asarray(np.fft.irfft(spectrum * n / math.sqrt(2), n=n, axis=0))
