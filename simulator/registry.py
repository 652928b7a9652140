"""Names to objects: an entry "module:Object" is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from . import unknown


def resolve(where: str, package: str) -> Any:
    """The object at "module:Object"; a module that is not absolute is looked up in `package`.

    >>> resolve("errors:InputError", "ictal.simulator").__name__
    'InputError'
    """
    module, _, attribute = where.partition(":")
    name = module if module.startswith("ictal.") else f"{package}.{module}"
    return getattr(import_module(name), attribute)


def found(kind: str, table: Mapping[str, tuple[str, str]], name: str, package: str) -> Any:
    """The object that `table` has under this name; an unknown name is refused with the nearest."""
    if name not in table:
        raise unknown(kind, name, table)
    return resolve(table[name][0], package)
