"""Names of the field for measures of Ictal, and measures of the field that Ictal has not."""

from __future__ import annotations

import re

_SAME = {  # names of the field, separated by commas -> names here; the first stands for them
    "phase locking, phase locking value, phase locking index, phase coherence, inter site phase clustering, ispc": (
        "plv", "kuramoto_r1",
    ),
    "order parameter, kuramoto order parameter, kuramoto index, global phase synchrony, r, r1": (
        "kuramoto_r1", "spike_phase_r1",
    ),
    "r2, daido, daido order parameter": ("kuramoto_r2", "spike_phase_r2"),
    "coherence, coh, msc, magnitude squared coherence, spectral coherence, coherency": (
        "squared_coherence", "imaginary_coherence", "plv",
    ),
    "icoh, imcoh, imaginary part of coherency, imaginary coherency": ("imaginary_coherence",),
    "phase lag index": ("pli", "wpli"),
    "weighted phase lag index": ("wpli", "debiased_wpli"),
    "dwpli, wpli2 debiased": ("debiased_wpli",),
    "fano, ff": ("fano_factor", "population_fano_factor"),
    "kappa, coincidence, coincidence index, spike coincidence": ("spike_synchronisation", "sttc"),
    "spike sync, spike synchronization, spike synchrony, event synchronization, event synchronisation": (
        "spike_synchronisation", "sttc",
    ),
    "spike time tiling coefficient, tiling": ("sttc",),
    "spike distance, isi distance, van rossum, van rossum distance, victor purpura": ("spike_synchronisation", "sttc"),
    "chi, golomb, chi squared, synchrony measure": ("chi_c", "golomb_chi"),
    "cv, cv2, lv, isi cv, coefficient of variation, regularity": ("cv_isi",),
    "rate, firing rate, spike rate": ("mean_rate",),
    "correlation, corr, pearson, pearson correlation, cross correlation, noise correlation, functional connectivity": (
        "mean_correlation", "mean_squared_correlation", "si_3",
    ),
    "si, synchrony index, synchronization index, synchronisation index, synchrony, synchronization": (
        "chi_c", "si_3", "si_1", "si_2",
    ),
    "pca, explained variance, first principal component, first eigenvalue, lambda1, s estimator": (
        "lambda1_fraction", "participation_ratio",
    ),
    "dimension, dimensionality, effective dimension, pr": ("participation_ratio", "lambda1_fraction"),
    "psd, spectrum, power spectrum, peak frequency, oscillation": ("spectral_peak",),
    "nid, neuronal independence desynchronization": ("nid",),
}  # fmt: skip
_ABSENT = {  # names of the field, separated by commas -> words, and what comes nearest
    "mi, mutual information, entropy, correntropy": (
        "mutual information", ("squared_coherence", "mean_squared_correlation", "sttc"),
    ),
    "granger, granger causality, gc, transfer entropy, te, dtf, pdc, directed transfer function, psi, causality": (
        "a direction of influence", ("imaginary_coherence", "wpli"),
    ),
    "aec, amplitude envelope correlation, envelope correlation": (
        "the correlation of envelopes", ("mean_correlation", "squared_coherence"),
    ),
    "pac, phase amplitude coupling, modulation index, cross frequency coupling": (
        "coupling across frequencies", ("kuramoto_r1", "spectral_peak"),
    ),
    "branching ratio, avalanche, avalanches, criticality": (
        "a branching ratio", ("population_fano_factor", "participation_ratio"),
    ),
    "plt, ppc, pairwise phase consistency": ("pairwise phase consistency", ("plv", "debiased_wpli")),
}  # fmt: skip


def same(name: str) -> tuple[str, ...]:
    """Return what this name of the field is called here, the nearest first; empty if it is not known.

    >>> same("Phase-Locking Value"), same("planted")
    (('plv', 'kuramoto_r1'), ())
    """
    return next((here for there, here in _SAME.items() if _plain(name) in there.split(", ")), ())


def absent(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return a measure that Ictal has not, in words, and what comes nearest; None if the name is not known.

    >>> absent("MI")[0]
    'mutual information'
    """
    return next((words for there, words in _ABSENT.items() if _plain(name) in there.split(", ")), None)


def _plain(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", name.lower()))
