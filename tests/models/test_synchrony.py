"""Synchrony over training: fixed images, equal numbers, the measures' values beside nulls; stored, resumed, drawn."""

import json
import math
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

import ictal
from ictal.analyses import (
    cka_matrix,
    drawings_of_run,
    is_synchrony,
    layer_similarity,
    layer_synchrony,
    measures_in,
    null_test,
    to_png,
)
from ictal.analyses.figures.parts.style import SIZE
from ictal.analyses.layers.layer_synchrony import parts
from ictal.analyses.measures import get
from ictal.models import MLP, LayerSynchrony, Training, load_data, record_samples, train
from ictal.models.synchrony.log import TrainingLog
from ictal.models.synchrony.recorder import _similarities
from ictal.models.synchrony.rows import Column, LayerMeasures, sample_measures
from ictal.simulator import InputError, Recording

FEW = ("si_3", "chi_c", "class_share", "within_class_si")
CHEAP = {"measures": FEW, "nulls": 0, "n_probe": 100}
HOW = Training(steps=20, every=5, batch_size=50)


@pytest.fixture(scope="module")
def data():
    return load_data("digits", n_train=200, label_noise=0.4)


def network(data, hidden=(24, 16), seed=0):
    return MLP.for_data(data, hidden, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def trained(data):
    """A Run of a short training, measured with surrogates at its first and last record."""
    recorder, model = LayerSynchrony(data, measures=FEW), network(data)
    history = train(model, data, HOW, seed=0, on_record=recorder)
    recorder.finish(model)
    source = {"system": "mlp", "seed": 0}
    return ictal.Run({"history": history.recording(source), **recorder.recordings(source)}, source)


def value(run, entry, measure, statistic="value", null=""):
    recording = run.recording(entry)
    labels = recording.unit_labels
    (at,) = np.flatnonzero(
        (labels["measure"] == measure) & (labels["statistic"] == statistic) & (labels["null"] == null)
    )
    valid = np.ones(recording.values.shape, bool) if recording.valid is None else recording.valid
    return np.where(valid[:, at], recording.numpy()[:, at], np.nan)


def test_every_measure_of_samples_is_taken_and_has_the_value_of_measure(data):
    model = network(data, (12, 12))
    recorder = LayerSynchrony(data, "hidden.*.relu", sets="test", n_probe=120, nulls=0)
    recorder(0, model)
    run, probe = recorder.run(), recorder.probes["test"]
    assert measures_in(run) == [*sample_measures(), "live_share", "n_units", "amplitude"]
    assert {"si_1", "si_2", "si_3", "chi_c", "batch_phase_sync", "within_class_si"} <= set(sample_measures())
    for when, modules in (("pre", "linear"), ("post", "relu")):
        there = record_samples(model, probe.inputs, [f"hidden.*.{modules}"], labels=probe.classes)
        for layer in range(2):
            activity = there.recording(f"hidden.{layer}.{modules}")
            live = activity.select(units=np.flatnonzero(np.ptp(activity.values, axis=0) > 0))
            found = ictal.measure(live, list(sample_measures()))
            for name in sample_measures():
                mine = value(run, f"hidden.{layer}.relu_{when}_test", name)
                assert mine.shape == (1,)
                assert mine[0] == pytest.approx(found.value(name), rel=1e-9), (when, layer, name)
    shuffled = value(run, "hidden.0.relu_pre_test", "batch_phase_sync", "after shuffle")
    assert np.isfinite(shuffled).all()


def test_pre_is_the_input_of_an_activation_and_post_its_output(data):
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.ReLU())
    recorder = LayerSynchrony(data, sets="test", **CHEAP)
    recorder(0, model)
    with torch.no_grad():
        pre = model[:2](torch.tensor(recorder.probes["test"].inputs)).numpy()
    for when, x in (("pre", pre), ("post", np.maximum(pre, 0))):
        alone = Recording(x, dt=1.0, clock="sample", quantity="activation", unit="1")
        assert value(recorder.run(), f"2_{when}_test", "si_3")[0] == pytest.approx(
            ictal.measure(alone, "si_3").value("si_3"), rel=1e-9
        )


def test_sets_have_the_same_number_of_samples_and_layers_of_units(data):
    recorder = LayerSynchrony(data, n_probe=1000, measures="si_3", nulls=0)
    assert [len(p.inputs) for p in recorder.probes.values()] == [200, 200]
    recorder(0, network(data, (24, 16)))
    for entry in recorder.run().values():
        assert (entry.source["probe"]["n_samples"], entry.source["probe"]["most_units"]) == (200, 16)
    for probe in recorder.probes.values():
        shares = np.bincount(probe.classes, minlength=10) / 200
        assert np.abs(shares - 0.1).max() < 0.02
    few = LayerSynchrony(data, measures="si_3", nulls=0, max_units=5)
    few(0, network(data, (24, 16)))
    assert few.run().recording("hidden.0.relu_post_test").source["probe"]["most_units"] == 5
    again = LayerSynchrony(data, n_probe=50, nulls=0)
    np.testing.assert_array_equal(again.probes["test"].inputs, LayerSynchrony(data, n_probe=50).probes["test"].inputs)
    other = LayerSynchrony(data, n_probe=50, nulls=0, seed=1)
    assert not np.array_equal(again.probes["test"].inputs, other.probes["test"].inputs)


def test_the_class_of_the_training_set_is_the_true_or_the_trained_one(data):
    clean, noisy = (LayerSynchrony(data, n_probe=200, labels=kind, nulls=0) for kind in ("clean", "noisy"))
    np.testing.assert_array_equal(clean.probes["train"].classes, data.y_train_clean)
    np.testing.assert_array_equal(noisy.probes["train"].classes, data.y_train)
    np.testing.assert_array_equal(clean.probes["test"].classes, noisy.probes["test"].classes)
    assert (clean.probes["train"].classes != noisy.probes["train"].classes).sum() == 80


def test_validation_images_are_a_set_like_the_others():
    apart = load_data("digits", n_train=200, n_val=40)
    recorder = LayerSynchrony(apart, sets=("test", "val"), measures="si_3", nulls=0)
    assert list(recorder.probes) == ["val", "test"]
    assert {len(p.inputs) for p in recorder.probes.values()} == {40}


class Half(nn.Module):
    """32 units, of which the first `dead` never vary."""

    def __init__(self, dead):
        super().__init__()
        self.linear, self.tanh, self.dead = nn.Linear(64, 32), nn.Tanh(), dead
        nn.init.normal_(self.linear.weight, generator=torch.Generator().manual_seed(0))
        nn.init.zeros_(self.linear.bias)

    def forward(self, x):
        y = self.linear(x.flatten(1))
        return self.tanh(torch.where(torch.arange(32) < self.dead, torch.full_like(y, -1.0), y))


def test_a_unit_that_dies_is_replaced_and_counted(data):
    recorder = LayerSynchrony(data, "tanh", sets="test", when="post", max_units=16, **CHEAP)
    for step, dead in enumerate((0, 8, 16, 24, 31, 32)):
        recorder(step, Half(dead))
    run = recorder.run()
    (entry,) = run
    np.testing.assert_allclose(value(run, entry, "live_share"), 1 - np.array([0, 8, 16, 24, 31, 32]) / 32)
    np.testing.assert_array_equal(value(run, entry, "n_units"), [16, 16, 16, 8, 1, 16])  # none varies: any 16
    np.testing.assert_array_equal(layer_synchrony(run, "si_3").n_units[:, 0], value(run, entry, "n_units"))
    defined = np.isfinite(value(run, entry, "si_3"))
    assert defined.tolist() == [True] * 4 + [False] * 2
    assert value(run, entry, "amplitude")[5] == pytest.approx(math.tanh(1.0)), "of 16 dead units at tanh(−1)"
    why = run[entry].source["probe"]["undefined"]["si_3"]
    assert why == "at step 4: needs at least 2 units that vary; 1 of 1 units vary"
    assert np.isfinite(run.recording(entry).values).all()
    with torch.no_grad():
        x = Half(16)(torch.tensor(recorder.probes["test"].inputs)).numpy()[:, 16:]
    alone = Recording(x, dt=1.0, clock="sample", quantity="activation", unit="1")
    assert value(run, entry, "si_3")[2] == pytest.approx(ictal.measure(alone, "si_3").value("si_3"), rel=1e-9)


def test_nulls_are_those_of_null_test():
    rng = np.random.default_rng(0)
    classes = np.arange(80) % 4
    x = rng.normal(size=(80, 6)) + rng.normal(size=(80, 1)) + rng.normal(size=(4, 6))[classes]
    data = Recording(x, 1.0, "sample", "activation", "1", time_labels={"class": classes})
    rows = LayerMeasures(FEW, None, 199)
    row = dict(zip([c.label for c in rows.columns], rows(data, 1.0, surrogates=True, seed=3).values, strict=True))
    for name in FEW:
        for kind in ("permute", "permute_within_class"):
            if kind not in get(name).nulls:
                assert f"{name}, p ({kind})" not in row
                continue
            test = null_test(get(name), data, kind=kind, seed=3)
            found = [row[f"{name}, {s} ({kind})"] for s in ("null mean", "null sd", "null low", "null high", "p")]
            assert found == pytest.approx([test.mean, test.values.std(), test.lo, test.hi, test.p], rel=1e-9)
            assert row[name] == pytest.approx(test.observed, rel=1e-9)
    assert row["within_class_si, p (permute_within_class)"] == 0.005


@pytest.mark.slow
def test_p_is_as_small_as_it_says_where_units_know_nothing_of_each_other():
    """Free p of independent units, and within-class p of units that share only their class: 5 of 100 below 0.05."""
    rows = LayerMeasures(("si_3", "chi_c", "within_class_si"), None, 199)
    labels = [c.label for c in rows.columns]
    p = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        classes = np.arange(60) % 3
        private = rng.normal(size=(60, 6))
        driven = private + 2 * rng.normal(size=(3, 6))[classes]
        found = []
        for x in (private, driven):
            data = Recording(x, 1.0, "sample", "activation", "1", time_labels={"class": classes})
            found.append(dict(zip(labels, rows(data, 1.0, surrogates=True, seed=seed).values, strict=True)))
        p.append(
            [found[0][f"{name}, p (permute)"] for name in ("si_3", "chi_c")]
            + [found[1][f"{name}, p (permute_within_class)"] for name in ("si_3", "chi_c", "within_class_si")]
            + [found[1]["si_3, p (permute)"]]
        )
    rates = (np.array(p) <= 0.05).mean(axis=0)
    assert (rates[:5] > 0.01).all()
    assert (rates[:5] < 0.1).all()  # 0.05 ± 0.015
    assert rates[5] > 0.95  # the class is there


def test_surrogates_are_drawn_at_the_first_record_and_in_finish(trained):
    for entry in ("hidden.0.relu_pre_train", "hidden.1.relu_post_test"):
        drawn = np.isfinite(value(trained, entry, "si_3", "p", "permute"))
        assert drawn.tolist() == [True, False, False, False, True]
        assert np.isfinite(value(trained, entry, "si_3")).all()
        p = value(trained, entry, "si_3", "p", "permute")[[0, -1]]
        assert (p == 0.005).all()  # units answer to the same images
        null = value(trained, entry, "si_3", "null mean", "permute")[0]
        assert null == pytest.approx(np.sqrt(2 / (np.pi * 199)), rel=0.1)  # the floor of 200 samples
        low, high = (value(trained, entry, "si_3", f"null {s}", "permute")[0] for s in ("low", "high"))
        assert low < null < high


def test_at_and_nulls_at_choose_records(data):
    model = network(data)
    recorder = LayerSynchrony(data, sets="test", when="post", measures="si_3", n_probe=60, at=[0, 20], nulls_at=[20])
    for step in (0, 10, 20, 30):
        recorder(step, model)
    entry = "hidden.0.relu_post_test"
    run = recorder.run()
    assert np.isfinite(value(run, entry, "si_3")).tolist() == [True, False, True, False]
    assert np.isfinite(value(run, entry, "si_3", "p", "permute")).tolist() == [False, False, True, False]
    recorder.finish(model, 10)
    assert np.isfinite(value(recorder.run(), entry, "si_3", "p", "permute")).tolist() == [False, True, True, False]
    assert run.recording(entry).times.tolist() == [0, 10, 20, 30]
    missed = LayerSynchrony(data, measures="si_3", n_probe=60, nulls=0, at=[0, 15])
    for step in (0, 10, 20):
        missed(step, model)
    with pytest.raises(InputError, match=r"LayerSynchrony.at: 15 was no record; records were 0, 10, 20"):
        missed.run()


def test_records_that_are_not_evenly_spaced_lie_on_a_grid_or_are_refused(data):
    recorder = LayerSynchrony(data, measures="si_3", n_probe=60, nulls=0)
    for step in (0, 10, 25):
        recorder(step, network(data))
    record = recorder.run().recording("hidden.0.relu_post_test")
    assert record.times.tolist() == [0, 5, 10, 15, 20, 25]
    assert np.isfinite(value(recorder.run(), "hidden.0.relu_post_test", "si_3")).tolist() == [1, 0, 1, 0, 0, 1]
    recorder(100_003, network(data))
    with pytest.raises(InputError, match="evenly spaced"):
        recorder.run()


def logged(*steps):
    """A log of the number of the step in two layers."""
    log = TrainingLog((Column("si_3", "value", "", "1"),), {"seed": 0}, layers=("a", "ab"), most_units={"post": 3})
    log.kinds = {"a post": "unit", "ab post": "channel"}
    for step in steps:
        log.advance(step)
        for layer in log.layers:
            log.rows.setdefault((layer, "post", "test"), {})[step] = np.array([float(step)])
    return log


def test_a_log_lies_on_a_grid_of_at_most_fifty_rows_a_record():
    entry = logged(0, 1, 149).recordings(None)["a_post_test"]
    assert (entry.n_times, entry.valid.sum(), entry.values[149, 0]) == (150, 3, 149)
    with pytest.raises(InputError, match="evenly spaced, or nearly so; got 0, 1, 150"):
        logged(0, 1, 150).recordings(None)
    assert logged(0, 10, 20).recordings(None)["a_post_test"].valid is None
    assert logged(*range(6)).in_words() == "0, 1, 2, 3, 4, 5"
    assert logged(*range(7)).in_words() == "0, 1, 2, 3, 4, 5 … 6"
    with pytest.raises(InputError, match="steps must rise; got 5 after 10"):
        logged(0, 10, 5)


def test_a_log_goes_on_with_the_reasons_of_each_layer():
    log, again = logged(0, 10), logged()
    log.undefined = {"a post test si_3": "step 0: dead", "ab post test si_3": "step 10: odd"}
    again.load_state_dict(log.state_dict())
    for found in (log, again):
        about = {name: entry.source["probe"] for name, entry in found.recordings(None).items()}
        assert about["a_post_test"]["undefined"] == {"si_3": "step 0: dead"}
        assert about["ab_post_test"]["undefined"] == {"si_3": "step 10: odd"}
        assert [probe["depth"] for probe in about.values()] == [0, 1]
    again.rows["a", "post", "test"][0][:] = 7
    assert log.rows["a", "post", "test"][0] == 0


def test_measuring_changes_nothing_else(data):
    model = network(data)
    model.train()
    model.hidden[0].eval()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    torch.manual_seed(5)
    state, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    recorder = LayerSynchrony(data, measures=FEW, n_probe=60)
    recorder(0, model)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], numbers)  # noqa: NPY002
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert (model.training, model.hidden[0].training) == (True, False)
    assert all(p.grad is None for p in model.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_a_training_that_is_measured_is_the_same_training(data, trained):
    plain, model = network(data), network(data)
    train(plain, data, HOW, seed=0)
    train(model, data, HOW, seed=0, on_record=LayerSynchrony(data, **CHEAP))
    for a, b in zip(plain.parameters(), model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_recorder_goes_on_from_its_state_to_the_same_bits(data, tmp_path):
    models = [network(data, seed=seed) for seed in range(4)]
    whole, first, second = (LayerSynchrony(data, measures=FEW, n_probe=60, nulls_at=[0, 20]) for _ in range(3))
    for step, model in enumerate(models):
        whole(10 * step, model)
    for step, model in enumerate(models[:2]):
        first(10 * step, model)
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    for step, model in enumerate(models[2:], 2):
        second(10 * step, model)
    runs = whole.run(), second.run()
    assert list(runs[0]) == list(runs[1])
    for name in runs[0]:
        np.testing.assert_array_equal(runs[0].recording(name).values, runs[1].recording(name).values)
        np.testing.assert_array_equal(runs[0].recording(name).valid, runs[1].recording(name).valid)
    assert whole.latest() == second.latest()
    for name, unlike in {
        "measures": LayerSynchrony(data, measures="si_3", n_probe=60),
        "images": LayerSynchrony(data, measures=FEW, n_probe=61),
        "max_units": LayerSynchrony(data, measures=FEW, n_probe=60, max_units=9),
    }.items():
        with pytest.raises(InputError, match=f"LayerSynchrony.{name}: must be that of the checkpoint"):
            unlike.load_state_dict(first.state_dict())


def test_what_is_stored_comes_back_and_is_read_as_trajectories(trained, tmp_path):
    loaded = ictal.load(ictal.save(trained, tmp_path / "run.h5"))
    assert list(loaded) == list(trained)
    assert parts(loaded) == [("pre", "train"), ("pre", "test"), ("post", "train"), ("post", "test")]
    for when, of in parts(loaded):
        found = layer_synchrony(loaded, "si_3", when=when, of=of)
        assert found.layers == ("hidden.0.relu", "hidden.1.relu")
        assert (found.clock, found.times.tolist()) == ("step", [0, 5, 10, 15, 20])
        for at, layer in enumerate(found.layers):
            np.testing.assert_array_equal(found.values[:, at], value(trained, f"{layer}_{when}_{of}", "si_3"))
            mine = value(trained, f"{layer}_{when}_{of}", "si_3", "null high", "permute_within_class")
            np.testing.assert_array_equal(found.nulls["permute_within_class"].high[:, at], mine)
        assert list(found.nulls) == ["permute", "permute_within_class"]
        assert found.measured.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(InputError, match="unknown measure over training 'si_4'; did you mean 'si_3'"):
        layer_synchrony(loaded, "si_4")
    with pytest.raises(InputError, match="unknown set of synchrony over training 'val'"):
        layer_synchrony(loaded, "si_3", of="val")
    with pytest.raises(InputError, match="holds no synchrony over training"):
        layer_synchrony(ictal.Run({"history": loaded["history"]}), "si_3")


def test_synchrony_over_training_is_not_measured_as_activity(trained):
    assert not is_synchrony(trained["history"])
    samples = Recording(np.random.default_rng(0).normal(size=(50, 4)), 1.0, "sample", "activation", "1")
    found = ictal.measure(ictal.Run({**trained, "samples": samples}), "si_3")
    assert [row.entry for row in found.rows] == ["samples"]
    json.dumps({name: dict(entry.source) for name, entry in trained.items()})


def test_cka_between_layers_is_that_of_their_activations(data):
    model = network(data, (16, 16, 16))
    recorder = LayerSynchrony(data, "hidden.*.linear", sets="test", when="post", measures="si_3", n_probe=80)
    recorder(0, model)
    recorder(10, model)
    found = layer_similarity(recorder.run(), of="test")
    there = record_samples(model, recorder.probes["test"].inputs, ["hidden.*.linear"])
    expected = cka_matrix([there.recording(f"hidden.{k}.linear").values for k in range(3)])
    np.testing.assert_allclose(found.matrices[0], expected, rtol=1e-9)
    assert np.isnan(found.matrices[1]).all()  # no surrogates there, so no CKA
    assert found.layers == tuple(f"hidden.{k}.linear" for k in range(3))


def test_a_layer_in_which_one_sample_drives_one_unit_spoils_no_other_pair():
    rng = np.random.default_rng(0)
    lone = np.zeros((40, 5))
    lone[7, 2] = 1.0
    layers = [Recording(x, 1.0, "sample", "activation", "1") for x in (*rng.normal(size=(3, 40, 5)), lone)]
    found = _similarities(layers)
    pairs = list(zip(*np.triu_indices(4, 1), strict=True))
    assert [bool(np.isnan(value)) for value in found] == [3 in pair for pair in pairs]
    want = cka_matrix([layer.numpy() for layer in layers[:3]])
    kept = [value for value, pair in zip(found, pairs, strict=True) if 3 not in pair]
    np.testing.assert_allclose(kept, want[np.triu_indices(3, 1)])


class Rows3(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.readout = nn.GRU(8, 12, batch_first=True), nn.Linear(12, 10)

    def forward(self, x):
        return self.readout(self.gru(x)[0][:, -1])


def test_any_module_can_be_measured(data):
    torch.manual_seed(0)
    conv = nn.Sequential(nn.Unflatten(1, (1, 8)), nn.Conv2d(1, 6, 3), nn.GELU(), nn.Flatten(), nn.Linear(216, 10))
    for model, layer, n_units, unit in (
        (conv, "2", 6, "channel mean"),
        (Rows3(), "gru", 12, "sequence, last time point"),
    ):
        recorder = LayerSynchrony(data, sets="test", when="post", **CHEAP)
        recorder(0, model)
        about = recorder.run().recording(f"{layer}_post_test").source["probe"]
        assert (about["most_units"], about["what_a_unit_is"]) == (n_units, unit)
    with torch.no_grad():
        last = model.gru(torch.tensor(recorder.probes["test"].inputs))[0][:, -1].numpy()
    alone = Recording(last, dt=1.0, clock="sample", quantity="activation", unit="1")
    assert recorder.latest()["si_3"] == pytest.approx(ictal.measure(alone, "si_3").value("si_3"), rel=1e-6)


def test_latest_is_the_mean_over_layers_of_the_last_record(data):
    recorder = LayerSynchrony(data, **CHEAP)
    assert recorder.columns() == ("si_3", "chi_c", "class_share", "within_class_si")
    assert recorder.latest() == {}
    recorder(0, network(data, seed=1))
    recorder(5, network(data, seed=2))
    last = [value(recorder.run(), f"hidden.{k}.relu_post_test", "chi_c")[-1] for k in range(2)]
    assert recorder.latest()["chi_c"] == pytest.approx(np.mean(last))
    assert tuple(recorder.latest()) == recorder.columns()
    assert LayerSynchrony(data, nulls=0).columns()[0] == "si_3"


REFUSED = [
    ({"sets": ("test", "tset")}, "unknown LayerSynchrony.sets 'tset'; did you mean 'test'?"),
    ({"sets": ()}, "LayerSynchrony.sets: must name at least one of train, val, test; got none"),
    ({"sets": "val"}, "LayerSynchrony.sets: 'val' must have at least 8 images; got 0; set some apart"),
    ({"when": "during"}, "unknown LayerSynchrony.when 'during'"),
    ({"n_probe": 5}, "LayerSynchrony.n_probe: must be >= 8; got 5"),
    ({"max_units": 1}, "LayerSynchrony.max_units: must be >= 2; got 1"),
    ({"nulls": 100}, "LayerSynchrony.nulls: must be 0 or at least 199; got 100"),
    ({"nulled": ["si_3"], "measures": "chi_c"}, "LayerSynchrony.nulled: must be among the measures; got 'si_3'"),
    ({"measures": "si_4"}, "unknown measure 'si_4'; did you mean"),
    ({"measures": "kuramoto_r1"}, "LayerSynchrony.measures: kuramoto_r1 needs an ordered time axis"),
    ({"measures": "cv_isi"}, "LayerSynchrony.measures: cv_isi needs spike trains"),
    ({"at": [-1]}, "LayerSynchrony.at: must be >= 0; got -1"),
    ({"labels": "true"}, "unknown LayerSynchrony.labels 'true'"),
    ({"layers": ()}, "Layers.patterns: must name at least one module; got none"),
    ({"units": "neuron"}, "unknown Layers.units 'neuron'"),
    ({"seed": -1}, "LayerSynchrony.seed: must be >= 0; got -1"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line(data, arguments, message):
    with pytest.raises(InputError) as caught:
        LayerSynchrony(data, **arguments)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_measured_is_refused_in_one_line(data):
    with pytest.raises(InputError, match="nothing was measured yet"):
        LayerSynchrony(data).recordings()
    with pytest.raises(InputError, match=r"no module matches 'relu'; modules: standardise, hidden, hidden.0"):
        LayerSynchrony(data, "relu")(0, network(data))
    with pytest.raises(InputError, match=r"layers: 1 has 1 unit \(post\); synchrony needs at least 2"):
        LayerSynchrony(data, "1", when="post", nulls=0)(0, nn.Sequential(nn.Flatten(), nn.Linear(64, 1)))
    recorder = LayerSynchrony(data, **CHEAP)
    recorder(10, network(data))
    with pytest.raises(InputError, match="steps must rise; got 5 after 10"):
        recorder(5, network(data))
    with pytest.raises(InputError, match=r"finish: step must be that of a record, 10; got 7"):
        recorder.finish(network(data), 7)
    with pytest.raises(InputError, match=r"must meet the layers hidden.0.relu, hidden.1.relu at every record"):
        recorder(20, network(data, (24, 16, 8)))
    broken = network(data)
    with torch.no_grad():
        broken.hidden[0].linear.weight.fill_(float("nan"))
    with pytest.raises(InputError, match=r"activations of hidden.0.relu on the train set must be finite"):
        LayerSynchrony(data, **CHEAP)(0, broken)


# Figures


@pytest.fixture(scope="module")
def long_run():
    """Enough records for transfer, enough layers to be numbered: made up, as the recorder stores them."""
    data = load_data("digits", n_train=60)
    recorder = LayerSynchrony(data, measures=("si_3",), n_probe=30, nulls=0)
    model = network(data, (6,) * 9)
    rng = np.random.default_rng(0)
    for step in range(40):
        with torch.no_grad():
            for p in model.parameters():
                p.add_(torch.tensor(0.05 * rng.normal(size=p.shape), dtype=p.dtype))
        recorder(10 * step, model)
    recorder.nulls_at = None
    return recorder.run()


@pytest.fixture(scope="module")
def drawn(trained, long_run):
    return [*drawings_of_run(trained), *drawings_of_run(long_run)]


def test_a_training_gives_its_figures(trained, long_run):
    names = list(trained.drawings())
    for when in ("pre", "post"):
        for measure in FEW:
            assert {f"synchrony/{measure}/{when}-test", f"depth/{measure}/{when}-test"} <= set(names)
        assert f"cka/{when}-test" in names
    for when in ("pre", "post"):  # drawn where a unit ever died
        died = layer_synchrony(trained, "live_share", when=when).values.min() < 1
        assert (f"synchrony/live_share/{when}-test" in names) == died
    of_history = [n.removeprefix("history/history/") for n in names if n.startswith("history")]
    assert of_history == ["loss", "accuracy", "gap", "test_confidence", "weight_norm"]
    assert not any(n.startswith("transfer") for n in names)  # five records are too few
    names = list(long_run.drawings())
    assert {"transfer/si_3/pre-test", "transfer/si_3/post-test"} <= set(names)
    assert not any(n.startswith("history") for n in names)
    assert not any(n.startswith("synchrony") for n in ictal.Run({"history": trained["history"]}).drawings())


def test_figures_draw_what_is_stored(trained):
    found = layer_synchrony(trained, "si_3", when="post", of="test")
    figure = trained.drawings()["synchrony/si_3/post-test"].figure
    accuracy, below = figure.axes
    for at in range(2):
        np.testing.assert_array_equal(below.lines[2 * at].get_ydata(), found.values[:, at])
        within = found.nulls["permute_within_class"].mean[[0, -1], at]
        np.testing.assert_array_equal(below.lines[2 * at + 1].get_ydata(), within)
    band = below.collections[0].get_paths()[0].vertices[:, 1]
    free = found.nulls["permute"]
    assert (band.min(), band.max()) == (np.nanmin(free.low), np.nanmax(free.high))
    history = trained.recording("history")
    metrics = list(history.unit_labels["metric"])
    np.testing.assert_array_equal(accuracy.lines[0].get_ydata(), history.values[:, metrics.index("train_accuracy")])
    depth = trained.drawings()["depth/si_3/post-test"].figure.axes[0]
    solid = [line for line in depth.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(solid[-1].get_ydata(), found.values[-1])
    train_set = layer_synchrony(trained, "si_3", when="post", of="train")
    (dashed,) = [line for line in depth.lines if line.get_marker() == "s"]
    np.testing.assert_array_equal(dashed.get_ydata(), train_set.values[-1])


def test_figures_are_legible_whole_and_say_what_they_show(drawn):
    for drawing in drawn:
        figure = drawing.figure
        figure.draw_without_rendering()
        width, height = figure.get_size_inches()
        assert width == SIZE[0]
        assert SIZE[1] - 0.01 <= height <= 5.0
        for text in figure.findobj(lambda a: isinstance(a, matplotlib.text.Text) and a.get_visible()):
            assert not text.get_text().strip() or text.get_fontsize() >= 8
        for axes in figure.axes:
            assert axes.get_ylabel(), drawing.name
            assert axes.get_window_extent().height > 0.2 * figure.bbox.height, drawing.name
        for legend in figure.legends:
            extent = legend.get_window_extent()
            assert min(extent.x0, extent.y0) >= -1
            assert extent.x1 <= figure.bbox.x1 + 1
            for axes in figure.axes:
                assert not extent.overlaps(axes.get_window_extent()), drawing.name
        assert drawing.caption.endswith(".")
        assert "nan" not in f"{drawing.caption} {drawing.alt}".lower().split()
        assert len(drawing.alt) > 10


def test_captions_name_surrogates_and_numbered_layers(drawn):
    captions = {drawing.name: drawing.caption for drawing in drawn}
    named = captions["synchrony/within_class_si/post-test"]
    assert "200 samples, 14 to 16 units a layer. Surrogates at step 0, 20; diamonds" in named
    assert "Layers: 1 hidden.0.relu, 2 hidden.1.relu" in captions["transfer/si_3/post-test"]
    assert "Holm-corrected p ≤ 0.05 against" in captions["transfer/si_3/post-test"]


def test_plot_draws_a_stored_training_twice_to_the_same_bytes(trained, tmp_path):
    from ictal.cli import app

    kept = [name for name in trained if name == "history" or name.endswith("_post_test")]
    run = ictal.Run({name: trained[name] for name in kept}, trained.source)
    path = ictal.save(run, tmp_path / "run.h5")
    once, again = run.drawings(), ictal.load(path).drawings()
    for name in ("synchrony/si_3/post-test", "depth/si_3/post-test", "cka/post-test"):
        assert to_png(once[name].figure) == to_png(again[name].figure)
    done = CliRunner().invoke(app, ["plot", str(path), "--all", "-o", str(tmp_path / "figures"), "--quiet"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "figures" / "synchrony-si_3-post-test.png").exists()


def test_the_example_of_the_docs_runs(tmp_path, monkeypatch, capsys):
    page = (Path(__file__).resolve().parents[2] / "docs" / "synchrony_of_training.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.S)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "synchrony_of_training.md", "exec"), {})
    assert (tmp_path / "overfit.h5").exists()
    assert "p =" in capsys.readouterr().out
