"""The monitor reads what layers did in the last training pass, whatever wraps the model, and lets go of it."""

import copy
import gc
import os
import shutil
import subprocess
import sys
import warnings
import weakref

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import ictal
from ictal.analyses import apply
from ictal.analyses.measures import get
from ictal.models import Layers, Monitor, desync_penalty
from ictal.models.monitoring import monitor as monitor_module
from ictal.models.monitoring.history import PENDING
from ictal.models.probe.choice import match
from ictal.simulator import InputError, Recording


def seeded(module, seed=1):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.randn(p.shape, generator=generator) / 3)
    return module.train()


def mlp(width=12, inplace=False):
    return seeded(
        nn.Sequential(
            nn.Linear(4, width), nn.ReLU(inplace), nn.Linear(width, width), nn.ReLU(inplace), nn.Linear(width, 3)
        )
    )


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def si(x):
    record = Recording(x.detach().double().numpy(), dt=1.0, clock="sample", quantity="activation", unit="1")
    return float(apply(get("si_3"), record).value)


def hooks(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def assert_same(a, b, **tolerance):
    assert a.keys() == b.keys()
    for name in a:
        torch.testing.assert_close(a[name], b[name], **tolerance)


# What is recorded


def test_every_thins_the_record_and_nothing_else():
    model, x = mlp(), [noise(20, 4, seed=k) for k in range(10)]
    with Monitor(model, ["1", "3"], every=3, measures=["si_3", "chi_c"]) as monitor:
        for batch in x:
            model(batch)
            found = monitor.activations()
            torch.testing.assert_close(found["1"], torch.relu(model[0](batch)), rtol=0, atol=0)
            assert found["3"].grad_fn is not None
        assert monitor.passes == 10
    run = monitor.run({"experiment": "x"})
    record = run.recording("si_3")
    assert set(run) == {"si_3", "chi_c"}
    assert (record.clock, record.dt, record.t0, record.quantity, record.unit) == ("step", 3.0, 0.0, "si_3", "1")
    assert record.unit_labels["layer"].tolist() == ["1", "3"]
    assert record.valid is None
    want = [[si(torch.relu(model[0](b))), si(model[:4](b))] for b in x[::3]]
    np.testing.assert_allclose(record.values, want, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(monitor.record.values, record.values)
    assert monitor.latest()["si_3"] == dict(zip(["1", "3"], record.values[-1], strict=True))
    assert (record.source["experiment"], record.source["every"], record.source["model"]) == ("x", 3, "Sequential")


def test_evaluation_is_no_pass():
    model = mlp()
    with Monitor(model, "1") as monitor:
        model(noise(20, 4))
        kept = monitor.activations()["1"]
        model.eval()(noise(20, 4, seed=1))
        with torch.no_grad():
            model.train()(noise(20, 4, seed=2))
        assert torch.equal(monitor.activations()["1"], kept)
        assert monitor.passes == 1
    assert monitor.record.values.shape == (1, 1)


class Twice(nn.Module):
    """Calls itself once for the half of what it is given."""

    def __init__(self):
        super().__init__()
        self.linear, self.tanh = nn.Linear(4, 4), nn.Tanh()

    def forward(self, x, again=True):
        y = self.tanh(self.linear(x))
        return y + self(x / 2, again=False) if again else y


def test_a_model_that_calls_itself_passes_once():
    model, x = seeded(Twice()), noise(20, 4)
    with Monitor(model, "tanh", every=2) as monitor:
        for _ in range(4):
            model(x)
        assert list(monitor.activations()) == ["tanh#0", "tanh#1"]
        torch.testing.assert_close(monitor.activations()["tanh#1"], torch.tanh(model.linear(x / 2)))
        with pytest.raises(TypeError):
            model(None)
        model(x)
    assert monitor.passes == 5
    assert monitor.record.values.shape == (3, 2)


def test_before_the_first_pass_and_after_the_end_one_line_says_what_to_do():
    model = mlp()
    monitor = Monitor(model, "1")
    with monitor:
        model.eval()(noise(20, 4))
        for ask in (monitor.run, monitor.activations, lambda: desync_penalty(monitor), lambda: monitor.record):
            with pytest.raises(InputError, match=r"call the model \(Sequential\) in training mode") as error:
                ask()
            assert "\n" not in str(error.value)
        assert monitor.latest() == {"si_3": {}}
        model.train()(noise(20, 4))
    with pytest.raises(InputError, match="within the context"):
        monitor.activations()
    with pytest.raises(InputError, match=r"measures=\(\) records nothing"):
        Monitor(model, "1", measures=()).run()


def test_a_part_of_a_layer_is_recorded_and_the_same_at_every_pass():
    model, x = mlp(40), noise(20, 4)
    with Monitor(model, "1", max_units=10, seed=3) as monitor:
        for _ in range(4):
            model(x)
        assert monitor.activations()["1"].shape == (20, 40)
        drawn = [monitor.activations(10)["1"] for _ in range(3)]
        assert all(part.shape == (20, 10) for part in drawn)
        assert not torch.equal(drawn[0], drawn[1])
    values = monitor.record.values[:, 0]
    index = Layers("1", max_units=10, seed=3).choice("1", 40)
    assert values == pytest.approx([si(torch.relu(model[0](x))[:, index])] * 4, abs=1e-6)
    with Monitor(model, "1", max_units=10, seed=3) as again:
        model(x)
        assert all(torch.equal(again.activations(10)["1"], part) for part in drawn)
        assert torch.equal(again.activations(40)["1"], again.activations()["1"])


def test_the_calls_of_a_module_are_recorded_on_the_same_units():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x):
            return self.relu(x) + self.relu(x)

    model = Twice()
    with Monitor(model, "relu", max_units=5) as monitor:
        model(noise(40, 60).requires_grad_())
    first, second = monitor.record.values[0]
    assert first == second


def test_the_penalty_of_a_monitor_is_that_of_its_activations():
    model, x = mlp(40), noise(20, 4)
    with Monitor(model, ["1", "3"], seed=5) as monitor:
        model(x)
        generator = torch.Generator().manual_seed(5)
        bare = [torch.relu(model[0](x)), model[:4](x)]
        for units in (16, 40, None):
            value = desync_penalty(monitor, 0.1, 2.0, units=units)
            assert torch.equal(value, desync_penalty(bare, 0.1, 2.0, units=units, generator=generator))
        assert_same(gradients(model, desync_penalty(monitor)), gradients(model, desync_penalty(bare)))


def test_only_the_latest_records_are_kept():
    model = mlp()
    with Monitor(model, "1", every=2, history=300) as monitor:
        for k in range(1000):
            model(noise(8, 4, seed=k))
            assert len(monitor._rows._waiting) < PENDING
    record = monitor.record
    assert (record.n_times, record.t0, record.dt) == (300, 400.0, 2.0)
    assert record.values[-1, 0] == pytest.approx(si(torch.relu(model[0](noise(8, 4, seed=998)))), abs=1e-6)


def test_where_a_measure_is_not_defined_the_record_says_so():
    model = mlp()
    with Monitor(model, "1") as monitor:
        for n in (20, 2, 1, 20):
            model(noise(n, 4))
    assert monitor.record.valid[:, 0].tolist() == [True, False, False, True]
    assert monitor.record.values[1:3, 0].tolist() == [0, 0]


def test_a_layer_that_is_not_always_called():
    class Sometimes(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 6), nn.Linear(4, 6)

        def forward(self, x, both):
            return self.a(x) + self.b(x) if both else self.a(x)

    model, x = seeded(Sometimes()), noise(20, 4)
    with Monitor(model, ["a", "b"]) as monitor:
        for both in (False, True, False):
            model(x, both)
            assert list(monitor.activations()) == (["a", "b"] if both else ["a"])
    record = monitor.record
    assert record.unit_labels["layer"].tolist() == ["a", "b"]
    assert record.valid.tolist() == [[True, False], [True, True], [True, False]]
    with Monitor(model, "b") as monitor:
        model(x, False)
        with pytest.raises(InputError, match="the last pass called none of the layers b"):
            monitor.activations()
        model(x, True)
    assert monitor.record.valid[:, 0].tolist() == [False, True]


def test_a_record_is_a_file(tmp_path):
    model = mlp()
    with Monitor(model, ["1", "3"], measures=["si_3", "population_rate_sd"]) as monitor:
        for k in range(4):
            model(noise(2 if k == 1 else 20, 4, seed=k))
    ictal.save(monitor.run(), tmp_path / "run.h5")
    back = ictal.load(tmp_path / "run.h5").recording("si_3")
    np.testing.assert_array_equal(back.values, monitor.record.values)
    np.testing.assert_array_equal(back.valid, monitor.record.valid)


# What a layer is


def test_units_of_convolutions_sequences_cells_and_shared_modules():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.act = nn.Conv2d(2, 5, 3), nn.ReLU()
            self.rnn, self.cell = nn.GRU(3, 6, batch_first=True), nn.GRUCell(6, 7)

        def forward(self, image, sequence):
            seen = self.act(self.conv(image))
            states, _ = self.rnn(sequence)
            h = None
            for t in range(states.shape[1]):
                h = self.cell(states[:, t], h)
            return self.act(h), seen, states

    model = seeded(Net())
    with Monitor(model, ["act", "rnn", "cell"], measures=()) as monitor:
        h, seen, states = model(noise(8, 2, 6, 6), noise(8, 9, 3))
        found = monitor.activations()
        assert {name: tuple(x.shape) for name, x in found.items()} == {
            "act#0": (8, 5),
            "act#1": (8, 7),
            "rnn": (72, 6),
            "cell": (72, 7),
        }
        torch.testing.assert_close(found["act#0"], seen.mean((2, 3)))
        torch.testing.assert_close(found["rnn"], states.flatten(0, 1))
        torch.testing.assert_close(torch.relu(found["cell"][-8:]), h)
        assert bool(torch.isfinite(desync_penalty(monitor)))


class Causal(nn.Conv1d):
    pass


class Tutorial(nn.Module):
    """One activation function for all layers, registered last."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 6, 3), nn.Conv2d(6, 9, 3)
        self.three, self.four, self.relu = nn.Linear(9, 12), nn.Linear(12, 16), nn.ReLU()  # 16: the maps' side, too

    def forward(self, x):
        h = self.relu(self.two(self.relu(self.one(x))))
        return self.four(self.relu(self.three(h.mean((2, 3)))))


class Swapped(nn.Module):
    def forward(self, x):
        return x.movedim(1, -1)


def test_an_activation_function_has_the_units_of_the_layer_before_it():
    """Channels last, as in the blocks of ConvNeXt and Swin; and a convolution along a line."""
    picture = seeded(nn.Sequential(nn.Conv2d(3, 5, 3), Swapped(), nn.Linear(5, 7), nn.GELU(), nn.Linear(7, 2)))
    line = seeded(nn.Sequential(Causal(2, 6, 3), nn.ReLU(), nn.BatchNorm1d(6), nn.Sigmoid()))
    with Monitor(picture) as monitor:
        picture(noise(30, 3, 8, 8))
        assert monitor.activations()["3"].shape == (30, 36 * 7)
    tutorial = seeded(Tutorial())
    with Monitor(tutorial) as monitor:
        tutorial(noise(30, 1, 20, 20))
        assert [v.shape[1] for v in monitor.activations().values()] == [6, 9, 12]
    with Monitor(line, "*") as monitor:
        x = noise(30, 2, 20)
        line(x)
        found = monitor.activations()
        assert [v.shape for v in found.values()] == [(30, 6)] * 4
        torch.testing.assert_close(found["1"], torch.relu(line[0](x)).mean(2))


class Sized(nn.Module):
    """A norm of somebody's own, and a block that turns its sequences for its attention alone."""

    def __init__(self):
        super().__init__()
        self.normalized_shape = 8
        self.self_attn = nn.MultiheadAttention(8, 2)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))

    def forward(self, x):
        h = x.transpose(0, 1)
        return self.mlp(x + self.self_attn(h, h, h)[0].transpose(0, 1))


def test_what_is_not_said_for_a_layer_is_not_taken_from_its_neighbours():
    block = seeded(Sized())
    maps = seeded(nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.LayerNorm([5, 9, 9]), nn.LeakyReLU()))
    with Monitor(block, "mlp.1") as monitor:
        block(noise(5, 7, 8))
        assert monitor.activations()["mlp.1"].shape == (5, 7 * 16)
    with Monitor(maps) as monitor:
        maps(noise(6, 3, 9, 9))
        assert monitor.activations()["2"].shape == (6, 5)


@pytest.mark.parametrize("name", ["linear1", "norm1", "self_attn", "dropout", ""])
def test_all_in_a_transformer_layer_have_the_axes_that_it_says(name):
    values = []
    for first in (True, False):
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=first)
        model = seeded(nn.Sequential(nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)))
        x = noise(16, 5, 8)
        with Monitor(model, "0.layers.0." + name if name else "0") as monitor:
            model(x if first else x.transpose(0, 1))
            (kept,) = monitor.activations().values()
        assert kept.shape[0] == 16
        values.append(kept.detach())
    torch.testing.assert_close(*values)


def test_what_nothing_says_is_said_to_the_monitor():
    model, x = seeded(nn.Sequential(nn.Linear(4, 6), nn.ReLU())), noise(16, 5, 4)
    with Monitor(model, "1") as right, Monitor(model, "1", batch_first=False) as other:
        model(x)
        want = right.activations()["1"]
        model(x.transpose(0, 1))
        assert torch.equal(other.activations()["1"], want)


def test_of_several_outputs_the_first_with_units_is_meant():
    class Telling(nn.Module):
        def forward(self, x):
            return {"loss": x.mean(), "nothing": None, "hidden": 2 * x}

    model = nn.Sequential(nn.Linear(4, 4), Telling())
    with Monitor(model, "1") as monitor:
        x = noise(20, 4)
        model(x)
        assert torch.equal(monitor.activations()["1"], 2 * model[0](x))


def test_pre_is_the_input():
    model, x = mlp(), noise(20, 4)
    with Monitor(model, "1", when="pre") as monitor:
        model(x)
        torch.testing.assert_close(monitor.activations()["1"], model[0](x))


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (mlp(), ["1", "3"]),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.GELU(), nn.Flatten(), nn.Linear(8, 2)), ["1"]),
        (nn.Sequential(nn.Linear(3, 4), nn.Softsign(), nn.Linear(4, 4), nn.Hardtanh(), nn.Linear(4, 2)), ["1", "3"]),
        (nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid()), ["1"]),
        (nn.ModuleDict({"rnn": nn.LSTM(2, 3), "readout": nn.Linear(3, 2)}), ["rnn"]),
    ],
)
def test_auto_is_activations_or_else_all_weights_but_the_last(model, names):
    assert list(match(model, ("auto",))["auto"]) == names
    with pytest.warns(UserWarning, match="took the outputs of linear layers and convolutions: 0, 1; Sequential has no"):
        found = match(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 2)), ("auto",))
    assert list(found["auto"]) == ["0", "1"]
    with pytest.raises(InputError, match="no module matches 'auto'; modules: 0"):
        Monitor(nn.Sequential(nn.Linear(3, 2)))


@pytest.mark.parametrize("laterly", [False, True])
@pytest.mark.parametrize("functionally", [False, True])
def test_a_change_in_place_does_not_reach_what_was_taken_before_it(functionally, laterly):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.relu, self.out = nn.Linear(4, 12), nn.ReLU(inplace=True), nn.Linear(12, 3)
            self.inplace = not laterly

        def forward(self, x):
            h = self.linear(x)
            if not self.inplace:
                return self.out(torch.relu(h))
            return self.out(functional.relu_(h) if functionally else self.relu(h))

    model = seeded(Block())
    with Monitor(model, "linear") as monitor:
        for k in range(4):
            x = noise(20, 4, seed=k)
            model(x)
            if laterly and k == 2:  # the first pass of a new kind is lost for this layer
                with pytest.raises(InputError, match="called none of the layers linear"):
                    monitor.activations()
            else:
                torch.testing.assert_close(monitor.activations()["linear"], model.linear(x), rtol=0, atol=0)
                bare = functional.linear(x, model.linear.weight, model.linear.bias)
                want = gradients(model, desync_penalty(bare))
                model(x)
                assert_same(gradients(model, desync_penalty(monitor)), want)
            model.inplace = model.inplace or k == 1


def test_a_change_in_place_after_the_pass_is_said():
    model = mlp()
    with Monitor(model, "4") as monitor:
        for _ in range(2):
            out = model(noise(20, 4))
        out.add_(1)
        with pytest.raises(InputError, match="4 was changed in place after the pass"):
            monitor.activations()


# Letting go


def test_the_activations_of_a_pass_are_gone_with_the_next_and_with_the_end():
    model, seen = mlp(), []
    with Monitor(model, "1") as monitor:
        for k in range(3):
            loss = model(noise(20, 4, seed=k)).sum() + desync_penalty(monitor)
            loss.backward()
            seen.append(weakref.ref(monitor.activations()["1"]))
            del loss
            gc.collect()
            assert [ref() is not None for ref in seen] == [False] * k + [True]
    gc.collect()
    assert seen[-1]() is None


def test_hooks_are_gone_after_the_end_and_after_an_error():
    model = mlp()
    monitor = Monitor(model, ["1", "3"])
    assert hooks(model) == 0
    with monitor:
        assert hooks(model) == 4
        with pytest.raises(InputError, match="entered already"):
            monitor.__enter__()
        model(noise(20, 4))
    assert hooks(model) == 0
    with pytest.raises(ZeroDivisionError), monitor:
        raise ZeroDivisionError
    assert hooks(model) == 0
    with pytest.raises(RuntimeError), monitor:
        model(noise(20, 5))
    assert hooks(model) == 0
    assert monitor.passes == 1
    with monitor:  # an error that the loop survives is no pass
        for width in (4, 5, 4):
            try:
                model(noise(20, width))
            except RuntimeError:
                assert monitor.passes == 2
    assert monitor.passes == 3
    assert monitor.record.n_times == 3


def test_a_layer_that_cannot_be_read_leaves_no_hook():
    class Strange(nn.Module):
        def forward(self, x):
            return "nothing"

    model = nn.Sequential(Strange())
    with pytest.raises(InputError, match="0 must yield a tensor"), Monitor(model, "0"):
        model(noise(3, 4))
    assert hooks(model) == 0


def test_a_copy_of_the_model_is_not_watched():
    model = mlp()
    with Monitor(model, "1") as monitor:
        model(noise(20, 4))
        kept = monitor.activations()["1"]
        twin = copy.deepcopy(model)
        twin(noise(20, 4, seed=1))
        assert torch.equal(monitor.activations()["1"], kept)
        assert monitor.passes == 1


def test_training_with_a_monitor_is_training_without():
    ends = []
    for watched in (False, True):
        model = mlp()
        descent = torch.optim.Adam(model.parameters(), lr=1e-2)
        before = torch.get_rng_state()
        with Monitor(model) if watched else torch.enable_grad():
            for k in range(20):
                descent.zero_grad()
                model(noise(20, 4, seed=k)).square().mean().backward()
                descent.step()
        assert torch.equal(before, torch.get_rng_state())
        ends.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.equal(*ends)


def test_a_stopped_monitor_goes_on_to_the_same_bits():
    model, x = mlp(40), noise(20, 4)

    def go(monitor, steps):
        with monitor:
            return [float(desync_penalty(monitor, units=8).detach()) for _ in range(steps) if model(x) is not None]

    whole, first, second = (Monitor(model, "1", every=2, seed=4) for _ in range(3))
    want = go(whole, 9)
    got = go(first, 4)
    state = copy.deepcopy(first.state_dict())
    second.load_state_dict(state)
    assert got + go(second, 5) == want
    np.testing.assert_array_equal(second.record.values, whole.record.values)
    assert second.passes == 9
    assert (second.record.t0, second.record.dt) == (0.0, 2.0)
    with pytest.raises(InputError, match=r"^Monitor\.measures: must be those of the state, si_3; got si_1$"):
        Monitor(model, "1", measures="si_1").load_state_dict(state)


@pytest.mark.parametrize("measures", ["si_3", ["si_3", "lambda1_fraction"], ["si_1", "si_3"]])
def test_a_record_has_the_same_bits_whenever_it_is_read(measures):
    """Passes wait to be measured together; batches of two sizes and layers of two widths here."""
    model = nn.Sequential(nn.Linear(4, 33), nn.ReLU(), nn.Linear(33, 33), nn.ReLU(), nn.Linear(33, 7), nn.ReLU())
    late, soon = (Monitor(model, ["1", "3", "5"], measures=measures) for _ in range(2))
    for monitor in (late, soon):
        with monitor:
            for k in range(12):
                model(noise(5 if k % 4 == 3 else 17, 4, seed=k))
                if monitor is soon and k % 3 == 0:
                    monitor.latest()
    for name in late.measures:
        np.testing.assert_array_equal(late.run().recording(name).values, soon.run().recording(name).values)
    assert late.record.values.shape == (12, 3)


def test_passes_that_wait_to_be_measured_hold_little(monkeypatch):
    monkeypatch.setattr(monitor_module, "WAITING", 1000)
    model, held = mlp(10), []
    with Monitor(model) as monitor:
        for k in range(60):
            model(noise(20 if k % 7 else 3, 4, seed=k))
            held.append(sum(found.size for _, found in monitor._waiting))
    assert max(held) < 1000
    assert len(monitor.record.values) == 60
    monkeypatch.setattr(monitor_module, "WAITING", 2**18)
    with Monitor(mlp(2), history=10) as few:
        for _ in range(600):
            few._passes.core(noise(3, 4))
            assert len(few._waiting) < PENDING


class Residual(nn.Module):
    """A layer that three others read: its gradient is a sum, whose order is part of the bits."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third, self.out = (nn.Linear(9, 9) for _ in range(4))
        self.relu = nn.ReLU()

    def forward(self, x):
        h = self.relu(self.first(x))
        return self.out(h + self.second(h) + torch.tanh(self.third(h)))


def test_training_goes_on_to_the_same_bits_where_many_layers_read_one():
    def go(monitor, model, steps):
        descent = torch.optim.SGD(model.parameters(), lr=0.1)
        with monitor:
            for k in steps:
                descent.zero_grad()
                loss = model(noise(50, 9, seed=k)).square().mean()
                more = desync_penalty(monitor, weight=10.0, units=6)
                (loss + more).backward()
                descent.step()

    whole, first = seeded(Residual()), seeded(Residual())
    go(Monitor(whole, "relu"), whole, range(30))
    one, two = Monitor(first, "relu"), Monitor(first, "relu")
    go(one, first, range(4))
    two.load_state_dict(one.state_dict())
    go(two, first, range(4, 30))
    for a, b in zip(whole.parameters(), first.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_state_of_other_passes_is_refused():
    model = mlp()
    state = Monitor(model, "1", every=5).state_dict()
    with Monitor(model, "1", every=5) as monitor:
        monitor.load_state_dict({**state, "passes": 7})
        with pytest.raises(InputError, match="no training pass yet"):
            desync_penalty(monitor)
    with pytest.raises(InputError, match=r"^Monitor\.every: must be that of the state, 5; got 2$"):
        Monitor(model, "1", every=2).load_state_dict(state)


def test_a_model_that_gives_nothing_passes_all_the_same():
    class Keeping(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = mlp()

        def forward(self, x):
            self.kept = self.net(x)

    model = Keeping()
    with Monitor(model) as monitor:
        for _ in range(3):
            try:
                raise ZeroDivisionError
            except ZeroDivisionError:  # a loop that calls the model while it handles an error
                model(noise(20, 4))
    assert monitor.passes == 3
    assert monitor.record.n_times == 3


def test_a_model_is_stored_whole_within_the_context_without_what_watches_it(tmp_path):
    model = mlp()
    with Monitor(model, ["0", "1"]) as monitor, Monitor(model, "1", when="pre"):
        model(noise(20, 4))
        torch.save(model, tmp_path / "model.pt")
    twin = torch.load(tmp_path / "model.pt", weights_only=False)
    assert torch.equal(twin(noise(20, 4)), model(noise(20, 4)))
    assert monitor.passes == 1


# Wrappers


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_under_autocast_the_measure_is_taken_in_single_precision(dtype):
    model, x = mlp(), noise(64, 4)
    with Monitor(model, "1") as monitor:
        model(x)
        want = gradients(model, desync_penalty(monitor))
        with torch.autocast("cpu", dtype=dtype):
            model(x)
            assert monitor.activations()["1"].dtype == dtype
            inside = desync_penalty(monitor)
        outside = desync_penalty(monitor)
        assert inside.dtype == torch.float32
        assert torch.equal(inside, outside)
        got = gradients(model, outside)
    values = monitor.record.values[:, 0]
    assert abs(values[0] - values[1]) < 2e-2
    for name in want:
        assert float((got[name] - want[name]).norm()) <= 2e-2 * float(want[name].norm())


class Checkpointed(nn.Module):
    def __init__(self, reentrant):
        super().__init__()
        self.reentrant = reentrant
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True)) for _ in range(3)])

    def forward(self, x):
        for block in self.blocks:
            x = block(x) if self.reentrant is None else checkpoint(block, x, use_reentrant=self.reentrant)
        return x


def test_gradient_checkpointing_gives_the_same_gradient():
    x, found = noise(20, 4), []
    for reentrant in (None, False):
        model = seeded(Checkpointed(reentrant))
        with Monitor(model, ["blocks.*.0", "blocks.*.1"], max_units=3, every=2) as monitor:
            for _ in range(3):
                loss = model(x).square().sum() + desync_penalty(monitor, units=3)
                found.append(gradients(model, loss))
            assert monitor.passes == 3
        assert monitor.record.n_times == 2
    for k in range(3):
        assert_same(found[k], found[k + 3])


def test_the_old_kind_of_checkpointing_is_refused_by_the_penalty_and_recorded_all_the_same():
    model, x = seeded(Checkpointed(True)), noise(20, 4).requires_grad_()
    with Monitor(model, "blocks.*.1") as monitor:
        out = model(x)
        with pytest.raises(InputError, match=r"blocks\.0\.1 ran without gradients.*use_reentrant=False") as error:
            desync_penalty(monitor)
        assert "\n" not in str(error.value)
        out.sum().backward()
    want = si(torch.relu(model.blocks[0][0](x)))
    assert monitor.record.values[0, 0] == pytest.approx(want, abs=1e-6)


@pytest.fixture
def compiling():
    """Dynamo reads `.grad` of tensors that are no leaves, which warns; its caches are left empty."""
    torch.compiler.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    torch.compiler.reset()


@pytest.mark.parametrize(
    ("way", "backend"),
    [
        *((way, "eager") for way in ("given compiled", "compiled within", "in place", "part")),
        ("given compiled", "aot_eager"),
        pytest.param(
            "given compiled",
            "inductor",
            marks=[pytest.mark.slow, pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")],
        ),
    ],
)
def test_a_compiled_model_is_watched_from_its_next_call_to_the_end(compiling, way, backend):
    x = noise(20, 4)
    plain = mlp(inplace=True)
    with Monitor(plain, ["0", "1"]) as monitor:
        loss = plain(x).square().sum() + desync_penalty(monitor)
        want, record = gradients(plain, loss), monitor.record.values
    model = mlp(inplace=True)
    if way == "in place":
        model.compile(backend=backend)
        given = called = model
    elif way == "part":
        given = called = nn.Sequential(model[0], torch.compile(model[1], backend=backend), *model[2:]).train()
    elif way == "compiled within":
        given, called = model, None
    else:
        given = called = torch.compile(model, backend=backend)
    if way != "compiled within":
        called(x)  # compiled code does not look for new hooks
    with Monitor(given, ["0", "1"]) as monitor:
        called = torch.compile(model, backend=backend) if called is None else called
        for _ in range(2):
            loss = called(x).square().sum() + desync_penalty(monitor)
            assert_same(gradients(model, loss), want)
        assert monitor.passes == 2
        np.testing.assert_allclose(monitor.record.values, np.repeat(record, 2, 0), rtol=0, atol=1e-6)
    called(x)
    assert monitor.passes == 2
    assert hooks(model) == 0


def test_a_model_compiled_as_one_graph_is_refused(compiling):
    model = torch.compile(mlp(), backend="eager", fullgraph=True)
    with pytest.raises(InputError, match=r"fullgraph=True.*compile it without fullgraph") as error:
        Monitor(model, "1")
    assert "\n" not in str(error.value)


def test_code_that_was_compiled_before_its_hooks_is_found_out(compiling):
    model, x = mlp(), noise(20, 4)
    compiled = torch.compile(model, backend="eager")
    compiled(x)
    with Monitor(model, "1") as monitor:  # given what was compiled, not what compiles it
        compiled(x)
        if monitor.passes:
            with pytest.raises(InputError, match="called none of the layers 1"):
                desync_penalty(monitor)
        else:
            with pytest.raises(InputError, match="no training pass yet"):
                desync_penalty(monitor)


def test_data_parallel_on_one_device_works_and_on_several_is_refused():
    model, x = mlp(), noise(20, 4)
    wrapped = nn.DataParallel(model)
    with Monitor(wrapped, ["1"]) as monitor:
        wrapped(x)
        torch.testing.assert_close(monitor.activations()["1"], torch.relu(model[0](x)))
    wrapped.device_ids = [0, 1]
    with pytest.raises(InputError, match=r"nn\.DataParallel over 2 devices.*DistributedDataParallel") as error:
        Monitor(wrapped, "1")
    assert "\n" not in str(error.value)


DISTRIBUTED = """
import os, sys, torch, torch.distributed as dist
from torch import nn
from ictal.models.monitoring.monitor import Monitor
from ictal.models.monitoring.penalty import desync_penalty
from ictal.models.monitoring.history import PENDING
torch.set_num_threads(1)
rank, path = int(os.environ["RANK"]), sys.argv[1]
dist.init_process_group("gloo", init_method="file://" + path + ".store", rank=rank, world_size=2)
x = torch.randn(40, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
def net():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 30), nn.ReLU(), nn.Linear(30, 3)).double()
model = net()
ddp = nn.parallel.DistributedDataParallel(model)
with Monitor(ddp, "1") as monitor:
    for _ in range(2):
        ddp.zero_grad()
        (ddp(x[rank::2]).square().mean() + desync_penalty(monitor, units=10)).backward()
got = torch.cat([p.grad.flatten() for p in model.parameters()])
want = 0
for part in (0, 1):
    alone = net()
    with Monitor(alone, "1") as single:
        for _ in range(2):
            alone.zero_grad()
            (alone(x[part::2]).square().mean() + desync_penalty(single, units=10)).backward()
    want = want + torch.cat([p.grad.flatten() for p in alone.parameters()]) / 2
torch.testing.assert_close(got, want, rtol=0, atol=1e-12)
assert monitor.record.unit_labels["layer"].tolist() == ["1"] and monitor.passes == 2
dist.destroy_process_group()
print("equal", flush=True)
os._exit(0)  # a thread of gloo that lets go of a tensor while Python ends aborts the process
"""


@pytest.mark.slow
def test_two_processes_average_the_gradients_of_their_penalties(tmp_path):
    started = [
        subprocess.Popen(
            [sys.executable, "-c", DISTRIBUTED, str(tmp_path / "it")],
            env=os.environ | {"RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    for process in started:
        out, err = process.communicate(timeout=240)
        assert out.strip() == "equal", err


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_cuda_device_a_step_does_not_wait_for_it():
    model = mlp(600).cuda()
    x = noise(64, 4).cuda()
    with Monitor(model, ["1", "3"]) as monitor:
        for _ in range(2):
            (model(x).square().mean() + desync_penalty(monitor)).backward()
        torch.cuda.set_sync_debug_mode("error")
        try:
            (model(x).square().mean() + desync_penalty(monitor)).backward()
        finally:
            torch.cuda.set_sync_debug_mode("default")
        want = si(torch.relu(model[0](x)).cpu()[:, Layers("1", max_units=256).choice("1", 600)])
    assert monitor.record.values[-1, 0] == pytest.approx(want, abs=1e-5)


# Bad input


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            dict(layers="relu"),
            r"^layers: no module matches 'relu'; modules: 0, 1, 2, 3, 4\. A functional .* give NAME\.input",
        ),
        (dict(layers=[]), "must name at least one module"),
        (dict(every=0), "Monitor.every: must be >= 1; got 0"),
        (dict(history=0), "Monitor.history: must be >= 1; got 0"),
        (dict(seed=-1), "Monitor.seed: must be >= 0; got -1"),
        (dict(max_units=1), "Monitor.max_units: must be >= 2; got 1"),
        (dict(measures=["si3"]), "did you mean 'si_3'"),
        (dict(measures="class_share"), "Monitor.measures: must need no order, band, labels or spikes"),
        (dict(units="neuron"), "Layers.units"),
        (dict(when="during"), "Layers.when"),
    ],
)
def test_arguments_that_cannot_be(how, message):
    with pytest.raises(InputError, match=message) as error:
        Monitor(mlp(), **{"layers": "1", **how})
    assert "\n" not in str(error.value)


def test_what_is_no_model_is_refused():
    with pytest.raises(InputError, match=r"Monitor\.model: must be a torch\.nn\.Module; got str"):
        Monitor("model")
