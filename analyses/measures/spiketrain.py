"""Measures of spike trains: rate, irregularity, Fano factors, and order parameters of spike phases."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...simulator import InputError, Recording, Spikes
from ...simulator.recordings.distribution import count_moments, fano_factors
from ...simulator.recordings.spikes import MIN_SPIKES
from .base import Measure, NullKind

GRID = 1e-3  # s; the grid of phases
COUNTING, POPULATION_BIN = 0.1, 0.003  # s; windows in which Fano factors count
Sums = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]  # cosine, sine, number of units


def mean_rate(spikes: Spikes) -> float:
    """Spikes per unit and second [Hz], silent units included.

    >>> mean_rate(Spikes(time=[0.1, 0.2, 0.3], unit=[0, 0, 1], n_units=3, duration=0.5))
    2.0
    """
    return spikes.time.size / (spikes.n_units * spikes.duration)


def cv_isi(spikes: Spikes) -> float:
    r"""SD over mean of the intervals of each train, averaged over the units with at least 5 spikes.

    .. math:: CV = \Big\langle \frac{\sqrt{\operatorname{Var}_k I_{jk}}}{\langle I_{jk}\rangle_k} \Big\rangle_j

    Raises:
        InputError: no unit has 5 spikes.

    >>> round(cv_isi(Spikes(time=np.arange(10) * 0.1, unit=np.zeros(10, int), n_units=1, duration=1.0)), 9)
    0.0
    """
    found = spikes.isi()
    interval, owner = found.values, found.of
    kept = spikes.counts >= MIN_SPIKES
    if not kept.any():
        raise InputError(f"cv_isi: no unit has {MIN_SPIKES} spikes within {spikes.duration:g} s")
    n = np.bincount(owner, minlength=spikes.n_units)
    n = np.maximum(n, 1)
    mean = np.bincount(owner, interval, spikes.n_units) / n
    variance = np.bincount(owner, (interval - mean[owner]) ** 2, spikes.n_units) / n
    return float(np.mean(np.sqrt(variance[kept]) / mean[kept]))


def fano_factor(spikes: Spikes, window: float = COUNTING) -> float:
    r"""Variance over mean of the spike count of a unit in windows [s], averaged over the units with at least 5 spikes.

    .. math:: F = \Big\langle \frac{\operatorname{Var}_w N_j(w)}{\langle N_j(w) \rangle_w} \Big\rangle_j

    The windows are those of `Spikes.binned`; the variance is divided by the number of windows.

    Raises:
        InputError: no unit has 5 spikes, or fewer than two windows fit.

    >>> fano_factor(Spikes(time=np.arange(20) * 0.1 + 0.05, unit=np.zeros(20, int), n_units=1, duration=2.0))
    0.0
    """
    factors = fano_factors(spikes, window, MIN_SPIKES, "fano_factor").values
    return float(np.mean(factors)) if factors.size else 0.0


def population_fano_factor(spikes: Spikes, window: float = POPULATION_BIN) -> float:
    r"""Variance over mean of the spike count of all units together, in bins [s].

    .. math:: F = \frac{\operatorname{Var}_w \sum_j N_j(w)}{\langle \sum_j N_j(w) \rangle_w}

    Raises:
        InputError: there is no spike, or fewer than two bins fit.

    >>> t = np.arange(20) * 0.1 + 0.05
    >>> two = Spikes(np.r_[t, t], unit=np.repeat([0, 1], 20), n_units=2, duration=2.0)
    >>> round(population_fano_factor(two, window=0.05), 9)  # 0, 2, 0, 2 ...: variance 1, mean 1
    1.0
    """
    together = replace(spikes, unit=np.zeros_like(spikes.unit), n_units=1, unit_labels={})
    mean, variance = count_moments(together, window, "population_fano_factor")
    if mean[0] == 0:
        raise InputError(f"population_fano_factor: no spike within {spikes.duration:g} s")
    return float(variance[0] / mean[0])


def spike_phase_series(spikes: Spikes, dt: float = GRID, harmonic: int = 1) -> Recording:
    """r(t) of spike phases on a grid of dt [s]: Recording (time, 1), quantity "order parameter".

    The mean at t runs over the units that have a phase there (between their first and last spike). `valid` is
    True where these are at least half of all units with 5 spikes, and at least 2: the fewer the units, the
    larger r is by chance, and the ends of a recording would be made of the few that fire first or last.

    Raises:
        InputError: no unit has 5 spikes.

    >>> t = np.arange(10) * 0.1
    >>> two = Spikes(np.r_[t, t + 0.05], unit=np.repeat([0, 1], 10), n_units=2, duration=1.0)  # antiphase
    >>> r1, r2 = (spike_phase_series(two, harmonic=m) for m in (1, 2))
    >>> float(np.abs(r1.values[r1.valid]).max()) < 1e-9, float(r2.values[r2.valid].min()) > 1 - 1e-9
    (True, True)
    """
    cosine, sine, n = _resultants(spikes, dt, harmonic)
    enough = _enough(spikes, n)
    r = np.hypot(cosine, sine) / np.maximum(n, 1)
    return Recording(
        np.where(enough, r, 0.0)[:, None],
        dt=dt,
        clock="second",
        quantity="order parameter",
        unit="1",
        t0=spikes.t0,
        valid=enough[:, None],
        source=spikes.source,
    )


def spike_phase(spikes: Spikes, harmonic: int = 1) -> float:
    r"""Order parameter of spike phases, averaged over the instants at which at least half of the units have one.

    .. math:: r_m = \Big\langle \Big| \frac{1}{|A(t)|} \sum_{j \in A(t)} e^{i m \theta_j(t)} \Big| \Big\rangle_t,
              \quad \theta_j = 2\pi\Big(k + \frac{t - t_k}{t_{k+1} - t_k}\Big)

    on a grid of 1 ms, over units with at least 5 spikes; A(t) are those between their first and last spike.

    Raises:
        InputError: no unit has 5 spikes, or no two of them ever have a phase at once.

    >>> t = np.arange(10) * 0.1
    >>> one = Spikes(np.r_[t, t], unit=np.repeat([0, 1], 10), n_units=2, duration=1.0)
    >>> round(spike_phase(one), 9)
    1.0
    """
    cosine, sine, n = _resultants(spikes, GRID, harmonic)
    enough = _enough(spikes, n)
    if not enough.any():
        raise InputError(
            f"spike_phase: at no instant do half of the units with {MIN_SPIKES} spikes, and at least 2, "
            "have a phase; choose a longer or later window"
        )
    return float(np.mean(np.hypot(cosine[enough], sine[enough]) / n[enough]))


def _enough(spikes: Spikes, n: NDArray[np.int64]) -> NDArray[np.bool_]:
    kept = int((spikes.counts >= MIN_SPIKES).sum())
    return 2 * n >= max(4, kept)


def _resultants(spikes: Spikes, dt: float, harmonic: int) -> Sums:
    if not (math.isfinite(dt) and 0 < dt <= spikes.duration):
        raise InputError(f"spike phases: dt must lie in (0, {spikes.duration:g}] s; got {dt}")
    counts = spikes.counts
    if counts.max() < MIN_SPIKES:
        raise InputError(f"spike phases: no unit has {MIN_SPIKES} spikes within {spikes.duration:g} s")
    order = np.argsort(spikes.unit, kind="stable")
    edges = np.concatenate([[0], np.cumsum(counts)])
    time, slack = spikes.time[order], max(1e-9, spikes.rounding)
    sums: Sums = _sum_phasors(time, edges, spikes.t0, dt, spikes.n_bins(dt), MIN_SPIKES, harmonic, slack)
    return sums


@njit(cache=True, nogil=True)
def _sum_phasors(time, edges, t0, dt, n_bins, min_spikes, harmonic, slack):  # type: ignore[no-untyped-def]
    """Sum of exp(i · harmonic · phase) over units, and how many have one, at every point of the grid."""
    cosine = np.zeros(n_bins)
    sine = np.zeros(n_bins)
    n = np.zeros(n_bins, dtype=np.int64)
    for j in range(edges.size - 1):
        first, last = edges[j], edges[j + 1] - 1
        if last - first + 1 < min_spikes:
            continue
        start = max(0, math.ceil((time[first] - slack - t0) / dt))
        stop = min(n_bins - 1, math.floor((time[last] + slack - t0) / dt))
        k = first
        fresh = True
        c, s, turn_c, turn_s = 1.0, 0.0, 1.0, 0.0
        for b in range(start, stop + 1):
            t = t0 + dt * b
            while k < last and (
                time[k + 1] <= t or time[k + 1] == time[k]
            ):  # every spike is phase 0: errors never outlive an interval
                k += 1
                fresh = True
            if fresh:
                angle = 0.0
                step = 0.0
                if k < last:
                    step = 2 * math.pi * harmonic / (time[k + 1] - time[k])
                    angle = step * max(0.0, t - time[k])
                c, s = math.cos(angle), math.sin(angle)
                turn_c, turn_s = math.cos(step * dt), math.sin(step * dt)
                fresh = False
            else:
                c, s = c * turn_c - s * turn_s, s * turn_c + c * turn_s
            cosine[b] += c
            sine[b] += s
            n[b] += 1
    return cosine, sine, n


SHIFTS: tuple[NullKind, ...] = ("train_shift", "circular_shift", "interval_jitter")
_PHASE = {
    "phase": f"spike phase, linear between spikes, units with at least {MIN_SPIKES} spikes",
    "grid": GRID,
    "instants": "at least half of these units, and 2, have a phase",
}

SPIKE_PHASE_R1 = Measure(
    name="spike_phase_r1",
    kernel=spike_phase,
    takes="spikes",
    needs=frozenset({"order", "stationary"}),
    differentiable=False,
    min_spikes=MIN_SPIKES,
    formula="mean over t of |mean over j of exp(i theta_j(t))|, theta_j linear from 0 to 2 pi between spikes",
    range="0 to 1",
    floor="sqrt(pi/(4 n)) for independent units: 0.089 for 100",
    shows="whether units are at the same point between their spikes; 1 if all fire together, whatever the rhythm",
    cannot="see clusters (read spike_phase_r2) or units that fire at different rates in one rhythm; units with fewer "
    "than 5 spikes have no say, and in bursts the phase is that of the spikes, not of the bursts",
    citation="Pikovsky, Rosenblum & Kurths, Synchronization (2001)",
    nulls=SHIFTS,
    settings={**_PHASE, "harmonic": 1},
)
SPIKE_PHASE_R2 = replace(
    SPIKE_PHASE_R1,
    name="spike_phase_r2",
    kernel=partial(spike_phase, harmonic=2),
    formula="mean over t of |mean over j of exp(2 i theta_j(t))|",
    shows="one cluster or two clusters half a cycle apart; two clusters are r1 near 0 with r2 near 1",
    cannot="tell one cluster from two: it means something only beside spike_phase_r1",
    citation="Daido, Phys. Rev. Lett. 68, 1073 (1992)",
    settings={**_PHASE, "harmonic": 2},
)
MEAN_RATE = Measure(
    name="mean_rate",
    kernel=mean_rate,
    takes="spikes",
    needs=frozenset(),
    differentiable=False,
    min_units=0,
    formula="number of spikes / (units * duration), silent units included",
    range="0 upwards",
    floor="none",
    unit="Hz",
    shows="how active the population is; to be read beside every synchrony",
    cannot="say anything of synchrony or of how the spikes are spread over units",
    citation="Dayan & Abbott, Theoretical Neuroscience, ch. 1 (MIT Press, 2001)",
    nulls=(),
    no_null="a shift of the trains leaves every rate as it is",
)
CV_ISI = Measure(
    name="cv_isi",
    kernel=cv_isi,
    takes="spikes",
    differentiable=False,
    min_units=1,
    min_spikes=MIN_SPIKES,
    formula=f"mean over units with at least {MIN_SPIKES} spikes of SD(interval)/mean(interval)",
    range="0 (regular) upwards; 1 for a Poisson process",
    floor="biased low for few spikes: by 10 % or so for a Poisson train of 10",
    shows="how irregular single trains are",
    cannot="say anything of synchrony; a drifting rate reads as irregularity",
    citation="Softky & Koch, J. Neurosci. 13, 334 (1993)",
    nulls=(),
    no_null="it is a property of single trains, which a shift leaves as they are",
)
FANO_FACTOR = Measure(
    name="fano_factor",
    kernel=fano_factor,
    takes="spikes",
    differentiable=False,
    min_units=1,
    min_spikes=MIN_SPIKES,
    formula=f"mean over units of Var(N)/mean(N), N the spikes of a unit in windows of {1e3 * COUNTING:g} ms",
    range="0 upwards; 1 for a Poisson process",
    floor="none; 1 on average for Poisson trains, with an SD of sqrt(2/windows) a unit",
    shows="how variable the count of single units is: below 1 regular, above 1 bursts or a rate that changes",
    cannot="say anything of synchrony (read population_fano_factor); it depends on the window, and a drifting rate "
    "raises it the more the longer the window is",
    citation="Fano, Phys. Rev. 72, 26 (1947); Shadlen & Newsome, J. Neurosci. 18, 3870 (1998)",
    nulls=(),
    no_null="it is a property of single trains, which a shift leaves as they are",
    settings={"window": COUNTING},
)
POPULATION_FANO_FACTOR = Measure(
    name="population_fano_factor",
    kernel=population_fano_factor,
    takes="spikes",
    needs=frozenset({"order", "stationary"}),
    differentiable=False,
    formula=f"Var(N)/mean(N), N the spikes of all units together in bins of {1e3 * POPULATION_BIN:g} ms",
    range="0 upwards; 1 for independent Poisson trains",
    floor="1 for independent Poisson trains of any number; of independent trains the mean of their own",
    shows="whether spikes of the population cluster in time beyond those of independent units",
    cannot="be compared between numbers of units or rates: units of correlation c give about 1 + (n - 1) c; it depends "
    "on the bin, and a rate that all units share raises it",
    citation="Potjans & Diesmann, Cereb. Cortex 24, 785 (2014), in 3 ms; Kumar et al., Neural Comput. 20, 1 (2008)",
    nulls=SHIFTS,
    settings={"window": POPULATION_BIN},
)
