"""Phase synchrony of units within a stated band: order parameters of Hilbert phases."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import array_api_compat as api
import numpy as np

from ...simulator import InputError, Recording
from ...simulator.types import Array, Band
from .arrays import as_float, centre, count, live_units, namespace, over_time, ratio, root, standardised
from .base import Measure
from .checks import NO_ORDER, band_bins, band_reason, edge

Pair = tuple[Array, Array]
LEAST_IN_BAND = 1e-12  # of the variance of a unit: with less it has no phase there


def analytic(x: Array, dt: float, band: Band) -> Pair:
    """Real and imaginary part of the analytic signal of x (…, time, unit) within the band.

    Cut out in the Fourier domain, so that it is exact on a closed loop; elsewhere the ends wrap around.

    >>> import numpy as np
    >>> t = np.arange(100)[:, None] / 100
    >>> u, v = analytic(np.cos(2 * np.pi * 5 * t) + np.cos(2 * np.pi * 20 * t), 0.01, (3, 8))
    >>> bool(np.allclose(u, np.cos(2 * np.pi * 5 * t)) and np.allclose(v, np.sin(2 * np.pi * 5 * t)))
    True
    """
    first, last = band_bins(x.shape[-2], dt, band)
    return _one_sided(x, first, last)


def in_band(x: Array, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Array:
    """The live units whose SD within the band is at least 1e-6 of their own SD: only these have a phase there."""
    xp = namespace(x)
    u, _ = analytic(standardised(x, mask), dt, band)
    return mask & (xp.mean(u**2, axis=-2) >= LEAST_IN_BAND)


def phasors(x: Array, mask: Array, *, dt: float, band: Band, periodic: bool = False) -> Pair:
    """Cosine and sine of the Hilbert phase of every live unit, each (…, time, unit); 0 for the others."""
    u, v = analytic(standardised(x, mask), dt, band)
    return unit_length(u, v, mask)


def resultant(pair: Pair, mask: Array, harmonic: int = 1) -> Array:
    """|mean over live units of exp(i · harmonic · phase)|, (…, time)."""
    xp = namespace(mask)
    c, s = pair
    cm, sm = c, s
    for _ in range(harmonic - 1):
        cm, sm = cm * c - sm * s, sm * c + cm * s
    n = xp.expand_dims(count(mask, c), axis=-1)
    return ratio(root(xp.sum(cm, axis=-1) ** 2 + xp.sum(sm, axis=-1) ** 2), n)


def inner(name: str, pair: Pair, *, dt: float, band: Band, periodic: bool) -> Pair:
    """The pair (…, time, unit) without one low-edge period at each end; all of it if the axis is a closed loop."""
    n_times = pair[0].shape[-2]
    reason = band_reason(n_times, dt, band, periodic)
    if reason is not None:
        raise InputError(f"{name}: {reason}")
    cut = 0 if periodic else edge(dt, band)
    first, second = (part[..., cut : n_times - cut, :] for part in pair)
    return first, second


def mean_resultant(
    pair: Pair, mask: Array, *, dt: float, band: Band, periodic: bool = False, harmonic: int = 1
) -> Array:
    """Mean of the resultant over time; unless the axis is a closed loop, without one low-edge period at each end."""
    xp = namespace(mask)
    kept = inner("kuramoto", pair, dt=dt, band=band, periodic=periodic)
    return xp.mean(resultant(kept, mask, harmonic), axis=-1)


def kuramoto(x: Array, mask: Array, *, dt: float, band: Band, periodic: bool = False, harmonic: int = 1) -> Array:
    r"""Kuramoto order parameter of Hilbert phases, averaged over time.

    .. math:: r_m = \Big\langle \Big| \frac1n \sum_j e^{i m \theta_j(t)} \Big| \Big\rangle_t

    θ_j is the phase of the analytic signal of unit j within `band` [cycles per tick]. x: (…, time, unit),
    mask: (…, unit) -> (…). Without a closed loop one period of the band's low edge is left out at each end.

    Raises:
        InputError: the band is empty, or fewer than two of its slowest periods remain.

    >>> import numpy as np
    >>> t = np.arange(400)[:, None] / 100
    >>> def r(phase, m): return kuramoto(np.cos(2 * np.pi * 5 * t + phase), np.ones(2, bool), dt=0.01, band=(3, 8),
    ...                                  harmonic=m)
    >>> [round(float(r(np.array(phase), m)), 9) for phase in ([0, 0], [0, np.pi]) for m in (1, 2)]
    [1.0, 1.0, 0.0, 1.0]
    """
    xp = namespace(x)
    u, v = analytic(standardised(x, mask), dt, band)
    inside = mask & (xp.mean(u**2, axis=-2) >= LEAST_IN_BAND)
    if isinstance(x, np.ndarray) and bool((inside == mask).all()):  # else the others are standardised again
        pair = unit_length(u, v, inside)
    else:
        pair = phasors(x, inside, dt=dt, band=band)
    mask = inside
    return mean_resultant(pair, mask, dt=dt, band=band, periodic=periodic, harmonic=harmonic)


def order_parameter_series(recording: Recording, band: Band, harmonic: int = 1) -> Recording:
    """r(t) of Hilbert phases within the band [cycles per tick]: Recording (…, time, 1), quantity "order parameter".

    Unless the axis is a closed loop it starts one period of the band's low edge late and ends one early: at the
    ends of a signal the phases are made of wrap-around.

    Raises:
        InputError: the clock is "sample", the band does not fit, or fewer than two units vary in it.

    >>> import numpy as np
    >>> x = np.cos(2 * np.pi * 5 * np.arange(400)[:, None] / 100 + np.array([0, 2, 4]) * np.pi / 3)
    >>> waves = Recording(x, dt=0.01, clock="second", quantity="voltage", unit="mV")
    >>> splay = order_parameter_series(waves, (3, 8))
    >>> bool(splay.values.max() < 1e-9), splay.values.shape, round(splay.t0, 6)
    (True, (332, 1), 0.34)
    """
    if recording.clock == "sample":
        raise InputError(f"order_parameter_series: {NO_ORDER}")
    reason = band_reason(recording.n_times, recording.dt, band, recording.periodic)
    if reason is not None:
        raise InputError(f"order_parameter_series: {reason}")
    x = recording.values
    xp = namespace(x)
    mask = in_band(x, live_units(x), dt=recording.dt, band=band)
    least = int(xp.min(count(mask, x)))
    if least < 2:
        raise InputError(f"order_parameter_series: needs 2 units that vary within the band; {least} do")
    r = xp.expand_dims(resultant(phasors(x, mask, dt=recording.dt, band=band), mask, harmonic), axis=-1)
    cut = 0 if recording.periodic else edge(recording.dt, band)
    stop = recording.n_times - cut
    return replace(
        recording,
        values=r[..., cut:stop, :],
        t0=recording.t0 + cut * recording.dt,
        quantity="order parameter",
        unit="1",
        valid=None,
        unit_labels={},
        time_labels={name: values[cut:stop] for name, values in recording.time_labels.items()},
    )


def batch_phase_sync(x: Array, mask: Array) -> Array:
    r"""The paper's phase synchrony: a Hilbert transform along the axis of samples, as if they were in an order.

    .. math:: \Big\langle \Big| \frac1n \sum_j e^{i \arg \mathcal{H}[h_j](b)} \Big| \Big\rangle_b

    x: (…, time, unit), mask: (…, unit) -> (…). No band and no centring, as in the paper.

    >>> import numpy as np
    >>> h = np.cos(2 * np.pi * np.arange(64)[:, None] / 64 + np.array([0, np.pi]))
    >>> round(float(batch_phase_sync(h, np.ones(2, bool))), 9)
    0.0
    """
    xp = namespace(x)
    kept = x * as_float(over_time(mask), x)
    _, v = _one_sided(centre(kept), 1, (x.shape[-2] - 1) // 2)
    size = xp.mean(kept**2, axis=-2, keepdims=True)
    scale = 1 / xp.sqrt(xp.where(size > 0, size, xp.ones_like(size)))
    return xp.mean(resultant(unit_length(kept * scale, v * scale, mask), mask), axis=-1)


def _one_sided(x: Array, first: int, last: int) -> Pair:
    xp = namespace(x)
    n = x.shape[-2]
    spectrum = xp.fft.rfft(x, axis=-2)
    k = xp.arange(n // 2 + 1, dtype=x.dtype, device=api.device(x))
    kept = xp.expand_dims(as_float((k >= first) & (k <= last), x), axis=-1)
    turned = kept * xp.expand_dims(as_float((k > 0) & (2 * k < n), x), axis=-1)  # DC and Nyquist have no quadrature
    return (
        xp.fft.irfft(spectrum * kept, n=n, axis=-2),
        xp.fft.irfft(spectrum * turned * -1j, n=n, axis=-2),
    )


def unit_length(u: Array, v: Array, mask: Array) -> Pair:
    """The phasors of analytic signals (…, time, unit) of the live units; 0 for the others."""
    xp = namespace(u)
    tiny = float(xp.finfo(u.dtype).eps) ** 2  # bounds the slope where the amplitude passes through 0
    kept = as_float(over_time(mask), u) / xp.sqrt(u**2 + v**2 + tiny)
    return u * kept, v * kept


HILBERT = "Hilbert, band cut out in the Fourier domain"

KURAMOTO_R1 = Measure(
    name="kuramoto_r1",
    kernel=kuramoto,
    needs=frozenset({"order", "band", "stationary"}),
    inputs=("dt", "band", "periodic"),
    formula="mean over t of |mean over j of exp(i theta_j(t))|, theta_j the Hilbert phase within the band",
    range="0 to 1",
    floor="sqrt(pi/(4 n)) for independent phases: 0.089 for 100 units",
    shows="whether units are at the same point of a rhythm of the stated band at the same time",
    cannot="see clusters half a cycle apart (0; read kuramoto_r2) or waves (0); broad or one-sided signals have no "
    "clean phase, sparse firing alone lifts it to 0.4, and so does input that drives all units alike",
    citation="Kuramoto, Chemical Oscillations, Waves, and Turbulence (1984); Pikovsky et al., Synchronization (2001)",
    nulls=("linear_shift", "circular_shift"),
    settings={"phase": HILBERT, "harmonic": 1},
    refine=in_band,
    split=(phasors, mean_resultant),
)
KURAMOTO_R2 = replace(
    KURAMOTO_R1,
    name="kuramoto_r2",
    kernel=partial(kuramoto, harmonic=2),
    formula="mean over t of |mean over j of exp(2 i theta_j(t))|",
    floor="sqrt(pi/(4 n)) for independent phases",
    shows="one cluster or two clusters half a cycle apart; two clusters are r1 near 0 with r2 near 1",
    cannot="tell one cluster from two: it means something only beside kuramoto_r1",
    citation="Daido, Phys. Rev. Lett. 68, 1073 (1992)",
    settings={"phase": HILBERT, "harmonic": 2},
    split=(phasors, partial(mean_resultant, harmonic=2)),
)
BATCH_PHASE_SYNC = Measure(
    name="batch_phase_sync",
    kernel=batch_phase_sync,
    needs=frozenset({"stationary"}),
    formula="mean over samples b of |mean over j of exp(i arg Hilbert[h_j](b))|, the transform along the batch",
    range="0 to 1",
    floor="sqrt(pi/(4 n)) for independent units without an offset; towards 1 for units with a common offset",
    shows="nothing of its own: the phase along a batch is an artefact of the order in which samples were shuffled",
    cannot="be read as phase synchrony. It is always shown before and after a shuffle of the samples: what stays is "
    "signal correlation and offset, and what changes is the order of the file",
    citation="defined by the paper that Ictal tests; implemented because the paper uses it",
    settings={"phase": "Hilbert along the samples, no band"},
    shuffle_control=True,
)
