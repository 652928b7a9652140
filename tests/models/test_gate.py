"""Gates of a training: the caller's data and frozen parts stay as they are, and what has no effect is said."""

import random
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from trainees import Net, bits, same

from ictal.models import (
    L2,
    NID,
    Clip,
    DataChoice,
    Dataset,
    DesyncReg,
    Dropout,
    HealthyTraining,
    Job,
    Training,
    UnfinishedTrainingError,
    assess,
    load_data,
    probabilities,
    train,
    train_to_file,
)
from ictal.simulator import InputError, load


@pytest.fixture(scope="module")
def data():
    return load_data("digits", n_train=64, n_test=60, n_val=40)


def network(*between, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.Tanh(), *between, nn.Linear(16, 10))


class Scaled(nn.Module):
    """Standardises its images, in place or not."""

    def __init__(self, in_place):
        super().__init__()
        self.in_place, self.net = in_place, network()

    def forward(self, x):
        return self.net(x.sub_(0.3).div_(0.4) if self.in_place else (x - 0.3) / 0.4)


# What belongs to the caller


def test_a_model_that_changes_its_images_in_place_changes_copies(data):
    own = replace(data, **{f"x_{of}": getattr(data, f"x_{of}").copy() for of in ("train", "val", "test")})
    before = own.sha256()
    ends = []
    for in_place in (True, False):
        model = Scaled(in_place)
        history = train(model, own, Training(epochs=4, batch_size=32, accumulate=2), seed=1)
        x, y = torch.tensor(own.x_test), torch.tensor(own.y_test)
        kept = x.clone()
        ends.append((bits(model, history), assess(model, x, y), probabilities(model, x).tolist()))
        assert torch.equal(x, kept)
    assert same(ends[0][0], ends[1][0])
    assert ends[0][1:] == ends[1][1:]
    assert own.sha256() == before


# Frozen parts


def test_parts_in_evaluation_mode_stay_in_it_and_are_said(data):
    model = network(nn.BatchNorm1d(16), nn.Dropout(0.5))
    model[3].eval()
    model[4].eval()
    seen, before = [], model[3].running_mean.clone()
    model[4].register_forward_hook(lambda module, args, out: seen.append(torch.equal(args[0], out)))
    with pytest.warns(UserWarning, match="train: 3, 4 came in evaluation mode and stays in it"):
        history = train(model, data, Training(steps=4, every=2, batch_size=32), seed=0)
    assert all(seen)
    assert torch.equal(model[3].running_mean, before)
    assert history.recording().source["assumptions"] == list(history.notes)
    assert [module.training for module in model] == [True, True, True, False, False, True]


def test_a_head_in_training_mode_is_trained_alone(data):
    model = network(nn.BatchNorm1d(16)).eval()
    model[4].train()
    before = model[3].running_mean.clone()
    with pytest.warns(UserWarning, match="0, 1, 2, 3 came in evaluation mode"):
        train(model, data, Training(steps=2, batch_size=32), seed=0)
    assert torch.equal(model[3].running_mean, before)
    assert not model.training


def test_a_model_in_evaluation_mode_is_trained_as_a_whole_and_a_norm_without_gradients_moves(data):
    model = network(nn.BatchNorm1d(16)).eval()
    with pytest.warns(
        UserWarning, match="the model came in evaluation mode as a whole, and is trained in training mode"
    ):
        train(model, data, Training(steps=2, batch_size=32), seed=0)
    assert float(model[3].running_mean.abs().max()) > 0
    model = network(nn.BatchNorm1d(16))
    model[3].requires_grad_(False)
    with pytest.warns(UserWarning, match=r"weights of 3 are frozen .* running statistics follow .* call eval\(\)"):
        train(model, data, Training(steps=2, batch_size=32), seed=0)
    train(network().eval(), data, Training(steps=2, batch_size=32), seed=0)  # no part depends on the mode: no word


# State that no state_dict has


class Remembering(nn.Module):
    """Remembers in every way that a state_dict does not see."""

    def __init__(self):
        super().__init__()
        self.net, self.calls = network(), 0
        self.register_buffer("mean", torch.zeros(64), persistent=False)
        self.fast, self.slow = torch.zeros(64), np.zeros(64, np.float32)
        self.draws = torch.Generator().manual_seed(3)

    def forward(self, x):
        x = x.flatten(1)
        if self.training:
            self.calls += 1
            self.mean.mul_(0.9).add_(x.mean(0), alpha=0.1)
            self.fast = 0.5 * self.fast + 0.5 * x.mean(0)
            self.slow = 0.99 * self.slow + 0.01 * x.mean(0).numpy()
            x = x + 0.01 * torch.randn(x.shape, generator=self.draws)
        return self.net(x - self.mean - 0.1 * self.fast - torch.tensor(self.slow) - 0.001 * self.calls)


def test_state_outside_of_the_state_dict_is_resumed_and_restored(data, tmp_path):
    how = Training(steps=200, every=4, batch_size=32, learning_rate=0.1, patience=2)
    whole = Remembering()
    want = train(whole, data, how, seed=1)
    assert want.kept < len(want.steps) - 1, "ended early"
    assert assess(whole, torch.tensor(data.x_val), torch.tensor(data.y_val)).loss == want.final()["val_loss"]
    for stop in (3, 7):
        file, asked = tmp_path / f"{stop}.pt", iter(range(99))
        with pytest.raises(UnfinishedTrainingError):
            train(Remembering(), data, how, seed=1, checkpoint=file, stop=lambda asked=asked, n=stop: next(asked) == n)
        model = Remembering()
        found = train(model, data, how, seed=1, checkpoint=file, resume=True)
        assert same(bits(model, found), bits(whole, want))
        assert (model.calls, model.slow.tolist()) == (whole.calls, whole.slow.tolist())
        assert torch.equal(model.mean, whole.mean)


@pytest.mark.parametrize(
    "stream",
    [
        np.random.default_rng,
        np.random.RandomState,
        random.Random,
        lambda seed: np.random.Generator(np.random.MT19937(seed)),
    ],
)
def test_streams_of_numpy_and_python_are_resumed(data, tmp_path, stream):
    class Drawing(nn.Module):
        def __init__(self):
            super().__init__()
            self.net, self.stream = network(), stream(3)
            self.draw = getattr(self.stream, "gauss", None) or self.stream.normal

        def forward(self, x):
            return self.net(x + self.draw(0, 0.1) if self.training else x)

    how, file = Training(steps=6, batch_size=32, learning_rate=0.1), tmp_path / "a.pt"
    whole, part = Drawing(), Drawing()
    want = train(whole, data, how, seed=1)
    asked = iter(range(99))
    with pytest.raises(UnfinishedTrainingError):
        train(part, data, how, seed=1, checkpoint=file, stop=lambda: next(asked) == 3)
    model = Drawing()
    assert same(bits(model, train(model, data, how, seed=1, checkpoint=file, resume=True)), bits(whole, want))


def test_a_model_with_other_settings_is_not_resumed(data, tmp_path):
    how = Training(steps=2, batch_size=32)
    train(network(nn.Dropout(0.3)), data, how, seed=1, checkpoint=tmp_path / "a.pt")
    with pytest.raises(InputError, match=r"another model: \(3\): Dropout\(p=0.3, .*\) there and \(3\): Dropout\(p=0.5"):
        train(network(nn.Dropout(0.5)), data, how, seed=1, checkpoint=tmp_path / "a.pt", resume=True)


# Treatments and settings that do nothing


@pytest.mark.parametrize(
    ("treatment", "how", "message"),
    [
        (DesyncReg(5.0), dict(accumulate=16), "DesyncReg: si_3 needs 3 samples, and a batch, or a part of one, has 2"),
        (DesyncReg(5.0, measure="mean_squared_correlation"), dict(accumulate=32), "needs 3 samples, .* has 1:"),
        (HealthyTraining(1.0), dict(batch_size=2), "HealthyTraining: si_3 needs 3 samples"),
        (NID(1.0), dict(batch_size=2), "NID: a batch, or a part of one, has at most 2 inputs, .* it needs 3"),
        (NID(1.0, gain=0.0), dict(batch_size=1), "NID: .* at most 1 input, .* it needs 2"),
    ],
)
def test_too_few_samples_are_refused_before_anything_is_trained(data, tmp_path, treatment, how, message):
    model = network()
    before = [p.detach().clone() for p in model.parameters()]
    with pytest.raises(InputError, match=message):
        train(model, data, Training(**{"steps": 4, "batch_size": 32, **how}), seed=0, treatments=[treatment],
              checkpoint=tmp_path / "c.pt")  # fmt: skip
    assert all(map(torch.equal, model.parameters(), before))
    assert not list(tmp_path.iterdir())


class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.last = nn.RNN(8, 16, batch_first=True), nn.Linear(16, 10)

    def forward(self, x):
        return self.last(self.rnn(x)[0][:, -1])


def test_time_points_are_samples(data):
    for treatment in (DesyncReg(5.0, layers="rnn"), NID(1.0, layers="rnn")):
        train(Rows(), data, Training(steps=2, batch_size=2), seed=0, treatments=[treatment])


def frozen_below():
    model = network(nn.Linear(16, 16), nn.ReLU())
    model[1].requires_grad_(False)
    return model


def narrow():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Tanh(), nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 10))


@pytest.mark.parametrize(
    ("model", "treatment", "how", "message"),
    [
        (network, DesyncReg(1.0), dict(batch_size=62), r"si_3 was not defined, .*, at some passes: 2 at 2 of 4$"),
        (frozen_below, DesyncReg(1.0), {}, "the penalty on 2 did nothing: no trained weight comes before"),
        (
            network,
            HealthyTraining(1.0, low=-1.0, high=1.0),
            {},
            "its weight stayed 1 at all steps, as that of DesyncReg",
        ),
        (network, Clip(1e-3), {}, r"Clip: nothing was clipped: the largest norm is 1e\+03, and no gradient was longer"),
        (
            lambda: nn.Sequential(nn.Flatten(), Gain()),
            L2(0.1),
            {},
            "L2: nothing was regularised: no parameter with two",
        ),
        (narrow, DesyncReg(1.0), {}, r"si_3 was not defined in 2 at any of 4 passes \(fewer than 2 units vary"),
    ],
)
def test_a_treatment_says_what_it_did_not_do(data, model, treatment, how, message):
    with pytest.warns(UserWarning, match=message):
        history = train(
            model(), data, Training(**{"steps": 4, "batch_size": 32, **how}), seed=0, treatments=[treatment]
        )
    assert len(history.notes) == 1


class Gain(nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(64))

    def forward(self, x):
        return (self.gain * x)[:, :10]


def test_dropout_of_a_frozen_layer_and_a_penalty_that_nobody_adds_are_said(data):
    model = network()
    model[2].eval()
    with pytest.warns(UserWarning, match="Dropout|evaluation mode") as said:
        train(model, data, Training(steps=2, batch_size=32), seed=0, treatments=[Dropout(0.5, layers="2")])
    assert "Dropout: 2 was never changed: not called in training, or in evaluation mode" in str(said[-1].message)
    never = pytest.warns(UserWarning, match=r"DesyncReg: the penalty did nothing: loss\(\) was never called")
    with never, DesyncReg(1.0).artificial(network()) as treated:
        treated.model(torch.rand(8, 64))
        treated.after_step(1, {"loss": 1.0})


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (dict(momentum=0.5), r"momentum=0.5 has no effect: it is for optimiser='sgd'"),
        (dict(warmup=4, schedule="cosine"), "schedule='cosine' has no effect: the warm-up takes all 4 steps"),
        (dict(patience=4), "patience=4 can end nothing early: there are 4 records after the first"),
        (dict(checkpoint_every=2), "checkpoint_every=2 has no effect: no checkpoint is named"),
        (dict(accumulate=2), "accumulate=2: batch norm takes its statistics from each part of a batch"),
    ],
)
def test_settings_without_effect_are_said(data, how, message):
    with pytest.warns(UserWarning, match=message):
        train(Net(), data, Training(steps=4, every=1, batch_size=32, **how), seed=0)


# Data that the caller made


def own(data, **fields):
    return replace(data, notes=None, **fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (lambda d: dict(y_train=d.y_train - 1), r"Dataset\.y_train: must lie in 0\.\.9; got -1\.\.8"),
        (lambda d: dict(y_train=np.where(d.y_train == 3, -100, d.y_train)), r"must lie in 0\.\.9; got -100"),
        (lambda d: dict(y_test=d.y_test + 5), r"Dataset\.y_test: must lie in 0\.\.9; got 5\.\.14"),
        (lambda d: dict(y_train=d.y_train.astype(float)), r"Dataset\.y_train: must be 64 integers.*got float64"),
        (lambda d: dict(y_train=np.eye(10, dtype=int)[d.y_train]), r"must be 64 integers.*shape \(64, 10\)"),
        (lambda d: dict(y_test=d.y_test[:-1]), r"Dataset\.y_test: must be 60 integers"),
        (lambda d: dict(x_test=d.x_test[:0], y_test=d.y_test[:0]), r"Dataset\.x_test: .*not empty"),
        (lambda d: dict(x_test=d.x_test[:, :7]), r"Dataset\.x_test: must have shape \(n, 8, 8\), .*got \(60, 7, 8\)"),
        (lambda d: dict(x_train=np.where(d.x_train > 0.99, np.nan, d.x_train)), "x_train: must be finite"),
        (lambda d: dict(x_train=d.x_train > 0.5), r"Dataset\.x_train: must be real numbers; got bool"),
        (lambda d: dict(x_train=255 * d.x_train), "on two scales: 0 to 255 and 0 to 1; bring both to one range"),
        (lambda d: dict(x_train=d.x_train * 0), "all 64 training images are one and the same"),
        (lambda d: {f"x_{of}": (16 * getattr(d, f"x_{of}")).astype(np.uint8) for of in ("train", "val", "test")},
         r"train\.model: cannot take uint8 \(n, 8, 8\)"),
        (lambda d: {f"x_{of}": getattr(d, f"x_{of}")[:, :7] for of in ("train", "val", "test")},
         r"train\.model: cannot take float32 \(n, 7, 8\).*shapes cannot be multiplied"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_trained_on_are_one_line(data, fields, message):
    with pytest.raises(InputError, match=message) as error:
        train(network(), own(data, **fields(data)), Training(steps=2, batch_size=32), seed=0)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (lambda d: dict(x_test=d.x_train[:60], y_test=d.y_train[:60]), r"60 of 60 test images \(100.0%\) are also "),
        (lambda d: dict(x_val=d.x_train[:40], y_val=d.y_train[:40]), "40 of 40 validation images .* also among"),
        (lambda d: dict(x_test=2 * d.x_test - 1), "mean .* SD .*: they may be on two scales"),
        (lambda d: dict(x_test=1 - d.x_test), "they may be on two scales"),
        (lambda d: dict(x_train=np.concatenate([d.x_train[:32], 0.002 * d.x_train[32:]])), "32 of 64 training "),
        (lambda d: dict(x_train=d.x_train[np.arange(64) // 4]), "48 of 64 training images .* copies .* with"),
        (lambda d: {"y_train": (y := np.where(d.y_train > 4, 4, d.y_train)), "y_train_clean": y},
         "classes 5, 6, 7, 8, 9 of the test images"),
        (lambda d: {"y_train": (y := np.where(np.arange(64) < 50, 1, d.y_train)), "y_train_clean": y},
         "of the training images are of class 1: a network that always says so"),
    ],
)  # fmt: skip
def test_data_that_make_a_gap_wrong_are_said(data, fields, message):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        history = train(network(), own(data, **fields(data)), Training(steps=2, batch_size=32), seed=0)
    texts = [str(each.message).removeprefix("train: ") for each in said]
    assert list(history.notes) == texts
    assert any(re.search(message, text) for text in texts), texts


def test_pixels_outside_of_their_range_are_not_augmented(data):
    given = own(data, **{f"x_{of}": 4 * getattr(data, f"x_{of}") - 2 for of in ("train", "val", "test")})
    with pytest.raises(InputError, match=r"Training\.augment: crop and noise need pixels in 0\.\.1, .* spans -2\.\.2"):
        train(network(), given, Training(steps=2, batch_size=32, augment=("noise",)), seed=0)
    train(network(), given, Training(steps=2, batch_size=32, augment=("flip",)), seed=0)


# Files


def test_equal_trainings_have_equal_files_whatever_their_names_and_stops(tmp_path):
    job = Job("mlp", Training(steps=6, every=3, batch_size=32), {"hidden": (8,)}, DataChoice(n_train=64, n_test=60))
    train_to_file(job, tmp_path / "a.h5")
    asked = iter(range(99))
    with pytest.raises(UnfinishedTrainingError):
        train_to_file(job, tmp_path / "another.h5", stop=lambda: next(asked) == 3)
    train_to_file(job, tmp_path / "another.h5", resume=True)
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "another.pt").read_bytes()


def test_words_are_stored_and_nothing_is_left_of_what_is_refused(tmp_path):
    r = np.random.default_rng(0)
    x, y = r.random((80, 8, 8)), np.arange(80) % 4
    np.savez(tmp_path / "own.npz", x_train=x, y_train=y, x_test=x[:20], y_test=y[:20], x_val=x)
    job = Job(
        "mlp",
        Training(steps=4, batch_size=32),
        {"hidden": (8,)},
        DataChoice(str(tmp_path / "own.npz")),
        ("clip=0.001",),
    )
    with pytest.warns(UserWarning, match="also among|Clip"):
        found = train_to_file(job, tmp_path / "t.h5")
    want = ["x_val of the file were not read", "20 of 20 test images", "Clip: nothing was clipped"]
    assert [any(text.startswith(each) for text in found.assumptions) for each in want] == [True] * 3
    assert load(tmp_path / "t.h5").source["assumptions"] == list(found.assumptions)
    with pytest.warns(UserWarning, match="also among"):
        again = train_to_file(job, tmp_path / "t.h5", resume=True)
    assert (again.complete, again.assumptions) == (True, found.assumptions)
    with pytest.raises(InputError, match="the penalty would do nothing"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        train_to_file(replace(job, how=Training(steps=4, batch_size=2), treatments=("desync=1",)), tmp_path / "u.h5")
    assert not list(tmp_path.glob("u*"))


def test_notes_do_not_count_for_the_hash(data):
    assert isinstance(data, Dataset)
    assert own(data).sha256() == data.sha256()
