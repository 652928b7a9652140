"""Measures of synchrony: pure functions of a recording, by the question they answer.

`MEASURES` maps a name to where the measure lives and one line on it; nothing is imported before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ...simulator.errors import unknown

if TYPE_CHECKING:
    from .base import Measure

_HERE = "ictal.analyses.measures"

MEASURES: dict[str, tuple[str, str]] = {
    "kuramoto_r1": (f"{_HERE}.phase:KURAMOTO_R1", "order parameter of Hilbert phases in a stated band"),
    "kuramoto_r2": (f"{_HERE}.phase:KURAMOTO_R2", "its second harmonic: 1 for two clusters half a cycle apart"),
    "batch_phase_sync": (f"{_HERE}.phase:BATCH_PHASE_SYNC", "the source's Hilbert phase along a batch: an artefact"),
    "spike_phase_r1": (f"{_HERE}.spiketrain:SPIKE_PHASE_R1", "order parameter of spike phases"),
    "spike_phase_r2": (f"{_HERE}.spiketrain:SPIKE_PHASE_R2", "its second harmonic"),
    "mean_rate": (f"{_HERE}.spiketrain:MEAN_RATE", "spikes per unit and second"),
    "cv_isi": (f"{_HERE}.spiketrain:CV_ISI", "irregularity of the single trains"),
    "si_1": (f"{_HERE}.source_indices:SI_1", "the source's ratio of covariance to second moment"),
    "si_2": (f"{_HERE}.source_indices:SI_2", "the source's 1 - tr Cov / |Cov|^2; depends on the unit of the data"),
    "si_3": (f"{_HERE}.source_indices:SI_3", "the source's mean |correlation| over pairs"),
    "mean_correlation": (f"{_HERE}.correlation:MEAN_CORRELATION", "mean correlation over pairs, with its sign"),
    "mean_squared_correlation": (
        f"{_HERE}.correlation:MEAN_SQUARED_CORRELATION",
        "mean squared correlation over pairs, bias removed",
    ),
    "chi_c": (f"{_HERE}.correlation:CHI_C", "Golomb's chi of z-scored units without its 1/N; recommended"),
    "lambda1_fraction": (
        f"{_HERE}.correlation:LAMBDA1_FRACTION",
        "share of the first mode, antiphase too; recommended",
    ),
    "golomb_chi": (f"{_HERE}.population:GOLOMB_CHI", "fluctuation of the population mean over that of its units"),
    "participation_ratio": (f"{_HERE}.population:PARTICIPATION_RATIO", "how many directions the activity uses"),
    "population_rate_sd": (f"{_HERE}.population:POPULATION_RATE_SD", "SD over time of the population mean"),
    "spectral_peak": (f"{_HERE}.spectral:SPECTRAL_PEAK", "frequency of the strongest population rhythm"),
    "class_share": (f"{_HERE}.labelled:CLASS_SHARE", "share of the variance that lies between classes"),
    "within_class_si": (f"{_HERE}.labelled:WITHIN_CLASS_SI", "SI-3 after the class means are removed"),
}


def get(name: str) -> Measure:
    """The measure of this name.

    Raises:
        InputError: there is none; the message names the nearest.

    >>> get("si_3").name
    'si_3'
    """
    if name not in MEASURES:
        raise unknown("measure", name, MEASURES)
    module, _, attribute = MEASURES[name][0].partition(":")
    measure: Measure = getattr(import_module(module), attribute)
    return measure


__all__ = ["MEASURES", "get"]
