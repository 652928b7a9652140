"""The compiled engine, Brian2 and a naive simulator run the same networks spike for spike."""

import sys
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from naive import simulate_naively
from networks import random_network

from ictal.models import Cuba, SeizureNetwork
from ictal.simulator import (
    Adaptation,
    AlphaSynapse,
    CurrentInput,
    DeltaSynapse,
    Dense,
    Edges,
    FixedInDegree,
    GivenNoise,
    InputError,
    LowRank,
    MeanSynapticCurrent,
    Network,
    OUNoise,
    Pairwise,
    PoissonInput,
    Population,
    PopulationStatistic,
    Projection,
    Quadratic,
    SaturatingSynapse,
    Schedule,
    Spikes,
    StateRecording,
    Synapse,
    TriggeredInput,
    UniformDelay,
    WhiteNoise,
    freeze_inputs,
    instantiate,
    simulate,
)
from ictal.simulator.engines.brian2.engine import simulate_brian2
from ictal.simulator.engines.brian2.equations import cells
from ictal.simulator.engines.compiled.run import simulate_compiled

LIF = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0, "v_init": (0.0, 19.0)}


def assert_equal(ours, theirs):
    """The same spikes and triggers; the same samples but for rounding."""
    assert list(ours) == list(theirs)
    for name, entry in ours.items():
        other = theirs[name]
        if isinstance(entry, Spikes):
            assert np.array_equal(entry.time, other.time), name
            assert np.array_equal(entry.unit, other.unit), name
        else:
            assert (entry.unit, entry.dt, entry.values.shape) == (other.unit, other.dt, other.values.shape)
            assert np.allclose(entry.values, other.values, rtol=1e-7, atol=1e-9), name


def frozen(network, duration, seed):
    return instantiate(freeze_inputs(network, duration / 1000.0, seed), seed)


@contextmanager
def quickly():
    """Brian2's closed forms for cells of 2 variables only: those of 4 take sympy seconds each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ictal.simulator.engines.brian2.equations.MAX_VARIABLES", 2)
        yield


def assert_identical(network, duration, seed=0):
    """Both engines on one instance: the same spikes, the same signals but for rounding. Returns the compiled run."""
    instance = frozen(network, duration, seed)
    compiled = simulate_compiled(instance, duration, seed)
    assert_equal(compiled, simulate_brian2(instance, duration, seed))
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


seeds = given(seed=st.integers(0, 2**32 - 1))
drawn = {
    "derandomize": True,
    "deadline": None,
    "phases": [Phase.generate],  # a seed cannot be shrunk
    "suppress_health_check": [HealthCheck.too_slow],
}


def test_random_networks_mix_everything_and_fire():
    networks = [random_network(seed) for seed in range(40)]
    populations = [p for network in networks for p in network.populations]
    synapses = [s for p in populations for s in p.synapses]
    projections = [p for network in networks for p in network.projections]
    inputs = [i for network in networks for i in network.inputs]
    held = [*synapses, *inputs, *(x for p in projections for x in (p.rule, p.weight, p.delay))]
    held += [x for p in populations for x in (p.initiation, p.adaptation, p.v_threshold)]
    held += [signal for network in networks for signal in network.signals]
    held += [x for s in synapses for x in (getattr(s, "gain", None), getattr(s, "reversal", None))]
    held += [i.rate for i in inputs if isinstance(i, PoissonInput)]
    held += [i.current for i in inputs if isinstance(i, CurrentInput)]
    assert {type(x).__name__ for x in held} >= {
        *("Synapse", "AlphaSynapse", "DeltaSynapse", "SaturatingSynapse", "Exponential", "Quadratic", "Adaptation"),
        *("FixedInDegree", "Pairwise", "Edges", "Dense", "LowRank", "LogNormal", "UniformDelay", "ndarray", "Schedule"),
        *("PoissonInput", "EventInput", "CurrentInput", "WhiteNoise", "OUNoise", "TriggeredInput"),
        *("MeanSynapticCurrent", "StateRecording", "PopulationStatistic", "PopulationRate"),
    }
    assert any(getattr(p.rule, "footprint", None) for p in projections)
    assert any(p.adaptation and p.adaptation.coupling for p in populations)
    assert any(getattr(s, "magnesium", 0.0) and s.reversal is not None for s in synapses)
    assert any(i.profile is not None for i in inputs if isinstance(i, CurrentInput))


@pytest.mark.slow
@settings(max_examples=30, **drawn)
@seeds
def test_linear_cells_are_identical(seed):
    network = random_network(seed, ("current",))
    assert all(p.is_linear for p in network.populations)
    with quickly():
        run = assert_identical(network, 150.0)
    assert sum(run.spikes(p.name).time.size for p in network.populations) > 10


@pytest.mark.slow
@settings(max_examples=20, **drawn)
@seeds
def test_other_cells_are_identical_for_100_ms(seed):
    """Rounding grows in their upstrokes: on another machine a spike may jump a step later than that."""
    instance = frozen(random_network(seed), 150.0, seed)
    with quickly():
        compiled, reference = simulate_compiled(instance, 150.0, 0), simulate_brian2(instance, 150.0, 0)
    assert_equal(*(run.select(time=(0.0, 0.1)) for run in (compiled, reference)))
    for population in instance.network.populations:
        ours, theirs = (run.spikes(population.name).time.size for run in (compiled, reference))
        assert ours == pytest.approx(theirs, rel=0.1, abs=5)


@pytest.mark.slow
@settings(max_examples=30, **drawn)
@seeds
def test_the_compiled_engine_does_what_the_rules_say(seed):
    """Against the naive simulator, for 100 ms."""
    instance = frozen(random_network(seed), 100.0, seed)
    assert_equal(simulate_compiled(instance, 100.0, 0), simulate_naively(instance, 100.0))


def ring(n, rule):
    """LIF cells on a ring with cosine weights, cued at 1 rad for 200 ms; low-rank or multiplied out."""
    angle = 2 * np.pi * np.arange(n) / n
    modes = np.stack([np.ones(n), np.cos(angle), np.sin(angle)], axis=1)
    source = modes * [-400.0, 1200.0, 1200.0] / (30.0 * n)
    cell = Population("E", n, **{**LIF, "v_rest": 20.0}, synapses=(Synapse("ring", 30.0),))
    cue = CurrentInput("E", Schedule("cue", (0.0, 200.0, 200.0), (8.0, 8.0, 0.0)), np.cos(angle - 1.0))
    weights = LowRank(source, modes) if rule is LowRank else Dense(source @ modes.T)
    edges = Projection("E", "E", "ring", weights, 1.0, 1.0)
    return Network((cell,), (edges,), (cue, WhiteNoise("E", 3.0)), signals=(StateRecording("s", "E", "ring"),))


@pytest.mark.slow
@pytest.mark.parametrize("n", [128, 256])
def test_a_ring_holds_its_bump_alike_multiplied_out_and_not(n):
    dense, low = (simulate_compiled(frozen(ring(n, rule), 1000.0, 0), 1000.0, 0) for rule in (Dense, LowRank))
    assert_equal(dense, low)
    last = dense.spikes("E").select(time=(0.8, 1.0))
    bump = np.exp(2j * np.pi * last.unit / n).mean()
    assert abs(bump) > 0.7
    assert np.angle(bump) == pytest.approx(1.0, abs=0.3)
    reference = simulate_brian2(frozen(ring(n, LowRank), 300.0, 0), 300.0, 0)
    assert_equal(dense.select(time=(0.0, 0.3)), reference)


@pytest.mark.parametrize("kind", [Synapse, AlphaSynapse])
@pytest.mark.parametrize("tau", [20.0, 20.0 + 1e-6, 19.9])
def test_equal_time_constants_are_stepped_by_the_propagator(kind, tau):
    cell = Population("E", 30, **LIF, synapses=(kind("e", tau),), adaptation=Adaptation(20.0, 1.0))
    edges = Projection("E", "E", "e", FixedInDegree(3), 1.0, 0.5)
    network = Network((cell,), (edges,), (PoissonInput("E", "e", 1.0, 1.5),))
    assert "v = v +" in cells(network, 0, None).statements
    assert assert_identical(network, 200.0).spikes("E").time.size > 100


def test_both_roads_of_this_engine_agree(monkeypatch):
    cell = Population("E", 30, **LIF, synapses=(AlphaSynapse("e", 5.0),))
    network = freeze_inputs(Network((cell,), inputs=(PoissonInput("E", "e", 1.5, 1.5),)), 0.2, 0)
    assert cells(network, 0, None).statements == ""
    closed = simulate(network, 0.2, 0, engine="brian2").spikes("E")
    monkeypatch.setattr("ictal.simulator.engines.brian2.equations.MAX_VARIABLES", 0)
    assert cells(network, 0, None).statements != ""
    stepped = simulate(network, 0.2, 0, engine="brian2").spikes("E")
    assert closed.time.size > 100
    assert np.array_equal(closed.time, stepped.time)


@pytest.mark.parametrize("rate", [0.8, Schedule("rate", (0.0,), (0.8,))], ids=["constant", "schedule"])
def test_its_own_poisson_input_has_the_same_statistics(rate):
    cell = Population("E", 2000, **{**LIF, "v_threshold": 1e9}, synapses=(Synapse("e", 5.0),))
    network = Network((cell,), inputs=(PoissonInput("E", "e", rate, 1.5),),
                      signals=(MeanSynapticCurrent("s", "E", ("e",)),))  # fmt: skip
    one, same, other = (
        simulate(network, 0.2, seed, engine="brian2").recording("s").values[50:, 0] for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    sd_of_mean = np.sqrt(1.5**2 * 0.8 * 5.0 / 2 / 2000)
    assert one.mean() == pytest.approx(1.5 * 0.08 / (1 - np.exp(-0.02)), abs=4 * sd_of_mean / np.sqrt(15))
    assert one.std() == pytest.approx(sd_of_mean, rel=0.6)


def test_a_scheduled_rate_is_followed():
    cell = Population("E", 2000, **{**LIF, "v_threshold": 1e9}, synapses=(Synapse("e", 5.0),))
    rate = Schedule("rate", (0.0, 100.0, 100.0), (0.0, 0.0, 0.8))
    signal = MeanSynapticCurrent("s", "E", ("e",))
    run = simulate(Network((cell,), inputs=(PoissonInput("E", "e", rate, 1.5),), signals=(signal,)), 0.2, 0, "brian2")
    values = run.recording("s").values[:, 0]
    assert (values[:101] == 0.0).all()
    assert values[150:].mean() == pytest.approx(1.5 * 0.8 * 5.0, rel=0.02)


def test_its_own_noise_has_the_variances_of_the_closed_forms():
    """White noise alone: sd σ/√2. An OU current alone: sd² τ/(τ + τ_m), its own sd from the start on."""
    free = {**LIF, "v_threshold": 1e9, "v_init": 0.0}
    names = "white", "coloured"
    populations = [Population(name, 5000, **free) for name in names]
    inputs = WhiteNoise("white", 3.0), OUNoise("coloured", "y", 10.0, 2.0)
    spread = [PopulationStatistic(f"sd {name}", name, "v", "sd") for name in names]
    signals = [*spread, PopulationStatistic("sd y", "coloured", "y", "sd")]
    run = simulate(Network(populations, inputs=inputs, signals=signals), 0.2, 0, engine="brian2")
    white, coloured, y = (run.recording(s.name).values[:, 0] for s in signals)
    assert white[150:].mean() == pytest.approx(3.0 / np.sqrt(2), rel=0.02)
    assert coloured[150:].mean() == pytest.approx(2.0 * np.sqrt(10.0 / 30.0), rel=0.03)
    assert y[0] == pytest.approx(2.0, rel=0.05)
    assert y.mean() == pytest.approx(2.0, rel=0.02)


def test_white_noise_of_other_cells_is_that_of_the_euler_step():
    cell = Population("E", 5000, **{**LIF, "v_threshold": 1e9, "v_init": 0.0}, initiation=Quadratic(50.0))
    signal = PopulationStatistic("sd", "E", "v", "sd", 0.1)
    run = simulate(Network((cell,), inputs=(WhiteNoise("E", 0.5),), signals=(signal,)), 0.001, 0, "brian2")
    assert run.recording("sd").values[1, 0] == pytest.approx(0.5 * np.sqrt(0.1 / 20.0), rel=0.03)


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
    assert calls[-1] == pytest.approx((0.02, 0.02))
    assert run.source["engine"] == "brian2"
    assert run.source["seed"] == 4
    assert set(run.source["versions"]) >= {"ictal", "brian2", "numpy"}


@pytest.mark.filterwarnings("ignore:Projection.weight")
def test_activity_that_runs_away_is_an_error():
    cell = Population("E", 30, **{**LIF, "v_rest": 25.0}, synapses=(Synapse("e", 5.0),))
    network = Network((cell,), (Projection("E", "E", "e", FixedInDegree(20), 1e307, 0.1),))
    with pytest.raises(InputError, match=r"^Network: activity ran away[^\n]*$"):
        simulate(network, 0.3, 0, engine="brian2")


def wired(synapse, *edges, inputs=(), **cells):
    """20 cells that fire by themselves, with a synapse and projections (rule, weight, delay) onto it."""
    cell = Population("E", 20, **{**LIF, "v_rest": 21.0, "v_init": (0.0, 30.0)} | cells, synapses=(synapse,))
    return Network((cell,), [Projection("E", "E", synapse.name, *edge) for edge in edges], inputs)


rng = np.random.default_rng(0)
NO_EDGES = Edges(np.array([], dtype=int), np.array([], dtype=int))
GATES = SaturatingSynapse("s", 50.0, 2.0, 0.5, reversal=30.0)
CORNERS = {
    "noise that lasts longer": wired(
        Synapse("s", 5.0),
        inputs=[GivenNoise("E", name, tau, rng.normal(0, 1, (600, 20))) for name, tau in (("v", None), ("y", 5.0))],
    ),
    "a cell named twice": wired(
        Synapse("s", 5.0), inputs=[TriggeredInput("t", "E", "E", "s", 2.0, 3, 5.0, cells=np.array([1, 1, 2]))]
    ),
    "two projections, one synapse": wired(
        Synapse("s", 5.0), (FixedInDegree(3), 1.0, 0.1), (FixedInDegree(2), -0.5, UniformDelay(0.0, 2.0))
    ),
    "two projections, one gating": wired(GATES, (Pairwise(0.3), 0.05, 0.5), (Dense(np.full((20, 20), 0.01)), 1.0, 0.0)),
    "gates without edges": wired(GATES, (Pairwise(0.0), 1.0, 0.5)),
    "nothing onto a gating synapse": wired(GATES),
    "no modes": wired(Synapse("s", 5.0), (LowRank(np.zeros((20, 0)), np.zeros((20, 0))), 1.0, 0.1)),
    "no edges": wired(Synapse("s", 5.0), (NO_EDGES, np.array([]), np.array([]))),
    "delays beyond the end": wired(
        Synapse("s", 5.0), (FixedInDegree(3), 1.0, 500.0), (Edges([0, 1], [2, 3]), 9.0, np.array([500.0, 0.0]))
    ),
    "held to the end": wired(Synapse("s", 5.0), (FixedInDegree(3), 1.0, 0.1), refractory=500.0),
    "modes onto v": wired(DeltaSynapse("s"), (LowRank(*rng.uniform(0, 0.5, (2, 20, 2))), 1.0)),
    "far below rest": wired(
        Synapse("s", 5.0, sign=-1), (FixedInDegree(5), 30.0), initiation=Quadratic(23.0), v_threshold=60.0,
        inputs=[CurrentInput("E", 20.0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("network", CORNERS.values(), ids=CORNERS.keys())
def test_corners_are_identical(network):
    run = assert_identical(network, 50.0)
    assert_equal(run, simulate_naively(frozen(network, 50.0, 0), 50.0))
    assert run.spikes("E").time.size > 10


def test_poisson_spikes_of_its_own_reach_every_kind_of_synapse():
    """The mean of v is rate·weight times τ, e·τ or, of a delta synapse, τ_m."""
    synapses = Synapse("s", 5.0), AlphaSynapse("s", 5.0), DeltaSynapse("s")
    free = {**LIF, "v_threshold": 1e9, "v_init": 0.0}
    populations = [Population(f"P{k}", 1000, **free, synapses=(s,)) for k, s in enumerate(synapses)]
    inputs = [PoissonInput(p.name, "s", 1.0, 0.5) for p in populations]
    signals = [PopulationStatistic(f"v{k}", f"P{k}", "v") for k in range(3)]
    run = simulate(Network(populations, inputs=inputs, signals=signals), 0.4, 0, engine="brian2")
    for name, scale in {"v0": 5.0, "v1": np.e * 5.0, "v2": 20.0}.items():
        assert run.recording(name).values[250:].mean() == pytest.approx(0.5 * scale, rel=0.03)


@pytest.mark.slow
def test_conductances_are_identical_for_half_a_second():
    """400 cells as COBA's, with two fused conductances, against exponential Euler with the mean of s."""
    synapses = Synapse("e", 5.0, reversal=0.0), Synapse("i", 10.0, reversal=-80.0)
    cell = [
        Population(x, n, 20.0, -60.0, -50.0, -60.0, 5.0, synapses, v_init=(-60.0, -50.0))
        for x, n in (("E", 320), ("I", 80))
    ]
    edges = [Projection(s, t, s.lower(), Pairwise(0.2), w) for s, w in (("E", 0.6), ("I", 6.7)) for t in "EI"]
    inputs = [PoissonInput(x, "e", 0.05, 0.6) for x in "EI"]
    run = assert_identical(Network(cell, edges, inputs), 500.0)
    assert run.spikes("E").time.size > 500


def test_fused_conductances_have_the_bits_of_the_general_passes():
    """A third synapse that opens nothing takes the cells to the general passes."""
    synapses = Synapse("e", 5.0, reversal=0.0), Synapse("i", 10.0, reversal=-80.0), Synapse("none", 5.0, gain=0.0)
    runs = []
    for extra in ([], [PoissonInput("E", "none", 0.1, 1.0)]):
        cell = Population("E", 300, 20.0, -60.0, -50.0, -60.0, 5.0, synapses, v_init=(-60.0, -50.0))
        inputs = [PoissonInput("E", "e", 0.1, 0.6), PoissonInput("E", "i", 0.02, 2.0), *extra]
        signals = (StateRecording("v", "E", "v"),)
        frozen_network = freeze_inputs(Network((cell,), (), inputs, signals=signals), 200.0, 0)
        runs.append(simulate(frozen_network, 0.2, 0))
    assert runs[0].spikes("E").time.size > 100
    assert np.array_equal(runs[0].recording("v").values, runs[1].recording("v").values)
