"""Cells and their synapses, as data. Voltages are in mV, times in ms; the equations are those of `network`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..checks import finite, instances, is_finite, named, not_negative, positive, unique, vector
from ..errors import InputError, unknown
from .schedule import Schedule


@dataclass(frozen=True, eq=False)
class Synapse:
    """Exponential synapse: s' = −s/τ; a spike adds its weight to s.

    It drives the cell by sign·G·s [mV] (a current), or with a `reversal` by G·s·(reversal − v) (a
    conductance; s and the weights are then in units of the leak conductance [1]).
    """

    name: str
    tau: float  # decay time constant [ms]
    gain: float | Schedule = 1.0  # [1]
    sign: int = 1  # -1 is inhibition: weights and gain stay positive, and so does s
    slow: str | None = None  # slow variable q that lowers the gain to gain·(1 − q)
    reversal: float | None = None  # reversal potential [mV]; None is a current

    def __post_init__(self) -> None:
        _check_synapse(self)


@dataclass(frozen=True, eq=False)
class AlphaSynapse:
    """Alpha synapse: s' = (y − s)/τ, y' = −y/τ; a spike of weight w adds e·w to y, so that s peaks at w after τ.

    It drives the cell as an exponential `Synapse` does.
    """

    name: str
    tau: float  # time to peak [ms]
    gain: float | Schedule = 1.0  # [1]
    sign: int = 1
    slow: str | None = None
    reversal: float | None = None  # [mV]

    def __post_init__(self) -> None:
        _check_synapse(self)


@dataclass(frozen=True, eq=False)
class DeltaSynapse:
    """Delta synapse: a spike adds sign·weight [mV] to v at once; a cell that is refractory loses it."""

    name: str
    sign: int = 1

    def __post_init__(self) -> None:
        named(self.name, "DeltaSynapse.name")
        if self.sign not in (1, -1):
            raise InputError(f"DeltaSynapse.sign: must be 1 or -1; got {self.sign}")


@dataclass(frozen=True, eq=False)
class SaturatingSynapse:
    """NMDA-like gating, which saturates in every source cell j: x' = −x/τ_rise + spikes, s' = −s/τ + α x (1 − s).

    It drives cell i by sign·G·Σ_j W_ji s_j, or with a `reversal` by G·Σ_j W_ji s_j·(reversal − v)·B(v) with
    the magnesium block B(v) = 1/(1 + [Mg]/3.57·exp(−0.062 v/mV)), v in absolute mV
    (Jahr & Stevens, J Neurosci 1990; Wang, J Neurosci 1999).
    """

    name: str
    tau: float  # decay time constant [ms]
    rise: float  # rise time constant [ms]
    alpha: float  # [1/ms]
    gain: float | Schedule = 1.0  # [1]
    sign: int = 1
    slow: str | None = None
    reversal: float | None = None  # [mV]
    magnesium: float = 0.0  # [mM]; 0 is no block; needs a reversal

    def __post_init__(self) -> None:
        _check_synapse(self)
        positive(self.rise, "SaturatingSynapse.rise", "ms")
        positive(self.alpha, "SaturatingSynapse.alpha", "1/ms")
        not_negative(self.magnesium, "SaturatingSynapse.magnesium", "mM")
        if self.magnesium and self.reversal is None:
            raise InputError("SaturatingSynapse.magnesium: needs a reversal potential; got none")


AnySynapse = Synapse | AlphaSynapse | DeltaSynapse | SaturatingSynapse


def _check_synapse(synapse: Synapse | AlphaSynapse | SaturatingSynapse) -> None:
    kind = type(synapse).__name__
    named(synapse.name, f"{kind}.name")
    positive(synapse.tau, f"{kind}.tau", "ms")
    if synapse.sign not in (1, -1):
        raise InputError(f"{kind}.sign: must be 1 or -1; got {synapse.sign}")
    if not isinstance(synapse.gain, Schedule):
        finite(synapse.gain, f"{kind}.gain", "a number or a Schedule")
    if synapse.reversal is not None:
        finite(synapse.reversal, f"{kind}.reversal", "a number [mV] or None")
        if synapse.sign != 1:
            raise InputError(
                f"{kind}.sign: must be 1 where there is a reversal potential, which makes the sign; got -1"
            )


@dataclass(frozen=True)
class Adaptation:
    """Adaptation current: τ w' = coupling·(v − v_rest) − w, w += jump at every spike of the cell."""

    tau: float  # [ms]
    jump: float  # [mV]
    coupling: float = 0.0  # [1]

    def __post_init__(self) -> None:
        positive(self.tau, "Adaptation.tau", "ms")
        finite(self.jump, "Adaptation.jump", "a number [mV]")
        finite(self.coupling, "Adaptation.coupling", "a number [1]")


@dataclass(frozen=True)
class Exponential:
    """Exponential spike initiation: F(v) = −(v − v_rest) + slope·exp((v − onset)/slope) (with `Adaptation`: AdEx).

    The exponent is held at 50 at most. v_threshold is where the spike is cut, far above the onset
    (Brette & Gerstner, J Neurophysiol 2005).
    """

    slope: float  # Δ_T [mV]
    onset: float  # v_T [mV]

    def __post_init__(self) -> None:
        positive(self.slope, "Exponential.slope", "mV")
        finite(self.onset, "Exponential.onset", "a number [mV]")


@dataclass(frozen=True)
class Quadratic:
    """Quadratic spike initiation: F(v) = (v − v_rest)(v − critical)/(critical − v_rest), of slope −1 at rest.

    v_threshold is where the spike is cut, far above the critical voltage
    (Latham, Richmond, Nelson & Nirenberg, J Neurophysiol 2000).
    """

    critical: float  # [mV], above v_rest

    def __post_init__(self) -> None:
        finite(self.critical, "Quadratic.critical", "a number [mV]")


@dataclass(frozen=True, eq=False)
class Population:
    """n integrate-and-fire cells with the same parameters; leaky ones without an `initiation`."""

    name: str
    n: int
    tau_m: float  # membrane time constant [ms]
    v_rest: float  # [mV]; for a leaky cell v_rest = RI is a constant drive
    v_threshold: float | Schedule  # [mV]
    v_reset: float  # [mV], below the threshold
    refractory: float = 0.0  # [ms], a multiple of the time step
    synapses: tuple[AnySynapse, ...] = ()
    adaptation: Adaptation | None = None
    v_init: float | tuple[float, float] | None = None  # [mV]; (low, high) is uniform; None is v_reset
    initiation: Exponential | Quadratic | None = field(default=None, kw_only=True)
    position: NDArray[np.float64] | None = field(default=None, kw_only=True)  # of every cell on a ring [rad]; a label

    def __post_init__(self) -> None:
        named(self.name, "Population.name")
        if isinstance(self.n, bool) or not (isinstance(self.n, int | np.integer) and 1 <= self.n < 2**31):
            raise InputError(f"Population.n: must be an integer of at least 1; got {self.n}")
        positive(self.tau_m, "Population.tau_m", "ms")
        for name, kind, wanted in (
            ("adaptation", Adaptation, "an Adaptation"),
            ("initiation", Exponential | Quadratic, "an Exponential, a Quadratic"),
        ):
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                raise InputError(f"Population.{name}: must be {wanted} or None; got {type(value).__name__}")
        for name in ("v_rest", "v_reset"):
            finite(getattr(self, name), f"Population.{name}", "a number [mV]")
        if isinstance(self.v_threshold, Schedule):
            lowest = min(self.v_threshold.values)
        else:
            finite(self.v_threshold, "Population.v_threshold", "a number [mV] or a Schedule")
            lowest = self.v_threshold
        if not self.v_reset < lowest:
            raise InputError(f"Population.v_reset: must lie below v_threshold {lowest:g} mV; got {self.v_reset:g}")
        if isinstance(self.initiation, Exponential) and not self.initiation.onset < lowest:
            raise InputError(
                f"Exponential.onset: must lie below v_threshold {lowest:g} mV; got {self.initiation.onset:g}"
            )
        if isinstance(self.initiation, Quadratic) and not self.v_rest < self.initiation.critical < lowest:
            raise InputError(
                f"Quadratic.critical: must lie between v_rest {self.v_rest:g} and v_threshold {lowest:g} mV; "
                f"got {self.initiation.critical:g}"
            )
        if self.position is not None:
            object.__setattr__(self, "position", vector(self.position, "Population.position", "a vector, one a cell"))
            if self.position.shape != (self.n,):
                raise InputError(f"Population.position: must hold one angle for each of {self.n} cells [rad]; "
                                 f"got shape {self.position.shape}")  # fmt: skip
        not_negative(self.refractory, "Population.refractory", "ms")
        wanted = "synapses such as Synapse"
        object.__setattr__(self, "synapses", instances(self.synapses, AnySynapse, "Population.synapses", wanted))
        unique((s.name for s in self.synapses), f"Population.synapses: synapses of {self.name!r}")
        taken = [s.name for s in self.synapses if s.name in ("v", "w")]
        if taken:
            raise InputError(f"Population.synapses: {taken[0]!r} is the name of a variable of the cell; want another")
        if isinstance(self.v_init, tuple):
            low, high = self.v_init if len(self.v_init) == 2 else (math.nan, math.nan)
            if not (is_finite(low) and is_finite(high) and low <= high):
                raise InputError(f"Population.v_init: must be (low, high) with low <= high [mV]; got {self.v_init}")
        elif self.v_init is not None:
            finite(self.v_init, "Population.v_init", "a number or (low, high) [mV]")

    @property
    def is_linear(self) -> bool:
        """Whether the equations between spikes are linear with constant coefficients: they are then solved exactly."""
        conductances = any(not isinstance(s, DeltaSynapse) and s.reversal is not None for s in self.synapses)
        coupled = self.adaptation is not None and self.adaptation.coupling != 0.0
        return self.initiation is None and not conductances and not coupled

    def synapse(self, name: str) -> int:
        """Index of the synapse of this name.

        Raises:
            InputError: there is none.
        """
        names = [s.name for s in self.synapses]
        if name not in names:
            raise unknown(f"synapse of population {self.name!r}", name, names)
        return names.index(name)
