"""A slow simulator that spells out the rules of a time step, each as one function: the oracle of both engines."""

from functools import cache

import numpy as np
from scipy.linalg import expm, solve_discrete_lyapunov
from scipy.optimize import brentq

from ictal.simulator import (
    AlphaSynapse,
    CurrentInput,
    DeltaSynapse,
    EventInput,
    Exponential,
    Factors,
    GivenNoise,
    Graph,
    MeanSynapticCurrent,
    PopulationRate,
    Quadratic,
    SaturatingSynapse,
    Schedule,
    StateRecording,
    TriggeredInput,
)
from ictal.simulator.checks import steps
from ictal.simulator.engines.common import assemble, intervals, n_steps


def simulate_naively(instance, duration, signal_dt=1.0):
    """The Run of a network without random inputs; duration and signal_dt in ms."""
    return _Naive(instance, n_steps(instance.network, duration), signal_dt).run()


class _Cells:
    """One population: what its cells hold, and what drives it."""

    def __init__(self, network, population, v, total):
        self.p, self.network, self.dt = population, network, network.dt
        n = population.n
        self.v, self.ready = v.astype(float).copy(), np.zeros(n, dtype=int)  # first step in which a cell is not held
        self.s, self.a, self.w = [np.zeros((len(population.synapses), n)) for _ in "sa"] + [np.zeros(n)]
        given = [i for i in network.inputs if i.target == population.name]
        self.currents = [i for i in given if isinstance(i, CurrentInput)]
        self.events = [i for i in given if isinstance(i, EventInput)]
        self.white = [i for i in given if isinstance(i, GivenNoise) and i.tau is None]
        self.coloured = [i for i in given if isinstance(i, GivenNoise) and i.tau is not None]
        self.y = [np.zeros(n) if i.start is None else i.start.copy() for i in self.coloured]
        self.fired = np.zeros((total, n), dtype=bool)
        self.decaying = [k for k, s in enumerate(population.synapses) if hasattr(s, "tau") and not hasattr(s, "rise")]

    def linear(self, gain, rest):
        w_tau = self.p.adaptation.tau if self.p.adaptation else 1.0
        v = rest + (self.v - rest) * np.exp(-self.dt / self.p.tau_m) - push(self.dt, self.p.tau_m, w_tau)[1] * self.w
        for k in self.decaying:
            _, direct, rising = push(self.dt, self.p.tau_m, self.p.synapses[k].tau)
            v += self.p.synapses[k].sign * gain[k] * (direct * self.s[k] + rising * self.a[k])
        return v + sum(push(self.dt, self.p.tau_m, i.tau)[1] * y for i, y in zip(self.coloured, self.y, strict=True))

    def fluctuate(self, n):
        """Step the OU currents; return what they add to v of linear cells by their kicks, or to the drive of others."""
        out = np.zeros(self.p.n)
        for j, given in enumerate(self.coloured):
            keep, x = np.exp(-self.dt / given.tau), kick(given, n)
            if self.p.is_linear:
                out += share(self.dt, self.p.tau_m, given.tau) * x
            else:  # the mean over a step of an OU current that is known at both ends
                ends = self.y[j] + (keep * self.y[j] + x)
                out += ends * given.tau / self.dt * np.tanh(self.dt / 2 / given.tau)
            self.y[j] = keep * self.y[j] + x
        return out

    def drive(self, gain):
        """Conductances, their reversals and relative slopes in v, and the sum of all currents: means over the step."""
        synapses = [(k, s) for k, s in enumerate(self.p.synapses) if not isinstance(s, DeltaSynapse)]
        mean = {k: gain[k] * self.mean(k, s) for k, s in synapses}
        current = sum(s.sign * mean[k] for k, s in synapses if s.reversal is None)
        if self.p.adaptation:
            end = self.p.adaptation.coupling * (self.v - self.p.v_rest)
            current = current - end - (self.w - end) * means(self.dt, self.p.adaptation.tau)[0]
        conductances = [
            (mean[k] * block(s, self.v), s.reversal, rise(s, self.v)) for k, s in synapses if s.reversal is not None
        ]
        return conductances, current + self.ou

    def mean(self, k, synapse):
        if isinstance(synapse, SaturatingSynapse):
            return self.s[k]  # sums over gates are means
        decay, rising = means(self.dt, synapse.tau)
        return decay * self.s[k] + rising * self.a[k]

    def leaky(self, gain, rest):
        """v after a step, and in its middle: exponential Euler around the tangent at v."""
        conductances, current = self.drive(gain)
        rate = rest - self.v + sum(g * (e - self.v) for g, e, _ in conductances) + current
        slope = -1 - sum(g - rise * g * (e - self.v) for g, e, rise in conductances)
        x = self.dt * slope / self.p.tau_m
        v = self.v + self.dt * rate / self.p.tau_m * np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))
        return v, (self.v + v) / 2

    def midpoint(self, gain, rest, cut):
        """v after a step, and in its middle, at most the threshold."""
        conductances, current = self.drive(gain)
        p, given, before = self.p, rest - self.p.v_rest, self.v

        def f(v):
            if isinstance(p.initiation, Exponential):
                own = p.v_rest - v + p.initiation.slope * upswing(p.initiation, v)
            else:
                assert isinstance(p.initiation, Quadratic)
                critical = p.initiation.critical
                own = (v - p.v_rest) * (v - critical) / (critical - p.v_rest)
            tangents = sum(g * (e - v) + r * g * (e - before) * (v - before) for g, e, r in conductances)
            return own + given + tangents + current

        middle = before + self.dt / 2 * f(before) / p.tau_m
        v = before + self.dt * f(middle) / p.tau_m
        if isinstance(p.initiation, Exponential):  # it would reach the cut in this time by its upswing alone
            up = np.minimum(upswing(p.initiation, before), f(before) / p.initiation.slope)
            ends = up * (self.dt / p.tau_m + 1 / upswing(p.initiation, cut)) >= 1
            v = np.where(ends, np.maximum(v, cut), v)
        return v, np.minimum(middle, cut)

    def integrate(self, n, gain, current, cut):
        before, free = self.v.copy(), self.ready <= n
        rest = self.p.v_rest + current
        if self.p.is_linear:
            gates = [(k, s) for k, s in enumerate(self.p.synapses) if isinstance(s, SaturatingSynapse)]
            v, middle = self.linear(gain, rest + sum(s.sign * gain[k] * self.s[k] for k, s in gates)), before
            v = v + self.fluctuate(n)
        else:
            self.ou = self.fluctuate(n)
            v, middle = self.midpoint(gain, rest, cut) if self.p.initiation else self.leaky(gain, rest)
        v = v + sum(kick(i, n) for i in self.white)
        self.v = np.where(free, v, self.v)
        for k in self.decaying:
            tau = self.p.synapses[k].tau
            self.s[k] = (self.s[k] + self.a[k] * self.dt / tau) * np.exp(-self.dt / tau)
            self.a[k] *= np.exp(-self.dt / tau)
        if self.p.adaptation:
            w_inf = self.p.adaptation.coupling * (np.where(free, middle, before) - self.p.v_rest)
            self.w = w_inf + (self.w - w_inf) * np.exp(-self.dt / self.p.adaptation.tau)

    def arrive(self, n, k, amount):
        """Spikes of a total weight `amount` for every cell, at synapse k."""
        synapse = self.p.synapses[k]
        if isinstance(synapse, DeltaSynapse):
            held = (self.ready > n) | self.fired[n]
            self.v += np.where(held, 0.0, synapse.sign * amount)
        elif isinstance(synapse, AlphaSynapse):
            self.a[k] += np.e * amount
        else:
            self.s[k] += amount


class _Naive:
    def __init__(self, instance, total, signal_dt):
        self.network, self.total, self.signal_dt = instance.network, total, signal_dt
        net = self.network
        self.cells = {p.name: _Cells(net, p, v, total) for p, v in zip(net.populations, instance.v, strict=True)}
        self.gates = [np.zeros((3, self.cells[p.source].p.n)) for p in net.projections]  # s, x and the mean of s
        sizes = [(self.cells[p.source].p.n, self.cells[p.target].p.n) for p in net.projections]
        self.weights = [
            {d: dense(g, *size, d) for d in delays(g)} for g, size in zip(instance.graphs, sizes, strict=True)
        ]
        self.q = {s.name: 0.0 for s in net.slow}
        self.r = {s.name: 0.0 for s in net.slow}
        self.triggered = {i.name: [] for i in net.inputs if isinstance(i, TriggeredInput)}
        self.every = intervals(net, signal_dt)
        self.samples = {name: [] for name in self.every}

    def run(self):
        for n in range(self.total):
            self.step(n)
        self.sample(self.total, {})
        spikes = [np.nonzero(c.fired) for c in self.cells.values()]
        triggers = {name: np.array(steps, dtype=np.int64) for name, steps in self.triggered.items()}
        samples = {name: np.array(rows).reshape(len(rows), -1) for name, rows in self.samples.items()}
        return assemble(self.network, self.total, spikes, triggers, samples, self.signal_dt, {})

    def step(self, n):
        dt = self.network.dt
        t = n * dt
        self.relax_gates()
        self.gate_sums()
        gains = {name: [self.gain(s, t) for s in c.p.synapses] for name, c in self.cells.items()}
        self.sample(n, gains)
        for name, c in self.cells.items():
            currents = [over(i.current, t, dt) * (1.0 if i.profile is None else i.profile) for i in c.currents]
            c.integrate(n, gains[name], sum(currents), at(c.p.v_threshold, t))
        self.relax_slow()
        for c in self.cells.values():
            c.fired[n] = (c.ready <= n) & (c.v >= at(c.p.v_threshold, t))
        self.deliver_edges(n)
        self.deliver_inputs(n)
        for s in self.network.slow:
            c = self.cells[s.population]
            self.r[s.name] += 1000.0 * c.fired[n].sum() / (c.p.n * s.rate_tau)
        for c in self.cells.values():
            c.v[c.fired[n]] = c.p.v_reset
            c.w[c.fired[n]] += c.p.adaptation.jump if c.p.adaptation else 0.0
            c.ready[c.fired[n]] = n + 1 + steps(c.p.refractory, self.network.dt, "refractory")

    def gain(self, synapse, t):
        if isinstance(synapse, DeltaSynapse):
            return None
        return over(synapse.gain, t, self.network.dt) * (1.0 if synapse.slow is None else 1.0 - self.q[synapse.slow])

    def saturating(self):
        """Projections onto saturating synapses: (index, cells of the target, synapse index, the synapse)."""
        for e, p in enumerate(self.network.projections):
            c = self.cells[p.target]
            k = c.p.synapse(p.synapse)
            if isinstance(c.p.synapses[k], SaturatingSynapse):
                yield e, c, k, c.p.synapses[k]

    def gate_sums(self):
        for _, c, k, _ in self.saturating():
            c.s[k] = 0.0
        for e, c, k, _ in self.saturating():
            c.s[k] += self.gates[e][2] @ sum(self.weights[e].values())

    def relax_gates(self):
        dt = self.network.dt
        for e, _, _, synapse in self.saturating():
            s, x, _ = self.gates[e]
            opening = synapse.alpha * x * means(dt, synapse.rise)[0]
            a = 1 / synapse.tau + opening
            s_inf = opening / a
            after, mean = (s_inf + (s - s_inf) * f for f in (np.exp(-dt * a), -np.expm1(-dt * a) / (dt * a)))
            self.gates[e] = np.array([after, x * np.exp(-dt / synapse.rise), mean])

    def relax_slow(self):
        for s in self.network.slow:
            r = self.r[s.name]
            target = s.maximum * r**s.exponent / (r**s.exponent + s.half_rate**s.exponent)
            self.q[s.name] = target + (self.q[s.name] - target) * np.exp(-self.network.dt / s.tau)
            self.r[s.name] = r * np.exp(-self.network.dt / s.rate_tau)

    def deliver_edges(self, n):
        gated = {e for e, *_ in self.saturating()}
        for e, projection in enumerate(self.network.projections):
            source, c = self.cells[projection.source], self.cells[projection.target]
            for delay, weights in self.weights[e].items():
                fired = source.fired[n - delay] if n >= delay else np.zeros(source.p.n)
                if e in gated:
                    self.gates[e][1] += fired
                else:
                    c.arrive(n, c.p.synapse(projection.synapse), fired @ weights)

    def deliver_inputs(self, n):
        for c in self.cells.values():
            for given in c.events:
                here = given.cell[np.rint(given.time / self.network.dt) == n]
                c.arrive(n, c.p.synapse(given.synapse), given.weight * np.bincount(here, minlength=c.p.n))
        for given in self.network.inputs:
            if isinstance(given, TriggeredInput):
                self.trigger(n, given)

    def trigger(self, n, given):
        c, fired, dt = self.cells[given.target], self.triggered[given.name], self.network.dt
        window, delay, dead = (steps(x, dt, "") for x in (given.window, given.delay, given.dead_time))
        count = self.cells[given.source].fired[max(0, n - window + 1) : n + 1].sum()
        if count >= given.count and not any(n - m < dead for m in fired):
            fired.append(n)
        if n - delay in fired:
            cells = np.arange(c.p.n) if given.cells is None else given.cells
            c.arrive(n, c.p.synapse(given.synapse), given.weight * np.bincount(cells, minlength=c.p.n))

    def sample(self, n, gains):
        for name, every in self.every.items():
            rate = any(s.name == name and isinstance(s, PopulationRate) for s in self.network.signals)
            if n % every == 0 and (n > 0 if rate else n < self.total):
                self.samples[name].append(self.value(name, n, every, gains))

    def value(self, name, n, every, gains):
        for slow in self.network.slow:
            if name.startswith(slow.name):
                return self.q[slow.name] if name == slow.name else self.r[slow.name]
        (signal,) = (s for s in self.network.signals if s.name == name)
        c = self.cells[signal.population]
        if isinstance(signal, PopulationRate):
            return c.fired[n - every : n].sum() / (c.p.n * every * self.network.dt / 1000.0)
        if isinstance(signal, MeanSynapticCurrent):
            index = [c.p.synapse(s) for s in signal.synapses]
            pull = {k: 1.0 if c.p.synapses[k].reversal is None else abs(c.p.synapses[k].reversal - c.v) for k in index}
            return sum((abs(gains[c.p.name][k]) * c.s[k] * pull[k]).mean() for k in index)
        held = {"v": c.v, "w": c.w} | {i.name: y for i, y in zip(c.coloured, c.y, strict=True)}
        x = held[signal.variable] if signal.variable in held else c.s[c.p.synapse(signal.variable)]
        if isinstance(signal, StateRecording):
            return x.copy() if signal.cells is None else x[signal.cells]
        return x.mean() if signal.statistic == "mean" else np.sqrt(((x - x.mean()) ** 2).mean())


@cache
def push(dt, tau_m, tau):
    """In a step, what is left of v, and what a current and the y of an alpha current add to it."""
    return expm(dt * np.array([[-1 / tau_m, 1 / tau_m, 0], [0, -1 / tau, 1 / tau], [0, 0, -1 / tau]]))[0]


@cache
def share(dt, tau_m, tau):
    """What v gets of an increment of a current, so that its stationary variance is τ/(τ + τ_m) of the current's."""
    keep = push(dt, tau_m, tau)
    step = np.array([[np.exp(-dt / tau), 0], [keep[1], keep[0]]])

    def excess(x):
        noise = np.array([1, x]) * np.sqrt(1 - np.exp(-2 * dt / tau))
        return solve_discrete_lyapunov(step, np.outer(noise, noise))[1, 1] - tau / (tau + tau_m)

    return brentq(excess, 0, 1, xtol=1e-15, rtol=1e-14)


@cache
def means(dt, tau):
    """Means over a step of s in s' = (y − s)/τ, y' = −y/τ, from s = 1 and from y = 1."""
    rates = np.array([[-1 / tau, 1 / tau, 0], [0, -1 / tau, 0], [1, 0, 0]])
    return expm(dt * rates)[2, :2] / dt


def at(value, t):
    return float(value.at(t)) if isinstance(value, Schedule) else float(value)


def over(value, t, dt):
    """The mean over a step, as the sum over a thousand parts of it; parts end where a random network's points lie."""
    if not isinstance(value, Schedule):
        return float(value)
    return float(value.at(t + dt * (np.arange(1000) + 0.5) / 1000).mean())


def kick(noise, n):
    return noise.kicks[n]


def block(synapse, v):
    magnesium = getattr(synapse, "magnesium", 0.0)
    return 1.0 / (1.0 + magnesium / 3.57 * np.exp(-0.062 * v))


def upswing(shape, v):
    return np.exp(np.minimum((v - shape.onset) / shape.slope, 50.0))


def rise(synapse, v):
    """Relative slope in v of the magnesium block."""
    return 0.062 * (1 - block(synapse, v))


def delays(graph):
    return graph.delays if isinstance(graph, Graph) else [graph.delay]


def dense(graph, n_source, n_target, delay):
    """The weights of all pairs, (n_source, n_target), of the edges with this delay."""
    if isinstance(graph, Factors):
        return graph.source @ graph.target.T
    if not isinstance(graph, Graph):
        return graph.weights
    weights = np.zeros((n_source, n_target))
    keep = graph.edge_delays == delay
    np.add.at(
        weights, (graph.sources[keep], graph.targets[keep]), np.broadcast_to(graph.weights, graph.targets.shape)[keep]
    )
    return weights
