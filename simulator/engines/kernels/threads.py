"""A barrier for the threads of one network, in shared memory: about 0.1 µs where every thread has its own core."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped,unused-ignore]
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from .compiling import inner

_utils: Any = cgutils
_intrinsic: Any = intrinsic
SPINS = 2000  # reads of the counter before the core is offered to another thread


def _pointer(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, args[0])
    return _utils.get_item_pointer(context, builder, signature.args[0], array, [args[1]], wraparound=False)


@_intrinsic  # type: ignore[untyped-decorator]
def _increment(typing: Any, array: Any, index: Any) -> Any:
    """Add 1 to array[index] as one atomic operation; return the number before."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        one = ir.Constant(ir.IntType(64), 1)
        return builder.atomic_rmw("add", _pointer(context, builder, signature, args), one, "seq_cst")

    return types.int64(array, types.intp), build


@_intrinsic  # type: ignore[untyped-decorator]
def _load(typing: Any, array: Any, index: Any) -> Any:
    """Return array[index] as the other threads last wrote it."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_pointer(context, builder, signature, args), "seq_cst", 8)

    return types.int64(array, types.intp), build


@_intrinsic  # type: ignore[untyped-decorator]
def _store(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Write a value to array[index] that the other threads see."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store_atomic(args[2], _pointer(context, builder, signature, args), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), build


@_intrinsic  # type: ignore[untyped-decorator]
def _step_aside(typing: Any) -> Any:
    """Offer the core to another thread."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if sys.platform != "win32":
            kind = ir.FunctionType(ir.IntType(32), [])
            builder.call(_utils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), build


@inner
def meet(sync: NDArray[np.int64], parts: int) -> None:  # pragma: no cover
    """Wait until all threads are here. `sync`: arrivals at [0], rounds so far at [8] (a cache line of its own)."""
    if parts == 1:
        return
    rounds = _load(sync, 8)
    if _increment(sync, 0) == parts - 1:
        _store(sync, 0, 0)
        _store(sync, 8, rounds + 1)
    else:
        spins = 0
        while _load(sync, 8) == rounds:
            spins += 1
            if spins > SPINS:
                _step_aside()
