"""Fluctuations of the whole against those of its parts, and the number of directions that they take."""

from __future__ import annotations

from ...simulator.types import Array
from .arrays import count, deviations, namespace, ratio, root, squared_norm
from .base import Measure


def golomb_chi(x: Array, mask: Array) -> Array:
    r"""Golomb's synchrony measure.

    .. math:: \chi = \sqrt{\operatorname{Var}_t\big(\tfrac1n\textstyle\sum_j x_j\big) \Big/
              \tfrac1n\textstyle\sum_j \operatorname{Var}_t x_j}

    x: (…, time, unit), mask: (…, unit) -> (…).

    >>> import numpy as np
    >>> t = np.arange(100.0)[:, None] * 2 * np.pi / 100
    >>> [round(float(golomb_chi(np.sin(t + np.array(phase)), np.ones(2, bool))), 9) for phase in ([0, 0], [0, np.pi])]
    [1.0, 0.0]
    """
    xp = namespace(x)
    d = deviations(x, mask)
    n = count(mask, x)
    whole = ratio(xp.mean(xp.sum(d, axis=-1) ** 2, axis=-1), n**2)
    parts = ratio(xp.sum(xp.mean(d**2, axis=-2), axis=-1), n)
    return root(ratio(whole, parts))


def population_rate_sd(x: Array, mask: Array) -> Array:
    r"""SD over time of the mean over live units, in the unit of the data.

    .. math:: \sqrt{\operatorname{Var}_t\big(\tfrac1n\textstyle\sum_j x_j\big)}

    x: (…, time, unit), mask: (…, unit) -> (…).

    >>> import numpy as np
    >>> float(population_rate_sd(np.array([[0.0, 4.0], [4.0, 8.0]]), np.ones(2, bool)))
    2.0
    """
    xp = namespace(x)
    total = xp.sum(deviations(x, mask), axis=-1)
    return root(ratio(xp.mean(total**2, axis=-1), count(mask, x) ** 2))


def participation_ratio(x: Array, mask: Array) -> Array:
    r"""Number of directions that the activity uses.

    .. math:: PR = \frac{(\operatorname{tr} C)^2}{\|C\|_F^2} = \frac{(\sum_k \lambda_k)^2}{\sum_k \lambda_k^2}

    x: (…, time, unit), mask: (…, unit) -> (…); C is the covariance.

    >>> import numpy as np
    >>> x = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    >>> float(participation_ratio(x, np.ones(2, bool)))  # two independent units: a plane
    2.0
    >>> float(participation_ratio(x[:, [0, 0]], np.ones(2, bool)))  # one unit twice: a line
    1.0
    """
    xp = namespace(x)
    d = deviations(x, mask)
    trace = xp.sum(d**2, axis=(-2, -1))
    return ratio(trace**2, squared_norm(d))


GOLOMB_CHI = Measure(
    name="golomb_chi",
    kernel=golomb_chi,
    formula="sqrt(Var_t(mean_i x_i) / mean_i Var_t(x_i))",
    range="0 to 1",
    floor="1/sqrt(n): 0.10 for 100 independent units",
    shows="whether the units' fluctuations survive in their mean; sqrt(c) for units of correlation c",
    cannot="be compared between numbers of units (its floor is 1/sqrt(n); chi_c removes it); units of large variance "
    "dominate; antiphase groups cancel",
    citation="Golomb & Rinzel, Phys. Rev. E 48, 4810 (1993); Golomb, Scholarpedia 2(1):1347 (2007)",
)
PARTICIPATION_RATIO = Measure(
    name="participation_ratio",
    kernel=participation_ratio,
    min_units=1,
    tail="lower",
    formula="tr(C)^2 / |C|_F^2, C the covariance",
    range="1 to min(n, T-1)",
    floor="it falls with synchrony; n independent units of equal variance give n/(1 + (n-1)/(T-1)), not n",
    unit="directions",
    shows="the dimension of the activity; of z-scored data (n/PR - 1)/(n - 1) is the mean squared correlation",
    cannot="tell correlation from unequal variances: one loud unit among quiet ones gives 1 without any synchrony",
    citation="Abbott, Rajan & Sompolinsky, in The Dynamic Brain (2011); Gao et al., bioRxiv 214262 (2017)",
)
POPULATION_RATE_SD = Measure(
    name="population_rate_sd",
    kernel=population_rate_sd,
    min_units=1,
    formula="sqrt(Var_t(mean_i x_i)) over the live units",
    range="0 upwards, in the unit of the data",
    floor="sd_unit/sqrt(n) for independent units",
    unit="data",
    shows="how strongly the population as a whole fluctuates",
    cannot="tell synchrony from activity: it grows with the rates; depends on the bin or smoothing and on n",
    citation="Brunel, J. Comput. Neurosci. 8, 183 (2000)",
)
