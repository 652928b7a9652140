"""Output of the commands: one result on stdout, progress and errors on stderr."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from ..simulator.fields import Param
from ..simulator.options import Option

if TYPE_CHECKING:
    from pathlib import Path

    from ..simulator.files.result import Result
    from ..simulator.types import Progress

FIRST_LINE, NEXT_LINE = 2.0, 5.0  # s until the first plain line of progress, and between lines


@dataclass(frozen=True)
class Output:
    """Answers of a command.

    Attributes:
        json: exactly one JSON document on stdout.
        quiet: no progress, and on stdout the result alone.
    """

    json: Annotated[bool, Param("One JSON document on stdout"), Option(record="never")] = False
    quiet: Annotated[bool, Param("No progress, no remarks"), Option(record="never")] = False

    def result(self, data: Mapping[str, Any], text: Callable[[], str]) -> None:
        """Print `data` under --json, else the text."""
        if self.json:
            from ..simulator.files.rows import plain

            write(json.dumps(plain(data), indent=1, allow_nan=False) + "\n")
        else:
            write(text())

    def note(self, *lines: str) -> None:
        """Print remarks on the result, such as the name of a file that was written."""
        if not (self.json or self.quiet):
            write("".join(f"{line}\n" for line in lines))

    def remark(self, data: Mapping[str, Any], *lines: str) -> None:
        """Print `data` under --json, else the lines unless quiet: the result itself is a file."""
        if self.json:
            self.result(data, str)
        self.note(*lines)

    def found(
        self, found: Result, text: Callable[[], str], path: Path | None, force: bool, notes: Sequence[str], **facts: Any
    ) -> None:
        """Save a result if a path is given, and print it with `facts`, the notes and the name of the file."""
        if path is not None:
            found.save(path, force=force)
        self.result({**facts, **found.to_json()}, text)
        self.note(*notes, *([] if path is None else [f"wrote {path}; ictal plot {path} draws it"]))

    @contextlib.contextmanager
    def progress(self, title: str) -> Iterator[Progress | None]:
        """Show a bar on a terminal, else a plain line every few seconds, on stderr; None when quiet."""
        if self.quiet:
            yield None
        elif not sys.stderr.isatty():
            yield _plain_lines(title)
        else:
            from rich.console import Console
            from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[what]}", markup=False),
            )
            with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task(title, total=None, what="")
                yield lambda done, total, what: bar.update(task, completed=done, total=total, what=what)


def fraction(report: Progress | None) -> Callable[[float], None] | None:
    """Return a function of the fraction done, which systems call, from a report of done and total."""
    return None if report is None else lambda done: report(round(1000 * done), 1000, "")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """Return a table as text, of the width of the terminal, or of 200 characters where there is none."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    with console.capture() as captured:
        console.print(drawn)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def number(value: float) -> str:
    """Return four significant digits; a dash where there is no value.

    >>> number(0.123456), number(float("nan"))
    ('0.1235', '–')
    """
    return f"{value:.4g}" if math.isfinite(value) else "–"


def write(text: str) -> None:
    """Write to stdout; a reader that has gone (``| head``) ends the output and nothing else."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def error_line(message: str) -> None:
    """Print one line on stderr, also of a message with several."""
    line = " ".join(part.strip() for part in message.splitlines() if part.strip())
    with contextlib.suppress(BrokenPipeError):
        print(f"ictal: {line}", file=sys.stderr, flush=True)


def assumptions(*sources: object) -> list[str]:
    """Return the assumptions that were made when files were read, once each, as notes."""
    seen: dict[str, None] = {}
    for source in sources:
        given = source.get("assumptions", ()) if isinstance(source, dict) else ()
        seen |= dict.fromkeys(f"assumed: {line}" for line in (given if isinstance(given, list | tuple) else ()))
    return list(seen)


def _plain_lines(title: str) -> Progress:
    due = time.monotonic() + FIRST_LINE

    def report(done: int, total: int, what: str) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + NEXT_LINE
            share = f"{100 * done / total:.0f} %" if total else f"{done}"
            with contextlib.suppress(BrokenPipeError):
                print(f"ictal: {title}: {share} {what}".rstrip(), file=sys.stderr, flush=True)

    return report
