import sys
from dataclasses import replace

import numpy as np
import pytest

from ictal.models.cuba import Cuba
from ictal.models.seizure import SeizureNetwork
from ictal.simulator import InputError
from ictal.simulator.brian2_equations import has_closed_form
from ictal.simulator.engine import simulate
from ictal.simulator.engine_brian2 import simulate_brian2
from ictal.simulator.engine_compiled import simulate_compiled
from ictal.simulator.network import (
    Adaptation,
    Edges,
    EventInput,
    FixedInDegree,
    LogNormal,
    MeanSynapticCurrent,
    Network,
    Pairwise,
    PoissonInput,
    Population,
    Projection,
    Schedule,
    SlowVariable,
    Synapse,
)
from ictal.simulator.wiring import freeze_inputs, instantiate


def assert_identical(network, duration, seed=0):
    """Both engines on one instance: the same spikes, the same signals but for rounding. Returns the compiled run."""
    instance = instantiate(freeze_inputs(network, duration, seed), seed)
    compiled = simulate_compiled(instance, duration, seed)
    reference = simulate_brian2(instance, duration, seed)
    assert list(compiled) == list(reference)
    for population in network.populations:
        ours, theirs = compiled.spikes(population.name), reference.spikes(population.name)
        assert np.array_equal(ours.time, theirs.time)
        assert np.array_equal(ours.unit, theirs.unit)
    for name in set(compiled) - {p.name for p in network.populations}:
        assert compiled.recording(name).unit == reference.recording(name).unit
        ours, theirs = (run.recording(name).values for run in (compiled, reference))
        assert np.allclose(ours, theirs, rtol=1e-8, atol=1e-10)
    return compiled


@pytest.mark.slow
def test_cuba_is_identical_for_a_second():
    run = assert_identical(Cuba().network(), 1000.0)
    assert run.spikes("E").time.size > 10_000


@pytest.mark.slow
def test_the_resting_network_is_identical_for_a_second():
    run = assert_identical(SeizureNetwork(protocol="rest").network(), 1000.0, 1)
    assert run.spikes("E").time.size / 1600 < 5


@pytest.mark.slow
def test_the_seizing_network_is_identical_for_two_seconds():
    """Triggered for 1 s, so that a whole second of the seizure follows at g = 1."""
    run = assert_identical(SeizureNetwork(trigger_until=1.0).network(), 2000.0, 2)
    ictal = run.spikes("E").select(time=(1.0, 2.0))
    assert ictal.time.size / 1600 > 20
    x = ictal.select(units=np.arange(500)).smoothed(0.001, 0.005).numpy()
    assert np.sqrt(x.mean(axis=1).var() / x.var(axis=0).mean()) > 0.9


def random_network(seed):
    """1-4 populations of 10-50 cells, up to 3 synapses each, every rule, kind of weight, gain and input."""
    rng = np.random.default_rng(seed)
    dt = float(rng.choice([0.1, 0.2]))
    schedule = Schedule("g", (0.0, 50.0, 50.0, 120.0), (1.0, 1.5, 0.4, 1.2))
    populations = []
    for p in range(int(rng.integers(1, 5))):
        synapses = [
            Synapse(f"syn {k}", float(rng.choice([3.0, 5.5, 20.0, 41 / 7])), sign=int(rng.choice([1, 1, -1])),
                    gain=[0.8, schedule][int(rng.integers(2))], slow=[None, "tired"][int(rng.integers(2))])
            for k in range(int(rng.integers(1, 4)))
        ]  # fmt: skip
        populations.append(
            Population(
                f"P-{p}", int(rng.integers(10, 50)), tau_m=float(rng.choice([10.0, 20.0])),
                v_rest=float(rng.uniform(-58, -46)), v_threshold=-50.0, v_reset=-60.0,
                refractory=float(rng.choice([0.0, dt, 2.0])), synapses=synapses, v_init=(-65.0, -49.0),
                adaptation=[None, Adaptation(50.0, 1.5)][int(rng.integers(2))],
            )
        )  # fmt: skip
    projections, inputs = [], []
    for a in populations:
        for b in populations:
            synapse = b.synapses[int(rng.integers(len(b.synapses)))].name
            edges = Edges(rng.integers(0, a.n, 80), rng.integers(0, b.n, 80))
            rule = [FixedInDegree(5), Pairwise(0.2), edges][int(rng.integers(3))]
            weight = rng.normal(1.0, 0.5, 80) if rule is edges else [0.9, LogNormal(0.9, 0.4)][int(rng.integers(2))]
            delay = float(rng.choice([0, 1, 7, 15])) * dt
            projections.append(Projection(a.name, b.name, synapse, rule, weight, delay))
    for b in populations:
        name = b.synapses[0].name
        inputs.append(PoissonInput(b.name, name, float(rng.uniform(0.3, 2.0)), 1.1))
        inputs.append(EventInput(b.name, name, 2.0, rng.uniform(0, 150, 60), rng.integers(0, b.n, 60)))
    return Network(
        tuple(populations), tuple(projections), tuple(inputs), dt=dt,
        slow=(SlowVariable("tired", "P-0", 80.0, 0.7, 20.0, 2.5, 30.0),),
        signals=(MeanSynapticCurrent("lfp", "P-0", tuple(s.name for s in populations[0].synapses)),),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_random_networks_are_identical(seed):
    network = random_network(seed)
    run = assert_identical(network, 200.0, seed)
    assert sum(run.spikes(p.name).time.size for p in network.populations) > 100


LIF = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0, "v_init": (0.0, 19.0)}


@pytest.mark.parametrize("tau", [20.0, 20.0 + 1e-6, 19.9])
def test_equal_time_constants_are_stepped_by_the_propagator(tau):
    cell = Population("E", 30, **LIF, synapses=(Synapse("e", tau),), adaptation=Adaptation(20.0, 1.0))
    assert not has_closed_form(cell)
    edges = Projection("E", "E", "e", FixedInDegree(3), 1.0, 0.5)
    run = assert_identical(Network((cell,), (edges,), (PoissonInput("E", "e", 1.0, 1.5),)), 200.0)
    assert run.spikes("E").time.size > 100


def test_both_roads_of_this_engine_agree(monkeypatch):
    cell = Population("E", 30, **LIF, synapses=(Synapse("e", 5.0),))
    network = freeze_inputs(Network((cell,), inputs=(PoissonInput("E", "e", 3.0, 2.0),)), 200.0, 0)
    assert has_closed_form(cell)
    closed = simulate(network, 0.2, 0, engine="brian2").spikes("E")
    monkeypatch.setattr("ictal.simulator.brian2_equations.MAX_VARIABLES", 0)
    stepped = simulate(network, 0.2, 0, engine="brian2").spikes("E")
    assert closed.time.size > 100
    assert np.array_equal(closed.time, stepped.time)


def test_its_own_poisson_input_has_the_same_statistics():
    cell = Population("E", 2000, **{**LIF, "v_threshold": 1e9}, synapses=(Synapse("e", 5.0),))
    network = Network((cell,), inputs=(PoissonInput("E", "e", 0.8, 1.5),),
                      signals=(MeanSynapticCurrent("s", "E", ("e",)),))  # fmt: skip
    one, same, other = (
        simulate(network, 0.2, seed, engine="brian2").recording("s").values[50:, 0] for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    sd_of_mean = np.sqrt(1.5**2 * 0.8 * 5.0 / 2 / 2000)
    assert one.mean() == pytest.approx(1.5 * 0.08 / (1 - np.exp(-0.02)), abs=4 * sd_of_mean / np.sqrt(15))
    assert one.std() == pytest.approx(sd_of_mean, rel=0.6)


def test_nothing_global_is_left_behind():
    hook = sys.excepthook
    network = Network((Population("E", 3, **{**LIF, "v_rest": 25.0}),))
    simulate(network, 0.02, 0, engine="brian2")
    import brian2

    before = brian2.prefs.codegen.target
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    simulate(network, 0.02, 0, engine="brian2")
    assert np.random.random() == expected  # noqa: NPY002
    assert brian2.prefs.codegen.target == before
    assert sys.excepthook is hook


def test_progress_and_source():
    calls = []
    network = Network((Population("E", 3, **{**LIF, "v_rest": 25.0}),))
    run = simulate(network, 0.02, 4, engine="brian2", progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (20.0, 20.0)
    assert run.source["engine"] == "brian2"
    assert run.source["seed"] == 4
    assert set(run.source["versions"]) >= {"ictal", "brian2", "numpy"}


def test_activity_that_runs_away_is_an_error():
    cell = Population("E", 30, **{**LIF, "v_rest": 25.0}, synapses=(Synapse("e", 5.0),))
    network = Network((cell,), (Projection("E", "E", "e", FixedInDegree(20), 1e307, 0.1),))
    with pytest.raises(InputError, match=r"^Network: activity ran away[^\n]*$"):
        simulate(network, 0.3, 0, engine="brian2")


def test_an_empty_projection_is_no_error():
    network = random_network(0)
    name = network.populations[0].name
    nothing = replace(network, projections=(Projection(name, name, network.populations[0].synapses[0].name,
                                                       Pairwise(0.0), 1.0),))  # fmt: skip
    assert_identical(nothing, 50.0)
