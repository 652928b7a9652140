"""Check of a file of MATLAB of version 5: its parser trusts sizes and depths, and can end the process.

MAT-File Format, The MathWorks: an element is a tag (type and number of bytes, 4 bytes each, or both in 4 bytes for up
to 4 bytes of data) and its data, up to a multiple of 8 bytes. A matrix is an element of elements: flags with its class,
dimensions, name, and the content.
"""

from __future__ import annotations

import math
import zlib
from pathlib import Path

import h5py
import numpy as np

from .. import InputError
from ..machine import available_memory, check_memory
from .hdf5 import check_contained, opened

HEADER, TAG = 128, 8  # bytes
MATRIX, COMPRESSED = 14, 15  # types
NUMBERS, TEXTS = (1, 2, 3, 4, 5, 6, 7, 9, 12, 13), (16, 17, 18)  # types
CELL, STRUCT, OBJECT, CHAR, SPARSE, FUNCTION, OPAQUE = 1, 2, 3, 4, 5, 16, 17  # classes
DEEPEST = 32  # matrices within matrices


def is_mat5(head: bytes) -> bool:
    """Return whether a file begins as version 5 does: 128 bytes that end in the version and the order of bytes."""
    return head[126:128] in (b"IM", b"MI") and 0 not in head[:4]


def check_mat(source: Path) -> None:
    """Check a file of MATLAB before it is parsed: of version 7.3 as HDF5, of version 5 as `check_mat5`."""
    if h5py.is_hdf5(source):
        with opened(source) as file:
            check_contained(source, file)
        return
    with source.open("rb") as raw:
        head = raw.read(HEADER)
    if is_mat5(head):
        check_mat5(source)


def check_mat5(source: Path) -> None:
    """Check the elements of a file, also compressed ones.

    Raises:
        InputError: an element is longer than what holds it, a matrix declares more values than it has bytes, or
            matrices are nested deeper than `DEEPEST`.
    """
    raw = source.read_bytes()
    order = "<" if raw[126:128] == b"IM" else ">"
    check_memory(f"{source}: its bytes", 2 * len(raw))
    try:
        for kind, data in _elements(memoryview(raw)[HEADER:], order):
            if kind == COMPRESSED:
                for inner, content in _elements(memoryview(_unpacked(source, bytes(data))), order):
                    _check(inner, content, order, 0)
            else:
                _check(kind, data, order, 0)
    except (ValueError, zlib.error) as error:
        raise InputError(f"{source}: is damaged or truncated: {error}") from error


def _unpacked(source: Path, data: bytes) -> bytes:
    most = (available_memory() or 2**40) // 4
    machine = zlib.decompressobj()
    found = machine.decompress(data, most)
    if machine.unconsumed_tail:
        raise InputError(f"{source}: a compressed variable is larger than memory holds")
    return found


def _elements(data: memoryview, order: str) -> list[tuple[int, memoryview]]:
    """Return type and data of the elements that follow each other."""
    found = []
    at = 0
    while at < len(data):
        if len(data) - at < TAG:
            raise ValueError(f"{len(data) - at} bytes are left over")
        first, size = (int(one) for one in np.frombuffer(data[at : at + TAG], f"{order}u4"))
        if first >> 16:  # both in 4 bytes
            kind, size, start, stop = first & 0xFFFF, first >> 16, at + 4, at + TAG
            if size > 4:
                raise ValueError(f"a small element declares {size} bytes")
        else:
            kind, start = first, at + TAG
            stop = start + size if kind == COMPRESSED else start + -(-size // 8) * 8
        if start + size > len(data):
            raise ValueError(f"an element declares {size} bytes and {len(data) - start} are there")
        if kind not in (*NUMBERS, *TEXTS, MATRIX, COMPRESSED):
            raise ValueError(f"an element has the unknown type {kind}")
        found.append((kind, data[start : start + size]))
        at = stop
    return found


def _check(kind: int, data: memoryview, order: str, depth: int) -> None:
    if kind != MATRIX or not len(data):
        return
    if depth > DEEPEST:
        raise ValueError(f"matrices are nested deeper than {DEEPEST}")
    parts = _elements(data, order)
    if len(parts) < 3 or len(parts[0][1]) < TAG:
        raise ValueError("a matrix lacks its dimensions or its name")
    what = int(np.frombuffer(parts[0][1][:4], f"{order}u4")[0]) & 0xFF
    inner = [content for one, content in parts if one == MATRIX]
    if what != OPAQUE:
        if parts[1][0] != 5 or len(parts[1][1]) % 4:
            raise ValueError("a matrix has no dimensions")
        shape = [int(one) for one in np.frombuffer(parts[1][1], f"{order}i4")]
        if len(shape) < 2 or min(shape) < 0:
            raise ValueError(f"a matrix has the dimensions {shape}")
        size = math.prod(shape)
        allowed = (*NUMBERS, *TEXTS) if what == CHAR else NUMBERS
        if OBJECT < what < FUNCTION and any(one not in allowed for one, _ in parts[3:]):
            raise ValueError("a matrix of numbers holds something else")
        if what in (CELL, STRUCT, OBJECT):
            fields = 1 if what == CELL else _fields(parts[3:], what, order)
            if len(inner) != size * fields:
                raise ValueError(f"a cell or struct declares {size * fields} values and has {len(inner)}")
        elif what != SPARSE and size > max((len(content) for _, content in parts[3:]), default=0):
            raise ValueError(f"a matrix declares {size} values and has fewer bytes")
    for content in inner:
        _check(MATRIX, content, order, depth + 1)


def _fields(parts: list[tuple[int, memoryview]], what: int, order: str) -> int:
    """Return the number of fields of a struct: the length of a name, and the names one after the other."""
    parts = parts[1:] if what == OBJECT else parts
    if len(parts) < 2 or len(parts[0][1]) != 4:
        raise ValueError("a struct lacks the names of its fields")
    length = int(np.frombuffer(parts[0][1], f"{order}i4")[0])
    if length < 1 or len(parts[1][1]) % length:
        raise ValueError("the names of the fields of a struct are damaged")
    return len(parts[1][1]) // length
