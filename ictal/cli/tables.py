"""Tables as text: where a terminal is too narrow for one, its cells are wrapped between words, then it is broken."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from ..simulator.errors import spelled

NO_TERMINAL, _NARROWEST = 80, 40  # characters of a line
_GAP = "   "
HARD = "\N{NO-BREAK SPACE}"  # holds words of a cell together
_TOGETHER = re.compile(  # a space that is not broken: before a unit, within an interval, about a sign between numbers
    r"(?<=\d) (?=(?:ms|s|min|h|Hz|%|µV|mV|units|samples|spikes|steps|cells)(?!\w))|(?<=[…→±]) (?=[\d.−-])|"
    r"(?<=[\d.]) (?=[…→±] )|(?<=\d) (?=\[)|(?<=[\d<],) (?=[−.\d-]+\])"
)

Row = Sequence[str]


def width() -> int:
    """Return the characters of a line: COLUMNS, or those of the terminal; 80 where there is neither."""
    return max(shutil.get_terminal_size((NO_TERMINAL, 24)).columns, _NARROWEST) if has_width() else NO_TERMINAL


def has_width() -> bool:
    """Return whether stdout is a terminal, or COLUMNS says how wide it is."""
    return bool(os.environ.get("COLUMNS")) or sys.stdout.isatty()


def wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    """Return the lines of a text, no longer than the width, with these indents; a number stays with its unit."""
    joined = _TOGETHER.sub(HARD, text)
    lines = textwrap.wrap(
        joined, width(), initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
    return [line.replace(HARD, " ") for line in lines]


def on_lines(*texts: str) -> str:
    """Return texts on lines of the width, those that go on indented; an empty text has none."""
    return "".join(f"{line}\n" for text in texts for line in wrapped(text, "", "  "))


def table(columns: Row, rows: Sequence[Row], title: str = "") -> str:
    """Return a table of the width of the terminal, or of 80 characters where there is none.

    Words and numbers stay whole. A table that is too wide even so is broken into several, one below the other, that
    repeat the columns that name a row.

    >>> print(table(["measure", "value"], [["si_3", "0.12"]]).strip())
    measure   value
     ───────────────
     si_3      0.12
    """
    lines = [[spelled(cell).replace("\n", " ") for cell in row] for row in (columns, *rows)]
    whole = [[_TOGETHER.sub(HARD, cell) for cell in row] for row in lines]
    text = _text(whole, width())
    if max(map(_length, text.splitlines())) > width():  # too narrow for whole intervals
        text = _text(lines, width())
    return f"{title}\n\n{text}\n\n" if title else f"\n{text}\n\n"


def _text(lines: list[list[str]], room: int) -> str:
    return "\n\n".join("\n".join(_drawn(part, room)) for part in _parts(lines, room)).replace(HARD, " ")


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
