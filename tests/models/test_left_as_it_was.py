"""What recorders and evaluations leave as it was, and inputs and classes that a model cannot take."""

from __future__ import annotations

import random
from collections import deque

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ictal import InputError
from ictal.models.datasets import load_data
from ictal.models.datasets.dataset import Dataset
from ictal.models.datasets.near import rounded_copies
from ictal.models.monitoring.penalty import desync_penalty
from ictal.models.probe.record import StepRecorder, record_samples
from ictal.models.training import Training, assess, evaluate, probabilities, train
from ictal.models.training.state import UnfinishedTrainingError


class Remembering(nn.Module):
    """Keeps state wherever a module can, and changes it in every pass."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(8, 4)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            nn.init.normal_(self.last.weight)
        self.register_buffer("mean", torch.zeros(8))
        self.memory, self.calls, self.array = torch.zeros(8), 0, np.zeros(8)
        self.past, self.named = deque([torch.zeros(8)], maxlen=2), {"sum": torch.zeros(8)}
        self.torch_stream = torch.Generator().manual_seed(1)
        self.streams = [np.random.default_rng(1), np.random.RandomState(1), random.Random(1)]

    def forward(self, x):
        mean = x.detach().mean(0)
        self.calls += 1
        self.mean.mul_(0.9).add_(mean)
        self.memory = 0.9 * self.memory + mean
        self.array += mean.numpy()
        self.past.append(mean)
        self.named["sum"] += mean
        self.seen = mean
        with torch.no_grad():
            self.last.weight.data.mul_(0.9)
            self.last.bias.data = self.last.bias.data + 1
        drawn = torch.rand(8, generator=self.torch_stream) + self.streams[0].random()
        drawn = drawn + self.streams[1].rand() + self.streams[2].random()
        h = x - self.mean - self.memory - self.past[0] + self.named["sum"] + drawn.float() + self.calls
        return self.last(functional.dropout(h, 0.2))


def state(model):
    tensors = {**{k: v.clone() for k, v in model.state_dict().items()}, "memory": model.memory.clone()}
    tensors |= {
        "sum": model.named["sum"].clone(),
        "array": torch.tensor(model.array),
        "past": torch.stack([*model.past]),
    }
    tensors |= {"stream": model.torch_stream.get_state(), "global": torch.get_rng_state()}
    numbers = model.streams[0].bit_generator.state, model.streams[2].getstate(), random.getstate(), model.calls
    legacy = np.random.get_state()[2], model.streams[1].get_state()[2], len(model.past), hasattr(model, "seen")  # noqa: NPY002
    return tensors, (numbers, legacy)


X = torch.rand(30, 8, generator=torch.Generator().manual_seed(0))
Y = torch.arange(30) % 4


@pytest.mark.filterwarnings("ignore:Remembering draws random numbers", "ignore:last. its activity depends")
@pytest.mark.parametrize(
    "look",
    [
        lambda m: record_samples(m, X, "last").recording("last").values.tolist(),
        lambda m: evaluate(m, X, Y, 10),
        lambda m: assess(m, X, Y),
        lambda m: probabilities(m, X).tolist(),
    ],
)
def test_a_model_and_all_generators_are_left_as_they_were(look):
    model = Remembering()
    model.eval()
    weight = model.last.weight
    before = state(model)
    torch.manual_seed(3)
    before[0]["global"] = torch.get_rng_state()
    one, other = look(model), look(model)
    after = state(model)
    assert one == other
    assert model.last.weight is weight
    assert after[1] == before[1]
    assert all(torch.equal(after[0][name], value) for name, value in before[0].items())


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (np.array([["a"]]), "must be numbers"),
        (np.zeros((5, 8), object), "must be numbers"),
        (np.ma.array(np.zeros((5, 8)), mask=np.eye(5, 8)), "masked"),
        (torch.zeros(5, 8).to_sparse(), "dense"),
        (torch.zeros(5, 8, device="meta"), "meta"),
        (torch.tensor(1.0), "single number"),
        (None, "array or a tensor"),
        (np.zeros((5, 8), np.uint8), "give floats"),
        (np.zeros((5, 7)), r"\(n, 7\)"),
    ],
)
def test_inputs_that_a_model_cannot_take_are_refused(inputs, words):
    with pytest.raises(InputError, match=words):
        record_samples(nn.Sequential(nn.Linear(8, 4), nn.ReLU()), inputs, "1")


def test_a_pass_of_one_sample_through_a_batch_norm_is_refused_with_the_fix():
    model = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4, track_running_stats=False))
    with pytest.raises(InputError, match=r"batch_size, e\.g\. 30"):
        record_samples(model, X, "1", batch_size=29)


@pytest.mark.parametrize("kind", ["int16", "uint16", ">i4", "int64"])
def test_tokens_of_any_width_are_read(kind):
    model = nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 3))
    tokens = np.arange(15).reshape(5, 3) % 9
    found = record_samples(model, tokens.astype(kind), "2").recording("2").values
    np.testing.assert_allclose(found, model(torch.tensor(tokens)).detach(), rtol=1e-6)


def test_other_models_and_sizes_of_passes_are_refused():
    model = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
    for what, words in ((lambda x: x, "torch.nn.Module"), (torch.jit.ScriptModule(), "TorchScript")):
        with pytest.raises(InputError, match=words):
            record_samples(what, X, "1")
    with pytest.raises(InputError, match="batch_size"):
        record_samples(model, X, "1", batch_size=2.5)


def test_a_step_recorder_keeps_its_stimuli():
    model, x = nn.Sequential(nn.Linear(8, 4), nn.ReLU()), X.clone()
    recorder = StepRecorder(x, "1")
    recorder(0, model)
    x.zero_()
    recorder(1, model)
    values = recorder.run().recording("1").values
    assert (values[:, 0] == values[:, 1]).all()


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (Y.float(), "float32"),
        (Y - 1, "from -1 on"),
        (Y[:3], r"\(3,\)"),
        (functional.one_hot(Y), "argmax"),
        (Y + 4, "logits"),
    ],
)
def test_classes_that_cannot_be_are_refused(y, words):
    with pytest.raises(InputError, match=words):
        assess(nn.Linear(8, 4), X, y)


def test_evaluation_takes_arrays_and_refuses_types():
    model = nn.Linear(8, 4)
    assert evaluate(model, X.numpy()[::-1], Y.int().flip(0)) == pytest.approx(evaluate(model, X, Y))
    with pytest.raises(InputError, match="float64"):
        evaluate(model, X.double(), Y)
    with pytest.raises(InputError, match="at least one image"):
        evaluate(model, X[:0], Y[:0])


class Listing(nn.Module):
    """Keeps tensors in a list, a mapping and a queue."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(64, 10)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)
        self.past, self.named, self.queue, self.sizes = [], {"mean": torch.zeros(64)}, deque(maxlen=3), (3, 3)

    def forward(self, x):
        x = x.flatten(1)
        if self.training:
            self.past.append(x.mean(0))
            self.queue.append(float(x.mean()))
            self.named["mean"] = self.named["mean"] * 0.9 + x.mean(0) * 0.1
        past = torch.stack(self.past[-3:]).mean(0) if self.past else 0
        return self.last(x - past - self.named["mean"] - sum(self.queue))


def test_lists_of_tensors_go_on_to_the_same_bits(tmp_path):
    data, how = load_data("digits", n_train=100, n_test=50), Training(steps=12, every=4, batch_size=20)
    whole = train(Listing(), data, how, seed=1).final()["test_loss"]
    asked = iter(range(100))
    given = dict(seed=1, checkpoint=tmp_path / "c.pt")
    with pytest.raises(UnfinishedTrainingError):
        train(Listing(), data, how, **given, stop=lambda: next(asked) == 6)
    model = Listing()
    assert train(model, data, how, **given, resume=True).final()["test_loss"] == whole
    assert isinstance(model.queue, deque)
    assert len(model.past) == 12


def test_copies_but_for_rounding_are_found():
    r = np.random.default_rng(0)
    x = r.random((200, 8, 8)).astype(np.float32)
    for copy in (x.astype(np.float16), np.floor(255 * x) / 255, np.round(255 * x) / 255):
        assert rounded_copies(copy[50:80], x).all()
    assert not rounded_copies(r.random((50, 8, 8)), x).any()
    assert not rounded_copies(np.zeros((5, 8, 8)), np.zeros((9, 8, 8))).any()


def test_test_images_that_are_training_images_in_bytes_are_said(tmp_path):
    r = np.random.default_rng(0)
    x, y = r.random((60, 8, 8)), np.arange(60) % 3
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=np.round(255 * x[:30]) / 255, y_test=y[:30])
    with pytest.warns(UserWarning, match="30 of 30 test images"):
        load_data(tmp_path / "a.npz")


def test_a_data_set_of_tensors_or_masked_values_is_refused():
    x, y = np.random.default_rng(0).random((40, 8, 8)).astype(np.float32), np.arange(40) % 4
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
    for given, words in ((torch.tensor(x), "numpy"), (np.ma.array(x, mask=x > 0.9), "masked")):
        data = Dataset("own", given, y, y, x[:20] + 1e-2, y[:20], 4)
        with pytest.raises(InputError, match=words):
            train(model, data, Training(steps=1, batch_size=10), seed=1)


@pytest.mark.parametrize(
    ("h", "words"),
    [
        (torch.rand(2, 5, requires_grad=True), "needs 3 samples"),
        (torch.ones(9, 5, requires_grad=True), "defined in no layer"),
    ],
)
def test_a_penalty_that_is_defined_nowhere_says_so(h, words):
    with pytest.warns(UserWarning, match=words):
        desync_penalty(h)


class Masked(nn.Module):
    """Leaves out tokens by a mask of its own, or by packing."""

    def __init__(self, packed):
        super().__init__()
        self.packed, self.first, self.act = packed, nn.GRU(8, 8, batch_first=True), nn.Tanh()

    def forward(self, x):
        there = x.abs().sum(-1) > 0
        if not self.packed:
            h = self.act(x)
            return functional.scaled_dot_product_attention(h, h, h, attn_mask=there[:, None, :])
        packed = nn.utils.rnn.pack_padded_sequence(x, there.sum(1), batch_first=True, enforce_sorted=False)
        return self.act(nn.utils.rnn.pad_packed_sequence(self.first(packed)[0], batch_first=True)[0])


@pytest.mark.parametrize("packed", [True, False])
def test_padding_of_other_kinds_is_said(packed):
    x = torch.rand(6, 5, 8) + 0.1
    record_samples(Masked(packed), x, "act")
    x[:3, 3:] = 0
    with pytest.warns(UserWarning, match="padded sequences"):
        record_samples(Masked(packed), x, "act")


@pytest.mark.skipif(not hasattr(torch.compiler, "set_stance"), reason="torch 2.6 runs compiled models as written")
def test_a_compiled_model_is_recorded_as_it_was_written():
    model = nn.Sequential(nn.Linear(8, 4), nn.ReLU())
    found = record_samples(torch.compile(model, backend="eager"), X, "_orig_mod.1").recording("_orig_mod.1").values
    np.testing.assert_array_equal(found, model(X).detach())
