"""A run that goes on from the state of another one: with nothing changed, the bits of the longer run."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
from contents import everything
from networks import random_network

import ictal
from ictal.simulator import (
    Adaptation,
    AlphaSynapse,
    CurrentInput,
    FixedInDegree,
    InputError,
    Network,
    OUNoise,
    PoissonInput,
    Population,
    Projection,
    Run,
    Simulation,
    Spikes,
    StateRecording,
    Synapse,
    describe,
    freeze_inputs,
    instantiate,
    load,
    record_to_file,
    save,
    simulate,
)
from ictal.simulator.engines.brian2.engine import _brian2
from ictal.simulator.engines.compiled.chunk import joined
from ictal.simulator.files.identity import differences, fingerprint
from ictal.simulator.networks.paths import changed, parameters_of


def carried(network, total, cut, seed, other=None, **how):
    """Chunks of a run whose state at `cut` goes over to a run of `changed`, through the variables of the cells."""
    first = Simulation(instantiate(network, seed), total, seed, **how)
    before = first.advance(cut)
    instance = instantiate(other or network, seed)
    second = Simulation(instance, total, seed, **how)
    second.carry_over(first, instance)
    return joined([before, second.advance(total)])


@pytest.mark.parametrize("seed", range(20))
def test_the_variables_of_the_cells_are_the_whole_state(seed):
    """Carried over in other coordinates, nothing changed: the same spikes and triggers, samples but for rounding."""
    network = random_network(seed)
    total = round(40.0 / network.dt)
    whole = joined([Simulation(instantiate(network, seed), total, seed).advance(total)])
    for cut in (1, 131):
        spikes, triggers, samples = carried(network, total, cut, seed)
        for ours, theirs in zip(spikes, whole[0], strict=True):
            assert np.array_equal(ours[0], theirs[0])
            assert np.array_equal(ours[1], theirs[1])
        for name, steps in triggers.items():
            assert np.array_equal(steps, whole[1][name])
        for name, values in samples.items():
            assert np.allclose(values, whole[2][name], rtol=1e-7, atol=1e-9), name


def assert_end_of(ours, whole, start):
    """A run that began at `start` [s] is the end of the whole one: the same bits on the same clock."""
    assert list(ours) == list(whole)
    for name, entry in ours.items():
        other = whole[name]
        if isinstance(entry, Spikes):
            other = other.select(time=(start, other.t0 + other.duration))
            assert (entry.t0, entry.duration) == pytest.approx((other.t0, other.duration))
            assert np.array_equal(entry.time, other.time), name
            assert np.array_equal(entry.unit, other.unit), name
        else:
            assert np.array_equal(entry.values, other.values[-entry.n_times :]), name
            assert np.allclose(entry.times, other.times[-entry.n_times :], rtol=0, atol=1e-9), name
            before = other.times[: -entry.n_times]
            assert not before.size or before[-1] < start + (1e-9 if entry.quantity == "firing rate" else -1e-9), name


@pytest.mark.parametrize("seed", range(20))
def test_with_nothing_changed_it_is_the_longer_run(seed, tmp_path):
    """In memory, from a file, and streamed: the same bits."""
    network = random_network(seed)
    first, rest = 0.0258, 0.0342
    whole = simulate(network, first + rest, seed)
    begun = simulate(network, first, seed)
    assert_end_of(simulate(network, rest, seed, after=begun), whole, first)
    path = save(begun, tmp_path / "first.h5")
    assert_end_of(simulate(network, rest, seed, after=load(path)), whole, first)


@pytest.mark.parametrize("seed", range(0, 20, 3))
def test_a_stream_goes_on_to_the_bits_of_the_longer_run(seed, tmp_path):
    network = random_network(seed)
    first, rest = 0.0258, 0.0342
    whole, begun = (simulate(network, duration, seed) for duration in (first + rest, first))
    path, target = save(begun, tmp_path / "first.h5"), tmp_path / "rest.h5"
    record_to_file(network, rest, seed, target, after=path)
    assert_end_of(load(target), whole, first)
    assert everything(save(simulate(network, rest, seed, after=path), tmp_path / "saved.h5")) == everything(target)
    later, same = (simulate(network, 0.02, seed, after=one) for one in (target, whole))
    assert_end_of(later, same, first + rest)


def lif(**changes):
    """40 cells with alpha and conductance synapses, an adaptation, noise, and delays up to 4 ms."""
    cells = Population(
        "E", 40, 20.0, v_rest=-52.0, v_threshold=-50.0, v_reset=-60.0, refractory=2.0, v_init=(-65.0, -51.0),
        synapses=(AlphaSynapse("a", 5.0, gain=1.0), Synapse("g", 5.0, reversal=0.0)), adaptation=Adaptation(50.0, 1.0),
    )  # fmt: skip
    network = Network(
        (cells,),
        (Projection("E", "E", "a", FixedInDegree(5), 1.0, 4.0),),
        (PoissonInput("E", "g", 0.5, 0.05), OUNoise("E", "ou", 5.0, 2.0)),
        signals=(StateRecording("v", "E", "v", interval=0.1),),
    )
    return changed(network, changes) if changes else network


@pytest.mark.parametrize(
    "changes",
    [
        {"populations.E.tau_m": 10.0},
        {"populations.E.synapses.a.tau": 8.0},
        {"populations.E.v_rest": -55.0},
        {"populations.E.synapses.g.gain": 0.5},
        {"populations.E.adaptation": None},
        {"projections.0.weight": 0.5},
        {"inputs.0.rate": 0.1},
        {"populations.E.refractory": 0.5},
        {"populations.E.refractory": 20.0},
    ],
)
def test_the_voltages_go_on_where_they_were(changes):
    """Changed parameters change the course, not the state: v does not jump, but where a refractory cell is freed."""
    network = lif()
    first, longer = simulate(network, 0.3, 1), simulate(network, 0.301, 1)
    after = simulate(lif(**changes), 0.05, 1, after=first)
    held = "populations.E.refractory" in changes
    v, before = after["v"].values, longer["v"].values[3000]
    assert np.allclose(v[0], before, atol=1e-9) or held
    assert not np.array_equal(v[-1], simulate(network, 0.35, 1)["v"].values[-1])
    step = int(changes.get("populations.E.refractory", 2.0) / network.dt)
    spikes = after.spikes("E")
    assert all((np.diff(spikes.time[spikes.unit == k]) > (step + 0.5) * 1e-4).all() for k in range(40))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: lif(dt=0.05), "Network.dt: cannot change .* 0.1 there and 0.05 here"),
        (lambda: lif(**{"populations.E.n": 41}), "Population.n: of 'E': cannot change .* 40 there and 41 here"),
        (lambda: lif(**{"projections.0.delay": 2.0}), "Projection.delay: .* 4.0 there and 2.0 here; spikes are"),
        (lambda: lif(**{"projections.0.rule.k": 6}), "Projection.rule: .* give those that you want as Edges"),
        (lambda: replace(lif(), inputs=()), "Network.inputs: .* set the rate, weight or current to 0 instead"),
        (lambda: replace(lif(), inputs=lif().inputs[::-1]), r"Network.inputs\[0\]: .*keep the inputs in their order"),
    ],
)  # fmt: skip
def test_what_a_state_cannot_be_carried_over_to_is_refused(made, said):
    with pytest.raises(InputError, match=rf"^{said}[^\n]*$"):
        simulate(made(), 0.1, 1, after=simulate(lif(), 0.01, 1))


def test_other_numbers_of_cells_and_currents_in_place_of_arrays(tmp_path):
    cells = Population("E", 4, tau_m=20.0, v_rest=0.0, v_threshold=np.arange(18.0, 22.0), v_reset=10.0)
    given = CurrentInput("E", np.full(3, 25.0), dt=10.0, after="hold")
    network = Network((cells,), (), (given,))
    run = simulate(network, 0.02, 1)
    with pytest.raises(InputError, match=r"^Population.n: of 'E': cannot change where .* 4 there and 5 here; to "):
        ictal.continue_run(run, 0.01, **{"populations.E.n": 5})
    off = changed(network, {"inputs.0.current": 0.0}).inputs[0]
    assert (off.current, off.dt, off.after) == (0.0, None, "refuse")
    assert ictal.continue_run(run, 0.05, **{"inputs.0.current": 0.0}).spikes("E").time.size == 0
    kept = changed(network, {"inputs.0.current": np.zeros(2)}).inputs[0]
    assert (kept.dt, kept.after) == (10.0, "hold")
    with pytest.raises(InputError, match="are for an array"):
        changed(network, {"inputs.0.current": 0.0, "inputs.0.dt": 5.0})


def test_other_settings_and_runs_without_a_state_are_refused(tmp_path):
    network, run = lif(), simulate(lif(), 0.01, 1)
    others = (("seed", 2, {}), ("precision", 1, {"precision": "float32"}), ("signal_dt", 1, {"signal_dt": 0.002}))
    for words, seed, options in others:
        with pytest.raises(InputError, match=f"^{words}: a run goes on with that of its first part"):
            simulate(network, 0.1, seed, after=run, **options)
    with pytest.raises(InputError, match=r"holds no description of a network.*run it again"):
        simulate(network, 0.1, 1, after=Run(run))
    bare = save(Run(run, run.source, replace(run.origin, state={})), tmp_path / "bare.h5")
    with pytest.raises(InputError, match=r"bare.h5: holds no state to go on from.*ictal simulate .*bare.h5 -o NEW.h5"):
        simulate(network, 0.1, 1, after=bare)
    path = save(run, tmp_path / "run.h5")
    with h5py.File(path, "r+", locking=False) as file:
        file["state/state_y"][0] += 1.0
    with pytest.raises(InputError, match=r"run.h5: its state was changed after it was written: state_y"):
        simulate(network, 0.1, 1, after=path)
    with h5py.File(save(run, path, force=True), "r+", locking=False) as file:
        del file["state/step"]
    with pytest.raises(InputError, match=r"run.h5: its state was changed after it was written; run it again"):
        simulate(network, 0.1, 1, after=path)


@pytest.mark.parametrize("place", ["state/state_r", "state/history_place", "state", "network"])
def test_an_array_or_an_attribute_of_the_state_cannot_be_missing_or_another(tmp_path, place):
    record_to_file(lif(), 0.01, 3, path := tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        if "/" in place:
            del file[place]
        else:
            file[place].attrs["of" if place == "state" else "sha256"] = np.arange(3.0)
    with pytest.raises(InputError, match=r"run\.h5: its (state was|description of the network or) "):
        simulate(lif(), 0.01, 3, after=path)


# Files that say what they are


@pytest.mark.parametrize("seed", range(6))
def test_every_parameter_that_differs_is_named(seed):
    """A description with one number changed is another one, and the difference names the field."""
    network = random_network(seed)
    here = describe(network, {})
    tried = 0
    for path, parameter in parameters_of(network).items():
        if isinstance(parameter.value, bool) or not isinstance(parameter.value, int | float):
            continue
        for value in (parameter.value * 2, parameter.value / 2, parameter.value + 1, parameter.value - 1):
            try:
                other = changed(network, {path: type(parameter.value)(value)})
            except InputError:
                continue
            if fingerprint(other) != fingerprint(network):
                tried += 1
                words = differences({"network": describe(other, {})}, {"network": here})
                assert words.split(" is ")[0].endswith(f".{path.split('.')[-1]}"), path
                break
    assert tried > 20


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"network": lif(**{"populations.E.v_rest": -53.0})}, r"network.populations\[E\].v_rest is -52.0 there"),
        ({"network": lif(**{"projections.0.rule.k": 6})}, r"network.projections\[0\].rule.k is 5 there and 6 here"),
        ({"network": lif(**{"dt": 0.05})}, "dt is 0.1 there and 0.05 here"),
        ({"duration": 0.02}, "duration is 0.01 there and 0.02 here"),
        ({"seed": 2}, "seed is 1 there and 2 here"),
        ({"precision": "float32"}, "precision is float64 there and float32 here"),
        ({"signal_dt": 0.002}, "signal_dt is 0.001 there and 0.002 here"),
    ],
)  # fmt: skip
def test_the_file_of_another_run_is_not_taken_for_this(tmp_path, change, named):
    path, given = tmp_path / "run.h5", {"network": lif(), "duration": 0.01, "seed": 1}
    record_to_file(path=path, **given)
    assert record_to_file(path=path, resume=True, **given).complete
    with pytest.raises(InputError, match=f"run.h5: exists already and holds another run: .*{named}"):
        record_to_file(path=path, resume=True, **{**given, **change})


def test_an_edited_description_is_refused(tmp_path):
    path = save(simulate(lif(), 0.01, 1), tmp_path / "run.h5")
    with h5py.File(path, "r+", locking=False) as file:
        settings = file["network"].attrs["settings"]
        file["network"].attrs["settings"] = settings.replace('"seed": 1', '"seed": 2')
    with pytest.raises(InputError, match="was edited: its seed is 1 and that of its description 2"):
        record_to_file(lif(), 0.01, 1, path, resume=True)
    with pytest.raises(InputError, match="was edited: its seed is 1 and that of its description 2"):
        load(path)


def test_with_g_changed_it_is_restored_by_brian2():
    """Brian2's own equations, its `store` and `restore`, on given events: the same spikes after g has changed."""
    pytest.importorskip("brian2")
    with _brian2("numpy") as b:
        _compare_with_restored(b)


def _compare_with_restored(b):
    cells = Population(
        "E", 100, 20.0, v_rest=0.0, v_threshold=20.0, v_reset=10.0, refractory=2.0, v_init=(0.0, 19.0),
        synapses=(Synapse("e", 5.0), Synapse("i", 10.0, gain=1.0, sign=-1)),
    )  # fmt: skip
    edges = tuple(
        Projection("E", "E", *given)
        for given in (("e", FixedInDegree(10), 1.0, 1.5), ("i", FixedInDegree(5), 1.5, 3.0))
    )
    network = freeze_inputs(Network((cells,), edges, (PoissonInput("E", "e", 3.4, 1.6),)), 0.4, 1)
    drawn, events = instantiate(network, 1), network.inputs[0]
    ms, clock = b.ms, 0.1 * b.ms
    group = b.NeuronGroup(
        100,
        """dv/dt = (-v + se - g*si)/(20*ms) : 1 (unless refractory)
        dse/dt = -se/(5*ms) : 1
        dsi/dt = -si/(10*ms) : 1""",
        threshold="v >= 20", reset="v = 10", refractory=2.1 * ms, method="exact", dt=clock,
    )  # fmt: skip
    group.v = drawn.v[0]
    parts = [group, b.SpikeMonitor(group)]
    for graph, on_pre, delay in zip(drawn.graphs, ("se_post += 1.0", "si_post += 1.5"), (1.5, 3.0), strict=True):
        synapses = b.Synapses(group, group, on_pre=on_pre, delay=delay * ms, dt=clock)
        synapses.connect(i=graph.sources, j=graph.targets)
        parts.append(synapses)
    step = np.rint(events.time / 0.1).astype(int)
    seen, turn = {}, np.empty(step.size, int)
    for x, key in enumerate(zip(step.tolist(), events.cell.tolist(), strict=True)):
        turn[x] = seen[key] = seen.get(key, -1) + 1
    for k in range(turn.max() + 1):  # a generator gives a cell one event a step
        mine = turn == k
        source = b.SpikeGeneratorGroup(100, events.cell[mine], step[mine] * clock, dt=clock)
        feed = b.Synapses(source, group, on_pre="se_post += 1.6", dt=clock)
        feed.connect(j="i")
        parts += [source, feed]
    made = b.Network(parts)
    made.run(200 * ms, namespace={"g": 1.0, "ms": ms})
    made.store("now")
    made.run(50 * ms, namespace={"g": 3.0, "ms": ms})
    made.restore("now")
    made.run(200 * ms, namespace={"g": 0.6, "ms": ms})
    begun = simulate(network, 0.2, 1)
    ours = simulate(changed(network, {"populations.E.synapses.i.gain": 0.6}), 0.2, 1, after=begun).spikes("E")
    theirs = np.rint(np.asarray(parts[1].t / ms) * 10).astype(int), np.asarray(parts[1].i)
    late = theirs[0] >= 2000
    assert ours.time.size > 300
    assert sorted(zip(np.rint(ours.time * 1e4).astype(int), ours.unit, strict=True)) == sorted(
        zip(theirs[0][late], theirs[1][late], strict=True)
    )
    same = simulate(network, 0.2, 1, after=begun).spikes("E")
    assert not np.array_equal(same.time, ours.time)
