"""Calibration, scores of strange images and noise against closed forms; the evaluation of a network of one's own."""

import math
import re
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from scipy.stats import norm
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy

import ictal
from ictal.analyses.evidence.effect import auc_interval
from ictal.models import (
    Evaluation,
    architecture,
    assess,
    calibration_error,
    calibration_floor,
    corrupted,
    load_data,
    logits,
    noisy,
    reliability,
    separation,
)
from ictal.models.attacks.gradient import PGD
from ictal.models.attacks.measure import attacked
from ictal.models.trained.scores import HiddenLayer, Mahalanobis, energy, last_layer
from ictal.simulator import InputError

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = {  # architecture -> fields, shape of an image
    "mlp": ({"hidden": (32,)}, (8, 8)),
    "convnet": ({"width": 4, "hidden": (16,)}, (8, 8)),
    "resnet18": ({"width": 4}, (8, 8, 3)),
    "vgg16": ({"width": 8}, (32, 32)),
    "vit-cifar": ({"width": 24, "depth": 2}, (8, 12)),
}
ORDER = np.random.default_rng(0).permutation(1797)
X, Y = (load_digits().data[ORDER] / 16).astype(np.float32), load_digits().target[ORDER]
TRAIN = np.arange(1797) < 1200


def trained(seed, x, y, steps=1500, classes=10):
    """An MLP 64-64-64 on digits, by Adam."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, classes)
    )  # fmt: skip
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    x, y = torch.tensor(x), torch.tensor(y)
    for _ in range(steps):
        batch = torch.randint(len(x), (64,))
        loss = cross_entropy(model(x[batch]), y[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def nets():
    return [trained(seed, X[TRAIN], Y[TRAIN]) for seed in range(3)]


# Calibration


def test_a_constant_confidence_is_as_wrong_as_it_differs():
    p = np.tile([0.9, 0.1], (1000, 1))
    y = (np.arange(1000) >= 700).astype(int)  # accuracy .7
    assert calibration_error(p, y) == pytest.approx(0.2, abs=1e-12)
    (row,) = reliability(p, y)
    assert (row.n, row.accuracy) == (1000, 0.7)
    assert row.confidence == pytest.approx(0.9)
    assert (row.above, row.upto) == pytest.approx((13 / 15, 14 / 15))
    assert row.low < 0.7 < row.high


@pytest.mark.parametrize(("n", "floor", "within"), [(100_000, 0.005, 0.0015), (600, 0.050, 0.005)])
def test_a_calibrated_network_reads_more_than_nothing(n, floor, within):
    rng = np.random.default_rng(0)
    confidence = rng.random(n)[:, None]  # of one class: uniform in 0..1
    wrong = [(rng.random(n) > confidence[:, 0]).astype(int) for _ in range(20)]  # class 0 is the answer
    assert np.mean([calibration_error(confidence, y) for y in wrong]) == pytest.approx(floor, abs=within)
    mean, high = calibration_floor(confidence)
    assert mean == pytest.approx(floor, abs=within)
    assert high > mean
    assert calibration_floor(confidence) == (mean, high)
    assert calibration_floor(confidence, seed=1)[0] == pytest.approx(mean, rel=0.05)


def test_the_floor_is_the_error_of_labels_drawn_from_the_probabilities():
    p = np.random.default_rng(1).dirichlet(np.ones(4) / 2, 300)
    rng = np.random.default_rng(2)
    drawn = [
        calibration_error(p, (rng.random(300)[:, None] > p.cumsum(1)).sum(1)) for _ in range(1000)
    ]  # labels, not answers
    mean, high = calibration_floor(p, draws=1000)
    assert mean == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / math.sqrt(1000))
    assert high == pytest.approx(np.quantile(drawn, 0.95), rel=0.05)
    again, _ = calibration_floor(p, draws=1)
    assert 0 < again < 3 * mean


def test_reliability_adds_up_to_the_error(nets):
    p = torch.softmax(torch.from_numpy(logits(nets[0], torch.tensor(X[~TRAIN]))), 1).numpy()
    rows = reliability(p, Y[~TRAIN])
    assert sum(row.n for row in rows) == 597
    total = sum(row.n * abs(row.accuracy - row.confidence) for row in rows) / 597
    assert total == pytest.approx(calibration_error(p, Y[~TRAIN]), abs=1e-12)
    assert all(row.above < row.confidence <= row.upto for row in rows)


def test_memorised_noise_is_overconfident_and_says_so():
    found = []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        y = Y[:400].copy()
        y[rng.permutation(400)[:160]] = rng.integers(0, 10, 160)
        found.append(assess(trained(seed, X[:400], y, steps=3000), torch.tensor(X[~TRAIN]), torch.tensor(Y[~TRAIN])))
    assert np.mean([one.accuracy for one in found]) == pytest.approx(0.612, abs=0.03)
    assert np.mean([one.ece for one in found]) == pytest.approx(0.212, abs=0.042)
    assert all(one.calibration.startswith("overconfident: ECE .") for one in found)
    assert all(one.floor < one.floor_high < one.ece for one in found)


def test_words_of_calibration():
    assert Evaluation(600, 0.1, 0.9, 0.91, 0.04, 0.05, 0.07).calibration.startswith("no miscalibration is shown: ")
    assert Evaluation(600, 0.1, 0.9, 0.7, 0.2, 0.05, 0.07).calibration.startswith("underconfident: ECE .200 against ")
    assert Evaluation(600, 0.1, 0.9, 0.9, 0.2, 0.05, 0.07).calibration.startswith("miscalibrated: ")
    assert (
        Evaluation(600, 0.1, 0.9, 0.9, 0.2).calibration == "ECE .200 with 600 images; what chance gives was not drawn"
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: calibration_floor(np.empty((0, 3))), "calibration_floor.p: must hold at least one image; got none"),
        (lambda: calibration_floor(np.ones((2, 1)), draws=0), "calibration_floor.draws: must be >= 1; got 0"),
        (lambda: noisy(X, -0.1), "noisy.sd: must be >= 0; got -0.1"),
        (lambda: noisy(16 * X, 0.1), "noisy.x: must be images (n, ...) in [0, 1]; got shape (1797, 64)"),
        (lambda: Mahalanobis.fitted(np.ones((9, 2)), np.zeros(9)), "y: must hold at least 2 classes; got 1"),
        (lambda: Mahalanobis.fitted(np.ones((9, 2)), np.arange(9) % 2), "(2 units do not vary within classes); give"),
        (lambda: Mahalanobis.fitted(np.full((9, 2), np.nan), np.arange(9) % 2), "holds values that are not finite"),
        (
            lambda: Mahalanobis.fitted(np.eye(9), np.arange(9) % 2, 1.5),
            "shrinkage: must lie in 0..1; got 1.5",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(call, message):
    with pytest.raises(InputError) as error:
        call()
    assert message in str(error.value)
    assert "\n" not in str(error.value)


# Gaussian noise


def test_gaussian_noise_costs_what_it_is_known_to(nets):
    found = [
        ictal.evaluate_model(net, X[~TRAIN], Y[~TRAIN], noise=(0.4, 0.1, 0.2), seed=seed)
        for seed, net in enumerate(nets)
    ]
    assert [row.sd for row in found[0].noise] == [0.1, 0.2, 0.4]
    clean = np.mean([one.sets["test"].accuracy for one in found])
    means = np.mean([[row.accuracy for row in one.noise] for one in found], axis=0)
    assert clean == pytest.approx(0.974, abs=0.006)
    ece = np.mean([one.sets["test"].ece for one in found])
    assert ece == pytest.approx(0.008, abs=0.01)  # chance alone gives .01 with 597 images
    assert means == pytest.approx([0.956, 0.898, 0.633], abs=0.025)  # ± .012 over seeds and draws, of 3 seeds here
    row = found[0].noise[1]
    x = torch.tensor(noisy(X[~TRAIN], 0.2, 0))
    assert row.accuracy == (nets[0](x).argmax(1).numpy() == Y[~TRAIN]).mean()
    assert row.low < row.accuracy < row.high
    assert row.n == 597


def test_noise_is_that_of_the_corruption():
    x = X[:50].reshape(-1, 8, 8)
    np.testing.assert_array_equal(noisy(x, 0.1, 3), corrupted(x, "gaussian_noise", 5, 3))
    np.testing.assert_array_equal(noisy(x, 0.0), x)
    apart = (noisy(x + 0, 0.02) - x)[(x > 0.2) & (x < 0.8)]
    assert apart.std() == pytest.approx(0.02, rel=0.1)


# Strange images


def test_energy_is_logsumexp_and_orders_as_it_should():
    z = np.random.default_rng(0).normal(0, 300, (20, 5))
    assert energy(z) == pytest.approx(torch.from_numpy(z).logsumexp(1).numpy(), rel=1e-12)
    assert np.isfinite(energy(np.array([[1e4, -1e4]]))).all()


def test_mahalanobis_is_the_formula():
    rng = np.random.default_rng(0)
    h, y = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5)), rng.integers(3, size=200) + 4
    for shrinkage in (0.0, 0.01, 0.5, 1.0):
        means = [h[y == c].mean(0) for c in np.unique(y)]
        sigma = sum((h[y == c] - m).T @ (h[y == c] - m) for c, m in zip(np.unique(y), means, strict=True)) / 200
        sigma = (1 - shrinkage) * sigma + shrinkage * np.trace(sigma) / 5 * np.eye(5)
        x = rng.normal(size=(30, 5))
        naive = [-min((one - m) @ np.linalg.inv(sigma) @ (one - m) for m in means) for one in x]
        assert Mahalanobis.fitted(h, y, shrinkage)(x) == pytest.approx(np.array(naive), rel=1e-9)
    dead = np.hstack([h, np.zeros((200, 2))])  # dead units: singular until it is shrunk
    with pytest.raises(InputError, match=r"covariance of 7 units .* \(2 units do not vary .*; give shrinkage=0\.01$"):
        Mahalanobis.fitted(dead, y, 0.0)
    assert np.isfinite(Mahalanobis.fitted(dead, y)(dead)).all()


@pytest.mark.parametrize("name", SMALL)
def test_the_last_hidden_layer_gives_the_logits(name):
    fields, shape = SMALL[name]
    model = architecture(name, fields).build(shape, 7, seed=1).eval()
    x = torch.rand(5, *shape)
    last = last_layer(model, x)
    hidden = HiddenLayer(model, x, last, given=True)(x)
    weights = dict(model.named_modules())[last]
    z = hidden @ weights.weight.detach().double().numpy().T + weights.bias.detach().double().numpy()
    assert z == pytest.approx(model(x).detach().double().numpy(), abs=1e-5)
    assert last_layer(nn.Sequential(model, nn.Softmax(1)), x) is None


def test_auroc_of_two_normals_and_its_interval_against_a_bootstrap():
    rng = np.random.default_rng(0)
    known, strange = rng.normal(1, 1, 150), rng.normal(0, 1, 100)
    value = separation(known, strange)
    low, high = auc_interval(value, 150, 100)
    drawn = [separation(rng.choice(known, 150), rng.choice(strange, 100)) for _ in range(2000)]
    assert (low, high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.015)
    exact = norm.cdf(1 / math.sqrt(2))
    assert exact == pytest.approx(0.7602, abs=5e-5)
    inside = 0
    for _ in range(400):
        value = separation(rng.normal(1, 1, 60), rng.normal(0, 1, 60))
        low, high = auc_interval(value, 60, 60)
        inside += low <= exact <= high
    assert 0.92 <= inside / 400 <= 0.98
    grid = norm.ppf((np.arange(4000) + 0.5) / 4000)
    assert separation(grid + 1, grid) == pytest.approx(exact, abs=1e-4)


def test_digits_that_were_never_seen_are_told_apart():
    known = Y < 8
    test = known & ~TRAIN
    found = []
    for seed in range(3):
        net = trained(seed, X[known & TRAIN], Y[known & TRAIN], classes=8)
        one = ictal.evaluate_model(
            net, X[test], Y[test], x_train=X[known & TRAIN], y_train=Y[known & TRAIN], seed=seed,
            strange=("permuted-pixels", "uniform-noise"), outside={"8 and 9": X[~known & ~TRAIN]},
        )  # fmt: skip
        found.append({name: row.by_score() for name, row in one.strange.items()})
    mean = {
        (name, score): np.mean([one[name][score][0] for one in found])
        for name in found[0]
        for score in ("max-softmax", "energy", "mahalanobis")
    }
    assert mean["8 and 9", "max-softmax"] == pytest.approx(0.952, abs=0.018)
    assert mean["8 and 9", "energy"] == pytest.approx(0.965, abs=0.018)
    assert mean["uniform-noise", "max-softmax"] == pytest.approx(0.916, abs=0.13)
    assert mean["uniform-noise", "energy"] == pytest.approx(0.871, abs=0.13)
    assert mean["permuted-pixels", "max-softmax"] == pytest.approx(0.942, abs=0.1)
    assert mean["permuted-pixels", "energy"] == pytest.approx(0.936, abs=0.1)
    better = [one[name]["energy"][0] > one[name]["max-softmax"][0] for one in found for name in one]
    assert 0 < sum(better) < len(better), "energy is not always better"
    for one in found:
        for by_score in one.values():
            assert all(low <= value <= high for value, low, high in by_score.values())


# A network of one's own


def test_a_network_of_ones_own_reads_as_that_of_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ictal.cli.run(["train", "convnet", "--set", "width=4", "--steps", "40", "--every", "40", "-o", "a.h5", "--quiet"])
    want = ictal.evaluate_file("a.pt", noise=(0.2,), attacks=(0.05,), strange=("uniform-noise",), corruptions=True)
    data, model = load_data("digits"), ictal.load("a.pt").model
    both = {"x_train": data.x_train, "y_train": data.y_train}
    found = ictal.evaluate_model(
        model, data.x_test, data.y_test, **both, noise=(0.2,), attacks=(0.05,), strange=("uniform-noise",),
        corruptions=True,
    )  # fmt: skip
    for name in ("sets", "noise", "attacks", "corruptions", "strange", "reliability", "warnings"):
        assert getattr(found, name) == getattr(want, name), name
    assert found.gap == want.gap
    without = ictal.evaluate_model(model, data.x_test, data.y_test, strange=("uniform-noise",))
    assert list(without.strange["uniform-noise"].by_score()) == ["max-softmax", "energy"]
    assert math.isnan(without.gap)
    assert "gap" not in without.overview().title
    assert any("it needs the training images" in line for line in without.assumptions)


def test_channels_stand_first_or_last_and_are_not_guessed():
    class Colour(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3 * 64, 4)

        def forward(self, x):
            assert x.shape[1:] == (3, 8, 8)
            return self.layer(x.flatten(1))

    torch.manual_seed(0)
    model, rng = Colour(), np.random.default_rng(0)
    x, y = rng.random((40, 3, 8, 8)).astype(np.float32), np.arange(40) % 4
    found = ictal.evaluate_model(model, x, y, corruptions=True, noise=(0.1,), strange=("permuted-pixels",))
    assert "images (n, channel, height, width)" in found.assumptions
    turned = torch.tensor(np.moveaxis(corrupted(np.moveaxis(x, 1, -1), "jpeg", 2, 0), -1, 1))
    assert found.corruptions["jpeg"][1] == (model(turned).argmax(1).numpy() == y).mean()
    with pytest.raises(InputError, match=r"have their channels first or last; give channels='first' or 'last'$"):
        ictal.evaluate_model(model, x[..., :3], y, corruptions=True)
    with pytest.raises(InputError, match="channels: must be 'first' or 'last'; got 'middle'"):
        ictal.evaluate_model(model, x, y, channels="middle")


class Louder(nn.Module):
    """A network whose logits are 100 times those of another."""

    def __init__(self, of):
        super().__init__()
        self.of = of

    def forward(self, x):
        return 100 * self.of(x)


def test_a_layer_that_is_not_found_is_named_by_the_caller(nets):
    loud = Louder(nets[0]).eval()
    given = dict(x_train=X[TRAIN], y_train=Y[TRAIN], strange=("uniform-noise",))
    want = ictal.evaluate_model(nets[0], X[~TRAIN], Y[~TRAIN], **given).strange["uniform-noise"]
    without = ictal.evaluate_model(loud, X[~TRAIN], Y[~TRAIN], **given)
    assert list(without.strange["uniform-noise"].by_score()) == ["max-softmax", "energy"]
    assert any(line.endswith("no layer with weights gives the logits as they are (layer=NAME)")
               for line in without.assumptions)  # fmt: skip
    named = ictal.evaluate_model(loud, X[~TRAIN], Y[~TRAIN], **given, layer="of.3")
    assert named.strange["uniform-noise"].by_score()["mahalanobis"] == want.by_score()["mahalanobis"]
    said = "Mahalanobis distance: the output of of.3, 64 units; covariance within classes, shrunk by 0.01"
    assert said in named.assumptions


def test_modes_come_back_and_what_is_drawn_is_said(nets):
    class Drawing(nn.Module):
        def __init__(self, of):
            super().__init__()
            self.of = of

        def forward(self, x):
            return self.of(nn.functional.dropout(x, 0.1))

    assert ictal.evaluate_model(nets[0], X[~TRAIN], Y[~TRAIN]).assumptions == ()
    before = torch.get_rng_state()
    model = Drawing(nets[0]).train()
    found = ictal.evaluate_model(model, X[~TRAIN], Y[~TRAIN])
    assert model.training
    assert torch.equal(torch.get_rng_state(), before)
    said = "\n".join(found.assumptions)
    assert "Drawing came in training mode; it was evaluated in evaluation mode" in said
    assert "Drawing draws random numbers in evaluation mode" in said
    model.eval()


def test_masked_gradients_are_said_in_the_result_and_in_its_title(nets):
    x, y = X[~TRAIN][:200], Y[~TRAIN][:200]
    plain = ictal.evaluate_model(nets[0], x, y, attacks=(0.1,))
    loud = ictal.evaluate_model(Louder(nets[0]).eval(), x, y, attacks=(PGD(0.1),))
    assert plain.warnings == ()
    assert any("cross-entropy is exactly 0" in line for line in loud.warnings)
    assert loud.attacked.worst(0.1).accuracy == pytest.approx(plain.attacked.worst(0.1).accuracy, abs=0.06)
    assert plain.attacked.overview().title.startswith("Accuracy falls from ")
    assert set(plain.attacked.drawings()) == {"attacked/accuracy"}
    assert plain.attacks == list(attacked(nets[0], x, y, [PGD(0.1)], seed=0).rows)
    worst, noise = plain.attacked.worst(0.1).accuracy, plain.attacked.noise(0.1).accuracy
    assert worst < 0.5 < 0.9 < noise
    assert f"{worst:.2f}"[1:] + " under PGD-20 in L∞ of .1, " in plain.overview().title
    assert "(gradients are masked)" in loud.overview().title
    assert "Warning: " in loud.overview().caption
    with pytest.raises(InputError, match=r"made without attacks; give attacks=\(0\.03,\)"):
        _ = ictal.evaluate_model(nets[0], x, y).attacked


def test_a_result_returns_from_its_file_and_from_an_older_one(nets, tmp_path):
    found = ictal.evaluate_model(
        nets[0], X[~TRAIN], Y[~TRAIN], noise=(0.1,), attacks=(0.05,), strange=("uniform-noise",)
    )
    again = ictal.load(found.save(tmp_path / "a.h5"))
    assert again.to_json() == found.to_json()
    assert again == replace(found, strange=again.strange)  # NaN of what was not computed
    assert set(found.drawings()) == {f"evaluation/{n}" for n in ("sets", "reliability", "attacks", "noise", "strange")}
    assert {"noise", "attacks", "reliability", "strange"} <= set(found.document().groups)
    assert list(found.to_pandas("noise")["sd"]) == [0.1]
    for name in ("noise", "reliability", "attacks", "strange"):
        found.plot(name)
    with h5py.File(tmp_path / "a.h5", "a") as file:  # as it was written before floors and intervals
        for group, columns in {"sets": ("floor", "floor_high"), "strange": ("low", "high", "energy")}.items():
            for column in columns:
                del file[group][column]
        for group in ("noise", "attacks", "reliability"):
            del file[group]
    old = ictal.load(tmp_path / "a.h5")
    assert old.strange["uniform-noise"].auroc == found.strange["uniform-noise"].auroc
    assert math.isnan(old.sets["test"].floor)
    assert old.overview().title.startswith("Sequential: test accuracy ")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (dict(noise=(-0.1,)), "evaluate.noise: must be >= 0; got -0.1"),
        (dict(attacks=(-0.1,)), "epsilon: must be"),
        (dict(x_test=16 * X[:50], noise=(0.1,)), "noisy.x: must be images (n, ...) in [0, 1]"),
        (dict(x_test=16 * X[:50], attacks=(0.1,)), "noisy.x: must be images (n, ...) in [0, 1]"),
        (dict(corruptions=True), "corrupted.x: must be images (n, height, width)"),
        (dict(y_test=np.zeros(50, int)), "evaluate_model.y_test: must hold at least 2 classes; got [0]"),
        (dict(strange=("held-out-classes",)), "held-out-classes needs a network that never saw them"),
        (dict(strange=("noise",)), "unknown out-of-distribution pair 'noise'"),
        (dict(outside={"mine": X[:, :9]}), "images of mine must have the shape (64,) of test images; got (9,)"),
        (dict(x_train=X), "x_train and y_train belong together; give both or none"),
        (dict(model=nn.Linear(9, 10)), "evaluate.model: cannot take float32 (n, 64)"),
        (dict(model=nn.Linear(64, 3)), "must give logits (n, class) for the classes up to 9"),
        (dict(model=nn.Sequential(nn.Linear(64, 10), nn.Softmax(1))), "must return logits; got probabilities"),
        (dict(model=X), "evaluate_model.model: must be a torch.nn.Module; got ndarray"),
        (dict(x_test=X[:0], y_test=Y[:0]), "must hold at least one image, (n, ...); got shape (0, 64)"),
        (dict(layer="4.relu", strange=("uniform-noise",), x_train=X, y_train=Y), "module '4.relu'"),
        (dict(x_train=X, y_train=0 * Y, strange=("uniform-noise",)), "y: must hold at least 2 classes; got 1"),
        (dict(seed=-1), "evaluate_model.seed: must be >= 0; got -1"),
        (dict(noise=0.1), "evaluate.noise: must be a list, e.g. (0.1, 0.2); got 0.1"),
        (dict(noise="12"), "evaluate.noise: must be a list, e.g. (0.1, 0.2); got '12'"),
        (dict(attacks=0.1), "evaluate.attacks: must be a list, e.g. (0.01, 0.03) or [PGD(0.03, steps=40)]; got 0.1"),
        (dict(attacks=("pgd",)), "attack: must be an attack, e.g. PGD(0.03); got 'pgd'"),
        (dict(strange="uniform-noise"), "evaluate_model.strange: must be a list, e.g. ('permuted-pixels',); got 'uni"),
        (dict(strange=(3,)), "out_of_distribution.name: must be a text; got 3"),
        (dict(corruptions="blur"), "evaluate_model.corruptions: must be true or false; got 'blur'"),
        (dict(outside=X), "evaluate_model.outside: must be images by name, {NAME: x}; got ndarray"),
        (dict(outside={"mine": X * np.nan}), "evaluate_model.mine: must be finite; got NaN or infinity"),
        (dict(outside={"mine": X[:0]}), "evaluate_model.mine: must hold at least one image"),
        (dict(outside={"mine": X > 0}), "evaluate.model: cannot take bool (n, 64)"),
        (dict(x_test=np.full_like(X[:50], np.inf)), "evaluate_model.x_test: must be finite; got NaN or infinity"),
        (dict(x_test=[[1.0, 2.0], [3.0]]), "evaluate_model.x_test: must be an array of numbers; got list"),
        (dict(y_test=np.eye(10)[Y[:50]]), "evaluate_model.y_test: must be 50 labels, integers from 0 on"),
        (dict(y_test=np.full(50, np.nan)), "evaluate_model.y_test: must be 50 labels, integers from 0 on"),
        (dict(y_test=np.array(["a", "b"] * 25)), "evaluate_model.y_test: must be an array of numbers; got values of"),
        (
            dict(model=nn.LSTM(64, 10)),
            "evaluate: the model must give logits (n, class), a tensor of real numbers; got a",
        ),
        (dict(model=nn.Linear(64, 10, device="meta")), "evaluate_model.model: is on the device meta"),
    ],
)
def test_an_evaluation_that_cannot_be_is_one_line(nets, given, message):
    arguments = {"model": nets[0], "x_test": X[:50], "y_test": Y[:50]} | given
    with pytest.raises(InputError) as error:
        ictal.evaluate_model(**arguments)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_images_in_half_precision_and_wide_labels_are_read(nets):
    x, y = torch.tensor(X[:50]).bfloat16(), Y[:50].astype(np.uint64)
    found = ictal.evaluate_model(nets[0], x, y)
    assert found.sets["test"] == ictal.evaluate_model(nets[0], x.float(), Y[:50]).sets["test"]


def test_the_page_runs(capsys):
    page = (Path(__file__).resolve().parents[2] / "docs" / "robustness.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    space = {}
    exec(compile(block, "robustness.md", "exec"), space)
    assert "ECE ." in capsys.readouterr().out
    assert set(space["found"].document().groups) == {"sets", "reliability", "noise", "attacks", "strange"}
