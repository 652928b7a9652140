"""Kernels that Python calls: functions of arrays, whole numbers and named tuples of them."""

from __future__ import annotations

import ctypes
import hashlib
import inspect
import logging
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache, update_wrapper
from typing import Any

import numpy as np

from . import disk, target
from .shipped import shipped

_log = logging.getLogger(__name__)
_LOCK = threading.Lock()  # of LLVM
OK, NOTHING = 0, -2  # numba's status of a function that returned a value, or None


class Kernel:
    """A compiled function, called by address and without the interpreter's lock.

    Its bitcode is taken from the package; where that is of other sources, or this LLVM cannot read it, numba makes it.
    Machine code is made from it once for each processor and each set of parts, and stored.

    Args:
        function: the Python function. Parameters that may be None are parts of the network.
        lower: makes its bitcode for the types of given arguments.
        sources: digest of the code of all kernels.
        whole: replaces every None among the arguments by empty arrays.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        lower: Callable[[Callable[..., Any], Sequence[Any]], bytes],
        sources: str,
        whole: Callable[[Sequence[Any]], Sequence[Any]] = tuple,
    ) -> None:
        update_wrapper(self, function)
        self.function, self.name, self.lower, self.sources, self.whole = (
            function, function.__name__, lower, sources, whole
        )  # fmt: skip
        self.parameters = tuple(inspect.signature(function).parameters)
        self._ready: dict[str, tuple[Any, bool]] = {}

    def __call__(self, *arguments: Any) -> int:
        """Run it, and return its whole number; 0 if it returns None. Arrays must be in C order."""
        filled = self.whole(arguments)
        absent = tuple(n for n, a in zip(self.parameters, arguments, strict=True) if a is None)
        key = described(tuple(filled))
        made = self._ready.get(f"{key} {absent}")
        if made is None:
            with _LOCK:
                made = self._ready.get(f"{key} {absent}") or self._make(arguments, filled, key, absent)
                self._ready[f"{key} {absent}"] = made
        function, takes_none = made
        numbers: list[int] = []
        for argument in arguments if takes_none else filled:
            _flatten(argument, numbers)
        value, problem = ctypes.c_int64(), ctypes.c_void_p()
        status = function(ctypes.byref(value), ctypes.byref(problem), *numbers)
        if status not in (OK, NOTHING):
            raise RuntimeError(f"kernel {self.name}: status {status}")
        return value.value

    def _make(
        self, arguments: Sequence[Any], filled: Sequence[Any], key: str, absent: tuple[str, ...]
    ) -> tuple[Any, bool]:
        bitcode = shipped(self.name, key, self.sources)
        address = None
        if bitcode is not None:
            try:
                address = self._address(key, absent, lambda: bitcode)
            except (RuntimeError, target.UnresolvedError):
                address = None
        given = filled
        if address is None:  # with None for what is absent, numba has less to do
            given = arguments
            address = self._address(described(tuple(arguments)), (), lambda: self._lowered(arguments))
        kinds: list[Any] = []
        for argument in given:
            _kinds(argument, kinds)
        pointer = ctypes.c_void_p
        return ctypes.CFUNCTYPE(ctypes.c_int32, pointer, pointer, *kinds)(address), given is arguments

    def _lowered(self, arguments: Sequence[Any]) -> bytes:
        _log.info(
            "numba compiles %s for the first run, which takes some ten seconds; later runs start at once", self.name
        )
        return self.lower(self.function, arguments)

    def _address(self, key: str, absent: tuple[str, ...], bitcode: Callable[[], bytes]) -> int:
        """Return the address of machine code from the disk, or make and store it."""
        made_for = (self.sources, key, absent, target.processor(), target.llvm.llvm_version_info)
        symbol = f"{self.name}_{hashlib.sha256(repr(made_for).encode()).hexdigest()[:32]}"
        code = disk.read(f"{symbol}.o")
        if code is None:
            code = target.object_code(bitcode(), absent, symbol)
            disk.write(f"{symbol}.o", code)
        return target.loaded(code, symbol)


def described(value: Any) -> str:
    """Return the types of arguments: what their bitcode depends on."""
    if isinstance(value, np.ndarray):
        return f"{_type(value.dtype)}:{value.ndim}"
    if isinstance(value, tuple):
        return f"({','.join(described(v) for v in value)})"
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "?"
    if isinstance(value, int | np.integer):
        return "i8"
    raise TypeError(f"kernels take arrays, whole numbers and tuples of them; got {value!r}")


@lru_cache(maxsize=64)
def _type(dtype: np.dtype[Any]) -> str:
    return dtype.str if dtype.names is None else hashlib.sha256(repr(dtype.descr).encode()).hexdigest()[:8]


def _flatten(value: Any, out: list[int]) -> None:
    """Append the numbers by which numba's calling convention passes an argument."""
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise TypeError(f"kernels take arrays in C order; got shape {value.shape}, strides {value.strides}")
        out += [0, 0, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides]
    elif isinstance(value, tuple):
        for part in value:
            _flatten(part, out)
    else:
        out.append(0 if value is None else int(value))


def _kinds(value: Any, out: list[Any]) -> None:
    """Append the C types of these numbers."""
    if isinstance(value, np.ndarray):
        out += [ctypes.c_int64] * (5 + 2 * value.ndim)
    elif isinstance(value, tuple):
        for part in value:
            _kinds(part, out)
    else:
        out.append(ctypes.c_uint8 if isinstance(value, bool) else ctypes.c_int64)
