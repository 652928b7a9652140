"""Origin of a run in its file: ``/network``, the description with its settings, and ``/state``, that at the end.

A state is of one layout of the engine. One of another layout is left out, as if the file had none.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..recordings.origin import Origin
from ..registry import resolve
from .document import Document, Group, Variable, damage_in_one_line, opened, to_json
from .identity import identity

NETWORK, STATE = "network", "state"
LAYOUT = 1  # of the state of the compiled engine: the order and meaning of its arrays


def origin_groups(origin: Origin) -> dict[str, Group]:
    """Return the groups of a file that hold the origin of a run."""
    if origin.stored:
        return dict(origin.stored)
    network = resolve("networks.stored:to_group", "ictal.simulator")(origin.network, to_json(dict(origin.settings)))
    groups: dict[str, Group] = {NETWORK: network}
    if origin.state:
        variables = {
            name: Variable(tuple(f"{name}_{axis}" for axis in range(array.ndim)), array, {"crc32": checksum(array)})
            for name, array in origin.state.items()
        }
        attrs = {"layout": LAYOUT, "of": network.attrs["sha256"], "crc32": _of_all(origin.state)}
        groups[STATE] = Group(variables, attrs)
    return groups


def read_origin(document: Document) -> Origin | None:
    """Return the origin of the run of a document; None where it has none. The network is read when it is asked for."""
    if NETWORK not in document.groups:
        return None
    stored = {name: document.groups[name] for name in (NETWORK, STATE) if name in document.groups}
    group, state = stored[NETWORK], stored.get(STATE)
    settings = json.loads(str(group.attrs.get("settings", "{}")))

    def network() -> Any:
        return resolve("networks.stored:from_group", "ictal.simulator")(group)

    usable = state is not None and _same(LAYOUT, state.attrs.get("layout"))
    arrays = {name: variable.values for name, variable in state.variables.items()} if state and usable else {}
    return Origin(settings, network, arrays, stored)


def open_origin(path: str | os.PathLike[str]) -> tuple[Origin | None, dict[str, Any]]:
    """Return origin and provenance of the run in a file, without its recordings; None where it has no origin.

    Raises:
        InputError: as `document.read`, or its description does not belong to it.
    """
    with opened(path, "run") as (attrs, groups), damage_in_one_line(path, "is not a complete run"):
        kept = {name: group for name, group in groups.items() if name in (NETWORK, STATE)}
        parts = {
            name: Group(
                {key: Variable(v.dims, v.part(...), v.attrs) for key, v in group.variables.items()}, group.attrs
            )
            for name, group in kept.items()
        }
        source = {**json.loads(attrs["config"]), "seed": json.loads(attrs["seed"]), "engine": attrs["engine"]}
        source["versions"] = json.loads(attrs["versions"])
        origin = read_origin(Document(attrs, parts))
        if origin is not None:
            check_root(attrs, origin.settings)
    return origin, {**source, **identity(path)}


def check_state(origin: Origin) -> None:
    """Check that the state at the end of a run is there, and is the one that was written with its network.

    Raises:
        InputError: it is missing, of another version, or was changed.
    """
    group = origin.stored.get(STATE)
    if not origin.state:
        if group is not None:
            raise InputError("its state was written by another version of ictal, and cannot be read")
        raise InputError(f"holds no state to go on from; its engine is {origin.settings.get('engine', 'not known')}")
    if group is not None:
        broken = [name for name, v in group.variables.items() if not _same(checksum(v.values), v.attrs.get("crc32"))]
        belongs = _same(str(origin.stored[NETWORK].attrs.get("sha256")), group.attrs.get("of"))
        if broken or not belongs or not _same(_of_all(origin.state), group.attrs.get("crc32")):
            raise InputError(f"its state was changed after it was written{f': {broken[0]}' if broken else ''}")


def checksum(values: NDArray[Any]) -> int:
    """Return the CRC-32 of the bytes of an array."""
    array = np.ascontiguousarray(values)
    return zlib.crc32(array.reshape(-1).view(np.uint8).data) if array.size else 0


def _of_all(state: Mapping[str, NDArray[Any]]) -> int:
    """Return the CRC-32 of the names of the arrays and of theirs, so that none can be missing."""
    return zlib.crc32("".join(f"{name} {checksum(state[name])}\n" for name in sorted(state)).encode())


def _same(value: int | str, stored: object) -> bool:
    """Return whether an attribute, which may be of any type in an edited file, is this value."""
    return isinstance(stored, int | np.integer | str) and stored == value


def check_root(attrs: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Check that seed and engine of the file are those of its description.

    Raises:
        InputError: the file was edited.
    """
    for name, text in (("seed", attrs.get("seed")), ("engine", json.dumps(attrs.get("engine")))):
        if name in settings and json.loads(str(text)) != settings[name]:
            raise InputError(f"was edited: its {name} is {text} and that of its description {settings[name]!r}")
