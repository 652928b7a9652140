"""Treatments against forgetting: Fisher information, EWC and its control, replay, generative replay."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional

from ictal.models import (
    EWC,
    L2SP,
    Clip,
    ConvNet,
    DesyncReg,
    GenerativeReplay,
    Replay,
    Training,
    UnfinishedTrainingError,
    architecture,
    load_data,
    task_sequence,
    train,
    train_sequence,
)
from ictal.models.treatments.base import Task
from ictal.models.treatments.fisher import diagonal_fisher
from ictal.models.treatments.replay import balanced
from ictal.models.treatments.vae import VAE, fit
from ictal.simulator import InputError

pytestmark = pytest.mark.usefixtures("one_thread")

AGAINST = [EWC(100.0, samples=20), L2SP(0.1), Replay(per_task=10, batch=8), GenerativeReplay(batch=8, steps=15)]


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def dense(*sizes, seed=0):
    """A float64 network of linear layers and ReLUs, with weights of gain √2."""
    with torch.random.fork_rng():
        pairs = [nn.Linear(a, b).double() for a, b in itertools.pairwise(sizes)]
    with torch.no_grad():
        for k, layer in enumerate(pairs):
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=draws(seed + k), dtype=torch.float64))
            layer.weight.mul_(math.sqrt(2 / layer.in_features))
            layer.bias.zero_()
    return nn.Sequential(*[part for layer in pairs for part in (layer, nn.ReLU())][:-1])


def task(n=20, shape=(64,), classes=10, number=0, outputs=None, dtype=torch.float64, seed=0):
    x = torch.rand((n, *shape), generator=draws(seed + 100 * number), dtype=dtype)
    outputs = torch.ones(classes, dtype=torch.bool) if outputs is None else torch.tensor(outputs)
    admitted = outputs.nonzero()[:, 0]
    return Task(number, x, admitted[torch.arange(n) % len(admitted)], outputs)


# Fisher information


def of_linear_layers(model, x):
    """Σ_c (p_c δ_c²)ᵀ h² / n of every linear layer: a backward pass for each class, of all examples at once."""
    linear = [part for part in model if isinstance(part, nn.Linear)]
    inputs, outputs = [], []
    hooks = [
        part.register_forward_hook(lambda m, a, out: inputs.append(a[0]) or outputs.append(out)) for part in linear
    ]
    log_p = model(x).log_softmax(1)
    for one in hooks:
        one.remove()
    found = [(torch.zeros_like(part.weight), torch.zeros_like(part.bias)) for part in linear]
    for c in range(log_p.shape[1]):
        deltas = torch.autograd.grad(log_p[:, c].sum(), outputs, retain_graph=True)
        for (weight, bias), delta, h in zip(found, deltas, inputs, strict=True):
            share = log_p[:, c : c + 1].exp() * delta**2 / len(x)
            weight.add_((share.T @ h**2).detach())
            bias.add_(share.sum(0).detach())
    return [part for pair in found for part in pair]


def of_single_examples(model, task):
    """Σ_c p_c g_c² / n from the gradients g_c of single examples by torch.func."""
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def log_p(parameters, one, c):
        return task.admitted(functional_call(model, parameters, (one[None],))).log_softmax(1)[0, c]

    p = torch.stack([log_p(parameters, one, slice(None)) for one in task.x]).exp()
    found = {name: torch.zeros_like(value) for name, value in parameters.items()}
    for c in task.outputs.nonzero()[:, 0].tolist():
        gradients = vmap(grad(log_p), in_dims=(None, 0, None))(parameters, task.x, c)
        for name, g in gradients.items():
            found[name] += torch.einsum("n,n...->...", p[:, c], g**2) / len(p)
    return found


def test_fisher_is_that_of_linear_layers():
    model, one = dense(64, 5, 4, 10), task()
    found = diagonal_fisher(model, one, "exact", 20, draws())
    for got, want in zip(found.values(), of_linear_layers(model, one.x), strict=True):
        torch.testing.assert_close(got, want, rtol=0, atol=1e-12)
        assert float(want.sum()) > 1e-3


def test_fisher_of_convolutions_and_batch_norm_is_that_of_single_examples():
    model = nn.Sequential(
        ConvNet(width=4, hidden=(8,)).build((8, 8), 10, seed=1), nn.BatchNorm1d(10), nn.ReLU(), nn.Linear(10, 10)
    ).double()
    model.train()(task(50, (8, 8)).x)  # moves the running statistics
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for one in (task(12, (8, 8)), task(12, (8, 8), outputs=[False] * 7 + [True] * 3)):
        found = diagonal_fisher(model, one, "exact", 12, draws())
        assert model.training
        for name, value in model.state_dict().items():
            assert torch.equal(value, before[name])
        model.eval()
        for name, want in of_single_examples(model, one).items():
            torch.testing.assert_close(found[name], want, rtol=0, atol=1e-12)
        model.train()
    assert float(found["3.bias"][:7].abs().max()) == 0  # outputs that the task does not compare
    assert float(found["3.bias"][7:].min()) > 1e-4


def test_fisher_of_a_recurrent_network_and_of_frozen_weights():
    model = architecture("gru").build((6, 3), 4, seed=0).double()
    frozen = next(model.parameters()).requires_grad_(False)
    one = task(5, (6, 3), 4)
    found = diagonal_fisher(model, one, "exact", 5, draws())
    names = [name for name, p in model.named_parameters() if p is not frozen]
    assert list(found) == names
    x, h = one.x[2:3], 1e-6
    name = names[-1]
    p = dict(model.named_parameters())[name]
    with torch.no_grad():  # ∂ log p by finite differences
        want = 0.0
        for x in one.x.split(1):
            q = model.eval()(x).softmax(1)[0]
            p.view(-1)[0] += h
            up = model(x).log_softmax(1)[0]
            p.view(-1)[0] -= 2 * h
            down = model(x).log_softmax(1)[0]
            p.view(-1)[0] += h
            want += float((q * ((up - down) / (2 * h)) ** 2).sum()) / 5
    assert float(found[name].view(-1)[0]) == pytest.approx(want, rel=1e-6)


def test_the_empirical_fisher_is_another_quantity_and_the_sampled_one_has_the_exact_mean():
    model = dense(64, 5, 4, 10)
    one = task()
    exact, empirical = (diagonal_fisher(model, one, over, 20, draws()) for over in ("exact", "empirical"))
    by_hand = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for x, y in zip(one.x, one.y, strict=True):
        loss = functional.cross_entropy(model(x[None]), y[None])
        for total, g in zip(by_hand.values(), torch.autograd.grad(loss, list(model.parameters())), strict=True):
            total += g**2 / 20
    for name, want in by_hand.items():
        torch.testing.assert_close(empirical[name], want, rtol=0, atol=1e-12)
    traces = [sum(float(f.sum()) for f in each.values()) for each in (exact, empirical)]
    assert traces[1] / traces[0] > 1.1  # labels that the network does not expect
    many = Task(0, one.x.repeat(100, 1), one.y.repeat(100), one.outputs)
    sampled = sum(float(f.sum()) for f in diagonal_fisher(model, many, "sampled", 2000, draws()).values())
    assert sampled == pytest.approx(traces[0], rel=0.05)
    few = diagonal_fisher(model, many, "exact", 5, draws(1))
    assert torch.equal(few["0.weight"], diagonal_fisher(model, many, "exact", 5, draws(1))["0.weight"])
    assert not torch.equal(few["0.weight"], diagonal_fisher(model, many, "exact", 5, draws(2))["0.weight"])


# EWC and L2-SP


def solved(treated, model, matrix, target):
    """Return the weights where the gradient of ½ |A w − b|² and of the penalty is 0; it is affine in w."""
    weight = model.weight

    def gradient(w):
        with torch.no_grad():
            weight.copy_(w)
        model.zero_grad()
        (0.5 * (model(matrix)[:, 0] - target).square().sum()).backward()
        treated.gradients()
        return weight.grad[0].clone()

    n = weight.shape[1]
    offset = gradient(torch.zeros(1, n, dtype=torch.float64))
    curvature = torch.stack([gradient(row[None]) - offset for row in torch.eye(n, dtype=torch.float64)], 1)
    return torch.linalg.solve(curvature, -offset)


def test_ewc_with_the_full_fisher_is_the_joint_solution_of_a_linear_regression():
    a1, a2 = (torch.randn(n, 6, generator=draws(n), dtype=torch.float64) for n in (50, 60))
    b1, b2 = (torch.randn(n, generator=draws(n + 1), dtype=torch.float64) for n in (50, 60))
    first = torch.linalg.lstsq(a1, b1[:, None]).solution[:, 0]
    joint = torch.linalg.lstsq(torch.cat((a1, a2)), torch.cat((b1, b2))[:, None]).solution[:, 0]
    fisher = a1.T @ a1  # of a Gaussian likelihood with variance 1
    values, axes = torch.linalg.eigh(fisher)

    def after_the_second(diagonal, axes):
        """Solve the second task in coordinates along the axes, where EWC is given the diagonal of the first."""
        with torch.random.fork_rng():
            model = nn.Linear(6, 1, bias=False).double()
        treated = EWC(1.0).artificial(model)
        state = {"precision": {"weight": diagonal[None]}, "pull": {"weight": (diagonal * (axes.T @ first))[None]}}
        treated.load_state_dict({**treated.state_dict(), **state})
        return axes @ solved(treated, model, a2 @ axes, b2)

    full = after_the_second(values, axes)  # along its own axes the full Fisher information is a diagonal
    assert float((full - joint).abs().max()) < 1e-12
    diagonal = after_the_second(fisher.diagonal(), torch.eye(6, dtype=torch.float64))
    assert 0.005 < float((diagonal - joint).abs().max()) < 0.2


def penalty_of(treatment, anchors, weights):
    """½ λ Σ A (w − w*)² of several anchors: pairs of A and w*, each a mapping by name."""
    return sum(
        0.5 * treatment.weight * (a[name] * (p - w[name]) ** 2).sum() for a, w in anchors for name, p in weights.items()
    )


@pytest.mark.parametrize("treatment", [EWC(3.0), EWC(3.0, gamma=0.5), L2SP(3.0)])
def test_the_gradient_is_that_of_the_penalty(treatment):
    model = dense(6, 5, 4)
    treated = treatment.artificial(model)
    anchors = []
    for number in range(3):
        one = task(12, (6,), 4, number)
        treated.begin_task(one)
        treated.end_task(one)
        fisher = diagonal_fisher(model, one, "exact", 12, draws())
        weights = {name: p.detach().clone() for name, p in model.named_parameters()}
        if isinstance(treatment, L2SP):
            anchors = [({name: torch.ones_like(p) for name, p in weights.items()}, weights)]
        elif treatment.gamma is None:
            anchors.append((fisher, weights))
        else:
            before = anchors[0][0] if anchors else {name: torch.zeros_like(p) for name, p in weights.items()}
            anchors = [({name: treatment.gamma * before[name] + fisher[name] for name in fisher}, weights)]
        with torch.no_grad():
            for k, p in enumerate(model.parameters()):
                p.add_(torch.randn(p.shape, generator=draws(10 * number + k), dtype=p.dtype))
    wanted = torch.autograd.grad(
        penalty_of(treatment, anchors, dict(model.named_parameters())), list(model.parameters())
    )
    treated.gradients()
    for p, want in zip(model.parameters(), wanted, strict=True):
        torch.testing.assert_close(p.grad, want, rtol=1e-10, atol=1e-12)
    assert sum(v.numel() for v in treated.precision.values()) <= sum(p.numel() for p in model.parameters())
    treated.gradients()
    torch.testing.assert_close(p.grad, 2 * want)  # added to what is there


def test_a_penalty_that_diverges_says_so():
    data = load_data("digits", n_train=200)
    sequence = task_sequence(data, "permuted:2")
    model = architecture("mlp", {"hidden": (16,)}).build((8, 8), 10, seed=0)
    how = Training(epochs=5, batch_size=50, optimiser="sgd", momentum=0, learning_rate=0.1)
    with pytest.raises(InputError, match=r"^L2SP: a weight .*, at most 1e\+03, .*learning_rate < 0\.002,") as error:
        train_sequence(model, sequence, how, seed=0, treatments=[L2SP(1000.0)])
    assert "\n" not in str(error.value)
    model = architecture("mlp", {"hidden": (16,)}).build((8, 8), 10, seed=0)
    train_sequence(model, sequence, how, seed=0, treatments=[L2SP(1000.0), Clip(0.2)])


def test_a_curvature_of_zero_is_said():
    model, one = dense(6, 5, 4), task(3, (6,), 4)
    with torch.no_grad():
        model[2].bias[0] = 1e4  # p = 1 at one class, exactly
    treated = EWC().artificial(model)
    treated.end_task(one)
    assert treated.without_effect() == ("EWC: the penalty did nothing: its curvature is 0 for every weight",)


# Replay


def test_what_is_kept_has_equal_numbers_of_every_class():
    y = torch.tensor([0] * 50 + [1] * 30 + [2] * 2)
    for n, counts in ((3, (1, 1, 1)), (12, (5, 5, 2)), (200, (50, 30, 2))):
        chosen = balanced(y, n, draws())
        assert len(chosen.unique()) == len(chosen)
        assert tuple(y[chosen].bincount(minlength=3).tolist()) == counts
    assert torch.equal(balanced(y, 12, draws(1)), balanced(y, 12, draws(1)))
    assert not torch.equal(balanced(y, 12, draws(1)), balanced(y, 12, draws(2)))


def test_replayed_examples_are_compared_among_the_outputs_of_their_own_task():
    model = dense(6, 5, 4)
    treated = Replay(2.0, per_task=4, batch=100).artificial(model)
    tasks = [task(10, (6,), 4, 0, [True, True, False, False]), task(10, (6,), 4, 1, [False, False, True, True])]
    for one in tasks:
        treated.begin_task(one)
        treated.end_task(one)
    assert len(treated.y) == 8
    wanted = 0.0
    for k, one in enumerate(tasks):
        x, y = treated.x[4 * k : 4 * k + 4], treated.y[4 * k : 4 * k + 4]
        assert all(any(torch.equal(row, other) for other in one.x) for row in x)
        wanted = wanted + functional.cross_entropy(one.admitted(model(x)), y)  # mean of both: twice half of each
    wanted = torch.autograd.grad(wanted, list(model.parameters()))
    model.zero_grad()
    model(tasks[0].x).sum().backward()
    before = [p.grad.clone() for p in model.parameters()]
    treated.gradients()
    for p, old, want in zip(model.parameters(), before, wanted, strict=True):
        torch.testing.assert_close(p.grad, old + want)


def test_a_penalty_on_layers_sees_the_batch_of_the_present_task():
    """Replay is a pass of its own after the backward pass, so the order of the two does not matter."""
    found = []
    for order in (1, -1):
        data = load_data("digits", n_train=200)
        model = architecture("mlp", {"hidden": (16,)}).build((8, 8), 10, seed=0)
        both = [DesyncReg(1.0), Replay(per_task=20, batch=20)][::order]
        each = [treatment.artificial(model, seed=7) for treatment in both]
        one = Task(0, torch.tensor(data.x_train), torch.tensor(data.y_train).long(), torch.ones(10, dtype=torch.bool))
        with each[0], each[1]:
            for treated in each:
                treated.end_task(one)
            outputs = model.train()(one.x[:30])
            loss = sum(treated.loss(outputs, one.y[:30]) for treated in each)
            loss.backward()
            for treated in each:
                treated.gradients()
        found.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-6)


# Generative replay


def test_the_bound_of_the_autoencoder_is_that_of_its_distributions():
    vae, x = VAE((3, 2), 8, 2, draws()).double(), task(7, (3, 2)).x
    mean, log_variance = vae.encoder(x.flatten(1)).chunk(2, 1)
    latent = torch.distributions.Normal(mean, torch.exp(log_variance / 2))
    z = mean + latent.scale * torch.randn(7, 2, generator=draws(3), dtype=torch.float64)
    pixels = torch.distributions.Bernoulli(logits=vae.decoder(z), validate_args=False)
    prior = torch.distributions.Normal(torch.zeros(2).double(), torch.ones(2).double())
    want = torch.distributions.kl_divergence(latent, prior).sum(1) - pixels.log_prob(x.flatten(1)).sum(1)
    torch.testing.assert_close(vae.loss(x, draws(3)), want.mean())


def test_the_autoencoder_learns_images_and_those_of_the_one_before():
    """Two tasks of one image each: after the second, samples are like either, as often."""
    one, two = (torch.zeros(1, 4, 4) for _ in range(2))
    one[0, :2], two[0, 2:] = 1, 1
    first = VAE((4, 4), 100, 2, draws())
    fit(first, one, None, 0, 50, 400, draws(1))
    assert float((first.sample(100, draws(2)) - one).abs().mean()) < 0.05
    second = VAE((4, 4), 100, 2, draws())
    fit(second, two, first, 1, 50, 800, draws(1))
    samples = second.sample(400, draws(2))
    near = torch.stack([(samples - image).abs().mean((1, 2)) for image in (one, two)]).min(0)
    assert float(near.values.mean()) < 0.15
    assert 0.3 < float(near.indices.float().mean()) < 0.7


@pytest.mark.parametrize("masks", [[[True] * 4] * 2, [[True, True, False, False], [False, False, True, True]]])
def test_generated_images_are_labelled_by_the_network_of_the_last_task(masks):
    model = dense(6, 5, 4)
    treated = GenerativeReplay(batch=9, steps=5, hidden=4).artificial(model)
    for number, outputs in enumerate(masks):
        one = task(10, (6,), 4, number, outputs)
        treated.begin_task(one)
        treated.end_task(one)
    before, state = dense(6, 5, 4), treated.state_dict()
    before.load_state_dict(model.state_dict())
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn(p.shape, generator=draws(5), dtype=p.dtype))
    generator = torch.Generator()
    generator.set_state(state["generator"])
    x = treated.vae.sample(9, generator)
    assert x.shape == (9, 6)
    assert 0 <= float(x.min()) <= float(x.max()) <= 1
    wanted = 0.0
    for outputs in {tuple(mask) for mask in masks}:
        hidden = ~torch.tensor(outputs)
        labels = before(x).masked_fill(hidden, -torch.inf).argmax(1)
        wanted += functional.cross_entropy(model(x).masked_fill(hidden, -torch.inf), labels)
    torch.testing.assert_close(treated.rehearsed(), wanted / len({tuple(mask) for mask in masks}))


# In sequences


def bits(model):
    return torch.cat([value.double().flatten() for value in model.state_dict().values()])


@pytest.mark.parametrize("treatment", AGAINST, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("name", ["convnet", "gru"])
def test_they_work_on_other_architectures_and_resume_bit_by_bit(treatment, name, tmp_path):
    sequence = task_sequence(load_data("digits", n_train=100), "split:2", scenario="task")
    how = Training(steps=6, every=2, batch_size=20)

    def go(model, **more):
        log = train_sequence(model, sequence, how, seed=0, treatments=[treatment], **more)
        return log.accuracy["task"], bits(model)

    def fresh():
        return architecture(name).build(sequence.image_shape, sequence.n_outputs, seed=0)

    accuracy, ends = go(fresh())
    assert not torch.equal(ends, bits(fresh()))
    for stop in (7, 9):  # in the second task
        asked = iter([*[False] * stop, True])
        path = tmp_path / f"{stop}.pt"
        with pytest.raises(UnfinishedTrainingError):
            go(fresh(), checkpoint=path, stop=lambda asked=asked: next(asked, True))
        again, resumed = go(fresh(), checkpoint=path, resume=True)
        assert torch.equal(resumed, ends)
        np.testing.assert_array_equal(again, accuracy)


@pytest.mark.parametrize("treatment", AGAINST, ids=lambda each: type(each).__name__)
def test_one_task_alone_is_said(treatment):
    data = load_data("digits", n_train=100)
    ends = []
    for treatments in ([], [treatment]):
        model = architecture("mlp", {"hidden": (8,)}).build((8, 8), 10, seed=0)
        if treatments:
            with pytest.warns(UserWarning, match=f"{type(treatment).__name__}: it did nothing: no task came before"):
                train(model, data, Training(steps=3, every=3, batch_size=50), seed=0, treatments=treatments)
        else:
            train(model, data, Training(steps=3, every=3, batch_size=50), seed=0)
        ends.append(bits(model))
    assert torch.equal(*ends)


# What cannot be


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EWC(-1.0), r"EWC\.weight: must be >= 0 \[1\]; got -1"),
        (lambda: EWC(fisher="diagonal"), r"unknown EWC\.fisher 'diagonal'; known: empirical, exact, sampled"),
        (lambda: EWC(samples=0), r"EWC\.samples: must be >= 1; got 0"),
        (lambda: EWC(gamma=1.5), r"EWC\.gamma: must lie in 0\.\.1 \[1\]; got 1\.5"),
        (lambda: Replay(per_task=0), r"Replay\.per_task: must be >= 1; got 0"),
        (lambda: Replay(batch=1), r"Replay\.batch: must be >= 2; got 1"),
        (lambda: GenerativeReplay(latent=0), r"GenerativeReplay\.latent: must be >= 1; got 0"),
    ],
)
def test_fields_that_cannot_be(make, message):
    with pytest.raises(InputError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


def test_a_buffer_smaller_than_the_classes_of_a_task():
    with pytest.raises(InputError, match=r"^Replay\.per_task: must be >= 10, the classes of task 1, .*; got 9$"):
        Replay(per_task=9).artificial(dense(64, 10)).begin_task(task(20))


def test_images_that_the_autoencoder_cannot_take():
    treated = GenerativeReplay().artificial(dense(6, 4))
    one = task(5, (6,), 4)
    for x, got in ((one.x * 3 - 1, r"-\d\.\d+\.\.\d"), (torch.ones(5, 6, dtype=torch.long), "int64")):
        with pytest.raises(InputError, match=rf"^GenerativeReplay: the autoencoder needs images in 0\.\.1; got {got}"):
            treated.begin_task(Task(0, x, one.y, one.outputs))
    sequence = load_data("match", n_train=40)
    model = architecture("gru").build(sequence.image_shape, sequence.n_classes, seed=0)
    with pytest.raises(InputError, match="GenerativeReplay: the autoencoder needs images"):
        train(model, sequence, Training(steps=2, every=2, batch_size=20), seed=0, treatments=[GenerativeReplay()])


def test_several_processes_are_refused(monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    for treatment in AGAINST:
        with pytest.raises(InputError, match=rf"^{type(treatment).__name__}: works in one process alone; 2 train"):
            treatment.artificial(dense(64, 10)).begin_task(task())
