"""Loops that draw and sort the edges of nearly every network.

The caller allocates: numpy backs large arrays with huge pages, which halves the time of the scattered writes of
`transpose`.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped,unused-ignore]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from .compiling import kernel

_intrinsic: Any = intrinsic


def addresses(rng: np.random.Generator) -> tuple[int, int]:
    """Return the addresses of the function that draws a uniform number in 0..1, and of its state."""
    own = rng.bit_generator.ctypes
    return int(ctypes.cast(own.next_double, ctypes.c_void_p).value or 0), int(own.state_address)


@_intrinsic  # type: ignore[untyped-decorator]
def _uniform(typing: Any, function: Any, state: Any) -> Any:
    """Return `Generator.random()`, by the addresses of its function and state."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.DoubleType(), [pointer]).as_pointer()
        return builder.call(builder.inttoptr(args[0], kind), [builder.inttoptr(args[1], pointer)])

    return types.float64(types.int64, types.int64), build


@kernel()
def draw_sources(
    degrees: NDArray[np.int64],
    n_source: int,
    own: int,
    uniform: int,
    state: int,
    sources: NDArray[np.int32],
    drawn_for: NDArray[np.int32],
) -> None:  # pragma: no cover
    """Draw for every target `degrees[j]` distinct sources out of n_source, without j itself if `own`.

    Floyd's sampling: one random number an edge, whatever the degree (Bentley & Floyd, CACM 1987). `uniform` and
    `state` are the addresses of a generator. `drawn_for` (n_source,) must be −1.
    """
    n = n_source - own
    at = 0
    for j in range(degrees.size):
        for last in range(n - degrees[j], n):
            i = int(_uniform(uniform, state) * (last + 1))
            if drawn_for[i] == j:
                i = last
            drawn_for[i] = j
            sources[at] = i + 1 if own and i >= j else i
            at += 1


@kernel()
def transpose(
    sources: NDArray[np.int32],
    degrees: NDArray[np.int64],
    indptr: NDArray[np.int64],
    targets: NDArray[np.int32],
    fill: NDArray[np.int64],
) -> None:  # pragma: no cover
    """Sort edges listed by target into CSR by source, by counting.

    `indptr` must be zeros; `fill` (n_source,) is a buffer.
    """
    for e in range(sources.size):
        indptr[sources[e] + 1] += 1
    for i in range(indptr.size - 1):
        indptr[i + 1] += indptr[i]
        fill[i] = indptr[i]
    e = 0
    for j in range(degrees.size):
        for _ in range(degrees[j]):
            at = fill[sources[e]]
            targets[at] = j
            fill[sources[e]] = at + 1
            e += 1
