"""Cells, synapses and noise of the compiled engine against closed forms and quadrature."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import erfcx

from ictal.simulator import (
    Adaptation,
    AlphaSynapse,
    CurrentInput,
    DeltaSynapse,
    EventInput,
    Exponential,
    Network,
    OUNoise,
    PoissonInput,
    Population,
    PopulationRate,
    PopulationStatistic,
    Quadratic,
    Schedule,
    StateRecording,
    Synapse,
    TriggeredInput,
    WhiteNoise,
    simulate,
)
from ictal.simulator.engines.kernels.propagators import alpha_propagator

LIF = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0}
NEVER = {**LIF, "v_threshold": 1e9, "v_reset": 0.0}


def event(*times, synapse="e", weight=1.5):
    return EventInput("E", synapse, weight, np.array(times), np.zeros(len(times), int))


def record(cell, *inputs, variable="v", duration=0.1, dt=0.1, precision="float64"):
    network = Network((cell,), (), inputs, signals=(StateRecording("x", "E", variable, interval=dt),), dt=dt)
    return simulate(network, duration, 0, precision=precision).recording("x").values[:, 0]


# ---- synapses


@pytest.mark.parametrize("tau_s", [2.0, 5.0, 20.0, 20.0 * (1 + 1e-9), 40.0])
def test_alpha_synapse(tau_s):
    """s peaks at the weight after τ; v follows by quadrature, over many changes of coordinates."""
    cell = Population("E", 1, **NEVER, synapses=(AlphaSynapse("e", tau_s),))
    t = 0.1 * np.arange(1000) - 0.1  # delivered at the end of step 0
    s = record(cell, event(0.0), variable="e")[1:]
    assert s == pytest.approx(1.5 * t[1:] / tau_s * np.exp(1 - t[1:] / tau_s), abs=1e-12)
    v = record(cell, event(0.0))
    for n in (2, 11, 130, 999):
        exact = quad(lambda u, n=n: 1.5 * u / tau_s * math.exp(1 - u / tau_s - (t[n] - u) / 20.0) / 20.0, 0, t[n],
                     epsabs=0, epsrel=1e-12)[0]  # fmt: skip
        assert v[n] == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("tau_s", [0.01, 1.0, 9.999, 10.0, 10.0 + 1e-7, 500.0])
@pytest.mark.parametrize("dt", [0.1, 5.0])
def test_alpha_propagator_against_quadrature(tau_s, dt):
    expected = quad(lambda u: u / tau_s * math.exp(-(dt - u) / 10.0 - u / tau_s) / 10.0, 0, dt,
                    points=[min(tau_s, dt / 2)], epsabs=0, epsrel=1e-13)[0]  # fmt: skip
    assert alpha_propagator(dt, 10.0, tau_s) == pytest.approx(expected, rel=1e-11)


def test_delta_synapse_jumps_and_is_lost_in_the_refractory_period():
    cell = Population("E", 1, **{**LIF, "v_rest": 30.0}, v_init=19.999, synapses=(DeltaSynapse("e"),))
    free = record(Population("E", 1, **NEVER, synapses=(DeltaSynapse("e", sign=-1),)), event(1.0, weight=3.0))
    assert free[10] == 0.0
    assert free[11] == pytest.approx(-3.0)
    held = record(cell, event(0.0, 1.0, 2.0, weight=3.0), duration=0.004)
    assert held[1:21] == pytest.approx(np.full(20, 10.0), abs=1e-12)
    assert held[21] == pytest.approx(10.0, abs=1e-12)  # the kick of step 20 still met a held cell
    assert held[22] == pytest.approx(30 - 20 * math.exp(-0.1 / 20), abs=1e-12)


def test_conductance_pulls_towards_its_reversal():
    """A constant conductance g: v → (v_rest + g E)/(1 + g)."""
    cell = Population("E", 1, **NEVER, synapses=(Synapse("e", 1e9, reversal=70.0),))
    v = record(cell, event(0.0, weight=0.5), duration=0.5)
    assert v[-1] == pytest.approx(0.5 * 70.0 / 1.5, rel=1e-6)
    t = 0.1 * np.arange(v.size - 1)
    assert v[1:] == pytest.approx(0.5 * 70.0 / 1.5 * (1 - np.exp(-1.5 * t / 20.0)), abs=1e-5)


# ---- spike initiation


def period(f, low, high, tau, refractory):
    return refractory + tau * quad(lambda v: 1 / f(v), low, high, epsabs=0, epsrel=1e-10, limit=500)[0]


def measured_period(cell, drive, dt):
    t = simulate(Network((cell,), (), (CurrentInput("E", drive),), dt=dt), 1.0, 0).spikes("E").time * 1000.0
    return np.diff(t).mean()


@pytest.mark.parametrize("drive", [6.0, 12.0])
def test_quadratic_cells_fire_as_quadrature_says(drive):
    cell = Population("E", 1, 10.0, 0.0, 200.0, -5.0, 1.0, initiation=Quadratic(10.0))
    exact = period(lambda v: v * (v - 10.0) / 10.0 + drive, -5.0, 200.0, 10.0, 1.0)
    assert measured_period(cell, drive, 0.01) == pytest.approx(exact, rel=2e-3)
    assert measured_period(cell, drive, 0.1) == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("drive", [16.0, 25.0])
def test_exponential_cells_fire_as_quadrature_says(drive):
    cell = Population("E", 1, 10.0, 0.0, 30.0, 5.0, 1.0, initiation=Exponential(1.5, 14.0))
    exact = period(lambda v: -v + 1.5 * math.exp((v - 14.0) / 1.5) + drive, 5.0, 30.0, 10.0, 1.0)
    assert measured_period(cell, drive, 0.01) == pytest.approx(exact, rel=2e-3)
    assert measured_period(cell, drive, 0.1) == pytest.approx(exact, rel=0.02)


def test_an_adex_cell_slows_down():
    cell = Population("E", 1, 10.0, 0.0, 30.0, 5.0, 1.0, adaptation=Adaptation(100.0, 2.0, 0.1),
                      initiation=Exponential(1.5, 14.0))  # fmt: skip
    t = simulate(Network((cell,), (), (CurrentInput("E", 30.0),)), 1.0, 0).spikes("E").time
    assert np.diff(t)[-1] > 1.5 * np.diff(t)[0]


def test_a_coupled_adaptation_rests_where_its_equations_say():
    """v = I/(1 + a), w = a·v."""
    cell = Population("E", 1, **NEVER, adaptation=Adaptation(50.0, 0.0, 0.7))
    assert record(cell, CurrentInput("E", 8.0), duration=1.0)[-1] == pytest.approx(8.0 / 1.7, rel=1e-6)
    assert record(cell, CurrentInput("E", 8.0), variable="w", duration=1.0)[-1] == pytest.approx(
        0.7 * 8 / 1.7, rel=1e-6
    )


# ---- inputs


def test_a_current_with_a_profile():
    cell = Population("E", 3, **NEVER)
    pulse = Schedule("pulse", (10.0, 10.0, 30.0, 30.0), (0.0, 5.0, 5.0, 0.0))
    network = Network((cell,), (), (CurrentInput("E", pulse, np.array([0.0, 1.0, -2.0])), CurrentInput("E", 1.0)),
                      signals=(StateRecording("x", "E", "v", interval=0.1),))  # fmt: skip
    v = simulate(network, 0.06, 0).recording("x").values
    t = 0.1 * np.arange(600)
    on = np.where(t < 30, 1 - np.exp(-(t - 10) / 20), (1 - np.exp(-1.0)) * np.exp(-(t - 30) / 20)) * (t >= 10)
    expected = (1 - np.exp(-t / 20))[:, None] + 5 * on[:, None] * np.array([0.0, 1.0, -2.0])
    assert np.abs(v - expected).max() < 1e-12


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_white_noise_has_its_stationary_sd(precision):
    cell = Population("E", 40_000, **NEVER)
    network = Network((cell,), (), (WhiteNoise("E", 4.0),), signals=(PopulationStatistic("sd", "E", "v", "sd"),))
    sd = simulate(network, 0.2, 3, precision=precision).recording("sd").values[-1, 0]
    assert sd == pytest.approx(4.0 / math.sqrt(2), rel=4 / math.sqrt(2 * 40_000) + 1e-3)


def test_an_ou_current_and_the_voltage_it_drives():
    """SD of y; and of v, sd·√(τ/(τ + τ_m)) in continuous time."""
    cell = Population("E", 20_000, **NEVER)
    signals = (PopulationStatistic("y", "E", "ou", "sd"), PopulationStatistic("v", "E", "v", "sd"))
    run = simulate(Network((cell,), (), (OUNoise("E", "ou", 10.0, 3.0),), signals=signals, dt=0.1), 0.2, 3)
    error = 4 / math.sqrt(2 * 20_000)
    assert run.recording("y").values[[0, -1], 0] == pytest.approx(3.0, rel=error)
    assert run.recording("v").values[-1, 0] == pytest.approx(3.0 * math.sqrt(10 / 30), rel=error + 0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("mu", "sigma", "rate"), [(15.0, 5.0, 9.4608), (18.0, 4.0, 16.3023), (25.0, 5.0, 47.2174)])
def test_white_noise_fires_cells_at_the_siegert_rate(mu, sigma, rate):
    """A threshold looked at every dt is lowered by 0.5826 SDs of a step, which stand for the crossings between."""
    low, high = (10.0 - mu) / sigma, (20.0 - mu) / sigma
    siegert = 1000 / (2.0 + 20.0 * math.sqrt(math.pi) * quad(lambda x: erfcx(-x), low, high)[0])
    assert siegert == pytest.approx(rate, abs=1e-3)
    step = sigma * math.sqrt(-math.expm1(-2 * 0.1 / 20.0) / 2)
    cell = Population("E", 2000, **{**LIF, "v_rest": mu, "v_threshold": 20.0 - 0.5826 * step}, v_init=(0.0, 19.0))
    spikes = simulate(Network((cell,), (), (WhiteNoise("E", sigma),)), 3.0, 1).spikes("E").select(time=(0.5, 3.0))
    measured = spikes.time.size / 2000 / 2.5
    assert measured == pytest.approx(siegert, rel=0.01 + 3 / math.sqrt(spikes.time.size))


def test_a_triggered_input_fires_and_rests():
    source = Population("S", 2, **{**LIF, "v_rest": 1e6, "refractory": 4.9})  # both fire every 5 ms
    target = Population("E", 3, **NEVER, synapses=(DeltaSynapse("e"),))
    kick = TriggeredInput("kick", "S", "E", "e", 2.0, count=2, window=0.1, delay=1.0, dead_time=12.0,
                          cells=np.array([1]))  # fmt: skip
    signals = (StateRecording("v", "E", "v", interval=0.1), PopulationRate("rate", "S", interval=5.0))
    run = simulate(Network((source, target), (), (kick,), signals=signals), 0.04, 0)
    first = run.spikes("S").time[0]
    assert run.spikes("kick").time == pytest.approx(first + np.array([0.0, 0.015, 0.030]), abs=1e-9)
    v, n = run.recording("v").values, round(first * 1e4) + 11
    assert v[:n, 1].max() == 0.0
    assert v[n].tolist() == pytest.approx([0.0, 2.0, 0.0])
    assert run.recording("rate").values[1:, 0] == pytest.approx(np.full(7, 200.0))


def test_a_threshold_may_follow_a_schedule():
    theta = Schedule("theta", (50.0, 50.0), (15.0, 1e6))
    spikes = simulate(Network((Population("E", 1, **{**LIF, "v_rest": 30.0, "v_threshold": theta}),)), 0.1, 0).spikes(
        "E"
    )
    assert spikes.time.size > 2
    assert spikes.time.max() < 0.05


@pytest.mark.filterwarnings("ignore:Schedule.times")
@pytest.mark.parametrize("rate", [0.0, 2.0])
def test_a_silent_network_stays_at_rest(rate):
    """For long enough that everything that decays would be denormal."""
    cell = Population("E", 5, **{**LIF, "v_rest": 3.0}, synapses=(Synapse("e", 0.5), Synapse("g", 0.5, reversal=9.0)))
    schedule = Schedule("input", (1.0, 1.0), (rate, 0.0))
    network = Network((cell,), (), (PoissonInput("E", "e", schedule, 1.0), PoissonInput("E", "g", schedule, 0.1)),
                      signals=(StateRecording("v", "E", "v"),), dt=0.5)  # fmt: skip
    assert simulate(network, 30.0, 0).recording("v").values[-1] == pytest.approx(np.full(5, 3.0), abs=1e-12)
