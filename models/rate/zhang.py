"""Head direction by Zhang: a ring whose bump an odd kernel turns, and which so integrates angular velocity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

import array_api_compat as api
import numpy as np

from ...analyses.measures.circular import angles
from ...simulator import InputError, Recording, Run
from ...simulator.fields import Param
from ...simulator.files.document import versions
from ...simulator.files.identity import identity
from ...simulator.files.readers import open_matrix
from ...simulator.integrators import rk4
from ...simulator.machine import check_memory
from ...simulator.types import Floats
from ..system import Progress, attributed, within
from .graphs import SUFFIXES
from .nodes import Nodes, like
from .rings import ring_entries

FLOOR, HEIGHT, SHARPNESS = 1.0, 39.0, 8.0  # of the tuning curve [Hz], [Hz], [1]
GAIN, POWER, SLOPE, SHIFT = 6.34, 0.8, 10.0, 0.5  # of σ [Hz], [1], [1], [1]
REGULARISATION = 1e-3  # λ over the largest |f̂|²
SETTLING = 500.0  # time for the bump to settle before the head turns [ms]
FASTEST = 0.1  # turn in a step dt to which the integration keeps the bump's speed to 1e-5 [rad]


def tuning(x: Any) -> Any:
    """The tuning curve of a head-direction cell [Hz]: f = 1 + 39 exp(8 (cos x − 1)).

    >>> float(tuning(np.zeros(1))[0])
    40.0
    """
    return FLOOR + HEIGHT * np.exp(SHARPNESS * (np.cos(x) - 1.0))


def rate(u: Any) -> Any:
    """σ(u) = 6.34 ln^0.8(1 + e^(10 (u + 0.5))) [Hz], of an input u of any library."""
    xp = api.array_namespace(u)
    z = SLOPE * (u + SHIFT)
    soft = 0.5 * (z + xp.abs(z)) + xp.log1p(xp.exp(-xp.abs(z)))
    return GAIN * soft**POWER


def needed(f: Floats) -> Floats:
    """The input that makes a cell fire at these rates: σ⁻¹(f).

    >>> needed(rate(np.array([-0.3, 0.7]))).round(12).tolist()
    [-0.3, 0.7]
    """
    return np.asarray(np.log(np.expm1((f / GAIN) ** (1 / POWER))) / SLOPE - SHIFT)


def spectrum(n: int) -> Floats:
    r"""Fourier coefficients of the even kernel W that keeps the tuning curve: Ŵ = û f̂/(λ + |f̂|²), u = σ⁻¹(f).

    λ = 1e-3 max |f̂|² keeps W smooth; the bump that W holds is that of f but for what λ takes off. W acts as the mean
    over the ring, (W∗f)(x) = ⟨W(x − y) f(y)⟩.
    """
    f = tuning(angles(n))
    u_hat, f_hat = (np.fft.rfft(np.roll(x, -(n // 2))).real / n for x in (needed(f), f))
    return np.asarray(u_hat * f_hat / (REGULARISATION * (f_hat**2).max() + f_hat**2))


@dataclass(frozen=True)
class Zhang(Nodes):
    r"""Head-direction cells on a ring; the bump turns at the angular velocity of the head::

        τ u' = −u + (W + γ W')∗σ(u)          γ = −τ ω(t)

    W is even and keeps a bump of the tuning curve f (`tuning`, `spectrum`); its odd derivative W' turns the bump at
    exactly ω = −γ/τ without a change of its shape, and so integrates ω(t) to a heading.

    `velocity` is "constant" (`omega`), "sinusoidal" (`omega` sin 2πft, f = `frequency`), or a file FILE.npy or FILE.csv
    of one column (time, 1) [deg/s], a value every `velocity_dt`, constant until the next; the last lasts until the end.
    The head begins to turn after half a second, in which the bump settles.

    Zhang, J Neurosci 1996.

    Recorded: rate (time, unit) [Hz] with the label position [rad]; position, of the bump; strength of the population
    vector; heading, the integral of ω; error, position less heading [rad]. The seed draws the start.

    Raises:
        InputError: a parameter out of its bounds; a file that holds no column of finite numbers; a head that turns
            too far in a step of the integration.
    """

    name: ClassVar[str] = "zhang"
    variables: ClassVar[tuple[str, ...]] = ("u",)
    time_unit: ClassVar[str] = "ms"

    duration: Annotated[float, Param("simulated time [s]", gt=0)] = 5.0
    n: Annotated[int, Param("cells", ge=32, le=4096, why="fewer cells do not resolve the tuning curve")] = 128
    velocity: Annotated[str, Param("constant, sinusoidal, or FILE.npy, FILE.csv of one column [deg/s]")] = "sinusoidal"
    omega: Annotated[float, Param("velocity, or its amplitude [deg/s]", ge=-1e6, le=1e6)] = 180.0
    frequency: Annotated[float, Param("frequency of a sinusoidal velocity [Hz]", ge=0, le=1e3)] = 0.5
    velocity_dt: Annotated[float, Param("interval between the values of a file [s]", gt=0)] = 0.01
    tau: Annotated[float, Param("time constant, at least 2 dt [ms]", gt=0, le=1e6)] = 10.0
    dt: Annotated[float, Param("step of the integration (Runge-Kutta 4) [ms]", gt=0)] = 1.0
    sample: Annotated[float, Param("interval between samples, a multiple of dt [ms]", gt=0)] = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        within(self, "tau", 2 * self.dt, 1e6, "at least two steps")
        fastest, limit = float(np.abs(self._trace[0]).max()), FASTEST / (1e-3 * self.dt)
        if fastest > limit:
            raise InputError(
                f"Zhang.velocity: must stay within ± {math.degrees(limit):.0f} deg/s at dt = {self.dt:g} ms "
                f"({FASTEST:g} rad a step); got {math.degrees(fastest):.0f}; a smaller dt helps"
            )

    @cached_property
    def _trace(self) -> tuple[Floats, dict[str, str]]:
        """ω [rad/s] in every step of the integration, and the identity of its file."""
        n = math.floor(self.duration * 1000.0 / self.sample + 1e-9) * round(self.sample / self.dt)
        t = 1e-3 * self.dt * (np.arange(n) + 0.5)
        if self.velocity == "constant":
            return np.full(n, math.radians(self.omega)), {}
        if self.velocity == "sinusoidal":
            return np.radians(self.omega * np.sin(2 * np.pi * self.frequency * t)), {}
        if not self.velocity.lower().endswith(SUFFIXES):
            raise InputError(
                f"Zhang.velocity: must be constant, sinusoidal, FILE.npy or FILE.csv; got {self.velocity!r}"
            )
        what, values = f"Zhang.velocity: {self.velocity}", open_matrix(Path(self.velocity))
        if values.ndim != 2 or values.shape[1] != 1:
            raise InputError(f"{what}: must be one column (time, 1) [deg/s]; got shape {values.shape}")
        if not np.isfinite(values).all():
            row = int(np.argmin(np.isfinite(values[:, 0])))
            raise InputError(f"{what}: must be finite; got {values[row, 0]} in row {row + 1}")
        row_of = np.minimum((t / self.velocity_dt).astype(np.int64), len(values) - 1)
        return np.radians(values[row_of, 0]), identity(self.velocity)

    @cached_property
    def angles(self) -> Floats:
        """Preferred directions of the cells [rad]."""
        return angles(self.n)

    @cached_property
    def kernels(self) -> tuple[Floats, Floats]:
        """W and W' as matrices (n, n) that act on rates: W[i, j] = W(θ_i − θ_j)/n."""
        even = spectrum(self.n)
        k = np.arange(even.size)
        turned = 1j * k * even
        if self.n % 2 == 0:
            turned[-1] = 0.0  # the highest mode has no odd part on this grid
        at = (np.arange(self.n)[:, None] - np.arange(self.n)) % self.n
        w, w_odd = (np.fft.irfft(x, self.n) for x in (even, turned))  # of ⟨·⟩: the 1/n is in irfft
        return w[at], w_odd[at]

    def start(self, seed: int) -> Floats:
        """Return a weak bump at a random place."""
        place = np.random.default_rng([seed, 1]).uniform(-np.pi, np.pi)
        return needed(tuning(self.angles - place)) * 0.9

    def drift(self, state: Any, inputs: Any = 0.0) -> Any:
        """du/dt [1/ms] of inputs u (..., unit) of a head at rest; `inputs` (..., unit) are added to (W∗σ(u))."""
        return self._driven(like(state, self.kernels[0].T), state, inputs)

    def _driven(self, acting: Any, u: Any, inputs: Any = 0.0) -> Any:
        return (-u + rate(u) @ acting + inputs) / self.tau

    def settled(self, seed: int) -> Floats:
        """Return the stationary u, at a random place."""
        u = self.start(seed)
        for _ in range(math.ceil(SETTLING / self.dt)):
            u = rk4(self.drift, u, self.dt)
        return np.asarray(u)

    def record(self, seed: int, progress: Progress | None = None) -> Run:
        """Return a run; `progress` is called with (done, total) [ms]."""
        (omega, file), every = self._trace, round(self.sample / self.dt)
        rows = omega.size // every + 1
        check_memory(
            f"Zhang.duration: {rows} samples of {self.n} cells (a larger `sample` takes fewer)", 24.0 * rows * self.n
        )
        u = self.settled(seed)
        states = np.empty((rows, self.n))
        states[0] = u
        w, w_odd = (kernel.T for kernel in self.kernels)
        for k, turn in enumerate(-1e-3 * self.tau * omega, start=1):
            u = rk4(partial(self._driven, w + turn * w_odd), u, self.dt)
            if k % every == 0:
                states[k // every] = u
                if progress is not None and k // every % 64 == 0:
                    progress(k * self.dt, omega.size * self.dt)
        rates, dt = rate(states), 1e-3 * self.sample
        turned = np.concatenate(([0.0], 1e-3 * self.dt * np.cumsum(omega)))[::every]
        source: dict[str, object] = {"engine": "numpy", "versions": versions()}
        source |= {"velocity": file} if file else {}
        entries = ring_entries(rates, self.angles, dt=dt, clock="second", unit="Hz", source=source)
        place = np.unwrap(entries["position"].numpy()[:, 0])
        heading = place[0] + turned
        error = place - heading
        source["heading_error_deg"] = {
            "rms": math.degrees(float(np.sqrt(np.mean(error**2)))),
            "last": math.degrees(float(error[-1])),
            "turned": math.degrees(float(turned[-1])),
        }
        for name, values, quantity in (("heading", heading, "heading, integral of the velocity"),
                                       ("error", error, "error of the heading")):  # fmt: skip
            entries[name] = Recording(
                values[:, None], dt=dt, clock="second", quantity=quantity, unit="rad", source=source
            )
        return attributed(Run(entries, source), self.name, self, seed)
