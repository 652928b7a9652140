"""Per-thread arrays of a run."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels.layout import Scratch, State, StepTables, Stretch
from ..kernels.plain import WIDTH

COPIED = ("lam", "dec", "base", "z", "q", "r", "window", "last")  # numbers of the state that every thread computes
LINE = 32  # numbers: at least two cache lines


def scratch(tables: StepTables, state: State, stretch: Stretch) -> Scratch:
    """Return copies of the numbers that all threads compute alike, and buffers, for one thread."""
    kind = state.y.dtype
    return Scratch(
        **{name: apart(value.size, value.dtype, value) for name, value in state._asdict().items() if name in COPIED},
        gain=apart(tables.channels.size, np.float64),
        terms=apart(tables.fields.size, kind),
        unit=apart(3 * tables.channels.size, kind).reshape(-1, 3),
        scaled=apart(3, kind),
        starts=apart(tables.fields.size, np.uint64),
        drawn=apart(int(stretch.poisson.max(initial=0)), np.int32),
        values=apart(int(tables.populations["n"].max()), np.float64),
        kicks=apart(int(tables.populations["n"].max()), np.float64),
        block=apart(5 * WIDTH, np.float64).reshape(5, WIDTH),
        no_w=apart(WIDTH, kind),
    )


def apart(n: int, kind: Any, values: Any = 0) -> NDArray[Any]:
    """Return an array (n,) that begins on a cache line and shares none with another.

    Two threads that write to one line wait for each other, and vectors that straddle two lines take twice as long.
    """
    whole = np.zeros(n + 2 * LINE, kind)
    first = -(whole.ctypes.data // whole.itemsize) % (64 // whole.itemsize) + LINE // 2
    out = whole[first : first + n]
    out[...] = values
    return out
