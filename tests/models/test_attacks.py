"""Attacks: exact optima of linear models, other libraries bit by bit, order, masked gradients, and bad input."""

import copy
import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import ictal
from ictal.models import FGSM, PGD, SPSA, Linear, RandomSign, Transfer, adversarial, attacked
from ictal.models.attacks import ATTACKS
from ictal.models.attacks.base import Victim
from ictal.models.attacks.losses import carlini_wagner, margin
from ictal.models.attacks.norms import inside, surface
from ictal.models.attacks.worst import standing
from ictal.simulator import InputError

pytestmark = pytest.mark.usefixtures("one_thread")

CROSS = ("cross-entropy",)
QUARTER = 0.25  # step as a share of ε, as the figures were made


def digits():
    """1200 training and 597 test digits in [0, 1], as vectors."""
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))
    x = torch.tensor(found.images.reshape(-1, 64)[order] / 16, dtype=torch.float32)
    y = torch.tensor(found.target[order])
    return x[:1200], y[:1200], x[1200:], y[1200:]


def trained(seed):
    """MLP 64-64-64-10, Adam 1e-3, 1500 steps of 64."""
    x, y, _, _ = digits()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = nn.Sequential(*(nn.Linear(64, 64), nn.ReLU()), *(nn.Linear(64, 64), nn.ReLU()), nn.Linear(64, 10))
        optimiser = torch.optim.Adam(net.parameters(), 1e-3)
        for _ in range(1500):
            at = torch.randint(len(x), (64,))
            optimiser.zero_grad()
            functional.cross_entropy(net(x[at]), y[at]).backward()
            optimiser.step()
    return net.eval()


@pytest.fixture(scope="module")
def net():
    return trained(0)


@pytest.fixture(scope="module")
def test_set():
    return digits()[2:]


@pytest.fixture(scope="module")
def linear():
    """Linear net of the digits 3 and 8, and its test images; full batch, Adam 0.05, 300 steps."""
    x, y, x_test, y_test = digits()
    train, test = torch.isin(y, torch.tensor([3, 8])), torch.isin(y_test, torch.tensor([3, 8]))
    x, y = x[train], (y[train] == 8).long()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = nn.Linear(64, 2)
    optimiser = torch.optim.Adam(found.parameters(), 0.05)
    for _ in range(300):
        optimiser.zero_grad()
        functional.cross_entropy(found(x), y).backward()
        optimiser.step()
    return found.eval(), x_test[test], (y_test[test] == 8).long()


def accuracy(model, x, y):
    with torch.no_grad():
        return float((model(x).argmax(1) == y).double().mean())


def stands(model, x, y, attack, *, bounds=(0.0, 1.0), seed=0):
    """Images that an attack leaves right."""
    victim = Victim(model, bounds)
    with victim.evaluating(), torch.no_grad():
        *_, last = standing(attack, victim, x, y, ~victim.wrong(x, y), seed=seed)
    return last.standing


class Scaled(nn.Module):
    """A net whose logits are multiplied: the same classes, and cross-entropy flat in single precision."""

    def __init__(self, net, factor=100.0):
        super().__init__()
        self.net, self.factor = net, factor

    def forward(self, x):
        return self.net(x) * self.factor


# closed forms


@pytest.mark.parametrize(
    ("epsilon", "free", "boxed"), [(0.03, 0.8785, 0.9346), (0.06, 0.6449, 0.8224), (0.1, 0.2336, 0.5047)]
)
def test_on_a_linear_net_pgd_reaches_the_closed_form_to_the_last_image(linear, epsilon, free, boxed):
    model, x, y = linear
    w = (model.weight[1] - model.weight[0]).detach()
    lead = (model(x) @ torch.tensor([-1.0, 1.0]) * (2 * y - 1)).detach()
    away = -(2 * y - 1)[:, None] * w.sign()
    exact = lead / w.abs().sum() > epsilon  # least change m / ‖w‖₁
    in_box = model((x + epsilon * away).clamp(0, 1)).argmax(1) == y
    for bounds, want, share in ((None, exact, free), ((0.0, 1.0), in_box, boxed)):
        for attack in (
            PGD(epsilon, step=QUARTER),
            PGD(epsilon, step=QUARTER, losses=CROSS),
            FGSM(epsilon),
            Linear(epsilon),
        ):
            assert torch.equal(stands(model, x, y, attack, bounds=bounds), want), attack
        assert float(want.double().mean()) == pytest.approx(share, abs=1.5 / len(x))  # the training may round otherwise


@pytest.mark.parametrize("epsilon", [0.2, 0.5, 0.9])
def test_on_a_linear_net_the_least_change_in_l2_is_the_margin_over_the_norm(linear, epsilon):
    model, x, y = linear
    w = (model.weight[1] - model.weight[0]).detach()
    exact = (model(x) @ torch.tensor([-1.0, 1.0]) * (2 * y - 1)).detach() / w.norm() > epsilon
    for attack in (Linear(epsilon, "l2"), FGSM(epsilon, "l2"), PGD(epsilon, "l2", step=QUARTER)):
        assert torch.equal(stands(model, x, y, attack, bounds=None), exact), attack


def test_in_l2_with_bounds_nothing_beats_the_exact_optimum(linear):
    model, x, y = linear
    exact = adversarial(model, x, y, Linear(0.9, "l2"))
    assert float((exact - x).flatten(1).square().sum(1).sqrt().max()) <= 0.9 * (1 + 1e-5)
    assert float(exact.min()) >= 0
    assert float(exact.max()) <= 1
    model.requires_grad_(False)
    best = margin(model(exact), y)
    for attack in (PGD(0.9, "l2", 100, step=0.05, losses=("margin",)), RandomSign(0.9, "l2", 5)):
        assert float((margin(model(adversarial(model, x, y, attack)), y) - best).max()) < 1e-4
    near = margin(model(adversarial(model, x, y, PGD(0.9, "l2", 400, step=0.02, losses=("margin",)))), y)
    assert float((best - near).abs().median()) < 0.02 * float((best - margin(model(x), y)).median())


def test_of_several_classes_the_exact_optimum_is_the_worst_over_all(test_set):
    x = test_set[0]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = nn.Linear(64, 10)
    right = model(x).argmax(1)
    for bounds in (None, (0.0, 1.0)):
        found = stands(model, x, right, Linear(0.02), bounds=bounds)
        fallen = torch.zeros_like(found)
        for j in range(10):
            change = x + 0.02 * (model.weight[j] - model.weight[right]).sign()
            fallen |= model(change if bounds is None else change.clamp(0, 1)).argmax(1) != right
        assert torch.equal(found, ~fallen)
        assert 0 < int(found.sum()) < len(x)


def test_losses():
    z, y = torch.tensor([[2.0, 5.0, 1.0], [0.0, 1.0, 4.0]]), torch.tensor([0, 2])
    assert margin(z, y).tolist() == [3.0, -3.0]
    assert carlini_wagner(z, y).tolist() == [0.0, -3.0]
    assert carlini_wagner(z, y, 2.0).tolist() == [2.0, -3.0]


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_starts_are_uniform_in_the_ball_and_noise_is_on_its_surface(norm):
    points = inside(norm, (4000, 3), np.random.default_rng(0))
    size = np.abs(points).max(1) if norm == "linf" else np.sqrt((points**2).sum(1))
    assert size.max() <= 1 + 1e-6
    assert np.quantile(size**3, [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.03)  # volume below a size
    on = surface(norm, (50, 3), np.random.default_rng(0))
    size = np.abs(on).max(1) if norm == "linf" else np.sqrt((on**2).sum(1))
    assert size == pytest.approx(np.ones(50), abs=1e-6)


# other libraries


@pytest.mark.parametrize(
    ("norm", "epsilon"), [("linf", e) for e in (0.05, 0.1, 0.3)] + [("l2", e) for e in (0.05, 0.12, 0.2, 0.5)]
)
def test_fgsm_and_pgd_are_those_of_foolbox_bit_by_bit(net, test_set, norm, epsilon):
    foolbox = pytest.importorskip("foolbox")
    x, y = test_set
    model = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
    one, many = (
        (foolbox.attacks.LinfFastGradientAttack, foolbox.attacks.LinfProjectedGradientDescentAttack)
        if norm == "linf"
        else (foolbox.attacks.L2FastGradientAttack, foolbox.attacks.L2ProjectedGradientDescentAttack)
    )
    raw, _, _ = one(random_start=False)(model, x, y, epsilons=epsilon)
    assert torch.equal(adversarial(net, x, y, FGSM(epsilon, norm)), raw)
    raw, _, _ = many(steps=20, abs_stepsize=epsilon / 4, random_start=False)(model, x, y, epsilons=epsilon)
    assert torch.equal(adversarial(net, x, y, PGD(epsilon, norm, step=QUARTER, losses=CROSS)), raw)


@pytest.mark.filterwarnings("ignore")
def test_fgsm_and_pgd_are_those_of_art(net, test_set):
    evasion = pytest.importorskip("art.attacks.evasion")
    from art.estimators.classification import PyTorchClassifier

    x, y = test_set[0][:200], test_set[1][:200]
    victim = PyTorchClassifier(
        copy.deepcopy(net), nn.CrossEntropyLoss(), (64,), 10, clip_values=(0.0, 1.0), device_type="cpu"
    )
    one = evasion.FastGradientMethod(victim, eps=0.1, batch_size=200).generate(x.numpy(), y.numpy())
    many = evasion.ProjectedGradientDescent(
        victim, eps=0.1, eps_step=0.025, max_iter=20, batch_size=200, verbose=False
    ).generate(x.numpy(), y.numpy())
    for theirs, attack in ((one, FGSM(0.1)), (many, PGD(0.1, step=QUARTER, losses=CROSS))):
        ours = adversarial(net, x, y, attack)
        assert float((ours - torch.tensor(theirs)).abs().max()) < 1e-6
        assert accuracy(net, ours, y) == accuracy(net, torch.tensor(theirs), y)


# the figures of a net


def test_order_of_the_attacks(net, test_set):
    x, y = test_set
    epsilon, shares = 0.1, {}
    for name, attack in {
        "pgd-20": PGD(epsilon, step=QUARTER, losses=CROSS),
        "pgd-10": PGD(epsilon, steps=10, step=QUARTER, losses=CROSS),
        "fgsm": FGSM(epsilon),
        "transfer": Transfer(epsilon, step=QUARTER, losses=CROSS, source=trained(1)),
        "noise": RandomSign(epsilon),
    }.items():
        shares[name] = float(stands(net, x, y, attack).double().mean())
    assert shares["pgd-20"] <= shares["pgd-10"] <= shares["fgsm"] <= shares["transfer"] + 0.05
    assert shares["transfer"] + 0.05 < shares["noise"]
    assert shares["pgd-20"] == pytest.approx(0.308, abs=0.06)
    assert shares["fgsm"] == pytest.approx(0.374, abs=0.06)
    assert shares["noise"] == pytest.approx(0.953, abs=0.02)
    assert accuracy(net, x, y) == pytest.approx(0.974, abs=0.01)


def test_masked_gradients_are_caught(net, test_set):
    x, y = test_set
    model, attack = Scaled(net), PGD(0.1, step=QUARTER)
    fooled_by = {loss: stands(model, x, y, PGD(0.1, step=QUARTER, losses=(loss,))) for loss in attack.losses}
    found = attacked(model, x, y, attack)
    cross, worst = (next(row for row in found.rows if row.loss == loss) for loss in ("cross-entropy", "worst"))
    assert cross.accuracy == float(fooled_by["cross-entropy"].double().mean()) == pytest.approx(0.952, abs=0.015)
    assert torch.equal(fooled_by["margin"], stands(net, x, y, PGD(0.1, step=QUARTER, losses=("margin",))))
    assert worst.accuracy == float((fooled_by["margin"] & fooled_by["cross-entropy"]).double().mean())
    assert worst.accuracy == pytest.approx(0.347, abs=0.04)
    assert worst.zero_gradients == cross.zero_gradients > 0.9
    assert any("cross-entropy is exactly 0 at 9" in text for text in found.warnings)
    alone = attacked(model, x, y, PGD(0.1, step=QUARTER, losses=CROSS))
    assert any("PGD with 40 steps" in text for text in alone.warnings)
    assert any("black-box attack" in text for text in alone.warnings)
    assert attacked(net, x, y, attack).warnings == ()


def test_a_net_without_gradients_needs_a_black_box(net, test_set):
    class Deaf(nn.Module):
        """Lets no gradient come through to its images; the logits stay."""

        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net(x.detach() + 0 * x)

    x, y = test_set[0][:100], test_set[1][:100]
    found = attacked(Deaf(), x, y, PGD(0.1, losses=("margin",)))
    assert found.worst(0.1).zero_gradients == 1
    assert any("black-box" in text for text in found.warnings)
    assert any("unlimited size" in text for text in found.warnings)
    assert attacked(Deaf(), x, y, SPSA(0.1)).worst(0.1).accuracy < found.worst(0.1).accuracy - 0.1
    with pytest.raises(InputError, match=r"^attack\.model: its outputs have no gradient .*attack=\"spsa\"[^\n]*$"):
        attacked(lambda_net(lambda z: net(z).detach()), x, y, PGD(0.1))


def lambda_net(function):
    class Net(nn.Module):
        def forward(self, x):
            return function(x)

    return Net().eval()


def test_more_tries_never_leave_more_images_right(net, test_set):
    x, y = test_set
    left = [stands(net, x, y, PGD(0.1, steps=3, restarts=restarts)) for restarts in (1, 2, 4)]
    assert all(bool((b <= a).all()) for a, b in pairwise(left))
    both = stands(net, x, y, PGD(0.1, steps=3, losses=("cross-entropy", "margin")))
    one, other = (stands(net, x, y, PGD(0.1, steps=3, losses=(loss,))) for loss in ("cross-entropy", "margin"))
    assert torch.equal(both, one & other)
    assert torch.equal(stands(net, x, y, PGD(0.0)), net(x).argmax(1) == y)


def test_every_change_is_within_the_ball_and_the_bounds(net, test_set):
    x, y = test_set[0][:50], test_set[1][:50]
    other = trained(1)
    for norm in ("linf", "l2"):
        for attack in (FGSM(0.2, norm), PGD(0.2, norm, restarts=2), RandomSign(0.2, norm), SPSA(0.2, norm, 3),
                       Transfer(0.2, norm, 5, source=other)):  # fmt: skip
            change = adversarial(net, x, y, attack) - x
            size = change.abs().amax(1) if norm == "linf" else change.square().sum(1).sqrt()
            assert float(size.max()) <= 0.2 * (1 + 1e-5)
            assert 0 <= float((x + change).min()) <= float((x + change).max()) <= 1
            assert float(size.max()) > 0.1


# what a result holds, and what is left as it was


def test_the_rows_of_a_result(net, test_set, tmp_path):
    x, y = test_set
    found = ictal.attack(net, x.numpy(), y.numpy(), epsilon=(0.1, 0.05), restarts=2, seed=3)
    assert found.epsilons == (0.05, 0.1)
    assert [row.loss for row in found.rows if row.epsilon == 0.05 and not row.note] == [
        "cross-entropy",
        "margin",
        "worst",
        "",
    ]
    assert found.clean.accuracy == accuracy(net, x, y)
    assert found.worst(0.1).accuracy < found.worst(0.05).accuracy < found.clean.accuracy
    assert found.noise(0.1).accuracy > 0.9
    for row in found:
        assert row.low <= row.accuracy <= row.high
    assert {row.attack for row in found if row.note} == {"pgd", "fgsm", "spsa"}
    assert found.in_words == "PGD-20 in L∞, worst of 2 losses, 2 restarts"
    again = ictal.load(found.save(tmp_path / "a.h5"))
    assert list(again.rows) == list(found.rows)
    assert again.config == found.config
    assert list(ictal.attack(net, x, y, epsilon=(0.05, 0.1), restarts=2, seed=3).rows) == list(found.rows)
    assert len(found.to_pandas()) == len(found.rows)
    with pytest.raises(InputError, match=r"known: 0\.05, 0\.1"):
        found.worst(0.2)


def test_several_sizes_are_attacked_as_each_alone(net, test_set):
    x, y = test_set
    both = ictal.attack(net, x, y, epsilon=(0.05, 0.1), checks=False)
    alone = ictal.attack(net, x, y, epsilon=0.1, checks=False)
    assert [row for row in both if row.epsilon == 0.1] == [row for row in alone if row.epsilon == 0.1]


def test_the_model_and_the_generators_come_back_as_they_were(test_set):
    x, y = test_set[0][:40], test_set[1][:40]
    model = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 10)).train()
    model[0].eval()
    before, modes = copy.deepcopy(model.state_dict()), [module.training for module in model.modules()]
    state, numpy = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    weights = torch.zeros(1, requires_grad=True)
    found = ictal.attack(model, x, y, epsilon=0.1, restarts=2)
    assert found.assumptions[-1].startswith("the model is in training mode; it was attacked in evaluation mode")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert [module.training for module in model.modules()] == modes
    assert all(p.grad is None and p.requires_grad for p in (*model.parameters(), weights))
    assert torch.equal(torch.get_rng_state(), state)
    assert (np.random.get_state()[1] == numpy).all()  # noqa: NPY002
    assert torch.equal(x, test_set[0][:40])


def test_a_model_that_answers_otherwise_each_time_is_said(test_set):
    x, y = test_set[0][:40], test_set[1][:40]
    noisy = lambda_net(lambda z: functional.dropout(z, 0.5, training=True) @ torch.eye(64)[:, :10])
    assert any(
        "answers otherwise when the same images pass again" in text for text in attacked(noisy, x, y, PGD(0.1)).warnings
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        batch = nn.Sequential(nn.BatchNorm1d(64, track_running_stats=False), nn.Linear(64, 10)).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert any("other images of its batch" in text for text in attacked(batch, x, y, PGD(0.1, steps=2)).warnings)


def test_shapes_and_precisions(test_set):
    x, y = test_set[0][:30], test_set[1][:30]
    for model, images in (
        (nn.Sequential(nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(144, 10)), x),
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), x.view(-1, 8, 8, 1)),
        (nn.Linear(64, 10).double(), x),
        (nn.Linear(64, 10).bfloat16(), x),
    ):
        found = ictal.attack(model.eval(), images, y, epsilon=0.1, norm="l2", steps=3, checks=False)
        assert found.worst(0.1).accuracy <= found.clean.accuracy
    lstm = lambda_net(lambda z: z)
    lstm.layer, lstm.out = nn.LSTM(8, 6, batch_first=True), nn.Linear(6, 10)
    lstm.forward = lambda z: lstm.out(lstm.layer(z)[0][:, -1])
    assert ictal.attack(lstm, x.view(-1, 8, 8), y, epsilon=0.1, bounds=None).clean.n == 30


# bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epsilon": -0.1}, r"PGD\.epsilon: must be >= 0.*; got -0\.1"),
        ({"epsilon": np.nan}, r"PGD\.epsilon: must be >= 0.*; got nan"),
        ({"epsilon": None}, r"attack\.epsilon: must be a size or several, e\.g\. epsilon=\(0\.01, 0\.03\); got none"),
        ({"epsilon": ()}, "attack: must have at least one size; got none"),
        ({"epsilon": (0.1, 0.1)}, r"attack\.epsilon: must name each size once; got 0\.1, 0\.1"),
        ({"norm": "l3"}, r"unknown PGD\.norm 'l3'; .*known: l2, linf"),
        ({"losses": ("margin", "hinge")}, r"unknown PGD\.losses 'hinge'; .*"),
        ({"losses": ()}, r"PGD\.losses: must name at least one loss, .*; got none"),
        ({"steps": 0}, r"PGD\.steps: must be >= 1; got 0"),
        ({"attack": "pdg"}, r"unknown attack 'pdg'; did you mean 'pgd'\?.*"),
        ({"attack": "random-sign", "steps": 3}, r"attack\.steps: random-sign has none; it has norm, restarts"),
        ({"attack": "transfer"}, r"Transfer\.source: must be another model, .*; got none; .*"),
        ({"other": nn.Linear(64, 10)}, r"attack\.other: is the model of attack=\"transfer\"; pgd needs none"),
        ({"attack": PGD(0.1), "epsilon": None, "steps": 3}, r"attack\.steps: give it in the attack itself, .*"),
        ({"attack": "linear"}, "Linear: is exact for linear models alone, and this one is not linear; .*"),
        ({"bounds": (1, 0)}, r"attack\.bounds: must be two finite numbers, the lower first; got \(1, 0\)"),
        ({"bounds": 1}, r"attack\.bounds: must be two numbers, .*; got 1"),
        ({"bounds": (0, 0.5)}, r"attack\.x: must lie in the bounds \(0, 0\.5\); got .*"),
        ({"x": torch.full((9, 64), 255.0)}, r"attack\.x: must lie in the bounds \(0, 1\); got 255\.\.255; .*"),
        ({"x": torch.full((9, 64), np.nan)}, r"attack\.x: must be finite; got NaN or infinity in some images"),
        ({"x": torch.zeros(9, 64, dtype=torch.uint8)}, r"attack\.x: must be real numbers, .*; got uint8; .*by 255"),
        ({"x": torch.zeros(0, 64)}, r"attack\.x: must hold at least one image, \(n, \.\.\.\); got shape \(0, 64\)"),
        ({"x": torch.zeros(9, 65)}, r"attack\.model: cannot take float32 \(n, 65\): .*"),
        ({"x": None}, r"attack\.x: a module needs images and labels: .*"),
        ({"x": "nine"}, r"attack\.x: must be an array of numbers; got str"),
        ({"y": torch.zeros(8).long()}, r"attack\.y: must be 9 labels, .*; got int64 of shape \(8,\)"),
        ({"y": torch.zeros(9, 10)}, r"attack\.y: must be 9 labels, .*one-hot.*; got float32 of shape \(9, 10\)"),
        ({"y": -torch.ones(9).long()}, r"attack\.y: must be 9 labels, .* from -1 on"),
        ({"y": torch.full((9,), 10)}, r"attack\.model: must return a logit for each class, .* label 10; got 10"),
        ({"model": 3}, r"attack\.model: must be a torch\.nn\.Module; got int"),
        ({"model": "missing.pt", "x": None, "y": None}, r"missing\.pt: no such file.*"),
        ({"model": lambda_net(lambda x: (x, x))}, r"attack\.model: must return logits \(n, class\) .*; got a tuple"),
        ({"model": lambda_net(lambda x: x.sum(1))}, r"attack\.model: must return logits .*; got shape \(8,\)"),
        ({"model": lambda_net(lambda x: x / 0 * 0)}, r"attack\.model: must return finite logits; got NaN .*"),
        ({"model": lambda_net(lambda x: (x[:, :10] * 0).sqrt() - torch.arange(10.0))}, "attack: the gradient .*"),
        ({"model": lambda_net(lambda x: x[:, :10].softmax(1))}, "attack.model: must return logits; got probab"),
        ({"seed": -1}, "seed: must be a whole number >= 0; got -1"),
        ({"epsilon": "12"}, r"attack\.epsilon: must be a number or several; got '12'"),
        ({"epsilon": 1e300}, r"attack\.epsilon: must be at most 1e\+30 for a model in float32; got 1e\+300"),
        ({"epsilon": 10**400}, r"PGD\.epsilon: must be at most 1\.8e308; got a larger whole number"),
        ({"attack": PGD}, r"attack: must be an attack, e\.g\. PGD\(0\.03\); got the class PGD; .*"),
        ({"bounds": (-1e300, 1)}, r"attack\.bounds: must lie within ±1e\+30; got .*"),
        ({"bounds": "01"}, r"attack\.bounds: must be two numbers, .*; got '01'"),
        ({"x": torch.zeros(9, 0)}, r"attack\.x: must hold at least one image, .*; got shape \(9, 0\)"),
        ({"x": torch.rand(9, 64).to_sparse()}, r"attack\.x: must be a dense tensor .* layout sparse_coo"),
        ({"y": np.full(9, np.nan)}, r"attack\.y: must be 9 labels, .*; got float64 of shape \(9,\) from nan on"),
        ({"model": nn.Linear(64, 10, device="meta")}, r"attack\.model: is on the device meta, without weights; .*"),
        ({"model": lambda_net(lambda x: x["a"])}, r"attack\.model: cannot take float32 \(n, 64\): .*"),
        ({"model": lambda_net(lambda x: x + 0j)}, r"attack\.model: must return logits .*; got complex numbers"),
        ({"data": "digits"}, r"attack\.data: is for FILE\.pt; .*"),
        ({"images": 0}, r"attack\.images: must be at least 1; got 0"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(change, message):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, x = nn.Sequential(nn.Linear(64, 10), nn.Tanh()).eval(), torch.rand(9, 64)
    y = torch.arange(9) % 10 if "model" in change else model(x).argmax(1)  # some are right, and attacked
    given = {"model": model, "x": x, "y": y, "epsilon": 0.1} | change
    with pytest.raises(InputError, match=f"^{message}") as error:
        ictal.attack(given.pop("model"), given.pop("x"), given.pop("y"), **given)
    assert "\n" not in str(error.value)


def test_adversarial_refuses_what_attack_refuses(test_set):
    x, y, model = test_set[0][:9], test_set[1][:9], nn.Linear(64, 10)
    for change, message in (
        ({"model": "net"}, r"attack\.model: must be a torch\.nn\.Module; got str"),
        ({"attack": "pgd"}, r"attack: must be an attack, e\.g\. PGD\(0\.03\); got 'pgd'; ictal\.attack takes a name"),
        ({"attack": [PGD(0.1)]}, r"attack: must be an attack, .*; got a list; .*"),
        ({"seed": -1}, r"attack\.seed: must be >= 0; got -1"),
        ({"bounds": (1, 0)}, r"attack\.bounds: must be two finite numbers, the lower first; got \(1, 0\)"),
    ):
        with pytest.raises(InputError, match=f"^{message}$"):
            ictal.adversarial(**{"model": model, "x": x, "y": y, "attack": PGD(0.1)} | change)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_in_half_precision_a_step_in_l2_is_finite_where_the_gradient_is_0_and_the_ball_is_kept(dtype):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        x, model = torch.rand(20, 64), nn.Linear(64, 3).to(dtype)
    flat = lambda_net(lambda x: (model(x) * 0 + torch.tensor([2.0, 0, 0])).to(dtype))
    flat.weight = model.weight
    rows = ictal.attack(flat, x, torch.zeros(20).long(), epsilon=0.5, norm="l2", steps=3, checks=False)
    assert rows.worst(0.5).accuracy == 1.0  # NaN images would be misclassified
    moved = ictal.adversarial(model, x, model(x.to(dtype)).argmax(1), PGD(0.5, "l2"), bounds=None)
    assert moved.dtype == dtype
    size = (moved.double() - x.to(dtype).double()).norm(dim=1)
    assert float(size.max()) == pytest.approx(0.5, abs=0.02)


def test_a_network_may_change_its_input_in_place(test_set):
    x, y = test_set[0][:9], test_set[1][:9]
    model = nn.Linear(64, 10)
    clamped = lambda_net(lambda z: model(z.clamp_(0.0, 0.5)))
    clamped.weight = model.weight
    found = ictal.attack(clamped, x, y, epsilon=0.1, steps=2, checks=False)
    assert found.rows == ictal.attack(lambda_net(lambda z: model(z.clamp(0.0, 0.5))), x, y, epsilon=0.1, steps=2,
                                      checks=False).rows  # fmt: skip


def test_logits_that_are_not_finite_are_refused_whatever_their_image():
    x = torch.zeros(20, 4)
    x[19] = 1.0
    bad = lambda_net(lambda z: z / (1 - z))
    with pytest.raises(InputError, match="must return finite logits"):
        ictal.attack(bad, x, torch.zeros(20).long(), epsilon=0.1, attack="random-sign")


def test_attacks_of_one_call_differ_in_size_alone(net, test_set):
    x, y = test_set
    with pytest.raises(InputError, match="must differ in their size alone"):
        attacked(net, x, y, [PGD(0.1), PGD(0.2, steps=3)])
    with pytest.raises(InputError, match="must be an attack"):
        attacked(net, x, y, 0.1)
    assert set(ATTACKS) == {"fgsm", "pgd", "random-sign", "transfer", "linear", "spsa"}


def test_the_overview_says_the_finding(net, test_set):
    x, y = test_set
    found = ictal.attack(net, x, y, epsilon=(0.05, 0.1), checks=False)
    drawn = found.overview()
    assert drawn.title.startswith("Accuracy falls from .97 to .3")
    assert "under PGD-20 of size .1 in L∞, worst of 2 losses; random noise of that size leaves .9" in drawn.title
    flat = ictal.attack(Scaled(net, 300.0), x, y, epsilon=0.1, losses="cross-entropy")
    title = flat.overview().title
    assert title.startswith("Gradients are masked: accuracy stays at .97 under")
    assert all(text in flat.overview().alt for text in flat.warnings)
    assert [drawing.name for drawing in found.drawings().values()] == ["attacked/accuracy"]
