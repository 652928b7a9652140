"""Image data with labels: the digits that scikit-learn carries, Fashion-MNIST, and files of the user's own."""

from __future__ import annotations

import gzip
import math
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from ..simulator import InputError

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # where Debian's package puts it
IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
TEST_SHARE = 0.25  # of data that come without a test set


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and their classes, for training and for testing.

    Attributes:
        name: the name or path it was loaded from.
        x_train: float32 (n, *image_shape) in [0, 1], not standardised.
        y_train: int64 (n,), the labels to train on, noise included.
        y_train_clean: int64 (n,), the true labels of the same images.
        x_test: float32 (m, *image_shape).
        y_test: int64 (m,), never noisy.
        n_classes: classes are 0 .. n_classes − 1.
    """

    name: str
    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    y_train_clean: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    n_classes: int

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image as the file stores it: (height, width) or (height, width, channel)."""
        return tuple(self.x_train.shape[1:])

    def __repr__(self) -> str:
        n, shape = len(self.x_train), " x ".join(str(size) for size in self.image_shape)
        return f"Dataset({self.name}: {n} + {len(self.x_test)} images {shape}, {self.n_classes} classes)"


def load_data(
    name: str | Path,
    *,
    n_train: int | None = None,
    label_noise: float = 0.0,
    seed: int = 0,
    n_test: int | None = None,
) -> Dataset:
    """Load a data set, choose a stratified part of it and make some of its training labels wrong.

    Pixels come in [0, 1]: uint8 is divided by 255; other numbers stay as they are if they lie in
    [0, 1] and are otherwise mapped there from the range of the training images. Nothing is
    standardised: that belongs to the training (`MLP.for_data` takes mean and SD from the images
    it trains on).

    Args:
        name: ``"digits"`` (scikit-learn's 1797 images of 8 × 8); ``"fashion-mnist"`` (Debian's
            package) or ``"fashion-mnist:FOLDER"``; a folder with four IDX files, plain or .gz; a
            ``.npz`` with x_train, y_train, x_test, y_test, or with x and y. Data without a test
            set are split by `seed`, a quarter of every class for testing.
        n_train, n_test: images to keep, every class at its share (largest remainders); None: all.
        label_noise: fraction of the training labels, in [0, 1], that is replaced by another class
            drawn uniformly: exactly round(label_noise · n) labels, all of them wrong afterwards.
        seed: of split, choice and noise. Each has its own stream, so one seed gives the same
            images with and without noise.

    Raises:
        InputError: no such data; a broken or unfit file; more images than there are.

    >>> data = load_data("digits", n_train=100, label_noise=0.4)
    >>> data, int((data.y_train != data.y_train_clean).sum())
    (Dataset(digits: 100 + 449 images 8 x 8, 10 classes), 40)
    """
    if not (isinstance(label_noise, float | int) and 0 <= label_noise <= 1):
        raise InputError(f"load_data.label_noise: must lie in [0, 1]; got {label_noise}")
    if not (isinstance(seed, int | np.integer) and seed >= 0):
        raise InputError(f"load_data.seed: must be an integer >= 0; got {seed}")
    streams = np.random.SeedSequence(int(seed)).spawn(4)
    split, choice, test_choice, noise = (np.random.default_rng(s) for s in streams)
    raw, where = _read(str(name))
    for part in ("train", "test") if "x_train" in raw else ("",):
        _check(raw, part, where)
    if "x_train" not in raw:
        raw = _split(raw["x"], raw["y"], split, where)
    x_train, y_train, x_test, y_test = (raw[key] for key in IDX_FILES)
    if x_train.shape[1:] != x_test.shape[1:]:
        raise InputError(
            f"{where}: training and test images must have one shape; got {x_train.shape[1:]} and {x_test.shape[1:]}"
        )
    n_classes = _n_classes(y_train, y_test, where)
    low, high = _pixel_range(x_train)
    train = stratified(choice, y_train, n_train, f"load_data.n_train: {where}")
    test = stratified(test_choice, y_test, n_test, f"load_data.n_test: {where}")
    clean = y_train[train].astype(np.int64)
    return Dataset(
        name=str(name),
        x_train=_frozen(_scaled(x_train[train], low, high)),
        y_train=_frozen(_with_noise(clean, label_noise, n_classes, noise)),
        y_train_clean=_frozen(clean),
        x_test=_frozen(_scaled(x_test[test], low, high)),
        y_test=_frozen(y_test[test].astype(np.int64)),
        n_classes=n_classes,
    )


def _read(name: str) -> tuple[dict[str, NDArray[Any]], str]:
    if name == "digits":
        from sklearn.datasets import load_digits  # takes a second to import

        digits = load_digits()
        return {"x": (digits.images / 16).astype(np.float32), "y": digits.target}, "digits"
    if name == "fashion-mnist" or name.startswith("fashion-mnist:"):
        folder = Path(name.partition(":")[2] or FASHION_MNIST)
        if not folder.is_dir():
            raise InputError(
                f"fashion-mnist: no folder {folder}; get it by 'apt install dataset-fashion-mnist' "
                "(Debian), or name a folder with its four IDX files: fashion-mnist:FOLDER"
            )
        return _read_idx_folder(folder), str(folder)
    path = Path(name)
    if path.is_dir():
        return _read_idx_folder(path), name
    if path.suffix == ".npz":
        return _read_npz(path), name
    raise InputError(f"load_data: no data {name!r}; known: digits, fashion-mnist, a folder of IDX files, a .npz file")


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as opened:  # given a path, numpy leaves a damaged file open
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise InputError(f"{path}: is one bare array; save images and classes: np.savez(path, x=x, y=y)")
            names = sorted(file.files)
            wanted = ("x", "y") if "x" in names and "x_train" not in names else tuple(IDX_FILES)
            if wanted != ("x", "y") and "x_train" in names and not {"x_test", "y_test"} & set(names):
                return {"x": file["x_train"], "y": file["y_train"]}
            return {key: file[key] for key in wanted}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except KeyError:
        raise InputError(
            f"{path}: must hold x_train and y_train (with x_test, y_test or neither), or x and y; "
            f"got {', '.join(names) or 'nothing'}"
        ) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        if "allow_pickle" in str(error):
            raise InputError(f"{path}: holds pickled objects, which are not read; save plain numeric arrays") from None
        raise InputError(f"{path}: cannot be read as .npz ({str(error).splitlines()[0]})") from None


def _read_idx_folder(folder: Path) -> dict[str, NDArray[Any]]:
    out = {}
    for key, stem in IDX_FILES.items():
        found = [p for p in (folder / f"{stem}.gz", folder / stem) if p.is_file()]
        if not found:
            raise InputError(f"{folder}: no {stem} or {stem}.gz; a folder must hold {', '.join(IDX_FILES.values())}")
        out[key] = _read_idx(found[0], n_axes=3 if key.startswith("x") else 1)
    return out


def _read_idx(path: Path, n_axes: int) -> NDArray[np.uint8]:
    """One IDX file of unsigned bytes: 0, 0, 8, number of axes, the sizes as big-endian 32 bits, the data."""
    try:
        with cast("IO[bytes]", gzip.open(path) if path.suffix == ".gz" else path.open("rb")) as file:
            header = file.read(4 + 4 * n_axes)
            if header[:4] != bytes((0, 0, 8, n_axes)):
                raise InputError(
                    f"{path}: must be an IDX file that begins with 0x{bytes((0, 0, 8, n_axes)).hex()}; "
                    f"got 0x{header[:4].hex()}"
                )
            if len(header) < 4 + 4 * n_axes:
                raise InputError(f"{path}: is cut off within its header of {4 + 4 * n_axes} bytes")
            shape = struct.unpack(f">{n_axes}I", header[4:])
            data = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({error}); fetch the file again") from None
    if len(data) != math.prod(shape):
        raise InputError(
            f"{path}: its header says {' x '.join(map(str, shape))} = {math.prod(shape)} bytes; "
            f"got {len(data)}; fetch the file again"
        )
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)


def _check(raw: dict[str, NDArray[Any]], part: str, where: str) -> None:
    x_name, y_name = (f"x_{part}", f"y_{part}") if part else ("x", "y")
    x, y = raw[x_name], raw[y_name]
    if not (np.issubdtype(x.dtype, np.integer) or np.issubdtype(x.dtype, np.floating)):
        raise InputError(f"{where}: {x_name} must be real numbers; got {x.dtype}")
    if x.ndim < 2 or 0 in x.shape:
        raise InputError(f"{where}: {x_name} must have shape (images, height, width, ...), not empty; got {x.shape}")
    if y.ndim != 1:
        raise InputError(f"{where}: {y_name} must be a vector of classes (one-hot: y.argmax(1)); got shape {y.shape}")
    if not np.issubdtype(y.dtype, np.integer):
        raise InputError(f"{where}: {y_name} must be integers; got {y.dtype}")
    if len(x) != len(y):
        raise InputError(f"{where}: {x_name} and {y_name} must be of one length; got {len(x)} and {len(y)}")
    if np.issubdtype(x.dtype, np.floating) and not np.isfinite(x).all():
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise InputError(f"{where}: {x_name} must be finite; got {x[at]} at index {at}")


def _n_classes(y_train: NDArray[Any], y_test: NDArray[Any], where: str) -> int:
    classes = np.union1d(y_train, y_test).astype(np.int64)
    if classes.size < 2:
        raise InputError(f"{where}: must hold at least two classes; got {classes.tolist()}")
    if not np.array_equal(classes, np.arange(classes.size)):
        raise InputError(
            f"{where}: classes must be 0..{classes.size - 1} without a gap; got {classes[0]}..{classes[-1]}; "
            "renumber them: y = np.unique(y, return_inverse=True)[1]"
        )
    return int(classes.size)


def _split(x: NDArray[Any], y: NDArray[Any], rng: np.random.Generator, where: str) -> dict[str, NDArray[Any]]:
    n_test = round(TEST_SHARE * len(y))
    if n_test == 0:
        raise InputError(f"{where}: too few images to set some apart for testing; got {len(y)}")
    test = stratified(rng, y, n_test, where)
    train = np.setdiff1d(np.arange(len(y)), test)
    return {"x_train": x[train], "y_train": y[train], "x_test": x[test], "y_test": y[test]}


def stratified(rng: np.random.Generator, y: NDArray[Any], n: int | None, what: str) -> NDArray[np.intp]:
    """Ascending indices of n of the labels y, every class at its share (largest remainders); None: all."""
    if n is None:
        return np.arange(len(y))
    if not (isinstance(n, int | np.integer) and 1 <= n <= len(y)):
        raise InputError(f"{what} has {len(y)} images: must be an integer in 1..{len(y)}; got {n}")
    classes, counts = np.unique(y, return_counts=True)
    share = counts * (int(n) / len(y))
    take = np.floor(share + 1e-9).astype(int)
    take[np.argsort(take - share, kind="stable")[: int(n) - take.sum()]] += 1
    chosen = [rng.permutation(np.flatnonzero(y == c))[:k] for c, k in zip(classes, take, strict=True)]
    return np.sort(np.concatenate(chosen))


def _with_noise(clean: NDArray[np.int64], fraction: float, k: int, rng: np.random.Generator) -> NDArray[np.int64]:
    wrong = rng.permutation(clean.size)[: round(fraction * clean.size)]
    noisy = clean.copy()
    noisy[wrong] = (clean[wrong] + rng.integers(1, k, size=wrong.size)) % k
    return noisy


def _pixel_range(x: NDArray[Any]) -> tuple[float, float]:
    if x.dtype == np.uint8:
        return 0.0, 255.0
    low, high = float(x.min()), float(x.max())
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)


def _scaled(x: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    if (low, high) == (0.0, 1.0):
        return x.astype(np.float32)
    return (x.astype(np.float32) - np.float32(low)) * np.float32(1 / ((high - low) or 1.0))


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
