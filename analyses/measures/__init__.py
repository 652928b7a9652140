"""Measures of synchrony: pure functions of a recording, by the question they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...simulator import InputError
from ...simulator.registry import Registry

if TYPE_CHECKING:
    from .base import Measure

MEASURES = Registry("measure", "ictal.analyses.measures", {
    "kuramoto_r1": ("phase:KURAMOTO_R1", "order parameter of Hilbert phases in a stated band"),
    "kuramoto_r2": ("phase:KURAMOTO_R2", "its second harmonic: 1 for two clusters half a cycle apart"),
    "batch_phase_sync": ("phase:BATCH_PHASE_SYNC", "the paper's Hilbert phase along a batch: an artefact"),
    "spike_phase_r1": ("spiketrain:SPIKE_PHASE_R1", "order parameter of spike phases"),
    "spike_phase_r2": ("spiketrain:SPIKE_PHASE_R2", "its second harmonic"),
    "mean_rate": ("spiketrain:MEAN_RATE", "spikes per unit and second"),
    "cv_isi": ("spiketrain:CV_ISI", "irregularity of the single trains"),
    "si_1": ("paper_indices:SI_1", "the paper's ratio of covariance to second moment"),
    "si_2": ("paper_indices:SI_2", "the paper's 1 - tr Cov / |Cov|^2; depends on the unit of the data"),
    "si_3": ("paper_indices:SI_3", "the paper's mean |correlation| over pairs"),
    "mean_correlation": ("correlation:MEAN_CORRELATION", "mean correlation over pairs, with its sign"),
    "mean_squared_correlation": (
        "correlation:MEAN_SQUARED_CORRELATION",
        "mean squared correlation over pairs, bias removed",
    ),
    "chi_c": ("correlation:CHI_C", "Golomb's chi of z-scored units without its 1/N; recommended"),
    "lambda1_fraction": (
        "correlation:LAMBDA1_FRACTION",
        "share of the first mode, antiphase too; recommended",
    ),
    "golomb_chi": ("population:GOLOMB_CHI", "fluctuation of the population mean over that of its units"),
    "participation_ratio": ("population:PARTICIPATION_RATIO", "how many directions the activity uses"),
    "population_rate_sd": ("population:POPULATION_RATE_SD", "SD over time of the population mean"),
    "spectral_peak": ("spectral:SPECTRAL_PEAK", "frequency of the strongest population rhythm"),
    "class_share": ("labelled:CLASS_SHARE", "share of the variance that lies between classes"),
    "within_class_si": ("labelled:WITHIN_CLASS_SI", "SI-3 after the class means are removed"),
}, needs=("kernel", "takes", "nulls"))  # fmt: skip


def get(name: str) -> Measure:
    """Return the measure of this name.

    Raises:
        InputError: no such name (with the nearest), or a plug-in that cannot be used.

    >>> get("si_3").name
    'si_3'
    """
    measure: Measure = MEASURES.load(name)
    return measure


def stored_measure(name: str) -> Measure | None:
    """Return the measure of a name that a file holds; None where this version lacks it."""
    try:
        return get(name)
    except InputError:
        return None
