"""Contracts over the registry of treatments, and what each of them does."""

import dataclasses
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import scipy.stats
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from ictal.analyses.measures import get
from ictal.models import (
    L2,
    NID,
    TREATMENTS,
    Axes,
    Clip,
    Combined,
    DesyncReg,
    Dropout,
    HealthyTraining,
    Intervention,
    LabelSmoothing,
    ShrinkingNID,
    Treatment,
    ValidationControl,
    desync_penalty,
)
from ictal.models.monitoring.batch_measures import batch_values
from ictal.models.treatments.base import Task
from ictal.simulator import InputError
from ictal.simulator.fields import declared

DOCS = Path(__file__).resolve().parents[2] / "docs" / "treatments"
KINDS = {name: TREATMENTS.load(name) for name in TREATMENTS}
PLACE = Axes(nn.ReLU())
AGAINST_FORGETTING = ("ewc", "l2-sp", "replay", "generative-replay")  # these act from the second task on
RANDOM = ("nid", "nid-shrink", "dropout", "desync", "healthy", "validation", "ewc", "replay", "generative-replay")
SMALL = {"generative-replay": {"steps": 15, "hidden": 10}}
STRONG = {"l2": 0.1, "desync": 3.0, "healthy": 3.0, "validation": 3.0, "dropout": 0.5, "clip": 10.0}


def seeded(module, seed=1):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.randn(p.shape, generator=generator) / 3)
    return module.train()


def network():
    with torch.random.fork_rng():  # layers draw initial weights of their own
        layers = nn.Linear(6, 300), nn.ReLU(), nn.Linear(300, 20), nn.ReLU(inplace=True), nn.Linear(20, 4)
    return seeded(nn.Sequential(*layers))


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def task(number):
    x = torch.sigmoid(noise(40, 6, seed=1000 + number))
    return Task(number, x, x[:, :4].argmax(1), torch.ones(4, dtype=torch.bool))


class Loop:
    """A stranger's training loop: SGD with momentum, a batch a step, a validation loss every third, a task in four."""

    def __init__(self, treatment=None, seed=0):
        self.model = network()
        self.descent = torch.optim.SGD(self.model.parameters(), lr=0.02, momentum=0.9)
        self.treated = Intervention(self.model) if treatment is None else treatment.artificial(self.model, seed=seed)
        self.step = 0

    def go(self, steps):
        for _ in range(steps):
            if self.step % 4 == 0:
                self.treated.begin_task(task(self.step // 4))
            self.step += 1
            x = noise(32, 6, seed=self.step)
            y = x[:, :4].argmax(1)
            outputs = self.model(x)
            loss = functional.cross_entropy(outputs, y) + self.treated.loss(outputs, y)
            self.descent.zero_grad()
            loss.backward()
            self.treated.gradients()
            self.descent.step()
            recorded = {"val_loss": math.sin(self.step)} if self.step % 3 == 0 else {}
            self.treated.after_step(self.step, {"loss": loss.item(), **recorded})
            if self.step % 4 == 0:
                self.treated.end_task(task(self.step // 4 - 1))
        return weights(self.model)


def trained(treatment, steps=12, seed=0):
    loop = Loop(treatment, seed)
    with loop.treated:
        return loop.go(steps)


# Contracts


def dosed(name, dose):
    kind = KINDS[name]
    return kind(**{dataclasses.fields(kind)[0].name: dose, **SMALL.get(name, {})})


@pytest.mark.parametrize("name", TREATMENTS)
def test_every_field_is_declared_with_words_and_a_unit(name):
    for field, (hint, param) in declared(KINDS[name]).items():
        assert param.words, field
        assert param.unit or hint is not float, field


@pytest.mark.parametrize("name", TREATMENTS)
def test_a_treatment_is_a_frozen_dataclass_whose_first_field_is_the_dose(name):
    kind = KINDS[name]
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    assert isinstance(kind(), Treatment)
    dose = dataclasses.fields(kind)[0]
    assert isinstance(dose.default, float)
    assert dose.default > 0
    assert hash(kind()) == hash(kind())
    assert len(TREATMENTS[name][1]) < 90
    for bad in (-1.0, float("nan"), float("inf"), True, "much"):
        with pytest.raises(InputError, match=rf"^{kind.__name__}\.{dose.name}: must (be|lie in) .*; got") as error:
            dosed(name, bad)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", TREATMENTS)
def test_dose_0_is_no_treatment_bit_by_bit(name):
    loop = Loop(dosed(name, 0.0))
    with loop.treated:
        assert hooks(loop.model) == 0
        assert torch.equal(loop.go(12), trained(None))


@pytest.mark.filterwarnings("ignore:.*its weight stayed")
@pytest.mark.parametrize("name", TREATMENTS)
def test_it_acts_is_seeded_and_leaves_the_global_generator_alone(name):
    treatment = dosed(name, STRONG.get(name, 1.0))
    before = torch.get_rng_state()
    found = trained(treatment)
    assert torch.equal(before, torch.get_rng_state())
    assert bool(torch.isfinite(found).all())
    assert not torch.equal(found, trained(None))
    with torch.random.fork_rng():
        torch.manual_seed(5)
        assert torch.equal(found, trained(treatment))
    drawing = name in RANDOM
    assert torch.equal(found, trained(treatment, seed=1)) != drawing


@pytest.mark.filterwarnings("ignore:.*its weight stayed", "ignore:.*no task came before")
@pytest.mark.parametrize("name", TREATMENTS)
def test_stopped_and_resumed_is_uninterrupted(name, tmp_path):
    treatment = dosed(name, STRONG.get(name, 1.0))
    for stop in (1, 5, 6):
        first, second = Loop(treatment), Loop(treatment)
        with first.treated:
            first.go(stop)
        states = [first.model.state_dict(), first.descent.state_dict(), first.treated.state_dict()]
        torch.save(states, tmp_path / "state.pt")
        states = torch.load(tmp_path / "state.pt", weights_only=True)
        with second.treated:
            for part, state in zip((second.model, second.descent, second.treated), states, strict=True):
                part.load_state_dict(state)
            second.step = stop
            assert torch.equal(second.go(12 - stop), trained(treatment))


@pytest.mark.parametrize("name", TREATMENTS)
def test_hooks_are_gone_after_the_end_and_after_an_error(name):
    model = network()
    treated = dosed(name, STRONG.get(name, 1.0)).artificial(model)
    assert hooks(model) == 0
    with pytest.raises(RuntimeError), treated:
        model(noise(5, 7))
    assert hooks(model) == 0
    with treated:
        model(noise(5, 6))
    assert hooks(model) == 0


@pytest.mark.parametrize("name", TREATMENTS)
def test_evaluation_is_not_treated(name):
    model, x = network(), noise(32, 6)
    want = model.eval()(x)
    with dosed(name, STRONG.get(name, 1.0)).artificial(model) as treated:
        model.train()(x)
        treated.loss(want, torch.zeros(32, dtype=torch.int64))
        treated.after_step(1, {"loss": 1.0})
        assert torch.equal(model.eval()(x), want)


@pytest.mark.parametrize("name", TREATMENTS)
def test_it_has_a_page(name):
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    for part in ("## Equation", "## Dose", "## Cost", "## Source", "## Evidence"):
        assert part in text, part
    assert f"`{name}`" in text
    assert f"`{KINDS[name].__name__}`" in text
    for field in dataclasses.fields(KINDS[name]):
        assert f"`{field.name}`" in text, field.name


@pytest.mark.parametrize("name", [name for name in TREATMENTS if "layers" in KINDS[name].__dataclass_fields__])
def test_a_wrong_pattern_lists_the_names(name):
    kind = KINDS[name]
    for layers in (kind(layers="1").layers, kind(layers=["1"]).layers):
        assert layers == ("1",)
    with pytest.raises(InputError, match="no module matches 'relu'; modules: 0, 1, 2, 3, 4") as error:
        kind(layers="relu").artificial(network())
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match=rf"{kind.__name__}\.layers: must name at least one module"):
        kind(layers=())


@pytest.mark.parametrize("name", ["desync", "healthy", "validation", "nid", "nid-shrink", "dropout"])
def test_a_model_that_is_never_called_in_training_mode_is_found_out(name):
    model = network()
    with dosed(name, 0.5).artificial(model) as treated:
        outputs = model.eval()(noise(8, 6))
        with pytest.raises(InputError, match=r"call the model \(Sequential\) in training mode"):
            treated.loss(outputs, torch.zeros(8, dtype=torch.int64))


class Checkpointed(nn.Module):
    def __init__(self, checkpointed, shared=False):
        super().__init__()
        self.checkpointed = checkpointed
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(6, 6), nn.Tanh()) for _ in range(2)])
        if shared:
            self.blocks[1] = self.blocks[0]

    def forward(self, x):
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=False) if self.checkpointed else block(x)
        return x


@pytest.mark.parametrize("name", ["desync", "nid", "nid-shrink", "dropout"])
def test_gradient_checkpointing_draws_the_same_again(name):
    found = []
    for checkpointed in (False, True):
        model, x = seeded(Checkpointed(checkpointed)), noise(16, 6)
        with dosed(name, 0.5).artificial(model, seed=3) as treated:
            for _ in range(2):
                outputs = model(x)
                model.zero_grad()
                (outputs.square().sum() + treated.loss(outputs, x)).backward()
        found.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    torch.testing.assert_close(*found, rtol=0, atol=0)


def test_calls_that_cannot_be_told_apart_in_checkpointing_are_said():
    model, x = seeded(Checkpointed(True, shared=True)), noise(16, 6)
    with Dropout(0.5).artificial(model), pytest.raises(InputError, match=r"blocks\.0\.1 is called 2 times in a pass"):
        model(x).sum().backward()


class Pair(NamedTuple):
    hidden: torch.Tensor
    state: torch.Tensor


class Named(nn.Module):
    """Yields a named tuple, as many a published network does."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 6)

    def forward(self, x):
        return Pair(self.linear(x), x)


def test_a_named_tuple_stays_one():
    inner = seeded(Named())
    model = nn.ModuleDict({"inner": inner})
    model.forward = lambda x: model["inner"](x).hidden + model["inner"].linear.bias
    with Dropout(0.5, layers="inner").artificial(model):
        assert (model(noise(16, 6)) - inner.linear.bias == 0).float().mean() > 0.2


# What each does


def test_desync_is_the_penalty():
    model, x = network(), noise(32, 6)
    said = pytest.warns(
        UserWarning, match="si_3 was not defined, and the penalty 0, at some passes: 1 at 1 of 2, 3 at 1 of 2"
    )
    with said, DesyncReg(2.0, target=0.1, units=16).artificial(model, seed=7) as treated:
        outputs = model(x)
        bare = [torch.relu(model[0](x)), model[:4](x)]
        generator = torch.Generator().manual_seed(7)
        want = desync_penalty(bare, 0.1, 2.0, units=16, generator=generator)
        assert torch.equal(treated.loss(outputs, x), want)
        values, _ = batch_values(treated.monitor.activations(), (get("si_3"),))
        assert treated.synchrony() == pytest.approx(float(values.detach().mean()), abs=0.05)
        model(x[:2])
        assert float(treated.loss(outputs, x).detach()) == 0
        assert treated.synchrony() is None


@pytest.mark.parametrize(("target", "direction"), [(0.0, -1), (1.0, 1)])
def test_desync_moves_synchrony_towards_its_target(target, direction):
    def synchrony(treatment):
        loop = Loop(treatment)
        with loop.treated:
            loop.go(150)
        x = noise(512, 6, seed=10_000)
        h = [loop.model[:2](x).detach(), loop.model[:4](x).detach()]
        values, _ = batch_values({str(k): part for k, part in enumerate(h)}, (get("si_3"),))
        return float(values.mean())

    assert direction * (synchrony(DesyncReg(5.0, target=target)) - synchrony(None)) > 0.05


def test_the_source_controller_follows_the_synchrony():
    how = HealthyTraining(1.0, factor=2.0, limit=4.0)
    assert [how.control(1.0, si, {}, {}) for si in (0.61, 0.6, 0.4, 0.2, 0.19, None)] == [2, 1, 1, 1, 0.5, 1]
    assert how.control(4.0, 0.9, {}, {}) == 4.0
    assert how.control(0.25, 0.0, {}, {}) == 0.25
    for x, way in ((noise(32, 1).expand(32, 6), 1), (noise(4000, 6), -1)):  # one direction of input; many
        model = network()
        with HealthyTraining(1.0, factor=2.0, high=0.5, low=0.45).artificial(model) as treated:
            for step in (1, 2):
                treated.loss(model(x), x)
                si = treated.synchrony()
                assert (si > 0.5) if way > 0 else (si < 0.45)
                treated.after_step(step, {})
            assert treated.weight == 4.0**way
    with pytest.raises(InputError, match=r"HealthyTraining\.low: must not exceed high=0.1; got 0.2"):
        HealthyTraining(1.0, high=0.1)
    with pytest.raises(InputError, match=r"HealthyTraining\.factor: must be >= 1 \[1\]; got 0.5"):
        HealthyTraining(1.0, factor=0.5)


def test_the_validation_controller_follows_the_validation_loss():
    how, memory, weight, got = ValidationControl(1.0, factor=2.0, limit=4.0, tolerance=0.1), {}, 1.0, []
    for loss in (1.0, 1.05, 1.2, 1.2, 1.2, 0.9, float("nan"), 0.9, 0.95, 0.8, 0.7, 0.6, 0.5, 0.4):
        weight = how.control(weight, None, {"loss": 0.0, "val_loss": loss}, memory)
        got.append(weight)
    assert got == [1, 1, 2, 4, 4, 2, 2, 2, 2, 1, 0.5, 0.25, 0.25, 0.25]
    assert how.control(weight, None, {"loss": 3.0}, memory) == 0.25
    with pytest.raises(InputError, match=r"val_loss is not among the metrics loss, test_loss; .*n_val"):
        how.control(weight, None, {"loss": 3.0, "test_loss": 1.0}, memory)


@pytest.mark.parametrize("kind", [NID, ShrinkingNID])
def test_noise_has_the_distribution_that_its_page_states(kind):
    h = noise(400, 50, seed=1) * 3 + 1
    h[:, 3] = 2.0  # constant: nothing to push
    how = kind(2.0, gain=0.0)
    moved = how.disturbed(h, "0", PLACE, torch.Generator().manual_seed(0)) - h
    assert int(torch.count_nonzero(moved[:, 3])) == 0
    live = [k for k in range(50) if k != 3]
    towards = (-moved * torch.sign(h - h.mean(0)))[:, live].flatten().numpy() / 0.2
    plain = moved[:, live].flatten().numpy() / 0.2
    if kind is NID:
        assert scipy.stats.kstest(plain, "norm").pvalue > 0.01
        assert scipy.stats.kstest(towards, "norm").pvalue > 0.01
    else:
        assert scipy.stats.kstest(towards, "halfnorm").pvalue > 0.01
        assert towards.min() >= 0
        assert towards.mean() == pytest.approx(math.sqrt(2 / math.pi), abs=0.02)


def test_noise_adapts_to_the_synchrony():
    generator = torch.Generator().manual_seed(99)
    for c, common in ((0.0, 0.0), (1.0, 1.0)):
        h = (1 - common) * noise(2000, 40) + common * noise(2000, 1, seed=2).expand(2000, 40)
        si, _ = batch_values({"0": h}, (get("si_3"),))
        assert float(si) == pytest.approx(c, abs=0.03)
        moved = NID(1.5).disturbed(h, "0", PLACE, generator) - h
        assert float(moved.std()) == pytest.approx(1.5 * (0.1 + 0.4 * float(si)), rel=0.02)
    empty = torch.zeros(0, 5)
    assert torch.equal(NID().disturbed(empty, "0", PLACE, generator), empty)
    for samples in (8, 50, 64, 100):
        for value in (0.0, 0.1, 0.7):  # a mean of many equal numbers is not that number
            dead = torch.full((samples, 5), value)
            assert torch.equal(NID().disturbed(dead, "0", PLACE, generator), dead)


def test_noise_is_put_where_it_belongs_and_lets_the_gradient_through():
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(3, 5, batch_first=True)

        def forward(self, x):
            return self.rnn(x)

    model, x = seeded(Recurrent()), noise(7, 4, 3)
    states, (last, _) = model(x)
    with NID(1.0).artificial(model, seed=2):
        moved, (kept, _) = model(x)
        assert not torch.equal(moved, states)
        assert torch.equal(kept, last)
        moved.sum().backward()
    got = model.rnn.weight_hh_l0.grad.clone()
    model.zero_grad()
    model(x)[0].sum().backward()
    torch.testing.assert_close(got, model.rnn.weight_hh_l0.grad)
    frozen = network()
    frozen[1].eval()
    said = pytest.warns(UserWarning, match="NID: 1 was never changed: not called in training, or in evaluation mode")
    with said, NID(1.0, layers="1").artificial(frozen):
        assert torch.equal(frozen(noise(8, 6)), network()(noise(8, 6)))


@pytest.mark.parametrize("treatment", [NID(1.0, gain=0.0), Dropout(0.5)])
def test_layers_and_calls_draw_each_their_own(treatment):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Identity(), nn.Identity()

        def forward(self, x):
            return self.a(x), self.a(x), self.b(x)

    model, x = Twice(), noise(50, 6)
    with treatment.__class__(**{**vars(treatment), "layers": ("a", "b")}).artificial(model, seed=3):
        first, second, other = (out - x for out in model(x))
    assert not torch.equal(first, second)
    assert not torch.equal(first, other)
    assert not torch.equal(second, other)


def test_the_mean_of_noise_is_over_the_batch_wherever_its_axis_is():
    x = noise(7, 4, 3) + 5 * noise(7, 1, 1, seed=4)  # batch first
    moved = []
    for first in (True, False):
        place = Axes(nn.GRU(3, 3, batch_first=first), batch_first=first)
        h = x if first else x.transpose(0, 1)
        out = ShrinkingNID(1.0, gain=0.0).disturbed(h.contiguous(), "0", place, torch.Generator().manual_seed(0)) - h
        moved.append(torch.sign(out if first else out.transpose(0, 1)))
    assert torch.equal(*moved)
    assert torch.equal(moved[0], -torch.sign(x - x.mean(0)))


def test_a_validation_loss_that_is_not_finite_moves_nothing():
    how, memory = ValidationControl(1.0, factor=2.0), {}
    assert how.control(1.0, None, {"val_loss": 0.5}, memory) == 1.0
    assert how.control(1.0, None, {"val_loss": math.inf}, memory) == 1.0
    assert how.control(1.0, None, {"val_loss": math.nan}, memory) == 1.0
    assert memory == {"least": 0.5}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout_drops_its_share_and_keeps_the_mean(dtype):
    h = torch.ones(400, 500, dtype=dtype)
    out = Dropout(0.3).dropped(h, "0", PLACE, torch.Generator().manual_seed(0))
    assert out.dtype == dtype
    assert float((out == 0).float().mean()) == pytest.approx(0.3, abs=4 * math.sqrt(0.21 / h.numel()))
    torch.testing.assert_close(out[out != 0].unique().float(), torch.tensor([1 / 0.7]), rtol=1e-2, atol=0)
    x = noise(16, 6)
    model = network()
    with Dropout(0.5, layers="1").artificial(model):
        a, b = model(x), model(x)
    assert not torch.equal(a, b)
    with pytest.raises(InputError, match=r"Dropout\.rate: must be 0 <= x < 1 \[1\]; got 1"):
        Dropout(1.0)


def test_l2_is_the_gradient_of_half_the_squared_norm():
    a, b, x = network(), network(), noise(8, 6)
    with L2(0.3).artificial(a) as treated:
        a(x).square().mean().backward()
        treated.gradients()
    norm = sum((p**2).sum() for p in b.parameters() if p.ndim >= 2)
    (b(x).square().mean() + 0.15 * norm).backward()
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 1.0])
def test_label_smoothing_is_that_of_torch_and_of_the_formula(epsilon):
    model, x = network(), noise(8, 6)
    outputs, targets = model(x), torch.arange(8) % 4
    with LabelSmoothing(epsilon).artificial(model) as treated:
        total = functional.cross_entropy(outputs, targets) + treated.loss(outputs, targets)
    soft = (1 - epsilon) * functional.one_hot(targets, 4) + epsilon / 4
    want = -(soft * outputs.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(total, want)
    with pytest.raises(InputError, match=r"epsilon: must lie in 0\.\.1 \[1\]; got 1\.5"):
        LabelSmoothing(1.5)


def test_clipping_bounds_the_norm_and_leaves_a_small_gradient_alone():
    model, x = network(), noise(8, 6)
    model(x).square().mean().backward()
    before = torch.cat([p.grad.flatten().clone() for p in model.parameters()])
    norm = float(before.norm())
    for tightness in (0.5 / norm, 1 / norm / 0.999, 4 / norm):
        for p, part in zip(model.parameters(), before.split([p.numel() for p in model.parameters()]), strict=True):
            p.grad.copy_(part.view_as(p))
        Clip(tightness).artificial(model).gradients()
        after = torch.cat([p.grad.flatten() for p in model.parameters()])
        torch.testing.assert_close(after, before * min(1.0, 1 / tightness / norm), rtol=1e-4, atol=1e-7)


def test_treatments_together_are_their_sum():
    parts = [DesyncReg(3.0), LabelSmoothing(0.2), L2(0.1), Clip(2.0), Dropout(0.2, layers="1")]

    def go(steps, state=None):
        loop = Loop()
        loop.treated = Combined(loop.model, parts, seed=4)
        with loop.treated:
            return loop.go(steps), loop.treated.state_dict()

    found, state = go(12)
    again, _ = go(12)
    assert torch.equal(found, again)
    assert list(state) == ["0", "1", "2", "3", "4"]
    assert state["0"]["monitor"]["passes"] == 12
    model, x = network(), noise(8, 6)
    with Combined(model, [LabelSmoothing(0.2), LabelSmoothing(0.1)]) as treated:
        outputs, y = model(x), torch.arange(8) % 4
        single = [LabelSmoothing(e).artificial(model).loss(outputs, y) for e in (0.2, 0.1)]
        torch.testing.assert_close(treated.loss(outputs, y), single[0] + single[1])
    with pytest.raises(InputError, match="no module matches"):
        Combined(model, [DesyncReg(1.0), DesyncReg(1.0, layers="relu")])
    assert hooks(model) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DesyncReg(target=2.0), r"DesyncReg\.target: must lie in -1\.\.1 \[1\]; got 2"),
        (lambda: DesyncReg(measure="si3"), "did you mean 'si_3'"),
        (lambda: DesyncReg(measure="class_share"), r"DesyncReg\.measure: must need no order"),
        (lambda: DesyncReg(units=1), r"DesyncReg\.units: must be >= 2; got 1"),
        (lambda: NID(base=-1.0), r"NID\.base: must be >= 0 \[unit of the activations\]; got -1"),
        (lambda: ShrinkingNID(units=0), r"ShrinkingNID\.units"),
        (lambda: ValidationControl(limit=0.5), r"ValidationControl\.limit"),
        (lambda: ValidationControl(tolerance=-0.1), r"ValidationControl\.tolerance"),
    ],
)
def test_fields_that_cannot_be(make, message):
    with pytest.raises(InputError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


# In Ictal's own loop


@pytest.mark.filterwarnings("ignore:.*no task came before")
@pytest.mark.parametrize("name", TREATMENTS)
def test_it_works_in_the_loop_of_train(name):
    from ictal.models import MLP, Training, load_data, train

    data = load_data("digits", n_train=200, n_val=100)
    ends = []
    for treatments in ([], [dosed(name, STRONG.get(name, 1.0))]):
        model = MLP.for_data(data, (32,), generator=torch.Generator().manual_seed(0))
        history = train(model, data, Training(steps=20, every=5), seed=0, treatments=treatments)
        assert np.isfinite(history.values).all()
        ends.append(weights(model))
    assert torch.equal(*ends) == (name in AGAINST_FORGETTING)  # there is no second task
