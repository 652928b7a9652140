"""Similarity of the units: correlation over pairs, and the first mode of the correlation matrix."""

from __future__ import annotations

import numpy as np

from ...simulator.types import Array
from .arrays import as_float, count, gram, namespace, ratio, squared_norm, standardised
from .base import NULLS_OF_PAIRS, Measure

EPS = 2.0**-52  # bounds the slope of the root of χ_c at 0

# Bias. z-scores have Σ_t z² = T, so that a sum over all pairs (i, j) holds the n pairs (i, i), which are 1 whatever the
# activity: this is the 1/n in Golomb's χ², by which χ of few cells reads higher. Every measure here takes it out, by
# exact algebra, and is then the same on average for any number of units. A square is biased besides: independent normal
# samples have E[r²] = 1/(T − 1), since the estimate of r scatters about 0. `mean_squared_correlation` subtracts it and
# divides by the rest, so that 0 is chance and 1 stays 1; it may therefore be negative, and is not cut off at 0, which
# would bias it again. It counts T samples as independent: autocorrelated ones leave about 1/T_eff. |r| (SI-3) and λ₁
# have floors without a closed form for such data: surrogates give them.


def correlations(x: Array, mask: Array) -> Array:
    """Correlation matrix, (…, unit, unit); 0 for the pairs of units outside the mask."""
    xp = namespace(x)
    z = standardised(x, mask)
    return xp.matmul(xp.matrix_transpose(z), z) / z.shape[-2]


def _squared_correlations(x: Array, mask: Array) -> Array:
    return _unbiased(correlations(x, mask) ** 2, x.shape[-2])


def mean_correlation(x: Array, mask: Array) -> Array:
    r"""Return the mean correlation over the pairs of live units.

    .. math:: \bar\rho = \frac{\langle(\sum_j z_j)^2\rangle_t - n}{n(n-1)}

    x: (…, time, unit), mask: (…, unit) -> (…), 0 with fewer than two live units. z are the n live units with mean 0 and
    variance 1 over time. It takes O(time · unit): the square of the sum holds all pairs. The mask must leave out
    constant units (`live_units`).

    >>> import numpy as np
    >>> t = np.arange(100.0)[:, None] * 2 * np.pi / 100
    >>> x = np.sin(t + np.array([0.0, np.pi]))
    >>> round(float(mean_correlation(x, np.array([True, True]))), 12)
    -1.0
    """
    return _mean_correlation(standardised(x, mask), mask)


def _mean_correlation(z: Array, mask: Array) -> Array:
    xp = namespace(z)
    both = xp.mean(xp.sum(z, axis=-1) ** 2, axis=-1)
    own = xp.sum(xp.mean(z**2, axis=-2), axis=-1)
    n = count(mask, z)
    return ratio(both - own, n * (n - 1))


def mean_squared_correlation(x: Array, mask: Array) -> Array:
    r"""Mean squared correlation over pairs, without the part that T samples give by chance.

    .. math:: \frac{\overline{r^2} - 1/(T-1)}{1 - 1/(T-1)}, \qquad
              \overline{r^2} = \frac{\|R\|_F^2 - n}{n(n-1)}, \quad T \ge 3

    x: (…, time, unit), mask: (…, unit) -> (…). ‖R‖ comes from the time × time Gram matrix when T < N.

    >>> import numpy as np
    >>> x = np.array([[1.0, 2.0], [2.0, 4.0], [4.0, 8.0]])
    >>> round(float(mean_squared_correlation(x, np.array([True, True]))), 12)
    1.0
    """
    return _mean_squared_correlation(standardised(x, mask), mask)


def _mean_squared_correlation(z: Array, mask: Array) -> Array:
    xp = namespace(z)
    n_times = z.shape[-2]
    own = xp.sum(xp.mean(z**2, axis=-2) ** 2, axis=-1)
    n = count(mask, z)
    return _unbiased(ratio(squared_norm(z) / n_times**2 - own, n * (n - 1)), n_times)


def _unbiased(squares: Array, n_times: int) -> Array:
    chance = 1 / max(n_times - 1, 2)
    return (squares - chance) / (1 - chance)


def chi_c(x: Array, mask: Array) -> Array:
    r"""Golomb's χ of z-scored units without its 1/n, as a signed square root.

    .. math:: \chi_c = \operatorname{sign}(\bar\rho)\sqrt{|\bar\rho|}, \qquad
              \bar\rho = \frac{\operatorname{Var}_t(\frac1n\sum_j z_j) - 1/n}{1 - 1/n}

    x: (…, time, unit), mask: (…, unit) -> (…).

    >>> import numpy as np
    >>> x = np.sin(np.arange(100.0)[:, None] + np.zeros(5))
    >>> round(float(chi_c(x, np.ones(5, bool))), 12)
    1.0
    """
    return _chi_c(standardised(x, mask), mask)


def _chi_c(z: Array, mask: Array) -> Array:
    xp = namespace(z)
    rho = _mean_correlation(z, mask)
    tiny = float(xp.finfo(z.dtype).eps) ** 2  # bounds the slope of the root at 0
    return rho / xp.sqrt(xp.abs(rho) + tiny)


def lambda1_fraction(x: Array, mask: Array) -> Array:
    r"""Share of the correlation matrix in its first mode.

    .. math:: \frac{\lambda_1 - 1}{n - 1}

    x: (…, time, unit), mask: (…, unit) -> (…); λ₁ from the smaller of the two Gram matrices.

    >>> import numpy as np
    >>> t = np.arange(100.0)[:, None] * 2 * np.pi / 100
    >>> x = np.sin(t + np.array([0.0, np.pi, 0.0, np.pi]))  # antiphase is one mode
    >>> round(float(lambda1_fraction(x, np.ones(4, bool))), 12)
    1.0
    """
    return _lambda1_fraction(standardised(x, mask), mask)


def _lambda1_fraction(z: Array, mask: Array) -> Array:
    xp = namespace(z)
    first = xp.linalg.eigvalsh(gram(z) / z.shape[-2])[..., -1]
    n = count(mask, z)
    return ratio((first - 1) * as_float(n > 1, z), n - 1)


MEAN_CORRELATION = Measure(
    name="mean_correlation",
    kernel=mean_correlation,
    of_z=_mean_correlation,
    of_pairs=lambda pairs: pairs.mean,
    matrix=correlations,
    nulls=NULLS_OF_PAIRS,
    formula="mean over pairs i < j of corr(x_i, x_j)",
    range="-1/(n-1) to 1",
    floor="0 on average; SD about 1/sqrt(pairs (T-1)) for independent samples, more if they are autocorrelated",
    shows="whether units tend to rise and fall together",
    cannot="antiphase groups cancel: two halves in perfect antiphase read -1/(n-1), as if next to nothing went on",
    citation="Cohen & Kohn, Nat. Neurosci. 14, 811 (2011)",
)
MEAN_SQUARED_CORRELATION = Measure(
    name="mean_squared_correlation",
    kernel=mean_squared_correlation,
    of_z=_mean_squared_correlation,
    of_pairs=lambda pairs: _unbiased(pairs.mean_square, pairs.n_times),
    matrix=_squared_correlations,
    nulls=NULLS_OF_PAIRS,
    formula="(mean over pairs of r^2 - 1/(T-1)) / (1 - 1/(T-1))",
    range="-1/(T-2) to 1",
    floor="0 on average for independent samples; with T_eff < T effective samples about 1/T_eff remains",
    shows="the strength of pairwise correlation of either sign, with the small-sample bias removed",
    cannot="tell positive from negative correlation, or one strong pair from many weak ones",
    citation="E[r^2] = 1/(T-1) of independent normals: Fisher, Biometrika 10, 507 (1915)",
)
CHI_C = Measure(
    name="chi_c",
    kernel=chi_c,
    of_z=_chi_c,
    of_pairs=lambda pairs: pairs.mean / np.sqrt(abs(pairs.mean) + EPS**2),
    nulls=NULLS_OF_PAIRS,
    formula="sign(rho) sqrt|rho|, rho = mean correlation over pairs = (Var_t(mean z) - 1/n)/(1 - 1/n)",
    range="-1/sqrt(n-1) to 1",
    floor="0: the 1/n of chi is removed; a negative estimate stays negative",
    shows="synchrony in the sense of Golomb's chi, the same for every gain and number of units; recommended",
    cannot="see antiphase groups, which cancel (read lambda1_fraction beside it); near 0 the root magnifies noise",
    citation="after Golomb, Scholarpedia 2(1):1347 (2007)",
)
LAMBDA1_FRACTION = Measure(
    name="lambda1_fraction",
    kernel=lambda1_fraction,
    of_z=_lambda1_fraction,
    of_pairs=lambda pairs: (pairs.first - 1) / max(pairs.n - 1, 1),
    nulls=NULLS_OF_PAIRS,
    formula="(lambda_1 - 1)/(n - 1), lambda_1 the largest eigenvalue of the correlation matrix",
    range="0 to 1",
    floor="about ((1 + sqrt(n/T))^2 - 1)/(n - 1) (Marchenko-Pastur); more if samples are autocorrelated",
    shows="how much of all activity is one shared mode, whatever the signs of the units in it; recommended",
    cannot="tell in-phase from antiphase (read mean_correlation beside it), or see a travelling wave as one mode",
    citation="Mueller et al., Phys. Rev. E 71, 046116 (2005)",
)
