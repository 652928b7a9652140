"""Results: one base for what was found, and `load`, which opens everything that Ictal wrote."""

from __future__ import annotations

import contextlib
import json
import os
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from ..errors import InputError
from ..kinds import RESULTS, Kind
from .document import DAMAGE, Document, Group, Stored, StoredGroup, about, first_line, opened, read, write
from .rows import plain

SUFFIXES = {".pt": "model"}  # of files that are no HDF5
_APART = ("command", "source", "versions", "seed", "measures")  # of config; `ictal info` shows them elsewhere


class Result(Kind):
    """Base of results. A subclass is a dataclass that gives its groups and is made of them again.

    Attributes:
        config: everything that is needed to do it again, JSON-able.
        attributes: fields that stand as text beside `config` in the root of the file.
    """

    config: Mapping[str, Any]
    attributes: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def to_groups(self) -> dict[str, Group]:
        """Return path -> group of the file."""

    @classmethod
    @abstractmethod
    def from_groups(cls, groups: Mapping[str, Group], config: dict[str, Any], **attributes: str) -> Self:
        """Return the result that has these groups, this config and these `attributes`."""

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
        """Read what `save` wrote.

        Raises:
            InputError: one line: missing, truncated, foreign, of a newer version, of another kind, or damaged.
        """
        document = read(path, cls.kind)
        try:
            config = dict(json.loads(document.attrs["config"]))
            return cls.from_groups(document.groups, config, **{n: str(document.attrs[n]) for n in cls.attributes})
        except DAMAGE as error:
            message = f"{path}: is not a complete {cls.kind} file, a part is missing or damaged: {first_line(error)}"
            raise InputError(message) from error

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
    source = Path(path)
    if source.is_dir():
        kind = "sweep"
    elif (kind := SUFFIXES.get(source.suffix.lower(), "")) == "":
        with opened(source) as (attrs, _):
            kind = str(attrs.get("kind"))
    if kind not in RESULTS:
        raise InputError(
            f"{source}: is of the kind {kind[:60]!r}; known here: {', '.join(RESULTS)}; upgrade ictal, or install the "
            "package that wrote it"
        )
    loader = RESULTS.load(kind)
    return getattr(loader, "load", loader)(source)


@contextlib.contextmanager
def contents(of: Kind | str | os.PathLike[str]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, StoredGroup]]]:
    """Attributes and groups of a result, or of a file; those of an HDF5 file stay there until they are read.

    Raises:
        InputError: as `load`.
    """
    if not isinstance(of, Kind):
        if not Path(of).is_dir() and Path(of).suffix.lower() not in SUFFIXES:
            with opened(of) as stored:
                yield stored
            return
        of = load(of)
    document = of.document()
    groups = document.groups.items()
    yield document.attrs, {name: StoredGroup({k: _held(v) for k, v in g.variables.items()}, g.attrs) for name, g in groups}


def _held(variable: Any) -> Stored:
    """A variable in memory, read like one that stays in its file."""
    values = variable.values
    return Stored(variable.dims, values.dtype, values.shape, values.__getitem__, variable.attrs)
