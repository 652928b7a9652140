"""What a loaded object holds, as plain JSON: to tell whether another version of the code loads the same.

It knows nothing of Ictal: it looks at dataclass fields, mappings, sequences, numpy arrays and torch tensors (by their
`detach().cpu().numpy()`), so it serves before and after a refactoring that moves modules but keeps what is loaded.

>>> summarise(float("nan")), summarise((1, 0.5, "a")), summarise(np.arange(2.0))["shape"]
('nan', [1, '0.5', 'a'], [2])
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

SMALL = 16  # elements of an array up to which the values are given too, to be read by people


def summarise(loaded: Any) -> Any:
    """A loaded object as plain JSON.

    * None, bool, int and str stand for themselves; a float is its `repr` (a text: nan and inf are no JSON), a complex
      number a pair of those, a numpy scalar is its Python value, a path its last part.
    * An array or tensor is ``{"array": dtype, "shape", "sha256"}`` of its bytes in C order, and its ``values`` if it
      has at most `SMALL` elements. An array of texts is ``{"texts": shape, "sha256", ...}`` of its JSON, because
      numpy has two dtypes for them.
    * A dataclass is ``{"class": its name, "fields": {...}}``; a sequence of two or more of one class is a table
      ``{"class", "columns", "rows"}``.
    * A mapping with text keys is a dict in its own order; one with other keys is ``{"pairs": [[key, value], ...]}``.
      A mapping that also has an attribute ``source`` (a Run) is ``{"class", "source", "entries"}``.
    * An object that is none of these is summarised by its name alone.
    """
    if isinstance(loaded, np.generic):
        loaded = loaded.item()
    if loaded is None or isinstance(loaded, bool | int | str):
        return loaded
    if isinstance(loaded, float):
        return repr(loaded)
    if isinstance(loaded, complex):
        return [repr(loaded.real), repr(loaded.imag)]
    if isinstance(loaded, bytes):
        return {"bytes": len(loaded), "sha256": _sha(loaded)}
    if isinstance(loaded, PurePath):
        return loaded.name
    if hasattr(loaded, "detach"):
        loaded = loaded.detach().cpu().numpy()
    if isinstance(loaded, np.ndarray):
        return _array(loaded)
    if is_dataclass(loaded) and not isinstance(loaded, type):
        return {
            "class": type(loaded).__name__,
            "fields": {name: summarise(getattr(loaded, name)) for name in _names(loaded)},
        }
    if isinstance(loaded, Mapping):
        return _mapping(loaded)
    if isinstance(loaded, Set):
        return sorted((summarise(item) for item in loaded), key=repr)
    if isinstance(loaded, Sequence):
        return _sequence(loaded)
    return {"object": type(loaded).__name__}


def differing(expected: Any, found: Any, where: str = "") -> list[str]:
    """Where two summaries differ: one line a difference, the place and both sides."""
    if isinstance(expected, dict) and isinstance(found, dict):
        out = []
        for key in dict.fromkeys([*expected, *found]):
            if key not in found or key not in expected:
                out.append(f"{where}/{key}: only {'expected' if key in expected else 'found'}")
            else:
                out += differing(expected[key], found[key], f"{where}/{key}")
        if not out and list(expected) != list(found):
            out.append(f"{where}: another order: {list(expected)}; found {list(found)}")
        return out
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            line
            for at, pair in enumerate(zip(expected, found, strict=True))
            for line in differing(*pair, f"{where}[{at}]")
        ]
    same = type(expected) is type(found) and expected == found
    return [] if same else [f"{where}: {_short(expected)}; found {_short(found)}"]


def _names(loaded: Any) -> list[str]:
    return [item.name for item in fields(loaded)]


def _array(values: np.ndarray) -> dict[str, Any]:
    if values.dtype.kind in "USO":
        texts = values.tolist()
        head: dict[str, Any] = {"texts": list(values.shape), "sha256": _sha(json.dumps(texts).encode())}
        return head | ({"values": texts} if values.size <= SMALL else {})
    whole = np.array(values, order="C")  # keeps 0 dimensions, unlike ascontiguousarray
    head = {"array": str(values.dtype), "shape": list(values.shape), "sha256": _sha(whole.tobytes())}
    return head | ({"values": summarise(values.tolist())} if values.size <= SMALL else {})


def _mapping(loaded: Mapping[Any, Any]) -> dict[str, Any]:
    if hasattr(loaded, "source"):
        entries = {key: summarise(value) for key, value in loaded.items()}
        return {"class": type(loaded).__name__, "source": summarise(loaded.source), "entries": entries}
    if all(isinstance(key, str) for key in loaded):
        return {key: summarise(value) for key, value in loaded.items()}
    return {"pairs": [[summarise(key), summarise(value)] for key, value in loaded.items()]}


def _sequence(loaded: Sequence[Any]) -> Any:
    kinds = {type(item) for item in loaded}
    if len(loaded) > 1 and len(kinds) == 1 and is_dataclass(loaded[0]):
        names = _names(loaded[0])
        rows = [[summarise(getattr(item, name)) for name in names] for item in loaded]
        return {"class": type(loaded[0]).__name__, "columns": names, "rows": rows}
    return [summarise(item) for item in loaded]


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 100 else text[:99] + "…"
