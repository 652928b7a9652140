"""Spiking working memory: a ring of NMDA-coupled cells that keeps the place of a cue."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ...analyses.measures.circular import angles
from ...simulator import InputError, unknown
from ...simulator.engines.common import n_steps
from ...simulator.networks.network import (
    CurrentInput,
    Dense,
    LowRank,
    Network,
    PoissonInput,
    Population,
    Projection,
    Rule,
    SaturatingSynapse,
    Schedule,
    Synapse,
)
from ...simulator.types import Floats
from ..rate.rings import MOST_DENSE, RULES
from ..system import positive, within
from .base import Simulated

REFERENCE_N = 2048  # E cells for which the conductances of a synapse are given
PRECISION = 5.0  # the modes kept reach to k = PRECISION/σ, where the footprint's spectrum has fallen to e^−12.5


@dataclass(frozen=True)
class Compte(Simulated):
    r"""Excitatory cells on a ring, structured by NMDA synapses, under unstructured inhibition::

        C v' = −g_L (v − V_L) − g_ext s_ext (v − V_E) − G Σ_j s_j (v − V_I) − B(v) Σ_j G_ij s_j (v − V_E)
        B(v) = 1/(1 + [Mg] e^{−0.062 v}/3.57)
        s_j' = −s_j/τ_NMDA + α x_j (1 − s_j)       x_j' = −x_j/τ_rise + spikes of j
        G_ij = G_EE (J− + (J+ − J−) e^{−(θ_i − θ_j)²/2σ²}),   mean over θ 1

    A cue of `cue_current` into the cells within ± `cue_width` of `cue` leaves a bump of activity that outlasts it and
    diffuses; a distractor may follow. Without a cue the network fires at 1 to 5 Hz at first, and within 1 to 2 s a bump
    comes up by itself. Conductances of a synapse are for 2048 E cells and are multiplied by 2048/n_e.

    Compte, Brunel, Goldman-Rakic & Wang, Cereb Cortex 2000. Some take σ = 14.4° and call 18° a misprint.

    Recorded: E (Spikes), with the label position [rad], I (Spikes); cue and distractor, the currents [mV] (in units of
    the leak, g_L = 25 nS).

    Raises:
        InputError: a parameter out of its bounds; a cue that is not on the ring or not within the run.
    """

    name: ClassVar[str] = "compte"

    duration: float = 3.0  # [s]
    n_e: int = 512  # excitatory cells; n_e/4 inhibitory ones
    cue: float = 0.0  # where it is shown [deg]
    cue_onset: float = 0.25  # [s]
    cue_duration: float = 0.25  # [s]
    cue_width: float = 20.0  # half of it [deg]
    cue_current: float = 200.0  # [pA]; 0 for none
    distractor: float | None = None  # where it is shown [deg]; none for none
    distractor_onset: float = 1.5  # [s]; it lasts, and is as wide, as the cue
    distractor_current: float = 200.0  # [pA]
    j_plus: float = 1.62  # J+, strength of the footprint [1]
    sigma: float = 18.0  # its SD [deg]
    rule: Literal["low_rank", "dense"] = "low_rank"  # the footprint as a Fourier series, or weight by weight
    g_ee: float = 0.381  # NMDA, of a synapse among 2048 cells [nS]
    g_ei: float = 0.292  # NMDA, from E to I [nS]
    g_ie: float = 1.336  # GABA, from I to E, among 512 cells [nS]
    g_ii: float = 1.024  # GABA, from I to I [nS]
    g_ext_e: float = 3.1  # AMPA of the background [nS]
    g_ext_i: float = 2.38  # [nS]
    input_rate: float = 1.8  # Poisson spikes of the background per cell [1/ms]
    c_e: float = 0.5  # capacitance [nF]
    c_i: float = 0.2  # [nF]
    g_leak_e: float = 25.0  # [nS]
    g_leak_i: float = 20.0  # [nS]
    refractory_e: float = 2.0  # [ms]
    refractory_i: float = 1.0  # [ms]
    v_leak: float = -70.0  # [mV]
    v_threshold: float = -50.0  # [mV]
    v_reset: float = -60.0  # [mV]
    v_inhibition: float = -70.0  # reversal of GABA [mV]; that of excitation is 0
    tau_ampa: float = 2.0  # [ms]
    tau_gaba: float = 10.0  # [ms]
    tau_nmda: float = 100.0  # [ms]
    tau_rise: float = 2.0  # of NMDA [ms]
    alpha: float = 0.5  # of NMDA [1/ms]
    magnesium: float = 1.0  # [mM]
    dt: float = 0.1  # [ms]; AMPA of 2 ms then comes out 2.5 % stronger than with a small step

    def __post_init__(self) -> None:
        positive(self, "duration", "s")
        if self.rule not in RULES:
            raise unknown("rule", str(self.rule), RULES)
        within(self, "n_e", 16, 10**6 if self.rule == "low_rank" else MOST_DENSE, "1")
        if self.n_e % 4:
            raise InputError(f"Compte.n_e: must be a multiple of 4, the ratio of E to I cells; got {self.n_e}")
        within(self, "sigma", 2.0, 90.0, "deg")
        within(self, "cue", -360.0, 360.0, "deg", "the ring is one turn")
        within(self, "cue_width", 0.0, 180.0, "deg")
        within(self, "cue_current", 0.0, 1e5, "pA")
        within(self, "distractor_current", 0.0, 1e5, "pA")
        for field in ("cue_onset", "cue_duration", "distractor_onset"):
            within(self, field, 0.0, 1e6, "s")
        if self.distractor is not None:
            within(self, "distractor", -360.0, 360.0, "deg", "the ring is one turn")
            if self.distractor_onset >= self.duration:
                raise InputError(f"Compte.distractor_onset: must lie within the duration of {self.duration:g} s; "
                                 f"got {self.distractor_onset:g}")  # fmt: skip
        given = self.cue_onset != type(self).cue_onset  # the default may be cut off by a short run
        if self.cue_current and given and self.cue_onset >= self.duration:
            raise InputError(f"Compte.cue_onset: must lie within the duration of {self.duration:g} s; "
                             f"got {self.cue_onset:g}")  # fmt: skip
        for field, unit in (("c_e", "nF"), ("c_i", "nF"), ("g_leak_e", "nS"), ("g_leak_i", "nS")):
            positive(self, field, unit)
        for field in ("g_ee", "g_ei", "g_ie", "g_ii", "g_ext_e", "g_ext_i"):
            within(self, field, 0.0, 1e3, "nS")
        within(self, "j_plus", 0.0, 1.0 / self._share, "1", "beyond, J− falls below 0")
        n_steps(self.network(), self.duration * 1000.0)

    @property
    def _gaussian(self) -> Floats:
        """The footprint without its floor, of every distance on the ring (n_e,)."""
        distance = angles(self.n_e)
        return np.exp(-0.5 * (np.roll(distance, -(self.n_e // 2)) / math.radians(self.sigma)) ** 2)

    @property
    def _share(self) -> float:
        """Mean of the Gaussian over the ring."""
        return float(self._gaussian.mean())

    def footprint(self) -> Floats:
        """Weight by distance on the ring, (n_e,), of mean 1: J− + (J+ − J−) exp(−d²/2σ²)."""
        j_minus = (1.0 - self.j_plus * self._share) / (1.0 - self._share)
        return j_minus + (self.j_plus - j_minus) * self._gaussian

    def weights(self) -> Rule:
        """The footprint for every pair, of mean 1: as a Fourier series of rank 2k + 1, k = 5/σ, or whole."""
        n, shape = self.n_e, self.footprint()
        if self.rule == "dense":
            index = np.arange(n)
            return Dense(shape[(index[:, None] - index) % n])
        k = np.arange(1, min(math.ceil(PRECISION / math.radians(self.sigma)), (n - 1) // 2) + 1)
        series = np.fft.rfft(shape).real / n
        phase = angles(n)[:, None] * k
        modes = np.concatenate([np.ones((n, 1)), np.cos(phase), np.sin(phase)], axis=1)
        return LowRank(modes * np.concatenate([series[:1], 2 * series[k], 2 * series[k]]), modes)

    def network(self) -> Network:
        """The description that an engine runs: conductances in units of the leak, currents in mV of it."""
        n_i, scale = self.n_e // 4, REFERENCE_N / self.n_e
        e = self._cells("E", self.n_e, self.c_e, self.g_leak_e, self.refractory_e, angles(self.n_e))
        i = self._cells("I", n_i, self.c_i, self.g_leak_i, self.refractory_i, None)
        inputs: list[PoissonInput | CurrentInput] = [
            PoissonInput("E", "ext", self.input_rate, self.g_ext_e / self.g_leak_e),
            PoissonInput("I", "ext", self.input_rate, self.g_ext_i / self.g_leak_i),
        ]
        if self.cue_current:
            inputs.append(self._stimulus("cue", self.cue, self.cue_onset, self.cue_current))
        if self.distractor is not None:
            inputs.append(self._stimulus("distractor", self.distractor, self.distractor_onset, self.distractor_current))
        return Network(
            populations=(e, i),
            projections=(
                Projection("E", "E", "nmda", self.weights(), scale * self.g_ee / self.g_leak_e),
                Projection("E", "I", "nmda", _all(self.n_e, n_i), scale * self.g_ei / self.g_leak_i),
                Projection("I", "E", "gaba", _all(n_i, self.n_e), scale * self.g_ie / self.g_leak_e),
                Projection("I", "I", "gaba", _all(n_i, n_i), scale * self.g_ii / self.g_leak_i),
            ),
            inputs=tuple(inputs),
            dt=self.dt,
        )

    def _cells(self, name: str, n: int, c: float, g: float, refractory: float, position: Floats | None) -> Population:
        nmda = SaturatingSynapse(
            "nmda", self.tau_nmda, self.tau_rise, self.alpha, reversal=0.0, magnesium=self.magnesium
        )
        return Population(
            name,
            n,
            1000.0 * c / g,  # nF/nS is s
            v_rest=self.v_leak,
            v_threshold=self.v_threshold,
            v_reset=self.v_reset,
            refractory=refractory,
            synapses=(
                Synapse("ext", self.tau_ampa, reversal=0.0),
                nmda,
                Synapse("gaba", self.tau_gaba, reversal=self.v_inhibition),
            ),
            v_init=(self.v_leak, self.v_threshold),
            position=position,
        )

    def _stimulus(self, name: str, where: float, onset: float, current: float) -> CurrentInput:
        start, end = 1000.0 * onset, 1000.0 * (onset + self.cue_duration)
        height = current / self.g_leak_e  # pA/nS is mV
        profile = stimulated(angles(self.n_e), where, self.cue_width)
        schedule = Schedule(name, (start, start, end, end), (0.0, height, height, 0.0)) if end > start else 0.0
        return CurrentInput("E", schedule, profile.astype(np.float64))


def stimulated(angle: Floats, where: float, width: float) -> NDArray[np.bool_]:
    """The cells within ± width of a place, both in degrees.

    >>> stimulated(np.radians([-180.0, -90.0, 0.0, 90.0]), 170.0, 20.0).tolist()
    [True, False, False, False]
    """
    distance = (np.degrees(angle) - where + 180.0) % 360.0 - 180.0
    return np.abs(distance) <= width + 1e-9


def _all(n_source: int, n_target: int) -> LowRank:
    """Everyone to everyone, with weight 1."""
    return LowRank(np.ones((n_source, 1)), np.ones((n_target, 1)))
