"""Calls of compiled functions with a numpy Generator, which no signal handler may interrupt."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

import numba

DELAYED = (signal.SIGTERM, signal.SIGINT)
_typeof: Any = numba.typeof


def uninterrupted(compiled: Any, *args: Any) -> Any:
    """Return ``compiled(*args)`` of a function by numba; signals are handled afterwards.

    Numba reads the addresses of a Generator by Python code. If a handler raises there, numba continues with invalid
    addresses: Ctrl-C at that moment would be a segmentation fault.
    """
    compiled.compile(tuple(_typeof(value) for value in args))  # may take seconds, and may be interrupted
    if threading.current_thread() is not threading.main_thread():  # handlers never run here
        return compiled(*args)
    came: list[tuple[int, FrameType | None]] = []
    before: dict[int, Any] = {n: handler for n in DELAYED if callable(handler := signal.getsignal(n))}
    try:
        for number in before:
            signal.signal(number, lambda *signalled: came.append(signalled))
        return compiled(*args)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number, frame in came:
            before[number](number, frame)
