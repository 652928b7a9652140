"""The Epileptor: a neural mass that seizes by itself, alone or in a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from ...simulator.fields import Param
from ...simulator.types import Floats
from .nodes import Count, Coupled, GraphName, difference, joined, like, split

START = (0.0, -5.0, 3.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Epileptor(Coupled):
    r"""Fast (x1, y1), intermediate (x2, y2) and slow (z) variables of every node, g is x1 filtered::

        x1' = y1 − f1(x1, x2) − z + I1          f1 = a x1³ − b x1²  if x1 < 0,  else (x2 − 0.6 (z − 4)²) x1
        y1' = c − d x1² − y1
        z'  = r (s (x1 − x0) − z − 0.1 z⁷ [z < 0] + ks Σ_j W_ij (x1_j − x1_i))
        x2' = −y2 + x2 − x2³ + I2 + bb g − 0.3 (z − 3.5)
        y2' = (−y2 + aa (x2 + 0.25) [x2 ≥ −0.25]) / tau
        g'  = −0.01 (g − 0.1 x1)

    It seizes for x0 above −2.06204: there the rest state x1 = −4/3 loses its stability (s = 4). Onset is a saddle-node,
    offset a homoclinic bifurcation of the fast variables, driven by z. Negative ks excites: a neighbour that seizes
    lowers z. Time has no unit: it is the time of the equations, and not ms.

    Jirsa, Stacey, Quilichini, Ivanov & Bernard, Brain 2014; parameters and the z⁷ term as in The Virtual Brain.

    Recorded (time, node): lfp = x2 − x1, and all variables. The seed draws the noise and nothing else.

    Raises:
        InputError: a parameter out of its bounds; a graph that cannot be; a state that diverges.
    """

    name: ClassVar[str] = "epileptor"
    variables: ClassVar[tuple[str, ...]] = ("x1", "y1", "z", "x2", "y2", "g")
    time_unit: ClassVar[str] = "model time"  # of dt
    scheme: ClassVar[str] = "heun"
    coupling: ClassVar[str] = "ks"

    duration: Annotated[float, Param("simulated time [model time]", gt=0)] = 2500.0
    n: Count = 1
    x0: Annotated[tuple[float, ...], Param("excitability, one or one a node [1]")] = (-1.6,)
    graph: GraphName = "none"
    ks: Annotated[float, Param("coupling through z; negative excites [1]")] = 0.0
    noise: Annotated[float, Param("SD of white noise on x2 and y2 [1/√time]", ge=0, le=10)] = 0.0
    a: Annotated[float, Param("cubic coefficient of f1 [1]")] = 1.0
    b: Annotated[float, Param("quadratic coefficient of f1 [1]")] = 3.0
    c: Annotated[float, Param("constant of y1' [1]")] = 1.0
    d: Annotated[float, Param("quadratic coefficient of y1' [1]")] = 5.0
    r: Annotated[float, Param("1/time constant of z [1/model time]", gt=0)] = 0.00035
    s: Annotated[float, Param("slope of z' in x1 [1]")] = 4.0
    i1: Annotated[float, Param("current I1 into x1 [1]")] = 3.1
    i2: Annotated[float, Param("current I2 into x2 [1]")] = 0.45
    tau: Annotated[float, Param("time constant of y2 [model time]", gt=0)] = 10.0
    aa: Annotated[float, Param("slope of y2' in x2 [1]")] = 6.0
    bb: Annotated[float, Param("coupling of g into x2 [1]")] = 2.0
    dt: Annotated[float, Param("step of the integration (Heun) [model time]", gt=0)] = 0.05
    sample: Annotated[float, Param("interval between samples, a multiple of dt [model time]", gt=0)] = 0.5

    def drift(self, state: Any, inputs: Any = 0.0) -> Any:
        """dstate/dt of states (..., variable · node); `inputs` (..., node) are added to I1."""
        x1, y1, z, x2, y2, g = split(state, self.n)
        x0 = like(state, self._per_node["x0"])
        rest = x1 < 0
        low, high = self.b * x1 - self.a * x1 * x1, 0.6 * (z - 4.0) ** 2 - x2
        coupled = self.ks * difference(x1, self._graph) if self.ks else 0.0
        return joined(
            [
                y1 - z + self.i1 + inputs + (rest * low + ~rest * high) * x1,
                self.c - self.d * x1 * x1 - y1,
                self.r * (self.s * (x1 - x0) - z - 0.1 * (z < 0) * z**7 + coupled),
                -y2 + x2 - x2**3 + self.i2 + self.bb * g - 0.3 * (z - 3.5),
                (-y2 + self.aa * (x2 + 0.25) * (x2 >= -0.25)) / self.tau,
                -0.01 * (g - 0.1 * x1),
            ]
        )

    def start(self, seed: int) -> Floats:
        """Return the state at the beginning, (variable · node): the same for every seed."""
        return np.repeat(START, self.n)

    @property
    def _sd(self) -> Floats:
        noisy = np.array([name in ("x2", "y2") for name in self.variables], dtype=np.float64)
        return np.repeat(self.noise * noisy, self.n)

    def entries(self, states: Floats) -> dict[str, tuple[Floats, str, str]]:
        """Return lfp and all variables (time, node)."""
        variables = dict(zip(self.variables, split(states, self.n), strict=True))
        lfp = variables["x2"] - variables["x1"]
        return {"lfp": (lfp, "field potential", "1"), **{name: (x, name, "1") for name, x in variables.items()}}
