"""Data sets by name or path: read, checked, split, chosen from, and their labels made wrong."""

from __future__ import annotations

import inspect
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError
from ...simulator.fields import Param, checked
from ...simulator.registry import Registry
from .choice import set_apart, stratified, with_noise
from .dataset import Dataset, frozen
from .doubts import doubts
from .files import holds_idx, read_idx_folder, read_npz
from .folders import read_class_folders
from .sources import Pixels, Raw, check, check_memory, n_classes

TEST_SHARE = 0.25  # of data that come without a test set
RESOLVED = 1e-5  # least range of values as a share of the largest, in single precision
DATA = Registry("data set", "ictal.models.datasets", {
    # NAME:REST names a folder, a file or settings: read(name, rest, rng[, image_size]) -> Raw
    "digits": ("loading:read_digits", "1797 grey images of 8 x 8, 10 classes; comes with scikit-learn"),
    "fashion-mnist": (
        "files:read_fashion_mnist",
        "60,000 + 10,000 grey images of 28 x 28, 10 classes; Debian's package, or fashion-mnist:FOLDER",
    ),
    "cifar10": (
        "cifar:read_cifar",
        "50,000 + 10,000 colour images of 32 x 32, 10 classes; cifar10:FOLDER or cifar10:FILE.npz",
    ),
    "cifar100": (
        "cifar:read_cifar",
        "50,000 + 10,000 colour images of 32 x 32, 100 classes; cifar100:FOLDER or cifar100:FILE.npz",
    ),
    "cifar100-coarse": ("cifar:read_cifar", "the same images in 20 classes; cifar100-coarse:FOLDER"),
    "tiny-imagenet": (
        "folders:read_published",
        "100,000 + 10,000 colour images of 64 x 64, 200 classes; tiny-imagenet:FOLDER",
    ),
    "imagenet-100": (
        "folders:read_published",
        "about 130,000 + 5,000 photographs, 100 classes; imagenet-100:FOLDER, with image_size",
    ),
    "rows": ("loading:as_rows", "the images of any data set as sequences, a row a time step; rows:NAME"),
    "integration": (
        "sequences:read_task",
        "two channels of noisy evidence: which is larger on average? integration:KEY=VALUE,KEY=VALUE",
    ),
    "match": ("sequences:read_task", "delayed match to sample: was the test the sample? match:KEY=VALUE,KEY=VALUE"),
}, "ictal.data")  # fmt: skip

# training images with which a small network fits well; of other data as many as there are, up to ENOUGH: a multilayer
# perceptron of two hidden layers on Fashion-MNIST ends with a gap of .19 after 1,000 images, .13 after 6,000, .05 after
# 20,000, at 1,000 steps of 128 images
HEALTHY_IMAGES = {"digits": 1000}
ENOUGH = 20_000


def healthy_images(name: str, there: int) -> int:
    """Return the number of training images, of those that are there, with which a small network should fit well."""
    return min(HEALTHY_IMAGES.get(name, ENOUGH), there)


def load_data(
    name: str | Path,
    *,
    n_train: int | None = None,
    label_noise: float = 0.0,
    seed: int = 0,
    n_test: int | None = None,
    n_val: int | None = None,
    image_size: int | None = None,
) -> Dataset:
    """Load a data set, choose a stratified part of it and make some of its training labels wrong.

    Pixels come in [0, 1]: uint8 is divided by 255; other numbers stay as they are if they lie in
    [0, 1] and are otherwise mapped there from the range of the training images. Sequences stay as they
    are. Nothing is standardised: that belongs to the network, which takes mean and SD from what it
    trains on.

    Args:
        name: a name of `DATA`, as ``"digits"`` or ``"cifar10:FOLDER"``; a folder with four IDX files,
            plain or .gz; a folder of class folders (`read_class_folders`); a ``.npz`` with x_train,
            y_train, x_test, y_test, or with x and y. Data without a test set are split by `seed`, a
            quarter of every class for testing.
        n_train, n_test: examples to keep, every class at its share (largest remainders); None: all.
        n_val: examples set apart from the training set for validation, every class at its share, with
            clean labels. They are drawn first: the same ones for any `n_train` and `label_noise`.
        label_noise: fraction of the training labels, in [0, 1], that is replaced by another class
            drawn uniformly: exactly round(label_noise · n) labels, all of them wrong afterwards.
        seed: of split, choice, noise and of sequences that are drawn. Each has its own stream, so one
            seed gives the same images with and without noise.
        image_size: of images in class folders: the short side is resized to it, the middle cropped to a
            square [pixels]. None: all must be of one size.

    Warns of doubts that make a gap wrong: test images among the training images, training and test images that may be
    on two scales, classes without a training image, one class that is nearly all. `Dataset.notes` has all doubts
    and assumptions.

    Raises:
        InputError: no such data; a broken or unfit file; more images than there are, or than memory holds; training and
            test images on two scales; training images that are all the same.

    >>> data = load_data("digits", n_train=100, label_noise=0.4)
    >>> data, int((data.y_train != data.y_train_clean).sum())
    (Dataset(digits: 100 + 449 images 8 x 8, 10 classes), 40)
    >>> load_data("rows:digits", n_val=100)
    Dataset(rows:digits: 1248 + 100 (validation) + 449 sequences 8 x 8, 10 classes)
    """
    _check_arguments(label_noise, seed, image_size)
    images = _images_of_rows(str(name)) if str(name).partition(":")[0] == "rows" else str(name)
    streams = np.random.SeedSequence(int(seed)).spawn(6)
    split, choice, test_choice, noise, val_choice, trials = (np.random.default_rng(s) for s in streams)
    raw = _read(images, image_size, trials)
    check(raw)
    train, test, x_test, y_test = _with_test_set(raw, split)
    k = n_classes(raw)
    low, high = _value_range(raw, train)
    val, what = train[:0], raw.where
    if n_val is not None:
        chosen, rest = set_apart(val_choice, raw.y[train], n_val, f"load_data.n_val: {raw.where}")
        val, train, what = train[chosen], train[rest], f"{raw.where} without the {n_val} for validation"
    train = train[stratified(choice, raw.y[train], n_train, f"load_data.n_train: {what}")]
    test = test[stratified(test_choice, y_test[test], n_test, f"load_data.n_test: {raw.where}")]
    check_memory(len(train) + len(val) + len(test), raw.x.shape[1:], raw.where)
    clean = raw.y[train].astype(np.int64)
    x_train = _scaled(raw.x, train, low, high)
    data = Dataset(
        name=images,
        x_train=x_train,
        y_train=frozen(with_noise(clean, label_noise, k, noise)),
        y_train_clean=frozen(clean),
        x_test=_scaled(x_test, test, low, high),
        y_test=frozen(y_test[test].astype(np.int64)),
        n_classes=k,
        x_val=_scaled(raw.x, val, low, high),
        y_val=frozen(raw.y[val].astype(np.int64)),
        kind=raw.kind,
    )
    found = doubts(data, one_source=raw.x_test is None, span=(low, high))
    if 0 < label_noise * len(clean) < 0.5:
        found.add(f"label_noise={label_noise:g} of {len(clean)} labels is less than one label: none was made wrong")
    notes = [*_taken(raw, x_test, low, high), *found.notes]
    for text in found.warnings:
        warnings.warn(f"{images}: {text}", stacklevel=2)
    data = replace(data, notes=tuple(notes))
    return data if images == str(name) else as_rows(data, str(name))


def _taken(raw: Raw, x_test: Pixels, low: float, high: float) -> list[str]:
    """Return the assumptions of a source, and that on the range of its values."""
    found = list(raw.notes)
    for pixels in (raw.x,) if x_test is raw.x else (raw.x, x_test):
        found += getattr(pixels, "notes", ())
    if raw.kind == "images" and raw.x.dtype != np.uint8 and (low, high) != (0.0, 1.0):
        found.append(f"values were mapped from the range of the training images, {low:g} to {high:g}, to 0..1")
    return found


def _check_arguments(label_noise: float, seed: int, image_size: int | None) -> None:
    checked("load_data.label_noise", float, Param("", ge=0, le=1), label_noise)
    checked("load_data.seed", int, Param("", ge=0), seed)
    checked("load_data.image_size", int | None, Param("[pixels]", ge=1), image_size)


def _read(name: str, image_size: int | None, trials: np.random.Generator) -> Raw:
    prefix, _, rest = name.partition(":")
    path, named = Path(name), prefix in DATA and not (prefix == "digits" and rest)
    if not named and not path.is_dir() and path.suffix != ".npz":
        raise InputError(f"load_data: no data {name!r}; known: {', '.join(DATA)}, a folder, a .npz file")
    if not named and path.is_dir() and not holds_idx(path):
        return read_class_folders(path, image_size)
    reader = DATA.load(prefix) if named else None
    resized = {} if image_size is None else {"image_size": image_size}
    if resized and not (reader and "image_size" in inspect.signature(reader).parameters):
        raise InputError(f"load_data.image_size: only images in class folders are resized; got {image_size} for {name}")
    if not reader:
        return read_idx_folder(path) if path.is_dir() else read_npz(path)
    raw: Raw = reader(prefix, rest, trials, **resized)
    return raw


def read_digits(name: str, rest: str, rng: np.random.Generator) -> Raw:
    """Return the digits of scikit-learn, in [0, 1]."""
    from sklearn.datasets import load_digits  # takes a second to import

    digits = load_digits()
    return Raw(name, (digits.images / 16).astype(np.float32), digits.target)


def _with_test_set(
    raw: Raw, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp], Pixels, NDArray[Any]]:
    """Rows of x for training, rows for testing, and the images and classes that the latter are rows of."""
    if raw.x_test is not None and raw.y_test is not None:
        return np.arange(len(raw.y)), np.arange(len(raw.y_test)), raw.x_test, raw.y_test
    n = round(TEST_SHARE * len(raw.y))
    if n == 0:
        raise InputError(f"{raw.where}: too few examples to set some apart for testing; got {len(raw.y)}")
    test, train = set_apart(rng, raw.y, n, raw.where)
    return train, test, raw.x, raw.y


def _value_range(raw: Raw, train: NDArray[np.intp]) -> tuple[float, float]:
    if raw.kind == "sequences":
        return 0.0, 1.0
    if raw.x.dtype == np.uint8:
        return 0.0, 255.0
    values = raw.x[train]
    low, high = float(values.min()), float(values.max())
    if 0 < high - low < RESOLVED * max(-low, high):
        raise InputError(
            f"{raw.where}: the training images lie between {low:.9g} and {high:.9g}, which single precision does not "
            "tell apart; subtract their mean first"
        )
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)


def _scaled(x: Pixels, rows: NDArray[np.intp], low: float, high: float) -> NDArray[np.float32]:
    values: NDArray[Any] = x[rows]
    if (low, high) == (0.0, 1.0):
        return frozen(values.astype(np.float32))
    return frozen((values.astype(np.float32) - np.float32(low)) * np.float32(1 / ((high - low) or 1.0)))


def _images_of_rows(name: str) -> str:
    images = name.partition(":")[2]
    if not images:
        raise InputError(f"{name}: names no images; want rows:NAME, e.g. rows:digits")
    if images.startswith("rows:"):
        raise InputError(f"{name}: must be rows of images; {images} holds sequences")
    return images


def as_rows(data: Dataset, name: str) -> Dataset:
    """Return images as sequences: a row a time step.

    Raises:
        InputError: the data are sequences.
    """
    if data.kind != "images":
        raise InputError(f"{name}: must be rows of images; {data.name} holds {data.kind}")
    x_train, x_val, x_test = (
        frozen(x.reshape(len(x), data.image_shape[0], int(np.prod(data.image_shape[1:]))))
        for x in (data.x_train, data.x_val, data.x_test)
    )
    return replace(data, name=name, x_train=x_train, x_val=x_val, x_test=x_test, kind="sequences")
