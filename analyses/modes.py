"""Coverage of modes: the modes of the data that the samples of a generator reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom

from ..simulator import InputError

LEAST = 0.1  # of its fair share: a mode with fewer samples is not covered
CHANCE = 1e-3  # a mode that no sample is of has as many false ones with this probability


@dataclass(frozen=True)
class Coverage:
    """Modes that samples reach.

    Attributes:
        covered: modes with at least a tenth of their fair share, and with more samples than errors would give.
        effective: number of modes that samples with this entropy would be spread over evenly; 0 without valid samples.
        valid: share of the samples that are samples of the data at all.
        modes: of the data.
    """

    covered: int
    effective: float
    valid: float
    modes: int


def coverage(nearest: ArrayLike, valid: ArrayLike, modes: int, *, errors: float = 0.0) -> Coverage:
    r"""Count the modes that valid samples reach.

    .. math:: K_\text{eff} = e^{H}, \quad H = -\sum_k p_k \ln p_k, \quad p_k = n_k / \sum_j n_j

    A mode k is covered if its number of valid samples n_k is at least a tenth of the fair share n/K of all n samples,
    and above the 99.9 % quantile of Binomial(n, errors).

    Args:
        nearest: (sample,) the mode of each sample, 0 .. modes − 1.
        valid: (sample,) whether it is a sample of the data at all.
        modes: K >= 2.
        errors: probability that a sample of another mode is taken for one of this mode; 0 where modes are exact.

    Raises:
        InputError: fewer than two modes, no samples, arrays of two lengths, a mode that there is not.

    >>> coverage([0, 1, 2, 3], [True, True, True, True], 4)
    Coverage(covered=4, effective=4.0, valid=1.0, modes=4)
    >>> coverage([0, 0, 0, 3], [True, True, False, False], 4)
    Coverage(covered=1, effective=1.0, valid=0.5, modes=4)
    """
    mode, good = np.asarray(nearest), np.asarray(valid, dtype=bool)
    if modes < 2:
        raise InputError(f"coverage.modes: must be at least 2, since one mode cannot be lost; got {modes}")
    if mode.ndim != 1 or mode.size == 0 or mode.shape != good.shape:
        raise InputError(
            f"coverage: nearest and valid must have one entry a sample, at least one; got {mode.shape} and {good.shape}"
        )
    if mode.min() < 0 or mode.max() >= modes:
        raise InputError(f"coverage.nearest: must be in 0..{modes - 1}; got {mode.min()}..{mode.max()}")
    if not 0 <= errors < 1:
        raise InputError(f"coverage.errors: must be 0 <= x < 1; got {errors:g}")
    counts = np.bincount(mode[good].astype(np.int64), minlength=modes)
    enough = max(LEAST * mode.size / modes, float(binom.ppf(1 - CHANCE, mode.size, errors)) + 1)
    shares = counts[counts > 0] / max(int(counts.sum()), 1)
    effective = float(np.exp(-(shares * np.log(shares)).sum())) if counts.any() else 0.0
    return Coverage(int((counts >= enough).sum()), effective, float(good.mean()), modes)
