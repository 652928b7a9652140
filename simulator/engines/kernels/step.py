"""The time step of a network. Everything that it calls is compiled into it.

Its arrays are described in `layout`, the coordinates of linear cells in `linear`.
"""

# The order within a step is that of Brian2's default schedule (state update, threshold, synapses, reset), so that both
# engines give the same spikes. Three consequences:
#
# - Signals are sampled first: sample k is the state at the time k·dt, before anything of step k. Rates are of an
#   interval, and sampled at its end.
# - The threshold is tested before the delivery. A jump of v by a delta synapse is therefore seen in the next step, and
#   a spike of step n with a delay of d steps can cause a spike in step n + d + 1 at the earliest.
# - A cell that fires gets its voltage −∞ before the delivery. What arrives during its refractory time is lost for v
#   and kept for the synaptic variables. It is released at the end of step n + R, at the reset voltage.
#
# Threads meet twice in a step. All spikes of the step must be listed before any is delivered. Delivery writes only to
# the cells of the own part, so that no two threads write to one place and the order of additions to a cell does not
# depend on the number of threads.

from __future__ import annotations

import math

from ...types import Ints
from . import individual as own
from . import linear, plain, varied
from . import rare as seldom
from .absent import (
    has_coupling,
    has_individual,
    has_inputs,
    has_linear_cells,
    has_noisy,
    has_plain_cells,
    has_signals,
    has_triggered,
    whole,
)
from .compiling import kernel
from .delivery import deliver, receive, units
from .layout import (
    EXACT,
    FIXED,
    GRADED,
    LINEAR,
    Coupling,
    Individual,
    Inputs,
    Noise,
    Scratch,
    Signals,
    State,
    StepTables,
    Stretch,
    Triggers,
)
from .memory import fill
from .noise import noise
from .signals import count as counted
from .signals import sample
from .threads import meet


@kernel(whole)
def advance(
    tables: StepTables,
    signals: Signals | None,
    inputs: Inputs | None,
    noisy: Noise | None,
    coupling: Coupling | None,
    triggered: Triggers | None,
    individual: Individual | None,
    linear_cells: bool | None,
    plain_cells: bool | None,
    state: State,
    scratch: Scratch,
    stretch: Stretch,
    begin: int,
    end: int,
    part: int,
    parts: int,
    sync: Ints,
) -> int:  # pragma: no cover
    """Run the steps begin..end-1 for the cells of one part, and return the next step.

    The parts run at the same time, one thread each; `sync`, 16 zeros, is their barrier. They return before `end`, all
    in the same step, if `stretch.cells` has no room for the spikes of another step.

    The order within a step: read gains, sample, gates, integrate with noise, threshold, slow variables, delivery,
    reset and release.
    A cell that spikes in step n is held in the steps n + 1 .. n + R.

    `linear_cells` and `plain_cells`: True, or None where no population is stepped by the kernels of this name.
    """
    populations, fields, channels, projections = tables.populations, tables.fields, tables.channels, tables.projections
    n_pop, bounds, y = populations.size, tables.bounds, state.y
    lam, dec, base, z, q, r = scratch.lam, scratch.dec, scratch.base, scratch.z, scratch.q, scratch.r
    gain, terms, starts, unit, scaled = scratch.gain, scratch.terms, scratch.starts, scratch.unit, scratch.scaled
    pointers, spikes = stretch.pointers, stretch.cells[part]
    largest = 0
    for p in range(n_pop):
        largest += bounds[p, part + 1] - bounds[p, part]
    done = end
    for n in range(begin, end):
        k = n - stretch.origin
        now = (k + stretch.history) * n_pop
        count = pointers[part, now]
        for c in range(channels.size):
            gain[c] = stretch.gains[k, c]
            if channels[c].slow >= 0:
                gain[c] *= 1.0 - q[channels[c].slow]

        if signals is not None and has_signals():
            due = False
            for j in range(signals.samplers.size):
                due = due or n % signals.samplers[j].every == 0
            if due:
                meet(sync, parts)
                if part == 0:
                    sample(
                        signals,
                        populations,
                        fields,
                        stretch,
                        n,
                        gain,
                        y,
                        lam,
                        dec,
                        base,
                        z,
                        q,
                        r,
                        scratch.values,
                        individual,
                    )
                meet(sync, parts)

        if coupling is not None and has_coupling() and coupling.gates.size:  # their means over the step drive the cells
            seldom.gates(tables, coupling, y, stretch, n, part)
            meet(sync, parts)
            seldom.graded(tables, coupling, y, stretch, n, part, z)

        for p in range(n_pop):
            pop = populations[p]
            lo, hi = bounds[p, part], bounds[p, part + 1]
            first_spike = count
            v = fields[pop.first].start
            if linear_cells is not None and has_linear_cells() and pop.kind == LINEAR:
                since = n % pop.refresh
                if since == 0 and n > 0:
                    linear.refresh(pop, fields, pop.refresh, lo, hi, y, lam, dec, scaled)
                    fill(lam, pop.first, pop.last, 0.0)
                    fill(dec, pop.first, pop.last, 1.0)
                    lam[pop.first] = 1.0
                base[p] = linear.move(
                    pop, fields, since, gain, lam, dec, base[p], z, stretch.currents[k], stretch.uniform[k, p]
                )
                if coupling is not None and has_coupling():
                    seldom.drive(populations, fields, p, y, gain, lam, lo, hi)
                if noisy is not None and has_noisy():
                    noise(tables, noisy, individual, p, y, lam, dec, state.streams, n, lo, hi, scratch.kicks,
                          scratch.values)  # fmt: skip
                m = 0
                for f in range(pop.first, pop.last):
                    if fields[f].kind != GRADED:
                        terms[m], starts[m] = lam[f], fields[f].start
                        m += 1
                scaled[0] = stretch.thresholds[k, p] - base[p]
                count = linear.scan(y, starts[:m], terms[:m], lo, hi, scaled[0], spikes, count)
            elif (plain_cells is not None and has_plain_cells()) or (individual is not None and has_individual()):
                kicks, theta, drive = scratch.values[:0], stretch.thresholds[k, p], stretch.uniform[k, p]
                if noisy is not None and has_noisy():
                    fill(scratch.values, lo, hi, 0.0)
                    if noise(tables, noisy, individual, p, y, lam, dec, state.streams, n, lo, hi, scratch.kicks,
                             scratch.values):  # fmt: skip
                        kicks = scratch.values[: pop.n]
                if individual is not None and has_individual() and pop.kind == EXACT:
                    count = own.step(tables, individual, p, lo, hi, y, gain, z, stretch.currents[k], drive, kicks,
                                     scratch.block, theta, spikes, count)  # fmt: skip
                elif individual is not None and has_individual() and individual.populations[p].rest >= 0:
                    count = varied.step(tables, individual, p, lo, hi, y, gain, z, stretch.currents[k], drive, kicks,
                                        scratch.block, theta, spikes, count)  # fmt: skip
                elif plain_cells is not None and has_plain_cells():
                    count = plain.step(tables, p, lo, hi, y, gain, z, stretch.currents[k], drive, kicks, scratch.block,
                                       scratch.no_w, theta, n, spikes, count)  # fmt: skip
            pointers[part, now + p + 1] = count
            for x in range(first_spike, count):
                y[v + spikes[x]] = -math.inf
            if pop.adaptation >= 0:
                w = fields[pop.adaptation].start
                scaled[0] = pop.w_jump / dec[pop.adaptation]
                for x in range(first_spike, count):
                    y[w + spikes[x]] += scaled[0]
            if coupling is not None and has_coupling():
                for f in range(pop.first + 1, pop.last):
                    if fields[f].kind == FIXED and fields[f].mode >= 0:
                        z[fields[f].mode] *= fields[f].keep

        for j in range(q.size):
            slow = tables.slow[j]
            ratio = (r[j] / slow.half) ** slow.exponent
            target = slow.maximum * ratio / (1.0 + ratio)
            q[j] = target + (q[j] - target) * slow.keep
            r[j] *= slow.rate_keep

        if spikes.size - count < largest:
            stretch.room[n % 2, part] = 0  # written seldom, as the others read it in every step
        meet(sync, parts)

        units(populations, fields, channels, n, lam, dec, unit)
        deliver(projections, channels, tables.delays, tables.indptr, tables.targets, tables.weights, pointers,
                stretch.cells, n_pop, y, unit, now, part, parts)  # fmt: skip
        if inputs is not None and has_inputs():
            receive(inputs, populations, channels, bounds, y, unit, scaled, state.streams, stretch.poisson,
                    stretch.event_first, stretch.event_cells, k, scratch.drawn, part)  # fmt: skip
        if coupling is not None and has_coupling():
            seldom.deliver(tables, coupling, y, unit, lam, z, stretch, now, part, parts)
        if triggered is not None and has_triggered():
            seldom.trigger(tables, triggered, y, unit, scaled, stretch, n, part, parts, scratch.window, scratch.last)

        for j in range(q.size):
            at, spiked = now + tables.slow[j].population, 0
            for other in range(parts):
                spiked += pointers[other, at + 1] - pointers[other, at]
            r[j] += tables.slow[j].rate_jump * spiked
        if signals is not None and has_signals() and part == 0:
            counted(signals, stretch, n, n_pop, parts, state.counts)

        for p in range(n_pop):
            pop = populations[p]
            if individual is not None and has_individual() and individual.populations[p].rest >= 0:
                v = fields[pop.first].start
                own.release(individual, p, n_pop, now, pointers[part], spikes, y[v : v + pop.n])
                continue
            at = now - pop.refractory * n_pop + p
            for x in range(pointers[part, at], pointers[part, at + 1]):
                if linear_cells is not None and has_linear_cells() and pop.kind == LINEAR:
                    linear.release(pop, fields, spikes[x], y, lam, base[p])
                elif plain_cells is not None and has_plain_cells():
                    y[fields[pop.first].start + spikes[x]] = pop.v_reset

        full = False
        for other in range(parts):
            full = full or stretch.room[n % 2, other] == 0
        if full:
            done = n + 1
            break
    meet(sync, parts)
    return done
