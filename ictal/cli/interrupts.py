"""Ctrl-C and SIGTERM during a long run: it ends within two seconds, and what it did is kept."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from .output import error_line

GRACE = 1.5  # what an advance and a last chunk may take [s]; then the process ends, with the chunks that are whole


class Interrupt(BaseException):
    """A signal that came where nothing has to be finished first."""


class Signals:
    """While this context stands, SIGINT and SIGTERM are answered.

    Until `stop` is first asked there is nothing to lose, and a signal raises `Interrupt`. From then on it is noted and
    `stop` tells; a second one raises. If neither ends the context within `GRACE`, as when compiled code takes
    long, a watching thread ends the process: it reads the signal from a socket, which the interpreter
    writes at once, whatever it is doing.

    Args:
        line: what the watching thread says then.
    """

    def __init__(self, line: Callable[[], str]) -> None:
        self.received: int | None = None
        self._line, self._holding = line, False
        self._left = threading.Event()

    def stop(self) -> bool:
        """Whether a signal came."""
        self._holding = True
        return self.received is not None

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

    def _note(self, number: int, frame: FrameType | None) -> None:
        again, self.received = self.received is not None, self.received or number
        if again or not self._holding:
            raise Interrupt

    def _watch(self) -> None:
        with self._read:
            while number := self._read.recv(1):
                if number[0] in self._before and not self._left.wait(GRACE):
                    error_line(self._line())
                    os._exit(128 + number[0])
