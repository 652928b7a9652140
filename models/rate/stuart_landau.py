"""Stuart and Landau's oscillators: the normal form of a Hopf bifurcation, with an amplitude that can die."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np

from ...simulator.fields import Param
from ...simulator.types import Floats
from .nodes import Count, Coupled, GraphName, difference, joined, like, split


@dataclass(frozen=True)
class StuartLandau(Coupled):
    r"""Complex amplitudes z = x + iy that swing by themselves for a > 0::

        z_i' = (a_i + 2πi f_i − |z_i|²) z_i + K Σ_j W_ij (z_j − z_i)

    Alone |z| = √a at the frequency f, and 0 for a ≤ 0. Two of a = 1, coupled both ways with W = 1 (a chain), die
    (z = 0) where K > 1 and (Δω/2)² > 2K − 1 (Aronson, Ermentrout & Kopell, Physica D 1990).

    Recorded (time, node): x, y. The seed draws the start, normal with SD 0.1, and the noise.

    Raises:
        InputError: a parameter out of its bounds; a graph that cannot be; a state that diverges.
    """

    name: ClassVar[str] = "stuart_landau"
    variables: ClassVar[tuple[str, ...]] = ("x", "y")
    time_unit: ClassVar[str] = "s"  # of dt

    duration: Annotated[float, Param("simulated time [s]", gt=0)] = 10.0
    n: Count = 2
    a: Annotated[tuple[float, ...], Param("distance from the bifurcation, one or one a node [1/s]")] = (1.0,)
    f: Annotated[tuple[float, ...], Param("frequency, one or one a node [Hz]")] = (1.0,)
    graph: GraphName = "all"
    k: Annotated[float, Param("coupling K [1/s]", ge=-1e6, le=1e6)] = 0.0
    noise: Annotated[float, Param("SD of white noise on x and y [1/√s]", ge=0, le=1e3)] = 0.0
    dt: Annotated[float, Param("step: Runge-Kutta 4, Heun with noise [s]", gt=0)] = 0.001
    sample: Annotated[float, Param("interval between samples, a multiple of dt [s]", gt=0)] = 0.01

    @cached_property
    def _omega(self) -> Floats:
        return 2 * math.pi * self._per_node["f"]

    def drift(self, state: Any, inputs: Any = 0.0) -> Any:
        """dstate/dt [1/s] of states (..., variable · node); `inputs` (..., node) are added to x'."""
        x, y = split(state, self.n)
        a, omega = like(state, self._per_node["a"]), like(state, self._omega)
        growth = a - (x * x + y * y)
        to_x, to_y = (self.k * difference(v, self._graph) for v in (x, y)) if self.k else (0.0, 0.0)
        return joined([growth * x - omega * y + to_x + inputs, growth * y + omega * x + to_y])

    def start(self, seed: int) -> Floats:
        """Return the state at the beginning, (variable · node): normal with SD 0.1."""
        return np.random.default_rng([seed, 1]).normal(0.0, 0.1, 2 * self.n)

    def entries(self, states: Floats) -> dict[str, tuple[Floats, str, str]]:
        """Return x and y (time, node)."""
        x, y = split(states, self.n)
        return {"x": (x, "x", "1"), "y": (y, "y", "1")}
