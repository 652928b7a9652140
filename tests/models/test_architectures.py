import copy
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from torch import nn
from torch.nn import functional

from ictal.models import (
    ARCHITECTURES,
    MLP,
    VGG,
    Architecture,
    ConvNet,
    Flow,
    Images,
    Layers,
    MultilayerPerceptron,
    Probe,
    RateRNN,
    Recurrent,
    ResNet,
    SpikingNet,
    Standardise,
    ViT,
    architecture,
)
from ictal.models.architectures.spiking import Neurons
from ictal.simulator import InputError
from ictal.simulator.fields import declared

SMALL = {  # name -> fields, shape, a pattern of modules that a user probes, learning rate that fits
    "mlp": ({"hidden": (32,)}, (8, 8), "hidden.*.relu", 1e-2),
    "convnet": ({"width": 4, "hidden": (16,)}, (8, 8), "blocks.*.relu", 1e-2),
    "resnet18": ({"width": 4}, (8, 8, 3), "layer*.*.relu*", 2e-2),
    "resnet34": ({"width": 8}, (8, 8), "layer*.*.relu*", 1e-2),
    "resnet50": ({"width": 4, "stem": "imagenet"}, (32, 32, 3), "layer*.*.relu*", 1e-2),
    "vgg16": ({"width": 8}, (32, 32), "features.relu*", 3e-3),
    "vit-tiny": ({"patch": 4, "width": 24, "depth": 2}, (8, 8, 3), "blocks.*.mlp.act", 1e-2),
    "vit-cifar": ({"width": 24, "depth": 2}, (8, 12), "blocks.*.attn", 1e-2),
    "rnn": ({"width": 24}, (8, 8), "layers.*", 3e-2),
    "gru": ({"width": 16, "depth": 2}, (12, 5), "layers.*", 3e-2),
    "lstm": ({"width": 16, "read": "mean"}, (8, 8, 3), "layers.*", 3e-2),
    "rate-rnn": ({"width": 32}, (12, 5), "rates", 3e-2),
    "snn": ({"hidden": (64, 32), "steps": 10}, (8, 8), "hidden.*.neurons", 3e-2),
}
ACTIVATIONS = (nn.ReLU, nn.GELU, nn.Tanh, nn.Softplus)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def built(name, seed=0, **more):
    given, shape, _, _ = SMALL[name]
    return architecture(name, given).build(shape, 8, seed=seed, **more)


def images(shape, n=8, seed=0):
    return torch.rand((n, *shape), generator=torch.Generator().manual_seed(seed))


def n_parameters(model):
    return sum(p.numel() for p in model.parameters())


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def live(model, seed=1):
    """The model in float64 with every parameter and every statistic of its norms away from where it begins."""
    generator = torch.Generator().manual_seed(seed)
    model = model.double().eval()
    with torch.no_grad():
        for p in model.parameters():
            p += 0.1 * torch.rand(p.shape, generator=generator, dtype=p.dtype)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean += torch.rand(module.num_features, generator=generator)
                module.running_var += torch.rand(module.num_features, generator=generator)
    return model


# Closed forms: numbers of parameters


@pytest.mark.parametrize(
    ("name", "given", "shape", "n_classes", "n"),
    [
        ("mlp", {}, (28, 28), 10, 785 * 128 + 129 * 128 + 129 * 10),
        ("convnet", {}, (28, 28), 10, 26 * 32 + (25 * 32 + 1) * 64 + (7 * 7 * 64 + 1) * 128 + 129 * 10),
        ("resnet18", {}, (224, 224, 3), 1000, 11_689_512),
        ("resnet34", {}, (224, 224, 3), 1000, 21_797_672),
        ("resnet50", {}, (224, 224, 3), 1000, 25_557_032),
        ("resnet18", {}, (32, 32, 3), 10, 11_173_962),
        ("vgg16", {}, (224, 224, 3), 1000, 138_357_544),
        ("vgg16", {}, (32, 32, 3), 10, 14_719_818),
        ("vgg16", {"norm": True}, (32, 32, 3), 10, 14_728_266),
        ("vit-tiny", {}, (224, 224, 3), 1000, 5_717_416),
        ("vit-cifar", {}, (32, 32, 3), 10, 2_697_610),
        ("rnn", {}, (28, 28), 10, 128 * (28 + 128 + 2) + 129 * 10),
        ("gru", {"depth": 2}, (28, 28), 10, 3 * 128 * (28 + 128 + 2 + 128 + 128 + 2) + 129 * 10),
        ("lstm", {}, (32, 32, 3), 10, 4 * 128 * (96 + 128 + 2) + 129 * 10),
        ("rate-rnn", {}, (50, 3), 2, 128 * (128 + 3 + 1) + 129 * 2),
        ("rate-rnn", {"dale": True, "activation": "relu"}, (50, 3), 2, 128 * (128 + 3 + 1) + 129 * 2),
        ("snn", {}, (8, 8), 10, 65 * 128 + 129 * 10),
    ],
)
def test_the_number_of_parameters(name, given, shape, n_classes, n):
    assert n_parameters(architecture(name, given).build(shape, n_classes)) == n


@pytest.mark.parametrize(("depth", "n"), [(11, 132_863_336), (13, 133_047_848), (19, 143_667_240)])
def test_the_number_of_parameters_of_the_other_vggs(depth, n):
    width, hidden = 8, 16
    model = VGG(depth=depth, width=width, hidden=hidden, head="imagenet").build((32, 32, 3), 1000)
    published = VGG(depth=depth).build((32, 32, 3), 10)
    head = (7 * 7 * 512 + 1) * 4096 + 4097 * 4096 + 4097 * 1000
    assert n_parameters(published) - 513 * 10 + head == n
    head = (7 * 7 * 64 + 1) * hidden + (hidden + 1) * hidden + (hidden + 1) * 1000
    assert n_parameters(model.classifier) == head


# Oracles: the same networks, written out


def normed(x, w, name, eps=1e-5):
    scale = w[f"{name}.weight"] / (w[f"{name}.running_var"] + eps).sqrt()
    shift = w[f"{name}.bias"] - w[f"{name}.running_mean"] * scale
    return x * scale[:, None, None] + shift[:, None, None]


def residual(x, w, name, stride, n_convolutions):
    h = x
    for k in range(1, n_convolutions + 1):
        kernel = w[f"{name}.conv{k}.weight"]
        at = {2: 1, 3: 2}[n_convolutions]  # the convolution that has the stride
        h = functional.conv2d(h, kernel, stride=stride if k == at else 1, padding=kernel.shape[-1] // 2)
        h = normed(h, w, f"{name}.bn{k}")
        h = h.clamp(min=0) if k < n_convolutions else h
    if f"{name}.downsample.0.weight" in w:
        x = functional.conv2d(x, w[f"{name}.downsample.0.weight"], stride=stride)
        x = normed(x, w, f"{name}.downsample.1")
    return (h + x).clamp(min=0)


@pytest.mark.parametrize("stem", ["imagenet", "cifar"])
@pytest.mark.parametrize(("depth", "blocks"), [(18, (2, 2, 2, 2)), (34, (3, 4, 6, 3)), (50, (3, 4, 6, 3))])
def test_a_resnet_is_its_equations(depth, blocks, stem):
    model = live(ResNet(depth, width=4, stem=stem).build((24, 32, 3), 5, mean=0.4, sd=0.3))
    w, x = dict(model.state_dict()), images((24, 32, 3), 2).double()
    h = ((x - w["input.standardise.mean"]) / w["input.standardise.sd"]).permute(0, 3, 1, 2)
    wide = stem == "imagenet"
    h = functional.conv2d(h, w["conv1.weight"], stride=2 if wide else 1, padding=3 if wide else 1)
    h = normed(h, w, "bn1").clamp(min=0)
    h = functional.max_pool2d(h, 3, 2, 1) if wide else h
    for stage, n in enumerate(blocks, start=1):
        for k in range(n):
            h = residual(h, w, f"layer{stage}.{k}", 2 if stage > 1 and k == 0 else 1, 3 if depth == 50 else 2)
    want = h.mean((2, 3)) @ w["fc.weight"].T + w["fc.bias"]
    assert want.std() > 0.1
    torch.testing.assert_close(model(x), want, rtol=1e-9, atol=1e-9)


def test_a_residual_block_that_begins_at_zero_is_the_identity():
    x = images((8, 8, 4), 3).permute(0, 3, 1, 2)
    for depth, inputs in ((18, 4), (50, 16)):
        block = ResNet(depth, width=4, zero_init=True).build((8, 8, 3), 5).layer1[1].eval()
        x = x.repeat(1, inputs // x.shape[1], 1, 1)
        torch.testing.assert_close(block(x), x, rtol=0, atol=0)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("head", ["imagenet", "cifar"])
def test_a_vgg_is_its_equations(head, norm):
    model = live(VGG(width=2, hidden=6, head=head, norm=norm).build((64, 32), 5))
    w, h = dict(model.state_dict()), images((64, 32), 2).double()
    x, h = h, h[:, None]
    for stage, n in enumerate((2, 2, 3, 3, 3), start=1):
        for k in range(1, n + 1):
            name = f"features.conv{stage}_{k}"
            h = functional.conv2d(h, w[f"{name}.weight"], w[f"{name}.bias"], padding=1)
            h = (normed(h, w, f"features.norm{stage}_{k}") if norm else h).clamp(min=0)
        h = functional.max_pool2d(h, 2)
    assert h.shape == (2, 16, 2, 1)
    h = functional.adaptive_avg_pool2d(h, 7 if head == "imagenet" else 1).flatten(1)
    for name in ("fc6", "fc7", "fc8") if head == "imagenet" else ("fc",):
        h = h @ w[f"classifier.{name}.weight"].T + w[f"classifier.{name}.bias"]
        h = h.clamp(min=0) if name in ("fc6", "fc7") else h
    torch.testing.assert_close(model(x), h, rtol=1e-9, atol=1e-9)


def layer_normed(x, w, name):
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt() * w[f"{name}.weight"] + w[f"{name}.bias"]


def test_a_vit_is_its_equations():
    kind = ViT(patch=4, width=12, depth=2, heads=3, mlp_ratio=1.5)
    model = live(kind.build((8, 12, 3), 5, mean=0.4, sd=0.3))
    w, x = dict(model.state_dict()), images((8, 12, 3), 2).double()

    def affine(x, name):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    z = (x - w["input.standardise.mean"]) / w["input.standardise.sd"]
    patches = [z[:, r : r + 4, c : c + 4].permute(0, 3, 1, 2).flatten(1) for r in (0, 4) for c in (0, 4, 8)]
    kernel = w["patch_embed.proj.weight"].flatten(1)
    tokens = [w["cls_token"][0, 0].expand(2, -1), *(p @ kernel.T + w["patch_embed.proj.bias"] for p in patches)]
    h = torch.stack(tokens, dim=1) + w["pos_embed"]
    for b in ("blocks.0", "blocks.1"):
        q, k, v = affine(layer_normed(h, w, f"{b}.norm1"), f"{b}.attn.qkv").split(12, dim=-1)
        mixed = []
        for head in (slice(0, 4), slice(4, 8), slice(8, 12)):
            score = (q[..., head] @ k[..., head].transpose(1, 2) / 4**0.5).exp()
            mixed.append(score / score.sum(-1, keepdim=True) @ v[..., head])
        h = h + affine(torch.cat(mixed, dim=-1), f"{b}.attn.proj")
        inner = affine(layer_normed(h, w, f"{b}.norm2"), f"{b}.mlp.fc1")
        h = h + affine(inner * 0.5 * (1 + torch.erf(inner / 2**0.5)), f"{b}.mlp.fc2")
    want = affine(layer_normed(h, w, "norm")[:, 0], "head")
    torch.testing.assert_close(model(x), want, rtol=1e-9, atol=1e-9)


def test_a_convnet_is_its_equations():
    model = live(ConvNet(width=3, depth=2, kernel=3, hidden=(7,)).build((9, 8, 2), 5, mean=0.4, sd=0.3))
    w, x = dict(model.state_dict()), images((9, 8, 2), 2).double()
    h = ((x - w["input.standardise.mean"]) / w["input.standardise.sd"]).permute(0, 3, 1, 2)
    for k in (0, 1):
        h = functional.conv2d(h, w[f"blocks.{k}.conv.weight"], w[f"blocks.{k}.conv.bias"], padding=1).clamp(min=0)
        h = functional.max_pool2d(h, 2)
    h = (h.flatten(1) @ w["hidden.0.linear.weight"].T + w["hidden.0.linear.bias"]).clamp(min=0)
    want = h @ w["readout.weight"].T + w["readout.bias"]
    torch.testing.assert_close(model(x), want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("read", ["last", "mean"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_recurrent_network_is_its_equations(cell, read):
    model = live(Recurrent(cell, width=6, depth=2, read=read).build((5, 2, 2), 3, mean=0.4, sd=0.3))
    w, x = dict(model.state_dict()), images((5, 2, 2), 4).double()
    course = ((x - w["input.standardise.mean"]) / w["input.standardise.sd"]).flatten(2)
    for layer in ("layers.0", "layers.1"):
        h = c = torch.zeros(4, 6, dtype=torch.float64)
        states = []
        for t in range(5):
            a = (course[:, t] @ w[f"{layer}.weight_ih_l0"].T + w[f"{layer}.bias_ih_l0"]).split(6, dim=1)
            b = (h @ w[f"{layer}.weight_hh_l0"].T + w[f"{layer}.bias_hh_l0"]).split(6, dim=1)
            if cell == "rnn":
                h = torch.tanh(a[0] + b[0])
            elif cell == "gru":
                r, z = torch.sigmoid(a[0] + b[0]), torch.sigmoid(a[1] + b[1])
                h = (1 - z) * torch.tanh(a[2] + r * b[2]) + z * h
            else:
                i, f, o = (torch.sigmoid(a[k] + b[k]) for k in (0, 1, 3))
                c = f * c + i * torch.tanh(a[2] + b[2])
                h = o * torch.tanh(c)
            states.append(h)
        course = torch.stack(states, dim=1)
    read_out = course[:, -1] if read == "last" else course.mean(1)
    torch.testing.assert_close(model(x), read_out @ w["readout.weight"].T + w["readout.bias"], rtol=1e-9, atol=1e-9)


def test_the_perceptron_is_the_mlp_of_its_seed():
    x = images((8, 8))
    reference = MLP(64, (16,), 10, generator=torch.Generator().manual_seed(3), mean=0.4, sd=0.3)
    model = MultilayerPerceptron((16,)).build((8, 8), 10, seed=3, mean=0.4, sd=0.3)
    assert torch.equal(model(x), reference(x))


# The rate network


def flow(shape=(9, 3), **given):
    return live(RateRNN(**{"width": 5, "tau": 3.0, **given}).build(shape, 2))


@pytest.mark.parametrize("substeps", [1, 4])
@pytest.mark.parametrize("scheme", ["euler", "exponential"])
def test_without_recurrence_the_state_relaxes_in_closed_form(scheme, substeps):
    model = flow(scheme=scheme, substeps=substeps)
    with torch.no_grad():
        model.cell.recurrent.zero_()
    x = images((1, 3), 4).double().expand(-1, 9, -1)
    left = np.exp(-1 / 3.0) if scheme == "exponential" else (1 - 1 / (3.0 * substeps)) ** substeps
    k = torch.arange(1, 10, dtype=torch.float64)[:, None]
    torch.testing.assert_close(model.cell(x), model.cell.inputs(x) * (1 - left**k), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "relu", "softplus"])
def test_the_drift_is_the_equation_and_a_euler_step_follows_it(activation):
    phi = {"tanh": np.tanh, "relu": lambda h: np.maximum(h, 0), "softplus": lambda h: np.log1p(np.exp(h))}[activation]
    model = flow(activation=activation)
    assert isinstance(model, Flow)
    w = {name: p.detach().numpy() for name, p in model.cell.named_parameters()}
    x = images((9, 3), 4).double()
    h, states = np.zeros((4, 5)), []
    for t in range(9):
        slope = (-h + phi(h) @ w["recurrent"].T + x[:, t].numpy() @ w["inputs.weight"].T + w["inputs.bias"]) / 3.0
        np.testing.assert_allclose(model.drift(torch.tensor(h), x[:, t]).detach(), slope, rtol=1e-12)
        h = h + slope
        states.append(h)
    np.testing.assert_allclose(model.cell(x).detach(), np.stack(states, axis=1), rtol=1e-12)
    want = phi(h) @ model.readout.weight.detach().numpy().T + model.readout.bias.detach().numpy()
    np.testing.assert_allclose(model(x).detach(), want, rtol=1e-12)


@pytest.mark.parametrize("scheme", ["euler", "exponential"])
def test_the_steps_converge_to_the_flow_at_first_order(scheme):
    x = images((1, 3), 1).double().expand(-1, 9, -1)
    model = flow(gain=1.5)

    def slope(_, h):
        return model.drift(torch.tensor(h), x[0, 0]).detach().numpy()

    exact = solve_ivp(slope, (0, 9), np.zeros(5), rtol=1e-10, atol=1e-12).y[:, -1]
    errors = []
    for substeps in (16, 32):
        stepped = flow(gain=1.5, scheme=scheme, substeps=substeps)
        errors.append(np.abs(stepped.cell(x)[0, -1].detach().numpy() - exact).max())
    assert errors[0] > 1e-4
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)


def test_the_jacobian_at_rest_is_that_of_the_linear_system():
    model = flow()
    jacobian = torch.func.jacrev(lambda h: model.drift(h, torch.zeros(3, dtype=torch.float64)))(
        torch.zeros(5, dtype=torch.float64)
    )
    torch.testing.assert_close(jacobian, (model.cell.recurrent - torch.eye(5)).detach() / 3.0)


def test_under_dales_law_no_unit_changes_its_sign():
    kind = RateRNN(width=50, dale=True, activation="relu", gain=1.3)
    model = kind.build((6, 4), 3)
    before = model.cell.weights().detach()
    assert float(torch.linalg.eigvals(before).abs().max()) == pytest.approx(1.3, rel=1e-5)
    assert (before[:, :40] > 0).all()
    assert (before[:, 40:] < 0).all()
    rows = before.sum(1)
    assert abs(rows.mean()) < 4 * rows.std() / 50**0.5
    functional.cross_entropy(model(images((6, 4), 16)), torch.arange(16) % 3).backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= 20 * p.grad
    after = model.cell.weights().detach()
    assert not torch.equal(after, before)
    assert (model.cell.recurrent < 0).any()
    assert (after[:, :40] >= 0).all()
    assert (after[:, 40:] <= 0).all()


def test_the_initial_recurrence_has_its_gain():
    w = RateRNN(width=400, gain=1.5).build((6, 4), 3).cell.recurrent.detach()
    assert float(w.std() * 20) == pytest.approx(1.5, rel=4 / 400)
    assert float(torch.linalg.eigvals(w).abs().max()) == pytest.approx(1.5, rel=0.1)


# The spiking network


def spikes(current, **given):
    neurons = Neurons(SpikingNet(**given))
    taken = []
    neurons.membrane.register_forward_hook(lambda m, args, u: taken.append(u))
    fired = neurons(torch.as_tensor(current))
    assert neurons.lif.mem.numel() == 0
    return fired.numpy(), taken[0].numpy()


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_the_neurons_follow_their_recursion(reset):
    current = np.random.default_rng(0).normal(0.3, 0.5, size=(3, 40, 4))
    fired, membrane = spikes(current, beta=0.8, threshold=0.7, reset=reset)
    u, s = np.zeros((3, 4)), np.zeros((3, 4))
    for t in range(40):
        u = 0.8 * u + current[:, t] - 0.7 * s if reset == "subtract" else 0.8 * u * (1 - s) + current[:, t]
        s = (u > 0.7).astype(float)
        np.testing.assert_allclose(membrane[:, t], u, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(fired[:, t], s)
    assert 0.1 < fired.mean() < 0.9


def test_first_spike_rheobase_and_rate_in_closed_form():
    beta, currents = 0.9, np.array([0.0999, 0.101, 0.13, 0.3, 0.6])
    fired, _ = spikes(np.broadcast_to(currents, (1, 200, 5)).copy(), beta=beta)
    assert fired[0, :, 0].sum() == 0
    first = np.ceil(np.log(1 - (1 - beta) / currents[1:]) / np.log(beta))
    np.testing.assert_array_equal(fired[0, :, 1:].argmax(0) + 1, first)
    integrated, _ = spikes(np.broadcast_to(currents, (1, 200, 5)).copy(), beta=1.0)
    np.testing.assert_allclose(integrated[0].sum(0), 200 * currents, rtol=0, atol=1)


def test_the_gradient_of_a_spike_is_the_surrogate():
    u = torch.tensor([[[0.2, 0.9, 1.0, 1.5]]], requires_grad=True)
    Neurons(SpikingNet())(u).sum().backward()
    distance = u.detach() - 1
    torch.testing.assert_close(u.grad, 1 / (1 + (torch.pi * distance) ** 2))


def test_rate_coding_draws_pixels_as_probabilities_and_resumes():
    kind = SpikingNet(hidden=(8,), steps=400, coding="rate")
    model = kind.build((4, 4), 3, seed=5, mean=9.0, sd=7.0)
    x = images((4, 4), 6)
    coding, pixels = model.coding, x.flatten(1)
    model.eval()
    fired = coding(pixels)
    assert set(fired.unique().tolist()) == {0.0, 1.0}
    assert ((fired.mean(1) - pixels).abs() <= 5 * (pixels * (1 - pixels) / 400).sqrt()).all()
    assert torch.equal(fired, coding(pixels))
    assert torch.equal(coding(torch.tensor([[0.0] * 16, [1.0] * 16])).mean((1, 2)), torch.tensor([0.0, 1.0]))
    model.train()
    first, second = coding(pixels), coding(pixels)
    assert not torch.equal(first, second)
    assert not torch.equal(first, fired)
    resumed = kind.build((4, 4), 3, seed=0)
    resumed.load_state_dict(model.state_dict())
    assert torch.equal(resumed.coding(pixels), coding(pixels))
    assert torch.equal(model(x), resumed(x))
    assert not torch.equal(kind.build((4, 4), 3, seed=6).eval().coding(pixels), fired)


def test_direct_coding_gives_the_standardised_image_at_every_step():
    model = SpikingNet(hidden=(8,), steps=3).build((4, 4), 3, mean=0.4, sd=0.3)
    x = images((4, 4), 6)
    torch.testing.assert_close(model.coding(model.input(x)), ((x - 0.4) / 0.3).flatten(1)[:, None].repeat(1, 3, 1))


def test_the_layers_fire_neither_never_nor_always_on_digits():
    from ictal.models import load_data

    x = load_data("digits", n_train=200).x_train
    for coding in ("direct", "rate"):
        kind = SpikingNet(hidden=(64, 64, 64), coding=coding)
        model = kind.build((8, 8), 10, mean=float(x.mean()), sd=float(x.std()))
        with Probe(model, Layers("hidden.*.neurons", units="sequence")) as probe:
            model(torch.tensor(x))
        for activity in probe.activities().values():
            assert activity.values.shape == (200, 25, 64)
            assert 0.02 < float(activity.values.mean()) < 0.6


def test_a_spiking_network_leaves_nothing_behind_in_snntorch():
    snntorch = pytest.importorskip("snntorch")
    before = len(snntorch.SpikingNeuron.instances)
    model = built("snn")
    model(images((8, 8))).sum().backward()
    assert len(snntorch.SpikingNeuron.instances) == before
    assert set(model.state_dict()) == set(built("snn").state_dict())
    model.load_state_dict(built("snn", seed=1).state_dict())


def test_without_snntorch_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "snntorch", None)
    with pytest.raises(InputError, match=r"^SpikingNet: needs the package snntorch; pip install snntorch$"):
        SpikingNet().build((8, 8), 10)


# Initial weights


def test_convolutions_begin_he_normal_by_fan_out():
    model = ResNet().build((32, 32, 3), 10)
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            w = module.weight.detach()
            want = (2 / (w.shape[0] * w.shape[2] * w.shape[3])) ** 0.5
            assert float(w.std()) == pytest.approx(want, rel=4 / (2 * w.numel()) ** 0.5), name
        elif isinstance(module, nn.BatchNorm2d):
            assert torch.equal(module.weight, torch.ones(module.num_features))
            assert torch.equal(module.bias, torch.zeros(module.num_features))


def test_transformers_begin_with_small_truncated_weights():
    model = ViT(depth=2).build((32, 32, 3), 10)
    drawn = [p for name, p in model.named_parameters() if p.ndim > 1 and "patch_embed" not in name]
    assert len(drawn) == 2 + 4 * 2 + 1
    for p in drawn:
        assert float(p.detach().std()) == pytest.approx(0.02, rel=5 / (2 * p.numel()) ** 0.5)
    projection = model.patch_embed.proj.weight.detach()
    assert float(projection.std()) == pytest.approx(768**-0.5, rel=5 / (2 * projection.numel()) ** 0.5)


def test_recurrent_weights_begin_orthogonal_and_forget_gates_open():
    for cell, gates in (("rnn", 1), ("gru", 3), ("lstm", 4)):
        layer = Recurrent(cell, width=16).build((8, 8), 10).layers[0]
        for w in layer.weight_hh_l0.detach().split(16):
            torch.testing.assert_close(w @ w.T, torch.eye(16), rtol=0, atol=1e-5)
        bound = (6 / (8 + 16)) ** 0.5
        assert 0.9 * bound < float(layer.weight_ih_l0.detach().abs().max()) <= bound
        bias = torch.zeros(gates * 16)
        bias[16:32] = 1.0 if cell == "lstm" else 0.0
        assert torch.equal(layer.bias_ih_l0.detach() + layer.bias_hh_l0.detach(), bias)


def test_vgg_drops_what_it_is_told():
    for rate in (0.0, 0.3):
        net = VGG(width=4, hidden=8, head="imagenet", dropout=rate).build((32, 32, 3), 10)
        assert {m.p for m in net.modules() if isinstance(m, nn.Dropout)} == {rate}


# What holds of every architecture


def test_every_architecture_is_tried_below():
    assert set(SMALL) == set(ARCHITECTURES)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_is_a_frozen_dataclass_that_names_its_fields(name):
    kind = architecture(name)
    assert isinstance(kind, Architecture)
    assert kind.__dataclass_params__.frozen
    assert hash(kind) == hash(architecture(name))
    given = SMALL[name][0]
    assert architecture(name, given) == type(kind)(
        **{item.name: getattr(kind, item.name) for item in fields(kind)} | given
    )
    with pytest.raises(InputError, match=f"^unknown field of {name} 'widht'; "):
        architecture(name, {"widht": 3})


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_seed_gives_the_weights_and_no_global_generator_is_touched(name):
    states = []
    for state in (1, 2):
        torch.manual_seed(state)
        np.random.seed(state)  # noqa: NPY002
        before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
        model = built(name, mean=0.4, sd=0.3)
        states.append(model.state_dict())
        model.eval()(images(SMALL[name][1]))
        assert torch.equal(before, torch.get_rng_state())
        np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    assert not torch.equal(weights(model), weights(built(name, seed=1)))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_one_gradient_step_changes_every_parameter(name):
    model, x = built(name).train(), images(SMALL[name][1])
    before = {key: p.detach().clone() for key, p in model.named_parameters()}
    loss = functional.cross_entropy(model(x), torch.arange(8))
    loss.backward()
    torch.optim.SGD(model.parameters(), lr=1.0).step()
    for key, p in model.named_parameters():
        assert torch.isfinite(p.grad).all(), key
        assert not torch.equal(p, before[key]), key


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_eight_images_are_fitted_to_no_loss(name):
    _, shape, _, learning_rate = SMALL[name]
    model, x, y = built(name, mean=0.5, sd=0.29).train(), images(shape), torch.arange(8)
    descent = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for _ in range(400):
        logits = model(x)
        loss = functional.cross_entropy(logits, y)
        if loss.item() < 1e-3:
            break
        descent.zero_grad()
        loss.backward()
        descent.step()
    assert loss.item() < 1e-3
    assert torch.equal(logits.argmax(1), y)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_first_module_standardises(name):
    x = images(SMALL[name][1]).double()
    plain, standardising = built(name).double().eval(), built(name, mean=0.4, sd=0.3).double().eval()
    first = next(module for key, module in standardising.named_modules() if key)
    assert isinstance(first, Standardise if name == "mlp" else Images)
    assert name == "mlp" or first is standardising.input
    mean, sd = (torch.tensor(value, dtype=torch.float32).double() for value in (0.4, 0.3))
    torch.testing.assert_close(standardising(x), plain((x - mean) / sd), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_images_do_not_see_one_another(name):
    x = images(SMALL[name][1])
    model = built(name).double().eval()
    out = model(x.double())
    assert out.shape == (8, 8)
    assert out.dtype == torch.float64
    if name != "snn":  # a membrane at threshold may fall on either side
        torch.testing.assert_close(model(x[3:4].double()), out[3:4], rtol=1e-9, atol=1e-9)
    assert not torch.equal(out[0], out[1])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_states_and_copies_give_the_same_logits(name):
    x = images(SMALL[name][1])
    model, other = built(name, mean=0.4, sd=0.3), built(name, seed=1)
    model.train()(x).sum().backward()
    model.eval()
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.eval()(x), model(x))
    assert torch.equal(copy.deepcopy(model)(x), model(x))
    assert {key for key, _ in model.named_parameters()} == {k for k, _ in copy.deepcopy(model).named_parameters()}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_activation_is_a_module_that_is_called_once(name):
    model, calls = built(name).eval(), {}
    for key, module in model.named_modules():
        if isinstance(module, ACTIVATIONS):
            calls[key] = 0
            module.register_forward_hook(lambda m, args, out, key=key: calls.update({key: calls[key] + 1}))
            assert not getattr(module, "inplace", False)
    x = images(SMALL[name][1])
    with Probe(model, SMALL[name][2]) as probe:
        model(x)
    assert set(calls.values()) <= {1}
    depth = {"resnet18": 17, "resnet34": 33, "resnet50": 49, "vgg16": 13, "vit-tiny": 2, "vit-cifar": 2}
    few = {"mlp": 1, "convnet": 3, "rate-rnn": 1}
    assert len(calls) == {**depth, **few}.get(name, 0)
    taken = probe.activities()
    assert taken
    assert not any("#" in key for key in taken)
    for activity in taken.values():
        assert len(activity.values) == 8
        assert torch.isfinite(activity.values).all()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_unit_is_what_the_page_says(name):
    _, shape, pattern, _ = SMALL[name]
    ordered = name in ("rate-rnn", "snn")
    with Probe(built(name), Layers(pattern, units="sequence" if ordered else "auto")) as probe:
        probe.model(images(shape))
    images_of = {"mlp": "feature", "vit-tiny": "token sampled", "vit-cifar": "token sampled"}
    recurrent = dict.fromkeys(("rnn", "gru", "lstm", "rate-rnn", "snn"), "sequence")
    for activity in probe.activities().values():
        assert activity.about["unit"] == {**images_of, **recurrent}.get(name, "channel mean")
        assert activity.values.ndim == (3 if name in recurrent else 2)
        if name in recurrent:
            assert activity.values.shape[1] == (10 if name == "snn" else shape[0])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_mixed_precision_stays_near_full_precision(name):
    model, x = built(name).eval(), images(SMALL[name][1])
    with torch.no_grad():
        full = model(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            mixed = model(x)
    assert torch.isfinite(mixed).all()
    if name != "snn":  # near the threshold rounding decides on whole spikes
        assert float((mixed.float() - full).abs().max()) < 0.1 * float(full.abs().max())


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_on_a_gpu_logits_and_gradients_are_those_of_the_cpu(name):
    x, grads, logits = images(SMALL[name][1]).double(), [], []
    for device in ("cpu", "cuda"):
        model = built(name, mean=0.4, sd=0.3).double().to(device).eval()
        if name in ("rnn", "gru", "lstm"):
            model.train()  # cuDNN has no backward pass in evaluation mode
        logits.append(model(x.to(device)))
        functional.cross_entropy(logits[-1], torch.arange(8, device=device)).backward()
        grads.append(torch.cat([p.grad.flatten().cpu() for p in model.parameters()]))
    torch.testing.assert_close(logits[1].cpu(), logits[0], rtol=1e-7, atol=1e-7)
    torch.testing.assert_close(grads[1], grads[0], rtol=1e-6, atol=1e-7)


# Bad input


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_batch_of_another_shape_is_one_line(name):
    _, shape, _, _ = SMALL[name]
    model = built(name).eval()
    for wrong in ((8, *shape[:-1], shape[-1] + 1), (8, *shape, 2), (8,)):
        with pytest.raises(InputError) as error:
            model(torch.zeros(wrong))
        assert "\n" not in str(error.value)
        assert "must have" in str(error.value)


def test_the_error_of_a_batch_names_both_shapes():
    with pytest.raises(InputError, match=r"^Images: a batch must have shape n x 32 x 32 x 3; got n x 3 x 32 x 32$"):
        ResNet(width=4).build((32, 32, 3), 10)(torch.zeros(4, 3, 32, 32))


def test_one_image_alone_has_no_variance():
    model, x = ResNet(width=4).build((8, 8), 10), images((8, 8))
    model.eval()(x[:1])
    with pytest.raises(InputError, match=r"^ResNet: in training a batch must hold at least 2 images .*; got 1; "):
        model.train()(x[:1])
    assert ResNet(width=4).build((9, 9), 10).train()(torch.zeros(1, 9, 9)).shape == (1, 10)
    wide = ResNet(width=4, stem="imagenet")
    with pytest.raises(InputError, match="at least 2 images"):
        wide.build((32, 32), 10)(torch.zeros(1, 32, 32))
    assert wide.build((33, 33), 10)(torch.zeros(1, 33, 33)).shape == (1, 10)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (MultilayerPerceptron, {"hidden": ()}, "MultilayerPerceptron.hidden: must name at least one layer; got ()"),
        (MultilayerPerceptron, {"hidden": (8, 0)}, "MultilayerPerceptron.hidden: must be >= 1; got (8, 0)"),
        (
            MultilayerPerceptron,
            {"hidden": 8},
            "MultilayerPerceptron.hidden: must be values separated by commas, each a whole number; got 8",
        ),
        (ConvNet, {"width": 0}, "ConvNet.width: must be >= 1; got 0"),
        (ConvNet, {"depth": 1.5}, "ConvNet.depth: must be a whole number; got 1.5"),
        (ConvNet, {"kernel": 4}, "ConvNet.kernel: must be odd; got 4; try 5"),
        (ResNet, {"depth": 101}, "ResNet.depth: must be 18 or 34 or 50; got 101"),
        (ResNet, {"depth": True}, "ResNet.depth: must be 18 or 34 or 50; got True"),
        (ResNet, {"width": True}, "ResNet.width: must be a whole number; got True"),
        (ResNet, {"stem": "cifr"}, "unknown ResNet.stem 'cifr'; did you mean 'cifar'? known: auto, cifar, imagenet"),
        (ResNet, {"zero_init": 1}, "ResNet.zero_init: must be true or false; got 1"),
        (VGG, {"dropout": 1.5}, "VGG.dropout: must lie in 0..1 [1]; got 1.5"),
        (VGG, {"head": "big"}, "unknown VGG.head 'big'; known: auto, cifar, imagenet"),
        (VGG, {"hidden": -1}, "VGG.hidden: must be >= 1; got -1"),
        (ViT, {"heads": 5}, "ViT.heads: must divide the width 192; got 5"),
        (ViT, {"mlp_ratio": float("nan")}, "ViT.mlp_ratio: must be > 0 [1]; got nan"),
        (ViT, {"mlp_ratio": 1e-4}, "ViT.mlp_ratio: must leave at least 1 hidden unit; got 0.0001"),
        (Recurrent, {"cell": "lstn"}, "unknown Recurrent.cell 'lstn'; did you mean 'lstm'? known: gru, lstm, rnn"),
        (Recurrent, {"depth": "2"}, "Recurrent.depth: must be a whole number; got '2'"),
        (RateRNN, {"tau": 0.0}, "RateRNN.tau: must be > 0 [time points]; got 0.0"),
        (
            RateRNN,
            {"tau": 0.3},
            "RateRNN.tau: Euler steps of 1/substeps = 1 must not be longer than tau; got 0.3; "
            "try substeps=4, or scheme='exponential'",
        ),
        (
            RateRNN,
            {"dale": True},
            "RateRNN.dale: needs rates that are not negative, relu or softplus; got activation='tanh'",
        ),
        (
            RateRNN,
            {"dale": True, "activation": "relu", "width": 2},
            "RateRNN.excitatory: must leave units of both kinds; got 2 of 2",
        ),
        (RateRNN, {"excitatory": 1.0}, "RateRNN.excitatory: must be 0 < x < 1 [1]; got 1.0"),
        (SpikingNet, {"beta": 1.1}, "SpikingNet.beta: must lie in 0..1 [1]; got 1.1"),
        (SpikingNet, {"threshold": "1"}, "SpikingNet.threshold: must be a number; got '1'"),
        (SpikingNet, {"steps": 0}, "SpikingNet.steps: must be >= 1; got 0"),
    ],
)
def test_fields_that_cannot_be(kind, given, message):
    with pytest.raises(InputError) as error:
        kind(**given)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("kind", "shape", "n_classes", "more", "message"),
    [
        (ResNet(), (8,), 10, {}, "ResNet.build: shape must be (height, width) or (height, width, channel); got (8,)"),
        (ResNet(), (8, 0), 10, {}, "ResNet.build: every size of the shape: must be >= 1; got 0"),
        (ResNet(), (8, 8), 1, {}, "ResNet.build: n_classes: must be >= 2; got 1"),
        (ResNet(), (8, 8), 10, {"seed": -1}, "ResNet.build: seed: must be >= 0; got -1"),
        (ResNet(), (8, 8), 10, {"seed": 2**63}, f"ResNet.build: seed: must be below 2**63; got {2**63}"),
        (ResNet(), (8, 8), 10, {"sd": 0.0}, "Standardise.sd: must be finite and > 0; got mean 0.0, sd 0.0"),
        (VGG(), (28, 28), 10, {}, "VGG.build: images must be at least 32 x 32 pixels; got 28 x 28"),
        (ConvNet(), (3, 8), 10, {}, "ConvNet.build: images must be at least 4 x 4 pixels; got 3 x 8"),
        (ViT(), (28, 32), 10, {}, "ViT.patch: must divide height and width of the images, 28 x 32; got 16"),
        (
            Recurrent(),
            (2, 3, 4, 5),
            10,
            {},
            "Recurrent.build: shape must be (height, width) or (height, width, channel); got (2, 3, 4, 5)",
        ),
        (MultilayerPerceptron(), (), 10, {}, "MultilayerPerceptron.build: shape must have at least one axis; got ()"),
    ],
)
def test_data_that_an_architecture_does_not_take(kind, shape, n_classes, more, message):
    with pytest.raises(InputError) as error:
        kind.build(shape, n_classes, **more)
    assert str(error.value) == message


def test_an_unknown_architecture_names_the_nearest():
    with pytest.raises(
        InputError, match=r"^unknown architecture 'resnet-18'; did you mean 'resnet18'\? known: convnet,"
    ):
        architecture("resnet-18")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_field_is_declared_with_words_and_a_unit(name):
    for field, (hint, param) in declared(type(architecture(name))).items():
        assert param.words, field
        assert param.unit or hint is not float, field


def test_lists_from_a_configuration_become_tuples():
    assert architecture("mlp", {"hidden": [8, 4]}) == MultilayerPerceptron((8, 4))


# The page, and what the registry loads


def test_the_page_states_every_architecture_with_its_fields_and_parameters():
    page = (Path(__file__).parents[2] / "docs/architectures.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \|(.*)\|$", page.split("## Input")[0], re.MULTILINE))
    assert set(rows) == set(ARCHITECTURES)
    sizes = {"28 × 28": (28, 28), "224 × 224 × 3": (224, 224, 3), "32 × 32 × 3": (32, 32, 3)}
    counted = 0
    for name, row in rows.items():
        kind = architecture(name)
        known = [item.name for item in fields(kind)]
        for field, value in re.findall(r"`([a-z_]+)=([^`]*)`", row):
            assert str(getattr(kind, field)) in (value, f"{value}.0"), (name, field)
            known.remove(field)
        assert not known or "as above" in row, (name, known)
        for n, size, n_classes in re.findall(r"([\d,]+) \(([\d ×]+), (\d+)", row):
            model = kind.build(sizes[size], int(n_classes))
            assert n_parameters(model) == int(n.replace(",", "")), name
            counted += 1
    assert counted == 9


def test_names_cost_no_torch_and_the_spiking_file_no_snntorch():
    code = (
        "import sys; import ictal.models.architectures as a; assert len(a.ARCHITECTURES) == 13; "
        "assert 'torch' not in sys.modules; a.architecture('snn'); assert 'snntorch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
