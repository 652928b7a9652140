"""Arrays of one's own: sparse matrices as edges, sampled currents, initial voltages."""

import numpy as np
import pytest
from scipy import sparse

from ictal.simulator import (
    Adaptation,
    CurrentInput,
    DeltaSynapse,
    Dense,
    EventInput,
    Exponential,
    InputError,
    Network,
    Normal,
    Population,
    Projection,
    Schedule,
    StateRecording,
    Synapse,
    Uniform,
    describe,
    instantiate,
    network_of,
    simulate,
)

STILL = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 1e6, "v_reset": -1.0, "v_init": 0.0}


def wired(projection):
    """Three cells that fire at 1, 2 and 3 ms, and the voltages of four cells that they reach."""
    source = Population("E", 3, 20.0, 0.0, 1.0, 0.0, synapses=(DeltaSynapse("e"),))
    target = Population("I", 4, **STILL, synapses=(Synapse("e", 5.0),))
    events = EventInput("E", "e", 5.0, [1.0, 2.0, 3.0], [0, 1, 2])
    return Network((source, target), (projection,), (events,), signals=(StateRecording("v", "I", "v", interval=0.1),))


def test_a_sparse_matrix_is_the_dense_one():
    weights = np.array([[0.0, 2.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0], [-1.5, 0.0, 3.0, 0.5]])
    full = simulate(wired(Projection("E", "I", "e", Dense(weights), 1.0, 1.5)), 0.02, seed=1)["v"].numpy()
    assert np.abs(full).max() > 0.1
    forms = [form(weights) for form in (sparse.csr_matrix, sparse.csc_array, sparse.coo_array, sparse.lil_matrix)]
    for given in (*forms, weights, sparse.dia_array(weights), sparse.bsr_array(weights), sparse.dok_array(weights)):
        network = wired(Projection.from_matrix("E", "I", "e", given, 1.5))
        np.testing.assert_allclose(simulate(network, 0.02, seed=1)["v"].numpy(), full, rtol=0, atol=1e-12)
        assert network_of(describe(network)).projections[0].rule.shape == (3, 4)


def test_elements_that_are_stored_twice_are_summed_and_stored_zeros_are_no_edges():
    given = sparse.coo_array(([1.0, 2.0, 0.0, 4.0, -4.0], ([0, 0, 1, 2, 2], [1, 1, 1, 3, 3])), shape=(3, 4))
    found = Projection.from_matrix("E", "I", "e", given)
    assert (found.rule.pre.tolist(), found.rule.post.tolist(), found.weight.tolist()) == ([0], [1], [3.0])
    assert given.nnz == 5  # the matrix stays as it was


@pytest.mark.parametrize(("weights", "message"), [
    (sparse.csr_array((4, 3)), "the matrix: must have the shape (3, 4); got (4, 3)"),
    (np.ones((3, 5)), "the matrix: must have the shape (3, 4); got (3, 5)"),
    (np.ones(3), "must be a matrix of numbers (n_source, n_target); got float64 of shape (3,)"),
    (np.ones((3, 4), bool), "got bool of shape (3, 4); multiply it by a weight"),
    (sparse.csr_array(np.full((3, 4), np.nan)), "must be finite"),
    (np.full((3, 4), np.inf), "must be finite"),
    (np.ones((3, 4), complex), "got complex128"),
    ("W", "must be a matrix of numbers"),
])  # fmt: skip
def test_a_matrix_that_does_not_fit_is_one_line(weights, message):
    with pytest.raises(InputError) as error:
        wired(Projection.from_matrix("E", "I", "e", weights))
    assert message in str(error.value)


def driven(*inputs, n=2):
    return Network(
        (Population("E", n, **STILL),), inputs=inputs, signals=(StateRecording("v", "E", "v", interval=0.1),)
    )


def voltages(network, duration=0.02, **how):
    return simulate(network, duration, seed=1, **how)["v"].numpy()


def test_a_sampled_current_is_the_closed_form():
    """v relaxes to every value in turn: v ← I + (v − I)·exp(−dt/τ_m)."""
    current = np.random.default_rng(1).normal(size=200)
    v, expected = 0.0, []
    for value in current:
        expected.append(v)
        v = value + (v - value) * np.exp(-0.1 / 20.0)
    network = driven(CurrentInput("E", current), CurrentInput("E", current, profile=[0.0, 1.0]))
    found = voltages(network)
    np.testing.assert_allclose(found[:, 0], expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found[:, 1], 2 * np.array(expected), rtol=0, atol=1e-12)
    np.testing.assert_allclose(voltages(network, engine="brian2"), found, rtol=0, atol=1e-12)


@pytest.mark.parametrize("profile", [None, [1.0, 0.5]])
def test_samples_with_an_interval_are_a_schedule_of_steps(profile):
    steps = Schedule("I", (5, 5, 10, 10, 15, 15), (1, 2, 2, -3, -3, 4))
    given = CurrentInput("E", [1.0, 2.0, -3.0, 4.0], profile, dt=5.0)
    np.testing.assert_array_equal(voltages(driven(given)), voltages(driven(CurrentInput("E", steps, profile))))


@pytest.mark.parametrize("kind", ["linear", "own", "conductance", "adex"])
@pytest.mark.parametrize("after", ["hold", "zero"])
def test_a_current_for_each_cell_is_a_course_with_a_profile_for_each(kind, after):
    """Rows of cells are the sum over cells of their columns, each with a profile of 1 for this cell alone."""
    given = np.random.default_rng(2).normal(5.0, 10.0, (4, 3))
    cells = {
        "linear": {"tau_m": 20.0}, "own": {"tau_m": [10.0, 20.0, 30.0]},
        "conductance": {"tau_m": 20.0, "synapses": (Synapse("e", 5.0, reversal=30.0),)},
        "adex": {"tau_m": 20.0, "initiation": Exponential(2.0, 15.0), "adaptation": Adaptation(50.0, 1.0, 0.2)},
    }[kind]  # fmt: skip
    cells = Population("E", 3, **{**STILL, "v_threshold": 20.0, **cells})
    signals = (StateRecording("v", "E", "v", interval=0.1),)
    events = (EventInput("E", "e", 0.5, [1.0, 6.0], [0, 1]),) if kind == "conductance" else ()
    rows = (CurrentInput("E", given, dt=4.0, after=after), *events)
    columns = [CurrentInput("E", given[:, i], np.eye(3)[i], dt=4.0, after=after) for i in range(3)]
    one, other = (Network((cells,), inputs=inputs, signals=signals) for inputs in (rows, (*columns, *events)))
    found = simulate(one, 0.03, seed=1)
    wanted = simulate(other, 0.03, seed=1)
    np.testing.assert_allclose(found["v"].numpy(), wanted["v"].numpy(), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(found["E"].time, wanted["E"].time)
    reference = simulate(one, 0.03, seed=1, engine="brian2")
    np.testing.assert_allclose(found["v"].numpy(), reference["v"].numpy(), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(describe(network_of(describe(one)))["inputs"][0]["current"], given)
    with pytest.raises(InputError, match=r"ends at 0.016 s, before the run of 0.03 s; append values"):
        simulate(Network((cells,), inputs=(CurrentInput("E", given, dt=4.0), *events)), 0.03, seed=1)


def test_an_array_that_ends_early_is_refused_or_goes_on_by_a_word():
    with pytest.raises(
        InputError, match=r"ends at 0.01 s, before the run of 0.02 s; append values, or give after="
    ) as error:
        voltages(driven(CurrentInput("E", [1.0, 2.0], dt=5.0)))
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match=r"ends at 0.01 s"):
        voltages(driven(CurrentInput("E", [1.0, 2.0], dt=5.0)), engine="brian2")
    after = {"hold": Schedule("I", (5, 5), (1, 2)), "zero": Schedule("I", (5, 5, 10, 10), (1, 2, 2, 0))}
    for word, schedule in after.items():
        given = CurrentInput("E", [1.0, 2.0], dt=5.0, after=word)
        np.testing.assert_array_equal(voltages(driven(given)), voltages(driven(CurrentInput("E", schedule))))
        assert network_of(describe(driven(given))).inputs[0].after == word


@pytest.mark.parametrize(("make", "message"), [
    (lambda: driven(CurrentInput("E", np.ones((5, 3)))), "current: a row: must have the shape (2,); got (3,)"),
    (lambda: CurrentInput("E", np.ones((5, 2, 2))), "must have the shape (time,) or (time, n); got (5, 2, 2)"),
    (lambda: CurrentInput("E", np.ones((5, 2)), [1.0, 2.0]), "CurrentInput.profile: is for one course of all cells"),
    (lambda: CurrentInput("E", np.ones((0, 2))), "must hold at least one value; got none"),
    (lambda: CurrentInput("E", [[1.0, 2.0], [3.0]]), "CurrentInput.current: must be numbers; got list that is none"),
    (lambda: CurrentInput("E", [[1.0, np.inf]]), "must be finite; got a value that is not: inf at (0, 1)"),
    (lambda: CurrentInput("E", [1.0, np.nan]), "CurrentInput.current: must be finite"),
    (lambda: CurrentInput("E", []), "must hold at least one value; got none"),
    (lambda: CurrentInput("E", 1.0, dt=5.0), "are for an array of currents"),
    (lambda: CurrentInput("E", [1.0], after="stop"), "after"),
    (lambda: driven(CurrentInput("E", [1.0], dt=0.25)), "CurrentInput.dt: must be a multiple of dt = 0.1 ms; got 0.25"),
    (lambda: Population("E", 3, **{**STILL, "v_init": np.ones(2)}), "each of 3 cells [mV]; got shape (2,)"),
    (lambda: Population("E", 3, **{**STILL, "v_init": [1.0, np.nan, 2.0]}), "Population.v_init: must be finite"),
    (lambda: Population("E", 3, **{**STILL, "v_init": Uniform(2.0, 1.0)}), "Uniform.high: must be at least low = 2"),
    (lambda: Population("E", 3, **{**STILL, "v_init": Normal(2.0, -1.0)}), "Normal.sd: must be >= 0; got -1.0"),
])  # fmt: skip
def test_what_cannot_be_is_one_line(make, message):
    with pytest.raises(InputError) as error:
        make()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_initial_voltages_are_given_or_drawn_from_the_seed():
    def start(v_init, seed=1, n=3):
        return instantiate(Network((Population("E", n, **{**STILL, "v_init": v_init}),)), seed).v[0]

    given = np.array([0.5, -1.0, 2.0])
    np.testing.assert_array_equal(start(given), given)
    np.testing.assert_array_equal(start([0.5, -1.0, 2.0]), given)
    np.testing.assert_array_equal(start((0.0, 5.0)), start(Uniform(0.0, 5.0)))
    drawn = start(Normal(3.0, 2.0), n=100_000)
    assert abs(drawn.mean() - 3.0) < 0.03
    assert abs(drawn.std() - 2.0) < 0.03
    assert (drawn[:3] != start(Normal(3.0, 2.0), seed=2)).all()
    for engine in ("compiled", "brian2"):
        network = Network((Population("E", 3, **{**STILL, "v_init": given}),), signals=(StateRecording("v", "E", "v"),))
        np.testing.assert_array_equal(simulate(network, 0.01, seed=1, engine=engine)["v"].numpy()[0], given)


def test_quantities_with_units_are_refused_and_not_read_in_another_unit():
    """`np.asarray(10 mV)` is .01, that of volts."""
    units = pytest.importorskip("brian2").units
    cell = {"v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0}
    ten = np.full(5, 10.0) * units.mV
    for make in (
        lambda: Population("E", 5, 20 * units.ms, **cell),
        lambda: Population("E", 5, np.full(5, 20.0) * units.ms, **cell),
        lambda: Population("E", 5, 20.0, **{**cell, "v_rest": ten}),
        lambda: Population("E", 5, 20.0, v_init=ten, **cell),
        lambda: CurrentInput("E", ten, dt=10.0),
        lambda: CurrentInput("E", [5 * units.mV, 6 * units.mV], dt=10.0),
    ):
        with pytest.raises(InputError, match=r"is a quantity of brian2, which carries a unit; give plain numbers"):
            make()
