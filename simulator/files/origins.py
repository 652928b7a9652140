"""Origin of a run in its file: ``/network``, the description with its settings, and ``/state``, that at the end.

A state is of one layout of the engine. One of another layout is left out, as if the file had none.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..recordings.origin import Origin
from ..registry import resolve
from .document import DAMAGE, Document, Group, StoredGroup, Variable, damage_in_one_line, from_json, opened, to_json
from .identity import changes, identity

NETWORK, STATE = "network", "state"
SETTINGS = {  # of a run, and their types
    "engine": str, "seed": int, "precision": str, **dict.fromkeys(("signal_dt", "dt", "t0", "duration"), int | float),
}  # fmt: skip
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
    settings = from_json(str(group.attrs.get("settings", "{}")))
    if not isinstance(settings, dict):
        raise InputError("its settings of the run are no object")

    def network() -> Any:
        return resolve("networks.stored:from_group", "ictal.simulator")(group)

    usable = state is not None and _same(LAYOUT, state.attrs.get("layout"))
    arrays = {name: variable.values for name, variable in state.variables.items()} if state and usable else {}
    return Origin(settings, network, arrays, stored)


def check_origin(origin: Origin | None, attrs: Mapping[str, Any]) -> None:
    """Check that the description in a file is as it was written, and that of its run.

    Args:
        origin: read from the file; None of a run without one.
        attrs: of the root of the file.

    Raises:
        InputError: the description, its settings, an array of the network, or seed or engine of the file were edited.
    """
    if origin is not None:
        for name, kinds in SETTINGS.items():
            if not isinstance(origin.settings.get(name), kinds) or isinstance(origin.settings[name], bool):
                raise InputError(f"its settings of the run hold no {name}")
        check_root(attrs, origin.settings)
        resolve("networks.stored:check_group", "ictal.simulator")(origin.stored[NETWORK])


def is_edited(path: str | os.PathLike[str]) -> bool:
    """Return whether the description in a file that can be read is not as it was written."""
    try:
        with opened(path, "run") as (attrs, groups):
            parts = {name: _read_whole(group) for name, group in groups.items() if name == NETWORK}
    except InputError:
        return False
    try:
        check_origin(read_origin(Document(attrs, parts)), attrs)
    except (InputError, *DAMAGE):
        return True
    return False


def holds_network(path: str | os.PathLike[str]) -> bool:
    """Return whether a file of a run holds the description of a network.

    Raises:
        InputError: as `document.read`.
    """
    with opened(path, "run") as (_, groups):
        return NETWORK in groups


def open_origin(path: str | os.PathLike[str]) -> tuple[Origin | None, dict[str, Any]]:
    """Return origin and provenance of the run in a file, without its recordings; None where it has no origin.

    Raises:
        InputError: as `document.read` and `check_origin`; its entries are of other parameters than the file says.
    """
    with opened(path, "run") as (attrs, groups), damage_in_one_line(path, "is not a complete run"):
        parts = {name: _read_whole(group) for name, group in groups.items() if name in (NETWORK, STATE)}
        source = {**json.loads(attrs["config"]), "seed": json.loads(attrs["seed"]), "engine": attrs["engine"]}
        source["versions"] = json.loads(attrs["versions"])
        origin = read_origin(Document(attrs, parts))
    with damage_in_one_line(path):
        check_origin(origin, attrs)
        check_entries(source, [group.attrs for group in groups.values()])
    return origin, {**source, **identity(path)}


def _read_whole(group: StoredGroup) -> Group:
    return Group({key: Variable(v.dims, v.part(...), v.attrs) for key, v in group.variables.items()}, group.attrs)


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


def state_sha256(state: Mapping[str, NDArray[Any]]) -> str:
    """Return the SHA-256 over names, dtypes, shapes and bytes of the arrays of a state."""
    digest = hashlib.sha256()
    for name, array in sorted(state.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


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
    """Check that seed and engine of the file, where it says them, are those of its description.

    Raises:
        InputError: the file was edited.
    """
    for name, found in (("seed", from_json(str(attrs.get("seed", "null")))), ("engine", attrs.get("engine") or None)):
        if found is not None and name in settings and found != settings[name]:
            raise InputError(f"was edited: its {name} is {found} and that of its description {settings[name]!r}")


def check_entries(source: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> None:
    """Check that the provenance of a file is that of an entry at least, where entries have one of their own.

    Args:
        source: of the file.
        entries: attributes of their groups.

    Raises:
        InputError: the file was edited.
    """
    facts = ("system", "parameters", "seed")
    each = [dict(from_json(str(attrs["source"]))) for attrs in entries if "source" in attrs]
    own = [{key: entry[key] for key in facts} for entry in each if all(key in entry for key in facts)]
    there = {key: source.get(key) for key in facts}
    if own and there not in own:
        raise InputError(f"was edited: its entries are of other parameters than the file: {changes(own[0], there)[0]}")
