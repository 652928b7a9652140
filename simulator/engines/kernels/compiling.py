"""How functions are compiled, kept on disk and loaded. Those of this folder allocate nothing: `_nrt` off saves a fifth
of the time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.runtime.nrt import rtsys

F = TypeVar("F", bound=Callable[..., Any])
_njit: Any = numba.njit
_OPTIONS = {"error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}


def _digest() -> str:
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


SOURCES = _digest()


def inner(function: F) -> F:
    """A part of the time step: callable from compiled code alone, which compiles it in a third less time."""
    compiled: F = _njit(**_OPTIONS, no_cpython_wrapper=True)(function)
    return compiled


def entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Callable from Python, without the interpreter's lock, and kept on disk until a file of this folder changes.

    numba itself looks at the date of one file: that of the function, and not of those that are compiled into it.
    """
    compiled: Callable[..., Any] = _loaded_alone(_njit(**_OPTIONS, cache=True, nogil=True)(function))
    compiled._cache._cache_file._source_stamp = SOURCES  # type: ignore[attr-defined]
    return compiled


def kept(function: Callable[..., Any]) -> Any:
    """Callable from Python, without the interpreter's lock, and kept on disk until its file changes."""
    return _loaded_alone(_njit(cache=True, nogil=True)(function))


def _loaded_alone(compiled: Any) -> Any:
    """Let what is on disk be loaded without all that numba can compile, and scipy.linalg with it.

    That is half of the CPU time of a short run, and only compiling needs it, which asks for it by itself.
    """
    cache: Any = getattr(compiled, "_cache", None)  # numba's own, not public: without it all is as numba does it
    if not all(hasattr(cache, name) for name in ("_guard_against_spurious_io_errors", "_load_overload")):
        return compiled

    def load(signature: Any, target: Any) -> Any:
        rtsys.initialize(target)  # what compiled code allocates by
        with cache._guard_against_spurious_io_errors():
            return cache._load_overload(signature, target)

    cache.load_overload = load
    return compiled
