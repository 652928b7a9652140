"""The time step of a network. Everything that it calls is compiled into it.

The layout of what it reads is in `layout`; the coordinates of linear cells are in `linear`.
"""

from __future__ import annotations

import math

from ...types import Ints
from . import linear, plain
from . import rare as seldom
from .compiling import entry
from .delivery import deliver, receive, units
from .layout import FIXED, GRADED, LINEAR, RATE_OF, Chunk, Inputs, Own, Plan, Rare, Signals, State
from .memory import fill
from .signals import sample
from .threads import meet


@entry
def advance(
    plan: Plan,
    signals: Signals | None,
    inputs: Inputs | None,
    rare: Rare | None,
    state: State,
    own: Own,
    chunk: Chunk,
    begin: int,
    end: int,
    part: int,
    parts: int,
    sync: Ints,
) -> int:  # pragma: no cover
    """Do the steps begin..end-1 for the cells of one part, and return the step that comes next.

    All parts run at the same time, each in a thread of its own; `sync` (16,) of zeros is where they meet. They return
    before `end`, all in the same step, where `chunk.cells` cannot hold the spikes of another one.

    The order within a step: read gains, sample, integrate, slow variables, threshold, delivery, reset and release.
    A cell that spikes in step n is held in the steps n + 1 .. n + R.
    """
    populations, fields, channels, projections = plan.populations, plan.fields, plan.channels, plan.projections
    n_pop, bounds, y = populations.size, plan.bounds, state.y
    lam, dec, base, z, q, r = own.lam, own.dec, own.base, own.z, own.q, own.r
    gain, terms, starts, unit, scaled = own.gain, own.terms, own.starts, own.unit, own.scaled
    pointers, spikes = chunk.pointers, chunk.cells[part]
    largest = 0
    for p in range(n_pop):
        largest += bounds[p, part + 1] - bounds[p, part]
    done = end
    for n in range(begin, end):
        k = n - chunk.origin
        now = (k + chunk.history) * n_pop
        count = pointers[part, now]
        for c in range(channels.size):
            gain[c] = chunk.gains[k, c]
            if channels[c].slow >= 0:
                gain[c] *= 1.0 - q[channels[c].slow]

        if signals is not None:
            due = False
            for j in range(signals.recorders.size):
                due = due or n % signals.recorders[j].every == 0
            if due:
                meet(sync, parts)
                if part == 0:
                    sample(
                        signals,
                        populations,
                        fields,
                        chunk,
                        n,
                        gain,
                        y,
                        lam,
                        dec,
                        base,
                        z,
                        q,
                        r,
                        state.counts,
                        own.values,
                    )
                meet(sync, parts)

        for p in range(n_pop):
            pop = populations[p]
            lo, hi = bounds[p, part], bounds[p, part + 1]
            first_spike = count
            v = fields[pop.first].start
            if pop.kind == LINEAR:
                since = n % pop.refresh
                if since == 0 and n > 0:
                    linear.refresh(pop, fields, pop.refresh, lo, hi, y, lam, dec, scaled)
                    fill(lam, pop.first, pop.last, 0.0)
                    fill(dec, pop.first, pop.last, 1.0)
                    lam[pop.first] = 1.0
                base[p] = linear.move(
                    pop, fields, since, gain, lam, dec, base[p], z, chunk.currents[k], chunk.uniform[k, p]
                )
                if rare is not None and rare.gates.size:
                    seldom.drive(populations, fields, p, y, gain, lam, lo, hi)
                if rare is not None and rare.noise.size:
                    seldom.white(rare, p, y, v, 1.0 / lam[pop.first], state.streams, n, pop.n, lo, hi)
                m = 0
                for f in range(pop.first, pop.last):
                    if fields[f].kind != GRADED:
                        terms[m], starts[m] = lam[f], fields[f].start
                        m += 1
                scaled[0] = chunk.thresholds[k, p] - base[p]
                count = linear.scan(y, starts[:m], terms[:m], lo, hi, scaled[0], spikes, count)
            elif rare is not None:
                kicks = own.values[: pop.n]
                fill(kicks, lo, hi, 0.0)
                if not seldom.white(rare, p, kicks, 0, 1.0, state.streams, n, pop.n, lo, hi):
                    kicks = kicks[:0]
                count = plain.step(plan, p, lo, hi, y, gain, z, chunk.currents[k], chunk.uniform[k, p], kicks,
                                   own.block, chunk.thresholds[k, p], spikes, count)  # fmt: skip
            pointers[part, now + p + 1] = count
            for x in range(first_spike, count):
                y[v + spikes[x]] = -math.inf
            if pop.adaptation >= 0:
                w = fields[pop.adaptation].start
                scaled[0] = pop.w_jump / dec[pop.adaptation]
                for x in range(first_spike, count):
                    y[w + spikes[x]] += scaled[0]
            if rare is not None:
                for f in range(pop.first + 1, pop.last):
                    if fields[f].kind == FIXED and fields[f].mode >= 0:
                        z[fields[f].mode] *= fields[f].keep

        for j in range(q.size):
            slow = plan.slow[j]
            ratio = (r[j] / slow.half) ** slow.exponent
            target = slow.maximum * ratio / (1.0 + ratio)
            q[j] = target + (q[j] - target) * slow.keep
            r[j] *= slow.rate_keep

        if rare is not None and rare.gates.size:
            seldom.gates(plan, rare, y, chunk, n, part)
        if spikes.size - count < largest:
            chunk.room[n % 2, part] = 0  # written seldom, as the others read it in every step
        meet(sync, parts)
        if rare is not None and rare.gates.size:
            seldom.graded(plan, rare, y, chunk, n, part, z)

        units(populations, fields, channels, n, lam, dec, unit)
        deliver(projections, channels, plan.delays, plan.indptr, plan.targets, plan.weights, pointers, chunk.cells,
                n_pop, y, unit, now, part, parts)  # fmt: skip
        if inputs is not None:
            receive(inputs, populations, channels, bounds, y, unit, scaled, state.streams, chunk.poisson,
                    chunk.event_first, chunk.event_cells, k, own.drawn, part)  # fmt: skip
        if rare is not None:
            seldom.deliver(plan, rare, y, unit, lam, z, chunk, now, part, parts)
        if rare is not None and rare.noise.size:
            seldom.coloured(rare, plan, y, unit, state.streams, n, part)
        if rare is not None and rare.triggers.size:
            seldom.trigger(plan, rare, y, unit, scaled, chunk, n, part, parts, own.window, own.last)

        for j in range(q.size):
            at, spiked = now + plan.slow[j].population, 0
            for other in range(parts):
                spiked += pointers[other, at + 1] - pointers[other, at]
            r[j] += plan.slow[j].rate_jump * spiked
        if signals is not None and part == 0:
            for j in range(signals.recorders.size):
                if signals.recorders[j].kind == RATE_OF:
                    at = now + signals.recorders[j].population
                    for other in range(parts):
                        state.counts[j] += pointers[other, at + 1] - pointers[other, at]

        for p in range(n_pop):
            pop = populations[p]
            at = now - pop.refractory * n_pop + p
            for x in range(pointers[part, at], pointers[part, at + 1]):
                if pop.kind == LINEAR:
                    linear.release(pop, fields, spikes[x], y, lam, base[p])
                else:
                    y[fields[pop.first].start + spikes[x]] = pop.v_reset

        full = False
        for other in range(parts):
            full = full or chunk.room[n % 2, other] == 0
        if rare is not None and rare.gates.size:
            meet(sync, parts)  # the gates move in the next step, and others may still read them
        if full:
            done = n + 1
            break
    meet(sync, parts)
    return done
