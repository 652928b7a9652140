"""Tables of results in Python: rows that are looked through, sorted, and handed to pandas."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from html import escape
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, unknown
from ..fields import check
from ..registry import resolve

Row = TypeVar("Row")
SHOWN = 20  # rows of a table in a notebook


class Table(Sequence[Row], Generic[Row]):
    """Rows of one class: a sequence, with every column as an attribute.

    ``table[0].p`` is that of a row, ``table.p`` the array of all.

    Args:
        rows: instances of a dataclass.
        kind: the class, of a table without rows.

    >>> from fractions import Fraction
    >>> Table([Fraction(1, 2), Fraction(1, 3)]).sort(lambda row: row)[0]
    Fraction(1, 3)
    """

    def __init__(self, rows: Iterable[Row], kind: type[Any] | None = None) -> None:
        self.rows = tuple(rows)
        kind = kind or (type(self.rows[0]) if self.rows else None)
        self.columns = tuple(item.name for item in fields(kind)) if hasattr(kind, "__dataclass_fields__") else ()  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Table[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Table[Row]:
        try:
            return Table(self.rows[index]) if isinstance(index, slice) else self.rows[index]
        except IndexError:
            raise IndexError(f"Table: has {len(self)} rows; got {index}") from None
        except TypeError:
            raise InputError(
                f"Table: must be indexed by the place of a row; got {index!r}; a column is .NAME"
            ) from None

    def __getattr__(self, name: str) -> NDArray[Any]:
        """Return a column, (row,)."""
        if name.startswith("_") or name not in self.__dict__.get("columns", ()):
            listed = ", ".join(self.__dict__.get("columns", ()))
            raise AttributeError(f"Table has no column or attribute {name!r}; its columns: {listed or 'none'}")
        return np.array([getattr(row, name) for row in self.rows])

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.columns})

    def sort(self, by: str | Callable[[Row], Any], *, descending: bool = False) -> Table[Row]:
        """Return the rows in the order of a column, or of a function of the row; NaN comes last.

        Raises:
            InputError: no such column, or values that have no order.
        """
        if callable(by):
            return self._sorted([by(row) for row in self.rows], descending)
        if by not in self.columns:
            raise unknown("column", by, self.columns)
        return self._sorted([getattr(row, by) for row in self.rows], descending)

    def _sorted(self, keys: Sequence[Any], descending: bool) -> Table[Row]:
        check("sort: descending", bool, descending)
        there = [at for at, key in enumerate(keys) if not _is_missing(key)]
        try:
            there.sort(key=lambda at: keys[at], reverse=descending)
        except (TypeError, ValueError):
            kinds = ", ".join(sorted({type(key).__name__ for key in keys}))
            raise InputError(f"sort: by must give numbers or texts that can be ordered; got {kinds}") from None
        return Table(self.rows[at] for at in [*there, *(at for at, key in enumerate(keys) if _is_missing(key))])

    def to_pandas(self) -> Any:
        """Return a DataFrame with a row a row.

        Raises:
            InputError: pandas is not installed.
        """
        return resolve("export.objects.frames:rows_frame", "ictal.simulator")(self.rows, self.columns)

    def __repr__(self) -> str:
        if not self.columns:
            return f"Table({list(self.rows)!r})"
        head, cells = _filled(self.rows[:SHOWN], self.columns)
        wide = [max(len(text) for text in column) for column in zip(head, *cells, strict=True)]
        lines = [
            "  ".join(f"{text:<{n}}" for text, n in zip(row, wide, strict=True)).rstrip() for row in (head, *cells)
        ]
        more = [f"… {len(self) - SHOWN} more rows"] if len(self) > SHOWN else []
        return "\n".join([f"Table({len(self)} rows)", *lines, *more])

    def _repr_html_(self) -> str:
        return html_table(self.rows, self.columns)


class NamedParts:
    """Base of results that consist of named parts: a name gives its part, and names are iterated over."""

    def named(self) -> Mapping[str, Any]:
        """Return name -> part."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[str]:
        return iter(self.named())

    def __len__(self) -> int:
        return len(self.named())

    def __getitem__(self, name: str) -> Any:
        if name not in list(found := self.named()):
            raise unknown("part", str(name), found)
        return found[name]


def html_table(rows: Sequence[Any], columns: Sequence[str], most: int = SHOWN) -> str:
    """Return a table in HTML with the columns that are filled in; numbers have 4 digits."""
    names, cells = _filled(rows[:most], columns)
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in cells)
    more = f"<p>… {len(rows) - most} more rows</p>" if len(rows) > most else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _filled(rows: Sequence[Any], columns: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return the names and the cells of the columns that are filled in, but for settings in JSON."""
    cells = [[_text(getattr(row, name)) for name in columns] for row in rows]
    kept = [at for at, name in enumerate(columns) if name != "settings" and any(row[at] for row in cells)]
    return [columns[at] for at in kept], [[row[at] for at in kept] for row in cells]


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.4g}"
    text = "" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
