"""Rows of a frozen dataclass as columns of a Group, and back: the stored form of result tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

import numpy as np

from ..errors import InputError
from .document import Group, Variable

Row = TypeVar("Row")


def to_group(kind: type[Row], rows: Sequence[Row], attrs: Mapping[str, Any] | None = None) -> Group:
    """Return one variable per field over the dimension ``row``; fields are str, int, float or bool."""
    hints = get_type_hints(kind)
    columns = {}
    for item in fields(kind):  # type: ignore[arg-type]
        dtype = {"str": str, "int": np.int64, "float": np.float64, "bool": bool}[hints[item.name].__name__]
        columns[item.name] = Variable(("row",), np.array([getattr(row, item.name) for row in rows], dtype=dtype))
    return Group(columns, dict(attrs or {}))


def from_group(kind: type[Row], group: Group) -> list[Row]:
    """Return the rows that `to_group` stored.

    Raises:
        InputError: a column holds another type.
    """
    hints, columns = get_type_hints(kind), []
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for name in names:
        values = group.variables[name].values
        if values.dtype.kind not in {"str": "U", "int": "iu", "float": "fiu", "bool": "b"}[hints[name].__name__]:
            raise InputError(f"its column {name} holds {values.dtype}; want {hints[name].__name__}")
        columns.append(values.tolist())
    return [kind(**dict(zip(names, cells, strict=True))) for cells in zip(*columns, strict=True)]


def plain(value: Any) -> Any:
    """Return dataclasses, arrays and numpy's numbers as JSON holds them, all else as texts; NaN and ±∞ become None.

    >>> plain({"a": (np.float64("nan"), np.arange(2))})
    {'a': [None, [0, 1]]}
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
