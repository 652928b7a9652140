"""Cells and their synapses, as data. Voltages are in mV, times in ms; the equations are those of `network`."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any, Literal, cast

import numpy as np

from ..checks import Name, unique, vector
from ..errors import InputError, unknown
from ..fields import Checked, Param, check
from ..types import Floats
from .distributions import Normal, Uniform
from .schedule import Schedule

Gain = Annotated[float | Schedule, Param("gain G [1]")]
Sign = Annotated[Literal[1, -1], Param("-1 is inhibition: weights and gain stay positive, and so does s")]
Slow = Annotated[str | None, Param("slow variable q that lowers the gain to gain·(1 − q)")]
Reversal = Annotated[float | None, Param("reversal potential; none is a current [mV]")]


class _Graded(Checked):
    """Rule common to the synapses that have a time course."""

    gain: Gain
    sign: Sign
    reversal: Reversal

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reversal is not None and self.sign != 1:
            raise InputError(f"{type(self).__name__}.sign: must be 1 where there is a reversal potential, which makes "
                             "the sign; got -1")  # fmt: skip
        lowest = min(self.gain.values) if isinstance(self.gain, Schedule) else self.gain
        if self.reversal is not None and lowest < 0.0:
            raise InputError(f"{type(self).__name__}.gain: must be >= 0 of a conductance; got {lowest:g}")


@dataclass(frozen=True, eq=False)
class Synapse(_Graded):
    """Exponential synapse: s' = −s/τ; a spike adds its weight to s.

    It drives the cell by sign·G·s [mV] (a current), or with a `reversal` by G·s·(reversal − v) (a
    conductance; s and the weights are then in units of the leak conductance [1]).

    Raises:
        InputError: a parameter out of its bounds; a sign of -1 or a negative gain with a reversal potential.
    """

    name: Name
    tau: Annotated[float, Param("decay time constant [ms]", gt=0)]
    gain: Gain = 1.0
    sign: Sign = 1
    slow: Slow = None
    reversal: Reversal = None


@dataclass(frozen=True, eq=False)
class AlphaSynapse(_Graded):
    """Alpha synapse: s' = (y − s)/τ, y' = −y/τ; a spike of weight w adds e·w to y, so that s peaks at w after τ.

    It drives the cell, and raises an InputError, as an exponential `Synapse` does.
    """

    name: Name
    tau: Annotated[float, Param("time to peak [ms]", gt=0)]
    gain: Gain = 1.0
    sign: Sign = 1
    slow: Slow = None
    reversal: Reversal = None


@dataclass(frozen=True, eq=False)
class DeltaSynapse(Checked):
    """Delta synapse: a spike adds sign·weight [mV] to v at once; a cell that is refractory loses it."""

    name: Name
    sign: Sign = 1


@dataclass(frozen=True, eq=False)
class SaturatingSynapse(_Graded):
    """NMDA-like gating, which saturates in every source cell j: x' = −x/τ_rise + spikes, s' = −s/τ + α x (1 − s).

    It drives cell i by sign·G·Σ_j W_ji s_j, or with a `reversal` by G·Σ_j W_ji s_j·(reversal − v)·B(v) with
    the magnesium block B(v) = 1/(1 + [Mg]/3.57·exp(−0.062 v/mV)), v in absolute mV
    (Jahr & Stevens, J Neurosci 1990; Wang, J Neurosci 1999).

    Raises:
        InputError: as of `Synapse`; magnesium without a reversal potential.
    """

    name: Name
    tau: Annotated[float, Param("decay time constant [ms]", gt=0)]
    rise: Annotated[float, Param("rise time constant [ms]", gt=0)]
    alpha: Annotated[float, Param("rate of opening [1/ms]", gt=0)]
    gain: Gain = 1.0
    sign: Sign = 1
    slow: Slow = None
    reversal: Reversal = None
    magnesium: Annotated[float, Param("magnesium; 0 is no block; needs a reversal [mM]", ge=0)] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.magnesium and self.reversal is None:
            raise InputError("SaturatingSynapse.magnesium: needs a reversal potential; got none")


AnySynapse = Synapse | AlphaSynapse | DeltaSynapse | SaturatingSynapse


@dataclass(frozen=True)
class Adaptation(Checked):
    """Adaptation current: τ w' = coupling·(v − v_rest) − w, w += jump at every spike of the cell."""

    tau: Annotated[float, Param("time constant [ms]", gt=0)]
    jump: Annotated[float, Param("increment of w at a spike [mV]")]
    coupling: Annotated[float, Param("coupling to the voltage [1]")] = 0.0


@dataclass(frozen=True)
class Exponential(Checked):
    """Exponential spike initiation: F(v) = −(v − v_rest) + slope·exp((v − onset)/slope) (with `Adaptation`: AdEx).

    The exponent is limited to 50. v_threshold is where the spike is cut, far above the onset
    (Brette & Gerstner, J Neurophysiol 2005).
    """

    slope: Annotated[float, Param("slope factor Δ_T [mV]", gt=0)]
    onset: Annotated[float, Param("onset of the spike v_T [mV]")]


@dataclass(frozen=True)
class Quadratic(Checked):
    """Quadratic spike initiation: F(v) = (v − v_rest)(v − critical)/(critical − v_rest), of slope −1 at rest.

    v_threshold is where the spike is cut, far above the critical voltage
    (Latham, Richmond, Nelson & Nirenberg, J Neurophysiol 2000).
    """

    critical: Annotated[float, Param("critical voltage, above v_rest [mV]")]


@dataclass(frozen=True, eq=False)
class Population(Checked):
    """n integrate-and-fire cells with the same parameters; leaky ones without an `initiation`.

    Equations and units are those of `network`; voltages in mV, times in ms.

    Raises:
        InputError: a parameter out of its bounds; a reset, onset or critical voltage that does not lie below the
            threshold; synapses that share a name or take that of a variable; positions that are not one a cell.
    """

    name: Name
    n: Annotated[int, Param("number of cells", ge=1, le=2**31 - 1)]
    tau_m: Annotated[float, Param("membrane time constant [ms]", gt=0)]
    v_rest: Annotated[float, Param("resting voltage; for a leaky cell v_rest = RI is a constant drive [mV]")]
    v_threshold: Annotated[float | Schedule, Param("threshold [mV]")]
    v_reset: Annotated[float, Param("reset, below the threshold [mV]")]
    refractory: Annotated[float, Param("refractory period, a multiple of the time step [ms]", ge=0)] = 0.0
    synapses: tuple[AnySynapse, ...] = ()
    adaptation: Adaptation | None = None
    v_init: Annotated[
        float | tuple[float, float] | Uniform | Normal | Floats | None,
        Param("initial v of all, (low, high), a distribution or one a cell; none: v_reset [mV]"),
    ] = None
    _: KW_ONLY
    initiation: Exponential | Quadratic | None = None
    position: Annotated[Floats | None, Param("angle of every cell on a ring, a label [rad]", to=vector)] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "v_init", self._initial(self.v_init))
        super().__post_init__()
        lowest = min(self.v_threshold.values) if isinstance(self.v_threshold, Schedule) else self.v_threshold
        start, below = self.initiation, f"below v_threshold {lowest:g} mV"
        if not self.v_reset < lowest:
            raise InputError(f"Population.v_reset: must lie {below}; got {self.v_reset:g}")
        if isinstance(self.v_init, tuple):
            raise InputError(f"Population.v_init: must be (low, high) with low <= high [mV]; got {self.v_init}")
        if isinstance(start, Exponential) and not start.onset < lowest:
            raise InputError(f"Exponential.onset: must lie {below}; got {start.onset:g}")
        if isinstance(start, Quadratic) and not self.v_rest < start.critical < lowest:
            raise InputError(
                f"Quadratic.critical: must lie between v_rest {self.v_rest:g} and v_threshold {lowest:g} mV; "
                f"got {start.critical:g}"
            )
        if self.position is not None and self.position.shape != (self.n,):
            raise InputError(f"Population.position: must hold one angle for each of {self.n} cells [rad]; "
                             f"got shape {self.position.shape}")  # fmt: skip
        unique((s.name for s in self.synapses), f"Population.synapses: synapses of {self.name!r}")
        taken = [s.name for s in self.synapses if s.name in ("v", "w")]
        if taken:
            raise InputError(f"Population.synapses: {taken[0]!r} is the name of a variable of the cell; want another")

    def _initial(self, given: Any) -> Any:
        """Return a pair as a uniform distribution, and other sequences as an array of one voltage a cell."""
        if isinstance(given, tuple) and len(given) == 2:
            low, high = (float(cast(float, check("Population.v_init", float, end))) for end in given)
            return Uniform(low, high) if low <= high else given
        if not isinstance(given, np.ndarray | list | tuple) or np.ndim(given) == 0:
            return given
        values = vector(given, "Population.v_init")
        if values.shape != (self.n,):
            raise InputError(
                f"Population.v_init: must hold one voltage for each of {self.n} cells [mV]; got shape {values.shape}; "
                "a range is Uniform(low, high)"
            )
        if isinstance(given, list) and len(given) == 2:
            raise InputError("Population.v_init: a list of two may be a range or one voltage for each of 2 cells; give "
                             "(low, high) or an array")  # fmt: skip
        return values

    @property
    def is_linear(self) -> bool:
        """Linearity of the equations between spikes, with constant coefficients: they are then solved exactly."""
        conductances = any(not isinstance(s, DeltaSynapse) and s.reversal is not None for s in self.synapses)
        coupled = self.adaptation is not None and self.adaptation.coupling != 0.0
        return self.initiation is None and not conductances and not coupled

    def synapse(self, name: str) -> int:
        """Return the index of the synapse of this name.

        Raises:
            InputError: no synapse has this name.
        """
        names = [s.name for s in self.synapses]
        if name not in names:
            raise unknown(f"synapse of population {self.name!r}", name, names)
        return names.index(name)
