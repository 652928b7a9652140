import json

import numpy as np
import pytest
import torch
from torch.nn import functional

from ictal.models import METRICS, MLP, Classifier, Training, evaluate, load_data, train
from ictal.simulator import InputError, Recording

QUICK = Classifier(n_train=200, hidden=(32, 16), steps=60, every=10, n_probe=50, frames=6)


@pytest.fixture(scope="module")
def data():
    return load_data("digits", n_train=200)


def network(data, seed=0, hidden=(32,)):
    return MLP.for_data(data, hidden, generator=torch.Generator().manual_seed(seed))


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_the_mlp_is_the_formula_and_leaves_the_global_generator_alone(data):
    before = torch.get_rng_state()
    model = network(data, hidden=(32, 16))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(weights(model), weights(network(data, hidden=(32, 16))))
    assert not torch.equal(weights(model), weights(network(data, seed=1, hidden=(32, 16))))
    names = dict(model.named_modules())
    assert {"hidden.0.linear", "hidden.0.relu", "hidden.1.linear", "hidden.1.relu", "readout"} <= set(names)
    x = torch.tensor(data.x_train).flatten(1)
    h = (x - x.double().mean().float()) / x.double().std(correction=0).float()
    for k in (0, 1):
        layer = names[f"hidden.{k}.linear"]
        h = (h @ layer.weight.T + layer.bias).clamp(min=0)
    want = h @ model.readout.weight.T + model.readout.bias
    torch.testing.assert_close(model(torch.tensor(data.x_train)), want, rtol=1e-5, atol=1e-5)
    bound = (6 / 64) ** 0.5
    assert 0.9 * bound < float(names["hidden.0.linear"].weight.detach().abs().max()) <= bound
    with pytest.raises(InputError, match="must have 64 pixels; got 63"):
        model(torch.zeros(2, 63))
    with pytest.raises(InputError, match="MLP"):
        MLP(64, (0,), 10, generator=torch.Generator())


def test_the_same_seed_gives_the_same_bits_whatever_the_global_state(data):
    runs = []
    for state, seed in ((1, 0), (2, 0), (1, 1)):
        torch.manual_seed(state)
        model = network(data)
        before, threads = torch.get_rng_state(), torch.get_num_threads()
        history = train(model, data, Training(steps=30, every=10), seed=seed)
        assert torch.equal(before, torch.get_rng_state())
        assert torch.get_num_threads() == threads
        runs.append((weights(model), history.values))
    assert torch.equal(runs[0][0], runs[1][0])
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    assert not torch.equal(runs[0][0], runs[2][0])


def test_one_step_of_sgd_is_the_gradient(data):
    model, reference = network(data), network(data)
    train(model, data, Training(steps=1, batch_size=200, learning_rate=0.1, optimiser="sgd"), seed=0)
    functional.cross_entropy(reference(torch.tensor(data.x_train)), torch.tensor(data.y_train)).backward()
    want = torch.cat([(p - 0.1 * p.grad).detach().flatten() for p in reference.parameters()])
    torch.testing.assert_close(weights(model), want, rtol=0, atol=1e-6)


def test_the_history_counts_epochs_or_steps(data):
    seen, done = [], []
    model = network(data).eval()
    history = train(
        model,
        data,
        Training(epochs=3, batch_size=64),
        seed=0,
        on_record=lambda step, _: seen.append(step),
        progress=lambda *at: done.append(at),
    )
    assert not model.training
    assert seen == history.steps.tolist() == [0, 4, 8, 12]
    assert done == [(step, 12) for step in range(13)]
    record = history.recording()
    assert (record.clock, record.dt, record.n_times) == ("epoch", 1.0, 4)
    assert tuple(record.unit_labels["metric"]) == METRICS
    loss, accuracy = evaluate(model, torch.tensor(data.x_train), torch.tensor(data.y_train))
    assert history.final()["train_loss"] == loss
    assert history["train_accuracy"][-1] == accuracy
    np.testing.assert_array_equal(history["gap"], history["train_accuracy"] - history["test_accuracy"])
    by_step = train(network(data), data, Training(steps=12, every=4, batch_size=64), seed=0)
    assert (by_step.clock, by_step.dt) == ("step", 4.0)
    np.testing.assert_array_equal(by_step.values, history.values)
    assert len(train(network(data), data, Training(steps=250), seed=0).steps) == 1 + 50


def test_a_loss_that_is_not_finite_names_its_step_and_epoch(data):
    threads = torch.get_num_threads()
    with pytest.raises(
        InputError, match=r"the loss is (nan|inf) at step \d+ \(epoch \d+\); lower learning_rate=1e\+30"
    ):
        train(network(data), data, Training(steps=20, learning_rate=1e30, optimiser="sgd"), seed=0)
    assert torch.get_num_threads() == threads


def test_a_classifier_of_few_images_takes_full_batches():
    few = Classifier(n_train=50, hidden=(8,), steps=2, every=1)
    model, history = few.fit(0)
    again, _ = Classifier(n_train=50, hidden=(8,), steps=2, every=1, batch_size=50).fit(0)
    assert torch.equal(weights(model), weights(again))
    assert len(history.steps) == 3


def test_a_run_of_the_classifier_holds_samples_loop_steps_and_history():
    done = []
    run = QUICK.record(0, progress=lambda *at: done.append(at))
    layers = ["hidden.0.linear", "hidden.1.linear"]
    assert list(run) == [f"{name}_{kind}" for kind in ("samples", "loop", "steps") for name in layers] + ["history"]
    assert done[-1] == (60, 60)
    shapes = {"samples": (50, 16), "loop": (48, 16), "steps": (8, 7, 16)}
    clocks = {"samples": "sample", "loop": "frame", "steps": "step"}
    for kind, shape in shapes.items():
        record = run.recording(f"hidden.1.linear_{kind}")
        assert (record.values.shape, record.clock, record.periodic) == (shape, clocks[kind], kind == "loop")
        assert (record.values < 0).any()
        assert record.source["system"] == "classifier"
    assert set(run.recording("hidden.0.linear_samples").time_labels["class"]) == set(range(10))
    stimuli = run.recording("hidden.0.linear_steps").source["probe"]["stimulus_class"]
    assert len(set(stimuli)) == 8
    loop = run.recording("hidden.1.linear_loop")
    np.testing.assert_array_equal(loop.time_labels["class"][::6], stimuli)
    np.testing.assert_allclose(
        loop.values[::6], run.recording("hidden.1.linear_steps").values[:, -1], rtol=0, atol=1e-5
    )
    assert run.recording("history").dt == 10
    source = json.loads(json.dumps(dict(run.source)))
    assert source["parameters"]["label_noise"] == 0.0
    assert (source["seed"], source["engine"]) == (0, "torch")
    assert "torch" in source["versions"]
    assert Classifier(**source["parameters"]) == QUICK


def test_a_record_is_seeded_and_its_stimuli_are_the_same_in_every_condition():
    a, b, other = QUICK.record(1), QUICK.record(1), QUICK.record(2)
    for name, record in a.items():
        assert isinstance(record, Recording)
        np.testing.assert_array_equal(record.values, b.recording(name).values)
        assert not np.array_equal(record.values, other.recording(name).values)
    noisy = Classifier(**{**dict(a.source["parameters"]), "label_noise": 0.4}).record(1)
    name = "hidden.0.linear_steps"
    np.testing.assert_array_equal(noisy.recording(name).values[:, 0], a.recording(name).values[:, 0])
    samples = "hidden.0.linear_samples"
    np.testing.assert_array_equal(
        noisy.recording(samples).time_labels["class"], a.recording(samples).time_labels["class"]
    )


def test_fit_overfit_and_memorise_at_the_same_number_of_steps():
    ends = {}
    for name, fields in (("fits", {}), ("few", {"n_train": 50}), ("noisy", {"label_noise": 0.4})):
        _, history = Classifier(**fields).fit(0)
        assert history.steps[-1] == 1000
        ends[name] = history.final()
        assert ends[name]["train_accuracy"] > 0.99
    assert ends["fits"]["test_accuracy"] > 0.95
    assert 0.7 < ends["few"]["test_accuracy"] < 0.93
    assert 0.5 < ends["noisy"]["test_accuracy"] < 0.8
    assert ends["noisy"]["gap"] > ends["few"]["gap"] > ends["fits"]["gap"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (dict(hidden=()), "hidden"),
        (dict(hidden=(8, 0)), r"Classifier\.hidden: must be >= 1; got \(8, 0\)"),
        (dict(n_stimuli=1), "n_stimuli: must be >= 2; got 1"),
        (dict(steps=10, every=3), "every"),
        (dict(n_probe=450), r"n_probe: .* 449"),
        (dict(layers=("relu",)), "no module matches 'relu'"),
        (dict(label_noise=2.0), "label_noise"),
        (dict(data="nothing"), "known: digits"),
    ],
)
def test_fields_that_cannot_be(fields, message):
    with pytest.raises(InputError, match=message):
        Classifier(**fields).record(0)
    with pytest.raises(InputError, match="seed"):
        QUICK.record(-1)
