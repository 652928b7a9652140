"""Tables of text as cells: encoding, comments, quotes, delimiter, decimal mark, header and row of units."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .column_names import is_index, is_spike_time, is_trial

Row = tuple[int, list[str]]  # number of its first line, cells

MARKS = (";", "\t", "|", ",")  # between cells, the first that all lines have
MISSING = frozenset((
    "nan", "-nan", "na", "n/a", "<na>", "#n/a", "null", "none", "nil", "missing", "?", "-", "--", ".", "inf",
    "+inf", "-inf", "infinity", "+infinity", "-infinity",
))  # fmt: skip
UNITS = frozenset((
    "s", "sec", "secs", "second", "seconds", "ms", "msec", "us", "µs", "usec", "ns", "min", "h", "kv", "v", "mv",
    "uv", "µv", "nv", "pv", "v/m", "hz", "khz", "1", "a.u.", "au", "a", "ma", "ua", "µa", "na", "pa", "ft", "pt",
    "nt", "ps", "ms/cm2", "%", "rad", "deg", "degree", "degrees", "°", "°c", "mmhg", "m", "mm",
    "um", "µm", "count", "counts", "spikes", "spikes/s", "z", "index", "sample", "samples", "-", "none",
))  # fmt: skip
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([.,' \u00a0\u2009\u202f]\d{3})+([.,]\d*)?")
_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?!\d)|\d{1,2}:\d{2}(?!\d)")


@dataclass(frozen=True)
class Cells:
    """A table of text.

    Attributes:
        where: the file, which leads an error.
        names: of the columns, from the header; None without one.
        units: of the columns, from the row below the header; "" where there is none.
        rows: of the body, all of one width; decimal commas are points.
        notes: assumptions that were made.
    """

    where: str
    names: list[str] | None
    units: list[str]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.rows[0][1])

    def title(self, column: int) -> str:
        """Return how a message names a column."""
        name = self.names[column] if self.names else ""
        return f"column {column + 1} ({name!r})" if name else f"column {column + 1}"

    def texts(self, column: int) -> list[str]:
        """Return the cells of a column."""
        return [cells[column] for _, cells in self.rows]

    def is_empty(self, column: int) -> bool:
        """Return whether no cell of a column has a number or text."""
        return all(is_missing(cells[column]) for _, cells in self.rows)

    def numbers(self, columns: Sequence[int]) -> NDArray[np.float64]:
        """Return columns as numbers (row, column); NaN where a cell is empty or says so.

        Raises:
            InputError: a cell that is no number, with its line and column.
        """
        if not any("_" in cells[column] for _, cells in self.rows for column in columns):  # float() takes 1_000
            try:
                rows = [[float(cells[c]) for c in columns] for _, cells in self.rows]
                return np.array(rows).reshape(-1, len(columns))
            except ValueError:
                pass
        values = np.empty((len(self.rows), len(columns)))
        for at, (line, cells) in enumerate(self.rows):
            for k, column in enumerate(columns):
                cell = cells[column]
                if not is_missing(cell) and not _NUMBER.fullmatch(cell):
                    raise InputError(f"{self.where}: line {line}, {self.title(column)}: {_complaint(cell)}")
                values[at, k] = np.nan if is_missing(cell) else float(cell)
        return values


def is_number(cell: str) -> bool:
    """Return whether a text is a number.

    >>> [is_number(cell) for cell in ("-1.5e3", ".5", "1_000", "nan", "", "0,5")]
    [True, True, False, False, False, False]
    """
    return _NUMBER.fullmatch(cell.strip()) is not None


def is_missing(cell: str) -> bool:
    """Return whether a cell is empty or a word for a number that is not there."""
    return not cell or cell.casefold() in MISSING


def read_cells(source: Path) -> Cells:
    """Read a table: UTF-8, UTF-16 or UTF-32; comma, semicolon, tab, bar or blanks; ``#`` and ``%`` begin comments.

    Raises:
        InputError: no text, no number, rows of unlike width, or a first line that is neither a header nor data.
    """
    notes: list[str] = []
    records, comment, said = _records(str(source), _text(source, notes))
    if not records:
        raise InputError(f"{source}: is empty")
    mark = said or _mark([text for _, text in records[:100]])
    rows = _without_mark_at_end([(line, _split(str(source), line, text, mark)) for line, text in records])
    names, body = None, rows
    if comment is not None and all(_numeric(cell) or is_missing(cell) for cell in rows[0][1]):
        given = _split(str(source), *comment, mark)
        if len(given) == len(rows[0][1]) > 1 and not any(map(_numeric, given)):
            names = given
            notes.append(f"line {comment[0]}, a comment, is taken for the header: {', '.join(given)}")
    if names is None and _has_header(str(source), rows, notes):
        names, body = rows[0][1], rows[1:]
        if not body:
            raise InputError(f"{source}: has a header and no numbers")
    width = len(body[0][1])
    if names is not None and len(names) == width - 1 and _runs([cells[0] for _, cells in body]):
        names = ["", *names]  # as R writes numbers of rows
        notes.append("the header has no name for column 1, which numbers the rows")
    units = [""] * width
    if names is not None and len(names) == width == len(body[0][1]) and _has_units(body[0][1]):
        units, body = [cell.strip("()[] ") for cell in body[0][1]], body[1:]
        notes.append(f"line {body[0][0] - 1 if body else 2}, below the header, is taken for units")
        if not body:
            raise InputError(f"{source}: has a header and no numbers")
    _check_widths(str(source), names, body, mark)
    return Cells(str(source), names, units, _with_points(str(source), body, mark, notes), notes)


def _text(source: Path, notes: list[str]) -> str:
    raw = source.read_bytes()
    encoding = next((name for bom, name in _BOMS if raw.startswith(bom)), "")
    if not encoding and b"\0" in raw[:4096]:  # UTF-16 of figures without its mark: every other byte is 0
        head = np.frombuffer(raw[: min(len(raw), 4096) // 2 * 2], np.uint8).reshape(-1, 2) == 0
        share = head.mean(axis=0)
        if max(share) < 0.9 or min(share) > 0.1:
            raise InputError(f"{source}: holds bytes of 0, so it is no text; want a table of numbers")
        encoding = "utf-16-le" if share[1] > share[0] else "utf-16-be"
        notes.append(f"the text is {encoding.upper()}")
    try:
        text = raw.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            raise InputError(f"{source}: cannot be read as {encoding}, damaged or truncated") from error
        text = raw.decode("latin-1")
        notes.append("the text is not UTF-8; it is read as Latin-1")
    if "\0" in text:
        raise InputError(f"{source}: holds characters of 0, so it is no text; want a table of numbers")
    return text


def _records(where: str, text: str) -> tuple[list[tuple[int, str]], tuple[int, str] | None, str]:
    """Return the records with their lines, the comment right above the first, and the mark that ``sep=`` names."""
    found: list[tuple[int, str]] = []
    comment, mark, open_text, open_line = None, "", "", 0
    for line, part in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if not open_text:
            bare = part.strip()
            if not bare.strip(",;|"):  # nothing, or the empty rows of a spreadsheet
                continue
            if bare[0] in "#%" and not (not found and _is_titled(bare)):
                comment = (line, bare.lstrip("#% ")) if not found else comment
                continue
            if not found and (said := re.fullmatch(r"(?i)sep=(.)", bare)):
                mark = said[1]
                continue
            open_line = line
        open_text = f"{open_text}\n{part}" if open_text else part
        if open_text.count('"') % 2 == 0:
            found.append((open_line, open_text))
            open_text = ""
    if open_text:
        raise InputError(f"{where}: line {open_line} opens a quote that is never closed")
    return found, comment, mark


def _is_titled(line: str) -> bool:
    """Return whether a line begins with a column whose name is ``#``."""
    return re.match(r"#\s*[,;|\t]", line) is not None


def _mark(records: Sequence[str]) -> str | None:
    """Return the mark between cells; None for blanks."""
    plain = [re.sub(r'"[^"]*"', "0", text) for text in records]
    for mark in MARKS:
        if all(mark in text for text in plain):
            break
    else:
        some = [mark for mark in MARKS if any(mark in text for text in plain[1:])]
        mark = some[0] if some else ""
    if not mark:
        return None
    if mark == "," and any(re.search(r"\d\s+[-+]?\d", text) for text in plain):
        cells = [text.split() for text in plain]
        if len({len(row) for row in cells[1:]}) == 1 and all(_numeric(cell) for row in cells[1:] for cell in row):
            return None  # blanks between cells with decimal commas
    return mark


def _split(where: str, line: int, text: str, mark: str | None) -> list[str]:
    if mark is None:
        return [cell.strip('"') for cell in re.findall(r'"[^"]*"|\S+', text)]
    if '"' not in text:
        return [cell.strip() for cell in text.split(mark)]
    try:
        (row,) = csv.reader([text], delimiter=mark, skipinitialspace=True)
    except (csv.Error, ValueError) as error:
        raise InputError(f"{where}: line {line} cannot be taken apart: {error}") from None
    return [cell.strip() for cell in row]


def _without_mark_at_end(rows: list[Row]) -> list[Row]:
    """Leave out the empty cell that a mark at the end of every line makes."""
    if all(len(cells) > 1 and not cells[-1] for _, cells in rows):
        return [(line, cells[:-1]) for line, cells in rows]
    return rows


def _numeric(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None or _COMMA.fullmatch(cell) is not None


def _has_header(where: str, rows: Sequence[Row], notes: list[str]) -> bool:
    """Return whether the first row holds names.

    Raises:
        InputError: it can be a row of data as well.
    """
    line, first = rows[0]
    below = [cells for _, cells in rows[1:]]
    text = [k for k, cell in enumerate(first) if not is_missing(cell) and not _numeric(cell)]
    figures = [cell for cell in first if _numeric(cell)]
    if not figures and any(first):
        return bool(text) or not any(map(_numeric, (cell for cells in below[:1] for cell in cells)))
    if text:
        if (
            first[0]
            and 0 in text
            and any(rule(first[0]) for rule in (is_index, is_spike_time, is_trial))
            and len(set(figures)) == len(figures)
        ):
            return True
        if _in_order(figures) and text == list(range(len(text))):
            notes.append(f"line {line} is taken for the header: {', '.join(first)}")
            return True
        at = text[0]
        why = f", and {figures[0]} is no name in a header"
        raise InputError(f"{where}: line {line}, column {at + 1}: {_complaint(first[at])}{why}")
    blank = [k for k, cell in enumerate(first) if not cell]
    if blank and all(len(cells) > k and is_missing(cells[k]) for cells in below for k in blank):
        return False  # columns that are empty
    if blank == [0] and _in_order(figures) and _rises([cells[0] for cells in below]):
        notes.append(f"line {line} is taken for the header: numbers of columns {figures[0]} to {figures[-1]}")
        return True
    if blank:
        raise InputError(
            f"{where}: line {line}, column {blank[0] + 1}: is empty; if the line is data, fill the cell or leave out "
            "the line, and if it is a header, give every column a name"
        )
    if len(figures) > 2 and all(cell.endswith(".0") for cell in figures) and below:
        wholes = [cell[:-2] for cell in figures]
        if _in_order(wholes) and not all(cell.endswith(".0") or is_missing(cell) for row in below for cell in row):
            raise InputError(
                f"{where}: line {line}: {','.join(first[:3])} … can be a header of numbers or data; put names above "
                "the columns, or leave out the line"
            )
    if len(figures) < 2 or not _in_order(figures) or not below:
        return False
    if all(re.fullmatch(r"[+-]?\d+", cell) or is_missing(cell) for cells in below for cell in cells):
        if len(rows) == len(first):
            return False  # a square matrix
        raise InputError(
            f"{where}: line {line}: {','.join(first[:4])}{' …' if len(first) > 4 else ''} can be a header or data, for "
            "all numbers are whole; leave out the line, or put names above the columns"
        )
    notes.append(f"line {line} is taken for the header: whole numbers {figures[0]} to {figures[-1]} above decimals")
    return True


def _is_axis(name: str) -> bool:
    """Return whether a name is one of anything but a signal."""
    return is_index(name) or is_spike_time(name) or is_trial(name)


def _in_order(cells: Sequence[str]) -> bool:
    """Return whether cells are whole numbers, each one above that before."""
    if not cells or not all(re.fullmatch(r"\d{1,9}", cell) for cell in cells):
        return False
    first = int(cells[0])
    return [int(cell) for cell in cells] == list(range(first, first + len(cells))) and (first < 2 or len(cells) > 2)


def _runs(cells: Sequence[str]) -> bool:
    return _in_order([cell[:-2] if cell.endswith(".0") else cell for cell in cells])


def _rises(cells: Sequence[str]) -> bool:
    """Return whether cells are numbers that rise evenly, to a fiftieth of a step."""
    if len(cells) < 2 or not all(map(_NUMBER.fullmatch, cells)):
        return False
    steps = np.diff([float(cell) for cell in cells])
    return bool(steps.min() > 0 and np.ptp(steps) < 0.02 * steps.mean())


def _has_units(cells: Sequence[str]) -> bool:
    bare = [cell.strip("()[] ").replace("μ", "µ").casefold() for cell in cells]
    return any(bare) and not any(map(_numeric, cells)) and all(cell in UNITS or not cell for cell in bare)


def _check_widths(where: str, names: Sequence[str] | None, body: Sequence[Row], mark: str | None) -> None:
    width = len(names) if names is not None else len(body[0][1])
    for line, cells in body:
        if len(cells) != width:
            n = len(cells)
            hint = ""
            if mark == "," and n == 2 * width and all(map(is_number, cells)):
                hint = "; if the commas are decimal, put ; between the columns or write decimal points"
            if names is not None and width == 1:
                hint = hint or "; if the first line is a title, leave it out, or begin it with #"
            at = f"column {width + 1} has no name" if n > width else f"column {n + 1} is missing"
            raise InputError(f"{where}: line {line} has {n} column{'s' * (n != 1)}; want {width}: {at}{hint}")


def _with_points(where: str, body: list[Row], mark: str | None, notes: list[str]) -> list[Row]:
    """Return the rows with decimal commas as points.

    Raises:
        InputError: commas that can separate thousands, points beside commas, or cells that look like halves of numbers.
    """
    if mark == "," and not any("," in cell for _, cells in body for cell in cells):
        if all(re.fullmatch(r"[+-]?\d*", cell) for _, cells in body for cell in cells):
            for line, k, cell in ((line, k, cell) for line, cells in body for k, cell in enumerate(cells)):
                if cell == "-0" or re.fullmatch(r"0\d+", cell):
                    raise InputError(
                        f"{where}: line {line}, column {k + 1}: {cell!r} looks like a part of a number with a decimal "
                        "comma; put ; between the columns, or write decimal points"
                    )
        return body
    commas = [
        (line, k, cell)
        for line, cells in body
        for k, cell in enumerate(cells)
        if "," in cell and _COMMA.fullmatch(cell)
    ]
    if not commas:
        return body
    if all(re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", cell) for *_, cell in commas):
        line, k, cell = commas[0]
        raise InputError(
            f"{where}: line {line}, column {k + 1}: {cell!r} can have a decimal comma or a mark of thousands; write "
            f"{cell.replace(',', '.')} or {cell.replace(',', '')}"
        )
    for line, cells in body:
        for k, cell in enumerate(cells):
            if "." in cell and _NUMBER.fullmatch(cell):
                raise InputError(
                    f"{where}: line {line}, column {k + 1}: {cell!r} has a decimal point where line {commas[0][0]} has "
                    f"a decimal comma, {commas[0][2]!r}"
                )
    notes.append("the comma is the decimal mark")
    return [(line, [c.replace(",", ".") if _COMMA.fullmatch(c) else c for c in cells]) for line, cells in body]


def _complaint(cell: str) -> str:
    shown = repr(cell if len(cell) < 60 else cell[:57] + "…")
    if _THOUSANDS.fullmatch(cell):
        return f"{shown} is not a number as it is written, with marks of thousands; leave these out"
    if _DATE.match(cell):
        return (
            f"{shown} is a date or a time of day, which is not read; give seconds, or leave out the column and say --dt"
        )
    return f"{shown} is not a number"
