"""Loops that draw and sort edges.

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


@kernel()
def sort_by(
    keys: NDArray[np.int64], order: NDArray[Any], fill: NDArray[np.int64], out: NDArray[Any]
) -> None:  # pragma: no cover
    """Write `order` to `out`, sorted by the keys of its entries; entries of one key stay in order.

    `fill` (number of keys + 1,) must be zeros.
    """
    for e in range(keys.size):
        fill[keys[e] + 1] += 1
    for i in range(fill.size - 1):
        fill[i + 1] += fill[i]
    for e in range(order.size):
        key = keys[order[e]]
        out[fill[key]] = order[e]
        fill[key] += 1


@kernel()
def sort_rows(
    indptr: NDArray[np.int64],
    targets: NDArray[np.int32],
    weights: NDArray[np.float64],
    delay: NDArray[np.uint32],
    rows: NDArray[np.int64],
    old_targets: NDArray[np.int32],
    old_weights: NDArray[np.float64],
    fill: NDArray[np.int64],
) -> None:  # pragma: no cover
    """Sort every row in place by `delay`, the index of the delay of every edge; write the `indptr` of the new rows.

    `rows` (rows·delays + 1,); buffers: the old targets and weights (longest row,), `fill` (delays,).
    """
    n_source, n_delays = indptr.size - 1, fill.size
    weighted = weights.size == targets.size
    for i in range(n_source):
        begin, size = indptr[i], indptr[i + 1] - indptr[i]
        for d in range(n_delays):
            fill[d] = 0
        for e in range(begin, begin + size):
            fill[delay[e]] += 1
        at = begin
        for d in range(n_delays):
            rows[i * n_delays + d] = at
            at, fill[d] = at + fill[d], at
        for e in range(size):
            old_targets[e] = targets[begin + e]
            if weighted:
                old_weights[e] = weights[begin + e]
        for e in range(size):
            d = delay[begin + e]
            targets[fill[d]] = old_targets[e]
            if weighted:
                weights[fill[d]] = old_weights[e]
            fill[d] += 1
    rows[n_source * n_delays] = indptr[n_source]


@kernel()
def cut_rows(
    indptr: NDArray[np.int64], targets: NDArray[np.int32], bounds: NDArray[np.int64], out: NDArray[np.int64]
) -> None:  # pragma: no cover
    """Write the row pointers of every row cut where its ascending targets pass from one part to the next."""
    parts = bounds.size - 1
    for r in range(indptr.size - 1):
        x = indptr[r]
        for k in range(parts):
            while x < indptr[r + 1] and targets[x] < bounds[k]:
                x += 1
            out[r * parts + k] = x
    out[out.size - 1] = indptr[indptr.size - 1]
