"""Checks of HDF5 files that somebody else made: links, types, sizes, texts."""

from __future__ import annotations

import math
import mmap
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import InputError
from ..machine import check_memory, readable_size

DEEPEST = 64  # brackets within brackets of a text that may be JSON
_HIDDEN = ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Dimid")  # attributes of dimension scales
_OBJECT, _SMALLEST_HEAP = 16, 4096  # bytes of the head of a heap or of an object in it; of a heap
_LOOKED_AT = 64 * 2**20  # bytes at each end of a file
COPIES = 2  # of an array, while it is read and checked


def open_hdf5(source: str | os.PathLike[str]) -> h5py.File:
    """Open an HDF5 file to read.

    Without a lock: a file is complete when it has its name, and its writer may hold the lock a moment longer.

    Raises:
        OSError: it is no HDF5, or one of its heaps is damaged.
    """
    _check_heaps(Path(source))
    return h5py.File(source, "r", locking=False)


def _check_heaps(source: Path) -> None:
    """Check the lengths of the objects in the heaps of texts: HDF5 reads one without an end where a length is 0.

    A heap (GCOL, version 1) is a sequence of objects: index (2 bytes), count (2), 0 (4), length (8), and the content up
    to a multiple of 8. Object 0 is the free rest, all of which is its length. Of a large file both ends are looked at.
    """
    size = source.stat().st_size if source.is_file() else 0
    if size < 2 * _OBJECT:
        return
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        for first, last in ((0, min(size, _LOOKED_AT)), (max(_LOOKED_AT, size - _LOOKED_AT), size)):
            at = raw.find(b"GCOL\1\0\0\0", first, last)
            while at >= 0:
                _check_heap(raw, at, size)
                at = raw.find(b"GCOL\1\0\0\0", at + 1, last)


def _check_heap(raw: mmap.mmap, at: int, size: int) -> None:
    end = at + int.from_bytes(raw[at + 8 : at + _OBJECT], "little")
    if not at + _SMALLEST_HEAP <= end <= size:
        return  # no heap, or one that HDF5 refuses
    place = at + _OBJECT
    while place + _OBJECT <= end:
        index = int.from_bytes(raw[place : place + 2], "little")
        length = int.from_bytes(raw[place + 8 : place + _OBJECT], "little")
        place += _OBJECT + -(-length // 8) * 8 if index else length
        if (index == 0 and length < _OBJECT) or place > end:
            raise OSError("a heap of texts is damaged")


def members(group: h5py.Group, seen: set[tuple[int, int]]) -> Iterator[tuple[str, h5py.Group | h5py.Dataset]]:
    """Yield the groups and datasets of a group, each object of a file once, however many links lead to it.

    Soft links are not followed: they lead to objects that have a place of their own.

    Raises:
        InputError: a link to another file, or a name that is not UTF-8.
    """
    for name in group:
        if isinstance(name, bytes):
            raise InputError(f"the name {name!r} is not UTF-8")
        where = f"{group.name.rstrip('/')}/{name}"
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.SoftLink):
            continue
        if not isinstance(link, h5py.HardLink):
            raise InputError(f"{where} is a link to another file, which is not followed")
        item = group[name]
        about = h5py.h5o.get_info(item.id)
        if (about.fileno, about.addr) not in seen and isinstance(item, h5py.Group | h5py.Dataset):
            seen.add((about.fileno, about.addr))
            yield name, item


def check_dataset(item: h5py.Dataset) -> None:
    """Check that an array holds plain values, and that all of them are in this file.

    Raises:
        InputError: it is in other files, has another type, or declares values that are not there.
    """
    if item.external or item.is_virtual:
        raise InputError(f"{item.name} has its values in other files, which are not read")
    if item.shape is None:
        raise InputError(f"{item.name} is empty")
    text = h5py.check_string_dtype(item.dtype) is not None
    if not text and (item.dtype.kind not in "biuf" or item.dtype.subdtype is not None):
        raise InputError(f"{item.name} holds {item.dtype}; want numbers or texts")
    declared, stored = item.size * item.dtype.itemsize, item.id.get_storage_size()
    if item.chunks is not None:
        want = math.prod(-(-n // chunk) for n, chunk in zip(item.shape, item.chunks, strict=True))
        if item.id.get_num_chunks() < want:
            raise InputError(f"{item.name} declares {readable_size(declared)} and holds {readable_size(stored)}")
    elif stored < item.size * item.id.get_type().get_size():
        raise InputError(f"{item.name} declares {readable_size(declared)} and holds {readable_size(stored)}")


def texts(values: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """Return texts as an array of one length.

    Raises:
        InputError: one is not UTF-8 or nested too deep, or all at the length of the longest need too much memory.
    """
    flat = np.ravel(values)
    for text in flat:
        check_text("a text", text)
    check_memory("texts", COPIES * 4 * flat.size * max(map(len, flat), default=0))
    return np.asarray(values, dtype=str)


def attributes(of: h5py.Group | h5py.Dataset) -> dict[str, Any]:
    """Return attributes as texts, numbers and arrays of them.

    Raises:
        InputError: one is empty, or of another type, or as a text of `texts`.
    """
    return {name: _plain(name, value) for name, value in of.attrs.items() if name not in _HIDDEN}


def _plain(name: str, value: Any) -> Any:
    _check_utf_8(f"the name {name!r}", name)
    if isinstance(value, h5py.Empty):
        if value.dtype.kind in "SO":
            return ""  # netCDF stores an empty text so
        raise InputError(f"attribute {name} is empty")
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, str):
        check_text(f"attribute {name}", value)
        return str(value)
    if isinstance(value, np.generic):
        value = value.item()
    kind = np.asarray(value).dtype.kind
    if kind == "O":
        return [_plain(name, item) for item in np.ravel(value) if isinstance(item, str | bytes)]
    if kind not in "biufcSU":
        raise InputError(f"attribute {name} holds {type(value).__name__}; want numbers or texts")
    return value


def check_text(what: str, text: str) -> None:
    """Check that a text is UTF-8, and that JSON in it has no more than `DEEPEST` levels.

    Raises:
        InputError: which it is not.
    """
    _check_utf_8(what, text)
    if text.count("[") + text.count("{") > DEEPEST:
        depth = deepest = 0
        for bracket in re.findall(r"[\[\]{}]", text):
            depth += 1 if bracket in "[{" else -1
            deepest = max(deepest, depth)
        if deepest > DEEPEST:
            raise InputError(f"{what} is nested {deepest} levels deep; want {DEEPEST} at most")


def _check_utf_8(what: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(f"{what} is not UTF-8") from None
