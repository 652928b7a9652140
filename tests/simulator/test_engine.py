import math
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from ictal.simulator import (
    Adaptation,
    Edges,
    EventInput,
    FixedInDegree,
    InputError,
    LogNormal,
    MeanSynapticCurrent,
    Network,
    PoissonInput,
    Population,
    Projection,
    Schedule,
    Simulation,
    SlowVariable,
    StateRecording,
    Synapse,
    instantiate,
    simulate,
)
from ictal.simulator.engines.compiled.run import simulate_compiled
from ictal.simulator.engines.kernels.propagators import propagator

LIF = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0}
NEVER = {**LIF, "v_threshold": 1e9, "v_reset": 0.0}


def voltages(network, n_steps, **how):
    """v at the beginning of every step from the second on: (step, cell), the first row after one step."""
    name = network.populations[0].name
    recorded = replace(network, signals=(*network.signals, StateRecording("v of all", name, "v", interval=network.dt)))
    chunk = Simulation(instantiate(recorded, 0), n_steps + 1, 0, **how).advance(n_steps + 1)
    return chunk.samples["v of all"][1:]


def kick(step, cell=0, weight=1.5, synapse="e"):
    return EventInput("E", synapse, weight, np.array([0.1 * step]), np.array([cell]))


# ---- closed forms of one cell


@pytest.mark.parametrize(("drive", "rate"), [(20.5, 15.9007), (22.0, 26.4304), (25.0, 41.7149), (40.0, 98.9188)])
@pytest.mark.parametrize("dt", [0.1, 0.05])
def test_rate_under_constant_drive(drive, rate, dt):
    cell = Population("E", 1, **{**LIF, "v_rest": drive})
    exact = 1000.0 / (2.0 + 20.0 * math.log((drive - 10.0) / (drive - 20.0)))
    assert exact == pytest.approx(rate, abs=5e-5)
    t = simulate(Network((cell,), dt=dt), 20.0, 0).spikes("E").time
    measured = (t.size - 1) / (t[-1] - t[0])
    assert -exact * dt / 1000.0 - 1e-12 <= measured / exact - 1.0 <= 1e-12


@pytest.mark.parametrize("tau_s", [5.0, 19.0, 20.0, 20.0 * (1 + 1e-9), 80.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_postsynaptic_potential(tau_s, sign):
    cell = Population("E", 1, **NEVER, synapses=(Synapse("e", tau_s, gain=2.0, sign=sign),))
    v = voltages(Network((cell,), inputs=(kick(0),)), 1000)[:, 0]
    t = 0.1 * np.arange(1000)
    if abs(tau_s - 20.0) < 1e-6:
        shape = t / 20.0 * np.exp(-t / 20.0)
    else:
        shape = tau_s / (tau_s - 20.0) * (np.exp(-t / tau_s) - np.exp(-t / 20.0))
    assert np.abs(v - sign * 2.0 * 1.5 * shape).max() < (1e-12 if tau_s != 20.0 * (1 + 1e-9) else 1e-8)


@pytest.mark.parametrize("tau_s", [0.01, 1.0, 9.999, 10.0, 10.0 + 1e-7, 500.0])
@pytest.mark.parametrize("dt", [0.1, 5.0])
def test_propagator_against_quadrature(tau_s, dt):
    expected = quad(lambda u: math.exp(-(dt - u) / 10.0 - u / tau_s) / 10.0, 0, dt, points=[min(tau_s, dt / 2)],
                    epsabs=0, epsrel=1e-13)[0]  # fmt: skip
    assert propagator(dt, 10.0, tau_s) == pytest.approx(expected, rel=1e-11)


def test_propagator_does_not_overflow():
    assert propagator(1e5, 1.0, 1e9) == pytest.approx(1.0, rel=1e-3)


def test_two_inputs_of_one_step_count_twice():
    cell = Population("E", 2, **NEVER, synapses=(Synapse("e", 5.0),))
    network = Network((cell,), inputs=(EventInput("E", "e", 1.0, np.array([1.0, 1.0, 1.0]), np.array([0, 0, 1])),),
                      signals=(MeanSynapticCurrent("s", "E", ("e",)),))  # fmt: skip
    s = simulate(network, 0.003, 0, signal_dt=1e-4).recording("s").values[:, 0]
    assert s[10] == 0.0
    assert s[11] == pytest.approx(1.5)
    assert s[20] == pytest.approx(1.5 * math.exp(-0.9 / 5.0))


@pytest.mark.parametrize("refractory", [0.0, 0.1, 0.2, 3.0])
def test_refractory_cells_hold_their_voltage(refractory):
    cell = Population("E", 1, **{**LIF, "v_rest": 1e6, "refractory": refractory})
    step = np.rint(simulate(Network((cell,)), 0.02, 0).spikes("E").time * 1e4).astype(int)
    assert (np.diff(step) == round(refractory / 0.1) + 1).all()  # held, and one step to threshold


def test_synapses_go_on_while_a_cell_is_refractory():
    cell = Population("E", 1, **{**LIF, "v_rest": 30.0}, synapses=(Synapse("e", 5.0),), v_init=19.999)
    v = voltages(Network((cell,), inputs=(kick(0, weight=3.0), kick(10, weight=3.0))), 60)[:, 0]
    assert np.abs(v[0:21] - 10.0).max() < 1e-12
    s = 3.0 * (math.exp(-2.0 / 5.0) + math.exp(-1.0 / 5.0))
    expected = 30.0 - 20.0 * math.exp(-0.1 / 20.0) + propagator(0.1, 20.0, 5.0) * s
    assert v[21] == pytest.approx(expected, abs=1e-12)


def test_adaptation_settles_at_its_fixed_point():
    """At a period T, w just after a spike is b/(1 − e^{−T/τ_w}); the cell then takes T to climb back."""
    cell = Population("E", 1, **{**LIF, "v_rest": 40.0}, adaptation=Adaptation(80.0, 4.0))
    t = simulate(Network((cell,), dt=0.01), 3.0, 0).spikes("E").time * 1000.0
    period = t[-1] - t[-2]
    w = 4.0 / (1.0 - math.exp(-period / 80.0)) * math.exp(-2.0 / 80.0)
    x = period - 2.0
    pulled = w * 80.0 / (80.0 - 20.0) * (math.exp(-x / 80.0) - math.exp(-x / 20.0))
    assert 40.0 - 30.0 * math.exp(-x / 20.0) - pulled == pytest.approx(20.0, abs=0.01)
    assert np.diff(t)[0] < 0.6 * period


@pytest.mark.parametrize("delay", [0.0, 0.1, 1.5])
def test_a_spike_arrives_after_its_delay(delay):
    source = Population("A", 2, **{**LIF, "v_rest": 1e6, "refractory": 1000.0})
    target = Population("B", 3, **NEVER, synapses=(Synapse("e", 5.0),))
    edges = Projection("A", "B", "e", Edges(np.array([0, 0, 1]), np.array([1, 1, 2])), np.array([2.0, 3.0, 4.0]), delay)
    network = Network((source, target), (edges,), signals=(MeanSynapticCurrent("s", "B", ("e",)),))
    s = simulate(network, 0.004, 0, signal_dt=1e-4).recording("s").values[:, 0]
    arrived = round(delay / 0.1) + 1
    assert (s[:arrived] == 0).all()
    assert s[arrived] == pytest.approx(3.0)


def test_signal_is_the_mean_of_the_absolute_currents():
    schedule = Schedule("g", (0.0, 2.0, 2.0), (1.0, 1.0, 3.0))
    cell = Population("E", 4, **NEVER, synapses=(Synapse("e", 5.0), Synapse("i", 10.0, schedule, sign=-1)))
    inputs = [EventInput("E", k, 2.0, np.zeros(1), np.zeros(1, int)) for k in ("e", "i")]
    run = simulate(Network((cell,), (), inputs, signals=(MeanSynapticCurrent("lfp", "E", ("e", "i")),)), 0.004, 0)
    t, g = np.arange(4), np.array([1.0, 1.0, 3.0, 3.0])
    expected = 2.0 / 4 * (np.exp(-(t - 0.1) / 5.0) + g * np.exp(-(t - 0.1) / 10.0))
    assert run.recording("lfp").values[1:, 0] == pytest.approx(expected[1:], abs=1e-12)
    assert run.recording("g").values[:, 0].tolist() == g.tolist()
    assert run.recording("lfp").dt == 0.001
    assert (run.recording("lfp").clock, run.recording("lfp").unit) == ("second", "mV")


def test_poisson_input_has_the_mean_and_variance_of_shot_noise():
    n, rate, weight, tau = 40_000, 0.8, 1.5, 5.0
    cell = Population("E", n, **NEVER, synapses=(Synapse("e", tau),))
    network = Network((cell,), inputs=(PoissonInput("E", "e", rate, weight),))
    recorded = replace(network, signals=(StateRecording("s", "E", "e", interval=100.0),))
    s = Simulation(instantiate(recorded, 0), 1001, 4).advance(1001).samples["s"][-1]
    events = rate * 0.1
    mean = weight * events / (1 - math.exp(-0.1 / tau))
    variance = weight**2 * events / (1 - math.exp(-0.2 / tau))
    assert mean == pytest.approx(weight * rate * tau, rel=0.02)
    assert s.mean() == pytest.approx(mean, abs=4 * math.sqrt(variance / n))
    assert s.var() == pytest.approx(variance, rel=4 * math.sqrt(2.2 / n))


def test_slow_variable_follows_its_equation():
    tau, maximum, half, power, rate_tau, dt = 200.0, 0.6, 40.0, 4.0, 50.0, 0.02
    cell = Population("E", 20, **{**LIF, "v_rest": 25.0}, v_init=(10.0, 20.0), synapses=(Synapse("i", 5.0, slow="q"),))
    network = Network((cell,), slow=(SlowVariable("q", "E", tau, maximum, half, power, rate_tau),), dt=dt)
    run = simulate(network, 0.5, 0)
    grid = np.arange(0, 500.0, dt)
    kicks = np.bincount(np.rint(run.spikes("E").time * 1000 / dt).astype(int), minlength=grid.size)
    r, q, r_now, q_now = np.empty(grid.size), np.empty(grid.size), 0.0, 0.0
    for n in range(grid.size):  # r exactly; q by Heun, between its value before and after the decay of r
        r[n], q[n] = r_now, q_now
        after = r_now * math.exp(-dt / rate_tau)
        drift = [(-q_now + maximum * x**power / (x**power + half**power)) / tau for x in (r_now, after)]
        q_now += dt * sum(drift) / 2
        r_now = after + 1000.0 / (20 * rate_tau) * kicks[n]
    every = round(1.0 / dt)
    assert run.recording("q_rate").values[:, 0] == pytest.approx(r[::every], abs=1e-9)
    assert np.abs(run.recording("q").values[:, 0] - q[::every]).max() < 2e-4
    assert q[-1] > 0.2


def test_a_slow_variable_lowers_the_gain():
    cell = Population("E", 5, **{**LIF, "v_rest": 30.0}, synapses=(Synapse("i", 10.0, gain=2.0, slow="q"),))
    network = Network((cell,), inputs=(EventInput("E", "i", 1.0, np.array([50.0]), np.array([0])),),
                      slow=(SlowVariable("q", "E", 20.0, 0.9, 1.0, 4.0, 20.0),),
                      signals=(MeanSynapticCurrent("lfp", "E", ("i",)),))  # fmt: skip
    run = simulate(network, 0.1, 0)
    q = run.recording("q").values[60, 0]
    assert q > 0.5
    assert run.recording("lfp").values[60, 0] == pytest.approx(2.0 * (1 - q) * math.exp(-9.9 / 10.0) / 5)


# ---- the engine


def lively(n=300):
    e = Population("E", n, **LIF, synapses=(Synapse("e", 5.0), Synapse("i", 10.0, sign=-1)), v_init=(0.0, 19.0))
    edges = Projection("E", "E", "e", FixedInDegree(n // 10), LogNormal(0.5, 0.5), 1.5)
    return Network(
        (e,), (edges,), (PoissonInput("E", "e", 2.0, 2.5),), signals=(MeanSynapticCurrent("s", "E", ("e",)),)
    )


def assert_same(a, b):
    assert list(a) == list(b)
    for name in a:
        x, y = a[name], b[name]
        if hasattr(x, "unit_labels") and hasattr(x, "time"):
            assert np.array_equal(x.time, y.time)
            assert np.array_equal(x.unit, y.unit)
        else:
            assert np.array_equal(x.values, y.values)


def test_the_same_seed_gives_the_same_bits():
    one, same, other = (simulate(lively(), 0.4, seed) for seed in (7, 7, 8))
    assert one.spikes("E").time.size > 1000
    assert_same(one, same)
    assert not np.array_equal(one.spikes("E").time, other.spikes("E").time)


def test_chunks_leave_no_trace(monkeypatch):
    whole = simulate(lively(), 0.25, 7)
    monkeypatch.setattr("ictal.simulator.engines.compiled.run.STRETCH", 0.7)
    assert_same(whole, simulate(lively(), 0.25, 7))


def test_a_longer_run_begins_as_the_shorter_one():
    short, long = simulate(lively(), 0.13, 7), simulate(lively(), 0.3, 7)
    assert_same(short, long.select(time=(0.0, 0.13)))


def test_spikes_outgrow_their_buffer():
    cell = Population("E", 700, **{**LIF, "v_rest": 1e6, "refractory": 0.0}, v_init=(0.0, 10.0))
    spikes = simulate(Network((cell,)), 0.01, 0).spikes("E")
    assert (spikes.counts == 100).all()
    assert np.array_equal(spikes.unit[:700], np.arange(700))


def test_progress_counts_up_to_the_end():
    calls = []
    simulate(lively(2500), 0.25, 0, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(0.1, 0.25), (0.2, 0.25), (0.25, 0.25)]
    calls.clear()
    simulate(lively(), 1.4, 0, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1.0, 1.4), (1.4, 1.4)]


def test_an_interrupt_gets_through():
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(lively(), 0.25, 0, progress=stop)


def test_runs_say_what_they_are():
    run = simulate(lively(), 0.1, 3)
    assert run.source["engine"] == "compiled"
    assert run.source["seed"] == 3
    assert set(run.source["versions"]) == {"ictal", "numpy", "scipy", "numba", "h5py"}
    spikes = run.spikes("E")
    assert set(spikes.unit_labels["population"]) == {"E"}
    assert spikes.duration == pytest.approx(0.1)
    assert np.array_equal(spikes.time, np.rint(spikes.time * 1e4) * 0.1 / 1000.0)


@pytest.mark.filterwarnings("ignore:Projection.weight")
def test_activity_that_runs_away_is_an_error():
    network = lively()
    kick = Projection("E", "E", "e", FixedInDegree(30), 1e306, 0.1)
    with pytest.raises(InputError, match=r"^Network: activity ran away[^\n]*$"):
        simulate(replace(network, projections=(kick,)), 1.0, 0)


def test_a_population_without_synapses_or_spikes():
    run = simulate(Network((Population("E", 3, **LIF),)), 0.05, 0)
    assert run.spikes("E").time.size == 0


def test_a_bad_seed_is_refused():
    with pytest.raises(InputError, match="seed: must be a whole number"):
        simulate_compiled(instantiate(lively(), 0), 10.0, -1)


def test_order_of_populations_and_projections_does_not_matter():
    """The same cells, edges and events, described in another order."""
    rng = np.random.default_rng(0)
    pops = [Population(p, 40, **{**LIF, "v_rest": 18.0 + 4 * k}, synapses=(Synapse("e", 4.0),), v_init=float(k))
            for k, p in enumerate("ABC")]  # fmt: skip
    edges = [Projection(a, b, "e", Edges(*rng.integers(0, 40, (2, 150))), rng.normal(2, 1, 150), 0.5)
             for a in "ABC" for b in "ABC"]  # fmt: skip
    events = [EventInput(p, "e", 3.0, rng.uniform(0, 200, 300), rng.integers(0, 40, 300)) for p in "ABC"]
    one = simulate(Network(pops, edges, events), 0.2, 0)
    other = simulate(Network(pops[::-1], edges[::-1], events[::-1]), 0.2, 0)
    for p in "ABC":
        assert one.spikes(p).time.size > 20
        assert np.array_equal(one.spikes(p).time, other.spikes(p).time)
        assert np.array_equal(one.spikes(p).unit, other.spikes(p).unit)


def test_compiled_code_is_kept_until_a_source_changes(tmp_path, monkeypatch):
    """numba alone would look at the date of the function's own file, and run stale code after a change of another."""
    from ictal.simulator.engines.kernels import compiling

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "twice.py").write_text("def twice(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    from twice import twice

    def hits():
        made = compiling.entry(twice)
        assert made(3) == 6
        return sum(made.stats.cache_hits.values())

    assert [hits(), hits()] == [0, 1]
    monkeypatch.setattr(compiling, "SOURCES", "of another version")
    assert [hits(), hits()] == [0, 1]


@pytest.mark.slow
def test_a_run_loads_nothing_of_what_compiling_needs(tmp_path):
    """Nor does the first run, from the bitcode of the package. And compiling, afterwards, finds all that it needs."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "import numba, numpy as np\n"
        "from ictal.models.spiking.cuba import Cuba\n"
        "run = Cuba(n_e=80, n_i=20, duration=0.01).record(0)\n"
        "print(run.spikes('E').time.size, 'numba.np.arraymath' in sys.modules, 'scipy.linalg' in sys.modules)\n"
        "dot = numba.njit(lambda x, rng: np.dot(x, x) + rng.random())\n"
        "print(dot(np.arange(4.0), np.random.default_rng(0)) > 14)\n"
    )
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    said = [subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, check=True).stdout
            for _ in range(2)]  # fmt: skip
    spikes = said[0].split()[0]
    assert said == [f"{spikes} False False\nTrue\n"] * 2


def test_precision_and_threads_are_of_the_compiled_engine():
    for how in ({"precision": "float32"}, {"threads": 2}):
        with pytest.raises(InputError, match=r"^simulate: precision and threads are of the compiled engine[^\n]*$"):
            simulate(lively(), 0.1, 0, engine="brian2", **how)
