"""Common parts of rings: a Run of rates with the decoded position."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...analyses.measures.circular import CLEAR, population_vector
from ...simulator import Clock, Recording
from ...simulator.types import Floats

MOST_DENSE = 10_000  # cells with a weight for every pair: 800 MB


def ring_entries(
    rates: Floats, angle: Floats, *, dt: float, clock: Clock, unit: str, source: Mapping[str, object]
) -> dict[str, Recording]:
    """Return the entries rate (time, unit), position of the bump [rad] and vector strength [1] of a Run."""
    where, strength = population_vector(rates, angle)

    def made(values: Floats, quantity: str, unit: str, valid: NDArray[np.bool_] | None = None) -> Recording:
        return Recording(
            values[:, None], dt=dt, clock=clock, quantity=quantity, unit=unit,
            valid=None if valid is None else valid[:, None], source=source,
        )  # fmt: skip

    labels = {"node": np.arange(angle.size), "position": angle}
    rate = Recording(rates, dt=dt, clock=clock, quantity="rate", unit=unit, unit_labels=labels, source=source)
    return {
        "rate": rate,
        "position": made(where, "position of the bump", "rad", strength > CLEAR),
        "strength": made(strength, "vector strength", "1"),
    }
