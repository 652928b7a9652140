"""Compilation of the kernels: to bitcode of those of a run, by `kernel`, and by numba alone of the others.

The kernels allocate nothing, so that numba's runtime (`_nrt`) is left out: a fifth of the time to compile.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core import types
from numba.core.runtime.nrt import rtsys

from ..native.kernel import Kernel
from ..native.target import packed
from .parts import LOOP, PART, WHOLE, linked

F = TypeVar("F", bound=Callable[..., Any])
_njit: Any = numba.njit
_types: Any = types
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}


def _digest() -> str:
    files = sorted(Path(__file__).parent.glob("*.py"))
    content = b"".join(file.read_bytes() for file in files)
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


SOURCES = _digest()
_LOOPS: list[Any] = []


def inner(function: F) -> F:
    """Compile a part of the time step. Only compiled code can call it: a wrapper would take half as long again."""
    compiled: F = _njit(**_OPTIONS, no_cpython_wrapper=True, **PART)(function)
    return compiled


def loop(function: F) -> F:
    """Compile as `inner` a part whose loops take most of the time.

    LLVM knows less of the arrays of a loop within a large function. A loop is therefore not inlined, and its arrays are
    declared not to overlap: they must not. Parts of it without arrays are inlined.
    """
    compiled: F = _njit(**_OPTIONS, no_cpython_wrapper=True, **LOOP)(function)
    _LOOPS.append(compiled)
    return compiled


def kernel(whole: Callable[[Sequence[Any]], Sequence[Any]] = tuple) -> Callable[[Callable[..., Any]], Kernel]:
    """Make a function of arrays, whole numbers and named tuples of them a kernel that Python calls.

    `whole` replaces every None among its arguments by empty arrays, of the types that the argument has elsewhere.
    """

    return lambda function: Kernel(function, bitcode, SOURCES, whole)


def bitcode(function: Callable[..., Any], arguments: Sequence[Any]) -> bytes:
    """Return a function and all that it calls in LLVM's language, for the types of these arguments."""
    compiled = _njit(**_OPTIONS, no_cpython_wrapper=True, **PART)(function)
    with _no_collection():
        compiled.compile(tuple(_typed(argument) for argument in arguments))
    (made,) = compiled.overloads.values()
    of_loops = [compiled for part in _LOOPS for compiled in part.overloads.values()]
    apart = {c.fndesc.llvm_func_name for c in of_loops if any(isinstance(a, types.Array) for a in c.signature.args)}
    return packed(linked(made), made.fndesc.llvm_func_name, apart)


def _typed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return types.Array(numba.from_dtype(value.dtype), value.ndim, "C")
    if isinstance(value, tuple):
        return _types.NamedTuple([_typed(part) for part in value], type(value))
    if value is None:
        return types.none
    return types.boolean if isinstance(value, bool) else types.int64


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
    """Compile without the collector of garbage."""
    compile_ = compiled.compile

    def compile_once(signature: Any) -> Any:
        with _no_collection():
            return compile_(signature)

    compiled.compile = compile_once
    return compiled


@contextmanager
def _no_collection() -> Iterator[None]:
    """Stop the collector of garbage: it would look at all that numba builds again and again, for nothing."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
