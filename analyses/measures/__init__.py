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
    "fano_factor": ("spiketrain:FANO_FACTOR", "variability of the counts of the single trains"),
    "population_fano_factor": ("spiketrain:POPULATION_FANO_FACTOR", "variability of the count of all units together"),
    "sttc": ("coincidence:STTC", "spike time tiling coefficient over pairs, within 5 ms; recommended for spikes"),
    "spike_synchronisation": ("coincidence:SPIKE_SYNCHRONISATION", "share of coincident spikes, in adaptive windows"),
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
    "plv": ("phase_locking:PLV", "phase-locking value over pairs; a common reference counts"),
    "pli": ("phase_locking:PLI", "phase-lag index over pairs; blind to zero lag"),
    "squared_coherence": ("coherence:SQUARED_COHERENCE", "magnitude-squared coherence over pairs, in a band"),
    "imaginary_coherence": ("coherence:IMAGINARY_COHERENCE", "imaginary coherency over pairs; blind to zero lag"),
    "wpli": ("coherence:WPLI", "weighted phase-lag index over pairs; blind to zero lag"),
    "debiased_wpli": ("coherence:DEBIASED_WPLI", "its square without the bias of few segments"),
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


def default_measures() -> list[str]:
    """Return the measures that are taken where none is named: those whose cost does not grow with the pairs of units.

    >>> "chi_c" in default_measures(), "plv" in default_measures()
    (True, False)
    """
    return [name for name in MEASURES.usable() if not get(name).on_request]


def stored_measure(name: str) -> Measure | None:
    """Return the measure of a name that a file holds; None where this version lacks it."""
    try:
        return get(name)
    except InputError:
        return None
