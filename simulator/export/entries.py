"""Entries to export, as plain arrays."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import InputError, unknown
from ..files.document import Stored, StoredGroup
from ..files.rows import plain as plain_value
from ..types import Progress

Groups = Mapping[str, StoredGroup]  # path -> group

SPIKES, SIGNALS = "spikes/", "signals/"
VALUES = 2**18  # in memory at a time, unless more are packed together in the file
_JSON = ("config", "seed", "settings", "source", "versions")  # attributes that hold JSON
OF_THE_FORMAT = ("format", "format_version", "entries", "magic", "version", "sorting")  # of a file of Ictal alone


@dataclass(frozen=True)
class Exported:
    """Result of `export`.

    Attributes:
        files: paths of the files.
        left_out: entries that the format cannot hold.
    """

    files: list[Path]
    left_out: list[str]


@dataclass(frozen=True, eq=False)
class Content:
    """Content of an export.

    Attributes:
        groups: path -> group, only those that are wanted.
        attrs: of the root of the file.
        where: the file, which leads an error.
        asked: the entries were named, so that one which the format cannot hold is an error.
    """

    groups: Mapping[str, StoredGroup]
    attrs: Mapping[str, Any]
    where: str
    asked: bool


@dataclass(frozen=True)
class Format:
    """A format of other tools.

    Attributes:
        write: ``write(content, target, force, progress) -> Exported``.
        suffix: replaces ``.h5`` of NAME.h5 in the default path of an export.
        endings: of its file, the first in errors; empty where it is a folder.
    """

    write: Callable[[Content, Path, bool, Progress], Exported]
    suffix: str
    endings: tuple[str, ...] = ()


def name_of(path: str) -> str:
    """Return the name of an entry: the path of its group without the kind.

    >>> name_of("signals/lfp"), name_of("figures/activity/E/rest")
    ('lfp', 'activity/E/rest')
    """
    return path.partition("/")[2] or path


def choose(attrs: Mapping[str, Any], groups: Groups, names: Sequence[str] | None, where: str) -> dict[str, StoredGroup]:
    """Return the chosen groups, in the order of the file; of a run, in the order of its entries.

    Args:
        attrs: of the root.
        groups: all groups.
        names: of entries; all if None.
        where: the file, which leads an error.

    Raises:
        InputError: an unknown name, nothing at all, or an entry of a run that is missing or damaged.
    """
    if "entries" in attrs:  # a run lists its entries
        by_name = {name_of(path): path for path in groups}
        listed = _from_json(attrs["entries"])
        if not isinstance(listed, list):
            raise InputError(f"{where}: is not a complete run, its attribute entries is damaged")
        if missing := [name for name in listed if not isinstance(name, str) or name not in by_name]:
            raise InputError(f"{where}: is not a complete run, entry {missing[0]!r} is missing or damaged")
        groups = {by_name[name]: groups[by_name[name]] for name in listed}
    known = [name_of(path) for path in groups]
    for name in names or ():
        if name not in known:
            raise unknown("entry", name, known)
    if not groups:
        raise InputError(f"{where}: holds nothing to export")
    return {path: group for path, group in groups.items() if names is None or name_of(path) in names}


def spikes_of(groups: Groups, where: str, *, asked: bool) -> dict[str, StoredGroup]:
    """Return the groups of spikes.

    Args:
        groups: entries to export.
        where: the file, which leads an error.
        asked: the entries were named, so that one without spikes is an error.

    Raises:
        InputError: there are none, or one of them is damaged.
    """
    found = {path: group for path, group in groups.items() if path.startswith(SPIKES)}
    silent = [name_of(path) for path in groups if path not in found]
    if not found or (asked and silent):
        what = f"entry {silent[0]!r} holds" if asked else "holds"
        raise InputError(
            f"{where}: {what} no spikes, and a SONATA file holds nothing else; say --to csv or --to xarray"
        )
    for path, group in found.items():
        _check_whole(path, group, ("timestamps", "node_ids"), where)
    return found


def plain(path: str, group: StoredGroup, where: str) -> StoredGroup:
    """Return a group for readers outside Ictal; variables without an axis become attributes.

    Spikes have ``time`` [s] = timestamps/1000 + residual and ``unit``, as `Spikes` has them; the values of a signal
    are NaN where its mask ``valid`` is false.

    Raises:
        InputError: a part is missing or damaged.
    """
    needed = {SPIKES: ("timestamps", "node_ids"), SIGNALS: ("values",)}
    _check_whole(path, group, next((names for kind, names in needed.items() if path.startswith(kind)), ()), where)
    scalars = {name: v.part(()).item() for name, v in group.variables.items() if not v.dims}
    variables = {name: v for name, v in group.variables.items() if v.dims}
    if path.startswith(SPIKES):
        unit = variables.pop("node_ids")
        time = _seconds(variables.pop("timestamps"), variables.pop("residual", None))
        variables = {"time": time, "unit": replace(unit, dtype=np.dtype(np.int64)), **variables}
    elif path.startswith(SIGNALS) and "valid" in variables:
        variables["values"] = _masked(variables["values"], variables.pop("valid"))
    return StoredGroup(variables, {**group.attrs, **scalars})


def _check_whole(path: str, group: StoredGroup, names: Sequence[str], where: str) -> None:
    """Check that the required parts exist and have one length."""
    for name in names:
        if name not in group.variables:
            raise InputError(f"{where}: {path} has no {name}: a part is missing or damaged")
    sizes: dict[str, int] = {}
    for name, variable in group.variables.items():
        for dim, size in zip(variable.dims, variable.shape, strict=True):
            if sizes.setdefault(dim, size) != size:
                raise InputError(f"{where}: {path}/{name} has {size} of {sizes[dim]} {dim}s: a part is damaged")


def _seconds(stamps: Stored, residual: Stored | None) -> Stored:
    def part(key: Any) -> NDArray[Any]:
        seconds = stamps.part(key) / 1000.0
        return np.asarray(seconds if residual is None else seconds + residual.part(key))

    return replace(stamps, part=part, attrs={"units": "s", "long_name": "spike time"})


def _masked(variable: Stored, mask: Stored) -> Stored:
    def part(key: Any) -> NDArray[Any]:
        return np.where(mask.part(key), variable.part(key), np.asarray(np.nan, variable.dtype))

    return replace(variable, part=part, packed=max(variable.packed, mask.packed))


def blocks(rows: int, width: int, packed: int) -> Iterator[slice]:
    """Yield slices that make up `rows` rows of `width` values: about `VALUES` at a time, in multiples of `packed`.

    >>> list(blocks(5, 2**17, 1))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = packed * max(1, VALUES // max(1, width * packed))
    for begin in range(0, rows, step):
        yield slice(begin, min(begin + step, rows))


def plain_attrs(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Convert attributes to JSON types: texts of JSON are parsed, numbers that are not finite become None.

    >>> plain_attrs({"config": '{"g": 1.0}', "dt": np.float64("nan"), "magic": 2682})
    {'config': {'g': 1.0}, 'dt': None}
    """
    kept = {key: value for key, value in attrs.items() if key not in OF_THE_FORMAT}
    return {key: _from_json(value) if key in _JSON else plain_value(value) for key, value in kept.items()}


def _from_json(value: object) -> Any:
    """Parse the JSON in an attribute; other values stay as they are."""
    if not isinstance(value, str):
        return plain_value(value)
    with contextlib.suppress(ValueError):
        return plain_value(json.loads(value))
    return value
