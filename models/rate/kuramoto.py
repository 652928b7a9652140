"""Kuramoto's phase oscillators."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import array_api_compat as api
import numpy as np
from scipy.stats import cauchy, norm

from ...simulator.fields import Param
from ...simulator.types import Floats
from .graphs import Graph, graph
from .nodes import Coupled, GraphName, like, pulled


@dataclass(frozen=True)
class Kuramoto(Coupled):
    r"""Phases that attract each other::

        θ_i' = ω_i + K Σ_j W_ij sin(θ_j − θ_i)

    With all coupled to all (W = 1/n) and frequencies of a Lorentzian of half width γ, they lock above K_c = 2γ, with
    r = |⟨e^{iθ}⟩| = √(1 − K_c/K) for n → ∞; for a Gaussian of SD γ above K_c = γ √(8/π). Free (K = 0), r is √(π/4n) on
    average over time.

    Frequencies are the quantiles (k − ½)/n of the distribution, rising with the number of the oscillator, or drawn: on
    a chain or a ring quantiles are a gradient along it. Time is in units of the frequencies.

    Kuramoto, Springer 1984; Strogatz, Physica D 2000.

    Recorded: x = cos θ and phase (time, oscillator), r (time, 1). The seed draws the phases at the start and the
    noise.

    Raises:
        InputError: a parameter out of its bounds; a graph that cannot be.
    """

    name: ClassVar[str] = "kuramoto"
    variables: ClassVar[tuple[str, ...]] = ("phase",)
    time_unit: ClassVar[str] = "model time"  # of dt
    recorded: ClassVar[int] = 3

    duration: Annotated[float, Param("simulated time [model time]", gt=0)] = 100.0
    n: Annotated[int, Param("oscillators", ge=1, le=100_000)] = 100
    k: Annotated[float, Param("coupling K [rad/time]", ge=-1e6, le=1e6)] = 3.0
    spread: Annotated[float, Param("γ, half width of Lorentzian, SD of Gaussian [rad/time]", ge=0, le=1e6)] = 1.0
    centre: Annotated[float, Param("centre of the frequencies [rad/time]", ge=-1e6, le=1e6)] = 0.0
    frequencies: Annotated[Literal["lorentzian", "gaussian"], Param("distribution of the frequencies")] = "lorentzian"
    drawn: Annotated[int | None, Param("seed by which frequencies are drawn; none: quantiles", ge=0)] = None
    graph: GraphName = "all"
    noise: Annotated[float, Param("SD of white noise on the phases [rad/√time]", ge=0, le=1e3)] = 0.0
    dt: Annotated[float, Param("step: Runge-Kutta 4, Heun with noise [model time]", gt=0)] = 0.02
    sample: Annotated[float, Param("interval between samples, a multiple of dt [model time]", gt=0)] = 0.1

    @cached_property
    def _graph(self) -> Graph:
        # With all coupled to all the pull is a mean over the oscillators: no matrix is needed, for any n.
        return graph("Kuramoto.graph", "none", self.n) if self.graph == "all" else super()._graph

    @cached_property
    def _omega(self) -> Floats:
        drawn = self.drawn is not None
        share = np.random.default_rng(self.drawn).uniform(size=self.n) if drawn else (np.arange(self.n) + 0.5) / self.n
        law = cauchy if self.frequencies == "lorentzian" else norm
        return np.asarray(self.centre + self.spread * law.ppf(share))

    def drift(self, state: Any, inputs: Any = 0.0) -> Any:
        """dθ/dt of phases (..., oscillator); `inputs` (..., oscillator) are added to ω."""
        xp = api.array_namespace(state)
        sine, cosine = xp.sin(state), xp.cos(state)
        if self.graph == "all":
            pull = [xp.mean(part, axis=-1, keepdims=True) for part in (sine, cosine)]
        else:
            pull = [pulled(part, self._graph) for part in (sine, cosine)]
        return like(state, self._omega) + inputs + self.k * (pull[0] * cosine - pull[1] * sine)

    def start(self, seed: int) -> Floats:
        """Return the phases at the beginning, (oscillator,): uniform in −π to π."""
        return np.random.default_rng([seed, 1]).uniform(-np.pi, np.pi, self.n)

    def entries(self, states: Floats) -> dict[str, tuple[Floats, str, str]]:
        """Return cos θ and phase (time, oscillator), and r (time, 1)."""
        r = np.abs(np.exp(1j * states).mean(axis=-1, keepdims=True))
        wrapped = (states + np.pi) % (2 * np.pi) - np.pi
        return {
            "x": (np.cos(states), "cosine of the phase", "1"),
            "phase": (wrapped, "phase", "rad"),
            "r": (r, "order parameter", "1"),
        }
