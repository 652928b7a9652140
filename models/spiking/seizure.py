"""A LIF network with two states: rest and seizure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

from ...simulator import (
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
from ...simulator.fields import Param
from .base import Simulated

V_INIT = (0.0, 15.0)  # [mV]
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

    Spike at v >= 20 mV; v then stays at 10 mV for the refractory period, and w of an E cell rises by 4 mV.
    Inhibition that fails under load carries the seizure (collapse of the inhibitory restraint:
    Trevelyan & Schevon, Neuropharmacology 2013).

    Protocols: "rest": constant g; "trigger": `trigger_g` until `trigger_until`, then g; "ramp" leads g
    from `ramp_high` down to `ramp_low` at half time and back (32 s is the reference; a faster ramp
    outruns q, and the offset moves).

    Recorded: E, I (Spikes); lfp, the mean over E cells of s_E + G s_I [mV]; g; and with `slow` also q
    and q_rate, the E rate that drives q [Hz].

    Raises:
        InputError: a parameter out of its bounds.
    """

    name: ClassVar[str] = "seizure"

    duration: Annotated[float, Param("simulated time [s]", gt=0)] = 5.0
    g: Annotated[float, Param("gain of inhibition on E cells [1]", ge=0.3, le=3, why=G_WHY)] = 1.0
    protocol: Annotated[Literal["rest", "trigger", "ramp"], Param("course of g")] = "trigger"
    slow: Annotated[bool, Param("whether inhibition tires (q)")] = True
    trigger_g: Annotated[float, Param("g of the trigger [1]", ge=0.3, le=3, why=G_WHY)] = 0.4
    trigger_until: Annotated[float, Param("end of the trigger [s]", ge=0, le=1e6)] = 1.5
    ramp_high: Annotated[float, Param("g at both ends of the ramp [1]", ge=0.3, le=3, why=G_WHY)] = 1.4
    ramp_low: Annotated[float, Param("g half way through the ramp [1]", ge=0.3, le=3, why=G_WHY)] = 0.5
    n_e: Annotated[int, Param("excitatory cells", ge=1)] = 1600
    n_i: Annotated[int, Param("inhibitory cells", ge=1)] = 400
    in_degree_e: Annotated[int, Param("excitatory sources of a cell", ge=0)] = 160
    in_degree_i: Annotated[int, Param("inhibitory sources of a cell", ge=0)] = 40
    j_ee: Annotated[float, Param("mean weight from E to E [mV]", gt=0)] = 1.0
    j_ee_sigma: Annotated[float, Param("SD of the logarithm of the E to E weights [1]", ge=0)] = 0.5
    j_ei: Annotated[float, Param("weight from E to I [mV]")] = 1.2
    j_ie: Annotated[float, Param("weight from I to E [mV]")] = 2.4
    j_ii: Annotated[float, Param("weight from I to I [mV]")] = 2.4
    delay: Annotated[float, Param("delay [ms]", ge=0)] = 1.5
    tau_m_e: Annotated[float, Param("membrane time constant of E cells [ms]", gt=0)] = 20.0
    tau_m_i: Annotated[float, Param("membrane time constant of I cells [ms]", gt=0)] = 10.0
    tau_s_e: Annotated[float, Param("decay of the excitatory current [ms]", gt=0)] = 5.0
    tau_s_i: Annotated[float, Param("decay of the inhibitory current [ms]", gt=0)] = 10.0
    v_threshold: Annotated[float, Param("threshold above rest [mV]")] = 20.0
    v_reset: Annotated[float, Param("reset above rest, below the threshold [mV]")] = 10.0
    refractory_e: Annotated[float, Param("refractory period of E cells [ms]", ge=0)] = 2.0
    refractory_i: Annotated[float, Param("refractory period of I cells [ms]", ge=0)] = 1.0
    tau_w: Annotated[float, Param("time constant of the adaptation of E cells [ms]", gt=0)] = 80.0
    w_jump: Annotated[float, Param("increment of the adaptation at a spike [mV]")] = 4.0
    input_rate: Annotated[float, Param("Poisson spikes per cell [1/ms]", ge=0)] = 3.4
    input_weight: Annotated[float, Param("their weight [mV]")] = 1.6
    tau_q: Annotated[float, Param("time constant of q [ms]", gt=0)] = 1000.0
    q_max: Annotated[float, Param("largest q [1]", ge=0, le=1)] = 0.6
    r_half: Annotated[float, Param("E rate at which q goes to half of q_max [Hz]", gt=0)] = 15.0
    tau_rate: Annotated[float, Param("time constant of the filter of the E rate [ms]", gt=0)] = 100.0
    dt: Annotated[float, Param("time step [ms]", gt=0)] = 0.1

    def network(self) -> Network:
        """Return the description that an engine runs."""
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
        synapses = (Synapse("e", self.tau_s_e), Synapse("i", self.tau_s_i, sign=-1))
        i = replace(
            e,
            name="I",
            n=self.n_i,
            tau_m=self.tau_m_i,
            refractory=self.refractory_i,
            synapses=synapses,
            adaptation=None,
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
        """Return g(t) of the protocol."""
        if self.protocol == "trigger":
            until = self.trigger_until * 1000.0
            return Schedule("g", (0.0, until, until), (self.trigger_g, self.trigger_g, self.g))
        if self.protocol == "ramp":
            end = self.duration * 1000.0
            return Schedule("g", (0.0, end / 2, end), (self.ramp_high, self.ramp_low, self.ramp_high))
        return Schedule("g", (0.0,), (self.g,))
