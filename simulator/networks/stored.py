"""A network within an HDF5 file: its description as JSON in a dataset, and each large array in one of its own.

An attribute of HDF5 holds 64 kB at most; a dataset holds any description.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files.document import Group, Variable
from ..files.identity import fingerprint
from .description import describe, parse_network
from .network import Network

JSON = "description"


def to_group(network: Network) -> Group:
    """Return the group of a file that holds a network; its attribute ``sha256`` is the `fingerprint`."""
    arrays: dict[str, NDArray[Any]] = {}
    text = json.dumps(describe(network, arrays), allow_nan=False)
    variables = {JSON: Variable((), np.asarray(text))}
    for name, array in arrays.items():
        variables[name] = Variable(tuple(f"{name}_{axis}" for axis in range(array.ndim)), array)
    return Group(variables, {"sha256": fingerprint(network)})


def from_group(group: Group) -> Network:
    """Return the network of a group, the inverse of `to_group`.

    Raises:
        InputError: it holds no network, or one whose fingerprint is another than the stored one.
    """
    if JSON not in group.variables or "sha256" not in group.attrs:
        raise InputError("holds no description of a network")
    arrays = {name: variable.values for name, variable in group.variables.items() if name != JSON}
    network = parse_network(str(group.variables[JSON].values), arrays)
    if (found := fingerprint(network)) != group.attrs["sha256"]:
        raise InputError(f"its network has the SHA-256 {found}; the file says {group.attrs['sha256']}")
    return network
