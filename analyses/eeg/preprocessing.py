"""Reference and band of a recording: what is done to potentials before they are measured."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from scipy.fft import next_fast_len
from scipy.special import ndtr

from ...simulator import InputError, Recording, unknown
from ...simulator.types import Band
from ..measures.checks import NO_ORDER, band_reason, edge
from .quality import channel_names

EDGE = 10  # low edge of a band over the SD of its soft edges
RINGING = 6  # periods of the low edge after which the filter rings no more: e^-7
Reference = Literal["none", "average"]
REFERENCES: tuple[str, ...] = get_args(Reference)
_PAIR = re.compile(
    r"^(?:EEG\s+)?([A-Z]{1,3}\d{0,2}[zZ]?)\s*-\s*([A-Z]{1,3}\d{0,2}[zZ]?)(?:-\d+|\s*\(\d+\))?$", re.IGNORECASE
)
_COMMON = {"A1", "A2", "M1", "M2", "REF", "LE", "AR", "AV", "AVG", "CAR"}  # second electrodes that many channels share


def is_bipolar(names: Sequence[str]) -> bool:
    """Whether most names are differences of two electrodes, not all against one common one.

    >>> is_bipolar(["FP1-F7", "F7-T7", "T8-P8 (2)"]), is_bipolar(["Fp1-A1", "F7-A1", "O2-A2"]), is_bipolar(["C3", "C4"])
    (True, False, False)
    """
    pairs = [match.groups() for name in names if (match := _PAIR.match(name.strip()))]
    seconds = {second.upper() for _, second in pairs if second.upper() not in _COMMON}
    differences = [second for _, second in pairs if second.upper() not in _COMMON]
    return 2 * len(differences) > len(names) and (len(seconds) > 1 or len(names) == 1)


def rereferenced(recording: Recording, reference: str) -> tuple[Recording, list[str]]:
    r"""The recording against another reference, and what a reader must know about it.

    .. math:: \text{average:} \quad x_j(t) - \tfrac1n \textstyle\sum_k x_k(t)

    Args:
        recording: (time, channel) of the channels that are used.
        reference: "none" leaves it as it was recorded; "average" takes the mean of all channels off each.

    Raises:
        InputError: another reference.
    """
    if reference not in REFERENCES:
        raise unknown("reference", reference, REFERENCES)
    bipolar = is_bipolar(channel_names(recording))
    notes = []
    if bipolar:
        notes.append(
            "the channels are bipolar by their names: neighbours of one chain share an electrode, which correlates "
            "them whatever the brain does"
        )
    if reference == "none":
        return recording, notes
    if bipolar:
        notes.append("an average over bipolar channels is the reference of nothing; the differences were meant as such")
    notes.append(
        "against their average the channels sum to 0 at every moment: their mean correlation is forced to about "
        "-1/(n - 1) and chi_c and r cannot show a rise that all share; read lambda1_fraction"
    )
    x = recording.numpy()
    return replace(recording, values=x - x.mean(axis=-1, keepdims=True)), notes


def bandpassed(recording: Recording, band: Band) -> Recording:
    r"""The part of the signal within the band [cycles per tick; Hz for seconds], without any shift of phase.

    .. math:: g(f) = \Phi((f - low)/\sigma) \, \Phi((high - f)/\sigma), \quad \sigma = low/10

    Cut out in the Fourier domain by the gain g, Φ the normal distribution: at the edges it is 1/2. Sharp edges would
    ring for as long as the signal lasts, and carry a loud seizure into the time before it; these ring for about
    6/low (2 s at 3 Hz), under an envelope of :math:`e^{-2 \pi^2 \sigma^2 t^2}`. Unless the axis is a closed loop, the
    signal is first continued at both ends for as long, mirrored about its end points, so that the ends do not wrap
    around.

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
    x = x - x.mean(axis=-2, keepdims=True)
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
    return replace(recording, values=u[..., n : n + recording.n_times, :])
