"""Wilson and Cowan's populations: excitation and inhibition that settle, or swing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import array_api_compat as api
import numpy as np
from scipy.special import expit

from ...simulator.fields import Param
from ...simulator.types import Floats
from .nodes import Count, Coupled, GraphName, joined, like, pulled, split


@dataclass(frozen=True)
class WilsonCowan(Coupled):
    r"""Shares of active cells, E excitatory and I inhibitory, in every node::

        τ E' = −E + (1 − E) S_e(c1 E − c2 I + P + k Σ_j W_ij E_j)
        τ I' = −I + (1 − I) S_i(c3 E − c4 I + Q)
        S(x) = 1/(1 + exp(−a (x − θ))) − 1/(1 + exp(a θ))

    Noise, and an S below 0, would lead a share out of 0..1: states are reflected at 0 and 1 (Bossy, Gobet & Talay,
    J Appl Prob 2004).

    With the defaults a node rests for P ≤ 1.0, swings at 25.0 Hz at P = 1.25 and rests again at 2.5.

    Wilson & Cowan, Biophys J 1972 (the limit cycle of their figure 11).

    Recorded (time, node): E, I. The seed draws the start, uniform in 0 to 0.2, and the noise.

    Raises:
        InputError: a parameter out of its bounds; a graph that cannot be; a state that diverges.
    """

    name: ClassVar[str] = "wilson_cowan"
    variables: ClassVar[tuple[str, ...]] = ("E", "I")
    time_unit: ClassVar[str] = "ms"  # of dt
    scheme: ClassVar[str] = "heun"
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)

    duration: Annotated[float, Param("simulated time [s]", gt=0)] = 2.0
    n: Count = 1
    p: Annotated[tuple[float, ...], Param("drive P of E, one or one a node [1]")] = (1.25,)
    q: Annotated[float, Param("drive Q of I [1]")] = 0.0
    graph: GraphName = "none"
    k: Annotated[float, Param("coupling of E to E among nodes [1]")] = 0.0
    noise: Annotated[float, Param("SD of white noise on E and I [1/√ms]", ge=0, le=10)] = 0.0
    c1: Annotated[float, Param("weight from E to E [1]")] = 16.0
    c2: Annotated[float, Param("weight from I to E [1]")] = 12.0
    c3: Annotated[float, Param("weight from E to I [1]")] = 15.0
    c4: Annotated[float, Param("weight from I to I [1]")] = 3.0
    a_e: Annotated[float, Param("slope of S_e [1]", gt=0)] = 1.3
    a_i: Annotated[float, Param("slope of S_i [1]", gt=0)] = 2.0
    theta_e: Annotated[float, Param("threshold of S_e [1]")] = 4.0
    theta_i: Annotated[float, Param("threshold of S_i [1]")] = 3.7
    tau: Annotated[float, Param("time constant [ms]", gt=0)] = 8.0
    dt: Annotated[float, Param("step of the integration (Heun) [ms]", gt=0)] = 0.1
    sample: Annotated[float, Param("interval between samples, a multiple of dt [ms]", gt=0)] = 1.0

    def drift(self, state: Any, inputs: Any = 0.0) -> Any:
        """dstate/dt [1/ms] of states (..., variable · node); `inputs` (..., node) are added to P."""
        e, i = split(state, self.n)
        p = like(state, self._per_node["p"])
        coupled = self.k * pulled(e, self._graph) if self.k else 0.0
        to_e = _sigmoid(self.c1 * e - self.c2 * i + p + inputs + coupled, self.a_e, self.theta_e)
        to_i = _sigmoid(self.c3 * e - self.c4 * i + self.q, self.a_i, self.theta_i)
        return joined([(-e + (1.0 - e) * to_e) / self.tau, (-i + (1.0 - i) * to_i) / self.tau])

    def start(self, seed: int) -> Floats:
        """Return the state at the beginning, (variable · node): uniform in 0 to 0.2."""
        return np.random.default_rng([seed, 1]).uniform(0.0, 0.2, 2 * self.n)

    def entries(self, states: Floats) -> dict[str, tuple[Floats, str, str]]:
        """Return E and I (time, node)."""
        shares = zip(self.variables, split(states, self.n), strict=True)
        return {name: (share, "share of active cells", "1") for name, share in shares}


def _sigmoid(x: Any, a: float, theta: float) -> Any:
    xp = api.array_namespace(x)
    return 1.0 / (1.0 + xp.exp(-a * (x - theta))) - float(expit(-a * theta))
