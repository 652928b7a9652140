import copy
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ictal.models import Layers, Probe, StepRecorder, morph_loop, record_loop, record_samples
from ictal.simulator import InputError


def seeded(module):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.randn(p.shape, generator=generator) / 3)
    return module


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.act = nn.Linear(4, 6), nn.Linear(6, 3), nn.ReLU()

    def forward(self, x):
        return self.act(self.b(self.act(self.a(x))))


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 6), nn.Linear(6, 3)

    def forward(self, x):
        return self.second(functional.relu(self.first(x)))


def mlp():
    return seeded(nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 3)))


def test_samples_equal_a_manual_forward_pass_in_batches():
    model, x = mlp(), noise(10, 4)
    run = record_samples(model, x, "0", labels=np.arange(10) % 3, batch_size=4, source={"system": "s"})
    want = (torch.tensor(x) @ model[0].weight.T + model[0].bias).detach().numpy()
    record = run.recording("0")
    np.testing.assert_allclose(record.values, want, rtol=0, atol=1e-6)
    assert (record.clock, record.quantity, record.unit, record.values.dtype) == (
        "sample",
        "activation",
        "1",
        np.float32,
    )
    assert record.time_labels["class"].tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]
    assert set(record.unit_labels["layer"]) == {"0"}
    assert record.source["probe"] == {"layer": "0", "call": 0, "when": "post", "unit": "feature", "n_units": 6}
    assert run.source == {"system": "s"}


def test_pre_is_the_input_of_the_module():
    model, x = mlp(), noise(5, 4)
    pre = record_samples(model, x, Layers("1", when="pre")).recording("1").values
    post = record_samples(model, x, Layers("1")).recording("1").values
    np.testing.assert_array_equal(pre, record_samples(model, x, "0").recording("0").values)
    np.testing.assert_array_equal(post, np.maximum(pre, 0))
    assert (pre < 0).any()


def test_pre_is_the_input_by_whatever_name_it_comes():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 6)

        def forward(self, x):
            return self.layer(input=2 * x)

    model, x = Named(), noise(8, 4)
    np.testing.assert_array_equal(
        record_samples(model, x, Layers("layer", when="pre")).recording("layer").values, 2 * x
    )


@pytest.mark.parametrize("when", ["post", "pre"])
def test_a_model_is_copied_within_a_probe(when):
    model, x = seeded(nn.Sequential(nn.Linear(4, 6), nn.ReLU())), torch.tensor(noise(8, 4))
    with Probe(model, Layers("1", when=when)) as probe:
        twin = copy.deepcopy(model)
        model(x)
    assert probe.activities()["1"].values.shape == (8, 6)
    assert torch.equal(twin(x), model(x))


def test_every_layer_has_a_choice_of_its_own():
    layers = Layers("*", max_units=20)
    assert layers.choice("a", 100).tolist() != layers.choice("b", 100).tolist()
    assert layers.choice("a", 100).tolist() == layers.choice("a", 100).tolist()


def test_an_in_place_relu_does_not_reach_back_into_the_pre_activations():
    model = seeded(nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True)))
    run = record_samples(model, noise(8, 4), ["0", "1"])
    assert (run.recording("0").values < 0).any()
    np.testing.assert_array_equal(run.recording("1").values, np.maximum(run.recording("0").values, 0))
    before = record_samples(model, noise(8, 4), Layers("1", when="pre")).recording("1").values
    np.testing.assert_array_equal(before, run.recording("0").values)


def test_a_convolution_gives_channel_means_or_a_choice_of_channel_and_position():
    model, x = seeded(nn.Sequential(nn.Conv2d(2, 5, 3), nn.ReLU())), noise(7, 2, 8, 8)
    with torch.no_grad():
        out = model[0](torch.tensor(x)).numpy()
    mean = record_samples(model, x, "0").recording("0")
    np.testing.assert_allclose(mean.values, out.mean(axis=(2, 3)), atol=1e-6)
    assert mean.unit_labels["channel"].tolist() == [0, 1, 2, 3, 4]
    assert mean.source["probe"]["unit"] == "channel mean"
    chosen = record_samples(model, x, Layers("0", units="channel sampled", max_units=20)).recording("0")
    assert chosen.values.shape == (7, 20)
    c, p = chosen.unit_labels["channel"], chosen.unit_labels["position"]
    np.testing.assert_array_equal(chosen.values, out.reshape(7, 5, 36)[:, c, p])
    assert chosen.source["probe"]["n_units"] == 180
    one = seeded(nn.Sequential(nn.Conv1d(2, 5, 3)))
    assert record_samples(one, noise(7, 2, 9), "0").recording("0").values.shape == (7, 5)


@pytest.mark.parametrize("batch_first", [True, False])
def test_an_lstm_gives_its_output_sequence_on_an_ordered_axis(batch_first):
    model, x = seeded(nn.LSTM(3, 5, batch_first=batch_first)), noise(6, 9, 3)
    with torch.no_grad():
        out = model(torch.tensor(x))[0].numpy()
    if batch_first:
        record = record_samples(model, x, "LSTM", batch_size=4).recording("LSTM")
        np.testing.assert_allclose(record.values, out, rtol=0, atol=1e-6)
    else:
        with Probe(model, "LSTM") as probe:
            model(torch.tensor(x))
        np.testing.assert_array_equal(probe.activities()["LSTM"].values.numpy(), out.transpose(1, 0, 2))
        record = record_samples(nn.Sequential(model), x, "0", batch_size=6).recording("0")
        assert record.values.shape == (9, 6, 5)
    assert record.clock == "model"
    assert record.source["probe"]["unit"] == "sequence"


def test_the_calls_of_a_recurrent_cell_are_its_time():
    class Cell(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(3, 5)

        def forward(self, x):
            h = torch.zeros(len(x), 5)
            for t in range(x.shape[1]):
                h = self.cell(x[:, t], h)
            return h

    model, x = seeded(Cell()), noise(6, 9, 3)
    record = record_samples(model, x, "cell", batch_size=4).recording("cell")
    assert (record.values.shape, record.clock) == ((6, 9, 5), "model")
    np.testing.assert_allclose(record.values[:, -1], model(torch.tensor(x)).detach().numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("batch_first", [True, False])
def test_tokens_of_a_transformer(batch_first):
    layer = seeded(nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first)).eval()
    x = torch.tensor(noise(5, 7, 8) if batch_first else noise(7, 5, 8))
    with torch.no_grad():
        out = layer(x)
    out = (out if batch_first else out.transpose(0, 1)).numpy()
    name = "TransformerEncoderLayer"
    with Probe(layer, Layers([name, "self_attn", "linear1"], max_units=30, batch_first=batch_first)) as probe:
        layer(x)
    found = probe.activities()[name]
    assert found.about["unit"] == "token sampled"
    assert found.about["n_units"] == 56
    token, feature = found.unit_labels["token"], found.unit_labels["feature"]
    np.testing.assert_allclose(found.values.numpy(), out[:, token, feature], rtol=0, atol=1e-5)
    assert probe.activities()["self_attn"].values.shape == (5, 30)
    assert probe.activities()["linear1"].about["n_units"] == 7 * 16
    with Probe(layer, Layers(name, units={"Trans*": "token mean"}, batch_first=batch_first)) as probe:
        layer(x)
    np.testing.assert_allclose(probe.activities()[name].values.numpy(), out.mean(1), rtol=0, atol=1e-5)
    with Probe(layer, "self_attn.out_proj") as probe:
        layer(x)
    with pytest.raises(InputError, match="nothing was called"):
        probe.activities()


def test_a_module_called_twice_gives_both_calls():
    model, x = seeded(Twice()), noise(10, 4)
    run = record_samples(model, x, ["a", "b", "act"], batch_size=3)
    assert set(run) == {"a", "b", "act#0", "act#1"}
    np.testing.assert_array_equal(run.recording("act#0").values, np.maximum(run.recording("a").values, 0))
    np.testing.assert_array_equal(run.recording("act#1").values, np.maximum(run.recording("b").values, 0))
    assert run.recording("act#1").source["probe"]["call"] == 1


def test_calls_that_differ_between_passes_raise():
    class Sometimes(Twice):
        def forward(self, x):
            return self.act(self.a(x)) if len(x) == 2 else self.a(x)

    with pytest.raises(InputError, match="equally often"):
        record_samples(Sometimes(), noise(5, 4), "act", batch_size=3)
    with pytest.raises(InputError, match="nothing was called"):
        record_samples(Sometimes(), noise(5, 4), ["a", "b"])


def test_a_functional_relu_is_named_in_the_error():
    with pytest.raises(InputError, match=r"'\*relu\*'; modules: first, second\..*F\.relu.*nn\.ReLU") as error:
        record_samples(Functional(), noise(3, 4), "*relu*")
    assert "\n" not in str(error.value)


def test_hooks_are_gone_and_modes_are_back_after_leaving_and_after_an_error():
    model = mlp().train()
    model[1].eval()
    with Probe(model, "*") as probe:
        assert hooks(model) == 5
        assert not any(m.training for m in model.modules())
        assert not torch.is_grad_enabled()
        model(torch.zeros(2, 4))
    assert len(probe.activities()) == 4
    with pytest.raises(RuntimeError), Probe(model, "*"):
        model(torch.zeros(2, 5))
    with pytest.raises(InputError, match="max_values"):
        record_samples(model, noise(3, 4), Layers("*", max_values=3))
    assert hooks(model) == 0
    assert [m.training for m in model] == [True, False, True, True]
    assert model.training
    assert torch.is_grad_enabled()


def test_memory_is_bounded_and_the_choice_of_units_is_seeded():
    model, x = seeded(nn.Sequential(nn.Linear(4, 300))), noise(20, 4)
    a, b, c = (record_samples(model, x, Layers("0", max_units=32, seed=s)).recording("0") for s in (0, 0, 1))
    assert a.values.shape == (20, 32)
    np.testing.assert_array_equal(a.values, b.values)
    assert a.unit_labels["unit"].tolist() != c.unit_labels["unit"].tolist()
    every = record_samples(model, x, Layers("0", max_units=None)).recording("0")
    np.testing.assert_array_equal(a.values, every.values[:, a.unit_labels["unit"]])
    assert record_samples(model, x, Layers("0", max_units=32, max_values=640)).recording("0").values.size == 640
    with pytest.raises(InputError, match=r"max_values: .* may hold 639 .* 640; lower max_units=32"):
        record_samples(model, x, Layers("0", max_units=32, max_values=639))
    with pytest.raises(InputError, match="max_values"):
        recorder = StepRecorder(x, Layers("0", max_units=32, max_values=1000))
        recorder(0, model)
        recorder(1, model)


def test_the_graph_can_be_kept():
    model = mlp().train()
    with Probe(model, "0", keep_graph=True) as probe:
        model(torch.tensor(noise(5, 4)))
        assert model.training
    (probe.activities()["0"].values ** 2).mean().backward()
    assert float(model[0].weight.grad.abs().sum()) > 0
    with Probe(model, "0") as probe:
        model(torch.tensor(noise(5, 4)))
    assert not probe.activities()["0"].values.requires_grad


def test_a_morph_loop_closes_and_is_recorded_as_periodic():
    images = noise(8, 4)
    loop = morph_loop(images, frames=24)
    assert loop.frames.shape == (192, 4)
    np.testing.assert_array_equal(loop.frames[::24], images)
    steps = np.diff(np.concatenate([loop.frames, loop.frames[:1]]), axis=0)
    np.testing.assert_allclose(steps[-1], (images[0] - images[-1]) / 24, rtol=0, atol=1e-6)
    np.testing.assert_allclose(steps[:24], np.tile((images[1] - images[0]) / 24, (24, 1)), rtol=0, atol=1e-6)
    nearest = ((loop.frames[:, None] - images) ** 2).sum(-1)
    rows = np.arange(192) % 24 != 12  # halfway is a tie
    at = nearest[np.arange(192), loop.stimulus]
    neighbours = np.stack([nearest[np.arange(192), (np.arange(192) // 24 + k) % 8] for k in (0, 1)])
    np.testing.assert_array_equal(at[rows], neighbours.min(axis=0)[rows])
    assert np.bincount(loop.stimulus).tolist() == [24] * 8
    record = record_loop(mlp(), loop, "0", labels=np.arange(8) + 10).recording("0")
    assert (record.clock, record.periodic, record.values.shape) == ("frame", True, (192, 6))
    np.testing.assert_array_equal(record.time_labels["class"], record.time_labels["stimulus"] + 10)
    for bad in (dict(images=images[:1]), dict(images=images, frames=0)):
        with pytest.raises(InputError, match="morph_loop"):
            morph_loop(**bad)
    with pytest.raises(InputError, match="one per image, 8; got 7"):
        record_loop(mlp(), loop, "0", labels=np.arange(7))


def test_a_recurrent_layer_along_a_loop_keeps_its_time_as_the_leading_axis():
    record = record_loop(seeded(nn.LSTM(3, 5, batch_first=True)), morph_loop(noise(4, 9, 3), 6), "LSTM").recording(
        "LSTM"
    )
    assert (record.clock, record.values.shape) == ("frame", (9, 24, 5))


def test_steps_are_recorded_stimulus_by_step_by_unit():
    model, x = mlp(), noise(3, 4)
    recorder = StepRecorder(x, "3", labels=np.array([1, 0, 1]))
    want = []
    for step in (0, 5, 10):
        recorder(step, model)
        want.append(model.eval()(torch.tensor(x)).detach().numpy())
        with torch.no_grad():
            model[0].weight += 1
    record = recorder.run().recording("3")
    np.testing.assert_allclose(record.values, np.stack(want, axis=1), rtol=0, atol=1e-6)
    assert (record.clock, record.dt, record.t0, record.n_times, record.n_units) == ("step", 5.0, 0.0, 3, 3)
    assert record.source["probe"]["stimulus_class"] == [1, 0, 1]
    recorder(11, model)
    with pytest.raises(InputError, match="evenly spaced"):
        recorder.run()


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (dict(patterns=[]), "at least one"),
        (dict(patterns="0", when="during"), "Layers.when"),
        (dict(patterns="0", units="neuron"), "Layers.units"),
        (dict(patterns="0", max_units=0), r"Layers\.max_units: must be >= 1; got 0"),
    ],
)
def test_layers_that_cannot_be(layers, message):
    with pytest.raises(InputError, match=message):
        Layers(**layers)


def test_activations_that_are_not_finite_name_their_layer():
    model = mlp()
    with torch.no_grad():
        model[3].bias[1] = float("nan")
    with pytest.raises(InputError, match=r"probe of 3: .*must be finite; got nan at index \(0, 1\)"):
        record_samples(model, noise(3, 4), "3")
    with pytest.raises(InputError, match=r"time_labels.*must have shape \(3,\); got \(4,\)"):
        record_samples(model, noise(3, 4), "0", labels=np.arange(4))
    with pytest.raises(InputError, match="at least one input"):
        record_samples(model, noise(0, 4), "0")


def test_the_room_opens_without_torch():
    rooms = "ictal.simulator, ictal.models.probe.layers, ictal.models.trained.classifier"
    code = f"import sys, {rooms}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
