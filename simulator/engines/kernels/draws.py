"""Random numbers inside compiled code.

The generator is xoshiro256++ (Blackman & Vigna, ACM TOMS 2021); normal numbers come from a ziggurat of 256 layers
(Marsaglia & Tsang, J Stat Softw 2000; sign, layer and abscissa from separate bits).
"""

# The generator of numba is one per thread and hidden: a run could neither be stored and continued nor give the same
# bits on another number of threads. Here a stream is four words in an array of the state. Every block of 1024 cells
# has a stream of its own for each noisy input, and a thread owns whole blocks. The numbers that a cell receives
# therefore depend on its block alone. Smaller blocks would cost draws (one Poisson count a block and step), larger
# ones would leave threads of small networks without work.

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiling import entry, inner

Words = NDArray[np.uint64]

BLOCK = 1024  # cells that share a stream

_R, _AREA = 3.6541528853610088, 0.00492867323399


def _layers() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x = np.empty(257)
    x[0], x[1], x[256] = _AREA / math.exp(-0.5 * _R * _R), _R, 0.0
    for i in range(1, 255):
        x[i + 1] = math.sqrt(-2.0 * math.log(_AREA / x[i] + math.exp(-0.5 * x[i] * x[i])))
    return x, np.exp(-0.5 * x * x)


_X, _F = _layers()


@inner
def word(state: Words) -> Any:  # pragma: no cover
    """Return the next 64 random bits of a stream (4,)."""
    a, b, c, d = state[0], state[1], state[2], state[3]
    total = a + d
    out = ((total << np.uint64(23)) | (total >> np.uint64(41))) + a
    shifted = b << np.uint64(17)
    c ^= a
    d ^= b
    state[1] = b ^ c
    state[0] = a ^ d
    state[2] = c ^ shifted
    state[3] = (d << np.uint64(45)) | (d >> np.uint64(19))
    return out


@inner
def uniform(state: Words) -> Any:  # pragma: no cover
    """Return a uniform number in 0..1, never 0: its logarithm is taken."""
    return (np.float64(np.int64(word(state) >> np.uint64(11))) + 0.5) * 2.0**-53


@inner
def normal(state: Words) -> Any:  # pragma: no cover
    """Return a standard normal number."""
    while True:
        bits = word(state)
        layer = np.int64(bits & np.uint64(255))
        sign = 1.0 - 2.0 * np.float64(np.int64((bits >> np.uint64(8)) & np.uint64(1)))
        x = np.float64(np.int64(bits >> np.uint64(11))) * 2.0**-53 * _X[layer]
        if x < _X[layer + 1]:
            return sign * x
        if layer == 0:
            while True:
                x = -math.log(uniform(state)) / _R
                if -2.0 * math.log(uniform(state)) > x * x:
                    return sign * (_R + x)
        elif _F[layer] + uniform(state) * (_F[layer + 1] - _F[layer]) < math.exp(-0.5 * x * x):
            return sign * x


@inner
def cells(state: Words, count: int, n: int, out: NDArray[np.int32]) -> None:  # pragma: no cover
    """Write `count` random cells of n into `out`, two from every word.

    A cell is the upper half of a 32-bit number times n. Its probability is off by less than n/2³² (2·10⁻⁷ of a block).
    """
    low, half, size = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(n)
    for i in range(0, count, 2):
        bits = word(state)
        out[i] = np.int32(((bits & low) * size) >> half)
        if i + 1 < count:
            out[i + 1] = np.int32(((bits >> half) * size) >> half)


@entry
def normals(state: Words, out: NDArray[np.float64]) -> None:  # pragma: no cover
    """Fill a vector with standard normal numbers."""
    for i in range(out.size):
        out[i] = normal(state)


@entry
def choose(state: Words, n: int, out: NDArray[np.int32]) -> None:  # pragma: no cover
    """Fill a vector with cells of n."""
    cells(state, out.size, n, out)
