"""The compiled time step: one kernel for every network of current-based LIF populations."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Cells = NDArray[np.int32]
Floats = NDArray[np.float64]


class Plan(NamedTuple):
    """What does not change during a run. A channel is one synapse of one population."""

    first_cell: Ints  # (P + 1,) cells of population p: first_cell[p]..first_cell[p + 1]
    first_channel: Ints  # (P + 1,)
    v_rest: Floats  # (P,) [mV]
    v_threshold: Floats
    v_reset: Floats
    v_keep: Floats  # e^{-dt/tau_m}
    refractory: Ints  # [steps]
    w_keep: Floats  # e^{-dt/tau_w}
    w_pull: Floats  # what w takes from v in a step, per mV; 0 without adaptation
    w_jump: Floats  # [mV]
    first_slot: Ints  # (C + 1,) the s of channel c: first_slot[c]..first_slot[c + 1]
    s_keep: Floats  # (C,) e^{-dt/tau_s}
    s_push: Floats  # (C,) what s adds to v in a step, per mV and gain, with the sign of the synapse
    slow_of: Ints  # (C,) index of the slow variable that lowers the gain, or -1
    slow_population: Ints  # (K,)
    slow_keep: Floats  # e^{-dt/tau}
    slow_maximum: Floats
    slow_half: Floats  # [Hz]
    slow_exponent: Floats
    rate_keep: Floats  # e^{-dt/rate_tau}
    rate_jump: Floats  # what one spike adds to r [Hz]
    edge_source: Ints  # (projections,) population
    edge_channel: Ints
    edge_delay: Ints  # [steps]
    edge_rows: Ints  # where its row pointers begin in indptr
    edge_first: Ints  # where its edges begin in targets
    edge_weight: Ints  # where its weights begin in weights
    edge_equal: Ints  # 1 where all its weights are equal, and stored once
    indptr: Ints
    targets: Cells
    weights: Floats
    input_channel: Ints  # (inputs,)
    input_weight: Floats
    signal_first: Ints  # (signals + 1,) channels of signal m in signal_channel
    signal_channel: Ints


class State(NamedTuple):
    """What changes: everything needed to go on from a step."""

    v: Floats  # (cells,) [mV]
    w: Floats  # (cells,) [mV]
    s: Floats  # (slots,) [mV]
    ready: Ints  # (cells,) first step in which the cell is not refractory
    q: Floats  # (K,)
    r: Floats  # (K,) [Hz]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def advance(
    plan: Plan,
    state: State,
    pointers: Ints,
    cells: Cells,
    gains: Floats,
    event_first: Ints,
    event_cells: Cells,
    samples: Floats,
    every: int,
    origin: int,
    begin: int,
    end: int,
) -> int:  # pragma: no cover
    """Do the steps begin..end-1, and return the step that comes next.

    It returns before `end` where `cells` cannot hold another step: then the caller makes room and calls
    again. The order within a step is Brian2's: sample, integrate, slow variables, threshold, delivery, reset.
    A cell that spikes in step n is held in the steps n + 1 .. n + R, R = refractory / dt.

    Args:
        plan: constants of the network.
        state: changed in place.
        pointers: (steps·P + 1,); the spikes of population p in step n are
            cells[pointers[n·P + p]:pointers[n·P + p + 1]], numbered within the population.
        cells: the cell of every spike so far.
        gains: (chunk, C) gains without slow variables, from step `origin` on.
        event_first: (inputs, chunk + 1) where the events of a step begin in event_cells.
        event_cells: target cell of every external event of the chunk.
        samples: (n_samples, signals + 2·K); mean currents, then q and r of every slow variable.
        every: steps between samples.
        origin, begin, end: first step of the chunk, and the range of steps to do.
    """
    n_populations, n_channels = plan.v_rest.size, plan.s_keep.size
    n_slow, n_signals = plan.slow_keep.size, plan.signal_first.size - 1
    v, w, s, ready = state.v, state.w, state.s, state.ready
    u = np.empty(v.size)
    gain = np.empty(n_channels)
    for n in range(begin, end):
        count = pointers[n * n_populations]
        if count + v.size > cells.size:
            return n

        for c in range(n_channels):
            gain[c] = gains[n - origin, c]
            if plan.slow_of[c] >= 0:
                gain[c] *= 1.0 - state.q[plan.slow_of[c]]

        if n % every == 0:
            row = n // every
            for m in range(n_signals):
                total, size = 0.0, 1
                for j in range(plan.signal_first[m], plan.signal_first[m + 1]):
                    c = plan.signal_channel[j]
                    size = plan.first_slot[c + 1] - plan.first_slot[c]
                    total += abs(gain[c]) * s[plan.first_slot[c] : plan.first_slot[c + 1]].sum()
                samples[row, m] = total / size
            for k in range(n_slow):
                samples[row, n_signals + 2 * k] = state.q[k]
                samples[row, n_signals + 2 * k + 1] = state.r[k]

        for p in range(n_populations):
            a, b = plan.first_cell[p], plan.first_cell[p + 1]
            _relax(u[a:b], v[a:b], plan.v_rest[p], plan.v_keep[p])
            for c in range(plan.first_channel[p], plan.first_channel[p + 1]):
                _push(u[a:b], s[plan.first_slot[c] : plan.first_slot[c + 1]], gain[c] * plan.s_push[c], plan.s_keep[c])
            if plan.w_pull[p] != 0.0:
                _push(u[a:b], w[a:b], -plan.w_pull[p], plan.w_keep[p])

        for k in range(n_slow):
            ratio = (state.r[k] / plan.slow_half[k]) ** plan.slow_exponent[k]
            target = plan.slow_maximum[k] * ratio / (1.0 + ratio)
            state.q[k] = target + (state.q[k] - target) * plan.slow_keep[k]
            state.r[k] *= plan.rate_keep[k]

        for p in range(n_populations):
            first = plan.first_cell[p]
            threshold = plan.v_threshold[p]
            for i in range(first, plan.first_cell[p + 1]):
                if ready[i] <= n:
                    v[i] = u[i]
                    if u[i] >= threshold:
                        cells[count] = i - first
                        count += 1
            pointers[n * n_populations + p + 1] = count

        for e in range(plan.edge_source.size):
            fired = n - plan.edge_delay[e]
            if fired < 0:
                continue
            at = fired * n_populations + plan.edge_source[e]
            slot, rows = plan.first_slot[plan.edge_channel[e]], plan.edge_rows[e]
            first, weight = plan.edge_first[e], plan.edge_weight[e]
            for x in range(pointers[at], pointers[at + 1]):
                row = rows + cells[x]
                if plan.edge_equal[e] == 1:
                    for y in range(plan.indptr[row], plan.indptr[row + 1]):
                        s[slot + plan.targets[first + y]] += plan.weights[weight]
                else:
                    for y in range(plan.indptr[row], plan.indptr[row + 1]):
                        s[slot + plan.targets[first + y]] += plan.weights[weight + y]

        for e in range(plan.input_channel.size):
            slot, jump = plan.first_slot[plan.input_channel[e]], plan.input_weight[e]
            for x in range(event_first[e, n - origin], event_first[e, n - origin + 1]):
                s[slot + event_cells[x]] += jump

        for k in range(n_slow):
            at = n * n_populations + plan.slow_population[k]
            state.r[k] += plan.rate_jump[k] * (pointers[at + 1] - pointers[at])

        for p in range(n_populations):
            first = plan.first_cell[p]
            at = n * n_populations + p
            for x in range(pointers[at], pointers[at + 1]):
                i = first + cells[x]
                v[i] = plan.v_reset[p]
                w[i] += plan.w_jump[p]
                ready[i] = n + plan.refractory[p] + 1
    return end


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _relax(u: Floats, v: Floats, rest: float, keep: float) -> None:  # pragma: no cover
    for i in range(u.size):
        u[i] = rest + (v[i] - rest) * keep


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator,unused-ignore]
def _push(u: Floats, s: Floats, push: float, keep: float) -> None:  # pragma: no cover
    for i in range(u.size):
        u[i] += push * s[i]
        s[i] *= keep


def propagator(dt: float, tau_m: float, tau_s: float) -> float:
    r"""What an exponential current adds to the voltage in one step, per unit of the current.

    For τ_m v' = −v + s, s' = −s/τ_s:

    .. math:: c = \frac{1}{\tau_m}\int_0^{dt} e^{-(dt-u)/\tau_m} e^{-u/\tau_s} du
                = e^{-dt/\tau_m} \frac{dt}{\tau_m} \frac{e^x - 1}{x},
              \quad x = dt\,\frac{\tau_s - \tau_m}{\tau_m \tau_s}

    which stays exact where the two time constants [ms] meet (Rotter & Diesmann, Biol Cybern 1999).

    >>> bool(np.isclose(propagator(0.1, 20.0, 20.0), np.exp(-0.1 / 20) * 0.1 / 20, rtol=1e-15))
    True
    """
    x = dt * (tau_s - tau_m) / (tau_m * tau_s)
    if x == 0.0:
        return math.exp(-dt / tau_m) * dt / tau_m
    if x > 1.0:  # e^x alone may overflow
        return (math.exp(-dt / tau_s) - math.exp(-dt / tau_m)) / x * dt / tau_m
    return math.exp(-dt / tau_m) * dt / tau_m * math.expm1(x) / x
