"""Output of the commands: one result on stdout, progress and errors on stderr."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from ..simulator.errors import InputError, spelled
from ..simulator.fields import Param
from ..simulator.options import Option

if TYPE_CHECKING:
    from pathlib import Path

    from ..simulator.files.result import Result
    from ..simulator.types import Progress

FIRST_LINE, NEXT_LINE = 2.0, 5.0  # s until the first plain line of progress, and between lines

KERNELS, COMPILING = "ictal.simulator.engines.native.kernel", 10.0  # a log, and s that what it says takes


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
            write("".join(f"{part}\n" for line in lines for part in _remark(line)))

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
        self.result({**facts, **found.to_json()} if self.json else {}, text)  # long tables are large as dictionaries
        self.note(*notes, *([] if path is None else [f"wrote {path}; ictal plot {path} draws it"]))

    @contextlib.contextmanager
    def progress(self, title: str) -> Iterator[Progress | None]:
        """Show a bar on a terminal, else a plain line every few seconds, on stderr; None when quiet."""
        if self.quiet:
            yield None
        elif not sys.stderr.isatty():
            with _remarks_of_kernels():
                yield _plain_lines(title)
        else:
            from rich.console import Console
            from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar
            from rich.table import Column

            columns = (
                TextColumn("{task.description}"),
                BarColumn(bar_width=16),
                TaskProgressColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[what]}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
            )
            console = Console(stderr=True, no_color=True)  # one line: the words take what the numbers leave
            with Bar(*columns, console=console, transient=True, expand=True) as bar, _remarks_of_kernels():
                task = bar.add_task(spelled(title), total=None, what="")
                yield lambda done, total, what: bar.update(task, completed=done, total=total, what=spelled(what))


def _remark(text: str) -> list[str]:
    """Return a remark on lines of the terminal's width, the further ones indented; whole where there is none."""
    from .tables import has_width, wrapped

    return wrapped(text, "", "  ") if has_width() else text.splitlines()


def fraction(report: Progress | None) -> Callable[[float], None] | None:
    """Return a function of the fraction done, which systems call, from a report of done and total."""
    return None if report is None else lambda done: report(round(1000 * done), 1000, "")


def number(value: float) -> str:
    """Return four significant digits; a dash where there is no value.

    >>> number(0.123456), number(float("nan"))
    ('0.1235', '–')
    """
    return f"{value:.4g}" if math.isfinite(value) else "–"


def open_streams() -> None:
    """Give a program that was started with closed streams others, which lead nowhere; a terminal without λ a “?”.

    A file that is opened takes the lowest number that is free: with stdout closed, the file of a result would be it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8"))
        stream = getattr(sys, name)
        if number and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def write(text: str) -> None:
    """Write to stdout; a reader that has gone (``| head``) ends the output and nothing else.

    Raises:
        InputError: stdout is on a full disk.
    """
    try:
        sys.stdout.write(spelled(text))
        sys.stdout.flush()
    except OSError as error:
        drop_stdout()
        if not isinstance(error, BrokenPipeError):
            raise InputError(f"stdout: could not be written: {error.strerror or error}") from error


def drop_stdout() -> None:
    """Lead stdout nowhere, so that what is left in its buffer gives no second error in the end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def error_line(message: str) -> None:
    """Print one line on stderr, also of a message with several."""
    line = " ".join(part.strip() for part in message.splitlines() if part.strip())
    with contextlib.suppress(OSError):
        print(f"ictal: {spelled(line)}", file=sys.stderr, flush=True)


def assumptions(*sources: object) -> list[str]:
    """Return the assumptions that were made when files were read, once each, as notes."""
    seen: dict[str, None] = {}
    for source in sources:
        given = source.get("assumptions", ()) if isinstance(source, dict) else ()
        seen |= dict.fromkeys(f"assumed: {line}" for line in (given if isinstance(given, list | tuple) else ()))
    return list(seen)


@contextlib.contextmanager
def _remarks_of_kernels() -> Iterator[None]:
    """Print a line when numba compiles a kernel, which takes longer than the time until a first line of progress."""
    log, handler = logging.getLogger(KERNELS), logging.Handler()
    handler.emit = lambda record: error_line(record.getMessage())  # type: ignore[method-assign]
    before = log.level
    if FIRST_LINE < COMPILING:
        log.addHandler(handler)
        log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


def _plain_lines(title: str) -> Progress:
    due = time.monotonic() + FIRST_LINE
    began, first, whole = due, 0, 0  # of the stage that is under way: its time, its first number, its total

    def report(done: int, total: int, what: str) -> None:
        nonlocal due, began, first, whole
        now = time.monotonic()
        if total != whole or done < first:
            began, first, whole = now, done, total
        if now >= due:
            due = now + NEXT_LINE
            share = f"{100 * done / total:.0f} %" if total else f"{done}"
            left = time_left(now - began, done - first, total - done)
            error_line(f"{title}: {share} {what}".rstrip() + left)

    return report


def time_left(elapsed: float, done: int, left: int) -> str:
    """Return how long the rest takes if it goes on as before; "" before anything is done.

    >>> time_left(60.0, 100, 300), time_left(60.0, 1000, 200), time_left(3600.0, 1, 2), time_left(1.0, 0, 10)
    (', about 3 min left', ', about 12 s left', ', about 2.0 h left', '')
    """
    if done < 1 or left < 1:
        return ""
    seconds = elapsed * left / done
    if seconds < 90:
        return f", about {max(1, round(seconds))} s left"
    return f", about {seconds / 60:.0f} min left" if seconds < 5400 else f", about {seconds / 3600:.1f} h left"
