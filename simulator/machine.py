"""Free memory and disk of this machine, or of the share that a container or job has."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from .errors import InputError

_OWN_SIZE = Path("/proc/self/statm")
_MEMINFO, _OWN_CGROUPS, _CGROUPS = Path("/proc/meminfo"), Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def available_memory() -> int | None:
    """Return the bytes that can be allocated without swapping; None if the system does not report them.

    The minimum of the free memory of the system, the rest of the limits of this process's control groups, which
    containers and job schedulers set, and that of its own limit (``ulimit -v``).
    """
    free = [*_free_of_the_system(), *_left_to_the_groups(), *_left_to_the_process()]
    return max(0, min(free)) if free else None


def free_disk(folder: Path) -> int | None:
    """Return the free bytes on the disk of a folder; None if the system does not report them."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def check_memory(what: str, needed: float) -> None:
    """Check that so many bytes can be allocated.

    Raises:
        InputError: less memory is free.
    """
    free = available_memory()
    if free is not None and needed > free:
        raise InputError(f"{what}: needs {readable_size(needed)} of memory and {readable_size(free)} are free")


def readable_size(size: float) -> str:
    """Return a number of bytes as text, with its unit.

    >>> readable_size(2.5e9), readable_size(300)
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


def _left_to_the_process() -> Iterator[int]:
    with contextlib.suppress(OSError, ValueError, ImportError):  # Windows has no such limits, macOS no /proc
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            yield limit - int(_OWN_SIZE.read_text().split()[0]) * resource.getpagesize()


def _left_to_the_groups() -> Iterator[int]:
    """Yield limit − use of the control group of this process and of its parents (version 2 and 1)."""
    with contextlib.suppress(OSError, ValueError):
        for line in _OWN_CGROUPS.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                root, names = _CGROUPS, ("memory.max", "memory.current", "inactive_file")
            elif "memory" in controllers.split(","):
                root = _CGROUPS / "memory"
                names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            else:
                continue
            folder = root / path.lstrip("/")
            for group in (folder, *folder.parents):
                yield from _left_to(group, *names)
                if group == root:
                    break


def _left_to(folder: Path, limit: str, used: str, cache: str) -> Iterator[int]:
    with contextlib.suppress(OSError, ValueError):  # "max" is no number: no limit
        left = int((folder / limit).read_text()) - int((folder / used).read_text())
        for line in (folder / "memory.stat").read_text().splitlines():
            name, value = line.split()
            if name == cache:
                left += int(value)  # cached pages of files, which are freed on demand
        yield left
