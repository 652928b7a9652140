import numpy as np
import pytest

from ictal.simulator import InputError
from ictal.simulator.engine import simulate
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
    steps,
)
from ictal.simulator.wiring import freeze_inputs, instantiate


def cells(name="E", n=50, **other):
    parameters = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0}
    return Population(name, n, **{**parameters, "synapses": (Synapse("e", 5.0), Synapse("i", 10.0, sign=-1)), **other})


def wired(rule, weight=1.0, source="E", target="I", n_source=60, n_target=45):
    network = Network((cells("E", n_source), cells("I", n_target)), (Projection(source, target, "e", rule, weight),))
    return instantiate(network, 3).graphs[0]


SLOW = {"population": "E", "tau": 100.0, "maximum": 0.5, "half_rate": 10.0, "exponent": 2.0, "rate_tau": 50.0}


# ---- schedule


def test_a_schedule_is_linear_between_points_flat_outside_and_right_continuous_at_jumps():
    g = Schedule("g", (0.0, 10.0, 10.0, 20.0), (1.0, 2.0, 5.0, 3.0))
    t = [-5.0, 0.0, 2.5, 9.999999, 10.0, 15.0, 20.0, 99.0]
    assert g.at(t) == pytest.approx([1.0, 1.0, 1.25, 1.9999999, 5.0, 4.0, 3.0, 3.0], abs=1e-12)
    assert g.at(10.0).shape == ()
    assert g.at(np.zeros((3, 2))).shape == (3, 2)


@pytest.mark.parametrize("dt", [0.1, 0.05, 0.3, 1 / 3])
def test_a_jump_takes_effect_in_the_step_that_begins_there(dt):
    n = np.arange(1, 2000)
    jump = 777 * dt
    assert np.array_equal(Schedule("g", (0, jump, jump), (0, 0, 1)).at(n * dt) == 1, n >= 777)


def test_a_jump_in_the_last_and_in_the_first_point():
    assert Schedule("g", (5, 5), (1, 2)).at([4, 5, 6]).tolist() == [1, 2, 2]


# ---- wiring


@pytest.mark.parametrize("k", [0, 1, 7, 44, 59])
def test_in_degree_is_fixed_and_sources_distinct_without_self_connection(k):
    graph = wired(FixedInDegree(k), target="E")
    dense = np.zeros((60, 60), int)
    np.add.at(dense, (graph.sources, graph.targets), 1)
    assert dense.max(initial=0) <= 1
    assert np.diag(dense).sum() == 0
    assert (dense.sum(axis=0) == k).all()


def test_all_sources_may_be_drawn_between_populations():
    graph = wired(FixedInDegree(60))
    assert np.array_equal(np.bincount(graph.targets), np.full(45, 60))


def test_every_pair_is_drawn_equally_often():
    network = Network((cells("E", 8),), (Projection("E", "E", "e", FixedInDegree(3), 1.0),))
    counts = np.zeros((8, 8))
    for seed in range(2000):
        g = instantiate(network, seed).graphs[0]
        counts[g.sources, g.targets] += 1
    off = counts[~np.eye(8, dtype=bool)]
    expected, sd = 2000 * 3 / 7, np.sqrt(2000 * 3 / 7 * 4 / 7)
    assert np.abs(off - expected).max() < 4.5 * sd
    assert ((off - expected) ** 2 / sd**2).sum() == pytest.approx(48, abs=5 * np.sqrt(2 * 48))


def test_pairwise_edges_are_independent():
    network = Network((cells("E", 400),), (Projection("E", "E", "e", Pairwise(0.1), 1.0),))
    g = instantiate(network, 0).graphs[0]
    n = 400 * 399
    assert abs(g.targets.size - 0.1 * n) < 4 * np.sqrt(n * 0.09)
    assert (g.sources != g.targets).all()
    for side in (np.bincount(g.targets, minlength=400), np.bincount(g.sources, minlength=400)):
        assert side.var() == pytest.approx(399 * 0.09, rel=0.35)
    assert wired(Pairwise(1.0)).targets.size == 60 * 45
    assert wired(Pairwise(0.0)).targets.size == 0


def test_given_edges_keep_their_weights_and_multiplicity():
    rng = np.random.default_rng(0)
    pre, post, weight = rng.integers(0, 60, 500), rng.integers(0, 45, 500), rng.normal(size=500)
    graph = wired(Edges(pre, post), weight)
    dense, built = np.zeros((60, 45)), np.zeros((60, 45))
    np.add.at(dense, (pre, post), weight)
    np.add.at(built, (graph.sources, graph.targets), graph.weights)
    assert np.allclose(dense, built, rtol=0, atol=1e-12)
    assert graph.indptr[-1] == 500


def test_rows_are_sorted():
    graph = wired(FixedInDegree(20))
    for a, b in zip(graph.indptr, graph.indptr[1:], strict=False):
        assert (np.diff(graph.targets[a:b]) > 0).all()


def test_lognormal_weights_have_the_arithmetic_mean():
    w = (
        instantiate(
            Network((cells("E", 1000),), (Projection("E", "E", "e", FixedInDegree(200), LogNormal(2.0, 0.5)),)), 0
        )
        .graphs[0]
        .weights
    )
    assert w.size == 200_000
    assert w.mean() == pytest.approx(2.0, rel=0.01)
    assert np.log(w).std() == pytest.approx(0.5, rel=0.01)


def test_equal_weights_are_stored_once():
    assert wired(FixedInDegree(5), 0.3).weights.tolist() == [0.3]


def test_initial_voltages():
    network = Network((cells("A", 4000, v_init=(-3.0, 5.0)), cells("B", 3, v_init=7.0), cells("C", 3)))
    a, b, c = instantiate(network, 0).v
    assert -3.0 <= a.min() < -2.9
    assert 4.9 < a.max() <= 5.0
    assert b.tolist() == [7.0] * 3
    assert c.tolist() == [10.0] * 3


def test_the_same_seed_draws_the_same_network():
    network = Network((cells(v_init=(0.0, 1.0)),), (Projection("E", "E", "e", Pairwise(0.2), LogNormal(1.0, 0.5)),))
    one, same, other = (instantiate(network, seed) for seed in (1, 1, 2))
    for field in ("indptr", "targets", "weights"):
        assert np.array_equal(getattr(one.graphs[0], field), getattr(same.graphs[0], field))
    assert np.array_equal(one.v[0], same.v[0])
    assert not np.array_equal(one.v[0], other.v[0])
    assert not np.array_equal(one.graphs[0].weights, other.graphs[0].weights)


def test_frozen_inputs_are_the_events_that_the_run_draws():
    network = Network(
        (cells(v_init=(0.0, 20.0)), cells("I")),
        inputs=(PoissonInput("E", "e", 2.0, 2.0), PoissonInput("I", "e", 2.5, 2.0)),
        signals=(MeanSynapticCurrent("lfp", "E", ("e", "i")),),
    )
    frozen = freeze_inputs(network, 350.0, 5)
    assert all(isinstance(i, EventInput) for i in frozen.inputs)
    drawn, given = simulate(network, 0.35, 5), simulate(frozen, 0.35, 5)
    assert drawn.spikes("E").time.size > 100
    for name in ("E", "I"):
        assert np.array_equal(drawn.spikes(name).time, given.spikes(name).time)
        assert np.array_equal(drawn.spikes(name).unit, given.spikes(name).unit)
    assert np.array_equal(drawn.recording("lfp").values, given.recording("lfp").values)


# ---- what is refused

NAN = float("nan")
REFUSED = {
    "Synapse.tau: must be > 0": lambda: Synapse("e", -5.0),
    "Synapse.tau: must be > 0 [ms]; got nan": lambda: Synapse("e", NAN),
    "Synapse.gain: must be": lambda: Synapse("e", 5.0, gain=NAN),
    "Synapse.sign: must be 1 or -1": lambda: Synapse("e", 5.0, sign=2),
    "Synapse.name: must be": lambda: Synapse("a/b", 5.0),
    "Schedule.times: must not fall": lambda: Schedule("g", (1, 0), (1, 1)),
    "Schedule.times: must hold a time at most twice": lambda: Schedule("g", (1, 1, 1), (1, 2, 3)),
    "Schedule.times: must be as many": lambda: Schedule("g", (), ()),
    "Schedule.values: must be finite": lambda: Schedule("g", (0,), (NAN,)),
    "Adaptation.tau": lambda: Adaptation(0.0, 1.0),
    "Adaptation.jump": lambda: Adaptation(10.0, NAN),
    "Population.n": lambda: cells(n=0),
    "Population.n: must be an integer of at least 1; got 2.5": lambda: cells(n=2.5),
    "Population.tau_m: must be > 0 [ms]; got -1": lambda: cells(tau_m=-1.0),
    "Population.v_rest": lambda: cells(v_rest=NAN),
    "Population.v_reset: must lie below v_threshold 20 mV; got 20": lambda: cells(v_reset=20.0),
    "Population.refractory: must be finite and >= 0": lambda: cells(refractory=-1.0),
    "Population.synapses": lambda: cells(synapses=(Synapse("e", 1.0), Synapse("e", 2.0))),
    "Population.v_init: must be (low, high)": lambda: cells(v_init=(3.0, 1.0)),
    "Population.v_init: must be a number": lambda: cells(v_init=NAN),
    "FixedInDegree.k": lambda: FixedInDegree(-1),
    "Pairwise.p": lambda: Pairwise(1.5),
    "Edges.pre, Edges.post": lambda: Edges(np.array([0]), np.array([0, 1])),
    "Edges.pre: must be a vector of integers": lambda: Edges(np.array([0.5]), np.array([0])),
    "LogNormal.mean": lambda: LogNormal(-1.0, 0.5),
    "LogNormal.sigma": lambda: LogNormal(1.0, NAN),
    "Projection.rule: must be FixedInDegree": lambda: Projection("E", "E", "e", 5, 1.0),
    "Projection.delay: must be finite": lambda: Projection("E", "E", "e", FixedInDegree(1), 1.0, -1.0),
    "Projection.weight: must be a number": lambda: Projection("E", "E", "e", FixedInDegree(1), NAN),
    "Projection.weight: an array needs Edges": lambda: Projection("E", "E", "e", FixedInDegree(1), np.ones(3)),
    "Projection.weight: must be finite": lambda: Projection(
        "E", "E", "e", Edges(np.array([0]), np.array([1])), np.array([NAN])
    ),
    "PoissonInput.rate": lambda: PoissonInput("E", "e", -1.0, 1.0),
    "PoissonInput.weight": lambda: PoissonInput("E", "e", 1.0, NAN),
    "EventInput.time, EventInput.cell": lambda: EventInput("E", "e", 1.0, np.array([1.0]), np.array([0, 1])),
    "EventInput.time: must be finite": lambda: EventInput("E", "e", 1.0, np.array([-1.0]), np.array([0])),
    "EventInput.weight": lambda: EventInput("E", "e", NAN, np.array([1.0]), np.array([0])),
    "SlowVariable.tau": lambda: SlowVariable("q", **{**SLOW, "tau": 0.0}),
    "SlowVariable.half_rate": lambda: SlowVariable("q", **{**SLOW, "half_rate": -1.0}),
    "SlowVariable.exponent": lambda: SlowVariable("q", **{**SLOW, "exponent": 1000.0}),
    "SlowVariable.maximum: must lie in 0..1": lambda: SlowVariable("q", **{**SLOW, "maximum": 1.5}),
    "SlowVariable.rate_tau": lambda: SlowVariable("q", **{**SLOW, "rate_tau": NAN}),
    "Network.populations": lambda: Network(()),
    "Network.dt": lambda: Network((cells(),), dt=-0.1),
    "Network: recorded names: names must be unique; got 'E' twice": lambda: Network((cells(), cells())),
    "Network: recorded names: names must be unique; got 'q' twice": lambda: Network(
        (cells(synapses=(Synapse("e", 5.0, gain=Schedule("q", (0,), (1,))),)),), slow=(SlowVariable("q", **SLOW),)
    ),
    "Population.refractory: of 'E': must be a multiple of dt = 0.1 ms; got 2.04; the nearest is 2": lambda: Network(
        (cells(refractory=2.04),)
    ),
    "unknown slow variable 'p'": lambda: Network(
        (cells(synapses=(Synapse("e", 5.0, slow="p"),)),), slow=(SlowVariable("q", **SLOW),)
    ),
    "unknown population 'X'; known: E": lambda: Network(
        (cells(),), slow=(SlowVariable("q", **{**SLOW, "population": "X"}),)
    ),
    "unknown population 'A'": lambda: Network((cells(),), (Projection("A", "E", "e", FixedInDegree(1), 1.0),)),
    "unknown population 'B'": lambda: Network((cells(),), (Projection("E", "B", "e", FixedInDegree(1), 1.0),)),
    "unknown synapse of population 'E' 'x'": lambda: Network(
        (cells(),), (Projection("E", "E", "x", FixedInDegree(1), 1.0),)
    ),
    "unknown synapse of population 'E' 'y'": lambda: Network((cells(),), inputs=(PoissonInput("E", "y", 1.0, 1.0),)),
    "unknown synapse of population 'E' 'z'": lambda: Network(
        (cells(),), signals=(MeanSynapticCurrent("lfp", "E", ("z",)),)
    ),
    "Projection.delay: 'E' -> 'E': must be a multiple of dt = 0.1 ms; got 1.53; the nearest is 1.5": lambda: Network(
        (cells(),), (Projection("E", "E", "e", FixedInDegree(1), 1.0, 1.53),)
    ),
    "Projection.rule: FixedInDegree k must be at most 49 ('E' has 50 cells, no self-connection); got 50": lambda: (
        Network((cells(),), (Projection("E", "E", "e", FixedInDegree(50), 1.0),))
    ),
    "Edges.post: must lie in 0..49": lambda: Network(
        (cells(),), (Projection("E", "E", "e", Edges(np.array([0]), np.array([50])), 1.0),)
    ),
    "EventInput.cell: must lie in 0..49": lambda: Network(
        (cells(),), inputs=(EventInput("E", "e", 1.0, np.array([1.0]), np.array([-1])),)
    ),
    "seed: must be a whole number >= 0; got -1": lambda: instantiate(Network((cells(),)), -1),
    "seed: must be a whole number >= 0; got 0.5": lambda: instantiate(Network((cells(),)), 0.5),
    "freeze_inputs: duration: must be a multiple of dt": lambda: freeze_inputs(Network((cells(),)), 0.13, 0),
    "simulate: duration must be > 0": lambda: simulate(Network((cells(),)), -1.0, 0),
    "simulate: duration: must be a multiple of dt = 0.1 ms": lambda: simulate(Network((cells(),)), 0.10003, 0),
    "simulate: signal_dt: must be a multiple": lambda: simulate(Network((cells(),)), 0.1, 0, signal_dt=0.25),
    "simulate: signal_dt must be > 0": lambda: simulate(Network((cells(),)), 0.1, 0, signal_dt=0.0),
    "unknown engine 'brian'; did you mean 'brian2'?": lambda: simulate(Network((cells(),)), 0.1, 0, engine="brian"),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_is_refused_in_one_line(message):
    with pytest.raises(InputError) as caught:
        REFUSED[message]()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_delay_that_is_a_multiple_but_for_rounding_is_taken():
    assert steps(0.1 * 3, 0.1, "x") == 3
    assert steps(1e5, 0.1, "x") == 1_000_000
