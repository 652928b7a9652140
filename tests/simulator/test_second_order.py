"""The schemes of cells that are not linear against solve_ivp: second order below threshold, and bounds at spikes."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ictal.simulator import (
    Adaptation,
    AlphaSynapse,
    CurrentInput,
    DeltaSynapse,
    EventInput,
    Exponential,
    Network,
    Pairwise,
    Population,
    Projection,
    Quadratic,
    SaturatingSynapse,
    StateRecording,
    Synapse,
    simulate,
)

TOLERANCE = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-12}
STEPS = (0.2, 0.1, 0.05)  # dt [ms]
LEAKY = {"tau_m": 20.0, "v_rest": -60.0, "v_threshold": 1e6, "v_reset": -60.0, "v_init": -60.0}
ADEX = {"tau_m": 9.37, "v_rest": -70.6, "v_threshold": 20.0, "v_reset": -70.6, "v_init": -70.6}
UPSWING = Exponential(2.0, -50.4)
BLOCK = 1.0 / 3.57
ADAPTING = Adaptation(144.0, 2.68, 0.133)
TONIC = Adaptation(144.0, 0.0, 0.133)


def arrivals(rate, duration, seed):
    """Times of Poisson events on the grid of the longest step, from 2 ms on [ms]; rate in 1/ms."""
    grid = np.arange(round(2.0 / STEPS[0]), round(duration / STEPS[0])) * STEPS[0]
    return np.repeat(grid, np.random.default_rng(seed).poisson(rate * STEPS[0], grid.size))


class Case:
    """One cell, its equations, and for every synapse a weight and a rate of events [1/ms], or their times [ms].

    The state of the equations is v, w, then two numbers a synapse: (s, y) of Synapse and AlphaSynapse, (s, x) of a
    SaturatingSynapse with one source. An event is at work from the step after that in which it is delivered.
    """

    def __init__(self, cell, weights, rates, currents=0.0, duration=150.0):
        self.cell, self.weights, self.current, self.duration = cell, weights, currents, duration
        self.times = [x if isinstance(x, np.ndarray) else arrivals(x, duration, k) for k, x in enumerate(rates)]
        for k, s in enumerate(cell.synapses):
            if isinstance(s, SaturatingSynapse):  # the source has to come back to rest in between
                self.times[k] = self.times[k][np.diff(self.times[k], prepend=0.0) > 0.9]

    def network(self, dt):
        source = Population("S", 1, 10.0, 0.0, 20.0, 0.0, 0.0, (DeltaSynapse("kick"),))
        inputs, edges = [CurrentInput("E", self.current)], []
        for s, weight, time in zip(self.cell.synapses, self.weights, self.times, strict=True):
            if isinstance(s, SaturatingSynapse):
                edges.append(Projection("S", "E", s.name, Pairwise(1.0), weight))
                early = time - 2 * dt  # a step to the spike of the source, and a step to the target
                inputs.append(EventInput("S", "kick", 1000.0, early, np.zeros(time.size, int)))
            else:
                inputs.append(EventInput("E", s.name, weight, time - dt, np.zeros(time.size, int)))
        signals = (StateRecording("v", "E", "v", interval=STEPS[0]),)
        return Network((source, self.cell), edges, inputs, signals=signals, dt=dt)

    def rate(self, _, y):
        """Return the derivatives of the state."""
        p, v, w = self.cell, y[0], y[1]
        out = np.zeros_like(y)
        total = p.v_rest - v + self.current - w
        if isinstance(p.initiation, Exponential):
            total += p.initiation.slope * np.exp(min((v - p.initiation.onset) / p.initiation.slope, 50.0))
        elif isinstance(p.initiation, Quadratic):
            total += v - p.v_rest + (v - p.v_rest) * (v - p.initiation.critical) / (p.initiation.critical - p.v_rest)
        for k, (s, weight) in enumerate(zip(p.synapses, self.weights, strict=True)):
            g, other = y[2 + 2 * k : 4 + 2 * k]
            if isinstance(s, SaturatingSynapse):
                total += weight * g * drive(s, v) / (1 + s.magnesium * BLOCK * np.exp(-0.062 * v))
                out[2 + 2 * k : 4 + 2 * k] = -g / s.tau + s.alpha * other * (1 - g), -other / s.rise
            else:
                total += s.sign * g * drive(s, v)
                out[2 + 2 * k : 4 + 2 * k] = (other - g) / s.tau, -other / s.tau
        out[0] = total / p.tau_m
        if p.adaptation:
            out[1] = (p.adaptation.coupling * (v - p.v_rest) - w) / p.adaptation.tau
        return out

    def jumps(self):
        """Return what arrives, {time: increments of the state}."""
        found = {}
        for k, (s, weight, times) in enumerate(zip(self.cell.synapses, self.weights, self.times, strict=True)):
            amount = {AlphaSynapse: np.e * weight, SaturatingSynapse: 1.0}.get(type(s), weight)
            place = 2 + 2 * k + (not isinstance(s, Synapse))
            for t in times:
                found.setdefault(round(float(t), 6), np.zeros(2 + 2 * len(self.weights)))[place] += amount
        return found

    def exact(self, until=None, cut=None):
        """Return v at the multiples of the longest step, or with `cut` the times of the spikes [ms]."""
        until, jumps = until or self.duration, self.jumps()
        y, t, v, spikes = np.zeros(2 + 2 * len(self.weights)), 0.0, [], []
        y[0] = self.cell.v_init
        grid = np.arange(round(until / STEPS[0]) + 1) * STEPS[0]
        stops = sorted({*(x for x in jumps if x < until), until})

        def crosses(_, y):
            return y[0] - cut

        crosses.terminal, crosses.direction = True, 1
        for stop in stops:
            while t < stop - 1e-12:
                inside = grid[(grid >= t - 1e-9) & (grid < stop - 1e-9)]
                found = solve_ivp(
                    self.rate,
                    (t, stop),
                    y,
                    t_eval=None if cut else [*inside, stop],
                    events=crosses if cut else None,
                    **TOLERANCE,
                )
                v += [] if cut else found.y[0, : inside.size].tolist()
                t, y = found.t[-1], found.y[:, -1]
                if cut and found.t_events[0].size:
                    spikes.append(t)
                    y[0] = self.cell.v_reset
                    y[1] += self.cell.adaptation.jump if self.cell.adaptation else 0.0
            y = y + jumps.get(stop, 0.0)
        return np.array(spikes if cut else v)


def drive(synapse, v):
    return 1.0 if synapse.reversal is None else synapse.reversal - v


COBA = Synapse("e", 5.0, reversal=0.0), Synapse("i", 10.0, reversal=-80.0)
FAST = Synapse("e", 2.0, reversal=0.0), Synapse("i", 5.0, reversal=-80.0)
NMDA = {"tau": 100.0, "rise": 2.0, "alpha": 0.5}
FREE = {
    "two conductances": Case(Population("E", 1, **LEAKY, synapses=COBA), (0.6, 6.7), (0.3, 0.03)),
    "conductance and current": Case(
        Population("E", 1, **LEAKY, synapses=(FAST[0], Synapse("c", 3.0, sign=-1))), (0.2, 3.0), (0.5, 0.5)
    ),
    "alpha conductances": Case(
        Population("E", 1, **LEAKY, synapses=(AlphaSynapse("e", 2.0, reversal=0.0), AlphaSynapse("c", 3.0))),
        (0.2, 1.0),
        (0.3, 0.3),
    ),
    "NMDA with magnesium": Case(
        Population("E", 1, **LEAKY, synapses=(SaturatingSynapse("n", **NMDA, reversal=0.0, magnesium=1.0), COBA[0])),
        (3.0, 0.2),
        (0.1, 0.3),
    ),
    "NMDA as a current of a linear cell": Case(
        Population("E", 1, **LEAKY, synapses=(SaturatingSynapse("n", **NMDA), Synapse("c", 3.0))),
        (15.0, 1.0),
        (0.1, 0.3),
    ),
    "coupled w": Case(
        Population("E", 1, **LEAKY, synapses=FAST, adaptation=Adaptation(30.0, 0.0, 2.0)), (0.6, 1.0), (0.2, 0.2)
    ),
    "AdEx": Case(
        Population("E", 1, **ADEX, synapses=COBA, initiation=UPSWING, adaptation=ADAPTING),
        (0.05, 0.2),
        (0.5, 0.1),
        5.0,
    ),
    "AdEx with alpha and NMDA": Case(
        Population(
            "E",
            1,
            **ADEX,
            synapses=(
                AlphaSynapse("e", 2.0, reversal=0.0),
                SaturatingSynapse("n", **NMDA, reversal=0.0, magnesium=1.0),
            ),
            initiation=UPSWING,
            adaptation=ADAPTING,
        ),
        (0.02, 0.5),
        (0.5, 0.1),
        5.0,
    ),
    "quadratic": Case(
        Population("E", 1, 20.0, -65.0, 0.0, -65.0, v_init=-65.0, synapses=COBA, initiation=Quadratic(-45.0)),
        (0.05, 0.2),
        (0.5, 0.1),
        1.5,
    ),
}


@pytest.mark.parametrize("case", FREE.values(), ids=FREE.keys())
def test_below_threshold_the_error_is_of_second_order(case):
    exact = case.exact()
    assert exact.max() - exact.min() > 5.0
    errors = []
    for dt in STEPS:
        run = simulate(case.network(dt), case.duration / 1000.0, 0)
        assert run.spikes("E").time.size == 0
        errors.append(
            np.sqrt(((run.recording("v").values[:, 0] - exact[: len(run.recording("v").values)]) ** 2).mean())
        )
    print(errors, errors[0] / errors[1], errors[1] / errors[2])
    assert errors[1] <= 2e-3
    assert errors[0] >= 3.5 * errors[1]
    assert errors[1] >= 3.5 * errors[2]


LIF = {"tau_m": 20.0, "v_rest": -60.0, "v_threshold": -50.0, "v_reset": -60.0, "v_init": -60.0}
STEADY = np.array([2.0])  # the time of a single event, whose synapse then stays open
TRAINS = {
    "leaky": (Case(Population("E", 1, **LIF), (), (), 15.0, 300.0), -50.0),
    "conductance": (
        Case(Population("E", 1, **LIF, synapses=(Synapse("e", 1e9, reversal=0.0),)), (0.3,), (STEADY,), 0.0, 300.0),
        -50.0,
    ),
    "coupled w": (Case(Population("E", 1, **LIF, adaptation=Adaptation(50.0, 1.0, 0.3)), (), (), 20.0, 300.0), -50.0),
    "AdEx, tonic": (
        Case(Population("E", 1, **ADEX, initiation=UPSWING, adaptation=TONIC), (), (), 30.0, 300.0),
        -20.0,  # from here the upswing takes 2 ns to infinity
    ),
    "AdEx, adapting": (
        Case(Population("E", 1, **ADEX, initiation=UPSWING, adaptation=ADAPTING), (), (), 30.0, 300.0),
        -20.0,
    ),
    "AdEx, a low cut": (
        Case(
            Population(
                "E", 1, **{**ADEX, "v_threshold": -40.0}, initiation=UPSWING, adaptation=Adaptation(144.0, 2.68)
            ),
            (),
            (),
            30.0,
            300.0,
        ),
        -40.0,
    ),
    "quadratic": (
        Case(
            Population("E", 1, 20.0, -65.0, 1e-6, -65.0, v_init=-65.0, initiation=Quadratic(-45.0)), (), (), 10.0, 400.0
        ),
        1e-6,
    ),
}


@pytest.mark.parametrize(("case", "cut"), TRAINS.values(), ids=TRAINS.keys())
@pytest.mark.parametrize("dt", [0.1, 0.05])
def test_spikes_under_a_constant_drive_are_late_by_a_step_each_at_most(case, cut, dt):
    """The crossing is seen at the end of its step, and the cell is released on the grid."""
    exact = case.exact(cut=cut)
    times = simulate(case.network(dt), case.duration / 1000.0, 0).spikes("E").time * 1000.0
    assert exact.size > 3
    assert abs(times.size - exact.size) <= 1
    both = min(times.size, exact.size)
    assert (np.abs(times[:both] - exact[:both]) <= dt * np.arange(1, both + 1)).all()


def test_first_spikes_of_adex_cells_under_conductances():
    cell = Population("E", 1, **ADEX, synapses=COBA, initiation=UPSWING, adaptation=ADAPTING)
    found = 0
    for seed in (10, 13, 14, 15):
        case = Case(cell, (0.1, 0.3), (arrivals(1.0, 360.0, seed), arrivals(0.2, 360.0, 90 + seed)), 0.0, 360.0)
        exact = case.exact(cut=-20.0)
        times = simulate(case.network(0.1), 0.36, 0).spikes("E").time * 1000.0
        found += exact.size > 0
        assert times.size == exact.size
        assert np.abs(times[:1] - exact[:1]).max(initial=0.0) < 0.3
    assert found >= 3


@pytest.mark.slow
def test_the_rate_under_conductances_is_that_of_small_steps():
    """400 cells, 5 s: .2 % low at dt .1, which is the lateness of the grid, a dt/2 in every interval; no feedback."""
    n, seconds, rng = 400, 5.0, np.random.default_rng(0)
    cell = Population("E", n, 20.0, -60.0, -50.0, -60.0, 5.0, COBA)
    grid, drawn = np.arange(1, round(seconds * 1e4)) * 0.1, []
    for mean in (0.03, 0.009):
        cells = rng.poisson(mean * n, grid.size)
        drawn.append((np.repeat(grid, cells), rng.integers(0, n, cells.sum())))
    rates = []
    for dt in (0.1, 0.0125):
        inputs = [EventInput("E", s, w, t - dt, c) for s, w, (t, c) in zip("ei", (0.6, 6.7), drawn, strict=True)]
        run = simulate(Network((cell,), inputs=inputs, dt=dt), seconds, 0)
        rates.append(run.spikes("E").time.size / n / seconds)
    print(rates)
    assert rates[1] > 5.0
    assert rates[0] == pytest.approx(rates[1], rel=4e-3)
