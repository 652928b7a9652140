"""The cases as a Brian2 user would write them, on given edges and initial state.

Brian2 holds a cell for one step less than the refractory period; the period is written one step longer here, so that
the spikes are Ictal's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import brian2 as b
import numpy as np
from brian2 import Hz, ms, mV

Arrays = dict[str, np.ndarray]
STEP = 0.1 * ms


@dataclass
class Model:
    """A network, the spike monitors with the first index of their cells, and the number of cells."""

    network: b.Network
    monitors: list[tuple[b.SpikeMonitor, int]]
    n: int
    first: int = 0  # step of Ictal that is step 0 here
    knob: Any = None  # the variable that a sweep changes
    unit: object = 1


def cuba(a: Arrays) -> Model:
    names = {
        "taum": 20 * ms,
        "taue": 5 * ms,
        "taui": 10 * ms,
        "El": -49 * mV,
        "Vt": -50 * mV,
        "Vr": -60 * mV,
        "we": 1.62 * mV,
        "wi": 9 * mV,
    }
    equations = """
        dv/dt = (ge - gi - (v - El))/taum : volt (unless refractory)
        dge/dt = -ge/taue : volt
        dgi/dt = -gi/taui : volt
    """
    sweep = "values" in a
    if sweep:
        del names["wi"]
        equations += "wi : volt (shared)"
    cells = b.NeuronGroup(
        a["v"].size,
        equations,
        threshold="v >= Vt",
        reset="v = Vr",
        refractory=5.1 * ms,
        method="exact",
        namespace=names,
        name="cells",
    )
    cells.v = a["v"] * mV
    inhibition = "gi_post += wi_post" if sweep else "gi += wi"
    synapses = synapses_ei(cells, a, "ge += we", inhibition, names)
    spikes = b.SpikeMonitor(cells, name="spikes")
    knob = {"knob": cells.wi, "unit": mV} if sweep else {}
    return Model(b.Network(cells, *synapses, spikes), [(spikes, 0)], a["v"].size, **knob)


def coba(a: Arrays) -> Model:
    names = {"taum": 20 * ms, "taue": 5 * ms, "taui": 10 * ms, "we": 0.6, "wi": 6.7}
    names |= {"El": -60 * mV, "Ee": 0 * mV, "Ei": -80 * mV, "Vt": -50 * mV, "Vr": -60 * mV}
    # means of ge and gi over a step, relative to its beginning: exponential Euler is then of second order, as Ictal's
    names |= {f"c{k}": -np.expm1(-STEP / tau) * tau / STEP for k, tau in (("e", 5 * ms), ("i", 10 * ms))}
    cells = b.NeuronGroup(
        a["v"].size,
        """
        dv/dt = (ce*ge*(Ee - v) + ci*gi*(Ei - v) - (v - El))/taum : volt (unless refractory)
        dge/dt = -ge/taue : 1
        dgi/dt = -gi/taui : 1
        """,
        threshold="v >= Vt",
        reset="v = Vr",
        refractory=5.1 * ms,
        method="exponential_euler",
        namespace=names,
        name="cells",
    )
    cells.v, cells.ge, cells.gi = a["v"] * mV, a["ge"], a["gi"]
    synapses = synapses_ei(cells, a, "ge += we", "gi += wi", names)
    spikes = b.SpikeMonitor(cells, name="spikes")
    return Model(b.Network(cells, *synapses, spikes), [(spikes, 0)], a["v"].size, first=1)


def adex(a: Arrays) -> Model:
    names = {"taum": 9.37 * ms, "taue": 5 * ms, "tauw": 144 * ms, "El": -70.6 * mV, "VT": -50.4 * mV, "DT": 2 * mV}
    cells = b.NeuronGroup(
        a["v"].size,
        """
        dv/dt = (El - v + DT*exp(clip((v - VT)/DT, -inf, 50)) - g*v - w + 30*mV)/taum : volt (unless refractory)
        dw/dt = (.133*(v - El) - w)/tauw : volt
        dg/dt = -g/taue : 1
        """,
        threshold="v >= 20*mV",
        reset="v = El; w += 2.68*mV",
        refractory=2.1 * ms,
        method="rk2",
        namespace=names,
        name="cells",
    )
    cells.v = a["v"] * mV
    synapses = b.Synapses(cells, cells, on_pre="g += .01", delay=1 * ms, name="synapses")
    synapses.connect(i=a["pre"], j=a["post"])
    spikes = b.SpikeMonitor(cells, name="spikes")
    return Model(b.Network(cells, synapses, spikes), [(spikes, 0)], a["v"].size)


def synapses_ei(cells: b.NeuronGroup, a: Arrays, e: str, i: str, names: dict[str, object]) -> list[b.Synapses]:
    n_e = int(a["n_e"])
    out = []
    for name, code, source, first in (("e", e, cells[:n_e], 0), ("i", i, cells[n_e:], n_e)):
        made = b.Synapses(source, cells, on_pre=code, namespace=names, name=f"synapses_{name}")
        made.connect(i=a[f"{name}_pre"] - first, j=a[f"{name}_post"])
        out.append(made)
    return out


def seizure(a: Arrays) -> Model:
    names = {"tau_e": 20 * ms, "tau_i": 10 * ms, "tau_ampa": 5 * ms, "tau_gaba": 10 * ms, "tau_w": 80 * ms}
    names |= {"tau_q": 1000 * ms, "tau_r": 100 * ms, "q_max": 0.6, "r0": 15 * Hz, "theta": 20 * mV, "v_reset": 10 * mV}
    names["g"] = b.TimedArray(np.where(np.arange(2) < 1, 0.4, 1.0), dt=1500 * ms)
    names["jump"] = 1.0 / (a["v_e"].size * 100 * ms)
    slow = b.NeuronGroup(
        1,
        """
        dq/dt = (q_max*(r/r0)**4/(1 + (r/r0)**4) - q)/tau_q : 1
        dr/dt = -r/tau_r : Hz
        """,
        method="exponential_euler",
        namespace=names,
        name="slow",
    )
    e = b.NeuronGroup(
        a["v_e"].size,
        """
        dv/dt = (se - G*si - w - v)/tau_e : volt (unless refractory)
        dse/dt = -se/tau_ampa : volt
        dsi/dt = -si/tau_gaba : volt
        dw/dt = -w/tau_w : volt
        q : 1 (linked)
        G = g(t)*(1 - q) : 1 (constant over dt)
        """,
        threshold="v >= theta",
        reset="v = v_reset; w += 4*mV",
        refractory=2.1 * ms,
        method="exact",
        namespace=names,
        name="excitatory",
    )
    e.q = b.linked_var(slow, "q")
    i = b.NeuronGroup(
        a["v_i"].size,
        """
        dv/dt = (se - si - v)/tau_i : volt (unless refractory)
        dse/dt = -se/tau_ampa : volt
        dsi/dt = -si/tau_gaba : volt
        """,
        threshold="v >= theta",
        reset="v = v_reset",
        refractory=1.1 * ms,
        method="exponential_euler",  # "exact" divides by 0 where τ_m = τ_s
        namespace=names,
        name="inhibitory",
    )
    e.v, i.v = a["v_e"] * mV, a["v_i"] * mV
    objects = [slow, e, i]
    groups = {"e": e, "i": i}
    weights = {"ei": "1.2*mV", "ie": "2.4*mV", "ii": "2.4*mV"}
    for source in "ei":
        for target in "ei":
            pair = source + target
            synapses = b.Synapses(
                groups[source],
                groups[target],
                "weight : volt" if pair == "ee" else "",
                on_pre=f"s{source}_post += {weights.get(pair, 'weight')}",
                delay=1.5 * ms,
                namespace=names,
                name=f"synapses_{pair}",
            )
            synapses.connect(i=a[f"{pair}_pre"], j=a[f"{pair}_post"])
            if pair == "ee":
                synapses.weight = a["ee_weight"] * mV
            objects.append(synapses)
    rate = b.Synapses(e, slow, on_pre="r_post += jump", namespace=names, name="rate")
    rate.connect()
    inputs = [poisson(group, "se", 3.4 / ms, 1.6 * mV) for group in (e, i)]
    monitors = [b.SpikeMonitor(e, name="spikes_e"), b.SpikeMonitor(i, name="spikes_i")]
    n_e = a["v_e"].size
    made = b.Network(*objects, rate, *inputs, *monitors)
    return Model(made, [(monitors[0], 0), (monitors[1], n_e)], n_e + a["v_i"].size)


def ring(a: Arrays) -> Model:
    names = {"taum": 20 * ms, "taus": float(a["tau_s"]) * ms, "theta": 20 * mV, "v_reset": 10 * mV}
    cells = b.NeuronGroup(
        a["v"].size,
        """
        dv/dt = (s - v)/taum : volt (unless refractory)
        ds/dt = -s/taus : volt
        """,
        threshold="v >= theta",
        reset="v = v_reset",
        refractory=2.1 * ms,
        method="exact",
        namespace=names,
        name="cells",
    )
    cells.v = a["v"] * mV
    synapses = b.Synapses(cells, cells, "weight : volt", on_pre="s_post += weight", delay=float(a["delay"]) * ms)
    synapses.connect()
    synapses.weight = a["weights"].ravel() * mV  # connect() numbers them by source, then target
    drive = poisson(cells, "s", float(a["input_rate"]) / ms, float(a["input_weight"]) * mV)
    spikes = b.SpikeMonitor(cells, name="spikes")
    return Model(b.Network(cells, synapses, drive, spikes), [(spikes, 0)], a["v"].size)


TRAINS = 1000  # Poisson trains that make up one input: binomial(1000, p) is Poisson to 1 - p/2 of its variance


def poisson(group: b.NeuronGroup, variable: str, rate: object, weight: object) -> b.PoissonInput:
    """Brian2's own PoissonInput, the fastest of its ways here (see benchmarks/README.md)."""
    return b.PoissonInput(group, variable, TRAINS, rate / TRAINS, weight)


MODELS = {"cuba": cuba, "coba": coba, "adex": adex, "seizure": seizure, "ring": ring}
