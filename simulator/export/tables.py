"""Tables of text of a group of arrays: their columns, headers and rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files.document import Stored
from .entries import blocks

Cells = list[Any]


@dataclass(frozen=True)
class Table:
    """A table that is made while it is written.

    Attributes:
        header: name of every column; a unit follows the last underscore: ``time_s``.
        rows: number of rows.
        pieces: makes the rows, many at a time.
    """

    header: Sequence[str]
    rows: int
    pieces: Callable[[], Iterator[list[Cells]]]


def tables(variables: Mapping[str, Stored]) -> dict[str, Table]:
    """Return the variables of a group as tables; the first, "", is the entry itself.

    An array (..., row, column) is a table with a column a place of its last axis; the axes before the rows and all
    vectors over the rows are columns that lead it. Vectors over any other dimension, such as the labels of units, are a
    table that has the name of the dimension.
    """
    vectors: dict[str, dict[str, Stored]] = {}
    for name, variable in sorted(variables.items(), key=lambda item: (item[0],) != item[1].dims):  # coordinates lead
        if len(variable.dims) == 1:
            vectors.setdefault(variable.dims[0], {})[name] = variable
    arrays = {name: variable for name, variable in variables.items() if len(variable.dims) > 1}
    found: dict[str, Table] = {}
    for name, array in arrays.items():
        found[name if found else ""] = _wide(array, vectors)
    used = {array.dims[-2] for array in arrays.values()}
    named = {dim for array in arrays.values() for dim in array.dims}
    for dim in dict.fromkeys(v.dims[0] for v in variables.values() if len(v.dims) == 1):
        alone = vectors[dim]
        if dim not in used and not (dim in named and list(alone) == [dim]):
            found[dim if found else ""] = _long(dim, alone, counted=bool(found) and dim not in alone)
    return found


def _long(dim: str, columns: Mapping[str, Stored], counted: bool) -> Table:
    (rows,) = {variable.shape[0] for variable in columns.values()}
    packed = max(variable.packed for variable in columns.values())

    def pieces() -> Iterator[list[Cells]]:
        for block in blocks(rows, len(columns), packed):
            read = [cells(variable.part(block)) for variable in columns.values()]
            count = [list(range(block.start, block.stop))] if counted else []
            yield [list(row) for row in zip(*count, *read, strict=True)]

    header = [*([dim] if counted else []), *map(_titled, columns, columns.values())]
    return Table(list(map(inert, header)), rows, pieces)


def _wide(array: Stored, vectors: Mapping[str, Mapping[str, Stored]]) -> Table:
    *outer, rows, width = array.shape
    dim = array.dims[-2]
    columns = vectors.get(dim, {})
    lead = [_places(name, n, vectors) for name, n in zip(array.dims, outer, strict=False)]
    counted = dim not in columns
    header = [*array.dims[:-2], *([dim] if counted else []), *map(_titled, columns, columns.values())]

    def pieces() -> Iterator[list[Cells]]:
        for place in np.ndindex(*outer):
            first = [values[at] for values, at in zip(lead, place, strict=True)]
            for block in blocks(rows, width, array.packed):
                values = array.part((*place, block))
                for some in blocks(len(values), width, 1):
                    at = slice(block.start + some.start, block.start + some.stop)
                    count = [list(range(at.start, at.stop))] if counted else []
                    read = [*count, *(cells(variable.part(at)) for variable in columns.values())]
                    yield [[*first, *(c[k] for c in read), *row] for k, row in enumerate(cells(values[some]))]

    titles = [inert(title) for title in (*header, *_names(array, vectors, header))]
    return Table(titles, int(np.prod(outer, dtype=int)) * rows, pieces)


def _places(dim: str, n: int, vectors: Mapping[str, Mapping[str, Stored]]) -> Cells:
    """Return the labels along a dimension: its coordinate, or numbers."""
    coordinate = vectors.get(dim, {}).get(dim)
    return list(range(n)) if coordinate is None else cells(coordinate.part(slice(None)))


def _names(array: Stored, vectors: Mapping[str, Mapping[str, Stored]], taken: Sequence[str]) -> list[str]:
    """Return headers of the places along the last axis: a label that is unique, or all labels and the place."""
    dim = array.dims[-1]
    places = list(map(str, _places(dim, array.shape[-1], vectors)))
    texts = [v.part(slice(None)) for n, v in vectors.get(dim, {}).items() if n != dim and v.dtype.kind == "U"]
    labels = [*map(list, texts), *([[" ".join(row) for row in zip(*texts, strict=True)]] if texts else []), places]
    for names in labels[:-1] or labels:
        titles = [_titled(name, array) for name in names]
        if len({*titles, *taken}) == len(titles) + len(taken):
            return titles
    return [_titled(f"{name} {place}", array) for name, place in zip(labels[-2:][0], places, strict=True)]


def _titled(name: str, variable: Stored) -> str:
    unit = str(variable.attrs.get("units", ""))
    return name if unit in ("", "1") else f"{name}_{unit}"


def inert(text: str) -> str:
    """Return a text with a leading apostrophe if a spreadsheet would run it as a formula.

    A text that begins with apostrophes before such a sign gets one more, so that the first can always be removed.

    >>> inert("=cmd()"), inert("'=x"), inert("-3.5"), inert("Fp1-F7")
    ("'=cmd()", "''=x", '-3.5', 'Fp1-F7')
    """
    if not re.match(r"'*[=+\-@\t\r]", text) or re.fullmatch(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", text):
        return text
    return f"'{text}"


def cells(values: NDArray[Any]) -> Any:
    """Return nested lists for a csv writer: numbers by the shortest text that returns them, "" for NaN.

    >>> cells(np.array([[1.5, np.nan]])), cells(np.array([0.1], np.float32)), cells(np.array([True]))
    ([[1.5, '']], ['0.1'], ['true'])
    """
    if values.dtype.kind == "U":
        return np.vectorize(inert, otypes=[object])(values).tolist() if values.size else values.tolist()
    if values.dtype.kind == "b":
        return np.where(values, "true", "false").tolist()
    if values.dtype.kind != "f":
        return values.tolist()
    nothing = np.isnan(values)
    if values.dtype != np.float64:
        values = values.astype(str)
    elif nothing.any():
        values = values.astype(object)
    if nothing.any():
        values[nothing] = ""
    return values.tolist()
