"""Cells with parameters of their own: arrays and distributions of τ_m, voltages and refractory periods."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from identical import assert_equal, frozen, quickly
from naive import simulate_naively
from networks import random_network
from scipy.integrate import solve_ivp

from ictal.simulator import (
    Adaptation,
    AlphaSynapse,
    CurrentInput,
    DeltaSynapse,
    EventInput,
    Exponential,
    FixedInDegree,
    InputError,
    Network,
    Normal,
    OUNoise,
    PoissonInput,
    Population,
    PopulationStatistic,
    Projection,
    Quadratic,
    Schedule,
    Simulation,
    StateRecording,
    Synapse,
    Uniform,
    WhiteNoise,
    describe,
    freeze_inputs,
    instantiate,
    load,
    network_of,
    record_to_file,
    save,
    simulate,
)
from ictal.simulator.engines.brian2.engine import simulate_brian2
from ictal.simulator.engines.compiled.run import simulate_compiled
from ictal.simulator.engines.estimate import memory
from ictal.simulator.engines.noise import noise_sd
from ictal.simulator.engines.wiring import draw_cells
from ictal.simulator.networks.paths import changed

LIF = {"tau_m": 20.0, "v_rest": 0.0, "v_threshold": 20.0, "v_reset": 10.0, "refractory": 2.0, "v_init": (0.0, 19.0)}
FIELDS = ("tau_m", "v_rest", "v_threshold", "v_reset", "refractory")


def individual(network, seed, fields=FIELDS):
    """The network with other parameters in each cell, about those that all had."""
    rng = np.random.default_rng(seed)
    populations = []
    for p in network.populations:
        near = {
            "tau_m": p.tau_m * rng.uniform(0.5, 1.5, p.n),
            "v_rest": p.v_rest + rng.uniform(-1.0, 1.0, p.n) * (0.3 if isinstance(p.initiation, Quadratic) else 1.0),
            "v_threshold": cut if isinstance(cut := p.v_threshold, Schedule) else cut + rng.uniform(0, 2, p.n),
            "v_reset": p.v_reset - rng.uniform(0.0, 5.0, p.n),
            "refractory": rng.integers(0, 30, p.n) * network.dt,
        }  # fmt: skip
        populations.append(replace(p, **{field: near[field] for field in fields}))
    return replace(network, populations=tuple(populations))


def spikes_of(run, name="E"):
    found = run.spikes(name)
    return found.time, found.unit


# Closed forms


def test_every_cell_fires_at_its_own_rate():
    """1/(τ_ref + τ ln((RI − V_r)/(RI − θ))), to within −r·dt: the k-th spike is late by a step each at most."""
    rng = np.random.default_rng(0)
    n, dt = 200, 0.1
    tau, theta, reset = rng.uniform(10, 30, n), rng.uniform(15, 20, n), rng.uniform(0, 10, n)
    rest, held = rng.uniform(22, 40, n), rng.integers(0, 50, n) * dt
    cells = Population("E", n, tau, rest, theta, reset, held)
    period = held + tau * np.log((rest - reset) / (rest - theta))
    for engine in ("compiled", "brian2"):
        spikes = simulate(Network((cells,)), 1.0, 1, engine=engine).spikes("E")
        for i in range(n):
            train = 1000.0 * spikes.time[spikes.unit == i]
            late = np.diff(train) - period[i]
            assert train.size > 5
            assert ((late > -1e-6) & (late < dt)).all()


@pytest.mark.parametrize("field", ["v_threshold", "v_reset", "refractory", "v_rest", "tau_m"])
def test_one_parameter_of_its_own_is_a_population_of_its_own(field):
    """Two halves with two values are two populations: the same spikes, v but for rounding."""
    values = {"v_threshold": (20.0, 17.0), "v_reset": (10.0, 4.0), "refractory": (2.0, 0.7), "v_rest": (26.0, 31.0),
              "tau_m": (20.0, 9.0)}[field]  # fmt: skip
    base = {**LIF, "v_rest": 28.0, "v_init": 5.0, "synapses": (Synapse("e", 5.0), AlphaSynapse("a", 3.0, sign=-1))}
    whole = Population("E", 6, **base | {field: np.repeat(values, 3)})
    halves = [Population(name, 3, **base | {field: value}) for name, value in zip("AB", values, strict=True)]
    time, cell = np.arange(1.0, 90.0, 3.7), np.arange(25) % 6
    inputs = [EventInput("E", synapse, 2.0, time, cell) for synapse in "ea"]
    parts = [
        EventInput(name, e.synapse, e.weight, e.time[mine], e.cell[mine] % 3)
        for e in inputs
        for name, mine in (("A", e.cell < 3), ("B", e.cell >= 3))
    ]
    signals = [StateRecording(f"v{p.name}", p.name, "v", interval=0.1) for p in (whole, *halves)]
    one = simulate(Network((whole,), inputs=inputs, signals=signals[:1]), 0.1, 1)
    two = simulate(Network(halves, inputs=parts, signals=signals[1:]), 0.1, 1)
    assert one.spikes("E").time.size > 20
    for k, name in enumerate("AB"):
        mine = one.spikes("E").unit // 3 == k
        assert np.array_equal(one.spikes("E").time[mine], two.spikes(name).time)
        assert np.array_equal(one.spikes("E").unit[mine] % 3, two.spikes(name).unit)
        np.testing.assert_allclose(one["vE"].values[:, 3 * k : 3 * k + 3], two[f"v{name}"].values, rtol=0, atol=1e-11)


@pytest.mark.filterwarnings("ignore:Population.refractory")
@pytest.mark.parametrize("field", FIELDS)
def test_an_array_of_equal_values_is_the_number(field):
    network = Network(
        (Population("E", 50, **LIF, synapses=(Synapse("e", 5.0),)),),
        (Projection("E", "E", "e", FixedInDegree(5), 1.0, 1.5),),
        (PoissonInput("E", "e", 2.0, 1.6), WhiteNoise("E", 2.0)),
        signals=(StateRecording("v", "E", "v"),),
    )
    value = getattr(network.populations[0], field)
    for other in (np.full(50, value), Uniform(value, value), Normal(value, 0.0)):
        ours = simulate(changed(network, {f"populations.E.{field}": other}), 0.1, 1)
        theirs = simulate(network, 0.1, 1)
        assert np.array_equal(ours["v"].values, theirs["v"].values)
        assert all(np.array_equal(a, b) for a, b in zip(spikes_of(ours), spikes_of(theirs), strict=True))


def test_white_and_coloured_noise_have_the_variance_of_each_cell():
    """σ²/2 and sd² τ/(τ + τ_m) for the τ_m of each of four groups, whatever the step."""
    taus = np.repeat([5.0, 10.0, 20.0, 40.0], 500)
    free = {**LIF, "v_threshold": 1e6, "v_init": 0.0, "tau_m": taus}
    populations = [Population(name, taus.size, **free) for name in ("W", "C")]
    inputs = (WhiteNoise("W", 3.0), OUNoise("C", "y", 1.0, 2.0))
    signals = [StateRecording(f"v{name}", name, "v", interval=5.0) for name in ("W", "C")]
    run = simulate(Network(populations, inputs=inputs, signals=signals), 2.0, 1)
    for name, variance in (("W", np.full(4, 4.5)), ("C", 4.0 / (1.0 + np.unique(taus)))):
        v = run[f"v{name}"].values[40:].reshape(-1, 4, 500)
        found = (v**2).mean(axis=(0, 2))
        np.testing.assert_allclose(found, variance, rtol=0.03)


def test_a_cell_with_conductances_of_its_own_time_constant():
    """Against `solve_ivp` for each cell; the error falls as dt² (free membrane)."""
    taus, rests = np.array([8.0, 15.0, 30.0]), np.array([-60.0, -65.0, -58.0])
    errors = []
    for dt in (0.2, 0.1):
        cells = Population("E", 3, taus, rests, 1e6, -70.0, v_init=-60.0, synapses=(Synapse("e", 5.0, reversal=0.0),),
                           adaptation=Adaptation(50.0, 0.0, 0.4))  # fmt: skip
        events = EventInput("E", "e", 0.8, np.repeat([2.0, 12.0, 20.0], 3), np.tile(np.arange(3), 3))
        network = Network((cells,), inputs=(events,), signals=(StateRecording("v", "E", "v", interval=1.0),), dt=dt)
        found = simulate(network, 0.05, 1)["v"].values
        arrivals = np.array([2.0, 12.0, 20.0]) + dt
        wanted = [conductance_driven(*cell, arrivals) for cell in zip(taus, rests, strict=True)]
        errors.append(np.sqrt(np.mean((found - np.array(wanted).T) ** 2, axis=0)))
    coarse, fine = errors
    assert (fine < 5e-3).all()
    assert (coarse / fine > 3.5).all()


def conductance_driven(tau, rest, arrivals):
    """v at whole ms of a cell with w coupled to v, after spikes on its conductance at these times."""

    def slope(t, x):
        s = (0.8 * np.exp(-(t - arrivals[arrivals <= t]) / 5.0)).sum()
        return [(rest - x[0] + s * (0.0 - x[0]) - x[1]) / tau, (0.4 * (x[0] - rest) - x[1]) / 50.0]

    x, v = [-60.0, 0.0], []
    for a, b in itertools.pairwise([0.0, *arrivals, 50.0]):
        due = [t for t in range(50) if a <= t < b]
        piece = solve_ivp(slope, (a, b - 1e-12), x, "DOP853", [*due, b - 1e-12], rtol=1e-11, atol=1e-11)
        v += piece.y[0, :-1].tolist()
        x = piece.y[:, -1]
    return v


# Two engines and the rules


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_linear_cells_are_identical_in_both_engines(seed):
    network = individual(random_network(seed, ("current",)), seed)
    instance = frozen(network, 150.0, seed)
    with quickly():
        assert_equal(simulate_compiled(instance, 150.0, seed), simulate_brian2(instance, 150.0, seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_other_cells_are_identical_in_both_engines(seed):
    network = individual(random_network(seed), seed)
    instance = frozen(network, 100.0, seed)
    with quickly():
        assert_equal(simulate_compiled(instance, 100.0, seed), simulate_brian2(instance, 100.0, seed))


@pytest.mark.parametrize(
    ("seed", "fields"), [(k, FIELDS) for k in range(8)] + [(k, (name,)) for k in (0, 3) for name in FIELDS]
)
def test_the_compiled_engine_does_what_the_rules_say(seed, fields):
    instance = frozen(individual(random_network(seed), seed, fields), 60.0, seed)
    assert_equal(simulate_compiled(instance, 60.0, 0), simulate_naively(instance, 60.0))


PAIRS = {
    "linear": {"synapses": (Synapse("e", 5.0),)},
    "conductance": {"synapses": (Synapse("e", 5.0, reversal=60.0),)},
    "adex": {
        "synapses": (Synapse("e", 5.0),),
        "initiation": Exponential(2.0, 15.0),
        "adaptation": Adaptation(100.0, 1.0, 0.5),
    },
}


@pytest.mark.parametrize("kind", PAIRS)
def test_drawn_cells_are_spike_for_spike_those_of_brian2(kind):
    given = {
        "tau_m": Normal(20.0, 2.0), "v_rest": Uniform(-2.0, 2.0), "v_threshold": Normal(20.0, 0.5),
        "v_reset": Uniform(8.0, 10.0), "refractory": Uniform(0.0, 4.0), "v_init": (0.0, 15.0),
    }  # fmt: skip
    cells = Population("E", 100, **given, **PAIRS[kind])
    weight = 0.06 if kind == "conductance" else 1.6
    network = Network((cells,), (Projection("E", "E", "e", FixedInDegree(5), weight, 1.5),),
                      (PoissonInput("E", "e", 2.6, weight), WhiteNoise("E", 1.0), OUNoise("E", "ou", 5.0, 1.0)),
                      signals=(PopulationStatistic("sd", "E", "v", "sd"),))  # fmt: skip
    still = freeze_inputs(network, 0.2, 3)
    with pytest.warns(UserWarning, match="rounded to multiples of dt"):
        ours = simulate(still, 0.2, 3)
    with pytest.warns(UserWarning, match="rounded to multiples of dt"):
        theirs = simulate(still, 0.2, 3, engine="brian2")
    assert ours.spikes("E").time.size > 200
    assert_equal(ours, theirs)
    with pytest.warns(UserWarning, match="rounded"):
        own = simulate(network, 0.2, 3)
    assert all(np.array_equal(a, b) for a, b in zip(spikes_of(own), spikes_of(ours), strict=True))


@pytest.mark.parametrize("how", [{"threads": 2}, {"precision": "float32"}])
def test_threads_and_single_precision(how):
    cells = Population("E", 3000, **LIF | {"tau_m": Normal(20, 2), "v_threshold": Uniform(18, 22)},
                       synapses=(Synapse("e", 5.0),))  # fmt: skip
    network = Network(
        (cells,), (Projection("E", "E", "e", FixedInDegree(20), 0.2, 1.5),), (PoissonInput("E", "e", 2.4, 1.6),)
    )
    ours, theirs = simulate(network, 0.1, 1, **how), simulate(network, 0.1, 1)
    if "threads" in how:
        assert all(np.array_equal(a, b) for a, b in zip(spikes_of(ours), spikes_of(theirs), strict=True))
    assert ours.spikes("E").time.size == pytest.approx(theirs.spikes("E").time.size, rel=0.02)


# Draws, files, changes


def test_draws_depend_on_the_seed_and_the_parameter_alone():
    def drawn(seed=1, **given):
        network = Network((Population("E", 1000, **LIF | given),))
        return instantiate(network, seed).drawn.populations[0]

    both = drawn(tau_m=Normal(20.0, 2.0), v_threshold=Normal(20.0, 1.0))
    assert np.array_equal(both.tau_m, drawn(tau_m=Normal(20.0, 2.0)).tau_m)
    assert not np.array_equal(both.tau_m, drawn(2, tau_m=Normal(20.0, 2.0)).tau_m)
    assert abs(np.corrcoef(both.tau_m, both.v_threshold)[0, 1]) < 0.1
    assert both.tau_m.mean() == pytest.approx(20.0, abs=0.3)
    assert both.tau_m.std() == pytest.approx(2.0, rel=0.1)
    held = drawn(refractory=Uniform(1.0, 3.0)).refractory
    np.testing.assert_allclose(held / 0.1, np.rint(held / 0.1), rtol=0, atol=1e-9)
    assert 0.9 < held.min() < 1.2
    start = instantiate(Network((Population("E", 9, **LIF | {"v_reset": Uniform(0.0, 5.0), "v_init": None}),)), 1)
    assert np.array_equal(start.v[0], start.drawn.populations[0].v_reset)
    assert np.array_equal(instantiate(start.network, 1).v[0], start.v[0])


def test_a_description_and_a_file_hold_them(tmp_path):
    given = {"tau_m": np.linspace(10, 30, 150), "v_threshold": Normal(20.0, 1.0), "v_reset": [1.0] * 149 + [2.0]}
    network = Network((Population("E", 150, **LIF | given),), inputs=(CurrentInput("E", 25.0),))
    description = describe(network)
    assert description["populations"][0]["v_threshold"] == {"type": "Normal", "mean": 20.0, "sd": 1.0}
    assert describe(network_of(description)) == description
    run = simulate(network, 0.05, 1)
    path = save(run, tmp_path / "run.h5")
    again = load(path).network
    assert describe(again) == description
    assert all(np.array_equal(a, b) for a, b in zip(spikes_of(simulate(again, 0.05, 1)), spikes_of(run), strict=True))
    other = changed(network, {"populations.E.tau_m": np.linspace(10, 30.1, 150)})
    with pytest.raises(InputError, match=r"holds another run: .*populations\[E\].tau_m"):
        record_to_file(other, 0.05, 1, path, resume=True)
    with pytest.raises(InputError, match=r"holds another run: .*v_threshold.sd is 1.0 there and 2.0 here"):
        record_to_file(changed(network, {"populations.E.v_threshold.sd": 2.0}), 0.05, 1, path, resume=True)


@pytest.mark.parametrize("seed", range(6))
def test_it_goes_on_with_nothing_changed_and_with_every_cell_changed(seed):
    network = individual(random_network(seed), seed)
    whole, begun = simulate(network, 0.06, seed), simulate(network, 0.025, seed)
    rest = simulate(network, 0.035, seed, after=begun)
    for p in network.populations:
        late = whole.spikes(p.name).time > 0.025 - 1e-9
        assert np.array_equal(rest.spikes(p.name).time, whole.spikes(p.name).time[late])
        assert np.array_equal(rest.spikes(p.name).unit, whole.spikes(p.name).unit[late])
    total, cut = round(40.0 / network.dt), 131
    first = Simulation(instantiate(network, seed), total, seed)
    first.advance(cut)
    ours = Simulation(instantiate(network, seed), total, seed)
    ours.carry_over(first, instantiate(network, seed))
    one, two = ours.advance(total), first.advance(total)
    for a, b in zip(one.spikes, two.spikes, strict=True):
        assert np.array_equal(a[0], b[0])
        assert np.array_equal(a[1], b[1])
    for name, values in one.samples.items():
        assert np.allclose(values, two.samples[name], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("field", FIELDS)
def test_a_number_becomes_an_array_where_a_run_goes_on(field):
    """v does not jump, and every cell follows its own parameter from there on."""
    network = Network(
        (Population("E", 40, **LIF | {"v_rest": 22.0}),), signals=(StateRecording("v", "E", "v", interval=0.1),)
    )
    given = {"tau_m": Uniform(10, 30), "v_rest": Uniform(22, 30), "v_threshold": Uniform(15, 20),
             "v_reset": Uniform(0, 10), "refractory": np.repeat([0.0, 5.0], 20)}[field]  # fmt: skip
    begun, longer = simulate(network, 0.1, 1), simulate(network, 0.2, 1)
    there = changed(network, {f"populations.E.{field}": given})
    after = simulate(there, 0.1, 1, after=begun)
    held = begun.spikes("E").select(time=(0.097, 0.1)).unit  # freed, or held for longer
    free = np.setdiff1d(np.arange(40), held)
    assert np.allclose(after["v"].values[0, free], longer["v"].values[1000, free], rtol=0, atol=1e-9)
    assert not np.array_equal(after["v"].values[-1], longer["v"].values[-1])
    back = simulate(network, 0.1, 1, after=after)
    assert np.isfinite(back["v"].values).all()
    alone = simulate(there, 0.201, 1, after=begun)["v"].values[1000]
    free = np.setdiff1d(np.arange(40), after.spikes("E").select(time=(0.19, 0.2)).unit)
    assert free.size > 5
    assert np.allclose(back["v"].values[0, free], alone[free], rtol=0, atol=1e-9)


def test_its_memory_is_forecast():
    plain = Population("E", 100_000, **LIF, synapses=(Synapse("e", 5.0),))
    other = replace(plain, tau_m=Normal(20.0, 1.0))
    assert memory(Network((other,)))["cells"] > memory(Network((plain,)))["cells"] + 8 * 6 * 100_000


def test_coefficients_of_each_cell_are_those_of_its_number():
    taus = np.array([5.0, 20.0, 20.0, 7.5])
    cells = Population("E", 4, **LIF | {"tau_m": taus})
    for noise in (WhiteNoise("E", 2.0), OUNoise("E", "y", 5.0, 2.0)):
        each = np.broadcast_to(noise_sd(cells, noise, 0.1), 4)
        assert each.tolist() == [noise_sd(replace(cells, tau_m=float(tau)), noise, 0.1) for tau in taus]


# What cannot be


CANNOT = {
    "Population.tau_m: must hold one value for each of 3 cells [ms]; got shape (2,); a range is Uniform(low, high)":
        {"tau_m": np.array([1.0, 2.0])},
    "Population.tau_m: must hold one value for each of 3 cells [ms]; got shape (2,)": {"tau_m": (10.0, 20.0)},
    "Population.tau_m: must be a vector of numbers; got shape (3, 1)": {"tau_m": np.ones((3, 1))},
    "Population.tau_m: must be finite; got a value that is not: nan at 1": {"tau_m": [1.0, np.nan, 2.0]},
    "Population.tau_m: of cell 2: must be > 0 [ms]; got 0": {"tau_m": [1.0, 2.0, 0.0]},
    "Population.refractory: of cell 0: must be >= 0 [ms]; got -1": {"refractory": [-1.0, 2.0, 0.0]},
    "Population.tau_m: of Uniform(0.0, 20.0): must be > 0 [ms]; got 0": {"tau_m": Uniform(0.0, 20.0)},
    "Population.tau_m: of Normal(-5.0, 1.0): must be > 0 [ms]; got -5": {"tau_m": Normal(-5.0, 1.0)},
    "Population.v_reset: must lie below v_threshold 9 mV; got 10 for cell 1": {"v_threshold": [20.0, 9.0, 20.0]},
    "Population.v_reset: must lie below v_threshold 8 mV; got 10": {"v_threshold": Uniform(8.0, 20.0)},
    "Population.v_threshold: must hold numbers, none of them masked; got bool": {"v_threshold": np.array([True] * 3)},
    "Population.v_threshold: must be a number or Uniform or Normal or an array or Schedule; got 'high'":
        {"v_threshold": "high"},
    "Population.tau_m: must be a vector of numbers; got list": {"tau_m": [1.0, "a", 2.0]},
    "Population.tau_m: must be a vector of numbers; got list that is none": {"tau_m": [[1.0], [2.0, 3.0]]},
    "Population.tau_m: must hold numbers, none of them masked; got complex128": {"tau_m": np.ones(3, complex)},
    "Population.tau_m: must hold numbers, none of them masked; got float64":
        {"tau_m": np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])},
    "Exponential.onset: must lie below v_threshold 15 mV; got 18 for cell 2":
        {"v_threshold": [20.0, 20.0, 15.0], "initiation": Exponential(2.0, 18.0)},
    "Quadratic.critical: must lie between v_rest 12 and v_threshold 20 mV; got 12 for cell 1":
        {"v_rest": [0.0, 12.0, 0.0], "initiation": Quadratic(12.0)},
}  # fmt: skip


@pytest.mark.parametrize("message", CANNOT)
def test_what_cannot_be_is_one_line(message):
    with pytest.raises(InputError) as error:
        Population("E", 3, **LIF | CANNOT[message])
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_pair_of_two_cells_is_refused():
    with pytest.raises(InputError, match=r"Population.tau_m: a tuple of two may be a range or one value for each of 2"):
        Population("E", 2, **LIF | {"tau_m": (10.0, 20.0)})
    assert Population("E", 2, **LIF | {"tau_m": np.array([10.0, 20.0])}).tau_m.tolist() == [10.0, 20.0]


def test_periods_off_the_grid_are_refused_of_an_array_and_rounded_of_a_distribution():
    with pytest.raises(InputError, match=r"refractory: of 'E', cell 1: must be a multiple of dt = 0.1 ms; got 2.04 ms"):
        Network((Population("E", 3, **LIF | {"refractory": [2.0, 2.04, 1.0]}),))
    network = Network((Population("E", 3, **LIF | {"refractory": Uniform(1.0, 3.0)}),))
    said = r"Population.refractory: the periods of 'E', drawn from Uniform\(1.0, 3.0\), are rounded to multiples of dt"
    with pytest.warns(UserWarning, match=said):
        simulate(network, 0.01, 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tau_m": Normal(5.0, 10.0)}, "Population.tau_m: of cell "),
        ({"v_threshold": Normal(11.0, 5.0)}, "Population.v_reset: must lie below v_threshold "),
        ({"refractory": Normal(0.1, 1.0)}, "Population.refractory: of cell "),
    ],
)
@pytest.mark.filterwarnings("ignore:Population.refractory")
def test_an_impossible_draw_is_refused_with_the_fix(given, message):
    (distribution,) = given.values()
    network = Network((Population("E", 100, **LIF | given),))
    for engine in ("compiled", "brian2"):
        with pytest.raises(InputError) as error:
            simulate(network, 0.01, 3, engine=engine)
        assert str(error.value).startswith(message)
        assert f"{distribution} of 'E' with seed 3; say a smaller sd, Uniform(low, high) or an array" in str(
            error.value
        )
        assert "\n" not in str(error.value)


def test_delta_kicks_reach_cells_of_their_own():
    cells = Population("E", 4, [10.0, 20.0, 30.0, 40.0], 0.0, 20.0, 0.0, [0.0, 1.0, 2.0, 3.0], (DeltaSynapse("d"),))
    events = EventInput("E", "d", 21.0, np.repeat([1.0, 2.5, 4.5], 4), np.tile(np.arange(4), 3))
    for engine in ("compiled", "brian2"):
        spikes = simulate(Network((cells,), inputs=(events,)), 0.01, 1, engine=engine).spikes("E")
        trains = [np.rint(10000 * spikes.time[spikes.unit == i]).astype(int).tolist() for i in range(4)]
        assert trains == [[11, 26, 46], [11, 26, 46], [11, 46], [11, 46]]  # lost while the cell is held


def test_draw_cells_returns_networks_without_arrays_as_they_are():
    network = Network((Population("E", 3, **LIF),))
    assert draw_cells(network, 1) is network
