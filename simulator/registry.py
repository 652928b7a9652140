"""Registries: a name -> "module:Object" and one line. Nothing is imported before it is asked for."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from functools import cache, reduce
from importlib import import_module
from typing import Any, NamedTuple

from .errors import InputError, unknown


class Entry(NamedTuple):
    """One registered name.

    Attributes:
        where: ``"module:Object"``.
        line: one line of description.
        package: name of the distribution that a plug-in comes from; empty for Ictal's own.
    """

    where: str
    line: str
    package: str = ""


class Registry(Mapping[str, Entry]):
    """Named objects of one kind: Ictal's own, and those that installed packages add by entry points.

    A package adds a name in its ``pyproject.toml``::

        [project.entry-points."ictal.systems"]
        my_system = "my_package.my_module:MySystem"

    The names of a registry are its own, then those of plug-ins. A plug-in with a name that is taken is left out, and
    `problems` says so. Entry points are read when a name is looked up that is not Ictal's own, or all are listed.

    Args:
        kind: of the objects, in words, e.g. ``"system"``; entry points are those of ``"ictal.KINDs"``.
        package: of modules that are given relative to it.
        own: name -> ("module:Object", one line).
        group: of the entry points, where it is not the plural of `kind`.
        needs: attributes that an object of a plug-in must have.

    >>> errors = Registry("error", "ictal.simulator", {"input": ("errors:InputError", "bad input")})
    >>> errors.load("input").__name__, errors["input"].line
    ('InputError', 'bad input')
    """

    def __init__(
        self, kind: str, package: str, own: Mapping[str, tuple[str, str]], group: str = "", needs: tuple[str, ...] = ()
    ) -> None:
        self.kind, self.group = kind, group or f"ictal.{kind}s"
        self.problems: tuple[str, ...] = ()
        self._needs = needs
        self._package = package
        self._own = {name: Entry(*entry) for name, entry in own.items()}
        self._added: dict[str, Entry] | None = None

    def __getitem__(self, name: str) -> Entry:
        return self._own[name] if name in self._own else self._plugins()[name]

    def __iter__(self) -> Iterator[str]:
        return iter([*self._own, *self._plugins()])

    def __len__(self) -> int:
        return len(self._own) + len(self._plugins())

    def load(self, name: str) -> Any:
        """Return the object of this name.

        Raises:
            InputError: no such name (with the nearest), or a plug-in that cannot be imported or calls itself otherwise.
        """
        if name not in self:
            raise unknown(self.kind, name, self)
        entry = self[name]
        if not entry.package:
            return resolve(entry.where, self._package)
        what = f"{self.kind} {name!r} of package {entry.package}"
        try:
            found = resolve(entry.where, "")
        except (Exception, SystemExit) as error:  # a plug-in may fail in any way: it ends itself, not the rest
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(f"{what} cannot be loaded: {reason}") from error
        if missing := [need for need in self._needs if not hasattr(found, need)]:
            raise InputError(f"{what}: {entry.where} is no {self.kind}: a {type(found).__name__} without {missing[0]}")
        if (own := getattr(found, "name", name)) != name:  # results are stored, and looked up, by it
            raise InputError(f"{what}: {entry.where} must have the same name; got {own!r}")
        return found

    def usable(self) -> list[str]:
        """Return all names but those of plug-ins that cannot be imported; each of these gives a warning."""
        names = []
        for name, entry in self.items():
            try:
                if entry.package:
                    self.load(name)
                names.append(name)
            except InputError as error:
                warnings.warn(f"{error}; left out", stacklevel=2)
        return names

    def lines(self) -> dict[str, str]:
        """Return name -> one line."""
        return {name: self[name].line for name in self}

    def _plugins(self) -> dict[str, Entry]:
        if self._added is None:
            self._added = {}
            for point in _entry_points().select(group=self.group):
                package, summary = _described(point.dist)
                if point.name in self:
                    owner = self[point.name].package or "Ictal"
                    self.problems += (
                        f"{self.kind} {point.name!r} of package {package}: {owner} has this name; left out",
                    )
                    continue
                self._added[point.name] = Entry(
                    point.value, f"from {package}" + (f": {summary}" if summary else ""), package
                )
        return self._added


@cache
def _entry_points() -> Any:
    from importlib.metadata import EntryPoints, distributions, entry_points  # reads metadata of every package: some ms

    try:
        return entry_points()
    except Exception:  # the text of one package is broken: leave out that one
        found: list[Any] = []
        for package in distributions():
            try:
                found += package.entry_points
            except Exception as error:
                warnings.warn(
                    f"entry points of {_described(package)[0]} cannot be read: {error}; left out", stacklevel=2
                )
        return EntryPoints(found)


def _described(package: Any) -> tuple[str, str]:
    """Return the name and the summary of an installed package, or words and "" where it has no metadata."""
    try:
        return (package.name or "an unnamed package", package.metadata.get("Summary") or "")
    except Exception:  # no package, or no metadata
        return "an unnamed package", ""


def resolve(where: str, package: str) -> Any:
    """Return the object at "module:Object"; a module that is not absolute is looked up in `package`.

    >>> resolve("errors:InputError", "ictal.simulator").__name__
    'InputError'
    """
    module, colon, attribute = where.partition(":")
    if not colon:
        raise InputError(f"{where!r}: must be module:Object")
    absolute = not package or module.startswith("ictal.")
    return reduce(getattr, attribute.split("."), import_module(module if absolute else f"{package}.{module}"))
