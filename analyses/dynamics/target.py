"""Target of an analysis: a flow, a map, or the runs of a system without equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ...simulator.types import Floats
from .lyapunov import stepper


@dataclass(frozen=True, eq=False)
class Target:
    """Target of an analysis.

    Attributes:
        name: of the system, or the file.
        kind: "flow" dx/dt = f(x), "map" x -> f(x), or "runs" of a system that has only `record`.
        f: of states (..., unit), numpy arrays and tensors alike.
        start: seed -> a state (unit,).
        units: names of the units of the state.
        angles: units that are angles.
        dt: time of a step [time_unit].
        time: length of a run by default [time_unit].
        parameters: of the system.
        system: the system itself; None of a trained network.
        source: file and SHA-256, where it came from a file.
        notes: assumptions that were made.
        changed: parameters -> the system with them; None where they are fields of the system.
    """

    name: str
    kind: Literal["flow", "map", "runs"]
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
    changed: Callable[[Mapping[str, Any]], Any] | None = None

    @property
    def step(self) -> Callable[[Any], Any]:
        """Function of one step of the state: Runge and Kutta's of a flow."""
        return stepper(self.f, self.dt) if self.kind == "flow" else self.f
