"""Coupling of pairs by their Hilbert phases within a band: phase-locking value and phase-lag index."""

from __future__ import annotations

from ...simulator.types import Array, Band
from .arrays import as_float, namespace, root, standardised
from .base import Measure
from .pairwise import mean_over_pairs, symmetric
from .phase import HILBERT, KURAMOTO_R1, Pair, analytic, in_band, inner, phasors, unit_length

# Zero lag. A signal that reaches two channels at once (a common reference, volume conduction) adds a real number to
# their cross-spectrum S = <z_i conj z_j> and nothing to its imaginary part. PLV and coherence read |S|; PLI, wPLI and
# imaginary coherence read Im S alone. These are 0 on average for any mixture of independent sources, but a genuine
# coupling without a lag is lost with the artefact.
#
# Their null must keep the mixture. With a common reference r, Im S_ij is <r s_j> − <r s_i> for the most part: one
# number a channel, so that pairs are not independent of each other, and their mean scatters more than that of
# independent channels. Surrogates that shift channels would therefore find it too high too often. Theirs shift
# orthogonal components of the signals within the band, which share nothing without a lag, and mix them again as they
# were (Shahbazi et al. 2010 unmix by ICA): what is shared without a lag stays, and what has a lag goes.


def in_phase_basis(x: Array, mask: Array, *, dt: float, band: Band, **_: object) -> Array:
    """Eigenvectors, in columns, of the covariance without a lag of the z-scores within the band, (…, unit, unit)."""
    xp = namespace(x)
    u, v = analytic(standardised(x, mask), dt, band)
    shared = xp.matmul(xp.matrix_transpose(u), u) + xp.matmul(xp.matrix_transpose(v), v)
    vectors: Array = xp.linalg.eigh(shared)[1]
    return vectors


def plv_of_pairs(pair: Pair, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Array:
    """|mean over time of exp(i (θ_i − θ_j))| of every pair, (…, unit, unit), from cosines and sines (…, time, unit)."""
    xp = namespace(mask)
    c, s = inner("plv", pair, dt=dt, band=band, periodic=periodic)
    c_t, s_t = xp.matrix_transpose(c), xp.matrix_transpose(s)
    turned = xp.matmul(s_t, c)
    re, im = xp.matmul(c_t, c) + xp.matmul(s_t, s), turned - xp.matrix_transpose(turned)
    return root(re**2 + im**2) / c.shape[-2]


def pli_of_pairs(pair: Pair, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Array:
    """|mean over time of sign sin(θ_i − θ_j)| of every pair, (…, unit, unit), from analytic signals (…, time, unit)."""
    xp = namespace(mask)
    c, s = unit_length(*inner("pli", pair, dt=dt, band=band, periodic=periodic), mask)
    none = 64 * float(xp.finfo(c.dtype).eps)  # phases that differ by rounding, as of copies, have no order
    rows = []
    for i in range(c.shape[-1] - 1):  # a row at a time: all pairs at once would not fit into memory
        sine = s[..., i : i + 1] * c[..., i + 1 :] - c[..., i : i + 1] * s[..., i + 1 :]
        rows.append(xp.abs(xp.mean(as_float(sine > none, c) - as_float(sine < -none, c), axis=-2)))
    return symmetric(rows, c[..., 0, :])


def plv(x: Array, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Array:
    r"""Phase-locking value over time, averaged over pairs of live units.

    .. math:: PLV = \frac{2}{n(n-1)} \sum_{i<j} \big| \langle e^{i(\theta_i(t) - \theta_j(t))} \rangle_t \big|

    θ_j is the phase of the analytic signal of unit j within `band` [cycles per tick]. x: (…, time, unit),
    mask: (…, unit) -> (…). Without a closed loop one period of the band's low edge is left out at each end.

    Raises:
        InputError: the band is empty, or fewer than two of its slowest periods remain.

    >>> import numpy as np
    >>> t = np.arange(400)[:, None] / 100
    >>> x = np.cos(2 * np.pi * 5 * t + np.array([0, np.pi / 2]))
    >>> round(float(plv(x, np.ones(2, bool), dt=0.01, band=(3, 8))), 9)
    1.0
    """
    return _plv(phasors(x, mask, dt=dt, band=band), mask, dt=dt, band=band, periodic=periodic)


def _plv(pair: Pair, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Array:
    return mean_over_pairs(plv_of_pairs(pair, mask, dt=dt, band=band, periodic=periodic), mask)


def pli(x: Array, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Array:
    r"""Phase-lag index over time, averaged over pairs of live units.

    .. math:: PLI = \frac{2}{n(n-1)} \sum_{i<j} \big| \langle \operatorname{sign}
              \sin(\theta_i(t) - \theta_j(t)) \rangle_t \big|

    As `plv`; phases that are equal but for rounding count as 0.

    >>> import numpy as np
    >>> t = np.arange(400)[:, None] / 100
    >>> def of(lag): return pli(np.cos(2 * np.pi * 5 * t + np.array([0, lag])), np.ones(2, bool), dt=0.01, band=(3, 8))
    >>> [round(float(of(lag)), 9) for lag in (0, np.pi / 2)]
    [0.0, 1.0]
    """
    return _pli(_analytic(x, mask, dt=dt, band=band), mask, dt=dt, band=band, periodic=periodic)


def _pli(pair: Pair, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Array:
    return mean_over_pairs(pli_of_pairs(pair, mask, dt=dt, band=band, periodic=periodic), mask)


def _analytic(x: Array, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Pair:
    return analytic(standardised(x, mask), dt, band)


def _plv_matrix(x: Array, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Array:
    return plv_of_pairs(phasors(x, mask, dt=dt, band=band), mask, dt=dt, band=band, periodic=periodic)


def _pli_matrix(x: Array, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Array:
    return pli_of_pairs(_analytic(x, mask, dt=dt, band=band), mask, dt=dt, band=band, periodic=periodic)


PLV = Measure(
    name="plv",
    kernel=plv,
    matrix=_plv_matrix,
    split=(phasors, _plv),
    refine=in_band,
    needs=frozenset({"order", "band", "stationary"}),
    inputs=("dt", "band", "periodic"),
    on_request=True,
    formula="mean over pairs of |mean over t of exp(i (theta_i(t) - theta_j(t)))|, theta Hilbert phases in a band",
    range="0 to 1",
    floor="sqrt(pi/(4 T)) for T independent phases; a band of width B leaves about B times the duration of them",
    shows="whether two units keep one phase difference, whatever it is; locking without a lag is counted",
    cannot="tell coupling from a signal that reaches two channels at once: a common reference and volume conduction "
    "read as locking (read pli, wpli or imaginary_coherence beside it)",
    citation="Lachaux, Rodriguez, Martinerie & Varela, Hum. Brain Mapp. 8, 194 (1999); over time: Mormann et al., "
    "Physica D 144, 358 (2000)",
    nulls=KURAMOTO_R1.nulls,
    settings={"phase": HILBERT},
)
PLI = Measure(
    name="pli",
    kernel=pli,
    matrix=_pli_matrix,
    split=(_analytic, _pli),
    unmix=in_phase_basis,
    refine=in_band,
    needs=frozenset({"order", "band", "stationary"}),
    inputs=("dt", "band", "periodic"),
    differentiable=False,
    on_request=True,
    formula="mean over pairs of |mean over t of sign sin(theta_i(t) - theta_j(t))|, theta Hilbert phases in a band",
    range="0 to 1",
    floor="sqrt(2/(pi T)) for T independent phases; a band of width B leaves about B times the duration of them",
    shows="whether one unit leads the other by less than half a cycle most of the time; what two channels share "
    "without a lag (a common reference, volume conduction) adds nothing on average",
    cannot="see coupling without a lag, or in antiphase; small lags change sign by noise alone (wpli weighs them "
    "less); a source that reaches two channels can hide a lag between them",
    citation="Stam, Nolte & Daffertshofer, Hum. Brain Mapp. 28, 1178 (2007)",
    nulls=KURAMOTO_R1.nulls,
    settings={"phase": HILBERT, "surrogates": "shift components that share nothing without a lag"},
)
