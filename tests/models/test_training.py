"""The training loop against closed forms, against a naive loop, and against itself: stopped, resumed, split."""

import itertools
import math
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from trainees import Counting, Linear, Net, Shaken, Shaking, bits, same

from ictal.models import (
    AUGMENTATIONS,
    METRICS,
    Intervention,
    Training,
    assess,
    augmented,
    calibration_error,
    cpu_threads,
    evaluate,
    load_data,
    probabilities,
    separation,
    train,
)
from ictal.models.training import context, loop
from ictal.models.training.descent import not_finite, parts
from ictal.models.training.distributed import Ranks
from ictal.models.training.randomness import Batches, begin_step, checked_seed, own_generators, seed_of_treatment
from ictal.models.training.settings import TrainingSteps
from ictal.models.training.state import State
from ictal.simulator import InputError
from ictal.simulator.fields import declared


@pytest.fixture(scope="module")
def data():
    return load_data("digits", n_train=150, n_test=100, n_val=60)


# The loop against what it says


def test_the_plain_loop_is_the_naive_loop_bit_by_bit(data):
    how = Training(steps=24, every=6, learning_rate=3e-3, batch_size=64, weight_decay=0.01)
    model, naive = Net(dropout=0.0), Net(dropout=0.0)
    history = train(model, data, how, seed=5)
    x, y = torch.tensor(data.x_train), torch.tensor(data.y_train)
    order, queue = torch.Generator().manual_seed(5), []
    descent = torch.optim.AdamW(naive.parameters(), lr=3e-3, weight_decay=0.01, fused=True)
    rows = []
    with torch.random.fork_rng(), cpu_threads(1):
        for step in range(25):
            if step:
                queue = queue or list(torch.randperm(150, generator=order).split(64))
                batch = queue.pop(0)
                naive.train()
                descent.zero_grad()
                functional.cross_entropy(naive(x[batch]), y[batch]).backward()
                descent.step()
            if step % 6 == 0:
                rows.append(evaluate(naive, x, y))
    assert same(list(model.state_dict().values()), list(naive.state_dict().values()))
    np.testing.assert_array_equal(history.values[:, :2], rows)


@pytest.mark.parametrize(("optimiser", "momentum"), [("sgd", 0.0), ("sgd", 0.9)])
def test_two_steps_of_full_batch_descent_are_the_equation(data, optimiser, momentum):
    how = Training(
        steps=2, batch_size=150, learning_rate=0.2, optimiser=optimiser, momentum=momentum, weight_decay=0.1, warmup=2
    )
    model = Linear(torch.float64)
    train(model, data, how, seed=0)
    x = np.c_[data.x_train.reshape(150, -1).astype(float), np.ones(150)]
    w, v = np.zeros((65, 10)), np.zeros((65, 10))
    for rate in (0.1, 0.2):  # the warm-up
        p = np.exp(x @ w) / np.exp(x @ w).sum(1, keepdims=True)
        v = momentum * v + x.T @ (p - np.eye(10)[data.y_train]) / 150 + 0.1 * w
        w = w - rate * v
    np.testing.assert_allclose(model.readout.weight.detach().numpy(), w[:-1].T, atol=1e-12)
    np.testing.assert_allclose(model.readout.bias.detach().numpy(), w[-1], atol=1e-12)


def test_learning_rates_are_those_of_the_formulas():
    cosine = Training(steps=100, learning_rate=2.0, schedule="cosine", warmup=10)
    assert cosine.rate(1, 100) == 0.2
    assert cosine.rate(10, 100) == cosine.rate(11, 100) == 2.0
    assert cosine.rate(56, 100) == pytest.approx(1.0)
    assert cosine.rate(100, 100) == pytest.approx(1 + math.cos(math.pi * 89 / 90))
    step = Training(steps=8, learning_rate=1.0, schedule="step")
    assert [round(step.rate(t, 8), 6) for t in range(1, 9)] == [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01]
    assert {Training(steps=9).rate(t, 9) for t in range(1, 10)} == {1e-3}


def test_the_optimiser_gets_the_rate_of_each_step(data):
    """With a zero gradient, decoupled weight decay shrinks a weight by 1 − η_t·λ: the product over steps is known."""

    class Decaying(Linear):
        def __init__(self):
            super().__init__(torch.float64)
            self.idle = nn.Parameter(torch.ones((), dtype=torch.float64))

        def forward(self, x):
            return super().forward(x) + 0 * self.idle

    how = Training(steps=12, learning_rate=0.1, schedule="cosine", warmup=3, weight_decay=0.5)
    model = Decaying()
    train(model, data, how, seed=0)
    want = math.prod(1 - how.rate(t, 12) * 0.5 for t in range(1, 13))
    assert model.idle.item() == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("pieces", [2, 3, 7])
def test_accumulated_gradients_are_those_of_the_whole_batch(data, pieces):
    curves, ends = [], []
    for accumulate in (1, pieces):
        model = Linear(torch.float64)
        how = Training(steps=20, every=1, batch_size=40, learning_rate=0.05, accumulate=accumulate)
        history = train(model, data, how, seed=1, treatments=[Shaking(0.1)])
        curves.append(history["train_loss"])
        ends.append(model.readout.weight.detach())
    assert curves[0][-1] < 0.8 * curves[0][0]
    np.testing.assert_allclose(curves[1], curves[0], rtol=0, atol=1e-9)
    torch.testing.assert_close(ends[1], ends[0], rtol=0, atol=1e-8)


@given(n=st.integers(1, 40), pieces=st.integers(1, 40))
def test_parts_cover_a_batch_once_with_weights_that_add_up(n, pieces):
    found = list(parts(n, pieces))
    assert [i for part, _, _ in found for i in range(n)[part]] == list(range(n))
    assert sum(share for _, share, _ in found) == pytest.approx(1)
    assert [last for *_, last in found] == [False] * (len(found) - 1) + [True]
    assert len(found) == min(n, pieces)


@given(n=st.integers(1, 20), size=st.integers(1, 8))
def test_shares_of_processes_average_to_the_mean_over_the_batch(n, size):
    values = torch.arange(1.0, n + 1, dtype=torch.float64)
    shares = [Ranks(rank, size).share(torch.arange(n)) for rank in range(size)]
    averaged = sum(weight * values[own].mean() for own, weight in shares) / size
    assert float(averaged) == pytest.approx(float(values.mean()))
    assert all(len(own) for own, _ in shares)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_follows_single_precision(data, precision):
    curves, half = {}, []
    for kind in ("float32", precision):
        model = Net(dropout=0.0)
        model.first.register_forward_hook(lambda m, _, out, kind=kind: half.append((kind, m.training, out.dtype)))
        curves[kind] = train(model, data, Training(steps=40, every=5, learning_rate=5e-3, precision=kind), seed=0)[
            "train_loss"
        ]
        assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert (precision, True, getattr(torch, precision)) in half
    assert {dtype for kind, training, dtype in half if kind == "float32" or not training} == {torch.float32}
    assert curves["float32"][-1] < 0.7 * curves["float32"][0]
    np.testing.assert_allclose(curves[precision], curves["float32"], rtol=0.03)
    assert not np.array_equal(curves[precision], curves["float32"])


def test_augmentation_is_drawn_anew_at_every_step_from_the_seed(data):
    ends = []
    for seed, augment in ((0, ()), (0, ("noise",)), (0, ("noise",)), (1, ("noise",))):
        model, seen = Linear(), []
        model.register_forward_pre_hook(lambda m, x, seen=seen: seen.append(x[0].clone()) if m.training else None)
        train(model, data, Training(steps=3, batch_size=150, augment=augment), seed=seed)
        order = [batch for _, batch in zip(range(3), Batches(150, 150, seed), strict=False)]
        ends.append([x - torch.tensor(data.x_train)[i] for x, i in zip(seen, order, strict=True)])
    plain, first, again, other = ends
    assert all(not x.any() for x in plain)
    assert all(x.any() for x in first)
    assert same(first, again)
    assert not same(first, other)
    assert not torch.equal(first[0], first[1])
    images = torch.full((5, 8, 8), 0.5)
    how = Training(steps=1, augment=("noise",))
    one, two = (augmented(images, how.augment, torch.Generator().manual_seed(seed)) for seed in (0, 1))
    assert not torch.equal(one, two)
    assert float(augmented(0 * images, how.augment, torch.Generator().manual_seed(0)).min()) == 0.0
    assert float(augmented(2 * images, how.augment, torch.Generator().manual_seed(0)).max()) == 1.0


# Early stopping


def test_early_stopping_ends_at_the_record_and_keeps_the_best_weights(data):
    noisy = load_data("digits", n_train=60, n_test=100, n_val=60, label_noise=0.6)
    model = Net(hidden=64, dropout=0.0)
    seen = {}
    how = Training(steps=400, every=4, batch_size=60, learning_rate=5e-3, patience=6)
    history = train(
        model,
        noisy,
        how,
        seed=0,
        on_record=lambda k, m: seen.update({k: {n: v.clone() for n, v in m.state_dict().items()}}),
    )
    losses = history["val_loss"]
    assert history.metrics == (*METRICS, "val_loss", "val_accuracy")
    assert history.kept == int(np.argmin(losses)) == len(losses) - 1 - 6
    assert history.steps[-1] < 400
    assert same(list(model.state_dict().values()), list(seen[int(history.steps[history.kept])].values()))
    loss, accuracy = evaluate(model, torch.tensor(noisy.x_val), torch.tensor(noisy.y_val))
    assert (loss, accuracy) == (history.final()["val_loss"], history.final()["val_accuracy"])
    assert history.final()["val_loss"] == losses.min()
    assert tuple(history.recording().unit_labels["metric"]) == history.metrics
    confidence = assess(model, torch.tensor(noisy.x_test), torch.tensor(noisy.y_test)).confidence
    assert history.final()["test_confidence"] == pytest.approx(confidence, rel=1e-5)
    norm = math.sqrt(sum(float((p.detach().double() ** 2).sum()) for p in model.parameters()))
    assert history.final()["weight_norm"] == pytest.approx(norm, rel=1e-5)


def test_of_records_with_the_same_loss_the_first_is_kept():
    plan = TrainingSteps(steps=10, epoch_steps=5, every=1, checkpoint_every=1, clock="step")
    state = State(Linear(), None, None, [], [], plan, validates=True, patience=2)
    for loss, finished in ((2.0, False), (1.0, False), (1.0, False), (1.0, True)):
        state.add([0.0] * len(METRICS) + [loss, 0.5])
        assert state.finished == finished
    assert state.history().kept == 1


def test_numbers_of_one_byte_are_taken_as_finite():
    model = Linear()
    model.register_buffer("scale", torch.full((2,), math.inf).to(torch.float8_e5m2))
    model.register_buffer("mask", torch.tensor([0.0, -math.inf]))
    plan = TrainingSteps(steps=10, epoch_steps=5, every=1, checkpoint_every=1, clock="step")
    assert State(model, None, None, [], [], plan, validates=False, patience=None).unbounded == {"mask"}


def test_seeds_steps_processes_and_treatments_have_streams_of_their_own():
    cases = list(itertools.product((0, 1), repeat=3))

    def draw(case):
        return begin_step(*case, torch.device("cpu")), float(torch.rand((), dtype=torch.float64))

    with own_generators(torch.device("cpu")):
        drawn = [draw(case) for case in cases]
        assert [draw(case) for case in cases] == drawn
    assert len({number for pair in drawn for number in pair}) == 16
    assert len({seed_of_treatment(*case) for case in cases}) == 8


@pytest.mark.parametrize("seed", [-1, 2**63, True, 1.0])
def test_seeds_are_integers_of_63_bits(seed):
    assert checked_seed(np.int64(2**63 - 1)) == 2**63 - 1
    with pytest.raises(InputError, match=r"train\.seed: must be an integer from 0 to 2\^63 - 1; got"):
        checked_seed(seed)


@pytest.mark.parametrize(("rate", "lower"), [(1.0, "0.001"), (0.005, "0.0005")])
def test_a_lower_rate_is_named_where_the_loss_is_not_finite(rate, lower):
    words = str(not_finite("loss", math.inf, 7, 2, rate, ""))
    assert words == f"train: the loss is inf at step 7 (epoch 2); lower learning_rate={rate:g}, e.g. " + (
        f"learning_rate={lower}"
    )


def test_threads_come_back():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), cpu_threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise KeyError
    assert torch.get_num_threads() == before


def test_a_checkpoint_with_fewer_metrics_is_of_another_version(data, tmp_path, monkeypatch):
    how = Training(steps=4, every=2, batch_size=20)
    train(Linear(), data, how, seed=0, checkpoint=tmp_path / "a.pt")
    monkeypatch.setattr("ictal.models.training.state.METRICS", METRICS[:-1])
    with pytest.raises(InputError, match="of another version"):
        train(Linear(), data, how, seed=0, checkpoint=tmp_path / "a.pt", resume=True)


def test_a_network_in_half_precision_is_evaluated_in_single(data):
    class Loud(nn.Module):
        def forward(self, x):
            return 60 * x.flatten(1)[:, :10]

    x = torch.tensor(data.x_train).repeat(30, 1, 1)
    y = torch.tensor(data.y_train).repeat(30)
    want, share = evaluate(Loud(), x.double(), y)
    for dtype, close in ((torch.float16, 1e-3), (torch.bfloat16, 1e-2)):
        loss, accuracy = evaluate(Loud(), x.to(dtype), y)
        assert loss == pytest.approx(want, rel=close)
        assert accuracy == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("part", ["test_loss", "val_loss", "train_loss"])
def test_a_record_that_is_not_finite_ends_training(data, part):
    x = {"test_loss": "x_test", "val_loss": "x_val", "train_loss": "x_train"}[part]
    values = getattr(data, x).copy()
    values[0] = np.inf
    what = "loss" if part == "train_loss" else part.replace("_", " ")
    with pytest.raises(InputError, match=f"the {what} is (nan|inf) at step 0"):
        train(Net(), replace(data, **{x: values}), Training(steps=2), seed=0)


def test_a_checkpoint_of_a_running_statistic_that_overflowed_is_not_written(data, tmp_path):
    class Overflowing(Linear):
        def __init__(self):
            super().__init__()
            self.one, self.two = (nn.Module(), nn.Module())
            mask = torch.full((3,), -torch.inf)  # infinite from the beginning: meant so
            self.one.register_buffer("mask", mask)
            self.two.register_buffer("mask", mask)
            self.register_buffer("graph", torch.eye(3).to_sparse())
            self.register_buffer("running", torch.ones(()))

        def get_extra_state(self):
            return {"anything": 1}

        def set_extra_state(self, state):
            pass

        def forward(self, x):
            if self.training:
                self.running = self.running * 1e10
            return super().forward(x)

    how = Training(steps=20, every=10, checkpoint_every=2)
    with pytest.raises(InputError, match=r"running is no longer finite at step 4; the state at step 2 is kept"):
        train(Overflowing(), data, how, seed=0, checkpoint=tmp_path / "a.pt")
    assert float(torch.load(tmp_path / "a.pt", weights_only=True)["model"]["running"]) == pytest.approx(1e20)


@pytest.mark.parametrize(
    ("outputs", "got"),
    [
        (lambda z: z[:, :5], r"shape \(128, 5\)"),
        (lambda z: {"logits": z}, "dict"),
        (lambda z: z[:, :, None], r"shape \(128, 10, 1\)"),
    ],
)
def test_outputs_that_are_no_logits_are_said(data, outputs, got):
    class Other(Linear):
        def forward(self, x):
            z = super().forward(x)
            return outputs(z) if self.training else z

    wanted = r"must give logits of shape \(128, 10\) for 128 images"
    with pytest.raises(InputError, match=rf"^train\.model: {wanted}; got {got}$"):
        train(Other(), data, Training(steps=2), seed=0)


def test_records_without_every_are_about_a_hundred():
    for steps in (1, 7, 60, 101, 400, 499, 997, 998, 1009, 4000, 10_000):
        if steps == 1009:
            with pytest.raises(
                InputError, match=r"1009 steps divide into no number of .*; say steps=1000, or every=1009"
            ):
                Training(steps=steps).plan(1000)
            continue
        every = Training(steps=steps).plan(1000).every
        assert steps % every == 0
        assert min(20, steps) <= steps // every <= 1000


def test_mean_and_sd_are_those_of_all_training_values(data, monkeypatch):
    monkeypatch.setattr("ictal.models.datasets.dataset.AT_ONCE", 1000)
    x = data.x_train.astype(float)
    assert data.mean_and_sd() == pytest.approx((x.mean(), x.std()), rel=1e-12)
    assert replace(data, x_train=np.ones((4, 2), np.float32)).mean_and_sd() == (1.0, 1.0)


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_treatments_get_gradients_that_are_not_scaled(data, precision):
    class Reading(Intervention):
        def gradients(self):
            sizes.append(float(sum(p.grad.square().sum() for p in self.model.parameters()).sqrt()))

    class Treating:
        def artificial(self, model, *, seed=0):
            return Reading(model)

    sizes = []
    train(Net(dropout=0.0), data, Training(steps=5, precision=precision), seed=0, treatments=[Treating()])
    assert len(sizes) == 5
    assert max(sizes) < 20


def test_every_process_draws_its_own(data, monkeypatch):
    begun = []
    begin = loop.begin_step
    monkeypatch.setattr(context, "joined", lambda device: Ranks(rank=1))
    monkeypatch.setattr(loop, "begin_step", lambda *given: begun.append(given[2]) or begin(*given))
    train(Net(), data, Training(steps=2), seed=0)
    assert begun == [1, 1, 1]


# Treatments


def test_treatments_get_every_step_and_the_metrics_of_records_and_are_left_on_an_error(data):
    made = []

    @dataclass(frozen=True)
    class Kept(Shaking):
        def artificial(self, model, *, seed=0):
            made.append(Shaken(self, model, seed))
            return made[-1]

    train(Linear(), data, Training(steps=4, every=2), seed=0, treatments=[Kept(), Kept()])
    a, b = made
    measured = sorted(("loss", *METRICS, "val_loss", "val_accuracy"))
    assert a.seen == b.seen == [(1, ["loss"]), (2, measured), (3, ["loss"]), (4, measured), "left"]
    assert not torch.equal(a.generator.get_state(), b.generator.get_state()), "each has a stream of its own"
    with pytest.raises(InputError, match="the loss is"):
        train(Linear(), data, Training(steps=9, learning_rate=1e38, optimiser="sgd"), seed=0, treatments=[Kept()])
    assert made[-1].seen[-1] == "left"


def test_an_idle_treatment_and_a_recorder_change_no_bit(data):
    @dataclass(frozen=True)
    class Idle:
        dose: float = 0.0

        def artificial(self, model, *, seed=0):
            return Intervention(model)

    how = Training(steps=20, every=5, batch_size=64)
    plain, other = Net(), Net()
    a = bits(plain, train(plain, data, how, seed=3))
    b = bits(other, train(other, data, how, seed=3, treatments=[Idle()], on_record=Counting()))
    assert same(a, b)


# Randomness


def test_dropout_follows_the_seed_and_leaves_the_global_generator(data):
    ends = []
    for state, seed in ((1, 0), (2, 0), (2, 1)):
        torch.manual_seed(state)
        before, model = torch.get_rng_state(), Net()
        ends.append(bits(model, train(model, data, Training(steps=12, every=4), seed=seed)))
        assert torch.equal(before, torch.get_rng_state())
    assert same(ends[0], ends[1])
    assert not same(ends[1], ends[2])


def test_every_epoch_shows_every_image_once_and_goes_on_from_its_state():
    batches = Batches(10, 4, seed=0)
    for _ in range(2):
        epoch = [next(batches) for _ in range(3)]
        assert [len(b) for b in epoch] == [4, 4, 2]
        assert sorted(torch.cat(epoch).tolist()) == list(range(10))
    for _ in range(5):
        next(batches)
        other = Batches(10, 4, seed=9)
        other.load_state_dict(batches.state_dict())
        copy = Batches(10, 4, seed=0)
        copy.load_state_dict(batches.state_dict())
        assert [next(other).tolist() for _ in range(7)] == [next(copy).tolist() for _ in range(7)]


def test_modes_of_modules_come_back(data):
    model = Net().train()
    model.norm.eval()
    before = model.norm.running_mean.clone()
    with pytest.warns(UserWarning, match="train: norm came in evaluation mode and stays in it"):
        history = train(model, data, Training(steps=2), seed=0)
    assert history.notes == ("norm came in evaluation mode and stays in it: its statistics and dropout are frozen",)
    assert torch.equal(model.norm.running_mean, before)
    assert model.training
    assert not model.norm.training
    assert model.drop.training


def test_a_training_without_a_length_takes_ten_epochs_as_the_command_does():
    assert (Training().epochs, Training().steps) == (10, None)
    assert Training(steps=3).epochs is None


# What cannot be


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (dict(steps=2, epochs=2), "either epochs or steps; got epochs=2, steps=2"),
        (dict(steps=0), r"Training\.steps: must be >= 1; got 0"),
        (dict(steps=True), "Training.steps"),
        (dict(epochs=1.5), "Training.epochs: must be a whole number or none; got 1.5"),
        (dict(steps=2, batch_size=None), "Training.batch_size"),
        (dict(steps=2, accumulate=0), "Training.accumulate"),
        (dict(steps=2, warmup=-1), "Training.warmup: must be >= 0; got -1"),
        (dict(steps=2, patience=0), "Training.patience"),
        (dict(steps=2, learning_rate=0), r"learning_rate: must be > 0 \[1\]; got 0.0"),
        (dict(steps=2, learning_rate="fast"), "learning_rate: must be a number; got 'fast'"),
        (dict(steps=2, weight_decay=float("inf")), "weight_decay"),
        (dict(steps=2, momentum=1.0), r"momentum: must be 0 <= x < 1 \[1\]; got 1.0"),
        (dict(steps=2, optimiser="adan"), "unknown Training.optimiser 'adan'; did you mean 'adam'"),
        (dict(steps=2, schedule="cosin"), "did you mean 'cosine'"),
        (dict(steps=2, precision="float8"), "unknown Training.precision 'float8'"),
        (dict(steps=2, augment=("flop",)), "unknown Training.augment 'flop'; did you mean 'flip'"),
    ],
)
def test_settings_that_cannot_be(fields, message):
    with pytest.raises(InputError, match=message):
        Training(**fields)


def test_settings_name_every_augmentation_and_load_without_torch():
    (names, _) = get_args(declared(Training)["augment"][0])
    assert get_args(names) == tuple(AUGMENTATIONS)
    loaded = "import sys, ictal.models.training.settings as s; s.Job('mlp', s.Training(steps=1)); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout.split()
    assert "ictal.models.training.settings" in modules
    assert not {"torch", "scipy", "h5py"} & set(modules)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (dict(batch_size=151), "batch_size: must be at most the 150 training images; got 151; say batch_size=150"),
        (dict(batch_size=4, accumulate=5), "accumulate: must be at most batch_size = 4; got 5"),
        (dict(every=3), r"every: must divide the 10 steps; got 3; try every=2"),
        (dict(warmup=11), "warmup: must be at most the 10 steps; got 11"),
        (dict(patience=2), "patience: needs validation images; got patience=2 without any"),
    ],
)
def test_settings_that_do_not_fit_the_data(fields, message):
    with pytest.raises(InputError, match=message):
        train(Linear(), load_data("digits", n_train=150), Training(**{"steps": 10, **fields}), seed=0)


def test_a_batch_of_one_image_that_batch_norm_cannot_take_is_said(data):
    how = Training(epochs=1, batch_size=len(data.x_train) - 1)
    with pytest.raises(InputError, match=r"^train: batch norm cannot work on 1 image, the rest of an epoch or a "):
        train(Net(), data, how, seed=0)


def test_other_arguments_that_cannot_be(data):
    how = Training(steps=2)
    with pytest.raises(InputError, match=r"train\.seed: must be an integer from 0 to 2\^63 - 1; got -1"):
        train(Linear(), data, how, seed=-1)
    with pytest.raises(InputError, match=r"train\.seed: must be an integer from 0 to 2\^63 - 1; got 1844\d+"):
        train(Linear(), data, how, seed=2**64)
    with pytest.raises(InputError, match=r"train\.threads: must (be >= 1|lie in 1\.\.\S+); got 0"):
        train(Linear(), data, how, seed=0, threads=0)
    with pytest.raises(InputError, match=r"train\.model: must have parameters to train; Flatten has none"):
        train(nn.Flatten(), data, how, seed=0)


# Evaluation


def test_evaluation_is_the_formula_however_the_images_are_batched(data):
    model = Net()
    x, y = torch.tensor(data.x_test), torch.tensor(data.y_test)
    logits = model.eval()(x).detach().double()
    want = -(logits - logits.exp().sum(1, keepdim=True).log())[torch.arange(100), y].mean().item()
    for size in (None, 1, 7, 100):
        loss, accuracy = evaluate(model.train(), x, y, size)
        assert loss == pytest.approx(want, rel=1e-5)
        assert accuracy == (logits.argmax(1) == y).double().mean().item()
        np.testing.assert_allclose(probabilities(model, x, size), logits.softmax(1).numpy(), atol=1e-6)
    found = assess(model, x, y)
    assert found.n == 100
    assert found.confidence == pytest.approx(logits.softmax(1).max(1).values.mean().item(), rel=1e-5)
    assert found.ece == calibration_error(probabilities(model, x), data.y_test)
    with pytest.raises(InputError, match="at least one image"):
        assess(model, x[:0], y[:0])


def test_calibration_error_against_closed_forms_and_a_naive_loop():
    sure = np.tile([1.0, 0.0], (50, 1))
    assert calibration_error(sure, np.zeros(50, int)) == 0
    assert calibration_error(sure, np.ones(50, int)) == 1
    half = np.tile([0.5, 0.5], (50, 1))
    assert calibration_error(half, np.zeros(50, int)) == 0.5
    rng = np.random.default_rng(0)
    p, y = rng.dirichlet(np.ones(4), 500), rng.integers(4, size=500)
    naive = 0.0
    for b in range(15):
        inside = (p.max(1) > b / 15) & (p.max(1) <= (b + 1) / 15)
        if inside.any():
            naive += inside.mean() * abs((p.argmax(1) == y)[inside].mean() - p.max(1)[inside].mean())
    assert calibration_error(p, y) == pytest.approx(naive, abs=1e-12)
    q = rng.dirichlet(np.ones(3), 200_000)
    drawn = (rng.random(200_000)[:, None] > q.cumsum(1)).sum(1)
    assert calibration_error(q, drawn) < 0.01, "labels drawn from the probabilities: calibrated"


def test_separation_against_the_normal_distribution_and_scikit_learn():
    from scipy.stats import norm
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    known, strange = rng.normal(1, 1, 4000), rng.normal(0, 1, 3000)
    assert separation(known, strange) == pytest.approx(norm.cdf(1 / math.sqrt(2)), abs=0.01)
    ties = known.round(), strange.round()
    labels = np.r_[np.ones(4000), np.zeros(3000)]
    assert separation(*ties) == pytest.approx(roc_auc_score(labels, np.concatenate(ties)), abs=1e-12)
    assert separation(strange, strange) == 0.5
    assert separation(known, strange) + separation(strange, known) == pytest.approx(1)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_gpu_gives_the_curve_of_the_cpu(data, precision):
    how = Training(steps=40, every=10, precision=precision, augment=("noise",))
    curves = [
        train(Net(dropout=0).to(d), data, replace(how, augment=()), seed=0)["train_loss"] for d in ("cpu", "cuda")
    ]
    np.testing.assert_allclose(curves[1], curves[0], rtol=1e-3 if precision == "float32" else 0.05)
    before = torch.cuda.get_rng_state()
    train(Net().to("cuda"), data, how, seed=0)
    assert torch.equal(before, torch.cuda.get_rng_state())
