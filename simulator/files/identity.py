"""Identity of a run: a hash of its description, and the differences between two identities."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

_MOST_NAMED = 3  # differences in one line
_LONGEST = 60  # characters of a value in it


def fingerprint(network: object) -> str:
    """Return the SHA-256 of a description: of all fields of all its parts that are compared, arrays included.

    >>> from ..networks.schedule import Schedule
    >>> fingerprint(Schedule("g", (0,), (1,))) == fingerprint(Schedule("g", (0,), (2,)))
    False
    """
    digest = hashlib.sha256()

    def take(item: object) -> None:
        if is_dataclass(item) and not isinstance(item, type):
            digest.update(f"{type(item).__name__}(".encode())
            for field in fields(item):
                if not field.compare:
                    continue
                digest.update(f"{field.name}=".encode())
                take(getattr(item, field.name))
        elif isinstance(item, np.ndarray):
            digest.update(f"{item.dtype.str}{item.shape}".encode())
            digest.update(np.ascontiguousarray(item).reshape(-1).view(np.uint8).data)
        elif isinstance(item, tuple | list):
            digest.update(f"{len(item)}[".encode())
            for member in item:
                take(member)
        else:
            digest.update(f"{item!r},".encode())

    take(network)
    return digest.hexdigest()


def identity(source: str | os.PathLike[str]) -> dict[str, str]:
    """Return the path of a file and the SHA-256 of its content."""
    with Path(source).open("rb") as file:
        return {"file": str(source), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Return the differences between two identities, in words; "" if they are equal.

    >>> differences({"seed": 1, "parameters": {"g": 1.0}}, {"seed": 1, "parameters": {"g": 0.5}})
    'parameters.g is 1.0 there and 0.5 here'
    """
    found = _differing(there, here)
    keys = [key for key in found if f"parameters.{key}" not in found]
    if any(key.startswith("parameters.") for key in keys):  # the network follows from the parameters
        keys = [key for key in keys if not key.startswith("network.")]
    keys = [key for key in keys if not key.startswith("continues.c")] or keys  # changes follow from the network
    words = [f"{key} is {_short(found[key][0])} there and {_short(found[key][1])} here" for key in keys[:_MOST_NAMED]]
    return ", ".join(words) + (f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else "")


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return every change between two descriptions in words; of named items also that of their names or order.

    >>> changes({"cells": [{"name": "E", "tau": 1.0}]}, {"cells": [{"name": "E", "tau": 2.0}]})
    ['cells[E].tau: 1.0 -> 2.0']
    """
    return [f"{key}: {_short(a)} -> {_short(b)}" for key, (a, b) in _differing(old, new).items()]


def _differing(there: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    a, b = _flat(there), _flat(here)
    each = {key: (a.get(key, "nothing"), b.get(key, "nothing")) for key in {**a, **b}}
    return {key: (one, other) for key, (one, other) in each.items() if not _same(one, other)}


def _same(one: Any, other: Any) -> bool:
    """Return whether two leaves are equal, to the sign of a zero: it stands in the bits of what is recorded."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == other and math.copysign(1.0, one) == math.copysign(1.0, other)
    return bool(one == other)


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves by path; items of a list of mappings by their number, or by their name.

    Named items have their order as a leaf of its own: seeds are dealt out in that order.
    """
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) for item in value):
            names = [item.get("name") for item in value]
            named = None not in names and len(set(names)) == len(value)
            if named:
                flat[prefix + key] = names
            for k, item in enumerate(value):
                flat |= _flat(item, f"{prefix}{key}[{item['name'] if named else k}].")
        else:
            flat[prefix + key] = value
    return flat


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
