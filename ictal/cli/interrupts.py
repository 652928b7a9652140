"""Ctrl-C and SIGTERM during a long run: it ends within two seconds and loses no finished work."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

import typer

from .output import error_line

GRACE = 1.5  # [s] for one more advance and a last chunk; then the process ends, with the chunks that are whole


class Interrupt(BaseException):
    """Signal before the work has begun, or a second one: it ends the work at once."""


class Signals:
    """Context in which SIGINT and SIGTERM end the work with one line on stderr and exit code 130 or 143.

    Until `stop` is first asked there is nothing to lose, and a signal raises `Interrupt`. From then on it is noted and
    `stop` returns True; a second signal raises. If neither ends the context within `GRACE`, as when compiled code takes
    long, a watching thread ends the process: it reads the signal from a socket, to which the interpreter
    writes at once.

    Args:
        stopped: error of work that `stop` ended, with `done` and `total`.
        advice: called for the command that goes on; "" without an unfinished run.
        reached: format of the progress of such an error.
        silent: print no line; another process does.
    """

    def __init__(
        self, stopped: type[Exception], advice: Callable[[], str], reached: str = "", silent: bool = False
    ) -> None:
        self._stopped, self._advice, self._reached, self._silent = stopped, advice, reached, silent
        self._received: int | None = None
        self._holding = False
        self._left = threading.Event()

    def stop(self) -> bool:
        """Return True once a signal came."""
        self._holding = True
        return self._received is not None

    def __enter__(self) -> Signals:
        self._active = threading.current_thread() is threading.main_thread()
        if self._active:
            self._read, self._write = socket.socketpair()
            self._write.setblocking(False)
            self._before: dict[int, Any] = {n: signal.signal(n, self._note) for n in (signal.SIGINT, signal.SIGTERM)}
            self._wakeup = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
            threading.Thread(target=self._watch, name="signals", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        if self._active:
            signal.set_wakeup_fd(self._wakeup)
            for number, handler in self._before.items():
                signal.signal(number, handler)
            self._write.close()
        if isinstance(error, (Interrupt, self._stopped)):
            self._report(self._reached.format(error) if isinstance(error, self._stopped) else "")
            raise typer.Exit(128 + (self._received or signal.SIGINT)) from None

    def _report(self, reached: str = "") -> None:
        if not self._silent:
            advice = self._advice()
            error_line(f"interrupted{reached}; {advice}" if advice else "interrupted")

    def _note(self, number: int, frame: FrameType | None) -> None:
        again, self._received = self._received is not None, self._received or number
        if (again or not self._holding) and not self._left.is_set():
            raise Interrupt

    def _watch(self) -> None:
        with self._read:
            while number := self._read.recv(1):
                if number[0] in self._before and not self._left.wait(GRACE):
                    self._report()
                    os._exit(128 + number[0])
