"""Output of the commands: one result on stdout, progress and errors on stderr."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from ..simulator.errors import InputError, spelled
from ..simulator.fields import Param
from ..simulator.options import Option
from ..simulator.progress import bar, plain_lines

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
                yield plain_lines(title, error_line, FIRST_LINE, NEXT_LINE)
        else:
            with bar(title) as report, _remarks_of_kernels():
                yield report


def _remark(text: str) -> list[str]:
    """Return a remark on lines of the terminal's width, the further ones indented; whole where there is none."""
    from .tables import has_width, wrapped

    return wrapped(text, "", "  ") if has_width() else text.splitlines()


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
