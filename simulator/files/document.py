"""HDF5 files as plain data: groups of variables with named dimensions, written whole or not at all.

One file opens in h5py, xarray (``engine="h5netcdf"``), netCDF4 and libsonata. That holds because

* every array has *all* its dimensions attached to dimension scales of its own group,
* strings are variable-length UTF-8 and booleans are bytes with the attribute ``dtype = "bool"``
  (xarray's convention; netCDF has no boolean type),
* ``/spikes`` is never compressed (libsonata has no deflate filter).
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..machine import check_memory
from .disk import Sink, check_readable, replacing
from .guard import COPIES, attributes, check_dataset, members, open_hdf5, texts

FORMAT = "ictal"
FORMAT_VERSION = 1
SONATA_MAGIC = np.uint32(0x0A7A)
SONATA_VERSION = np.array([0, 1], dtype=np.uint32)
SONATA_SORTING = {"none": 0, "by_id": 1, "by_time": 2}
_NO_COORDINATE = "This is a netCDF dimension but not a netCDF variable."
_COMPRESS_FROM = 4096  # values; smaller arrays gain nothing from chunks
# errors of h5py, and of the code that reads a document's parts, on a damaged file
DAMAGE = (OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, MemoryError, OverflowError)
NOT_HDF5 = "cannot be read as HDF5, damaged or truncated"
Seen = set[tuple[int, int]]  # objects of a file


@dataclass(frozen=True)
class Variable:
    """An array with a name for every axis, and attributes (strings, numbers, vectors of numbers)."""

    dims: tuple[str, ...]
    values: NDArray[Any]
    attrs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Streamed(Variable):
    """A variable that is made piece by piece while it is written, and is never whole in memory.

    `values` has no rows, and the type and other axes of the pieces; `pieces()` yields arrays that make up `rows` rows.
    """

    rows: int = 0
    pieces: Callable[[], Iterable[NDArray[Any]]] = tuple


@dataclass(frozen=True)
class Group:
    """Variables that share their dimensions. A variable named like its only dimension is a coordinate."""

    variables: Mapping[str, Variable]
    attrs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A whole file: attributes of the root and groups by path, e.g. ``"signals/lfp"``."""

    attrs: Mapping[str, Any]
    groups: Mapping[str, Group]


@dataclass(frozen=True)
class Stored:
    """A variable that stays in its file and is read piece by piece.

    Attributes:
        dims, attrs: as of a Variable.
        dtype, shape: of its values; texts have a dtype without a length.
        part: ``part(key)`` returns ``values[key]``.
        packed: rows, along the last axis but one, that are compressed together: reading by multiples of it unpacks
            nothing twice.
    """

    dims: tuple[str, ...]
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    part: Callable[[Any], NDArray[Any]]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    packed: int = 1

    @property
    def nbytes(self) -> int:
        """Size of its values; of a text its length is not known."""
        return math.prod(self.shape) * max(1, self.dtype.itemsize)


@dataclass(frozen=True)
class StoredGroup:
    """A Group that stays in its file."""

    variables: Mapping[str, Stored]
    attrs: Mapping[str, Any] = field(default_factory=dict)


def versions(*extra: str) -> dict[str, str]:
    """Return the versions of the packages that a result can depend on, loaded or not, and of `extra`."""
    return {name: _version(name) for name in dict.fromkeys(("ictal", "numpy", "scipy", "numba", "h5py", *extra))}


@functools.cache
def _version(name: str) -> str:
    from importlib.metadata import version  # reads and parses files: a millisecond a package

    return version(name)


def about(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of the root of a result: kind, config that repeats it, seed, engine, versions."""
    return {
        "kind": kind,
        "config": to_json(dict(config)),
        "seed": to_json(config.get("seed", config.get("seeds"))),
        "engine": str(config.get("engine", "")),
        "versions": to_json(config.get("versions", versions())),
    }


def to_json(value: object) -> str:
    """Return JSON with sorted keys; numpy scalars and arrays become plain ones. NaN is refused."""

    def plain(item: object) -> object:
        if isinstance(item, np.generic):
            return item.item()
        if isinstance(item, np.ndarray):
            return item.tolist()
        if isinstance(item, Mapping):
            return dict(item)
        if isinstance(item, Path):
            return str(item)
        raise TypeError(f"not JSON: {type(item).__name__}")

    return json.dumps(value, default=plain, sort_keys=True, allow_nan=False)


def from_json(text: str) -> Any:
    """Return the value of a text that `to_json` made.

    Raises:
        ValueError: it is no JSON, or holds a number that is not finite.
    """

    def finite(number: str) -> float:
        value = float(number)
        if not math.isfinite(value):
            raise ValueError(f"{number} is no finite number")
        return value

    return json.loads(text, parse_float=finite, parse_constant=finite)


def write(document: Document, path: str | os.PathLike[str], *, force: bool = False, within: Path | None = None) -> Path:
    """Write a document under a temporary name (`within` as in `replacing`) and rename it.

    Raises:
        InputError: as `replacing`; or the disk is full.
    """
    with (
        replacing(path, force, within) as temporary,
        Sink(temporary) as sink,
        h5py.File(sink, "w", libver=("earliest", "v110"), track_order=True) as file,
    ):
        magic = {"magic": SONATA_MAGIC, "version": SONATA_VERSION}
        version = {"format": FORMAT, "format_version": np.int64(FORMAT_VERSION)}
        created = {"created": datetime.now(UTC).isoformat(timespec="seconds")}
        _set_attrs(file, {**document.attrs, **version, **created, **magic})
        for name, group in document.groups.items():
            _write_group(file.require_group(name), group, compress=not name.startswith("spikes/"))
    return Path(path)


def read(path: str | os.PathLike[str], kind: str | None = None) -> Document:
    """Read a document whole.

    Args:
        path: the file.
        kind: refuse files of another kind (``"run"``, ``"comparison"``).

    Raises:
        InputError: one line: missing, empty, not HDF5, truncated, not written by Ictal, of a newer
            format, or of another kind.
    """
    with opened(path, kind) as (attrs, stored):
        with damage_in_one_line(path):
            size = sum(v.nbytes for group in stored.values() for v in group.variables.values())
            check_memory("its content", COPIES * size)
        groups = {}
        for name, group in stored.items():
            variables = {key: Variable(v.dims, v.part(...), v.attrs) for key, v in group.variables.items()}
            groups[name] = Group(variables, group.attrs)
        return Document(attrs, groups)


def config_of(path: str | os.PathLike[str], kind: str) -> dict[str, Any]:
    """Return the configuration of an existing result; empty without a file. Errors as of `opened`."""
    if not Path(path).exists():
        return {}
    with opened(path, kind) as (attrs, _):
        return dict(json.loads(str(attrs.get("config", "{}"))))


@contextlib.contextmanager
def opened(
    path: str | os.PathLike[str], kind: str | None = None, *, own: bool = True
) -> Iterator[tuple[dict[str, Any], dict[str, StoredGroup]]]:
    """Open a file: yield the attributes of its root, and its groups by path, which can be read within the block.

    Args:
        path, kind: as of `read`.
        own: refuse files that Ictal did not write in its own format.

    Raises:
        InputError: as `read`, and again whenever a part is read that is damaged.
    """
    source = Path(path)
    check_readable(source, "an HDF5 file")
    if source.stat().st_size == 0:
        raise InputError(f"{source}: is empty; want an HDF5 file written by ictal")
    with contextlib.ExitStack() as stack:
        with damage_in_one_line(source):
            file = stack.enter_context(open_hdf5(source))
            attrs = attributes(file)
            if own and attrs.get("format") != FORMAT:
                raise InputError(
                    f"{source}: is HDF5 but was not written by ictal (no attribute format = {FORMAT!r}); if it holds "
                    f"an array, give that: numpy.save('FILE.npy', h5py.File({str(source)!r})[NAME][:])"
                )
            found = attrs.get("format_version")
            if own and (not isinstance(found, int | np.integer) or found > FORMAT_VERSION):
                raise InputError(
                    f"{source}: has format version {found}; this ictal reads up to {FORMAT_VERSION}: upgrade ictal"
                )
            if kind is not None and attrs.get("kind") != kind:
                raise InputError(f"{source}: holds a {attrs.get('kind')}; want a {kind}")
            groups: dict[str, StoredGroup] = {}
            _collect(source, file, "", groups, set())
        yield attrs, groups


@contextlib.contextmanager
def damage_in_one_line(source: str | os.PathLike[str], what: str = NOT_HDF5) -> Iterator[None]:
    """Turn the errors of a damaged file into an InputError that names the file."""
    try:
        yield
    except DAMAGE as error:
        if isinstance(error, InputError) and str(error).startswith(str(source)):
            raise
        fault = f"{what}: " * (what != NOT_HDF5 or not isinstance(error, InputError))
        raise InputError(f"{source}: {fault}{first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _write_group(target: h5py.Group, group: Group, compress: bool) -> None:
    _set_attrs(target, group.attrs)
    sizes: dict[str, int] = {}
    for name, variable in group.variables.items():
        shape = _shape(variable)
        if len(shape) != len(variable.dims):
            raise ValueError(f"{target.name}/{name}: {len(shape)} axes but dims {variable.dims}")
        for dim, n in zip(variable.dims, shape, strict=True):
            if sizes.setdefault(dim, n) != n:
                raise ValueError(f"{target.name}/{name}: dimension {dim} is {n} here and {sizes[dim]} elsewhere")
    for dim, n in sizes.items():
        coordinate = group.variables.get(dim)
        if coordinate is not None and coordinate.dims == (dim,):
            _create(target, dim, coordinate, compress=False).make_scale(dim)
        else:
            target.create_dataset(dim, shape=(n,), dtype="f4").make_scale(f"{_NO_COORDINATE}{n:10d}")
    for name, variable in group.variables.items():
        if variable.dims == (name,):
            continue
        dataset = _create(target, name, variable, compress)
        for axis, dim in enumerate(variable.dims):
            dataset.dims[axis].attach_scale(target[dim])


def _shape(variable: Variable) -> tuple[int, ...]:
    shape = np.shape(variable.values)
    return (variable.rows, *shape[1:]) if isinstance(variable, Streamed) else shape


def _create(target: h5py.Group, name: str, variable: Variable, compress: bool) -> h5py.Dataset:
    values = np.asarray(variable.values)
    attrs = dict(variable.attrs)
    options: dict[str, Any] = {}
    if values.dtype.kind in "US":
        values, options["dtype"] = values.astype(object), h5py.string_dtype()
    elif values.dtype.kind == "b":
        values, attrs["dtype"] = values.astype(np.uint8), "bool"
    elif compress and math.prod(_shape(variable)) >= _COMPRESS_FROM:
        options |= {"compression": "gzip", "compression_opts": 1, "shuffle": True}
    if isinstance(variable, Streamed):
        dataset = target.create_dataset(name, shape=_shape(variable), dtype=values.dtype, **options)
        _fill(dataset, variable)
    else:
        dataset = target.create_dataset(name, data=values, **options)
    _set_attrs(dataset, attrs)
    return dataset


def _fill(dataset: h5py.Dataset, variable: Streamed) -> None:
    at = 0
    for piece in variable.pieces():
        dataset[at : at + len(piece)] = piece
        at += len(piece)
    if at != variable.rows:
        raise ValueError(f"{dataset.name}: {at} rows were made; want {variable.rows}")


def _set_attrs(target: h5py.Group | h5py.Dataset, attrs: Mapping[str, Any]) -> None:
    for name, value in attrs.items():
        if name == "sorting" and isinstance(value, str):
            enum = h5py.enum_dtype(SONATA_SORTING, basetype="u1")
            target.attrs.create(name, SONATA_SORTING[value], dtype=enum)
        else:
            target.attrs[name] = np.uint8(value) if isinstance(value, bool) else value


def _collect(source: Path, group: h5py.Group, path: str, found: dict[str, StoredGroup], seen: Seen) -> None:
    variables = {}
    for name, item in members(group, seen):
        if isinstance(item, h5py.Group):
            _collect(source, item, f"{path}/{name}" if path else name, found, seen)
        elif not _is_bare_dimension(item):
            check_dataset(item)
            variables[name] = _stored(source, item, name)
    if variables:
        found[path] = StoredGroup(variables, attributes(group))


def _is_bare_dimension(item: h5py.Dataset) -> bool:
    label = item.attrs.get("NAME", b"")
    return _is_scale(item) and bytes(label).startswith(_NO_COORDINATE.encode())


def _is_scale(item: h5py.Dataset) -> bool:
    """Return whether a dataset is a dimension scale; h5py's `is_scale` frees memory twice in a damaged file."""
    return bool(np.all(item.attrs.get("CLASS", b"") == np.bytes_(b"DIMENSION_SCALE")))


def _stored(source: Path, item: h5py.Dataset, name: str) -> Stored:
    attrs = attributes(item)
    if _is_scale(item):
        dims: tuple[str, ...] = (name,)
    else:
        dims = tuple(item.dims[axis][0].name.rsplit("/", 1)[-1] for axis in range(item.ndim))
    is_text = h5py.check_string_dtype(item.dtype) is not None
    is_bool = not is_text and attrs.get("dtype") == "bool"
    if is_bool:
        del attrs["dtype"]
    dtype = np.dtype(str if is_text else bool if is_bool else item.dtype)

    def part(key: Any) -> NDArray[Any]:
        with damage_in_one_line(source):
            if is_text:
                return texts(item.asstr()[key])
            values = item[key]
            return np.asarray(values.astype(bool) if is_bool else values)

    packed = int(item.chunks[-2:][0]) if item.chunks else 1
    return Stored(dims, dtype, tuple(item.shape), part, attrs, packed)
