"""What each thread of a run has for itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels.layout import Chunk, Own, Plan, State
from ..kernels.plain import WIDTH

COPIED = ("lam", "dec", "base", "z", "q", "r", "window", "last")  # numbers of the state that every thread follows
LINE = 32  # numbers: at least two cache lines


def own(plan: Plan, state: State, chunk: Chunk) -> Own:
    """Copies of the numbers that all threads compute alike, and room to work in, for one thread."""
    kind = state.y.dtype
    return Own(
        **{name: _apart(value.size, value.dtype, value) for name, value in state._asdict().items() if name in COPIED},
        gain=_apart(plan.channels.size, np.float64),
        terms=_apart(plan.fields.size, kind),
        unit=_apart(3 * plan.channels.size, kind).reshape(-1, 3),
        scaled=_apart(3, kind),
        starts=_apart(plan.fields.size, np.uint64),
        drawn=_apart(int(chunk.poisson.max(initial=0)), np.int32),
        values=_apart(int(plan.populations["n"].max()), np.float64),
        block=_apart(5 * WIDTH, np.float64).reshape(5, WIDTH),
    )


def _apart(n: int, kind: Any, values: Any = 0) -> NDArray[Any]:
    """An array (n,) on cache lines of its own: threads that write to one line take it from each other every time."""
    out = np.zeros(n + 2 * LINE, kind)[LINE : LINE + n]
    out[...] = values
    return out
