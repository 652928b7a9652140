"""Results of consecutive steps of the compiled engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Chunk:
    """Spikes, triggers and samples of the steps begin..end-1."""

    begin: int
    end: int
    spikes: list[tuple[NDArray[np.int64], NDArray[np.int64]]]  # a population: step and cell, in order of time
    triggers: dict[str, NDArray[np.int64]]  # a triggered input: the steps in which it fired
    samples: dict[str, NDArray[np.float64]]  # (rows, columns), of everything in `engine.intervals`


def joined(chunks: list[Chunk]) -> tuple[Any, Any, Any]:
    """Return spikes, triggers and samples of all chunks."""
    spikes = [
        (np.concatenate([c.spikes[p][0] for c in chunks]), np.concatenate([c.spikes[p][1] for c in chunks]))
        for p in range(len(chunks[0].spikes))
    ]
    triggers = {name: np.concatenate([c.triggers[name] for c in chunks]) for name in chunks[0].triggers}
    samples = {name: np.concatenate([c.samples[name] for c in chunks]) for name in chunks[0].samples}
    return spikes, triggers, samples
