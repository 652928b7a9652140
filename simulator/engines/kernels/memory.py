"""Memory in compiled code: prefetching, and loops for slice assignments, whose checks take a second to compile."""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped,unused-ignore]
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from .compiling import inner

_utils: Any = cgutils
_intrinsic: Any = intrinsic
_READ, _KEEP, _DATA = 0, 3, 1  # arguments of llvm.prefetch


@_intrinsic  # type: ignore[untyped-decorator]
def prefetch(typing: Any, array: Any, index: Any) -> Any:
    """Request the cache line of array[index] without waiting for it."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        own = context.make_array(signature.args[0])(context, builder, args[0])
        item = _utils.get_item_pointer(context, builder, signature.args[0], own, [args[1]], wraparound=False)
        place = builder.bitcast(item, ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, word, word, word])
        function = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
        builder.call(function, [place, *(ir.Constant(word, k) for k in (_READ, _KEEP, _DATA))])
        return context.get_dummy_value()

    return types.void(array, types.intp), build


@_intrinsic  # type: ignore[untyped-decorator]
def of(typing: Any, values: Any, index: Any) -> Any:
    """Return the number of a cell: values[index] of an array, or the number that all cells share."""
    if not isinstance(values, types.Array):
        return values(values, index), lambda _, builder, __, args: args[0]

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        own = context.make_array(signature.args[0])(context, builder, args[0])
        item = _utils.get_item_pointer(context, builder, signature.args[0], own, [args[1]], wraparound=False)
        return builder.load(item)

    return values.dtype(values, types.intp), build


@inner
def fill(a: NDArray[Any], first: int, last: int, value: float) -> None:  # pragma: no cover
    """Set a[first:last] to a value."""
    for i in range(first, last):
        a[i] = value


@inner
def add(y: NDArray[Any], to: int, what: int, n: int, factor: Any) -> None:  # pragma: no cover
    """Add factor·y[what : what + n] to y[to : to + n].

    The factor is an argument: a number in an array would be read again after every write, since the two may overlap.
    """
    a, b = y[to : to + n], y[what : what + n]
    for i in range(n):
        a[i] += factor * b[i]
