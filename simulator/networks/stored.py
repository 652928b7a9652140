"""A network within an HDF5 file: its description as JSON in a dataset, and each large array in one of its own.

An attribute of HDF5 holds 64 kB at most; a dataset holds any description.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files.document import Group, Variable
from .description import array_sha256, describe, parse_network
from .network import Network

JSON = "description"


def to_group(network: Network, settings: str = "") -> Group:
    """Return the group of a file that holds a network.

    Its attribute ``sha256`` is that of the settings of the run and the JSON, in which every array of its own has one.
    A hash of the text, not of the objects, stays true when a later version has further fields.
    """
    arrays: dict[str, NDArray[Any]] = {}
    text = json.dumps(describe(network, arrays), allow_nan=False)
    variables = {JSON: Variable((), np.asarray(text))}
    for name, array in arrays.items():
        variables[name] = Variable(tuple(f"{name}_{axis}" for axis in range(array.ndim)), array)
    return Group(variables, {"settings": settings, "sha256": _hash(settings, text)})


def from_group(group: Group) -> Network:
    """Return the network of a group, the inverse of `to_group`.

    Raises:
        InputError: it holds no network, or one that was changed after it was written.
    """
    text = _checked_text(group)
    arrays = {name: variable.values for name, variable in group.variables.items() if name != JSON}
    return parse_network(text, arrays)


def check_group(group: Group) -> None:
    """Check that a group is as it was written, without making its network.

    Raises:
        InputError: as of `from_group`.
    """
    text = _checked_text(group)
    try:
        pending: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError) as error:
        raise InputError(f"its description of the network is no JSON: {error}") from error
    while pending:
        item = pending.pop()
        if isinstance(item, dict) and "sha256" in item and (name := item.get("array")) is not None:
            if name not in group.variables or array_sha256(group.variables[name].values) != item["sha256"]:
                raise InputError(f"its array {name!r} of the network is not the one that was described")
        elif isinstance(item, dict | list):
            pending += item.values() if isinstance(item, dict) else item


def _checked_text(group: Group) -> str:
    """Return the JSON of a group, once its hash is checked."""
    if JSON not in group.variables or "sha256" not in group.attrs:
        raise InputError("holds no description of a network")
    text = str(group.variables[JSON].values)
    if _hash(str(group.attrs.get("settings", "")), text) != str(group.attrs["sha256"]):
        raise InputError("its description of the network or the settings of the run were changed after it was written")
    return text


def _hash(settings: str, text: str) -> str:
    return hashlib.sha256(f"{settings}\n{text}".encode()).hexdigest()
