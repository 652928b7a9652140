"""What the commands print: one result on stdout, progress and errors on stderr."""

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
    from ..simulator.types import Progress

FIRST_LINE, NEXT_LINE = 2.0, 5.0  # s until the first plain line of progress, and between lines


@dataclass(frozen=True)
class Output:
    """How a command answers.

    Attributes:
        json: exactly one JSON document on stdout.
        quiet: no progress, and on stdout only what was asked for.
    """

    json: Annotated[bool, Param("One JSON document on stdout"), Option(record="never")] = False
    quiet: Annotated[bool, Param("No progress, no remarks"), Option(record="never")] = False

    def result(self, data: Mapping[str, Any], text: Callable[[], str]) -> None:
        """The answer: `data` under --json, else the text."""
        if self.json:
            write(json.dumps(_plain(data), indent=1, allow_nan=False) + "\n")
        else:
            write(text())

    def note(self, line: str) -> None:
        """A remark beside the answer, such as the name of a file that was written."""
        if not (self.json or self.quiet):
            write(line + "\n")

    @contextlib.contextmanager
    def progress(self, title: str) -> Iterator[Progress | None]:
        """A bar on a terminal, else a plain line every few seconds, on stderr; None when quiet."""
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
    """A report of the fraction done, as the systems give it."""
    return None if report is None else lambda done: report(round(1000 * done), 1000, "")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """A table as text, as wide as the terminal, or as it needs to be where there is none."""
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
    """Four significant digits; a dash where there is no value.

    >>> number(0.123456), number(float("nan"))
    ('0.1235', '–')
    """
    return f"{value:.4g}" if math.isfinite(value) else "–"


def write(text: str) -> None:
    """Text to stdout; a reader that has gone (``| head``) ends the output and nothing else."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def error_line(message: str) -> None:
    """One line on stderr, whatever the message holds."""
    line = " ".join(part.strip() for part in message.splitlines() if part.strip())
    with contextlib.suppress(BrokenPipeError):
        print(f"ictal: {line}", file=sys.stderr, flush=True)


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


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, str | int | bool | None):
        return value
    return _plain(value.item()) if type(value).__module__ == "numpy" else str(value)
