import gzip
import hashlib
import math
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ictal.models import AUGMENTATIONS, CORRUPTIONS, DATA, OOD_PAIRS, Dataset, load_data
from ictal.models import datasets as room
from ictal.models.datasets import files, sources
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
            InputError, match=rf"n_train: digits has 1348 examples: must be an integer in 1\.\.1348; got {bad}"
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


@pytest.mark.filterwarnings("ignore:.*(are also among the training|are copies of another)")
@pytest.mark.parametrize("compress", [True, False])
def test_idx_files_are_read(tmp_path, compress):
    folder = write_idx(tmp_path / "idx", compress)
    data = load_data(folder)
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
    monkeypatch.setattr(files, "FASHION_MNIST", tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"apt install dataset-fashion-mnist.*fashion-mnist:FOLDER"):
        load_data("fashion-mnist")
    for name in ("mnist", "digits:8", "fashion-minst:there"):
        with pytest.raises(InputError, match=r"known: digits, fashion-mnist, .* a folder, a \.npz file$"):
            load_data(name)
    with pytest.raises(InputError, match="no such file"):
        load_data(str(tmp_path / "none.npz"))


@pytest.mark.filterwarnings("ignore:.*(are also among the training|are copies of another)")
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
        (dict(x_train=IMAGES, y_train=LABELS % 3, x_test=IMAGES, y_test=LABELS), "y_test holds classes .*: 3$"),
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
        (dict(label_noise=1.1), r"label_noise: must lie in 0\.\.1; got 1.1"),
        (dict(label_noise=float("nan")), "label_noise"),
        (dict(label_noise="a"), "label_noise"),
        (dict(seed=-1), "seed: must be >= 0; got -1"),
        (dict(n_val=0), r"n_val: digits has 1348 examples: must be an integer in 1\.\.1347; got 0"),
        (dict(n_val=1348), r"n_val: .* in 1\.\.1347; got 1348"),
        (dict(n_val=300, n_train=1049), r"n_train: digits without the 300 for validation has 1048 .* got 1049"),
        (dict(image_size=0), r"image_size: must be >= 1 \[pixels\]; got 0"),
        (dict(image_size=16), "image_size: only images in class folders are resized; got 16 for digits"),
        (dict(n_test=10**6), "n_test"),
    ],
)
def test_arguments_that_cannot_be(bad, message):
    with pytest.raises(InputError, match=message):
        load_data("digits", **bad)


# The bits that results rest on

PINS = [  # of the splits, choices and labels that came before there were validation sets
    (dict(), "3cae62e6efd4e567"),
    (dict(seed=3, n_train=1000, label_noise=0.4), "9c7009401b9f4871"),
    (dict(seed=1, n_train=50, n_test=100), "320c70837b9561e8"),
    (dict(seed=7, n_train=333, label_noise=1.0), "42b95eae27c8bffc"),
]
ARRAYS = ("x_train", "y_train", "y_train_clean", "x_test", "y_test")


@pytest.mark.parametrize(("arguments", "digest"), PINS)
def test_without_validation_the_bits_stay_what_they_were(arguments, digest):
    data = load_data("digits", **arguments)
    content = b"".join(getattr(data, name).tobytes() for name in ARRAYS)
    assert hashlib.sha256(content).hexdigest()[:16] == digest


def images_of(*arrays):
    return {image.tobytes() for x in arrays for image in x}


def test_validation_is_set_apart_before_anything_else():
    data = load_data("digits", n_val=200, seed=4)
    assert (len(data.x_train), len(data.x_val), len(data.x_test)) == (1148, 200, 449)
    assert (data.x_val.dtype, data.y_val.dtype, data.x_val.shape[1:]) == (np.float32, np.int64, (8, 8))
    share = np.bincount(data.y_val) / (np.bincount(data.y_val) + np.bincount(data.y_train))
    assert np.abs(share - 200 / 1348).max() < 0.01
    assert not images_of(data.x_val) & images_of(data.x_train, data.x_test)
    whole = load_data("digits", seed=4)
    assert images_of(data.x_val, data.x_train) == images_of(whole.x_train)
    for other in (dict(n_train=50), dict(label_noise=1.0), dict(n_test=30)):
        again = load_data("digits", n_val=200, seed=4, **other)
        np.testing.assert_array_equal(again.x_val, data.x_val)
        np.testing.assert_array_equal(again.y_val, data.y_val)
    assert not np.array_equal(load_data("digits", n_val=200, seed=5).y_val, data.y_val)


def test_validation_labels_are_clean_and_test_images_the_same():
    clean, noisy = (load_data("digits", n_val=200, label_noise=noise) for noise in (0.0, 1.0))
    np.testing.assert_array_equal(clean.y_val, noisy.y_val)
    assert (noisy.y_train != clean.y_train).all()
    np.testing.assert_array_equal(clean.x_test, load_data("digits").x_test)
    true = {x.tobytes(): y for x, y in zip(load_data("digits").x_train, load_data("digits").y_train, strict=True)}
    assert [true[x.tobytes()] for x in noisy.x_val] == noisy.y_val.tolist()


def test_without_validation_its_arrays_are_empty():
    data = load_data("digits")
    assert (data.x_val.shape, data.y_val.shape, data.kind) == ((0, 8, 8), (0,), "images")
    assert repr(data) == "Dataset(digits: 1348 + 449 images 8 x 8, 10 classes)"
    by_hand = Dataset("mine", IMAGES, LABELS, LABELS, IMAGES[:3], LABELS[:3], 4)
    assert by_hand.x_val.shape == (0, 3, 2)


def test_all_arrays_are_read_only():
    data = load_data("digits", n_val=10)
    for name in (*ARRAYS, "x_val", "y_val"):
        assert not getattr(data, name).flags.writeable


# Names


def test_every_name_is_loaded_or_refused_in_one_line():
    for name in DATA:
        try:
            assert load_data(name, seed=1).name == name
        except InputError as error:
            assert "\n" not in str(error), name
            assert name.split("-")[0] in str(error) or name == "rows"


@pytest.mark.filterwarnings("ignore:.*(are also among the training|are copies of another)")
def test_fashion_mnist_is_checked_against_its_sums(tmp_path, monkeypatch):
    folder = write_idx(tmp_path / "idx", compress=True)
    with pytest.raises(InputError, match=r"train-images-idx3-ubyte.gz: MD5 must be f4a8712d\w+, .* got \w{32}; name"):
        load_data(f"fashion-mnist:{folder}")
    sums = {stem: hashlib.md5(gzip.decompress((folder / f"{stem}.gz").read_bytes())) for stem in files.FASHION_MD5}
    monkeypatch.setattr(files, "FASHION_MD5", {stem: found.hexdigest() for stem, found in sums.items()})
    data, plain = load_data(f"fashion-mnist:{folder}"), load_data(folder)
    np.testing.assert_array_equal(data.x_train, plain.x_train)


def test_channels_first_are_refused(tmp_path):
    path = write_npz(tmp_path / "first.npz", x=np.zeros((40, 3, 8, 8), np.uint8), y=LABELS)
    with pytest.raises(InputError, match=r"first.npz: images of shape \(3, 8, 8\) have their channels first"):
        load_data(path)
    for shape in ((3, 2), (3, 5, 3), (8, 8, 3), (1, 30, 4)):
        load_data(write_npz(tmp_path / "last.npz", x=np.arange(40 * math.prod(shape)).reshape(40, *shape), y=LABELS))


def test_the_range_is_that_of_the_training_images(tmp_path):
    x_train, x_test = np.linspace(-2, 2, 80).reshape(40, 2), np.full((4, 2), 9.0)
    path = write_npz(tmp_path / "a.npz", x_train=x_train, y_train=LABELS, x_test=x_test, y_test=LABELS[:4])
    data = load_data(path)
    assert (data.x_train.min(), data.x_train.max()) == (0.0, 1.0)
    assert data.x_test[0, 0] == pytest.approx(11 / 4)


def test_rows_are_the_images_read_downwards(tmp_path):
    images, rows = load_data("digits", n_train=20, seed=2), load_data("rows:digits", n_train=20, seed=2)
    assert (rows.kind, rows.name, rows.image_shape) == ("sequences", "rows:digits", (8, 8))
    np.testing.assert_array_equal(rows.x_train, images.x_train)
    path = write_npz(tmp_path / "colour.npz", x=np.arange(40 * 30, dtype=np.uint16).reshape(40, 5, 2, 3), y=LABELS)
    colour, rows = load_data(path), load_data(f"rows:{path}")
    assert rows.image_shape == (5, 6)
    np.testing.assert_array_equal(rows.x_test[3, 4], colour.x_test[3, 4].ravel())
    for name in ("rows:rows:digits", "rows:integration", "rows:" * 5000 + "digits"):
        with pytest.raises(InputError, match="must be rows of images"):
            load_data(name)


def test_the_page_says_what_there_is():
    page = (Path(__file__).resolve().parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    (promised,) = re.findall(r"print\(data\)  # (.*)", code)
    space = {}
    exec(code.replace("print(data)", "shown = repr(data)"), space)
    assert space["shown"] == promised
    named = set(re.findall(r"`([a-z0-9_-]+)(?::[A-Z.a-z]+)?`", page))
    assert named >= {*DATA, *AUGMENTATIONS, *CORRUPTIONS, *OOD_PAIRS}
    for name, corruption in CORRUPTIONS.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))
        found = [float(number) for number in re.findall(r"(?<![\d°])\.?\d[\d.]*", row.split("|")[2])]
        assert found[:5] == list(corruption.strengths), name


# What could go wrong


def test_a_flipped_byte_in_an_npz_is_never_a_traceback(tmp_path):
    path = write_npz(tmp_path / "small.npz", x=IMAGES[:8], y=LABELS[:8])
    whole, refused = path.read_bytes(), 0
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes((whole[at] ^ 0xFF,)) + whole[at + 1 :])
        try:
            load_data(path)
        except InputError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > len(whole) / 2


def test_more_than_memory_holds_is_refused(monkeypatch):
    monkeypatch.setattr(sources, "available_memory", lambda: 100_000)
    assert len(load_data("digits", n_train=10, n_test=10).x_train) == 10
    with pytest.raises(
        InputError, match=r"digits: 1797 examples of 8 x 8 need 575 kB .* 100 kB are free; choose fewer"
    ):
        load_data("digits")
    with pytest.raises(InputError, match=r"integration: 1000000000000 examples of 50 x 3 need 3.6e\+03 TB"):
        load_data("integration:trials=1000000000000")


def test_reading_data_loads_neither_torch_nor_pillow():
    code = "import sys, ictal.models.datasets; print({'torch', 'PIL', 'sklearn', 'matplotlib'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
