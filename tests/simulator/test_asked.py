"""What is asked is what runs: units of time, inputs that end, points off the grid, memory, numbers in other units."""

import doctest
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ictal.models import SYSTEMS
from ictal.simulator import (
    CurrentInput,
    EventInput,
    FixedInDegree,
    GivenNoise,
    InputError,
    MeanSynapticCurrent,
    Network,
    PoissonInput,
    Population,
    PopulationRate,
    PopulationStatistic,
    Projection,
    Schedule,
    Simulation,
    StateRecording,
    Synapse,
    WhiteNoise,
    freeze_inputs,
    instantiate,
    integrate,
    load,
    record_to_file,
    simulate,
)
from ictal.simulator.engines import estimate
from ictal.simulator.engines.common import course
from ictal.simulator.networks.plausible import doubts

ENGINES = ("compiled", "brian2")
PULSE = Schedule("pulse", (10.02, 10.02, 10.06, 10.06), (0.0, 1000.0, 1000.0, 0.0))


def cells(n=1, drive=0.0, **given):
    given = {"v_threshold": 20.0, "v_reset": 10.0, "v_init": 0.0, "synapses": (Synapse("e", 5.0),)} | given
    return Population("E", n, 20.0, v_rest=drive, **given)


def still(n=1, **given):
    return cells(n, v_threshold=1e6, v_reset=-1.0, **given)


# inputs that end


def random_inputs():
    return Network((cells(20),), inputs=(PoissonInput("E", "e", 2.0, 3.0), WhiteNoise("E", 1.0)))


def test_durations_are_in_seconds_and_a_frozen_network_runs_as_long_as_it_was_frozen():
    network = random_inputs()
    frozen = freeze_inputs(network, 0.05, 1)
    assert frozen.inputs[0].until == 50.0
    assert frozen.inputs[1].kicks.shape[0] == 500
    wanted = simulate(network, 0.05, 1)["E"]
    assert wanted.time.size
    assert np.array_equal(simulate(frozen, 0.05, 1)["E"].time, wanted.time)
    assert np.array_equal(simulate(frozen, 0.02, 1)["E"].time, wanted.time[wanted.time < 0.02])


@pytest.mark.parametrize("number", [0, 1], ids=["EventInput.until", "GivenNoise.kicks"])
def test_a_run_that_outlasts_its_given_inputs_is_refused_everywhere(number, tmp_path):
    frozen = freeze_inputs(random_inputs(), 0.05, 1)
    network = replace(frozen, inputs=(frozen.inputs[number],))
    words = r"0\.05 s, before the run of 0\.06 s; freeze_inputs\(network, 0\.06, seed\) draws enough, or [^\n]*$"
    runs = [lambda engine=engine: simulate(network, 0.06, 1, engine) for engine in ENGINES]
    runs.append(lambda: record_to_file(network, 0.06, 1, tmp_path / "run.h5"))
    runs.append(lambda: Simulation(instantiate(network, 1), 600, 1))
    for run in runs:
        with pytest.raises(InputError, match=words):
            run()
    assert not list(tmp_path.iterdir())


def test_silence_after_given_spikes_is_said_by_leaving_the_end_out():
    given = EventInput("E", "e", 3.0, [1.0], [0])
    assert simulate(Network((cells(),), inputs=(given,)), 0.01, 1)["E"].duration == pytest.approx(0.01)
    with pytest.raises(InputError, match=r"^EventInput\.until: the given events of E\.e end at 0\.002 s.*until=None"):
        simulate(Network((cells(),), inputs=(replace(given, until=2.0),)), 0.01, 1)
    with pytest.raises(InputError, match=r"^EventInput\.time: must not be after until = 0\.5 ms; got 1$"):
        replace(given, until=0.5)
    noise = GivenNoise("E", "y", 5.0, np.zeros((100, 1)))
    assert simulate(Network((cells(),), inputs=(noise,)), 0.01, 1)["E"].time.size == 0


# points off the grid


def test_means_of_a_schedule_are_its_integrals():
    ramp = Schedule("g", (1.0, 3.0, 3.0, 4.03, 4.05), (0.0, 2.0, 5.0, 5.0, 1.0))
    fine = (np.arange(60_000) + 0.5) * 1e-4
    wanted = ramp.at(fine).reshape(-1, 1000).mean(axis=1)
    assert ramp.means(np.arange(60), 0.1) == pytest.approx(wanted, abs=1e-9)
    assert ramp.means([40, 7], 0.1) == pytest.approx([wanted[40], 0.0], abs=1e-9)
    n = np.arange(1000)
    jump = Schedule("g", (0.0, 77 * 0.1, 77 * 0.1), (0.3, 0.3, 0.7))
    assert np.array_equal(jump.means(n, 0.1), jump.at(n * 0.1)), "what is constant in a step has its bits"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pulse_within_a_step_moves_the_cell_by_its_integral(engine):
    network = Network(
        (still(),), inputs=(CurrentInput("E", PULSE),), signals=(StateRecording("v", "E", "v", interval=0.1),)
    )
    run = simulate(network, 0.012, 1, engine, signal_dt=1e-4)
    wanted = 1000 * (1 - np.exp(-0.04 / 20)) * np.exp(-0.94 / 20)
    assert run["v"].values[110, 0] == pytest.approx(wanted, rel=1e-3)  # where in the step it lies is not known
    assert run["pulse"].values[:, 0] == pytest.approx(400.0 * (np.arange(120) == 100))


def test_a_pulse_of_gain_or_rate_within_a_step_counts_by_its_length():
    cell = still(synapses=(Synapse("e", 1e6, gain=replace(PULSE, name="g")),))
    kick = EventInput("E", "e", 1.0, [0.0], [0])
    v = simulate(Network((cell,), inputs=(kick,), signals=(StateRecording("v", "E", "v"),)), 0.012, 1)["v"].values[
        11, 0
    ]
    assert v == pytest.approx(1000 * (1 - np.exp(-0.04 / 20)) * np.exp(-0.94 / 20), rel=2e-3)
    rate = Schedule("rate", (10.02, 10.02, 10.06, 10.06), (0.0, 50.0, 50.0, 0.0))
    given = freeze_inputs(Network((still(4000),), inputs=(PoissonInput("E", "e", rate, 1.0),)), 0.02, 1).inputs[0]
    assert np.unique(given.time).tolist() == [10.0]
    assert given.time.size == pytest.approx(4000 * 50 * 0.04, abs=4 * np.sqrt(8000))


def test_a_sine_current_is_right_to_second_order():
    def error(dt):
        t = np.arange(0.0, 50.001, 0.01)
        sine = Schedule("I", tuple(t), tuple(np.sin(t / 3)))
        signal = StateRecording("v", "E", "v", interval=1.0)
        v = simulate(Network((still(),), inputs=(CurrentInput("E", sine),), signals=(signal,), dt=dt), 0.05, 1)["v"]
        a, b, x = 1 / 20, 1 / 3, 1000 * v.times
        wanted = a * (a * np.sin(b * x) - b * np.cos(b * x) + b * np.exp(-a * x)) / (a * a + b * b)
        return np.sqrt(np.mean((v.values[:, 0] - wanted) ** 2))

    assert 3.5 <= error(0.2) / error(0.1) <= 4.5


def test_a_threshold_that_jumps_off_the_grid_is_refused():
    theta = Schedule("theta", (5.0, 5.04, 5.04), (20.0, 20.0, 30.0))
    words = (
        r"^Population\.v_threshold: of 'E': a jump: must be a multiple of dt = 0\.1 ms; got 5\.04 ms; the nearest is 5$"
    )
    with pytest.raises(InputError, match=words):
        Network((cells(v_threshold=theta),))
    ramp = Schedule("theta", (5.04, 6.0), (20.0, 30.0))
    network = Network((cells(v_threshold=ramp),))
    assert course(network, ramp, np.array([50, 55])).tolist() == ramp.at([5.0, 5.5]).tolist()


def test_a_file_holds_the_values_of_schedules_that_ran(tmp_path):
    g = Schedule("g", (0.0, 4.03, 4.03, 20.0), (1.0, 1.0, 3.0, 2.0))
    network = Network((cells(synapses=(Synapse("e", 5.0, gain=g),)),))
    record_to_file(network, 0.02, 1, tmp_path / "run.h5", signal_dt=1e-4)
    run = simulate(network, 0.02, 1, signal_dt=1e-4)
    assert np.array_equal(load(tmp_path / "run.h5")["g"].values, run["g"].values)
    assert run["g"].values[40, 0] == pytest.approx(0.3 * 1 + 0.7 * g.at(4.065))


@pytest.mark.parametrize(("seconds", "words"), [(0.0015, "for 0.0015 s say 1.5"), (0.0021, "for 0.0021 s say 2.1")])
def test_times_in_seconds_are_refused_with_the_time_in_ms(seconds, words):
    with pytest.raises(InputError, match=words):
        Network((cells(),), (Projection("E", "E", "e", FixedInDegree(0), 1.0, seconds),))
    with pytest.raises(InputError, match=words):
        Network((cells(refractory=seconds),))


# rates


@pytest.mark.parametrize("engine", ENGINES)
def test_samples_of_a_rate_are_those_of_its_whole_intervals(engine):
    network = Network((cells(30, 25.0, v_init=(0.0, 20.0)),), signals=(PopulationRate("r", "E", 10.0),))
    for duration, rows in ((0.1, 10), (0.099, 9), (0.01, 1)):
        run = simulate(network, duration, 1, engine)
        rate, spikes = run["r"], run["E"].time
        ends = 0.01 * np.arange(1, rows + 1)
        assert rate.valid is None
        assert rate.times == pytest.approx(ends)
        counts = [np.count_nonzero((spikes > end - 0.01 - 1e-9) & (spikes < end - 1e-9)) for end in ends]
        assert rate.values[:, 0] == pytest.approx(np.array(counts) / 30 / 0.01)


def test_rates_are_the_same_in_a_file_and_across_cuts(tmp_path):
    network = Network((cells(30, 25.0, v_init=(0.0, 20.0)),), signals=(PopulationRate("r", "E", 7.0),))
    record_to_file(network, 0.2, 1, tmp_path / "run.h5")
    found, wanted = load(tmp_path / "run.h5")["r"], simulate(network, 0.2, 1)["r"]
    assert (found.t0, found.dt, found.n_times) == (wanted.t0, wanted.dt, 28)
    assert np.array_equal(found.values, wanted.values)
    assert np.array_equal(found.times, wanted.times)
    simulation = Simulation(instantiate(network, 1), 2000, 1)
    cut = [simulation.advance(until).samples["r"] for until in (1, 69, 70, 71, 141, 2000)]
    assert [len(part) for part in cut] == [0, 0, 1, 0, 1, 26]
    assert np.array_equal(np.concatenate(cut), wanted.values)


def test_a_rate_without_a_whole_interval_is_refused():
    network = Network((cells(),), signals=(PopulationRate("r", "E", 100.0),))
    with pytest.raises(InputError, match=r"^PopulationRate\.interval: 'r' has no whole interval of 100 ms in"):
        simulate(network, 0.05, 1)


# fields


@pytest.mark.parametrize("engine", ENGINES)
def test_the_field_of_conductances_is_that_of_their_currents(engine):
    synapses = (
        Synapse("e", 5.0, gain=1.5, reversal=0.0),
        Synapse("i", 10.0, reversal=-80.0),
        Synapse("c", 3.0, sign=-1),
    )
    cell = Population("E", 40, 20.0, -65.0, -50.0, -60.0, 2.0, synapses, v_init=(-70.0, -55.0))
    given = tuple(PoissonInput("E", s, rate, w) for s, rate, w in (("e", 2.0, 0.05), ("i", 1.0, 0.1), ("c", 1.0, 0.5)))
    states = tuple(StateRecording(x, "E", x) for x in ("v", "e", "i", "c"))
    fields = tuple(MeanSynapticCurrent(f"field {s}", "E", (s,)) for s in "eic")
    network = Network(
        (cell,), inputs=given, signals=(*states, *fields, MeanSynapticCurrent("field", "E", tuple("eic")))
    )
    run = simulate(network, 0.1, 1, engine)
    v, e, i, c = (run[x].values for x in ("v", "e", "i", "c"))
    parts = (1.5 * e * np.abs(0.0 - v), i * np.abs(-80.0 - v), c)
    for name, part in zip("eic", parts, strict=True):
        assert run[f"field {name}"].values[:, 0] == pytest.approx(part.mean(axis=1))
    assert run["field"].values[:, 0] == pytest.approx(sum(parts).mean(axis=1))
    assert (run["field"].unit, run["field"].quantity) == ("mV", "mean synaptic current")


# bounds


def test_a_reflected_process_has_its_law():
    """dx = −x dt + σ dW, reflected at 0, is the size of an Ornstein-Uhlenbeck process: half a normal law."""
    x = integrate(lambda x: -x, np.ones(20_000), dt=0.01, n_steps=800, every=800, sd=1.0, seed=1, bounds=(0.0, np.inf))[
        -1
    ]
    assert x.min() >= 0
    assert x.mean() == pytest.approx(np.sqrt(1 / np.pi), abs=4 * 0.43 / np.sqrt(x.size) + 0.005)
    assert (x**2).mean() == pytest.approx(0.5, abs=4 * 0.71 / np.sqrt(x.size) + 0.005)


@pytest.mark.parametrize("noise", [0.02, 0.3, 10.0])
def test_shares_and_rates_stay_within_their_bounds(noise):
    run = SYSTEMS.load("wilson_cowan")(noise=noise, p=(0.5,), duration=0.5).record(1)
    for share in run.values():
        assert share.values.min() >= 0
        assert share.values.max() <= 1
    assert SYSTEMS.load("ring")(n=32, noise=noise, duration=0.2).record(1)["rate"].values.min() >= 0


# memory


def test_recorded_data_beyond_memory_are_refused_before_anything_is_drawn(monkeypatch):
    network = Network((cells(10_000),), signals=(StateRecording("v", "E", "v", interval=0.1),))
    monkeypatch.setattr(estimate, "available_memory", lambda: 4e9)
    monkeypatch.setattr("ictal.simulator.engines.simulate.instantiate", None)
    with pytest.raises(
        InputError, match=r"^simulate: the recorded data of 100 s take 80\.3 GB, 'v' alone 80 GB, and 4 GB"
    ):
        simulate(network, 100.0, 1)
    with pytest.raises(InputError, match=r"^Network: needs about .* GB of memory and 4 GB are free"):
        simulate(Network((cells(10**9),)), 0.1, 1)


@pytest.mark.parametrize("name", ["kuramoto", "zhang", "synthetic_eeg"])
def test_runs_of_other_systems_beyond_memory_are_refused(name, monkeypatch):
    monkeypatch.setattr("ictal.simulator.machine.available_memory", lambda: 1e5)
    with pytest.raises(InputError, match=r"\.duration: \d+ samples of \d+ .* needs .* and 100 kB are free$"):
        SYSTEMS.load(name)(duration=100.0).record(1)


def test_draws_beyond_memory_are_refused_with_the_unit_of_the_duration(monkeypatch):
    monkeypatch.setattr("ictal.simulator.engines.compiled.draws.available_memory", lambda: 1e9)
    with pytest.raises(
        InputError, match=r"^freeze_inputs: the draws of 1000 s take .* GB and 1 GB are free; .*it is in s"
    ):
        freeze_inputs(random_inputs(), 1000.0, 1)


def test_the_rows_of_a_run_are_its_samples():
    network = Network(
        (cells(3),), signals=(PopulationStatistic("m", "E", "v", interval=0.3), StateRecording("v", "E", "v"))
    )
    run = simulate(network, 0.1003, 1, signal_dt=7e-4)
    assert run["m"].n_times == 335
    assert run["v"].values.shape == (144, 3)
    assert not run["v"].values.flags.writeable


# numbers in other units


def synapse(**given):
    return (Synapse("e", **({"tau": 5.0} | given)),)


UNLIKELY = {
    "PoissonInput.rate: 800 per ms are 800000 spikes/s .*; for 800 Hz say 0.8": Network(
        (cells(),), inputs=(PoissonInput("E", "e", 800.0, 0.01),)
    ),
    "PoissonInput.rate, weight: the input on average moves .* by 1e\\+03 mV": Network(
        (cells(),), inputs=(PoissonInput("E", "e", 50.0, 4.0),)
    ),
    "PoissonInput.rate, weight: the input on average moves .* by a conductance of 1.5e\\+03 leaks": Network(
        (cells(synapses=synapse(reversal=60.0)),), inputs=(PoissonInput("E", "e", 50.0, 6.0),)
    ),
    "Population.tau_m: 0.02 ms in 'E' is shorter than the time step of 0.1 ms.*for 0.02 s say 20": Network(
        (Population("E", 1, 0.02, 0.0, 20.0, 10.0),)
    ),
    "Synapse.tau: 0.005 ms in 'E' is shorter .*; for 0.005 s say 5": Network(
        (cells(synapses=synapse(tau=0.005, reversal=60.0)),)
    ),
    "Population.v_rest, v_threshold, v_reset: .*; for volts say -70, -50, -60": Network(
        (Population("E", 1, 20.0, -0.07, -0.05, -0.06),)
    ),
    "Synapse.reversal: -0.08 mV of E.e is in volts, .*; say -80": Network(
        (Population("E", 1, 20.0, -70.0, -50.0, -60.0, synapses=synapse(reversal=-0.08)),)
    ),
    "EventInput.time: the last is at 0.09 ms of 100; times are in ms": Network(
        (cells(),), inputs=(EventInput("E", "e", 1.0, [0.01, 0.034, 0.05, 0.09], [0, 0, 0, 0]),)
    ),
    "EventInput.time: the first is at 500 ms, after the run of 100 ms": Network(
        (cells(),), inputs=(EventInput("E", "e", 1.0, [500.0], [0]),)
    ),
    "CurrentInput.current: it moves the cells of 'E' by 5e\\+03 mV, 250 times": Network(
        (cells(),), inputs=(CurrentInput("E", 5000.0),)
    ),
    "Projection.weight: a spike of 'E' moves .* by 1.25e\\+04 mV": Network(
        (cells(9),), (Projection("E", "E", "e", FixedInDegree(2), 5e4, 1.5),)
    ),
    "Network.dt: 0.0001 ms is very short; for 0.0001 s say 0.1": Network((cells(),), dt=1e-4),
    "Schedule.times: 'theta' is over at 0.1 ms of 100; times are in ms": Network(
        (cells(v_threshold=Schedule("theta", (0.0, 0.1, 0.1), (20.0, 20.0, 30.0))),)
    ),
}


@pytest.mark.parametrize("words", UNLIKELY)
def test_a_number_that_is_probably_in_another_unit_is_said_in_one_line(words):
    lines = doubts(UNLIKELY[words], 100.0)
    assert len(lines) == 1
    assert "\n" not in lines[0]
    with pytest.warns(UserWarning, match=f"^{words}"):
        warnings.warn(lines[0], stacklevel=1)


def test_engines_say_what_is_doubted(tmp_path):
    network = Network((cells(),), inputs=(CurrentInput("E", 5000.0),))
    for run in (lambda: simulate(network, 0.01, 1), lambda: record_to_file(network, 0.01, 1, tmp_path / "run.h5")):
        with pytest.warns(UserWarning, match=r"^CurrentInput\.current: "):
            run()


@pytest.mark.parametrize("name", SYSTEMS)
def test_nothing_is_doubted_in_the_systems_of_ictal(name):
    system = SYSTEMS.load(name)
    if hasattr(system, "network"):
        made = system()
        assert doubts(made.network(), 1000.0 * made.duration) == []


def test_the_worked_example_of_a_step_holds():
    page = Path(__file__).resolve().parents[2] / "docs" / "engines.md"
    found = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert found.attempted >= 3
    assert not found.failed
