"""Scales of the measures: the values that mark them, and the axis on which a value and its null are drawn."""

from __future__ import annotations

from dataclasses import dataclass

ALIKE, APART = "all alike", "independent"


@dataclass(frozen=True)
class Mark:
    """One value on the scale of a measure: its place from 0 to 1, how it is written, and its meaning."""

    place: float
    value: str
    words: str = ""


def _marks(*marks: tuple[float, str, str]) -> tuple[Mark, ...]:
    return tuple(Mark(*mark) for mark in marks)


_UNSIGNED = _marks((0, "0", ""), (1, "1", ALIKE))
_LOCKED = _marks((0, "0", "no locking"), (1, "1", "locked"))
_LAGGED = _marks((0, "0", "no lag, or none fixed"), (1, "1", "a lag that is fixed"))
SCALES = {
    "chi_c": _marks((0, "−1/√(N−1)", "antiphase"), (0.28, "0", APART), (1, "1", ALIKE)),
    "lambda1_fraction": _marks((0, "0", APART), (1, "1", "one mode")),
    "mean_squared_correlation": _marks((0, "−1/(T−2)", ""), (0.28, "0", APART), (1, "1", "alike or opposite")),
    "participation_ratio": _marks((0, "min(N, T−1)", APART), (1, "1", "one direction")),
    "sttc": _marks((0, "−1", "avoid each other"), (0.5, "0", APART), (1, "1", "all coincide")),
    "kuramoto_r1": _marks((0, "0", ""), (0.3, "√(π/4N)", APART), (1, "1", "in phase")),
    "kuramoto_r2": _marks((0, "0", ""), (0.3, "√(π/4N)", APART), (1, "1", "one or two clusters")),
    "spike_phase_r1": _marks((0, "0", ""), (0.3, "√(π/4N)", APART), (1, "1", "in phase")),
    "spike_phase_r2": _marks((0, "0", ""), (0.3, "√(π/4N)", APART), (1, "1", "one or two clusters")),
    "plv": _LOCKED,
    "pli": _LAGGED,
    "squared_coherence": _marks((0, "0", ""), (0.3, "1/K", APART), (1, "1", "one linear filter")),
    "imaginary_coherence": _LAGGED,
    "wpli": _LAGGED,
    "debiased_wpli": _marks((0, "−1/(K−1)", ""), (0.3, "0", APART), (1, "1", "a lag that is fixed")),
    "spike_synchronisation": _marks((0, "0", ""), (0.3, "≈1/4", APART), (1, "1", "all coincide")),
    "si_1": _marks((0, "0", ""), (1, "1", "no offset, however independent")),
    "si_2": _marks((0, "−∞", ""), (1, "1", "large covariance, of any kind")),
    "si_3": _marks((0, "0", ""), (0.3, "√(2/πT)", APART), (1, "1", "alike or opposite")),
    "batch_phase_sync": _UNSIGNED,
    "mean_correlation": _marks((0, "−1/(N−1)", ""), (0.28, "0", APART), (1, "1", ALIKE)),
    "golomb_chi": _marks((0, "0", ""), (0.3, "1/√N", APART), (1, "1", ALIKE)),
    "mean_rate": _marks((0, "0", "silent"), (1, "∞", "")),
    "cv_isi": _marks((0, "0", "regular"), (0.5, "1", "Poisson"), (1, "∞", "bursts")),
    "fano_factor": _marks((0, "0", "regular"), (0.5, "1", "Poisson"), (1, "∞", "")),
    "population_fano_factor": _marks((0, "0", ""), (0.5, "1", "independent Poisson"), (1, "∞", ALIKE)),
    "population_rate_sd": _marks((0, "0", ""), (0.3, "σ/√N", APART), (1, "∞", "")),
    "spectral_peak": _marks((0, "1/segment", "slow"), (1, "1/(2 dt)", "fast")),
    "class_share": _marks((0, "0", "blind to the class"), (1, "1", "the class alone")),
    "within_class_si": _marks((0, "0", ""), (0.3, "√(2/πT)", APART), (1, "1", "alike or opposite")),
}
_UNBOUNDED = {  # no axis from 0 to 1
    "mean_rate", "cv_isi", "fano_factor", "population_fano_factor", "population_rate_sd", "spectral_peak",
}  # fmt: skip


def axis(measure: str, most: float) -> tuple[float, float] | None:
    """Return the values at the left and right end of the axis of a measure; None where its range is open.

    Right is more synchronous: the axis of the participation ratio is reversed.

    Args:
        measure: a name; of one that is unknown here the range is not known.
        most: largest participation ratio, min(N, T−1).

    >>> axis("chi_c", 100), axis("participation_ratio", 100), axis("mean_rate", 100)
    ((0.0, 1.0), (100.0, 1.0), None)
    """
    if measure not in SCALES or measure in _UNBOUNDED:
        return None
    return (float(most), 1.0) if measure == "participation_ratio" else (0.0, 1.0)
