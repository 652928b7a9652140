import gzip
import struct

import numpy as np
import pytest

from ictal.models import data as room
from ictal.models.data import load_data
from ictal.simulator import InputError

IMAGES = np.arange(40 * 6, dtype=np.uint8).reshape(40, 3, 2)
LABELS = (np.arange(40) % 4).astype(np.uint8)


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_idx(folder, compress, x=IMAGES, y=LABELS):
    folder.mkdir()
    for stem, array in zip(room.IDX_FILES.values(), (x, y, x[:8], y[:8]), strict=True):
        path = folder / (stem + (".gz" if compress else ""))
        path.write_bytes(gzip.compress(idx(array)) if compress else idx(array))
    return folder


def write_npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_digits_are_split_by_class_and_seed():
    data, again, other = (load_data("digits", seed=s) for s in (0, 0, 1))
    assert (len(data.x_train), len(data.x_test), data.image_shape, data.n_classes) == (1348, 449, (8, 8), 10)
    assert (data.x_train.dtype, data.y_train.dtype) == (np.float32, np.int64)
    assert (data.x_train.min(), data.x_train.max()) == (0.0, 1.0)
    np.testing.assert_array_equal(data.x_train, again.x_train)
    assert not np.array_equal(data.y_test, other.y_test)
    share = np.bincount(data.y_test) / (np.bincount(data.y_test) + np.bincount(data.y_train))
    assert np.abs(share - 0.25).max() < 0.01
    images = {x.tobytes() for x in data.x_train}
    assert not any(x.tobytes() in images for x in data.x_test)


def test_n_train_is_stratified_and_leaves_the_test_images_alone():
    small, large = load_data("digits", n_train=50), load_data("digits", n_train=1000)
    assert np.bincount(small.y_train).tolist() == [5] * 10
    assert np.ptp(np.bincount(large.y_train)) <= 6
    np.testing.assert_array_equal(small.x_test, large.x_test)
    assert len(load_data("digits", n_test=100).x_test) == 100
    for bad in (0, 1349, 2.5):
        with pytest.raises(
            InputError, match=rf"n_train: digits has 1348 images: must be an integer in 1\.\.1348; got {bad}"
        ):
            load_data("digits", n_train=bad)


@pytest.mark.parametrize("fraction", [0.0, 0.2, 0.4, 1.0])
def test_label_noise_is_exact_seeded_and_always_another_class(fraction):
    data, again = (load_data("digits", n_train=1000, label_noise=fraction, seed=3) for _ in range(2))
    assert (data.y_train != data.y_train_clean).sum() == round(1000 * fraction)
    np.testing.assert_array_equal(data.y_train, again.y_train)
    clean = load_data("digits", n_train=1000, seed=3)
    np.testing.assert_array_equal(data.x_train, clean.x_train)
    np.testing.assert_array_equal(data.y_train_clean, clean.y_train)
    np.testing.assert_array_equal(data.y_test, clean.y_test)
    assert data.y_train.max() < 10


def test_label_noise_is_uniform_over_the_other_classes():
    data = load_data("digits", label_noise=1.0)
    shift = np.bincount((data.y_train - data.y_train_clean) % 10, minlength=10)
    assert shift[0] == 0
    assert ((shift[1:] - 1348 / 9) ** 2 / (1348 / 9)).sum() < 26.1  # chi², 8 degrees, p = 0.001


@pytest.mark.parametrize("compress", [True, False])
def test_idx_files_are_read(tmp_path, compress):
    folder = write_idx(tmp_path / "idx", compress)
    data = load_data(f"fashion-mnist:{folder}")
    np.testing.assert_array_equal(data.x_train, IMAGES.astype(np.float32) * np.float32(1 / 255))
    np.testing.assert_array_equal(data.y_test, LABELS[:8])
    assert len(load_data(str(folder), n_train=8).x_train) == 8


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda b: b[:-1], "240 bytes; got 239; fetch"),
        (lambda b: b + b"x", "got 241"),
        (lambda b: b"\x00\x00\x0d" + b[3:], "begins with 0x00000803; got 0x00000d03"),
        (lambda b: b[:9], "cut off within its header"),
        (lambda b: b"", "got 0x"),
        (lambda b: idx(IMAGES[:39]), "x_train and y_train must be of one length; got 39 and 40"),
    ],
)
def test_a_broken_idx_file_is_named(tmp_path, damage, message):
    folder = write_idx(tmp_path / "idx", compress=False)
    path = folder / room.IDX_FILES["x_train"]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=message) as error:
        load_data(str(folder))
    assert "\n" not in str(error.value)


def test_a_truncated_gz_or_a_missing_file_is_named(tmp_path):
    folder = write_idx(tmp_path / "idx", compress=True)
    path = folder / (room.IDX_FILES["y_test"] + ".gz")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"t10k-labels-idx1-ubyte.gz: cannot be read"):
        load_data(str(folder))
    path.write_bytes(b"no gzip at all")
    with pytest.raises(InputError, match="cannot be read"):
        load_data(str(folder))
    path.unlink()
    with pytest.raises(InputError, match="no t10k-labels-idx1-ubyte or"):
        load_data(str(folder))


def test_missing_data_say_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "FASHION_MNIST", tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"apt install dataset-fashion-mnist.*fashion-mnist:FOLDER"):
        load_data("fashion-mnist")
    with pytest.raises(InputError, match="known: digits, fashion-mnist"):
        load_data("mnist")
    with pytest.raises(InputError, match="no such file"):
        load_data(str(tmp_path / "none.npz"))


def test_npz_with_and_without_a_test_set(tmp_path):
    both = load_data(
        write_npz(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:8], y_test=LABELS[:8])
    )
    assert (len(both.x_train), len(both.x_test)) == (40, 8)
    for names in (("x", "y"), ("x_train", "y_train")):
        data = load_data(write_npz(tmp_path / "b.npz", **dict(zip(names, (IMAGES, LABELS), strict=True))))
        assert (len(data.x_train), len(data.x_test)) == (30, 10)
    signed = load_data(write_npz(tmp_path / "c.npz", x=IMAGES.astype(float) * 4 - 100, y=LABELS))
    assert (signed.x_train.min(), signed.x_train.max()) == (0.0, 1.0)
    unit = IMAGES.astype(np.float32) / 512
    kept = load_data(write_npz(tmp_path / "d.npz", x_train=unit, y_train=LABELS, x_test=unit, y_test=LABELS))
    np.testing.assert_array_equal(kept.x_train, unit)


def nan_images():
    x = IMAGES.astype(float)
    x[2, 1, 0] = np.nan
    return x


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (dict(x=np.array([{}] * 4, dtype=object), y=LABELS[:4]), "pickled"),
        (dict(x=nan_images(), y=LABELS), r"x must be finite; got nan at index \(2, 1, 0\)"),
        (dict(x=IMAGES[:0], y=LABELS[:0]), "not empty"),
        (dict(x=IMAGES, y=LABELS[:39]), "got 40 and 39"),
        (dict(x=IMAGES.ravel(), y=np.arange(240)), "must have shape"),
        (dict(x=IMAGES, y=np.eye(4)[LABELS]), r"one-hot: y.argmax\(1\)"),
        (dict(x=IMAGES, y=LABELS + 0.5), "must be integers; got float64"),
        (dict(x=IMAGES, y=LABELS.astype(str)), "must be integers"),
        (dict(x=IMAGES.astype(complex), y=LABELS), "real numbers"),
        (dict(x=IMAGES, y=LABELS + 1), r"must be 0\.\.3 without a gap; got 1\.\.4; renumber"),
        (dict(x=IMAGES, y=LABELS * 0), "at least two classes"),
        (dict(x=IMAGES[:1], y=LABELS[:1]), "too few"),
        (dict(images=IMAGES), "must hold x_train and y_train .* got images"),
        (dict(x_train=IMAGES, y_train=LABELS, x_test=IMAGES), "must hold"),
        (
            dict(x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:, :2], y_test=LABELS),
            r"one shape; got \(3, 2\) and \(2, 2\)",
        ),
    ],
)
def test_an_unfit_npz_is_one_clear_line(tmp_path, arrays, message):
    with pytest.raises(InputError, match=message) as error:
        load_data(str(write_npz(tmp_path / "bad.npz", **arrays)))
    assert "\n" not in str(error.value)
    assert "bad.npz" in str(error.value)


def test_a_damaged_npz_is_one_clear_line(tmp_path):
    path = write_npz(tmp_path / "bad.npz", x=IMAGES, y=LABELS)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[200] ^= 0xFF
    for content in (b"", b"text", whole[: len(whole) // 2], bytes(flipped)):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"bad\.npz"):
            load_data(str(path))
    with path.open("wb") as file:
        np.save(file, IMAGES)
    with pytest.raises(InputError, match=r"bad\.npz"):
        load_data(str(path))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(label_noise=1.1), r"label_noise: must lie in \[0, 1\]; got 1.1"),
        (dict(label_noise=float("nan")), "label_noise"),
        (dict(label_noise="a"), "label_noise"),
        (dict(seed=-1), "seed: must be an integer >= 0; got -1"),
        (dict(n_test=10**6), "n_test"),
    ],
)
def test_arguments_that_cannot_be(bad, message):
    with pytest.raises(InputError, match=message):
        load_data("digits", **bad)
