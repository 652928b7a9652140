"""What is analysed: a flow, a map, or a system that only records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ...simulator.types import Floats
from . import stepper


@dataclass(frozen=True, eq=False)
class Subject:
    """What is analysed.

    Attributes:
        name: of the system, or the file.
        what: "flow" dx/dt = f(x), "map" x -> f(x), or "runs": only `record`.
        f: of states (..., unit), numpy arrays and tensors alike.
        start: seed -> a state (unit,).
        units: names of the units of the state.
        angles: units that are angles.
        dt, time_unit: step, and what it is in.
        time: length of a run by default, in the same.
        parameters: of the system.
        system: what `registry.build` made, if it did.
        source: file and SHA-256, where it came from a file.
        notes: what was assumed.
    """

    name: str
    what: Literal["flow", "map", "runs"]
    f: Callable[[Any], Any] = lambda x: x
    start: Callable[[int], Floats] = lambda seed: np.zeros(0)
    units: tuple[str, ...] = ()
    angles: tuple[int, ...] = ()
    dt: float = 1.0
    time_unit: str = "steps"
    time: float = 0.0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    system: Any = None
    source: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def step(self) -> Callable[[Any], Any]:
        """One step of the state: Runge and Kutta's of a flow."""
        return stepper(self.f, self.dt) if self.what == "flow" else self.f
