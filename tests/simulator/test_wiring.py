import ctypes
import hashlib
import math
import signal

import numpy as np
import pytest
from scipy.stats import chi2

from ictal.models import Cuba, SeizureNetwork
from ictal.simulator import (
    AlphaSynapse,
    DeltaSynapse,
    Dense,
    Edges,
    Factors,
    FixedInDegree,
    Footprint,
    InputError,
    Instance,
    LogNormal,
    LowRank,
    Matrix,
    Network,
    OUNoise,
    Pairwise,
    Population,
    Projection,
    Synapse,
    UniformDelay,
    instantiate,
)
from ictal.simulator.engines.estimate import expected_edges, memory
from ictal.simulator.networks.connections import REACH


def cells(name="E", n=50, **other):
    parameters = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0}
    return Population(name, n, **{**parameters, "synapses": (Synapse("e", 5.0), Synapse("i", 10.0, sign=-1)), **other})


def network(rule, weight=1.0, delay=1.0, n_source=60, n_target=None):
    """E to I, or to itself where there is no n_target."""
    target = "E" if n_target is None else "I"
    populations = (cells("E", n_source), cells("I", n_target or 1))
    return Network(populations, (Projection("E", target, "e", rule, weight, delay),))


def wired(rule, weight=1.0, delay=1.0, n_source=60, n_target=None, seed=3):
    return instantiate(network(rule, weight, delay, n_source, n_target), seed).graphs[0]


def counts(graph, n_source, n_target):
    dense = np.zeros((n_source, n_target), int)
    np.add.at(dense, (graph.sources, graph.targets), 1)
    return dense


def distance(n_source, n_target, periodic):
    """The distance of every pair, as written in `Footprint`."""
    d = np.abs((np.arange(n_source)[:, None] + 0.5) / n_source - (np.arange(n_target) + 0.5) / n_target)
    return np.minimum(d, 1 - d) if periodic else d


def assert_sorted(graph):
    for a, b in zip(graph.indptr, graph.indptr[1:], strict=False):
        assert (np.diff(graph.targets[a:b]) >= 0).all()


# ---- graphs of before


@pytest.mark.parametrize(
    ("system", "digest"),
    [
        (Cuba(), "4216a0d09960a2fa976c4847fc59935e4539a8074c8e8f58065a7da0d53548f7"),
        (SeizureNetwork(), "38ddab0b2f0d067d2a70020161aabdc7aa5c52a380c0ae55bf29765165bc5b61"),
    ],
    ids=["cuba", "seizure"],
)
def test_a_seed_draws_the_graph_that_it_always_drew(system, digest):
    instance = instantiate(system.network(), 0)
    found = hashlib.sha256()
    for graph in instance.graphs:
        for array in (graph.indptr, graph.targets, graph.weights):
            found.update(array.tobytes())
    for v in instance.v:
        found.update(v.tobytes())
    assert found.hexdigest() == digest


# ---- rules without a footprint


@pytest.mark.parametrize("k", [0, 1, 7, 44, 59])
@pytest.mark.parametrize("footprint", [None, Footprint(0.2), Footprint(0.2, periodic=True), Footprint(40.0)])
def test_in_degree_is_fixed_and_sources_distinct_without_self_connection(k, footprint):
    graph = wired(FixedInDegree(k, footprint))
    dense = counts(graph, 60, 60)
    assert dense.max(initial=0) <= 1
    assert np.diag(dense).sum() == 0
    assert (dense.sum(axis=0) == k).all()
    assert_sorted(graph)


@pytest.mark.parametrize("footprint", [None, Footprint(0.2), Footprint(0.2, periodic=True)])
def test_all_sources_may_be_drawn_between_populations(footprint):
    assert (counts(wired(FixedInDegree(60, footprint), n_target=45), 60, 45) == 1).all()


def test_every_pair_is_drawn_equally_often():
    drawn = np.zeros((8, 8))
    for seed in range(2000):
        drawn += counts(wired(FixedInDegree(3), n_source=8, seed=seed), 8, 8)
    off = drawn[~np.eye(8, dtype=bool)]
    expected, sd = 2000 * 3 / 7, np.sqrt(2000 * 3 / 7 * 4 / 7)
    assert np.abs(off - expected).max() < 4.5 * sd
    assert ((off - expected) ** 2 / sd**2).sum() == pytest.approx(48, abs=5 * np.sqrt(2 * 48))


def test_pairwise_edges_are_independent():
    g = wired(Pairwise(0.1), n_source=400, seed=0)
    n = 400 * 399
    assert abs(g.targets.size - 0.1 * n) < 4 * np.sqrt(n * 0.09)
    assert (g.sources != g.targets).all()
    for side in (np.bincount(g.targets, minlength=400), np.bincount(g.sources, minlength=400)):
        assert side.var() == pytest.approx(399 * 0.09, rel=0.35)
    assert wired(Pairwise(1.0), n_target=45).targets.size == 60 * 45
    assert wired(Pairwise(1.0)).targets.size == 60 * 59
    assert wired(Pairwise(0.0)).targets.size == 0


def test_given_edges_keep_their_weights_and_multiplicity():
    rng = np.random.default_rng(0)
    pre, post, weight = rng.integers(0, 60, 5000), rng.integers(0, 45, 5000), rng.normal(size=5000)
    graph = wired(Edges(pre, post), weight, n_target=45)
    order = np.lexsort((post, pre))  # stable: edges that occur more than once stay in order
    assert np.array_equal(graph.sources, pre[order])
    assert np.array_equal(graph.targets, post[order])
    assert np.array_equal(graph.weights, weight[order])


# ---- footprints


def sequential(weights, k):
    """The probability that each is among k drawn one after the other without replacement, over all orders."""

    def draw(left, k):
        inside = np.zeros(weights.size)
        if k == 0:
            return inside
        total = sum(weights[i] for i in left)
        for i in left:
            rest = draw(left - {i}, k - 1)
            rest[i] = 1.0
            inside += weights[i] / total * rest
        return inside

    return draw(frozenset(range(weights.size)), k)


@pytest.mark.parametrize(
    ("n_source", "n_target", "sd", "periodic"),
    [(7, 7, 0.2, False), (7, 7, 0.2, True), (6, 4, 0.15, True), (5, 9, 0.3, False)],
)
@pytest.mark.parametrize("k", [1, 3])
def test_sources_are_drawn_one_after_the_other_in_proportion_to_the_footprint(n_source, n_target, sd, periodic, k):
    own, draws = n_source == n_target, 1500
    expected = np.exp(-(distance(n_source, n_target, periodic) ** 2) / (2 * sd**2)) * (
        ~np.eye(n_source, n_target, dtype=bool) if own else 1.0
    )
    p = np.stack([sequential(w, k) for w in expected.T], axis=1)
    drawn = np.zeros_like(p)
    rule = FixedInDegree(k, Footprint(sd, periodic))
    for seed in range(draws):
        drawn += counts(wired(rule, n_source=n_source, n_target=None if own else n_target, seed=seed), *p.shape)
    spread = np.sqrt(draws * p * (1 - p))
    assert (np.abs(drawn - draws * p) <= 4.5 * spread + 1e-9).all()


@pytest.mark.parametrize(
    ("n_source", "n_target", "sd", "periodic"),
    [
        (2000, None, 0.05, False),  # a Gaussian proposed
        (2000, None, 0.05, True),
        (2000, 1500, 0.1, True),
        (1000, 2300, 0.004, False),  # four sources in an SD: a race
        (2000, None, 0.5, False),  # wide: all proposed alike
        (2000, None, 3.0, True),
    ],
)
def test_one_source_a_target_lies_at_the_distances_of_the_closed_form(n_source, n_target, sd, periodic):
    m = n_target or n_source
    weight = np.exp(-(distance(n_source, m, periodic) ** 2) / (2 * sd**2))
    if n_target is None:
        np.fill_diagonal(weight, 0.0)
    p = weight / weight.sum(axis=0)
    drawn = sum(
        counts(wired(FixedInDegree(1, Footprint(sd, periodic)), 1.0, 1.0, n_source, n_target, seed), n_source, m)
        for seed in range(10)
    )
    assert_distances(drawn, 10 * p, distance(n_source, m, periodic))


@pytest.mark.parametrize(
    ("n_source", "n_target", "p", "sd", "periodic"),
    [
        (1500, None, 0.3, 0.05, False),
        (1500, None, 0.3, 0.05, True),
        (1500, 900, 1.0, 0.1, True),
        (700, 1600, 0.9, 0.002, False),  # 1.4 sources in an SD
        (1500, None, 0.01, 5.0, False),
    ],
)
def test_pairs_are_connected_at_the_distances_of_the_closed_form(n_source, n_target, p, sd, periodic):
    m = n_target or n_source
    probability = p * np.exp(-(distance(n_source, m, periodic) ** 2) / (2 * sd**2))
    if n_target is None:
        np.fill_diagonal(probability, 0.0)
    rule = Pairwise(p, Footprint(sd, periodic))
    graph = wired(rule, n_source=n_source, n_target=n_target)
    drawn = counts(graph, n_source, m)
    assert drawn.max() == 1
    assert (drawn[probability == 0] == 0).all()
    assert_sorted(graph)
    assert_distances(drawn, probability, distance(n_source, m, periodic))
    spread = math.sqrt((probability * (1 - probability)).sum())
    assert abs(drawn.sum() - probability.sum()) < 4 * spread
    for axis in (0, 1):  # binomial sums of rows and of columns
        z = (drawn.sum(axis) - probability.sum(axis)) / np.sqrt((probability * (1 - probability)).sum(axis))
        assert (z**2).mean() == pytest.approx(1, abs=5 * math.sqrt(2 / z.size))
    description = network(rule, n_source=n_source, n_target=n_target)
    assert expected_edges(description, description.projections[0]) == pytest.approx(probability.sum(), rel=1e-5)


def assert_distances(drawn, expected, d):
    """Chi-square of the numbers of edges by distance, in bins that expect at least 20, at p = 1e-4."""
    order = np.argsort(d, axis=None, kind="stable")
    bins = (np.cumsum(expected.ravel()[order]) // max(20.0, expected.sum() / 60)).astype(int)
    seen, wanted = (np.bincount(bins, weights=a.ravel()[order]) for a in (drawn, expected))
    seen[-2] += seen[-1]  # the last may expect few
    wanted[-2] += wanted[-1]
    statistic = ((seen - wanted) ** 2 / wanted)[:-1].sum()
    assert statistic < chi2.ppf(1 - 1e-4, wanted.size - 1)


@pytest.mark.parametrize("footprint", [Footprint(1e9), Footprint(1e9, periodic=True)])
def test_an_endless_footprint_is_none(footprint):
    drawn = sum(counts(wired(FixedInDegree(15, footprint), n_source=40, seed=s), 40, 40) for s in range(300))
    expected, sd = 300 * 15 / 39, math.sqrt(300 * 15 / 39 * 24 / 39)
    off = drawn[~np.eye(40, dtype=bool)]
    assert ((off - expected) ** 2 / sd**2).mean() == pytest.approx(1, abs=5 * math.sqrt(2 / off.size))
    assert wired(Pairwise(1.0, footprint)).targets.size == 60 * 59


@pytest.mark.parametrize("periodic", [False, True])
def test_every_source_within_reach_can_be_wanted_and_one_more_is_refused(periodic):
    footprint = Footprint(0.001, periodic)
    near = (distance(500, 500, periodic) <= REACH * 0.001).sum(axis=0) - 1
    least = int(near.min())
    graph = wired(FixedInDegree(least, footprint), n_source=500)
    dense = counts(graph, 500, 500)
    assert (dense.sum(axis=0) == least).all()
    assert (dense[distance(500, 500, periodic) > REACH * 0.001] == 0).all()
    with pytest.raises(InputError, match=rf"^Projection.rule: FixedInDegree k must be at most {least}, .*'E'.*; got"):
        wired(FixedInDegree(least + 1, footprint), n_source=500)


def test_a_population_of_one_cell():
    for rule in (
        FixedInDegree(0),
        FixedInDegree(0, Footprint(0.1)),
        Pairwise(1.0),
        Pairwise(1.0, Footprint(0.1, True)),
    ):
        assert wired(rule, n_source=1).targets.size == 0
    for rule in (
        FixedInDegree(1),
        FixedInDegree(1, Footprint(0.1)),
        Pairwise(1.0),
        Pairwise(1.0, Footprint(0.1, True)),
    ):
        assert wired(rule, n_source=1, n_target=1).targets.tolist() == [0]


# ---- weights and delays


def test_lognormal_weights_have_the_arithmetic_mean():
    w = wired(FixedInDegree(200), LogNormal(2.0, 0.5), n_source=1000).weights
    assert w.size == 200_000
    assert w.mean() == pytest.approx(2.0, rel=0.01)
    assert np.log(w).std() == pytest.approx(0.5, rel=0.01)


def test_equal_weights_are_stored_once():
    assert wired(FixedInDegree(5), 0.3).weights.tolist() == [0.3]


def test_one_delay_makes_one_row_a_source():
    graph = wired(FixedInDegree(5), delay=1.5)
    assert graph.delays.tolist() == [15]
    assert graph.indptr.size == 61


def test_delays_are_uniform_over_the_steps_and_leave_edges_and_weights_alone():
    one = wired(FixedInDegree(200), LogNormal(1.0, 0.5), 1.0, 1000)
    many = wired(FixedInDegree(200), LogNormal(1.0, 0.5), UniformDelay(0.5, 1.5), 1000)
    assert many.delays.tolist() == list(range(5, 16))
    assert many.indptr.size == 11 * 1000 + 1
    assert_sorted(many)
    order = np.lexsort((many.targets, many.sources))
    for field in ("sources", "targets", "weights"):
        assert np.array_equal(getattr(many, field)[order], getattr(one, field))
    seen = np.bincount(many.edge_delays, minlength=16)[5:]
    expected = 200_000 / 11
    assert ((seen - expected) ** 2 / expected).sum() < chi2.ppf(1 - 1e-4, 10)
    by_target = np.zeros((1000, 11))
    np.add.at(by_target, (many.targets, many.edge_delays - 5), 1)
    assert ((by_target - 200 / 11) ** 2 / (200 / 11 * 10 / 11)).mean() == pytest.approx(1, abs=5 * math.sqrt(2 / 10000))
    again = wired(FixedInDegree(200), LogNormal(1.0, 0.5), UniformDelay(0.5, 1.5), 1000)
    assert np.array_equal(many.targets, again.targets)


def test_given_delays_stay_with_their_edges():
    rng = np.random.default_rng(0)
    pre, post, weight = rng.integers(0, 60, 3000), rng.integers(0, 45, 3000), rng.normal(size=3000)
    step = rng.choice([0, 3, 4, 1000], 3000)
    graph = wired(Edges(pre, post), weight, step * 0.1, n_target=45)
    order = np.lexsort((post, step, pre))
    assert graph.delays.tolist() == [0, 3, 4, 1000]
    assert np.array_equal(graph.sources, pre[order])
    assert np.array_equal(graph.edge_delays, step[order])
    assert np.array_equal(graph.targets, post[order])
    assert np.array_equal(graph.weights, weight[order])


def test_ctrl_c_while_a_compiled_loop_reads_the_generator_comes_after_the_loop(monkeypatch):
    network = Cuba(n_e=80, n_i=20).network()
    plain = instantiate(network, seed=0).graphs[0]
    cast, signalled = ctypes.cast, []

    def cast_signalled(*args):  # numba calls this for the addresses of the generator's functions
        if not signalled:
            signalled.append(True)
            signal.raise_signal(signal.SIGINT)
        return cast(*args)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # another package may have put its own there
    try:
        monkeypatch.setattr(ctypes, "cast", cast_signalled)
        with pytest.raises(KeyboardInterrupt):
            instantiate(network, seed=0)
        assert signalled
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    np.testing.assert_array_equal(instantiate(network, seed=0).graphs[0].targets, plain.targets)


@pytest.mark.parametrize("delay", [1.0, UniformDelay(0.0, 0.3), UniformDelay(0.2, 0.2), np.empty(0)])
@pytest.mark.parametrize("weight", [1.0, LogNormal(1.0, 0.5), np.empty(0)])
def test_no_edges(delay, weight):
    graph = wired(Edges(np.empty(0), np.empty(0)), weight, delay)
    assert graph.targets.size == graph.sources.size == graph.edge_delays.size == 0
    assert graph.indptr.size == 60 * graph.delays.size + 1
    assert not graph.indptr.any()


def test_more_delays_than_edges():
    graph = wired(Edges(np.array([0, 0]), np.array([1, 1])), delay=UniformDelay(0.0, 7000.0), n_source=2)
    assert graph.delays.size == 70_001
    assert graph.edge_delays.size == 2
    assert (np.diff(graph.edge_delays) >= 0).all()


def test_rows_beyond_two_gigabytes_are_refused_before_they_are_made():
    with pytest.raises(
        InputError, match=r"^Projection.delay: 'E' -> 'E': 1000001 delays of 60000 cells take 480 GB; .*"
    ):
        network(Pairwise(0.0), 1.0, UniformDelay(0.0, 1e5), 60_000)


def test_random_streams_are_apart():
    description = Network((cells(),), 2 * (Projection("E", "E", "e", Pairwise(0.2), 1.0, UniformDelay(0, 1)),))
    one, two = instantiate(description, 0).graphs
    assert one.targets.size != two.targets.size or not np.array_equal(one.targets, two.targets)


# ---- matrices


def test_matrices_carry_the_weight_of_the_projection():
    rng = np.random.default_rng(0)
    dense, source, target = rng.normal(size=(60, 45)), rng.normal(size=(60, 2)), rng.normal(size=(45, 2))
    matrix = wired(Dense(dense), -0.5, 1.5, n_target=45)
    assert isinstance(matrix, Matrix)
    assert np.array_equal(matrix.weights, -0.5 * dense)
    assert matrix.delay == 15
    factors = wired(LowRank(source, target), 3, n_target=45)
    assert isinstance(factors, Factors)
    assert np.allclose(factors.source @ factors.target.T, 3 * source @ target.T, rtol=1e-12)
    assert factors.delay == 10


# ---- initial state and seeds


def test_initial_voltages():
    populations = (cells("A", 4000, v_init=(-3.0, 5.0)), cells("B", 3, v_init=7.0), cells("C", 3))
    a, b, c = instantiate(Network(populations), 0).v
    assert -3.0 <= a.min() < -2.9
    assert 4.9 < a.max() <= 5.0
    assert b.tolist() == [7.0] * 3
    assert c.tolist() == [10.0] * 3


@pytest.mark.parametrize("footprint", [None, Footprint(0.1)])
@pytest.mark.parametrize("rule", [lambda f: Pairwise(0.2, f), lambda f: FixedInDegree(9, f)])
def test_the_same_seed_draws_the_same_network(rule, footprint):
    projection = Projection("E", "E", "e", rule(footprint), LogNormal(1.0, 0.5), UniformDelay(0.5, 2.0))
    description = Network((cells(v_init=(0.0, 1.0)),), (projection,))
    one, same, other = (instantiate(description, seed) for seed in (1, 1, 2))
    for field in ("indptr", "targets", "weights"):
        assert np.array_equal(getattr(one.graphs[0], field), getattr(same.graphs[0], field))
    assert np.array_equal(one.v[0], same.v[0])
    assert not np.array_equal(one.v[0], other.v[0])
    assert not np.array_equal(one.graphs[0].weights, other.graphs[0].weights)


def test_an_instance_must_be_whole():
    with pytest.raises(InputError, match=r"^Instance: must hold a graph a projection \(1\)"):
        Instance(network(Pairwise(0.1)), (), ())


# ---- memory


CASES = {
    "fixed": network(FixedInDegree(300), n_source=3000),
    "random": network(Pairwise(0.1), LogNormal(1.0, 0.5), n_source=3000),
    "delays": network(FixedInDegree(300), LogNormal(1.0, 0.5), UniformDelay(0.0, 1.0), 3000, 2000),
    "near": network(FixedInDegree(300, Footprint(0.1)), n_source=3000),
    "near pairs": network(Pairwise(0.5, Footprint(0.1, True)), 1.0, UniformDelay(0.0, 1.0), 3000),
    "edges": network(Edges(np.arange(900_000) % 3000, np.arange(900_000) // 300), np.ones(900_000), n_source=3000),
    "given delays": network(
        Edges(np.arange(900_000) % 3000, np.arange(900_000) // 300), 1.0, np.arange(900_000) % 9 * 0.1, 3000
    ),
    "dense": network(Dense(np.ones((1000, 900))), n_source=1000, n_target=900),
    "factors": network(LowRank(np.ones((1000, 3)), np.ones((900, 3))), n_source=1000, n_target=900),
}


@pytest.mark.parametrize("case", CASES)
def test_estimated_bytes_are_those_of_the_arrays_and_bound_what_is_allocated(case):
    import tracemalloc  # sees numpy's arrays, not those inside compiled code

    graph = instantiate(CASES[case], 0).graphs[0]
    tracemalloc.start()
    graph = instantiate(CASES[case], 0).graphs[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    entries = memory(CASES[case])
    made = sum(a.nbytes for a in vars(graph).values() if isinstance(a, np.ndarray))
    target = "I" if case in ("delays", "dense", "factors") else "E"
    assert entries[f"projection 0: E -> {target}.e"] == pytest.approx(made, rel=0.01)
    assert peak < 1.02 * entries["total"] + 100_000


def test_estimated_bytes_add_up():
    synapses = (Synapse("e", 5.0), AlphaSynapse("a", 5.0), DeltaSynapse("d"))
    description = Network(
        (cells("E", 5000, synapses=synapses),),
        2 * (Projection("E", "E", "e", FixedInDegree(10), 1.0),),
        inputs=(OUNoise("E", "y", 5.0, 1.0),),
    )
    double, single = memory(description), memory(description, "float32")
    assert list(double) == ["projection 0: E -> E.e", "projection 1: E -> E.e", "cells", "total"]
    assert double["cells"] - single["cells"] == 4 * 5 * 5000  # v, s, s and y of the alpha synapse, the OU current
    assert double["total"] > sum(double[name] for name in list(double)[:-1])
    assert memory(description, threads=4)["total"] > double["total"]
    assert memory(description, threads=10**6) == memory(description, threads=5)  # blocks of 1024 cells


def test_an_estimate_does_not_build():
    description = network(Pairwise(0.5), LogNormal(1.0, 0.5), n_source=1_000_000)
    assert expected_edges(description, description.projections[0]) == 0.5 * 1e6 * (1e6 - 1)
    assert memory(description)["total"] == pytest.approx(2 * 12 * 5e11, rel=0.01)


@pytest.mark.parametrize("sd", [1e-4, 5e-4, 1e-3, 0.03, 0.5, 9.0, 11.0, 1e6])
@pytest.mark.parametrize("periodic", [False, True])
def test_the_expected_edges_of_a_footprint(sd, periodic):
    description = network(Pairwise(0.3, Footprint(sd, periodic)), n_source=900, n_target=1100)
    expected = 0.3 * np.exp(-(distance(900, 1100, periodic) ** 2) / (2 * sd**2)).sum()
    assert expected_edges(description, description.projections[0]) == pytest.approx(expected, rel=2e-3)


# ---- large


def test_a_million_cells_without_synapses():
    graph = wired(FixedInDegree(0), n_source=1_000_000)
    assert graph.targets.size == 0
    assert graph.indptr.size == 1_000_001


@pytest.mark.slow
@pytest.mark.parametrize("rule", [FixedInDegree(800), Pairwise(0.02)])
def test_thirty_two_million_synapses(rule):
    graph = wired(rule, n_source=40_000)
    assert abs(graph.targets.size - 32_000_000) < 6 * math.sqrt(32e6)
    assert graph.indptr[-1] == graph.targets.size
    assert graph.targets.dtype == np.int32
    assert (graph.sources != graph.targets).all()
