"""Recorders leave data, generators and models as they were, and a network has one value."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ictal.models import LayerSynchrony, Monitor, StepRecorder, load_data, record_samples
from ictal.simulator import InputError


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


class Scaling(nn.Module):
    """A model that scales its input in place."""

    def __init__(self):
        super().__init__()
        self.layer, self.act = nn.Linear(6, 8), nn.ReLU()

    def forward(self, x):
        return self.act(self.layer(x.mul_(2).add_(1)))


@pytest.mark.parametrize("given", [noise(30, 6), noise(60, 6)[::2], noise(30, 6).double(), noise(30, 6).numpy()])
def test_inputs_are_copied(given):
    model, before = Scaling(), given.numpy().copy() if isinstance(given, torch.Tensor) else given.copy()
    want = model(torch.tensor(before).float()).detach().numpy()
    for batch_size in (30, 7):
        found = record_samples(model, given, "act", batch_size=batch_size).recording("act").numpy()
        np.testing.assert_allclose(found, want, atol=1e-6)
    recorder = StepRecorder(given, "act")
    recorder(0, model)
    recorder(1, model)
    np.testing.assert_array_equal(torch.as_tensor(given).numpy(), before)
    assert (np.diff(recorder.run().recording("act").numpy(), axis=-2) == 0).all()


class Typed(nn.Module):
    """A first parameter of one type, and a layer of another."""

    def __init__(self, first, layer, cast=False):
        super().__init__()
        self.first = nn.Parameter(torch.ones(3).to(first), requires_grad=False)
        self.layer, self.act, self.cast = nn.Linear(6, 8).to(layer), nn.ReLU(), cast

    def forward(self, x):
        return self.act(self.layer(x.to(self.layer.weight.dtype) if self.cast else x))


class Quantised(nn.Module):
    """Weights of 8 bits in a buffer, with their scale, and no parameter."""

    def __init__(self):
        super().__init__()
        self.register_buffer("weight", torch.arange(-24, 24, dtype=torch.int8).view(8, 6))
        self.register_buffer("scale", torch.tensor(0.01))
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(x @ (self.weight * self.scale).T)


@pytest.mark.parametrize(
    "model",
    [
        Typed(torch.int8, torch.float32),
        Typed(torch.bool, torch.float32),
        Typed(torch.float64, torch.float32),
        Typed(torch.float32, torch.float64),
        Typed(torch.complex64, torch.float32),
        Typed(torch.float8_e4m3fn, torch.float32),
        Typed(torch.float32, torch.bfloat16),
        Typed(torch.float32, torch.bfloat16, cast=True),
        Quantised(),
    ],
)
def test_inputs_have_the_type_of_the_first_computation(model):
    x = noise(30, 6)
    layer = getattr(model, "layer", None)
    want = model(x if layer is None else x.to(layer.weight.dtype)).detach().float()
    found = record_samples(model, x.double().numpy(), "act").recording("act").numpy()
    np.testing.assert_allclose(found, want, atol=1e-6)
    assert want.std() > 0.05


class Padded(nn.Module):
    """A transformer that is told of its padding."""

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)

    def forward(self, x):
        return self.encoder(x, src_key_padding_mask=(x == 0).all(-1))


class Words(nn.Module):
    """Embedded tokens, of which 0 is padding."""

    def __init__(self):
        super().__init__()
        self.words, self.act = nn.Embedding(9, 8, padding_idx=0), nn.Tanh()

    def forward(self, x):
        return self.act(self.words(x))


def test_padding_is_recorded_and_told():
    x = noise(12, 5, 8)
    model = Padded()
    whole = record_samples(model, x, "encoder.layers.1").recording("encoder.layers.1").numpy()
    x[:6, 3:] = 0
    with pytest.warns(UserWarning, match="Padded was given padded sequences: the activity of padding is recorded"):
        found = record_samples(model, x, "encoder.layers.1", batch_size=4).recording("encoder.layers.1").numpy()
    assert found.shape == whole.shape == (12, 40)
    np.testing.assert_allclose(found[6:], whole[6:], atol=1e-5)
    assert model.encoder.use_nested_tensor
    ids = torch.tensor([[3, 4, 0], [5, 6, 7]] * 4)
    with pytest.warns(UserWarning, match="Words was given padded sequences"):
        record_samples(Words(), ids, "act")
    record_samples(Words(), ids[1::2], "act")


class BatchNorm(nn.Module):
    """A batch norm of somebody's own, without running statistics."""

    def forward(self, x):
        return (x - x.mean(0)) / x.std(0)


@pytest.mark.parametrize("norm", [nn.BatchNorm1d(8, track_running_stats=False), BatchNorm()])
def test_activity_that_depends_on_the_batch_is_told(norm):
    model = nn.Sequential(nn.Linear(6, 8), norm, nn.ReLU())
    x = noise(60, 6) + torch.linspace(0, 3, 60)[:, None]
    with pytest.warns(UserWarning, match="2: its activity depends on the other samples of a pass.*batch_size=60 shows"):
        record_samples(model, x, "2", batch_size=20)
    record_samples(model, x, "2", batch_size=60)
    record_samples(nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU()), x, "2", batch_size=20)


class Drawing(nn.Module):
    """A model that draws in evaluation mode, in all the ways that there are, and counts its passes."""

    def __init__(self):
        super().__init__()
        self.layer, self.act = nn.Linear(64, 8), nn.ReLU()
        self.own, self.stream = torch.Generator().manual_seed(3), np.random.default_rng(3)
        self.register_buffer("passes", torch.tensor(0))

    def forward(self, x):
        self.passes = self.passes + 1
        h = functional.dropout(self.layer(x.flatten(1)), 0.5)
        h = h + torch.randn(8, generator=self.own) + float(self.stream.normal()) + random.random() + np.random.rand()  # noqa: NPY002
        return self.act(h)


def states(model):
    """States of all generators as text."""
    legacy = np.random.get_state()  # noqa: NPY002
    return [
        str(each)
        for each in (torch.get_rng_state().sum(), model.own.get_state().sum(), model.stream.bit_generator.state,
                     random.getstate(), legacy[1].sum(), legacy[2], model.passes)
    ]  # fmt: skip


def test_one_network_has_one_value_and_generators_stay():
    model, data = Drawing(), load_data("digits", n_train=200)
    recorder = LayerSynchrony(data, "act", measures="si_3", sets="test", n_probe=60, nulls=0)
    before, values = states(model), []
    for step in range(2):
        with pytest.warns(UserWarning, match="Drawing draws random numbers in evaluation mode, as F.dropout does"):
            recorder(step, model)
        values.append(recorder.latest()["si_3"])
        assert states(model) == before
        torch.rand(1)
        before = states(model)
    assert values[0] == values[1]


def test_the_weights_of_lazy_layers_are_drawn_as_by_anybody():
    torch.manual_seed(4)
    model = nn.Sequential(nn.LazyLinear(5), nn.ReLU())
    record_samples(model, noise(20, 3), "1")
    torch.manual_seed(4)
    twin = nn.Sequential(nn.LazyLinear(5), nn.ReLU())
    twin(noise(20, 3))
    assert torch.equal(model[0].weight, twin[0].weight)


# A monitor and what happens behind its back


class Replacing(nn.Module):
    """A model that writes into the data of an activation, as binarised networks do."""

    def __init__(self, how=None):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.act, self.last, self.how = nn.Linear(6, 8), nn.Hardtanh(), nn.Linear(8, 2), how

    def forward(self, x):
        h = self.act(self.first(x))
        if self.how:
            self.how(h)
        return self.last(h)


def signed(h):
    h.data = h.data.sign()


@pytest.mark.parametrize(
    "how", [signed, lambda h: h.data.sign_(), lambda h: h.detach().sign_(), lambda h: h.data[:, :4].zero_()]
)
def test_data_that_is_replaced_after_a_layer(how):
    x, values, penalties = noise(50, 6), [], []
    for model in (Replacing(), Replacing(how)):
        with Monitor(model, "act") as monitor:
            for _ in range(3):
                model(x)
            penalties.append(monitor.activations()["act"].detach())
        values.append(monitor.record.values[:, 0])
    np.testing.assert_array_equal(*values)
    torch.testing.assert_close(*penalties)


def test_data_that_is_replaced_later_is_recorded_as_the_layer_gave_it():
    model, x = Replacing(), noise(50, 6)
    with Monitor(model, "act") as monitor:
        model(x)
        model.how = signed
        model(x)
        with pytest.raises(InputError, match="called none of the layers act"):
            monitor.activations()
        model(x)
    assert np.ptp(monitor.record.values) == 0


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.* is deprecated:DeprecationWarning")  # torch uses it itself
def test_transforms_of_torch_func_are_left_as_they_are():
    model, x = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2)), noise(20, 6)
    weights = dict(model.named_parameters())

    def loss(p, x):
        return torch.func.functional_call(model, p, (x,)).square().sum()

    def derived():
        return [
            torch.func.grad(loss)(weights, x)["0.weight"],
            torch.func.vmap(torch.func.grad(loss), (None, 0))(weights, x[:, None])["0.weight"],
            torch.func.jacrev(model)(x[0]),
            torch.func.jacfwd(model)(x[0]),
            torch.func.hessian(lambda z: model(z).sum())(x[0]),
        ]

    want = derived()
    with Monitor(model) as monitor:
        with pytest.warns(UserWarning, match=r"calls of the model within torch\.func .* are left as they are") as heard:
            found = derived()
        torch.testing.assert_close(found, want, rtol=0, atol=0)
        assert (monitor.passes, len(heard)) == (0, 1)
        with pytest.raises(InputError, match=r"in training mode with gradients on, outside of torch\.func"):
            monitor.run()
        torch.func.functional_call(model, weights, (x,))  # no transform: a pass
        with torch.inference_mode():
            model(x)
        assert monitor.passes == 1


class Frozen(nn.Module):
    """A backbone in inference mode within a training pass."""

    def __init__(self):
        super().__init__()
        self.back, self.head = nn.Sequential(nn.Linear(6, 8), nn.ReLU()), nn.Sequential(nn.Linear(8, 8), nn.Tanh())

    def forward(self, x):
        with torch.inference_mode():
            h = self.back(x)
        return self.head(h.clone())


def test_a_part_in_inference_mode_is_recorded():
    with Monitor(Frozen()) as monitor:
        monitor._passes.core(noise(20, 6))
        with pytest.raises(InputError, match=r"back\.1 ran without gradients within a training pass"):
            monitor.activations()
    assert list(monitor.latest()["si_3"]) == ["back.1", "head.1"]
