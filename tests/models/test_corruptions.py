"""Augmentation, corruptions and out-of-distribution pairs."""

from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates

from ictal.models import (
    AUGMENTATIONS,
    CORRUPTIONS,
    OOD_PAIRS,
    SEVERITIES,
    augmented,
    corrupted,
    load_data,
    out_of_distribution,
)
from ictal.models.datasets.augment import NOISE_SD
from ictal.models.datasets.warps import boxed, moved, smeared
from ictal.simulator import InputError

CHI2_8 = 26.1  # 8 degrees of freedom, p = 0.001


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(n=6, height=8, width=8, channels=None, seed=0):
    shape = (n, height, width) if channels is None else (n, height, width, channels)
    return torch.rand(shape, generator=generator(seed))


# Augmentation


@pytest.mark.parametrize("channels", [None, 1, 3])
def test_flip_mirrors_half_of_the_images(channels):
    x = batch(2000, 3, 4, channels)
    out = augmented(x, ["flip"], generator(1))
    mirrored = torch.tensor([torch.equal(b, a.flip(1)) for a, b in zip(x, out, strict=True)])
    kept = torch.tensor([torch.equal(b, a) for a, b in zip(x, out, strict=True)])
    assert bool((mirrored ^ kept).all())
    assert abs(int(mirrored.sum()) - 1000) < 4 * np.sqrt(500)


@pytest.mark.parametrize(("side", "p"), [(4, 1), (8, 1), (16, 2), (28, 3), (32, 4), (64, 4)])
@pytest.mark.parametrize("channels", [None, 3])
def test_crop_moves_by_up_to_p_pixels_and_lets_black_in(side, p, channels):
    x = batch(120, side, side + 3, channels) + 0.5
    out = augmented(x, ["crop"], generator(2))
    assert out.shape == x.shape
    tail = () if channels is None else ((0, 0),)
    found = set()
    for a, b in zip(x.numpy(), out.numpy(), strict=True):
        padded = np.pad(a, ((p, p), (p, p), *tail))
        windows = [
            (i, j)
            for i in range(2 * p + 1)
            for j in range(2 * p + 1)
            if np.array_equal(padded[i : i + side, j : j + side + 3], b)
        ]
        assert len(windows) == 1
        found.add(windows[0])
    assert {i for i, _ in found} == {j for _, j in found} == set(range(2 * p + 1))


def test_every_shift_of_a_crop_is_as_likely():
    x = torch.zeros(4500, 8, 8)
    x[:, 4, 4] = 1
    out = augmented(x, ["crop"], generator(3))
    at = out.flatten(1).argmax(1)
    counts = np.array([int((at == 8 * i + j).sum()) for i in (3, 4, 5) for j in (3, 4, 5)])
    assert counts.sum() == 4500
    assert ((counts - 500) ** 2 / 500).sum() < CHI2_8


def test_noise_is_gaussian_and_stays_in_the_range():
    grey = torch.full((40, 32, 32), 0.5)
    added = augmented(grey, ["noise"], generator()) - grey
    assert abs(float(added.mean())) < 4 * NOISE_SD / np.sqrt(grey.numel())
    assert abs(float(added.std()) / NOISE_SD - 1) < 4 / np.sqrt(2 * grey.numel())
    white = augmented(torch.ones(4, 8, 8), ["noise"], generator())
    assert (float(white.max()), float(white.min()) < 1) == (1.0, True)


def test_augmentation_reads_its_generator_alone():
    names, x = list(AUGMENTATIONS), batch(50, 8, 8, 3)
    before, untouched = torch.get_rng_state(), x.clone()
    one, again, other = (augmented(x, names, generator(seed)) for seed in (4, 4, 5))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(x, untouched)
    assert augmented(x, [], generator()) is x


def test_augmentation_goes_on_from_a_state():
    x, first = batch(20), generator(6)
    augmented(x, ["flip", "crop", "noise"], first)
    second = torch.Generator()
    second.set_state(first.get_state())
    assert torch.equal(augmented(x, ["crop", "noise"], first), augmented(x, ["crop", "noise"], second))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_augmentation_keeps_type_and_shape(dtype):
    for x in (batch(5).to(dtype), batch(0).to(dtype), batch(2, 5, 9, 2).to(dtype)):
        out = augmented(x, list(AUGMENTATIONS), generator())
        assert (out.dtype, out.shape) == (dtype, x.shape)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_augmentation_on_a_gpu():
    x = batch(40, 32, 32, 3)
    out = augmented(x.cuda(), list(AUGMENTATIONS), generator())
    torch.testing.assert_close(out.cpu(), augmented(x, list(AUGMENTATIONS), generator()))
    own = augmented(x.cuda(), list(AUGMENTATIONS), torch.Generator("cuda").manual_seed(0))
    assert own.device.type == "cuda"


def test_augmentations_that_cannot_be():
    with pytest.raises(InputError, match="unknown augmentation 'flop'; did you mean 'flip'"):
        augmented(batch(), ["crop", "flop"], generator())
    with pytest.raises(InputError, match=r"must be images .*; got float32 of shape \(3, 4\)"):
        augmented(torch.zeros(3, 4), ["flip"], generator())
    with pytest.raises(InputError, match="got uint8"):
        augmented(torch.zeros(3, 4, 4, dtype=torch.uint8), ["flip"], generator())


# Corruptions


def photographs(n=24, side=32):
    """Smooth colour images that fill [0, 1], with edges."""
    rng = np.random.default_rng(0)
    x = gaussian_filter(rng.standard_normal((n, side, side, 3)), (0, side / 16, side / 16, 0.5))
    x = (x - x.min((1, 2, 3), keepdims=True)) / np.ptp(x, (1, 2, 3), keepdims=True)
    return np.where(x > 0.6, 0.9, x).astype(np.float32)


@pytest.fixture(scope="module")
def clean():
    return {"digits": load_data("digits").x_test[:120], "photographs": photographs(), "large": photographs(4, 96)}


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("images", ["digits", "photographs", "large"])
def test_corruptions_get_worse_with_severity(clean, name, images):
    x = clean[images]
    distances = [0.0]
    for severity in SEVERITIES:
        out = corrupted(x, name, severity, seed=1)
        assert (out.dtype, out.shape) == (np.float32, x.shape)
        assert out.min() >= 0
        assert out.max() <= 1
        distances.append(float(np.sqrt(((out - x) ** 2).mean(tuple(range(1, x.ndim)))).mean()))
    steps = np.diff(distances)
    assert (steps > 0.01 * distances[-1]).all(), distances


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_rests_on_its_seed_alone(clean, name):
    x = clean["photographs"].copy()
    one, again, other = (corrupted(x, name, 3, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    np.testing.assert_array_equal(x, clean["photographs"])
    random = name.endswith(("noise", "motion_blur", "glass_blur", "translate", "rotate"))
    random |= name in ("snow", "frost", "fog", "elastic")
    assert np.array_equal(one, other) != random


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_grey_images_with_and_without_a_channel_axis_agree(clean, name):
    x = clean["digits"][:10]
    np.testing.assert_array_equal(corrupted(x, name, 2), corrupted(x[..., None], name, 2)[..., 0])
    assert corrupted(x[:0], name, 2).shape == (0, 8, 8)
    assert corrupted(np.concatenate([x[..., None]] * 4, 3), name, 2).shape == (10, 8, 8, 4)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_noises_have_their_strength(severity):
    x, n = np.full((64, 32, 32), 0.25, np.float32), 64 * 1024
    c = {name: CORRUPTIONS[name].strengths[severity - 1] for name in CORRUPTIONS}
    gaussian = corrupted(x, "gaussian_noise", severity) - x
    assert abs(gaussian.std() / c["gaussian_noise"] - 1) < 0.02  # clipping at 2.5 SD takes 1 % off
    shot = corrupted(x, "shot_noise", severity)
    assert abs(shot.mean() - 0.25) < 4 * np.sqrt(0.25 / c["shot_noise"] / n)
    assert shot.var() == pytest.approx(0.25 / c["shot_noise"], rel=0.05)
    impulse = corrupted(x, "impulse_noise", severity)
    share = c["impulse_noise"]
    for value in (0, 1):
        assert abs((impulse == value).mean() - share / 2) < 4 * np.sqrt(share / 2 / n)
    assert (np.isin(impulse, (0, 0.25, 1))).all()


def test_contrast_and_brightness_by_their_formulas(clean):
    x = clean["photographs"]
    mean = x.mean((1, 2), keepdims=True)
    np.testing.assert_allclose(corrupted(x, "contrast", 5), mean + 0.15 * (x - mean), atol=1e-6)
    bright = corrupted(x, "brightness", 3)
    np.testing.assert_allclose(bright.max(3), np.minimum(x.max(3) + 0.15, 1), atol=1e-6)
    coloured = x.max(3) > 0.05
    np.testing.assert_allclose(
        (bright / bright.max(3, keepdims=True))[coloured], (x / x.max(3, keepdims=True))[coloured], atol=1e-5
    )
    np.testing.assert_allclose(corrupted(np.zeros((1, 4, 4, 3)), "brightness", 1), 0.05, atol=1e-7)


@pytest.mark.parametrize(("side", "scale"), [(17, 1), (33, 33 / 32), (129, 129 / 32)])
def test_blurs_have_their_width(side, scale):
    point = np.zeros((200, side, side), np.float32)
    point[:, side // 2, side // 2] = 1
    at = np.arange(side) - side // 2
    out = corrupted(point[:1], "gaussian_blur", 5)[0]
    assert out.sum() == pytest.approx(1, rel=1e-4)
    assert (out.sum(0) * at**2).sum() == pytest.approx(scale**2, rel=0.02)
    along = corrupted(point[: 200 if side < 40 else 5], "motion_blur", 5)
    rows, columns = (along.sum(axis) @ at**2 / along.sum((1, 2)) for axis in (2, 1))
    assert (columns + 0.35 > rows).all()  # within 45° of the horizontal
    # linear interpolation adds up to a quarter of a square pixel to the variance along each axis
    assert (rows + columns > 0.95 * (1.5 * scale) ** 2).all()
    assert (rows + columns < 1.02 * (1.5 * scale) ** 2 + 0.5).all()


def test_smearing_is_the_mean_along_a_line():
    rng = np.random.default_rng(0)
    x, angle, sd = rng.random((3, 9, 7, 2)), np.array([0.0, 0.7, -1.2]), 1.2
    offsets = 0.5 * np.arange(-8, 9)
    weights = np.exp(-(offsets**2) / (2 * sd**2))
    weights /= weights.sum()
    i, j = np.mgrid[:9, :7].astype(float)
    expected = np.zeros_like(x)
    for n in range(3):
        for channel in range(2):
            for offset, weight in zip(offsets, weights, strict=True):
                at = [i + offset * np.sin(angle[n]), j + offset * np.cos(angle[n])]
                expected[n, ..., channel] += weight * map_coordinates(x[n, ..., channel], at, order=1, mode="nearest")
    np.testing.assert_allclose(smeared(x, sd, angle), expected, atol=1e-12)


def test_boxes_are_means():
    x = np.random.default_rng(0).random((2, 8, 4, 3))
    expected = x.reshape(2, 4, 2, 2, 2, 3).mean((2, 4)).repeat(2, 1).repeat(2, 2)
    np.testing.assert_allclose(boxed(x, 2.0), expected, atol=1e-12)
    np.testing.assert_allclose(boxed(x, 1.0), x, atol=1e-12)
    np.testing.assert_allclose(boxed(x, 1.37).mean((1, 2)), x.mean((1, 2)), atol=1e-12)
    np.testing.assert_allclose(boxed(np.full((1, 5, 7, 1), 0.3), 1.7), 0.3, atol=1e-12)
    row = np.array([0.0, 3, 6]).reshape(1, 1, 3, 1)  # boxes of 1.5 from the centre: (0 + 3/2) / 1.5 and (3/2 + 6) / 1.5
    np.testing.assert_allclose(boxed(row, 1.5).ravel(), [1, 3, 5], atol=1e-12)


def test_moving_is_exact_on_the_grid():
    x = np.random.default_rng(0).random((4, 7, 7, 2))
    zero, quarter = np.zeros(4), np.full(4, np.pi / 2)
    np.testing.assert_allclose(moved(x, quarter, zero, zero), np.rot90(x, -1, axes=(1, 2)), atol=1e-12)
    np.testing.assert_allclose(moved(x, 2 * quarter, zero, zero), x[:, ::-1, ::-1], atol=1e-12)
    out = moved(x, zero, np.full(4, 2.0), np.full(4, -3.0))
    np.testing.assert_allclose(out[:, 2:, :4], x[:, :5, 3:], atol=1e-12)
    assert (out[:, :2] == 0).all()
    assert (out[:, :, 4:] == 0).all()


def test_a_translation_has_its_length_in_all_directions():
    x = np.zeros((400, 32, 32), np.float32)
    x[:, 16, 16] = 1
    out = corrupted(x, "translate", 4)
    at = np.arange(32) - 16
    down, right = out.sum(2) @ at, out.sum(1) @ at
    np.testing.assert_allclose(np.hypot(down, right), 0.12 * 32, atol=1e-4)
    quadrant = np.bincount((down > 0) * 2 + (right > 0), minlength=4)
    assert ((quadrant - 100) ** 2 / 100).sum() < 16.3  # chi², 3 degrees, p = 0.001


def test_a_rotation_turns_both_ways():
    x = np.zeros((200, 33, 33), np.float32)
    x[:, 16, 26] = 1
    out = corrupted(x, "rotate", 5)
    at = np.arange(33) - 16
    angle = np.rad2deg(np.arctan2(out.sum(2) @ at, out.sum(1) @ at))
    np.testing.assert_allclose(np.abs(angle), 30, atol=1)
    assert 70 < (angle > 0).sum() < 130


def test_a_blur_by_a_disc_spreads_a_point_over_it():
    x = np.zeros((1, 33, 33, 1), np.float32)
    x[0, 16, 16] = 1
    out = corrupted(x, "defocus_blur", 5)[0, :, :, 0]  # 1.6 pixels at 32
    radius = 1.6 * 33 / 32
    assert out.sum() == pytest.approx(1, abs=1e-5)
    assert out[16, 16] == pytest.approx(1 / (np.pi * radius**2), rel=0.03)
    i, j = np.nonzero(out)
    assert np.hypot(i - 16, j - 16).max() < radius + 0.75


def test_a_zoom_leaves_the_centre_and_moves_the_border(clean):
    x = clean["photographs"]
    ramp = np.broadcast_to(np.linspace(0.2, 0.8, 33, dtype=np.float32), (1, 33, 33))
    out = corrupted(ramp, "zoom_blur", 5)
    mean = np.mean(1 / np.linspace(1, 1.26, 6))
    assert out == pytest.approx(0.5 + (ramp - 0.5) * mean, abs=1e-6)
    assert corrupted(x, "zoom_blur", 5)[:, 15:17, 15:17] == pytest.approx(x[:, 15:17, 15:17], abs=0.2)


def test_glass_and_elastic_move_by_what_they_say():
    ramp = np.broadcast_to(np.linspace(0, 1, 129, dtype=np.float32), (4, 129, 129)).copy()
    pixel = 1 / 128
    for name, sd in (("glass_blur", 0.5 * 129 / 32), ("elastic", 0.03 * 129)):
        moved = (corrupted(ramp, name, 3) - ramp)[:, :, 40:89] / pixel
        assert moved.std() == pytest.approx(sd, rel=0.12), name
    smooth = np.diff(corrupted(ramp, "elastic", 3)[:, :, 40:89], axis=1).std()
    assert smooth < 0.3 * np.diff(corrupted(ramp, "glass_blur", 3)[:, :, 40:89], axis=1).std()


def test_weather_covers_and_keeps_the_range():
    grey = np.full((20, 32, 32, 3), 0.5, np.float32)
    fog = corrupted(grey, "fog", 4)  # c = 1: between 0.5 · 0.5/1.5 and 1.5 · 0.5/1.5
    assert fog.min((1, 2, 3)) == pytest.approx(np.full(20, 0.5 / 3), abs=1e-6)
    assert fog.max((1, 2, 3)) == pytest.approx(np.full(20, 0.5), abs=1e-6)
    frost = corrupted(grey, "frost", 3)  # c = .4 over a veil of .3 with veins up to 1
    assert frost.min() == pytest.approx(0.6 * 0.5 + 0.4 * 0.3, abs=1e-6)
    assert frost.max() == pytest.approx(0.6 * 0.5 + 0.4, abs=0.01)
    snow = corrupted(0 * grey, "snow", 2)
    assert 0.05 < (snow > 0.2).mean() < 0.3
    for out in (fog, frost, snow):
        np.testing.assert_array_equal(out[..., 0], out[..., 2])


def test_jpeg_is_pillows(clean):
    for x in (clean["photographs"][:3], clean["digits"][:3]):
        for image, out in zip(x, corrupted(x, "jpeg", 1), strict=True):
            file = BytesIO()
            Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(file, "JPEG", quality=80)
            np.testing.assert_array_equal(np.rint(out * 255), np.asarray(Image.open(file)))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(name="mist"), "unknown corruption 'mist'"),
        (dict(severity=0), r"severity: must be an integer in 1\.\.5; got 0"),
        (dict(severity=6), "got 6"),
        (dict(severity=True), "got True"),
        (dict(severity=1.5), "got 1.5"),
        (dict(seed=-1), "seed: must be >= 0; got -1"),
        (dict(x=np.full((2, 4, 4), 1.5)), r"in \[0, 1\]; got shape \(2, 4, 4\), 32 of 32 values beyond"),
        (dict(x=np.full((2, 4, 4), np.nan)), "32 of 32 values beyond"),
        (dict(x=np.where(np.arange(1000) == 7, np.nan, 0.5).reshape(10, 10, 10)), "1 of 1000 values beyond"),
        (dict(x=np.zeros((4, 4))), r"got shape \(4, 4\)"),
    ],
)
def test_corruptions_that_cannot_be(bad, message):
    arguments = {"x": np.zeros((2, 4, 4)), "name": "contrast", "severity": 1, "seed": 0} | bad
    with pytest.raises(InputError, match=message) as error:
        corrupted(**arguments)
    assert "\n" not in str(error.value)


def test_a_few_values_beyond_the_range_are_clipped():
    x = np.random.default_rng(0).random((10, 10, 10))
    x[0, 0, 0], x[1, 1, 1] = -0.2, 1.3
    np.testing.assert_array_equal(corrupted(x, "contrast", 2), corrupted(np.clip(x, 0, 1), "contrast", 2))
    x[2:4] += 1
    with pytest.raises(InputError, match="values beyond"):
        corrupted(x, "contrast", 2)


# Out of distribution


@pytest.fixture(scope="module")
def digits():
    return load_data("digits", n_val=200, label_noise=0.3)


def test_held_out_classes_leave_every_set(digits):
    pair = out_of_distribution("held-out-classes", digits, seed=3)
    data, true = pair.data, load_data("digits")
    label = {
        image.tobytes(): int(y)
        for x, ys in ((true.x_train, true.y_train), (true.x_test, true.y_test))
        for image, y in zip(x, ys, strict=True)
    }
    held = {label[image.tobytes()] for image in pair.outside}
    assert (len(held), data.n_classes, len(pair.inside) + len(pair.outside)) == (2, 8, 449)
    kept = sorted(set(range(10)) - held)
    for x, y in ((data.x_train, data.y_train_clean), (data.x_val, data.y_val), (data.x_test, data.y_test)):
        assert [kept[label] for label in y] == [label[image.tobytes()] for image in x]
        assert len(x) == len(y) > 0
    assert set(data.y_train.tolist()) == set(range(8))
    assert int((data.y_train != data.y_train_clean).sum()) == round(0.3 * len(data.y_train))
    clean = out_of_distribution("held-out-classes", true, seed=3).data
    np.testing.assert_array_equal(clean.y_train, clean.y_train_clean)
    assert pair.inside is data.x_test
    other = out_of_distribution("held-out-classes", digits, seed=4)
    assert not np.array_equal(other.outside[:5], pair.outside[:5])


@pytest.mark.parametrize("channels", [(), (3,)])
def test_permuted_pixels_move_alike_in_every_image(digits, channels, tmp_path):
    path, rng = tmp_path / "colour.npz", np.random.default_rng(0)
    np.savez(path, x=rng.random((40, 5, 6, *channels)), y=np.arange(40) % 4)
    data = load_data(path)
    pair = out_of_distribution("permuted-pixels", data, seed=1)
    before, after = (x.reshape(10, 30, -1) for x in (pair.inside, pair.outside))
    order = [int(np.flatnonzero((before[0] == pixel).all(1))[0]) for pixel in after[0]]
    assert sorted(order) == list(range(30))
    assert order != list(range(30))
    np.testing.assert_array_equal(after, before[:, order])
    assert pair.data is data
    again, other = (out_of_distribution("permuted-pixels", data, seed=s) for s in (1, 2))
    np.testing.assert_array_equal(again.outside, pair.outside)
    assert not np.array_equal(other.outside, pair.outside)


def test_uniform_noise_is_uniform(digits):
    pair = out_of_distribution("uniform-noise", digits)
    assert (pair.outside.shape, pair.outside.dtype) == (digits.x_test.shape, np.float32)
    counts = np.histogram(pair.outside, bins=9, range=(0, 1))[0]
    expected = pair.outside.size / 9
    assert ((counts - expected) ** 2 / expected).sum() < CHI2_8


def test_another_data_set_of_the_same_shape(digits, tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, x=np.random.default_rng(0).random((16, 8, 8)), y=np.arange(16) % 2)
    np.testing.assert_array_equal(out_of_distribution(f"other:{path}", digits).outside, load_data(path).x_test)
    np.savez(path, x=np.random.default_rng(0).random((16, 8, 9)), y=np.arange(16) % 2)
    for name, got in ((path, r"images of shape \(8, 9\)"), ("rows:digits", r"sequences of shape \(8, 8\)")):
        with pytest.raises(InputError, match=rf"must hold images of shape \(8, 8\) as digits does; got {got}"):
            out_of_distribution(f"other:{name}", digits)


def test_pairs_that_cannot_be(digits, tmp_path):
    for name in ("noise", "uniform-noise:2", ""):
        with pytest.raises(InputError, match="unknown out-of-distribution pair"):
            out_of_distribution(name, digits)
    with pytest.raises(InputError, match="give other:NAME"):
        out_of_distribution("other", digits)
    with pytest.raises(InputError, match="seed: must be >= 0"):
        out_of_distribution("uniform-noise", digits, seed=-1)
    two = tmp_path / "two.npz"
    np.savez(two, x=np.random.default_rng(0).random((16, 8, 8)), y=np.arange(16) % 2)
    with pytest.raises(InputError, match=r"needs 3 classes to hold one out; .*two\.npz has 2"):
        out_of_distribution("held-out-classes", load_data(two))
    for name in OOD_PAIRS:
        with pytest.raises(InputError, match="must hold images; integration holds sequences"):
            out_of_distribution(name, load_data("integration"))
