"""The stepping object of the compiled engine: threads, precision, chunks and checkpoints change no bits."""

from dataclasses import replace

import numpy as np
import pytest
from networks import random_network

from ictal.models import Cuba, SeizureNetwork
from ictal.simulator import (
    Dense,
    EventInput,
    FixedInDegree,
    InputError,
    LowRank,
    Network,
    OUNoise,
    PoissonInput,
    Population,
    PopulationRate,
    PopulationStatistic,
    Projection,
    SaturatingSynapse,
    Simulation,
    StateRecording,
    Synapse,
    TriggeredInput,
    UniformDelay,
    WhiteNoise,
    instantiate,
    simulate,
)
from ictal.simulator.engines.compiled.chunk import joined
from ictal.simulator.engines.compiled.run import simulate_compiled

LIF = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0}


def big(n=2600):
    """Three blocks of cells, and of everything that threads have to share something."""
    rng = np.random.default_rng(0)
    cells = Population(
        "E", n, **LIF, v_init=(0.0, 20.0),
        synapses=(Synapse("e", 5.0), Synapse("i", 10.0, sign=-1), SaturatingSynapse("nmda", 80.0, 2.0, 0.5)),
    )  # fmt: skip
    others = Population("I", 1500, **LIF, v_init=(0.0, 20.0), synapses=(Synapse("e", 4.0, reversal=70.0),))
    modes = rng.normal(size=(n, 2)) / np.sqrt(n)
    return Network(
        (cells, others),
        (
            Projection("E", "E", "e", FixedInDegree(40), 0.4, UniformDelay(0.0, 2.0)),
            Projection("E", "E", "i", LowRank(modes, modes), 1.0, 1.0),
            Projection("E", "E", "nmda", LowRank(np.abs(modes), np.abs(modes)), 2.0, 0.5),
            Projection("E", "I", "e", FixedInDegree(30), 0.004, 0.3),
            Projection("I", "E", "i", Dense(rng.uniform(0, 0.005, (1500, n))), 1.0, 0.8),
        ),
        (
            PoissonInput("E", "e", 3.0, 1.6), PoissonInput("I", "e", 1.5, 0.07), WhiteNoise("E", 2.0),
            OUNoise("I", "ou", 5.0, 3.0), TriggeredInput("stop", "E", "E", "i", 0.5, 60, 1.0, 0.5, 10.0),
        ),
        signals=(
            StateRecording("v", "E", "v", np.arange(0, n, 100)), PopulationStatistic("sd", "I", "v", "sd"),
            PopulationRate("rate", "E"),
        ),
    )  # fmt: skip


def run(instance, total, seed, cuts=(), **how):
    """Chunk by chunk, every one in a new object that goes on from a checkpoint."""
    simulation, chunks = Simulation(instance, total, seed, **how), []
    for until in (*cuts, total):
        chunks.append(simulation.advance(until))
        kept = {name: np.array(array) for name, array in simulation.checkpoint().items()}
        simulation = Simulation(instance, total, seed, **how)
        simulation.restore(kept)
    return joined(chunks), kept


def assert_equal(one, other):
    (spikes, triggers, samples), state = one
    (spikes_b, triggers_b, samples_b), state_b = other
    for a, b in zip(spikes, spikes_b, strict=True):
        assert np.array_equal(a[0], b[0])
        assert np.array_equal(a[1], b[1])
    for a, b in ((triggers, triggers_b), (samples, samples_b), (state, state_b)):
        assert list(a) == list(b)
        for name in a:
            assert np.array_equal(a[name], b[name]), name


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_threads_change_no_bits(precision):
    instance = instantiate(big(), 1)
    one = run(instance, 1500, 5, precision=precision)
    spikes, triggers, _ = one[0]
    assert all(step.size > 500 for step, _ in spikes)
    assert triggers["stop"].size > 0
    for threads in (2, 3):
        assert_equal(one, run(instance, 1500, 5, precision=precision, threads=threads))


def test_a_checkpoint_serves_any_number_of_threads():
    instance = instantiate(big(), 1)
    whole = run(instance, 600, 5)
    first = Simulation(instance, 600, 5, threads=3)
    before = first.advance(257)
    second = Simulation(instance, 600, 5, threads=2)
    second.restore(first.checkpoint())
    assert_equal(whole, (joined([before, second.advance(600)]), second.checkpoint()))


@pytest.mark.parametrize("seed", range(6))
def test_cuts_leave_no_trace(seed):
    network = random_network(seed)
    total, instance = round(120.0 / network.dt), instantiate(network, seed)
    whole = run(instance, total, seed)
    assert_equal(whole, run(instance, total, seed, cuts=(1, 7, 8, 300, 511)))


def test_the_checkpoint_of_another_network_is_refused():
    one = Simulation(instantiate(big(), 1), 10, 0)
    with pytest.raises(InputError, match=r"^checkpoint: y must be float64 of shape[^\n]*$"):
        one.restore(Simulation(instantiate(big(n=2000), 1), 10, 0).checkpoint())


@pytest.mark.slow
def test_float32_has_the_statistics_of_float64():
    instance = instantiate(Cuba().network(), 3)
    rates, cvs = [], []
    for precision in ("float64", "float32"):
        spikes = simulate_compiled(instance, 3000.0, 0, precision=precision).spikes("E")
        assert spikes.source.get("precision", "float64") == precision
        rates.append(spikes.time.size / 3200 / 3.0)
        cvs.append(mean_cv(spikes))
    assert rates[1] == pytest.approx(rates[0], rel=0.05)
    assert cvs[1] == pytest.approx(cvs[0], abs=0.03)


def mean_cv(spikes):
    order = np.lexsort((spikes.time, spikes.unit))
    time, unit = spikes.time[order], spikes.unit[order]
    intervals, same = np.diff(time), np.diff(unit) == 0
    own = [intervals[same & (unit[1:] == k)] for k in np.unique(unit)]
    return np.mean([x.std() / x.mean() for x in own if x.size > 4])


def test_float32_spikes_begin_as_those_of_float64():
    instance = instantiate(SeizureNetwork(protocol="rest").network(), 1)
    a, b = (simulate_compiled(instance, 50.0, 2, precision=p).spikes("E") for p in ("float64", "float32"))
    early = [set(zip(np.rint(s.time * 1e4), s.unit, strict=True)) for s in (a, b)]
    assert len(early[0] ^ early[1]) < 0.2 * len(early[0])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"precision": "float16"}, r"unknown precision 'float16'[^\n]*"),
        ({"threads": 0}, r"threads: must be a whole number of at least 1; got 0"),
        ({"threads": 1.5}, r"threads: must be a whole number of at least 1; got 1.5"),
    ],
)
def test_bad_settings_are_one_line(how, message):
    with pytest.raises(InputError, match=rf"^{message}$"):
        simulate(Network((Population("E", 3, **LIF),)), 0.01, 0, **how)


def test_a_million_cells_without_synapses():
    cell = Population("E", 1_000_000, **{**LIF, "v_rest": 25.0}, v_init=(10.0, 20.0))
    spikes = simulate(Network((cell,)), 0.025, 0, threads=2).spikes("E")
    assert spikes.n_units == 1_000_000
    assert spikes.time.size == pytest.approx(41.7149 * 0.025 * 1e6, rel=0.2)


def test_more_threads_than_blocks_are_no_error():
    network = replace(Cuba(n_e=80, n_i=20).network(), dt=0.1)
    assert simulate(network, 0.05, 0, threads=64).spikes("E").n_units == 80


@pytest.mark.filterwarnings("ignore:Synapse.tau")
@pytest.mark.parametrize(("precision", "limit"), [("float64", "0.01"), ("float32", "0.0333")])
def test_time_constants_far_below_a_step_are_refused(precision, limit):
    cell = Population("E", 3, **LIF, synapses=(Synapse("e", 1e-4),))
    network = Network((cell,), (), (PoissonInput("E", "e", 1.0, 1.0),))
    with pytest.raises(InputError, match=rf"^Population 'E': time constants must be at least {limit} ms[^\n]*$"):
        simulate(network, 0.01, 0, precision=precision)


@pytest.mark.filterwarnings("ignore:Synapse.tau")
@pytest.mark.parametrize("tau", [0.0101, 0.04, 0.3])
def test_fast_synapses_keep_their_digits(tau):
    """One kick of a synapse that is over within steps adds τ/(τ_m − τ)·weight·(e^{−t/τ_m} − e^{−t/τ}) to v."""
    cell = Population("E", 1, **{**LIF, "v_threshold": 1e9}, v_init=0.0, synapses=(Synapse("e", tau),))
    given = EventInput("E", "e", 100.0, np.zeros(1), np.zeros(1, int))
    signals = (StateRecording("v", "E", "v", interval=0.1),)
    v = simulate(Network((cell,), (), (given,), signals=signals), 0.1, 0).recording("v").values[1:, 0]
    t = 0.1 * np.arange(v.size)
    expected = 100.0 * tau / (20.0 - tau) * (np.exp(-t / 20.0) - np.exp(-t / tau))
    assert np.abs(v - expected).max() < 1e-9


def test_memory_that_is_not_there_is_one_line():
    cell = Population("E", 2, **LIF, synapses=(Synapse("e", 5.0),))
    late = Projection("E", "E", "e", FixedInDegree(1), 1.0, 1e13)
    with pytest.raises(InputError, match=r"^Network: does not fit into memory: [^\n]*$"):
        simulate(Network((cell,), (late,)), 0.01, 0)
