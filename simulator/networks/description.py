"""Networks as JSON: a plain description of every field, exact both ways, with the place of each error in it.

Fields are those that the classes declare. An object whose field could also hold something else names its class as
``"type"``. Numbers are written so that they are read back to the bit. Nothing in a description is executed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

from ..checks import numbers
from ..errors import InputError, unknown
from ..fields import Param, declared, default_of
from ..files.disk import check_readable, replacing
from ..files.guard import check_text
from ..machine import check_memory
from .network import Network
from .schedule import Schedule

VERSION_KEY, VERSION = "ictal_network", 1  # first key of a description, and its value
MOST_INLINE = 100  # numbers that stay in the JSON where arrays are stored apart
_PARSED = 30  # bytes in memory for a byte of JSON
_LONGEST_INT = 18  # digits; a longer number is read as a float

Arrays = Mapping[str, NDArray[Any]]


def describe(network: Network, arrays: dict[str, NDArray[Any]] | None = None) -> dict[str, Any]:
    """Return the description of a network: dictionaries, lists, numbers, texts and None, as JSON has them.

    Fields that are None by default are left out where they are None.

    Args:
        network: the network.
        arrays: takes the arrays of more than 100 numbers, which then stand in the description by name, shape and
            SHA-256.

    >>> from .cells import Population
    >>> cells = Population("E", 2, tau_m=20.0, v_rest=0.0, v_threshold=20.0, v_reset=10.0)
    >>> found = describe(Network((cells,)))
    >>> found["ictal_network"], found["populations"][0]["tau_m"]
    (1, 20.0)
    >>> describe(network_of(found)) == found
    True
    """
    return {VERSION_KEY: VERSION, **_described(network, "", arrays)}


def network_of(description: Mapping[str, Any], arrays: Arrays | None = None) -> Network:
    """Return the network of a description, the inverse of `describe`.

    Args:
        description: as `describe` returns it, or written by hand; a field that is left out has its default.
        arrays: those that `describe` stored apart.

    Raises:
        InputError: one line with the place in the description: an unknown field (the nearest is named), a field that
            is missing, a value of another type or out of its bounds, an array that is not the described one.
    """
    if not isinstance(description, Mapping):
        raise InputError(f"a description of a network: must be an object {{...}}; got {type(description).__name__}")
    version = description.get(VERSION_KEY)
    if version is None:
        raise InputError(f'{VERSION_KEY}: is missing, the version of the description; write "{VERSION_KEY}": {VERSION}')
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InputError(f"{VERSION_KEY}: must be {VERSION}, the version of the description; got {version!r}")
    if version > VERSION:
        raise InputError(f"{VERSION_KEY}: is {version}; this ictal reads up to {VERSION}: upgrade ictal")
    rest = {key: value for key, value in description.items() if key != VERSION_KEY}
    found: Network = _Reader(arrays or {}).object(Network, rest, "")
    return found


def parse_network(text: str, arrays: Arrays | None = None) -> Network:
    """Return the network of a JSON text.

    Raises:
        InputError: it is no JSON, is nested too deep, gives a key twice, or as of `network_of`.
    """
    check_text("the JSON", text)
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise InputError(f"is no JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    return network_of(found, arrays)


def read_network(path: str | os.PathLike[str]) -> Network:
    """Read a network from a JSON file.

    Raises:
        InputError: the file is missing or cannot be read, or as of `parse_network`; the file is named.
    """
    source = Path(path)
    check_readable(source, "a JSON file of a network")
    check_memory(f"{source}", _PARSED * source.stat().st_size)
    try:
        return parse_network(source.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(f"{source}: is not UTF-8") from None
    except InputError as error:
        raise InputError(f"{source}: {error}") from error


def save_network(network: Network, path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Write the description of a network as a JSON file, whole or not at all.

    Raises:
        InputError: not a Network; the file exists (and not `force`) or cannot be written.
    """
    if not isinstance(network, Network):
        raise InputError(f"save_network: takes a Network; got {type(network).__name__}")
    with replacing(path, force) as temporary:
        temporary.write_text(json_text(describe(network)) + "\n", encoding="utf-8")
    return Path(path)


def json_text(value: object, indent: str = "") -> str:
    """Return JSON with an entry a line; lists of numbers, and objects without others in them, take one line.

    >>> print(json_text({"dt": 0.1, "cells": [{"n": 3}]}))
    {
      "dt": 0.1,
      "cells": [
        {"n": 3}
      ]
    }
    """
    inner = list(value.values() if isinstance(value, dict) else value) if isinstance(value, dict | list) else []
    if not any(isinstance(item, dict) or (isinstance(item, list) and _nested(item)) for item in inner):
        return json.dumps(value, allow_nan=False, ensure_ascii=False)
    deeper = indent + "  "
    if isinstance(value, dict):
        ends, rows = "{}", [f"{json.dumps(k, ensure_ascii=False)}: {json_text(v, deeper)}" for k, v in value.items()]
    else:
        ends, rows = "[]", [json_text(item, deeper) for item in inner]
    return f"{ends[0]}\n" + ",\n".join(deeper + row for row in rows) + f"\n{indent}{ends[1]}"


def array_sha256(array: NDArray[Any]) -> str:
    """Return the SHA-256 over dtype, shape and bytes of an array."""
    head = f"{array.dtype.str} {array.shape} ".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()


def _nested(values: list[Any]) -> bool:
    return any(isinstance(value, dict | list) for value in values)


def _options(hint: Any) -> tuple[Any, ...]:
    """Return the types of a union, or the one type."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _classes(hint: Any) -> dict[str, type]:
    """Return the classes of a description that a field may hold, by name."""
    return {kind.__name__: kind for kind in _options(hint) if is_dataclass(kind) and isinstance(kind, type)}


def _item(hint: Any) -> Any:
    """Return the type of the items of a tuple of objects; None of any other type."""
    for option in _options(hint):
        args = get_args(option)
        if get_origin(option) is tuple and args[1:] == (Ellipsis,) and _classes(args[0]):
            return args[0]
    return None


def _described(item: Any, path: str, arrays: dict[str, NDArray[Any]] | None, hint: Any = None) -> dict[str, Any]:
    """Return the fields of an object, with its class where the field could hold something else."""
    kind: type = type(item)
    tagged = hint is not None and len([option for option in _options(hint) if option is not type(None)]) > 1
    found: dict[str, Any] = {"type": kind.__name__} if tagged else {}
    hints, defaults = declared(kind), {one.name: default_of(one) for one in fields(kind)}
    for name, (field_hint, _) in hints.items():
        value = getattr(item, name)
        if value is not None or defaults[name] is not None:
            found[name] = _plain(value, f"{path}.{name}".lstrip("."), arrays, field_hint)
    return found


def _plain(value: Any, path: str, arrays: dict[str, NDArray[Any]] | None, hint: Any) -> Any:
    if is_dataclass(value):
        return _described(value, path, arrays, hint)
    if isinstance(value, tuple):
        return [_plain(item, f"{path}[{k}]", arrays, _item(hint)) for k, item in enumerate(value)]
    if not isinstance(value, np.ndarray):
        return value
    if arrays is None or value.size <= MOST_INLINE:
        return value.tolist()
    total = array_sha256(value)
    same = (name for name, array in arrays.items() if np.array_equal(array, value) and array_sha256(array) == total)
    name = next(same, re.sub(r"\W+", "_", path).strip("_"))  # edges of several projections are stored once
    arrays[name] = value
    return {"array": name, "shape": list(value.shape), "sha256": total}


class _Reader:
    """Objects of a description; a Schedule that occurs twice is one object again."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.schedules: dict[tuple[object, ...], Schedule] = {}

    def object(self, kind: type, given: Any, path: str) -> Any:
        """Return an object of a class from its fields."""
        place = f"{path}: " if path else ""
        if not isinstance(given, Mapping):
            raise InputError(f"{place}must be an object {{...}} of {kind.__name__}; got {_shown(given)}")
        hints = declared(kind)
        values: dict[str, Any] = {}
        for key, value in given.items():
            if key not in hints:
                raise InputError(f"{place}{unknown(f'field of {kind.__name__}', str(key), hints)}")
            values[key] = self.value(*hints[key], value, f"{path}.{key}".lstrip("."))
        for item in fields(kind):
            if item.name in hints and item.name not in given and default_of(item) is MISSING:
                words = hints[item.name][1].words
                raise InputError(f"{f'{path}.{item.name}'.lstrip('.')}: is missing{f': {words}' if words else ''}")
        try:
            made = kind(**values)
        except InputError as error:
            raise _placed(error, kind, path) from error
        if isinstance(made, Schedule):
            return self.schedules.setdefault((made.name, made.times, made.values), made)
        return made

    def value(self, hint: Any, param: Param, given: Any, path: str) -> Any:
        """Return the value of a field: an object, a tuple of objects, an array, or what it is."""
        if isinstance(given, Mapping) and "array" in given:
            return self.array(given, path)
        if isinstance(given, Mapping):
            return self.typed(_classes(hint), given, path)
        if isinstance(given, list):
            if (item := _item(hint)) is not None:
                return tuple(self.item(item, one, f"{path}[{k}]") for k, one in enumerate(given))
            if param.to is None and any(get_origin(option) is np.ndarray for option in _options(hint)):
                return numbers(given, path)
        return given

    def item(self, hint: Any, given: Any, path: str) -> Any:
        """Return an object of a tuple."""
        if not isinstance(given, Mapping):
            raise InputError(f"{path}: must be an object {{...}}; got {_shown(given)}")
        return self.typed(_classes(hint), given, path)

    def typed(self, classes: Mapping[str, type], given: Mapping[str, Any], path: str) -> Any:
        """Return an object of the class that it names."""
        if not classes:
            raise InputError(f"{path}: must not be an object {{...}}")
        name = given.get("type", next(iter(classes)) if len(classes) == 1 else None)
        if name is None:
            raise InputError(f"{path}.type: is missing; want {' or '.join(classes)}")
        if not isinstance(name, str) or name not in classes:
            raise InputError(f"{path}.type: {unknown('type', str(name), classes)}")
        return self.object(classes[name], {k: v for k, v in given.items() if k != "type"}, path)

    def array(self, given: Mapping[str, Any], path: str) -> NDArray[Any]:
        """Return an array that is stored apart."""
        name = given["array"]
        if not isinstance(name, str) or name not in self.arrays:
            raise InputError(f"{path}.array: {unknown('array', str(name), self.arrays)}")
        array = self.arrays[name]
        if list(array.shape) != given.get("shape") or array_sha256(array) != given.get("sha256"):
            raise InputError(f"{path}: is not the array that was described: its SHA-256 is {array_sha256(array)}")
        return array


def _placed(error: InputError, kind: type, path: str) -> InputError:
    """Return the error of a class with the place in the description instead of the class's name."""
    if not path:
        return error
    own = re.match(rf"{kind.__name__}\.(\w+)(?=:|,)", str(error))
    return InputError(f"{path}.{own[1]}{str(error)[own.end() :]}" if own else f"{path}: {error}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else type(value).__name__


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            named = next((f" of the object of name {v!r}" for k, v in pairs if k == "name" and isinstance(v, str)), "")
            raise InputError(f"the key {key!r}{named} is given twice")
        found[key] = value
    return found


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INT else float(digits)
