"""Images from .npz files and from folders of IDX files, Fashion-MNIST among them."""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from ...simulator import InputError
from ...simulator.files.document import first_line
from .sources import Raw

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # where Debian's package puts it
IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
FASHION_MD5 = {  # of the unpacked files; packages compress them differently
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}


def read_npz(path: Path) -> Raw:
    """A file with x_train, y_train, x_test, y_test; with x_train, y_train; or with x, y. No pickles.

    Raises:
        InputError: no such file, a damaged one, other names, pickled objects.
    """
    try:
        with path.open("rb") as opened:  # given a path, numpy leaves a damaged file open
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise InputError(f"{path}: is one bare array; save images and classes: np.savez(path, x=x, y=y)")
            names = sorted(file.files)
            if "x" in names and "x_train" not in names:
                read = ["x", "y"]
            else:
                read = list(IDX_FILES)[: 2 if "x_train" in names and not {"x_test", "y_test"} & set(names) else 4]
            unread = [name for name in names if name not in read]
            hint = (
                "; n_val sets validation images apart from the training set" if {"x_val", "y_val"} & set(unread) else ""
            )
            notes = (f"{', '.join(unread)} of the file were not read{hint}",) if unread else ()
            x, y, *test = (file[key] for key in read)
            x_test, y_test = test or (None, None)
            return _channels_last(Raw(str(path), x, y, x_test, y_test, notes=notes))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except KeyError:
        raise InputError(
            f"{path}: must hold x_train and y_train (with x_test, y_test or neither), or x and y; "
            f"got {', '.join(names) or 'nothing'}"
        ) from None
    except (OSError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        if "allow_pickle" in str(error):
            raise InputError(f"{path}: holds pickled objects, which are not read; save plain numeric arrays") from None
        raise InputError(f"{path}: cannot be read as .npz ({first_line(error)})") from None


def _channels_last(raw: Raw) -> Raw:
    """Return the same data, after a check that the channels of images are last.

    Raises:
        InputError: they are first.
    """
    shape = tuple(raw.x.shape[1:])
    if len(shape) == 3 and shape[0] in (1, 3) and shape[1] > 3 and shape[2] > 4:
        raise InputError(
            f"{raw.where}: images of shape {shape} have their channels first; save them as (height, width, channel): "
            "x.transpose(0, 2, 3, 1)"
        )
    return raw


def read_fashion_mnist(name: str, rest: str, rng: np.random.Generator) -> Raw:
    """Fashion-MNIST (Xiao et al., arXiv:1708.07747) from Debian's package, or from the folder `rest`.

    Raises:
        InputError: no such folder, a file that is missing, broken or not Fashion-MNIST's.
    """
    folder = Path(rest or FASHION_MNIST)
    if not folder.is_dir():
        raise InputError(
            f"fashion-mnist: no folder {folder}; get it by 'apt install dataset-fashion-mnist' "
            "(Debian), or name a folder with its four IDX files: fashion-mnist:FOLDER"
        )
    return read_idx_folder(folder, FASHION_MD5)


def holds_idx(folder: Path) -> bool:
    """Return whether any of the four IDX files is in the folder."""
    return any((folder / (stem + end)).is_file() for stem in IDX_FILES.values() for end in ("", ".gz"))


def read_idx_folder(folder: Path, md5: Mapping[str, str] | None = None) -> Raw:
    """The four IDX files of MNIST's kind, plain or .gz; `md5` are the sums of their unpacked content.

    Raises:
        InputError: a file that is missing or broken.
    """
    arrays = []
    for key, stem in IDX_FILES.items():
        found = [p for p in (folder / f"{stem}.gz", folder / stem) if p.is_file()]
        if not found:
            raise InputError(f"{folder}: no {stem} or {stem}.gz; a folder must hold {', '.join(IDX_FILES.values())}")
        arrays.append(_read_idx(found[0], 3 if key.startswith("x") else 1, (md5 or {}).get(stem)))
    x, y, x_test, y_test = arrays
    return Raw(str(folder), x, y, x_test, y_test)


def _read_idx(path: Path, n_axes: int, md5: str | None) -> NDArray[np.uint8]:
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
    check_md5(header + data, md5, path, "name other IDX files by their folder alone")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)


def bytes_of(path: Path, md5: str | None = None) -> bytes:
    """A whole file, checked against its published sum where there is one.

    Raises:
        InputError: it cannot be read, or is not the file that was published.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    check_md5(data, md5, path)
    return data


def check_md5(data: bytes, md5: str | None, path: Path, hint: str = "fetch the file again") -> None:
    """Check a published MD5 sum; None: there is none.

    Raises:
        InputError: another sum; both are named.
    """
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if md5 is not None and found != md5:
        raise InputError(f"{path}: MD5 must be {md5}, the published sum; got {found}; {hint}")
