"""Training stopped, resumed and broken off: to the same bits, from files that hold nothing but numbers."""

import pickle
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from trainees import Counting, Linear, Net, Shaking, bits, same

from ictal.models import (
    NID,
    DesyncReg,
    Dropout,
    HealthyTraining,
    Training,
    UnfinishedTrainingError,
    ValidationControl,
    load_data,
    train,
)
from ictal.models.training import checkpoint as weight_files
from ictal.simulator import InputError


@pytest.fixture(scope="module")
def data():
    return load_data("digits", n_train=150, n_test=100, n_val=60)


# Stopped and resumed


class Residual(nn.Module):
    """A hidden layer that others read as well: what a penalty adds to its gradient has a place in the sum."""

    def __init__(self, seed=0):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.first, self.second, self.third = nn.Linear(64, 40), nn.Linear(40, 40), nn.Linear(40, 10)
            self.relu, self.again = nn.ReLU(), nn.ReLU(inplace=True)

    def forward(self, x):
        h = self.relu(self.first(x.flatten(1)))
        return self.third(self.again(self.second(h) + h + torch.tanh(h)))


@pytest.mark.filterwarnings("ignore:layers='auto' sees no functional activations. tanh")
@pytest.mark.parametrize("stop", [1, 5])
@pytest.mark.parametrize(
    "treatments",
    [[DesyncReg(5.0)], [HealthyTraining(5.0), ValidationControl(5.0)], [NID(1.0), DesyncReg(5.0), Dropout(0.2)]],
)
def test_penalties_on_a_layer_that_others_read_go_on_to_the_same_bits(data, tmp_path, treatments, stop):
    how, whole, part = Training(steps=12, every=3, batch_size=64), Residual(), Residual()
    want = train(whole, data, how, seed=4, treatments=treatments)
    asked = iter(range(1, 100))
    given = dict(seed=4, treatments=treatments, checkpoint=tmp_path / "a.pt")
    with pytest.raises(UnfinishedTrainingError):
        train(part, data, how, **given, stop=lambda: next(asked) == stop)
    part = Residual(seed=9)
    found = train(part, data, how, **given, resume=True)
    assert same(bits(part, found), bits(whole, want))


SETTINGS = {
    "adam": dict(epochs=9, batch_size=64, learning_rate=5e-3, schedule="cosine", warmup=5),
    "sgd": dict(steps=27, every=9, batch_size=50, optimiser="sgd", learning_rate=0.05, schedule="step", accumulate=3),
    "augmented": dict(steps=27, every=3, augment=("noise",), checkpoint_every=4, batch_size=128),
    "bfloat16": dict(steps=27, every=27, precision="bfloat16", checkpoint_every=5),
    "float16": dict(steps=27, every=9, precision="float16"),
    "patient": dict(steps=270, every=3, patience=2, learning_rate=0.02),
}


@pytest.mark.filterwarnings("ignore:train. accumulate=3. batch norm takes its statistics from each part")
@pytest.mark.parametrize("name", SETTINGS)
def test_stopped_at_random_steps_and_resumed_is_uninterrupted_bit_by_bit(data, tmp_path, name):
    how, rng = Training(**SETTINGS[name]), random.Random(name)
    treatments = [Shaking(0.02), Shaking(0.01)]
    whole, recorder = Net(), Counting()
    want = train(whole, data, how, seed=4, treatments=treatments, on_record=recorder, checkpoint=tmp_path / "whole.pt")
    last = int(want.steps[-1])
    stops = sorted(rng.sample(range(1, last), 3))
    done, sittings = 0, 0
    while True:
        torch.manual_seed(rng.randrange(1000))  # whatever the next process begins with
        model, again = Net(seed=rng.randrange(1000)) if sittings else Net(), Counting()
        asked = iter(range(10**9))
        begin, goal = done, stops[sittings] if sittings < 3 else None
        try:
            found = train(
                model, data, how, seed=4, treatments=treatments, on_record=again,
                stop=lambda begin=begin, goal=goal, asked=asked: begin + next(asked) + 1 == goal,
                checkpoint=tmp_path / "part.pt", resume=True,
            )  # fmt: skip
        except UnfinishedTrainingError as error:
            done, sittings = error.done, sittings + 1
            assert (error.done, error.total) == (goal, how.plan(150, 60).steps)
            continue
        break
    assert sittings == 3
    assert same(bits(model, found), bits(whole, want))
    assert found.kept == want.kept
    assert again.steps == recorder.steps
    a, b = (weight_files.read(tmp_path / f"{file}.pt") for file in ("whole", "part"))
    assert plain(a) == plain(b), "generators, optimiser, treatments: all that a checkpoint holds"
    assert {"batches", "descent", "treatments", "others", "best", "rows"} <= set(a)


def plain(item):
    if isinstance(item, torch.Tensor):
        return (str(item.dtype), item.tolist())
    if isinstance(item, dict):
        return {key: plain(value) for key, value in item.items()}
    return [plain(value) for value in item] if isinstance(item, list | tuple) else item


def test_a_finished_checkpoint_gives_the_same_history_again_and_none_begins_anew(data, tmp_path):
    how, file = Training(steps=6, every=3), tmp_path / "a.pt"
    model = Net()
    first = train(model, data, how, seed=0, checkpoint=file, resume=True)
    again = Net(seed=8)
    second = train(again, data, how, seed=0, checkpoint=file, resume=True)
    assert same(bits(model, first), bits(again, second))
    with pytest.raises(InputError, match="exists already; say resume=True"):
        train(Net(), data, how, seed=0, checkpoint=file)
    with pytest.raises(InputError, match=r"train\.resume: needs the checkpoint"):
        train(Net(), data, how, seed=0, resume=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(model=Net(hidden=25)), r"this model is Net of .*\(first.weight is 24 x 64 there and 25 x 64 here\)"),
        (dict(model=Linear()), "holds the weights of Net of 1,858 parameters; this model is Linear of 650 parameters"),
        (dict(how=Training(steps=12, every=3)), "training.steps is 6 there and 12 here"),
        (dict(how=Training(steps=6, every=3, learning_rate=1.0)), "training.learning_rate is 0.001 there and 1.0 here"),
        (dict(seed=1), "another training: seed is 0 there and 1 here"),
        (dict(treatments=[Shaking()]), "treatments"),
        (dict(threads=2), "threads is 1 there and 2 here"),
        (dict(model=Net().double()), "dtype is torch.float32 there and torch.float64 here"),
        (dict(data=load_data("digits", n_train=150, n_test=100, n_val=60, seed=1)), "data_sha256"),
        (dict(about={"architecture": {"name": "mlp", "parameters": {"hidden": [3]}}}),
         r"holds the weights of Net of .*; this model is mlp\(hidden=\[3\]\)"),
    ],
)  # fmt: skip
def test_a_checkpoint_of_something_else_is_refused_in_one_line(data, tmp_path, change, message):
    file = tmp_path / "a.pt"
    given = dict(model=Net(), data=data, how=Training(steps=6, every=3), seed=0)
    train(**given, checkpoint=file)
    before = file.read_bytes()
    with pytest.raises(InputError, match=message) as caught:
        train(**{**given, "model": Net(), **change}, checkpoint=file, resume=True)
    assert "\n" not in str(caught.value)
    assert file.read_bytes() == before


def test_checkpoint_every_is_free_to_change(data, tmp_path):
    how, file = Training(steps=6, every=3), tmp_path / "a.pt"
    asked = iter(range(99))
    with pytest.raises(UnfinishedTrainingError):
        train(Net(), data, how, seed=0, checkpoint=file, stop=lambda: next(asked) == 1)
    model, whole = Net(), Net()
    train(model, data, replace(how, checkpoint_every=1), seed=0, checkpoint=file, resume=True)
    train(whole, data, how, seed=0)
    assert same(list(model.state_dict().values()), list(whole.state_dict().values()))


# What cannot go on


class Breaking(Linear):
    """Its loss is NaN from a given forward pass in training on."""

    def __init__(self, at, weights=False):
        super().__init__()
        self.at, self.calls, self.weights = at, 0, weights

    def forward(self, x):
        self.calls += self.training
        broken = self.training and self.calls == self.at
        out = super().forward(x)
        if broken and self.weights:
            self.readout.bias.register_hook(lambda grad: grad * float("nan"))
        return out * float("nan") if broken and not self.weights else out


def test_a_loss_that_is_not_finite_says_its_step_and_keeps_the_last_good_checkpoint(data, tmp_path):
    file = tmp_path / "a.pt"
    how = Training(steps=20, every=4, batch_size=50, learning_rate=0.01)
    with pytest.raises(
        InputError,
        match=r"train: the loss is nan at step 11 \(epoch 4\); lower learning_rate=0.01, e.g. learning_rate=0.001; "
        r"the state at step 8 is kept in .*a\.pt$",
    ):
        train(Breaking(11), data, how, seed=0, checkpoint=file)
    good = Linear()
    train(good, data, replace(how, steps=8), seed=0)
    kept = weight_files.read(file, "checkpoint")
    assert kept["step"] == 8
    assert same(list(kept["model"].values()), list(good.state_dict().values()))


def test_weights_that_are_not_finite_are_never_written(data, tmp_path):
    file = tmp_path / "a.pt"
    how = Training(steps=20, every=10, batch_size=50, checkpoint_every=1)
    with pytest.raises(InputError, match=r"readout.bias is no longer finite at step 6; the state at step 5 is kept"):
        train(Breaking(6, weights=True), data, how, seed=0, checkpoint=file)
    assert all(torch.isfinite(v).all() for v in weight_files.read(file)["model"].values())


# Files of weights


def test_a_file_of_weights_is_read_without_running_anything(tmp_path):
    ran = tmp_path / "ran"

    class Bomb:
        def __reduce__(self):
            return (open, (str(ran), "w"))

    torch.save({"format": weight_files.FORMAT, "version": 1, "about": Bomb()}, tmp_path / "bomb.pt")
    with pytest.raises(
        InputError, match=r"bomb\.pt: holds more than tensors, numbers and strings; that is never loaded"
    ):
        weight_files.read(tmp_path / "bomb.pt")
    assert not ran.exists()


def test_damaged_and_foreign_files_end_in_one_line(tmp_path):
    good = weight_files.write(
        tmp_path / "good.pt", "model", {"a": 1}, {"model": {"w": torch.arange(99.0)}}, force=False
    )
    assert weight_files.read(good)["about"] == {"a": 1}
    content = good.read_bytes()
    cases = {
        "cut.pt": (content[:-50], "is not a file of weights, or is cut off"),
        "empty.pt": (b"", "is not a file of weights"),
        "text.pt": (b"hello", "is not a file of weights"),
        "pickle.pt": (pickle.dumps({"a": 1}), "is not a file of weights"),
        "changed.pt": (content.replace(np.float32(50).tobytes(), np.float32(51).tobytes()), "has been changed"),
    }
    for name, (data, message) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=message) as caught:
            weight_files.read(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
    torch.save(torch.ones(3), tmp_path / "foreign.pt")
    torch.save({"format": weight_files.FORMAT, "version": 99, "kind": "model", "about": "{}"}, tmp_path / "newer.pt")
    torch.save({"format": weight_files.FORMAT, "version": 1, "kind": "model", "about": "{"}, tmp_path / "torn.pt")
    for name, message in (
        ("foreign.pt", "was not written by ictal"),
        ("newer.pt", "has version 99; this ictal reads up to 1"),
        ("torn.pt", "is damaged"),
        ("none.pt", "no such file"),
        (".", "is a folder"),
    ):
        with pytest.raises(InputError, match=message):
            weight_files.read(tmp_path / name)
    with pytest.raises(InputError, match="holds a model; want a checkpoint"):
        weight_files.read(good, "checkpoint")
    with pytest.raises(InputError, match="exists already"):
        weight_files.write(good, "model", {}, {}, force=False)


def test_extra_state_of_a_module_is_part_of_its_weights():
    class Extra(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight, self.extra = nn.Parameter(torch.ones(2)), None

        def get_extra_state(self):
            return {"seen": 3}

        def set_extra_state(self, state):
            self.extra = state

    model = Extra()
    weight_files.load_weights(model, Extra().state_dict(), "a.pt", "one", "another")
    assert model.extra == {"seen": 3}
    with pytest.raises(InputError, match=r"_extra_state"):
        weight_files.load_weights(model, {"weight": torch.ones(2)}, "a.pt", "one", "another")


def test_any_changed_byte_of_a_checkpoint_is_found_or_changes_nothing(data, tmp_path):
    """Every byte of the archive is under a CRC-32, but for the padding between its parts and a few fields unread."""
    file = tmp_path / "a.pt"
    train(Linear(), data, Training(steps=2, every=1), seed=0, checkpoint=file)
    content, want = file.read_bytes(), plain(weight_files.read(file))
    rng, found = random.Random(0), 0
    for _ in range(60):
        at = rng.randrange(len(content))
        file.write_bytes(content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :])
        try:
            assert plain(weight_files.read(file)) == want
        except InputError:
            found += 1
    assert found > 30
