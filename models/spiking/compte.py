"""Spiking working memory: a ring of NMDA-coupled cells that stores the place of a cue."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ...analyses.measures.circular import angles
from ...simulator import (
    CurrentInput,
    Dense,
    InputError,
    LowRank,
    Network,
    PoissonInput,
    Population,
    Projection,
    SaturatingSynapse,
    Schedule,
    Synapse,
)
from ...simulator.fields import Param
from ...simulator.networks.connections import Rule
from ...simulator.types import Floats
from ..rate.rings import MOST_DENSE
from ..system import within
from .base import Simulated

REFERENCE_N = 2048  # E cells for which the conductances of a synapse are given
PRECISION = 5.0  # the modes reach to k = PRECISION/σ, where the footprint's spectrum has fallen to e^−12.5
TURN = "the ring is one turn"


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

    duration: Annotated[float, Param("simulated time [s]", gt=0)] = 3.0
    n_e: Annotated[int, Param("excitatory cells, a multiple of 4; n_e/4 inhibitory ones", ge=16, le=10**6)] = 512
    cue: Annotated[float, Param("place of the cue [deg]", ge=-360, le=360, why=TURN)] = 0.0
    cue_onset: Annotated[float, Param("onset of the cue [s]", ge=0, le=1e6)] = 0.25
    cue_duration: Annotated[float, Param("duration of cue and distractor [s]", ge=0, le=1e6)] = 0.25
    cue_width: Annotated[float, Param("half width of cue and distractor [deg]", ge=0, le=180)] = 20.0
    cue_current: Annotated[float, Param("current of the cue; 0 for none [pA]", ge=0, le=1e5)] = 200.0
    distractor: Annotated[float | None, Param("its place; none for none [deg]", ge=-360, le=360, why=TURN)] = None
    distractor_onset: Annotated[float, Param("onset of the distractor [s]", ge=0, le=1e6)] = 1.5
    distractor_current: Annotated[float, Param("current of the distractor [pA]", ge=0, le=1e5)] = 200.0
    j_plus: Annotated[float, Param("strength J+ of the footprint; J− must not fall below 0 [1]", ge=0)] = 1.62
    sigma: Annotated[float, Param("SD of the footprint [deg]", ge=2, le=90)] = 18.0
    rule: Annotated[Literal["low_rank", "dense"], Param("footprint as a Fourier series, or all weights")] = "low_rank"
    g_ee: Annotated[float, Param("NMDA, of a synapse among 2048 E cells [nS]", ge=0, le=1e3)] = 0.381
    g_ei: Annotated[float, Param("NMDA, from E to I [nS]", ge=0, le=1e3)] = 0.292
    g_ie: Annotated[float, Param("GABA, from I to E, among 512 I cells [nS]", ge=0, le=1e3)] = 1.336
    g_ii: Annotated[float, Param("GABA, from I to I [nS]", ge=0, le=1e3)] = 1.024
    g_ext_e: Annotated[float, Param("AMPA of the background on E [nS]", ge=0, le=1e3)] = 3.1
    g_ext_i: Annotated[float, Param("AMPA of the background on I [nS]", ge=0, le=1e3)] = 2.38
    input_rate: Annotated[float, Param("Poisson spikes of the background per cell [1/ms]", ge=0)] = 1.8
    c_e: Annotated[float, Param("capacitance of E cells [nF]", gt=0)] = 0.5
    c_i: Annotated[float, Param("capacitance of I cells [nF]", gt=0)] = 0.2
    g_leak_e: Annotated[float, Param("leak of E cells [nS]", gt=0)] = 25.0
    g_leak_i: Annotated[float, Param("leak of I cells [nS]", gt=0)] = 20.0
    refractory_e: Annotated[float, Param("refractory period of E cells [ms]", ge=0)] = 2.0
    refractory_i: Annotated[float, Param("refractory period of I cells [ms]", ge=0)] = 1.0
    v_leak: Annotated[float, Param("reversal of the leak [mV]")] = -70.0
    v_threshold: Annotated[float, Param("threshold [mV]")] = -50.0
    v_reset: Annotated[float, Param("reset, below the threshold [mV]")] = -60.0
    v_inhibition: Annotated[float, Param("reversal of GABA; that of excitation is 0 [mV]")] = -70.0
    tau_ampa: Annotated[float, Param("decay of AMPA [ms]", gt=0)] = 2.0
    tau_gaba: Annotated[float, Param("decay of GABA [ms]", gt=0)] = 10.0
    tau_nmda: Annotated[float, Param("decay of NMDA [ms]", gt=0)] = 100.0
    tau_rise: Annotated[float, Param("rise of NMDA [ms]", gt=0)] = 2.0
    alpha: Annotated[float, Param("rate of opening of NMDA [1/ms]", gt=0)] = 0.5
    magnesium: Annotated[float, Param("concentration of magnesium [mM]", ge=0)] = 1.0
    dt: Annotated[float, Param("time step [ms]", gt=0)] = 0.1

    def check_relations(self) -> None:
        """Check the number of cells, the footprint, and the stimuli against the run."""
        within(self, "n_e", 16, 10**6 if self.rule == "low_rank" else MOST_DENSE)
        if self.n_e % 4:
            raise InputError(f"Compte.n_e: must be a multiple of 4, the ratio of E to I cells; got {self.n_e}")
        own = self.cue_current and self.cue_onset != type(self).cue_onset  # a short run may cut off the default
        for field, shown in (("cue_onset", own), ("distractor_onset", self.distractor is not None)):
            if shown and getattr(self, field) >= self.duration:
                raise InputError(f"Compte.{field}: must lie within the duration of {self.duration:g} s; "
                                 f"got {getattr(self, field):g}")  # fmt: skip
        within(self, "j_plus", 0.0, 1.0 / self._share, "beyond, J− falls below 0")

    @property
    def _gaussian(self) -> Floats:
        """Footprint without its floor, of every distance on the ring (n_e,)."""
        distance = angles(self.n_e)
        return np.exp(-0.5 * (np.roll(distance, -(self.n_e // 2)) / math.radians(self.sigma)) ** 2)

    @property
    def _share(self) -> float:
        """Mean of the Gaussian over the ring."""
        return float(self._gaussian.mean())

    def footprint(self) -> Floats:
        """Return the weight by distance on the ring, (n_e,), of mean 1: J− + (J+ − J−) exp(−d²/2σ²)."""
        j_minus = (1.0 - self.j_plus * self._share) / (1.0 - self._share)
        return j_minus + (self.j_plus - j_minus) * self._gaussian

    def weights(self) -> Rule:
        """Return the footprint for every pair, of mean 1: a Fourier series of rank 2k + 1, k = 5/σ, or all weights."""
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
        """Return the description that an engine runs: conductances in units of the leak, currents in mV of it."""
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
    """Return a mask of the cells within ± width of a place, both in degrees.

    >>> stimulated(np.radians([-180.0, -90.0, 0.0, 90.0]), 170.0, 20.0).tolist()
    [True, False, False, False]
    """
    distance = (np.degrees(angle) - where + 180.0) % 360.0 - 180.0
    return np.abs(distance) <= width + 1e-9


def _all(n_source: int, n_target: int) -> LowRank:
    """Return a connection of all pairs, with weight 1."""
    return LowRank(np.ones((n_source, 1)), np.ones((n_target, 1)))
