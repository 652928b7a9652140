"""The threshold-linear ring, whose bump is known in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import array_api_compat as api
import numpy as np
from scipy.optimize import brentq

from ...analyses.measures.circular import angles
from ...simulator import InputError, Run
from ...simulator.fields import Param
from ...simulator.files.document import versions
from ...simulator.types import Floats
from ..system import Progress, attributed, within
from .nodes import Nodes, like
from .rings import ring_entries

STABLE, RUNS_AWAY = 1.0, "above it uniform activity runs away"  # J0
ONSET = 2.0  # J2 above which uniform activity gives way to a bump
START = 0.1  # SD of the rates at the start


@dataclass(frozen=True)
class Bump:
    """The stationary bump m(θ) = J2 r2 (cos θ − cos θc)₊ of infinitely many cells."""

    half_width: float  # θc, where the rate vanishes [rad]
    r2: float  # ⟨m cos θ⟩
    peak: float  # m(0)


def bump(j0: float, j2: float, drive: float = 1.0) -> Bump:
    r"""The bump of the threshold-linear ring without tuned input::

        (J2/2π)(θc − ½ sin 2θc) = 1       r2 = I / (−J2 cos θc − J0 J2 (sin θc − θc cos θc)/π)
        m(0) = J2 r2 (1 − cos θc)

    Ben-Yishai, Bar-Or & Sompolinsky, PNAS 1995; Hansel & Sompolinsky 1998.

    Raises:
        InputError: J2 ≤ 2, where uniform activity is stable and there is no bump; an excitation that runs away.

    >>> found = bump(-2.0, 4.0)
    >>> round(math.degrees(found.half_width), 6), round(found.peak / math.pi, 9)
    (90.0, 0.5)
    """
    if not (math.isfinite(j0) and math.isfinite(j2) and math.isfinite(drive) and drive > 0):
        raise InputError(f"bump: j0, j2 and drive > 0 must be finite; got {j0}, {j2} and {drive}")
    if j2 <= ONSET:
        raise InputError(f"bump: j2 must lie above {ONSET:g}: below, uniform activity is stable and there is no bump; "
                         f"got {j2:g}")  # fmt: skip
    width = float(brentq(lambda x: j2 / (2 * math.pi) * (x - 0.5 * math.sin(2 * x)) - 1.0, 1e-9, math.pi, xtol=1e-14))
    gain = -math.cos(width) - j0 / math.pi * (math.sin(width) - width * math.cos(width))
    if gain <= 0:
        raise InputError(f"bump: j0 = {j0:g} is too large for j2 = {j2:g}: the bump grows without bound")
    r2 = drive / (j2 * gain)
    return Bump(width, r2, j2 * r2 * (1.0 - math.cos(width)))


@dataclass(frozen=True)
class Ring(Nodes):
    r"""Threshold-linear rates on a ring, with cosine coupling::

        τ m_i' = −m_i + [I + Σ_j W_ij m_j]₊          W_ij = (J0 + J2 cos(θ_i − θ_j))/n

    For J2 > 2 uniform activity gives way to a bump that can stand anywhere (`bump` has its shape). Finite n pins it:
    with (J0, J2) = (−2, 3) and n = 16 it has 16 places to rest. Noise makes it wander; rates are reflected at 0 (Bossy,
    Gobet & Talay, J Appl Prob 2004).

    Ben-Yishai, Bar-Or & Sompolinsky, PNAS 1995.

    Recorded: rate (time, unit) with the label position [rad]; position, of the bump, by the population vector;
    strength, the length of that vector. The seed draws the start and the noise.

    Raises:
        InputError: a parameter out of its bounds; rates that run away.
    """

    name: ClassVar[str] = "ring"
    variables: ClassVar[tuple[str, ...]] = ("m",)
    time_unit: ClassVar[str] = "ms"
    bounds: ClassVar[tuple[float, float]] = (0.0, math.inf)

    duration: Annotated[float, Param("simulated time [s]", gt=0)] = 2.0
    n: Annotated[int, Param("cells", ge=3, le=100_000, why="fewer cells do not hold a direction")] = 256
    j0: Annotated[float, Param("uniform coupling [1]", ge=-1e3, le=STABLE, why=RUNS_AWAY)] = -2.0
    j2: Annotated[float, Param("tuned coupling; a bump needs more than 2 [1]", ge=-1e3, le=1e3)] = 3.0
    drive: Annotated[float, Param("drive I, in the unit of the rates [1]", ge=1e-9, le=1e6)] = 1.0
    tau: Annotated[float, Param("time constant, at least 2 dt [ms]", gt=0, le=1e6)] = 10.0
    noise: Annotated[float, Param("SD of white noise on the rates [1/√ms]", ge=0, le=10)] = 0.0
    dt: Annotated[float, Param("step: Runge-Kutta 4, Heun with noise [ms]", gt=0)] = 0.5
    sample: Annotated[float, Param("interval between samples, a multiple of dt [ms]", gt=0)] = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, "tau", 2 * self.dt, 1e6, "at least two steps")

    @cached_property
    def angles(self) -> Floats:
        """Preferred directions of the cells [rad]."""
        return angles(self.n)

    @cached_property
    def _modes(self) -> tuple[Floats, Floats]:
        return np.cos(self.angles), np.sin(self.angles)

    def start(self, seed: int) -> Floats:
        """Return small random rates."""
        return np.abs(np.random.default_rng([seed, 1]).normal(0.0, START * self.drive, self.n))

    def drift(self, state: Any, inputs: Any = 0.0) -> Any:
        """dm/dt [1/ms] of rates (..., unit); `inputs` (..., unit) are added to I."""
        xp = api.array_namespace(state)
        cosine, sine = (like(state, mode) for mode in self._modes)
        r0, a, b = (xp.mean(part, axis=-1, keepdims=True) for part in (state, state * cosine, state * sine))
        total = self.drive + inputs + self.j0 * r0 + self.j2 * (a * cosine + b * sine)
        return (-state + 0.5 * (total + xp.abs(total))) / self.tau

    def record(self, seed: int, progress: Progress | None = None) -> Run:
        """Return a run; `progress` is called with (done, total) [ms]."""
        states = self.trajectory(seed, self.noise, progress)
        source: dict[str, object] = {"engine": "numpy", "versions": versions(), "closed_form": self._expected()}
        entries = ring_entries(states, self.angles, dt=1e-3 * self.sample, clock="second", unit="1", source=source)
        return attributed(Run(entries, source), self.name, self, seed)

    def _expected(self) -> dict[str, object]:
        """Return the bump of the theory, or the reason that there is none, for the provenance of a Run."""
        try:
            found = bump(self.j0, self.j2, self.drive)
        except InputError as error:
            return {"none": str(error)}
        return {"half_width": found.half_width, "r2": found.r2, "peak": found.peak}
