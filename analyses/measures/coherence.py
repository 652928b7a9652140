"""Coupling of pairs by their cross-spectra within a band: coherence, and what of it has a lag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ...simulator import InputError
from ...simulator.types import Array, Band
from .arrays import namespace, ratio, root, standardised
from .base import Measure
from .checks import band_bins
from .pairwise import mean_over_pairs, symmetric
from .phase import KURAMOTO_R1, in_band
from .phase_locking import in_phase_basis
from .spectral import segments

Statistic = Callable[[Array, Array], Array]  # coefficients (…, frequency, segment, unit) -> (…, unit, unit)
Signals = tuple[Array]


def coefficients(z: Array, dt: float, band: Band, segment: int) -> tuple[Array, Array]:
    """Real and imaginary part of the Fourier coefficients within the band, each (…, frequency, segment, unit).

    Segments of z (…, time, unit) overlap by half. Each loses its mean and gets a Hann window, as in Welch's method.

    Raises:
        InputError: fewer than two segments fit.
    """
    xp = namespace(z)
    first, last = band_bins(segment, dt, band)
    pieces = [piece[..., first : last + 1, :] for piece in segments(z, segment)]
    if len(pieces) < 2:  # cross-spectra of one segment are coherent whatever it holds
        raise InputError(f"cross-spectra: need at least 2 segments of {segment} samples; got {z.shape[-2]} samples")
    found = xp.stack(pieces, axis=-2)
    return xp.real(found), xp.imag(found)


def coherency(re: Array, im: Array) -> tuple[Array, Array]:
    """Real and imaginary part of S_ij / sqrt(S_ii S_jj), each (…, frequency, unit, unit); 0 without power."""
    xp = namespace(re)
    re_t, im_t = xp.matrix_transpose(re), xp.matrix_transpose(im)
    turned = xp.matmul(im_t, re)
    size = root(xp.sum(re**2 + im**2, axis=-2))
    both = xp.expand_dims(size, axis=-1) * xp.expand_dims(size, axis=-2)
    real, imaginary = xp.matmul(re_t, re) + xp.matmul(im_t, im), turned - xp.matrix_transpose(turned)
    return ratio(real, both), ratio(imaginary, both)


def _squared(re: Array, im: Array) -> Array:
    xp = namespace(re)
    real, imaginary = coherency(re, im)
    return xp.mean(real**2 + imaginary**2, axis=-3)


def _imaginary(re: Array, im: Array) -> Array:
    xp = namespace(re)
    return xp.mean(xp.abs(coherency(re, im)[1]), axis=-3)


def _weighted(re: Array, im: Array, debiased: bool = False) -> Array:
    xp = namespace(re)
    rows = []
    for i in range(re.shape[-1] - 1):  # a row at a time: all pairs at once would not fit into memory
        s = im[..., i : i + 1] * re[..., i + 1 :] - re[..., i : i + 1] * im[..., i + 1 :]
        total, size = xp.sum(s, axis=-2), xp.sum(xp.abs(s), axis=-2)
        if debiased:
            squares = xp.sum(s**2, axis=-2)
            rows.append(xp.mean(ratio(total**2 - squares, size**2 - squares), axis=-2))
        else:
            rows.append(xp.mean(ratio(xp.abs(total), size), axis=-2))
    return symmetric(rows, re[..., 0, 0, :])


def _signals(x: Array, mask: Array, **_: object) -> Signals:
    return (standardised(x, mask),)


def _matrix(statistic: Statistic, x: Array, mask: Array, *, dt: float, band: Band, segment: int) -> Array:
    return statistic(*coefficients(standardised(x, mask), dt, band, segment))


def _mean(statistic: Statistic, signals: Signals, mask: Array, *, dt: float, band: Band, segment: int) -> Array:
    return mean_over_pairs(statistic(*coefficients(signals[0], dt, band, segment)), mask)


def _in_band(x: Array, mask: Array, *, dt: float, band: Band, segment: int) -> Array:
    return in_band(x, mask, dt=dt, band=band)


def squared_coherence(x: Array, mask: Array, *, dt: float, band: Band, segment: int) -> Array:
    r"""Magnitude-squared coherence, averaged over the frequencies of the band and the pairs of live units.

    .. math:: C_{ij}(f) = \frac{|S_{ij}(f)|^2}{S_{ii}(f)\, S_{jj}(f)}, \qquad
              S_{ij}(f) = \langle X_i(f)\, X_j^*(f) \rangle_{segments}

    S by Welch's method, over segments that overlap by half. x: (…, time, unit), mask: (…, unit) -> (…).

    Args:
        x, mask: as for every kernel.
        dt: sampling interval [ticks].
        band: (low, high) [cycles per tick].
        segment: samples in each segment; `apply` takes 2 periods of the low edge, and 2 over the width of the band.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((4000, 1))
    >>> copies = np.concatenate([x, -2 * x], axis=-1)
    >>> round(float(squared_coherence(copies, np.ones(2, bool), dt=0.01, band=(8, 12), segment=50)), 9)
    1.0
    """
    return _mean(_squared, _signals(x, mask), mask, dt=dt, band=band, segment=segment)


def imaginary_coherence(x: Array, mask: Array, *, dt: float, band: Band, segment: int) -> Array:
    r"""|Imaginary part of coherency|, averaged over the frequencies of the band and the pairs of live units.

    .. math:: \left| \operatorname{Im} \frac{S_{ij}(f)}{\sqrt{S_{ii}(f)\, S_{jj}(f)}} \right|

    As `squared_coherence`.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal((4000, 1))
    >>> copies = np.concatenate([x, -2 * x], axis=-1)
    >>> round(float(imaginary_coherence(copies, np.ones(2, bool), dt=0.01, band=(8, 12), segment=50)), 9)
    0.0
    """
    return _mean(_imaginary, _signals(x, mask), mask, dt=dt, band=band, segment=segment)


def wpli(x: Array, mask: Array, *, dt: float, band: Band, segment: int) -> Array:
    r"""Weighted phase-lag index, averaged over the frequencies of the band and the pairs of live units.

    .. math:: \frac{|\sum_k \operatorname{Im} S^k_{ij}|}{\sum_k |\operatorname{Im} S^k_{ij}|},
              \qquad S^k_{ij} = X^k_i\, X^{k*}_j \text{ of segment } k

    As `squared_coherence`.

    >>> import numpy as np
    >>> t = np.arange(4000)[:, None] / 100
    >>> lagged = np.cos(2 * np.pi * 10 * t + np.array([0, 1]))
    >>> round(float(wpli(lagged, np.ones(2, bool), dt=0.01, band=(10, 10.1), segment=50)), 9)
    1.0
    """
    return _mean(_weighted, _signals(x, mask), mask, dt=dt, band=band, segment=segment)


def debiased_wpli(x: Array, mask: Array, *, dt: float, band: Band, segment: int) -> Array:
    r"""Debiased estimate of the squared weighted phase-lag index, averaged over frequencies and pairs of live units.

    .. math:: \frac{(\sum_k \operatorname{Im} S^k_{ij})^2 - \sum_k (\operatorname{Im} S^k_{ij})^2}
              {(\sum_k |\operatorname{Im} S^k_{ij}|)^2 - \sum_k (\operatorname{Im} S^k_{ij})^2}

    As `wpli`. It is negative where chance has it so.

    >>> import numpy as np
    >>> t = np.arange(4000)[:, None] / 100
    >>> lagged = np.cos(2 * np.pi * 10 * t + np.array([0, 1]))
    >>> round(float(debiased_wpli(lagged, np.ones(2, bool), dt=0.01, band=(10, 10.1), segment=50)), 9)
    1.0
    """
    return _mean(_debiased, _signals(x, mask), mask, dt=dt, band=band, segment=segment)


_debiased = partial(_weighted, debiased=True)
_WELCH = {"cross-spectra": "Welch, Hann, segments overlap by half, mean over the frequencies of the band"}
_UNMIXED = {**_WELCH, "surrogates": "shift components that share nothing without a lag"}
_LAGGED = "what two channels share without a lag (a common reference, volume conduction) adds nothing on average"

SQUARED_COHERENCE = Measure(
    name="squared_coherence",
    kernel=squared_coherence,
    matrix=partial(_matrix, _squared),
    split=(_signals, partial(_mean, _squared)),
    refine=_in_band,
    needs=frozenset({"order", "band", "stationary"}),
    inputs=("dt", "band", "segment"),
    on_request=True,
    formula="mean over pairs, and over f in the band, of |S_ij|^2 / (S_ii S_jj), S the cross-spectra of Welch's method",
    range="0 to 1",
    floor="1/K for K independent segments; about (1 + (K-1)/(18 K))/K for K that overlap by half",
    shows="the share of the power of one unit in the band that a linear filter of the other gives, whatever its lag; "
    "coupling without a lag is counted",
    cannot="tell coupling from a signal that reaches two channels at once: a common reference and volume conduction "
    "read as coherence (read imaginary_coherence or wpli beside it); few segments read high",
    citation="Carter, Knapp & Nuttall, IEEE Trans. Audio Electroacoust. 21, 337 (1973); Welch, ibid. 15, 70 (1967)",
    nulls=KURAMOTO_R1.nulls,
    settings=_WELCH,
)
IMAGINARY_COHERENCE = replace(
    SQUARED_COHERENCE,
    name="imaginary_coherence",
    kernel=imaginary_coherence,
    matrix=partial(_matrix, _imaginary),
    split=(_signals, partial(_mean, _imaginary)),
    unmix=in_phase_basis,
    formula="mean over pairs, and over f in the band, of |Im(S_ij / sqrt(S_ii S_jj))|",
    floor="Gamma(K)/(sqrt(pi) Gamma(K + 1/2)), about 1/sqrt(pi K), for K independent segments",
    shows=f"coupling with a lag; {_LAGGED}",
    cannot="see coupling without a lag, or in antiphase; it grows with the lag as well as with the coupling, and falls "
    "where more is shared without a lag",
    citation="Nolte et al., Clin. Neurophysiol. 115, 2292 (2004)",
    settings=_UNMIXED,
)
WPLI = replace(
    IMAGINARY_COHERENCE,
    name="wpli",
    kernel=wpli,
    matrix=partial(_matrix, _weighted),
    split=(_signals, partial(_mean, _weighted)),
    formula="mean over pairs, and over f in the band, of |sum_k Im S_ij^k| / sum_k |Im S_ij^k| over segments k",
    floor="about 2/sqrt(pi K) for K independent segments: .36 for 10 (read debiased_wpli beside it)",
    shows=f"whether one unit leads the other, each segment weighed by how far it is from no lag; {_LAGGED}",
    cannot="see coupling without a lag, or in antiphase; say how strong a coupling is: a weak one of a constant lag "
    "reads as high as a strong one; few segments read high",
    citation="Vinck, Oostenveld, van Wingerden, Battaglia & Pennartz, NeuroImage 55, 1548 (2011)",
)
DEBIASED_WPLI = replace(
    WPLI,
    name="debiased_wpli",
    kernel=debiased_wpli,
    matrix=partial(_matrix, _debiased),
    split=(_signals, partial(_mean, _debiased)),
    formula="mean over pairs, and over f, of ((sum_k Im S)^2 - sum_k (Im S)^2) / ((sum_k |Im S|)^2 - sum_k (Im S)^2)",
    range="-1/(K-1) to 1",
    floor="0 on average for K independent segments; about 1/(9 K) for segments that overlap by half",
    shows=f"the square of wpli without its bias by the number of segments; {_LAGGED}",
    cannot="see coupling without a lag, or in antiphase; it is a square: .09 is a wpli of .3",
)
