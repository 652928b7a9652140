"""Base of all results, and `load`, which opens every file of Ictal."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

from ..errors import InputError, unknown
from ..kinds import RESULTS, Kind
from .disk import path_of
from .document import (
    Document,
    Group,
    Stored,
    StoredGroup,
    Variable,
    about,
    damage_in_one_line,
    from_json,
    opened,
    read,
    write,
)
from .formats import not_read
from .readers import READERS, is_result
from .rows import from_group, plain, to_group
from .table import Table

SUFFIXES = {".pt": "model"}  # of files that are no HDF5
_APART = ("command", "source", "versions", "seed", "measures")  # of config; `ictal info` shows them elsewhere


class Result(Kind):
    """Base of results. A subclass is a dataclass that names its tables, or converts itself to groups and back.

    Attributes:
        config: settings that repeat the result, JSON-able.
        attributes: fields that are stored as text next to `config` in the root of the file.
        stored: (field, path in the file, dataclass of a row) of every field that is a table.
        main: the field with the rows that a result is looked through by; "" of one that has none.
        key: the column that names a row.
    """

    config: Mapping[str, Any]
    main: ClassVar[str] = "rows"
    key: ClassVar[str] = "measure"
    attributes: ClassVar[tuple[str, ...]] = ()
    stored: ClassVar[tuple[tuple[str, str, type[Any]], ...]] = ()

    def to_groups(self) -> dict[str, Group]:
        """Return path -> group of the file: the tables of `stored` that have rows."""
        return {path: to_group(kind, rows) for name, path, kind in self.stored if (rows := getattr(self, name))}

    @classmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **fields: Any) -> Self:
        """Return the result with the tables of `stored` from these groups, this config, and these other fields."""
        tables = {name: from_group(kind, groups[path]) if path in groups else [] for name, path, kind in cls.stored}
        return cls(**tables, **fields, config=config)  # type: ignore[call-arg]  # a subclass is a dataclass of these

    def table(self, name: str = "") -> Table[Any]:
        """Return the rows of a table, by default of the main one.

        Raises:
            InputError: no such table.
        """
        kinds = {field: kind for field, _, kind in self.stored}
        name = name or self.main
        if name not in {self.main, *kinds}:
            raise unknown("table", name, {self.main, *kinds} - {""})
        return Table(getattr(self, name), kinds.get(name))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.table())

    def __len__(self) -> int:
        return len(self.table())

    def __getitem__(self, at: Any) -> Any:
        """Return a row by its place, or the rows of a measure by its name.

        Raises:
            InputError: no row has this name.
        """
        rows = self.table()
        if not isinstance(at, str):
            return rows[at]
        if not (found := [row for row in rows if getattr(row, self.key) == at]):
            raise unknown(self.key, at, {str(getattr(row, self.key)) for row in rows})
        return Table(found)

    def _ipython_key_completions_(self) -> list[str]:
        return list(dict.fromkeys(str(getattr(row, self.key)) for row in self.table()))

    def sort(self, by: str | Callable[[Any], Any], *, descending: bool = False) -> Self:
        """Return the result with its rows in the order of a column, or of a function of the row; NaN comes last.

        Raises:
            InputError: no such column.
        """
        return replace(self, **{self.main: self.table().sort(by, descending=descending).rows})  # type: ignore[type-var]

    def to_pandas(self, table: str = "") -> Any:
        """Return a table as a DataFrame, by default the main one.

        Raises:
            InputError: no such table, or pandas is not installed.
        """
        return self.table(table).to_pandas()

    def document(self) -> Document:
        """Return the attributes and groups of its file."""
        named = {name: getattr(self, name) for name in self.attributes}
        return Document({**about(self.kind, self.config), **named}, self.to_groups())

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write to an HDF5 file, whole or not at all (data/README.md).

        Raises:
            InputError: the file exists (and not force), or cannot be written.
        """
        return write(self.document(), path, force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file of `save`.

        Raises:
            InputError: one line: missing, truncated, foreign, of a newer version, of another kind, or damaged.
        """
        document = read(path, cls.kind)
        with damage_in_one_line(path, f"is not a complete {cls.kind} file, a part is missing or damaged"):
            config = dict(from_json(document.attrs["config"]))
            return cls.from_groups(document.groups, config, **{n: str(document.attrs[n]) for n in cls.attributes})

    def to_json(self) -> dict[str, Any]:
        """Return plain dictionaries and lists; a number that is not finite becomes None."""
        return {"kind": self.kind, **plain(self.tables()), "config": plain(self.config)}

    def tables(self) -> Mapping[str, Any]:
        """Return the content of `to_json`: rows, arrays and numbers by name."""
        return {name: {key: v.values for key, v in group.variables.items()} for name, group in self.to_groups().items()}

    def facts(self) -> dict[str, Any]:
        """Return settings and groups."""
        settings = {key: value for key, value in self.config.items() if key not in _APART and value is not None}
        return {"settings": settings, "groups": list(self.to_groups())}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.to_groups()) or 'empty'})"


def load(path: str | os.PathLike[str]) -> Any:
    """Load anything that Ictal wrote: a run, any result, a trained network (.pt), the folder of a sweep.

    Raises:
        InputError: one line: missing, damaged, foreign, of a newer version, or of a kind that is not known here.
    """
    source = path_of(path)
    _check_format(source)
    kind = "sweep" if source.is_dir() else SUFFIXES.get(source.suffix.lower()) or str(attributes(source).get("kind"))
    if kind not in RESULTS:
        raise InputError(
            f"{source}: is of the kind {kind[:60]!r}; known here: {', '.join(RESULTS)}; upgrade ictal, or install the "
            "package that wrote it"
        )
    loader = RESULTS.load(kind)
    return getattr(loader, "load", loader)(source)


def attributes(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the attributes of the root of an HDF5 file; none of a folder or a file of weights."""
    if not _is_hdf5(path):
        return {}
    with opened(path) as (attrs, _):
        return attrs


@contextlib.contextmanager
def contents(of: Kind | str | os.PathLike[str]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, StoredGroup]]]:
    """Yield attributes and groups of a result, or of a file; arrays of an HDF5 file are read on access.

    Raises:
        InputError: as `load`.
    """
    if not isinstance(of, Kind):
        _check_format(Path(of))
    if not isinstance(of, Kind) and _is_hdf5(of):
        with opened(of) as stored:
            yield stored
        return
    document = (of if isinstance(of, Kind) else load(of)).document()
    yield (
        document.attrs,
        {name: StoredGroup(_in_memory(group.variables), group.attrs) for name, group in document.groups.items()},
    )


def _check_format(source: Path) -> None:
    """Refuse a file that Ictal did not write.

    Raises:
        InputError: its format is read by other commands, or by none.
    """
    if not source.exists() or is_result(source) or (source.is_file() and not source.stat().st_size):
        return
    if source.is_dir() or source.suffix.lower() in READERS:
        raise InputError(
            f"{source}: is no file of ictal's own, as this needs; ictal measure, compare, plot, info and export read "
            "it, and ictal.save(ictal.open_run(FILE), 'NAME.h5') writes one"
        )
    raise not_read(source, tuple(READERS))


def _is_hdf5(path: str | os.PathLike[str]) -> bool:
    return not Path(path).is_dir() and Path(path).suffix.lower() not in SUFFIXES


def _in_memory(variables: Mapping[str, Variable]) -> dict[str, Stored]:
    """Return variables in memory with the interface of those in a file, sorted by name as there."""
    return {
        name: Stored(v.dims, v.values.dtype, v.values.shape, v.values.__getitem__, v.attrs)
        for name, v in sorted(variables.items())
    }
