"""The networks of the benchmark, and the arrays in which they are handed to other simulators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictal.models import Cuba, SeizureNetwork
from ictal.simulator import (
    Adaptation,
    CurrentInput,
    Dense,
    EventInput,
    Exponential,
    FixedInDegree,
    Graph,
    Instance,
    LowRank,
    Network,
    Pairwise,
    PoissonInput,
    Population,
    Projection,
    Synapse,
    instantiate,
)

SEED = 1
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Case:
    """One network, how long it is measured, and how others see it."""

    title: str
    model: str  # the function of this name in the peers' scripts
    network: Network
    arrays: Callable[[Instance], Arrays]
    warm: float = 0.5  # before the steady state is measured [s]
    steady: float = 3.0  # of steady state [s]
    values: tuple[float, ...] = ()  # of a sweep
    at: Callable[[float], Network] | None = None  # the network at a value of the sweep


def case(name: str, quick: bool = False, dense: bool = False) -> Case:
    """The case of this name; `quick` is a tiny one, `dense` gives a ring the weights that others have."""
    made = ring(quick, dense) if name == "ring" else CASES[name](quick)
    return replace(made, warm=0.05, steady=0.2) if quick else made


def cuba(quick: bool) -> Case:
    given = Cuba(n_e=320, n_i=80, probability=0.2) if quick else Cuba()
    return Case(f"CUBA, {given.n_e + given.n_i:,} cells", "cuba", given.network(), ei_arrays)


def cuba_large(quick: bool) -> Case:
    given = Cuba(n_e=640, n_i=160, probability=0.1) if quick else Cuba(n_e=32000, n_i=8000, probability=0.002)
    return Case(f"CUBA, {given.n_e + given.n_i:,} cells", "cuba", given.network(), ei_arrays, steady=2.0)


def sweep(quick: bool) -> Case:
    scale, count = (0.1, 3) if quick else (0.25, 64)

    def network(j_i: float) -> Network:
        return Cuba(n_e=round(3200 * scale), n_i=round(800 * scale), probability=0.02 / scale, j_i=j_i).network()

    values = tuple(np.linspace(5.0, 14.0, count).tolist())
    title = f"sweep: {count} × CUBA, {round(4000 * scale):,} cells, j_i 5–14 mV"
    return Case(title, "cuba", network(values[0]), ei_arrays, values=values, at=network)


def coba(quick: bool) -> Case:
    """Benchmark 1 of Brette et al., J Comput Neurosci 2007: conductances, started by a volley of input.

    Conductances are in units of the leak: 6 nS and 67 nS of 10 nS. The volley stands for random initial conductances.
    """
    n_e, n_i, p = (320, 80, 0.2) if quick else (3200, 800, 0.02)
    rng = np.random.default_rng(SEED)
    synapses = (Synapse("e", 5.0, reversal=0.0), Synapse("i", 10.0, reversal=-80.0))
    weight = {"e": 0.6, "i": 6.7}
    mean = {"e": (4.0, 1.5), "i": (20.0, 12.0)}

    def cells(name: str, n: int) -> Population:
        return Population(name, n, 20.0, -60.0, -50.0, -60.0, 5.0, synapses, v_init=(-60.0, -50.0))

    def volley(name: str, n: int, synapse: str) -> EventInput:
        spikes = np.clip(np.rint(rng.normal(*mean[synapse], n) / weight[synapse]), 0, None).astype(np.int64)
        cell = np.repeat(np.arange(n), spikes)
        return EventInput(name, synapse, weight[synapse], np.zeros(cell.size), cell)

    network = Network(
        populations=(cells("E", n_e), cells("I", n_i)),
        projections=tuple(Projection(s, t, s.lower(), Pairwise(p), weight[s.lower()]) for s in "EI" for t in "EI"),
        inputs=tuple(volley(name, n, s) for name, n in (("E", n_e), ("I", n_i)) for s in "ei"),
    )
    return Case(f"COBA, {n_e + n_i:,} cells", "coba", network, coba_arrays)


def adex(quick: bool) -> Case:
    """AdEx cells of Brette & Gerstner (J Neurophysiol 2005) under a constant current, with one weak conductance.

    In units of the leak of 30 nS: 281 pF are 9.37 ms, 4 nS .133, 80.5 pA 2.68 mV, 900 pA 30 mV.
    """
    n = 400 if quick else 4000
    cells = Population(
        "A",
        n,
        9.37,
        -70.6,
        20.0,
        -70.6,
        2.0,
        (Synapse("e", 5.0, reversal=0.0),),
        Adaptation(144.0, 2.68, 0.133),
        (-70.0, -50.0),
        initiation=Exponential(2.0, -50.4),
    )
    edges = Projection("A", "A", "e", FixedInDegree(20), 0.01, 1.0)
    return Case(f"AdEx, {n:,} cells", "adex", Network((cells,), (edges,), (CurrentInput("A", 30.0),)), adex_arrays)


def seizure(quick: bool) -> Case:
    """Without the LFP, which the peers do not record either; measured in the seizure, 3–5 s."""
    small = SeizureNetwork(n_e=320, n_i=80, in_degree_e=32, in_degree_i=8)
    network = replace((small if quick else SeizureNetwork()).network(), signals=())
    n = sum(p.n for p in network.populations)
    return Case(f"seizure network, {n:,} cells, seizing", "seizure", network, seizure_arrays, warm=3.0, steady=4.0)


def ring(quick: bool, dense: bool = False) -> Case:
    """LIF cells on a ring with cosine weights, which hold a bump of activity (16.5 Hz in the mean)."""
    n = 128 if quick else 1024
    angle = 2 * np.pi * np.arange(n) / n
    modes = np.stack([np.ones(n), np.cos(angle), np.sin(angle)], axis=1)
    low = LowRank(modes * np.array([-200.0, 300.0, 300.0]) / n, modes)
    rule = Dense(low.source @ low.target.T) if dense else low
    cells = Population("R", n, 20.0, 0.0, 20.0, 10.0, 2.0, (Synapse("s", 5.0),), v_init=(0.0, 15.0))
    network = Network((cells,), (Projection("R", "R", "s", rule, 1.0, 1.5),), (PoissonInput("R", "s", 1.0, 5.2),))
    return Case(f"cosine ring, {n:,} cells, bump", "ring", network, ring_arrays, warm=1.0)


def ei_arrays(instance: Instance) -> Arrays:
    """Edges between cells that are numbered through, E first."""
    n_e = instance.network.populations[0].n
    out: dict[str, list[NDArray[Any]]] = {key: [] for key in ("e_pre", "e_post", "i_pre", "i_post")}
    for p, graph in zip(instance.network.projections, instance.graphs, strict=True):
        assert isinstance(graph, Graph)
        out[f"{p.source.lower()}_pre"].append(graph.sources + n_e * (p.source == "I"))
        out[f"{p.source.lower()}_post"].append(graph.targets + n_e * (p.target == "I"))
    return {key: np.concatenate(parts) for key, parts in out.items()} | {
        "n_e": np.array(n_e),
        "v": np.concatenate(instance.v),
    }


def coba_arrays(instance: Instance) -> Arrays:
    """The state after step 0, which the volley ends: peers begin there."""
    arrays, network = ei_arrays(instance), instance.network
    given = [i for i in network.inputs if isinstance(i, EventInput)]
    for s in "ei":
        parts = [
            i.weight * np.bincount(i.cell, minlength=p.n)
            for p in network.populations
            for i in given
            if (i.target, i.synapse) == (p.name, s)
        ]
        arrays[f"g{s}"] = np.concatenate(parts)
    first = network.populations[0]
    arrays["v"] = first.v_rest + (arrays["v"] - first.v_rest) * np.exp(-network.dt / first.tau_m)
    return arrays


def adex_arrays(instance: Instance) -> Arrays:
    (graph,) = instance.graphs
    assert isinstance(graph, Graph)
    return {"pre": graph.sources, "post": graph.targets, "v": instance.v[0]}


def seizure_arrays(instance: Instance) -> Arrays:
    arrays: Arrays = {}
    for p, graph in zip(instance.network.projections, instance.graphs, strict=True):
        assert isinstance(graph, Graph)
        pair = (p.source + p.target).lower()
        arrays |= {f"{pair}_pre": graph.sources, f"{pair}_post": graph.targets}
        if graph.weights.size > 1:
            arrays[f"{pair}_weight"] = graph.weights
    return arrays | {"v_e": instance.v[0], "v_i": instance.v[1]}


def ring_arrays(instance: Instance) -> Arrays:
    rule = instance.network.projections[0].rule
    assert isinstance(rule, LowRank)
    numbers = {"tau_s": 5.0, "delay": 1.5, "input_rate": 1.0, "input_weight": 5.2}
    return {"weights": rule.source @ rule.target.T, "v": instance.v[0]} | {k: np.array(x) for k, x in numbers.items()}


def handed_over(given: Case) -> Arrays:
    """The drawn network as others get it."""
    arrays = given.arrays(instantiate(given.network, SEED))
    return arrays | ({"values": np.array(given.values)} if given.values else {})


CASES: dict[str, Callable[[bool], Case]] = {
    "cuba": cuba,
    "cuba-large": cuba_large,
    "coba": coba,
    "adex": adex,
    "seizure": seizure,
    "ring": ring,
    "sweep": sweep,
}
