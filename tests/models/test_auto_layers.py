"""The layers that "auto" takes: activation functions by what they are, and a word where they are none."""

import importlib
import re
from importlib.util import find_spec

import numpy as np
import pytest
import snntorch
import torch
from torch import library, nn
from torch.nn import functional

from ictal.models import DesyncReg, Dropout, Monitor, Probe, record_samples
from ictal.models.probe.activations import kind_of
from ictal.models.probe.choice import match
from ictal.simulator import InputError


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def taken(model):
    return list(match(model, ("auto",))["auto"])


def recorded(model, *inputs, layers="auto"):
    """Names of the layers that a monitor records in one pass."""
    with Monitor(model, layers) as monitor:
        model(*inputs)
    return list(monitor.latest()["si_3"])


# Activation functions by what they are


class Own(nn.Module):
    """A function of a module's own, of each value by itself or not."""

    def __init__(self, function, **parameters):
        super().__init__()
        self.function = function
        for name, value in parameters.items():
            self.register_parameter(name, nn.Parameter(value))

    def forward(self, x):
        return self.function(x, *self.parameters())


class Step(torch.autograd.Function):
    """A spike, with a gradient of its own."""

    @staticmethod
    def forward(ctx, x):
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class ReGLU(nn.Module):
    def forward(self, x):
        a, b = x.chunk(2, -1)
        return a * b.relu()


class HardSigmoidOfMine(nn.Module):
    def forward(self, x):
        return functional.hardsigmoid(x)


class Wrapper(nn.Module):
    """A function with a module for it within."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.inner, self.factor = nn.GELU(), factor

    def forward(self, x):
        return self.factor * self.inner(x)


class LIFCell(nn.Module):
    def forward(self, x, state=None):
        return (x > 1).to(x.dtype), state


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        (Own(lambda x: x * torch.sigmoid(1.702 * x)), "activation"),
        (Own(lambda x: x.clamp(min=0) ** 2), "activation"),
        (Own(lambda x, a: x + torch.sin(a * x) ** 2 / a, alpha=torch.ones(1, 6, 1)), "activation"),
        (Own(lambda x, a: x.clamp(min=0) + a * x.clamp(max=0), slope=torch.full((6, 1, 1), 0.1)), "activation"),
        (Own(lambda x: torch.sin(30 * x)), "activation"),
        (Own(Step.apply), "activation"),
        (ReGLU(), "activation"),
        (Own(lambda x: 1 / (1 + torch.exp(-x))), "gate"),
        (HardSigmoidOfMine(), "gate"),
        (Own(lambda x: 1.7 * x), ""),
        (Own(lambda x, a: a * x, scale=torch.full((6,), 2.0)), ""),
        (Own(lambda x: x / (1 + x.norm(dim=-1, keepdim=True))), ""),
        (Own(lambda x: functional.dropout(x, 0.5)), ""),
        (Own(lambda x: torch.round(x * 16) / 16), ""),  # a quantiser
        (Own(lambda x: x @ torch.ones(4, 4)), ""),
        (nn.Softmax(-1), ""),
        (nn.Dropout(), ""),
        (nn.Identity(), ""),
        (nn.GRUCell(3, 4), "recurrent"),
        (snntorch.Leaky(beta=0.9), "spiking"),
        (snntorch.RLeaky(beta=0.9, linear_features=4), "spiking"),
        (LIFCell(), "spiking"),
    ],
)
def test_a_module_is_what_it_does(module, kind):
    state = torch.get_rng_state()
    assert kind_of(module) == kind
    assert torch.equal(torch.get_rng_state(), state)


def test_of_a_wrapper_the_function_within_is_taken_unless_the_wrapper_changes_it():
    model = nn.Sequential(nn.Linear(3, 4), Wrapper(), nn.Linear(4, 4), Wrapper(1.5), nn.Linear(4, 2))
    assert taken(model) == ["1.inner", "3"]


def test_sigmoids_count_where_there_is_nothing_else_and_not_at_the_end():
    model = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 1), nn.Sigmoid())
    with pytest.warns(UserWarning, match="layers='auto' took sigmoids: 1; Sequential has no activation function"):
        assert taken(model) == ["1"]


class Positive(nn.Module):
    def forward(self, weights):
        return functional.softplus(weights)


class OfWeights(nn.Module):
    """Activation functions of weights: parametrised, and by hand."""

    def __init__(self):
        super().__init__()
        self.linear, self.act, self.positive = nn.Linear(4, 8), nn.ReLU(), nn.Softplus()
        nn.utils.parametrize.register_parametrization(self.linear, "weight", Positive())
        nn.utils.parametrizations.weight_norm(self.linear, "bias", dim=None)
        self.last = nn.Parameter(noise(2, 8))

    def forward(self, x):
        return functional.linear(self.act(self.linear(x)), self.positive(self.last))


def test_parametrisations_of_weights_are_no_activity():
    assert recorded(OfWeights(), noise(20, 4)) == ["act"]
    assert list(record_samples(OfWeights(), noise(20, 4), "auto")) == ["act"]


# Functional activations, and products of gated units


class Gated(nn.Module):
    """A block as in Llama; `act` as a module or as a function."""

    def __init__(self, act=None, dropout=0.0):
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = nn.Linear(8, 16), nn.Linear(8, 16), nn.Linear(16, 8)
        self.act_fn, self.dropout = act, nn.Dropout(dropout)

    def forward(self, x):
        gate = (self.act_fn or functional.silu)(self.gate_proj(x))
        return x + self.down_proj(self.dropout(gate * self.up_proj(x)))


class Fused(nn.Module):
    """A gated unit as in Stable Diffusion: its output is the product."""

    def __init__(self):
        super().__init__()
        self.proj = nn.Linear(8, 32)

    def forward(self, x):
        a, b = self.proj(x).chunk(2, -1)
        return a * functional.gelu(b)


class Block(nn.Module):
    """A residual block as in many tutorials."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
        self.bn1, self.bn2 = nn.BatchNorm2d(3), nn.BatchNorm2d(3)

    def forward(self, x):
        out = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(out)) + x)


class Tutorial(nn.Module):
    """LeNet as in torch's tutorial: one pooling module for two places."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.pool = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2)
        self.fc1, self.fc2 = nn.Linear(256, 12), nn.Linear(12, 10)

    def forward(self, x):
        x = self.pool(functional.relu(self.conv1(x)))
        x = self.pool(functional.relu(self.conv2(x)))
        return self.fc2(functional.relu(self.fc1(x.flatten(1))))


class Autoencoder(nn.Module):
    """Two layers as wide as a gated unit's, and no product."""

    def __init__(self):
        super().__init__()
        self.first, self.mean, self.spread = nn.Linear(12, 8), nn.Linear(8, 4), nn.Linear(8, 4)
        self.back, self.last, self.act = nn.Linear(4, 8), nn.Linear(8, 12), nn.ReLU()

    def forward(self, x):
        h = self.act(self.first(x))
        z = self.mean(h) + torch.exp(self.spread(h) / 2)
        return self.last(self.act(self.back(z)))


class Listed(nn.Module):
    """Layers in a list, functions between them, and two heads in a dictionary."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 8)])
        self.heads = nn.ModuleDict({"one": nn.Linear(8, 2), "two": nn.Linear(8, 1)})

    def forward(self, x):
        for layer in self.layers:
            x = functional.elu(layer(x))
        return {name: head(x) for name, head in self.heads.items()}


@pytest.mark.parametrize(
    ("model", "shape", "names"),
    [
        (nn.Sequential(nn.Linear(8, 8), Gated()), (20, 5, 8), ["1.dropout.input"]),
        (nn.Sequential(nn.Linear(8, 8), Gated(nn.SiLU())), (20, 5, 8), ["1.act_fn", "1.dropout.input"]),
        (nn.Sequential(nn.Linear(8, 8), Fused(), nn.Linear(16, 2)), (20, 5, 8), ["1"]),
        (nn.Sequential(Block(), Block()), (20, 3, 6, 6), ["0", "0.conv2.input", "1", "1.conv2.input"]),
        (Tutorial(), (20, 1, 28, 28), ["pool.input#0", "pool.input#1", "fc2.input"]),
        (Autoencoder(), (20, 12), ["act#0", "act#1"]),
        (Listed(), (20, 6), ["layers.1.input", "layers.2.input", "heads.one.input"]),
        (nn.TransformerEncoderLayer(8, 2, 16), (5, 20, 8), ["dropout.input"]),
    ],
)
def test_functional_activations_and_products_are_the_inputs_of_what_follows(model, shape, names):
    assert sorted(recorded(model, noise(*shape))) == sorted(names)


def test_a_product_has_the_values_that_enter_the_next_layer():
    block, x = Gated(nn.SiLU()), noise(20, 8)
    want = nn.functional.silu(block.gate_proj(x)) * block.up_proj(x)
    with Monitor(block) as monitor:
        block(x)
        torch.testing.assert_close(monitor.activations()["dropout.input"], want)
        assert sorted(monitor.activations()) == ["act_fn", "dropout.input"]
    with Probe(block, "*.input") as probe:
        block(x)
    torch.testing.assert_close(probe.activities()["down_proj.input"].values, want.detach())
    with DesyncReg(1.0).artificial(block) as treated:
        assert float(treated.loss(block(x), None).detach()) > 0
    with (
        Dropout(0.9, layers=("dropout.input",)).artificial(block),
        Probe(block, "down_proj.input", keep_graph=True) as probe,
    ):
        block(x)
    assert 0.8 < float((probe.activities()["down_proj.input"].values == 0).float().mean()) < 1


class Careful(nn.Module):
    """A model that remembers its passes in all the ways in which modules do."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 6), nn.Linear(6, 2)
        self.register_buffer("passes", torch.tensor(0))
        self.calls, self.seen, self.by_name, self.last = 0, [], {}, None
        self.first.register_forward_hook(lambda *_: self.seen.append("hook"))

    def forward(self, x):
        self.calls += 1
        self.passes += 1
        self.last = self.by_name["x"] = x
        self.seen.append(len(x))
        return self.second(functional.relu(self.first(x)))


def test_the_choice_leaves_no_trace_in_the_model():
    model = Careful()
    assert taken(model) == ["second.input"]
    assert (model.calls, model.seen, model.by_name, model.last, int(model.passes)) == (0, [], {}, None, 0)
    assert not model.second._forward_pre_hooks


class Mixed(nn.Module):
    """An activation module, and a function that no layer takes."""

    def __init__(self):
        super().__init__()
        self.first, self.act, self.last = nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)

    def forward(self, x):
        h = functional.gelu(self.first(x)) + 1
        return torch.tanh(self.last(self.act(h)))


def test_functional_activations_that_are_not_among_the_layers_are_told_and_outputs_are_none():
    words = r"sees no functional activations: gelu in forward\(\) of Mixed are not among the layers; make them modules"
    with pytest.warns(UserWarning, match=words) as heard:
        assert recorded(Mixed(), noise(20, 4)) == ["act"]
    assert len(heard) == 1
    assert heard[0].filename == __file__
    with pytest.warns(UserWarning, match=words):
        record_samples(Mixed(), noise(20, 4), "auto")
    assert recorded(Mixed(), noise(20, 4), layers="act") == ["act"]  # named: no word


class Hidden(nn.Module):
    """Functional activations that no layer takes: something is added before each."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 6), nn.Linear(6, 2)

    def forward(self, x):
        return self.last(1 + functional.relu(self.first(x)))


def test_a_fallback_to_weights_is_told_with_the_reason():
    words = "layers='auto' took the outputs of linear layers and convolutions: first; Hidden has no activation function"
    with pytest.warns(UserWarning, match=r"relu in forward\(\) of Hidden"), pytest.warns(UserWarning, match=words):
        assert recorded(Hidden(), noise(20, 4)) == ["first"]


def test_the_choice_is_stored_and_shown():
    model = nn.Sequential(nn.Linear(4, 8), nn.ELU(), nn.Linear(8, 2))
    words = "layers='auto' took activation functions: 1"
    with Monitor(model) as monitor:
        model(noise(20, 4))
    assert monitor.run().source["assumptions"] == [words]
    assert repr(monitor) == "Monitor(Sequential: layers 1; 1 passes)"
    assert record_samples(model, noise(20, 4), "auto", source={"assumptions": ["a"]}).source["assumptions"] == [
        "a",
        words,
    ]
    assert "assumptions" not in (record_samples(model, noise(20, 4), "1").source or {})


# One layer over time


class Spiking(nn.Module):
    """A loop over time as in snnTorch's tutorials, of maps or features."""

    def __init__(self, *layers):
        super().__init__()
        self.first, self.last = layers
        self.lif1, self.lif2 = snntorch.Leaky(beta=0.9), snntorch.Leaky(beta=0.9)
        for lif in (self.lif1, self.lif2):
            snntorch.SpikingNeuron.instances.remove(lif)

    def forward(self, x):
        one, two = self.lif1.init_leaky(), self.lif2.init_leaky()
        out = []
        for _ in range(7):
            spikes, one = self.lif1(self.first(x), one)
            spikes, two = self.lif2(self.last(spikes.flatten(1)), two)
            out.append(spikes)
        return torch.stack(out)


@pytest.mark.parametrize(
    ("layers", "shape"),
    [((nn.Linear(9, 6), nn.Linear(6, 3)), (20, 9)), ((nn.Conv2d(1, 6, 3), nn.Linear(54, 3)), (20, 1, 5, 5))],
)
def test_the_calls_of_a_spiking_neuron_are_its_time(layers, shape):
    model, x = Spiking(*layers), 4 * noise(*shape).abs()
    assert recorded(model, x) == ["lif1", "lif2"]
    run = record_samples(model, x, "auto")
    assert {name: run.recording(name).values.shape for name in run} == {"lif1": (20, 7, 6), "lif2": (20, 7, 3)}
    assert run.recording("lif2").clock == "model"
    assert set(np.unique(run.recording("lif2").values)) <= {0.0, 1.0}


class Loop(nn.Module):
    """A recurrent network by hand; or, with `depth`, one activation module for layers of their own."""

    def __init__(self, depth=False):
        super().__init__()
        self.steps = nn.ModuleList(nn.Linear(6, 6) for _ in range(4 if depth else 1))
        self.act, self.last = nn.Tanh(), nn.Linear(6, 2)

    def forward(self, x):
        h = x
        for t in range(4):
            h = self.act(self.steps[t % len(self.steps)](h) + x)
        return self.last(h)


def test_the_calls_of_an_activation_are_time_where_its_weights_are_called_as_often():
    x = noise(20, 6)
    model, words = Loop(), "the 4 calls of act in a pass are taken as its time points"
    with Monitor(model) as monitor:
        with pytest.warns(UserWarning, match=words):
            model(x)
        model(x)  # told once
        assert monitor.activations()["act"].shape == (80, 6)
    with pytest.warns(UserWarning, match="4 calls of act"):
        assert record_samples(Loop(), x, "auto").recording("act").values.shape == (20, 4, 6)
    assert recorded(Loop(depth=True), x) == ["act#0", "act#1", "act#2", "act#3"]
    with Monitor(Loop(), units="token sampled") as monitor:
        monitor._passes.core(x)
    assert list(monitor.latest()["si_3"]) == ["act#0", "act#1", "act#2", "act#3"]


def test_packed_and_nested_sequences_are_all_their_time_points():
    lengths = [k % 4 + 1 for k in range(16)]
    sequences = [noise(n, 3, seed=n) for n in lengths]
    packed = nn.utils.rnn.pack_sequence(sequences, enforce_sorted=False)
    lstm, relu = nn.LSTM(3, 5, batch_first=True), nn.Sequential(nn.Linear(3, 5), nn.ReLU())
    with Monitor(nn.Sequential(lstm)) as monitor:
        monitor._passes.core(packed)
        torch.testing.assert_close(monitor.activations()["0"], lstm(packed)[0].data)
    nested = torch.nested.nested_tensor(sequences, layout=torch.jagged)
    with Monitor(relu) as monitor:
        relu(nested)
        torch.testing.assert_close(monitor.activations()["1"], relu(torch.cat(sequences)))
    with pytest.raises(InputError, match="1 yields a nested tensor, of sequences of several lengths"), Probe(relu, "1"):
        relu(nested)


# Names


class Shared(nn.Module):
    """One encoder under two names."""

    def __init__(self):
        super().__init__()
        self.one = self.two = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

    def forward(self, x):
        return self.two(self.one(x))


def test_a_second_name_is_a_name():
    with pytest.warns(
        UserWarning, match=r"two\.1 and one\.1 are one module; it is watched as two\.1, in all its calls"
    ):
        assert recorded(Shared(), noise(20, 4), layers="two.1") == ["two.1#0", "two.1#1"]
    assert recorded(Shared(), noise(20, 4), layers="*.1") == ["one.1#0", "one.1#1"]
    with pytest.warns(UserWarning, match=r"two\.1 and one\.1 are one module; it is watched as one\.1"):
        assert recorded(Shared(), noise(20, 4), layers=["one.1", "two.1"]) == ["one.1#0", "one.1#1"]


def test_modules_in_a_circle_and_with_a_billion_names():
    act = nn.ReLU()
    model = nn.Sequential(nn.Linear(4, 6), act, nn.Linear(6, 2))
    model[0].owner = model
    assert taken(model) == ["1"]
    many = act
    for _ in range(30):
        many = nn.ModuleList([many, many])
    assert taken(nn.ModuleList([nn.Linear(4, 6), act, many])) == ["1"]


# Models of other people


def of_transformers():
    import transformers as t

    size = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, vocab_size=50)
    ids = torch.randint(3, 50, (6, 7), generator=torch.Generator().manual_seed(0))
    yield t.BertModel(t.BertConfig(**size)), (ids,)
    yield t.LlamaModel(t.LlamaConfig(**size)), (ids,)
    yield t.MistralModel(t.MistralConfig(**size, num_key_value_heads=2)), (ids,)
    yield t.GPT2Model(t.GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=50)), (ids,)
    yield t.ViTModel(t.ViTConfig(**{**size, "vocab_size": 2}, image_size=8, patch_size=4)), (noise(6, 3, 8, 8),)


def of_timm():
    import timm

    for name, size in (("vit_tiny_patch16_224", 224), ("convnext_atto", 64), ("resnet18", 64)):
        yield timm.create_model(name), (noise(2, 3, size, size),)


@pytest.fixture
def operators():
    """A CUDA build of torchvision beside a torch without misses its operators, and what imports it fails."""
    missing = None
    try:
        importlib.import_module("torchvision")
    except ImportError:
        pass
    except RuntimeError:
        missing = library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            missing.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return missing


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("package", "models"), [("transformers", of_transformers), ("timm", of_timm)])
@pytest.mark.usefixtures("operators")
def test_every_activation_module_of_a_foreign_model_is_taken(package, models):
    if not find_spec(package):
        pytest.skip(f"needs {package}")
    word = re.compile("relu|gelu|silu|tanh|activation", re.IGNORECASE)
    for model, inputs in models():
        model.train()
        wanted = [n for n, m in model.named_modules() if word.search(type(m).__name__) and not [*m.children()]]
        names = recorded(model, *inputs)
        assert {name.split("#")[0] for name in names} >= set(wanted) > set(), type(model).__name__
        gated = any("down_proj" in name for name, _ in model.named_modules())
        assert any(name.endswith("down_proj.input") for name in names) == gated
