"""A LIF network with two states: rest and seizure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from ...simulator import unknown
from ...simulator.engines.common import n_steps
from ...simulator.networks.network import (
    Adaptation,
    FixedInDegree,
    LogNormal,
    MeanSynapticCurrent,
    Network,
    PoissonInput,
    Population,
    Projection,
    Schedule,
    SlowVariable,
    Synapse,
)
from ..system import positive, within
from .base import Simulated

Protocol = Literal["rest", "trigger", "ramp"]
PROTOCOLS: tuple[str, ...] = get_args(Protocol)
V_INIT = (0.0, 15.0)  # [mV]
G_LOW, G_HIGH = 0.3, 3.0
G_WHY = (
    "synchrony is not monotone in g; far below 0.3 the network fires tonically near 200 Hz and its "
    "correlation falls to 0, above 3 nothing but rest is left"
)


@dataclass(frozen=True)
class SeizureNetwork(Simulated):
    """LIF cells whose inhibition tires with activity: at one and the same g the network rests or seizes::

        τ_m v' = −v + s_E − G s_I − w       G = g(t) (1 − q) on E cells, 1 on I cells
        s_E' = −s_E/τ_E,  s_I' = −s_I/τ_I,  τ_w w' = −w
        τ_q q' = −q + q_max r⁴/(r⁴ + r_half⁴)

    Spike at v >= 20 mV; v is then held at 10 mV for the refractory period, and w of an E cell rises by 4 mV.
    Inhibition that fails under load is what carries the seizure (collapse of the inhibitory restraint:
    Trevelyan & Schevon, Neuropharmacology 2013).

    Protocols: "rest" holds g; "trigger" holds `trigger_g` until `trigger_until`, then g; "ramp" leads g
    from `ramp_high` down to `ramp_low` at half time and back (32 s is the reference; a faster ramp
    outruns q, and the offset moves).

    Recorded: E, I (Spikes); lfp, the mean over E cells of s_E + G s_I [mV]; g; and with `slow` also q
    and q_rate, the E rate that drives q [Hz].

    Raises:
        InputError: a parameter out of its bounds.
    """

    name: ClassVar[str] = "seizure"

    duration: float = 5.0  # [s]
    g: float = 1.0  # gain of inhibition on E cells [1]
    protocol: Protocol = "trigger"
    slow: bool = True  # whether inhibition tires (q)
    trigger_g: float = 0.4  # [1]
    trigger_until: float = 1.5  # [s]
    ramp_high: float = 1.4  # [1]
    ramp_low: float = 0.5  # [1]
    n_e: int = 1600  # cells
    n_i: int = 400
    in_degree_e: int = 160  # sources of a cell
    in_degree_i: int = 40
    j_ee: float = 1.0  # mean weight, from E to E [mV]
    j_ee_sigma: float = 0.5  # SD of the logarithm of the E to E weights [1]
    j_ei: float = 1.2  # from E to I [mV]
    j_ie: float = 2.4  # from I to E [mV]
    j_ii: float = 2.4  # from I to I [mV]
    delay: float = 1.5  # [ms]
    tau_m_e: float = 20.0  # [ms]
    tau_m_i: float = 10.0  # [ms]
    tau_s_e: float = 5.0  # [ms]
    tau_s_i: float = 10.0  # [ms]
    v_threshold: float = 20.0  # [mV] above rest
    v_reset: float = 10.0  # [mV]
    refractory_e: float = 2.0  # [ms]
    refractory_i: float = 1.0  # [ms]
    tau_w: float = 80.0  # [ms]
    w_jump: float = 4.0  # [mV]
    input_rate: float = 3.4  # Poisson spikes per cell [1/ms]
    input_weight: float = 1.6  # [mV]
    tau_q: float = 1000.0  # [ms]
    q_max: float = 0.6  # [1]
    r_half: float = 15.0  # [Hz]
    tau_rate: float = 100.0  # [ms]
    dt: float = 0.1  # [ms]

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise unknown("protocol", str(self.protocol), PROTOCOLS)
        positive(self, "duration", "s")
        for field in ("g", "trigger_g", "ramp_high", "ramp_low"):
            within(self, field, G_LOW, G_HIGH, "1", G_WHY)
        within(self, "trigger_until", 0.0, float(10**6), "s")
        n_steps(self.network(), self.duration * 1000.0)

    def network(self) -> Network:
        """The description that an engine runs."""
        tires = SlowVariable("q", "E", self.tau_q, self.q_max, self.r_half, exponent=4.0, rate_tau=self.tau_rate)
        inhibition = Synapse("i", self.tau_s_i, gain=self.schedule(), sign=-1, slow="q" if self.slow else None)
        e = Population(
            "E",
            self.n_e,
            self.tau_m_e,
            v_rest=0.0,
            v_threshold=self.v_threshold,
            v_reset=self.v_reset,
            refractory=self.refractory_e,
            synapses=(Synapse("e", self.tau_s_e), inhibition),
            adaptation=Adaptation(self.tau_w, self.w_jump),
            v_init=V_INIT,
        )
        i = Population(
            "I",
            self.n_i,
            self.tau_m_i,
            v_rest=0.0,
            v_threshold=self.v_threshold,
            v_reset=self.v_reset,
            refractory=self.refractory_i,
            synapses=(Synapse("e", self.tau_s_e), Synapse("i", self.tau_s_i, sign=-1)),
            v_init=V_INIT,
        )
        from_e, from_i = FixedInDegree(self.in_degree_e), FixedInDegree(self.in_degree_i)
        return Network(
            populations=(e, i),
            projections=(
                Projection("E", "E", "e", from_e, LogNormal(self.j_ee, self.j_ee_sigma), self.delay),
                Projection("E", "I", "e", from_e, self.j_ei, self.delay),
                Projection("I", "E", "i", from_i, self.j_ie, self.delay),
                Projection("I", "I", "i", from_i, self.j_ii, self.delay),
            ),
            inputs=tuple(PoissonInput(p, "e", self.input_rate, self.input_weight) for p in ("E", "I")),
            slow=(tires,) if self.slow else (),
            signals=(MeanSynapticCurrent("lfp", "E", ("e", "i")),),
            dt=self.dt,
        )

    def schedule(self) -> Schedule:
        """g(t) of the protocol."""
        if self.protocol == "trigger":
            until = self.trigger_until * 1000.0
            return Schedule("g", (0.0, until, until), (self.trigger_g, self.trigger_g, self.g))
        if self.protocol == "ramp":
            end = self.duration * 1000.0
            return Schedule("g", (0.0, end / 2, end), (self.ramp_high, self.ramp_low, self.ramp_high))
        return Schedule("g", (0.0,), (self.g,))
