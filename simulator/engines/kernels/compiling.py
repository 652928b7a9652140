"""Compilation of the kernels, and their cache on disk.

The kernels allocate nothing, so that numba's runtime (`_nrt`) is left out: a fifth of the time to compile.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.runtime.nrt import rtsys

from .parts import LOOP, PART, WHOLE

F = TypeVar("F", bound=Callable[..., Any])
_njit: Any = numba.njit
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}


def _digest() -> str:
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


SOURCES = _digest()


def inner(function: F) -> F:
    """Compile a part of the time step. Only compiled code can call it: a wrapper would take half as long again."""
    compiled: F = _njit(**_OPTIONS, no_cpython_wrapper=True, **PART)(function)
    return compiled


def loop(function: F) -> F:
    """Compile as `inner` a part whose loops take most of the time: they are optimised before it is linked as well.

    That makes networks of cells with conductances 8 % faster, for some .1 s.
    """
    compiled: F = _njit(**_OPTIONS, no_cpython_wrapper=True, **LOOP)(function)
    return compiled


def entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function that Python calls, without the interpreter's lock, and cache it on disk.

    Numba compares the date of the file of the function with the cache. It misses changes of the other files whose
    functions are compiled into it, so that a stale kernel would run. Here the stamp is the SHA-256 of all kernels.
    """
    compiled: Callable[..., Any] = _loaded_alone(
        _undisturbed(_njit(**_OPTIONS, **WHOLE, cache=True, nogil=True)(function))
    )
    compiled._cache._cache_file._source_stamp = SOURCES  # type: ignore[attr-defined]
    return compiled


def kept(function: Callable[..., Any]) -> Any:
    """Compile a function that stands alone, without the interpreter's lock, and cache it until its file changes."""
    return _loaded_alone(_undisturbed(_njit(**WHOLE, cache=True, nogil=True)(function)))


def lean(function: Callable[..., Any]) -> Any:
    """Compile as `kept` a function that allocates nothing."""
    return _loaded_alone(_undisturbed(_njit(**_OPTIONS, **WHOLE, cache=True, nogil=True)(function)))


def _loaded_alone(compiled: Any) -> Any:
    """Load cached code without the registration of everything that numba can compile.

    Before it reads a cached function, numba imports all its typing and lowering modules, and scipy.linalg with them:
    half of the CPU time of a run of a second. Machine code from disk needs none of it. Only `rtsys.initialize` is
    needed, for allocation. Where numba's private names differ from those used here, nothing is changed.
    """
    cache: Any = getattr(compiled, "_cache", None)
    if not all(hasattr(cache, name) for name in ("_guard_against_spurious_io_errors", "_load_overload")):
        return compiled

    def load(signature: Any, target: Any) -> Any:
        rtsys.initialize(target)
        with cache._guard_against_spurious_io_errors():
            return cache._load_overload(signature, target)

    cache.load_overload = load
    return compiled


def _undisturbed(compiled: Any) -> Any:
    """Compile without the collector of garbage: it would look at all that numba builds again and again, for nothing."""
    compile_ = compiled.compile

    def compile_once(signature: Any) -> Any:
        running = gc.isenabled()
        gc.disable()
        try:
            return compile_(signature)
        finally:
            if running:
                gc.enable()

    compiled.compile = compile_once
    return compiled
