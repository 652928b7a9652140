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
        **{name: _apart(value.size, value.dtype, value) for name, value in state._asdict().items() if name in COPIED},
        gain=_apart(tables.channels.size, np.float64),
        terms=_apart(tables.fields.size, kind),
        unit=_apart(3 * tables.channels.size, kind).reshape(-1, 3),
        scaled=_apart(3, kind),
        starts=_apart(tables.fields.size, np.uint64),
        drawn=_apart(int(stretch.poisson.max(initial=0)), np.int32),
        values=_apart(int(tables.populations["n"].max()), np.float64),
        kicks=_apart(int(tables.populations["n"].max()), np.float64),
        block=_apart(5 * WIDTH, np.float64).reshape(5, WIDTH),
    )


def _apart(n: int, kind: Any, values: Any = 0) -> NDArray[Any]:
    """Return an array (n,) on cache lines of its own: two threads that write to one line wait for each other."""
    out = np.zeros(n + 2 * LINE, kind)[LINE : LINE + n]
    out[...] = values
    return out
