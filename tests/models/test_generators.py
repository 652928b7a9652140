"""Generators: exact modes, the judge of images, adversarial training, synchrony of hidden layers."""

import numpy as np
import pytest
import torch

from ictal import load_data
from ictal.analyses.modes import coverage
from ictal.experiments.mode_collapse import BENCHES, RARE, measured
from ictal.models.architectures.generator import Generator
from ictal.models.datasets.mixtures import RingOfGaussians
from ictal.models.trained.image_modes import ImageModes
from ictal.models.training.gan import GanTraining, train_generator
from ictal.models.treatments.desync import DesyncReg
from ictal.simulator import InputError

pytestmark = pytest.mark.usefixtures("one_thread")

RING = RingOfGaussians(sd=0.1)


@pytest.mark.parametrize("k", [2, 3, 8])
def test_coverage_of_even_modes_is_exact(k):
    found = coverage(np.repeat(np.arange(k), 50), np.ones(50 * k, bool), k)
    assert (found.covered, found.valid) == (k, 1.0)
    assert found.effective == pytest.approx(k, rel=1e-12)


def test_coverage_of_uneven_modes_is_exact():
    """Three quarters in one mode and a quarter in another: e^H = 4 / 3^(3/4)."""
    found = coverage(np.repeat([0, 1], [75, 25]), np.ones(100, bool), 8)
    assert found.effective == pytest.approx(4 / 3**0.75, rel=1e-12)
    assert found.covered == 2


def test_stray_and_invalid_samples_cover_nothing():
    few = np.repeat([0, 1], [199, 1])  # a tenth of the fair share of 200 in 8 modes is 2.5
    assert coverage(few, np.ones(200, bool), 8).covered == 1
    none = coverage(few, np.zeros(200, bool), 8)
    assert (none.covered, none.effective, none.valid) == (0, 0.0, 0.0)


def test_errors_of_a_judge_cover_nothing():
    """Of 1000 samples of class 0, 1 in 100 taken for each other class: no class is covered by errors alone."""
    taken = np.random.default_rng(0).choice(10, 1000, p=[0.91, *[0.01] * 9])
    assert coverage(taken, np.ones(1000, bool), 10, errors=0.01).covered == 1


def test_the_ring_counts_its_own_samples():
    drawn = RING.samples(4000, 0)
    found = RING.coverage(drawn)
    assert found.covered == 8
    assert found.effective > 7.98
    assert found.valid == pytest.approx(1 - np.exp(-4.5), abs=0.004), "Rayleigh: P(r < 3 sd) = 1 - exp(-9/2)"
    one = drawn[RING.nearest(drawn) == 3]
    assert RING.coverage(one).covered == 1
    assert RING.coverage(one).effective == pytest.approx(1.0)
    assert RING.coverage(np.zeros((100, 2))).valid == 0.0, "the middle of the ring is of no mode"


@pytest.fixture(scope="module")
def digits():
    return load_data("digits", seed=0)


@pytest.fixture(scope="module")
def judge(digits):
    return ImageModes.of(digits)


def test_the_judge_reads_real_digits_and_refuses_others(judge, digits):
    assert judge.accuracy > 0.95
    real = judge.coverage(digits.x_test)
    assert real.covered == 10
    assert real.effective > 9.9
    assert real.valid > 0.95
    rng = np.random.default_rng(0)
    for others in (rng.uniform(size=(200, 8, 8)), 1 - digits.x_test, np.zeros((200, 8, 8)),
                   rng.permuted(digits.x_test.reshape(-1, 64), axis=1).reshape(-1, 8, 8)):  # fmt: skip
        assert judge.coverage(others).valid < 0.02


def test_the_judge_counts_classes_exactly(judge, digits):
    two = judge.coverage(digits.x_test[np.isin(digits.y_test, (0, 1))])
    assert two.covered == 2
    assert two.effective < 2.3
    one = judge.coverage(np.repeat(digits.x_test[:1], 100, axis=0))
    assert (one.covered, one.effective) == (1, pytest.approx(1.0))


SMALL = BENCHES["ring"].how


def trained(seed=0, treatments=(), record=None, **changes):
    how = GanTraining(**{**{name: getattr(SMALL, name) for name in SMALL.__dataclass_fields__}, **changes})
    return train_generator(RING.samples(1000, 0), how, bounded=False, treatments=treatments, seed=seed, record=record)


def latents(n=500, size=8):
    return np.random.default_rng(1).standard_normal((n, size), dtype=np.float32)


def test_a_healthy_pair_covers_the_ring_and_a_collapsing_one_does_not():
    healthy = measured(trained(steps=700), latents(), RING)
    collapsed = measured(trained(steps=700, **BENCHES["ring"].ways[RARE]), latents(), RING)
    assert healthy["covered"] > 6
    assert healthy["effective"] > 6
    assert collapsed["covered"] < 4
    assert collapsed["effective"] < 4


def test_same_seed_same_bits_whatever_was_drawn_before():
    one = trained(steps=30, every=10, treatments=(DesyncReg(0.1),))
    torch.rand(7)
    with_records = trained(steps=30, every=10, treatments=(DesyncReg(0.1),), record=lambda step, g: torch.rand(3))
    other = trained(steps=30, every=10, seed=1)
    pairs = [*zip(one.parameters(), with_records.parameters(), strict=True)]
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(next(one.parameters()), next(other.parameters()))


def test_no_penalty_leaves_the_training_as_it_was():
    plain, dosed = trained(steps=20, every=10), trained(steps=20, every=10, treatments=(DesyncReg(0.0),))
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), dosed.parameters(), strict=True))


def test_records_are_at_their_steps():
    steps = []
    trained(steps=25, every=10, record=lambda step, g: steps.append(step))
    assert steps == [0, 10, 20, 25]


def planted_generator(weights, biases):
    """Return a generator whose one hidden layer has these weights (unit, latent) and biases."""
    model = Generator(
        weights.shape[1], (len(weights),), (2,), generator=torch.Generator().manual_seed(0), bounded=False
    )
    with torch.no_grad():
        model.hidden[0].linear.weight.copy_(torch.as_tensor(weights))
        model.hidden[0].linear.bias.copy_(torch.as_tensor(biases))
    return model


def test_si_of_planted_generators():
    """Units that read one latent number each are independent; units that all read one are the same."""
    apart = planted_generator(np.eye(8), np.full(8, 10.0))
    alike = planted_generator(np.tile([1.0, 0, 0, 0, 0, 0, 0, 0], (8, 1)), np.full(8, 10.0))
    z = latents(2000)
    found = measured(apart, z, RING, nulls=199)
    assert found["si"] == pytest.approx(np.sqrt(2 / np.pi / 1999), abs=0.01), "the floor of SI-3"
    assert found["si"] < 1.5 * found["null_high"]
    assert measured(alike, z, RING)["si"] == pytest.approx(1.0, abs=1e-6)


def test_a_generator_of_one_sample_has_no_si():
    constant = planted_generator(np.zeros((8, 8)), np.ones(8))
    found = measured(constant, latents(), RING, nulls=199)
    assert np.isnan(found["si"])
    assert np.isnan(found["null_high"])
    assert found["live"] == 0.0
    assert found["covered"] <= 1


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: GanTraining(latent=0), "GanTraining.latent: must be >= 1; got 0"),
        (lambda: GanTraining(steps=0), "GanTraining.steps: must be >= 1"),
        (lambda: GanTraining(hidden=()), "GanTraining.hidden: must name at least one layer"),
        (lambda: GanTraining(penalty=-1.0), "GanTraining.penalty: must be >= 0"),
        (lambda: Generator(0, (4,), (2,), generator=torch.Generator(), bounded=False), "integers >= 1"),
        (lambda: RingOfGaussians(modes=1), "RingOfGaussians.modes: must be >= 2; got 1"),
        (lambda: RingOfGaussians(sd=0.2), "so that 8 modes do not overlap"),
        (lambda: RING.samples(1, 0), "n must be at least 2; got 1"),
        (lambda: RING.coverage(np.zeros((3, 3))), r"samples must be \(n, 2\); got \(3, 3\)"),
        (lambda: coverage([0], [True], 1), "at least 2, since one mode cannot be lost; got 1"),
        (lambda: coverage([], [], 2), "at least one; got"),
        (lambda: coverage([2], [True], 2), r"must be in 0..1; got 2..2"),
        (lambda: coverage([0], [True], 2, errors=1.0), "errors: must be 0 <= x < 1"),
        (lambda: train_generator(np.empty((0, 8, 8), np.float32), SMALL, bounded=True), "at least 2 samples"),
        (lambda: train_generator(np.full((5, 4), 2, np.float32), SMALL, bounded=True), "images must lie in 0..1"),
        (lambda: train_generator(np.full((5, 4), np.nan, np.float32), SMALL, bounded=False), "must be finite"),
        (lambda: train_generator(np.ones((5, 4), np.float32), SMALL, bounded=True), "all the same value"),
        (lambda: trained(steps=200, learning_rate=1e30), "take smaller learning rates"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(made, words):
    with pytest.raises(InputError, match=words) as error:
        made()
    assert "\n" not in str(error.value)


def test_the_judge_wants_images_of_several_classes(judge, digits):
    from dataclasses import replace

    with pytest.raises(InputError, match="at least 2 classes"):
        ImageModes.of(replace(digits, n_classes=1))
    with pytest.raises(InputError, match="must be images; got sequences"):
        ImageModes.of(replace(digits, kind="sequences"))
    with pytest.raises(InputError, match="must have 64 pixels; got 9"):
        judge.coverage(np.zeros((2, 3, 3)))
