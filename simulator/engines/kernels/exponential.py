"""Exponential that vectorises, to 1 unit in the last place: e^x = 2^k e^r with x = k ln 2 + r, |r| <= ln 2/2."""

# `math.exp` is a call into libm for each number (3 ns), which no loop around it can be vectorised over. Here a loop
# computes 4 or 8 cells at a time (.4 ns a number with AVX-512).
#
# - k: adding 1.5·2^52 rounds to the nearest integer and leaves it in the low bits.
# - r: ln 2 in two parts. The high one has 32 zero bits at its end, so that k·LN2_HIGH is exact.
# - e^r: its power series to r^13. Horner's scheme in fused multiply-adds, which `llvm.fma` states explicitly: the
#   same bits from a vector and from the scalar rest of a loop, at any width of the registers. (`fastmath` would let
#   LLVM fuse or not, and would break the −∞ of refractory cells.) Even and odd powers apart: as many instructions, in
#   two chains of half the length. Two exponentials in a row (AdEx) wait for their results, not for the units.
# - Without FMA hardware `llvm.fma` is a slow call. Estrin's scheme with separate products and sums is taken there; its
#   last bits differ, so that a machine without FMA has bits of its own.
# - (e^x − 1)/x of −.6 <= x <= 0 needs no k: a polynomial of degree 10, through Chebyshev's nodes, is off by .1 units in
#   the last place before rounding.
# - Limits by minimum and maximum, no branch: below −708 the result is 3e-308, above 0 for the −∞ of refractory cells.

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped,unused-ignore]
from numba.core import types
from numba.extending import intrinsic

from ..native import target
from .absent import load_open
from .compiling import inner

LOWEST, HIGHEST = -708.0, 709.0  # e^x is a normal number in between
LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10  # of fdlibm
MAGIC = 6755399441055744.0  # 1.5·2^52
C2, C3, C4, C5, C6, C7 = 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040
C8, C9, C10, C11, C12, C13 = 1 / 40320, 1 / 362880, 1 / 3628800, 1 / 39916800, 1 / 479001600, 1 / 6227020800
SMALLEST = -0.6  # of exprel_small
S0, S1, S2, S3, S4 = 1.0, 0.4999999999999989, 0.1666666666665911, 0.04166666666469843, 0.008333333307014967
S5, S6, S7 = 0.0013888886833287898, 0.00019841169565955292, 2.4798436822616475e-05
S8, S9, S10 = 2.7493415580656665e-06, 2.674442412961983e-07, 1.906408707421073e-08

_intrinsic: Any = intrinsic


@_intrinsic  # type: ignore[untyped-decorator]
def bits(typing: Any, x: Any) -> Any:
    """Return the 64 bits of a float as an integer."""
    return types.int64(types.float64), lambda _, builder, __, args: builder.bitcast(args[0], ir.IntType(64))


@_intrinsic  # type: ignore[untyped-decorator]
def unbits(typing: Any, x: Any) -> Any:
    """Return the float of these 64 bits."""
    return types.float64(types.int64), lambda _, builder, __, args: builder.bitcast(args[0], ir.DoubleType())


@_intrinsic  # type: ignore[untyped-decorator]
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a·b + c, rounded once."""
    return types.float64(*[types.float64] * 3), lambda _, builder, __, args: builder.fma(*args)


@_intrinsic  # type: ignore[untyped-decorator]
def has_fma(typing: Any) -> Any:
    """Return whether the processor that is compiled for multiplies and adds in one instruction; a constant."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if ANY_PROCESSOR.get():
            return load_open(context, builder, target.FUSES)
        return ir.Constant(ir.IntType(1), int(_fuses(context.codegen()._tm)))

    return types.boolean(), build


ANY_PROCESSOR = ContextVar("ANY_PROCESSOR", default=False)  # whether code for this one or for all is made
_fuses = lru_cache(maxsize=8)(target.fuses)


@inner
def madd(a: float, b: float, c: float) -> Any:  # pragma: no cover
    """Return a·b + c, rounded once where the processor can."""
    return fma(a, b, c) if has_fma() else a * b + c


@inner
def _reduced(x: float) -> Any:  # pragma: no cover
    """Return k, r and e^r − 1 of x = k ln 2 + r, −708 <= x <= 709."""
    if has_fma():
        shifted = fma(x, LOG2_E, MAGIC)
        k = shifted - MAGIC
        r = fma(k, -LN2_LOW, fma(k, -LN2_HIGH, x))
        r2 = r * r
        even = fma(r2, fma(r2, fma(r2, fma(r2, fma(r2, C12, C10), C8), C6), C4), C2)
        odd = fma(r2, fma(r2, fma(r2, fma(r2, fma(r2, C13, C11), C9), C7), C5), C3)
        q = fma(r2, fma(r, odd, even), r)
    else:
        shifted = x * LOG2_E + MAGIC
        k = shifted - MAGIC
        r = (x - k * LN2_HIGH) - k * LN2_LOW
        r2 = r * r
        r4 = r2 * r2
        low = (C2 + C3 * r) + (C4 + C5 * r) * r2
        middle = (C6 + C7 * r) + (C8 + C9 * r) * r2
        high = (C10 + C11 * r) + (C12 + C13 * r) * r2
        q = r + r2 * (low + r4 * (middle + r4 * high))
    return shifted, q


@inner
def _power(shifted: float) -> Any:  # pragma: no cover
    """Return 2^k of the k in the low bits."""
    return unbits((bits(shifted) << 52) + (1023 << 52))


@inner
def exp(x: float) -> Any:  # pragma: no cover
    """Return e^x, of x limited to −708..709."""
    return exp_to(x, HIGHEST)


@inner
def exp_to(x: float, highest: float) -> Any:  # pragma: no cover
    """Return e^x, of x limited to −708..highest, which is at most 709."""
    shifted, q = _reduced(min(max(x, LOWEST), highest))
    scale = _power(shifted)
    return madd(scale, q, scale)


@inner
def exprel(x: float) -> Any:  # pragma: no cover
    """Return (e^x − 1)/x, of x limited to −708..709; 1 at 0."""
    shifted, q = _reduced(min(max(x, LOWEST), HIGHEST))
    scale = _power(shifted)
    less = madd(scale, q, scale - 1.0)
    return less / x if x != 0.0 else 1.0


@inner
def exprel_small(x: float) -> Any:  # pragma: no cover
    """Return (e^x − 1)/x of −.6 <= x <= 0."""
    p = madd(x, S10, S9)
    p = madd(x, p, S8)
    p = madd(x, p, S7)
    p = madd(x, p, S6)
    p = madd(x, p, S5)
    p = madd(x, p, S4)
    p = madd(x, p, S3)
    p = madd(x, p, S2)
    p = madd(x, p, S1)
    return madd(x, p, S0)
