"""The paper's three synchrony indices of hidden activations, exactly as it defines them."""

from __future__ import annotations

from ...simulator.types import Array
from .arrays import as_float, count, deviations, namespace, over_time, ratio, root, squared_norm, standardised
from .base import NULLS_OF_PAIRS, Measure
from .correlation import correlations

CITATION = "defined by the paper that Ictal tests; a hypothesis to check, not an established measure"


def si_1(x: Array, mask: Array) -> Array:
    r"""Norm of the covariance over the norm of the second moment.

    .. math:: SI_1 = \|\operatorname{Cov} h\|_F \,/\, \|E[h h^T]\|_F

    x: (…, time, unit), mask: (…, unit) -> (…). Both divide by the number of samples.

    >>> import numpy as np
    >>> x = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])  # independent, without an offset
    >>> float(si_1(x, np.ones(2, bool)))
    1.0
    """
    raw = x * as_float(over_time(mask), x)
    return ratio(root(squared_norm(deviations(x, mask))), root(squared_norm(raw)))


def si_2(x: Array, mask: Array) -> Array:
    r"""One minus the trace of the covariance over its squared norm.

    .. math:: SI_2 = 1 - \operatorname{tr}(\operatorname{Cov} h) \,/\, \|\operatorname{Cov} h\|_F^2

    x: (…, time, unit), mask: (…, unit) -> (…).

    >>> import numpy as np
    >>> x = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    >>> [round(float(si_2(gain * x, np.ones(2, bool))), 9) for gain in (1, 0.1, 10)]  # independent each time
    [0.0, -99.0, 0.99]
    """
    xp = namespace(x)
    d = deviations(x, mask)
    trace = xp.sum(xp.mean(d**2, axis=-2), axis=-1)
    return 1 - ratio(trace, squared_norm(d) / x.shape[-2] ** 2)


def si_3(x: Array, mask: Array) -> Array:
    r"""Mean absolute correlation over the pairs of live units.

    .. math:: SI_3 = \frac{2}{n(n-1)} \sum_{i<j} |r_{ij}|

    x: (…, time, unit), mask: (…, unit) -> (…).

    >>> import numpy as np
    >>> x = np.stack([np.arange(5.0), -np.arange(5.0)], axis=-1)
    >>> round(float(si_3(x, np.ones(2, bool))), 12)
    1.0
    """
    return _si_3(standardised(x, mask), mask)


def _si_3(z: Array, mask: Array) -> Array:
    xp = namespace(z)
    all_pairs = xp.sum(xp.abs(xp.matmul(xp.matrix_transpose(z), z)), axis=(-2, -1)) / z.shape[-2]
    n = count(mask, z)  # also the sum over i of r_ii
    return ratio(all_pairs - n, n * (n - 1))


def _absolute_correlations(x: Array, mask: Array) -> Array:
    xp = namespace(x)
    return xp.abs(correlations(x, mask))


SI_1 = Measure(
    name="si_1",
    kernel=si_1,
    formula="|Cov h|_F / |E[h h^T]|_F",
    range="above 0; 1 without an offset",
    floor="1 without an offset, however independent the units are",
    shows="how large fluctuations are against the mean: it is a mean-to-SD ratio",
    cannot="show synchrony: without an offset it is 1 at every correlation; at correlation 0.5 the offsets 0.5, 1, 5 "
    "give 0.67, 0.34, 0.02. From rest to seizure in one network it goes the wrong way (about 0.8 to 0.65)",
    citation=CITATION,
)
SI_2 = Measure(
    name="si_2",
    kernel=si_2,
    formula="1 - tr(Cov h) / |Cov h|_F^2",
    range="minus infinity to 1",
    floor="0.09 for 100 independent units of variance 1 in 1000 samples; anything else for another variance",
    unit="not dimensionless",
    shows="at a fixed variance of the units, how far the covariance is from diagonal",
    cannot="be compared between recordings, layers or units of measurement: 1 is subtracted from 1/[data]^2. The same "
    "activity scaled by 0.01 gives -390 instead of 0.96; from rest to seizure it only moves from 0.995 to 1.000",
    citation=CITATION,
)
SI_3 = Measure(
    name="si_3",
    kernel=si_3,
    of_z=_si_3,
    of_pairs=lambda pairs: pairs.mean_absolute,
    matrix=_absolute_correlations,
    nulls=NULLS_OF_PAIRS,
    formula="mean over pairs i < j of |corr(h_i, h_j)|",
    range="0 to 1",
    floor="sqrt(2/(pi (T-1))): 0.025 at 1000 samples, 0.10 at 64, 0.31 at 8; T_eff if samples are autocorrelated",
    shows="the strength of pairwise correlation of either sign; usable once it stands beside its floor",
    cannot="tell in-phase from antiphase, or high synchrony from a small batch; in a network shown images it measures "
    "that units answer to the same images (signal correlation), which is not synchrony of spikes: complete neural "
    "collapse alone makes it 0.27 of 10 classes and 1 of 2",
    citation=CITATION,
)
