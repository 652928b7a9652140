"""Memory, disk and cores of this machine, or of the share of it that a job was given."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_MEMINFO, _OWN_CGROUPS, _CGROUPS = Path("/proc/meminfo"), Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def available_memory() -> int | None:
    """Bytes that can be taken without swapping; None where the system does not say.

    The least of what the system has free and of what is left to the control groups of this process, which is
    what a container or a job scheduler gave it.
    """
    free = [*_free_of_the_system(), *_left_to_the_groups()]
    return max(0, min(free)) if free else None


def free_disk(folder: Path) -> int | None:
    """Bytes that may be written in a folder; None where the system does not say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def spoken(size: float) -> str:
    """A number of bytes in words.

    >>> spoken(2.5e9), spoken(300)
    ('2.5 GB', '300 B')
    """
    for unit, bytes_ in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= bytes_:
            return f"{size / bytes_:.3g} {unit}"
    return f"{size:.0f} B"


def _free_of_the_system() -> Iterator[int]:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                yield 1024 * int(line.split()[1])
                return
    with contextlib.suppress(OSError, ValueError, AttributeError):  # no /proc: macOS, BSD
        pages = "SC_AVPHYS_PAGES" if "SC_AVPHYS_PAGES" in os.sysconf_names else "SC_PHYS_PAGES"
        yield os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE")


def _left_to_the_groups() -> Iterator[int]:
    """Limit less use, for the group of this process and those above it (version 2 and 1 of control groups)."""
    with contextlib.suppress(OSError, ValueError):
        for line in _OWN_CGROUPS.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                root, names = _CGROUPS, ("memory.max", "memory.current", "inactive_file")
            elif "memory" in controllers.split(","):
                root, names = (
                    _CGROUPS / "memory",
                    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
                )
            else:
                continue
            folder = root / path.lstrip("/")
            while True:
                yield from _left_to(folder, *names)
                if folder == root or root not in folder.parents:
                    break
                folder = folder.parent


def _left_to(folder: Path, limit: str, used: str, cache: str) -> Iterator[int]:
    with contextlib.suppress(OSError, ValueError):  # "max" is no number: no limit
        left = int((folder / limit).read_text()) - int((folder / used).read_text())
        for line in (folder / "memory.stat").read_text().splitlines():
            name, value = line.split()
            if name == cache:
                left += int(value)  # pages of files that are given back when needed
        yield left
