"""Chance: correlations of independent signals, from their spectra alone."""

from __future__ import annotations

import numpy as np
from scipy.fft import dct

from ..simulator.types import Floats

# Two independent signals with the cosine coefficients c_ki and c_kj have the correlation Σ_k c_ki c_kj / T. With
# coefficients that are uncorrelated over k, its variance is Σ_k c_ki² c_kj² / T²: white noise gives 1/T, and a signal
# in which few k hold all variance gives much more. The cosine transform takes a signal as mirrored at its ends, so
# that a drift does not leak into all k as it does in a Fourier transform. No surrogate is drawn. A signal that units
# share makes their c_k² alike, by 2 P_ij² of Gaussian signals with the cross-spectrum P_ij: white units of one shared
# signal would have T_eff = T/3. Products of neighbouring k have the mean P_ij², and 0 without a shared signal, however
# steep the spectrum.


def coefficients(z: Floats) -> Floats:
    """Return the orthonormal cosine coefficients (DCT-II) along the time axis of z (…, time, unit).

    Coefficient k belongs to the frequency k/(2 T dt).
    """
    return np.asarray(dct(z, type=2, norm="ortho", axis=-2), dtype=np.float64)


def squares_by_chance(c: Floats) -> Floats:
    r"""Return the part of every coefficient in the mean squared correlation of independent signals, (row,).

    .. math:: s_k^2 = \frac{(\sum_j c_{kj}^2)^2 - \sum_j c_{kj}^4}{n(n-1)}

    Args:
        c: coefficients of signals of variance 1 over √T, (row, unit): Σ_k c_kj² = 1.
    """
    n = c.shape[-1]
    own = c * c
    return np.asarray((own.sum(axis=-1) ** 2 - (own * own).sum(axis=-1)) / (n * (n - 1)))


def expected_square(c: Floats) -> float:
    r"""Return s², the mean squared correlation over pairs of independent signals with the spectra of these.

    .. math:: s^2 = \sum_k s_k^2 - 2 \sum_k \frac{(\sum_j d_{kj})^2 - \sum_j d_{kj}^2}{n(n-1)},
              \qquad d_{kj} = c_{kj} c_{k+1,j}

    Args:
        c: coefficients of signals of variance 1 over √T, (trial, k, unit): Σ c_j² = 1.
    """
    n = c.shape[-1]
    total = float(squares_by_chance(c.reshape(-1, n)).sum())
    d = (c[..., :-1, :] * c[..., 1:, :]).reshape(-1, n)
    shared = float((d.sum(axis=-1) ** 2 - (d * d).sum(axis=-1)).sum()) / (n * (n - 1))
    # the correction is 2/3 of one signal in all units, and 0 of independent ones
    return float(max(total - 2 * shared, total / 3))


def effective_samples(z: Floats) -> float:
    r"""Return T_eff, the number of independent samples that leaves as much correlation to chance as these signals.

    .. math:: T_{eff} = 1/s^2, \qquad
              s^2 \approx \sum_k \frac{(\sum_j c_{kj}^2)^2 - \sum_j c_{kj}^4}{T^2 n (n-1)}

    c are the cosine coefficients of z; s² is the mean squared correlation over pairs of independent signals with these
    spectra (`expected_square`). Below about 10 a correlation says little. Shared changes of variance are not seen:
    T_eff is too high then.

    Args:
        z: z-scores (time, unit) of at least two units, or (trial, time, unit).

    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((500, 40))
    >>> round(effective_samples((x - x.mean(0)) / x.std(0)))
    498
    """
    total = z.size / z.shape[-1]
    return 1 / expected_square(coefficients(z if z.ndim > 2 else z[None]) / np.sqrt(total))
