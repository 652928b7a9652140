"""Measures of pairs as users of elephant, PySpike and mne-connectivity compute them, each the mean over pairs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Trains = Sequence[NDArray[np.float64]]  # spike times of every unit [s]
Coefficients = NDArray[np.complex128]  # (frequency, segment, unit)


def elephant_sttc(trains: Trains, start: float, stop: float, window: float) -> float:
    """STTC within ± window [s].

    elephant 1.2 widens the window by 1e-5 of the spike time (the default `rtol` of `numpy.isclose`): 36 ms in an hour.
    """
    from elephant.spike_train_correlation import spike_time_tiling_coefficient
    from quantities import s

    given = [_neo(train, start, stop) for train in trains]
    return float(np.mean([spike_time_tiling_coefficient(a, b, dt=window * s) for a, b in combinations(given, 2)]))


def elephant_fano_factor(trains: Trains, start: float, stop: float, window: float) -> float:
    """Fano factor of the counts of each train in windows [s], mean over trains."""
    from elephant.statistics import fanofactor

    starts = start + window * np.arange(int((stop - start) / window + 1e-6))
    pieces = [[t[(t >= a) & (t < a + window)] for a in starts] for t in trains]
    return float(np.mean([fanofactor(piece) for piece in pieces]))


def elephant_plv(phases: NDArray[np.float64]) -> float:
    """PLV of phases (time, unit): each instant is a trial of one sample."""
    from elephant.phase_analysis import phase_locking_value

    columns = [phase[:, None] for phase in phases.T]
    return float(np.mean([phase_locking_value(a, b)[0] for a, b in combinations(columns, 2)]))


def elephant_pli(phases: NDArray[np.float64]) -> float:
    """PLI of phases (time, unit), from elephant's phase differences: it has no PLI of its own."""
    from elephant.phase_analysis import phase_difference

    return float(np.mean([abs(np.mean(np.sign(phase_difference(a, b)))) for a, b in combinations(phases.T, 2)]))


def elephant_wpli(pieces: NDArray[np.float64], kept: slice) -> float:
    """WPLI of tapered segments (segment, time, unit), mean over the Fourier bins that are kept."""
    from elephant.phase_analysis import weighted_phase_lag_index

    units = np.moveaxis(pieces, -1, 0)
    found = []
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):  # 0/0 at the bins without an imaginary part
        for a, b in combinations(units, 2):
            found.append(weighted_phase_lag_index(a, b, sampling_frequency=1.0)[1][kept].mean())
    return float(np.mean(found))


def pyspike_synchronisation(trains: Trains, start: float, stop: float) -> float:
    """SPIKE-synchronisation of all trains together."""
    import pyspike

    return float(pyspike.spike_sync([pyspike.SpikeTrain(train, [start, stop]) for train in trains]))


def mne_connectivity(coefficients: Coefficients, method: str) -> NDArray[np.float64]:
    """Return the values of a method of `spectral_connectivity_epochs` of every pair, (pair, frequency)."""
    from mne import create_info
    from mne.time_frequency import EpochsSpectrumArray
    from mne_connectivity import spectral_connectivity_epochs

    epochs = np.moveaxis(coefficients, (1, 2, 0), (0, 1, 2))
    frequencies = 1.0 + np.arange(epochs.shape[2])
    info = create_info(epochs.shape[1], 100.0 * epochs.shape[2], "eeg", verbose="error")
    data = EpochsSpectrumArray(epochs, info, frequencies, verbose="error")
    first, second = np.triu_indices(epochs.shape[1], 1)
    found = spectral_connectivity_epochs(data, method=method, indices=(first, second), verbose="error")
    return np.asarray(found.get_data())


def _neo(train: NDArray[np.float64], start: float, stop: float):  # type: ignore[no-untyped-def]
    from neo import SpikeTrain
    from quantities import s

    return SpikeTrain(train * s, t_start=start * s, t_stop=stop * s)
