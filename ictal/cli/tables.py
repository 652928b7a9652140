"""Tables as text: where a terminal is too narrow for one, its cells are wrapped between words, then it is broken."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

from ..simulator.errors import spelled

_NO_TERMINAL, _NARROWEST = 200, 40  # characters of a line
_GAP = "   "

Row = Sequence[str]


def table(columns: Row, rows: Sequence[Row], title: str = "") -> str:
    """Return a table of the width of the terminal, or of 200 characters where there is none.

    Words and numbers stay whole. A table that is too wide even so is broken into several, one below the other, that
    repeat the columns that name a row.

    >>> print(table(["measure", "value"], [["si_3", "0.12"]]).strip())
    measure   value
     ───────────────
     si_3      0.12
    """
    width = max(shutil.get_terminal_size((80, 24)).columns, _NARROWEST) if sys.stdout.isatty() else _NO_TERMINAL
    lines = [[spelled(cell).replace("\n", " ") for cell in row] for row in (columns, *rows)]
    text = "\n\n".join("\n".join(_drawn(part, width)) for part in _parts(lines, width))
    return f"{title}\n\n{text}\n\n" if title else f"\n{text}\n\n"


def _parts(lines: list[list[str]], width: int) -> Iterator[list[list[str]]]:
    """Yield the header and all rows, or several times some of their columns."""
    if _total(_least(lines)) <= width:
        yield lines
        return
    keys = next((n for n in (1, 2) if len({tuple(row[:n]) for row in lines[1:]}) == len(lines) - 1), 0)
    if not keys:
        lines = [[word, *row] for word, row in zip(["row", *map(str, range(1, len(lines)))], lines, strict=True)]
        keys = 1
    least, chosen = _least(lines), list(range(keys))
    for at in range(keys, len(least)):
        if len(chosen) > keys and _total([least[k] for k in (*chosen, at)]) > width:
            yield [[row[k] for k in chosen] for row in lines]
            chosen = list(range(keys))
        chosen.append(at)
    yield [[row[k] for k in chosen] for row in lines]


def _drawn(lines: list[list[str]], width: int) -> Iterator[str]:
    """Yield the lines of one table."""
    least = _least(lines)
    widths = [max(map(_length, column)) for column in zip(*lines, strict=True)]
    while _total(widths) > width and widths != least:
        widest = max((at for at in range(len(widths)) if widths[at] > least[at]), key=widths.__getitem__)
        widths[widest] -= 1
    for number, row in enumerate(lines):
        wrapped = [_wrapped(cell, room) for cell, room in zip(row, widths, strict=True)]
        for at in range(max(map(len, wrapped))):
            cells = [cell[at] if at < len(cell) else "" for cell in wrapped]
            padded = (cell + " " * (room - _length(cell)) for cell, room in zip(cells, widths, strict=True))
            yield f" {_GAP.join(padded)}".rstrip()
        if not number:
            yield " " + "─" * (_total(widths) - 1)


def _least(lines: list[list[str]]) -> list[int]:
    """Return the length of the longest word of every column."""
    return [max(_length(word) for cell in column for word in cell.split(" ")) for column in zip(*lines, strict=True)]


def _total(widths: Sequence[int]) -> int:
    return 1 + sum(widths) + len(_GAP) * (len(widths) - 1)


def _wrapped(cell: str, width: int) -> list[str]:
    lines = [""]
    for word in cell.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and _length(joined) > width:
            lines.append(word)
        else:
            lines[-1] = joined
    return lines


def _length(text: str) -> int:
    """Return the number of places of a text on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
