"""Checks of HDF5 files of others before another package follows their links and reads all of their values."""

from __future__ import annotations

from pathlib import Path

import h5py

from .. import InputError
from ..files.guard import members, open_hdf5
from ..machine import check_memory

COPIES = 3  # of the values, while they are read, scaled and checked


def opened(source: Path) -> h5py.File:
    """Open a file to read, also one that this process has open with a lock.

    Raises:
        OSError: it is no HDF5, or damaged.
    """
    try:
        return open_hdf5(source)
    except OSError as error:
        if "locking flag" not in str(error):
            raise
        return h5py.File(source, "r")


def check_contained(source: Path, file: h5py.File) -> None:
    """Check that all of a file is in it, and that its values fit into memory.

    Raises:
        InputError: a link to another file, values in other files, or more than memory holds.
    """
    seen: set[tuple[int, int]] = set()
    groups: list[h5py.Group] = [file]
    total = 0
    while groups:
        for _, item in members(groups.pop(), seen):
            if isinstance(item, h5py.Group):
                groups.append(item)
                continue
            if item.external or item.is_virtual:
                raise InputError(f"{source}: {item.name} has its values in other files, which are not read")
            total += (item.size or 0) * max(8, item.dtype.itemsize)
    check_memory(f"{source}: its values", COPIES * total)
