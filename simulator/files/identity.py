"""Identity of a run: a hash of its description, and the differences between two identities."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

_MOST_NAMED = 3  # differences in one line


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


def differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Return the differences between two identities, in words; "" if they are equal.

    >>> differences({"seed": 1, "parameters": {"g": 1.0}}, {"seed": 1, "parameters": {"g": 0.5}})
    'parameters.g is 1.0 there and 0.5 here'
    """
    a, b = _flat(there), _flat(here)
    keys = [key for key in {**a, **b} if a.get(key, "nothing") != b.get(key, "nothing")]
    keys = [key for key in keys if f"parameters.{key}" not in keys]
    if len(keys) > 1:  # the fingerprint adds nothing to a parameter that differs
        keys = [key for key in keys if key != "network"]
    words = [f"{key} is {a.get(key, 'nothing')} there and {b.get(key, 'nothing')} here" for key in keys[:_MOST_NAMED]]
    return ", ".join(words) + (f" and {len(keys) - _MOST_NAMED} more" if len(keys) > _MOST_NAMED else "")


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
    return flat
