"""Rows of a frozen dataclass as columns of a Group, and back: how result tables are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

import numpy as np

from .document import Group, Variable

Row = TypeVar("Row")


def to_group(kind: type[Row], rows: Sequence[Row], attrs: Mapping[str, Any] | None = None) -> Group:
    """One variable a field over the dimension ``row``; fields are str, int, float or bool."""
    hints = get_type_hints(kind)
    columns = {}
    for item in fields(kind):  # type: ignore[arg-type]
        dtype = {"str": str, "int": np.int64, "float": np.float64, "bool": bool}[hints[item.name].__name__]
        columns[item.name] = Variable(("row",), np.array([getattr(row, item.name) for row in rows], dtype=dtype))
    return Group(columns, dict(attrs or {}))


def from_group(kind: type[Row], group: Group) -> list[Row]:
    """The rows that `to_group` stored."""
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    columns = [group.variables[name].values.tolist() for name in names]
    return [kind(**dict(zip(names, cells, strict=True))) for cells in zip(*columns, strict=True)]
