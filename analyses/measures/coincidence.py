"""Coincidence of spikes over pairs of trains, without bins: spike time tiling coefficient and SPIKE-synchronisation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...simulator import InputError, Spikes
from ...simulator.recordings.spikes import MIN_SPIKES
from .base import Measure
from .spiketrain import SHIFTS

WINDOW = 0.005  # s, of coincidence
SLACK = 1e-9  # s: spikes on a grid that are a whole window apart coincide in spite of rounding


def sttc(spikes: Spikes, window: float = WINDOW) -> float:
    r"""Spike time tiling coefficient, averaged over the pairs of units with at least 5 spikes.

    .. math:: STTC = \frac12 \Big( \frac{P_A - T_B}{1 - P_A T_B} + \frac{P_B - T_A}{1 - P_B T_A} \Big)

    P_A is the share of the spikes of A within ± `window` [s] of a spike of B, T_A the share of the duration within
    ± `window` of a spike of A. 0/0 is 1: every spike then lies within the window of one of the other train.

    Raises:
        InputError: fewer than two units have 5 spikes, or the window is not positive.

    >>> t = np.arange(1, 10) * 0.1
    >>> same = Spikes(np.r_[t, t], unit=np.repeat([0, 1], 9), n_units=2, duration=1.0)
    >>> apart = Spikes(np.r_[t, t + 0.05], unit=np.repeat([0, 1], 9), n_units=2, duration=1.0)
    >>> round(sttc(same), 9), round(sttc(apart), 9)
    (1.0, -0.09)
    """
    live = _live(spikes, "sttc")
    return float(sttc_of_pairs(spikes, window)[np.ix_(live, live)][np.triu_indices(live.size, 1)].mean())


def sttc_of_pairs(spikes: Spikes, window: float = WINDOW) -> NDArray[np.float64]:
    """STTC of every pair of units, (unit, unit); 1 on the diagonal, 0 for units without spikes."""
    if not (math.isfinite(window) and 0 < window <= spikes.duration):
        raise InputError(f"sttc: the window must lie in (0, {spikes.duration:g}] s; got {window}")
    time, edges = _trains(spikes)
    slack = max(SLACK, spikes.rounding)
    start = spikes.t0 if slack == SLACK else 0.0
    if slack > SLACK:  # edges of windows far from 0 are rounded more than the slack
        time = time - spikes.t0
    covered = _covered(time, edges, start, start + spikes.duration, window) / spikes.duration
    near = _near(time, edges, window + slack) / np.maximum(np.diff(edges), 1)[:, None]  # of unit i, near one of j
    top, bottom = near - covered, 1 - near * covered
    half = np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), 1.0)
    found: NDArray[np.float64] = 0.5 * (half + half.T)
    there = np.diff(edges) > 0
    return found * (there[:, None] & there)


def spike_synchronisation(spikes: Spikes) -> float:
    r"""SPIKE-synchronisation of all units with at least 5 spikes: share of coincident spikes, over all pairs.

    .. math:: \frac{\sum_{i<j} c_{ij}}{\sum_{i<j} (n_i + n_j)}, \qquad
              |t_k - s_l| < \tau_{kl} = \tfrac12 \min(t_{k+1} - t_k,\; t_k - t_{k-1},\; s_{l+1} - s_l,\; s_l - s_{l-1})

    c_ij is the number of spikes of i and j that coincide with one of the other, n their numbers of spikes. The window
    adapts to the intervals; at the ends of a train an interval is as long as the recording. Spikes of one unit at one
    time count once.

    Raises:
        InputError: fewer than two units have 5 spikes.

    >>> t = np.arange(1, 10) * 0.1
    >>> late = Spikes(np.r_[t, t + 0.04], unit=np.repeat([0, 1], 9), n_units=2, duration=1.0)
    >>> spike_synchronisation(late)  # by .04 s, in windows of half an interval of .1 s
    1.0
    """
    live = _live(spikes, "spike_synchronisation")
    time, edges = _trains(spikes, once=True)
    n = np.diff(edges)[live]
    pairs = np.triu_indices(live.size, 1)
    together = _coincidences(time, edges, spikes.duration)[np.ix_(live, live)][pairs]
    return float(together.sum() / (n[:, None] + n)[pairs].sum())


def spike_synchronisation_of_pairs(spikes: Spikes) -> NDArray[np.float64]:
    """SPIKE-synchronisation of every pair of units, (unit, unit); 0 on the diagonal and for pairs without spikes."""
    time, edges = _trains(spikes, once=True)
    n = np.diff(edges)
    found: NDArray[np.float64] = _coincidences(time, edges, spikes.duration) / np.maximum(n[:, None] + n, 1)
    return found


def _live(spikes: Spikes, name: str) -> NDArray[np.intp]:
    live = np.flatnonzero(spikes.counts >= MIN_SPIKES)
    if live.size < 2:
        raise InputError(f"{name}: needs 2 units with {MIN_SPIKES} spikes; {live.size} of {spikes.n_units} have them")
    return live


def _trains(spikes: Spikes, once: bool = False) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Spike times, unit after unit, and where each unit begins; `once`: spikes of a unit at one time are one."""
    order = np.argsort(spikes.unit, kind="stable")
    time, unit = spikes.time[order], spikes.unit[order]
    if once and time.size:
        new = np.r_[True, (np.diff(time) != 0) | (np.diff(unit) != 0)]
        time, unit = time[new], unit[new]
    return time, np.r_[0, np.cumsum(np.bincount(unit, minlength=spikes.n_units))]


@njit(cache=True, nogil=True)
def _covered(time, edges, start, stop, window):  # type: ignore[no-untyped-def]
    """Length of the time within ± window of a spike, of every unit."""
    found = np.zeros(edges.size - 1)
    for j in range(edges.size - 1):
        last = start
        for k in range(edges[j], edges[j + 1]):
            low, high = max(time[k] - window, last), min(time[k] + window, stop)
            if high > low:
                found[j] += high - low
                last = high
    return found


@njit(cache=True, nogil=True)
def _near(time, edges, window):  # type: ignore[no-untyped-def]
    """Number of spikes of unit i within ± window of one of unit j, (i, j)."""
    n = edges.size - 1
    found = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            k, stop, count = edges[j], edges[j + 1], 0
            for at in range(edges[i], edges[i + 1]):
                t = time[at]
                while k < stop and time[k] < t - window:
                    k += 1
                if k < stop and time[k] <= t + window:
                    count += 1
            found[i, j] = count
    return found


@njit(cache=True, nogil=True)
def _coincidences(time, edges, duration):  # type: ignore[no-untyped-def]
    """Number of spikes of units i and j that coincide with one of the other, (i, j)."""
    n = edges.size - 1
    around = np.empty(time.size)  # the shorter of the intervals before and after each spike
    for j in range(n):
        for k in range(edges[j], edges[j + 1]):
            before = time[k] - time[k - 1] if k > edges[j] else duration
            after = time[k + 1] - time[k] if k + 1 < edges[j + 1] else duration
            around[k] = min(before, after)
    found = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            k, stop, count = edges[j], edges[j + 1], 0
            for at in range(edges[i], edges[i + 1]):
                t = time[at]
                while k + 1 < stop and time[k + 1] <= t:
                    k += 1
                for other in range(k, min(k + 2, stop)):  # the nearest before and the nearest after
                    if abs(time[other] - t) < 0.5 * min(around[at], around[other]) or time[other] == t:
                        count += 2
                        break
            found[i, j] = found[j, i] = count
    return found


STTC = Measure(
    name="sttc",
    kernel=sttc,
    matrix=sttc_of_pairs,
    takes="spikes",
    needs=frozenset({"order", "stationary"}),
    differentiable=False,
    on_request=True,
    min_spikes=MIN_SPIKES,
    formula="mean over pairs of ((P_A - T_B)/(1 - P_A T_B) + (P_B - T_A)/(1 - P_B T_A)) / 2: P_A the share of A's "
    f"spikes within {1e3 * WINDOW:g} ms of one of B, T_A the share of time within {1e3 * WINDOW:g} ms of one of A",
    range="-1 to 1",
    floor="0 on average for independent trains of any rate; on a time grid of step h about rate x h, in the null too",
    shows="whether units fire together within the window more often than their rates give; the recommended coefficient "
    "of correlation of spike trains",
    cannot="see coincidence with a delay beyond the window; a rate that all units share reads as coincidence (read its "
    "null of trains shifted locally); trains whose windows cover all of the time",
    citation="Cutts & Eglen, J. Neurosci. 34, 14288 (2014)",
    nulls=SHIFTS,
    settings={"window": WINDOW},
)
SPIKE_SYNCHRONISATION = replace(
    STTC,
    name="spike_synchronisation",
    kernel=spike_synchronisation,
    matrix=spike_synchronisation_of_pairs,
    formula="share, over all pairs, of spikes that coincide: by less than half of each interval around them",
    range="0 to 1",
    floor="a b/(a + b)^2 for a pair of independent Poisson trains of rates a and b: 1/4 for all equal rates",
    shows="the share of spikes that have a partner in the other train, in a window that adapts to the local rate",
    cannot="stand alone: its floor is 1/4 and not 0 (read its null); it does not fall as coincidences get less precise "
    "within the window; of trains of unlike rates it cannot reach 1",
    citation="Kreuz, Mulansky & Bozanic, J. Neurophysiol. 113, 3432 (2015); Mulansky et al., IEEE EBCCSP (2015)",
    settings={"window": "adaptive: half of the shortest of the four intervals around two spikes"},
)
